/// A tree in terms of bins, as the grower leaves it: enough to send binned rows through it and to
/// write it down with real thresholds.
struct GrownTree: Sendable {
    /// One split. Node 0 is the root; children below 0 are leaves, `~leaf`.
    struct Node: Sendable {
        var split: SplitCandidate
        var left: Int32
        var right: Int32
        /// Sum and rows of the node.
        var sum: PackedSum
        var count: Int
        /// Output before the learning rate, as if the node had stayed a leaf.
        var output: Double
    }
    /// One leaf.
    struct Leaf: Sendable {
        var sum: PackedSum
        var count: Int
        /// Output before the learning rate.
        var output: Double
        /// First of the leaf's entries.
        var start: Int
    }

    var nodes: [Node] = []
    var leaves: [Leaf] = []
    /// What one integer step of gradient and hessian is worth.
    var scales = GradientQuantiser.Scales()
    /// `[leafCount]`: what the leaves add to scores; learning rate and start included.
    var values: [Double] = []
    /// Linear models in the leaves, of the same scale as `values`; nil for constants.
    var linear: Tree.LinearLeaves?

    /// Multiplies all outputs.
    mutating func scale(by factor: Double) {
        values = values.map { $0 * factor }
        guard let models = linear else { return }
        linear?.constants = models.constants.map { $0 * factor }
        linear?.coefficients = models.coefficients.map { $0.map { $0 * factor } }
    }

    /// Adds a constant to all outputs.
    mutating func shift(by bias: Double) {
        values = values.map { $0 + bias }
        guard let models = linear else { return }
        linear?.constants = models.constants.map { $0 + bias }
    }

    /// What a leaf adds to the score of a row.
    func output(_ leaf: Int, _ columns: [FeatureColumn], _ row: Int) -> Double {
        guard let linear else { return values[leaf] }
        var sum = linear.constants[leaf]
        for (feature, coefficient) in zip(linear.features[leaf], linear.coefficients[leaf]) {
            let value = columns[Int(feature)].number(row)
            if value.isNaN { return values[leaf] }
            sum += coefficient * value
        }
        return sum
    }

    /// The tree in the exchange form.
    ///
    /// - Parameters:
    ///   - ordered: what became of categories, and the bins of their numbers by feature.
    ///   - shrinkage: what outputs of inner nodes are multiplied by, for the record.
    ///   - bias: what was added to every leaf.
    func tree(
        _ layout: BinLayout,
        _ ordered: (encoding: OrderedEncoding, bins: [[UInt16]])? = nil,
        shrinkage: Double,
        bias: Double
    ) -> Tree {
        var tree = Tree()
        tree.shrinkage = shrinkage
        tree.leafValue = values
        tree.linear = linear
        tree.leafWeight = leaves.map { Double($0.sum.hessian) * scales.hessian }
        tree.leafCount = leaves.map { Int64($0.count) }
        for node in nodes {
            let feature = layout.features[node.split.feature]
            let mapper = feature.mapper
            let source = ordered?.encoding.sources[feature.column]
            tree.splitFeature.append(Int32(source?.column ?? feature.column))
            tree.splitGain.append(node.split.gain)
            tree.leftChild.append(node.left)
            tree.rightChild.append(node.right)
            tree.internalValue.append(node.output * shrinkage + bias)
            tree.internalWeight.append(Double(node.sum.hessian) * scales.hessian)
            tree.internalCount.append(Int64(node.count))
            if let ordered, let source, !source.numbers.isEmpty {
                let bins = ordered.bins[node.split.feature]
                let sides = ordered.encoding.sidesOfSplit(node.split, feature, bins: bins)
                tree.appendCategoricalNode(.nan, sides.categories)
                // What is in no set goes right.
                if sides.othersGoLeft { tree.swapChildren() }
                continue
            }
            switch mapper.kind {
            case .numeric(let bounds):
                let bound = bounds[node.split.bin]
                tree.threshold.append(min(max(bound, -1e300), 1e300))
                let direction: UInt8 = node.split.defaultLeft ? 2 : 0
                tree.decisionType.append(mapper.missing.rawValue << 2 | direction)
            case .categorical(let categories, _):
                tree.appendCategoricalNode(
                    mapper.missing,
                    node.split.categories.map { categories[Int($0)] }
                )
            }
        }
        return tree
    }
}

extension Tree {
    /// Makes the last node one that sends a set of categories left.
    fileprivate mutating func appendCategoricalNode(_ missing: Missing, _ categories: [Int32]) {
        if categoryBoundaries.isEmpty { categoryBoundaries = [0] }
        threshold.append(Double(categoryBoundaries.count - 1))
        decisionType.append(missing.rawValue << 2 | 1)
        let words = (Int(categories.max() ?? 0) + 32) / 32
        var bits = [UInt32](repeating: 0, count: words)
        for category in categories { bits[Int(category) / 32] |= 1 << UInt32(category % 32) }
        categoryBits += bits
        categoryBoundaries.append(Int32(categoryBits.count))
    }

    /// Exchanges the sides of the last node.
    fileprivate mutating func swapChildren() {
        let last = innerCount - 1
        (leftChild[last], rightChild[last]) = (rightChild[last], leftChild[last])
    }
}
