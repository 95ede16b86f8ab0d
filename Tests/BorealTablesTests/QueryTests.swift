import Testing

@testable import BorealTables

/// What a MariaDB cannot be asked about because MySQL answers otherwise, and the error numbers of
/// queries; `LogicTests` holds the rest.
@Suite struct QueryTests {
    /// Statements over a table `t` of four rows.
    static func check(_ cases: [ExpressionCase]) throws {
        let tables = try TableHarness()
        try tables.run("CREATE TABLE t (id INT PRIMARY KEY, a INT, b VARCHAR(9), g DATE, f TIME)")
        try tables.run(
            "INSERT INTO t VALUES (1,10,'one','2020-01-01','10:00:00'),"
                + "(2,20,'two','2020-01-05','-01:00:00'),(3,20,'TWO','2020-02-01','100:00:00'),"
                + "(4,NULL,NULL,NULL,NULL)"
        )
        for entry in cases {
            #expect(tables.outcome(entry.sql) == entry.expected, "\(entry.sql)")
        }
    }

    @Test("a quotient keeps its digits until it is shown, stored or grouped by")
    func quotients() throws {
        try Self.check([
            .init("SELECT 1/3*3, 2/3, 10/3 = 3.3333", "1.0000,0.6667,1"),
            .init("SELECT a/3*3 FROM t WHERE id = 1", "10.0000"),
            .init("SELECT x*3 FROM (SELECT DISTINCT a/3 AS x FROM t WHERE id = 1) q", "9.9999"),
            .init("SELECT CAST(2/3 AS DECIMAL(20,10)), CONCAT(2/3)", "0.6666666660,0.6667"),
            .init("SELECT COALESCE(NULL * 1.5, 1), COALESCE(NULL + 1, 1)", "1.0,1"),
            .init("SELECT COALESCE(AVG(NULL + 1), 1), COALESCE(NULL / 2, 1.5)", "1.0000,1.5000"),
            .init("SELECT COALESCE(NULL + 1e0, 1), IFNULL(1 / 3e0, 1)", "1,0.3333333333333333"),
            .init("SET SESSION div_precision_increment = 10", ""),
            .init("SELECT 2/3, 1.5/7", "0.6666666667,0.21428571429"),
            .init("SELECT AVG(a) FROM t WHERE id < 4", "16.6666666667"),
            .init("SET SESSION div_precision_increment = 0", ""),
            .init("SELECT 2/3, 1.5/7", "0,0.2"),
        ])
    }

    @Test("windows have MySQL's frames, names and errors")
    func windows() throws {
        try Self.check([
            .init(
                "SELECT id, LAG(id, 1, 99) OVER (ORDER BY id), LEAD(b, 1, 7) OVER (ORDER BY id) "
                    + "FROM t ORDER BY id",
                "1,99,two;2,1,TWO;3,2,NULL;4,3,7"
            ),
            .init(
                "SELECT id, COUNT(*) OVER (ORDER BY g RANGE BETWEEN INTERVAL 4 DAY PRECEDING AND "
                    + "INTERVAL 27 DAY FOLLOWING) FROM t ORDER BY id",
                "1,2;2,3;3,1;4,1"
            ),
            .init(
                "SELECT id, COUNT(*) OVER (ORDER BY g RANGE INTERVAL 1 MONTH PRECEDING) FROM t",
                "!1235"
            ),
            .init(
                "SELECT JSON_ARRAYAGG(id) OVER (ORDER BY id ROWS 1 PRECEDING) FROM t",
                "[1];[1, 2];[2, 3];[3, 4]"
            ),
            .init("SELECT MAX(f), MIN(f) FROM t", "100:00:00,-01:00:00"),
            .init("SELECT id FROM t WHERE ROW_NUMBER() OVER () = 1", "!3593"),
            .init("SELECT SUM(ROW_NUMBER() OVER ()) FROM t", "!3593"),
            .init("SELECT SUM(id) OVER w FROM t", "!3579"),
            .init("SELECT SUM(id) OVER (w) FROM t WINDOW w AS (v), v AS (w)", "!3580"),
            .init("SELECT SUM(id) OVER (w PARTITION BY a) FROM t WINDOW w AS ()", "!3581"),
            .init("SELECT SUM(id) OVER (w) FROM t WINDOW w AS (ROWS 1 PRECEDING)", "!3582"),
            .init("SELECT SUM(id) OVER (w ORDER BY a) FROM t WINDOW w AS (ORDER BY id)", "!3583"),
            .init("SELECT SUM(id) OVER (ORDER BY id ROWS a PRECEDING) FROM t", "!3586"),
            .init("SELECT SUM(id) OVER (ORDER BY b RANGE 1 PRECEDING) FROM t", "!3587"),
            .init("SELECT SUM(id) OVER w FROM t WINDOW w AS (), W AS ()", "!3591"),
            .init("SELECT GROUP_CONCAT(b) OVER () FROM t", "!1235"),
            .init("SELECT RANK(a) OVER () FROM t", "!1582"),
        ])
    }

