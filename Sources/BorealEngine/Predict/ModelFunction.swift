import BorealBase
import BorealCatalog
import BorealGraph
import BorealTables

/// `PREDICT_ROW('model', a, b, ...)`, `PREDICT_PROBA` and `EXPLAIN_ROW` with the same arguments: a
/// model asked from anywhere in a statement, its features in the model's order.
struct ModelFunction: BatchFunction {
    /// What a function answers.
    enum Answer: String {
        /// The class, in the type the labels had; the number of a regression.
        case prediction
        /// The probability of the later of two classes; of more classes a JSON object by label.
        case probability
        /// What the features contribute to the score, as JSON.
        case explanation
    }

    /// Where names become models, and models become graphs.
    private let models: ModelStore
    /// Which of the functions it is.
    private let answer: Answer

    init(_ models: ModelStore, _ answer: Answer) {
        self.models = models
        self.answer = answer
    }

    /// - Throws: `ServerError`: no right to ask it, no such model, not ready, another number of
    ///   features, no probabilities.
    func bind(_ arguments: [BatchArgument], caller: BatchCaller) throws -> any BatchCall {
        guard let first = arguments.first else {
            throw ServerError.invalidOption("model", "the name of a model is missing")
        }
        guard let name = first.constant?.text else {
            throw ServerError.invalidOption("model", "the name of the model must be a constant")
        }
        let address = ModelAddress(name, models.catalog.snapshot)
        try ModelAccess(caller.rights).checkUse(address.name, models.catalog.snapshot)
        let bound = try models.usable(address.name, version: address.version)
        let graph = try models.graph(of: bound)
        guard arguments.count - 1 == graph.inputs.count else {
            throw ServerError.invalidOption(
                bound.model.name,
                "\(arguments.count - 1) values are given, the model has \(graph.inputs.count) "
                    + "features: \(Self.listed(graph.inputs.map(\.name)))"
            )
        }
        switch answer {
        case .prediction:
            let question = ModelQuestion(roles: [.prediction])
            return try ModelCall(
                models,
                address,
                bound,
                graph,
                question,
                PredictedCell(graph),
                function: answer.rawValue
            )
        case .probability:
            guard graph.output(.probabilities) != nil else {
                throw ServerError.invalidOption(bound.model.name, "the model has no 'proba'")
            }
            let question = ModelQuestion(roles: [.probabilities])
            return try ModelCall(
                models,
                address,
                bound,
                graph,
                question,
                ProbabilityCell(graph),
                function: answer.rawValue
            )
        case .explanation:
            var question = ModelQuestion(roles: [.prediction, .raw])
            do {
                question.explainer = try GraphExplainer(graph)
            } catch {
                throw ServerError(graph: error)
            }
            return try ModelCall(
                models,
                address,
                bound,
                graph,
                question,
                ExplanationCell(),
                function: answer.rawValue
            )
        }
    }

    /// Names for a message, cut when there are many.
    static func listed(_ names: [String]) -> String {
        names.prefix(20).joined(separator: ", ") + (names.count > 20 ? ", ..." : "")
    }
}

/// How the results of a model become a column.
protocol AnswerCell: Sendable {
    var type: ColumnType { get }
    func column(_ answer: ScoredBatch) -> Column
}

/// A call bound to a version of a model.
final class ModelCall: BatchCall {
    let type: ColumnType
    let identity: String
    let constantCount: Int
    private let models: ModelStore
    /// What it asks for, and the version that answers until the call is bound anew.
    private let address: ModelAddress
    private let version: ModelVersionID
    private let scorer: ModelScorer
    /// What the graph is asked for, and how that becomes a column.
    private let question: ModelQuestion
    private let cell: any AnswerCell

    init(
        _ models: ModelStore,
        _ address: ModelAddress,
        _ bound: BoundModel,
        _ graph: ModelGraph,
        _ question: ModelQuestion,
        _ cell: any AnswerCell,
        function: String,
        constantCount: Int = 1
    ) throws(ServerError) {
        self.models = models
        self.address = address
        version = bound.version.id
        self.question = question
        self.cell = cell
        type = cell.type
        self.constantCount = constantCount
        identity = "\(function) \(bound.version.id)"
        let names = graph.inputs.map(\.name)
        // By position: the names given are the model's own.
        let places = names.indices.map { "\($0)" }
        var scorer = try ModelScorer(graph, names: places, columns: places)
        scorer.meter = models.meter
        self.scorer = scorer
    }

    var rowsMax: Int { question.batchRows }

    var isCurrent: Bool {
        // Whatever is wrong with the name now is told when the call is bound anew.
        (try? models.usable(address.name, version: address.version))?.version.id == version
    }

    func check(_ rights: AccountRights) throws {
        try ModelAccess(rights).checkUse(address.name, models.catalog.snapshot)
    }

