import BorealGraph
import Foundation
import TestPrograms
import Testing

@testable import BorealFormats

/// What the writers put down, as the libraries themselves load and score it.
@Suite struct ExportPackageTests {
    /// Whether Python on this machine has XGBoost and ONNX Runtime.
    static let isPossible: Bool = {
        let words = ["python3", "-c", "import xgboost, onnxruntime, numpy"]
        // What cannot be asked is not there.
        return (try? ProgramRun("/usr/bin/env", words))?.status == 0
    }()

    private static let script = """
        import sys, os, numpy, xgboost, onnxruntime
        folder = sys.argv[1]
        for name in sorted(os.listdir(folder)):
            base, ending = os.path.splitext(os.path.join(folder, name))
            if ending not in ('.json', '.onnx'): continue
            rows = numpy.fromfile(base + '.rows').reshape(-1, 3)
            if ending == '.json':
                model = xgboost.Booster(model_file=base + '.json')
                data = xgboost.DMatrix(rows, feature_names=model.feature_names)
                answer = model.predict(data)
            else:
                session = onnxruntime.InferenceSession(base + '.onnx')
                answer = session.run(None, {'X': rows})[-1]
            numpy.asarray(answer, 'f8').tofile(base + '.answer')
        """

    /// Models that XGBoost's file has no place for.
    private static func hasNoTrees(_ name: String) -> Bool {
        name == "forest" || name == "clusters" || name.hasPrefix("kernel")
    }

    /// Models by name, and how near the library comes.
    private static func models() throws -> [(name: String, graph: ModelGraph, missing: Bool)] {
        var models = [
            ("regression", try ExportSamples.linear(.regression), false),
            ("binary", try ExportSamples.linear(.binary), false),
            ("multiclass", try ExportSamples.linear(.multiclass), false),
            ("trees", try ExportSamples.trees(.identity, .regression), true),
            ("counts", try ExportSamples.trees(.exponential, .regression), true),
            ("forest", try ExportSamples.forest(classes: 3), true),
            ("clusters", try ExportSamples.clusters(), false),
        ]
        for (index, kernel) in ExportSamples.kernels.enumerated() {
            models.append(("kernel\(index)", try ExportSamples.machine(kernel), false))
        }
        return models
    }

    @Test(
        "XGBoost and ONNX Runtime answer as the models do",
        .enabled(if: isPossible, "python3 with xgboost and onnxruntime is not installed")
    )
    func packages() throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("boreal-packages-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var cases: [(base: URL, graph: ModelGraph, rows: [Double], format: ExportFormat)] = []
        for (name, graph, missing) in try Self.models() {
            let rows = ExportSamples.rows + (missing ? [.nan, 1, 2, 3, .nan, .nan] : [])
            for format in [ExportFormat.xgboost, .onnx] {
                if format == .xgboost, Self.hasNoTrees(name) { continue }
                let base = folder.appendingPathComponent("\(name)-\(format.rawValue)")
                try Data(try format.write(graph)).write(
                    to: base.appendingPathExtension(format.fileExtension)
                )
                try rows.withUnsafeBytes {
                    try Data($0).write(to: base.appendingPathExtension("rows"))
                }
                cases.append((base, graph, rows, format))
            }
        }
        let run = try ProgramRun("python3", ["-c", Self.script, folder.path])
        #expect(run.status == 0, "\(run.errors)")
        for (base, graph, rows, format) in cases {
            try compare(base, graph, rows, tolerance: format == .onnx ? 1e-14 : 2e-6)
        }
    }

    private func compare(
        _ base: URL,
        _ graph: ModelGraph,
        _ rows: [Double],
        tolerance: Double
    ) throws {
        let data = try Data(contentsOf: base.appendingPathExtension("answer"))
        let got = data.withUnsafeBytes { Array($0.bindMemory(to: Double.self)) }
        let role: GraphOutput.Role =
            graph.task == .clustering
            ? .other : graph.output(.probabilities) == nil ? .value : .probabilities
        let batch = try GraphBatch(values: rows, featureCount: 3)
        var wanted = try graph.run(batch, roles: [role]).doubles(0)
        if got.count * 2 == wanted.count {
            // XGBoost answers the second of two classes alone.
            wanted = stride(from: 1, to: wanted.count, by: 2).map { wanted[$0] }
        }
        #expect(got.count == wanted.count, "\(base.lastPathComponent)")
        for (a, b) in zip(wanted, got) where abs(a - b) > tolerance * max(1, abs(a)) {
            Issue.record("\(base.lastPathComponent): \(b) instead of \(a)")
            break
        }
    }
}
