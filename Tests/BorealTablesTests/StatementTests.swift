import Testing

@testable import BorealTables

/// A column of statements, each with what it answers: `;` between rows, `!number` for an error.
@Suite struct StatementTests {
    static func check(_ cases: [ExpressionCase]) throws {
        let tables = try TableHarness()
        for entry in cases {
            #expect(tables.outcome(entry.sql) == entry.expected, "\(entry.sql)")
        }
    }

    @Test("tables are made, described and dropped")
    func definitions() throws {
        try Self.check([
            .init(
                "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20) NOT "
                    + "NULL DEFAULT 'x', v DECIMAL(6,2), KEY k (name))",
                ""
            ),
            .init("CREATE TABLE t (a INT)", "!1050"),
            .init("CREATE TABLE IF NOT EXISTS t (a INT)", ""),
            .init("SHOW WARNINGS", "Note,1050,Table 't' already exists"), .init("SHOW TABLES", "t"),
            .init("SHOW TABLES LIKE 'x%'", ""),
            .init("SHOW FULL TABLES", "t,BASE TABLE"),
            .init(
                "DESCRIBE t",
                "id,int,NO,PRI,NULL,auto_increment;name,varchar(20),NO,MUL,x,;"
                    + "v,decimal(6,2),YES,,NULL,"
            ),
            .init("DESC t name", "name,varchar(20),NO,MUL,x,"), .init("DESCRIBE nope", "!1146"),
            .init("SHOW DATABASES", "d;information_schema;performance_schema"),
            .init(
                "SHOW CREATE TABLE t",
                "t,CREATE TABLE `t` (\n  `id` int NOT NULL AUTO_INCREMENT,\n  `name` "
                    + "varchar(20) NOT NULL DEFAULT 'x',\n  `v` decimal(6,2) DEFAULT NULL,\n  "
                    + "PRIMARY KEY (`id`),\n  KEY `k` (`name`)\n) ENGINE=InnoDB DEFAULT "
                    + "CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci"
            ),
            .init("INSERT INTO t (v) VALUES (1.005), (2)", ""),
            .init("SELECT * FROM t", "1,x,1.01;2,x,2.00"),
            .init("ALTER TABLE t ADD COLUMN w INT NOT NULL DEFAULT 7 AFTER id", ""),
            .init("SELECT * FROM t WHERE id = 2", "2,7,x,2.00"),
            .init("ALTER TABLE t DROP COLUMN v, RENAME COLUMN w TO z", ""),
            .init("SELECT * FROM t", "1,7,x;2,7,x"),
            .init("ALTER TABLE t MODIFY z VARCHAR(10)", ""),
            .init("SELECT z FROM t WHERE z = '7'", "7;7"),
            .init("ALTER TABLE t RENAME TO u", ""), .init("SELECT count(*) FROM u", "2"),
            .init("SELECT 1 FROM t", "!1146"),
            .init("CREATE UNIQUE INDEX uz ON u (z)", "!1062"),
            .init("CREATE INDEX uz ON u (z)", ""), .init("DROP INDEX uz ON u", ""),
            .init("DROP INDEX uz ON u", "!1091"),
            .init("CREATE TABLE c LIKE u", ""), .init("SELECT count(*) FROM c", "0"),
            .init("CREATE TABLE s AS SELECT id, UPPER(name) AS n FROM u", ""),
            .init("SELECT n FROM s", "X;X"),
            .init("CREATE VIEW vw AS SELECT id FROM u WHERE id > 1", ""),
            .init("SELECT * FROM vw", "2"),
            .init("SHOW FULL TABLES LIKE 'v%'", "vw,VIEW"), .init("DROP VIEW vw", ""),
            .init("TRUNCATE TABLE u", ""), .init("SELECT count(*) FROM u", "0"),
            .init("INSERT INTO u (name) VALUES ('a')", ""), .init("SELECT id FROM u", "1"),
            .init("DROP TABLE u, c, s", ""), .init("DROP TABLE u", "!1051"),
            .init("DROP TABLE IF EXISTS u", ""), .init("CREATE TABLE bad (a INT, a INT)", "!1060"),
            .init("CREATE TABLE bad (a INT AUTO_INCREMENT)", "!1075"),
            .init("CREATE TABLE bad (a INT PRIMARY KEY, b INT PRIMARY KEY)", "!1068"),
            .init("CREATE TABLE bad (a INT DEFAULT 'x')", "!1067"),
            .init("CREATE TABLE bad (a INT, KEY (b))", "!1072"),
            .init("CREATE TABLE bad (a VARCHAR(20000))", "!1074"),
            .init("CREATE DATABASE d", "!1007"),
            .init("DROP DATABASE nope", "!1008"), .init("USE nope", "!1049"),
            .init("CREATE DATABASE e", ""), .init("CREATE TABLE e.x (a INT)", ""),
            .init("SELECT count(*) FROM e.x", "0"), .init("DROP DATABASE e", ""),
            .init("SELECT 1 FROM e.x", "!1049"),
            .init("CREATE TABLE g (a INT, KEY ((a + 1)))", "!1235"),
        ])
    }

