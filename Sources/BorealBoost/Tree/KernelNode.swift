/// A node of a compiled tree: go to `left`, or to the node behind it when the row's code is above
/// the rank. A leaf points to itself and has a rank that no code exceeds, so that extra steps are
/// harmless and no step needs a branch.
protocol KernelNode: BitwiseCopyable, Sendable {
    /// A row's code for this kind of node.
    associatedtype Code: FixedWidthInteger & UnsignedInteger & BitwiseCopyable & Sendable
    /// The rank of leaves.
    static var leafRank: UInt32 { get }
    /// Goes one step down and returns the rank of the node left behind.
    static func step(
        _ nodes: UnsafePointer<Self>,
        _ position: inout Int,
        _ row: UnsafePointer<Code>,
        _ bits: UnsafePointer<UInt32>
    ) -> UInt32
    /// - Parameters:
    ///   - bits: first word of the node's category set.
    ///   - mask: all ones for categorical nodes, else zero.
    init(rank: Int, column: Int, left: Int, bits: Int, mask: UInt32)
}

/// Four bytes: rank (8 bits), column (8), left child (16). A tree of 255 leaves takes 2 KiB.
struct NarrowNode: KernelNode {
    typealias Code = UInt8
    static let leafRank: UInt32 = 255
    let word: UInt32

    init(rank: Int, column: Int, left: Int, bits: Int, mask: UInt32) {
        word = UInt32(rank) | UInt32(column) << 8 | UInt32(left) << 16
    }

    @inline(__always)
    static func step(
        _ nodes: UnsafePointer<NarrowNode>,
        _ position: inout Int,
        _ row: UnsafePointer<UInt8>,
        _ bits: UnsafePointer<UInt32>
    ) -> UInt32 {
        let word = nodes[position].word
        let code = UInt32(row[Int((word &>> 8) & 255)])
        position = Int(word &>> 16) &+ (code > (word & 255) ? 1 : 0)
        return word & 255
    }
}

/// Eight bytes: rank (16 bits), column (16), left child (32).
struct WideNode: KernelNode {
    typealias Code = UInt16
    static let leafRank: UInt32 = 65_535
    let word: UInt64

    init(rank: Int, column: Int, left: Int, bits: Int, mask: UInt32) {
        word = UInt64(rank) | UInt64(column) << 16 | UInt64(left) << 32
    }

    @inline(__always)
    static func step(
        _ nodes: UnsafePointer<WideNode>,
        _ position: inout Int,
        _ row: UnsafePointer<UInt16>,
        _ bits: UnsafePointer<UInt32>
    ) -> UInt32 {
        let word = nodes[position].word
        let code = UInt64(row[Int((word &>> 16) & 65_535)])
        position = Int(word &>> 32) &+ (code > (word & 65_535) ? 1 : 0)
        return UInt32(truncatingIfNeeded: word & 65_535)
    }
}

/// Sixteen bytes, for ensembles with categorical nodes: those have the leaf's rank, which no code
/// exceeds, and go right when the code's bit in their set is not there. Numeric nodes look at word
/// 0 of the bit sets, whose bits are all set.
struct MixedNode: KernelNode {
    typealias Code = UInt16
    static let leafRank: UInt32 = 65_535
    let left: UInt32
    let rank: UInt16
    let column: UInt16
    let bits: UInt32
    let mask: UInt32

    init(rank: Int, column: Int, left: Int, bits: Int, mask: UInt32) {
        self.left = UInt32(left)
        self.rank = UInt16(rank)
        self.column = UInt16(column)
        self.bits = UInt32(bits)
        self.mask = mask
    }

    @inline(__always)
    static func step(
        _ nodes: UnsafePointer<MixedNode>,
        _ position: inout Int,
        _ row: UnsafePointer<UInt16>,
        _ bits: UnsafePointer<UInt32>
    ) -> UInt32 {
        let node = nodes[position]
        let code = UInt32(row[Int(node.column)])
        let word = bits[Int(node.bits &+ ((code &>> 5) & node.mask))]
        let isAbsent = (~word &>> (code & 31)) & 1
        let isAbove: UInt32 = code > UInt32(node.rank) ? 1 : 0
        position = Int(node.left &+ (isAbsent | isAbove))
        // A categorical node has a leaf's rank but is no leaf: its mask tells.
        return UInt32(node.rank) & ~node.mask
    }
}
