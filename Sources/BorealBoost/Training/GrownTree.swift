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

    /// The tree in the exchange form.
    ///
    /// - Parameters:
    ///   - shrinkage: what outputs of inner nodes are multiplied by, for the record.
    ///   - bias: what was added to every leaf.
    func tree(_ layout: BinLayout, shrinkage: Double, bias: Double) -> Tree {
        var tree = Tree()
        tree.shrinkage = shrinkage
        tree.leafValue = values
        tree.leafWeight = leaves.map { Double($0.sum.hessian) * scales.hessian }
        tree.leafCount = leaves.map { Int64($0.count) }
        for node in nodes {
            let feature = layout.features[node.split.feature]
            let mapper = feature.mapper
            tree.splitFeature.append(Int32(feature.column))
            tree.splitGain.append(node.split.gain)
            tree.leftChild.append(node.left)
            tree.rightChild.append(node.right)
            tree.internalValue.append(node.output * shrinkage + bias)
            tree.internalWeight.append(Double(node.sum.hessian) * scales.hessian)
            tree.internalCount.append(Int64(node.count))
            switch mapper.kind {
            case .numeric(let bounds):
                let bound = bounds[node.split.bin]
                tree.threshold.append(min(max(bound, -1e300), 1e300))
                let direction: UInt8 = node.split.defaultLeft ? 2 : 0
                tree.decisionType.append(mapper.missing.rawValue << 2 | direction)
            case .categorical(let categories, _):
                if tree.categoryBoundaries.isEmpty { tree.categoryBoundaries = [0] }
                tree.threshold.append(Double(tree.categoryBoundaries.count - 1))
                tree.decisionType.append(mapper.missing.rawValue << 2 | 1)
                tree.appendCategorySet(node.split.categories.map { categories[Int($0)] })
            }
        }
        return tree
    }
}

extension Tree {
    /// Adds a set of categories behind the others.
    fileprivate mutating func appendCategorySet(_ categories: [Int32]) {
        let words = (Int(categories.max() ?? 0) + 32) / 32
        var bits = [UInt32](repeating: 0, count: words)
        for category in categories { bits[Int(category) / 32] |= 1 << UInt32(category % 32) }
        categoryBits += bits
        categoryBoundaries.append(Int32(categoryBits.count))
    }
}

/// Sends binned rows through a grown tree: for rows that were not drawn, validation rows, and trees
/// that are dropped.
struct BinnedWalk {
    private struct Node {
        var byteOffset: Int32
        var isWide: Bool
        var left: Int32
        var right: Int32
        /// First word of the bit set of bins that go left.
        var bits: Int32
    }
    private var nodes: [Node] = []
    private var bits: [UInt32] = []
    private let values: [Double]

    init(_ tree: GrownTree, _ layout: BinLayout) {
        values = tree.values
        for node in tree.nodes {
            let feature = layout.features[node.split.feature]
            let offset =
                feature.isWide ? layout.wideOffset + 2 * feature.position : feature.position
            nodes.append(
                Node(
                    byteOffset: Int32(offset),
                    isWide: feature.isWide,
                    left: node.left,
                    right: node.right,
                    bits: Int32(bits.count)
                )
            )
            appendBits(node.split, feature.mapper)
        }
    }

    private mutating func appendBits(_ split: SplitCandidate, _ mapper: BinMapper) {
        var set = [UInt32](repeating: 0, count: (mapper.binCount + 31) / 32)
        func put(_ bin: Int, _ goesLeft: Bool) {
            let bit: UInt32 = 1 << UInt32(bin % 32)
            set[bin / 32] = goesLeft ? set[bin / 32] | bit : set[bin / 32] & ~bit
        }
        if mapper.isCategorical {
            for bin in split.categories { put(Int(bin), true) }
        } else {
            for bin in 0...split.bin { put(bin, true) }
            if mapper.missing == .nan { put(mapper.binCount - 1, split.defaultLeft) }
            if mapper.missing == .zero { put(mapper.zeroBin, split.defaultLeft) }
        }
        bits += set
    }

    /// Adds `factor` times the tree's output to the scores of the rows in `range`.
    ///
    /// - Parameter rows: which rows; nil for the numbers in `range` themselves.
    func add(
        to scores: UnsafeMutablePointer<Double>,
        _ dataset: BinnedDataset,
        rows: UnsafePointer<UInt32>?,
        range: Range<Int>,
        factor: Double = 1
    ) {
        let base = UnsafeRawPointer(dataset.rows.pointer)
        let stride = dataset.layout.rowStride
        nodes.withUnsafeBufferPointer { nodes in
            bits.withUnsafeBufferPointer { bits in
                for index in range {
                    let row = rows.map { Int($0[index]) } ?? index
                    let leaf = Self.leaf(base + row &* stride, nodes, bits)
                    scores[row] += factor * values[leaf]
                }
            }
        }
    }

    @inline(__always)
    private static func leaf(
        _ row: UnsafeRawPointer,
        _ nodes: UnsafeBufferPointer<Node>,
        _ bits: UnsafeBufferPointer<UInt32>
    ) -> Int {
        var child: Int32 = nodes.isEmpty ? -1 : 0
        while child >= 0 {
            let node = nodes[Int(child)]
            let offset = Int(node.byteOffset)
            let bin =
                node.isWide
                ? Int(row.load(fromByteOffset: offset, as: UInt16.self))
                : Int(row.load(fromByteOffset: offset, as: UInt8.self))
            let word = bits[Int(node.bits) &+ bin &>> 5]
            child =
                (word &>> UInt32(truncatingIfNeeded: bin & 31)) & 1 == 1 ? node.left : node.right
        }
        return Int(~child)
    }
}
