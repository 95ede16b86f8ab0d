import BorealBase
import BorealBoost
import BorealGraph
import Foundation
import TestPrograms
import Testing

@testable import BorealFormats

@Suite struct LightGBMWriterTests {
    @Test("what is written reads back as the same model", arguments: Zoo.names)
    func roundTrip(name: String) throws {
        let graph = try Zoo.model(name).graph
        let text = try ExportFormat.lightgbm.write(graph)
        let again = try ModelReader.read(text, fileName: "m.txt").graph
        expectSame(graph, again)
        #expect(try ExportFormat.lightgbm.write(again) == text)
        let pickled = try ExportFormat.pickle.write(graph)
        expectSame(graph, try ModelReader.read(pickled, fileName: "m.pkl").graph)
    }

    private func expectSame(_ left: ModelGraph, _ right: ModelGraph) {
        #expect(left.treeEnsemble?.ensemble == right.treeEnsemble?.ensemble)
        #expect(left.inputs == right.inputs)
        #expect(left.labels == right.labels)
        #expect(left.task == right.task)
        #expect(left.answersLabel == right.answersLabel)
        #expect(left.metadata.objective == right.metadata.objective)
        // The text of a wrapper is a bare booster to LightGBM, whose `predict` gives probabilities.
        let isComparable = { (output: GraphOutput) in output.role != .value }
        #expect(left.outputs.filter(isComparable) == right.outputs.filter(isComparable))
    }

    /// A small classifier with a text and a number category, odd names and odd labels.
    private func sample() throws -> ModelGraph {
        var tree = Tree()
        tree.splitFeature = [0, 1, 2]
        tree.threshold = [0.1 + 0.2, 0, 1]
        tree.decisionType = [2 | 8, 1, 1]
        tree.leftChild = [1, ~0, ~2]
        tree.rightChild = [2, ~1, ~3]
        tree.leafValue = [-1e-300, 1.0 / 3, Double.leastNonzeroMagnitude, 12_345.678]
        tree.splitGain = [3, 2, 1]
        tree.categoryBoundaries = [0, 1, 2]
        tree.categoryBits = [0b101, 0b10]
        tree.shrinkage = 0.05
        var metadata = ModelMetadata()
        metadata.featureColumns = ["Größe in cm", "stadt", "n"]
        metadata.labelColumns = ["y=1"]
        metadata.trainingParameters = .object([("num_leaves", .integer(4))])
        let cities = try CategoryDictionary(.text(["Ulm", "Köln \"am\" Rhein", "\n,[]{}:"]))
        return try ModelGraph(
            BoostedModel(
                ensemble: TreeEnsemble(trees: [tree], scoresPerRow: 1, featureCount: 3),
                inputs: [
                    GraphInput(name: "Größe in cm"),
                    GraphInput(name: "stadt", kind: .category(cities)),
                    GraphInput(
                        name: "n",
                        kind: .category(try CategoryDictionary(.number([1.5, 7])))
                    ),
                ],
                link: .sigmoid(scale: 1),
                task: .binary,
                labels: .decimal(["1.50", "2.50"]),
                answersLabel: true,
                metadata: metadata
            )
        )
    }

    @Test("a linear model is trees of one leaf, and reads back")
    func linearModel() throws {
        var bias = Tree()
        bias.leafValue = [0.25]
        var term = Tree()
        term.leafCount = [9]
        term.linear = Tree.LinearLeaves(constants: [0], coefficients: [[-3]], features: [[1]])
        let graph = try ModelGraph(
            BoostedModel(
                ensemble: TreeEnsemble(trees: [bias, term], scoresPerRow: 1, featureCount: 2),
                inputs: [GraphInput(name: "a"), GraphInput(name: "b")],
                link: .identity,
                task: .regression
            )
        )
        let text = try ExportFormat.lightgbm.write(graph)
        let again = try ModelReader.read(text, fileName: "m.txt").graph
        #expect(again.treeEnsemble?.ensemble == graph.treeEnsemble?.ensemble)
        // The answers are those of LightGBM 4.7 for this text.
        let rows = try GraphBatch(values: [5, 2, .nan, -1, 1, .nan], featureCount: 2)
        let values = try again.run(rows, roles: [.value])
        #expect((0..<3).map { values.double(0, row: $0) } == [-5.75, 3.25, 0.25])
    }

