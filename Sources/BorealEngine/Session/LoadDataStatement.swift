import BorealBase
import BorealSQL
import BorealTables
import BorealWire

/// LOAD DATA LOCAL INFILE: takes the write lock, asks the client for the file, inserts what comes,
/// and commits at its end. A transfer that breaks leaves no row.
final class LoadDataStatement: RunningStatement {
    private enum Phase {
        case starting
        case asking
        case loaded(StatementSummary)
    }

    private let session: ClientSession
    private let run: LoadDataRun
    private let cancellation: CancellationFlag
    private var phase = Phase.starting

    /// - Throws: what is known before the file is asked for, such as an unknown table.
    init(
        _ session: ClientSession,
        _ load: LoadData,
        _ text: [UInt8],
        _ cancellation: CancellationFlag
    ) throws(ServerError) {
        self.session = session
        self.cancellation = cancellation
        do {
            run = try session.tables.prepareLoad(load, text: text, cancellation: cancellation)
        } catch {
            throw ServerError(table: error)
        }
    }

    func step(_ response: inout Response, budgetBytes: Int) throws(ServerError) -> StepOutcome {
        guard response.writer.capabilities.contains(.localFiles) else {
            throw ServerError(
                .localInfileDisabled,
                "Loading local data is disabled; this must be enabled on both the client and "
                    + "server sides"
            )
        }
        if cancellation.isCancelled { throw .interrupted }
        switch phase {
        case .starting:
            do {
                if let ticket = try run.start() {
                    return .waiting(deadlineMilliseconds: ticket.deadlineMilliseconds) { resume in
                        ticket.onResume(resume)
                    }
                }
            } catch {
                session.logUnexpected(error)
                throw ServerError(table: error)
            }
            phase = .asking
            return .localFile(name: run.fileName)
        case .asking:
            throw ServerError(.unknownError, "The client sent no file")
        case .loaded(let summary):
            response.sessionStatus = session.status
            response.ok(
                affectedRows: summary.affectedRows,
                warnings: summary.warningCount,
                info: summary.info
            )
            return .finished
        }
    }

    func receive(file bytes: [UInt8]?) throws(ServerError) {
        do {
            if let bytes { try run.feed(bytes) } else { phase = .loaded(try run.finish()) }
        } catch {
            session.logUnexpected(error)
            throw ServerError(table: error)
        }
    }

    func abandon() { run.cancel() }
}
