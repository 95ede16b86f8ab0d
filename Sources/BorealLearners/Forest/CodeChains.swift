import BorealBoost

/// The rows of a node by their codes: each code has a chain of the node's positions, in their
/// order.
struct CodeChains {
    /// `[ColumnCodes.count]`: the first position of a code; only of codes that were met.
    private let heads: AlignedBuffer<Int32>
    /// `[capacity]`: the next position of the same code; -1 at the end.
    private let next: AlignedBuffer<Int32>
    private let words: AlignedBuffer<UInt64>

    /// - Parameter capacity: rows of the largest node.
    init(capacity: Int) {
        heads = AlignedBuffer(count: ColumnCodes.count)
        next = AlignedBuffer(count: capacity, isZeroed: false)
        words = AlignedBuffer(count: CodeSet.wordCount)
    }

    /// Chains the rows of a node.
    @inline(__always)
    func fill(
        _ entries: UnsafePointer<ForestEntry>,
        count: Int,
        _ codes: UnsafePointer<UInt16>
    ) -> CodeSet {
        var set = CodeSet(words.pointer)
        let (heads, next) = (heads.pointer, next.pointer)
        var index = count &- 1
        while index >= 0 {
            let code = Int(codes[Int(entries[index].row)])
            // Heads of earlier nodes are left behind, so the set tells which are this node's.
            next[index] = set.contains(code) ? heads[code] : -1
            heads[code] = Int32(truncatingIfNeeded: index)
            set.insert(code)
            index &-= 1
        }
        return set
    }

    /// Calls `body` with the positions of a code.
    @inline(__always)
    func forEach(_ code: Int, _ body: (Int) -> Void) {
        let next = next.pointer
        var index = heads.pointer[code]
        while index >= 0 {
            body(Int(index))
            index = next[Int(index)]
        }
    }
}

extension CodeSet {
    @inline(__always)
    func contains(_ code: Int) -> Bool {
        words[code &>> 6] &>> UInt64(truncatingIfNeeded: code & 63) & 1 == 1
    }
}
