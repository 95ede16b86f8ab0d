import BorealBase

/// Makes trees ready for explanation.
struct ShapTreeCompiler {
    private let cover: TreeEnsemble.Cover
    /// `[featureCount]`: position among the features that the ensemble asks, or -1.
    private let columns: [Int32]
    /// `[featureCount]`: the feature that stands for each one's group; empty for itself.
    private let groups: [Int32]
    /// `[featureCount]`: the deepest edge of the feature on the current path.
    private var edges: [Edge]
    private var result = ShapTree()

    private struct Edge {
        /// -1: the path has no split of the feature yet.
        var level: Int32 = -1
        var side: UInt8 = 0
        var cover = 1.0
    }

    /// A split on the current path.
    private struct Frame {
        /// Of the tree.
        var node: Int
        /// Of the result.
        var index: Int
        /// Steps done: 0 nothing, 1 its left side, 2 both.
        var stage = 0
        /// Product of all local covers from the root to the split.
        var share: Double
        /// Different features above the split, its own among them.
        var pathFeatures: Int
        /// The feature's edge above the split.
        var edge: Edge
    }

    init(cover: TreeEnsemble.Cover, columns: [Int32], groups: [Int32]) {
        self.cover = cover
        self.columns = columns
        self.groups = groups
        edges = [Edge](repeating: Edge(), count: columns.count)
    }

    /// The feature whose contribution a split on a feature is.
    private func group(_ feature: Int32) -> Int32 {
        groups.isEmpty ? feature : groups[Int(feature)]
    }

    /// - Parameters:
    ///   - tree: one that passes `validate()`.
    ///   - number: the tree's position, for errors.
    mutating func compile(
        _ tree: Tree,
        number: Int,
        _ cancellation: CancellationFlag?
    ) throws(ExplanationError) -> ShapTree {
        guard tree.linear == nil else { throw .linearLeaves(tree: number) }
        result = ShapTree()
        guard tree.innerCount > 0 else {
            result.expectedValue = tree.leafValue[0]
            return result
        }
        let covers = try NodeCovers(tree, cover, number: number)
        result.nodes.reserveCapacity(tree.innerCount)
        result.program.reserveCapacity(3 * tree.innerCount)
        result.categoryBits = tree.categoryBits
        var path = [enter(0, share: 1, pathFeatures: 0, level: 0, tree, covers)]
        while let top = path.last {
            if result.nodes.count % 1_024 == 0, cancellation?.isCancelled == true {
                throw .cancelled
            }
            if let child = next(top, tree, covers) {
                path[path.count - 1].stage = top.stage + 1
                guard path.count < ExplanationLimits.depthMax else {
                    throw .tooDeep(tree: number, limit: ExplanationLimits.depthMax)
                }
                path.append(child)
                guard child.pathFeatures <= ExplanationLimits.pathFeaturesMax else {
                    let limit = ExplanationLimits.pathFeaturesMax
                    throw .tooManyFeaturesOnPath(tree: number, limit: limit)
                }
            } else if top.stage < 2 {
                path[path.count - 1].stage = top.stage + 1
            } else {
                edges[Int(result.nodes[top.index].feature)] = top.edge
                path.removeLast()
                if let parent = path.last {
                    emit(parent.stage == 1 ? .ascendLeft : .ascendRight, parent.index)
                }
            }
        }
        return result
    }

    /// Puts the path on the next side of a split; answers the child when it is a split.
    private mutating func next(_ frame: Frame, _ tree: Tree, _ covers: NodeCovers) -> Frame? {
        guard frame.stage < 2 else { return nil }
        let isLeft = frame.stage == 0
        let node = result.nodes[frame.index]
        let child = isLeft ? tree.leftChild[frame.node] : tree.rightChild[frame.node]
        let share = frame.share * covers.local(of: child, below: frame.node)
        guard child >= 0 else {
            result.expectedValue += share * tree.leafValue[Int(~child)]
            return nil
        }
        edges[Int(node.feature)] = Edge(
            level: node.level,
            side: isLeft ? 0 : 1,
            cover: isLeft ? node.leftCover : node.rightCover
        )
        emit(isLeft ? .descendLeft : .descendRight, frame.index)
        return enter(
            Int(child),
            share: share,
            pathFeatures: frame.pathFeatures,
            level: node.level + 1,
            tree,
            covers
        )
    }

