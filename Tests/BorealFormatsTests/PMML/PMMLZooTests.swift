import BorealBase
import BorealGraph
import Foundation
import Testing

@testable import BorealFormats

/// The PMML models under `Fixtures/models`: what JPMML-Evaluator answered is what we answer.
@Suite struct PMMLZooTests {
    static let names: [String] = {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: Zoo.root)) ?? []
        return all.filter { $0.hasPrefix("pmml-") }.sorted()
    }()

    @Test("the zoo is there") func zooIsComplete() { #expect(Self.names.count == 18) }

    @Test("declared outputs are the evaluator's", arguments: names)
    func outputs(name: String) throws {
        let graph = try Zoo.model(name).graph
        let results = try graph.run(try features(name, graph), outputs: graph.allOutputs)
        let (header, rows) = try Zoo.table("\(name)/expected.csv")
        let columns = header.indices.filter {
            !header[$0].isEmpty && !header[$0].hasPrefix("source_")
        }
        #expect(columns.map { header[$0] } == results.outputs.flatMap(\.columnNames))
        for (row, cells) in rows.enumerated() {
            for (output, column) in columns.enumerated() {
                let got = results.text(output, row: row)
                #expect(isSame(got, cells[column]), "\(header[column]) of row \(row): \(got)")
            }
        }
    }

    @Test("a class and its probabilities have roles too")
    func roles() throws {
        let graph = try Zoo.model("pmml-tree-clf").graph
        #expect(graph.labels == .text(["red", "rosé", "white"]))
        #expect(graph.answersLabel)
        let features = try features("pmml-tree-clf", graph)
        let results = try graph.run(features, roles: [.prediction, .probabilities])
        #expect(results.text(0, row: 0) == "rosé")
        #expect(results.outputs[1].columnNames == ["proba_red", "proba_rosé", "proba_white"])
        #expect(results.double(1, row: 0, column: 1) == 1)
    }

    @Test("one row alone gets what it gets in a batch", arguments: names)
    func oneRow(name: String) throws {
        let graph = try Zoo.model(name).graph
        let features = try features(name, graph)
        let all = try graph.run(features, outputs: graph.allOutputs, threads: 3)
        let session = GraphSession(graph, outputs: graph.allOutputs, rowsMax: 1)
        try features.values.withUnsafeBufferPointer { values in
            let base = try #require(values.baseAddress)
            for row in 0..<features.rowCount {
                session.runOne(base + row * features.featureCount)
                for output in all.outputs.indices {
                    let alone = session.double(output: output).bitPattern
                    #expect(alone == all.double(output, row: row).bitPattern, "row \(row)")
                }
            }
        }
    }

    @Test("sums of trees run on the kernel for trees")
    func kernel() throws {
        let inspection = try Zoo.model("pmml-lgb-missing").inspection
        #expect(inspection.treeCount == 6)
        #expect(inspection.estimator == "MiningModel")
        #expect(inspection.library == "SkLearn2PMML package 0.133.1")
        #expect(inspection.operators.contains("TreeEnsemble"))
    }

    /// The features of a model's rows, which may have more columns than it asks for.
    private func features(_ name: String, _ graph: ModelGraph) throws -> GraphBatch {
        let batch = try Zoo.batch(name)
        return try FeatureBinder(inputs: graph.inputs, names: graph.inputs.map(\.name), in: batch)
            .bind(batch)
    }

    /// Equal text, or numbers within the tolerance of the zoo.
    private func isSame(_ got: String, _ wanted: String) -> Bool {
        if got == wanted { return true }
        let (a, b) = (Double(got) ?? .nan, Double(wanted) ?? .nan)
        return abs(a - b) <= 1e-9 + 1e-9 * abs(b) || a.isNaN && b.isNaN && wanted.isEmpty
    }
}
