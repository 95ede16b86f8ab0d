import BorealBase
import BorealSQL
import Testing

@testable import BorealTables

/// GROUP BY by hashing against the same query in a shape that SQLite groups by sorting.
@Suite struct HashedGroupingTests {
    private let tables: TableHarness

    init() throws {
        tables = try TableHarness()
        try tables.run(
            "CREATE TABLE t (id INT PRIMARY KEY, k VARCHAR(20), g INT, x INT, y DOUBLE, "
                + "z DECIMAL(12,2), d DATE, h TIME)"
        )
        try tables.run(
            "INSERT INTO t VALUES (1,'a',1,10,0.5,1.10,'2020-01-02','10:00:00'),"
                + "(2,'A',1,20,1.5,2.20,'2019-01-02','-01:00:00'),"
                + "(3,'ä',2,NULL,NULL,NULL,NULL,NULL),"
                + "(4,'b',2,5,2.5,-3.30,'2021-01-01','00:00:01'),"
                + "(5,NULL,NULL,7,1e10,0.00,'2020-01-02','09:00:00'),"
                + "(6,'B ',1,1,0,9.99,NULL,NULL),"
                + "(7,NULL,2,3,4,5.55,'2018-01-01',NULL)"
        )
        try tables.run("SET sql_mode = 'STRICT_TRANS_TABLES'")
    }

    private func isHashed(_ sql: String) throws -> Bool {
        let text = Array(sql.utf8)
        let query = try StatementParser.parseQuery(sql)
        return try tables.session.plan(query, text: text, streams: true).hashing != nil
    }

    @Test("every plain aggregate answers what sorting answers")
    func agreement() throws {
        let lists = [
            "COUNT(*)", "COUNT(x), COUNT(k)", "SUM(x), AVG(x)", "SUM(y), AVG(y)",
            "SUM(z), AVG(z)", "MIN(x), MAX(x), MIN(y), MAX(y)", "MIN(z), MAX(z)",
            "MIN(d), MAX(d), MIN(h), MAX(h)", "SUM(x + 1) * 2 + COUNT(*)", "AVG(x) > 5",
        ]
        for list in lists {
            for key in ["g", "k", "k, g", "d"] {
                let hashed = "SELECT \(key), \(list) FROM t GROUP BY \(key)"
                #expect(try isHashed(hashed), "\(hashed)")
                // A DISTINCT aggregate in HAVING leaves the block to SQLite.
                let sorted = hashed + " HAVING COUNT(DISTINCT id) > 0"
                #expect(try !isHashed(sorted))
                let rows = try tables.run(hashed).map {
                    "\($0.dropFirst(key.contains(",") ? 2 : 1))"
                }
                let others = try tables.run(sorted).map {
                    "\($0.dropFirst(key.contains(",") ? 2 : 1))"
                }
                #expect(rows.sorted() == others.sorted(), "\(hashed)")
            }
        }
    }

    @Test("HAVING, ORDER BY, aliases and LIMIT work over the groups")
    func clauses() throws {
        let cases = [
            ("SELECT g, COUNT(*) n FROM t GROUP BY g ORDER BY n DESC, g", "1,3;2,3;NULL,1"),
            ("SELECT g FROM t GROUP BY g HAVING SUM(x) > 8 ORDER BY g", "1"),
            ("SELECT COUNT(*) FROM t WHERE x > 3 GROUP BY g ORDER BY MAX(x) DESC LIMIT 1", "2"),
            ("SELECT g + 1, SUM(x) s FROM t GROUP BY g HAVING s > 7 ORDER BY 2", "3,8;2,31"),
            (
                "SELECT t.g, MAX(u.x) FROM t JOIN t u ON t.id = u.id GROUP BY t.g ORDER BY 1",
                "NULL,7;1,20;2,5"
            ),
        ]
        for (sql, expected) in cases {
            #expect(tables.outcome(sql) == expected, "\(sql)")
            #expect(try isHashed(sql), "\(sql)")
        }
    }

    @Test("texts that the collation takes for one are one group")
    func collations() throws {
        #expect(tables.outcome("SELECT COUNT(*) FROM t GROUP BY k ORDER BY 1") == "1;1;2;3")
        try tables.run("CREATE TABLE c (k VARCHAR(9) COLLATE utf8mb4_general_ci)")
        try tables.run("INSERT INTO c VALUES ('x'),('X '),('x  '),('é'),('E'),('ß')")
        #expect(tables.outcome("SELECT COUNT(*) FROM c GROUP BY k ORDER BY 1") == "1;2;3")
        try tables.run("ALTER TABLE c MODIFY k VARCHAR(9) COLLATE utf8mb4_bin")
        #expect(tables.outcome("SELECT COUNT(*) FROM c GROUP BY k ORDER BY 1") == "1;1;1;1;2")
    }

