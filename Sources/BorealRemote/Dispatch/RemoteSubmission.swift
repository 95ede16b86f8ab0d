package import BorealBase

/// A chunk of rows for one model, from one statement.
package struct RemoteSubmission: Sendable {
    /// nil for NULL: nothing is sent and the answer is NULL.
    package var rows: [RemoteInput?]
    package var model: RemoteModelRuntime
    package var user: String
    /// Rows of one statement keep their order and are cancelled together.
    package var statement: UInt64
    /// Of the dispatcher's clock: no row is sent after it, and rows without an answer fail with
    /// TIMEOUT then.
    package var deadline: Microseconds?
    /// How long a row may wait for its place in a request, limits and other rows before it; then it
    /// fails with RATE_LIMIT. Nil for as long as the deadline lets it.
    package var queueMilliseconds: Int?
    /// Looked at before each request; `RemoteTicket.cancel()` acts at once.
    package var cancellation: CancellationFlag?
    /// The statement will bring another chunk: a request that is not full waits 5 ms for it.
    package var expectsMore = false
    /// The statement brings several chunks: what was answered for one is not asked for another,
    /// even where answers are not kept otherwise.
    package var isPart = false
    /// Where the answer of its only row goes as it comes; nil for an answer that is read whole.
    package var passage: StreamPassage?

    package init(
        rows: [RemoteInput?],
        model: RemoteModelRuntime,
        user: String,
        statement: UInt64
    ) {
        self.rows = rows
        self.model = model
        self.user = user
        self.statement = statement
    }
}

/// What came of one row.
package struct RowOutcome: Equatable, Sendable {
    package var result: Result<RemoteAnswer, RemoteModelError>
    /// It came from memory and cost nothing.
    package var isCached = false
    /// The request that brought the answer.
    package var call: CallSummary?

    package init(_ result: Result<RemoteAnswer, RemoteModelError>, call: CallSummary? = nil) {
        self.result = result
        self.call = call
    }
}

/// One request, as those see it whose rows it carried.
package struct CallSummary: Equatable, Sendable {
    package var provider: String
    /// Rows that shared it.
    package var rows: Int
    /// Of the whole request.
    package var usage: TokenUsage
    package var milliseconds: Int
    /// Requests that were sent for these rows, this one among them.
    package var attempts: Int
    package var trace: TraceID?
}

/// Takes the outcomes of a chunk: one for each row in its order, nil for NULL.
///
/// Called once, on any thread, perhaps before `submit` has returned; it must not wait for anything.
package typealias RemoteCompletion = @Sendable ([RowOutcome?]) -> Void

/// A chunk under way.
package final class RemoteTicket: Sendable {
    let id: UInt64
    private let dispatcher: RemoteDispatcher

    init(id: UInt64, dispatcher: RemoteDispatcher) {
        self.id = id
        self.dispatcher = dispatcher
    }

    /// Rows without an answer fail with CANCELLED, at once; requests that nobody else waits for are
    /// aborted. After the end it does nothing.
    package func cancel() { dispatcher.cancel(ticket: id) }
}
