import BorealBase
import BorealSQL
import BorealSQLite
import BorealWire

/// `INSERT ... RETURNING`, which clients of MariaDB send: the change, then the rows it stored.
///
/// One thread at a time steps it.
final class ReturningRun: TableStatement, @unchecked Sendable {
    private let session: TableSession
    private let insert: InsertRun
    private let list: ReturningList
    private var rows: StaticRows?

    init(_ session: TableSession, _ node: Insert, _ input: StatementInput) throws {
        self.session = session
        list = try ReturningList(session, node, input)
        insert = InsertRun(session, node, input, returning: list)
    }

    var columns: [ResultColumn] { list.columns }

    func step(
        into writer: inout RowWriter,
        buffer: inout ByteBuffer,
        budgetBytes: Int
    ) throws -> StepOutcome {
        if rows == nil {
            let outcome = try insert.step(into: &writer, buffer: &buffer, budgetBytes: budgetBytes)
            guard case .finished(let summary) = outcome else { return outcome }
            rows = StaticRows(columns, insert.returned, warningCount: summary.warningCount)
        }
        guard let rows else { return .more }
        return try rows.step(into: &writer, buffer: &buffer, budgetBytes: budgetBytes)
    }

    func nextBatch(rowsMax: Int) throws -> RowBatch? { nil }

    func close() { insert.close() }
}

/// The list of a RETURNING clause: a query of the table, one row of it at a time.
struct ReturningList: Sendable {
    let columns: [ResultColumn]
    private let sql: String
    private let parameters: [TableValue]

    init(_ session: TableSession, _ node: Insert, _ input: StatementInput) throws {
        let context = session.translationContext(input.parameters)
        let translator = Translator(context, text: input.text)
        // A rowid is a stored table's: views have none.
        _ = try translator.baseTable(node.table)
        let block = QueryBlock(
            items: node.returning,
            from: [.table(NamedTable(name: node.table))]
        )
        let plan = try translator.translate(Query(body: .select(block)), streams: false)
        guard plan.passes.isEmpty, plan.streams.isEmpty else {
            throw TableError.notSupported("a batched function in RETURNING")
        }
        columns = plan.columns
        parameters = input.parameters
        sql = plan.sql + " WHERE _rowid_ = ?\(input.parameters.count + 1)"
    }

    /// The list for each of the rows, in the transaction that stored them.
    func values(_ rowIDs: [Int64], _ connection: PooledConnection) throws -> [[TableValue]] {
        let statement = try connection.sqlite.statement(sql)
        defer { connection.sqlite.giveBack(statement) }
        var rows: [[TableValue]] = []
        var bytes = 0
        for rowID in rowIDs {
            try TableSession.bind(statement, parameters)
            try statement.bind(parameters.count + 1, .integer(rowID))
            if try statement.step() {
                let row = columns.indices.map {
                    TableValue(statement.value($0), type: columns[$0].type)
                }
                bytes += row.reduce(64) { $0 + $1.bytesHeld }
                rows.append(row)
            }
            statement.reset()
            guard bytes < TableLimits.changeBytesMax else {
                throw TableError.memoryLimit(TableLimits.changeBytesMax)
            }
        }
        return rows
    }
}
