import BorealBase
import BorealWire

/// `SELECT ... INTO @a, @b`: the values of the only row.
///
/// One thread at a time steps it.
final class IntoVariablesRun: TableStatement, @unchecked Sendable {
    var columns: [ResultColumn] { [] }
    private let session: TableSession
    private let query: QueryRun
    /// One for each column of the query.
    private let names: [String]
    private var result: StatementSummary?

    init(_ session: TableSession, _ query: QueryRun, _ names: [String]) {
        self.session = session
        self.query = query
        self.names = names
    }

    func step(
        into writer: inout RowWriter,
        buffer: inout ByteBuffer,
        budgetBytes: Int
    ) throws -> StepOutcome {
        if let result { return .finished(result) }
        switch try query.gather(atMost: 2) {
        case .more: return .more
        case .waiting(let ticket): return .waiting(ticket)
        case .values(let rows):
            let summary = try store(rows)
            result = summary
            return .finished(summary)
        }
    }

    /// - Throws: 1172 for more rows than one, what stands against a value's size.
    private func store(_ rows: [[TableValue]]) throws -> StatementSummary {
        guard rows.count <= 1 else { throw TableError.query(.intoSeveralRows) }
        // The variables stay as they are, and the client hears of it.
        if rows.isEmpty { session.warn(TableWarning(.warning, .query(.intoNoRows))) }
        for row in rows {
            for (index, name) in names.enumerated() {
                let type = VariableType.type(VariableType.tag(query.columns[index].type))
                let (key, value) = (name.asciiLowercased, row[index].stored)
                try session.userVariables.checkRoom(for: key, value)
                session.userVariables[key] = (value, type)
            }
        }
        var summary = StatementSummary()
        summary.affectedRows = UInt64(rows.count)
        summary.warningCount = session.warnings.count
        return summary
    }

    func nextBatch(rowsMax: Int) throws -> RowBatch? { nil }

    func close() { query.close() }
}
