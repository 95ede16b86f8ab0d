import CKernels

/// Trees whose nodes take four bytes: at most 255 thresholds a feature and 256 code columns, which
/// is what LightGBM's 255 bins make.
///
/// Codes lie column by column. The upper four levels of a tree are asked for 32 rows at a time
/// (`boreal_walk_top`), the rest is walked eight rows side by side, because a row alone waits for
/// each of its loads.
struct NarrowSegment: Sendable {
    /// Rank (8 bits), column (8), nodes from here to the left child (16); the right child is the
    /// next node. A leaf points to itself and has rank 255, which no code exceeds, so that extra
    /// steps are harmless.
    ///
    /// Distances and not places: eight trees are walked from one base, which leaves their places in
    /// registers. One row took a quarter more with places, a block of rows a tenth.
    typealias Node = UInt32

    let trees: Range<Int>
    let encoder: RowEncoder
    /// All trees' nodes, tree after tree: 2 KiB for 255 leaves.
    private let nodes: AlignedBuffer<Node>
    private let leaves: LeafTable
    /// `[trees.count]`: where each tree begins in `nodes`.
    private let starts: AlignedBuffer<Int32>
    /// `[trees.count]`: the upper levels, and `[16 * trees.count]` the node below each way out.
    private let tops: AlignedBuffer<boreal_tree_top>
    private let exits: AlignedBuffer<UInt16>

    private static let leafRank: UInt32 = 255

    init(_ segment: CompiledSegment<NarrowNode>) {
        trees = segment.trees
        encoder = segment.encoder
        leaves = segment.leaves
        starts = segment.starts
        nodes = AlignedBuffer(count: segment.nodes.count)
        for tree in 0..<starts.count {
            let start = Int(starts.pointer[tree])
            let end = tree + 1 < starts.count ? Int(starts.pointer[tree + 1]) : nodes.count
            for index in start..<end {
                // Children lie behind their parents.
                let word = segment.nodes.pointer[index].word
                nodes.pointer[index] = word - UInt32(index - start) << 16
            }
        }
        tops = AlignedBuffer(count: segment.starts.count)
        exits = AlignedBuffer(count: 16 * segment.starts.count)
        for tree in 0..<starts.count {
            fillTop(
                UnsafePointer(nodes.pointer) + Int(starts.pointer[tree]),
                tops.pointer + tree,
                exits.pointer + 16 * tree
            )
        }
    }

    /// Nodes 0 ... 14 of a tree whose upper levels are all there; below a leaf that lies higher the
    /// leaf itself is asked again, and sends every row to the left.
    private func fillTop(
        _ tree: UnsafePointer<Node>,
        _ top: UnsafeMutablePointer<boreal_tree_top>,
        _ exits: UnsafeMutablePointer<UInt16>
    ) {
        var positions = [0]
        for place in 0..<31 {
            let position = positions[place]
            if place >= 15 {
                exits[place - 15] = UInt16(position)
                continue
            }
            let node = tree[position]
            withUnsafeMutableBytes(of: &top.pointee.ranks) { $0[place] = UInt8(node & 255) }
            withUnsafeMutableBytes(of: &top.pointee.columns) {
                $0[place] = UInt8((node >> 8) & 255)
            }
            let isLeaf = node & 255 == Self.leafRank
            let left = position + Int(node >> 16)
            positions.append(left)
            positions.append(isLeaf ? left : left + 1)
        }
    }

    // MARK: Scoring

    /// Codes from column to column. In a block of rows that is a power of two, so that a node's
    /// bits are the place of its code and nothing is multiplied.
    private static func columnStride(_ rows: Int) -> Int { rows == 1 ? 1 : blockStride }

    private static let blockStride = 256

    /// Bytes of scratch memory for so many rows: their codes, and their places.
    func scratchBytes(rows: Int) -> Int {
        Self.columnStride(rows) * (encoder.columnCount + 1)
    }

