public import BorealBase
import Dispatch
import Synchronization

/// What a batched call gives for some rows: the answers, or a place where they will be.
public enum BatchAnswer {
    /// `[rows]`, of the call's type.
    case column(Column)
    /// The statement gives its thread back and comes again when the answers are there.
    case pending(PendingAnswer)
}

/// Answers that somebody else works on: a remote model, say.
public final class PendingAnswer: Sendable {
    private struct State {
        var result: Result<Column, any Error>?
        var warnings: [TableWarning] = []
        var giveUp: (@Sendable () -> Void)?
        /// Granted when the answers are there.
        var waiter: LockTicket?
    }

    private let state: Mutex<State>

    /// Milliseconds that nothing takes as long as.
    static let longest: UInt64 = 365 * 86_400_000

    /// Between two looks at the cancellation flag.
    private static let lookMilliseconds = 50

    /// - Parameter giveUp: called once, from any thread, when nobody wants the answers any more.
    public init(giveUp: @escaping @Sendable () -> Void) {
        state = Mutex(State(giveUp: giveUp))
    }

    deinit { abandon() }

    /// Hands in the answers, or why there are none; only the first time counts. From any thread.
    ///
    /// - Parameter warnings: what the client shall be told beside the answers.
    public func complete(_ result: Result<Column, any Error>, warnings: [TableWarning] = []) {
        let waiter = state.withLock { state -> LockTicket? in
            guard state.result == nil else { return nil }
            state.result = result
            state.warnings = warnings
            state.giveUp = nil
            defer { state.waiter = nil }
            return state.waiter
        }
        _ = waiter?.grant()
    }

    /// What is granted when the answers are there. One statement waits, with one ticket at a time.
    ///
    /// - Parameter deadline: milliseconds of `MonotonicClock`; nil for no end.
    func ticket(until deadline: UInt64? = nil) -> LockTicket {
        let end = deadline ?? MonotonicClock.milliseconds + Self.longest
        let ticket = LockTicket(deadlineMilliseconds: end)
        let isThere = state.withLock { state in
            state.waiter = ticket
            return state.result != nil
        }
        if isThere { _ = ticket.grant() }
        return ticket
    }

    /// Bytes of the answers' texts, 0 for a failure; nil while they are not there.
    var textBytes: Int? {
        state.withLock { state in
            switch state.result {
            case nil: nil
            case .failure: 0
            case .success(let column): column.textBytes
            }
        }
    }

    /// The answers; nil while they are not there.
    ///
    /// - Throws: why there are none.
    func taken() throws -> (column: Column, warnings: [TableWarning])? {
        let (result, warnings) = state.withLock { ($0.result, $0.warnings) }
        return try result.map { (try $0.get(), warnings) }
    }

    /// Nobody wants them: whoever works on them may stop.
    func abandon() {
        let giveUp = state.withLock { state in
            defer { state.giveUp = nil }
            return state.giveUp
        }
        giveUp?()
    }

    /// Blocks the thread until the answers are there: for background work only.
    ///
    /// - Throws: `TableError.interrupted`.
    func wait(_ cancellation: CancellationFlag) throws(TableError) {
        let (bell, ticket) = (DispatchSemaphore(value: 0), ticket())
        ticket.onResume { bell.signal() }
        while !ticket.isGranted {
            if cancellation.isCancelled {
                abandon()
                throw .interrupted
            }
            _ = bell.wait(timeout: .now() + .milliseconds(Self.lookMilliseconds))
        }
    }
}

extension Column {
    /// Bytes of its texts; 0 for numbers.
    var textBytes: Int {
        guard case .bytes(let values) = storage else { return 0 }
        return values.bytes.count
    }
}
