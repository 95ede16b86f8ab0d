/// Bins of equal width between the least and the greatest value, as `pandas.cut` makes them.
enum EqualWidthCuts {
    /// The bounds `least + i (greatest - least) / binCount`, 0 < i < binCount.
    static func bounds(_ counts: ValueCounts, binCount: Int) -> [Double] {
        guard let least = counts.values.first, let greatest = counts.values.last else { return [] }
        let width = (greatest - least) / Double(binCount)
        return (1..<binCount).map { index in
            if width.isFinite { return least + Double(index) * width }
            // The span of the values overflows; a mixture of its ends does not.
            let share = Double(index) / Double(binCount)
            return least * (1 - share) + greatest * share
        }
        // Where the values lie too near for as many bounds, some coincide with the ends.
        .filter { $0 > least && $0 < greatest }
    }
}
