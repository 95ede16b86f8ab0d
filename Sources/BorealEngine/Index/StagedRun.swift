import BorealBase
import BorealTables

/// A statement that asks the tables, and by their functions remote models, before it can answer:
/// each stage is an ordinary statement of the session, stepped like any other, whose rows lead to
/// the next.
final class StagedRun: RunningStatement {
    /// What comes next.
    enum Stage {
        /// Asks, and goes on with the rows.
        case ask(any TableStatement, rowsMax: Int, then: (TextRows) throws(ServerError) -> Stage)
        /// Another statement is the rest.
        case run(any RunningStatement)
    }

    private let session: ClientSession
    private let cancellation: CancellationFlag
    private var stage: Stage
    private var rows: TextRows

    init(_ first: Stage, _ session: ClientSession, _ cancellation: CancellationFlag) {
        self.session = session
        self.cancellation = cancellation
        stage = first
        rows = Self.rows(first)
    }

    private static func rows(_ stage: Stage) -> TextRows {
        guard case .ask(_, let rowsMax, _) = stage else { return TextRows() }
        return TextRows(rowsMax: rowsMax)
    }

    func step(_ response: inout Response, budgetBytes: Int) throws(ServerError) -> StepOutcome {
        if cancellation.isCancelled { throw .interrupted }
        switch stage {
        case .run(let statement): return try statement.step(&response, budgetBytes: budgetBytes)
        case .ask(let statement, _, let then):
            do {
                switch try rows.step(statement) {
                case .more: return .more
                case .waiting(let ticket):
                    return .waiting(deadlineMilliseconds: ticket.deadlineMilliseconds) { resume in
                        ticket.onResume(resume)
                    }
                case .finished: break
                }
            } catch {
                session.logUnexpected(error)
                throw ServerError(table: error)
            }
            stage = try then(rows)
            rows = Self.rows(stage)
            return .more
        }
    }

    func abandon() {
        switch stage {
        case .run(let statement): statement.abandon()
        case .ask(let statement, _, _): statement.close()
        }
    }
}
