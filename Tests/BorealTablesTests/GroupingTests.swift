import Testing

@testable import BorealTables

/// GROUP BY and what it asks of other clauses; rows of MariaDB are in `LogicTests`.
@Suite struct GroupingTests {
    /// Statements over `g`, three rows with two keys, and `h`, which refers to it.
    static func check(_ cases: [ExpressionCase]) throws {
        let tables = try TableHarness()
        for sql in [
            "CREATE TABLE g (id INT PRIMARY KEY, a INT, b VARCHAR(9) NOT NULL, UNIQUE KEY (b))",
            "INSERT INTO g VALUES (1,10,'x'),(2,10,'y'),(3,20,'z')",
            "CREATE TABLE h (id INT PRIMARY KEY, gid INT, v INT)",
            "INSERT INTO h VALUES (1,1,5),(2,1,6),(3,3,7)",
            "CREATE VIEW w AS SELECT id AS k, a, b FROM g",
        ] {
            try tables.run(sql)
        }
        for entry in cases {
            #expect(tables.outcome(entry.sql) == entry.expected, "\(entry.sql)")
        }
    }

    @Test("a selected column must be grouped by or follow from what is")
    func fullGroupBy() throws {
        try Self.check([
            .init("SELECT a, b FROM g GROUP BY a", "!1055"),
            .init("SELECT a, b FROM g GROUP BY id ORDER BY id", "10,x;10,y;20,z"),
            .init("SELECT a, id FROM g GROUP BY b ORDER BY b", "10,1;10,2;20,3"),
            .init("SELECT a + 1 FROM g GROUP BY a + 1 ORDER BY 1", "11;21"),
            .init("SELECT a FROM g GROUP BY a + 1", "!1055"),
            .init("SELECT a, b FROM g WHERE b = 'x' GROUP BY a", "10,x"),
            .init("SELECT a, MAX(b) FROM g WHERE a = 10", "10,y"),
            .init("SELECT a, b, COUNT(*) FROM g WHERE id = 1", "10,x,1"),
            .init("SELECT a, MAX(b) FROM g", "!1140"),
            .init("SELECT COUNT(*), b FROM g", "!1140"),
            .init("SELECT * FROM g GROUP BY a", "!1055"),
            .init("SELECT h.id, g.b FROM h JOIN g ON h.gid = g.id GROUP BY h.id", "1,x;2,x;3,z"),
            .init(
                "SELECT h.id, g.b FROM h LEFT JOIN g ON h.gid = g.id GROUP BY h.id",
                "1,x;2,x;3,z"
            ),
            .init("SELECT h.id, g.b FROM h LEFT JOIN g ON h.gid > g.id GROUP BY h.id", "!1055"),
            .init("SELECT k, b FROM w GROUP BY k ORDER BY k", "1,x;2,y;3,z"),
            .init(
                "SELECT x.a, x.n FROM (SELECT a, COUNT(*) AS n FROM g GROUP BY a) x GROUP BY x.a",
                "10,2;20,1"
            ),
            .init("SELECT (SELECT MAX(v) FROM h WHERE gid = g.id) FROM g GROUP BY a", "!1055"),
            .init("SELECT a FROM g GROUP BY a ORDER BY b", "!1055"),
            .init("SELECT a FROM g GROUP BY a ORDER BY MAX(b) DESC", "20;10"),
            .init("SELECT a, ANY_VALUE(a + id) > 0 FROM g GROUP BY a", "10,1;20,1"),
            .init("SELECT DISTINCT a FROM g ORDER BY id", "!3065"),
            .init("SELECT DISTINCT a FROM g ORDER BY a + 1", "10;20"),
            .init("SELECT a FROM g ORDER BY SUM(id)", "!3029"),
            .init("SET sql_mode = ''", ""),
            .init("SELECT a, b FROM g GROUP BY a ORDER BY a", "10,x;20,z"),
            .init("SELECT DISTINCT a FROM g ORDER BY id", "10;20"),
        ])
    }

    @Test("names in GROUP BY, HAVING and ORDER BY are looked up as MySQL does")
    func names() throws {
        try Self.check([
            .init("SELECT a % 3 AS k, COUNT(*) FROM g GROUP BY k ORDER BY k", "1,2;2,1"),
            .init("SELECT -id AS a, COUNT(*) FROM g GROUP BY a", "!1055"),
            .init("SELECT a, id AS a FROM g ORDER BY a", "!1052"),
            .init("SELECT -a AS id FROM g ORDER BY id LIMIT 1", "-20"),
            .init("SELECT -a AS id FROM g ORDER BY id + 0 LIMIT 1", "-10"),
            .init("SELECT a AS q, b AS q FROM g GROUP BY q", "!1052"),
            .init("SELECT COUNT(*) AS n FROM g GROUP BY n", "!1056"),
            .init("SELECT a AS k FROM g HAVING k > 10", "20"),
            .init("SELECT id FROM g HAVING a > 10", "!1054"),
            .init("SELECT a FROM g GROUP BY a HAVING b = 'x'", "!1054"),
            .init("SELECT a AS b, COUNT(*) FROM g GROUP BY a HAVING a > 10", "20,1"),
            .init("SELECT a, ROW_NUMBER() OVER () AS r FROM g HAVING r > 1", "!3594"),
            .init("SELECT ROW_NUMBER() OVER () AS r FROM g GROUP BY r", "!3594"),
            .init("SELECT id FROM g USE INDEX (nope)", "!1176"),
            .init("SELECT id FROM g IGNORE INDEX (b) WHERE id = 2", "2"),
        ])
    }

