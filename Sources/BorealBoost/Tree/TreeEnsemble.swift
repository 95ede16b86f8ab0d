/// Trees that are summed (or averaged) into raw scores.
///
/// The output of row `x` for score `k` is the sum over trees `t` with `t % scoresPerRow == k`.
public struct TreeEnsemble: Equatable, Sendable {
    /// In boosting order; a multiple of `scoresPerRow`.
    public var trees: [Tree]
    /// Raw scores a row gets: 1, or the number of classes for multiclass.
    public var scoresPerRow: Int
    /// Columns a row must have.
    public var featureCount: Int
    /// True when the sum is divided by the number of iterations (random forests).
    public var isAveraged: Bool

    /// - Parameters: see the stored properties.
    public init(trees: [Tree], scoresPerRow: Int, featureCount: Int, isAveraged: Bool = false) {
        self.trees = trees
        self.scoresPerRow = scoresPerRow
        self.featureCount = featureCount
        self.isAveraged = isAveraged
    }
}
