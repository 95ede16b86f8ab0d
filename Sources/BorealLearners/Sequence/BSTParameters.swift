import BorealBoost
import BorealGraph

/// The parameters of `bst`.
struct BSTParameters: Equatable, Sendable {
    /// What question is answered.
    enum Question: String, CaseIterable, Sendable {
        case classification
        case regression
        case multiClassification = "multi_classification"
    }

    /// What is made small.
    enum Loss: String, CaseIterable, Sendable {
        case crossEntropy = "CrossEntropyLoss"
        case mse, mae, msle
    }

    /// What tells the best epoch.
    enum ValidationMetric: String, CaseIterable, Sendable {
        case loss
        case f1Score = "f1score"
        case r2Score = "r2_score"
        case mse, mape
        case mapePlus = "mape_plus"

        /// Whether more is better.
        var isGain: Bool { self == .f1Score || self == .r2Score }
    }

    /// `on` and `off`.
    enum Switch: String, CaseIterable, Sendable { case on, off }

    /// A model that learns from what the network makes of a row.
    enum Member: String, CaseIterable, Sendable {
        case bst, gbdt, svc
        case randomTrees = "rt"
    }

    var version: Int
    var question: Question
    /// Classes of `multi_classification`.
    var classCount: Int
    var batchSize: Int
    /// Ids are below.
    var windowSize: Int
    /// Events of a sequence that are looked at.
    var sequenceLength: Int
    /// The id of the behaviour that is predicted: the token behind the events.
    var successID: Int?
    var epochs: Int
    var rate: Double
    var loss: Loss
    /// Whether rows judge after each epoch.
    var validates: Bool
    var metric: ValidationMetric
    /// Whether the counts of ids are features.
    var countsIDs: Bool
    var heads: Int
    /// Numbers of a token.
    var width: Int
    /// Columns of numbers, of lists of numbers, of sequences; as they were given.
    var valueColumns: [String]
    var listColumns: [String]
    var sequenceColumns: [String]
    var normalises: Bool
    var dropsRepeats: Bool
    /// What answers in the network's place, together; empty without stacking.
    var members: [Member]
    /// Blocks of attention.
    var blocks: Int
    /// Units of each hidden dense layer.
    var hiddenUnits: [Int]
    /// Epochs without a better one before the end; 0 for none.
    var patience: Int
    var seed: Int64
    var threads: Int

    /// Events of a sequence at most.
    static let lengthMax = 3_000

    /// Reads them in the dialect's order.
    ///
    /// - Throws: `TrainingError` for a parameter that is unknown, missing, out of range or
    ///   contradicts another.
    init(_ reader: inout ParameterReader) throws(TrainingError) {
        version = try reader.integer("version", default: 0, in: 0...1)
        question = try reader.word("model_task_type", default: .classification)
        classCount = try reader.integer("num_classes", default: 2, in: 2...65_536)
        batchSize = try reader.integer("batch_size", default: 16, in: 1...1 << 20)
        windowSize = try Self.required(&reader, "window_size", in: 1...SequenceForm.idsMax)
        sequenceLength = try Self.required(&reader, "sequence_length", in: 1...Self.lengthMax)
        let window = windowSize
        successID = try reader.value("success_id", default: .none) {
            (written, value) throws(TrainingError) in
            guard let id = value.asInteger else { throw .wrongType(written, "integer", value) }
            guard let number = Int(exactly: id), (0...window).contains(number) else {
                throw .outOfRange(
                    parameter: written,
                    allowed: "[0, \(window)]",
                    value: value.description
                )
            }
            return number
        }
        epochs = try reader.integer("max_epoch", default: 1, in: 1...100_000)
        rate = try reader.real("learning_rate", default: 0.0002, from: 0, excludesLower: true)
        loss = try reader.word(
            "loss",
            aliases: ["objective"],
            default: question == .regression ? .mse : .crossEntropy,
            synonyms: [
                "cross_entropy": .crossEntropy, "binary": .crossEntropy,
                "multiclass": .crossEntropy, "regression": .mse,
            ]
        )
        validates = try reader.integer("val_flag", default: 0, in: 0...1) == 1
        metric = try reader.word("val_metric", default: .loss)
        countsIDs = try reader.word("auto_data_statics", default: Switch.off) == .on
        (width, heads) = try Self.heads(&reader, windowSize, sequenceLength)
        valueColumns = try Self.columns(&reader, "x_value_cols", noun: "number columns")
        listColumns = try Self.columns(&reader, "x_statics_cols", noun: nil)
        sequenceColumns = try Self.columns(&reader, "x_seq_cols", noun: "sequence columns")
        normalises = try reader.integer("data_normalization", default: 0, in: 0...1) == 1
        dropsRepeats =
            try reader.word("remove_seq_adjacent_duplicates", default: Switch.off) == .on
        members = try Self.members(&reader)
        blocks = try reader.integer("num_blocks", default: 1, in: 1...16)
        hiddenUnits =
            try reader.value(
                "dnn_hidden_units",
                default: .text("128,64"),
                DeepFMParameters.units
            ) ?? [128, 64]
        patience = try reader.integer(
            "early_stopping_patience",
            aliases: ["patience", "n_iter_no_change"],
            default: 0,
            in: 0...100_000
        )
        seed = Int64(
            try reader.integer("random_state", aliases: ["seed"], default: 1, in: .min ... .max)
        )
        threads = try reader.integer("n_jobs", default: 4, in: -1...4_096)
        try check()
    }

