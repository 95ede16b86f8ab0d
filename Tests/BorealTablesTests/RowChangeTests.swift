import Testing

@testable import BorealTables

/// Changes of rows: each answer was compared with a MariaDB server's.
@Suite struct RowChangeTests {
    private func prepared() throws -> TableHarness {
        let tables = try TableHarness()
        tables.check(
            """
            CREATE TABLE a (id INT PRIMARY KEY, v INT, s VARCHAR(10) DEFAULT 'def')
            CREATE TABLE b (id INT PRIMARY KEY, aid INT, w INT)
            INSERT INTO a VALUES (1, 10, 'x'), (2, 20, 'y'), (3, 30, 'z')
            INSERT INTO b VALUES (1, 1, 100), (2, 2, 200), (3, 9, 300)
            """
        )
        return tables
    }

    @Test("UPDATE of several tables changes each row once")
    func multipleUpdate() throws {
        try prepared().check(
            """
            UPDATE a, b SET a.v = b.w WHERE a.id = b.aid
            SELECT v FROM a ORDER BY id => 100;200;30
            UPDATE a JOIN b ON a.id = b.aid SET a.v = a.v + 1, b.w = 0 WHERE b.id = 1
            SELECT a.v, b.w FROM a JOIN b USING (id) ORDER BY 1 => 30,300;101,0;200,200
            UPDATE a LEFT JOIN b ON a.id = b.aid SET a.s = 'none' WHERE b.id IS NULL
            SELECT s FROM a ORDER BY id => x;y;none
            UPDATE a, b SET id = 1 => !1052
            """
        )
    }

    @Test("DELETE from several tables, in each of its spellings")
    func multipleDelete() throws {
        try prepared().check(
            """
            DELETE FROM a USING a JOIN b ON a.id = b.aid WHERE b.id = 1
            DELETE a, b FROM a JOIN b ON a.id = b.id WHERE a.id = 3
            SELECT id FROM a => 2
            SELECT id FROM b ORDER BY id => 1;2
            DELETE b.* FROM b WHERE id = 1
            DELETE x FROM a AS x WHERE x.id = 2
            SELECT count(*) FROM a => 0
            """
        )
    }

    @Test("rows change in the order asked for, one after the other")
    func order() throws {
        try prepared().check(
            """
            UPDATE a SET id = id + 1 => !1062
            UPDATE a SET id = id + 1 ORDER BY id DESC
            UPDATE a SET v = 0 ORDER BY id LIMIT 1
            DELETE FROM a ORDER BY id DESC LIMIT 1
            SELECT id, v FROM a => 2,0;3,20
            """
        )
    }

    @Test("values of a row may use the columns in front of them and defaults")
    func insertedExpressions() throws {
        try prepared().check(
            """
            INSERT INTO a VALUES (5, id + 1, CONCAT('n', v))
            INSERT INTO a (v, id) VALUES (7, v + 2)
            INSERT INTO a SET id = 8, s = CONCAT(DEFAULT(s), '!')
            SELECT * FROM a WHERE id > 4 ORDER BY id => 5,6,n6;8,NULL,def!;9,7,def
            UPDATE a SET s = CONCAT(DEFAULT(s), id) WHERE id = 5
            SELECT s FROM a WHERE id = 5 => def5
            INSERT INTO a (id, id) VALUES (1, 2) => !1110
            """
        )
    }

    @Test("a REPLACE by the same row counts one, by another two")
    func replaced() throws {
        let tables = try prepared()
        let same = try tables.prepare("REPLACE INTO a VALUES (1, 10, 'x')")
        #expect(try TableHarness.finish(same).summary.affectedRows == 1)
        let other = try tables.prepare("REPLACE INTO a VALUES (1, 11, 'x')")
        #expect(try TableHarness.finish(other).summary.affectedRows == 2)
    }

    @Test("what a value was decides what it is to its column")
    func adapted() throws {
        try TableHarness().check(
            """
            CREATE TABLE t (i INT, d DECIMAL(20, 2), y YEAR, s SET('x', 'y', 'z'), f FLOAT(5, 2))
            INSERT INTO t (i, d) VALUES (DATE'2024-01-01', TIME'-01:02:03.5')
            INSERT INTO t (i, d) VALUES (b'101', 0xff)
            SELECT i, d FROM t => 20240101,-10203.50;5,255.00
            UPDATE t SET i = DATE'2024-02-02' WHERE i = 5
            INSERT INTO t (s) VALUES ('3'), (1.5), ('x,z')
            SELECT s FROM t WHERE s IS NOT NULL => x,y;y;x,z
            INSERT INTO t (f) VALUES (1999) => !1264
            INSERT INTO t (i) VALUES ('99999999999x') => !1264
            INSERT INTO t (i) VALUES ('9x') => !1265
            """
        )
    }

