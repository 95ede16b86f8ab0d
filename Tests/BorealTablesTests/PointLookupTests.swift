import BorealBase
import BorealSQL
import Testing

@testable import BorealTables

/// Which prepared queries may run where nothing may take long.
@Suite struct PointLookupTests {
    private static let queries: [(String, [TableValue], Bool)] = [
        ("SELECT b FROM t WHERE a = ?", [.integer(1)], true),
        ("SELECT * FROM t AS x WHERE ? = x.a", [.integer(1)], true),
        (
            "SELECT b FROM t WHERE a = ? AND b = 'x' ORDER BY b LIMIT ?",
            [.integer(1), .integer(1)], true
        ),
        ("SELECT b FROM t WHERE c = ? AND d = ?", [.text("k"), .integer(1)], true),
        ("SELECT b FROM t WHERE a = ?", [.unsigned(1)], true),
        ("SELECT b FROM t WHERE b = ?", [.text("x")], false),
        ("SELECT b FROM t WHERE c = ?", [.text("k")], false),
        ("SELECT b FROM t WHERE a > ?", [.integer(1)], false),
        ("SELECT b FROM t WHERE a = ? OR a = 2", [.integer(1)], false),
        ("SELECT b FROM t WHERE a = ? AND b LIKE 'x'", [.integer(1)], false),
        ("SELECT COUNT(*) FROM t WHERE a = ?", [.integer(1)], false),
        ("SELECT b + 1 FROM t WHERE a = ?", [.integer(1)], false),
        ("SELECT b FROM t WHERE a = ? FOR UPDATE", [.integer(1)], false),
        (
            "SELECT x.b FROM t AS x, t AS y WHERE x.a = ? AND y.a = ?", [.integer(1), .integer(1)],
            false
        ),
        ("SELECT b FROM t WHERE a = ? UNION SELECT b FROM t", [.integer(1)], false),
        ("SELECT b FROM v WHERE a = ?", [.integer(1)], false),
        ("SELECT b FROM t WHERE a = (SELECT ?)", [.integer(1)], false),
        ("SELECT ?", [.integer(1)], false),
    ]

    @Test("a row found by a unique key, and nothing else", arguments: queries)
    func lookups(sql: String, values: [TableValue], expected: Bool) throws {
        let tables = try TableHarness()
        try tables.run(
            "CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(9), c VARCHAR(9), d INT, UNIQUE (c, d))"
        )
        try tables.run("CREATE VIEW v AS SELECT a, b FROM t")
        try tables.run("INSERT INTO t VALUES (1, 'x', 'k', 1), (2, 'x', 'k', 2)")
        guard case .ordinary(let tree) = try StatementParser.parse(sql).kind else { return }
        let handle = PlanHandle()
        func isShort(_ values: [TableValue]) -> Bool {
            let run = tables.session.shortStatement(
                handle,
                values,
                cancellation: CancellationFlag()
            )
            run?.close()
            return run != nil
        }
        #expect(!isShort(values))
        let run = try tables.session.prepare(
            tree,
            text: Array(sql.utf8),
            parameters: values,
            handle: handle,
            cancellation: CancellationFlag()
        )
        run.close()
        #expect(isShort(values) == expected)
        #expect(handle.wasShort == expected)
        #expect(!isShort(values + [.null]))
        try tables.run("CREATE TABLE other (a INT)")
        #expect(!isShort(values), "definitions changed")
    }

    @Test("a value that LIMIT refuses is no matter of microseconds")
    func refusedLimit() throws {
        let tables = try TableHarness()
        try tables.run("CREATE TABLE t (a INT PRIMARY KEY)")
        let sql = "SELECT a FROM t WHERE a = ? LIMIT ?"
        guard case .ordinary(let tree) = try StatementParser.parse(sql).kind else { return }
        let handle = PlanHandle()
        try tables.session.prepare(
            tree,
            text: Array(sql.utf8),
            parameters: [.integer(1), .integer(1)],
            handle: handle,
            cancellation: CancellationFlag()
        ).close()
        for (limit, isShort) in [(Int64(0), true), (1, true), (-1, false)] {
            let run = tables.session.shortStatement(
                handle,
                [.integer(1), .integer(limit)],
                cancellation: CancellationFlag()
            )
            #expect((run != nil) == isShort)
            run?.close()
        }
    }

    private static let texts: [(String, String, Int)] = [
        ("SELECT b FROM t WHERE a = 17", "SELECT b FROM t WHERE a = ?", 1),
        ("SELECT * FROM t WHERE a=1 AND b = 2", "SELECT * FROM t WHERE a=? AND b = ?", 2),
        ("SELECT b FROM t WHERE a = 1 LIMIT 3", "SELECT b FROM t WHERE a = ? LIMIT 3", 1),
        ("SELECT b FROM t WHERE a = '1'", "", 0), ("SELECT b FROM t WHERE a = -1", "", 0),
        ("SELECT b FROM t WHERE a = 1 OR a = 2", "", 0), ("SELECT b FROM t", "", 0),
        ("SELECT b + 1 FROM t WHERE a = 1", "", 0), ("SELECT b FROM t WHERE a > 1", "", 0),
        ("SELECT b FROM t WHERE a = 99999999999999999999", "", 0),
        ("SELECT b FROM t WHERE a = 1 FOR UPDATE", "", 0),
    ]

    @Test("numbers are taken out of lookups in text form", arguments: texts)
    func lookupTexts(sql: String, key: String, count: Int) throws {
        let query = try StatementParser.parseQuery(sql)
        let lookup = BoundLookup(query, text: Array(sql.utf8))
        #expect(lookup.map { String(decoding: $0.key, as: UTF8.self) } ?? "" == key)
        #expect(lookup?.values.count ?? 0 == count)
    }

    @Test("lookups in text form share a plan and answer their own rows")
    func sharedPlans() throws {
        let tables = try TableHarness()
        try tables.run("CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(9), c DECIMAL(5,2))")
        try tables.run("INSERT INTO t VALUES (1, 'x', 1.5), (2, '7', 2), (3, NULL, 3)")
        for (a, row) in [(1, "x,1.50"), (2, "7,2.00"), (3, "NULL,3.00"), (4, "")] {
            #expect(tables.outcome("SELECT b, c FROM t WHERE a = \(a)") == row)
        }
        #expect(tables.session.lookups.count == 1)
        #expect(tables.outcome("SELECT a FROM t WHERE b = 7") == "2")
        #expect(tables.outcome("SELECT a FROM t WHERE c = 2") == "2")
        try tables.run("ALTER TABLE t DROP COLUMN c")
        #expect(tables.outcome("SELECT b, c FROM t WHERE a = 1") == "!1054")
        for number in 0..<200 { _ = tables.outcome("SELECT b AS n\(number) FROM t WHERE a = 1") }
        #expect(tables.session.lookups.count <= TableLimits.lookupsMax)
    }
}