    @Test("rows are changed, checked and counted")
    func changes() throws {
        try Self.check([
            .init(
                "CREATE TABLE t (id INT PRIMARY KEY, a TINYINT UNSIGNED, s VARCHAR(3) "
                    + "UNIQUE, d DATE, e ENUM('x','y'), n INT NOT NULL DEFAULT 0)",
                ""
            ),
            .init("INSERT INTO t (id, a, s, d, e) VALUES (1, 255, 'abc', '2024-02-29', 'x')", ""),
            .init("INSERT INTO t (id, a) VALUES (2, 256)", "!1264"),
            .init("INSERT INTO t (id, a) VALUES (2, -1)", "!1264"),
            .init("INSERT INTO t (id, s) VALUES (2, 'abcd')", "!1406"),
            .init("INSERT INTO t (id, a) VALUES (2, 'q')", "!1366"),
            .init("INSERT INTO t (id, d) VALUES (2, '2023-02-29')", "!1292"),
            .init("INSERT INTO t (id, e) VALUES (2, 'z')", "!1265"),
            .init("INSERT INTO t (a) VALUES (1)", "!1364"),
            .init("INSERT INTO t (id, n) VALUES (2, NULL)", "!1048"),
            .init("INSERT INTO t VALUES (1)", "!1136"),
            .init("INSERT INTO t (nope) VALUES (1)", "!1054"),
            .init("INSERT INTO t (id) VALUES (1)", "!1062"),
            .init("INSERT INTO t (id, s) VALUES (2, 'ABC')", "!1062"),
            .init("INSERT IGNORE INTO t (id) VALUES (1)", ""),
            .init("SHOW WARNINGS", "Warning,1062,Duplicate entry '1' for key 't.PRIMARY'"),
            .init("REPLACE INTO t (id, s) VALUES (1, 'new')", ""),
            .init("SELECT id, a, s FROM t", "1,NULL,new"),
            .init(
                "INSERT INTO t (id, a) VALUES (1, 5) ON DUPLICATE KEY UPDATE a = VALUES(a) "
                    + "+ 1, n = n + 10",
                ""
            ), .init("SELECT id, a, n FROM t", "1,6,10"),
            .init("INSERT INTO t (id, s) SELECT id + 10, 'q' FROM t", ""),
            .init("SELECT id, s FROM t ORDER BY id DESC", "11,q;1,new"),
            .init("UPDATE t SET a = a + 1, n = a WHERE id = 1", ""),
            .init("SELECT a, n FROM t WHERE id = 1", "7,7"), .init("SELECT ROW_COUNT()", "-1"),
            .init("UPDATE t SET id = 1 WHERE id = 11", "!1062"),
            .init("UPDATE t SET a = 300", "!1264"),
            .init("UPDATE t SET s = CONCAT(s, 'x') ORDER BY id LIMIT 1", "!1406"),
            .init("UPDATE t SET nope = 1", "!1054"), .init("DELETE FROM t WHERE id = 11", ""),
            .init("SELECT count(*) FROM t", "1"), .init("UPDATE t SET n = 1/0", "!1365"),
            .init("DELETE FROM t", ""), .init("SELECT count(*) FROM t", "0"),
            .init("INSERT INTO t () VALUES ()", "!1364"), .init("SET sql_mode = ''", ""),
            .init("INSERT INTO t (id, a, s) VALUES (3, 999, 'toolong')", ""),
            .init("SELECT a, s FROM t", "255,too"), .init("SHOW COUNT(*) WARNINGS", "0"),
            .init(
                "CREATE TABLE j (j JSON, u BIGINT UNSIGNED, b BIT(4), f FLOAT, dt "
                    + "DATETIME(3), tm TIME, y YEAR, bl VARBINARY(4), st SET('a','b'))",
                ""
            ),
            .init(
                "INSERT INTO j VALUES ('{\"b\":1,\"a\":[1]}', 18446744073709551615, "
                    + "b'101', 0.1, '2024-01-01 10:00:00.1239', '-12:30', 99, X'00FF', 'b,a')",
                ""
            ),
            .init(
                "SELECT j, u, f, dt, tm, y, HEX(bl), st, b + 0 FROM j",
                "{\"a\": [1], \"b\": 1},18446744073709551615,0.1,2024-01-01 "
                    + "10:00:00.124,-12:30:00,1999,00FF,a,b,5"
            ),
            .init("INSERT INTO j (j) VALUES ('{')", "!3140"),
            .init("SELECT u FROM j WHERE u > 9223372036854775807", "18446744073709551615"),
            .init("SELECT count(*) FROM j WHERE f = 0.1", "0"),
        ])
    }

