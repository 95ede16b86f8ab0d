/// How to train: LightGBM's parameters with LightGBM's defaults.
///
/// The property comments carry LightGBM's names. Callers with other defaults (the SQL dialect) set
/// the properties before they apply what the user asked for with `set(_:to:)`.
public struct TrainingParameters: Equatable, Sendable {
    /// How trees are added.
    public enum Boosting: String, CaseIterable, Sendable {
        /// Gradient boosting.
        case gbdt
        /// Random forest: every tree fits the same gradients on other rows, scores are averaged.
        case rf
        /// Gradient boosting that drops earlier trees while it fits the next one.
        case dart
        /// Gradient boosting on the rows with large gradients and a sample of the others.
        case goss
        /// A linear model, one factor after the other.
        case gblinear
    }
    /// How columns of categories are split.
    public enum CategoricalMethod: String, CaseIterable, Sendable {
        /// By sets of categories that each node puts together anew.
        case lightgbm
        /// By numbers that stand for the categories: statistics of the labels of earlier rows.
        case ordered
    }
    /// What is minimised.
    public enum Objective: String, CaseIterable, Sendable {
        /// Log-loss of two classes, labels 0 and 1.
        case binary
        /// Softmax cross-entropy, labels 0 ..< `classCount`.
        case multiclass
        /// Exponential loss of two classes, labels 0 and 1: AdaBoost's. The probability of class 1
        /// is 1 / (1 + exp(-2 score)).
        case exponential
        /// A log-loss of two classes for each class, labels 0 ..< `classCount`.
        case oneVersusAll = "multiclassova"
        /// Cross-entropy of labels in [0, 1].
        case crossEntropy = "cross_entropy"
        /// Cross-entropy of labels in [0, 1] whose rows are as many trials as they weigh.
        case crossEntropyLambda = "cross_entropy_lambda"
        /// Mean squared error.
        case regression
        /// Mean absolute error; leaf values are medians.
        case regressionL1 = "regression_l1"
        /// Squared error up to `alpha`, absolute error beyond.
        case huber
        /// A smooth loss between squared and absolute error, of scale `fairC`.
        case fair
        /// Poisson deviance of counts.
        case poisson
        /// The percentile `alpha`; leaf values are percentiles.
        case quantile
        /// Absolute error relative to the label; leaf values are weighted medians.
        case mape
        /// Gamma deviance of positive numbers.
        case gamma
        /// Tweedie deviance of numbers that are not negative.
        case tweedie
        /// NDCG of groups, by pairs.
        case lambdarank
        /// NDCG of groups, by a cross-entropy.
        case rankXENDCG = "rank_xendcg"

        /// True when labels are class numbers and every class has a score.
        public var hasScoreForEachClass: Bool { self == .multiclass || self == .oneVersusAll }
        /// True when labels are class numbers.
        public var isClassification: Bool { hasTwoClasses || hasScoreForEachClass }
        /// True when labels are 0 and 1 and one score decides between them.
        public var hasTwoClasses: Bool { self == .binary || self == .exponential }
        /// True when rows are ranked within their group.
        public var isRanking: Bool { self == .lambdarank || self == .rankXENDCG }
        /// True when leaf values are percentiles of residuals instead of Newton steps.
        var renewsLeaves: Bool { self == .regressionL1 || self == .quantile || self == .mape }
        /// True when labels may be replaced by their roots.
        var takesRoots: Bool { self == .regression || self == .fair || renewsLeaves }
    }

    // MARK: Core

    /// `objective`
    public var objective = Objective.regression
    /// `boosting`
    public var boosting = Boosting.gbdt
    /// `num_iterations`: boosting rounds.
    public var iterations = 100
    /// `learning_rate`: what leaf values are multiplied by.
    public var learningRate = 0.1
    /// `num_leaves`: most leaves of one tree.
    public var leaves = 31
    /// `num_class`: classes of `multiclass` and `multiclassova`; 1 for the other objectives.
    public var classCount = 1
    /// `num_threads`: threads that work on one training; 0 takes one for each core.
    public var threads = 0
    /// `seed`: start of every random choice that has no seed of its own.
    public var seed: Int64 = 0
    /// `bagging_seed`: which rows are drawn.
    public var baggingSeed: Int64?
    /// `feature_fraction_seed`: which features are drawn.
    public var featureFractionSeed: Int64?
    /// `data_random_seed`: which rows bounds are found from.
    public var dataSeed: Int64?
    /// `drop_seed`: which trees `dart` drops.
    public var dropSeed: Int64?
    /// `extra_seed`: which thresholds `extra_trees` looks at.
    public var extraSeed: Int64?
    /// `objective_seed`: the perturbations of `rank_xendcg`.
    public var objectiveSeed: Int64?

