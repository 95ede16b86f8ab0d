import BorealBase
import BorealWire

/// COM_STMT_EXECUTE with a cursor: the statement runs to its end, its rows are kept, and the client
/// gets the columns.
///
/// As in MySQL, whose cursors are temporary tables: what happens to the tables between two fetches
/// does not change the rows.
final class CursorOpening: RunningStatement {
    private let inner: any RunningStatement
    private let statement: PreparedStatement
    private let rows: CursorRows
    private var own: Response?
    private var splitter: ResultSplitter?

    init(_ inner: any RunningStatement, _ statement: PreparedStatement, _ rows: CursorRows) {
        self.inner = inner
        self.statement = statement
        self.rows = rows
    }

    func step(_ response: inout Response, budgetBytes: Int) throws(ServerError) -> StepOutcome {
        let capabilities = response.writer.capabilities
        var own =
            self.own
            ?? Response(
                writer: RowWriter(
                    sequenceID: 0,
                    capabilities: capabilities,
                    format: .binary,
                    results: response.writer.results
                ),
                status: response.sessionStatus
            )
        var splitter = self.splitter ?? ResultSplitter(capabilities: capabilities)
        let outcome = try inner.step(&own, budgetBytes: budgetBytes)
        try own.output.withUnsafeBytes { bytes throws(ServerError) in
            try splitter.split(bytes) { part throws(ServerError) in
                switch part {
                case .head(let payload):
                    response.writer.copied(payload, into: &response.output)
                case .row(let payload): try rows.append(payload)
                }
            }
        }
        own.output.consume(own.output.count)
        response.sessionStatus = own.sessionStatus
        self.own = own
        self.splitter = splitter
        guard case .finished = outcome else { return outcome }
        guard splitter.columnCount > 0 else {
            response.writer.endCopied()
            return .finished
        }
        try rows.seal()
        statement.cursor = rows
        response.writer.endOfCursorHead(
            status: response.status,
            warnings: splitter.warnings,
            into: &response.output
        )
        return .finished
    }

    func abandon() { inner.abandon() }

    func receive(file bytes: [UInt8]?) throws(ServerError) { try inner.receive(file: bytes) }
}

/// COM_STMT_FETCH: the next rows of a cursor.
final class CursorFetch: RunningStatement {
    private let statement: PreparedStatement
    private let rows: CursorRows
    private var left: Int
    private var hasBegun = false

    init(_ statement: PreparedStatement, _ rows: CursorRows, count: UInt32) {
        self.statement = statement
        self.rows = rows
        left = Int(count)
    }

    func step(_ response: inout Response, budgetBytes: Int) throws(ServerError) -> StepOutcome {
        if !hasBegun { response.writer.beginFetch() }
        hasBegun = true
        let limit = response.output.count + budgetBytes
        while left > 0, rows.rowsLeft > 0 {
            try rows.next { response.writer.encodedRow($0, into: &response.output) }
            left -= 1
            if response.output.count >= limit { return .more }
        }
        // The end shows when a row is asked for that there is not, as in MySQL.
        let isOver = left > 0
        if isOver { statement.cursor = nil }
        response.writer.endResult(
            status: response.status.union(isOver ? .lastRowSent : .cursorExists),
            into: &response.output
        )
        return .finished
    }
}
