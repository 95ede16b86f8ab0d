import BorealBase
import BorealGraph
import Foundation
import Testing

@testable import BorealFormats

/// Networks of PyTorch, TensorFlow and Keras beside what these libraries answered.
@Suite struct NetworkZooTests {
    static let names = Zoo.folders { $0.hasPrefix("torch") || $0.hasPrefix("tf") }

    @Test("the zoo is there") func zooIsComplete() { #expect(Self.names.count == 12) }

    /// A model with the architecture that its manifest tells.
    static func model(_ name: String) throws -> ImportedModel {
        let manifest = try Zoo.manifest(name)
        let text = try #require(manifest["architecture"]).description
        return try ModelReader.read(
            path: "\(Zoo.root)/\(name)",
            architecture: try? NetworkArchitecture(text)
        )
    }

    @Test("answers are the library's", arguments: names)
    func outputs(name: String) throws {
        let manifest = try Zoo.manifest(name)
        let graph = try Self.model(name).graph
        let outputs = graph.allOutputs
        let results = try graph.run(try Self.features(name, graph), outputs: outputs)
        let (header, rows) = try Zoo.table("\(name)/expected.csv")
        #expect(outputs.flatMap(\.columnNames) == header)
        let absolute = manifest["tolerance"]?["abs"]?.double ?? 0
        let relative = manifest["tolerance"]?["rel"]?.double ?? 0
        #expect(results.rowCount == rows.count && !rows.isEmpty)
        for (row, cells) in rows.enumerated() {
            for (column, want) in cells.enumerated() {
                let (a, b) = (results.double(0, row: row, column: column), Double(want) ?? .nan)
                let isNear = abs(a - b) <= absolute + relative * abs(b)
                #expect(isNear || a.isNaN && b.isNaN, "row \(row): \(a), not \(b)")
            }
        }
    }

    /// The rows of a model by position: networks have no names for their features.
    static func features(_ name: String, _ graph: ModelGraph) throws -> GraphBatch {
        let (_, rows) = try Zoo.table("\(name)/rows.csv")
        let values = rows.flatMap { row in row.map { Double($0) ?? .nan } }
        return try GraphBatch(values: values, featureCount: graph.inputs.count)
    }

    static let weights = [
        "torch2150-statedict-zip", "torch2150-statedict-legacy", "torch2150-safetensors-bn",
        "torch2150-checkpoint-optimizer",
    ]

    @Test(
        "weights without a description are refused, with one that could be theirs",
        arguments: weights
    )
    func noArchitecture(name: String) throws {
        let file = try Zoo.modelFile(name)
        let bytes = try Zoo.bytes("\(name)/\(file)")
        do {
            _ = try ModelReader.read(bytes, fileName: file)
            Issue.record("it was read")
        } catch {
            #expect("\(error)".contains("architecture='{\"type\": \"mlp\""), "\(error)")
            #expect("\(error)".contains("net.0 (bias ["), "\(error)")
        }
    }

    @Test(
        "a description that does not fit names the layer or the weights",
        arguments: [
            (#"{"type":"mlp","in":28,"hidden":[16,9],"out":1}"#, "net.2"),
            (#"{"type":"mlp","in":27,"hidden":[16,8],"out":1}"#, "net.0"),
            (#"{"type":"mlp","in":28,"hidden":[16],"out":1}"#, "net.2"),
            (#"{"type":"mlp","in":28,"hidden":[16,8,4],"out":1}"#, "net.4"),
            (#"{"type":"linear","in":28,"out":16}"#, "no layer for: net.2"),
            (#"{"type":"mlp","in":28,"hidden":[16,8],"out":1,"batchnorm":true}"#, "mean"),
            (#"{"type":"mlp","in":28,"hidden":[16,8],"out":1,"module_prefix":"x"}"#, "'x'"),
            (#"{"type":"cnn","input":"28x1x1","filters":[4],"out":1}"#, "no weights"),
        ]
    )
    func misfit(_ text: String, _ part: String) throws {
        let bytes = try Zoo.bytes("torch2150-statedict-zip/model.pt")
        let architecture = try NetworkArchitecture(text)
        do {
            _ = try ModelReader.read(bytes, fileName: "m.pt", architecture: architecture)
            Issue.record("it was read")
        } catch { #expect("\(error)".contains(part), "\(error)") }
    }

    @Test(
        "a file cut or damaged anywhere is refused or answers, and never ends the process",
        arguments: names
    )
    func damage(name: String) throws {
        let manifest = try Zoo.manifest(name)
        let architecture = try? NetworkArchitecture(manifest["architecture"]?.description ?? "")
        let file = try Zoo.modelFile(name)
        let bytes = try Zoo.bytes("\(name)/\(file)")
        var generator = SeededGenerator(state: 5)
        for turn in 0..<80 {
            var damaged = bytes
            if turn % 4 == 0 {
                damaged.removeLast(Int.random(in: 1..<bytes.count, using: &generator))
            } else {
                for _ in 0..<Int.random(in: 1...6, using: &generator) {
                    let place = Int.random(in: 0..<bytes.count, using: &generator)
                    damaged[place] = UInt8.random(in: 0...255, using: &generator)
                }
            }
            let model = try? ModelReader.read(damaged, fileName: file, architecture: architecture)
            if let graph = model?.graph {
                let row = [Double](repeating: 0.5, count: graph.inputs.count)
                let batch = try GraphBatch(values: row, featureCount: row.count)
                #expect(try graph.run(batch, outputs: graph.allOutputs).rowCount == 1)
            }
        }
    }
}
