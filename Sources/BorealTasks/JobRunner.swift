public import BorealCatalog

/// Does the work of one kind of job. The engine registers one a kind.
///
/// The end of a job is one catalog transaction that holds its result and `finishJob`. A runner that
/// looks at `context.cancellation` at least every 10 ms can be stopped at any time.
public protocol JobRunner: Sendable {
    /// Does the work and commits its result together with the removal of the job.
    ///
    /// Runs on a thread of the scheduler. Throwing leads to `fail`, or to nothing when the job was
    /// dropped or the server stops.
    func run(_ context: JobContext) throws

    /// Commits that the job failed, together with its removal.
    ///
    /// Runs on a thread of the scheduler; for a job that was killed while it waited, on the thread
    /// of whoever killed it.
    func fail(_ context: JobContext, error: any Error) throws

    /// Commits that the job is given up after `Limits.jobCrashesMax` crashes, with its removal.
    func abandon(_ context: JobContext) throws
}

/// What the scheduler tells about its work, for the log and the counters.
public enum TaskEvent: Sendable {
    /// A thread took the job.
    case started(Job)
    /// The runner committed its result.
    case finished(Job, nanoseconds: UInt64)
    /// The runner threw; its `fail` committed that.
    case failed(Job, any Error)
    /// Too many crashes; the runner's `abandon` committed that.
    case abandoned(Job)
    /// Somebody ended it.
    case cancelled(Job, CancellationReason)
    /// The server stops; the job stays in the catalog for the next start.
    case parked(Job)
    /// Neither result nor failure could be committed; the job stays in the catalog.
    case unsettled(Job, any Error)
    /// The operating system gave no thread; the job waits for the next chance.
    case noThread(code: Int32)
}
