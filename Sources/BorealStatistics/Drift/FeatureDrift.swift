/// How far one feature of new rows is from the training rows.
public struct FeatureDrift: Equatable, Sendable {
    /// The feature's name.
    public let name: String
    /// Population stability index over at most so many bins as were asked for.
    public let stability: Double
    /// Greatest gap between the distribution functions, looked at where the training bins meet: a
    /// lower bound of the two-sample statistic; nil for categories.
    public let gap: Double?
    /// How likely such a gap is among rows drawn alike (asymptotic); nil for categories.
    public let pValue: Double?
    /// Share of the training rows without a value.
    public let missingBefore: Double
    /// Share of the new rows without a value; categories that training never saw are none of them.
    public let missingNow: Double
    /// New rows with a category that training never saw.
    public let unseen: Int
    /// New rows.
    public let rowCount: Int
}