    private static func required(
        _ reader: inout ParameterReader,
        _ name: String,
        in range: ClosedRange<Int>
    ) throws(TrainingError) -> Int {
        var scout = reader
        guard try scout.value(name, default: .none, { _, _ in true }) != nil else {
            throw .parameterMissing(
                name: name,
                advice: "give a whole number in [\(range.lowerBound), \(range.upperBound)]"
            )
        }
        return try reader.integer(name, default: range.lowerBound, in: range)
    }

    /// Numbers of a token, and heads: the documented sum is the width, and its divisors are the
    /// numbers of heads that there may be.
    private static func heads(
        _ reader: inout ParameterReader,
        _ window: Int,
        _ length: Int
    ) throws(TrainingError) -> (width: Int, heads: Int) {
        let isAutomatic = try reader.integer("auto_heads", default: 1, in: 0...1) == 1
        let given = try reader.integer("num_heads", default: 4, in: 1...64)
        let sum = Int(Double(window).squareRoot()) + Int(Double(length).squareRoot()) + 2
        guard isAutomatic else { return ((sum + given - 1) / given * given, given) }
        let divisors = (2...sum).filter { sum % $0 == 0 }
        guard divisors.count > 1, let least = divisors.first else {
            throw .conflict(
                parameter: "auto_heads",
                with: "sequence_length",
                reason: "int(sqrt(\(window))) + int(sqrt(\(length))) + 2 is \(sum), a prime number "
                    + "that no heads divide; give auto_heads=0 and num_heads, or another "
                    + "sequence_length"
            )
        }
        // Heads of fewer than eight numbers see little, and more than eight heads cost much.
        return (sum, divisors.last { $0 <= 8 && sum / $0 >= 8 } ?? least)
    }

    /// `'a, b'`; nothing for an empty text.
    ///
    /// - Parameter noun: what the columns are, where the parameter must be given.
    private static func columns(
        _ reader: inout ParameterReader,
        _ name: String,
        noun: String?
    ) throws(TrainingError) -> [String] {
        let given = try reader.value(name, default: .text("")) {
            (written, value) throws(TrainingError) -> [String] in
            guard case .text(let text) = value else { throw .wrongType(written, "text", value) }
            return text.split(separator: ",").map { part in
                let isOuter: (Character) -> Bool = { $0.isWhitespace || $0 == "`" }
                return String(part.drop(while: isOuter).reversed().drop(while: isOuter).reversed())
            }.filter { !$0.isEmpty }
        }
        guard let noun, given == nil else { return given ?? [] }
        throw .parameterMissing(
            name: name,
            advice: "name the \(noun) among x_cols, separated by commas, or give '' for none"
        )
    }

    private static func members(
        _ reader: inout ParameterReader
    ) throws(TrainingError) -> [Member] {
        let isOn = try reader.word("stacking", default: Switch.off) == .on
        let given = try reader.value("stacking_model", default: .text("gbdt,svc,rt")) {
            (written, value) throws(TrainingError) -> [Member] in
            let words = value.description.filter { !"()[]{} '".contains($0) }.split(separator: ",")
            var members: [Member] = []
            for word in words {
                guard let member = Member(rawValue: word.lowercased()) else {
                    throw .unknownChoice(
                        parameter: written,
                        allowed: Member.allCases.map(\.rawValue),
                        value: String(word)
                    )
                }
                if !members.contains(member) { members.append(member) }
            }
            guard !members.isEmpty else {
                throw .outOfRange(
                    parameter: written,
                    allowed: "a list of bst, gbdt, svc, rt",
                    value: value.description
                )
            }
            return members
        }
        return isOn ? given ?? [.gbdt, .svc, .randomTrees] : []
    }

