/// Trees that share codes: a run of an ensemble's trees, compiled.
///
/// An enumeration and not a protocol, so that each kind's loops are compiled for its nodes: through
/// a protocol every step down a tree was a call.
enum KernelSegment: Sendable {
    case narrow(NarrowSegment)
    case wide(CompiledSegment<WideNode>)
    case mixed(CompiledSegment<MixedNode>)
    case oblivious(ObliviousSegment)
    case walked(WalkedSegment)
    case linear(LinearSegment)

    /// The word for it in listings.
    var form: String {
        switch self {
        case .narrow: "narrow"
        case .wide: "wide"
        case .mixed: "mixed"
        case .oblivious: "oblivious"
        case .walked: "walked"
        case .linear: "linear"
        }
    }

    /// Bytes of scratch memory for so many rows.
    func scratchBytes(rows: Int) -> Int {
        switch self {
        case .narrow(let segment): segment.scratchBytes(rows: rows)
        case .wide(let segment): 2 * rows * segment.encoder.columnCount
        case .mixed(let segment): 2 * rows * segment.encoder.columnCount
        case .oblivious(let segment): segment.scratchBytes(rows: rows)
        case .walked, .linear: 0
        }
    }

    /// Adds the trees' outputs to the scores of up to `EnsembleKernel.blockRows` rows.
    func add(_ block: KernelBlock, scoresPerRow: Int, to scores: UnsafeMutablePointer<Double>) {
        switch self {
        case .narrow(let segment): segment.add(block, scoresPerRow: scoresPerRow, to: scores)
        case .wide(let segment): segment.add(block, scoresPerRow: scoresPerRow, to: scores)
        case .mixed(let segment): segment.add(block, scoresPerRow: scoresPerRow, to: scores)
        case .oblivious(let segment): segment.add(block, scoresPerRow: scoresPerRow, to: scores)
        case .walked(let segment): segment.add(block, scoresPerRow: scoresPerRow, to: scores)
        case .linear(let segment): segment.add(block, scoresPerRow: scoresPerRow, to: scores)
        }
    }

    /// Writes the leaf of each tree, `[count * treeCount]`, row after row.
    func leaves(_ block: KernelBlock, treeCount: Int, into leaves: UnsafeMutablePointer<Int32>) {
        switch self {
        case .narrow(let segment): segment.leaves(block, treeCount: treeCount, into: leaves)
        case .wide(let segment): segment.leaves(block, treeCount: treeCount, into: leaves)
        case .mixed(let segment): segment.leaves(block, treeCount: treeCount, into: leaves)
        case .oblivious(let segment):
            segment.leaves(block, treeCount: treeCount, into: leaves)
        case .walked(let segment): segment.leaves(block, treeCount: treeCount, into: leaves)
        case .linear(let segment): segment.leaves(block, treeCount: treeCount, into: leaves)
        }
    }
}

/// Rows to score, and memory to work in.
struct KernelBlock {
    let rows: UnsafePointer<Double>
    let count: Int
    let stride: Int
    let scratch: UnsafeMutableRawPointer
}

/// Trees that are walked one node at a time: linear leaves, and shapes beyond the kernels'
/// integers.
struct WalkedSegment: Sendable {
    let trees: Range<Int>
    let ensemble: TreeEnsemble
    private var list: ArraySlice<Tree> { ensemble.trees[trees] }

    func add(_ block: KernelBlock, scoresPerRow: Int, to scores: UnsafeMutablePointer<Double>) {
        for (index, tree) in zip(trees, list) {
            for row in 0..<block.count {
                ensemble.add(
                    tree,
                    at: index,
                    block.rows + row * block.stride,
                    to: scores + row * scoresPerRow
                )
            }
        }
    }

    func leaves(_ block: KernelBlock, treeCount: Int, into leaves: UnsafeMutablePointer<Int32>) {
        for (column, tree) in zip(trees, list) {
            for row in 0..<block.count {
                let leaf = tree.leafIndex(block.rows + row * block.stride)
                leaves[row * treeCount + column] = Int32(truncatingIfNeeded: leaf)
            }
        }
    }
}

/// Trees of compiled nodes of one kind.
struct CompiledSegment<Node: KernelNode>: Sendable {
    let trees: Range<Int>
    let encoder: RowEncoder
    /// All trees' nodes, tree after tree.
    let nodes: AlignedBuffer<Node>
    let leaves: LeafTable
    /// Category sets; word 0 has all bits set.
    let bits: AlignedBuffer<UInt32>
    /// `[trees.count]`: where each tree begins in `nodes`.
    let starts: AlignedBuffer<Int32>

