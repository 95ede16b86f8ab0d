/// Ranks of numbers, counted from 1; equal numbers share the mean of their ranks, as
/// `scipy.stats.rankdata(method='average')` gives them.
enum AverageRanks {
    /// - Parameter values: none is NaN.
    /// - Returns: `[values.count]`.
    static func ranks(_ values: [Double]) -> [Double] {
        assert(!values.contains { $0.isNaN }, "a missing value has no rank")
        let order = values.indices.sorted { values[$0] < values[$1] }
        var ranks = [Double](repeating: 0, count: values.count)
        var begin = 0
        while begin < order.count {
            var end = begin + 1
            while end < order.count, values[order[end]] == values[order[begin]] { end += 1 }
            // The mean of begin + 1 ... end.
            let rank = Double(begin + 1 + end) / 2
            for place in begin..<end { ranks[order[place]] = rank }
            begin = end
        }
        return ranks
    }
}
