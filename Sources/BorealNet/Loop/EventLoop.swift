import BorealBase
import CLinux
import Dispatch
import Glibc
import Synchronization

/// One epoll loop: it owns connections, timers and a mailbox, and runs as one never-ending block on
/// a serial Dispatch queue of its own.
///
/// A connection belongs to one loop for life, so that its state needs no lock. Whoever works
/// elsewhere comes back with `execute`. Nothing that runs on a loop may block: all its connections
/// would wait.
///
/// Unchecked: everything below "the loop's own" is touched on the loop's thread only (asserted by
/// the connections and `assertCurrent`); the rest is immutable, atomic or behind the mutex.
public final class EventLoop: @unchecked Sendable {
    /// A piece of work for a loop.
    public typealias Job = @Sendable () -> Void

    private struct Mailbox {
        var jobs: ContiguousArray<Job> = []
        var isStopped = false
    }

    /// Token of the eventfd; no slot has it.
    private static let wakeupToken = UInt64.max
    /// `EPOLLET`, which is a cast macro: every write to the eventfd is an event, and nobody reads
    /// it.
    private static let edgeTriggered: UInt32 = 1 << 31
    private static let eventsMax = 256
    /// Bytes of the buffer that all connections of the loop read into.
    static let scratchBytes = 64 << 10

    /// Position in its group, from 0.
    public let index: Int
    /// Resolution of connection deadlines.
    public let tickMilliseconds: Int
    /// Milliseconds that a peer may go without reading what is left at an orderly close.
    let closeMilliseconds: Int
    private let epoll: Int32
    private let wakeup: Int32
    private let mailbox = Mutex(Mailbox())
    private let thread = Atomic<UInt>(0)
    private let connections = Atomic<Int>(0)
    /// Connections handed to the loop that it has not taken yet.
    let arriving = Atomic<Int>(0)

    // MARK: - The loop's own

    let scratch: UnsafeMutableRawBufferPointer
    private var table = SourceTable()
    private var timers = TimerQueue()
    /// The mailbox's jobs while they run; kept to reuse its storage.
    private var running: ContiguousArray<Job> = []
    /// Connections with output that was not tried to send in this turn.
    private var dirty: ContiguousArray<Connection> = []
    /// Connections that were closed in this turn, and why.
    private var closing: ContiguousArray<(Connection, SocketError?)> = []
    /// Connections that may hold grown buffers.
    private var warm: ContiguousArray<Connection> = []
    private var wantsTurn = false
    private var isStopping = false
    private var now: UInt64
    /// The moment tick 0 stands for, in milliseconds of `MonotonicClock`.
    private let epoch: UInt64
    private var lastTick: UInt32 = 0
    /// The connection whose event is being handled.
    var current: Connection?

