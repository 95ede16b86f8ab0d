import BorealBase
import BorealSQLite

/// SLEEP and the locks of GET_LOCK.
///
/// No function waits: one that would have to ends the run of its query, which begins anew when the
/// wait is over and finds the answer among those of before. What a lock answered is remembered too,
/// so that a second run does not take it twice.
struct FunctionWait: Sendable {
    /// What ends the wait: it is granted, or its deadline passes.
    let ticket: LockTicket
    /// The lock that is waited for; nil for SLEEP.
    var lock: String?
    /// True when the statement's time is over before the wait would be.
    var isCut = false
}

/// The waits of one statement, which runs anew after each: what it waits for now, and what its
/// functions answered before.
struct FunctionWaits: Sendable {
    private var pending: FunctionWait?
    private var answers: [SQLiteValue] = []
    /// True once the statement's time was over in a wait, and in one for a lock.
    private(set) var wasCut = false
    private(set) var lostLock = false

    /// Lets functions of a run wait, and gives them the answers of the runs before.
    ///
    /// - Parameter deadline: when the statement's time is over, which ends waits too.
    func begin(_ context: FunctionContext, deadline: UInt64? = nil) {
        context.canWait = true
        context.answers = answers
        context.deadlineMilliseconds = deadline
    }

    /// The ticket of a function that ended the run to wait; nil when none did. What the run did to
    /// variables is forgotten: the next one does it again.
    mutating func pause(_ context: FunctionContext, _ session: TableSession) -> LockTicket? {
        guard let wait = context.pendingWait else { return nil }
        pending = wait
        answers = context.answers
        context.pendingWait = nil
        context.warnings = []
        context.variables = session.userVariables
        context.insertIDSet = nil
        return wait.ticket
    }

    /// The ticket of a wait that is not over; else its answer is kept for the next run.
    mutating func unfinished(_ locks: NamedLocks) -> LockTicket? {
        guard let wait = pending else { return nil }
        var isGranted = wait.ticket.isGranted
        if !isGranted, MonotonicClock.milliseconds < wait.ticket.deadlineMilliseconds {
            return wait.ticket
        }
        if !isGranted, let lock = wait.lock { isGranted = !locks.giveUp(lock, wait.ticket) }
        // A SLEEP that is interrupted answers 1.
        answers.append(.integer(isGranted || wait.isCut ? 1 : 0))
        if wait.isCut, !isGranted {
            wasCut = true
            lostLock = wait.lock != nil
        }
        pending = nil
        return nil
    }

    /// The statement ends while it waits.
    mutating func abandon(_ session: TableSession) {
        let locks = session.store.namedLocks
        if let wait = pending, let lock = wait.lock, !locks.giveUp(lock, wait.ticket) {
            _ = locks.release(lock, session.identity.connectionID)
        }
        pending = nil
    }
}

extension FunctionRegistry {
    func addWaits() throws(SQLiteError) {
        let context = context
        try addRaw("b_sleep", 1, isDeterministic: false) { call in
            guard !call.isNull(0), call.double(0) >= 0 else {
                return context.fail(call, .wrongArguments("sleep"))
            }
            if let known = context.nextAnswer() { return call.result(known) }
            let milliseconds = Self.milliseconds(call.double(0))
            guard milliseconds > 0 else { return context.remember(.integer(0), call) }
            let end = MonotonicClock.milliseconds + milliseconds
            let cut = context.deadlineMilliseconds.map { min($0, end) } ?? end
            let ticket = LockTicket(deadlineMilliseconds: cut)
            context.wait(call, FunctionWait(ticket: ticket, isCut: cut < end), "SLEEP")
        }
        try addRaw("b_get_lock", 2, isDeterministic: false) { call in
            guard let (locks, name) = context.lock(call) else { return }
            if let known = context.nextAnswer() { return call.result(known) }
            if locks.acquire(name, context.connectionID) {
                return context.remember(.integer(1), call)
            }
            // A negative time is without end.
            let seconds = call.isNull(1) ? 0 : call.double(1)
            let milliseconds = Self.milliseconds(seconds < 0 ? .infinity : seconds)
            guard milliseconds > 0, context.canWait else {
                guard milliseconds > 0 else { return context.remember(.integer(0), call) }
                return context.fail(call, .notSupported("a wait for GET_LOCK in this place"))
            }
            let now = MonotonicClock.milliseconds
            let left = context.deadlineMilliseconds.map { $0 > now ? $0 - now : 0 } ?? milliseconds
            let ticket = locks.wait(
                name,
                context.connectionID,
                milliseconds: min(left, milliseconds)
            )
            context.wait(
                call,
                FunctionWait(ticket: ticket, lock: name, isCut: left < milliseconds),
                "GET_LOCK"
            )
        }
        try addLockQuestions()
    }

    private static func milliseconds(_ seconds: Double) -> UInt64 {
        // A year is as good as for ever.
        UInt64((min(seconds, 31_536_000) * 1_000).rounded(.up))
    }

    private func addLockQuestions() throws(SQLiteError) {
        let context = context
        try addRaw("b_release_lock", 1, isDeterministic: false) { call in
            guard let (locks, name) = context.lock(call) else { return }
            if let known = context.nextAnswer() { return call.result(known) }
            let answer = locks.release(name, context.connectionID)
            context.remember(answer.map { .integer($0 ? 1 : 0) } ?? .null, call)
        }
        try addRaw("b_release_all_locks", 0, isDeterministic: false) { call in
            guard let locks = context.session?.store.namedLocks else { return call.resultNull() }
            if let known = context.nextAnswer() { return call.result(known) }
            context.remember(.integer(Int64(locks.releaseAll(context.connectionID))), call)
        }
        try addRaw("b_is_free_lock", 1, isDeterministic: false) { call in
            guard let (locks, name) = context.lock(call) else { return }
            call.result(locks.owner(name) == nil)
        }
        try addRaw("b_is_used_lock", 1, isDeterministic: false) { call in
            guard let (locks, name) = context.lock(call) else { return }
            call.result(locks.owner(name).map { Int64(clamping: $0) })
        }
    }
}

extension FunctionContext {
    /// The locks, and the name in the first argument; an error is raised when it is none.
    fileprivate func lock(_ call: SQLiteCall) -> (locks: NamedLocks, name: String)? {
        let name = call.isNull(0) ? "" : call.text(0).lowercased()
        guard !name.isEmpty, name.unicodeScalars.count <= TableLimits.lockNameMax,
            let locks = session?.store.namedLocks
        else {
            fail(call, .wrongLockName(call.isNull(0) ? "NULL" : call.text(0)))
            return nil
        }
        return (locks, name)
    }

    /// What the call at this place answered in the run before.
    fileprivate func nextAnswer() -> SQLiteValue? {
        guard answerCount < answers.count else { return nil }
        answerCount += 1
        return answers[answerCount - 1]
    }

    /// Answers, and keeps the answer for a run that begins anew.
    fileprivate func remember(_ value: SQLiteValue, _ call: SQLiteCall) {
        // Without waits there is no second run.
        if canWait, answers.count < TableLimits.answersMax {
            answers.append(value)
            answerCount += 1
        }
        call.result(value)
    }

    /// Ends the run of the query until a wait is over.
    fileprivate func wait(_ call: SQLiteCall, _ wait: FunctionWait, _ name: String) {
        if canWait, answers.count < TableLimits.answersMax { pendingWait = wait }
        fail(call, .notSupported("\(name) in this place"))
    }
}
