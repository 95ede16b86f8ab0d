import BorealBase
import BorealBoost
import BorealGraph

/// The arrays of one tree, as JSON, UBJSON and the binary format hold them, an entry a node.
///
/// Node 0 is the root. A leaf has -1 for its left child. Pruning leaves nodes behind that nobody
/// comes to; they are left out of the tree, and leaves keep their numbers in the file as names.
///
/// The library's questions are not a tree's: it goes left where `value < threshold`, and left
/// where a category is *not* in the set. So thresholds become the next smaller `Float`, and the
/// children of categorical nodes change sides.
struct XGBoostNodes {
    /// -1 for leaves.
    var leftChildren: [Int32] = []
    var rightChildren: [Int32] = []
    var splitIndices: [Int32] = []
    /// Thresholds of splits, values of leaves.
    var splitConditions: [Float] = []
    var defaultLeft: [UInt8] = []
    /// 1 for categorical splits; empty before there were any.
    var splitTypes: [UInt8] = []
    var lossChanges: [Float] = []
    var sumHessian: [Float] = []
    /// `[nodes][leafWidth]`
    var baseWeights: [Float] = []
    /// `[leaves][leafWidth]`, of trees with several numbers in a leaf since 3.1.
    var leafWeights: [Float] = []
    /// All sets, one behind the other.
    var categories: [Int32] = []
    /// The nodes that have a set, where theirs begins, and how long it is.
    var categoryNodes: [Int32] = []
    var categoryStarts: [Int32] = []
    var categoryCounts: [Int32] = []
    /// Numbers of a leaf.
    var leafWidth = 1
    /// What the file says, -1 when it does not.
    var nodeCount = -1

    /// Words that the sets of one tree may take: 256 MiB.
    private static let setWordsMax = 1 << 26

    /// What is wrong, in words that name the node.
    struct Defect: Error {
        let reason: String
    }

    /// Makes a tree of them.
    ///
    /// - Throws: `Defect` when arrays are too short, or children outside of the tree or met twice.
    func tree() throws(Defect) -> XGBoostTree {
        let count = leftChildren.count
        try checkLengths(count)
        let sets = try setOfNode(count)
        let order = try reachable(count)
        var positions = [Int32](repeating: 0, count: count)
        var innerCount: Int32 = 0
        var leafNodes: [Int32] = []
        leafNodes.reserveCapacity(order.count / 2 + 1)
        for node in order {
            if leftChildren[node] < 0 {
                positions[node] = ~Int32(leafNodes.count)
                leafNodes.append(Int32(node))
            } else {
                positions[node] = innerCount
                innerCount += 1
            }
        }
        var tree = Tree()
        reserve(&tree, Int(innerCount))
        for node in order where leftChildren[node] >= 0 {
            try append(node, to: &tree, positions, sets)
        }
        try fillLeaves(leafNodes, &tree)
        return XGBoostTree(tree: tree, leafNodes: leafNodes, leafWidth: leafWidth)
    }

    private func checkLengths(_ count: Int) throws(Defect) {
        guard count > 0, count <= 2 * Limits.leavesMax else {
            throw Defect(reason: "\(count) nodes")
        }
        guard nodeCount < 0 || nodeCount == count else {
            throw Defect(reason: "\(count) left children of \(nodeCount) nodes")
        }
        guard leafWidth >= 1, leafWidth <= Limits.classesMax else {
            throw Defect(reason: "leaves of \(leafWidth) numbers")
        }
        let lengths = [
            ("right_children", rightChildren.count), ("split_indices", splitIndices.count),
            ("split_conditions", splitConditions.count), ("default_left", defaultLeft.count),
        ]
        for (name, length) in lengths where length != count {
            throw Defect(reason: "'\(name)' holds \(length) numbers, not \(count)")
        }
        let optional = [
            ("split_type", splitTypes.count), ("loss_changes", lossChanges.count),
            ("sum_hessian", sumHessian.count),
        ]
        for (name, length) in optional where length != count && length != 0 {
            throw Defect(reason: "'\(name)' holds \(length) numbers, not \(count)")
        }
        guard leafWidth == 1 || !leafWeights.isEmpty || baseWeights.count == count * leafWidth
        else {
            throw Defect(reason: "'base_weights' holds \(baseWeights.count) numbers")
        }
    }

    /// The nodes that can be come to, the root's first, in the order of the file.
    private func reachable(_ count: Int) throws(Defect) -> [Int] {
        var isReached = [Bool](repeating: false, count: count)
        isReached[0] = true
        var stack = [0]
        var total = 1
        while let node = stack.popLast() {
            guard leftChildren[node] >= 0 else { continue }
            for child in [Int(leftChildren[node]), Int(rightChildren[node])] {
                guard child >= 0, child < count else {
                    throw Defect(reason: "node \(node) has a child \(child), of \(count) nodes")
                }
                guard !isReached[child] else {
                    throw Defect(reason: "node \(child) has two parents")
                }
                isReached[child] = true
                total += 1
                stack.append(child)
            }
        }
        // The root is the first node of files; pruning leaves holes behind it.
        return total == count ? Array(0..<count) : (0..<count).filter { isReached[$0] }
    }

