/// A class or function that models of scikit-learn name, by its position in a closed table.
///
/// Naming one makes an inert record, whatever it is: what Python would call is written down with
/// its arguments and never called. Which records become operators is decided later, by their names.
struct PickleMember: Hashable {
    private let index: Int32

    /// The member of that exact module and name; nil when it is not in the table.
    init?(module: String, name: String) {
        guard let index = Self.indexes["\(module).\(name)"] else { return nil }
        self.index = index
    }

    /// The last part of the name: `LinearRegression`.
    var name: String { Self.names[Int(index)].name }
    /// `sklearn.linear_model._base.LinearRegression`
    var fullName: String { "\(Self.names[Int(index)].module).\(name)" }

    /// True for the distributions that a search draws parameters from.
    var isDistribution: Bool {
        Self.names[Int(index)].module.hasPrefix("scipy.stats.") && name.hasSuffix("_gen")
    }

    private static let names: [(module: String, name: String)] = table.flatMap { module, names in
        names.split(whereSeparator: \.isWhitespace).map { (module, String($0)) }
    }

    private static let indexes: [String: Int32] = Dictionary(
        names.enumerated().map { ("\($1.module).\($1.name)", Int32(truncatingIfNeeded: $0)) },
        uniquingKeysWith: { first, _ in first }
    )

    // MARK: - The table

    /// Module, and what of it may be named.
    private static let table: [(String, String)] =
        linear + trees + machines + structure + preparation + torch + inert

    /// What the state of a PyTorch model is written with; without tensors no pickle makes a model
    /// of it.
    private static let torch: [(String, String)] = [
        (
            "torch._utils",
            "_rebuild_tensor _rebuild_tensor_v2 _rebuild_parameter _rebuild_parameter_with_state"
        ),
        (
            "torch",
            """
            FloatStorage DoubleStorage HalfStorage BFloat16Storage LongStorage IntStorage
            ShortStorage CharStorage ByteStorage BoolStorage Size device float32 float64 float16
            bfloat16 int64 int32 bool
            """
        ),
        ("torch.nn.parameter", "Parameter"),
        (
            "torch.jit._pickle",
            "build_intlist build_doublelist build_boollist build_tensorlist restore_type_tag"
        ),
    ]

    private static let linear: [(String, String)] = [
        ("sklearn.linear_model._base", "LinearRegression"),
        ("sklearn.linear_model._ridge", "Ridge RidgeCV RidgeClassifier RidgeClassifierCV"),
        (
            "sklearn.linear_model._coordinate_descent",
            """
            Lasso LassoCV ElasticNet ElasticNetCV MultiTaskLasso MultiTaskLassoCV
            MultiTaskElasticNet MultiTaskElasticNetCV
            """
        ),
        ("sklearn.linear_model._logistic", "LogisticRegression LogisticRegressionCV"),
        (
            "sklearn.linear_model._stochastic_gradient",
            "SGDRegressor SGDClassifier SGDOneClassSVM"
        ),
        ("sklearn.linear_model._perceptron", "Perceptron"),
        (
            "sklearn.linear_model._passive_aggressive",
            "PassiveAggressiveClassifier PassiveAggressiveRegressor"
        ),
        ("sklearn.linear_model._huber", "HuberRegressor"),
        ("sklearn.linear_model._theil_sen", "TheilSenRegressor"),
        ("sklearn.linear_model._ransac", "RANSACRegressor"),
        ("sklearn.linear_model._bayes", "BayesianRidge ARDRegression"),
        ("sklearn.linear_model._quantile", "QuantileRegressor"),
        ("sklearn.linear_model._least_angle", "Lars LarsCV LassoLars LassoLarsCV LassoLarsIC"),
        ("sklearn.linear_model._omp", "OrthogonalMatchingPursuit OrthogonalMatchingPursuitCV"),
        (
            "sklearn.linear_model._glm.glm",
            "PoissonRegressor GammaRegressor TweedieRegressor GeneralizedLinearRegressor"
        ),
        ("sklearn.linear_model._glm.link", "IdentityLink LogLink LogitLink"),
        ("sklearn._loss.glm_distribution", glmDistributions),
        ("sklearn.discriminant_analysis", discriminants),
        ("sklearn.isotonic", "IsotonicRegression"),
    ]

    private static let glmDistributions = """
        DistributionBoundary NormalDistribution PoissonDistribution GammaDistribution
        InverseGaussianDistribution TweedieDistribution
        """
    private static let discriminants = "LinearDiscriminantAnalysis QuadraticDiscriminantAnalysis"

