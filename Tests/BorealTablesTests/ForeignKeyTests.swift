import BorealBase
import BorealSQL
import Testing

@testable import BorealTables

/// What the answers are was seen on a MariaDB server, but for the numbers of definitions, which are
/// MySQL 8's.
@Suite struct ForeignKeyTests {
    private func family(_ actions: String = "") throws -> TableHarness {
        let tables = try TableHarness()
        tables.check(
            """
            CREATE TABLE p (id INT PRIMARY KEY, k VARCHAR(10) UNIQUE, a INT, b INT, KEY ab (a, b))
            INSERT INTO p VALUES (1, 'a', 1, 1), (2, 'b', 2, 2), (3, 'c', 1, 2)
            CREATE TABLE c (id INT PRIMARY KEY, pid INT, FOREIGN KEY (pid) REFERENCES p (id)\
            \(actions))
            INSERT INTO c VALUES (1, 1), (2, 2), (3, NULL)
            """
        )
        return tables
    }

    @Test("a row that refers to nothing is refused with the key's name")
    func child() throws {
        let tables = try family()
        let key = "CONSTRAINT `c_ibfk_1` FOREIGN KEY (`pid`) REFERENCES `p` (`id`)"
        let expected =
            "Cannot add or update a child row: a foreign key constraint fails (`d`.`c`, \(key))"
        #expect(tables.message("INSERT INTO c VALUES (4, 9)") == expected)
        tables.check(
            """
            INSERT INTO c VALUES (4, 3), (5, 9) => !1452
            UPDATE c SET pid = 9 WHERE id = 1 => !1452
            REPLACE INTO c VALUES (1, 77) => !1452
            INSERT INTO c SELECT 7, 77 => !1452
            INSERT INTO c VALUES (1, 1) ON DUPLICATE KEY UPDATE pid = 5 => !1452
            SELECT * FROM c ORDER BY id => 1,1;2,2;3,NULL
            INSERT IGNORE INTO c VALUES (4, 9), (5, 3)
            SHOW COUNT(*) WARNINGS => 1
            UPDATE IGNORE c SET pid = id
            SELECT * FROM c ORDER BY id => 1,1;2,2;3,3;5,3
            """
        )
    }

    @Test("a row that is referred to stays")
    func parent() throws {
        let tables = try family()
        #expect(tables.message("DELETE FROM p WHERE id = 1").hasPrefix("Cannot delete or update"))
        tables.check(
            """
            UPDATE p SET id = 10 WHERE id = 1 => !1451
            UPDATE p SET k = 'z' WHERE id = 1
            REPLACE INTO p VALUES (1, 'q', 1, 1) => !1451
            DELETE FROM p => !1451
            DELETE IGNORE FROM p
            SELECT id FROM p ORDER BY id => 1;2
            TRUNCATE TABLE p => !1701
            DROP TABLE p => !3730
            DROP TABLE c, p
            """
        )
    }

    @Test("actions go through the tables and no deeper than InnoDB goes")
    func actions() throws {
        let tables = try family(" ON DELETE CASCADE ON UPDATE CASCADE")
        tables.check(
            """
            UPDATE p SET id = 20 WHERE id = 2
            SELECT * FROM c ORDER BY id => 1,1;2,20;3,NULL
            DELETE FROM p WHERE id = 20
            SELECT * FROM c ORDER BY id => 1,1;3,NULL
            CREATE TABLE s (k VARCHAR(10), FOREIGN KEY (k) REFERENCES p (k) ON DELETE SET NULL ON \
            UPDATE SET NULL)
            INSERT INTO s VALUES ('A'), ('c')
            UPDATE p SET k = 'new' WHERE k = 'a'
            SELECT * FROM s => NULL;c
            DELETE FROM p WHERE id = 3
            SELECT * FROM s => NULL;NULL
            CREATE TABLE t (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES t (id) ON \
            DELETE CASCADE)
            INSERT INTO t VALUES (1, NULL), (2, 1), (3, 2), (4, 4)
            DELETE FROM t WHERE id = 1
            SELECT * FROM t => 4,4
            DELETE FROM t
            """
        )
        for id in 1...18 {
            try tables.run("INSERT INTO t VALUES (\(id), \(id == 1 ? "NULL" : String(id - 1)))")
        }
        #expect(tables.outcome("DELETE FROM t WHERE id = 1") == "!3008")
        #expect(tables.outcome("SELECT count(*) FROM t") == "18")
    }

