public import BorealBase
public import BorealSQL
import BorealSQLite
import BorealWire

/// A query that runs: rows from SQLite straight into the wire's buffer, or into columns.
///
/// One thread at a time steps it.
final class QueryRun: TableStatement, @unchecked Sendable {
    var columns: [ResultColumn] { known.query.columns }
    var definitions: [ColumnDefinition41] { known.definitions }
    private let session: TableSession
    private let known: KnownPlan
    private var plan: TranslatedQuery { known.query }
    private let parameters: [TableValue]
    private let cancellation: CancellationFlag
    private var connection: PooledConnection?
    private var statement: SQLiteStatement?
    private var reader: SQLiteBatchReader?
    /// What has to be asked before the first row.
    private var asking: BatchRun?
    /// Groups that are being made by hashing, and whether there were too many of them.
    private var grouping: HashGroupRun?
    private var hasTooManyGroups = false
    private var streamed: StreamedRows?
    /// All rows of `streamed` have been read, and the connection was given back.
    private var hasReadAll = false
    /// The chunk of `streamed` that is being written, and the next row in it.
    private var chunk: RowBatch?
    private var chunkRow = 0
    private var waiting: LockTicket?
    /// What functions of the query wait for.
    private var waits = FunctionWaits()
    /// Rows that a run before this one has sent already.
    private var rowsSent: UInt64 = 0
    private var isFinished = false
    private var rowCount: UInt64 = 0
    private let rowsMax: UInt64
    private let locksRows: Bool
    private let deadline: UInt64?
    /// A connection that holds a snapshot, when the query belongs to one.
    private let snapshot: PooledConnection?

    /// - Parameter timeLimit: milliseconds of an optimizer hint; nil and 0 leave it to variables.
    init(
        _ session: TableSession,
        _ known: KnownPlan,
        parameters: [TableValue],
        cancellation: CancellationFlag,
        locksRows: Bool = false,
        timeLimit: UInt32? = nil,
        snapshot: PooledConnection? = nil
    ) {
        self.session = session
        self.known = known
        self.parameters = parameters
        self.cancellation = cancellation
        self.locksRows = locksRows && session.isInsideTransaction
        self.snapshot = snapshot
        let settings = session.settings
        rowsMax = snapshot == nil ? settings.rowsMax : .max
        let hinted = UInt64(timeLimit ?? 0)
        let milliseconds = hinted > 0 ? hinted : settings.executionMilliseconds
        deadline = milliseconds > 0 ? MonotonicClock.milliseconds + milliseconds : nil
    }

    deinit { close() }

    /// Makes the statement ready; a ticket when it must wait for the lock.
    private func open() throws -> (SQLiteStatement?, LockTicket?) {
        if let statement { return (statement, nil) }
        if locksRows, let ticket = try session.lock(&waiting) { return (nil, ticket) }
        let open = try snapshot ?? (locksRows ? session.beginWrite() : beginRead())
        connection = open
        session.prime(open, cancellation: cancellation)
        open.sqlite.deadlineMilliseconds = deadline
        let hashing = hasTooManyGroups ? nil : plan.hashing
        if snapshot == nil, plan.passes.isEmpty, plan.streams.isEmpty, hashing == nil {
            waits.begin(open.context, deadline: deadline)
        }
        do {
            if !plan.passes.isEmpty {
                asking = try BatchRun(
                    plan.passes,
                    open,
                    parameters: parameters,
                    cancellation: cancellation
                )
            }
            grouping = try hashing.map { try HashGroupRun($0, open, parameters: parameters) }
            let prepared = try open.sqlite.statement(hashing?.answer ?? plan.sql)
            try TableSession.bind(prepared, parameters)
            if !plan.streams.isEmpty {
                streamed = StreamedRows(prepared, plan, rowsMax: rowsMax, cancellation)
            }
            statement = prepared
            return (prepared, nil)
        } catch {
            throw failed(error)
        }
    }

    private func beginRead() throws -> PooledConnection {
        let open = try session.beginRead(ofTables: !plan.tables.isEmpty)
        if !plan.tables.isEmpty { session.useUpCharacteristics() }
        return open
    }

    private func failed(_ error: any Error) -> any Error {
        let mapped = connection?.mapped(error) ?? error
        close()
        return mapped
    }

