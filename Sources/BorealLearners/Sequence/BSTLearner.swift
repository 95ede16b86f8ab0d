import BorealBase
import BorealBoost
import BorealGraph

/// `bst`: the behaviour sequence transformer, for classes and for numbers.
struct BSTLearner: Learner {
    let intake: Intake
    let parameters: [(name: String, value: ParameterValue)]
    private let settings: BSTParameters

    /// Reads the parameters of the class.
    ///
    /// - Throws: `TrainingError` for a parameter that is unknown, missing, out of range or
    ///   contradicts another.
    init(_ pairs: [(name: String, value: ParameterValue)]) throws(TrainingError) {
        var reader = try ParameterReader(pairs)
        settings = try BSTParameters(&reader)
        try reader.finish()
        parameters = reader.values
        let label: Intake.Label =
            switch settings.question {
            case .classification: .classes(2...2)
            case .multiClassification: .classes(2...settings.classCount)
            case .regression: .number
            }
        intake = Intake(
            label: label,
            takesValidation: settings.validates,
            columns: settings.columns
        )
    }

    var threads: Int { max(0, settings.threads) }
    var seed: Int64 { settings.seed }

    /// Numbers of 32 bits that a network may take: 8 GiB.
    private static let numbersMax = 1 << 31

    /// The network, what is in memory of a batch, and the numbers beside the sequences; these are
    /// there before.
    func memoryEstimate(rows: Int, features: Int, threads: Int) -> Int {
        let form = settings.form(numberWidth: features)
        let numbers = SequenceNetwork.numbers(form, lanes: threads, kind: .adam)
        return rows * (features * 12 + 16) + 4 * numbers
    }

    func train(_ set: LearningSet, _ run: LearningRun) throws(TrainingError) -> LearnedModel {
        let workshop = Workshop(run)
        let job = try BSTJob(set, settings, workshop, numbersMax: Self.numbersMax)
        let loop = EpochLoop(
            epochs: settings.epochs,
            batchSize: min(settings.batchSize, set.rowCount),
            patience: settings.patience,
            keepsBest: settings.validates,
            seed: settings.seed,
            indexes: job.indexes,
            hasValidation: job.validationRows > 0,
            preference: settings.metric == .loss
                ? .leastLoss : settings.metric.isGain ? .greatestMetric : .leastMetric
        )
        let history = try loop.train(job.network, workshop) { progress in run.report(progress) }
        job.network.fillUnnamed()
        let members = try BSTStack(job, settings).train(set, run, workshop)
        let graph = BSTGraph(
            network: job.network,
            fields: job.fields,
            target: job.target,
            labels: job.labels,
            members: members
        )
        do {
            return LearnedModel(graph: try graph.build(set), facts: facts(job, history))
        } catch {
            assertionFailure("a network that makes no graph: \(error)")
            throw .diverged(advice: "its graph is damaged: \(error)")
        }
    }

    private func facts(_ job: BSTJob, _ history: EpochHistory) -> [(key: String, value: JSON)] {
        func list(_ values: [Double], _ factor: Double = 1) -> JSON {
            .array(values.map { .number($0 * factor) })
        }
        // Losses of standardised numbers, in the label's own unit.
        let deviation = job.target?.moments.deviation ?? 1
        let unit = settings.loss == .mae ? deviation : deviation * deviation
        var facts: [(key: String, value: JSON)] = [
            ("epochs", .integer(Int64(history.losses.count))),
            ("training_rows", .integer(Int64(job.indexes.count))),
            ("validation_rows", .integer(Int64(job.validationRows))),
            ("weights", .integer(Int64(job.network.weightCount))),
            ("token_width", .integer(Int64(settings.width))),
            ("heads", .integer(Int64(settings.heads))),
            ("loss", list(history.losses, unit)),
        ]
        if !settings.members.isEmpty {
            facts.append(
                ("stacked", .array(settings.members.map { .string($0.rawValue) }))
            )
        }
        guard let best = history.bestEpoch else { return facts }
        facts.append(("val_loss", list(history.validationLosses, unit)))
        if settings.metric != .loss {
            facts.append(("val_\(settings.metric.rawValue)", list(history.metrics)))
        }
        facts.append(("best_epoch", .integer(Int64(best))))
        return facts
    }
}

/// The rows and the network of one training.
struct BSTJob {
    let network: SequenceNetwork
    let fields: SequenceFields
    /// The rows that are learnt from, as the network reads them.
    let rows: SequenceRows
    /// All of them.
    let indexes: [Int32]
    /// Rows that judge.
    let validationRows: Int
    /// How labels become what is learnt; nil for classes.
    let target: BSTTarget?
    /// The classes that the model answers; nil for numbers.
    let labels: Labels?