    @Test("WITH ROLLUP adds a row for each shorter list, and GROUPING tells them")
    func rollup() throws {
        try Self.check([
            .init("SELECT a, COUNT(*) FROM g GROUP BY a WITH ROLLUP", "10,2;20,1;NULL,3"),
            .init(
                "SELECT a, b, GROUPING(a, b), COUNT(*) FROM g GROUP BY a, b WITH ROLLUP",
                "10,x,0,1;10,y,0,1;10,NULL,1,2;20,z,0,1;20,NULL,1,1;NULL,NULL,3,3"
            ),
            .init(
                "SELECT IF(GROUPING(a), 'all', a), SUM(id) FROM g GROUP BY a WITH ROLLUP "
                    + "ORDER BY GROUPING(a) DESC, a DESC",
                "all,6;20,3;10,3"
            ),
            .init("SELECT a + 1, SUM(a) FROM g GROUP BY a + 1 WITH ROLLUP", "11,20;21,20;NULL,40"),
            .init("SELECT a FROM g GROUP BY a WITH ROLLUP HAVING a IS NULL", "NULL"),
            .init("SELECT a, COUNT(*) FROM g WHERE id > 9 GROUP BY a WITH ROLLUP", ""),
            .init("SELECT a, AVG(id) FROM g GROUP BY a WITH ROLLUP LIMIT 1", "10,1.5000"),
            .init("SELECT DISTINCT COUNT(*) > 0 FROM g GROUP BY a WITH ROLLUP", "1"),
            .init("SELECT GROUPING(a) FROM g GROUP BY a", "!1111"),
            .init("SELECT GROUPING(b) FROM g GROUP BY a WITH ROLLUP", "!3602"),
            .init("SELECT a, b FROM g GROUP BY a WITH ROLLUP", "!1055"),
        ])
    }

    @Test("recursive tables stop at their limit and keep the types of their first members")
    func recursion() throws {
        func with(_ query: String) -> String { "WITH RECURSIVE c AS (\(query)) SELECT * FROM c" }
        try Self.check([
            .init(with("SELECT 1 AS n UNION ALL SELECT n + 1 FROM c WHERE n < 3"), "1;2;3"),
            .init(with("SELECT 1 AS n UNION SELECT n % 3 + 1 FROM c"), "1;2;3"),
            .init(
                with(
                    "SELECT 1 AS n UNION ALL SELECT n + 1 FROM c WHERE n < 3 UNION ALL "
                        + "SELECT n + 10 FROM c WHERE n < 2"
                ),
                "1;2;11;3"
            ),
            .init(with("SELECT 1 AS n UNION ALL SELECT n + 1 FROM c"), "!3636"),
            .init(with("SELECT 'a' AS s UNION ALL SELECT CONCAT(s, 'b') FROM c"), "!1406"),
            .init(with("SELECT 1.5 AS d UNION ALL SELECT d * 2 FROM c"), "!1264"),
            .init(with("SELECT n + 1 FROM c UNION ALL SELECT 1"), "!3574"),
            .init(with("SELECT n + 1 FROM c"), "!3573"),
            .init(with("SELECT 1 AS n UNION ALL SELECT COUNT(*) FROM c"), "!3575"),
            .init(with("SELECT 1 AS n UNION ALL SELECT 1 FROM c, c AS d"), "!3577"),
            .init(with("SELECT 1 AS n UNION ALL SELECT 1, 2 FROM c"), "!1222"),
            .init("SET cte_max_recursion_depth = 5", ""),
            .init(with("SELECT 1 AS n UNION ALL SELECT n + 1 FROM c WHERE n < 6"), "1;2;3;4;5;6"),
            .init(with("SELECT 1 AS n UNION ALL SELECT n + 1 FROM c WHERE n < 7"), "!3636"),
            .init(with("SELECT 1 AS n UNION SELECT n + 1 FROM c"), "!3636"),
        ])
    }

    @Test("variables are assigned row by row, in the order of the rows")
    func variables() throws {
        try Self.check([
            .init("SET @n = 0, @p = NULL", ""),
            .init("SELECT @n := @n + 1, b FROM g ORDER BY b DESC", "1,z;2,y;3,x"),
            .init(
                "SELECT id, @n := IF(@p = a, @n + 1, 1), @p := a FROM g ORDER BY a, id",
                "1,1,10;2,2,10;3,1,20"
            ),
            .init("SELECT n FROM (SELECT @n := @n + 1 AS n FROM g) q WHERE n > 3", "4"),
            .init("SELECT MAX(b) INTO @m FROM g", ""), .init("SELECT @m", "z"),
        ])
    }
}
