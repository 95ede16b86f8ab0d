extension PickleMember {
    /// What models carry and predictions do not need: losses, optimisers, random states, scorers,
    /// splitters, distributions of searches. Nothing reads their content.
    static let inert: [(String, String)] = python + arrays + losses + searches + metrics

    private static let python: [(String, String)] = [
        ("builtins", "slice range"), ("__builtin__", "slice xrange"),
        ("functools", "partial"),
        ("numpy.dtypes", "Float64DType Float32DType Int64DType Int32DType"),
        ("sklearn.utils.validation", "check_array"),
        ("sklearn.utils._metadata_requests", "MetadataRequest MethodMetadataRequest"),
    ]

    private static let functionNames = """
        log log1p log2 log10 exp exp2 expm1 sqrt square cbrt absolute abs negative reciprocal sin
        cos tan tanh arcsinh sinh mean median max min sum var std amax amin float64 float32 float16
        int8 int16 int32 int64 uint8 uint16 uint32 uint64 intp bool_ object_ str_ nanmean nanmedian
        """

    private static let arrays: [(String, String)] = [
        (
            "numpy",
            functionNames
                + " longlong int_ double single number generic floating integer vectorize"
        ),
        ("numpy.core._multiarray_umath", functionNames),
        ("numpy._core._multiarray_umath", functionNames), ("numpy._core.umath", functionNames),
        ("numpy.core.umath", functionNames), ("numpy.core.fromnumeric", functionNames),
        ("numpy._core.fromnumeric", functionNames), ("numpy.core", "_ufunc_reconstruct"),
        ("numpy._core", "_ufunc_reconstruct"), ("numpy.ma.core", "_mareconstruct MaskedArray"),
        ("numpy.ma", "_mareconstruct MaskedArray"),
        (
            "numpy.random.bit_generator",
            "__pyx_unpickle_SeedSequence SeedSequence __pyx_unpickle_SeedlessSequence"
        ),
        ("numpy.random._bit_generator", "__pyx_unpickle_SeedSequence SeedSequence"),
        ("numpy.random._philox", "Philox"), ("numpy.random._sfc64", "SFC64"),
        ("scipy.sparse._csr", "csr_matrix csr_array"), ("scipy.sparse.csr", "csr_matrix"),
        ("scipy.sparse._csc", "csc_matrix csc_array"), ("scipy.sparse.csc", "csc_matrix"),
        ("scipy.interpolate._interpolate", "interp1d"),
        ("scipy.interpolate.interpolate", "interp1d"),
    ]

    private static let lossNames = """
        HalfSquaredError AbsoluteError PinballLoss HuberLoss HalfPoissonLoss HalfGammaLoss
        HalfTweedieLoss HalfTweedieLossIdentity HalfBinomialLoss HalfMultinomialLoss ExponentialLoss
        """

    /// The Cython twin of each loss, and the function that would make it.
    private static let compiledLosses = lossNames.split(whereSeparator: \.isWhitespace).map {
        "Cy\($0) __pyx_unpickle_Cy\($0)"
    }.joined(separator: " ")

    private static let losses: [(String, String)] = [
        ("sklearn.cluster._kmeans", "_kmeans_single_lloyd _kmeans_single_elkan"),
        ("sklearn._loss.loss", lossNames + " MultinomialLogit"),
        ("sklearn._loss._loss", compiledLosses + " CyLossFunction"),
        ("_loss", compiledLosses),
        (
            "sklearn._loss.link",
            "IdentityLink LogLink LogitLink HalfLogitLink MultinomialLogit Interval"
        ),
        (
            "sklearn.linear_model._sgd_fast",
            """
            Hinge SquaredHinge Log ModifiedHuber SquaredLoss Huber EpsilonInsensitive
            SquaredEpsilonInsensitive CyHalfBinomialLoss CyHalfSquaredError
            """
        ),
        (
            "sklearn.neural_network._stochastic_optimizers",
            "AdamOptimizer SGDOptimizer BaseOptimizer"
        ),
        ("sklearn.neighbors._kd_tree", "KDTree KDTree64 KDTree32 newObj"),
        ("sklearn.neighbors._ball_tree", "BallTree BallTree64 BallTree32 newObj"),
        (
            "sklearn.metrics._dist_metrics",
            """
            newObj EuclideanDistance EuclideanDistance64 EuclideanDistance32 ManhattanDistance
            ManhattanDistance64 ManhattanDistance32 ChebyshevDistance ChebyshevDistance64
            ChebyshevDistance32 MinkowskiDistance MinkowskiDistance64 MinkowskiDistance32
            DistanceMetric DistanceMetric64 DistanceMetric32
            """
        ),
        ("sklearn.neighbors._dist_metrics", distanceNames),
        ("sklearn.utils._openmp_helpers", ""),
    ]

    private static let distanceNames = """
        newObj EuclideanDistance ManhattanDistance ChebyshevDistance MinkowskiDistance
        DistanceMetric
        """

    private static let distributionNames = """
        uniform_gen loguniform_gen reciprocal_gen expon_gen norm_gen lognorm_gen gamma_gen beta_gen
        randint_gen poisson_gen binom_gen geom_gen triang_gen truncnorm_gen
        """

    private static let searches: [(String, String)] = [
        (
            "sklearn.model_selection._split",
            """
            KFold StratifiedKFold RepeatedKFold RepeatedStratifiedKFold ShuffleSplit
            StratifiedShuffleSplit TimeSeriesSplit GroupKFold LeaveOneOut PredefinedSplit
            StratifiedGroupKFold GroupShuffleSplit LeavePOut _CVIterableWrapper
            """
        ),
        ("scipy.stats._continuous_distns", distributionNames),
        ("scipy.stats._discrete_distns", distributionNames),
        (
            "scipy.stats._distn_infrastructure",
            "rv_frozen rv_continuous_frozen rv_discrete_frozen"
        ),
    ]

    private static let scorerNames = """
        _PassthroughScorer _passthrough_scorer _PredictScorer _ProbaScorer _ThresholdScorer
        _Scorer _MultimetricScorer
        """

    private static let metrics: [(String, String)] = [
        ("sklearn.metrics._scorer", scorerNames),
        (
            "sklearn.metrics._classification",
            """
            accuracy_score balanced_accuracy_score f1_score fbeta_score precision_score recall_score
            jaccard_score log_loss brier_score_loss matthews_corrcoef cohen_kappa_score hamming_loss
            zero_one_loss d2_log_loss_score
            """
        ),
        (
            "sklearn.metrics._ranking",
            "roc_auc_score average_precision_score top_k_accuracy_score ndcg_score dcg_score"
        ),
        (
            "sklearn.metrics._regression",
            """
            r2_score mean_squared_error root_mean_squared_error mean_absolute_error
            median_absolute_error mean_squared_log_error root_mean_squared_log_error max_error
            explained_variance_score mean_absolute_percentage_error mean_poisson_deviance
            mean_gamma_deviance mean_pinball_loss d2_tweedie_score d2_pinball_score
            d2_absolute_error_score
            """
        ),
    ]
}