    private mutating func emit(_ step: ShapStep, _ index: Int) {
        assert(index < 1 << 29, "more splits than a step can name")
        result.program.append(UInt32(index) << 3 | step.rawValue)
    }

    private mutating func enter(
        _ node: Int,
        share: Double,
        pathFeatures: Int,
        level: Int32,
        _ tree: Tree,
        _ covers: NodeCovers
    ) -> Frame {
        let (left, right) = (tree.leftChild[node], tree.rightChild[node])
        let column = columns[Int(tree.splitFeature[node])]
        assert(column >= 0, "a feature that was not counted")
        let edge = edges[Int(group(tree.splitFeature[node]))]
        var entry = question(of: node, tree, column: column, level: level)
        entry.ancestorLevel = edge.level
        entry.ancestorSide = edge.side
        entry.ancestorCover = edge.cover
        entry.leftLocal = covers.local(of: left, below: node)
        entry.rightLocal = covers.local(of: right, below: node)
        entry.leftCover = edge.cover * entry.leftLocal
        entry.rightCover = edge.cover * entry.rightLocal
        entry.leftValue = left < 0 ? tree.leafValue[Int(~left)] : 0
        entry.rightValue = right < 0 ? tree.leafValue[Int(~right)] : 0
        let index = result.nodes.count
        result.nodes.append(entry)
        emit(.enter, index)
        let features = pathFeatures + (edge.level < 0 ? 1 : 0)
        result.depth = max(result.depth, Int(level) + 1)
        result.pathFeatures = max(result.pathFeatures, features)
        return Frame(node: node, index: index, share: share, pathFeatures: features, edge: edge)
    }

    /// What the split asks, and whether its children are leaves.
    private func question(of node: Int, _ tree: Tree, column: Int32, level: Int32) -> ShapNode {
        let type = tree.decisionType[node]
        let isMissingLeft = type & 2 != 0
        var entry = ShapNode(
            question: .number,
            nanGoesLeft: isMissingLeft,
            leftIsLeaf: tree.leftChild[node] < 0,
            rightIsLeaf: tree.rightChild[node] < 0,
            column: column,
            feature: group(tree.splitFeature[node]),
            level: level,
            threshold: tree.threshold[node]
        )
        switch (type & 1, Tree.Missing(rawValue: type >> 2)) {
        case (1, _):
            entry.question = .category
            let set = Int(tree.threshold[node])
            entry.firstWord = tree.categoryBoundaries[set]
            entry.wordCount = tree.categoryBoundaries[set + 1] - entry.firstWord
        case (_, .zero): entry.question = .numberOrZero
        case (_, .nan): break
        // NaN is zero.
        default: entry.nanGoesLeft = 0 <= tree.threshold[node]
        }
        return entry
    }
}

/// The covers of a tree's nodes, checked.
private struct NodeCovers {
    private let inner: [Double]
    private let leaves: [Double]

    init(_ tree: Tree, _ cover: TreeEnsemble.Cover, number: Int) throws(ExplanationError) {
        switch cover {
        case .rowCount:
            inner = tree.internalCount.map { Double($0) }
            leaves = tree.leafCount.map { Double($0) }
        case .weight:
            inner = tree.internalWeight
            leaves = tree.leafWeight
        }
        guard let root = inner.first, root != 0, !leaves.isEmpty else {
            throw .coverMissing(tree: number)
        }
        for (node, value) in inner.enumerated() where !(value >= 0 && value.isFinite) {
            throw .coverInvalid(tree: number, node: node)
        }
        for (leaf, value) in leaves.enumerated() where !(value >= 0 && value.isFinite) {
            throw .coverInvalid(tree: number, node: ~leaf)
        }
    }

    /// The share of a node's rows that its child has. A node that no training row reached has no
    /// preference; a child with more rows than its parent (sums in single precision) has all.
    func local(of child: Int32, below node: Int) -> Double {
        let part = child >= 0 ? inner[Int(child)] : leaves[Int(~child)]
        return inner[node] > 0 ? min(1, part / inner[node]) : 0.5
    }
}
