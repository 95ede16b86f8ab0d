import BorealBase
import BorealSQL
import Testing

@testable import BorealTables

@Suite struct OptimizerHintTests {
    private let tables: TableHarness

    init() throws { tables = try TableHarness() }

    /// What MySQL 8.4 answers to SHOW WARNINGS.
    private static let warnings: [(sql: String, expected: String)] = [
        ("SELECT /*+ MAX_EXECUTION_TIME(0) */ 1 AS n", ""),
        ("SELECT /*+ MAX_EXECUTION_TIME(1000) */ 1 AS n", ""),
        ("SELECT /*+MAX_EXECUTION_TIME(01000)*/ 1 AS n", ""),
        ("SELECT /*+ MAX_EXECUTION_TIME(-1) */ 1 AS n", "1064 hint '-1) */ 1 AS n'"),
        ("SELECT /*+ MAX_EXECUTION_TIME(+1) */ 1 AS n", "1064 hint '+1) */ 1 AS n'"),
        ("SELECT /*+ MAX_EXECUTION_TIME(1.5) */ 1 AS n", "1064 hint '1.5) */ 1 AS n'"),
        ("SELECT /*+ MAX_EXECUTION_TIME('1') */ 1 AS n", "1064 hint ''1') */ 1 AS n'"),
        ("SELECT /*+ MAX_EXECUTION_TIME(NULL) */ 1 AS n", "1064 hint 'NULL) */ 1 AS n'"),
        ("SELECT /*+ MAX_EXECUTION_TIME() */ 1 AS n", "1064 hint ') */ 1 AS n'"),
        ("SELECT /*+ MAX_EXECUTION_TIME(1,2) */ 1 AS n", "1064 hint ',2) */ 1 AS n'"),
        ("SELECT /*+ MAX_EXECUTION_TIME(4294967295) */ 1 AS n", ""),
        ("SELECT /*+ MAX_EXECUTION_TIME(4294967296) */ 1 AS n", "1064 time ') */ 1 AS n'"),
        (
            "SELECT /*+ MAX_EXECUTION_TIME(0) MAX_EXECUTION_TIME(2) */ 1 AS n",
            "3126 Hint MAX_EXECUTION_TIME(2) is ignored as conflicting/duplicated"
        ),
        (
            "SELECT /*+ MAX_EXECUTION_TIME(1.5) MAX_EXECUTION_TIME(2) */ 1 AS n",
            "1064 hint '1.5) MAX_EXECUTION_TIME(2) */ 1 AS n'"
        ),
        ("SELECT (SELECT /*+ MAX_EXECUTION_TIME(1) */ 1) AS n", "3125 *"),
        ("SELECT 1 /*+ MAX_EXECUTION_TIME(1) */ AS n", ""),
        ("SELECT /* a */ /*+ BOGUS */ 1 AS n", ""),
        ("SELECT 1 UNION SELECT /*+ MAX_EXECUTION_TIME(1) */ 2", "3125 *"),
        ("(SELECT /*+ MAX_EXECUTION_TIME(1000) */ 1) UNION SELECT 2", ""),
        ("EXPLAIN SELECT /*+ MAX_EXECUTION_TIME(1000) */ 1", ""),
        ("UPDATE /*+ MAX_EXECUTION_TIME(1) */ t SET n = n", "3125 *"),
        ("DELETE /*+ MAX_EXECUTION_TIME(1) */ FROM t", "3125 *"),
        ("INSERT /*+ MAX_EXECUTION_TIME(1) */ INTO t VALUES (1)", "3125 *"),
        ("INSERT INTO t SELECT /*+ MAX_EXECUTION_TIME(1) */ 1", "3125 *"),
        ("REPLACE /*+ BOGUS */ INTO t VALUES (1)", "1064 hint 'BOGUS */ INTO t VALUES (1)'"),
        ("SELECT /*+ BKA */ 1", "1064 hint '*/'"),
        ("SELECT /*+ BKA(t) BOGUS */ 1 AS n", "1064 hint 'BOGUS */ 1 AS n'"),
        ("SELECT /*+ 'x */ 1 AS n", "1064 hint ''x */ 1 AS n'"),
        ("SELECT /*+ */ 1", ""), ("SELECT /*+ JOIN_ORDER(@q `t`, u@q) NO_ICP(t k) */ 1", ""),
        ("SELECT /*+ QB_NAME(q) SET_VAR(sort_buffer_size = 16M) */ 1", ""),
        ("SELECT /*+ SEMIJOIN(FIRSTMATCH, LOOSESCAN) RESOURCE_GROUP(g) */ 1", ""),
        ("SELECT /*+ SET_VAR(a) */ 1", "1064 hint ') */ 1'"),
    ]

    @Test("a hint that is none is a warning in MySQL's words, and no error", arguments: warnings)
    func warns(sql: String, expected: String) throws {
        try tables.run("CREATE TABLE t (n INT)")
        // A plan that is kept must not lose them.
        for _ in 0..<2 {
            try tables.run(sql)
            let shown = try tables.run("SHOW WARNINGS").filter { $0[0] == "Warning" }.map { row in
                "\(row[1] ?? "") \(row[2] ?? "")"
                    .replacing("Optimizer hint syntax error near", with: "hint")
                    .replacing("Unsupported MAX_EXECUTION_TIME near", with: "time")
                    .replacing(" at line 1", with: "")
            }
            if expected.hasSuffix("*") {
                #expect(shown.count == 1 && shown[0].hasPrefix(expected.dropLast()), "\(shown)")
            } else {
                #expect(shown == (expected.isEmpty ? [] : [expected]))
            }
        }
    }

    @Test("the hint's time holds for its statement alone, in place of the variable's")
    func time() throws {
        let endless =
            "SELECT /*+ MAX_EXECUTION_TIME(20) */ COUNT(*) FROM "
            + "(WITH RECURSIVE r AS (SELECT 1 n UNION ALL SELECT n + 1 FROM r) SELECT * FROM r) d"
        try tables.run("SET cte_max_recursion_depth = 4294967295")
        #expect(tables.outcome(endless) == "!3024")
        let short = endless.replacing("(20)", with: "(0)")
        try tables.run("SET max_execution_time = 20")
        #expect(tables.outcome(short) == "!3024")
        try tables.run("SET max_execution_time = 1")
        let slow =
            "WITH RECURSIVE r AS (SELECT 1 n UNION ALL SELECT n + 1 FROM r WHERE n < 200000) "
            + "SELECT /*+ MAX_EXECUTION_TIME(60000) */ COUNT(*) FROM r"
        #expect(tables.outcome(slow) == "200000")
        #expect(tables.outcome(slow.replacing("60000", with: "0")) == "!3024")
    }

    @Test("comments full of hints cost no more than their text")
    func hostile() throws {
        let many = String(repeating: "MAX_EXECUTION_TIME(1) ", count: 100_000)
        try tables.run("SELECT /*+ \(many)*/ 1")
        #expect(tables.session.warnings.count == TableLimits.warningsMax)
        let blocks = String(repeating: "UNION ALL SELECT /*+ BOGUS */ 1 ", count: 100)
        try tables.run("SELECT 1 \(blocks)")
        #expect(tables.session.warnings.count == SyntaxLimits.hintCommentsMax)
        let deep = String(repeating: "(", count: 100_000)
        try tables.run("SELECT /*+ BKA\(deep) */ 1")
        #expect(tables.session.warnings.count == 1)
    }
}
