/// What can go wrong around a background job, apart from what its runner throws.
public enum TaskError: Error, Equatable, Sendable {
    /// Somebody asked for the end of the job.
    case cancelled(CancellationReason)
    /// The server died in this job so often that it is not tried again.
    case interruptedByRestart(crashes: Int)
    /// No runner is registered for the kind.
    case noRunner(kind: String)
    /// The runner returned and left the job in the catalog.
    case leftUnfinished(kind: String)
    /// So many jobs wait already that no more are taken.
    case queueFull(limit: Int)
}

/// Who asked for the end of a job.
public enum CancellationReason: Equatable, Sendable {
    /// KILL with the job's id.
    case killed
    /// DROP TASK or DROP MODEL: the row is gone, nothing of the job's work is kept.
    case dropped
    /// The server stops; the job begins again at the next start.
    case shutdown
}

/// Bounds of the scheduler.
public enum TaskLimits {
    /// Jobs that may wait.
    public static let queuedMax = 1_000
    /// Threads that run jobs, at most.
    public static let concurrencyMax = 64
    /// Bytes of a job thread's stack.
    public static let stackBytes = 8 << 20
    /// What is added to the nice value of job threads: one-row statements come first.
    public static let niceness: Int32 = 10
}
