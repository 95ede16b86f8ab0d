/// The bins of a column: ranges of numbers or single categories, and one of missing values.
public struct ColumnBins: Equatable, Sendable {
    /// What one bin holds.
    public enum Bin: Equatable, Sendable {
        /// Numbers above `lower` and not above `upper`.
        case range(lower: Double, upper: Double)
        /// One category.
        case category(String)
        /// Rows without a value.
        case missing
    }

    /// Where numbers are cut.
    private let cuts: Cuts
    /// All bins, that of missing values last.
    public let bins: [Bin]

    /// Bins of numbers.
    public init(_ cuts: Cuts) {
        self.cuts = cuts
        bins =
            (0..<cuts.binCount).map { bin in
                let range = cuts.range(bin)
                return .range(lower: range.lower, upper: range.upper)
            } + [.missing]
    }

    /// A bin for each category.
    public init(categories: [String]) {
        cuts = Cuts(bounds: [])
        bins = categories.map(Bin.category) + [.missing]
    }

    /// Counts the rows of either group in each bin.
    ///
    /// - Returns: `[bins.count]` each.
    func counts(
        _ column: SampleColumn,
        _ groups: TwoGroups
    ) -> (first: [Int], second: [Int]) {
        var first = [Int](repeating: 0, count: bins.count)
        var second = first
        let missing = bins.count - 1
        func add(_ bin: Int, _ row: Int) {
            if groups.isSecond[row] { second[bin] += 1 } else { first[bin] += 1 }
        }
        switch column {
        case .numbers(let values):
            for (row, value) in values.enumerated() {
                add(value.isNaN ? missing : cuts.index(of: value), row)
            }
        case .categories(let codes, _):
            for (row, code) in codes.enumerated() { add(code < 0 ? missing : Int(code), row) }
        }
        return (first, second)
    }
}
