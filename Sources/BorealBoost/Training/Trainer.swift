public import BorealBase
import Glibc

/// Trains ensembles.
///
/// ```swift
/// var parameters = TrainingParameters()
/// try parameters.set("objective", to: .text("binary"))
/// let model = try Trainer(parameters).train(data)
/// ```
public struct Trainer: Sendable {
    /// How to train.
    public let parameters: TrainingParameters

    /// - Parameter parameters: LightGBM's defaults unless set.
    public init(_ parameters: TrainingParameters) {
        self.parameters = parameters
    }

    /// Trains an ensemble; the same data, parameters and seed give the same bits at any number of
    /// threads.
    ///
    /// The work is done on threads of lower priority; the caller waits.
    /// - Parameters:
    ///   - validation: judged after each round; ends training early when `early_stopping_round`
    ///     says so.
    ///   - binned: the same data in bins, when `bin` made it; made anew when the parameters differ
    ///     in what bins depend on.
    ///   - continuing: a validated model that new trees are added to; they start from its scores,
    ///     and the result holds its trees before the new ones.
    ///   - cancellation: looked at at least every 10 ms of work.
    ///   - progress: called after each round, on a thread of the trainer's.
    /// - Throws: `TrainingError`; `cancelled` when the flag was set.
    public func train(
        _ data: TrainingData,
        validation: TrainingData? = nil,
        binned: BinnedTable? = nil,
        continuing: TreeEnsemble? = nil,
        cancellation: CancellationFlag = CancellationFlag(),
        progress: (@Sendable (TrainingProgress) -> Void)? = nil
    ) throws(TrainingError) -> TrainedModel {
        try check(data, validation)
        if let continuing { try checkContinuing(continuing, data, validation) }
        var result: Result<TrainedModel, TrainingError> = .failure(.cancelled)
        NicedThread.run(nice: parameters.nice) {
            result = Result { () throws(TrainingError) in
                guard parameters.boosting != .gblinear else {
                    return try LinearBooster(
                        parameters,
                        data,
                        validation: validation,
                        cancellation: cancellation
                    ).run(progress: progress)
                }
                let start = continuing.map { ScoreStart($0, threads: threadCount, cancellation) }
                let booster = try Booster(
                    parameters,
                    try start?.applied(to: data) ?? data,
                    validation: try validation.map { (held) throws(TrainingError) in
                        try start?.applied(to: held) ?? held
                    },
                    binned: binned,
                    cancellation: cancellation
                )
                var model = try booster.run(progress: progress)
                if let continuing {
                    model.ensemble.trees.insert(contentsOf: continuing.trees, at: 0)
                }
                return model
            }
        }
        return try result.get()
    }

    /// Bytes that training a table takes beside the table itself, at most; to be compared with
    /// `train_memory_limit` before training starts.
    ///
    /// - Parameters:
    ///   - rows: of the training and the validation data together.
    ///   - columns: of which `wideFeatures` have more than 256 bins and `encodedFeatures` become
    ///     numbers by `categorical_method`.
    public func memoryEstimate(
        rows: Int,
        features columns: Int,
        wideFeatures: Int = 0,
        encodedFeatures: Int = 0
    ) -> Int {
        func product(_ a: Int, _ b: Int) -> Int {
            let (value, overflow) = a.multipliedReportingOverflow(by: b)
            return overflow ? Int.max / 8 : min(value, Int.max / 8)
        }
        // Each has a statistic or one for each class in its place, and its weight.
        let numbers = product(encodedFeatures, OrderedEncoding.statistics(parameters) + 1)
        let features = columns + max(0, numbers - encodedFeatures)
        let narrow = max(0, features - wideFeatures)
        let perRow =
            4 * numbers + (numbers > 0 ? 16 : 0)  // numbers of categories, their order
            + 2 * narrow + 4 * wideFeatures + 31  // bins by row and by column
            + 16 + 4  // entries, scratch, drawn rows
            + product(parameters.scoresPerRow, 8 + 4 + 4)  // scores, gradients, hessians
            + 8  // label and weight
        let wideBins = max(1_024, min(parameters.maxBin, rows))
        let bins = product(narrow, 256) + product(wideFeatures, wideBins)
        let histogram = max(1, product(bins, 8))
        let leaves = min(parameters.leaves, max(3, parameters.histogramBytesMax / histogram))
        let sample = product(min(rows, parameters.binSampleCount), 24 * max(1, threadCount))
        return product(rows, perRow) + product(histogram, leaves) + sample + (16 << 20)
    }

    /// True when the categories of a column become numbers, by `categorical_method`.
    public func encodes(_ column: FeatureColumn) -> Bool {
        OrderedEncoding.encodes(column, parameters)
    }

    /// Threads that training will use.
    public var threadCount: Int {
        parameters.threads > 0
            ? parameters.threads : max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    }

    func check(
        _ data: TrainingData,
        _ validation: TrainingData?
    ) throws(TrainingError) {
        try checkParameters()
        try data.check(parameters)
        try checkConstraints(data)
        try checkLinear(data)
        try checkLabelValues(data)
        try data.checkLabelSum(parameters)
        guard let validation else {
            if parameters.earlyStoppingRounds > 0 { throw .noValidationData }
            return
        }
        do throws(TrainingError) {
            try validation.check(parameters)
            try checkLinear(validation)
            try validation.checkLabels(of: parameters.effectiveMetrics, parameters)
        } catch {
            throw .inValidation(error)
        }
        guard validation.columns.count == data.columns.count else {
            throw .lengthMismatch(
                name: "validation columns",
                count: validation.columns.count,
                expected: data.columns.count
            )
        }
        for (index, column) in data.columns.enumerated()
        where column.isCategorical != validation.columns[index].isCategorical {
            throw .columnKindMismatch(name: data.names[index])
        }
    }