    @Test("rows compare member by member, the first difference decides")
    func rows() throws {
        try Self.check([
            .init("SELECT (1, 2) < (1, 3), (2, 1) <= (1, 9), (1, NULL) < (2, 0)", "1,0,1"),
            .init("SELECT (1, 2) = (SELECT 1, 2), (1, 2) <=> (SELECT 1, NULL)", "1,0"),
            .init("SELECT id FROM t WHERE (a, b) = (SELECT 20, 'Two')", "2;3"),
            .init("SELECT (1, 2) = (SELECT id, a FROM t WHERE id > 9)", "NULL"),
            .init("SELECT (1, 2) = (SELECT id, a FROM t)", "!1242"),
            .init("SELECT (1, 2) = (1, 2, 3)", "!1241"), .init("SELECT (1, 2) = 1", "!1241"),
            .init("SELECT 1 IN ((1, 2), 3)", "!1241"),
            .init("SELECT id FROM t WHERE f > g", "1;2;3"),
        ])
    }

    @Test("INTERSECT binds more tightly than UNION, and ALL counts")
    func setOperations() throws {
        try Self.check([
            .init("SELECT 1 UNION SELECT 2 INTERSECT SELECT 3", "1"),
            .init("SELECT a FROM t INTERSECT ALL SELECT a FROM t WHERE id <> 2", "NULL;10;20"),
            .init("SELECT b FROM t EXCEPT SELECT 'ONE'", "NULL;two"),
            .init("SELECT a FROM t EXCEPT ALL SELECT 20", "NULL;10;20"),
            .init("VALUES ROW(1, 'x'), ROW(2.5, NULL)", "1.0,x;2.5,NULL"),
            .init("VALUES ROW(1), ROW(2, 3)", "!1136"),
            .init("SELECT q FROM (SELECT 1, 2) x (p, q)", "2"),
            .init("SELECT q FROM (SELECT 1, 2) x (p)", "!1353"),
            .init("SELECT a FROM t HAVING SUM(id) > 9", "!1140"),
            .init("SELECT 1 FROM t HAVING SUM(id) > 9", "1"),
            .init("SELECT 1 FROM t HAVING SUM(id) > 99", ""),
            .init(
                "SELECT COUNT(*), COUNT(x.id) FROM t x JOIN t y ON x.id = y.id AND 2 < 1.5 "
                    + "RIGHT JOIN t z ON z.id = y.id",
                "4,0"
            ),
            .init(
                "SELECT x.id, z.id FROM t w, t x JOIN t y ON y.id = x.id RIGHT JOIN t z "
                    + "ON z.id = y.id + 1 WHERE w.id = 1 ORDER BY z.id",
                "NULL,1;1,2;2,3;3,4"
            ),
        ])
    }

    @Test("long chains are not deep, and what is too deep or too wide is refused")
    func depth() throws {
        func chain(_ item: String, _ count: Int, _ sign: String) -> String {
            Array(repeating: item, count: count).joined(separator: sign)
        }
        func cases(_ depth: Int) -> String {
            (1...depth).reduce("1") { value, _ in "CASE WHEN \(value) > 0 THEN 1 END" }
        }
        try Self.check([
            .init("SELECT " + chain("1", 900, " + "), "900"),
            .init("SELECT " + chain("1", 900, " - "), "-898"),
            .init("SELECT " + chain("1", 60, " * "), "1"),
            .init("SELECT id FROM t WHERE " + chain("id = 9", 900, " OR ") + " OR id = 2", "2"),
            .init("SELECT COUNT(*) FROM t WHERE " + chain("id > 0", 900, " AND "), "4"),
            .init("SELECT a + 1 + id FROM t GROUP BY a + 1, id ORDER BY id LIMIT 1", "12"),
            .init(chain("SELECT 1", 300, " UNION "), "1"),
            .init("SELECT COUNT(*) FROM (" + chain("SELECT 1", 300, " UNION ALL ") + ") x", "300"),
            .init("SELECT 1 UNION ALL SELECT 1 UNION SELECT 1 UNION ALL SELECT 1", "1;1"),
            .init(
                "SELECT " + String(repeating: "(", count: 150) + "1"
                    + String(repeating: ")", count: 150),
                "1"
            ),
            .init("SELECT " + cases(10), "1"), .init("SELECT " + cases(60), "!1235"),
            .init("SELECT " + cases(190), "!1235"),
            .init(
                "SELECT 1 FROM t t0" + (1...60).map { " JOIN t t\($0) USING (id)" }.joined(),
                "1;1;1;1"
            ),
            .init(
                "SELECT 1 FROM " + (1...62).map { "t AS t\($0)" }.joined(separator: ", "),
                "!1116"
            ),
        ])
    }
}
