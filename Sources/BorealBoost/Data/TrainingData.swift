/// A table to train from or to validate with: features, label and what else a row carries.
///
/// All arrays have one element a row. Features of validation data stand in the same order and have
/// the same kinds and category codes as those of the training data.
public struct TrainingData: Sendable {
    /// The most rows one training takes: row numbers have 30 bits, so that sums of gradients fit.
    public static let rowsMax = 1 << 30

    /// `[featureCount]`
    public var columns: [FeatureColumn]
    /// `[featureCount]`: names for messages.
    public var names: [String]
    /// `[rowCount]`: class numbers from 0 for `binary` and `multiclass`, else the value.
    public var label: [Double]
    /// `[rowCount]`: what a row counts; nil is 1 for every row.
    public var weights: [Float]?
    /// `[scoresPerRow * rowCount]`, score by score: where raw scores start; nil starts from the
    /// average.
    public var initialScores: [Double]?
    /// Sizes of the groups of neighbouring rows that are ranked against each other, in the order of
    /// the rows; nil without groups.
    public var groups: [Int]?
    /// By feature: lists, of features whose column holds for each row the number of its list.
    public var lists: [Int: NumberLists] = [:]

    /// - Parameters: see the stored properties; names are `Column_0`, `Column_1`, ... when nil.
    public init(
        columns: [FeatureColumn],
        label: [Double],
        names: [String]? = nil,
        weights: [Float]? = nil,
        initialScores: [Double]? = nil,
        groups: [Int]? = nil
    ) {
        self.columns = columns
        self.names = names ?? columns.indices.map { "Column_\($0)" }
        self.label = label
        self.weights = weights
        self.initialScores = initialScores
        self.groups = groups
    }

    /// Rows of the table.
    public var rowCount: Int { label.count }

    /// Everything that training relies on, checked before anything is allocated.
    func check(_ parameters: TrainingParameters) throws(TrainingError) {
        guard rowCount > 0 else { throw .emptyTrainingSet }
        guard !columns.isEmpty else { throw .noFeatures }
        guard rowCount <= Self.rowsMax else {
            throw .tooManyRows(count: rowCount, limit: Self.rowsMax)
        }
        try checkLength("names", names.count, columns.count)
        for (column, name) in zip(columns, names) {
            try checkLength(name, column.count, rowCount)
        }
        if let weights {
            try checkLength("weights", weights.count, rowCount)
            for row in weights.indices where !(weights[row] >= 0 && weights[row].isFinite) {
                throw .weightInvalid(row: row, value: Double(weights[row]))
            }
            guard weights.contains(where: { $0 > 0 }) else { throw .weightsAllZero }
        }
        if let initialScores {
            let expected = rowCount * parameters.scoresPerRow
            try checkLength("initial scores", initialScores.count, expected)
            if let bad = initialScores.first(where: { !$0.isFinite }) {
                throw .outOfRange(
                    parameter: "init_score",
                    allowed: "finite numbers",
                    value: "\(bad)"
                )
            }
        }
        try checkGroups(parameters)
        try checkLabels(parameters)
        try checkCategories()
    }

    func checkLength(_ name: String, _ count: Int, _ expected: Int) throws(TrainingError) {
        guard count == expected else {
            throw .lengthMismatch(name: name, count: count, expected: expected)
        }
    }

    private func checkCategories() throws(TrainingError) {
        for (column, name) in zip(columns, names) {
            guard case .categories(let codes, let count) = column else { continue }
            guard (0...Int(Int32.max)).contains(count) else {
                throw .outOfRange(
                    parameter: name,
                    allowed: "[0, \(Int32.max)] categories",
                    value: "\(count)"
                )
            }
            for row in codes.indices where Int(codes[row]) >= count {
                throw .categoryOutOfRange(column: name, row: row, code: Int(codes[row]))
            }
        }
    }
}
