import BorealBase
import BorealSQL
import BorealTables
import Testing

@testable import BorealEngine

@Suite struct PreparedStatementTests {
    private func statement(_ sql: String, _ mode: SQLMode = []) throws -> PreparedStatement {
        let text = Array(sql.utf8)
        let parsed = try StatementParser.parse(text, options: ParserOptions(mode: mode))
        return PreparedStatement(text: text, parsed: parsed, database: nil, mode: mode)
    }

    private static let bound: [(String, [TableValue], String)] = [
        ("DROP TASK ?", [.text("a'b\\c")], "DROP TASK  'a''b\\\\c' "),
        ("KILL -?", [.integer(-1)], "KILL - -1 "), ("KILL ?", [.unsigned(7)], "KILL  7 "),
        ("SHOW TABLES WHERE ?=1 -- ?", [.null], "SHOW TABLES WHERE  NULL =1 -- ?"),
        ("SHOW TABLES WHERE '?'=?", [.real(1.5)], "SHOW TABLES WHERE '?'= 1.5e0 "),
        ("SHOW TABLES WHERE ?", [.bytes([0, 255])], "SHOW TABLES WHERE  X'00ff' "),
        ("SHOW TABLES WHERE ?", [.decimal("-1.50")], "SHOW TABLES WHERE  -1.50 "),
        (
            "SHOW TABLES WHERE /*!50000 ? */", [.real(1e300)],
            "SHOW TABLES WHERE /*!50000  1e+300  */"
        ),
        (
            "SHOW TABLES WHERE ?", [.temporal("2024-01-01", .date)],
            "SHOW TABLES WHERE  '2024-01-01' "
        ),
    ]

    @Test("values stand in the text as literals, one token each", arguments: bound)
    func boundText(sql: String, values: [TableValue], expected: String) throws {
        let bytes = try BoundText.text(of: statement(sql), values)
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
        #expect(try StatementParser.parse(bytes).placeholderCount == 0)
    }

    @Test("a backslash is a sign like others where the mode says so")
    func backslashes() throws {
        let prepared = try statement("DROP TASK ?", .noBackslashEscapes)
        let bytes = try BoundText.text(of: prepared, [.text("\\'")])
        #expect(String(decoding: bytes, as: UTF8.self) == "DROP TASK  '\\''' ")
    }

    @Test("too few values and too many are errors")
    func counts() throws {
        let prepared = try statement("KILL ?")
        for values in [[], [TableValue.null, .null]] {
            #expect(throws: ServerError.self) { try BoundText.text(of: prepared, values) }
        }
    }

    private static let refused: [(String, Bool)] = [
        ("USE d", true), ("START TRANSACTION", true), ("SAVEPOINT a", true), ("COMMIT", false),
        ("LOCK TABLES t READ", true), ("ROLLBACK", false), ("PREPARE s FROM 'x'", true),
        ("EXECUTE s", true), ("DEALLOCATE PREPARE s", true), ("SELECT 1", false),
        ("LOAD DATA LOCAL INFILE 'f' INTO TABLE t", true), ("CREATE TABLE t (a INT)", false),
        ("SHOW TABLES", false), ("KILL 1", false), ("SHOW MODELS", false), ("SET @a = ?", false),
    ]

    @Test("what the protocol does not prepare is what MySQL does not", arguments: refused)
    func refusal(sql: String, isRefused: Bool) throws {
        #expect(try statement(sql).parsed.isRefusedInPreparation == isRefused)
    }

    @Test("values are bound to the trees of ordinary changes and queries, put into other texts")
    func binding() throws {
        for sql in ["SELECT ?", "INSERT INTO t VALUES (?)", "DELETE FROM t LIMIT ?", "DO ?"] {
            #expect(try statement(sql).bindsTree)
        }
        for sql in ["SHOW TABLES WHERE ?", "KILL ?", "DROP TASK ?"] {
            #expect(try !statement(sql).bindsTree)
        }
    }

    @Test("all sessions together have as many statements as there may be")
    func totals() throws {
        let total = PreparedStatementCount()
        let first = PreparedStatementList(total)
        let second = PreparedStatementList(total)
        try first.keep(statement("DO 1"), id: 1, limit: 2)
        try second.keep(statement("DO 1"), name: "A", limit: 2)
        let error = #expect(throws: ServerError.self) {
            try second.keep(statement("DO 1"), id: 1, limit: 2)
        }
        #expect(error?.code == .preparedStatementsMax)
        #expect(second[name: "a"] != nil)
        let removed = [second.remove(name: "a"), second.remove(name: "a")]
        #expect(removed == [true, false])
        try second.keep(statement("DO 1"), id: 2, limit: 2)
        first.removeAll()
        #expect(first[id: 1] == nil)
        try second.keep(statement("DO 1"), id: 3, limit: 2)
    }

    @Test("the text that one session keeps is bounded")
    func bytes() throws {
        let list = PreparedStatementList(PreparedStatementCount())
        let long = try statement("DO '" + String(repeating: "x", count: 24 << 20) + "'")
        for id in 1...2 { try list.keep(long, id: UInt32(id), limit: 9) }
        let error = #expect(throws: ServerError.self) { try list.keep(long, id: 3, limit: 9) }
        #expect(error?.code == .memoryLimit)
        list.remove(id: 1)
        try list.keep(long, id: 3, limit: 9)
    }
}
