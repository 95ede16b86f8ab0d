import BorealBase
import BorealBoost
import BorealGraph

/// `deepfm`: DeepFM for two classes or for numbers, over categories and numbers.
struct DeepFMLearner: Learner {
    let intake: Intake
    let parameters: [(name: String, value: ParameterValue)]
    private let settings: DeepFMParameters

    /// Reads the parameters of the class.
    ///
    /// - Throws: `TrainingError` for a parameter that is unknown, out of range or contradicts
    ///   another.
    init(_ pairs: [(name: String, value: ParameterValue)]) throws(TrainingError) {
        var reader = try ParameterReader(pairs)
        settings = try DeepFMParameters(&reader)
        try reader.finish()
        parameters = reader.values
        intake = Intake(
            label: settings.task == .binary ? .classes(2...2) : .number,
            takesText: true,
            takesMissing: true,
            takesValidation: true
        )
    }

    var threads: Int { max(0, settings.threads) }
    var seed: Int64 { settings.seed }

    /// Numbers of 32 bits that a network may take: 8 GiB.
    private static let numbersMax = 1 << 31

    /// Categories are not known before the rows are read; a tenth of the rows is taken for those
    /// of each feature.
    func memoryEstimate(rows: Int, features: Int, threads: Int) -> Int {
        let tableRows = features * (rows / 10 + 3)
        let network = DeepFMNetwork.numbers(settings, tableRows: tableRows, fields: features)
        return rows * (features * 8 + 16) + 4 * network
    }

    func train(_ set: LearningSet, _ run: LearningRun) throws(TrainingError) -> LearnedModel {
        let workshop = Workshop(run)
        let job = try DeepFMJob(set, settings, workshop, numbersMax: Self.numbersMax)
        let loop = EpochLoop(
            epochs: settings.epochs,
            batchSize: min(settings.batchSize, job.learnt.count),
            patience: settings.patience,
            keepsBest: settings.restoresBest,
            seed: settings.seed,
            indexes: job.learnt,
            hasValidation: job.validationRows > 0
        )
        let history = try loop.train(job.network, workshop) { progress in
            run.report(progress)
        }
        job.network.fillUnnamed()
        let graph = DeepFMGraph(
            network: job.network,
            columns: job.columns,
            target: settings.task == .regression ? job.target : nil
        )
        do {
            return LearnedModel(graph: try graph.build(set), facts: facts(job, history))
        } catch {
            assertionFailure("a network that makes no graph: \(error)")
            throw .diverged(advice: "its graph is damaged: \(error)")
        }
    }

    private func facts(
        _ job: DeepFMJob,
        _ history: EpochHistory
    ) -> [(key: String, value: JSON)] {
        func list(_ values: [Double], _ factor: Double = 1) -> JSON {
            .array(values.map { .number($0 * factor) })
        }
        // Losses of standardised numbers, in the label's own unit.
        let unit = settings.task == .regression ? job.target.deviation * job.target.deviation : 1
        var facts: [(key: String, value: JSON)] = [
            ("epochs", .number(Double(history.losses.count))),
            ("training_rows", .number(Double(job.learnt.count))),
            ("validation_rows", .number(Double(job.validationRows))),
            ("weights", .number(Double(job.network.weightCount))),
            ("loss", list(history.losses, unit)),
        ]
        guard let best = history.bestEpoch else { return facts }
        facts += [
            ("val_loss", list(history.validationLosses, unit)),
            (
                "val_\(settings.metric.rawValue)",
                list(history.metrics, settings.metric == .mse ? unit : 1)
            ),
            ("best_epoch", .number(Double(best))),
        ]
        return facts
    }
}

/// The rows and the network of one training.
private struct DeepFMJob {
    let columns: [EmbeddingColumn]
    let network: DeepFMNetwork
    /// Rows that are learnt from.
    let learnt: [Int32]
    /// Rows that judge.
    let validationRows: Int
    /// Mean and deviation of the labels of a regression; nothing is changed by those of classes.
    let target: Moments