    func answer(
        _ batch: RowBatch,
        firstRow: Int,
        cancellation: CancellationFlag
    ) throws -> Column {
        let answer = try scorer.answer(
            question,
            batch,
            firstRow: firstRow,
            cancellation: cancellation
        )
        return cell.column(answer)
    }
}

/// The prediction in the type that it has: labels as they were, numbers as numbers.
private struct PredictedCell: AnswerCell {
    let type: ColumnType
    private let labels: Labels?
    /// Models of several answers give a JSON array.
    private let isList: Bool

    init(_ graph: ModelGraph) {
        labels = Self.labels(graph)
        isList = graph.output(.prediction).map { $0.columnNames.count != 1 } ?? false
        guard !isList else {
            type = ColumnType(.json)
            return
        }
        type = labels?.columnType ?? .double
    }

    /// What the codes of the prediction stand for; nil for numbers.
    private static func labels(_ graph: ModelGraph) -> Labels? {
        guard let output = graph.output(.prediction),
            graph.tensorTypes[output.tensor.index].element == .code
        else { return nil }
        let labels = output.dictionary ?? graph.labels
        return labels?.count == 0 ? nil : labels
    }

    func column(_ answer: ScoredBatch) -> Column {
        let results = answer.results
        let rows = 0..<results.rowCount
        if isList { return lists(results) }
        var validity = Validity()
        for row in rows { validity.append(isNull: results.isMissing(0, row: row)) }
        /// What a row's code stands for; the first label where there is none, which is NULL.
        func label<Value>(_ row: Int, _ values: [Value]) -> Value {
            let code = Int(results.double(0, row: row))
            return values[values.indices.contains(code) ? code : 0]
        }
        let storage: Column.Storage
        switch labels {
        case nil: storage = .double(results.doubles(0))
        case .integer(let values)?: storage = .int64(rows.map { label($0, values) })
        case .double(let values)?: storage = .double(rows.map { label($0, values) })
        case .decimal(let texts)?, .text(let texts)?:
            var bytes = ByteColumn()
            for row in rows { bytes.append(label(row, texts)) }
            storage = .bytes(bytes)
        }
        return Column(name: "", type: type, storage: storage, validity: validity)
    }
}

extension PredictedCell {
    private func lists(_ results: GraphResults) -> Column {
        var bytes = ByteColumn()
        var text: [UInt8] = []
        for row in 0..<results.rowCount {
            text.removeAll(keepingCapacity: true)
            results.appendRow(0, row: row, to: &text)
            bytes.append(String(decoding: text, as: UTF8.self))
        }
        return Column(
            name: "",
            type: type,
            storage: .bytes(bytes),
            validity: Validity(allValid: results.rowCount)
        )
    }
}

/// The probability of the later of two classes, or all of them by label.
private struct ProbabilityCell: AnswerCell {
    let type: ColumnType
    /// Quoted labels in class order; empty for two classes.
    private let keys: [String]

    init(_ graph: ModelGraph) {
        let width = graph.output(.probabilities)?.columnNames.count ?? 2
        if width <= 2 {
            type = .double
            keys = []
        } else {
            type = ColumnType(.json)
            keys = (0..<width).map { index in
                let label = graph.labels.map { $0.text(at: index) } ?? String(index)
                return JSON.string(label).description
            }
        }
    }

    func column(_ answer: ScoredBatch) -> Column {
        let results = answer.results
        let storage: Column.Storage
        if keys.isEmpty {
            let last = results.width(of: 0) - 1
            storage = .double(
                (0..<results.rowCount).map { results.double(0, row: $0, column: last) }
            )
        } else {
            var bytes = ByteColumn()
            for row in 0..<results.rowCount {
                let members = keys.enumerated().map { index, key in
                    "\(key): \(results.double(0, row: row, column: index))"
                }
                bytes.append("{" + members.joined(separator: ", ") + "}")
            }
            storage = .bytes(bytes)
        }
        return Column(
            name: "",
            type: type,
            storage: storage,
            validity: Validity(allValid: results.rowCount)
        )
    }
}

/// What the features contribute to the score of the prediction, strongest first.
private struct ExplanationCell: AnswerCell {
    let type = ColumnType(.json)

    func column(_ answer: ScoredBatch) -> Column {
        let results = answer.results
        var bytes = ByteColumn()
        for row in 0..<results.rowCount {
            let score = answer.shownScore(row)
            var text = Array("{\"prediction\": ".utf8)
            text += JSON.string(results.text(0, row: row)).description.utf8
            text += ", \"raw\": \(results.double(1, row: row, column: score))".utf8
            let bias = answer.explanation?.bias(row: row, score: score) ?? 0
            text += ", \"bias\": \(bias), \"contributions\": ".utf8
            let all = answer.features.featureCount
            answer.appendContributions(all, row: row, score: score, to: &text)
            text.append(UInt8(ascii: "}"))
            text.withUnsafeBytes { bytes.append($0) }
        }
        return Column(
            name: "",
            type: type,
            storage: .bytes(bytes),
            validity: Validity(allValid: results.rowCount)
        )
    }
}
