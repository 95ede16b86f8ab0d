import BorealBoost

/// The parameters of `deepfm`.
struct DeepFMParameters: Equatable, Sendable {
    /// What question is answered.
    enum Question: String, CaseIterable, Sendable {
        case binary
        case regression
    }

    var metric: NetworkMetric
    var loss: NetworkLoss
    var optimizer: Optimizer
    /// Share of the rows that judge instead of being learnt from.
    var validationSplit: Double
    var epochs: Int
    var batchSize: Int
    var task: Question
    /// Numbers of a vector.
    var embeddingWidth: Int
    /// Units of each hidden layer.
    var hiddenUnits: [Int]
    /// Share of the hidden units that is left out at a step.
    var dropout: Double
    /// What the squares of vectors and linear weights cost.
    var penalty: Double
    /// Epochs without a better validation loss before the end; 0 for none.
    var patience: Int
    var restoresBest: Bool
    var seed: Int64
    var threads: Int

    /// Units of a hidden layer at most.
    private static let unitsMax = 4_096
    /// Hidden layers at most.
    private static let layersMax = 16

    /// Reads them.
    ///
    /// - Throws: `TrainingError` for a parameter that is unknown, out of range or contradicts
    ///   another.
    init(_ reader: inout ParameterReader) throws(TrainingError) {
        let (task, loss, taskIsGiven) = try Self.question(reader)
        let metricDefault: NetworkMetric = loss == .binaryCrossentropy ? .accuracy : .mse
        metric = try reader.word(
            "metrics",
            aliases: ["metric"],
            default: metricDefault,
            synonyms: [
                "acc": .accuracy, "mean_squared_error": .mse, "logloss": .binaryCrossentropy,
            ]
        )
        self.loss = try Self.loss(&reader, default: loss)
        let kind = try reader.word(
            "optimizer",
            default: OptimizerKind.adam,
            synonyms: ["rmsdrop": .rmsprop]
        )
        validationSplit = try reader.real("validation_split", default: 0.2, from: 0, to: 1)
        epochs = try reader.integer("epochs", default: 6, in: 1...100_000)
        batchSize = try reader.integer("batch_size", default: 64, in: 1...1 << 20)
        self.task = try reader.word("task", default: task)
        embeddingWidth = try reader.integer(
            "embedding_dim",
            aliases: ["embedding_size"],
            default: 8,
            in: 1...1_024
        )
        hiddenUnits =
            try reader.value("dnn_hidden_units", default: .text("256,128"), Self.units)
            ?? [256, 128]
        dropout = try reader.real("dnn_dropout", default: 0, from: 0, to: 0.999)
        penalty = try reader.real("l2", default: 1e-5, from: 0)
        let rate = try reader.real(
            "learning_rate",
            default: kind.defaultRate,
            from: 0,
            excludesLower: true
        )
        optimizer = Optimizer(kind: kind, rate: rate)
        patience = try reader.integer(
            "early_stopping_patience",
            aliases: ["patience", "n_iter_no_change"],
            default: 0,
            in: 0...100_000
        )
        restoresBest = try reader.flag("restore_best_weights", default: true)
        seed = Int64(
            try reader.integer("random_state", aliases: ["seed"], default: 1, in: .min ... .max)
        )
        threads = try reader.integer("n_jobs", default: 4, in: -1...4_096)
        try check(taskIsGiven: taskIsGiven)
    }

    /// Task and loss say the same; where one is given the other follows.
    private static func question(
        _ reader: ParameterReader
    ) throws(TrainingError) -> (Question, NetworkLoss, taskIsGiven: Bool) {
        var scout = reader
        let task = try scout.value("task", default: .none) {
            (_, value) throws(TrainingError) in value.description.lowercased()
        }
        let loss = try Self.loss(&scout, default: .binaryCrossentropy)
        let isRegression =
            task.map { $0 == Question.regression.rawValue } ?? (loss != .binaryCrossentropy)
        return (
            isRegression ? .regression : .binary,
            isRegression ? .meanSquaredError : .binaryCrossentropy, task != nil
        )
    }

    private static func loss(
        _ reader: inout ParameterReader,
        default initial: NetworkLoss
    ) throws(TrainingError) -> NetworkLoss {
        try reader.word(
            "loss",
            aliases: ["objective"],
            default: initial,
            synonyms: [
                "binary": .binaryCrossentropy, "regression": .meanSquaredError,
                "mse": .meanSquaredError,
            ]
        )
    }

    private func check(taskIsGiven: Bool) throws(TrainingError) {
        if (task == .binary) != (loss == .binaryCrossentropy) {
            throw .conflict(
                parameter: "loss",
                with: "task",
                reason: "'\(task.rawValue)' is trained with "
                    + (task == .binary
                        ? NetworkLoss.binaryCrossentropy.rawValue
                        : NetworkLoss.meanSquaredError.rawValue)
            )
        }
        guard metric.suits(loss) else {
            throw .metricUnsuitable(metric: metric.rawValue, objective: loss.rawValue)
        }
        if validationSplit == 1 {
            throw .conflict(
                parameter: "validation_split",
                with: "epochs",
                reason: "no rows are left to learn from"
            )
        }
        assert(taskIsGiven || (task == .regression) == (loss == .meanSquaredError))
    }

    /// `'256,128'`, `'(256, 128)'`, `'[256,128]'` or a number.
    static func units(
        _ name: String,
        _ value: ParameterValue
    ) throws(TrainingError) -> [Int] {
        let text = value.description.filter { !"()[] ".contains($0) }
        let parts = text.split(separator: ",")
        let allowed = "1 to \(layersMax) numbers from 1 to \(unitsMax), separated by commas"
        let units = parts.compactMap { Int($0) }
        guard units.count == parts.count, (1...layersMax).contains(units.count),
            units.allSatisfy({ (1...unitsMax).contains($0) })
        else {
            throw .outOfRange(parameter: name, allowed: allowed, value: value.description)
        }
        return units
    }
}
