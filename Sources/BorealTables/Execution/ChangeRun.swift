import BorealBase
import BorealSQL
import BorealSQLite
import BorealWire

/// What a statement is run with.
struct StatementInput: Sendable {
    /// The whole text, which the tree's spans point into.
    var text: [UInt8]
    var parameters: [TableValue] = []
    /// The plan that a prepared query keeps.
    var handle: PlanHandle?
    /// The text whose quoted texts became `parameters`, and the columns that are called as they
    /// are written in it.
    var written: (text: QuotedText, names: [WrittenName])?
    /// What the text's optimizer hints ask for.
    var hints = OptimizerHints()
    var cancellation = CancellationFlag()
}

/// A change of rows: waits for the lock, works in slices, and is undone as a whole when it fails.
///
/// One thread at a time steps it.
class ChangeRun: TableStatement, @unchecked Sendable {
    var columns: [ResultColumn] { [] }
    let session: TableSession
    let input: StatementInput
    private var waiting: LockTicket?
    private(set) var connection: PooledConnection?
    private var result: StatementSummary?
    private var ownsTransaction = false
    /// What has to be asked before rows change.
    private var batch: BatchRun?
    /// What a change that is undone meanwhile waits for, and what calls have answered so far.
    private var held: HeldAsk?
    private var known: [BatchMemo] = []
    /// The same for calls in expressions of their own.
    let ledger = EvaluationLedger()
    private var waits = FunctionWaits()
    /// False for a change that cannot be begun anew, because what it reads does not come again.
    var canBeginAnew: Bool { true }
    private static let savepoint = "SAVEPOINT boreal_statement"

    init(_ session: TableSession, _ input: StatementInput) {
        self.session = session
        self.input = input
    }

    deinit { close() }

    /// Prepares the work; the write transaction is open.
    func begin(_ connection: PooledConnection) throws {}
    /// Does a small piece; true when nothing is left.
    func advance(_ connection: PooledConnection) throws -> Bool { true }
    /// Tells what was done.
    func end(_ connection: PooledConnection) throws -> StatementSummary { StatementSummary() }
    /// Gives statements back, also after a failure.
    func release(_ connection: PooledConnection) {}

    /// Asks batched calls first; `begin` calls it.
    func askFirst(_ passes: [BatchPass], _ connection: PooledConnection) throws {
        guard !passes.isEmpty else { return }
        batch = try BatchRun(
            passes,
            connection,
            parameters: input.parameters,
            known: known,
            cancellation: input.cancellation
        )
    }

    func checkCancellation() throws {
        if input.cancellation.isCancelled { throw TableError.interrupted }
    }

    /// The next row of a query that the change reads from. KILL ends it in the middle of a step:
    /// a query writes nothing, so SQLite undoes nothing of the transaction by itself.
    func nextRow(_ source: SQLiteStatement, _ connection: PooledConnection) throws -> Bool {
        connection.sqlite.cancellation = input.cancellation
        defer { connection.sqlite.cancellation = nil }
        return try source.step()
    }

    func step(
        into writer: inout RowWriter,
        buffer: inout ByteBuffer,
        budgetBytes: Int
    ) throws -> StepOutcome {
        if let result { return .finished(result) }
        if connection == nil, let ticket = waits.unfinished(session.store.namedLocks) {
            try checkCancellation()
            return .waiting(ticket)
        }
        if let held {
            switch try held.advance() {
            case .waiting(let pending): return .waiting(pending.ticket())
            case .known(let memos, let warnings):
                known = memos
                warnings.forEach(session.warn)
            }
            self.held = nil
        }
        if let pending = try ledger.advance(session) { return .waiting(pending.ticket()) }
        if connection == nil, let ticket = try open() { return .waiting(ticket) }
        guard let connection else { return .finished(StatementSummary()) }
        do {
            let end = MonotonicClock.milliseconds + TableLimits.sliceMilliseconds
            while true {
                if let asking = batch {
                    let progress = try asking.advance()
                    asking.takeWarnings().forEach(session.warn)
                    switch progress {
                    case .more: break
                    case .done: batch = nil
                    case .waiting(let pending):
                        if canBeginAnew { hold(asking) }
                        return .waiting(pending.ticket())
                    }
                } else {
                    for _ in 0..<64 where try advance(connection) {
                        return .finished(try finish(connection))
                    }
                }
                try checkCancellation()
                if MonotonicClock.milliseconds >= end { return .more }
            }
        } catch let held as HeldEvaluations {
            ledger.wait(for: held.list)
            undoForNow()
            return .more
        } catch {
            if let ticket = pause() { return .waiting(ticket) }
            throw undo(error)
        }
    }

