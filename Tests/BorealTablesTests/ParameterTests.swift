import BorealBase
import BorealSQL
import Testing

@testable import BorealTables

/// Values bound to `?`, and the plans of prepared statements.
@Suite struct ParameterTests {
    private static let day = TableValue.temporal("2024-02-28", .date)
    private static let moment = TableValue.temporal("2024-02-28 01:02:03.500000", .dateTime)

    private static let values: [(String, [TableValue], String)] = [
        ("SELECT ? + 1", [.integer(2)], "3"), ("SELECT ? + 1", [.text("2")], "3"),
        ("SELECT ? + 1", [.null], "NULL"), ("SELECT ? / 3", [.integer(1)], "0.3333"),
        ("SELECT ? * 2", [.decimal("1.50")], "3.00"), ("SELECT ? * 2", [.real(1.5)], "3"),
        ("SELECT ? + 0", [.unsigned(.max)], "18446744073709551615"),
        ("SELECT HEX(?)", [.bytes([255, 0])], "FF00"), ("SELECT ? = 'A'", [.text("a")], "1"),
        ("SELECT ? = 'A'", [.bytes([0x61])], "0"),
        ("SELECT ? + INTERVAL 2 DAY", [day], "2024-03-01"),
        ("SELECT YEAR(?), SECOND(?)", [day, moment], "2024,3"),
        ("SELECT ?", [moment], "2024-02-28 01:02:03.500000"),
        ("SELECT ? < ?", [day, moment], "1"),
        ("SELECT HOUR(?)", [.temporal("-37:05:06", .time)], "37"),
        ("SELECT a FROM t ORDER BY a LIMIT ?", [.integer(2)], "1;2"),
        ("SELECT a FROM t ORDER BY a LIMIT ?", [.unsigned(1)], "1"),
        ("SELECT a FROM t ORDER BY a LIMIT ?", [.unsigned(.max)], "1;2;3"),
        ("SELECT a FROM t ORDER BY a LIMIT ?", [.text("2")], "1;2"),
        ("SELECT a FROM t ORDER BY a LIMIT ?", [.real(1.7)], "1;2"),
        ("SELECT a FROM t ORDER BY a LIMIT ?", [.null], ""),
        ("SELECT a FROM t ORDER BY a LIMIT ?, ?", [.integer(1), .integer(1)], "2"),
        ("SELECT a FROM t WHERE a IN (?, ?) ORDER BY a", [.integer(3), .text("1")], "1;3"),
    ]

    @Test("a bound value is what a literal of its type would be", arguments: values)
    func bound(sql: String, values: [TableValue], expected: String) throws {
        let tables = try TableHarness()
        try tables.run("CREATE TABLE t (a INT)")
        try tables.run("INSERT INTO t VALUES (1), (2), (3)")
        #expect(TableHarness.show(try tables.run(sql, values)) == expected, "\(sql)")
    }

    @Test(
        "a negative LIMIT is refused, also by a plan made for another value",
        arguments: ["SELECT a FROM t LIMIT ?", "DELETE FROM t LIMIT ?"]
    )
    func negativeLimit(sql: String) throws {
        let tables = try TableHarness()
        try tables.run("CREATE TABLE t (a INT)")
        try tables.run("INSERT INTO t VALUES (1), (2), (3)")
        try tables.run(sql, [.integer(1)])
        #expect(throws: TableError.wrongArguments("EXECUTE")) {
            try tables.run(sql, [.integer(-1)])
        }
        #expect(throws: TableError.wrongArguments("EXECUTE")) { try tables.run(sql, [.text("-5")]) }
    }

    /// Runs one statement again and again as a prepared one does.
    private func execute(
        _ sql: String,
        _ values: [TableValue],
        _ handle: PlanHandle,
        _ tables: TableHarness
    ) throws -> String {
        guard case .ordinary(let tree) = try StatementParser.parse(sql).kind else { return "" }
        let run = try tables.session.prepare(
            tree,
            text: Array(sql.utf8),
            parameters: values,
            handle: handle,
            cancellation: CancellationFlag()
        )
        return TableHarness.show(try TableHarness.finish(run).rows)
    }

    @Test("a kept plan follows what it depends on: types, definitions, variables, database")
    func keptPlan() throws {
        let tables = try TableHarness()
        try tables.run("CREATE TABLE t (a INT, b TIMESTAMP NULL)")
        try tables.run("SET time_zone = '+00:00'")
        try tables.run("INSERT INTO t VALUES (1, '2024-01-01 00:00:00')")
        let handle = PlanHandle()
        let all = "SELECT t.*, ? + 1 FROM t"
        #expect(try execute(all, [.integer(1)], handle, tables) == "1,2024-01-01 00:00:00,2")
        #expect(try execute(all, [.integer(2)], handle, tables) == "1,2024-01-01 00:00:00,3")
        #expect(try execute(all, [.decimal("0.5")], handle, tables) == "1,2024-01-01 00:00:00,1.5")
        try tables.run("SET time_zone = '+02:00'")
        #expect(try execute(all, [.integer(1)], handle, tables) == "1,2024-01-01 02:00:00,2")
        try tables.run("ALTER TABLE t ADD COLUMN c INT DEFAULT 7")
        #expect(try execute(all, [.integer(1)], handle, tables) == "1,2024-01-01 02:00:00,7,2")
        try tables.run("CREATE DATABASE e")
        try tables.run("CREATE TABLE e.t (z INT)")
        try tables.run("INSERT INTO e.t VALUES (5)")
        try tables.session.use("e")
        #expect(try execute(all, [.integer(1)], handle, tables) == "5,2")
        try tables.run("SET @v = 1")
        let variable = "SELECT @v + ?"
        let other = PlanHandle()
        #expect(try execute(variable, [.integer(1)], other, tables) == "2")
        try tables.run("SET @v = 'x'")
        #expect(try execute(variable, [.integer(1)], other, tables) == "1")
        try tables.run("DROP TABLE t")
        #expect(throws: TableError.noSuchTable(database: "e", table: "t")) {
            try execute(all, [.integer(1)], handle, tables)
        }
    }

    @Test("SET GLOBAL reaches sessions that kept the old value")
    func globals() throws {
        let tables = try TableHarness()
        #expect(tables.session.settings.weekMode == 0)
        try tables.run("SET GLOBAL default_week_format = 3")
        #expect(tables.session.settings.weekMode == 3)
        try tables.run("SET sql_select_limit = 1")
        #expect(try tables.run("SELECT 1 UNION SELECT 2").count == 1)
        tables.session.reset()
        #expect(try tables.run("SELECT 1 UNION SELECT 2").count == 2)
    }
}