    func step(
        into writer: inout RowWriter,
        buffer: inout ByteBuffer,
        budgetBytes: Int
    ) throws -> StepOutcome {
        if isFinished { return .finished(summary) }
        if let ticket = try stillWaiting() { return .waiting(ticket) }
        if !hasReadAll {
            let (opened, ticket) = try open()
            guard opened != nil else { return ticket.map { .waiting($0) } ?? .finished(summary) }
        }
        let limit = buffer.count + budgetBytes
        do {
            if let outcome = try ask() { return outcome }
            guard statement != nil || hasReadAll else { return .more }
            if let streamed, let outcome = try write(streamed, into: &writer, &buffer, limit) {
                return outcome
            }
            var sinceCheck = 0
            while streamed == nil, rowCount < rowsMax, let statement, try statement.step() {
                if rowsSent > 0 {
                    rowsSent -= 1
                    continue
                }
                known.encoder.write(statement, into: &writer, &buffer)
                rowCount += 1
                if buffer.count >= limit { return .more }
                sinceCheck += 1
                if sinceCheck == TableLimits.rowsBetweenChecks {
                    sinceCheck = 0
                    if cancellation.isCancelled { throw TableError.interrupted }
                    if let deadline, MonotonicClock.milliseconds > deadline {
                        throw TableError.executionTimeout
                    }
                }
            }
            try countAll()
        } catch {
            if let ticket = pause() { return .waiting(ticket) }
            throw failed(error)
        }
        close()
        session.rowCount = -1
        return .finished(summary)
    }

    /// Ends the run for a function that has to wait; nil when none has.
    private func pause() -> LockTicket? {
        guard let connection, let ticket = waits.pause(connection.context, session) else {
            return nil
        }
        rowsSent += rowCount
        rowCount = 0
        if let statement { connection.sqlite.giveBack(statement) }
        statement = nil
        session.endRead(connection)
        self.connection = nil
        return ticket
    }

    /// The ticket of a wait that is not over; else its answer is kept for the next run.
    private func stillWaiting() throws -> LockTicket? {
        guard let ticket = waits.unfinished(session.store.namedLocks) else {
            // A SLEEP by itself answers that it was interrupted.
            guard waits.lostLock || waits.wasCut && !plan.tables.isEmpty else { return nil }
            throw TableError.executionTimeout
        }
        if cancellation.isCancelled { throw TableError.interrupted }
        try checkDeadline()
        return ticket
    }

    /// Goes on with the passes for a slice of time; nil when they are done.
    private func ask() throws -> StepOutcome? {
        guard try hasGrouped() else { return .more }
        guard let asking else { return nil }
        let end = MonotonicClock.milliseconds + TableLimits.sliceMilliseconds
        while true {
            let progress = try asking.advance()
            asking.takeWarnings().forEach(session.warn)
            try checkDeadline()
            switch progress {
            case .done:
                self.asking = nil
                return nil
            case .waiting(let pending): return .waiting(pending.ticket(until: deadline))
            case .more: if MonotonicClock.milliseconds >= end { return .more }
            }
        }
    }

    /// Asks all there is to ask on this thread, which only background work may block.
    private func askAll() throws {
        while try !hasGrouped() {}
        guard let asking else { return }
        while true {
            switch try asking.advance() {
            case .done: return self.asking = nil
            case .waiting(let pending): try block(for: pending)
            case .more: continue
            }
        }
    }

    /// The next chunk of streamed rows, on this thread.
    private func nextChunk(_ streamed: StreamedRows, rowsMax: Int) throws -> RowBatch? {
        while true {
            switch try streamed.next(rowsMax: rowsMax) {
            case .rows(let batch): return batch
            case .end: return nil
            case .waiting(let pending): try block(for: pending)
            }
        }
    }

    private func block(for pending: PendingAnswer) throws {
        guard snapshot != nil else {
            throw TableError.notSupported("a call of a remote model in this place")
        }
        try pending.wait(cancellation)
    }

    /// Goes on with making groups for a slice of time; true when they are made.
    private func hasGrouped() throws -> Bool {
        guard let run = grouping, let connection else { return true }
        let end = MonotonicClock.milliseconds + TableLimits.sliceMilliseconds
        while true {
            switch try run.advance() {
            case .done:
                grouping = nil
                return true
            case .givenUp:
                // SQLite sorts instead.
                run.close()
                grouping = nil
                hasTooManyGroups = true
                if let statement { connection.sqlite.giveBack(statement) }
                let prepared = try connection.sqlite.statement(plan.sql)
                try TableSession.bind(prepared, parameters)
                statement = prepared
                return true
            case .more:
                if cancellation.isCancelled { throw TableError.interrupted }
                try checkDeadline()
                if MonotonicClock.milliseconds >= end { return false }
            }
        }
    }

