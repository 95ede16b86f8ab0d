import Testing

@testable import BorealBoost

@Suite struct LeafVectorTests {
    /// One split, leaves of two numbers.
    private func ensemble() -> TreeEnsemble {
        var tree = Tree()
        tree.splitFeature = [0]
        tree.threshold = [0]
        tree.decisionType = [1 | 2]
        tree.leftChild = [~0]
        tree.rightChild = [~1]
        tree.leafValue = [1, 10, 2, 20]
        tree.categoryBoundaries = [0, 1]
        tree.categoryBits = [0b10]
        var ensemble = TreeEnsemble(
            trees: [tree, tree],
            scoresPerRow: 2,
            leafWidth: 2,
            featureCount: 1,
            isAveraged: true
        )
        ensemble.initialScores = [100, 200]
        return ensemble
    }

    private func scores(_ ensemble: TreeEnsemble, _ value: Double) -> [Double] {
        var result = [0.0, 0]
        EnsembleKernel(ensemble).runOne([value], into: &result)
        return result
    }

    @Test(
        "a category with the bit for missing ones sends NaN left, unseen ones right",
        arguments: [(1, [51, 110]), (.nan, [51, 110]), (0, [52, 120]), (77, [52, 120])]
            as [(Double, [Double])]
    )
    func categories(value: Double, expected: [Double]) {
        #expect(scores(ensemble(), value) == expected)
        #expect(scores(ensemble().withScalarLeaves, value) != [0, 0])
    }

    @Test("an average is over trees, however many numbers a leaf has")
    func rounds() {
        #expect(ensemble().roundCount == 2)
        #expect(ensemble().withScalarLeaves.roundCount == 2)
        let leaves = ensemble().withScalarLeaves.trees.map(\.leafValue)
        #expect(leaves == [[1, 2], [10, 20], [1, 2], [10, 20]])
    }

    @Test("the way of a row ends in all numbers of its leaf")
    func path() {
        var value = Double.nan
        let path = ensemble().decisionPath(of: &value, tree: 1)
        #expect(path.values == [1, 10])
        #expect(path.steps.map(\.isYes) == [true])
        #expect(path.steps.map(\.missingIsYes) == [true])
    }

    @Test("a sum of Floats is what Float has")
    func floats() {
        var random = TestRandom(3)
        for _ in 0..<2_000 {
            let a = Float(random.normal() * 1e3)
            let b = Float(random.normal() * 1e-3)
            #expect(LeafTable.floatSum(Double(a), Double(b)) == Double(a + b))
        }
    }
}