    func add(_ block: KernelBlock, scoresPerRow: Int, to scores: UnsafeMutablePointer<Double>) {
        let codes = UnsafePointer(encode(block))
        if block.count == 1 {
            addOne(codes, scoresPerRow, scores)
            return
        }
        for index in 0..<starts.count {
            let start = Int(starts.pointer[index])
            if leaves.width > 1 {
                walk(index, codes, block) { row, position in
                    leaves.addVector(
                        index,
                        position: start &+ position,
                        to: scores + row &* scoresPerRow
                    )
                }
                continue
            }
            let target = scores + (trees.lowerBound + index) % scoresPerRow
            let values = UnsafePointer(leaves.values.pointer) + start
            if leaves.isFloat {
                walk(index, codes, block) { row, position in
                    let at = row &* scoresPerRow
                    target[at] = LeafTable.floatSum(target[at], values[position])
                }
            } else if scoresPerRow == 1 {
                walk(index, codes, block) { row, position in target[row] += values[position] }
            } else {
                walk(index, codes, block) { row, position in
                    target[row &* scoresPerRow] += values[position]
                }
            }
        }
    }

    func leaves(_ block: KernelBlock, treeCount: Int, into leaves: UnsafeMutablePointer<Int32>) {
        let codes = UnsafePointer(encode(block))
        for index in 0..<starts.count {
            let target = leaves + (trees.lowerBound + index)
            let numbers =
                UnsafePointer(self.leaves.numbers.pointer) + Int(starts.pointer[index])
            walk(index, codes, block) { row, position in
                target[row &* treeCount] = numbers[position]
            }
        }
    }

    private func encode(_ block: KernelBlock) -> UnsafeMutablePointer<UInt8> {
        assert(block.count <= Self.blockStride, "a block is longer than a column of codes")
        let stride = Self.columnStride(block.count)
        let codes = block.scratch.bindMemory(
            to: UInt8.self,
            capacity: stride * (encoder.columnCount + 1)
        )
        encoder.encodeColumns(
            block.rows,
            count: block.count,
            stride: block.stride,
            into: codes,
            columnStride: stride
        )
        return codes
    }

    /// Goes one step down with one row's codes and returns the node left behind.
    @inline(__always)
    private static func step(
        _ nodes: UnsafePointer<Node>,
        _ position: inout Int,
        _ codes: UnsafePointer<UInt8>
    ) -> Node {
        let node = nodes[position]
        let code = UInt32(codes[Int((node &>> 8) & 255)])
        position = position &+ Int(node &>> 16) &+ (code > (node & 255) ? 1 : 0)
        return node
    }

    /// The same with the codes of a block, from one of its rows on.
    @inline(__always)
    private static func stepInBlock(
        _ nodes: UnsafePointer<Node>,
        _ position: inout Int,
        _ codes: UnsafePointer<UInt8>
    ) -> Node {
        let node = nodes[position]
        let code = UInt32(codes[Int(node & 0xFF00)])
        position = position &+ Int(node &>> 16) &+ (code > (node & 255) ? 1 : 0)
        return node
    }