    // MARK: Trees

    /// `max_depth`: splits from root to leaf; 0 or less is no limit.
    public var maxDepth = -1
    /// `min_data_in_leaf`
    public var minDataInLeaf = 20
    /// Rows below which a leaf is not split: scikit-learn's `min_samples_split`.
    public var minDataToSplit = 2
    /// `min_sum_hessian_in_leaf`
    public var minSumHessianInLeaf = 1e-3
    /// `lambda_l1`
    public var lambdaL1 = 0.0
    /// `lambda_l2`
    public var lambdaL2 = 0.0
    /// `min_gain_to_split`
    public var minGainToSplit = 0.0
    /// `max_delta_step`: greatest absolute leaf output before the learning rate; 0 or less is no
    /// limit.
    public var maxDeltaStep = 0.0
    /// `path_smooth`: strength with which outputs are pulled towards the parent's.
    public var pathSmooth = 0.0

    // MARK: Constraints

    /// `monotone_constraints`, one a column: 1 lets outputs only rise with the feature, -1 only
    /// fall; empty for none.
    public var monotoneConstraints: [Int8] = []
    /// `monotone_penalty`: levels of the tree in which constrained features are held back.
    public var monotonePenalty = 0.0
    /// `interaction_constraints`: sets of columns that may stand on one path; empty for none.
    public var interactionConstraints: [[Int]] = []
    /// `feature_contri`, one a column: what a split's gain is multiplied by; empty for none.
    public var featureContribution: [Double] = []
    /// `extra_trees`: one random threshold of each feature is looked at.
    public var usesExtraTrees = false
    /// `linear_tree`: leaves hold linear models.
    public var usesLinearTrees = false
    /// `linear_lambda`: L2 regularisation of linear leaves.
    public var linearLambda = 0.0

    // MARK: Sampling

    /// `bagging_fraction`: share of the rows a tree sees.
    public var baggingFraction = 1.0
    /// `pos_bagging_fraction`, of the rows with label 1; binary only.
    public var positiveBaggingFraction = 1.0
    /// `neg_bagging_fraction`, of the rows with label 0; binary only.
    public var negativeBaggingFraction = 1.0
    /// `bagging_freq`: rounds after which rows are drawn again; 0 switches bagging off.
    public var baggingFrequency = 0
    /// True when rows are drawn for every tree although `bagging_freq` is 0, as the dialect's
    /// `subsample` means it.
    public var drawsRowsForEveryTree = false
    /// `bagging_by_query`: groups are drawn instead of rows.
    public var drawsGroups = false
    /// `feature_fraction`: share of the features a tree may use.
    public var featureFraction = 1.0
    /// `feature_fraction_bynode`: share of the tree's features a split may use.
    public var featureFractionByNode = 1.0
    /// `top_rate` of goss: share of the rows with the largest gradients that is kept.
    public var topRate = 0.2
    /// `other_rate` of goss: share of the rows that is drawn from the others.
    public var otherRate = 0.1

    // MARK: Dropping trees (dart)

    /// `drop_rate`
    public var dropRate = 0.1
    /// `max_drop`: most trees dropped in one round; 0 or less is no limit.
    public var maxDrop = 50
    /// `skip_drop`: probability that a round drops nothing.
    public var skipDrop = 0.5
    /// `uniform_drop`: every tree is as likely to be dropped as any other.
    public var dropsUniformly = false
    /// `xgboost_dart_mode`
    public var usesXGBoostDart = false

    // MARK: Categories