    /// Undoes the change for a function that has to wait, so that nobody waits for its lock
    /// meanwhile; it begins anew when the wait is over. Nil when none has to wait.
    private func pause() -> LockTicket? {
        guard let connection, let ticket = waits.pause(connection.context, session) else {
            return nil
        }
        undoForNow()
        return ticket
    }

    /// The same for the answers of a batched call: nobody waits for the lock while a remote model
    /// works. The next run asks about rows that nobody asked about before.
    private func hold(_ asking: BatchRun) {
        held = asking.hold()
        undoForNow()
    }

    private func undoForNow() {
        let once = (session.isolationOnce, session.readOnlyOnce)
        _ = undo(TableError.interrupted)
        (session.isolationOnce, session.readOnlyOnce) = once
        result = nil
    }

    func open() throws -> LockTicket? {
        if let ticket = try session.lock(&waiting) { return ticket }
        ownsTransaction = !session.isInsideTransaction
        do {
            let open = try session.beginWrite()
            connection = open
            session.prime(open, cancellation: CancellationFlag())
            if canBeginAnew { waits.begin(open.context) }
            if !ownsTransaction { try open.sqlite.run(Self.savepoint) }
            try begin(open)
            return nil
        } catch {
            if let ticket = pause() { return ticket }
            throw undo(error)
        }
    }

    func finish(_ connection: PooledConnection) throws -> StatementSummary {
        var summary = try end(connection)
        release(connection)
        session.absorb(connection)
        if ownsTransaction {
            // With the end of the transaction, also a failed one, the connection is the pool's.
            self.connection = nil
            try session.commit()
        } else {
            try connection.sqlite.run("RELEASE boreal_statement")
        }
        self.connection = nil
        summary.warningCount = session.warnings.count
        session.rowCount = Int64(clamping: summary.affectedRows)
        result = summary
        return summary
    }

    /// Takes back what the statement did so far.
    func undo(_ error: any Error) -> any Error {
        guard let connection else {
            if ownsTransaction { session.rollBack() }
            result = StatementSummary()
            session.rowCount = -1
            return error
        }
        var mapped = connection.mapped(error)
        batch?.close()
        batch = nil
        release(connection)
        session.absorb(connection)
        if ownsTransaction {
            session.rollBack()
        } else if connection.sqlite.isInTransaction {
            // A failure here means that SQLite undid the transaction itself.
            try? connection.sqlite.execute("ROLLBACK TO boreal_statement")
            try? connection.sqlite.execute("RELEASE boreal_statement")
        } else {
            // A full disk or memory can cost the whole transaction; the client is told so.
            session.rollBack()
            if let error = mapped as? TableError { mapped = TableError.undone(error) }
        }
        self.connection = nil
        result = StatementSummary()
        session.rowCount = -1
        return mapped
    }

    func nextBatch(rowsMax: Int) throws -> RowBatch? { nil }

    func close() {
        if let waiting { session.store.writeLock.release(waiting) }
        waiting = nil
        waits.abandon(session)
        held?.abandon()
        held = nil
        ledger.abandon()
        if connection != nil, result == nil { _ = undo(TableError.interrupted) }
    }
}

extension Translator {
    /// A stored table that can be changed.
    func baseTable(_ name: ObjectName) throws -> StoredTable {
        if let database = name.database?.name ?? context.database, TableSession.isVirtual(database)
        {
            throw TableError.systemTable(database: database, action: "change")
        }
        let table = try storedTable(name)
        guard !table.isView else { throw TableError.notSupported("changing rows of a view") }
        try context.checkLocks(table, true)
        return table
    }
}
