package import BorealBase
package import BorealBoost
package import BorealGraph

/// Collects the rows of a training query, column by column, into what the trainer takes.
///
/// Text features become categories, everything else becomes a number; the label
/// keeps its type, so that predictions show it as the training table did.
package struct TrainingSetBuilder {
    /// The rows, ready for the trainer.
    package struct Output {
        /// What is trained on.
        package let data: TrainingData
        /// The features, dictionaries included.
        package let inputs: [GraphInput]
        /// Classes in class order; nil for regression.
        package let labels: Labels?
        /// What question the model answers.
        package let task: GraphTask
        /// The options with everything that the labels decided.
        package let parameters: TrainingParameters
    }

    private let labelName: String
    private var features: [FeatureCollector]
    private var label: LabelCollector
    private let weightName: String?
    private var weights: [Float] = []
    /// Where each feature, and last the label, stands in a batch; found at the first batch.
    private var positions: [Int] = []
    /// Rows so far.
    package private(set) var rowCount = 0

    /// - Parameters:
    ///   - features: names in model order.
    ///   - categorical: lower-cased names of number columns that are categories.
    ///   - weight: the column that says what a row counts; nil counts every row once.
    package init(
        features: [String],
        label: String,
        categorical: Set<String> = [],
        weight: String? = nil
    ) {
        labelName = label
        weightName = weight
        self.features = features.map {
            FeatureCollector(name: $0, isCategory: categorical.contains($0.asciiLowercased))
        }
        self.label = LabelCollector(name: label)
    }

    /// Adds the rows of a batch.
    ///
    /// - Throws: `badRowValue` for a cell that is no feature or a NULL label; `unknownColumn`.
    package mutating func append(_ batch: RowBatch) throws(ServerError) {
        if positions.isEmpty {
            for feature in features {
                guard let index = batch.index(of: feature.name) else {
                    throw .unknownColumn(feature.name, in: "x_cols")
                }
                positions.append(index)
            }
            guard let index = batch.index(of: labelName) else {
                throw .unknownColumn(labelName, in: "y_cols")
            }
            positions.append(index)
        }
        for i in features.indices {
            try features[i].append(batch.columns[positions[i]], firstRow: rowCount)
        }
        try label.append(batch.columns[positions[features.count]], firstRow: rowCount)
        try appendWeights(batch)
        rowCount += batch.rowCount
    }

    private mutating func appendWeights(_ batch: RowBatch) throws(ServerError) {
        guard let weightName else { return }
        guard let index = batch.index(of: weightName) else {
            throw .unknownColumn(weightName, in: "weight")
        }
        let column = batch.columns[index]
        for row in 0..<batch.rowCount {
            guard !column.isNull(row), let weight = NumberCell.number(column, row) else {
                throw .badRowValue(row: rowCount + row + 1, column: weightName, "it is no weight")
            }
            weights.append(Float(weight))
        }
    }

    /// Ends the collection: sorts dictionaries and classes, and settles the objective.
    ///
    /// - Throws: `invalidOption` when the labels do not fit the loss; a training error for no rows.
    package mutating func finish(_ options: LightGBMOptions) throws(ServerError) -> Output {
        guard rowCount > 0 else { throw ServerError(training: .emptyTrainingSet) }
        var parameters = options.parameters
        let isClassification =
            parameters.objective == .binary || parameters.objective == .multiclass
        let target: [Double]
        var labels: Labels?
        if isClassification {
            let classes = try label.classes()
            try Self.check(classes.labels.count, labelName, &parameters)
            labels = classes.labels
            target = classes.codes
        } else {
            target = try label.numbers()
        }
        var columns: [FeatureColumn] = []
        var inputs: [GraphInput] = []
        for i in features.indices {
            let (column, kind) = try features[i].finish()
            columns.append(column)
            inputs.append(GraphInput(name: features[i].name, kind: kind))
        }
        let task: GraphTask =
            switch parameters.objective {
            case .binary: .binary
            case .multiclass: .multiclass
            case .regression, .regressionL1: .regression
            }
        return Output(
            data: TrainingData(
                columns: columns,
                label: target,
                names: inputs.map(\.name),
                weights: weightName == nil ? nil : weights
            ),
            inputs: inputs,
            labels: labels,
            task: task,
            parameters: parameters
        )
    }

    /// Two classes for `binary`, two or more for `multiclass`.
    private static func check(
        _ count: Int,
        _ label: String,
        _ parameters: inout TrainingParameters
    ) throws(ServerError) {
        if parameters.objective == .binary, count != 2 {
            throw .invalidOption(
                "loss",
                "label '\(label)' has \(count) values; give loss='multiclass' or loss='regression'"
            )
        }
        guard parameters.objective == .multiclass else { return }
        guard count >= 2, count <= Limits.classesMax else {
            throw .invalidOption("loss", "label '\(label)' has \(count) values")
        }
        parameters.classCount = count
    }
}