    init(
        _ set: LearningSet,
        _ settings: BSTParameters,
        _ workshop: Workshop,
        numbersMax: Int
    ) throws(TrainingError) {
        var fields = SequenceFields(set.inputs)
        guard fields.sequences.count == settings.sequenceColumns.count else { throw .noFeatures }
        let isRegression = settings.question == .regression
        let classes = isRegression ? nil : try BSTClasses(set, settings)
        try set.checkForNetwork(classCount: classes?.codes.count)
        if settings.normalises { try fields.fit(set.data) }
        self.fields = fields
        labels = classes?.labels
        let target = isRegression ? try Self.target(set, settings) : nil
        self.target = target
        let label = { (value: Double) -> Float in
            target?.target(value) ?? Float(classes?.codes[Int(value)] ?? 0)
        }
        let form = settings.form(numberWidth: fields.numberWidth)
        try Self.checkSize(form, settings, workshop, numbersMax: numbersMax)
        let rows = try fields.rows(of: set.data, label: label)
        self.rows = rows
        let learnt = (0..<set.rowCount).map { Int32(truncatingIfNeeded: $0) }
        indexes = learnt
        var judging: SequenceNetwork.Judging?
        if settings.validates {
            guard let other = set.validation else { throw .inValidation(.emptyTrainingSet) }
            judging = try LearningSet.inValidation { () throws(TrainingError) in
                let rows = try fields.rows(of: other, label: label)
                let metric = BSTMetric(
                    kind: settings.metric,
                    outputs: form.outputs,
                    target: target,
                    labels: isRegression ? other.label : rows.labels.map(Double.init),
                    weights: rows.weights
                )
                let all = (0..<other.rowCount).map { Int32(truncatingIfNeeded: $0) }
                return .init(rows: rows, indexes: all) { metric.value($0) }
            }
        }
        validationRows = judging?.indexes.count ?? 0
        network = SequenceNetwork(
            form,
            optimizer: Optimizer(kind: .adam, rate: settings.rate),
            training: rows,
            indexes: learnt,
            judging: judging,
            lanes: workshop.threads,
            seed: settings.seed
        )
        try network.start(from: rows)
    }

    private static func checkSize(
        _ form: SequenceNetwork.Form,
        _ settings: BSTParameters,
        _ workshop: Workshop,
        numbersMax: Int
    ) throws(TrainingError) {
        let numbers = SequenceNetwork.numbers(form, lanes: workshop.threads, kind: .adam)
        guard numbers <= numbersMax else {
            throw .outOfRange(
                parameter: "window_size",
                allowed: "what a network of \(numbersMax) numbers has room for",
                value: "\(settings.windowSize) with sequence_length=\(settings.sequenceLength)"
            )
        }
    }

    /// Mean and deviation of the labels, or of their logarithms.
    private static func target(
        _ set: LearningSet,
        _ settings: BSTParameters
    ) throws(TrainingError) -> BSTTarget {
        guard settings.loss == .msle else {
            return BSTTarget(moments: Moments(set.data.label), isLogarithm: false)
        }
        for labels in [set.data.label, set.validation?.label ?? []] {
            if let row = labels.firstIndex(where: { !($0 > -1) }) {
                throw .labelUnsuitable(
                    row: row,
                    value: labels[row],
                    purpose: BSTParameters.Loss.msle.rawValue,
                    rule: "it takes the logarithm of 1 + label"
                )
            }
        }
        return BSTTarget(
            moments: Moments(set.data.label.lazy.map { ExactMath.log1p($0) }),
            isLogarithm: true
        )
    }
}

/// The classes of a model, which need not be those that rows have: of several classes all below
/// `num_classes` are answered.
struct BSTClasses {
    /// By class of the training set: the class of the model.
    let codes: [Int]
    let labels: Labels?

    /// - Throws: `TrainingError.labelOutOfRange` for a label that is no class below `num_classes`.
    init(_ set: LearningSet, _ settings: BSTParameters) throws(TrainingError) {
        guard settings.question == .multiClassification else {
            codes = [0, 1]
            labels = set.labels
            return
        }
        let count = settings.classCount
        guard let known = set.labels else {
            codes = Array(0..<count)
            labels = nil
            return
        }
        var codes: [Int] = []
        for index in 0..<known.count {
            let number = Double(known.text(at: index)) ?? .nan
            guard let code = Int(exactly: number.isNaN ? -1 : number), (0..<count).contains(code)
            else {
                let row = set.data.label.firstIndex(of: Double(index)) ?? 0
                throw .labelUnsuitable(
                    row: row,
                    value: number,
                    purpose: settings.question.rawValue,
                    rule: "classes are whole numbers below num_classes=\(count)"
                )
            }
            codes.append(code)
        }
        self.codes = codes
        labels =
            switch known {
            case .integer: .integer((0..<count).map { Int64($0) })
            case .double: .double((0..<count).map { Double($0) })
            case .decimal: .decimal((0..<count).map { String($0) })
            case .text: .text((0..<count).map { String($0) })
            }
    }
}

extension SequenceNetwork {
    /// Lets the scores of classes start from the logarithms of their shares, where the first steps
    /// would bring them anyway.
    ///
    /// - Throws: `TrainingError.singleLabelValue` when there is one class only.
    fileprivate func start(from rows: SequenceRows) throws(TrainingError) {
        guard form.loss == .logistic || form.loss == .softmax else { return }
        var sums = [Double](repeating: 0, count: max(2, form.outputs))
        for (row, label) in rows.labels.enumerated() {
            sums[Int(label)] += Double(rows.weights?[row] ?? 1)
        }
        guard sums.count(where: { $0 > 0 }) > 1 else {
            throw .singleLabelValue(value: Double(sums.firstIndex { $0 > 0 } ?? 0))
        }
        guard let bias = stack.layers.last?.bias?.weights.pointer else { return }
        if form.outputs == 1 {
            bias[0] = Float(ExactMath.log(sums[1] / sums[0]))
        } else {
            // A class without rows starts as if it had half a one.
            let total = sums.reduce(0, +)
            for (index, sum) in sums.enumerated() {
                bias[index] = Float(ExactMath.log(max(sum, 0.5) / total))
            }
        }
    }
}
