package import BorealBase
package import BorealBoost
package import BorealGraph
package import BorealLearners

/// Collects the rows of a training query, column by column, into what the trainer takes.
///
/// Text features become categories, everything else becomes a number; the label
/// keeps its type, so that predictions show it as the training table did.
package struct TrainingSetBuilder {
    /// The rows, ready for the trainer.
    package struct Output {
        /// What is trained on.
        package var data: TrainingData
        /// `[rowCount]`: the rows of the query in the order of `data`; nil when it is theirs.
        package var order: [Int]?
        /// What training is judged by after each round; nil for nothing.
        package var validation: ValidationRows?
        /// The features, dictionaries included.
        package let inputs: [GraphInput]
        /// Classes in class order; nil for regression.
        package let labels: Labels?
        /// What question the model answers.
        package let task: GraphTask
        /// Who trains, when it is not the boosting engine.
        package var learner: (any Learner)?
        /// The boosting engine's options with everything that the labels decided.
        package var parameters: TrainingParameters
        /// What is searched before the model is trained; nil for nothing.
        package var search: SearchOptions?
        /// The share of the rows that judges a search; nil for the usual one.
        package var drawnShare: Double?
        /// The model that training goes on from.
        package var initial: TreeEnsemble?
    }

    private let labelName: String?
    private var features: [FeatureCollector]
    private var label: LabelCollector
    private var extras: RowExtrasCollector
    /// Where each feature, and last the label, stands in a batch; found at the first batch.
    private var positions: [Int] = []
    private let initial: ContinuedModel?
    /// Rows so far.
    package private(set) var rowCount = 0

    /// - Parameters:
    ///   - features: names in model order.
    ///   - label: the label column; nil for none.
    ///   - categorical: lower-cased names of number columns that are categories.
    ///   - takesNumbersOnly: whether texts are read as numbers.
    ///   - lists: how cells become lists, by lower-cased names of columns.
    ///   - continuing: a model whose categories and classes keep their codes.
    ///   - extras: columns that say what rows count, how they are grouped, where they start.
    package init(
        features: [String],
        label: String?,
        categorical: Set<String> = [],
        takesNumbersOnly: Bool = false,
        lists: [String: ListForm] = [:],
        extras: RowExtras = RowExtras(),
        continuing: ContinuedModel? = nil
    ) {
        labelName = label
        initial = continuing
        self.extras = RowExtrasCollector(extras)
        self.features = features.map {
            FeatureCollector(
                name: $0,
                isCategory: categorical.contains($0.asciiLowercased),
                takesNumbersOnly: takesNumbersOnly,
                list: lists[$0.asciiLowercased]
            )
        }
        self.label = LabelCollector(name: label ?? "")
    }

    /// Adds the rows of a batch.
    ///
    /// - Throws: `badRowValue` for a cell that is no feature or a NULL label; `unknownColumn`.
    package mutating func append(_ batch: RowBatch) throws(ServerError) {
        if positions.isEmpty {
            let places = batch.places
            for feature in features {
                guard let index = places[feature.name.asciiLowercased] else {
                    throw .unknownColumn(feature.name, in: "x_cols")
                }
                positions.append(index)
            }
            if let labelName {
                guard let index = batch.index(of: labelName) else {
                    throw .unknownColumn(labelName, in: "y_cols")
                }
                positions.append(index)
            }
        }
        for i in features.indices {
            try features[i].append(batch.columns[positions[i]], firstRow: rowCount)
        }
        if labelName != nil {
            try label.append(batch.columns[positions[features.count]], firstRow: rowCount)
        }
        try extras.append(batch, firstRow: rowCount)
        rowCount += batch.rowCount
    }

    /// Ends the collection for whoever trains.
    ///
    /// - Throws: as either of the others.
    package mutating func finish(_ plan: TrainingPlan) throws(ServerError) -> Output {
        switch plan.method {
        case .boosted(let options): try finish(options)
        case .gradient(let parameters): try finish(parameters, plan.modelClass)
        case .learner(let learner): try finish(learner, plan.modelClass)
        }
    }

    /// Ends the collection for a learner: sorts dictionaries and classes.
    ///
    /// - Throws: `invalidOption` when the labels are not what the class takes; a training error for
    ///   no rows.
    private mutating func finish(
        _ learner: any Learner,
        _ modelClass: ModelClass
    ) throws(ServerError) -> Output {
        let rows = try finishRows(learner.intake.label, modelClass)
        var inputs = rows.inputs
        for index in inputs.indices { inputs[index].takesMissing = learner.intake.takesMissing }
        var output = Output(
            data: rows.data,
            inputs: inputs,
            labels: rows.labels,
            task: .regression,
            learner: learner,
            parameters: TrainingParameters()
        )
        output.parameters.seed = learner.seed
        if let pair = extras.pair { output.validation = try pair.validation(of: output) }
        if case .mark(_, let judges)? = extras.judges, !rows.sides.isEmpty {
            try output.divide(byMarks: rows.sides, judges: judges)
        }
        return output
    }

    /// Ends the collection for gradient boosting as scikit-learn does it.
    private mutating func finish(
        _ given: GradientBoostingParameters,
        _ modelClass: ModelClass
    ) throws(ServerError) -> Output {
        let rows = try finishRows(given.intake.label, modelClass)
        do {
            let parameters = try given.training(
                rows: rows.data.rowCount,
                features: rows.inputs.count,
                classes: rows.labels?.count ?? 1
            )
            return Output(
                data: rows.data,
                inputs: rows.inputs,
                labels: rows.labels,
                task: Self.task(parameters.objective),
                parameters: parameters
            )
        } catch {
            throw ServerError(training: error)
        }
    }

    /// The rows with labels as a class takes them.
    private mutating func finishRows(
        _ wanted: Intake.Label,
        _ modelClass: ModelClass
    ) throws(ServerError) -> FinishedRows {
        guard rowCount > 0 else { throw ServerError(training: .emptyTrainingSet) }
        var target = [Double](repeating: 0, count: rowCount)
        var labels: Labels?
        switch wanted {
        case .none: break
        case .number: target = try label.numbers(for: modelClass)
        case .classes(let counts):
            let classes = try label.classes()
            guard counts.contains(classes.labels.count) else {
                let most = counts.count == 1 ? "" : " to \(counts.upperBound)"
                throw .invalidOption(
                    "y_cols",
                    "label '\(label.name)' has \(classes.labels.count) values; the class "
                        + "'\(modelClass.rawValue)' takes \(counts.lowerBound)\(most)"
                )
            }
            labels = classes.labels
            target = classes.codes
        }
        let (columns, inputs) = try finishFeatures()
        var data = TrainingData(columns: columns, label: target, names: inputs.map(\.name))
        for (index, feature) in features.enumerated() { data.lists[index] = feature.lists }
        let collected = try extras.finish()
        try Self.add(collected, to: &data, 1)
        return FinishedRows(data: data, inputs: inputs, labels: labels, sides: collected.sides)
    }

    /// The rows of a class beside `lightgbm`.
    private struct FinishedRows {
        let data: TrainingData
        let inputs: [GraphInput]
        let labels: Labels?
        /// By row; empty without marks.
        let sides: [RowExtrasCollector.Side]
    }

    private mutating func finishFeatures() throws(ServerError) -> ([FeatureColumn], [GraphInput]) {
        var columns: [FeatureColumn] = []
        var inputs: [GraphInput] = []
        for i in features.indices {
            let (column, kind) = try features[i].finish(continuing: initial, i)
            columns.append(column)
            inputs.append(GraphInput(name: features[i].name, kind: kind))
        }
        return (columns, inputs)
    }

    /// Ends the collection: sorts dictionaries and classes, and settles the objective.
    ///
    /// - Throws: `invalidOption` when the labels do not fit the loss; a training error for no rows.
    package mutating func finish(_ options: LightGBMOptions) throws(ServerError) -> Output {
        guard rowCount > 0 else { throw ServerError(training: .emptyTrainingSet) }
        var parameters = options.parameters
        let target: [Double]
        var labels: Labels?
        if parameters.objective.isClassification {
            var classes = try label.classes()
            if let initial { classes = try initial.classes(classes) }
            try Self.check(classes.labels.count, label.name, &parameters)
            labels = classes.labels
            target = classes.codes
        } else {
            target = try label.numbers()
        }
        let (columns, inputs) = try finishFeatures()
        var data = TrainingData(columns: columns, label: target, names: inputs.map(\.name))
        let collected = try extras.finish()
        try Self.add(collected, to: &data, parameters.scoresPerRow)
        var output = Output(
            data: data,
            order: collected.grouping?.order,
            inputs: inputs,
            labels: labels,
            task: Self.task(parameters.objective),
            parameters: parameters,
            search: options.search.isOn ? options.search : nil,
            initial: initial?.ensemble
        )
        if let tags = extras.tags { try output.divide(by: collected.sides, tags) }
        return output
    }

    private static func task(_ objective: TrainingParameters.Objective) -> GraphTask {
        if objective.hasTwoClasses { return .binary }
        if objective.hasScoreForEachClass { return .multiclass }
        return objective.isRanking ? .ranking : .regression
    }

    /// Adds weights, groups and first scores; rows of a group become neighbours.
    ///
    /// - Throws: `invalidOption` when there is not one column of scores for each class.
    static func add(
        _ extras: RowExtrasCollector.Output,
        to data: inout TrainingData,
        _ scores: Int
    ) throws(ServerError) {
        data.weights = extras.weights
        data.initialScores = extras.initialScores
        if let initial = extras.initialScores, initial.count != scores * data.rowCount {
            throw .invalidOption(
                "init_score_col",
                "\(initial.count / data.rowCount) columns, where the objective has \(scores) scores"
            )
        }
        guard let grouping = extras.grouping else { return }
        data = data.taking(grouping.order)
        data.groups = grouping.sizes
    }

    /// Two classes for `binary`, two or more for `multiclass` and `multiclassova`.
    private static func check(
        _ count: Int,
        _ label: String,
        _ parameters: inout TrainingParameters
    ) throws(ServerError) {
        if parameters.objective.hasTwoClasses, count != 2 {
            throw .invalidOption(
                "loss",
                "label '\(label)' has \(count) values; give loss='multiclass' or loss='regression'"
            )
        }
        guard parameters.objective.hasScoreForEachClass else { return }
        guard count >= 2, count <= Limits.classesMax else {
            throw .invalidOption("loss", "label '\(label)' has \(count) values")
        }
        parameters.classCount = count
    }
}
