import BorealBase
import BorealLearners
import BorealSQL

/// Turns the trees of model statements into requests: all that can be known of them without the
/// registry and the tables.
enum RequestReader {
    static func create(_ statement: CreateModel) throws(ServerError) -> CreateModelRequest {
        let reader = try OptionReader(
            statement.options,
            known: [
                "model_class", "x_cols", "y_cols", "model_parameter", "valid", "valid_fraction",
            ]
        )
        var plan = try TrainingPlan(
            modelClass: reader.requiredText("model_class"),
            reader.parameters("model_parameter")
        )
        let features = try reader.requiredColumns("x_cols")
        let label = try label(reader, of: plan, features)
        let validation = try validation(reader)
        try plan.check(hasValidation: validation != nil)
        try plan.checkColumns(features)
        plan.settleJudges(hasValidation: validation != nil)
        let known = Set(features.map(\.asciiLowercased))
        if let unknown = plan.categoricalColumns.subtracting(known).min() {
            throw .invalidOption("categorical_feature", "column '\(unknown)' is not in x_cols")
        }
        if let tags = plan.extras.tags, known.contains(tags.column.asciiLowercased) {
            throw .invalidOption("automl_column", "column '\(tags.column)' is in x_cols")
        }
        return CreateModelRequest(
            model: statement.name.name,
            isReplacement: statement.orReplace,
            features: features,
            label: label,
            query: statement.query.text,
            validation: validation,
            plan: plan
        )
    }

    /// The label column, which must be no feature; nil for a class that takes none.
    private static func label(
        _ reader: OptionReader,
        of plan: TrainingPlan,
        _ features: [String]
    ) throws(ServerError) -> String? {
        guard let labels = try reader.columns("y_cols") else {
            if plan.intake.label == .none { return nil }
            let name = plan.modelClass.rawValue
            throw .invalidOption("y_cols", "the class '\(name)' needs a label column")
        }
        // The vendor's agents name a label for every class.
        if plan.intake.label == .none { return nil }
        guard labels.count == 1 else {
            throw .invalidOption("y_cols", "one label column is expected, not \(labels.count)")
        }
        let folded = labels[0].asciiLowercased
        if features.contains(where: { $0.asciiLowercased == folded }) {
            throw .invalidOption("x_cols", "column '\(labels[0])' is the label")
        }
        return labels[0]
    }

    /// `valid=(SELECT ...)` or `valid_fraction=0.2`.
    private static func validation(_ reader: OptionReader) throws(ServerError) -> ValidationSource?
    {
        let fraction = try reader.number("valid_fraction")
        guard let query = try reader.query("valid") else {
            guard let fraction else { return nil }
            guard fraction > 0, fraction < 1 else {
                throw .invalidOption("valid_fraction", "'\(fraction)' is not in (0.0, 1.0)")
            }
            return .fraction(fraction)
        }
        guard fraction == nil else {
            throw .invalidOption("valid_fraction", "contradicts 'valid': give one of the two")
        }
        return .query(query)
    }

    static func predict(_ statement: SelectFromPredict) throws(ServerError) -> PredictRequest {
        let reader = try OptionReader(
            statement.options,
            known: PredictionOptions.names.union([
                "x_cols", "y_cols", "mode", "s_cols", "into_type", "primary_key",
            ])
        )
        _ = try reader.text("y_cols")
        let isOffline = try isOffline(reader)
        return PredictRequest(
            model: statement.name.name,
            version: try statement.version?.name,
            items: try items(statement.items),
            query: statement.query.text,
            features: try reader.requiredColumns("x_cols"),
            carried: try reader.columns("s_cols") ?? [],
            isOffline: isOffline,
            answer: try PredictionOptions(reader),
            target: try TableTarget.read(statement.into, isOffline: isOffline, reader)
        )
    }

    /// SELECT ... FROM EXPLAIN: PREDICT with contributions in place of predictions.
    static func explain(_ statement: SelectFromExplain) throws(ServerError) -> PredictRequest {
        let reader = try OptionReader(
            statement.options,
            known: ["x_cols", "y_cols", "mode", "s_cols", "method", "on_error"]
        )
        _ = try reader.text("y_cols")
        _ = try reader.text("method")
        return PredictRequest(
            model: statement.name.name,
            version: try statement.version?.name,
            items: try items(statement.items),
            query: statement.query.text,
            features: try reader.requiredColumns("x_cols"),
            carried: try reader.columns("s_cols") ?? [],
            isOffline: try isOffline(reader),
            answer: try PredictionOptions(explanation: reader)
        )
    }

    static func isOffline(_ reader: OptionReader) throws(ServerError) -> Bool {
        let mode = try reader.text("mode") ?? ""
        guard ["", "async"].contains(mode.asciiLowercased) else {
            throw .invalidOption("mode", "'\(mode)' is not 'async'")
        }
        return !mode.isEmpty
    }

    static func evaluate(_ statement: SelectFromEvaluate) throws(ServerError) -> EvaluateRequest {
        let reader = try OptionReader(
            statement.options,
            known: ["x_cols", "y_cols", "metrics", "s_cols", "multioutput"]
        )
        let labels = try reader.columns("y_cols") ?? []
        let average = try reader.text("multioutput") ?? "uniform_average"
        guard ["uniform_average", "raw_values"].contains(average.asciiLowercased) else {
            throw .invalidOption(
                "multioutput",
                "'\(average)' is neither 'uniform_average' nor 'raw_values'"
            )
        }
        let isByColumn = average.asciiLowercased == "raw_values"
        guard labels.count > 1 || !isByColumn else {
            throw .invalidOption("multioutput", "'raw_values' is for several label columns")
        }
        return EvaluateRequest(
            model: statement.name.name,
            version: try statement.version?.name,
            items: try items(statement.items),
            query: statement.query.text,
            features: try reader.requiredColumns("x_cols"),
            labels: labels,
            isByColumn: isByColumn,
            carried: try reader.columns("s_cols") ?? [],
            metrics: try EvaluationMetric.list(reader.requiredText("metrics"))
        )
    }

    /// The select list: `*` and columns, with or without an alias.
    static func items(_ items: [SelectItem]) throws(ServerError) -> [Projection.Item] {
        var read: [Projection.Item] = []
        for item in items {
            switch item.kind {
            case .star, .tableStar: read.append(.all)
            case .expression(let expression, let alias):
                guard case .column(let column) = expression.kind else {
                    throw .unsupported("an expression in the select list of PREDICT or EVALUATE")
                }
                read.append(.column(column.name.name, alias: alias?.name))
            }
        }
        return read
    }
}
