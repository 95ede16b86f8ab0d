/// What validation data is judged by while training goes on; LightGBM's names.
public enum TrainingMetric: String, CaseIterable, Sendable {
    /// Mean absolute error.
    case l1
    /// Mean squared error.
    case l2
    /// Root of the mean squared error.
    case rmse
    /// Mean loss of the percentile `alpha`.
    case quantile
    /// Mean of |label - prediction| / max(1, |label|).
    case mape
    /// Mean of Huber's loss with `alpha`.
    case huber
    /// Mean of the fair loss with `fair_c`.
    case fair
    /// Mean negative log-likelihood of Poisson's distribution, without what labels alone decide.
    case poisson
    /// Mean negative log-likelihood of the gamma distribution.
    case gamma
    /// Twice the summed residual deviance of the gamma distribution.
    case gammaDeviance = "gamma_deviance"
    /// Mean negative log-likelihood of Tweedie's distribution, without what labels alone decide.
    case tweedie
    /// Area under the ROC curve.
    case auc
    /// Mean of the precisions at the scores of positive rows.
    case averagePrecision = "average_precision"
    /// Log-loss of two classes.
    case binaryLogloss = "binary_logloss"
    /// Share of rows on the wrong side of probability 0.5.
    case binaryError = "binary_error"
    /// Mean of the areas under the curves of all pairs of classes (Kleiman and Page 2019).
    case aucMu = "auc_mu"
    /// Cross-entropy of several classes.
    case multiLogloss = "multi_logloss"
    /// Share of rows whose class is not among the `multi_error_top_k` greatest scores.
    case multiError = "multi_error"
    /// Cross-entropy of labels in [0, 1].
    case crossEntropy = "cross_entropy"
    /// Cross-entropy where rows are as many trials as they weigh.
    case crossEntropyLambda = "cross_entropy_lambda"
    /// Cross-entropy minus the entropy of the labels.
    case kullbackLeibler = "kullback_leibler"
    /// Normalised discounted cumulative gain at `eval_at`.
    case ndcg
    /// Mean average precision at `eval_at`.
    case map

    private static let aliases: [String: TrainingMetric] = [
        "mean_absolute_error": .l1, "mae": .l1, "regression_l1": .l1, "mean_squared_error": .l2,
        "mse": .l2, "regression_l2": .l2, "regression": .l2, "root_mean_squared_error": .rmse,
        "l2_root": .rmse, "mean_absolute_percentage_error": .mape, "binary": .binaryLogloss,
        "multiclass": .multiLogloss, "softmax": .multiLogloss, "multiclassova": .multiLogloss,
        "multiclass_ova": .multiLogloss, "ova": .multiLogloss, "ovr": .multiLogloss,
        "xentropy": .crossEntropy, "xentlambda": .crossEntropyLambda, "kldiv": .kullbackLeibler,
        "lambdarank": .ndcg, "rank_xendcg": .ndcg, "xendcg": .ndcg, "xe_ndcg": .ndcg,
        "xe_ndcg_mart": .ndcg, "xendcg_mart": .ndcg, "mean_average_precision": .map,
    ]

    /// - Parameter name: LightGBM's name or one of its aliases, in lower case.
    public init?(name: String) {
        guard let metric = TrainingMetric(rawValue: name) ?? Self.aliases[name] else { return nil }
        self = metric
    }

    /// True when a greater value is a better one.
    public var greaterIsBetter: Bool {
        switch self {
        case .auc, .averagePrecision, .aucMu, .ndcg, .map: true
        default: false
        }
    }

    /// What an objective is judged by when nobody says otherwise.
    static func standard(for objective: TrainingParameters.Objective) -> TrainingMetric {
        switch objective {
        case .binary, .exponential: .binaryLogloss
        case .multiclass, .oneVersusAll: .multiLogloss
        case .crossEntropy: .crossEntropy
        case .crossEntropyLambda: .crossEntropyLambda
        case .regression: .l2
        case .regressionL1: .l1
        case .huber: .huber
        case .fair: .fair
        case .poisson: .poisson
        case .quantile: .quantile
        case .mape: .mape
        case .gamma: .gamma
        case .tweedie: .tweedie
        case .lambdarank, .rankXENDCG: .ndcg
        }
    }

    /// True when the metric says something about the objective's scores: about numbers, about an
    /// order, about probabilities, or about classes.
    func suits(_ objective: TrainingParameters.Objective) -> Bool {
        switch self {
        case .multiLogloss, .multiError, .aucMu: objective.hasScoreForEachClass
        case .binaryLogloss, .binaryError, .crossEntropy, .kullbackLeibler:
            objective.hasTwoClasses || objective == .crossEntropy
        case .crossEntropyLambda: objective == .crossEntropyLambda
        default: !objective.hasScoreForEachClass
        }
    }
}

extension TrainingParameters {
    /// The metrics that are computed: those asked for, else the objective's own.
    var effectiveMetrics: [TrainingMetric] {
        if usesNoMetric { return [] }
        return metrics.isEmpty ? [TrainingMetric.standard(for: objective)] : metrics
    }
}
