/// One column of a sample: numbers or categories, with room for missing values.
///
/// It is not a table's column: NULL has become NaN or -1, text has become a code.
public enum SampleColumn: Equatable, Sendable {
    /// `[rowCount]`: NaN is a missing value.
    case numbers([Double])
    /// `[rowCount]`: indexes into `names`; -1 is a missing value.
    case categories([Int32], names: [String])

    /// Rows, missing values included.
    public var count: Int {
        switch self {
        case .numbers(let values): values.count
        case .categories(let codes, _): codes.count
        }
    }

    /// Rows without a value.
    public var missingCount: Int {
        switch self {
        case .numbers(let values): values.count { $0.isNaN }
        case .categories(let codes, _): codes.count { $0 < 0 }
        }
    }

    /// - Parameter name: of the column, for the error.
    /// - Throws: `valueNotFinite` for an infinite number, the first one.
    func checkFinite(_ name: String) throws(StatisticsError) {
        guard case .numbers(let values) = self else { return }
        if let row = values.firstIndex(where: { $0.isInfinite }) {
            throw .valueNotFinite(column: name, row: row, value: values[row])
        }
    }
}
