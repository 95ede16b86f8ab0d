import BorealBoost

/// One row on its way down a tree.
struct ForestEntry: BitwiseCopyable {
    var row: UInt32
    /// What it counts: how often it was drawn, times its own and its class's weight.
    var weight: Float
    /// The number, or the class.
    var target: Double
}

/// The best split of a node so far.
struct ForestSplit {
    /// What candidates are compared by; higher is better.
    var score = -Double.infinity
    /// -1 while there is none.
    var feature = -1
    /// The last code on the left and the first on the right; the same where only missing values go
    /// right.
    var low = 0
    var high = 0
    /// Where missing values go, when the node has any.
    var missingGoesLeft = false
    /// True when the node has missing values of the feature.
    var hasMissing = false
}

/// What a split must leave on both sides.
struct SideRules {
    var rows = 1
    var weight = 0.0

    /// True when any side that is not empty will do.
    var isPlain: Bool { rows <= 1 && weight <= 0 }
}

/// Judges the splits of one node after the other.
///
/// One splitter serves one tree at a time; it owns scratch memory for `capacity` rows.
protocol NodeSplitter {
    /// Numbers of a leaf.
    var leafWidth: Int { get }
    /// Weight of the node's rows.
    var weight: Double { get }

    /// Looks at the rows of a node, a range of the tree's.
    ///
    /// - Returns: false when nothing is to be gained by a split: all targets are the same.
    func begin(_ range: Range<Int>) -> Bool

    /// Looks at all splits of the node by a feature.
    ///
    /// - Parameter codes: of the feature, by row.
    /// - Returns: false when all rows have the same code.
    func search(
        _ codes: UnsafePointer<UInt16>,
        feature: Int,
        best: inout ForestSplit
    ) -> Bool

    /// What a split of that score takes off the node's impurity, times the node's weight.
    func decrease(_ score: Double) -> Double

    /// Appends the node's answer.
    func appendLeaf(to values: inout [Double])
}

/// Which codes the rows of a node have: 4,096 bits and, above them, one bit for each word that is
/// not zero. Codes are visited in ascending order and cleared on the way, so that a node of few
/// rows costs as little as it has codes.
struct CodeSet {
    let words: UnsafeMutablePointer<UInt64>
    private(set) var summary: UInt64 = 0

    static let wordCount = ColumnCodes.count / 64

    /// - Parameter words: `[wordCount]`, all zero.
    init(_ words: UnsafeMutablePointer<UInt64>) { self.words = words }

    @inline(__always)
    mutating func insert(_ code: Int) {
        let word = code &>> 6
        words[word] |= 1 &<< UInt64(truncatingIfNeeded: code & 63)
        summary |= 1 &<< UInt64(truncatingIfNeeded: word)
    }

    /// True when there is no code but this one.
    @inline(__always)
    func hasOnly(_ code: Int) -> Bool {
        let word = code &>> 6
        return summary == 1 &<< UInt64(truncatingIfNeeded: word)
            && words[word] == 1 &<< UInt64(truncatingIfNeeded: code & 63)
    }

    /// Takes a code out; true when it was there.
    @inline(__always)
    mutating func remove(_ code: Int) -> Bool {
        let (word, bit) = (code &>> 6, UInt64(1) &<< UInt64(truncatingIfNeeded: code & 63))
        guard words[word] & bit != 0 else { return false }
        words[word] &= ~bit
        if words[word] == 0 { summary &= ~(1 &<< UInt64(truncatingIfNeeded: word)) }
        return true
    }

    /// Calls `body` for each code in ascending order; the set is empty afterwards.
    @inline(__always)
    mutating func drain(_ body: (Int) -> Void) {
        while summary != 0 {
            let word = summary.trailingZeroBitCount
            var bits = words[word]
            words[word] = 0
            summary &= summary &- 1
            while bits != 0 {
                body(word &<< 6 | bits.trailingZeroBitCount)
                bits &= bits &- 1
            }
        }
    }
}
