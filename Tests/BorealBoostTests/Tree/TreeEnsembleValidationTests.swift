import Testing

@testable import BorealBoost

@Suite struct TreeEnsembleValidationTests {
    /// Two splits, three leaves.
    private func sound() -> TreeEnsemble {
        var tree = Tree()
        tree.splitFeature = [0, 1]
        tree.threshold = [1, 2]
        tree.decisionType = [2, 8]
        tree.leftChild = [1, ~0]
        tree.rightChild = [~1, ~2]
        tree.leafValue = [1, 2, 3]
        return TreeEnsemble(trees: [tree], scoresPerRow: 1, featureCount: 2)
    }

    @Test("a sound ensemble passes, and so does a tree of one leaf")
    func passes() throws {
        try sound().validate()
        try TreeEnsemble(trees: [Tree()], scoresPerRow: 1, featureCount: 0).validate()
    }

    private static let defects: [(EnsembleDefect, @Sendable (inout TreeEnsemble) -> Void)] = [
        (.shape(name: "scoresPerRow", value: 0), { $0.scoresPerRow = 0 }),
        (.treeCount(1), { $0.scoresPerRow = 2 }),
        (.shape(name: "leafWidth", value: 3), { $0.leafWidth = 3 }),
        (.shape(name: "initialScores", value: 2), { $0.initialScores = [1, 2] }),
        (
            .leafCount(tree: 0, count: 3),
            {
                $0.leafWidth = 2
                $0.scoresPerRow = 2
            }
        ),
        (.leafCount(tree: 0, count: 4), { $0.trees[0].leafValue.append(4) }),
        (.leafCount(tree: 0, count: 0), { $0.trees[0].leafValue = [] }),
        (
            .length(tree: 0, array: "threshold", count: 1, expected: 2),
            { $0.trees[0].threshold.removeLast() }
        ),
        (
            .length(tree: 0, array: "leafCount", count: 1, expected: 3),
            { $0.trees[0].leafCount = [1] }
        ),
        (.childOutOfRange(tree: 0, node: 0, child: 2), { $0.trees[0].leftChild[0] = 2 }),
        (.childOutOfRange(tree: 0, node: 1, child: -4), { $0.trees[0].leftChild[1] = -4 }),
        (
            .childOutOfRange(tree: 0, node: 1, child: Int(Int32.min)),
            { $0.trees[0].leftChild[1] = .min }
        ),
        (.notATree(tree: 0), { $0.trees[0].leftChild[1] = 0 }),
        (.notATree(tree: 0), { $0.trees[0].leftChild[1] = ~2 }),
        (.notATree(tree: 0), { $0.trees[0].leftChild[0] = ~0 }),
        (
            .featureOutOfRange(tree: 0, node: 1, feature: 2),
            { $0.trees[0].splitFeature[1] = 2 }
        ),
        (
            .featureOutOfRange(tree: 0, node: 0, feature: -1),
            { $0.trees[0].splitFeature[0] = -1 }
        ),
        (.thresholdNotANumber(tree: 0, node: 0), { $0.trees[0].threshold[0] = .nan }),
        (.decisionType(tree: 0, node: 0, value: 16), { $0.trees[0].decisionType[0] = 16 }),
        (.decisionType(tree: 0, node: 1, value: 12), { $0.trees[0].decisionType[1] = 12 }),
        (.categorySet(tree: 0, node: 0), { $0.trees[0].decisionType[0] = 1 }),
        (
            .categorySet(tree: 0, node: 0),
            {
                $0.trees[0].categoryBoundaries = [0, 3, 2]
                $0.trees[0].categoryBits = [1, 1, 1]
            }
        ),
        (
            .categorySet(tree: 0, node: 0),
            {
                $0.trees[0].categoryBoundaries = [0, 3]
                $0.trees[0].categoryBits = [1]
            }
        ),
    ]

    @Test("each defect is found and named", arguments: 0..<20)
    func finds(index: Int) {
        var ensemble = sound()
        Self.defects[index].1(&ensemble)
        #expect(throws: Self.defects[index].0) { try ensemble.validate() }
    }

    @Test("linear leaves must fit the leaves and the features")
    func linear() {
        var ensemble = sound()
        ensemble.trees[0].linear = Tree.LinearLeaves(
            constants: [0, 0, 0],
            coefficients: [[], [1], []],
            features: [[], [2], []]
        )
        #expect(throws: EnsembleDefect.featureOutOfRange(tree: 0, node: ~1, feature: 2)) {
            try ensemble.validate()
        }
    }
}
