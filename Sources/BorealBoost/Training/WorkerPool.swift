import CLinux
import Glibc
import Synchronization

/// Threads that wait for pieces of one job at a time: persistent, of lower priority than the
/// server's, and in step with the thread that owns the pool.
///
/// A tree has some five hundred parallel regions of a few microseconds each, so waking must be
/// cheap: a worker looks for the next region for a few microseconds before it sleeps, and not
/// longer, because a spinning pool is ruinous on a machine with more threads than cores.
package final class WorkerPool {
    /// Threads that work on a region, the owner's included.
    package let threadCount: Int
    private let shared: Shared
    private var threads: [pthread_t] = []

    /// What owner and workers share.
    ///
    /// Sendable by hand: `body` and `total` are written by the owner while no worker runs, and
    /// published by the release store of `generation`; everything else is atomic or under the
    /// mutex.
    // Unchecked: see above.
    final class Shared: @unchecked Sendable {
        let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        let wake = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
        let done = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
        let generation = Atomic<Int>(0)
        let next = Atomic<Int>(0)
        let pending = Atomic<Int>(0)
        let isStopping = Atomic<Bool>(false)
        var sleepers = 0
        var body: ((Int) -> Void)?
        var total = 0
        let nice: Int32

        init(nice: Int32) {
            self.nice = nice
            pthread_mutex_init(mutex, nil)
            pthread_cond_init(wake, nil)
            pthread_cond_init(done, nil)
        }

        deinit {
            pthread_mutex_destroy(mutex)
            pthread_cond_destroy(wake)
            pthread_cond_destroy(done)
            mutex.deallocate()
            wake.deallocate()
            done.deallocate()
        }
    }

    /// Looks at an atomic so many times before sleeping, with a pause each time: about ten
    /// microseconds. Without the pauses a waiting thread slowed the other one of its core.
    static let spins = 300

    /// - Parameters:
    ///   - threads: at least 1, the caller's included.
    ///   - nice: added to the workers' nice value; the caller's stays.
    package init(threads wanted: Int, nice: Int32) {
        shared = Shared(nice: nice)
        for _ in 1..<max(1, wanted) {
            var thread = pthread_t()
            let context = Unmanaged.passRetained(shared)
            let status = pthread_create(&thread, nil, workerMain, context.toOpaque())
            guard status == 0 else {
                // Fewer threads give the same model, later.
                context.release()
                break
            }
            threads.append(thread)
        }
        threadCount = threads.count + 1
    }

    deinit {
        pthread_mutex_lock(shared.mutex)
        shared.isStopping.store(true, ordering: .releasing)
        shared.generation.wrappingAdd(1, ordering: .releasing)
        pthread_cond_broadcast(shared.wake)
        pthread_mutex_unlock(shared.mutex)
        for thread in threads { pthread_join(thread, nil) }
    }

    /// Calls `body` once for each number below `total`, on whatever threads are free, and returns
    /// when all calls have. The order is not defined: a body writes only to what belongs to its
    /// number.
    package func run(_ total: Int, _ body: (Int) -> Void) {
        guard threads.count > 0, total > 1 else {
            for index in 0..<total { body(index) }
            return
        }
        withoutActuallyEscaping(body) { escaping in
            publish(total, escaping)
            shared.takePieces()
            waitForWorkers()
            shared.body = nil
        }
    }

    private func publish(_ total: Int, _ body: @escaping (Int) -> Void) {
        pthread_mutex_lock(shared.mutex)
        shared.body = body
        shared.total = total
        shared.next.store(0, ordering: .relaxed)
        shared.pending.store(threads.count, ordering: .relaxed)
        shared.generation.wrappingAdd(1, ordering: .releasing)
        if shared.sleepers > 0 { pthread_cond_broadcast(shared.wake) }
        pthread_mutex_unlock(shared.mutex)
    }

    private func waitForWorkers() {
        for _ in 0..<Self.spins {
            if shared.pending.load(ordering: .acquiring) == 0 { return }
            boreal_pause()
        }
        pthread_mutex_lock(shared.mutex)
        while shared.pending.load(ordering: .acquiring) > 0 {
            pthread_cond_wait(shared.done, shared.mutex)
        }
        pthread_mutex_unlock(shared.mutex)
    }
}

extension WorkerPool.Shared {
    /// Works on pieces of the current region until none is left.
    fileprivate func takePieces() {
        guard let body else { return }
        let total = total
        while true {
            let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard index < total else { return }
            body(index)
        }
    }

    /// A worker's life.
    fileprivate func work() {
        _ = boreal_nice_thread(boreal_thread_id(), nice)
        var seen = 0
        while true {
            waitForGeneration(after: seen)
            if isStopping.load(ordering: .acquiring) { return }
            seen = generation.load(ordering: .acquiring)
            takePieces()
            if pending.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0 {
                pthread_mutex_lock(mutex)
                pthread_cond_signal(done)
                pthread_mutex_unlock(mutex)
            }
        }
    }

    private func waitForGeneration(after seen: Int) {
        for _ in 0..<WorkerPool.spins {
            if generation.load(ordering: .acquiring) != seen { return }
            boreal_pause()
        }
        pthread_mutex_lock(mutex)
        sleepers += 1
        while generation.load(ordering: .acquiring) == seen { pthread_cond_wait(wake, mutex) }
        sleepers -= 1
        pthread_mutex_unlock(mutex)
    }
}

/// What `pthread_create` calls: the argument is a retained `WorkerPool.Shared`.
private func workerMain(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    let shared = Unmanaged<WorkerPool.Shared>.fromOpaque(argument).takeRetainedValue()
    shared.work()
    return nil
}

/// One niced thread that runs one closure while the caller waits for it.
enum NicedThread {
    private final class Job {
        let nice: Int32
        let body: () -> Void
        init(nice: Int32, body: @escaping () -> Void) {
            self.nice = nice
            self.body = body
        }
    }

    /// Runs `body` to its end on a thread of its own; on the caller's when none can be made.
    static func run(nice: Int32, _ body: () -> Void) {
        withoutActuallyEscaping(body) { escaping in
            let job = Unmanaged.passRetained(Job(nice: nice, body: escaping))
            var thread = pthread_t()
            let status = pthread_create(&thread, nil, main, job.toOpaque())
            if status == 0 {
                pthread_join(thread, nil)
            } else {
                job.release()
                escaping()
            }
        }
    }

    private static let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? =
        {
            argument in
            guard let argument else { return nil }
            let job = Unmanaged<Job>.fromOpaque(argument).takeRetainedValue()
            _ = boreal_nice_thread(boreal_thread_id(), job.nice)
            job.body()
            return nil
        }
}