    /// Products and orders; one product has no price, one order has no product.
    private static let shop: [ExpressionCase] = [
        .init("CREATE TABLE p (id INT PRIMARY KEY, name VARCHAR(10), price DECIMAL(8,2))", ""),
        .init("CREATE TABLE o (id INT, pid INT, n INT)", ""),
        .init("INSERT INTO p VALUES (1, 'Tea', 2.50), (2, 'milk', 1.20), (3, 'Ham', NULL)", ""),
        .init("INSERT INTO o VALUES (1, 1, 2), (2, 1, 3), (3, 2, 1), (4, 9, 1)", ""),
    ]

    @Test("joins, groups, subqueries and set operations")
    func queries() throws {
        try Self.check(
            Self.shop + [
                .init(
                    "SELECT p.name, SUM(o.n) FROM p JOIN o ON o.pid = p.id GROUP BY p.id ORDER "
                        + "BY 2 DESC",
                    "Tea,5;milk,1"
                ),
                .init(
                    "SELECT p.name, o.id FROM p LEFT JOIN o ON o.pid = p.id AND o.n > 2 "
                        + "ORDER BY p.id",
                    "Tea,2;milk,NULL;Ham,NULL"
                ),
                .init(
                    "SELECT o.id, p.name FROM p RIGHT JOIN o ON o.pid = p.id ORDER BY o.id",
                    "1,Tea;2,Tea;3,milk;4,NULL"
                ),
                .init("SELECT id, n FROM p JOIN o USING (id) ORDER BY id", "1,2;2,3;3,1"),
                .init("SELECT * FROM p NATURAL JOIN o WHERE id = 1", "1,Tea,2.50,1,2"),
                .init("SELECT name FROM p ORDER BY name", "Ham;milk;Tea"),
                .init("SELECT name FROM p ORDER BY price DESC", "Tea;milk;Ham"),
                .init(
                    "SELECT SUM(price), AVG(price), MAX(price), COUNT(price) FROM p",
                    "3.70,1.850000,2.50,2"
                ),
                .init("SELECT AVG(n), SUM(n), STD(n) FROM o", "1.7500,7,0.82915619758885"),
                .init(
                    "SELECT GROUP_CONCAT(name ORDER BY name DESC SEPARATOR '|') FROM p",
                    "Tea|milk|Ham"
                ),
                .init("SELECT n, COUNT(*) AS c FROM o GROUP BY n HAVING c > 1", "1,2"),
                .init("SELECT COUNT(DISTINCT n), COUNT(DISTINCT n, pid) FROM o", "3,4"),
                .init("SELECT DISTINCT UPPER(LEFT(name, 1)) AS k FROM p ORDER BY k", "H;M;T"),
                .init("SELECT name FROM p WHERE id IN (SELECT pid FROM o)", "Tea;milk"),
                .init(
                    "SELECT name FROM p WHERE EXISTS "
                        + "(SELECT 1 FROM o WHERE o.pid = p.id AND n = 3)",
                    "Tea"
                ),
                .init(
                    "SELECT (SELECT MAX(n) FROM o WHERE pid = p.id) FROM p ORDER BY id",
                    "3;1;NULL"
                ),
                .init(
                    "SELECT t.x FROM (SELECT id * 2 AS x FROM p) AS t WHERE t.x > 2 ORDER BY x",
                    "4;6"
                ), .init("SELECT 1 UNION SELECT 1 UNION ALL SELECT 2", "1;2"),
                .init("SELECT 'a' UNION SELECT 'A'", "a"),
                .init(
                    "(SELECT id FROM p ORDER BY id DESC LIMIT 1) UNION ALL SELECT 0 ORDER BY 1",
                    "0;3"
                ), .init("SELECT 1, 2 UNION SELECT 1", "!1222"),
            ]
        )
    }

