import Testing

@testable import BorealTables

@Suite struct ConstraintTests {
    @Test("a check that is false refuses the row; one that is NULL does not")
    func checks() throws {
        let tables = try TableHarness()
        tables.check(
            """
            CREATE TABLE t (id INT PRIMARY KEY, a INT CHECK (a > 0), b INT, CONSTRAINT cc CHECK (a \
            < b), CHECK (b <> 7) NOT ENFORCED)
            INSERT INTO t VALUES (1, 1, 2), (2, NULL, NULL), (7, 1, 7)
            INSERT INTO t VALUES (3, 0, 1) => !3819
            INSERT INTO t VALUES (3, 2, 1) => !3819
            UPDATE t SET b = 0 WHERE id = 1 => !3819
            INSERT INTO t VALUES (1, 1, 1) ON DUPLICATE KEY UPDATE a = -1 => !3819
            INSERT IGNORE INTO t VALUES (4, -1, 0), (5, 1, 9)
            SELECT id FROM t ORDER BY id => 1;2;5;7
            ALTER TABLE t ADD CONSTRAINT d CHECK (a <> 1) => !3819
            ALTER TABLE t ADD CONSTRAINT d CHECK (a <> 5)
            INSERT INTO t VALUES (6, 5, 6) => !3819
            ALTER TABLE t DROP CHECK d
            INSERT INTO t VALUES (6, 5, 6)
            ALTER TABLE t DROP CONSTRAINT nope => !3940
            CREATE TABLE u (a INT, CONSTRAINT cc CHECK (a > 1)) => !3822
            CREATE TABLE u (a INT, CHECK (zz > 1)) => !3820
            CREATE TABLE u (a INT CHECK (b > 1), b INT) => !3813
            CREATE TABLE u (a INT, CHECK (a > (SELECT 1))) => !3815
            CREATE TABLE u (a INT, CHECK (a > RAND())) => !3814
            CREATE TABLE u (a INT, CHECK (a > @x)) => !3816
            CREATE TABLE u (a INT AUTO_INCREMENT PRIMARY KEY, CHECK (a > 1)) => !3818
            ALTER TABLE t DROP COLUMN b => !3959
            """
        )
        #expect(
            tables.message("UPDATE t SET b = 0 WHERE id = 1")
                == "Check constraint 'cc' is violated."
        )
        let text = tables.outcome("SHOW CREATE TABLE t")
        #expect(text.contains("CONSTRAINT `t_chk_1` CHECK ((`a` > 0))"))
        #expect(text.contains("CHECK ((`b` <> 7)) /*!80016 NOT ENFORCED */"))
    }

    @Test("generated columns follow their row and cannot be written")
    func generated() throws {
        let tables = try TableHarness()
        tables.check(
            """
            CREATE TABLE g (a INT, b INT AS (a + 1), c INT AS (b * 2) STORED, KEY (b), UNIQUE (c))
            INSERT INTO g (a) VALUES (1), (2), (NULL)
            SELECT * FROM g => 1,2,4;2,3,6;NULL,NULL,NULL
            UPDATE g SET a = 10 WHERE b = 2
            SELECT a, c FROM g WHERE b = 11 => 10,22
            INSERT INTO g (a) VALUES (10) => !1062
            INSERT INTO g (a) VALUES (10) ON DUPLICATE KEY UPDATE a = 100
            SELECT c FROM g WHERE a = 100 => 202
            INSERT INTO g VALUES (1, 2, 3) => !3105
            INSERT INTO g VALUES (5, DEFAULT, DEFAULT)
            UPDATE g SET b = 5 => !3105
            UPDATE g SET b = DEFAULT
            ALTER TABLE g ADD d VARCHAR(9) AS (CONCAT('x', a))
            SELECT d FROM g WHERE a = 5 => x5
            ALTER TABLE g DROP COLUMN a => !3108
            CREATE TABLE x (a INT, b INT AS (c), c INT AS (a)) => !3107
            CREATE TABLE x (a INT, b INT AS (zz)) => !1054
            CREATE TABLE x (a INT, b INT AS (RAND())) => !3763
            CREATE TABLE x (a INT, b INT AS ((SELECT 1))) => !3102
            CREATE TABLE x (a INT AUTO_INCREMENT PRIMARY KEY, b INT AS (a)) => !3109
            CREATE TABLE x (a INT, b INT AS (a) DEFAULT 1) => !1221
            CREATE TABLE x (a INT AS (1) PRIMARY KEY) => !3106
            """
        )
        let text = tables.outcome("SHOW CREATE TABLE g")
        #expect(text.contains("`b` int GENERATED ALWAYS AS ((`a` + 1)) VIRTUAL"))
        #expect(text.contains("`c` int GENERATED ALWAYS AS ((`b` * 2)) STORED"))
    }

    @Test("defaults may be expressions over the row; invisible columns are named or not seen")
    func defaults() throws {
        try TableHarness().check(
            """
            CREATE TABLE t (a INT DEFAULT (1 + 2), b VARCHAR(9) DEFAULT (CONCAT('x', a)), c INT \
            INVISIBLE DEFAULT 5)
            INSERT INTO t () VALUES ()
            INSERT INTO t VALUES (9, DEFAULT)
            INSERT INTO t (a, c) VALUES (8, 8)
            SELECT * FROM t => 3,x3;9,x9;8,x8
            SELECT c FROM t => 5;5;8
            UPDATE t SET b = DEFAULT, a = 4 WHERE a = 8
            CREATE TABLE x (a INT INVISIBLE) => !4028
            CREATE TABLE x (a INT DEFAULT (USER())) => !3770
            CREATE TABLE j (a INT, d JSON DEFAULT (JSON_ARRAY(1)), u CHAR(36) DEFAULT (UUID()))
            INSERT INTO j (a) VALUES (1)
            SELECT d, LENGTH(u) FROM j => [1],36
            """
        )
    }

    @Test("ON UPDATE CURRENT_TIMESTAMP moves when the row changes")
    func onUpdate() throws {
        try TableHarness().check(
            """
            CREATE TABLE t (a INT, u DATETIME(3) NULL ON UPDATE CURRENT_TIMESTAMP(3))
            INSERT INTO t (a) VALUES (1)
            UPDATE t SET a = 1
            SELECT u FROM t => NULL
            UPDATE t SET a = 2
            SELECT u IS NULL FROM t => 0
            CREATE TABLE x (a INT ON UPDATE CURRENT_TIMESTAMP) => !1294
            CREATE TABLE x (a DATETIME(3) DEFAULT CURRENT_TIMESTAMP) => !1067
            """
        )
    }

    @Test("sizes and keys that MySQL refuses are refused with its numbers")
    func limits() throws {
        try TableHarness().check(
            """
            CREATE TABLE x (a TEXT DEFAULT 'x') => !1101
            CREATE TABLE x (a VARCHAR(10), KEY (a(20))) => !1089
            CREATE TABLE x (a INT, KEY (a(3))) => !1089
            CREATE TABLE x (a TEXT, KEY (a)) => !1170
            CREATE TABLE x (a JSON, KEY (a)) => !3152
            CREATE TABLE x (a VARCHAR(4000), KEY (a)) => !1071
            CREATE TABLE x (a INT, FULLTEXT KEY (a)) => !1283
            CREATE TABLE x (a INT, KEY `PRIMARY` (a)) => !1280
            CREATE TABLE x (a INT NULL PRIMARY KEY) => !1171
            CREATE TABLE x (a INT, PRIMARY KEY (a, a)) => !1060
            CREATE TABLE x (a DECIMAL(70, 2)) => !1426
            CREATE TABLE x (a DECIMAL(60, 40)) => !1425
            CREATE TABLE x (a DECIMAL(5, 6)) => !1427
            CREATE TABLE x (a DATETIME(7)) => !1426
            CREATE TABLE x (a INT(300)) => !1439
            CREATE TABLE x (a ENUM('a', 'A')) => !1291
            CREATE TABLE x (`a ` INT) => !1166
            CREATE TABLE x (a VARCHAR(16000), b VARCHAR(16000)) => !1118
            CREATE TABLE x (a VARCHAR(60000)) CHARSET latin1
            CREATE TABLE f (a INT, b TEXT, FULLTEXT KEY ft (b), KEY i (a) INVISIBLE)
            CREATE TABLE l (a BLOB(10), b TEXT(300), c TEXT(70000))
            DESCRIBE l => a,tinyblob,YES,,NULL,;b,text,YES,,NULL,;c,mediumtext,YES,,NULL,
            """
        )
    }
}
