import BorealBase
import BorealCatalog
import BorealTables
import BorealTasks
import BorealWire

/// Runs a change of tables on the thread of a job, which may wait for the write lock: it stands in
/// line as everybody does, and again when its time there is over.
enum JobChange {
    /// How often a waiting job looks whether it shall end.
    private static let lookNanoseconds: UInt64 = 10_000_000

    /// - Parameter make: makes the change; called anew for each turn in line.
    /// - Throws: what the change ends in; `interrupted`.
    static func run(
        _ cancellation: CancellationFlag,
        _ make: () throws -> any TableStatement
    ) throws(ServerError) {
        while true {
            do {
                return try step(try make(), cancellation)
            } catch TableError.lockWaitTimeout {
                continue
            } catch {
                throw ServerError(table: error)
            }
        }
    }

    private static func step(
        _ statement: any TableStatement,
        _ cancellation: CancellationFlag
    ) throws {
        var writer = RowWriter(sequenceID: 0, capabilities: [])
        var buffer = ByteBuffer()
        defer { statement.close() }
        while true {
            if cancellation.isCancelled { throw ServerError.interrupted }
            switch try statement.step(into: &writer, buffer: &buffer, budgetBytes: 1 << 16) {
            case .more: break
            case .finished: return
            case .waiting(let ticket): wait(for: ticket, cancellation)
            }
        }
    }

    /// Returns when the lock is there, its time is over, or the job shall end.
    static func wait(for ticket: LockTicket, _ cancellation: CancellationFlag) {
        let monitor = ThreadMonitor()
        ticket.onResume { monitor.withLock { monitor.wakeAll() } }
        monitor.lock()
        defer { monitor.unlock() }
        while !ticket.isGranted, !cancellation.isCancelled,
            MonotonicClock.milliseconds < ticket.deadlineMilliseconds
        {
            _ = monitor.wait(untilNanoseconds: MonotonicClock.nanoseconds + lookNanoseconds)
        }
    }
}

extension JobQueryOpener {
    /// Makes a table and fills it, with the rights that the account has now.
    func fill(_ rows: TableRows, _ payload: JobPayload, _ context: JobContext) throws {
        let session = try session(for: payload, user: context.job.user)
        let total = rows.rowsLeft
        context.report("waiting to write \(total) rows", fraction: 0)
        try JobChange.run(context.cancellation) {
            try session.write(
                rows.table,
                rows: {
                    let row = try rows.next()
                    let done = total - rows.rowsLeft
                    if done % Limits.batchRows == 0 {
                        context.report(
                            "writing \(done)/\(total) rows",
                            fraction: Double(done) / Double(max(1, total))
                        )
                    }
                    return row
                },
                cancellation: context.cancellation
            )
        }
    }
}