    @Test("keys of several columns, keys to the same table, keys with NULL")
    func shapes() throws {
        let tables = try family()
        tables.check(
            """
            CREATE TABLE m (x INT, y INT, FOREIGN KEY (x, y) REFERENCES p (a, b))
            INSERT INTO m VALUES (1, 1), (1, 2), (NULL, 5), (5, NULL)
            INSERT INTO m VALUES (2, 1) => !1452
            CREATE TABLE r (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES r (id))
            INSERT INTO r VALUES (5, 6), (6, NULL) => !1452
            INSERT INTO r VALUES (1, NULL), (2, 1), (3, 3)
            DELETE FROM r WHERE id = 3 => !1451
            UPDATE r SET id = 9 WHERE id = 2
            DELETE FROM r => !1451
            SET foreign_key_checks = 0
            DELETE FROM r
            """
        )
    }

    @Test("a definition that cannot be has MySQL 8's number")
    func definitions() throws {
        try family().check(
            """
            CREATE TABLE x (a INT, FOREIGN KEY (a) REFERENCES nope (id)) => !1824
            CREATE TABLE x (a INT, FOREIGN KEY (a) REFERENCES p (zz)) => !3734
            CREATE TABLE x (a VARCHAR(10), FOREIGN KEY (a) REFERENCES p (id)) => !3780
            CREATE TABLE x (a INT UNSIGNED, FOREIGN KEY (a) REFERENCES p (id)) => !3780
            CREATE TABLE x (a INT, FOREIGN KEY (a) REFERENCES p (b)) => !1822
            CREATE TABLE x (a INT, FOREIGN KEY (zz) REFERENCES p (id)) => !1072
            CREATE TABLE x (a INT, b INT, FOREIGN KEY (a, b) REFERENCES p (id)) => !1239
            CREATE TABLE x (a INT NOT NULL, FOREIGN KEY (a) REFERENCES p (id) ON DELETE SET NULL) \
            => !1830
            CREATE TABLE x (a INT, FOREIGN KEY (a) REFERENCES p (id) ON DELETE SET DEFAULT) => !1215
            CREATE TABLE x (a INT, CONSTRAINT c_ibfk_1 FOREIGN KEY (a) REFERENCES p (id)) => !1826
            """
        )
    }

    @Test("with the checks off, tables come and go in any order")
    func checksOff() throws {
        try TableHarness().check(
            """
            SET foreign_key_checks = 0
            CREATE TABLE later (a INT, FOREIGN KEY (a) REFERENCES first (id))
            INSERT INTO later VALUES (5)
            SET foreign_key_checks = 1
            INSERT INTO later VALUES (6) => !1452
            CREATE TABLE first (a INT) => !3734
            CREATE TABLE first (id INT PRIMARY KEY)
            INSERT INTO first VALUES (6)
            INSERT INTO later VALUES (6)
            DROP TABLE first => !3730
            SET foreign_key_checks = 0
            DROP TABLE first
            """
        )
    }

    @Test("ALTER TABLE adds keys, drops them, and refuses what one needs")
    func alter() throws {
        let tables = try family()
        tables.check(
            """
            ALTER TABLE p DROP PRIMARY KEY => !1553
            ALTER TABLE p DROP COLUMN id => !1829
            ALTER TABLE c DROP COLUMN pid => !1828
            ALTER TABLE c DROP INDEX pid => !1553
            ALTER TABLE c MODIFY pid VARCHAR(5) => !1832
            ALTER TABLE c DROP FOREIGN KEY nope => !1091
            ALTER TABLE c ADD INDEX other (pid, id), DROP FOREIGN KEY c_ibfk_1
            INSERT INTO c VALUES (9, 99)
            ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (pid) REFERENCES p (id) => !1452
            DELETE FROM c WHERE id = 9
            ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (pid) REFERENCES p (id) ON DELETE CASCADE
            RENAME TABLE p TO q
            ALTER TABLE q RENAME COLUMN id TO num
            ALTER TABLE c RENAME COLUMN pid TO parent
            """
        )
        let text = tables.outcome("SHOW CREATE TABLE c")
        let key = "CONSTRAINT `fk` FOREIGN KEY (`parent`) REFERENCES `q` (`num`) ON DELETE CASCADE"
        #expect(text.contains(key))
        #expect(text.contains("KEY `other` (`parent`,`id`)"))
        #expect(!text.contains("KEY `pid`"))
    }

