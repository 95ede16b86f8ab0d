public import BorealBase
public import BorealCatalog
import Synchronization

/// What a runner knows about the job it runs, and how it is watched and stopped.
public final class JobContext: Sendable {
    private struct Live {
        var text = ""
        var fraction: Double?
        var reason: CancellationReason?
        var resource: (any Sendable)?
    }

    /// Id, kind, payload, subject, user, crashes.
    public let job: Job
    /// Set when the job shall end. Look at it at least every 10 ms of work.
    public let cancellation: CancellationFlag
    private let live: Mutex<Live>

    init(job: Job, resource: (any Sendable)?, cancellation: CancellationFlag = CancellationFlag()) {
        self.job = job
        self.cancellation = cancellation
        live = Mutex(Live(resource: resource))
    }

    /// True once somebody asked for the end.
    public var isCancelled: Bool { cancellation.isCancelled }

    /// Who asked for the end; nil while nobody did.
    public var cancellationReason: CancellationReason? { live.withLock { $0.reason } }

    /// Throws when somebody asked for the end.
    ///
    /// - Throws: `TaskError.cancelled`.
    public func checkCancellation() throws(TaskError) {
        guard cancellation.isCancelled else { return }
        throw .cancelled(cancellationReason ?? .killed)
    }

    /// Says how far the work is. Kept in memory only; SHOW PROCESSLIST prints it.
    ///
    /// - Parameters:
    ///   - text: `training 37/100, auc 0.7123, 12 s left`.
    ///   - fraction: 0 to 1; nil when it cannot be told.
    public func report(_ text: String, fraction: Double? = nil) {
        live.withLock { live in
            live.text = text
            live.fraction = fraction.map { min(max($0, 0), 1) }
        }
    }

    /// What `report` said last.
    public var progress: (text: String, fraction: Double?) {
        live.withLock { ($0.text, $0.fraction) }
    }

    /// Takes what was attached when the job was submitted, for instance an open read snapshot.
    ///
    /// The runner owns it from then on. Nil after a restart, when there was none, or when it is of
    /// another type.
    public func takeResource<R: Sendable>(_ type: R.Type = R.self) -> R? {
        live.withLock { live in
            guard let resource = live.resource as? R else { return nil }
            live.resource = nil
            return resource
        }
    }

    /// Asks for the end; the first reason stays.
    func cancel(_ reason: CancellationReason) {
        live.withLock { live in
            if live.reason == nil { live.reason = reason }
        }
        cancellation.cancel()
    }

    /// Lets go of what nobody took.
    func releaseResource() {
        // Released outside the lock: closing a snapshot may take its time.
        let resource = live.withLock { live in
            let resource = live.resource
            live.resource = nil
            return resource
        }
        withExtendedLifetime(resource) {}
    }
}

/// One row of SHOW PROCESSLIST for a job.
public struct JobStatus: Sendable {
    /// Whether a thread works on it.
    public enum State: Equatable, Sendable {
        /// Waits for a thread.
        case queued
        /// A thread works on it.
        case running
        /// Asked to end, not over yet.
        case ending
    }

    /// Id, kind, subject, user, crashes.
    public let job: Job
    /// Whether a thread works on it.
    public let state: State
    /// What the runner reported last; empty before.
    public let text: String
    /// 0 to 1; nil when it cannot be told.
    public let fraction: Double?
    /// Since when it is queued or running.
    public let since: Instant
}
