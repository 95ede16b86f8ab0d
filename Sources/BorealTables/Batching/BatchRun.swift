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
    /// The statement asks for other rows by other runs.
    private let isOneOfMany: Bool
    private let bindFurther: Binding?
    /// The pass under way.
    private var next = 0
    private var reader: SQLiteBatchReader?
    private var statement: SQLiteStatement?
    /// Rows of the pass that were asked, for messages.
    private var answered = 0
    /// What was asked and is not in the memo yet, oldest first.
    private var asked: [BatchAnswer] = []
    /// What calls had to say beside their answers.
    private var warnings: [TableWarning] = []

    /// Binds what stands behind the client's parameters.
    typealias Binding = (SQLiteStatement) throws -> Void

    /// - Parameters:
    ///   - connection: its functions use the memos until the next statement.
    ///   - known: memos of a run of the same passes that was given up.
    ///   - isOneOfMany: whether the statement asks for other rows by other runs.
    init(
        _ passes: [BatchPass],
        _ connection: PooledConnection,
        parameters: [TableValue],
        known: [BatchMemo] = [],
        isOneOfMany: Bool = false,
        bindFurther: Binding? = nil,
        cancellation: CancellationFlag
    ) throws {
        self.isOneOfMany = isOneOfMany
        self.bindFurther = bindFurther
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
        if let first = asked.first, let (answers, said) = try first.taken() {
            asked.removeFirst()
            warnings += said
            try memo.fill(answers)
            return .more
        }
        // A memo that is to leave memory does so when nothing is under way.
        let isFull = asked.count >= pass.call.chunksAhead || memo.isOverfull && !asked.isEmpty
        if !reader.isFinished, !isFull {
            try ask(pass, memo, reader)
            return .more
        }
        if case .pending(let pending)? = asked.first { return .waiting(pending) }
        memo.isComplete = true
        finishPass()
        next += 1
        return next == passes.count ? .done : .more
    }

    /// Asks about the next rows that nobody asked about before.
    private func ask(_ pass: BatchPass, _ memo: BatchMemo, _ reader: SQLiteBatchReader) throws {
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
            let expectsMore = isOneOfMany || !reader.isFinished
            let place = BatchPlace(firstRow: answered, expectsMore: expectsMore)
            asked.append(try pass.call.ask(batch, at: place, cancellation: cancellation))
            answered += batch.rowCount
        } else if reader.isFinished {
            pass.call.endAsking()
        }
    }

    private func open(_ pass: BatchPass) throws -> SQLiteBatchReader {
        if let reader { return reader }
        let prepared = try connection.sqlite.statement(pass.sql)
        try TableSession.bind(prepared, parameters)
        try bindFurther?(prepared)
        statement = prepared
        answered = connection.context.memos[pass.slot].answerCount
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
        guard !asked.isEmpty, next < passes.count else { return nil }
        defer { asked = [] }
        finishPass()
        return HeldAsk(connection.context.memos, slot: passes[next].slot, asked)
    }

    /// Gives its statement back, also in the middle.
    func close() {
        asked.abandon()
        finishPass()
    }

    /// Runs all passes at once, for an expression over few rows.
    ///
    /// - Parameters:
    ///   - known: as of `init`.
    ///   - mayHold: whether the caller can begin anew; else a call that has to be waited for is
    ///     refused.
    ///   - isOneOfMany, bindFurther: as of `init`.
    /// - Returns: what has to be waited for; nil when all answers are there.
    @discardableResult
    static func runAll(
        _ passes: [BatchPass],
        _ connection: PooledConnection,
        parameters: [TableValue],
        known: [BatchMemo] = [],
        mayHold: Bool = false,
        isOneOfMany: Bool = false,
        bindFurther: Binding? = nil
    ) throws -> HeldAsk? {
        guard !passes.isEmpty else { return nil }
        let run = try BatchRun(
            passes,
            connection,
            parameters: parameters,
            known: known,
            isOneOfMany: isOneOfMany,
            bindFurther: bindFurther,
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
final class HeldAsk {
    private let memos: [BatchMemo]
    private let slot: Int
    private var asked: [BatchAnswer]
    private var warnings: [TableWarning] = []

    fileprivate init(_ memos: [BatchMemo], slot: Int, _ asked: [BatchAnswer]) {
        self.memos = memos
        self.slot = slot
        self.asked = asked
    }

    deinit { abandon() }

    /// How it goes on.
    enum Progress {
        case waiting(PendingAnswer)
        /// What is known when all answers have come, and what was said beside them.
        case known(memos: [BatchMemo], warnings: [TableWarning])
    }

    /// Takes the answers that have come.
    func advance() throws -> Progress {
        while let first = asked.first {
            guard let (answers, said) = try first.taken() else {
                if case .pending(let pending) = first { return .waiting(pending) }
                break
            }
            asked.removeFirst()
            warnings += said
            try memos[slot].fill(answers)
        }
        return .known(memos: memos, warnings: warnings)
    }

    /// Nobody wants the answers any more.
    func abandon() { asked.abandon() }
}

/// Rows for streamed calls: the visible columns, then the arguments of all calls.
protocol StreamInput: AnyObject {
    /// True behind the last row, once that is known.
    var isFinished: Bool { get }

    /// The next rows, or nil behind the last one. Never an empty batch.
    ///
    /// - Throws: `RowsAwaited` while there are none yet; called again later it goes on.
    func next(rowsMax: Int) throws -> RowBatch?
}

extension SQLiteBatchReader: StreamInput {}

/// Reads a query whose select list holds streamed calls: chunks of rows with the answers in place.
final class StreamedRows {
    /// Nil once nothing is read any more.
    private var reader: (any StreamInput)?
    /// The visible ones.
    private let columns: [ResultColumn]
    private let streams: [StreamedCall]
    private let cancellation: CancellationFlag
    /// Rows that were asked about, and those that may still be.
    private var askedRows = 0
    private var rowsLeft: UInt64
    /// What calls had to say beside their answers, since the last chunk.
    private(set) var warnings: [TableWarning] = []
    /// Rows whose calls are under way, in order.
    private var asked: [(raw: RowBatch, answers: [BatchAnswer])] = []
    /// Chunks that are under way at once.
    private let chunksAhead: Int

    /// What comes next.
    enum Chunk {
        /// Rows with the visible columns only.
        case rows(RowBatch)
        case end
        /// The next rows wait for the answers of a call.
        case waiting(PendingAnswer)
    }

    /// - Parameters:
    ///   - columns: the visible ones.
    ///   - rowsMax: rows that are wanted at most.
    init(
        _ reader: any StreamInput,
        _ columns: [ResultColumn],
        _ streams: [StreamedCall],
        rowsMax: UInt64 = .max,
        _ cancellation: CancellationFlag
    ) {
        self.reader = reader
        self.columns = columns
        self.streams = streams
        rowsLeft = rowsMax
        self.cancellation = cancellation
        chunksAhead = streams.map(\.call.chunksAhead).min() ?? 1
    }

    /// - Parameter rowsMax: rows that are wanted at most.
    convenience init(
        _ statement: SQLiteStatement,
        _ plan: TranslatedQuery,
        rowsMax: UInt64,
        _ cancellation: CancellationFlag
    ) {
        let fields = (plan.columns + plan.streams.flatMap(\.arguments)).map(\.field)
        self.init(
            SQLiteBatchReader(statement, fields: fields),
            plan.columns,
            plan.streams,
            rowsMax: rowsMax,
            cancellation
        )
    }

    /// The next rows. All calls of a chunk are under way at once, and those of the chunks behind it
    /// as far as the calls like.
    func next(rowsMax: Int) throws -> Chunk {
        while asked.count < chunksAhead, !hasReadAll {
            do {
                try ask(rowsMax: rowsMax)
            } catch let awaited as RowsAwaited {
                // Answers that are under way are waited for first.
                guard !asked.isEmpty else { throw awaited }
                break
            }
        }
        guard let (raw, answers) = asked.first else { return .end }
        var visible = Array(raw.columns[..<columns.count])
        var said: [TableWarning] = []
        for (stream, answer) in zip(streams, answers) {
            guard let (found, more) = try answer.taken() else {
                if case .pending(let pending) = answer { return .waiting(pending) }
                continue
            }
            visible[stream.column] = found
            visible[stream.column].name = columns[stream.column].name
            said += more
        }
        warnings = said
        asked.removeFirst()
        return .rows(RowBatch(columns: visible, rowCount: raw.rowCount))
    }

    private func ask(rowsMax: Int) throws {
        let most = streams.reduce(rowsMax) { min($0, $1.call.rowsMax) }
        guard let raw = try reader?.next(rowsMax: min(most, Int(clamping: rowsLeft))) else {
            for stream in streams { stream.call.endAsking() }
            return
        }
        rowsLeft -= UInt64(raw.rowCount)
        let place = BatchPlace(
            firstRow: askedRows,
            expectsMore: !hasReadAll
        )
        let answers = try streams.map { stream in
            let first = columns.count + stream.firstArgument
            let arguments = raw.columns[first..<first + stream.arguments.count]
            let batch = RowBatch(columns: Array(arguments), rowCount: raw.rowCount)
            return try stream.call.ask(batch, at: place, cancellation: cancellation)
        }
        asked.append((raw, answers))
        askedRows += raw.rowCount
    }

    /// Rows, and bytes of theirs, that are written in microseconds.
    private static let fewRows = 8
    private static let fewBytes = 64 << 10

    /// No further row will be asked about.
    var hasReadAll: Bool { rowsLeft == 0 || reader?.isFinished ?? true }

    /// Lets go of what rows are read from, behind the last one.
    func endReading() {
        assert(hasReadAll, "rows would be lost")
        reader = nil
    }

    /// A few rows are left, and their answers are there.
    var endsSoon: Bool {
        guard asked.count == 1, hasReadAll,
            asked[0].raw.rowCount <= Self.fewRows
        else { return false }
        let (raw, answers) = asked[0]
        let given = raw.columns.reduce(0) { $0 + $1.textBytes }
        let answered = answers.map(\.textBytes)
        guard answered.allSatisfy({ $0 != nil }) else { return false }
        return given + answered.reduce(0) { $0 + ($1 ?? 0) } <= Self.fewBytes
    }

    /// Nobody wants the rows any more.
    func close() {
        for chunk in asked {
            var answers = chunk.answers
            answers.abandon()
        }
        asked = []
    }
}

extension BatchAnswer {
    /// Bytes of the answers' texts; nil while they are not there.
    fileprivate var textBytes: Int? {
        switch self {
        case .column(let column): column.textBytes
        case .pending(let pending): pending.textBytes
        }
    }

    /// The answers and what was said beside them; nil while they are not there.
    ///
    /// - Throws: why there are none.
    fileprivate func taken() throws -> (column: Column, warnings: [TableWarning])? {
        switch self {
        case .column(let column): (column, [])
        case .pending(let pending): try pending.taken()
        }
    }
}

extension [BatchAnswer] {
    /// Tells whoever works on them that nobody wants them.
    fileprivate mutating func abandon() {
        for case .pending(let pending) in self { pending.abandon() }
        self = []
    }
}
