public import BorealBoost

/// Why a graph cannot be built, or cannot answer the rows it was given.
public enum GraphError: Error, Equatable, Sendable {
    /// A cell cannot become the feature it is meant for; `row` counts from 0 within the batch.
    case badValue(row: Int, column: String, value: String, expected: FeatureKind.Name)
    /// A cell is no list of the form that the model takes; `row` counts from 0 within the batch.
    case badList(row: Int, column: String, defect: ListDefect)
    /// A cell is NULL where the model takes no missing values; `row` counts from 0 within the
    /// batch.
    case missingValue(row: Int, column: String)
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
    /// The model's scores cannot be split into what its features contribute.
    case notExplainable(reason: String)
    /// A count beyond what a model may have.
    case tooLarge(what: String, limit: Int)
    /// Somebody set the cancellation flag.
    case cancelled
}

extension GraphError: CustomStringConvertible {
    /// The cause in plain words, for logs and the command line.
    public var description: String {
        switch self {
        case .badValue(let row, let column, let value, let expected):
            "'\(value)' in column '\(column)', row \(row + 1), is no \(expected.rawValue)"
        case .badList(let row, let column, let defect):
            "column '\(column)', row \(row + 1): \(defect)"
        case .missingValue(let row, let column):
            "column '\(column)', row \(row + 1) is NULL; the model takes no missing values"
        case .featureCountMismatch(let expected, let given):
            "the model takes \(expected) features, \(given) are given"
        case .unknownColumn(let name): "no column '\(name)'"
        case .columnMissing(let index): "no column at position \(index + 1)"
        case .outputMissing(let role): "the model has no output '\(role.rawValue)'"
        case .invalidGraph(let reason): "the graph does not fit together: \(reason)"
        case .damagedEnsemble(let defect): Self.describe(defect)
        case .notExplainable(let reason): "the model cannot be explained: \(reason)"
        case .tooLarge(let what, let limit): "more than \(limit) \(what)"
        case .cancelled: "cancelled"
        }
    }

    private static func describe(_ defect: EnsembleDefect) -> String {
        switch defect {
        case .shape(let name, let value): "an ensemble with \(name) \(value)"
        case .treeCount(let count): "\(count) trees do not fill whole rounds"
        case .leafCount(let tree, let count): "tree \(tree) has \(count) leaves"
        case .length(let tree, let array, let count, let expected):
            "tree \(tree): \(array) holds \(count) numbers, not \(expected)"
        case .childOutOfRange(let tree, let node, let child):
            "tree \(tree), node \(node): child \(child) does not exist"
        case .notATree(let tree): "tree \(tree) has a circle or a node with two parents"
        case .featureOutOfRange(let tree, let node, let feature):
            "tree \(tree), node \(node): feature \(feature) does not exist"
        case .thresholdNotANumber(let tree, let node):
            "tree \(tree), node \(node): the threshold is not a number"
        case .decisionType(let tree, let node, let value):
            "tree \(tree), node \(node): decision type \(value)"
        case .categorySet(let tree, let node):
            "tree \(tree), node \(node): the categories are out of order"
        }
    }
}
