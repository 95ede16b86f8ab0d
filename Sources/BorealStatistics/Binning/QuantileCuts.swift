/// Bins of nearly equal numbers of rows, as `pandas.qcut` with `duplicates='drop'` makes them.
enum QuantileCuts {
    /// The bounds at `i / binCount` of the rows, 0 < i < binCount.
    ///
    /// A quantile between two rows is interpolated linearly (Hyndman and Fan 1996, definition 7).
    /// Its place `i (n - 1) / binCount` is computed in whole numbers, so that a quantile that is a
    /// row's value never lands beside it.
    static func bounds(_ counts: ValueCounts, binCount: Int) -> [Double] {
        let rows = ValueCounts.Ranked(counts)
        return bounds(rowCount: counts.rowCount, binCount) { rows[$0] }
    }

    /// The same of numbers that are sorted.
    static func bounds(_ sorted: [Double], binCount: Int) -> [Double] {
        bounds(rowCount: sorted.count, binCount) { sorted[$0] }
    }

    /// - Parameter value: the value at a position among the rows in ascending order.
    private static func bounds(
        rowCount: Int,
        _ binCount: Int,
        _ value: (Int) -> Double
    ) -> [Double] {
        guard rowCount > 0 else { return [] }
        let last = rowCount - 1
        let (least, greatest) = (value(0), value(last))
        var bounds: [Double] = []
        for index in 1..<binCount {
            let (place, rest) = (index * last).quotientAndRemainder(dividingBy: binCount)
            let low = value(place)
            var bound = low
            if rest > 0 {
                let high = value(place + 1)
                let share = Double(rest) / Double(binCount)
                // From the nearer end, as numpy does; halves first would lose small numbers.
                let step = high - low
                bound =
                    step.isFinite
                    ? share < 0.5 ? low + step * share : high - step * (1 - share)
                    : low * (1 - share) + high * share
            }
            // The edges of the sample are no cuts: a first bin of the least value alone joins the
            // second one.
            if bound > least, bound < greatest { bounds.append(bound) }
        }
        return bounds
    }
}
