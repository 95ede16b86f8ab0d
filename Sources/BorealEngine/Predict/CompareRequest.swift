import BorealBase
import BorealGraph
import BorealSQL

/// What a DIFF MODEL statement asks for.
struct CompareRequest {
    /// The model's name as written.
    var model: String
    /// The version that is compared with, as the registry writes it.
    var from: String
    /// The version that is compared.
    var to: String
    /// The inner query's text.
    var query: String
    /// `x_cols`, for both versions; nil for what each of them was trained on.
    var features: [String]?
    /// `y_cols`; nil when there is nothing to judge by.
    var label: String?
    /// `metrics`; empty for the plainest one.
    var metrics: [EvaluationMetric]
    /// `s_cols`: the columns in the file; nil for all.
    var carried: [String]?

    /// The columns that feed a version.
    func features(of graph: ModelGraph) -> [String] {
        if let features { return features }
        let own = graph.metadata.featureColumns
        return own.isEmpty ? graph.inputs.map(\.name) : own
    }

    /// What judges a version.
    func metrics(of question: EvaluationMetric.Question) -> [EvaluationMetric] {
        guard metrics.isEmpty else { return metrics }
        return switch question {
        case .binary, .multiclass: [.acc]
        case .regression: [.r2Score]
        case .clustering: []
        }
    }
}

extension RequestReader {
    static func compare(_ statement: DiffModel) throws(ServerError) -> CompareRequest {
        let reader = try OptionReader(
            statement.options,
            known: ["x_cols", "y_cols", "metrics", "s_cols"]
        )
        let labels = try reader.columns("y_cols") ?? []
        guard labels.count <= 1 else {
            throw .invalidOption("y_cols", "one label column is expected, not \(labels.count)")
        }
        let metrics = try reader.text("metrics")
        if metrics != nil, labels.isEmpty {
            throw .invalidOption("metrics", "there is nothing to judge by without y_cols")
        }
        return CompareRequest(
            model: statement.name.name,
            from: try statement.from.name.asciiLowercased,
            to: try statement.to.name.asciiLowercased,
            query: statement.query.text,
            features: try reader.columns("x_cols"),
            label: labels.first,
            metrics: try metrics.map { (list) throws(ServerError) in
                try EvaluationMetric.list(list)
            } ?? [],
            carried: try reader.columns("s_cols")
        )
    }
}
