import BorealBase
import BorealCatalog
import BorealRemote
import BorealTables
import Synchronization

/// `AI_CallModel('model', content [, config])` and its like: a remote model asked about many rows
/// of a statement at once.
struct RemoteFunction: BatchFunction {
    /// What a function answers.
    enum Answer: String, CaseIterable {
        /// The answer as JSON, whatever the model is.
        case json = "AI_CALLMODEL"
        /// A text without quotes.
        case text = "AI_CALLTEXT"
        /// A JSON array of numbers.
        case vector = "AI_EMBEDTEXT"
        /// How well a document answers a query.
        case score = "AI_RERANK"

        /// How the call is written.
        fileprivate var form: String {
            switch self {
            case .json, .text, .vector: "\(rawValue)(model, content [, config])"
            case .score: "\(rawValue)(model, query, document)"
            }
        }
    }

    private let models: ModelStore
    private let gateway: RemoteGateway
    private let answer: Answer

    init(_ models: ModelStore, _ gateway: RemoteGateway, _ answer: Answer) {
        self.models = models
        self.gateway = gateway
        self.answer = answer
    }

    /// - Throws: `ServerError`: no such model, none of the kind that the function asks, no right
    ///   to ask it, a bad configuration.
    func bind(_ arguments: [BatchArgument], rights: AccountRights) throws -> any BatchCall {
        let counts = answer == .score ? 3...3 : 2...3
        guard counts.contains(arguments.count) else {
            throw ServerError.invalidOption(answer.rawValue, "the call is \(answer.form)")
        }
        guard let name = arguments[0].constant?.text else {
            throw ServerError.invalidOption("model", "the name of the model must be a constant")
        }
        let config: JSON?
        do throws(RemoteModelError) {
            config = answer == .score ? nil : try Self.config(arguments.dropFirst(2).first)
        } catch {
            throw ServerError(remote: error, name: name)
        }
        return try bind(name, config, rights)
    }

    private func bind(
        _ name: String,
        _ config: JSON?,
        _ rights: AccountRights
    ) throws(ServerError) -> any BatchCall {
        let binder = RemoteBinder(models: models, gateway: gateway, access: ModelAccess(rights))
        let target = try binder.target(name, as: answer.rawValue, config: config)
        guard answer.fits(target.runtime.kind) else {
            throw target.error(
                RemoteModelError(.config, "\(answer.rawValue) asks another kind of model")
            )
        }
        return RemoteCall(target, models, gateway, answer, config, try target.callingRows())
    }

    /// The configuration of a call: a JSON object, NULL for none.
    private static func config(
        _ argument: BatchArgument?
    ) throws(RemoteModelError) -> JSON? {
        guard let argument else { return nil }
        guard let value = argument.constant else {
            throw RemoteModelError(.config, "the configuration of a call must be a constant")
        }
        guard let text = value.text else { return nil }
        // Whatever is wrong with the text, it is no JSON object.
        guard let json = try? JSON.parse(text), json.object != nil else {
            throw RemoteModelError(.config, "the configuration of a call is a JSON object")
        }
        return json
    }
}

extension RemoteFunction.Answer {
    /// Whether models of that kind answer it.
    fileprivate func fits(_ kind: RemoteModelKind) -> Bool {
        switch self {
        case .json: kind != .rerank
        case .text: kind == .chat
        case .vector: kind == .embedding
        case .score: kind == .rerank
        }
    }

    fileprivate var type: ColumnType {
        switch self {
        case .json, .vector: ColumnType(.json)
        case .text: ColumnType(.text, length: Int(UInt32.max))
        case .score: .double
        }
    }
}

/// A call bound to a version of a remote model.
private final class RemoteCall: BatchCall {
    let type: ColumnType
    let identity: String
    let constantCount = 1
    // A kept plan may run for another account, whose cache and budget are its own.
    let isCurrent = false
    private let target: RemoteTarget
    private let models: ModelStore
    private let gateway: RemoteGateway
    private let answer: RemoteFunction.Answer
    private let statement: UInt64
    private let rows: RemoteRows

    init(
        _ target: RemoteTarget,
        _ models: ModelStore,
        _ gateway: RemoteGateway,
        _ answer: RemoteFunction.Answer,
        _ config: JSON?,
        _ rows: RemoteRows
    ) {
        self.rows = rows
        self.target = target
        self.models = models
        self.gateway = gateway
        self.answer = answer
        type = answer.type
        identity =
            "\(answer.rawValue) \(target.bound.version.id) \(target.builtIn?.rawValue ?? "") "
            + "\(config?.description ?? "") \(target.user)"
        statement = gateway.nextStatement()
    }

    func check(_ rights: AccountRights) throws {
        try ModelAccess(rights).checkUse(target.bound.model.name, models.catalog.snapshot)
    }

    func answer(
        _ batch: RowBatch,
        firstRow: Int,
        cancellation: CancellationFlag
    ) throws -> Column {
        throw ServerError.unsupported("a call of a remote model in this place")
    }