    /// `[count]`: the position of each node's set among `categoryNodes`, or -1; empty without sets.
    private func setOfNode(_ count: Int) throws(Defect) -> [Int32] {
        guard !categoryNodes.isEmpty else { return [] }
        guard categoryStarts.count == categoryNodes.count,
            categoryCounts.count == categoryNodes.count
        else { throw Defect(reason: "\(categoryNodes.count) sets of categories with other bounds") }
        var sets = [Int32](repeating: -1, count: count)
        for (position, node) in categoryNodes.enumerated() {
            guard node >= 0, node < count else {
                throw Defect(reason: "categories of node \(node), of \(count) nodes")
            }
            sets[Int(node)] = Int32(position)
        }
        return sets
    }

    private func reserve(_ tree: inout Tree, _ inner: Int) {
        tree.splitFeature.reserveCapacity(inner)
        tree.threshold.reserveCapacity(inner)
        tree.decisionType.reserveCapacity(inner)
        tree.leftChild.reserveCapacity(inner)
        tree.rightChild.reserveCapacity(inner)
        if !lossChanges.isEmpty { tree.splitGain.reserveCapacity(inner) }
        if !sumHessian.isEmpty { tree.internalWeight.reserveCapacity(inner) }
    }

    private func append(
        _ node: Int,
        to tree: inout Tree,
        _ positions: [Int32],
        _ sets: [Int32]
    ) throws(Defect) {
        let left = positions[Int(leftChildren[node])]
        let right = positions[Int(rightChildren[node])]
        tree.splitFeature.append(splitIndices[node])
        if !lossChanges.isEmpty { tree.splitGain.append(Double(lossChanges[node])) }
        if !sumHessian.isEmpty { tree.internalWeight.append(Double(sumHessian[node])) }
        guard !splitTypes.isEmpty, splitTypes[node] == 1 else {
            // The library goes left below the threshold, a tree up to it.
            tree.threshold.append(Double(splitConditions[node].nextDown))
            tree.decisionType.append(8 | (defaultLeft[node] != 0 ? 2 : 0))
            tree.leftChild.append(left)
            tree.rightChild.append(right)
            return
        }
        guard !sets.isEmpty, sets[node] >= 0 else {
            throw Defect(reason: "node \(node) has no set of categories")
        }
        // The library's sets list what goes right.
        tree.threshold.append(Double(try appendSet(Int(sets[node]), node, &tree)))
        tree.decisionType.append(1 | 8 | (defaultLeft[node] != 0 ? 0 : 2))
        tree.leftChild.append(right)
        tree.rightChild.append(left)
    }

    /// Appends the bits of a set; its position in the tree.
    private func appendSet(_ set: Int, _ node: Int, _ tree: inout Tree) throws(Defect) -> Int {
        let start = Int(categoryStarts[set])
        let count = Int(categoryCounts[set])
        guard start >= 0, count >= 0, start + count <= categories.count else {
            throw Defect(reason: "categories of node \(node) beyond the list")
        }
        let members = categories[start..<start + count]
        let greatest = members.max() ?? 0
        guard (members.min() ?? 0) >= 0, greatest < Int32(GraphLimits.categoriesMax) else {
            throw Defect(reason: "category \(greatest) of node \(node)")
        }
        var words = [UInt32](repeating: 0, count: Int(greatest) / 32 + 1)
        for member in members { words[Int(member) / 32] |= 1 << UInt32(member % 32) }
        if tree.categoryBoundaries.isEmpty { tree.categoryBoundaries = [0] }
        tree.categoryBits += words
        guard tree.categoryBits.count <= Self.setWordsMax else {
            throw Defect(reason: "more than \(Self.setWordsMax) words of category sets")
        }
        tree.categoryBoundaries.append(Int32(tree.categoryBits.count))
        return tree.categoryBoundaries.count - 2
    }

    private func fillLeaves(_ leafNodes: [Int32], _ tree: inout Tree) throws(Defect) {
        tree.leafValue = []
        tree.leafValue.reserveCapacity(leafNodes.count * leafWidth)
        for node in leafNodes {
            if leafWidth == 1 {
                tree.leafValue.append(Double(splitConditions[Int(node)]))
                continue
            }
            let values = leafWeights.isEmpty ? baseWeights : leafWeights
            // Since 3.1 a leaf's right child is its number.
            let leaf = leafWeights.isEmpty ? Int(node) : Int(rightChildren[Int(node)])
            guard leaf >= 0, (leaf + 1) * leafWidth <= values.count else {
                throw Defect(reason: "leaf \(leaf) of node \(node) has no values")
            }
            for value in values[leaf * leafWidth..<(leaf + 1) * leafWidth] {
                tree.leafValue.append(Double(value))
            }
        }
        if !sumHessian.isEmpty {
            tree.leafWeight = leafNodes.map { Double(sumHessian[Int($0)]) }
        }
    }
}
