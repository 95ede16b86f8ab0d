public import BorealBoost

/// Why a graph cannot be built, or cannot answer the rows it was given.
public enum GraphError: Error, Equatable, Sendable {
    /// A cell cannot become the feature it is meant for; `row` counts from 0 within the batch.
    case badValue(row: Int, column: String, value: String, expected: FeatureKind.Name)
    /// The columns given are fewer or more than the model's features.
    case featureCountMismatch(expected: Int, given: Int)
    /// A name that is wanted is not among the columns of the batch.
    case unknownColumn(name: String)
    /// A batch lacks a column that the binder was made for.
    case columnMissing(index: Int)
    /// The model has no output of that role.
    case outputMissing(role: GraphOutput.Role)
    /// The operators do not fit together: what is wrong, where.
    case invalidGraph(reason: String)
    /// The trees are no trees, or ask for what rows do not have.
    case damagedEnsemble(EnsembleDefect)
    /// A count beyond what a model may have.
    case tooLarge(what: String, limit: Int)
    /// Somebody set the cancellation flag.
    case cancelled
}
