import BorealBase
import BorealSQL
import BorealTables

/// Narrows a small table by `LIKE` on its first column or by `WHERE` on any, with MySQL's own
/// rules: the rows go through the embedded SQL as a derived table.
struct TableFilter {
    private let session: ClientSession
    private let text: [UInt8]
    private let cancellation: CancellationFlag

    init(_ session: ClientSession, _ text: [UInt8], _ cancellation: CancellationFlag) {
        self.session = session
        self.text = text
        self.cancellation = cancellation
    }

    func apply(_ filter: ShowFilter, to table: FixedTable) throws(ServerError) -> FixedTable {
        let condition: String
        switch filter {
        case .like(let pattern):
            condition = "`\(table.columns[0].name)` LIKE \(Self.quoted(pattern))"
        case .condition(let expression):
            condition = String(decoding: text[expression.span.range], as: UTF8.self)
        }
        let rows = table.rows.enumerated().map { number, row in
            "SELECT \(number) AS `#`, "
                + zip(table.columns, row).map { "\(Self.literal($1)) AS `\($0.name)`" }
                .joined(separator: ", ")
        }
        var numbers: [Int] = []
        for start in stride(from: 0, to: rows.count, by: Self.rowsPerQuery) {
            let part = rows[start..<min(rows.count, start + Self.rowsPerQuery)]
            numbers += try kept(
                "SELECT `#` FROM (\(part.joined(separator: " UNION ALL "))) AS shown "
                    + "WHERE \(condition) ORDER BY `#`"
            )
        }
        return FixedTable(table.columns, numbers.map { table.rows[$0] })
    }

    /// SQLite takes at most 500 terms in a compound SELECT.
    private static let rowsPerQuery = 400

    /// Numbers of the rows that stay.
    private func kept(_ query: String) throws(ServerError) -> [Int] {
        let bytes = Array(query.utf8)
        var numbers: [Int] = []
        do {
            let tree = try StatementParser.parseQuery(query, mode: session.tables.parserMode)
            let run = try session.tables.prepare(
                .query(tree),
                text: bytes,
                cancellation: cancellation
            )
            defer { run.close() }
            while let batch = try run.nextBatch(rowsMax: Limits.batchRows) {
                for row in 0..<batch.rowCount {
                    if let number = NumberCell.number(batch.columns[0], row) {
                        numbers.append(Int(number))
                    }
                }
            }
        } catch let error as SyntaxError {
            throw ServerError(syntax: error, text: bytes)
        } catch {
            throw ServerError(table: error)
        }
        return numbers
    }

    private static func literal(_ cell: FixedTable.Cell) -> String {
        switch cell {
        case .null: "NULL"
        case .integer(let number): String(number)
        case .text(let text): quoted(text)
        }
    }

    /// As hexadecimal bytes of the connection's character set: no mode of the session can read it
    /// another way.
    private static func quoted(_ text: String) -> String {
        guard !text.isEmpty else { return "''" }
        let hex = text.utf8.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }
        return "_utf8mb4 X'\(hex.joined())'"
    }
}