    @Test("shapes that hashing does not know are left to SQLite")
    func refusals() throws {
        let cases = [
            "SELECT g, COUNT(DISTINCT x) FROM t GROUP BY g",
            "SELECT g, GROUP_CONCAT(k) FROM t GROUP BY g",
            "SELECT g, x, COUNT(*) FROM t GROUP BY g",
            "SELECT g + 1, COUNT(*) FROM t GROUP BY g + 1",
            "SELECT g, COUNT(*) FROM t GROUP BY g WITH ROLLUP",
            "SELECT g, ROW_NUMBER() OVER () FROM t GROUP BY g",
            "SELECT COUNT(*) FROM t",
        ]
        for sql in cases {
            #expect(try !isHashed(sql), "\(sql)")
            #expect(!tables.outcome(sql).hasPrefix("!"), "\(sql)")
        }
    }

    @Test("more groups than are kept are sorted instead, and are all there")
    func manyGroups() throws {
        try tables.run("CREATE TABLE n (i INT)")
        try tables.run(
            "INSERT INTO n WITH RECURSIVE s AS (SELECT 1 i UNION ALL SELECT i + 1 FROM s "
                + "WHERE i < 400) SELECT a.i * 1000 + b.i FROM s a, s b WHERE a.i <= 260"
        )
        let sql = "SELECT i, COUNT(*) FROM n GROUP BY i"
        #expect(try isHashed(sql))
        #expect(try tables.run(sql).count == 104_000)
        #expect(tables.outcome("SELECT COUNT(*) FROM t GROUP BY g ORDER BY 1 LIMIT 1") == "1")
    }

    @Test("large texts are not kept beyond the bound, as keys or as extremes")
    func largeTexts() throws {
        try tables.run("CREATE TABLE l (i INT PRIMARY KEY)")
        try tables.run("INSERT INTO l VALUES " + (1...24).map { "(\($0))" }.joined(separator: ","))
        let text = "CONCAT(REPEAT('x', 4000000), i)"
        let extremes = "SELECT i, MAX(\(text)) m FROM l GROUP BY i ORDER BY i"
        #expect(try isHashed(extremes))
        let rows = try tables.run(extremes)
        #expect(rows.map { $0[1]?.utf8.count } == (1...24).map { 4_000_000 + ($0 < 10 ? 1 : 2) })
        try tables.run("CREATE TABLE k (t LONGTEXT)")
        try tables.run("INSERT INTO k SELECT \(text) FROM l")
        #expect(try tables.run("SELECT t, COUNT(*) FROM k GROUP BY t").count == 24)
    }

    @Test("whole numbers of 64 bits add up beyond 64 bits")
    func wideSums() throws {
        try tables.run("CREATE TABLE b (g INT, s BIGINT, u BIGINT UNSIGNED)")
        try tables.run(
            "INSERT INTO b VALUES (1, 9223372036854775807, 18446744073709551615), "
                + "(1, 9223372036854775807, 1), (2, -5, NULL), (2, NULL, NULL)"
        )
        let sql = "SELECT g, SUM(s), SUM(u), AVG(s) FROM b GROUP BY g ORDER BY g"
        #expect(try isHashed(sql))
        let expected =
            "1,18446744073709551614,18446744073709551616,9223372036854775807.0000;"
            + "2,-5,NULL,-5.0000"
        #expect(tables.outcome(sql) == expected)
    }

    @Test("a cancelled grouping ends and leaves nothing behind")
    func ends() throws {
        try tables.run("CREATE TABLE w (g INT, x INT)")
        try tables.run("INSERT INTO w VALUES (1, 1)")
        let flag = CancellationFlag()
        flag.cancel()
        let statement = try tables.prepare(
            "SELECT a.g, COUNT(*) FROM w a GROUP BY a.g",
            cancellation: flag
        )
        // One row is done before anybody looks; nothing hangs, nothing is left behind.
        _ = try? TableHarness.finish(statement)
        #expect(tables.outcome("SELECT g, COUNT(*) FROM w GROUP BY g") == "1,1")
    }
}
