/// Groups of neighbouring rows that are ranked against each other, and how they are shared out to
/// threads.
struct RankGroups: Sendable {
    /// `[groupCount + 1]`: first row of each group, and the row count.
    let bounds: [Int]
    /// Whole groups of about as many rows as a thread fills at once.
    let blocks: [Range<Int>]
    /// `[blocks.count + 1]`: the first group of each block.
    private let firstGroups: [Int]

    /// About as many rows as one piece of work has.
    private static let blockRows = 4_096

    init(sizes: [Int]) {
        var bounds = [0]
        for size in sizes { bounds.append(bounds[bounds.count - 1] + size) }
        var blocks: [Range<Int>] = []
        var firstGroups = [0]
        var start = 0
        for group in 1..<bounds.count
        where bounds[group] - start >= Self.blockRows || group == bounds.count - 1 {
            blocks.append(start..<bounds[group])
            firstGroups.append(group)
            start = bounds[group]
        }
        self.bounds = bounds
        self.blocks = blocks
        self.firstGroups = firstGroups
    }

    var count: Int { bounds.count - 1 }

    /// The rows of a group.
    func rows(_ group: Int) -> Range<Int> { bounds[group]..<bounds[group + 1] }

    /// The groups that make up some blocks' rows.
    func groups(in rows: Range<Int>) -> Range<Int> {
        var (low, high) = (0, blocks.count)
        while low < high {
            let middle = (low + high) / 2
            if blocks[middle].lowerBound < rows.lowerBound {
                low = middle + 1
            } else {
                high = middle
            }
        }
        var group = firstGroups[low]
        let first = group
        while group < count && bounds[group] < rows.upperBound { group += 1 }
        return first..<group
    }
}
