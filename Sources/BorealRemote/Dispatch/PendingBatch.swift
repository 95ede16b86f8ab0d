/// Rows that go in one request, and stay together when it has to be sent again: single-row retries
/// would multiply the requests when the provider bears least. Lives inside the dispatcher's lock.
final class PendingBatch {
    var rows: [PendingRow]
    let isDedicatedOnly: Bool
    /// A part of several rows of a batch that came back without a usable answer.
    let isPiece: Bool
    /// Requests sent so far.
    var attempts = 0
    /// Those of them that followed a failure.
    var retries = 0
    /// Not sent before.
    var notBefore: Microseconds
    /// When the first request was sent.
    var startedAt: Microseconds?
    /// Providers, by index, that failed it.
    var avoided: Set<Int> = []
    /// Those of them that asked for fewer calls.
    var refused: Set<Int> = []
    /// Who was asked last.
    var lastProvider: String?
    /// Shared by all its attempts; nil before the first.
    var trace: TraceID?
    /// Requests in flight: one, or two when hedged.
    var calls: [UInt64] = []

    init(_ rows: [PendingRow], notBefore: Microseconds) {
        assert(!rows.isEmpty, "a batch of nothing")
        self.rows = rows
        self.notBefore = notBefore
        isPiece = false
        isDedicatedOnly = rows[0].isDedicatedOnly
        for row in rows { row.batch = self }
    }

    /// A part of a batch that was refused as a whole.
    init(_ rows: [PendingRow], of whole: PendingBatch) {
        self.rows = rows
        isDedicatedOnly = whole.isDedicatedOnly
        isPiece = rows.count > 1
        attempts = whole.attempts
        retries = whole.retries
        notBefore = whole.notBefore
        startedAt = whole.startedAt
        avoided = whole.avoided
        refused = whole.refused
        lastProvider = whole.lastProvider
        trace = whole.trace
        for row in rows { row.batch = self }
    }

    var runtime: SharedRuntime { rows[0].runtime }
    var inputs: [RemoteInput] { rows.map(\.input) }
    var bytes: Int { rows.reduce(0) { $0 + $1.input.byteCount } }
    /// Estimated.
    var tokens: Int { rows.reduce(0) { $0 + TokenEstimate.tokens(bytes: $1.input.tokenByteCount) } }
    var isWanted: Bool { rows.contains { $0.isWanted } }

    /// Puts into a failure what is known of the requests that were sent.
    func shape(_ error: RemoteModelError, rows count: Int, at now: Microseconds) -> RemoteModelError
    {
        var shaped = error
        shaped.rows = max(1, count)
        shaped.attempts = attempts
        shaped.milliseconds = (now - (startedAt ?? now)).wholeMilliseconds
        shaped.provider = lastProvider
        shaped.trace = trace
        return shaped
    }
    /// When nobody waits any more.
    var deadline: Microseconds { rows.lazy.map(\.deadline).max() ?? .min }

    /// Nothing is sent after it: when nobody waits any more, or the time of all attempts is over.
    func latest(at now: Microseconds) -> Microseconds {
        min(deadline, (startedAt ?? now) + rows[0].patience)
    }
}

/// One request in flight. Lives inside the dispatcher's lock.
final class PendingCall {
    let batch: PendingBatch
    let model: ModelState
    /// Among the model's.
    let providerIndex: Int
    let provider: ProviderState
    let admission: CircuitBreaker.Admission
    let startedAt: Microseconds
    let estimatedTokens: Int
    /// The rows it was sent with.
    let rows: [PendingRow]
    let attempt: Int
    let isPiece: Bool
    /// What stops it; nil until the transport has taken it.
    var handle: (any CancellableCall)?

    init(
        _ batch: PendingBatch,
        _ model: ModelState,
        providerIndex: Int,
        admission: CircuitBreaker.Admission,
        estimatedTokens: Int,
        at now: Microseconds
    ) {
        self.batch = batch
        self.model = model
        self.providerIndex = providerIndex
        provider = model.providers[providerIndex]
        self.admission = admission
        self.estimatedTokens = estimatedTokens
        startedAt = now
        rows = batch.rows
        attempt = batch.attempts
        isPiece = batch.isPiece
    }
}
