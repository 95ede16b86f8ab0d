public import BorealBase
public import BorealCatalog
import Synchronization

/// Runs the catalog's background jobs on a few threads of its own.
///
/// Jobs run in the order of acceptance, except that the next free thread prefers the kind of which
/// the fewest run: a row of trainings does not keep an evaluation waiting. Jobs in which the server
/// died before run one at a time, so that the guilty one is told from its neighbours.
///
/// It knows no machine learning: what a job does is its runner's, and so is the catalog transaction
/// that ends it.
///
/// Unchecked: all mutable state is guarded by `monitor`.
public final class TaskScheduler: @unchecked Sendable {
    private struct Entry {
        let context: JobContext
        var since: Instant
        var kind: String { context.job.kind }
        var isSuspect: Bool { context.job.crashes > 0 }
    }

    private let catalog: Catalog
    private let observe: @Sendable (TaskEvent) -> Void
    private let monitor = ThreadMonitor()
    private var runners: [String: any JobRunner] = [:]
    /// In the order of acceptance.
    private var queued: [Entry] = []
    private var running: [JobID: Entry] = [:]
    private var threadCount = 0
    private var threadsWanted: Int
    private var isStopping = false

    /// - Parameters:
    ///   - concurrency: jobs that run at the same time (`task_concurrency`).
    ///   - observe: called on any thread, outside all locks.
    public init(
        catalog: Catalog,
        concurrency: Int = 2,
        observe: @escaping @Sendable (TaskEvent) -> Void = { _ in }
    ) {
        self.catalog = catalog
        self.observe = observe
        threadsWanted = Self.bounded(concurrency)
    }

    /// Says who runs the jobs of a kind. Before any such job is submitted or recovered.
    public func register(_ kind: String, runner: any JobRunner) {
        monitor.withLock { runners[kind] = runner }
    }

    /// Jobs that run at the same time. More start at once; fewer take effect as jobs end.
    public var concurrency: Int {
        get { monitor.withLock { threadsWanted } }
        set {
            monitor.withLock {
                threadsWanted = Self.bounded(newValue)
                monitor.wakeAll()
            }
            startThreads()
        }
    }

    private static func bounded(_ concurrency: Int) -> Int {
        min(max(concurrency, 1), TaskLimits.concurrencyMax)
    }

    // MARK: - Taking jobs

    /// Asked before a job is stored: refuses when too many wait.
    ///
    /// - Throws: `TaskError.queueFull`.
    public func checkRoom() throws(TaskError) {
        let count = monitor.withLock { queued.count }
        guard count < TaskLimits.queuedMax else { throw .queueFull(limit: TaskLimits.queuedMax) }
    }

    /// Queues a job whose row was just committed.
    ///
    /// After `shutdown` it stays in the catalog and runs at the next start.
    ///
    /// - Parameter resource: what only this process has, such as an open read snapshot; lost at a
    ///   restart, released when the job ends or disappears.
    /// - Parameter cancellation: set when the job shall end; given when the resource looks at it
    ///   too.
    public func submit(
        _ job: Job,
        resource: (any Sendable)? = nil,
        cancellation: CancellationFlag = CancellationFlag()
    ) {
        let context = JobContext(job: job, resource: resource, cancellation: cancellation)
        let isTaken = monitor.withLock {
            guard !isStopping else { return false }
            queued.append(Entry(context: context, since: .now))
            monitor.wakeAll()
            return true
        }
        if isTaken { startThreads() } else { observe(.parked(job)) }
    }

    /// Queues everything that the last process left, crashes counted before anything runs.
    ///
    /// Call once at start, after all runners are registered.
    ///
    /// - Returns: also the versions and tasks that nobody works for; the caller fails them.
    /// - Throws: `CatalogError` when the crashes cannot be written; nothing is queued then.
    @discardableResult
    public func recover() throws(CatalogError) -> CatalogRecovery {
        let recovery = try catalog.update { (change) throws(CatalogError) in
            try change.recoverJobs()
        }
        for job in recovery.jobs { submit(job) }
        return recovery
    }