    func ask(
        _ batch: RowBatch,
        firstRow: Int,
        cancellation: CancellationFlag
    ) throws -> BatchAnswer {
        let dispatcher: RemoteDispatcher
        do throws(RemoteModelError) {
            dispatcher = try gateway.dispatcher()
        } catch {
            throw target.error(error)
        }
        var submission = RemoteSubmission(
            rows: rows.inputs(batch),
            model: target.runtime,
            user: target.user,
            statement: statement
        )
        submission.cancellation = cancellation
        let reader = RemoteOutcomes(target, answer, isSingle: firstRow == 0 && batch.rowCount == 1)
        let holder = TicketHolder()
        let pending = PendingAnswer { holder.cancel() }
        holder.ticket = dispatcher.submit(submission) { [weak pending] outcomes in
            let (result, warnings) = reader.read(outcomes)
            pending?.complete(result, warnings: warnings)
        }
        return .pending(pending)
    }
}

/// Cancels a chunk whose statement is gone, also when it goes before the ticket is known.
private final class TicketHolder: Sendable {
    private struct State {
        var ticket: RemoteTicket?
        var isCancelled = false
    }

    private let state = Mutex(State())

    var ticket: RemoteTicket? {
        get { state.withLock { $0.ticket } }
        set {
            let isLate = state.withLock { state in
                state.ticket = newValue
                return state.isCancelled
            }
            if isLate { newValue?.cancel() }
        }
    }

    func cancel() {
        let ticket = state.withLock { state in
            state.isCancelled = true
            return state.ticket
        }
        ticket?.cancel()
    }
}

/// Turns what came of a chunk's rows into a column and warnings.
struct RemoteOutcomes: Sendable {
    private let target: RemoteTarget
    private let answer: RemoteFunction.Answer
    /// The statement asks about one row.
    private let isSingle: Bool

    /// Warnings of one chunk: SHOW WARNINGS shows no more of a statement.
    private static let warningsMax = 64

    init(_ target: RemoteTarget, _ answer: RemoteFunction.Answer, isSingle: Bool) {
        self.target = target
        self.answer = answer
        self.isSingle = isSingle
    }

    /// A failed row is NULL with a warning, or fails the statement: as the model says, else when it
    /// is the only row. Rows that all fail for one reason always do.
    func read(
        _ outcomes: [RowOutcome?]
    ) -> (result: Result<Column, any Error>, warnings: [TableWarning]) {
        let failures = outcomes.compactMap { $0 }.compactMap(\.failure)
        let asked = outcomes.count { $0 != nil }
        if let first = failures.first {
            let isOneReason =
                failures.count == asked && failures.allSatisfy { $0.code == first.code }
            let fails = target.options.onError.map { $0 == .fail } ?? isSingle
            if fails || isOneReason {
                var error = first
                error.rows = isOneReason ? failures.count : first.rows
                return (.failure(target.error(error)), [])
            }
        }
        var warnings = failures.prefix(Self.warningsMax).map { failure in
            let error = target.error(failure)
            return TableWarning(.warning, error.code, error.message)
        }
        let cut = outcomes.count { $0?.isTruncated ?? false }
        if cut > 0 {
            var error = RemoteModelError(.truncated, "the answer stops at the limit of tokens")
            error.rows = cut
            let warning = target.error(error)
            warnings.append(TableWarning(.warning, warning.code, warning.message))
        }
        return (.success(column(outcomes)), warnings)
    }

    private func column(_ outcomes: [RowOutcome?]) -> Column {
        var validity = Validity()
        if answer == .score {
            let values = outcomes.map { outcome -> Double in
                let score = outcome?.score
                validity.append(isNull: score == nil)
                return score ?? 0
            }
            return Column(name: "", type: .double, storage: .double(values), validity: validity)
        }
        var bytes = ByteColumn()
        for outcome in outcomes {
            let text = outcome?.value.map { self.text($0) }
            validity.append(isNull: text == nil)
            bytes.append(text ?? "")
        }
        return Column(name: "", type: answer.type, storage: .bytes(bytes), validity: validity)
    }

    private func text(_ value: RemoteAnswer.Value) -> String {
        switch value {
        case .text(let text) where answer == .text: text
        case .text(let text): JSON.string(text).description
        case .vector(let numbers): JSON.array(numbers.map { .number($0) }).description
        case .score(let score): score.description
        case .json(.string(let text)) where answer == .text: text
        case .json(let json): json.description
        }
    }
}

extension RowOutcome {
    fileprivate var failure: RemoteModelError? {
        guard case .failure(let error) = result else { return nil }
        return error
    }

    fileprivate var value: RemoteAnswer.Value? {
        guard case .success(let answer) = result else { return nil }
        return answer.value
    }

    fileprivate var score: Double? {
        guard case .score(let score)? = value else { return nil }
        return score
    }

    fileprivate var isTruncated: Bool {
        guard case .success(let answer) = result else { return false }
        return answer.isTruncated
    }
}
