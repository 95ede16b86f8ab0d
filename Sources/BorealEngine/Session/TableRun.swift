import BorealBase
import BorealTables
import BorealWire

/// An ordinary statement on the embedded tables: rows go from the store straight into the answer.
final class TableRun: RunningStatement {
    private let statement: any TableStatement
    private let session: ClientSession
    private let cancellation: CancellationFlag
    private var hasBegun = false

    init(
        _ statement: any TableStatement,
        _ session: ClientSession,
        _ cancellation: CancellationFlag
    ) {
        self.statement = statement
        self.session = session
        self.cancellation = cancellation
    }

    func step(_ response: inout Response, budgetBytes: Int) throws(ServerError) -> StepOutcome {
        if cancellation.isCancelled { throw .interrupted }
        if !hasBegun, !statement.columns.isEmpty {
            response.writer.columns(
                statement.definitions,
                status: response.status,
                into: &response.output
            )
        }
        hasBegun = true
        do {
            switch try statement.step(
                into: &response.writer,
                buffer: &response.output,
                budgetBytes: budgetBytes
            ) {
            case .more: return .more
            case .waiting(let ticket):
                return .waiting(deadlineMilliseconds: ticket.deadlineMilliseconds) { resume in
                    ticket.onResume(resume)
                }
            case .finished(let summary):
                end(summary, &response)
                return .finished
            }
        } catch {
            session.logUnexpected(error)
            throw ServerError(table: error)
        }
    }

    private func end(_ summary: StatementSummary, _ response: inout Response) {
        response.sessionStatus = session.status
        let warnings = UInt16(clamping: summary.warningCount)
        if statement.columns.isEmpty {
            response.writer.ok(
                OKPacket(
                    affectedRows: summary.affectedRows,
                    lastInsertID: summary.lastInsertID,
                    status: response.status,
                    warnings: warnings,
                    info: summary.info,
                    sessionChanges: session.takeChanges()
                ),
                into: &response.output
            )
        } else {
            response.writer.endResult(
                status: response.status,
                warnings: warnings,
                into: &response.output
            )
        }
    }

    var endsSoon: Bool { statement.endsSoon }

    func abandon() { statement.close() }
}
