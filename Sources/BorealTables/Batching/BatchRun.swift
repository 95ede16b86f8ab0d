import BorealBase
import BorealSQLite

/// Runs the passes of a statement, a chunk of rows at a time, so that the memos its functions look
/// into are full before it begins.
///
/// Holds a snapshot open between the passes and the statement, or rows might come that nobody
/// asked about.
final class BatchRun {
    /// In the order in which one may need the memo of another.
    private let passes: [BatchPass]
    private let connection: PooledConnection
    private let parameters: [TableValue]
    private let cancellation: CancellationFlag
    /// The pass under way.
    private var next = 0
    private var reader: SQLiteBatchReader?
    private var statement: SQLiteStatement?
    /// Rows of the pass that were asked, for messages.
    private var answered = 0

    /// - Parameter connection: its functions use the memos until the next statement.
    init(
        _ passes: [BatchPass],
        _ connection: PooledConnection,
        parameters: [TableValue],
        cancellation: CancellationFlag
    ) throws {
        self.passes = passes
        self.connection = connection
        self.parameters = parameters
        self.cancellation = cancellation
        let slots = (passes.map(\.slot).max() ?? -1) + 1
        connection.context.memos = (0..<slots).map { _ in BatchMemo() }
        // Ends when the connection goes back to the pool.
        if !connection.sqlite.isInTransaction { try connection.sqlite.run("BEGIN DEFERRED") }
    }

    deinit { close() }

    /// Answers some more rows.
    ///
    /// - Returns: true when all passes are done.
    func advance() throws -> Bool {
        guard next < passes.count else { return true }
        if cancellation.isCancelled { throw TableError.interrupted }
        let pass = passes[next]
        let reader = try open(pass)
        let memo = connection.context.memos[pass.slot]
        let range = pass.arguments.indices
        var failure: (any Error)?
        let batch = try reader.next(
            rowsMax: min(Limits.batchRows, pass.call.rowsMax),
            visitedMax: TableLimits.memoRowsVisitedMax
        ) { row in
            do { return try memo.want(row, range) } catch {
                failure = error
                return false
            }
        }
        if let failure { throw failure }
        if batch.rowCount > 0 {
            let answers = try pass.call.answer(
                batch,
                firstRow: answered,
                cancellation: cancellation
            )
            try memo.fill(answers)
            answered += batch.rowCount
        }
        if reader.isFinished {
            memo.isComplete = true
            finishPass()
            next += 1
        }
        return next == passes.count
    }

    private func open(_ pass: BatchPass) throws -> SQLiteBatchReader {
        if let reader { return reader }
        let prepared = try connection.sqlite.statement(pass.sql)
        try TableSession.bind(prepared, parameters)
        statement = prepared
        answered = 0
        let made = SQLiteBatchReader(prepared, fields: pass.arguments.map(\.field))
        reader = made
        return made
    }

    private func finishPass() {
        reader = nil
        if let statement { connection.sqlite.giveBack(statement) }
        statement = nil
    }

    /// Gives its statement back, also in the middle.
    func close() { finishPass() }

    /// Runs all passes at once, for an expression over few rows.
    static func runAll(
        _ passes: [BatchPass],
        _ connection: PooledConnection,
        parameters: [TableValue]
    ) throws {
        guard !passes.isEmpty else { return }
        let run = try BatchRun(
            passes,
            connection,
            parameters: parameters,
            cancellation: connection.sqlite.cancellation ?? CancellationFlag()
        )
        while try !run.advance() {}
    }
}

/// Reads a query whose select list holds streamed calls: chunks of rows with the answers in place.
final class StreamedRows {
    /// Lands the visible columns, then the arguments of all calls.
    private let reader: SQLiteBatchReader
    /// The visible ones.
    private let columns: [ResultColumn]
    private let streams: [StreamedCall]
    private let cancellation: CancellationFlag
    private var answered = 0

    init(_ statement: SQLiteStatement, _ plan: TranslatedQuery, _ cancellation: CancellationFlag) {
        columns = plan.columns
        streams = plan.streams
        self.cancellation = cancellation
        let hidden = plan.streams.flatMap(\.arguments)
        reader = SQLiteBatchReader(statement, fields: (plan.columns + hidden).map(\.field))
    }

    /// The next rows with the visible columns only; nil behind the last.
    func next(rowsMax: Int) throws -> RowBatch? {
        let most = streams.reduce(rowsMax) { min($0, $1.call.rowsMax) }
        guard let raw = try reader.next(rowsMax: most) else { return nil }
        var visible = Array(raw.columns[..<columns.count])
        for stream in streams {
            let first = columns.count + stream.firstArgument
            let arguments = raw.columns[first..<first + stream.arguments.count]
            let batch = RowBatch(columns: Array(arguments), rowCount: raw.rowCount)
            var answer = try stream.call.answer(
                batch,
                firstRow: answered,
                cancellation: cancellation
            )
            answer.name = columns[stream.column].name
            visible[stream.column] = answer
        }
        answered += raw.rowCount
        return RowBatch(columns: visible, rowCount: raw.rowCount)
    }
}