    // MARK: - What contradicts what

    private func check() throws(TrainingError) {
        if (question == .regression) == (loss == .crossEntropy) {
            throw .conflict(
                parameter: "loss",
                with: "model_task_type",
                reason: "'\(question.rawValue)' is trained with "
                    + (question == .regression
                        ? "mse, mae or msle" : Loss.crossEntropy.rawValue)
            )
        }
        let suits: Bool =
            switch metric {
            case .loss: true
            case .f1Score: question != .regression
            case .r2Score, .mse, .mape, .mapePlus: question == .regression
            }
        guard suits else {
            throw .conflict(
                parameter: "val_metric",
                with: "model_task_type",
                reason: "'\(metric.rawValue)' says nothing about '\(question.rawValue)'"
            )
        }
        if question != .multiClassification, classCount != 2 {
            throw .conflict(
                parameter: "num_classes",
                with: "model_task_type",
                reason: "give model_task_type='multi_classification' for \(classCount) classes"
            )
        }
        try checkVersion()
        try checkColumns()
    }

    private func checkVersion() throws(TrainingError) {
        if version == 0, question == .multiClassification {
            throw .conflict(
                parameter: "version",
                with: "model_task_type",
                reason: "'multi_classification' needs version=1"
            )
        }
        guard !members.isEmpty else { return }
        if version == 0 {
            throw .conflict(
                parameter: "version",
                with: "stacking",
                reason: "stacking needs version=1"
            )
        }
        if question != .classification {
            throw .conflict(
                parameter: "stacking",
                with: "model_task_type",
                reason: "only 'classification' is stacked"
            )
        }
    }

    private func checkColumns() throws(TrainingError) {
        if sequenceColumns.isEmpty {
            throw .parameterMissing(
                name: "x_seq_cols",
                advice: "name the sequence columns among x_cols, separated by commas"
            )
        }
        var seen: Set<String> = []
        for name in valueColumns + listColumns + sequenceColumns
        where !seen.insert(name.lowercased()).inserted {
            throw .conflict(
                parameter: "x_seq_cols",
                with: "x_value_cols",
                reason: "column '\(name)' is named twice in x_seq_cols, x_value_cols and "
                    + "x_statics_cols"
            )
        }
    }

    // MARK: - What follows from them

    /// What the columns are to the class.
    var columns: NamedColumns {
        NamedColumns(
            features: [
                ("x_value_cols", valueColumns), ("x_statics_cols", listColumns),
                ("x_seq_cols", sequenceColumns),
            ],
            lists: lists,
            judges: version == 1
                ? .mark("val_row")
                : .pair(
                    list: "val_x_cols",
                    label: "val_y_cols",
                    feature: sequenceColumns.first ?? ""
                ),
            needsJudges: validates
        )
    }

    /// How cells of the columns become lists, by lower-cased name.
    private var lists: [String: ListForm] {
        let sequence = SequenceForm(
            ids: windowSize,
            length: sequenceLength,
            dropsRepeats: dropsRepeats
        )
        var forms: [String: ListForm] = [:]
        for name in sequenceColumns { forms[name.lowercased()] = .sequence(sequence) }
        for name in listColumns { forms[name.lowercased()] = .numbers(count: nil) }
        return forms
    }

    /// The network over so many numbers beside its sequences.
    func form(numberWidth: Int) -> SequenceNetwork.Form {
        let attention = AttentionShape(width: width, heads: heads, hidden: 4 * width)
        let encoder = EncoderShape(
            attention: attention,
            blocks: blocks,
            ids: windowSize,
            length: sequenceLength,
            target: successID
        )
        let outputLoss: OutputLoss =
            switch (question, loss) {
            case (.classification, _): .logistic
            case (.multiClassification, _): .softmax
            case (.regression, .mae): .absolute
            case (.regression, _): .squared
            }
        return SequenceNetwork.Form(
            encoders: sequenceColumns.map { _ in encoder },
            numberWidth: numberWidth,
            countsIDs: countsIDs,
            hidden: hiddenUnits,
            outputs: question == .multiClassification ? classCount : 1,
            loss: outputLoss
        )
    }
}
