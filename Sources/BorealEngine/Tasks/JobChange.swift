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
        let total = rows.rowsLeft
        context.report("waiting to write \(total) rows", fraction: 0)
        let next = { () throws(ServerError) -> [TableValue]? in
            let row = try rows.next()
            let done = total - rows.rowsLeft
            if done % Limits.batchRows == 0 {
                context.report(
                    "writing \(done)/\(total) rows",
                    fraction: Double(done) / Double(max(1, total))
                )
            }
            return row
        }
        switch rows.place {
        case .here:
            let session = try session(for: payload, user: context.job.user)
            try JobChange.run(context.cancellation) {
                try session.write(rows.table, rows: next, cancellation: context.cancellation)
            }
        case .theirs, .named:
            var source: String?
            if case .named(let name) = rows.place { source = name }
            let writer = try writer(
                of: rows.table,
                at: source,
                for: payload,
                user: context.job.user,
                cancellation: context.cancellation
            )
            try writer.write(
                keepsUnfinished: { context.cancellationReason == .shutdown },
                rows: next
            )
        }
    }
}

extension OfflineTaskRunner {
    /// True when a job that runs again finds the table of its INTO there.
    func isWritten(
        _ target: TableTarget?,
        _ id: TaskID,
        _ payload: JobPayload,
        _ opener: any JobQueryOpener
    ) throws(ServerError) -> Bool {
        guard let target else { return false }
        guard target.place != .here else { return isDone(id) }
        // A source is asked only when the last step may have been reached: the file is kept first.
        guard let task = catalog.snapshot.task(id), task.artifact != nil else { return false }
        let table = ResultTable(
            database: target.database,
            name: target.name,
            columns: [],
            writer: id.description
        )
        return try opener.writer(
            of: table,
            at: target.source,
            for: payload,
            user: task.owner,
            cancellation: CancellationFlag()
        ).isWritten()
    }
}
