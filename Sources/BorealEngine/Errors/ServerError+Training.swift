package import BorealBase
package import BorealBoost

extension ServerError {
    /// The number and sentence of a training error. Parameters are options (9055), rows are values
    /// (9062).
    package init(training error: TrainingError) {
        switch error {
        case .unknownParameter(let name, let nearest):
            self = .invalidOption(name, "unknown parameter; did you mean '\(nearest)'?")
        case .wrongType(let name, let expected, let value):
            self = .invalidOption(name, "'\(value)' is no \(expected)")
        case .outOfRange(let name, let allowed, let value):
            self = .invalidOption(name, "'\(value)' is not in \(allowed)")
        case .unknownChoice(let name, let allowed, let value):
            self = .invalidOption(
                name,
                "'\(value)' is none of " + allowed.joined(separator: ", ")
            )
        case .parameterMissing(let name, let advice):
            self = .invalidOption(name, "the parameter is missing; \(advice)")
        case .parameterTwice(let name, let first, let second):
            self = .invalidOption(
                second,
                first == second ? "given twice" : "'\(first)' sets '\(name)' already"
            )
        case .unsupported(let name, let value): self = .unsupported("\(name) \(value)")
        case .conflict(let name, let other, let reason):
            self = .invalidOption(name, "contradicts '\(other)': \(reason)")
        case .metricUnsuitable(let metric, let objective):
            self = .invalidOption("metric", "'\(metric)' does not suit objective '\(objective)'")
        case .noValidationData:
            self = .invalidOption("early_stopping_round", "there is no validation data")
        case .groupsMissing(let purpose):
            self = .invalidOption("group_col", "the option is missing; '\(purpose)' needs groups")
        case .lengthMismatch(let name, let count, let expected)
        where ["monotone_constraints", "feature_contri", "auc_mu_weights"].contains(name):
            self = .invalidOption(name, "it has \(count) members, not \(expected)")
        case .inValidation(.emptyTrainingSet):
            self = ServerError(.badRowValue, "There are no validation rows to judge training by")
        case .inValidation(let error):
            let inner = ServerError(training: error)
            self = ServerError(inner.code, "Validation data: " + inner.message)
        default: self = Self.rows(error)
        }
    }

    /// Errors of the training set.
    private static func rows(_ error: TrainingError) -> ServerError {
        switch error {
        case .emptyTrainingSet:
            ServerError(
                .badRowValue,
                "The training query returned no rows; there is nothing to learn"
            )
        case .tooManyRows(let count, let limit):
            ServerError(.badRowValue, "\(count) rows are too many; \(limit) can be trained on")
        case .singleLabelValue(let value):
            .invalidOption("y_cols", "the label has the one value \(value); two are needed")
        case .labelNotFinite(let row):
            .badRowValue(row: row + 1, column: "label", "the label is missing or not finite")
        case .labelOutOfRange(let row, let value, let count):
            .badRowValue(row: row + 1, column: "label", "\(value) is no class below \(count)")
        case .labelUnsuitable(let row, let value, let purpose, let rule):
            .badRowValue(
                row: row + 1,
                column: "label",
                "\(value) is no label of '\(purpose)': \(rule)"
            )
        case .labelsAllZero(let objective):
            ServerError(.badRowValue, "All labels are 0; '\(objective)' cannot start from them")
        case .weightsAllZero: ServerError(.badRowValue, "All weights are 0")
        case .weightInvalid(let row, let value):
            .badRowValue(row: row + 1, column: "weight", "\(value) is no weight")
        case .categoryOutOfRange(let column, let row, let code):
            .badRowValue(row: row + 1, column: column, "\(code) is no category")
        case .valueMissing(let column, let row, let learner):
            .badRowValue(
                row: row + 1,
                column: column,
                "the value is NULL; the class '\(learner)' takes none"
            )
        case .valueNotFinite(let column, let row, let value):
            .badRowValue(row: row + 1, column: column, "\(value) is no finite number")
        case .tooFewRows(let name, let value, let rows):
            ServerError(
                .badRowValue,
                "The training query returned \(rows) rows, too few for \(name)=\(value)"
            )
        case .diverged(let advice):
            ServerError(.badRowValue, "Training diverged; \(advice)")
        case .cancelled: .interrupted
        default: .internalError("training: \(error)")
        }
    }
}

extension TrainingError {
    /// The error with the row's number in the training query, when training saw the rows in
    /// another order.
    func inQuery(_ set: TrainingSetBuilder.Output) -> TrainingError {
        if case .inValidation(let error) = self {
            return .inValidation(error.inQuery(set.validation?.order))
        }
        return inQuery(set.order)
    }

    private func inQuery(_ order: [Int]?) -> TrainingError {
        guard let order else { return self }
        return switch self {
        case .labelNotFinite(let row): .labelNotFinite(row: order[row])
        case .labelUnsuitable(let row, let value, let purpose, let rule):
            .labelUnsuitable(row: order[row], value: value, purpose: purpose, rule: rule)
        case .labelOutOfRange(let row, let value, let count):
            .labelOutOfRange(row: order[row], value: value, classCount: count)
        case .weightInvalid(let row, let value): .weightInvalid(row: order[row], value: value)
        case .categoryOutOfRange(let column, let row, let code):
            .categoryOutOfRange(column: column, row: order[row], code: code)
        case .valueMissing(let column, let row, let learner):
            .valueMissing(column: column, row: order[row], learner: learner)
        case .valueNotFinite(let column, let row, let value):
            .valueNotFinite(column: column, row: order[row], value: value)
        default: self
        }
    }
}
