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
    /// What the last rows asked about wait for.
    private var pending: PendingAnswer?
    /// What calls had to say beside their answers.
    private var warnings: [TableWarning] = []

    /// - Parameters:
    ///   - connection: its functions use the memos until the next statement.
    ///   - known: memos of a run of the same passes that was given up.
    init(
        _ passes: [BatchPass],
        _ connection: PooledConnection,
        parameters: [TableValue],
        known: [BatchMemo] = [],
        cancellation: CancellationFlag
    ) throws {
        self.passes = passes
        self.connection = connection
        self.parameters = parameters
        self.cancellation = cancellation
        let slots = (passes.map(\.slot).max() ?? -1) + 1
        let isKnown = known.count == slots
        connection.context.memos = isKnown ? known : (0..<slots).map { _ in BatchMemo() }
        for memo in connection.context.memos { memo.isComplete = false }
        // Ends when the connection goes back to the pool.
        if !connection.sqlite.isInTransaction { try connection.sqlite.run("BEGIN DEFERRED") }
    }

    deinit { close() }

    /// How a step of the passes ended.
    enum Progress {
        case more
        case done
        /// Nothing can be done before the answers of a call are there.
        case waiting(PendingAnswer)
    }

    /// Asks about some more rows, or takes answers that have come.
    func advance() throws -> Progress {
        guard next < passes.count else { return .done }
        if cancellation.isCancelled { throw TableError.interrupted }
        let pass = passes[next]
        let memo = connection.context.memos[pass.slot]
        let reader = try open(pass)
        if let pending {
            guard let (answers, said) = try pending.taken() else { return .waiting(pending) }
            self.pending = nil
            warnings += said
            try memo.fill(answers)
        } else if let pending = try ask(pass, memo, reader) {
            self.pending = pending
            return .waiting(pending)
        }
        guard reader.isFinished else { return .more }
        memo.isComplete = true
        finishPass()
        next += 1
        return next == passes.count ? .done : .more
    }

    /// Asks about the next rows that nobody asked about before.
    ///
    /// - Returns: where the answers will be; nil when they are in the memo.
    private func ask(
        _ pass: BatchPass,
        _ memo: BatchMemo,
        _ reader: SQLiteBatchReader
    ) throws -> PendingAnswer? {
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
        guard batch.rowCount > 0 else { return nil }
        defer { answered += batch.rowCount }
        switch try pass.call.ask(batch, firstRow: answered, cancellation: cancellation) {
        case .column(let answers): try memo.fill(answers)
        case .pending(let pending): return pending
        }
        return nil
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

    /// What calls had to say since the last look.
    func takeWarnings() -> [TableWarning] {
        defer { warnings = [] }
        return warnings
    }

    /// Gives up where it stands, for a statement that begins anew when the answers are there.
    func hold() -> HeldAsk? {
        guard let pending, next < passes.count else { return nil }
        self.pending = nil
        finishPass()
        let memos = connection.context.memos
        return HeldAsk(memos: memos, slot: passes[next].slot, pending: pending)
    }

    /// Gives its statement back, also in the middle.
    func close() {
        pending?.abandon()
        pending = nil
        finishPass()
    }

    /// Runs all passes at once, for an expression over few rows.
    ///
    /// - Parameters:
    ///   - known: as of `init`.
    ///   - mayHold: whether the caller can begin anew; else a call that has to be waited for is
    ///     refused.
    /// - Returns: what has to be waited for; nil when all answers are there.
    @discardableResult
    static func runAll(
        _ passes: [BatchPass],
        _ connection: PooledConnection,
        parameters: [TableValue],
        known: [BatchMemo] = [],
        mayHold: Bool = false
    ) throws -> HeldAsk? {
        guard !passes.isEmpty else { return nil }
        let run = try BatchRun(
            passes,
            connection,
            parameters: parameters,
            known: known,
            cancellation: connection.sqlite.cancellation ?? CancellationFlag()
        )
        while true {
            switch try run.advance() {
            case .more: continue
            case .done: return nil
            case .waiting:
                if mayHold, let held = run.hold() { return held }
                throw TableError.notSupported("a call of a remote model in this place")
            }
        }
    }
}

/// What passes that were given up had asked, and what they wait for.
struct HeldAsk {
    fileprivate let memos: [BatchMemo]
    fileprivate let slot: Int
    let pending: PendingAnswer

    /// What is known when the answers have come, and what was said beside them; nil before.
    func known() throws -> (memos: [BatchMemo], warnings: [TableWarning])? {
        guard let (answers, warnings) = try pending.taken() else { return nil }
        try memos[slot].fill(answers)
        return (memos, warnings)
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
    /// What calls had to say beside their answers, since the last chunk.
    private(set) var warnings: [TableWarning] = []
    /// Rows whose calls are under way.
    private var asked: (raw: RowBatch, answers: [BatchAnswer])?

    /// What comes next.
    enum Chunk {
        /// Rows with the visible columns only.
        case rows(RowBatch)
        case end
        /// The next rows wait for the answers of a call.
        case waiting(PendingAnswer)
    }

    init(_ statement: SQLiteStatement, _ plan: TranslatedQuery, _ cancellation: CancellationFlag) {
        columns = plan.columns
        streams = plan.streams
        self.cancellation = cancellation
        let hidden = plan.streams.flatMap(\.arguments)
        reader = SQLiteBatchReader(statement, fields: (plan.columns + hidden).map(\.field))
    }

    /// The next rows. All calls of a chunk are under way at once.
    func next(rowsMax: Int) throws -> Chunk {
        let (raw, answers): (RowBatch, [BatchAnswer])
        if let asked {
            (raw, answers) = asked
        } else {
            let most = streams.reduce(rowsMax) { min($0, $1.call.rowsMax) }
            guard let rows = try reader.next(rowsMax: most) else { return .end }
            raw = rows
            answers = try streams.map { stream in
                let first = columns.count + stream.firstArgument
                let arguments = raw.columns[first..<first + stream.arguments.count]
                let batch = RowBatch(columns: Array(arguments), rowCount: raw.rowCount)
                return try stream.call.ask(batch, firstRow: answered, cancellation: cancellation)
            }
            asked = (raw, answers)
        }
        var visible = Array(raw.columns[..<columns.count])
        warnings = []
        for (stream, answer) in zip(streams, answers) {
            var column: Column
            switch answer {
            case .column(let known): column = known
            case .pending(let pending):
                guard let (found, said) = try pending.taken() else { return .waiting(pending) }
                column = found
                warnings += said
            }
            column.name = columns[stream.column].name
            visible[stream.column] = column
        }
        asked = nil
        answered += raw.rowCount
        return .rows(RowBatch(columns: visible, rowCount: raw.rowCount))
    }

    /// Nobody wants the rows any more.
    func close() {
        for case .pending(let pending) in asked?.answers ?? [] { pending.abandon() }
        asked = nil
    }
}