    @Test("labels, columns, names and categories of our own models come back")
    func ownModel() throws {
        let graph = try sample()
        let text = try ExportFormat.lightgbm.write(graph)
        let again = try ModelReader.read(text, fileName: "x").graph
        #expect(again.treeEnsemble?.ensemble == graph.treeEnsemble?.ensemble)
        #expect(again.inputs == graph.inputs)
        #expect(again.labels == .decimal(["1.50", "2.50"]))
        #expect(again.answersLabel)
        #expect(again.metadata.featureColumns == graph.metadata.featureColumns)
        #expect(again.metadata.labelColumns == ["y=1"])
        #expect(again.metadata.trainingParameters == graph.metadata.trainingParameters)
    }

    @Test("no header line holds a second '=', and there are no parameters")
    func lightGBMsRules() throws {
        let text = String(decoding: try ExportFormat.lightgbm.write(try sample()), as: UTF8.self)
        let header = text.split(separator: "\n").prefix { !$0.hasPrefix("Tree=") }
        for line in header { #expect(line.filter { $0 == "=" }.count <= 1, "\(line)") }
        #expect(!text.contains("parameters:"))
        #expect(text.hasPrefix("tree\nversion=v4\n"))
        #expect(text.contains("feature_names=Größe_in_cm stadt n\n"))
    }

    @Test("a graph that is no tree ensemble cannot be written")
    func notExportable() throws {
        let graph = try ModelGraph(
            inputs: [GraphInput(name: "a")],
            operators: [],
            outputs: [],
            task: .regression
        )
        #expect(throws: FormatError.self) { try ExportFormat.lightgbm.write(graph) }
    }

    // MARK: - The package itself

    /// Python with LightGBM and joblib, when this machine has them.
    static let python: String? = {
        let words = ["python3", "-c", "import lightgbm, joblib, numpy"]
        // What cannot be asked is not there.
        return (try? ProgramRun("/usr/bin/env", words))?.status == 0 ? "python3" : nil
    }()

    private static let script = """
        import sys, os, joblib, numpy, lightgbm
        folder = sys.argv[1]
        for name in sorted(os.listdir(folder)):
            if not name.endswith('.rows'): continue
            base = os.path.join(folder, name[:-5])
            text = lightgbm.Booster(model_file=base + '.txt')
            rows = numpy.fromfile(base + '.rows').reshape(-1, text.num_feature())
            pickled = joblib.load(base + '.pkl')
            text.predict(rows, raw_score=True).astype('f8').tofile(base + '.raw')
            text.predict(rows).astype('f8').tofile(base + '.text')
            pickled.predict(rows).astype('f8').tofile(base + '.pickled')
            text.predict(rows, pred_leaf=True).astype('f8').tofile(base + '.leaf')
        """

    @Test(
        "LightGBM's own package loads what is written and answers the same doubles",
        .enabled(if: python != nil, "python3 with lightgbm and joblib is not installed")
    )
    func thePackageAgrees() throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("boreal-formats-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in Zoo.names {
            let graph = try Zoo.model(name).graph
            let base = folder.appendingPathComponent(name)
            try Data(try ExportFormat.lightgbm.write(graph)).write(
                to: base.appendingPathExtension("txt")
            )
            try Data(try ExportFormat.pickle.write(graph)).write(
                to: base.appendingPathExtension("pkl")
            )
            let rows = try Zoo.features(name, graph).values
            try rows.withUnsafeBytes { try Data($0).write(to: base.appendingPathExtension("rows")) }
        }
        let run = try ProgramRun("python3", ["-c", Self.script, folder.path])
        #expect(run.status == 0, "\(run.errors)")
        for name in Zoo.names { try compare(name, folder.appendingPathComponent(name)) }
    }

    private func compare(_ name: String, _ base: URL) throws {
        let original = try Zoo.model(name).graph
        let graph = try ModelReader.read(path: base.appendingPathExtension("txt").path).graph
        let features = try Zoo.features(name, original)
        // What LightGBM's predict returns: values of a booster, whatever the wrapper it came in
        // answered.
        let answers: GraphOutput.Role = graph.answersLabel ? .probabilities : .value
        let results = try graph.run(features, roles: [.raw, answers, .leaf])
        for (output, ending) in [(0, "raw"), (1, "text"), (1, "pickled"), (2, "leaf")] {
            let data = try Data(contentsOf: base.appendingPathExtension(ending))
            let wanted = data.withUnsafeBytes { Array($0.bindMemory(to: Double.self)) }
            let got = results.doubles(output)
            #expect(got.count == wanted.count, "\(name) \(ending)")
            let different = zip(got, wanted).filter { abs($0 - $1) > $1.ulp }
            #expect(different.isEmpty, "\(name) \(ending): \(different.prefix(3))")
        }
    }
}
