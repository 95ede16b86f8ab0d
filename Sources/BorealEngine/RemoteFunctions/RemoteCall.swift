import BorealBase
import BorealCatalog
import BorealRemote
import BorealTables
import Synchronization

/// A call of a function bound to a version of a remote model.
final class RemoteCall: BatchCall {
    /// What a call is beside its model.
    struct Frame: Sendable {
        let function: String
        /// Leading arguments that name the model.
        let constantCount: Int
        /// JSON; empty for none.
        let config: String
        /// `ai_queue_ms`; nil for no limit.
        let queueMilliseconds: Int?
    }

    let type: ColumnType
    let identity: String
    let constantCount: Int
    // Three thousand rows keep every place busy, and three statements fit into a model's queue.
    let chunksAhead = 3
    let rowsMax = 1_024
    // A kept plan may run for another account, whose cache and budget are its own.
    let isCurrent = false
    private let target: RemoteTarget
    private let asker: RowAsker
    private let reader: AnswerReader
    private let rule: FailureRule
    private let models: ModelStore
    private let gateway: RemoteGateway
    private let statement: UInt64
    private let queueMilliseconds: Int?

    init(
        _ target: RemoteTarget,
        _ asker: RowAsker,
        _ reader: AnswerReader,
        _ rule: FailureRule,
        _ frame: Frame,
        _ models: ModelStore,
        _ gateway: RemoteGateway
    ) {
        self.target = target
        self.asker = asker
        self.reader = reader
        self.rule = rule
        self.models = models
        self.gateway = gateway
        type = reader.task.type
        constantCount = frame.constantCount
        queueMilliseconds = frame.queueMilliseconds
        identity =
            "\(frame.function) \(frame.constantCount) \(target.bound.version.id.rawValue) "
            + "\(target.builtIn?.rawValue ?? "") \(frame.config) \(target.user)"
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
        at place: BatchPlace,
        cancellation: CancellationFlag
    ) throws -> BatchAnswer {
        let dispatcher: RemoteDispatcher
        do throws(RemoteModelError) {
            dispatcher = try gateway.dispatcher()
        } catch {
            throw target.error(error)
        }
        let asked = asker.ask(batch)
        var submission = RemoteSubmission(
            rows: asked.inputs,
            model: target.runtime,
            user: target.user,
            statement: statement
        )
        submission.cancellation = cancellation
        submission.expectsMore = place.expectsMore
        submission.isPart = place.expectsMore || place.firstRow > 0
        submission.queueMilliseconds = queueMilliseconds
        let isSingle = place.firstRow == 0 && batch.rowCount == 1 && !place.expectsMore
        let settlement = Settlement(
            target: target,
            type: type,
            rule: rule,
            isSingle: isSingle,
            mayBeAll: place.firstRow == 0 && (batch.rowCount > 1 || !place.expectsMore)
        )
        let holder = TicketHolder()
        let pending = PendingAnswer { holder.cancel() }
        holder.ticket = dispatcher.submit(submission) { [weak pending, reader] outcomes in
            let (result, warnings) = settlement.settle(
                reader.read(outcomes, asked),
                cutRows: outcomes.count { $0?.isCut ?? false }
            )
            pending?.complete(result, warnings: warnings)
        }
        return .pending(pending)
    }

    func endAsking() {
        // Without a dispatcher nothing was asked.
        try? gateway.dispatcher().finish(statement: statement)
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

extension RowOutcome {
    /// The answer stopped at a limit of tokens.
    fileprivate var isCut: Bool {
        guard case .success(let answer) = result else { return false }
        return answer.isTruncated
    }
}
