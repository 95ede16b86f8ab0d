import BorealBase
import BorealCatalog
import BorealGraph
import BorealRemote
import BorealSQL
import BorealTables

/// `ML_PREDICT(model, version, a, b, ...)`, MaxCompute's way to ask a model: the columns are those
/// of INPUT in their order, and types are held to it.
struct MLPredictFunction: BatchFunction {
    static let name = "ML_PREDICT"

    private let models: ModelStore
    private let gateway: RemoteGateway

    init(_ models: ModelStore, _ gateway: RemoteGateway) {
        self.models = models
        self.gateway = gateway
    }

    /// Model and version.
    func nameCount(of count: Int) -> Int { Self.leading }

    private static let leading = 2

    /// - Throws: `ServerError`: no such model or version, no right to ask it, columns that are not
    ///   those of INPUT.
    func bind(_ arguments: [BatchArgument], caller: BatchCaller) throws -> any BatchCall {
        guard arguments.count > Self.leading else {
            throw ServerError.invalidOption(
                Self.name,
                "the call is \(Self.name)(model, version, column, ...)"
            )
        }
        let name = try word(arguments[0], "model")
        let version = try word(arguments[1], "version")
        let isDefault = version.asciiLowercased == VersionName.reserved
        let snapshot = models.catalog.snapshot
        let access = ModelAccess(caller.rights)
        let isLocal =
            snapshot.model(named: name)?.versions.contains { $0.modelClass != ModelClass.remote }
            ?? false
        let address = ModelAddress(isDefault ? name : "\(name):\(version)", snapshot)
        if isLocal {
            try access.checkUse(address.name, snapshot)
            let bound = try models.usable(address.name, version: address.version)
            if bound.version.modelClass != ModelClass.remote {
                return try local(bound, address, Array(arguments.dropFirst(Self.leading)))
            }
        }
        let binder = RemoteBinder(models: models, gateway: gateway, access: access)
        let target = try binder.target(
            isDefault ? name : "\(name):\(version)",
            as: Self.name
        )
        return try remote(target, Array(arguments.dropFirst(Self.leading)), caller)
    }

    private func word(_ argument: BatchArgument, _ what: String) throws(ServerError) -> String {
        guard let word = argument.constant?.text, !word.isEmpty else {
            throw .invalidOption(what, "the name of the \(what) must be a constant")
        }
        return word
    }

    // MARK: - Models that run here

    private func local(
        _ bound: BoundModel,
        _ address: ModelAddress,
        _ arguments: [BatchArgument]
    ) throws(ServerError) -> any BatchCall {
        let graph = try models.graph(of: bound)
        let inputs = InputColumns(stored: bound.version.definition.options)
        if inputs.elements.isEmpty {
            guard arguments.count == graph.inputs.count else {
                throw .invalidOption(
                    bound.model.name,
                    "\(arguments.count) columns are given, the model has \(graph.inputs.count) "
                        + "features: \(ModelFunction.listed(graph.inputs.map(\.name)))"
                )
            }
        } else {
            try inputs.check(arguments, of: bound.model.name)
        }
        let isClassifier = graph.task == .binary || graph.task == .multiclass
        let hasProbabilities = graph.output(.probabilities) != nil
        let roles: [GraphOutput.Role] =
            isClassifier && hasProbabilities ? [.prediction, .probabilities] : [.prediction]
        let cell: any AnswerCell = isClassifier ? ClassStructCell(graph) : NumberTextCell()
        return try ModelCall(
            models,
            address,
            bound,
            graph,
            ModelQuestion(roles: roles),
            cell,
            function: Self.name,
            constantCount: Self.leading
        )
    }

    // MARK: - Models that run elsewhere

    private func remote(
        _ target: RemoteTarget,
        _ arguments: [BatchArgument],
        _ caller: BatchCaller
    ) throws(ServerError) -> any BatchCall {
        let inputs = InputColumns(stored: target.bound.version.definition.options)
        if !inputs.elements.isEmpty { try inputs.check(arguments, of: target.bound.model.name) }
        let task: FunctionTask
        switch target.runtime.kind {
        case .chat: task = .text
        case .embedding: task = .vector
        case .rerank: task = .score
        }
        let rows: RemoteRows
        do throws(RemoteModelError) {
            let names =
                inputs.elements.isEmpty
                ? arguments.indices.map { "column \($0 + 1)" } : inputs.elements.map(\.name)
            let record = try RemoteGateway.record(of: target.bound)
            rows = try RemoteRows(record, inputs: inputs, columns: names)
        } catch {
            throw target.error(error)
        }
        return RemoteCall(
            target,
            RowAsker(rows),
            AnswerReader(task: task, isClamped: false),
            FailureRule(caller, model: target.options.onError),
            RemoteCall.Frame(
                function: Self.name,
                constantCount: Self.leading,
                config: "",
                queueMilliseconds: RemoteFunction.queueMilliseconds(caller)
            ),
            models,
            gateway
        )
    }
}

