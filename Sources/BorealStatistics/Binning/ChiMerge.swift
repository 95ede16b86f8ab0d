/// ChiMerge: begins with an interval for each value and merges the two neighbours whose groups mix
/// most alike until few enough are left (Kerber, "ChiMerge: Discretization of Numeric Attributes",
/// AAAI 1992).
///
/// A column of more than 256 distinct values begins with that many intervals of nearly equal
/// numbers of rows. Of equally alike pairs the leftmost merges first.
struct ChiMerge {
    /// Neighbouring values and what they hold.
    private struct Interval {
        /// Index of its last value.
        var last: Int
        var first: Double
        var second: Double
    }

    /// Intervals at the beginning.
    private static let startMax = 256

    /// Ascending.
    let bounds: [Double]

    init(_ counts: ValueCounts, binCount: Int) {
        var intervals = Self.start(counts)
        var likeness = zip(intervals, intervals.dropFirst()).map(Self.chiSquare)
        while intervals.count > binCount {
            var least = 0
            for index in likeness.indices where likeness[index] < likeness[least] { least = index }
            let merged = intervals.remove(at: least + 1)
            intervals[least].last = merged.last
            intervals[least].first += merged.first
            intervals[least].second += merged.second
            likeness.remove(at: least)
            if least > 0 {
                likeness[least - 1] = Self.chiSquare(intervals[least - 1], intervals[least])
            }
            if least < likeness.count {
                likeness[least] = Self.chiSquare(intervals[least], intervals[least + 1])
            }
        }
        bounds = intervals.dropLast().map { counts.bound(after: $0.last) }
    }

    /// An interval for each value, or for each of 256 groups of neighbours.
    private static func start(_ counts: ValueCounts) -> [Interval] {
        let share = Double(counts.rowCount) / Double(min(startMax, counts.count))
        var intervals: [Interval] = []
        var rows = 0
        var isOpen = false
        for index in 0..<counts.count {
            if !isOpen { intervals.append(Interval(last: index, first: 0, second: 0)) }
            intervals[intervals.count - 1].last = index
            intervals[intervals.count - 1].first += Double(counts.first[index])
            intervals[intervals.count - 1].second += Double(counts.second[index])
            rows += counts.total(index)
            isOpen =
                counts.count > startMax && Double(rows) < share * Double(intervals.count)
        }
        return intervals
    }

    /// Pearson's chi-square of the two-by-two table of two intervals and two groups; 0 where a
    /// group is in neither.
    private static func chiSquare(_ left: Interval, _ right: Interval) -> Double {
        chiSquare((left.first, left.second), (right.first, right.second))
    }

    /// The same of bare counts: `n (ad - bc)^2 / ((a+b)(c+d)(a+c)(b+d))`.
    static func chiSquare(
        _ left: (first: Double, second: Double),
        _ right: (first: Double, second: Double)
    ) -> Double {
        let rows = (left.first + left.second) * (right.first + right.second)
        let columns = (left.first + right.first) * (left.second + right.second)
        guard rows > 0, columns > 0 else { return 0 }
        let total = left.first + left.second + right.first + right.second
        let cross = left.first * right.second - left.second * right.first
        return total * (cross / rows) * (cross / columns)
    }
}
