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
        #expect(!tables.session.isShort(handle, values))
        let run = try tables.session.prepare(
            tree,
            text: Array(sql.utf8),
            parameters: values,
            handle: handle,
            cancellation: CancellationFlag()
        )
        #expect(tables.session.isShort(handle, values) == expected)
        #expect(!tables.session.isShort(handle, values + [.null]))
        run.close()
        try tables.run("CREATE TABLE other (a INT)")
        #expect(!tables.session.isShort(handle, values), "definitions changed")
    }
}