extension InputColumns {
    /// Holds the columns of a call to INPUT: their number, and each one's type. A whole number may
    /// stand where INPUT says DOUBLE.
    ///
    /// - Throws: `invalidOption` that names the first column that does not match.
    func check(_ arguments: [BatchArgument], of model: String) throws(ServerError) {
        guard arguments.count == elements.count else {
            throw .invalidOption(
                model,
                "\(arguments.count) columns are given, the model's INPUT has \(elements.count): "
                    + ModelFunction.listed(elements.map { "\($0.name) \($0.kind.rawValue)" })
            )
        }
        for (place, (argument, input)) in zip(arguments, elements).enumerated() {
            let given = Self.kinds(argument)
            guard given.isEmpty || given.contains(input.kind) else {
                throw .invalidOption(
                    model,
                    "column \(place + 1) is INPUT '\(input.name)' \(input.kind.rawValue), "
                        + "a \(given[0].rawValue) is given"
                )
            }
        }
    }

    /// What an argument may be taken for, the first what it is; none for NULL, which is everything.
    private static func kinds(_ argument: BatchArgument) -> [ModelInput.Kind] {
        switch argument.constant {
        case .null?: return []
        case .integer?, .unsigned?: return [.bigint, .double]
        default: break
        }
        let type = argument.type
        if type.isInteger || type.kind == .year || type.kind == .bit { return [.bigint, .double] }
        if type.isNumeric { return [.double] }
        switch type.kind {
        case .null: return []
        case .binary, .varbinary, .blob: return [.binary]
        default: return [.string]
        }
    }
}

/// A number as text, in the shortest digits of the model's own type.
private struct NumberTextCell: AnswerCell {
    let type = ColumnType.varchar()

    func column(_ answer: ScoredBatch) -> Column {
        let results = answer.results
        var bytes = ByteColumn()
        var validity = Validity()
        var text: [UInt8] = []
        for row in 0..<results.rowCount {
            let isMissing = results.width(of: 0) == 1 && results.isMissing(0, row: row)
            validity.append(isNull: isMissing)
            text.removeAll(keepingCapacity: true)
            if !isMissing { results.appendRow(0, row: row, to: &text) }
            text.withUnsafeBytes { bytes.append($0) }
        }
        return Column(name: "", type: type, storage: .bytes(bytes), validity: validity)
    }
}

/// MaxCompute's struct of label and probabilities, as JSON: `{"label": "0", "probs": [0.9, 0.1]}`.
/// The digits are the shortest of the model's own type.
private struct ClassStructCell: AnswerCell {
    let type = ColumnType(.json)
    /// The prediction is a label; else a number of which a label is made.
    private let isLabel: Bool
    /// Probabilities are 32-bit numbers.
    private let isFloat: Bool

    init(_ graph: ModelGraph) {
        func element(_ role: GraphOutput.Role) -> TensorElement? {
            graph.output(role).map { graph.tensorTypes[$0.tensor.index].element }
        }
        isLabel = element(.prediction) == .code
        isFloat = element(.probabilities) == .float
    }

    func column(_ answer: ScoredBatch) -> Column {
        let results = answer.results
        var bytes = ByteColumn()
        for row in 0..<results.rowCount {
            let label = JSON.string(label(results, row)).description
            let probabilities = probabilities(results, row).joined(separator: ", ")
            bytes.append("{\"label\": \(label), \"probs\": [\(probabilities)]}")
        }
        return Column(
            name: "",
            type: type,
            storage: .bytes(bytes),
            validity: Validity(allValid: results.rowCount)
        )
    }

    /// The label; where the file has none, the place of the likelier class.
    private func label(_ results: GraphResults, _ row: Int) -> String {
        guard !isLabel, results.outputs.count > 1 else { return results.text(0, row: row) }
        let width = results.width(of: 1)
        guard width > 1 else { return results.double(1, row: row) > 0.5 ? "1" : "0" }
        let values = (0..<width).map { results.double(1, row: row, column: $0) }
        let best = values.indices.max { values[$0] < values[$1] } ?? 0
        return results.graph.labels.map { $0.text(at: best) } ?? String(best)
    }

    private func probabilities(_ results: GraphResults, _ row: Int) -> [String] {
        guard results.outputs.count > 1 else { return [] }
        let width = results.width(of: 1)
        let texts = (0..<width).map { column in
            results.isMissing(1, row: row, column: column)
                ? "null" : results.text(1, row: row, column: column)
        }
        guard width == 1, texts[0] != "null" else { return texts }
        // A booster of two classes tells the probability of the second.
        let value = results.double(1, row: row)
        return [isFloat ? (1 - Float(value)).description : (1 - value).description, texts[0]]
    }
}
