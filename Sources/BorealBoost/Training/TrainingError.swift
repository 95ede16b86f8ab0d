/// What can go wrong in training: parameters, data, and requests to stop.
public enum TrainingError: Error, Equatable, Sendable {
    /// No parameter or alias has this name; `nearest` is the known name that is spelt most like it.
    case unknownParameter(name: String, nearest: String)
    /// The value has the wrong type; `expected` is "integer", "number", "boolean", "text" or
    /// "list".
    case wrongType(parameter: String, expected: String, value: String)
    /// The value is outside of what is allowed; `allowed` is an interval such as `[2, 131072]`.
    case outOfRange(parameter: String, allowed: String, value: String)
    /// The value is none of the words allowed.
    case unknownChoice(parameter: String, allowed: [String], value: String)
    /// A parameter that the class cannot do without is absent; `advice` says what to give.
    case parameterMissing(name: String, advice: String)
    /// One parameter was given twice, perhaps under two of its names.
    case parameterTwice(name: String, first: String, second: String)
    /// The parameter or value exists in LightGBM, but training here does not support it.
    case unsupported(parameter: String, value: String)
    /// Two parameters contradict each other; `reason` names the rule in LightGBM's words.
    case conflict(parameter: String, with: String, reason: String)
    /// The training or validation set has no rows.
    case emptyTrainingSet
    /// The table has no feature columns.
    case noFeatures
    /// A column, label, weight or score array is not as long as the others.
    case lengthMismatch(name: String, count: Int, expected: Int)
    /// A validation column holds numbers where the training column holds categories, or the
    /// reverse.
    case columnKindMismatch(name: String)
    /// More rows than a row index holds.
    case tooManyRows(count: Int, limit: Int)
    /// The label takes one value only where at least two are needed.
    case singleLabelValue(value: Double)
    /// A label is NaN or infinite.
    case labelNotFinite(row: Int)
    /// A label is not a class number that the objective allows.
    case labelOutOfRange(row: Int, value: Double, classCount: Int)
    /// A label is not what the objective or metric `purpose` takes; `rule` says what it takes.
    case labelUnsuitable(row: Int, value: Double, purpose: String, rule: String)
    /// All labels are 0 where the logarithm of their mean is taken.
    case labelsAllZero(objective: String)
    /// The objective, metric or parameter `purpose` needs groups, and the table has none.
    case groupsMissing(purpose: String)
    /// A weight is negative, NaN or infinite.
    case weightInvalid(row: Int, value: Double)
    /// Weights or scores add up to nothing to learn from.
    case weightsAllZero
    /// A category code is at or above the column's category count.
    case categoryOutOfRange(column: String, row: Int, code: Int)
    /// A feature is missing where the class takes none; `learner` names the class.
    case valueMissing(column: String, row: Int, learner: String)
    /// A feature is infinite where the class takes finite numbers only.
    case valueNotFinite(column: String, row: Int, value: Double)
    /// A parameter asks for more than the rows give: `n_clusters` 8 of 5 rows.
    case tooFewRows(parameter: String, value: String, rows: Int)
    /// Training went astray: its numbers are no longer finite. `advice` says what to change.
    case diverged(advice: String)
    /// The metric does not suit the objective.
    case metricUnsuitable(metric: String, objective: String)
    /// Early stopping was asked for without validation data.
    case noValidationData
    /// Something is wrong with the validation set.
    indirect case inValidation(TrainingError)
    /// Somebody asked for the end.
    case cancelled
}