    // MARK: - Watching

    /// Running jobs, then waiting ones, each in the order of acceptance.
    public var jobs: [JobStatus] {
        monitor.withLock {
            let active = running.values.sorted { $0.context.job.id < $1.context.job.id }
                .map { status($0, $0.context.isCancelled ? .ending : .running) }
            return active + queued.map { status($0, .queued) }
        }
    }

    private func status(_ entry: Entry, _ state: JobStatus.State) -> JobStatus {
        let progress = entry.context.progress
        return JobStatus(
            job: entry.context.job,
            state: state,
            text: progress.text,
            fraction: progress.fraction,
            since: entry.since
        )
    }

    /// Waits until nothing runs and nothing waits.
    ///
    /// - Returns: false when the time is over first.
    public func waitUntilIdle(timeoutMilliseconds: UInt64) -> Bool {
        let deadline = MonotonicClock.nanoseconds + timeoutMilliseconds * 1_000_000
        return monitor.withLock {
            while !running.isEmpty || !queued.isEmpty {
                if !monitor.wait(untilNanoseconds: deadline) {
                    return running.isEmpty && queued.isEmpty
                }
            }
            return true
        }
    }

    // MARK: - Cancelling

    /// Ends all jobs that work for this: DROP TASK, DROP MODEL, after the rows are gone.
    ///
    /// - Returns: how many there were.
    @discardableResult
    public func cancel(_ subjects: some Sequence<JobSubject>, reason: CancellationReason) -> Int {
        let wanted = Set(subjects)
        return cancel(reason) { wanted.contains($0.subject) && $0.subject != .none }
    }

    /// Ends one job: KILL id.
    ///
    /// A waiting one fails at once, through its runner; a running one gets its flag set.
    ///
    /// - Returns: false when there is no such job.
    @discardableResult
    public func cancel(_ id: JobID, reason: CancellationReason = .killed) -> Bool {
        cancel(reason) { $0.id == id } > 0
    }

    private func cancel(_ reason: CancellationReason, where matches: (Job) -> Bool) -> Int {
        monitor.lock()
        let waiting = queued.filter { matches($0.context.job) }
        queued.removeAll { matches($0.context.job) }
        let active = running.values.filter { matches($0.context.job) }
        for entry in waiting + active { entry.context.cancel(reason) }
        monitor.wakeAll()
        let runners = self.runners
        monitor.unlock()
        for entry in waiting {
            settle(entry.context, TaskError.cancelled(reason), runners[entry.kind])
            entry.context.releaseResource()
        }
        return waiting.count + active.count
    }

    // MARK: - Stopping

    /// Takes no more jobs, lets running ones finish for a while, then sets their flags and waits.
    ///
    /// What did not finish stays in the catalog and begins again at the next start; an orderly stop
    /// counts as no crash.
    ///
    /// - Parameters:
    ///   - graceMilliseconds: how long running jobs may go on undisturbed.
    ///   - limitMilliseconds: how long to wait for jobs that were asked to end.
    /// - Returns: false when a job did not end in time; its thread is left to the process's end.
    @discardableResult
    public func shutdown(
        graceMilliseconds: UInt64 = 0,
        limitMilliseconds: UInt64 = 10_000
    ) -> Bool {
        monitor.lock()
        isStopping = true
        let left = queued
        queued = []
        monitor.wakeAll()
        wait(milliseconds: graceMilliseconds) { running.isEmpty }
        for entry in running.values { entry.context.cancel(.shutdown) }
        wait(milliseconds: limitMilliseconds) { threadCount == 0 }
        let isOver = threadCount == 0
        monitor.unlock()
        for entry in left {
            entry.context.releaseResource()
            observe(.parked(entry.context.job))
        }
        return isOver
    }

    /// Waits with the lock held until the condition holds or the time is over.
    private func wait(milliseconds: UInt64, until isDone: () -> Bool) {
        let deadline = MonotonicClock.nanoseconds + milliseconds * 1_000_000
        while !isDone() {
            if !monitor.wait(untilNanoseconds: deadline) { return }
        }
    }

