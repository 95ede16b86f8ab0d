package import BorealBase
package import BorealWire
import Synchronization

/// The rows of a query at another server on their way from the loop that reads them to whoever
/// takes them, from any thread. Neither side ever waits for the other in here.
///
/// At most two batches stand between the two: a taker that is slow stops the reading, and then the
/// server.
package final class UpstreamRows: Sendable {
    /// What comes next.
    package enum Next: Sendable {
        case batch(RowBatch)
        /// The query has no more rows.
        case end
        /// Nothing is there yet; `onChange` tells when to look again.
        case pending
        case failed(UpstreamError)
    }

    /// What the columns are.
    package enum Head: Sendable {
        case columns([ColumnDefinition41])
        case pending
        case failed(UpstreamError)
    }

    private struct State {
        var columns: [ColumnDefinition41]?
        var batches: [RowBatch] = []
        var isOver = false
        var failure: UpstreamError?
        /// The taker wants rows, not only to know the columns.
        var isStarted = false
        var isClosed = false
        /// Called once when something has changed.
        var waiter: (@Sendable () -> Void)?
        /// Tells the reading side that the taker has done something.
        var reader: (@Sendable () -> Void)?
    }

    /// Batches that are read ahead.
    private static let aheadMax = 2

    /// The server's address, for errors.
    package let server: String
    private let state = Mutex(State())

    /// - Parameter server: its address, as `db.example:3306`.
    package init(server: String) { self.server = server }

    // MARK: - The taker's side

    /// The columns, once the server has told them.
    package var head: Head {
        state.withLock { state in
            if let columns = state.columns { return .columns(columns) }
            if let failure = state.failure { return .failed(failure) }
            return .pending
        }
    }

    /// Has the query run.
    package func start() {
        let reader = state.withLock { state -> (@Sendable () -> Void)? in
            guard !state.isStarted else { return nil }
            state.isStarted = true
            return state.reader
        }
        reader?()
    }

    /// Takes the next rows. Rows that came before a failure are not given out behind it: no half
    /// result is taken for a whole one.
    package func take() -> Next {
        let (next, reader) = state.withLock { state -> (Next, (@Sendable () -> Void)?) in
            if let failure = state.failure { return (.failed(failure), nil) }
            guard !state.batches.isEmpty else { return (state.isOver ? .end : .pending, nil) }
            let wasFull = state.batches.count >= Self.aheadMax
            let batch = state.batches.removeFirst()
            return (.batch(batch), wasFull ? state.reader : nil)
        }
        reader?()
        return next
    }

    /// Calls `wake` once when there is something new, at once if there is.
    package func onChange(_ wake: @escaping @Sendable () -> Void) {
        let isThere = state.withLock { state in
            let awaitsRows = state.isStarted && state.columns != nil
            let isThere =
                state.failure != nil || state.isOver
                || (awaitsRows ? !state.batches.isEmpty : state.columns != nil)
            if !isThere { state.waiter = wake }
            return isThere
        }
        if isThere { wake() }
    }

    /// Wants no more. More calls do nothing.
    package func close() {
        let reader = state.withLock { state -> (@Sendable () -> Void)? in
            guard !state.isClosed else { return nil }
            state.isClosed = true
            state.batches = []
            state.waiter = nil
            return state.reader
        }
        reader?()
    }

    // MARK: - The reader's side

    /// What the taker wants now.
    struct Wish {
        var isClosed: Bool
        var isStarted: Bool
        /// There is room for one more batch.
        var hasRoom: Bool
    }

    var wish: Wish {
        state.withLock { state in
            Wish(
                isClosed: state.isClosed,
                isStarted: state.isStarted,
                hasRoom: state.batches.count < Self.aheadMax
            )
        }
    }

    /// True when the columns that came with the rows were others than those that were told.
    package var hasChanged: Bool { state.withLock { $0.failure == .queryChanged } }

    var isFailed: Bool { state.withLock { $0.failure != nil } }

    /// Has `reader` called from any thread when the taker did something; nil at the end.
    func setReader(_ reader: (@Sendable () -> Void)?) { state.withLock { $0.reader = reader } }

    private func change(_ body: (inout State) -> Void) {
        let waiter = state.withLock { state -> (@Sendable () -> Void)? in
            body(&state)
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?()
    }

    func tell(_ columns: [ColumnDefinition41]) { change { $0.columns = columns } }

    func give(_ batch: RowBatch) { change { if !$0.isClosed { $0.batches.append(batch) } } }

    func end() { change { $0.isOver = true } }

    /// An answer without columns and rows.
    package func answerNothing() {
        change { state in
            state.columns = []
            state.isOver = true
        }
    }

    /// Ends it with an error; the first one stays, and none comes behind the last row.
    package func fail(_ error: UpstreamError) {
        change { state in
            guard !state.isOver, state.failure == nil else { return }
            state.failure = error
            state.batches = []
        }
    }
}
