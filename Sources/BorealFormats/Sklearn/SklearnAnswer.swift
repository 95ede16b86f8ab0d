import BorealGraph

/// Numbers between two steps, and where they come from.
struct SklearnFlow {
    /// Double: `[columns.count]`.
    var tensor: TensorID
    /// For each column the feature whose untouched cells it holds; nil for what was computed.
    var columns: [Int?]

    var width: Int { columns.count }

    /// What a step computed.
    init(tensor: TensorID, width: Int) {
        self.tensor = tensor
        columns = [Int?](repeating: nil, count: width)
    }

    init(tensor: TensorID, columns: [Int?]) {
        self.tensor = tensor
        self.columns = columns
    }
}

/// What an estimator answers, as tensors; nil for what its class does not have.
struct SklearnAnswer {
    /// What the estimator is.
    enum Kind {
        case classifier, regressor, clusterer, outlierDetector, transformer
    }

    var kind: Kind
    /// `predict` of a regressor: Double, one for each target.
    var numbers: TensorID?
    /// `predict` of all others that have one: positions among the classes, one for each answer.
    var codes: TensorID?
    /// For each answer its classes; empty when codes are the answer themselves.
    var classes: [Labels] = []
    /// `predict_proba`: all answers' classes side by side.
    var probabilities: TensorID?
    /// `predict_log_proba` where it is not the logarithm of the probabilities.
    var logProbabilities: TensorID?
    /// `decision_function`.
    var decision: TensorID?
    /// `score_samples`.
    var scores: TensorID?
    /// `transform`.
    var features: SklearnFlow?
    /// `apply`: Int64.
    var leaves: TensorID?

    init(_ kind: Kind) { self.kind = kind }

    /// What a step computed of features.
    init(features tensor: TensorID, width: Int) {
        kind = .transformer
        features = SklearnFlow(tensor: tensor, width: width)
    }

    /// New features that may be untouched ones.
    init(_ flow: SklearnFlow) {
        kind = .transformer
        features = flow
    }

    /// Numbers that a regressor predicts.
    init(numbers: TensorID) {
        kind = .regressor
        self.numbers = numbers
    }
}