    @Test("without strict mode the nearest value is stored and a warning says so")
    func lenient() throws {
        try TableHarness().check(
            """
            SET sql_mode = ''
            CREATE TABLE t (i TINYINT, s CHAR(2), d DATE, e ENUM('a'))
            INSERT INTO t VALUES (300, 'abc', '2024-02-30', 'q')
            SHOW COUNT(*) WARNINGS => 4
            INSERT INTO t (s) VALUES ('abc')
            SHOW WARNINGS => Warning,1265,Data truncated for column 's' at row 1
            SELECT * FROM t => 127,ab,0000-00-00,;NULL,ab,NULL,NULL
            """
        )
    }

    @Test("ZEROFILL and YEAR are shown with all of their digits")
    func paddedNumbers() throws {
        try TableHarness().check(
            """
            CREATE TABLE t (z INT(6) ZEROFILL, b BIGINT ZEROFILL, y YEAR)
            INSERT INTO t VALUES (42, 7, 0)
            SELECT z, b, y, z + 0 FROM t => 000042,00000000000000000007,0000,42
            """
        )
    }

    @Test("ALTER TABLE with MariaDB's IF EXISTS, and checks that are switched off")
    func lenientAlter() throws {
        try TableHarness().check(
            """
            CREATE TABLE t (a INT, CONSTRAINT c CHECK (a > 0))
            ALTER TABLE t ADD COLUMN IF NOT EXISTS a INT, DROP COLUMN IF EXISTS zz
            SHOW COUNT(*) WARNINGS => 2
            ALTER TABLE t DROP COLUMN zz => !1091
            ALTER TABLE t ALTER CHECK c NOT ENFORCED
            INSERT INTO t VALUES (-1)
            ALTER TABLE t ALTER CHECK c ENFORCED => !3819
            ALTER TABLE t DROP CHECK nope => !3821
            ALTER TABLE t DROP CHECK c
            CREATE OR REPLACE TABLE t (b INT)
            SELECT * FROM t =>
            """
        )
    }

    @Test("ENUM and SET are numbers where a number is wanted")
    func members() throws {
        try TableHarness().check(
            """
            CREATE TABLE t (e ENUM('x', 'y'), s SET('p', 'q', 'r'))
            INSERT INTO t VALUES ('y', 'p,r'), ('x', ''), (NULL, NULL)
            SELECT e + 0, s + 0, e * 2, s | 0 FROM t => 2,5,4,5;1,0,2,0;NULL,NULL,NULL,NULL
            SELECT s FROM t WHERE e = 2 => p,r
            SELECT e FROM t WHERE s = 5 => y
            SELECT s FROM t WHERE e = 'Y' => p,r
            """
        )
    }

    @Test(
        "a column of a function's answers holds the longest of them",
        arguments: [
            "REPEAT(s, n)", "REPEAT(s, 500)", "REPEAT(s, 0)", "LPAD(s, n, '-')",
            "RPAD(s, 700, '-')", "REPLACE(s, 'a', s)", "REPLACE(s, 'a', '')",
            "REGEXP_REPLACE(s, 'x*', '<>')", "QUOTE(REPEAT('''', n))",
            "CONCAT_WS('-----', s, s, s)",
            "MAKE_SET(7, 'a', 'b', 'c')",
            "SOUNDEX('a')", "IF(n > 1, REPEAT(s, n), '')", "UPPER(REPEAT(s, n))",
            "COALESCE(NULL, REPEAT(s, n))", "HEX(REPEAT(s, n))", "INSERT(s, 1, 1, REPEAT(s, n))",
        ]
    )
    func answerLengths(_ function: String) throws {
        let tables = try TableHarness()
        for text in [
            "CREATE TABLE t (s VARCHAR(5), n INT)", "INSERT INTO t VALUES ('aaaaa', 900), ('x', 1)",
            "CREATE TABLE c AS SELECT \(function) AS v FROM t",
        ] { #expect(tables.outcome(text) == "", "\(text)") }
        let made = tables.outcome("SELECT \(function) FROM t")
        #expect(!made.hasPrefix("!") && tables.outcome("SELECT v FROM c") == made)
    }

    @Test("CREATE TABLE ... SELECT puts the query's columns last; a counter follows a new name")
    func selectedColumns() throws {
        try TableHarness().check(
            """
            CREATE TABLE t (id INT PRIMARY KEY, x CHAR(1) DEFAULT 'd') SELECT 1 AS id, 'abc' AS y
            SELECT * FROM t => d,1,abc
            CREATE TABLE r (id INT AUTO_INCREMENT PRIMARY KEY, v INT)
            INSERT INTO r (v) VALUES (1), (2), (3)
            DELETE FROM r WHERE id > 1
            RENAME TABLE r TO r2
            INSERT INTO r2 (v) VALUES (9)
            SELECT id FROM r2 => 1;4
            """
        )
    }
}