    /// `categorical_method`: how columns of categories are split.
    public var categoricalMethod = CategoricalMethod.lightgbm
    /// `max_cat_to_onehot`: features with at most so many bins are split one against the rest.
    public var maxCategoriesToOneHot = 4
    /// `max_cat_threshold`: most categories on the left of a split.
    public var maxCategoryThreshold = 32
    /// `min_data_per_group`
    public var minDataPerGroup = 100
    /// `cat_l2`
    public var categoryL2 = 10.0
    /// `cat_smooth`
    public var categorySmooth = 10.0

    // MARK: Bins

    /// `max_bin`
    public var maxBin = 255
    /// `min_data_in_bin`
    public var minDataInBin = 3
    /// `bin_construct_sample_cnt`: rows that bounds are found from.
    public var binSampleCount = 200_000
    /// `use_missing`
    public var usesMissing = true
    /// `zero_as_missing`
    public var zeroIsMissing = false
    /// `enable_bundle`: features that are never both set share one column of bins.
    public var bundlesFeatures = true
    /// `feature_pre_filter`: features that cannot be split under `min_data_in_leaf` are left out.
    public var filtersFeatures = true

    // MARK: Objective

    /// `sigmoid`: slope of the objectives `binary`, `multiclassova` and `lambdarank`.
    public var sigmoid = 1.0
    /// `alpha`: the percentile of `quantile`; where `huber` turns from squares to magnitudes.
    public var alpha = 0.9
    /// True when `alpha` of `huber` is a share of the rows instead of a distance: before each round
    /// the border is set to that percentile of the absolute errors, as Friedman (2001) and
    /// scikit-learn do it.
    public var adaptsHuber = false
    /// `fair_c`
    public var fairC = 1.0
    /// `poisson_max_delta_step`
    public var poissonMaxDeltaStep = 0.7
    /// `tweedie_variance_power`: 1 is Poisson's variance, 2 gamma's.
    public var tweedieVariancePower = 1.5
    /// `reg_sqrt`: the root of the label is fitted, and predictions are squared.
    public var takesRootOfLabel = false
    /// `lambdarank_truncation_level`: pairs count when one row stands above this place.
    public var lambdarankTruncation = 30
    /// `lambdarank_norm`
    public var lambdarankNormalises = true
    /// `label_gain`: what each label gains in NDCG; empty is 2^label - 1 for labels below 31.
    public var labelGain: [Double] = []
    /// `boost_from_average`
    public var boostsFromAverage = true
    /// `is_unbalance`: the rarer of two classes weighs more.
    public var isUnbalanced = false
    /// `scale_pos_weight`
    public var scalePositiveWeight = 1.0

    // MARK: Metrics and early stopping

    /// `metric`: what is computed on validation data; empty takes the objective's own.
    public var metrics: [TrainingMetric] = []
    /// `metric=None`: nothing is computed.
    public var usesNoMetric = false
    /// `eval_at`: the places at which `ndcg` and `map` are cut, ascending.
    public var evaluationPositions = [1, 2, 3, 4, 5]
    /// `multi_error_top_k`: a class among so many of the greatest scores is right.
    public var multiErrorTopK = 1
    /// `auc_mu_weights`, class by class: what it costs to take one class for another; empty is 1
    /// for every pair.
    public var aucMuWeights: [Double] = []
    /// `early_stopping_round`: rounds without improvement after which training ends; 0 is never.
    public var earlyStoppingRounds = 0
    /// `early_stopping_min_delta`
    public var earlyStoppingMinDelta = 0.0
    /// `first_metric_only`
    public var usesFirstMetricOnly = false

    // MARK: The machine

    /// What is added to the nice value of training threads, so that queries stay quick.
    public var nice: Int32 = 5
    /// Bytes that histograms may take; more leaves than fit are built again from their rows.
    public var histogramBytesMax = 2 << 30

    /// LightGBM's defaults.
    public init() {}

    /// Scores of a row.
    public var scoresPerRow: Int { objective.hasScoreForEachClass ? classCount : 1 }

    /// True when rows are drawn.
    var drawsRows: Bool {
        guard boosting != .goss, baggingFrequency > 0 || drawsRowsForEveryTree else { return false }
        return baggingFraction < 1 || positiveBaggingFraction < 1 || negativeBaggingFraction < 1
    }
}
