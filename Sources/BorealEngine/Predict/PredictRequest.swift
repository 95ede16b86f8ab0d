import BorealBase

/// What a PREDICT statement asks for, its options read and checked.
struct PredictRequest {
    /// The model's name as written.
    var model: String
    /// The version named; nil for the default one.
    var version: String?
    /// The select list.
    var items: [Projection.Item]
    /// The inner query's text.
    var query: String
    /// `x_cols`
    var features: [String]
    /// `s_cols`: carried into the result file.
    var carried: [String]
    /// `mode='async'`
    var isOffline: Bool
    /// Which columns the model adds.
    var answer: PredictionOptions
    /// `INTO`: the table that is written too.
    var target: TableTarget?
}

/// What an EVALUATE statement asks for.
struct EvaluateRequest {
    var model: String
    /// The version named; nil for the default one.
    var version: String?
    var items: [Projection.Item]
    var query: String
    var features: [String]
    /// `y_cols`; empty for a model of clusters.
    var labels: [String]
    /// `multioutput='raw_values'`: metrics of each label column instead of their mean.
    var isByColumn: Bool
    var carried: [String]
    var metrics: [EvaluationMetric]
}

/// What a CREATE MODEL statement asks for.
struct CreateModelRequest {
    var model: String
    /// CREATE OR REPLACE.
    var isReplacement: Bool
    var features: [String]
    /// `y_cols`; nil for a class that takes no label.
    var label: String?
    var query: String
    var validation: ValidationSource?
    /// `model_class` and `model_parameter`
    var plan: TrainingPlan
}
