/// What validation data is judged by while training goes on; LightGBM's names.
public enum TrainingMetric: String, CaseIterable, Sendable {
    /// Log-loss of two classes.
    case binaryLogloss = "binary_logloss"
    /// Share of rows on the wrong side of probability 0.5.
    case binaryError = "binary_error"
    /// Area under the ROC curve.
    case auc
    /// Cross-entropy of several classes.
    case multiLogloss = "multi_logloss"
    /// Share of rows whose class has not the greatest score.
    case multiError = "multi_error"
    /// Mean squared error.
    case l2
    /// Root of the mean squared error.
    case rmse
    /// Mean absolute error.
    case l1

    /// - Parameter name: LightGBM's name or one of its aliases, in lower case.
    public init?(name: String) {
        switch name {
        case "binary", "binary_logloss": self = .binaryLogloss
        case "binary_error": self = .binaryError
        case "auc": self = .auc
        case "multiclass", "softmax", "multi_logloss": self = .multiLogloss
        case "multi_error": self = .multiError
        case "l2", "mse", "mean_squared_error", "regression", "regression_l2": self = .l2
        case "rmse", "root_mean_squared_error", "l2_root": self = .rmse
        case "l1", "mae", "mean_absolute_error", "regression_l1": self = .l1
        default: return nil
        }
    }

    /// True when a greater value is a better one.
    public var greaterIsBetter: Bool { self == .auc }

    /// What an objective is judged by when nobody says otherwise.
    static func standard(for objective: TrainingParameters.Objective) -> TrainingMetric {
        switch objective {
        case .binary: .binaryLogloss
        case .multiclass: .multiLogloss
        case .regression: .l2
        case .regressionL1: .l1
        }
    }

    /// True when the metric can be computed from the objective's scores.
    func suits(_ objective: TrainingParameters.Objective) -> Bool {
        switch self {
        case .binaryLogloss, .binaryError, .auc: objective == .binary
        case .multiLogloss, .multiError: objective == .multiclass
        case .l2, .rmse, .l1: objective == .regression || objective == .regressionL1
        }
    }
}