    /// A loop that runs when `start` is called.
    init(
        index: Int,
        tickMilliseconds: Int,
        closeMilliseconds: Int
    ) throws(SocketError) {
        self.index = index
        self.tickMilliseconds = max(1, tickMilliseconds)
        self.closeMilliseconds = closeMilliseconds
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw .system(call: "epoll_create1", code: errno) }
        wakeup = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard wakeup >= 0 else {
            let code = errno
            Glibc.close(epoll)
            throw .system(call: "eventfd", code: code)
        }
        guard
            boreal_epoll_add(
                epoll,
                wakeup,
                boreal_epoll_in | Self.edgeTriggered,
                Self.wakeupToken
            ) == 0
        else {
            let code = errno
            Glibc.close(wakeup)
            Glibc.close(epoll)
            throw .system(call: "epoll_ctl", code: code)
        }
        scratch = .allocate(byteCount: Self.scratchBytes, alignment: 64)
        now = MonotonicClock.milliseconds
        epoch = now
    }

    deinit {
        scratch.deallocate()
        Glibc.close(wakeup)
        Glibc.close(epoll)
    }

    /// Begins to run; leaves `group` when the loop has stopped.
    func start(leaving group: DispatchGroup) {
        group.enter()
        DispatchQueue(label: "boreal.loop.\(index)").async { [self] in
            run()
            group.leave()
        }
    }

    // MARK: - From any thread

    private static let currentKey: pthread_key_t? = {
        var key = pthread_key_t()
        return pthread_key_create(&key, nil) == 0 ? key : nil
    }()

    /// The loop whose thread this is, if it is one's.
    package static var current: EventLoop? {
        guard let key = currentKey, let found = pthread_getspecific(key) else { return nil }
        return Unmanaged<EventLoop>.fromOpaque(found).takeUnretainedValue()
    }

    /// True on the loop's own thread.
    public var isCurrent: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }

    /// Stops a debug build that is on another thread.
    @inline(__always)
    public func assertCurrent() {
        assert(isCurrent, "called from outside the loop")
    }

    /// Connections that are open on this loop.
    public var connectionCount: Int { connections.load(ordering: .relaxed) }

    /// Connections that are open or about to be.
    var load: Int { connectionCount + arriving.load(ordering: .relaxed) }

    /// Runs `job` on the loop, after those handed in before it; never inside this call.
    ///
    /// - Returns: false when the loop has stopped; the job will not run.
    @discardableResult
    public func execute(_ job: @escaping Job) -> Bool {
        let (accepted, wasEmpty) = mailbox.withLock { box in
            guard !box.isStopped else { return (false, false) }
            box.jobs.append(job)
            return (true, box.jobs.count == 1)
        }
        guard accepted else { return false }
        if isCurrent {
            wantsTurn = true
        } else if wasEmpty {
            wake()
        }
        return true
    }

    /// Runs `job` on the loop after at least `milliseconds`. From any thread.
    @discardableResult
    public func schedule(afterMilliseconds milliseconds: Int, _ job: @escaping Job) -> LoopTimer {
        let timer = LoopTimer()
        let deadline = MonotonicClock.milliseconds &+ UInt64(max(0, milliseconds)) &+ 1
        if isCurrent {
            timers.insert(deadline: deadline, timer: timer, job: job)
        } else {
            execute { [self] in timers.insert(deadline: deadline, timer: timer, job: job) }
        }
        return timer
    }

    /// Ends the loop after the jobs handed in so far: its connections are closed with
    /// `SocketError.stopped`, its timers forgotten.
    func stop() {
        execute { [self] in isStopping = true }
    }

    private func wake() {
        var one: UInt64 = 1
        // Fails only when the counter is full, and then the event is pending anyway.
        _ = write(wakeup, &one, 8)
    }

    // MARK: - The loop

    private func run() {
        thread.store(UInt(pthread_self()), ordering: .relaxed)
        setCurrent(self)
        let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: Self.eventsMax)
        defer { events.deallocate() }
        while !isStopping {
            let count = epoll_wait(epoll, events, Int32(Self.eventsMax), timeout())
            now = MonotonicClock.milliseconds
            var mailArrived = false
            for i in 0..<max(0, Int(count)) {
                let token = boreal_epoll_token(events + i)
                if token == Self.wakeupToken {
                    mailArrived = true
                } else {
                    dispatch(token, boreal_epoll_events(events + i))
                }
            }
            // Those that the events handed in too: asking the kernel first would only take longer.
            if wantsTurn || mailArrived {
                wantsTurn = false
                runMailbox()
            }
            if timers.count > 0 { runTimers() }
            tick()
            finishTurn()
        }
        // Nothing new may begin to wait here; and the thread is one of Dispatch's, which has other
        // uses for it.
        setCurrent(nil)
        tearDown()
    }

    private func setCurrent(_ loop: EventLoop?) {
        guard let key = Self.currentKey else { return }
        let me = loop.map { UnsafeRawPointer(Unmanaged.passUnretained($0).toOpaque()) }
        pthread_setspecific(key, me)
    }

    @inline(__always)
    private func dispatch(_ token: UInt64, _ events: UInt32) {
        switch table.source(token) {
        case .free: break
        case .connection(let connection): connection.ready(events)
        case .watcher(let watcher): watcher.ready(events)
        }
    }

    /// Milliseconds that `epoll_wait` may sleep; -1 for ever.
    private func timeout() -> Int32 {
        if wantsTurn { return 0 }
        var until = timers.nextDeadline ?? UInt64.max
        if table.deadlineCount > 0 || !warm.isEmpty {
            until = min(until, epoch &+ (UInt64(lastTick) + 1) &* UInt64(tickMilliseconds))
        }
        guard until != .max else { return -1 }
        let clock = MonotonicClock.milliseconds
        return until <= clock ? 0 : Int32(min(until - clock, 3_600_000))
    }

    private func runMailbox() {
        mailbox.withLock { swap(&running, &$0.jobs) }
        for job in running { job() }
        running.removeAll(keepingCapacity: running.capacity <= 1_024)
    }

    private func runTimers() {
        // A job that schedules with zero delay waits for the next turn: its deadline is later than
        // `now`.
        while let job = timers.popDue(now: now) { job() }
    }

    private func tick() {
        let tick = tickOf(now)
        guard tick != lastTick else { return }
        lastTick = tick
        for connection in table.takeExpired(tick: tick) { connection.deadlinePassed() }
        guard !warm.isEmpty else { return }
        var stillWarm: ContiguousArray<Connection> = []
        for connection in warm where connection.coolDown() { stillWarm.append(connection) }
        warm = stillWarm
    }

    private func tickOf(_ milliseconds: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: (milliseconds &- epoch) / UInt64(tickMilliseconds))
    }

    /// Sends what this turn produced and takes down what it closed. What these callbacks produce in
    /// turn waits for the next turn.
    private func finishTurn() {
        if !dirty.isEmpty {
            let connections = dirty
            dirty.removeAll()
            for connection in connections { connection.flushDirty() }
        }
        if !closing.isEmpty {
            let connections = closing
            closing.removeAll()
            for (connection, error) in connections { connection.tearDown(error) }
        }
        if !dirty.isEmpty || !closing.isEmpty { wantsTurn = true }
    }

    private func tearDown() {
        mailbox.withLock { $0.isStopped = true }
        runMailbox()
        for source in table.sources {
            switch source {
            case .free: break
            case .connection(let connection): connection.close(error: .stopped)
            case .watcher(let watcher): watcher.loopStopped()
            }
        }
        while !dirty.isEmpty || !closing.isEmpty { finishTurn() }
        warm.removeAll()
        timers.removeAll()
        thread.store(0, ordering: .relaxed)
    }

    // MARK: - For connections and watchers, on the loop

    /// Milliseconds of `MonotonicClock` when this turn began: cheap, and late by a turn at most.
    public var turnMilliseconds: UInt64 {
        assertCurrent()
        return now
    }

    /// Tells a watcher whenever a descriptor may be read, until `unwatch`. On the loop.
    ///
    /// - Returns: what `unwatch` takes.
    package func watch(_ descriptor: Int32, _ watcher: any Watcher) throws(SocketError) -> UInt64 {
        try add(descriptor, .watcher(watcher), events: boreal_epoll_in)
    }

    /// Ends it, on the loop; the descriptor stays open.
    package func unwatch(_ descriptor: Int32, _ token: UInt64) {
        assertCurrent()
        epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nil)
        remove(token)
    }

    /// Registers a source and returns its token. On failure nothing is registered.
    func add(
        _ descriptor: Int32,
        _ source: SourceTable.Source,
        events: UInt32
    ) throws(SocketError) -> UInt64 {
        assertCurrent()
        let token = table.insert(source)
        guard boreal_epoll_add(epoll, descriptor, events, token) == 0 else {
            let code = errno
            table.remove(token)
            throw .system(call: "epoll_ctl", code: code)
        }
        if case .connection = source { connections.wrappingAdd(1, ordering: .relaxed) }
        return token
    }

    func modify(_ descriptor: Int32, events: UInt32, token: UInt64) {
        // Only a closed descriptor makes this fail, and then no event is wanted.
        _ = boreal_epoll_modify(epoll, descriptor, events, token)
    }

    /// Forgets a source. Closing the descriptor, which the caller does next, removes it from epoll.
    func remove(_ token: UInt64) {
        if case .connection = table.source(token) {
            connections.wrappingSubtract(1, ordering: .relaxed)
        }
        table.remove(token)
    }

    func setDeadline(_ token: UInt64, afterMilliseconds milliseconds: Int?) {
        guard let milliseconds else { return table.setDeadline(token, tick: 0) }
        let clock = MonotonicClock.milliseconds &+ UInt64(max(0, milliseconds))
        table.setDeadline(token, tick: max(1, tickOf(clock) &+ 1))
    }

    func markDirty(_ connection: Connection) { dirty.append(connection) }

    func markClosing(_ connection: Connection, _ error: SocketError?) {
        closing.append((connection, error))
    }

    func markWarm(_ connection: Connection) { warm.append(connection) }
}
