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
    /// What explanations weigh the two sides of a split with.
    public var cover: Cover

    /// How much of the training data a node stands for.
    public enum Cover: Sendable {
        /// Its rows, `internalCount` and `leafCount`: LightGBM and scikit-learn.
        case rowCount
        /// The sum of its rows' hessians, `internalWeight` and `leafWeight`: XGBoost.
        case weight
    }

    /// - Parameters: see the stored properties.
    public init(
        trees: [Tree],
        scoresPerRow: Int,
        featureCount: Int,
        isAveraged: Bool = false,
        cover: Cover = .rowCount
    ) {
        self.trees = trees
        self.scoresPerRow = scoresPerRow
        self.featureCount = featureCount
        self.isAveraged = isAveraged
        self.cover = cover
    }
}