    @Test("an index is made for a foreign key, and goes when one of the user's serves it")
    func indexes() throws {
        let tables = try family()
        #expect(tables.outcome("SHOW CREATE TABLE c").contains("KEY `pid` (`pid`)"))
        tables.check("ALTER TABLE c ADD KEY mine (pid, id)")
        let text = tables.outcome("SHOW CREATE TABLE c")
        #expect(text.contains("KEY `mine`") && !text.contains("KEY `pid`"))
        tables.check("CREATE TABLE e (a INT, KEY own (a), FOREIGN KEY (a) REFERENCES p (id))")
        #expect(try #require(tables.store.schema.table("d", "e")).indexes.count == 1)
    }

    @Test("the declaration prints actions that were written, and the parent's database if another")
    func declaration() {
        var key = StoredForeignKey(
            name: "k",
            columns: ["a", "b"],
            parentDatabase: "d",
            parentTable: "p",
            parentColumns: ["x", "y"]
        )
        let plain = "CONSTRAINT `k` FOREIGN KEY (`a`, `b`) REFERENCES `p` (`x`, `y`)"
        #expect(key.declaration(in: "d") == plain)
        key.onDelete = .setNull
        key.onUpdate = .restrict
        let tail = " REFERENCES `d`.`p` (`x`, `y`) ON DELETE SET NULL ON UPDATE RESTRICT"
        #expect(key.declaration(in: "e").hasSuffix(tail))
        #expect(StoredForeignKey(json: key.json) == key)
    }

    @Test("keys without a name are numbered and follow the table's name")
    func names() throws {
        let tables = try family()
        tables.check(
            """
            ALTER TABLE c ADD b INT, ADD FOREIGN KEY (b) REFERENCES p (id)
            RENAME TABLE c TO cc
            ALTER TABLE cc DROP FOREIGN KEY cc_ibfk_2
            ALTER TABLE cc DROP CONSTRAINT cc_ibfk_1
            INSERT INTO cc VALUES (9, 99, 99)
            """
        )
    }

    @Test("DROP DATABASE is refused while a table elsewhere refers to one in it")
    func acrossDatabases() throws {
        let tables = try family()
        tables.check(
            """
            CREATE DATABASE e
            CREATE TABLE e.x (a INT, FOREIGN KEY (a) REFERENCES d.p (id))
            INSERT INTO e.x VALUES (9) => !1452
            INSERT INTO e.x VALUES (1)
            DROP DATABASE d => !3730
            DROP DATABASE e
            DROP DATABASE d
            """
        )
    }

    @Test("LOAD DATA leaves rows out whose parent is missing")
    func load() throws {
        let tables = try family()
        let sql = "LOAD DATA LOCAL INFILE 'x' INTO TABLE c FIELDS TERMINATED BY ','"
        let text = Array(sql.utf8)
        guard case .ordinary(.loadData(let node)) = try StatementParser.parse(text).kind else {
            Issue.record("not a LOAD DATA")
            return
        }
        let run = try tables.session.prepareLoad(
            node,
            text: text,
            cancellation: CancellationFlag()
        )
        #expect(try run.start() == nil)
        try run.feed(Array("10,1\n11,99\n12,3\n".utf8))
        #expect(try run.finish().affectedRows == 2)
        #expect(tables.outcome("SELECT id FROM c WHERE id >= 10") == "10;12")
    }

    @Test("a change that fails half way through its cascade leaves nothing")
    func halfCascade() throws {
        try family(" ON DELETE CASCADE").check(
            """
            CREATE TABLE g (cid INT, FOREIGN KEY (cid) REFERENCES c (id))
            INSERT INTO g VALUES (2)
            DELETE FROM p => !1451
            SELECT count(*) FROM p => 3
            SELECT count(*) FROM c => 3
            DELETE IGNORE FROM p
            SELECT id FROM p => 2
            SELECT id FROM c ORDER BY id => 2;3
            """
        )
    }

    @Test("multi-table DELETE takes the child before the parent when it is told so")
    func multipleTables() throws {
        try family().check(
            """
            DELETE p FROM p JOIN c ON p.id = c.pid => !1451
            DELETE c, p FROM c JOIN p ON p.id = c.pid
            SELECT id FROM p => 3
            """
        )
    }
}
