import BorealBase
import BorealBoost
import Testing

@testable import BorealGraph

@Suite struct GraphExplainerTests {
    /// `x0 <= 0 ? 1 : 2` (three of four rows left) plus `x1 <= 0.5 ? 10 : 20` (half of them).
    private static func graph(isAveraged: Bool = false) throws -> ModelGraph {
        var trees = [SmallModels.stump(0, 0, 1, 2), SmallModels.stump(1, 0.5, 10, 20)]
        trees[0].internalCount = [4]
        trees[0].leafCount = [3, 1]
        trees[1].internalCount = [4]
        trees[1].leafCount = [2, 2]
        return try ModelGraph(
            BoostedModel(
                ensemble: TreeEnsemble(
                    trees: trees,
                    scoresPerRow: 1,
                    featureCount: 2,
                    isAveraged: isAveraged
                ),
                inputs: [GraphInput(name: "x0"), GraphInput(name: "x1")],
                link: .identity,
                task: .regression
            )
        )
    }

    @Test("contributions of a batch, the strongest of them, and their means")
    func contributions() throws {
        let graph = try Self.graph()
        let batch = try GraphBatch(values: [-1, 0, 1, 1], featureCount: 2)
        let explainer = try GraphExplainer(graph)
        let explanation = try explainer.additiveExplanation(batch)
        #expect(explanation.values == [-0.25, -5, 16.25, 0.75, 5, 16.25])
        #expect(explanation.bias(row: 1) == 16.25)
        let strongest = explanation.strongest(1, row: 1)
        #expect(strongest.map(\.feature) == [1] && strongest.map(\.contribution) == [5])
        #expect(explanation.strongest(9, row: 0).map(\.feature) == [1, 0])
        #expect(try explainer.meanAbsoluteContributions(batch) == [0.5, 5])
        let pairs = try explainer.interactions(batch)
        #expect(Array(pairs[0..<9]) == [-0.25, 0, 0, 0, -5, 0, 0, 0, 16.25])
    }

    @Test("a linear model is explained by its terms, which missing values have none of")
    func linear() throws {
        func tree(_ feature: Int32, _ factor: Double) -> Tree {
            var tree = Tree()
            tree.linear = Tree.LinearLeaves(
                constants: [0],
                coefficients: [[factor]],
                features: [[feature]]
            )
            return tree
        }
        var bias = Tree()
        bias.leafValue = [3]
        let graph = try ModelGraph(
            BoostedModel(
                ensemble: TreeEnsemble(
                    trees: [bias, tree(0, 2), tree(1, -1)],
                    scoresPerRow: 1,
                    featureCount: 2
                ),
                inputs: [GraphInput(name: "x0"), GraphInput(name: "x1")],
                link: .identity,
                task: .regression
            )
        )
        let batch = try GraphBatch(values: [4, 5, .nan, 1], featureCount: 2)
        let explainer = try GraphExplainer(graph)
        let values = try explainer.additiveExplanation(batch).values
        #expect(values == [8, -5, 3, 0, -1, 3])
        let raw = try graph.run(batch, roles: [.raw])
        #expect([raw.double(0, row: 0), raw.double(0, row: 1)] == [6, 2])
        #expect(try explainer.meanAbsoluteContributions(batch) == [4, 3])
        let pairs = try explainer.interactions(batch)
        #expect(Array(pairs[0..<9]) == [8, 0, 0, 0, -5, 0, 0, 0, 3])
    }

    @Test("an averaged forest is explained as the sum that its raw score is")
    func averaged() throws {
        let graph = try Self.graph(isAveraged: true)
        let batch = try GraphBatch(values: [1, 1], featureCount: 2)
        let sum = try graph.additiveExplanation(batch).values.reduce(0, +)
        #expect(sum == (try graph.run(batch, roles: [.raw])).double(0, row: 0))
    }

    @Test("an empty batch has an empty explanation, a wrong or huge one an error")
    func bounds() throws {
        let explainer = try GraphExplainer(try Self.graph())
        let empty = GraphBatch(rowCount: 0, featureCount: 2)
        #expect(try explainer.additiveExplanation(empty).values.isEmpty)
        #expect(try explainer.meanAbsoluteContributions(empty) == [0, 0])
        let wrong = try GraphBatch(values: [1, 2, 3], featureCount: 3)
        #expect(throws: GraphError.featureCountMismatch(expected: 2, given: 3)) {
            try explainer.additiveExplanation(wrong)
        }
        let flag = CancellationFlag()
        flag.cancel()
        let batch = try GraphBatch(values: [1, 1], featureCount: 2)
        #expect(throws: GraphError.cancelled) {
            try explainer.additiveExplanation(batch, cancellation: flag)
        }
    }

    @Test("a model whose nodes do not say what they saw is not explained")
    func refusal() throws {
        let reason = "tree 0 does not say how many rows its nodes saw"
        #expect(throws: GraphError.notExplainable(reason: reason)) {
            try GraphExplainer(try SmallModels.regression())
        }
    }

    @Test("paths use the model's names, scorers its answers")
    func pathsAndScorers() throws {
        let graph = try Self.graph()
        var text = ""
        try graph.decisionPathWriter(.text).write([1, .nan]) { text += $0 }
        let expected = """
            tree 0: leaf 1, value 2.0
              x0 = 1.0: > 0.0
            tree 1: leaf 0, value 10.0
              x1 = NULL: <= 0.5, where missing values go

            """
        #expect(text == expected)
        let dependence = try PartialDependence(
            of: try graph.batchScorer(.prediction),
            rows: [-1, 0, 1, 1],
            feature: 0,
            grid: .values([-3, 3])
        )
        #expect(dependence.means == [16, 17])
    }

    @Test("categories have the names of their dictionary")
    func categories() throws {
        let text = GraphInput(
            name: "c",
            kind: .category(try CategoryDictionary(.text(["a", "b"])))
        )
        let number = GraphInput(name: "n", kind: .category(try CategoryDictionary(.number([2.5]))))
        #expect(text.text(ofCategory: 1) == "b" && text.text(ofCategory: 2) == nil)
        #expect(number.text(ofCategory: 0) == "2.5")
        #expect(GraphInput(name: "x").text(ofCategory: 0) == nil)
    }
}
