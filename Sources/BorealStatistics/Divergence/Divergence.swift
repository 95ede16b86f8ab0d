import Glibc

/// How far two groups of rows differ in one column: the symmetric Kullback-Leibler divergence of
/// their shares over bins (Kullback and Leibler 1951, the sum J of equation 2.6).
///
///     divergence = sum over bins of (q - p) ln(q / p)
///
/// With p the share of the non-events in a bin and q that of the events it is the *information
/// value*, and `ln(q / p)` the bin's weight of evidence (Siddiqi, "Credit Risk Scorecards", 2006).
/// With p the expected and q the actual share it is the *population stability index*.
///
/// **Empty bins.** Where a bin has rows of one group only, the logarithm is taken of
/// `((b + 0.5) / B) / ((a + 0.5) / A)` in place of `(b / B) / (a / A)`: half a row is added on
/// both sides. The shares in front of it stay what they are.
public struct Divergence: Equatable, Sendable {
    /// One bin.
    public struct Row: Equatable, Sendable {
        /// What it holds.
        public let bin: ColumnBins.Bin
        /// Rows of the first group: non-events, expected.
        public let first: Int
        /// Rows of the second group: events, actual.
        public let second: Int
        /// Share of the first group's rows.
        public let firstShare: Double
        /// Share of the second group's rows.
        public let secondShare: Double
        /// Logarithm of the second share over the first: the weight of evidence.
        public let logRatio: Double
        /// What the bin adds to the total.
        public let contribution: Double
    }

    /// One a bin; that of missing values is last, and absent when no row has a missing value.
    public let rows: [Row]
    /// The sum of the contributions.
    public var total: Double { rows.reduce(0) { $0 + $1.contribution } }

    /// - Parameters:
    ///   - name: of the column, for errors.
    ///   - binning: for numbers; categories have a bin each.
    ///   - expectedOnly: cuts are made from the first group's rows, where the method does not need
    ///     both groups.
    /// - Throws: `emptyGroup`, `valueNotFinite`.
    public init(
        _ column: SampleColumn,
        name: String,
        _ groups: TwoGroups,
        _ binning: Binning,
        expectedOnly: Bool = false
    ) throws(StatisticsError) {
        try groups.check()
        try column.checkFinite(name)
        let bins: ColumnBins
        switch column {
        case .numbers(let values):
            let needsBoth = binning.method == .chi || binning.method == .dt
            let counts = ValueCounts(values, groups, firstOnly: expectedOnly && !needsBoth)
            bins = ColumnBins(binning.cuts(counts))
        case .categories(_, let names): bins = ColumnBins(categories: names)
        }
        let (first, second) = bins.counts(column, groups)
        self.init(bins.bins, first: first, second: second)
    }

    /// - Parameters:
    ///   - bins: what is counted.
    ///   - first: `[bins.count]`: rows of the first group.
    ///   - second: `[bins.count]`: rows of the second group.
    public init(_ bins: [ColumnBins.Bin], first: [Int], second: [Int]) {
        precondition(
            bins.count == first.count && bins.count == second.count,
            "counts of other bins"
        )
        let firstTotal = Double(max(1, first.reduce(0, +)))
        let secondTotal = Double(max(1, second.reduce(0, +)))
        rows = zip(bins, zip(first, second)).compactMap { bin, count in
            if bin == .missing, count.0 == 0, count.1 == 0 { return nil }
            let (a, b) = (Double(count.0), Double(count.1))
            let (p, q) = (a / firstTotal, b / secondTotal)
            var ratio = 0.0
            if count.0 > 0 || count.1 > 0 {
                let add = count.0 == 0 || count.1 == 0 ? 0.5 : 0
                ratio = log(((b + add) / secondTotal) / ((a + add) / firstTotal))
            }
            return Row(
                bin: bin,
                first: count.0,
                second: count.1,
                firstShare: p,
                secondShare: q,
                logRatio: ratio,
                contribution: (q - p) * ratio
            )
        }
    }
}
