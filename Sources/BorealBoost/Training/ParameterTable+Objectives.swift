extension ParameterTable {
    private static let positive = Interval(lower: 0, upper: .infinity, lowerIsOpen: true)
    private static let notNegative = Interval(lower: 0, upper: .infinity)

    /// What objectives take beside their name.
    static let objectives: [Entry] = [
        entry("sigmoid", [], .real(positive) { $0.sigmoid = $1 }),
        entry("boost_from_average", [], .boolean { $0.boostsFromAverage = $1 }),
        entry(
            "is_unbalance",
            ["unbalance", "unbalanced_sets"],
            .boolean { $0.isUnbalanced = $1 }
        ),
        entry("scale_pos_weight", [], .real(positive) { $0.scalePositiveWeight = $1 }),
        entry("alpha", [], .real(positive) { $0.alpha = $1 }),
        entry("fair_c", [], .real(positive) { $0.fairC = $1 }),
        entry("poisson_max_delta_step", [], .real(positive) { $0.poissonMaxDeltaStep = $1 }),
        entry(
            "tweedie_variance_power",
            [],
            .real(Interval(lower: 1, upper: 2, upperIsOpen: true)) { $0.tweedieVariancePower = $1 }
        ),
        entry("reg_sqrt", [], .boolean { $0.takesRootOfLabel = $1 }),
        entry(
            "lambdarank_truncation_level",
            [],
            .integer(1...countMax) { $0.lambdarankTruncation = $1 }
        ),
        entry("lambdarank_norm", [], .boolean { $0.lambdarankNormalises = $1 }),
        // Without positions of rows, which training does not take, there is no bias to regularise.
        entry("lambdarank_position_bias_regularization", [], .ignored),
        entry("label_gain", [], .reals(notNegative) { $0.labelGain = $1 }),
    ]

    /// What is computed on validation data, and when that ends training.
    static let stopping: [Entry] = [
        entry(
            "metric",
            ["metrics", "metric_types"],
            .words { (parameters, words) throws(TrainingError) in
                try setMetrics(words, &parameters)
            }
        ),
        entry(
            "eval_at",
            ["ndcg_eval_at", "ndcg_at", "map_eval_at", "map_at"],
            .integers(1...countMax) { (parameters, positions) throws(TrainingError) in
                guard !positions.isEmpty else {
                    throw .wrongType(parameter: "eval_at", expected: "list", value: "")
                }
                parameters.evaluationPositions = Array(Set(positions)).sorted()
            }
        ),
        entry("multi_error_top_k", [], .integer(1...countMax) { $0.multiErrorTopK = $1 }),
        entry("auc_mu_weights", [], .reals(notNegative) { $0.aucMuWeights = $1 }),
        entry(
            "early_stopping_round",
            ["early_stopping_rounds", "early_stopping", "n_iter_no_change"],
            .integer(-1...countMax) { $0.earlyStoppingRounds = max(0, $1) }
        ),
        entry(
            "early_stopping_min_delta",
            [],
            .real(notNegative) { $0.earlyStoppingMinDelta = $1 }
        ),
        entry("first_metric_only", [], .boolean { $0.usesFirstMetricOnly = $1 }),
        entry(
            "histogram_pool_size",
            ["hist_pool_size"],
            .real(Interval(lower: -1, upper: 1_073_741_824)) {
                if $1 > 0 { $0.histogramBytesMax = Int($1 * 1_048_576) }
            }
        ),
    ]

    /// LightGBM's names of the objectives, with all of its aliases.
    static func objective(
        named word: String
    ) throws(TrainingError) -> TrainingParameters.Objective {
        if let objective = TrainingParameters.Objective(rawValue: word) { return objective }
        switch word {
        case "regression_l2", "l2", "mean_squared_error", "mse", "l2_root",
            "root_mean_squared_error", "rmse":
            return .regression
        case "l1", "mean_absolute_error", "mae": return .regressionL1
        case "mean_absolute_percentage_error": return .mape
        case "softmax": return .multiclass
        case "multiclass_ova", "ova", "ovr": return .oneVersusAll
        case "xentropy": return .crossEntropy
        case "xentlambda": return .crossEntropyLambda
        case "xendcg", "xe_ndcg", "xe_ndcg_mart", "xendcg_mart": return .rankXENDCG
        case "custom", "none", "null", "na":
            throw .unsupported(parameter: "objective", value: word)
        default:
            throw .unknownChoice(
                parameter: "objective",
                allowed: TrainingParameters.Objective.allCases.map(\.rawValue),
                value: word
            )
        }
    }

    static func boosting(
        named word: String
    ) throws(TrainingError) -> TrainingParameters.Boosting {
        switch word {
        case "gbdt", "gbrt": return .gbdt
        case "rf", "random_forest": return .rf
        case "dart": return .dart
        case "goss": return .goss
        case "gblinear": return .gblinear
        default:
            throw .unknownChoice(
                parameter: "boosting",
                allowed: TrainingParameters.Boosting.allCases.map(\.rawValue),
                value: word
            )
        }
    }

    /// Names of metrics; one of LightGBM's words for none must stand alone.
    private static func setMetrics(
        _ words: [String],
        _ parameters: inout TrainingParameters
    ) throws(TrainingError) {
        var metrics: [TrainingMetric] = []
        var isNone = false
        for word in words where !word.isEmpty {
            let folded = word.lowercased()
            if ["none", "na", "null", "custom"].contains(folded) {
                isNone = true
                continue
            }
            guard let metric = TrainingMetric(name: folded) else {
                throw .unknownChoice(
                    parameter: "metric",
                    allowed: TrainingMetric.allCases.map(\.rawValue),
                    value: word
                )
            }
            if !metrics.contains(metric) { metrics.append(metric) }
        }
        guard !isNone || metrics.isEmpty else {
            throw .conflict(
                parameter: "metric",
                with: "metric",
                reason: "None stands beside other metrics"
            )
        }
        parameters.metrics = metrics
        parameters.usesNoMetric = isNone
    }
}
