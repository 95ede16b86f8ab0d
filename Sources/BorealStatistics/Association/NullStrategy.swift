/// What stands in for a missing number where every row must have one.
public enum NullStrategy: String, CaseIterable, Sendable {
    /// The mean of the column.
    case mean
    /// The median of the column: the mean of the middle two of an even number of rows.
    case median

    /// The column without missing values; one that has no value at all becomes zeros.
    public func filled(_ values: [Double]) -> [Double] {
        let present = values.filter { !$0.isNaN }
        guard present.count < values.count else { return values }
        let substitute = present.isEmpty ? 0 : value(of: present)
        return values.map { $0.isNaN ? substitute : $0 }
    }

    private func value(of present: [Double]) -> Double {
        switch self {
        case .mean:
            let count = Double(present.count)
            return present.reduce(0) { $0 + $1 / count }
        case .median:
            let sorted = present.sorted()
            let middle = sorted.count / 2
            return sorted.count % 2 == 1
                ? sorted[middle] : sorted[middle - 1] / 2 + sorted[middle] / 2
        }
    }
}
