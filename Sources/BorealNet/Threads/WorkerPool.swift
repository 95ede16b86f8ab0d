import BorealBase
import Dispatch
import Glibc

/// A fixed number of threads and one bounded queue: where statements run that are too long for a
/// loop.
///
/// Neither Dispatch's global queues (they grow threads slowly when jobs block) nor Swift's
/// cooperative pool (one thread per core) can take work that blocks. A job must not wait for
/// another job.
///
/// Of the threads that have nothing to do, the one that worked last gets the next job: its stack
/// and its part of the heap are still in the caches.
///
/// Unchecked: all mutable state is touched under the condition's lock only.
public final class WorkerPool: @unchecked Sendable {
    /// Jobs that may wait unless said otherwise.
    public static let queueMaxDefault = 16_384

    /// Threads.
    public let threadCount: Int
    private let queueMax: Int
    private let condition = Condition()
    private var jobs: ContiguousArray<(@Sendable () -> Void)?> = []
    /// Index of the first job in `jobs` that was not taken.
    private var head = 0
    /// Where threads without a job wait, the one that worked last behind the others.
    private var idle: [DispatchSemaphore] = []
    /// `MonotonicClock.milliseconds` when a job was last taken, or handed in to an idle pool.
    private var lastTaken = MonotonicClock.milliseconds
    private var spares = 0
    private var isStopped = false
    private var threads: [BackgroundThread] = []

    /// Starts the threads.
    ///
    /// - Parameters:
    ///   - name: of the threads, for `ps`.
    ///   - threads: the default is two a core.
    ///   - queueMax: jobs that may wait; one more is refused.
    /// - Throws: `system` when the process may have no more threads.
    public init(
        name: String = "worker",
        threads count: Int? = nil,
        queueMax: Int = WorkerPool.queueMaxDefault
    ) throws(SocketError) {
        threadCount = max(1, count ?? 2 * EventLoopGroup.coreCount)
        self.queueMax = max(1, queueMax)
        for number in 0..<threadCount {
            do throws(SocketError) {
                // Threads keep the pool alive until `shutdown`.
                let thread = try BackgroundThread.start(name: "\(name)-\(number)") { self.work() }
                threads.append(thread)
            } catch {
                shutdown()
                throw error
            }
        }
    }

    /// Hands in a job.
    ///
    /// - Returns: false when the queue is full or the pool is shut down; the job will not run.
    public func submit(_ job: @escaping @Sendable () -> Void) -> Bool {
        condition.withLock {
            guard !isStopped, waiting < queueMax else { return false }
            if waiting == 0 { lastTaken = MonotonicClock.milliseconds }
            jobs.append(job)
            idle.popLast()?.signal()
            return true
        }
    }

    /// Starts a spare thread when no job was taken for a while although some wait: every thread is
    /// in a job that takes long. The spare ends when nothing waits. Call it now and then.
    ///
    /// - Parameters:
    ///   - milliseconds: what counts as a while.
    ///   - sparesMax: spare threads at once.
    public func relieve(afterMilliseconds milliseconds: UInt64, sparesMax: Int = 64) {
        let isNeeded = condition.withLock {
            let isStuck = MonotonicClock.milliseconds - lastTaken >= milliseconds
            guard !isStopped, waiting > 0, idle.isEmpty, isStuck, spares < sparesMax else {
                return false
            }
            spares += 1
            return true
        }
        guard isNeeded else { return }
        do {
            try BackgroundThread.start(name: "worker-spare") { self.workWhileNeeded() }
        } catch {
            condition.withLock { spares -= 1 }
        }
    }

    /// Jobs handed in and not begun.
    public var queuedCount: Int { condition.withLock { waiting } }

    /// Refuses further jobs, runs those handed in, and returns when all threads have ended. Not
    /// from a job. A second call returns at once.
    public func shutdown() {
        let ending = condition.withLock {
            isStopped = true
            for thread in idle { thread.signal() }
            idle = []
            let ending = threads
            threads = []
            return ending
        }
        for thread in ending { thread.join() }
        condition.withLock { while spares > 0 { condition.wait() } }
    }

    private var waiting: Int { jobs.count - head }

    private func work() {
        let mine = DispatchSemaphore(value: 0)
        while let job = next(mine) { job() }
    }

    private func workWhileNeeded() {
        while let job = condition.withLock({ waiting > 0 ? take() : nil }) { job() }
        condition.withLock {
            spares -= 1
            condition.broadcast()
        }
    }

    /// Waits for a job; nil when there will be no more.
    private func next(_ mine: DispatchSemaphore) -> (@Sendable () -> Void)? {
        while true {
            let (job, isOver) = condition.withLock {
                if waiting > 0 { return (take(), false) }
                if !isStopped { idle.append(mine) }
                return (nil, isStopped)
            }
            if job != nil || isOver { return job }
            mine.wait()
        }
    }

    /// The first job; there is one, and the lock is held.
    private func take() -> (@Sendable () -> Void)? {
        lastTaken = MonotonicClock.milliseconds
        let job = jobs[head]
        jobs[head] = nil
        head += 1
        if head == jobs.count {
            jobs.removeAll(keepingCapacity: jobs.count <= 1_024)
            head = 0
        } else if head >= 1_024, head > jobs.count / 2 {
            jobs.removeFirst(head)
            head = 0
        }
        return job
    }
}
