import BorealBase

/// A distinct request for one row, and who waits for it. Lives inside the dispatcher's lock.
final class PendingRow {
    /// Somebody who waits: a chunk, and the place among its distinct inputs.
    struct Waiter {
        let ticket: PendingChunk
        let place: Int
    }

    let key: CacheKey
    let input: RemoteInput
    /// `PreparedRow.written`.
    let written: [UInt8]?
    /// As the first who asked sees the model.
    let runtime: SharedRuntime
    let user: String
    /// In whose lane it stands, also when that statement does not wait any more.
    let statement: UInt64
    let isDedicatedOnly: Bool
    /// Where its answer goes as it comes; nobody else waits for such a row.
    let passage: StreamPassage?
    /// How long the answer may be kept; nil for not at all.
    let lifetime: Microseconds?
    /// What its budgets hold aside for it.
    let reserved: UsageBudgets.Amount
    let enqueuedAt: Microseconds
    var waiters: [Waiter]
    /// It has no end yet.
    var isOpen = true
    /// The batch it goes with, from its leaving the queue to its end.
    var batch: PendingBatch?

    init(
        _ request: PreparedRow,
        _ chunk: PendingChunk,
        place: Int,
        reserved: UsageBudgets.Amount,
        at now: Microseconds
    ) {
        key = request.key
        input = request.input
        written = request.written
        runtime = chunk.runtime
        user = chunk.user
        statement = chunk.statement
        isDedicatedOnly = chunk.runtime.value.rules.isDedicatedOnly
        passage = chunk.passage
        lifetime = request.lifetime
        self.reserved = reserved
        enqueuedAt = now
        waiters = [Waiter(ticket: chunk, place: place)]
    }

    var isWanted: Bool { !waiters.isEmpty }

    /// When the last of those who wait has no use for an answer any more.
    var deadline: Microseconds { waiters.lazy.map(\.ticket.deadline).max() ?? .min }

    /// For all attempts together. Of a stream that is passed on, the time between two events tells
    /// how long somebody waits without seeing anything.
    var patience: Microseconds {
        let limits = runtime.value.limits
        let whole = limits.timeoutMilliseconds
        let attempt = passage == nil ? whole : min(whole, limits.idleMilliseconds ?? whole)
        return Microseconds.milliseconds(attempt) * Microseconds(limits.retriesBound + 1)
    }

    /// While no request was sent for it: a wait beyond this is longer than its attempts may take.
    func latest(at now: Microseconds) -> Microseconds { min(deadline, now + patience) }
}

/// A row before it enters the dispatcher: written and hashed outside the lock.
struct PreparedRow: Sendable {
    let input: RemoteInput
    let key: CacheKey
    let lifetime: Microseconds?
    /// The body of a request for this row alone; nil for one of many rows, whose bodies would lie
    /// in memory twice.
    let written: [UInt8]?
}

/// A submitted chunk until its last row is answered. Lives inside the dispatcher's lock.
final class PendingChunk {
    let id: UInt64
    let model: String
    let user: String
    let statement: UInt64
    let runtime: SharedRuntime
    let deadline: Microseconds
    /// How long its rows may wait for a place; nil for as long as the deadline lets them.
    let queueMilliseconds: Int?
    /// `DistinctRows.places`.
    let places: [Int?]
    let cancellation: CancellationFlag?
    let passage: StreamPassage?
    /// Other chunks of its statement came before it, or follow.
    let isPart: Bool
    let completion: RemoteCompletion
    /// `[distinct inputs]`: outcomes so far.
    var outcomes: [RowOutcome?]
    /// `[distinct inputs]`: what is waited for.
    var rows: [PendingRow?]
    /// Distinct inputs without an outcome.
    var missing: Int

    init(
        _ submission: RemoteSubmission,
        id: UInt64,
        distinct: DistinctRows,
        completion: @escaping RemoteCompletion
    ) {
        self.id = id
        model = submission.model.identity
        user = submission.user
        statement = submission.statement
        runtime = SharedRuntime(submission.model)
        deadline = submission.deadline ?? .max
        queueMilliseconds = submission.queueMilliseconds
        places = distinct.places
        cancellation = submission.cancellation
        passage = submission.passage
        isPart = submission.isPart
        self.completion = completion
        outcomes = Array(repeating: nil, count: distinct.inputs.count)
        rows = Array(repeating: nil, count: distinct.inputs.count)
        missing = distinct.inputs.count
    }

    /// - Returns: whether this was the last one.
    func settle(_ place: Int, _ outcome: RowOutcome) -> Bool {
        assert(outcomes[place] == nil, "a row has two outcomes")
        outcomes[place] = outcome
        rows[place] = nil
        missing -= 1
        return missing == 0
    }

    /// For each row of the chunk, in order.
    var answers: [RowOutcome?] { places.map { place in place.flatMap { outcomes[$0] } } }
}
