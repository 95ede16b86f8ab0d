public import BorealBase

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