    @Test("common table expressions, windows, limits, errors and changes through joins")
    func furtherQueries() throws {
        try Self.check(
            Self.shop + [
                .init("WITH c AS (SELECT id FROM p) SELECT COUNT(*) FROM c", "3"),
                .init(
                    "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n "
                        + "< 4) SELECT SUM(n) FROM r",
                    "10"
                ),
                .init(
                    "SELECT id, ROW_NUMBER() OVER (ORDER BY id DESC) FROM p ORDER BY id",
                    "1,3;2,2;3,1"
                ),
                .init(
                    "SELECT id, SUM(n) OVER (PARTITION BY pid ORDER BY id) FROM o ORDER BY id",
                    "1,2;2,5;3,1;4,1"
                ),
                .init("SELECT id FROM p LIMIT 1, 1", "2"),
                .init("SELECT id FROM p LIMIT 18446744073709551615 OFFSET 2", "3"),
                .init("SELECT name, COUNT(*) FROM p", "!1140"),
                .init("SELECT id FROM p, o", "!1052"), .init("SELECT 1 FROM p, p", "!1066"),
                .init("SELECT SUM(SUM(n)) FROM o", "!1111"),
                .init("SELECT id FROM p WHERE SUM(id) > 1", "!1111"),
                .init(
                    "SELECT CASE price WHEN 2.5 THEN 'y' ELSE 'n' END FROM p ORDER BY id",
                    "y;n;n"
                ),
                .init("SELECT price * 2 FROM p WHERE price = '2.5'", "5.00"),
                .init("SELECT id FROM p WHERE price > 1.2e0", "1"),
                .init("SELECT name FROM p GROUP BY name WITH ROLLUP", "Ham;milk;Tea;NULL"),
                .init("SELECT id FROM p WHERE name = 'TEA'", "1"),
                .init("SELECT id FROM p WHERE id = '1'", "1"),
                .init("UPDATE p JOIN o ON o.pid = p.id SET p.name = 'sold' WHERE o.n = 1", ""),
                .init("SELECT name FROM p WHERE id = 2", "sold"),
                .init("DELETE o FROM o LEFT JOIN p ON p.id = o.pid WHERE p.id IS NULL", ""),
                .init("SELECT COUNT(*) FROM o", "3"),
                .init("SELECT id INTO @x FROM p WHERE id = 3", ""), .init("SELECT @x + 1", "4"),
                .init("SELECT id INTO @x FROM p WHERE id = 99", ""),
                .init(
                    "SHOW WARNINGS",
                    "Warning,1329,No data - zero rows fetched, selected, or processed"
                ),
                .init("SELECT @x", "3"),
                .init("SELECT SQL_CALC_FOUND_ROWS id FROM p LIMIT 1", "1"),
                .init("SELECT FOUND_ROWS()", "3"),
                .init("VALUES ROW(1, 'a'), ROW(2, 'b')", "1,a;2,b"),
                .init("TABLE o LIMIT 1", "1,1,2"),
            ]
        )
    }

    @Test(
        "what clients send when they start is understood",
        arguments: [
            "SET NAMES 'utf8mb4' COLLATE 'utf8mb4_0900_ai_ci'", "SET NAMES utf8mb4",
            "SET AUTOCOMMIT = 0", "SET @@session.autocommit = OFF",
            "set autocommit=1, sql_mode = concat(@@sql_mode,',STRICT_TRANS_TABLES')",
            "SELECT @@max_allowed_packet,@@system_time_zone,@@time_zone,@@auto_increment_increment",
            "select @@version_comment limit 1", "SELECT @@session.sql_mode",
            "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
            "SELECT VERSION(), @@sql_mode, @@default_storage_engine, @@sql_auto_is_null, "
                + "@@lower_case_table_names, CONVERT_TZ('2001-01-01 01:00:00', 'UTC', 'UTC') IS "
                + "NOT NULL",
            "SET SESSION SQL_AUTO_IS_NULL=0", "SET session_track_schema= ON",
            "SET session_track_system_variables='autocommit,transaction_isolation'",
            "SET time_zone='+00:00'", "set @@SQL_SELECT_LIMIT=2", "set @@SQL_SELECT_LIMIT=DEFAULT",
            "SET character_set_server = 'utf8mb4'",
            "SET collation_connection = 'utf8mb4_unicode_ci'", "START TRANSACTION", "ROLLBACK",
            "SHOW VARIABLES LIKE 'lower_case_table_names'", "SHOW WARNINGS", "SHOW STATUS",
            "SHOW ENGINES", "SHOW COLLATION",
            "SHOW CHARACTER SET", "SHOW TABLE STATUS", "SHOW /*!50002 GLOBAL */ variables",
            "select DATABASE(), USER() limit 1", "SET SQL_QUOTE_SHOW_CREATE=1",
            "SET SESSION character_set_results = 'binary'", "/*!40101 SET SQL_MODE='' */",
            "SELECT table_name, table_type, table_comment FROM information_schema.tables "
                + "WHERE table_schema = DATABASE()",
            "SELECT column_name, CASE WHEN collation_name = 'x' THEN NULL ELSE "
                + "collation_name END, column_type LIKE '% unsigned' FROM "
                + "information_schema.columns",
            "SHOW VARIABLES WHERE Variable_name = 'sql_mode'",
            "SELECT 'VARCHAR' AS TYPE_NAME, 12 AS X UNION SELECT 'INT', 4",
        ]
    )
    func startUp(sql: String) throws {
        let tables = try TableHarness()
        #expect(throws: Never.self) { try tables.run(sql) }
    }
}
