/// The values of one feature, one for each row.
public enum FeatureColumn: Equatable, Sendable {
    /// Numbers; NaN is a missing value.
    case doubles([Double])
    /// Numbers; NaN is a missing value.
    case floats([Float])
    /// Codes 0 ..< `count`; any negative code is a missing value.
    case categories([Int32], count: Int)
    /// Numbers that are mostly zero.
    case sparse(SparseNumbers)

    /// Values, missing ones included.
    public var count: Int {
        switch self {
        case .doubles(let values): values.count
        case .floats(let values): values.count
        case .categories(let codes, _): codes.count
        case .sparse(let numbers): numbers.count
        }
    }

    /// True for codes.
    public var isCategorical: Bool {
        if case .categories = self { true } else { false }
    }
}

/// Numbers of which most are zero: only the others are kept.
public struct SparseNumbers: Equatable, Sendable {
    /// Rows of the kept numbers, ascending.
    public let rows: [UInt32]
    /// `[rows.count]`: the numbers; NaN is a missing value.
    public let values: [Double]
    /// Numbers in all, zeros included.
    public let count: Int

    /// - Parameters:
    ///   - rows: ascending, none twice, each below `count`.
    ///   - values: as many as rows.
    ///   - count: numbers in all, at most `TrainingData.rowsMax`.
    public init(rows: [UInt32], values: [Double], count: Int) {
        precondition(rows.count == values.count && rows.count <= count)
        precondition(rows.last.map { Int($0) < count } ?? true)
        self.rows = rows
        self.values = values
        self.count = count
    }
}