    private func checkDeadline() throws {
        if let deadline, MonotonicClock.milliseconds > deadline {
            throw TableError.executionTimeout
        }
    }

    /// Writes rows whose batched calls are answered chunk by chunk; nil behind the last.
    private func write(
        _ streamed: StreamedRows,
        into writer: inout RowWriter,
        _ buffer: inout ByteBuffer,
        _ limit: Int
    ) throws -> StepOutcome? {
        while rowCount < rowsMax {
            if let chunk, chunkRow < chunk.rowCount {
                known.encoder.write(chunk, row: chunkRow, into: &writer, &buffer)
                chunkRow += 1
                rowCount += 1
                if buffer.count >= limit { return .more }
                continue
            }
            if cancellation.isCancelled { throw TableError.interrupted }
            try checkDeadline()
            chunk = nil
            chunkRow = 0
            switch try streamed.next(rowsMax: TableLimits.streamRows) {
            case .rows(let rows):
                chunk = rows
                streamed.warnings.forEach(session.warn)
            case .end: return nil
            case .waiting(let pending):
                if streamed.hasReadAll { letGo() }
                return .waiting(pending.ticket(until: deadline))
            }
        }
        return nil
    }

    /// Gives the connection back before the end, when only answers are missing, which may take
    /// long: there are more statements that wait for them than connections are kept.
    private func letGo() {
        guard snapshot == nil, plan.countSQL == nil, let connection, let streamed else { return }
        hasReadAll = true
        // It holds the statement, which is another's as soon as the connection is.
        streamed.endReading()
        if let statement { connection.sqlite.giveBack(statement) }
        statement = nil
        session.endRead(connection)
        self.connection = nil
    }

    /// What FOUND_ROWS() will answer.
    private func countAll() throws {
        session.foundRows = rowCount
        guard let sql = plan.countSQL, let connection else { return }
        let counter = try connection.sqlite.statement(sql)
        defer { connection.sqlite.giveBack(counter) }
        try TableSession.bind(counter, parameters)
        if try counter.step() { session.foundRows = UInt64(clamping: counter.int64(0)) }
    }

    private var summary: StatementSummary {
        var summary = StatementSummary()
        summary.affectedRows = rowCount
        summary.warningCount = session.warnings.count
        return summary
    }

    var endsSoon: Bool { streamed?.endsSoon ?? false }

    var mayWait: Bool { plan.bindsAnew }

    func nextBatch(rowsMax: Int) throws -> RowBatch? {
        if isFinished { return nil }
        guard try open().0 != nil else { throw TableError.lockWaitTimeout }
        do {
            try askAll()
            if let streamed {
                if let batch = try nextChunk(streamed, rowsMax: rowsMax) {
                    rowCount += UInt64(batch.rowCount)
                    return batch
                }
                close()
                return nil
            }
        } catch {
            throw failed(error)
        }
        guard let statement else { throw TableError.lockWaitTimeout }
        let source = reader ?? SQLiteBatchReader(statement, fields: known.fields)
        reader = source
        do {
            if let batch = try source.next(rowsMax: rowsMax) {
                rowCount += UInt64(batch.rowCount)
                return batch
            }
        } catch {
            throw failed(error)
        }
        close()
        return nil
    }

    /// Hands out the only row of a short query in place, and ends the query.
    ///
    /// - Parameter body: nil for a row that it takes a batch to read.
    func readRow<Value>(
        _ body: (SQLiteStatement, [SQLiteBatchReader.Field]) -> Value?
    ) throws -> ShortLookup.Found<Value> {
        guard let statement = try open().0 else { throw TableError.lockWaitTimeout }
        do {
            guard try statement.step() else {
                close()
                return .nothing
            }
            if let value = body(statement, known.fields) {
                close()
                return .value(value)
            }
            statement.reset()
        } catch {
            throw failed(error)
        }
        let batch = try nextBatch(rowsMax: 1)
        close()
        return batch.map { .batch($0) } ?? .nothing
    }

