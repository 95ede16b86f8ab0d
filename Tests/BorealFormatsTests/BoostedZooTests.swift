import BorealBase
import BorealBoost
import BorealGraph
import Foundation
import Testing

@testable import BorealFormats

/// Models of XGBoost and CatBoost, and what these libraries answered.
@Suite struct BoostedZooTests {
    static let names: [String] = {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: Zoo.root)) ?? []
        return all.filter { $0.hasPrefix("xgb") || $0.hasPrefix("cat") }.sorted()
    }()

    /// What the manifests call the roles.
    private static let roles: [String: GraphOutput.Role] = [
        "pred": .value, "class": .label, "proba": .probabilities, "raw": .raw, "margin": .raw,
    ]

    @Test("the zoo is there") func zooIsComplete() { #expect(Self.names.count >= 15) }

    @Test("answers are the library's, and the leaves too", arguments: names)
    func answers(name: String) throws {
        let manifest = try Zoo.manifest(name)
        let graph = try Zoo.model(name).graph
        let features = try Zoo.features(name, graph)
        let tolerance = Tolerance(manifest["tolerance"])
        let (header, rows) = try Zoo.table("\(name)/expected.csv")
        for output in manifest["outputs"]?.array ?? [] {
            let columns = (output["columns"]?.array ?? []).compactMap(\.string)
            let role = try #require(Self.roles[output["name"]?.string ?? ""])
            let results = try graph.run(features, roles: [role], threads: 2)
            let places = columns.compactMap { header.firstIndex(of: $0) }
            #expect(results.width(of: 0) == places.count)
            for (row, cells) in rows.enumerated() {
                for (column, place) in places.enumerated() {
                    let text = results.text(0, row: row, column: column)
                    #expect(tolerance.accepts(text, cells[place]), "row \(row), column \(column)")
                }
            }
        }
        guard let leaves = try? Zoo.table("\(name)/leaves.csv").rows else { return }
        let results = try graph.run(features, roles: [.leaf])
        for (row, cells) in leaves.enumerated() {
            let got = cells.indices.map { Int(results.double(0, row: row, column: $0)) }
            #expect(got == cells.compactMap { Double($0).map { Int($0) } }, "row \(row)")
        }
    }

    @Test("contributions are the library's, and add up to the raw score", arguments: names)
    func contributions(name: String) throws {
        guard let rows = try? Zoo.table("\(name)/contrib.csv").rows else { return }
        let graph = try Zoo.model(name).graph
        let features = try Zoo.features(name, graph)
        let explanation = try graph.additiveExplanation(features)
        let tolerance = Tolerance(try Zoo.manifest(name)["extra_tolerance"])
        let width = explanation.scoresPerRow * (explanation.featureCount + 1)
        let raw = try graph.run(features, roles: [.raw])
        // CatBoost's own values for trees whose sides differ do not add up to its raw scores: it
        // counts a leaf beside a split as if the split were not there.
        let isComparable = !name.contains("depthwise")
        for (row, cells) in rows.enumerated() {
            #expect(cells.count == width)
            let cells = isComparable ? cells : []
            for (column, cell) in cells.enumerated() {
                let got = "\(explanation.values[row * width + column])"
                #expect(tolerance.accepts(got, cell), "row \(row), column \(column)")
            }
            for score in 0..<explanation.scoresPerRow {
                let sum = explanation[row: row, score: score].reduce(0, +)
                #expect(abs(sum - raw.double(0, row: row, column: score)) < 1e-5, "row \(row)")
            }
        }
    }

    @Test("one row alone gets what it gets in a batch", arguments: names)
    func oneRow(name: String) throws {
        let graph = try Zoo.model(name).graph
        let features = try Zoo.features(name, graph)
        let all = try graph.run(features, roles: [.raw, .prediction])
        let session = try GraphSession(graph, roles: [.raw, .prediction], rowsMax: 1)
        for row in 0..<features.rowCount {
            features.withFeatures(from: row) { session.runOne($0) }
            #expect(session.double(output: 0).bitPattern == all.double(0, row: row).bitPattern)
            var text: [UInt8] = []
            session.appendPrediction(output: 1, to: &text)
            #expect(String(decoding: text, as: UTF8.self) == all.text(1, row: row))
        }
    }

    @Test("the way of a row through the trees ends in the leaves that are shown", arguments: names)
    func decisionPaths(name: String) throws {
        let graph = try Zoo.model(name).graph
        guard let trees = graph.treeEnsemble?.ensemble, name.hasPrefix("xgb") else {
            // Linear models have no paths, and CatBoost's trees ask no features but what is made of
            // them.
            #expect(throws: GraphError.self) { try graph.decisionPathWriter(.text) }
            return
        }
        let writer = try graph.decisionPathWriter(.text)
        let features = try Zoo.features(name, graph)
        var text = ""
        try features.withFeatures(from: 3) { row in try writer.write(row) { text += $0 } }
        #expect(text.split(separator: "\n").count { $0.hasPrefix("tree ") } == trees.trees.count)
    }

    @Test("flipped and missing bytes never crash a reader", arguments: names)
    func damage(name: String) throws {
        let file = try Zoo.modelFile(name)
        let bytes = try Zoo.bytes("\(name)/\(file)")
        var generator = SeededGenerator(state: 5)
        for round in 0..<80 {
            var damaged = bytes
            if round % 4 == 0 {
                damaged.removeLast(Int.random(in: 1..<bytes.count, using: &generator))
            }
            for _ in 0..<min(6, damaged.count) {
                let index = Int.random(in: 0..<damaged.count, using: &generator)
                damaged[index] = UInt8.random(in: 0...255, using: &generator)
            }
            guard let model = try? ModelReader.read(damaged, fileName: file) else { continue }
            let count = model.graph.inputs.count
            guard count > 0 else { continue }
            let batch = try GraphBatch(
                values: [Double](repeating: 0.5, count: count),
                featureCount: count
            )
            _ = try model.graph.run(batch, roles: [.raw, .prediction])
        }
    }
}

/// How far a value may be from the library's.
struct Tolerance {
    let absolute: Double
    let relative: Double

    init(_ json: JSON?) {
        absolute = json?["abs"]?.double ?? 0
        relative = json?["rel"]?.double ?? 0
    }

    func accepts(_ ours: String, _ theirs: String) -> Bool {
        if ours == theirs { return true }
        guard let got = Double(ours), let want = Double(theirs) else { return false }
        return got == want || abs(got - want) <= absolute + relative * abs(want)
    }
}
