import BorealBase
import BorealSQL

/// What SELECT ... FROM EXPLAIN asks of all rows together: a background task.
struct InfluenceRequest {
    /// What is measured.
    enum Method {
        /// What the metric loses when a feature's values are shuffled.
        case permutation(label: String, metric: EvaluationMetric, repeats: Int, seed: Int64)
        /// The mean answer at points of a feature.
        case dependence(points: Int)
    }

    var model: String
    /// The version named; nil for the default one.
    var version: String?
    var query: String
    /// `x_cols`
    var features: [String]
    /// `features`: the model's features to look at; empty for all.
    var only: [String]
    var method: Method
}

extension RequestReader {
    /// Reads `method='permutation'` and `method='dependence'`; nil for contributions row by row.
    static func influence(
        _ statement: SelectFromExplain
    ) throws(ServerError) -> InfluenceRequest? {
        let method: String
        switch statement.options["method"]?.value.kind {
        case .string(let text), .word(let text): method = text.asciiLowercased
        default: return nil
        }
        let common: Set<String> = ["method", "mode", "x_cols", "y_cols", "features"]
        let reader: OptionReader
        let kind: InfluenceRequest.Method
        switch method {
        case "", "shap": return nil
        case "permutation":
            reader = try OptionReader(
                statement.options,
                known: common.union(["metrics", "repeats", "seed"])
            )
            kind = try permutation(reader)
        case "dependence":
            reader = try OptionReader(statement.options, known: common.union(["points"]))
            kind = .dependence(
                points: try reader.integer("points", in: 2...Limits.gridPointsMax) ?? 20
            )
        default:
            throw .invalidOption("method", "'\(method)' is none of shap, permutation, dependence")
        }
        _ = try isOffline(reader)
        guard try items(statement.items) == [.all] else {
            throw .unsupported("a select list of method='\(method)'")
        }
        return InfluenceRequest(
            model: statement.name.name,
            version: try statement.version?.name,
            query: statement.query.text,
            features: try reader.requiredColumns("x_cols"),
            only: try reader.columns("features") ?? [],
            method: kind
        )
    }

    private static func permutation(
        _ reader: OptionReader
    ) throws(ServerError) -> InfluenceRequest.Method {
        let labels = try reader.requiredColumns("y_cols")
        guard labels.count == 1 else {
            throw .invalidOption("y_cols", "one label column is expected, not \(labels.count)")
        }
        let metrics = try EvaluationMetric.list(reader.requiredText("metrics"))
        guard metrics.count == 1 else {
            throw .invalidOption("metrics", "one metric is expected, not \(metrics.count)")
        }
        guard metrics[0].isNumber else {
            throw .invalidOption("metrics", "'\(metrics[0].rawValue)' is no number to compare")
        }
        return .permutation(
            label: labels[0],
            metric: metrics[0],
            repeats: try reader.integer("repeats", in: 1...Limits.permutationsMax) ?? 5,
            seed: Int64(try reader.integer("seed", in: 0...Int(Int32.max)) ?? 0)
        )
    }
}