    /// All values of a small query, or those of its first rows.
    func allValues(atMost most: Int = .max) throws -> [[TableValue]] {
        guard try open().0 != nil else { throw TableError.lockWaitTimeout }
        var rows: [[TableValue]] = []
        do {
            try askAll()
            guard let statement else { throw TableError.lockWaitTimeout }
            while let streamed, rows.count < most,
                let batch = try nextChunk(streamed, rowsMax: TableLimits.streamRows)
            {
                rows += batch.values
            }
            while streamed == nil, rows.count < most, try statement.step() {
                rows.append(values(of: statement))
            }
        } catch {
            throw failed(error)
        }
        close()
        return rows
    }

    /// How far gathering has come.
    enum Gathered {
        case values([[TableValue]])
        case waiting(LockTicket)
        case more
    }

    /// The values of the first rows; called again until they are there. Not mixed with `step`.
    func gather(atMost most: Int) throws -> Gathered {
        if let ticket = try stillWaiting() { return .waiting(ticket) }
        let (opened, ticket) = try open()
        guard opened != nil else { return ticket.map { .waiting($0) } ?? .more }
        do {
            switch try ask() {
            case .waiting(let ticket)?: return .waiting(ticket)
            case nil: break
            default: return .more
            }
            guard let statement else { return .more }
            var rows: [[TableValue]] = []
            if let streamed {
                switch try streamed.next(rowsMax: most) {
                case .rows(let batch): rows = batch.values
                case .end: break
                case .waiting(let pending): return .waiting(pending.ticket(until: deadline))
                }
                streamed.warnings.forEach(session.warn)
            }
            while streamed == nil, rows.count < most, try statement.step() {
                rows.append(values(of: statement))
            }
            close()
            return .values(rows)
        } catch {
            if let ticket = pause() { return .waiting(ticket) }
            throw failed(error)
        }
    }

    private func values(of statement: SQLiteStatement) -> [TableValue] {
        columns.indices.map { TableValue(statement.value($0), type: columns[$0].type) }
    }

    func close() {
        guard !isFinished else { return }
        isFinished = true
        reader = nil
        asking?.close()
        asking = nil
        grouping?.close()
        grouping = nil
        streamed?.close()
        streamed = nil
        chunk = nil
        if let waiting { session.store.writeLock.release(waiting) }
        waiting = nil
        waits.abandon(session)
        guard let connection else { return }
        connection.context.groups = []
        if let statement { connection.sqlite.giveBack(statement) }
        statement = nil
        if snapshot == nil { session.endRead(connection) }
        self.connection = nil
    }
}

extension RowBatch {
    /// Row by row.
    fileprivate var values: [[TableValue]] {
        (0..<rowCount).map { row in
            columns.map { TableValue(SQLiteValue($0, row), type: $0.type) }
        }
    }
}

extension ResultColumn {
    /// How the column lands in a batch.
    var field: SQLiteBatchReader.Field {
        let landing: SQLiteBatchReader.Landing =
            switch ValueClass(type) {
            case .integer: .int64
            case .unsigned: .uint64
            case .real: type.kind == .float ? .float : .double
            case .null: .byValue
            default: .bytes
            }
        return SQLiteBatchReader.Field(name: name, type: type, landing: landing)
    }
}

/// Rows that are known already: SHOW and its like.
///
/// Immutable but for the position, which one thread at a time moves.
final class StaticRows: TableStatement, @unchecked Sendable {
    let columns: [ResultColumn]
    private let rows: [[TableValue]]
    private var position = 0
    private let warningCount: Int

    init(_ columns: [ResultColumn], _ rows: [[TableValue]], warningCount: Int = 0) {
        self.columns = columns
        self.rows = rows
        self.warningCount = warningCount
    }

    func step(
        into writer: inout RowWriter,
        buffer: inout ByteBuffer,
        budgetBytes: Int
    ) throws -> StepOutcome {
        let limit = buffer.count + budgetBytes
        while position < rows.count {
            writer.beginRow(into: &buffer)
            for value in rows[position] { Self.write(value, into: &writer, &buffer) }
            writer.endRow(into: &buffer)
            position += 1
            if buffer.count >= limit { return .more }
        }
        var summary = StatementSummary()
        summary.affectedRows = UInt64(rows.count)
        summary.warningCount = warningCount
        return .finished(summary)
    }

