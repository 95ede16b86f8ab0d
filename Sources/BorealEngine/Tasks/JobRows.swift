import BorealBase
import BorealCatalog
import BorealTables
import BorealTasks

/// An inner query that was opened before the statement's OK and waits for its job: what happens to
/// the tables meanwhile does not change the result.
// Unchecked: it is handed from the session's thread to the job's thread once.
final class HeldQuery: @unchecked Sendable {
    let source: any QuerySource
    /// Ends the query, and the job that reads it.
    let cancellation: CancellationFlag
    /// A further query that was opened on the same snapshot; to be read when this one is closed.
    let further: (any QuerySource)?
    /// The model that training goes on from, as it was when the statement was accepted.
    var initial: ContinuedModel?

    init(
        _ source: any QuerySource,
        further: (any QuerySource)? = nil,
        cancellation: CancellationFlag
    ) {
        self.source = source
        self.further = further
        self.cancellation = cancellation
    }

    deinit {
        source.close()
        further?.close()
    }
}

/// Opens inner queries for jobs.
protocol JobQueryOpener: Sendable {
    /// Opens the query anew, on the rows as they are now: after a restart.
    func open(
        _ query: String,
        for payload: JobPayload,
        user: String,
        cancellation: CancellationFlag
    ) throws(ServerError) -> any QuerySource

    /// A session of its own, with the rights of the account and the settings of the statement.
    func session(
        for payload: JobPayload,
        user: String
    ) throws(ServerError) -> TableSession

    /// What makes a table at a source and fills it, with the rights that the account has now.
    ///
    /// - Parameter source: a source by name; nil for the one that the server was started with.
    func writer(
        of table: ResultTable,
        at source: String?,
        for payload: JobPayload,
        user: String,
        cancellation: CancellationFlag
    ) throws(ServerError) -> SourceTableWriter
}

extension JobContext {
    /// The rows of the job's inner query: those held since the statement, or the query run again.
    func rows(
        _ query: String,
        _ payload: JobPayload,
        _ opener: any JobQueryOpener
    ) throws(ServerError) -> HeldQuery {
        if let held = takeResource(HeldQuery.self) { return held }
        return HeldQuery(
            try opener.open(query, for: payload, user: job.user, cancellation: cancellation),
            cancellation: cancellation
        )
    }
}