    /// One tree for the rows of a block.
    @inline(__always)
    private func walk(
        _ index: Int,
        _ codes: UnsafePointer<UInt8>,
        _ block: KernelBlock,
        _ found: (_ row: Int, _ position: Int) -> Void
    ) {
        let tree = UnsafePointer(nodes.pointer) + Int(starts.pointer[index])
        let exits = UnsafePointer(exits.pointer) + 16 * index
        let count = block.count
        guard count > 1 else {
            var position = 0
            while Self.step(tree, &position, codes) & 255 != Self.leafRank {}
            found(0, position)
            return
        }
        let stride = Self.blockStride
        let places = UnsafeMutablePointer(mutating: codes + stride &* encoder.columnCount)
        boreal_walk_top(codes, stride, Int32((count + 31) / 32 * 32), tops.pointer + index, places)
        var row = 0
        while row &+ 8 <= count {
            let own = codes + row
            var k0 = Int(exits[Int(places[row])])
            var k1 = Int(exits[Int(places[row &+ 1])])
            var k2 = Int(exits[Int(places[row &+ 2])])
            var k3 = Int(exits[Int(places[row &+ 3])])
            var k4 = Int(exits[Int(places[row &+ 4])])
            var k5 = Int(exits[Int(places[row &+ 5])])
            var k6 = Int(exits[Int(places[row &+ 6])])
            var k7 = Int(exits[Int(places[row &+ 7])])
            while true {
                // Leaves are looked for every second level only.
                _ = Self.stepInBlock(tree, &k0, own)
                _ = Self.stepInBlock(tree, &k1, own + 1)
                _ = Self.stepInBlock(tree, &k2, own + 2)
                _ = Self.stepInBlock(tree, &k3, own + 3)
                _ = Self.stepInBlock(tree, &k4, own + 4)
                _ = Self.stepInBlock(tree, &k5, own + 5)
                _ = Self.stepInBlock(tree, &k6, own + 6)
                _ = Self.stepInBlock(tree, &k7, own + 7)
                var all = Self.stepInBlock(tree, &k0, own)
                all &= Self.stepInBlock(tree, &k1, own + 1)
                all &= Self.stepInBlock(tree, &k2, own + 2)
                all &= Self.stepInBlock(tree, &k3, own + 3)
                all &= Self.stepInBlock(tree, &k4, own + 4)
                all &= Self.stepInBlock(tree, &k5, own + 5)
                all &= Self.stepInBlock(tree, &k6, own + 6)
                all &= Self.stepInBlock(tree, &k7, own + 7)
                if all & 255 == Self.leafRank { break }
            }
            found(row, k0)
            found(row &+ 1, k1)
            found(row &+ 2, k2)
            found(row &+ 3, k3)
            found(row &+ 4, k4)
            found(row &+ 5, k5)
            found(row &+ 6, k6)
            found(row &+ 7, k7)
            row &+= 8
        }
        while row < count {
            var position = Int(exits[Int(places[row])])
            while Self.stepInBlock(tree, &position, codes + row) & 255 != Self.leafRank {}
            found(row, position)
            row &+= 1
        }
    }

    /// One row, eight trees side by side; outputs are added in the order of the trees.
    private func addOne(
        _ row: UnsafePointer<UInt8>,
        _ scoresPerRow: Int,
        _ scores: UnsafeMutablePointer<Double>
    ) {
        let all = UnsafePointer(nodes.pointer)
        let starts = UnsafePointer(starts.pointer)
        let count = trees.count
        var sum = RowSum(leaves, scores, scoresPerRow, firstTree: trees.lowerBound)
        var index = 0
        while index &+ 8 <= count {
            var k0 = Int(starts[index])
            var k1 = Int(starts[index &+ 1])
            var k2 = Int(starts[index &+ 2])
            var k3 = Int(starts[index &+ 3])
            var k4 = Int(starts[index &+ 4])
            var k5 = Int(starts[index &+ 5])
            var k6 = Int(starts[index &+ 6])
            var k7 = Int(starts[index &+ 7])
            while true {
                _ = Self.step(all, &k0, row)
                _ = Self.step(all, &k1, row)
                _ = Self.step(all, &k2, row)
                _ = Self.step(all, &k3, row)
                _ = Self.step(all, &k4, row)
                _ = Self.step(all, &k5, row)
                _ = Self.step(all, &k6, row)
                _ = Self.step(all, &k7, row)
                var ranks = Self.step(all, &k0, row) & Self.step(all, &k1, row)
                ranks &= Self.step(all, &k2, row) & Self.step(all, &k3, row)
                ranks &= Self.step(all, &k4, row) & Self.step(all, &k5, row)
                ranks &= Self.step(all, &k6, row) & Self.step(all, &k7, row)
                if ranks & 255 == Self.leafRank { break }
            }
            sum.add(index, k0)
            sum.add(index &+ 1, k1)
            sum.add(index &+ 2, k2)
            sum.add(index &+ 3, k3)
            sum.add(index &+ 4, k4)
            sum.add(index &+ 5, k5)
            sum.add(index &+ 6, k6)
            sum.add(index &+ 7, k7)
            index &+= 8
        }
        while index < count {
            var position = Int(starts[index])
            while Self.step(all, &position, row) & 255 != Self.leafRank {}
            sum.add(index, position)
            index &+= 1
        }
    }
}