    init(
        _ set: LearningSet,
        _ settings: DeepFMParameters,
        _ workshop: Workshop,
        numbersMax: Int
    ) throws(TrainingError) {
        try set.checkForNetwork(classCount: settings.task == .binary ? 2 : nil)
        let (learnt, judged) = try Self.split(set, settings)
        self.learnt = learnt
        let target =
            settings.task == .regression
            ? Moments(learnt.lazy.map { set.data.label[Int($0)] }) : Moments(EmptyCollection())
        self.target = target
        let encoder = try FieldEncoder(set.data, rows: learnt, workshop)
        columns = encoder.columns
        let tableRows = columns.reduce(0) { $0 + $1.rowCount }
        let numbers = DeepFMNetwork.numbers(settings, tableRows: tableRows, fields: columns.count)
        guard numbers <= numbersMax else {
            throw .outOfRange(
                parameter: "embedding_dim",
                allowed: "what a network of \(numbersMax) numbers has room for",
                value: "\(settings.embeddingWidth) and \(tableRows) categories"
            )
        }
        let label = { (value: Double) in Float((value - target.mean) / target.deviation) }
        let rows = try encoder.rows(of: set.data, workshop, label: label)
        var validation: DeepFMNetwork.Validation?
        if let other = set.validation {
            validation = try LearningSet.inValidation { () throws(TrainingError) in
                let encoded = try encoder.rows(of: other, workshop, label: label)
                let all = (0..<other.rowCount).map { Int32(truncatingIfNeeded: $0) }
                return DeepFMNetwork.Validation(rows: encoded, indexes: all)
            }
        } else if !judged.isEmpty {
            validation = DeepFMNetwork.Validation(rows: rows, indexes: judged)
        }
        validationRows = validation?.indexes.count ?? 0
        network = DeepFMNetwork(
            settings,
            columns: encoder.columns,
            training: rows,
            indexes: learnt,
            validation: validation,
            bias: try Self.start(rows, learnt, settings)
        )
    }

    /// Rows to learn from and rows to judge by, drawn by the seed.
    private static func split(
        _ set: LearningSet,
        _ settings: DeepFMParameters
    ) throws(TrainingError) -> (learnt: [Int32], judged: [Int32]) {
        let all = (0..<set.rowCount).map { Int32(truncatingIfNeeded: $0) }
        let share = settings.validationSplit
        guard set.validation == nil, share > 0 else { return (all, []) }
        let (drawn, others) = set.data.drawnRows(share: share, seed: settings.seed)
        func isUsable(_ rows: [Int]) -> Bool {
            guard let weights = set.data.weights else { return !rows.isEmpty }
            return rows.contains { weights[$0] > 0 }
        }
        guard isUsable(drawn), isUsable(others) else {
            throw .tooFewRows(
                parameter: "validation_split",
                value: "\(share)",
                rows: set.rowCount
            )
        }
        return (
            others.map { Int32(truncatingIfNeeded: $0) },
            drawn.map { Int32(truncatingIfNeeded: $0) }
        )
    }

    /// Where the score starts: the logarithm of the odds, or the mean, which is 0.
    private static func start(
        _ rows: EncodedRows,
        _ learnt: [Int32],
        _ settings: DeepFMParameters
    ) throws(TrainingError) -> Float {
        guard settings.task == .binary else { return 0 }
        var sides = (0.0, 0.0)
        for row in learnt {
            let weight = Double(rows.weights?[Int(row)] ?? 1)
            if rows.labels[Int(row)] > 0.5 { sides.1 += weight } else { sides.0 += weight }
        }
        guard sides.0 > 0, sides.1 > 0 else {
            throw .singleLabelValue(value: sides.1 > 0 ? 1 : 0)
        }
        return Float(ExactMath.log(sides.1 / sides.0))
    }
}
