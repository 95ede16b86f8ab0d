import BorealBase
import Testing

@testable import BorealBoost

@Suite struct DecisionPathTests {
    /// Asks age (missing right), city (a set), income (zero is missing, left), debt (NaN is 0).
    private static let ensemble: TreeEnsemble = {
        var tree = Tree()
        tree.splitFeature = [0, 1, 2, 3]
        tree.threshold = [40.5, 0, 1_000, -1]
        tree.decisionType = [2 << 2, 1, 1 << 2 | 2, 0]
        tree.leftChild = [1, 2, 3, ~0]
        tree.rightChild = [~4, ~3, ~2, ~1]
        tree.leafValue = [1, 2, 3, 4, 5]
        tree.categoryBoundaries = [0, 1]
        tree.categoryBits = [0b101]
        return TreeEnsemble(trees: [tree, Tree()], scoresPerRow: 2, featureCount: 4)
    }()

    private static func written(
        _ row: [Double],
        _ format: DecisionPathWriter.Format,
        bytesMax: Int = 1 << 20
    ) throws -> String {
        let cities = ["Oslo", "Rome", "Ulm"]
        let writer = DecisionPathWriter(
            ensemble,
            names: ["age", "city", "income\u{1B}[2J"],
            format: format,
            bytesMax: bytesMax
        ) { feature, category in
            feature == 1 && cities.indices.contains(category) ? cities[category] : nil
        }
        var text = ""
        try writer.write(row) { text += $0 }
        return text
    }

    @Test("text names every condition on the way, its value, and whether it was missing")
    func text() throws {
        let left = """
            tree 0, score 0: leaf 1, value 2.0
              age = 40.5: <= 40.5
              city = 'Ulm': in ('Oslo', 'Ulm')
              income\u{FFFD}[2J = 0.0: <= 1000.0, where missing values go
              Column_3 = NULL: > -1.0, where missing values go
            tree 1, score 1: leaf 0, value 0.0

            """
        #expect(try Self.written([40.5, 2, 0, .nan], .text) == left)
        let right = """
            tree 0, score 0: leaf 3, value 4.0
              age = -inf: <= 40.5
              city = 7: not in ('Oslo', 'Ulm')
            tree 1, score 1: leaf 0, value 0.0

            """
        #expect(try Self.written([-.infinity, 7, 0, 0], .text) == right)
    }

    @Test("JSON holds the same, and parses")
    func json() throws {
        let document = try JSON.parse(try Self.written([.infinity, 0, 0, 0], .json))
        let tree = try #require(document["trees"]?.array?.first)
        #expect(tree["leaf"]?.integer == 4 && tree["value"]?.double == 5)
        let step = try #require(tree["path"]?.array?.first)
        let expected = """
            {"feature": "age", "value": "inf", "operator": ">", "threshold": 40.5, \
            "is_missing": false, "missing_goes_here": true}
            """
        #expect(step.description == expected)
        let second = try JSON.parse(try Self.written([1, 1, 0, 0], .json))
        let city = second["trees"]?.array?.first?["path"]?.array?.last
        #expect(city?["value"] == .string("Rome") && city?["operator"] == .string("not in"))
        #expect(city?["categories"] == .array([.string("Oslo"), .string("Ulm")]))
    }

    @Test("what does not fit is counted, and JSON stays whole")
    func bounds() throws {
        #expect(try Self.written([1, 1, 0, 0], .text, bytesMax: 60) == "... and 2 more trees\n")
        let document = try JSON.parse(try Self.written([1, 1, 0, 0], .json, bytesMax: 60))
        #expect(document["trees"] == .array([]) && document["omitted_trees"]?.integer == 2)
    }

    @Test("ways end in the leaves of the reference walk", arguments: ExplainedModel.all)
    func leaves(model: ExplainedModel) {
        let ensemble = model.ensemble(seed: 21)
        let rows = model.rows(20, seed: 22)
        for row in 0..<20 {
            let features = Array(rows[row * model.features..<(row + 1) * model.features])
            var leaves = [Int32](repeating: -1, count: ensemble.trees.count)
            ReferenceScorer(ensemble).leafIndices(row: features, into: &leaves)
            for tree in ensemble.trees.indices {
                let path = ensemble.decisionPath(of: features, tree: tree)
                #expect(path.leaf == Int(leaves[tree]))
                #expect(path.values == [ensemble.trees[tree].leafValue[path.leaf]])
            }
        }
    }
}
