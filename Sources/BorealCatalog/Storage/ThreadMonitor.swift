import Glibc

/// A lock with a condition: threads wait inside for what another thread does.
///
/// `Mutex` cannot wait; this is POSIX's pair of mutex and condition variable, nothing more.
///
/// Unchecked: the POSIX objects are made for many threads, and the pointers never change.
package final class ThreadMonitor: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    /// An unlocked monitor whose deadlines follow the monotonic clock.
    package init() {
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Takes the lock. Not recursive.
    package func lock() { pthread_mutex_lock(mutex) }

    /// Gives the lock back.
    package func unlock() { pthread_mutex_unlock(mutex) }

    /// Runs `body` with the lock held.
    package func withLock<R, E>(_ body: () throws(E) -> R) throws(E) -> R {
        lock()
        defer { unlock() }
        return try body()
    }

    /// Gives the lock back, waits for `wakeAll()`, takes the lock again. May return for no reason.
    package func wait() { pthread_cond_wait(condition, mutex) }

    /// As `wait()`, until a moment of `MonotonicClock` at the latest.
    ///
    /// - Returns: false when that moment has come.
    package func wait(untilNanoseconds deadline: UInt64) -> Bool {
        var time = timespec(
            tv_sec: Int(deadline / 1_000_000_000),
            tv_nsec: Int(deadline % 1_000_000_000)
        )
        return pthread_cond_timedwait(condition, mutex, &time) != ETIMEDOUT
    }

    /// Wakes everybody who waits.
    package func wakeAll() { pthread_cond_broadcast(condition) }
}
