import BorealBase
import BorealCatalog
import BorealTasks

/// A job that works for a version of a model: its end is the version's end.
protocol ModelJobRunner: JobRunner {
    var catalog: Catalog { get }
}

extension ModelJobRunner {
    func fail(_ context: JobContext, error: any Error) throws {
        try end(context, ServerError(job: error))
    }

    func abandon(_ context: JobContext) throws {
        try end(context, .interruptedByRestart)
    }

    /// The version stays with status `failed` and says why.
    private func end(_ context: JobContext, _ error: ServerError) throws {
        guard case .version(let id) = context.job.subject else { return }
        try catalog.update { (change) throws(CatalogError) in
            try change.failVersion(
                id,
                ModelFailure(number: Int(error.number), sentence: error.message)
            )
            try change.finishJob(context.job.id)
        }
    }
}

/// A job that works for an offline task: its end is the task's end.
protocol OfflineTaskRunner: JobRunner {
    var catalog: Catalog { get }

    /// True when all that a task promises is there, and nothing is left but to say so: an error
    /// that comes then does not undo it.
    func isDone(_ id: TaskID) -> Bool

    /// What was kept of the result before the task failed is shown.
    var keepsResultOfFailure: Bool { get }

    /// The task has ended, well or not.
    func ended(_ id: TaskID)
}

extension OfflineTaskRunner {
    func isDone(_ id: TaskID) -> Bool { false }

    var keepsResultOfFailure: Bool { false }

    func ended(_ id: TaskID) {}

    /// The last step of a task.
    ///
    /// - Parameter artifact: its file; nil for what it keeps already.
    func finish(
        _ context: JobContext,
        _ artifact: PublishedArtifact?
    ) throws(CatalogError) {
        guard case .task(let id) = context.job.subject else { return }
        let isWaiting = catalog.snapshot.task(id)?.status == .initial
        try catalog.update { (change) throws(CatalogError) in
            if isWaiting { try change.startTask(id) }
            try change.finishTask(id, results: "", artifact: artifact)
            try change.finishJob(context.job.id)
        }
        ended(id)
    }

    func fail(_ context: JobContext, error: any Error) throws {
        try end(context, ServerError(job: error))
    }

    func abandon(_ context: JobContext) throws {
        try end(context, .interruptedByRestart)
    }

    private func end(_ context: JobContext, _ error: ServerError) throws {
        guard case .task(let id) = context.job.subject else { return }
        if isDone(id) { return try finish(context, nil) }
        try catalog.update { (change) throws(CatalogError) in
            try change.failTask(
                id,
                message: error.numberAndSentence,
                keepsResult: keepsResultOfFailure
            )
            try change.finishJob(context.job.id)
        }
        ended(id)
    }
}

extension ServerError {
    /// What a job that died too often is told to have died of.
    static var interruptedByRestart: ServerError {
        ServerError(.queryInterrupted, "interrupted by restart")
    }

    /// Whatever a job threw.
    init(job error: any Error) {
        switch error {
        case let error as ServerError: self = error
        case let error as CatalogError: self.init(error)
        case is TaskError: self = .interrupted
        default: self.init(.unknownError, "Internal error: \(error)")
        }
    }
}
