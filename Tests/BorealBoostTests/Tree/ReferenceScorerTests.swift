import Testing

@testable import BorealBoost

@Suite struct ReferenceScorerTests {
    /// One split of feature 0 at 1: 10 on the left, 20 on the right.
    private func stump(_ missing: Tree.Missing, defaultLeft: Bool) -> Tree {
        var tree = Tree()
        tree.splitFeature = [0]
        tree.threshold = [1]
        tree.decisionType = [missing.rawValue << 2 | (defaultLeft ? 2 : 0)]
        tree.leftChild = [~0]
        tree.rightChild = [~1]
        tree.leafValue = [10, 20]
        return tree
    }

    @Test(
        "missing values go where the node says",
        arguments: [
            // NaN is zero, and zero is at most 1.
            (Tree.Missing.none, false, Double.nan, 10.0), (.none, false, 0, 10),
            (.none, true, 2, 20),
            (.nan, true, .nan, 10), (.nan, false, .nan, 20), (.nan, false, 0, 10),
            (.zero, false, 0, 20), (.zero, false, -1e-35, 20), (.zero, false, .nan, 20),
            (.zero, true, .nan, 10), (.zero, false, 1e-34, 10), (.none, true, 1, 10),
            (.none, true, (1.0).nextUp, 20), (.none, true, -.infinity, 10),
            (.none, true, .infinity, 20),
        ]
    )
    func missing(missing: Tree.Missing, defaultLeft: Bool, value: Double, expected: Double) {
        #expect(stump(missing, defaultLeft: defaultLeft).output([value]) == expected)
    }

    @Test(
        "categories in the set go left; NaN, negative, unseen and huge ones go right",
        arguments: [
            (0.0, 20.0), (3, 10), (3.9, 10), (40, 10), (41, 20), (-1, 20), (.nan, 20), (1e300, 20),
            (2_147_483_648, 20), (.infinity, 20), (64, 20),
        ]
    )
    func categories(value: Double, expected: Double) {
        var tree = stump(.nan, defaultLeft: false)
        tree.decisionType = [1]
        tree.threshold = [0]
        tree.categoryBoundaries = [0, 2]
        tree.categoryBits = [1 << 3, 1 << 8]
        #expect(tree.output([value]) == expected)
    }

    @Test("a negative fraction is category 0, as a cast to int makes it")
    func truncation() {
        var tree = stump(.nan, defaultLeft: false)
        tree.decisionType = [1]
        tree.threshold = [0]
        tree.categoryBoundaries = [0, 1]
        tree.categoryBits = [1]
        #expect(tree.output([-0.5]) == 10)
    }

    @Test("linear leaves add their products, and fall back on the value when a feature is missing")
    func linear() {
        var tree = stump(.none, defaultLeft: true)
        tree.linear = Tree.LinearLeaves(
            constants: [1, 2],
            coefficients: [[3], []],
            features: [[1], []]
        )
        #expect(tree.output([0, 4]) == 13)
        #expect(tree.output([0, .nan]) == 10)
        #expect(tree.output([5, .nan]) == 2)
    }

    @Test("importances count splits and add gains")
    func importance() {
        var tree = stump(.none, defaultLeft: true)
        tree.splitGain = [2.5]
        let ensemble = TreeEnsemble(trees: [tree, tree], scoresPerRow: 1, featureCount: 2)
        #expect(ensemble.featureImportance(.split) == [2, 0])
        #expect(ensemble.featureImportance(.gain) == [5, 0])
    }
}
