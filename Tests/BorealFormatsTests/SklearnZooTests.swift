import BorealBase
import BorealGraph
import Foundation
import Testing

@testable import BorealFormats

/// Models of scikit-learn 1.0 to 1.7, and what it answered.
@Suite struct SklearnZooTests {
    static let names: [String] = {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: Zoo.root)) ?? []
        return all.filter { $0.hasPrefix("skl") }.sorted()
    }()

    /// What the manifests call the roles; all others are found by the names of their columns.
    private static let roles: [String: GraphOutput.Role] = [
        "pred": .value, "proba": .probabilities, "decision": .raw,
    ]

    @Test("the zoo is there") func zooIsComplete() { #expect(Self.names.count >= 30) }

    @Test("every output is the library's", arguments: names)
    func answers(name: String) throws {
        let manifest = try Zoo.manifest(name)
        let graph = try Zoo.model(name).graph
        let features = try Zoo.features(name, graph)
        let tolerance = Tolerance(manifest["tolerance"])
        let (header, rows) = try Zoo.table("\(name)/expected.csv")
        for output in manifest["outputs"]?.array ?? [] {
            let columns = (output["columns"]?.array ?? []).compactMap(\.string)
            let output = try #require(Self.output(output["name"]?.string ?? "", columns, graph))
            let results = try graph.run(features, outputs: [output], threads: 2)
            let places = columns.compactMap { header.firstIndex(of: $0) }
            #expect(results.width(of: 0) == places.count)
            for (row, cells) in rows.enumerated() {
                for (column, place) in places.enumerated() {
                    let text = results.text(0, row: row, column: column)
                    let want = cells[place].isEmpty ? "nan" : cells[place]
                    #expect(
                        tolerance.accepts(text, want),
                        "\(output.name), row \(row), column \(column): \(text), not \(want)"
                    )
                }
            }
        }
    }

    private static func output(
        _ name: String,
        _ columns: [String],
        _ graph: ModelGraph
    ) -> GraphOutput? {
        if let role = roles[name] { return graph.output(role) }
        return graph.outputs.first { $0.columnNames == columns }
    }

    @Test("leaves are the nodes that apply() answers", arguments: names)
    func leaves(name: String) throws {
        guard let rows = try? Zoo.table("\(name)/leaves.csv").rows else { return }
        let graph = try Zoo.model(name).graph
        let results = try graph.run(try Zoo.features(name, graph), roles: [.leaf])
        for (row, cells) in rows.enumerated() {
            let got = cells.indices.map { Int(results.double(0, row: row, column: $0)) }
            #expect(got == cells.compactMap { Double($0).map { Int($0) } }, "row \(row)")
        }
    }

    @Test("one row alone gets what it gets in a batch", arguments: names)
    func oneRow(name: String) throws {
        let graph = try Zoo.model(name).graph
        let features = try Zoo.features(name, graph)
        let wanted = graph.outputs.filter { $0.role == .value }
        let all = try graph.run(features, outputs: wanted)
        let session = GraphSession(graph, outputs: wanted, rowsMax: 1)
        for row in 0..<features.rowCount {
            features.withFeatures(from: row) { session.runOne($0) }
            let alone = session.double(output: 0)
            #expect(alone.bitPattern == all.double(0, row: row).bitPattern, "row \(row)")
        }
    }

    @Test("inspection tells version, estimator and classes")
    func inspection() throws {
        let inspection = try Zoo.model("skl113-pipeline-ohe-logistic").inspection
        #expect(inspection.library == "scikit-learn")
        #expect(inspection.formatVersion == "1.1.3")
        #expect(inspection.estimator.contains("Pipeline"))
        #expect(inspection.estimator.contains("LogisticRegression"))
        #expect(inspection.task == .binary)
        #expect(inspection.featureKinds.contains("text category (48)"))
        #expect(inspection.featureNames.first == "num_a")
    }

    @Test("several answers are shown in the classes' own words")
    func severalAnswers() throws {
        let name = "skl13-tree-mo-str"
        let graph = try Zoo.model(name).graph
        let results = try graph.run(try Zoo.features(name, graph), roles: [.prediction])
        #expect(results.width(of: 0) == 2)
        #expect(["setosa", "versi,color", "virgi\"nica"].contains(results.text(0, row: 0)))
        #expect(["big", "small"].contains(results.text(0, row: 0, column: 1)))
    }

    @Test(
        "flipped bytes never crash, and what still loads still answers",
        arguments: [
            "skl132-tree-missing-pkl5", "skl172-hgbc-cat-pkl5", "skl113-gbc-pkl4",
            "skl132-rf-multioutput-pkl5", "skl13-bag-tree", "skl172-elasticnet-poly-pkl5",
        ]
    )
    func flips(name: String) throws {
        let file = try Zoo.modelFile(name)
        let bytes = try Zoo.bytes("\(name)/\(file)")
        var generator = SeededGenerator(state: 5)
        for _ in 0..<60 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let index = Int.random(in: 0..<damaged.count, using: &generator)
                damaged[index] = UInt8.random(in: 0...255, using: &generator)
            }
            guard let model = try? ModelReader.read(damaged, fileName: file) else { continue }
            let features = [Double](repeating: 0.5, count: 2 * model.graph.inputs.count)
            let batch = try GraphBatch(values: features, featureCount: features.count / 2)
            _ = try model.graph.run(batch, outputs: model.graph.outputs)
        }
        #expect(!FileManager.default.fileExists(atPath: HostileFileTests.marker))
    }
}
