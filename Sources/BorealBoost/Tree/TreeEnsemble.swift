/// Trees that are summed (or averaged) into raw scores.
///
/// The output of row `x` for score `k` is the sum over trees `t` with `t % scoresPerRow == k`, or
/// over all trees when their leaves hold a number for each score.
public struct TreeEnsemble: Equatable, Sendable {
    /// In boosting order; a multiple of `scoresPerRow`.
    public var trees: [Tree]
    /// Raw scores a row gets: 1, or the number of classes for multiclass.
    public var scoresPerRow: Int
    /// Numbers in a leaf: 1, or `scoresPerRow` where each tree adds to all scores.
    public var leafWidth: Int
    /// `[scoresPerRow]`: what sums begin with; empty for zeros.
    public var initialScores: [Double] = []
    /// How sums are rounded. Values of leaves and initial scores are `Float`s when it is `.float`.
    public var arithmetic = Arithmetic.double
    /// Columns a row must have.
    public var featureCount: Int
    /// True when the sum is divided by the number of iterations (random forests).
    public var isAveraged: Bool
    /// What explanations weigh the two sides of a split with.
    public var cover: Cover

    /// `[featureCount]`, or empty: for each column the first of those that explanations take for
    /// one feature with it.
    public var featureGroups: [Int32] = []

    /// The precision of a sum, addition by addition.
    public enum Arithmetic: Sendable {
        /// LightGBM, scikit-learn, CatBoost.
        case double
        /// XGBoost, ONNX.
        case float
    }

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
        leafWidth: Int = 1,
        featureCount: Int,
        isAveraged: Bool = false,
        cover: Cover = .rowCount
    ) {
        self.trees = trees
        self.scoresPerRow = scoresPerRow
        self.leafWidth = leafWidth
        self.featureCount = featureCount
        self.isAveraged = isAveraged
        self.cover = cover
    }
}

extension TreeEnsemble {
    /// Trees that one score is the sum of: what averages divide by.
    public var roundCount: Int { leafWidth > 1 ? trees.count : trees.count / max(1, scoresPerRow) }

    /// The same sums of trees whose leaves hold one number each.
    public var withScalarLeaves: TreeEnsemble {
        guard leafWidth > 1 else { return self }
        var result = self
        result.leafWidth = 1
        result.trees = trees.flatMap { tree in
            (0..<leafWidth).map { score in
                var one = tree
                one.leafValue = stride(from: score, to: tree.leafValue.count, by: leafWidth)
                    .map { tree.leafValue[$0] }
                return one
            }
        }
        return result
    }
}
