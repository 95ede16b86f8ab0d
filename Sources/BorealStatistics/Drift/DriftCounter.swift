/// Counts the values of one feature in new rows by the bins of the training rows.
public struct DriftCounter: Sendable {
    private let expected: FeatureDistribution
    /// `[expected.counts.count]`
    private var counts: [Int]
    private var missing = 0
    private var unseen = 0
    /// Where each code's bin is.
    private let places: [Int: Int]

    /// Starts without rows.
    public init(_ expected: FeatureDistribution) {
        self.expected = expected
        counts = [Int](repeating: 0, count: expected.counts.count)
        let codes = expected.codes
        places = Dictionary(zip(codes, codes.indices)) { first, _ in first }
    }

    /// Adds a row with a value: a number, or the code of a category; NaN has none.
    public mutating func add(_ value: Double) {
        guard !value.isNaN else {
            missing += 1
            return
        }
        switch expected.bins {
        case .ranges(let cuts): counts[cuts.index(of: value)] += 1
        case .codes:
            if let place = Int(exactly: value).flatMap({ places[$0] }) {
                counts[place] += 1
            } else if expected.counts.last == 0 {
                // Every code of the training rows has a bin of its own.
                unseen += 1
            } else {
                counts[counts.count - 1] += 1
            }
        }
    }

    /// Adds rows with categories that the model has no code for.
    public mutating func addUnseen(_ count: Int) { unseen += count }

    /// What the rows so far are beside the training rows.
    ///
    /// - Parameter binCount: neighbouring bins are joined until there are at most so many, that of
    ///   missing values and of unseen categories not counted; the less frequent categories share
    ///   the last.
    /// - Throws: `emptyGroup` without rows on either side.
    public func drift(binCount: Int) throws(StatisticsError) -> FeatureDrift {
        precondition(binCount >= 2, "a stability index has two bins at least")
        let now = counts.reduce(missing + unseen, +)
        if expected.rowCount == 0 { throw .emptyGroup(0) }
        if now == 0 { throw .emptyGroup(1) }
        let (gap, pValue) = test()
        return FeatureDrift(
            name: expected.name,
            stability: stability(binCount),
            gap: gap,
            pValue: pValue,
            missingBefore: Double(expected.missing) / Double(expected.rowCount),
            missingNow: Double(missing) / Double(now),
            unseen: unseen,
            rowCount: now
        )
    }

    private func stability(_ binCount: Int) -> Double {
        let groups = joined(binCount)
        var first = [Int](repeating: 0, count: (groups.last ?? 0) + 1)
        var second = first
        for (bin, group) in groups.enumerated() {
            first[group] += expected.counts[bin]
            second[group] += counts[bin]
        }
        // What training never saw has a bin without training rows.
        first.append(0)
        second.append(unseen)
        let bins =
            first.indices.map { ColumnBins.Bin.category("\($0)") } + [ColumnBins.Bin.missing]
        return Divergence(
            bins,
            first: first + [expected.missingBeside],
            second: second + [missing]
        )
        .total
    }

    /// `[bins]`: the group that each bin joins, ascending.
    private func joined(_ groupsMax: Int) -> [Int] {
        let bins = expected.counts.count
        guard case .ranges = expected.bins else {
            return (0..<bins).map { min($0, groupsMax - 1) }
        }
        guard bins > groupsMax else { return Array(0..<bins) }
        let total = expected.counts.reduce(0, +)
        var groups: [Int] = []
        var (group, sum) = (0, 0)
        for count in expected.counts {
            groups.append(group)
            sum += count
            // The next bin begins a group once this one has its share of the rows.
            if sum * groupsMax >= (group + 1) * total, group < groupsMax - 1 { group += 1 }
        }
        return groups
    }

    private func test() -> (gap: Double?, pValue: Double?) {
        let first = expected.counts.reduce(0, +)
        let second = counts.reduce(0, +)
        guard case .ranges = expected.bins, first > 0, second > 0 else { return (nil, nil) }
        let gap = KolmogorovSmirnov.gap(first: expected.counts, second: counts)
        let statistic = Double(gap) / Double(first) / Double(second)
        return (statistic, KolmogorovSmirnov.asymptotic(statistic, first, second))
    }
}