    private static let trees: [(String, String)] = [
        (
            "sklearn.tree._classes",
            "DecisionTreeClassifier DecisionTreeRegressor ExtraTreeClassifier ExtraTreeRegressor"
        ),
        ("sklearn.tree._tree", "Tree"),
        (
            "sklearn.ensemble._forest",
            """
            RandomForestClassifier RandomForestRegressor ExtraTreesClassifier ExtraTreesRegressor
            """
        ),
        ("sklearn.ensemble._iforest", "IsolationForest"),
        ("sklearn.ensemble._gb", "GradientBoostingClassifier GradientBoostingRegressor"),
        (
            "sklearn.ensemble._gb_losses",
            """
            LeastSquaresError LeastAbsoluteError HuberLossFunction QuantileLossFunction
            BinomialDeviance MultinomialDeviance ExponentialLoss
            """
        ),
        (
            "sklearn.ensemble._hist_gradient_boosting.gradient_boosting",
            "HistGradientBoostingClassifier HistGradientBoostingRegressor"
        ),
        ("sklearn.ensemble._hist_gradient_boosting.predictor", "TreePredictor"),
        ("sklearn.ensemble._hist_gradient_boosting.binning", "_BinMapper"),
        (
            "sklearn.ensemble._hist_gradient_boosting.loss",
            """
            LeastSquares LeastAbsoluteDeviation Poisson BinaryCrossEntropy CategoricalCrossEntropy
            """
        ),
        ("sklearn.ensemble._weight_boosting", "AdaBoostClassifier AdaBoostRegressor"),
    ]

    private static let machines: [(String, String)] = [
        ("sklearn.svm._classes", "LinearSVC LinearSVR SVC SVR NuSVC NuSVR OneClassSVM"),
        ("sklearn.neighbors._classification", "KNeighborsClassifier"),
        ("sklearn.neighbors._regression", "KNeighborsRegressor"),
        ("sklearn.neighbors._nearest_centroid", "NearestCentroid"),
        (
            "sklearn.naive_bayes",
            "GaussianNB MultinomialNB BernoulliNB ComplementNB CategoricalNB"
        ),
        ("sklearn.cluster._kmeans", "KMeans MiniBatchKMeans"),
        ("sklearn.cluster._bisect_k_means", "BisectingKMeans _BisectingTree"),
        ("sklearn.mixture._gaussian_mixture", "GaussianMixture"),
        ("sklearn.decomposition._pca", "PCA"),
        ("sklearn.decomposition._truncated_svd", "TruncatedSVD"),
        ("sklearn.decomposition._incremental_pca", "IncrementalPCA"),
        (
            "sklearn.neural_network._multilayer_perceptron",
            "MLPClassifier MLPRegressor"
        ),
        ("sklearn.dummy", "DummyClassifier DummyRegressor"),
    ]

    private static let structure: [(String, String)] = [
        ("sklearn.pipeline", "Pipeline FeatureUnion"),
        ("sklearn.compose._column_transformer", columnTransformer),
        ("sklearn.compose._target", "TransformedTargetRegressor"),
        ("sklearn.model_selection._search", "GridSearchCV RandomizedSearchCV ParameterGrid"),
        (
            "sklearn.model_selection._search_successive_halving",
            "HalvingGridSearchCV HalvingRandomSearchCV _SubsampleMetaSplitter"
        ),
        (
            "sklearn.model_selection._classification_threshold",
            "FixedThresholdClassifier TunedThresholdClassifierCV _CurveScorer"
        ),
        ("sklearn.ensemble._bagging", "BaggingClassifier BaggingRegressor"),
        ("sklearn.ensemble._voting", "VotingClassifier VotingRegressor"),
        ("sklearn.ensemble._stacking", "StackingClassifier StackingRegressor"),
        ("sklearn.multiclass", "OneVsRestClassifier OneVsOneClassifier _ConstantPredictor"),
        (
            "sklearn.multioutput",
            "MultiOutputClassifier MultiOutputRegressor RegressorChain ClassifierChain"
        ),
        (
            "sklearn.calibration",
            "CalibratedClassifierCV _CalibratedClassifier _SigmoidCalibration"
        ),
        ("sklearn.frozen._frozen", "FrozenEstimator"),
    ]

    private static let columnTransformer = """
        ColumnTransformer make_column_selector _RemainderColsList
        """

    private static let preparation: [(String, String)] = [
        (
            "sklearn.preprocessing._data",
            """
            StandardScaler MinMaxScaler RobustScaler MaxAbsScaler Normalizer Binarizer
            PowerTransformer QuantileTransformer PolynomialFeatures
            """
        ),
        ("sklearn.preprocessing._polynomial", "PolynomialFeatures SplineTransformer"),
        ("sklearn.preprocessing._encoders", "OneHotEncoder OrdinalEncoder"),
        ("sklearn.preprocessing._target_encoder", "TargetEncoder"),
        ("sklearn.preprocessing._label", "LabelEncoder LabelBinarizer MultiLabelBinarizer"),
        ("sklearn.preprocessing._discretization", "KBinsDiscretizer"),
        ("sklearn.preprocessing._function_transformer", "FunctionTransformer _identity"),
        ("sklearn.impute._base", "SimpleImputer MissingIndicator"),
        ("sklearn.impute._knn", "KNNImputer"),
        (
            "sklearn.feature_selection._univariate_selection",
            """
            SelectKBest SelectPercentile SelectFpr SelectFdr SelectFwe GenericUnivariateSelect
            f_classif f_regression chi2 r_regression f_oneway
            """
        ),
        (
            "sklearn.feature_selection._mutual_info",
            "mutual_info_classif mutual_info_regression"
        ),
        ("sklearn.feature_selection._variance_threshold", "VarianceThreshold"),
        ("sklearn.feature_selection._from_model", "SelectFromModel"),
        ("sklearn.feature_selection._rfe", "RFE RFECV"),
        ("sklearn.feature_selection._sequential", "SequentialFeatureSelector"),
    ]
}
