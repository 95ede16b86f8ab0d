/// What keeps a statistic from being computed. The engine turns each case into a number and a
/// sentence.
public enum StatisticsError: Error, Equatable, Sendable {
    /// One of the two groups that are compared has no rows.
    case emptyGroup(Int)
    /// An infinite number; `row` counts from 0.
    case valueNotFinite(column: String, row: Int, value: Double)
    /// A measure of numbers was asked of categories.
    case notNumeric(column: String)
    /// Somebody asked for the end.
    case cancelled
}