    // MARK: - Threads

    private func startThreads() {
        while true {
            let isWanted = monitor.withLock {
                let useful = min(threadsWanted, running.count + queued.count)
                guard !isStopping, threadCount < useful else { return false }
                threadCount += 1
                return true
            }
            guard isWanted else { return }
            let code = JobThread.start { [self] in work() }
            if code != 0 {
                monitor.withLock {
                    threadCount -= 1
                    monitor.wakeAll()
                }
                observe(.noThread(code: code))
                return
            }
        }
    }

    /// The life of a thread: takes jobs until there are too many threads or the server stops.
    private func work() {
        while let entry = take() {
            let runner = monitor.withLock { runners[entry.kind] }
            execute(entry.context, runner)
            entry.context.releaseResource()
            monitor.withLock {
                running[entry.context.job.id] = nil
                monitor.wakeAll()
            }
        }
    }

    private func take() -> Entry? {
        monitor.lock()
        defer { monitor.unlock() }
        while !isStopping, threadCount <= threadsWanted {
            if let index = nextIndex() {
                var entry = queued.remove(at: index)
                entry.since = .now
                running[entry.context.job.id] = entry
                return entry
            }
            monitor.wait()
        }
        threadCount -= 1
        monitor.wakeAll()
        return nil
    }

    /// The oldest job of the kind of which the fewest run; of suspects only one at a time.
    private func nextIndex() -> Int? {
        var countOfKind: [String: Int] = [:]
        for entry in running.values { countOfKind[entry.kind, default: 0] += 1 }
        let suspectRuns = running.values.contains { $0.isSuspect }
        var best: (index: Int, count: Int)?
        for (index, entry) in queued.enumerated() where !(entry.isSuspect && suspectRuns) {
            let count = countOfKind[entry.kind] ?? 0
            if best.map({ count < $0.count }) ?? true { best = (index, count) }
            if count == 0 { break }
        }
        return best?.index
    }

    // MARK: - One job

    private func execute(_ context: JobContext, _ runner: (any JobRunner)?) {
        let job = context.job
        guard catalog.snapshot.job(job.id) != nil else {
            return observe(.cancelled(job, .dropped))
        }
        guard let runner else {
            return observe(.unsettled(job, TaskError.noRunner(kind: job.kind)))
        }
        guard job.crashes < Limits.jobCrashesMax else {
            return giveUp(context, runner)
        }
        let begin = MonotonicClock.nanoseconds
        do {
            try context.checkCancellation()
            try catalog.update { (change) throws(CatalogError) in try change.startJob(job.id) }
            observe(.started(job))
            try runner.run(context)
            guard catalog.snapshot.job(job.id) == nil else {
                throw TaskError.leftUnfinished(kind: job.kind)
            }
            observe(.finished(job, nanoseconds: MonotonicClock.nanoseconds - begin))
        } catch {
            settle(context, error, runner)
        }
    }

    private func giveUp(_ context: JobContext, _ runner: any JobRunner) {
        do {
            try runner.abandon(context)
            observe(.abandoned(context.job))
        } catch {
            observe(.unsettled(context.job, error))
        }
    }

    /// Brings the catalog into order after a job did not end well.
    private func settle(_ context: JobContext, _ error: any Error, _ runner: (any JobRunner)?) {
        let job = context.job
        let reason = context.cancellationReason
        guard catalog.snapshot.job(job.id) != nil else {
            return observe(.cancelled(job, reason ?? .dropped))
        }
        do {
            if reason == .shutdown {
                try catalog.update { (change) throws(CatalogError) in try change.parkJob(job.id) }
                return observe(.parked(job))
            }
            guard let runner else { throw TaskError.noRunner(kind: job.kind) }
            try runner.fail(context, error: error)
            observe(reason.map { .cancelled(job, $0) } ?? .failed(job, error))
        } catch {
            observe(.unsettled(job, error))
        }
    }
}
