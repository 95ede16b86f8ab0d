/// A leaf that may still be split.
struct OpenLeaf {
    /// Its entries.
    var start: Int
    var count: Int
    var depth: Int
    /// Sum of its rows.
    var sum: PackedSum
    /// Output before the learning rate.
    var output: Double
    /// Its best split.
    var split = SplitCandidate()
    /// Where its histogram lies; nil when it has none any more.
    var slot: Int?
    /// Which features can split it, kept when its histogram goes.
    var flags: [UInt8] = []
    /// What its output and those below must lie between.
    var bounds = OutputBounds()
    /// A number that stands for the way from the root, for random choices.
    var path: UInt64 = 0
    /// Features of the splits above it; kept only when some may not meet.
    var branch: [Int] = []
    /// The leaves that its split makes, when that was done ahead of time.
    var expansion: Expansion?

    /// A split that was carried out: the entries have been moved and the children looked at.
    final class Expansion {
        let left: OpenLeaf
        let right: OpenLeaf

        init(left: OpenLeaf, right: OpenLeaf) {
            self.left = left
            self.right = right
        }
    }
}
