public import BorealBase
public import BorealSQL
import BorealSQLite
public import BorealWire

/// Rows of another server for calls of batched functions: the visible columns, then one for each
/// argument that came with the rows.
public protocol ForeignRows: AnyObject {
    /// The next rows, or nil behind the last one. Never an empty batch.
    ///
    /// - Throws: `RowsAwaited` while there are none yet; called again later it goes on.
    func next(rowsMax: Int) throws -> RowBatch?

    /// Nobody wants more. More calls do nothing.
    func close()
}

/// Rows that are on their way, and what is granted when some have come.
public struct RowsAwaited: Error {
    let ticket: LockTicket

    /// - Parameter register: has its argument called once when there is something new.
    public init(_ register: (_ wake: @escaping @Sendable () -> Void) -> Void) {
        let ticket = LockTicket(
            deadlineMilliseconds: MonotonicClock.milliseconds + PendingAnswer.longest
        )
        self.ticket = ticket
        register { _ = ticket.grant() }
    }
}

/// A call of a batched function over rows of another server, bound to what it means.
public struct ForeignCall: Sendable {
    /// Where the values of an argument are.
    enum Argument: Sendable {
        /// In a column behind the visible ones; its name is for messages.
        case column(Int, name: String)
        /// The same text for each row.
        case text(String)
    }

    let call: any BatchCall
    /// The visible column that it fills.
    let column: Int
    /// Those behind the constants that the call has used up.
    let arguments: [Argument]
    let result: ResultColumn

    /// The most rows it is asked for at once.
    var rowsMax: Int {
        let bytes = arguments.reduce(0) { sum, argument in
            if case .text(let text) = argument { sum + text.utf8.count } else { sum }
        }
        return min(call.rowsMax, max(SQLiteBatchReader.batchBytesMax / max(bytes, 1), 1))
    }
}

/// SELECT lists over another server's rows that call batched functions.
extension TableSession {
    /// How many of the first arguments of a call are names.
    public func nameCount(of function: String, arguments count: Int) -> Int {
        store.batchFunction(function)?.nameCount(of: count) ?? 0
    }

    /// Binds a call.
    ///
    /// - Parameters:
    ///   - column: the visible column that it fills.
    ///   - types: of the columns behind the visible ones.
    /// - Throws: what is wrong with the call; `unknownFunction`.
    public func bind(
        _ call: CallSelect.Call,
        at column: Int,
        _ types: [ColumnType]
    ) throws -> ForeignCall {
        guard let function = store.batchFunction(call.function) else {
            throw TableError.unknownFunction(database: database, name: call.function)
        }
        let names = function.nameCount(of: call.arguments.count)
        let known = call.arguments.enumerated().map { index, argument in
            let constant = constant(argument.text, isName: index < names)
            let type = argument.column.map { types[$0] }
            return BatchArgument(
                constant: constant,
                type: type ?? .varchar(constant?.text?.unicodeScalars.count ?? 0)
            )
        }
        let systemVariable = translationContext([]).systemVariable
        let caller = BatchCaller(rights: rights) { name in
            // What cannot be told is as if it were not there.
            try? systemVariable(SystemVariable(name: name))
        }
        let bound = try function.bind(known, caller: caller)
        let arguments = zip(call.arguments, known).map { argument, known in
            argument.column.map { .column($0, name: String(argument.text.prefix(64))) }
                ?? ForeignCall.Argument.text(known.constant?.text ?? "")
        }
        let shown = function.hidesArguments ? "\(call.function.uppercased())(...)" : call.text
        return ForeignCall(
            call: bound,
            column: column,
            arguments: Array(arguments.dropFirst(bound.constantCount)),
            result: ResultColumn(call.alias.map(name) ?? shown, bound.type)
        )
    }

    /// The value of an argument that is a literal, or of a bare word that is a name; nil for all
    /// else, also for what only the other server can read.
    private func constant(_ text: String, isName: Bool) -> TableValue? {
        // What cannot be read here is no literal.
        guard let node = try? StatementParser.parseExpression(text, mode: parserMode) else {
            return nil
        }
        return (isName ? node.asName : node).constantValue
    }

    /// What an alias as it is written names a column.
    private func name(_ alias: String) -> String {
        // What cannot be read is shown as it is.
        guard
            let query = try? StatementParser.parseQuery("SELECT 1 AS \(alias)", mode: parserMode),
            case .select(let block) = query.body,
            case .expression(_, let name?)? = block.items.first?.kind
        else { return alias }
        return name.name
    }

    /// A statement whose rows are another server's with the answers of calls in place.
    ///
    /// - Parameter definitions: the visible columns as that server describes them.
    public func statement(
        over rows: any ForeignRows,
        _ definitions: [ColumnDefinition41],
        _ calls: [ForeignCall],
        cancellation: CancellationFlag
    ) -> any TableStatement {
        ForeignCallRun(self, rows, definitions, calls, cancellation)
    }
}

extension [ForeignCall] {
    /// Rows that are asked for at once.
    public var rowsMax: Int { reduce(TableLimits.streamRows) { Swift.min($0, $1.rowsMax) } }

    /// The columns of an answer, made from those of its rows.
    public func definitions(_ visible: [ColumnDefinition41]) -> [ColumnDefinition41] {
        var definitions = visible
        for call in self { definitions[call.column] = call.result.definition }
        return definitions
    }
}

