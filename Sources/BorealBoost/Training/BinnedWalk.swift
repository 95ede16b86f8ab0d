/// Sends binned rows through a grown tree: for rows that were not drawn, validation rows, and trees
/// that are dropped.
struct BinnedWalk {
    private struct Node {
        /// Where a row has its code; of a sparse column, its position.
        var place: Int32
        var form: StoredColumn.Form
        var left: Int32
        var right: Int32
        /// First word of the bit set of codes that go left.
        var bits: Int32
    }
    private let dataset: BinnedDataset
    private var nodes: [Node] = []
    private var bits: [UInt32] = []
    private let tree: GrownTree
    private let columns: [FeatureColumn]

    /// - Parameters:
    ///   - dataset: with the features of the tree's own data set, however they are stored.
    ///   - columns: the values that were binned.
    init(_ tree: GrownTree, _ dataset: BinnedDataset, _ columns: [FeatureColumn]) {
        self.dataset = dataset
        self.tree = tree
        self.columns = columns
        let layout = dataset.layout
        for node in tree.nodes {
            let feature = layout.features[node.split.feature]
            let column = layout.column(of: feature)
            let isWide = column.form == .wide
            let place = isWide ? layout.wideOffset + 2 * column.position : column.position
            nodes.append(
                Node(
                    place: Int32(place),
                    form: column.form,
                    left: node.left,
                    right: node.right,
                    bits: Int32(bits.count)
                )
            )
            let isLeft = node.split.leftBins(feature.mapper)
            var set = [UInt32](repeating: 0, count: (column.codeCount + 31) / 32)
            for code in 0..<column.codeCount where isLeft[feature.bin(ofCode: code)] {
                set[code / 32] |= 1 << UInt32(code % 32)
            }
            bits += set
        }
    }

    /// Adds `factor` times the tree's output to the scores of the rows in `range`.
    ///
    /// - Parameter rows: which rows; nil for the numbers in `range` themselves.
    func add(
        to scores: UnsafeMutablePointer<Double>,
        rows: UnsafePointer<UInt32>?,
        range: Range<Int>,
        factor: Double = 1
    ) {
        nodes.withUnsafeBufferPointer { nodes in
            bits.withUnsafeBufferPointer { bits in
                for index in range {
                    let row = rows.map { Int($0[index]) } ?? index
                    let leaf = leaf(of: row, nodes, bits)
                    let output =
                        tree.linear == nil ? tree.values[leaf] : tree.output(leaf, columns, row)
                    scores[row] += factor * output
                }
            }
        }
    }

    @inline(__always)
    private func leaf(
        of row: Int,
        _ nodes: UnsafeBufferPointer<Node>,
        _ bits: UnsafeBufferPointer<UInt32>
    ) -> Int {
        let codes = UnsafeRawPointer(dataset.rows.pointer) + row &* dataset.layout.rowStride
        var child: Int32 = nodes.isEmpty ? -1 : 0
        while child >= 0 {
            let node = nodes[Int(child)]
            let place = Int(node.place)
            let code =
                switch node.form {
                case .narrow: Int(codes.load(fromByteOffset: place, as: UInt8.self))
                case .wide: Int(codes.load(fromByteOffset: place, as: UInt16.self))
                case .sparse:
                    Int(dataset.sparse.code(place, row: UInt32(truncatingIfNeeded: row)))
                }
            let word = bits[Int(node.bits) &+ code &>> 5]
            child =
                (word &>> UInt32(truncatingIfNeeded: code & 31)) & 1 == 1 ? node.left : node.right
        }
        return Int(~child)
    }
}
