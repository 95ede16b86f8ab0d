import BorealBoost

/// A decision tree as scikit-learn's `Tree` holds it: nodes in the order in which they were grown.
struct SklearnTree {
    /// Children by node, -1 for leaves.
    let leftChild: [Double]
    let rightChild: [Double]
    let feature: [Double]
    let threshold: [Double]
    /// Empty before 1.3.
    let missingGoesLeft: [Double]
    /// Rows of each node.
    let counts: [Double]
    /// `[nodes, answers, classes]`
    let values: NumberArray
    /// The node of each leaf, in the order of the leaves of `tree`.
    private(set) var leafNodes: [Int32] = []
    /// The position of each node among the inner nodes or the leaves.
    private var places: [Int32] = []

    /// - Throws: `FormatError.malformed` naming the node.
    init(_ o: SklearnObject) throws(FormatError) {
        let document = o.document
        guard let nodes = document.array(o["nodes"]),
            let left = document.part("left_child", of: nodes),
            let right = document.part("right_child", of: nodes),
            let feature = document.part("feature", of: nodes),
            let threshold = document.part("threshold", of: nodes),
            let counts = document.part("n_node_samples", of: nodes)
        else { throw o.damaged("no nodes") }
        leftChild = left
        rightChild = right
        self.feature = feature
        self.threshold = threshold
        self.counts = counts
        missingGoesLeft = document.part("missing_go_to_left", of: nodes) ?? []
        values = try o.array("values")
        guard !left.isEmpty, values.shape.count == 3, values.shape[0] == left.count else {
            throw o.damaged("values of shape \(values.shape) for \(left.count) nodes")
        }
        try place(o)
    }

    var nodeCount: Int { leftChild.count }

    /// Values of one answer of a node.
    func value(node: Int, answer: Int) -> ArraySlice<Double> {
        precondition(values.shape.count == 3 && answer < values.shape[1], "no answer \(answer)")
        let classes = values.shape[2]
        let start = (node * values.shape[1] + answer) * classes
        return values.values[start..<start + classes]
    }

    func isLeaf(_ node: Int) -> Bool { leftChild[node] == -1 }

    private mutating func place(_ o: SklearnObject) throws(FormatError) {
        places = [Int32](repeating: 0, count: nodeCount)
        var inner: Int32 = 0
        for node in 0..<nodeCount {
            if isLeaf(node) {
                places[node] = ~Int32(truncatingIfNeeded: leafNodes.count)
                leafNodes.append(Int32(truncatingIfNeeded: node))
                continue
            }
            for child in [leftChild[node], rightChild[node]] {
                guard let child = Int(exactly: child), child > 0, child < nodeCount else {
                    throw o.damaged("node \(node): child \(child) does not exist")
                }
            }
            guard Int32(exactly: feature[node]) != nil else {
                throw o.damaged("node \(node): feature \(feature[node])")
            }
            places[node] = inner
            inner += 1
        }
    }

    /// The tree in our form, with `leaf` giving the numbers of each leaf.
    ///
    /// - Parameter features: for each of the tree's features its position in a row; nil when they
    ///   are the same.
    func tree(
        features: [Int32]? = nil,
        leaf: (_ node: Int, _ into: inout [Double]) -> Void
    ) -> Tree {
        assert(places.count == nodeCount, "nodes without a place")
        var tree = Tree()
        tree.leafValue = []
        for node in 0..<nodeCount {
            let count = Int64(exactly: counts[node]) ?? 0
            if isLeaf(node) {
                leaf(node, &tree.leafValue)
                tree.leafCount.append(count)
                continue
            }
            let goesLeft = !missingGoesLeft.isEmpty && missingGoesLeft[node] != 0
            let own = Int(feature[node])
            let known = features.map { $0.indices.contains(own) ? $0[own] : -1 }
            tree.splitFeature.append(known ?? Int32(truncatingIfNeeded: own))
            tree.threshold.append(threshold[node])
            tree.decisionType.append(Tree.Missing.nan.rawValue << 2 | (goesLeft ? 2 : 0))
            tree.leftChild.append(places[Int(leftChild[node])])
            tree.rightChild.append(places[Int(rightChild[node])])
            tree.internalCount.append(count)
        }
        return tree
    }

    /// How many nodes lie on the way to each node, itself among them.
    func depths() -> [Int] {
        var depths = [Int](repeating: 0, count: nodeCount)
        var stack = [(node: 0, depth: 1)]
        var steps = 0
        while let (node, depth) = stack.popLast(), steps <= nodeCount {
            steps += 1
            depths[node] = depth
            guard !isLeaf(node) else { continue }
            stack.append((Int(leftChild[node]), depth + 1))
            stack.append((Int(rightChild[node]), depth + 1))
        }
        return depths
    }
}
