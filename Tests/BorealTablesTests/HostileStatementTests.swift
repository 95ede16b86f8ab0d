import BorealBase
import Foundation
import Testing

@testable import BorealTables

/// Statements that mean harm: they end in rows or one of MySQL's errors, and the session goes on.
@Suite struct HostileStatementTests {
    private let tables: TableHarness

    init() throws {
        tables = try TableHarness()
        try tables.run("CREATE TABLE t (a INT, b VARCHAR(20), c DECIMAL(10,2))")
        try tables.run("INSERT INTO t VALUES (1, 'x', 1.5)")
    }

    private static let nests: [(open: String, core: String, close: String)] = [
        ("(", "a", ")"), ("- ", "a", ""), ("NOT ", "a", ""), ("CONCAT(", "b", ")"),
        ("CASE WHEN a = 1 THEN ", "1", " END"), ("(SELECT ", "a", " FROM t)"),
        ("IF(a, ", "a", ", 0)"), ("c + (", "c", ")"), ("~", "a", ""), ("ABS(a - ", "a", ")"),
    ]

    /// The server's workers have deep stacks; the threads of a test have not.
    private func onDeepStack(_ body: @escaping () -> Void) {
        let done = DispatchSemaphore(value: 0)
        // This thread waits until the other is done with it.
        nonisolated(unsafe) let body = body
        let thread = Thread {
            body()
            done.signal()
        }
        thread.stackSize = 64 << 20
        thread.start()
        done.wait()
    }

    /// An answer, or MySQL's word that this is too much.
    private static func isFair(_ answer: String) -> Bool {
        !answer.hasPrefix("!") || answer == "!1235" || answer.contains("tooDeep")
    }

    @Test("depth of any kind is an answer or 1235", arguments: [5, 15, 40, 90, 150, 190, 2_000])
    func depth(levels: Int) {
        onDeepStack {
            for nest in Self.nests {
                let open = String(repeating: nest.open, count: levels)
                let close = String(repeating: nest.close, count: levels)
                let answer = tables.outcome("SELECT \(open)\(nest.core)\(close) FROM t")
                #expect(Self.isFair(answer), "\(levels) of '\(nest.open)': \(answer)")
            }
            let derived =
                String(repeating: "(SELECT * FROM ", count: levels) + "t"
                + String(repeating: ") x", count: levels)
            #expect(Self.isFair(tables.outcome("SELECT a FROM \(derived)")))
        }
    }

    @Test("long chains and lists are answered", arguments: [100, 900])
    func chains(count: Int) {
        onDeepStack {
            let or = (0..<count).map { "a = \($0)" }.joined(separator: " OR ")
            let and = (0..<count).map { "a <> \($0 + 2)" }.joined(separator: " AND ")
            let list = (1..<count * 11).map(String.init).joined(separator: ", ")
            let cases = [or, and, "a IN (\(list))", "b NOT IN ('y', \(list))"]
            for condition in cases {
                let answer = tables.outcome("SELECT COUNT(*) FROM t WHERE \(condition)")
                #expect(answer == "1", "\(condition.prefix(60))")
            }
        }
    }

    @Test("a list of several types is asked as MySQL compares each of its values")
    func mixedLists() throws {
        try tables.run("INSERT INTO t VALUES (2, '2', 0.10), (3, NULL, NULL)")
        let cases = [
            ("b IN ('x', 2)", "1;2"), ("b NOT IN ('y', 2)", "1"), ("b NOT IN ('y', NULL, 7)", ""),
            ("b IN (0)", "1"), ("b IN (NULL, '2')", "2"), ("a IN ('1x', 2.0, NULL)", "1;2"),
            ("c IN (1.5, '0.1')", "1;2"), ("c NOT IN ('1.50', 2e0)", "2"), ("NULL IN (1, 'a')", ""),
            ("a IN (b, c, '3')", "2;3"), ("b IN ('X', BINARY 'y')", ""),
            ("b IN ('X', 'y' COLLATE utf8mb4_bin)", ""), ("b IN ('X', 7)", "1"),
            ("b IN (BINARY 'X', 2)", "2"), ("(a, b) IN ((1, 'x'), ('2', 2))", "1;2"),
            ("(a, b) NOT IN ((1, 'x'), (3, 'z'))", "2"), ("a IN (NULL)", ""),
        ]
        for (condition, expected) in cases {
            let answer = tables.outcome("SELECT a FROM t WHERE \(condition) ORDER BY a")
            #expect(answer == expected, "\(condition)")
        }
    }

    @Test("a character NUL is text like any other in a string, and no part of a name")
    func nul() {
        let cases = [
            ("SELECT LENGTH('a\0b'), 'a\0b' = 'a'", "3,0"),
            ("SELECT b - 'x\0' FROM t", "0"),
            ("SELECT JSON_EXTRACT('{\"a\": 1}', '$.a\0')", "!3143"),
            ("SELECT '{\"a\": 1}' -> '$.b\0'", "!"),
            ("SELECT @v FROM t WHERE b = 'x\0'", ""),
        ]
        for (sql, expected) in cases {
            let answer = tables.outcome(sql)
            #expect(
                answer == expected || (expected.hasPrefix("!") && !answer.hasPrefix("!1105")),
                "\(sql)"
            )
        }
        #expect(tables.outcome("CREATE TABLE `a\0b` (a INT)").contains("unexpected"))
    }

    @Test("a recursion without end stops at its limit, at KILL and at max_execution_time")
    func endlessRecursion() throws {
        let endless =
            "WITH RECURSIVE r AS (SELECT 1 n UNION ALL SELECT 1 FROM r) SELECT COUNT(*) FROM r"
        try tables.run("SET max_execution_time = 50")
        try tables.run("SET cte_max_recursion_depth = 4294967295")
        let answer = tables.outcome(endless)
        #expect(["!3024", "!3636", "!1038"].contains(answer), "\(answer)")
        try tables.run("SET max_execution_time = 0")
        let flag = CancellationFlag()
        flag.cancel()
        let statement = try tables.prepare(endless, cancellation: flag)
        #expect(throws: TableError.interrupted) { try TableHarness.finish(statement) }
    }

    @Test("a join of more tables than there may be is 1116")
    func manyTables() {
        let list = (0..<70).map { "t t\($0)" }.joined(separator: ", ")
        #expect(tables.outcome("SELECT 1 FROM \(list)") == "!1116")
    }
}