/// Another server's rows laid out for streamed calls.
private final class ForeignInput: StreamInput {
    private let rows: any ForeignRows
    private let visibleCount: Int
    private let calls: [ForeignCall]
    private(set) var isFinished = false
    /// Rows that have come and not been given out.
    private var held: RowBatch?

    init(_ rows: any ForeignRows, _ visibleCount: Int, _ calls: [ForeignCall]) {
        self.rows = rows
        self.visibleCount = visibleCount
        self.calls = calls
    }

    /// What could be the last rows are held until that is known, because a call whose rows are all
    /// there need not wait for more.
    func next(rowsMax: Int) throws -> RowBatch? {
        if isFinished { return nil }
        if held == nil { held = try rows.next(rowsMax: rowsMax) }
        guard let batch = held else {
            isFinished = true
            return nil
        }
        var following: RowBatch?
        if batch.rowCount < rowsMax {
            following = try rows.next(rowsMax: rowsMax)
            isFinished = following == nil
        }
        held = following
        return laidOut(batch)
    }

    private func laidOut(_ batch: RowBatch) -> RowBatch {
        var columns = Array(batch.columns[..<visibleCount])
        for argument in calls.flatMap(\.arguments) {
            switch argument {
            case .column(let index, let name):
                var column = batch.columns[visibleCount + index]
                column.name = name
                columns.append(column)
            case .text(let text): columns.append(Self.column(of: text, batch.rowCount))
            }
        }
        return RowBatch(columns: columns, rowCount: batch.rowCount)
    }

    private static func column(of text: String, _ rowCount: Int) -> Column {
        var bytes = ByteColumn()
        for _ in 0..<rowCount { bytes.append(text) }
        return Column(
            name: "",
            type: .varchar(text.unicodeScalars.count),
            storage: .bytes(bytes),
            validity: Validity(allValid: rowCount)
        )
    }
}

/// A SELECT over another server's rows whose list calls batched functions: chunks of rows are
/// answered and written as they come.
///
/// One thread at a time steps it.
private final class ForeignCallRun: TableStatement, @unchecked Sendable {
    let columns: [ResultColumn]
    let definitions: [ColumnDefinition41]
    private let session: TableSession
    private let rows: any ForeignRows
    private let streamed: StreamedRows
    private let rowsMax: Int
    private let encoder: RowEncoder
    private let cancellation: CancellationFlag
    /// The chunk that is being written, and the next row in it.
    private var chunk: RowBatch?
    private var chunkRow = 0
    private var rowCount: UInt64 = 0
    private var isFinished = false

    init(
        _ session: TableSession,
        _ rows: any ForeignRows,
        _ visible: [ColumnDefinition41],
        _ calls: [ForeignCall],
        _ cancellation: CancellationFlag
    ) {
        self.session = session
        self.rows = rows
        self.cancellation = cancellation
        definitions = calls.definitions(visible)
        columns = definitions.map {
            ResultColumn($0.name, $0.columnType, isNullable: !$0.flags.contains(.notNull))
        }
        encoder = RowEncoder(definitions)
        rowsMax = calls.rowsMax
        var firstArgument = 0
        let streams = calls.map { call in
            defer { firstArgument += call.arguments.count }
            return StreamedCall(
                column: call.column,
                call: call.call,
                firstArgument: firstArgument,
                arguments: call.arguments.map { _ in ResultColumn("", .varchar()) }
            )
        }
        streamed = StreamedRows(
            ForeignInput(rows, visible.count, calls),
            columns,
            streams,
            cancellation
        )
    }

    deinit { close() }

    func step(
        into writer: inout RowWriter,
        buffer: inout ByteBuffer,
        budgetBytes: Int
    ) throws -> StepOutcome {
        let limit = buffer.count + budgetBytes
        while !isFinished {
            if let chunk, chunkRow < chunk.rowCount {
                encoder.write(chunk, row: chunkRow, into: &writer, &buffer)
                chunkRow += 1
                rowCount += 1
                if buffer.count >= limit { return .more }
                continue
            }
            if let ticket = try advance() { return .waiting(ticket) }
        }
        session.rowCount = -1
        session.foundRows = rowCount
        var summary = StatementSummary()
        summary.affectedRows = rowCount
        summary.warningCount = session.warnings.count
        return .finished(summary)
    }

    /// Takes the next chunk; what has to be waited for, if there is none yet.
    private func advance() throws -> LockTicket? {
        if cancellation.isCancelled { throw TableError.interrupted }
        chunk = nil
        chunkRow = 0
        do {
            switch try streamed.next(rowsMax: rowsMax) {
            case .rows(let next):
                chunk = next
                streamed.warnings.forEach(session.warn)
            case .end: close()
            case .waiting(let pending): return pending.ticket()
            }
        } catch let awaited as RowsAwaited {
            return awaited.ticket
        }
        return nil
    }

    var endsSoon: Bool { streamed.endsSoon }

    func nextBatch(rowsMax: Int) throws -> RowBatch? {
        throw TableError.notSupported("calls of functions of models over a source in this place")
    }

    func close() {
        guard !isFinished else { return }
        isFinished = true
        streamed.close()
        rows.close()
    }
}