    @inline(__always)
    private func encode(_ block: KernelBlock) -> UnsafeMutablePointer<Node.Code> {
        let count = block.count * encoder.columnCount
        let codes = block.scratch.bindMemory(to: Node.Code.self, capacity: count)
        encoder.encodeRows(block.rows, count: block.count, stride: block.stride, into: codes)
        return codes
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
                walk(start, codes, block.count) { row, position in
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
                walk(start, codes, block.count) { row, position in
                    let at = row &* scoresPerRow
                    target[at] = LeafTable.floatSum(target[at], values[position])
                }
            } else {
                walk(start, codes, block.count) { row, position in
                    target[row &* scoresPerRow] += values[position]
                }
            }
        }
    }

    func leaves(_ block: KernelBlock, treeCount: Int, into leaves: UnsafeMutablePointer<Int32>) {
        let codes = UnsafePointer(encode(block))
        for index in 0..<starts.count {
            let start = Int(starts.pointer[index])
            let target = leaves + (trees.lowerBound + index)
            let numbers = UnsafePointer(self.leaves.numbers.pointer) + start
            walk(start, codes, block.count) { row, position in
                target[row &* treeCount] = numbers[position]
            }
        }
    }

    /// One tree, eight rows side by side: a row alone waits for each of its loads. Leaves are
    /// looked for every second level only.
    @inline(__always)
    private func walk(
        _ start: Int,
        _ codes: UnsafePointer<Node.Code>,
        _ count: Int,
        _ found: (_ row: Int, _ position: Int) -> Void
    ) {
        let tree = UnsafePointer(nodes.pointer) + start
        let sets = UnsafePointer(bits.pointer)
        let width = encoder.columnCount
        let leaf = Node.leafRank
        var row = 0
        while row &+ 8 <= count {
            let r0 = codes + row &* width
            let r1 = r0 + width
            let r2 = r1 + width
            let r3 = r2 + width
            let r4 = r3 + width
            let r5 = r4 + width
            let r6 = r5 + width
            let r7 = r6 + width
            var (k0, k1, k2, k3, k4, k5, k6, k7) = (0, 0, 0, 0, 0, 0, 0, 0)
            while true {
                _ = Node.step(tree, &k0, r0, sets)
                _ = Node.step(tree, &k1, r1, sets)
                _ = Node.step(tree, &k2, r2, sets)
                _ = Node.step(tree, &k3, r3, sets)
                _ = Node.step(tree, &k4, r4, sets)
                _ = Node.step(tree, &k5, r5, sets)
                _ = Node.step(tree, &k6, r6, sets)
                _ = Node.step(tree, &k7, r7, sets)
                var all = Node.step(tree, &k0, r0, sets) & Node.step(tree, &k1, r1, sets)
                all &= Node.step(tree, &k2, r2, sets) & Node.step(tree, &k3, r3, sets)
                all &= Node.step(tree, &k4, r4, sets) & Node.step(tree, &k5, r5, sets)
                all &= Node.step(tree, &k6, r6, sets) & Node.step(tree, &k7, r7, sets)
                if all == leaf { break }
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
            var position = 0
            while Node.step(tree, &position, codes + row &* width, sets) != leaf {}
            found(row, position)
            row &+= 1
        }
    }

    /// One row, four trees side by side; outputs are added in the order of the trees.
    @inline(__always)
    private func addOne(
        _ row: UnsafePointer<Node.Code>,
        _ scoresPerRow: Int,
        _ scores: UnsafeMutablePointer<Double>
    ) {
        let all = UnsafePointer(nodes.pointer)
        let sets = UnsafePointer(bits.pointer)
        let starts = UnsafePointer(starts.pointer)
        let leaf = Node.leafRank
        let count = trees.count
        var sum = RowSum(leaves, scores, scoresPerRow, firstTree: trees.lowerBound)
        var index = 0
        while index &+ 4 <= count {
            let s0 = Int(starts[index])
            let s1 = Int(starts[index &+ 1])
            let s2 = Int(starts[index &+ 2])
            let s3 = Int(starts[index &+ 3])
            var (k0, k1, k2, k3) = (0, 0, 0, 0)
            while true {
                _ = Node.step(all + s0, &k0, row, sets)
                _ = Node.step(all + s1, &k1, row, sets)
                _ = Node.step(all + s2, &k2, row, sets)
                _ = Node.step(all + s3, &k3, row, sets)
                var ranks =
                    Node.step(all + s0, &k0, row, sets) & Node.step(all + s1, &k1, row, sets)
                ranks &= Node.step(all + s2, &k2, row, sets) & Node.step(all + s3, &k3, row, sets)
                if ranks == leaf { break }
            }
            sum.add(index, s0 &+ k0)
            sum.add(index &+ 1, s1 &+ k1)
            sum.add(index &+ 2, s2 &+ k2)
            sum.add(index &+ 3, s3 &+ k3)
            index &+= 4
        }
        while index < count {
            let start = Int(starts[index])
            var position = 0
            while Node.step(all + start, &position, row, sets) != leaf {}
            sum.add(index, start &+ position)
            index &+= 1
        }
    }
}
