import Testing

@testable import BorealBoost

/// Random ensembles with covers, and rows that meet every branch of them.
struct ExplainedModel: Sendable, CustomTestStringConvertible {
    var name: String
    var features = 6
    var leaves = 12
    var trees = 6
    var scores = 1
    /// Splits the deepest leaf again and again: paths as long as the tree has splits.
    var isChain = false
    var hasCategories = false
    /// Share of leaves that no training row reached.
    var emptyLeaves = 0.0
    var isAveraged = false
    var cover = TreeEnsemble.Cover.rowCount
    var testDescription: String { name }

    static let all: [ExplainedModel] = [
        ExplainedModel(name: "numbers with every kind of missing value"),
        ExplainedModel(name: "stumps and single leaves", leaves: 2),
        ExplainedModel(name: "two features, asked over and over", features: 2, leaves: 30),
        ExplainedModel(name: "one feature", features: 1, leaves: 9),
        ExplainedModel(name: "chains of 40 splits", features: 8, leaves: 41, isChain: true),
        ExplainedModel(name: "wide trees", features: 8, leaves: 90, trees: 3),
        ExplainedModel(name: "categories", hasCategories: true),
        ExplainedModel(name: "leaves no row reached", leaves: 20, emptyLeaves: 0.4),
        ExplainedModel(
            name: "chains of leaves no row reached",
            features: 5,
            leaves: 30,
            isChain: true,
            emptyLeaves: 0.7
        ),
        ExplainedModel(name: "three scores, averaged", trees: 9, scores: 3, isAveraged: true),
        ExplainedModel(name: "covers by weight", emptyLeaves: 0.2, cover: .weight),
    ]

    func ensemble(seed: UInt64) -> TreeEnsemble {
        var random = TestRandom(seed)
        return TreeEnsemble(
            trees: (0..<trees).map { _ in tree(&random) },
            scoresPerRow: scores,
            featureCount: features,
            isAveraged: isAveraged,
            cover: cover
        )
    }

    private func tree(_ random: inout TestRandom) -> Tree {
        var tree = Tree()
        let leaves = isChain ? leaves : 1 + random.below(leaves)
        tree.leafValue = (0..<leaves).map { _ in random.normal() }
        var parents: [(node: Int, isLeft: Bool)?] = [nil]
        var chosen = 0
        for node in 0..<(leaves - 1) {
            if !isChain {
                chosen = random.below(parents.count)
            } else if random.below(2) == 0 {
                chosen = parents.count - 1
            }
            if let parent = parents[chosen] {
                if parent.isLeft {
                    tree.leftChild[parent.node] = Int32(node)
                } else {
                    tree.rightChild[parent.node] = Int32(node)
                }
            }
            tree.leftChild.append(~Int32(chosen))
            tree.rightChild.append(~Int32(parents.count))
            parents[chosen] = (node, true)
            parents.append((node, false))
            tree.splitFeature.append(Int32(random.below(features)))
            if hasCategories && random.below(2) == 0 {
                tree.threshold.append(Double(max(0, tree.categoryBoundaries.count - 1)))
                if tree.categoryBoundaries.isEmpty { tree.categoryBoundaries = [0] }
                tree.categoryBits += [UInt32(truncatingIfNeeded: random.bits()), 5]
                tree.categoryBoundaries.append(Int32(tree.categoryBits.count))
                tree.decisionType.append(1)
            } else {
                tree.threshold.append(Double(random.below(9)) / 2 - 2)
                tree.decisionType.append(UInt8(random.below(3) << 2 | random.below(2) << 1))
            }
        }
        cover(&tree, &random)
        return tree
    }

    private func cover(_ tree: inout Tree, _ random: inout TestRandom) {
        tree.leafCount = tree.leafValue.map { _ in
            random.unit() < emptyLeaves ? 0 : Int64(1 + random.below(50))
        }
        // The root has rows whatever the dice say.
        tree.leafCount[0] += tree.leafCount.reduce(0, +) == 0 ? 1 : 0
        tree.internalCount = [Int64](repeating: 0, count: tree.innerCount)
        // Children have higher numbers than their parents.
        for node in (0..<tree.innerCount).reversed() {
            for child in [tree.leftChild[node], tree.rightChild[node]] {
                tree.internalCount[node] +=
                    child < 0 ? tree.leafCount[Int(~child)] : tree.internalCount[Int(child)]
            }
        }
        tree.leafWeight = tree.leafCount.map { Double($0) * 0.25 }
        tree.internalWeight = tree.internalCount.map { Double($0) * 0.25 }
        if cover == .weight { (tree.leafCount, tree.internalCount) = ([], []) }
    }

    func rows(_ count: Int, seed: UInt64) -> [Double] {
        var random = TestRandom(seed)
        return (0..<count * features).map { _ in
            switch random.below(10) {
            case 0: .nan
            case 1: 0
            case 2: 1e-36
            case 3: Double(random.below(70)) + 0.5
            case 4: random.below(2) == 0 ? .infinity : -.infinity
            case 5...7: Double(random.below(9)) / 2 - 2
            default: random.normal() * 2
            }
        }
    }
}
