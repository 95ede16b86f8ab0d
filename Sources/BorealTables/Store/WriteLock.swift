import BorealBase
import Synchronization

/// A place in the queue for the write lock of the embedded tables, or for another lock.
///
/// Whoever gets one back from a step registers what to do when it is granted, and steps again then,
/// or at the deadline, whichever comes first.
public final class LockTicket: Sendable {
    private struct State {
        var isGranted = false
        var isCancelled = false
        var resume: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())
    /// Milliseconds of `MonotonicClock` after which the wait has failed.
    public let deadlineMilliseconds: UInt64

    init(deadlineMilliseconds: UInt64) { self.deadlineMilliseconds = deadlineMilliseconds }

    /// True once the lock is held by this ticket.
    public var isGranted: Bool { state.withLock { $0.isGranted } }

    /// Calls `body` when the lock is granted; at once when it is already. On the thread of whoever
    /// gave the lock up, so it should only queue something.
    public func onResume(_ body: @escaping @Sendable () -> Void) {
        let isGranted = state.withLock { state in
            if !state.isGranted { state.resume = body }
            return state.isGranted
        }
        if isGranted { body() }
    }

    /// Grants the lock; false when nobody waits any more.
    func grant() -> Bool {
        let (isWanted, resume) = state.withLock { state in
            guard !state.isCancelled else { return (false, nil as (@Sendable () -> Void)?) }
            state.isGranted = true
            defer { state.resume = nil }
            return (true, state.resume)
        }
        resume?()
        return isWanted
    }

    /// Gives up waiting; true when it was not granted meanwhile.
    func cancel() -> Bool {
        state.withLock { state in
            if state.isGranted { return false }
            state.isCancelled = true
            state.resume = nil
            return true
        }
    }
}

/// The write lock of all embedded tables: one holder, first come first served.
final class WriteLock: Sendable {
    private struct State {
        var holder: LockTicket?
        var queue: [LockTicket] = []
    }

    private let state = Mutex(State())

    /// A ticket, granted at once when the lock is free.
    func request(timeoutMilliseconds: UInt64) -> LockTicket {
        let ticket = LockTicket(
            deadlineMilliseconds: MonotonicClock.milliseconds + timeoutMilliseconds
        )
        let isFree = state.withLock { state in
            guard state.holder == nil else {
                state.queue.append(ticket)
                return false
            }
            state.holder = ticket
            return true
        }
        if isFree { _ = ticket.grant() }
        return ticket
    }

    /// Gives the lock to the next in line, or takes a waiting ticket out of the queue.
    func release(_ ticket: LockTicket) {
        if ticket.cancel() {
            state.withLock { $0.queue.removeAll { $0 === ticket } }
            return
        }
        while true {
            let next = state.withLock { state -> LockTicket? in
                guard state.holder === ticket || state.holder == nil else { return nil }
                state.holder = state.queue.isEmpty ? nil : state.queue.removeFirst()
                return state.holder
            }
            guard let next else { return }
            if next.grant() { return }
            // It gave up between the two locks: the next one.
            state.withLock { if $0.holder === next { $0.holder = nil } }
        }
    }

    /// Tickets that wait.
    var waitingCount: Int { state.withLock { $0.queue.count } }
}
