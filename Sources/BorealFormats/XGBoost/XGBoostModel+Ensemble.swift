import BorealBase
import BorealBoost
import BorealGraph

extension XGBoostModel {
    /// The trees in the order that ensembles have: a tree for each score in turn.
    ///
    /// - Parameter bases: `[scoreCount]`: what sums begin with.
    func ensemble(_ bases: [Float]) throws(FormatError) -> (TreeEnsemble, LeafNames) {
        let scores = scoreCount
        let width = leafWidth
        guard width == 1 || width == scores, trees.allSatisfy({ $0.leafWidth == width })
        else { throw malformed("leaves of \(width) numbers for \(scores) scores") }
        guard treeWeights.isEmpty || treeWeights.count == trees.count else {
            throw malformed("\(treeWeights.count) weights of \(trees.count) trees")
        }
        let order = width > 1 ? Array(trees.indices) : try turns(scores)
        var turns: [Tree] = []
        turns.reserveCapacity(order.count)
        var positions = [Int](repeating: 0, count: trees.count)
        for (position, index) in order.enumerated() {
            // Where a score has fewer trees than others, one that adds nothing stands in.
            guard index >= 0 else {
                turns.append(Tree())
                continue
            }
            positions[index] = position
            turns.append(weighted(index))
        }
        var ensemble = TreeEnsemble(
            trees: turns,
            scoresPerRow: scores,
            leafWidth: width,
            featureCount: featureCount,
            cover: .weight
        )
        ensemble.arithmetic = .float
        ensemble.initialScores = bases.map { Double($0) }
        return (ensemble, LeafNames(trees: positions, numbers: trees.map(\.leafNodes)))
    }

    /// The trees of each score in turn, -1 where a score has no more.
    private func turns(_ scores: Int) throws(FormatError) -> [Int] {
        guard scores > 1 || treeGroups.contains(where: { $0 != 0 }) else {
            return Array(trees.indices)
        }
        guard treeGroups.count == trees.count else {
            throw malformed("'tree_info' holds \(treeGroups.count) numbers")
        }
        var queues = [[Int]](repeating: [], count: scores)
        for (index, group) in treeGroups.enumerated() {
            guard group >= 0, group < scores else {
                throw malformed("tree \(index) is of class \(group), of \(scores)")
            }
            queues[Int(group)].append(index)
        }
        let rounds = queues.reduce(0) { max($0, $1.count) }
        guard rounds <= Limits.treesMax / scores else {
            throw .tooLarge(format, what: "trees", limit: Limits.treesMax)
        }
        return (0..<rounds * scores).map { turn in
            let queue = queues[turn % scores]
            return turn / scores < queue.count ? queue[turn / scores] : -1
        }
    }

    /// A tree with its weight in DART, multiplied as the library does.
    private func weighted(_ index: Int) -> Tree {
        var tree = trees[index].tree
        guard !treeWeights.isEmpty else { return tree }
        let weight = treeWeights[index]
        tree.leafValue = tree.leafValue.map { Double(Float($0) * weight) }
        return tree
    }
}

extension XGBoostTree {
    /// Gives categories beyond a node's set the default direction, as the library did before 1.7;
    /// since then they go left as all that are not in the set.
    ///
    /// Where the default is right, the set becomes that of what goes left, within its own words.
    mutating func sendUnknownCategoriesByDefault() {
        for node in tree.splitFeature.indices where tree.decisionType[node] & 3 == 3 {
            let set = Int(tree.threshold[node])
            let words = Int(tree.categoryBoundaries[set])..<Int(tree.categoryBoundaries[set + 1])
            for word in words { tree.categoryBits[word] = ~tree.categoryBits[word] }
            (tree.leftChild[node], tree.rightChild[node]) =
                (tree.rightChild[node], tree.leftChild[node])
            tree.decisionType[node] &= ~2
        }
    }
}