    private static func write(
        _ value: TableValue,
        into writer: inout RowWriter,
        _ buffer: inout ByteBuffer
    ) {
        switch value {
        case .null: writer.null(into: &buffer)
        case .integer(let number): writer.int64(number, into: &buffer)
        case .unsigned(let number): writer.uint64(number, into: &buffer)
        case .real(let number): writer.double(number, into: &buffer)
        case .decimal(let text), .text(let text), .temporal(let text, _):
            writer.text(text, into: &buffer)
        case .bytes(let bytes): bytes.withUnsafeBytes { writer.bytes($0, into: &buffer) }
        }
    }

    func nextBatch(rowsMax: Int) throws -> RowBatch? {
        guard position < rows.count else { return nil }
        let part = rows[position..<min(rows.count, position + rowsMax)]
        position += part.count
        let landed = columns.indices.map { index -> Column in
            var bytes = ByteColumn()
            var validity = Validity()
            for row in part {
                bytes.append(row[index].text ?? "")
                validity.append(isNull: row[index].isNull)
            }
            let column = columns[index]
            return Column(
                name: column.name,
                type: .varchar(),
                storage: .bytes(bytes),
                validity: validity
            )
        }
        return RowBatch(columns: landed, rowCount: part.count)
    }

    func close() {}
}

/// A statement without rows whose work is done in its only step, holding the write lock or not.
///
/// One thread at a time steps it.
final class ActionRun: TableStatement, @unchecked Sendable {
    var columns: [ResultColumn] { [] }
    private let session: TableSession
    private let needsLock: Bool
    private let ledger: EvaluationLedger?
    private let body: () throws -> StatementSummary
    private var waiting: LockTicket?
    private var result: StatementSummary?

    /// - Parameters:
    ///   - needsLock: whether `body` needs the write lock.
    ///   - ledger: where `body` finds the answers that it throws `HeldEvaluations` for, having
    ///     undone what it did; nil where it never does.
    init(
        _ session: TableSession,
        needsLock: Bool = false,
        ledger: EvaluationLedger? = nil,
        _ body: @escaping () throws -> StatementSummary
    ) {
        self.session = session
        self.needsLock = needsLock
        self.ledger = ledger
        self.body = body
    }

    deinit { close() }

    func step(
        into writer: inout RowWriter,
        buffer: inout ByteBuffer,
        budgetBytes: Int
    ) throws -> StepOutcome {
        if let result { return .finished(result) }
        if let pending = try ledger?.advance(session) { return .waiting(pending.ticket()) }
        if needsLock, let ticket = try session.lock(&waiting) { return .waiting(ticket) }
        var done: StatementSummary
        do {
            done = try body()
        } catch let held as HeldEvaluations {
            guard let ledger else { throw held }
            ledger.wait(for: held.list)
            return .more
        }
        done.warningCount = session.warnings.count
        result = done
        return .finished(done)
    }

    func nextBatch(rowsMax: Int) throws -> RowBatch? { nil }

    func close() {
        ledger?.abandon()
        if let waiting { session.store.writeLock.release(waiting) }
        waiting = nil
    }
}

/// The tables as they were at one moment, for background work.
///
/// One query at a time runs on it, on one thread at a time.
public final class TableSnapshot: @unchecked Sendable {
    private let session: TableSession
    private let connection: PooledConnection
    private let schemaSession: TableSession

    /// Opens the snapshot; what the session's own transaction changed must be committed before.
    init(_ session: TableSession) throws {
        self.session = session
        let copy = TableSession(session.store, identity: session.identity)
        copy.database = session.database
        copy.values = session.values
        copy.rights = session.rights
        copy.pinnedSchema = session.store.schema
        schemaSession = copy
        connection = try session.store.takeConnection()
        try connection.sqlite.run("BEGIN DEFERRED")
        // The first read is what takes the snapshot.
        _ = try connection.sqlite.rows("SELECT version FROM boreal_version")
    }

    deinit { session.store.giveBack(connection) }

    /// A query over the snapshot. Close it (or read it to its end) before the next.
    public func query(
        _ query: Query,
        text: [UInt8],
        parameters: [TableValue] = [],
        cancellation: CancellationFlag
    ) throws -> any TableStatement {
        let plan = try schemaSession.plan(
            query,
            text: text,
            parameters: parameters,
            streams: true
        )
        return QueryRun(
            schemaSession,
            KnownPlan(plan),
            parameters: parameters,
            cancellation: cancellation,
            snapshot: connection
        )
    }
}
