import BorealSQL
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

    @Test("a check's message names it, and SHOW CREATE TABLE prints it in normal form")
    func checkText() throws {
        let tables = try TableHarness()
        tables.check("CREATE TABLE t (a INT, b CHAR(3), CHECK (a between 1 AND 5 or b like 'x%'))")
        #expect(
            tables.message("INSERT INTO t VALUES (9, 'y')")
                == "Check constraint 't_chk_1' is violated."
        )
        let text = "CHECK (((`a` BETWEEN 1 AND 5) OR (`b` LIKE 'x%')))"
        #expect(tables.outcome("SHOW CREATE TABLE t").contains(text))
    }

    @Test("names of checks count in the order of the text and follow the table's name")
    func checkNames() throws {
        let tables = try TableHarness()
        tables.check(
            """
            CREATE TABLE t (CHECK (a > 0), a INT CHECK (a < 9), CONSTRAINT c CHECK (a <> 5))
            INSERT INTO t VALUES (9) => !3819
            RENAME TABLE t TO u
            CREATE TABLE v LIKE u
            """
        )
        #expect(tables.message("INSERT INTO u VALUES (9)").contains("'u_chk_2'"))
        #expect(tables.message("INSERT INTO v VALUES (5)").contains("'v_chk_3'"))
    }

    @Test("a check goes with the only column it names")
    func checkOfDroppedColumn() throws {
        try TableHarness().check(
            """
            CREATE TABLE t (a INT CHECK (a > 0), b INT, CHECK (b > 0))
            ALTER TABLE t DROP COLUMN a
            ALTER TABLE t RENAME COLUMN b TO c => !3959
            INSERT INTO t VALUES (0) => !3819
            INSERT INTO t VALUES (1)
            """
        )
    }

    @Test("text compares in checks and generated columns by the column's collation")
    func collationsInRules() throws {
        try TableHarness().check(
            """
            CREATE TABLE t (a VARCHAR(9), b VARCHAR(9) COLLATE utf8mb4_bin, ab INT AS (a = 'x'), \
            bb INT AS (b = 'x'), CHECK (a <> 'no'))
            INSERT INTO t (a, b) VALUES ('X', 'X')
            SELECT ab, bb FROM t => 1,0
            INSERT INTO t (a) VALUES ('NO') => !3819
            """
        )
    }

    @Test("a generated column keeps to its type")
    func generatedType() throws {
        try TableHarness().check(
            """
            CREATE TABLE t (a INT, b TINYINT AS (a * 100), c INT AS (a) STORED NOT NULL)
            INSERT INTO t (a) VALUES (1)
            INSERT INTO t (a) VALUES (2) => !1264
            INSERT INTO t (a) VALUES (NULL) => !1048
            SET sql_mode = ''
            INSERT INTO t (a) VALUES (2)
            INSERT INTO t (a, b) VALUES (0, 5)
            SELECT * FROM t => 1,100,1;2,127,2;0,0,0
            """
        )
    }

    @Test("a stored expression may not look outside its row")
    func expressions() throws {
        let purpose = DefinitionExpression.Purpose.check(name: "k")
        for text in ["@x", "@@version", "(SELECT 1)", "EXISTS (SELECT 1)", "NOW()", "UUID()"] {
            let node = try DefinitionExpression.parse(text)
            #expect(throws: TableError.self) { try DefinitionExpression(node, for: purpose) }
        }
        let fine = try DefinitionExpression.parse("UNIX_TIMESTAMP(`B`) + IF(a, 1, c)")
        #expect(try DefinitionExpression(fine, for: purpose).columns == ["b", "a", "c"])
    }

    @Test("expressions are kept with names in back-quotes and operators in parentheses")
    func normalForm() throws {
        for (text, expected) in [
            ("a+1", "(`a` + 1)"), ("Upper(a)", "upper(`a`)"), ("a", "`a`"),
            ("a>1 AND NOT b", "((`a` > 1) AND (NOT `b`))"), ("'it''s'", "'it''s'"),
            ("CASE WHEN a THEN 1 END", "CASE WHEN `a` THEN 1 END"),
        ] {
            #expect(try DefinitionExpression.parse(text).definitionText == expected)
        }
    }

    @Test("a definition is the same after it went through the file")
    func coding() throws {
        let tables = try TableHarness()
        tables.check(
            """
            CREATE TABLE p (id INT PRIMARY KEY)
            CREATE TABLE t (a INT DEFAULT (1 + 1), b INT AS (a) STORED INVISIBLE, c INT CHECK (c > \
            1), FOREIGN KEY (c) REFERENCES p (id) ON DELETE CASCADE, KEY k (a) USING BTREE \
            INVISIBLE) ROW_FORMAT=DYNAMIC
            """
        )
        let table = try #require(tables.store.schema.table("d", "t"))
        #expect(StoredTable(database: "d", name: "t", json: table.json) == table)
        #expect(table.foreignKeys.count == 1 && table.checks.count == 1)
        #expect(table.columns[1].isInvisible && table.options == ["ROW_FORMAT=DYNAMIC"])
    }

    @Test("ALTER TABLE adds columns at the end without writing rows, elsewhere with")
    func addedColumns() throws {
        try TableHarness().check(
            """
            CREATE TABLE t (id INT PRIMARY KEY)
            INSERT INTO t VALUES (1), (2)
            ALTER TABLE t ADD a INT, ADD b VARCHAR(5) NOT NULL DEFAULT 'it''s', ADD c INT NOT NULL
            ALTER TABLE t ADD (d DECIMAL(4, 2) DEFAULT 1.5, e BINARY(2) DEFAULT 'x'), ADD z \
            INT FIRST
            SELECT z, id, a, b, c, d, HEX(e) FROM t WHERE id = 1 => NULL,1,NULL,it's,0,1.50,7800
            ALTER TABLE t ADD f INT, RENAME COLUMN f TO g, ADD KEY (g)
            INSERT INTO t (id, c, g) VALUES (3, 0, 7)
            SELECT id FROM t WHERE g = 7 => 3
            ALTER TABLE t MODIFY a INT NOT NULL => !1138
            ALTER TABLE t DROP z, DROP id, DROP a, DROP b, DROP c, DROP d, DROP e, DROP g => !1090
            """
        )
    }

    @Test("ALTER TABLE keeps the rows' values when only the definition changes")
    func cheapChanges() throws {
        let tables = try TableHarness()
        tables.check(
            """
            CREATE TABLE t (a VARCHAR(5), b INT DEFAULT 1, KEY k (a))
            INSERT INTO t VALUES ('x', 2), ('y', 3)
            ALTER TABLE t MODIFY a VARCHAR(50) COMMENT 'wider', ALTER b SET DEFAULT 9
            ALTER TABLE t RENAME INDEX k TO kk, ALTER INDEX kk INVISIBLE
            INSERT INTO t (a) VALUES ('z')
            SELECT * FROM t => x,2;y,3;z,9
            ALTER TABLE t ADD UNIQUE u (b), ORDER BY b DESC
            SELECT a, b FROM t => z,9;y,3;x,2
            """
        )
        let text = tables.outcome("SHOW CREATE TABLE t")
        #expect(text.contains("`a` varchar(50) DEFAULT NULL COMMENT 'wider'"))
        #expect(text.contains("KEY `kk` (`a`) /*!80000 INVISIBLE */"))
    }

    @Test("the error of a unique key that cannot be made names the value")
    func uniqueOverRows() throws {
        let tables = try TableHarness()
        tables.check(
            """
            CREATE TABLE t (a INT, b CHAR(3))
            INSERT INTO t VALUES (1, 'x'), (1, 'X'), (NULL, NULL), (NULL, NULL)
            """
        )
        let text = "Duplicate entry '1-x' for key 't.u'"
        #expect(tables.message("ALTER TABLE t ADD UNIQUE u (a, b)") == text)
        tables.check("ALTER TABLE t ADD UNIQUE u (a, b)=> !1062")
    }

    @Test("every sentence names what it is about, in MySQL's order")
    func sentences() {
        let cases: [(ConstraintProblem, String)] = [
            (.parentMissing(table: "T"), "Failed to open the referenced table 'T'"),
            (
                .parentIndexMissing(key: "K", table: "T"),
                "Failed to add the foreign key constraint. Missing index for constraint 'K' in "
                    + "the referenced table 'T'"
            ),
            (
                .columnsDiffer(column: "A", parentColumn: "B", key: "K"),
                "Referencing column 'A' and referenced column 'B' in foreign key constraint 'K' "
                    + "are incompatible."
            ),
            (.duplicateForeignKey("K"), "Duplicate foreign key constraint name 'K'"),
            (
                .parentDropped(table: "T", key: "K", child: "C"),
                "Cannot drop table 'T' referenced by a foreign key constraint 'K' on table 'C'."
            ),
            (.indexNeeded("I"), "Cannot drop index 'I': needed in a foreign key constraint"),
            (
                .columnNeededBy(column: "A", key: "K", table: "T"),
                "Cannot drop column 'A': needed in a foreign key constraint 'K' of table 'T'"
            ),
            (.checkViolated("K"), "Check constraint 'K' is violated."),
            (.checkMissing("K"), "Check constraint 'K' is not found in the table."),
            (.constraintMissing("K"), "Constraint 'K' does not exist."),
            (
                .checkNamesUnknownColumn(check: "K", column: "A"),
                "Check constraint 'K' refers to non-existing column 'A'."
            ),
            (
                .generatedGiven(column: "A", table: "T"),
                "The value specified for generated column 'A' in table 'T' is not allowed."
            ),
            (.generatedAttribute("X"), "'X' is not supported for generated columns."),
            (.generatedNeedsColumn("A"), "Column 'A' has a generated column dependency."),
        ]
        for (problem, sentence) in cases {
            #expect(problem.message == sentence)
            #expect(TableError.constraint(problem).serverErrorCode == problem.code)
        }
    }

    @Test("LIKE copies columns, keys and checks, and no foreign key")
    func copies() throws {
        let tables = try TableHarness()
        tables.check(
            """
            CREATE TABLE p (id INT PRIMARY KEY)
            CREATE TABLE t (a INT, b INT AS (a + 1), CHECK (a > 0), FOREIGN KEY (a) REFERENCES p \
            (id))
            CREATE TABLE c LIKE t
            INSERT INTO c (a) VALUES (0) => !3819
            INSERT INTO c (a) VALUES (5)
            SELECT * FROM c => 5,6
            """
        )
    }

    @Test("an option that changes nothing is printed again, DEFAULT takes it away")
    func options() throws {
        let tables = try TableHarness()
        tables.check(
            "CREATE TABLE t (a INT) ROW_FORMAT=compressed KEY_BLOCK_SIZE=8 COMMENT='c\\'d'"
        )
        let text = tables.outcome("SHOW CREATE TABLE t")
        #expect(text.hasSuffix(" ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8 COMMENT='c''d'"))
        tables.check("ALTER TABLE t ROW_FORMAT=default")
        #expect(!tables.outcome("SHOW CREATE TABLE t").contains("ROW_FORMAT"))
    }
}