    /// Refuses parameters that contradict each other, whatever the data.
    ///
    /// - Throws: `outOfRange`, `conflict`, `metricUnsuitable`.
    public func checkParameters() throws(TrainingError) {
        try checkObjective()
        try checkMetrics()
        try checkTrees()
        try checkLinear()
        switch parameters.boosting {
        case .rf where !parameters.drawsRows && parameters.featureFraction >= 1:
            throw .conflict(
                parameter: "boosting",
                with: "bagging_fraction",
                reason:
                    "rf needs bagging_freq > 0 and bagging_fraction < 1, or feature_fraction < 1"
            )
        case .goss where parameters.topRate + parameters.otherRate > 1:
            throw .conflict(
                parameter: "top_rate",
                with: "other_rate",
                reason: "top_rate + other_rate must be at most 1"
            )
        default: break
        }
    }

    private func checkObjective() throws(TrainingError) {
        let objective = parameters.objective
        if objective.hasScoreForEachClass {
            guard parameters.classCount >= 2 else {
                throw .outOfRange(
                    parameter: "num_class",
                    allowed: "[2, 65536]",
                    value: "\(parameters.classCount)"
                )
            }
        } else if parameters.classCount != 1 {
            throw .conflict(
                parameter: "num_class",
                with: "objective",
                reason: "number of classes must be 1 for \(objective.rawValue)"
            )
        }
        if parameters.isUnbalanced && parameters.scalePositiveWeight != 1 {
            throw .conflict(
                parameter: "is_unbalance",
                with: "scale_pos_weight",
                reason: "cannot set both at the same time"
            )
        }
        if objective == .quantile && parameters.alpha >= 1 {
            throw .outOfRange(
                parameter: "alpha",
                allowed: "(0.0, 1.0)",
                value: "\(parameters.alpha)"
            )
        }
        if parameters.takesRootOfLabel && !objective.takesRoots {
            throw .conflict(
                parameter: "reg_sqrt",
                with: "objective",
                reason: "labels of \(objective.rawValue) are not replaced by their roots"
            )
        }
    }

    private func checkMetrics() throws(TrainingError) {
        let objective = parameters.objective
        for metric in parameters.metrics where !metric.suits(objective) {
            throw .metricUnsuitable(metric: metric.rawValue, objective: objective.rawValue)
        }
        if parameters.usesNoMetric && parameters.earlyStoppingRounds > 0 {
            throw .conflict(
                parameter: "early_stopping_round",
                with: "metric",
                reason: "early stopping needs a metric"
            )
        }
        let expected = parameters.classCount * parameters.classCount
        let weights = parameters.aucMuWeights.count
        if weights > 0 && parameters.metrics.contains(.aucMu) && weights != expected {
            throw .lengthMismatch(name: "auc_mu_weights", count: weights, expected: expected)
        }
    }

    private func checkTrees() throws(TrainingError) {
        let objective = parameters.objective
        if parameters.usesLinearTrees && parameters.zeroIsMissing {
            throw .conflict(
                parameter: "linear_tree",
                with: "zero_as_missing",
                reason: "zero_as_missing must be false when fitting linear trees"
            )
        }
        if parameters.usesLinearTrees && objective == .regressionL1 {
            throw .conflict(
                parameter: "linear_tree",
                with: "objective",
                reason: "linear trees cannot be fitted to \(objective.rawValue)"
            )
        }
        if parameters.categoricalMethod == .ordered {
            if parameters.usesLinearTrees {
                throw .conflict(
                    parameter: "linear_tree",
                    with: "categorical_method",
                    reason: "numbers of ordered categories have no place in linear leaves"
                )
            }
            if parameters.scoresPerRow > OrderedEncoding.classesMax {
                throw .conflict(
                    parameter: "categorical_method",
                    with: "num_class",
                    reason: "ordered takes at most \(OrderedEncoding.classesMax) classes"
                )
            }
        }
        if !parameters.monotoneConstraints.isEmpty && objective.renewsLeaves {
            throw .conflict(
                parameter: "monotone_constraints",
                with: "objective",
                reason: "leaves of \(objective.rawValue) are renewed and may not be monotone"
            )
        }
    }

    /// Refuses constraints that do not fit the table's columns.
    private func checkConstraints(_ data: TrainingData) throws(TrainingError) {
        let lists = [
            ("monotone_constraints", parameters.monotoneConstraints.count),
            ("feature_contri", parameters.featureContribution.count),
        ]
        for (name, count) in lists where count > 0 && count != data.columns.count {
            throw .lengthMismatch(name: name, count: count, expected: data.columns.count)
        }
        for (index, direction) in parameters.monotoneConstraints.enumerated()
        where direction != 0 && data.columns[index].isCategorical {
            throw .conflict(
                parameter: "monotone_constraints",
                with: data.names[index],
                reason: "the output cannot be monotone in a categorical feature"
            )
        }
        for column in parameters.interactionConstraints.joined()
        where column >= data.columns.count {
            throw .outOfRange(
                parameter: "interaction_constraints",
                allowed: "[0, \(data.columns.count - 1)]",
                value: "\(column)"
            )
        }
    }

    private func checkLabelValues(_ data: TrainingData) throws(TrainingError) {
        guard parameters.objective.isClassification else { return }
        guard let first = data.label.first else { throw .emptyTrainingSet }
        guard data.label.contains(where: { $0 != first }) else {
            throw .singleLabelValue(value: first)
        }
    }
}
