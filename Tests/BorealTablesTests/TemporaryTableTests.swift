import Testing

@testable import BorealTables

@Suite struct TemporaryTableTests {
    @Test("a temporary table stands in front of a stored one, for its session alone")
    func shadow() throws {
        let tables = try TableHarness()
        let other = try tables.other()
        tables.check(
            """
            CREATE TABLE t (a INT)
            INSERT INTO t VALUES (1)
            CREATE TEMPORARY TABLE t (a INT, b INT)
            INSERT INTO t VALUES (7, 8)
            SELECT * FROM t => 7,8
            CREATE TEMPORARY TABLE t (a INT) => !1050
            CREATE TEMPORARY TABLE IF NOT EXISTS t (a INT)
            SHOW TABLES => t
            DROP TABLE t
            SELECT * FROM t => 1
            DROP TEMPORARY TABLE t => !1051
            DROP TEMPORARY TABLE IF EXISTS t
            """
        )
        try tables.run("CREATE TEMPORARY TABLE own (a INT)")
        #expect(throws: TableError.noSuchTable(database: "d", table: "own")) {
            try tables.run("SELECT * FROM own", in: other)
        }
    }

    @Test("views mean the stored tables that temporary ones hide")
    func behindViews() throws {
        try TableHarness().check(
            """
            CREATE TABLE t (a INT)
            INSERT INTO t VALUES (1)
            CREATE VIEW v AS SELECT a FROM t WHERE a IN (SELECT a FROM t)
            CREATE VIEW c AS SELECT a + 1 AS b, a FROM t
            CREATE TEMPORARY TABLE t (a INT, b INT)
            INSERT INTO t VALUES (7, 8)
            SELECT a FROM v => 1
            SELECT t.a, c.b FROM t JOIN c => 7,2
            SELECT a FROM (SELECT a FROM v) d WHERE EXISTS (SELECT 1 FROM t WHERE b = 8) => 1
            UPDATE c SET a = 3
            INSERT INTO c (a) VALUES (4)
            SELECT a FROM c ORDER BY a => 3;4
            SELECT * FROM t => 7,8
            INSERT INTO t SELECT a, a FROM v
            SELECT a FROM t ORDER BY a => 3;4;7
            DELETE FROM c WHERE a = 4
            CREATE VIEW w AS SELECT a FROM v
            CREATE VIEW x AS SELECT a FROM t => !1352
            CREATE VIEW x AS SELECT a FROM v WHERE a = (SELECT MAX(a) FROM t) => !1352
            DROP TEMPORARY TABLE t
            SELECT * FROM t => 3
            CREATE TABLE u (a INT)
            CREATE VIEW y AS SELECT a FROM u
            DROP TABLE u
            CREATE TEMPORARY TABLE u (a INT)
            SELECT * FROM y => !1146
            """
        )
    }

    @Test("LOCK TABLES of one's own tables waits for nobody, and locks all others out")
    func locking() throws {
        let tables = try TableHarness()
        let other = try tables.other()
        try tables.run("CREATE TABLE t (a INT)")
        try tables.run("CREATE TEMPORARY TABLE own (a INT)")
        try tables.run("BEGIN", in: other)
        try tables.run("INSERT INTO t VALUES (1)", in: other)
        try tables.run("LOCK TABLES own WRITE")
        #expect(tables.outcome("SELECT * FROM own") == "")
        #expect(tables.outcome("SELECT * FROM t") == "!1100")
        try tables.run("UNLOCK TABLES")
        // With another table beside it, it is a lock as any.
        #expect(throws: TableError.lockWaitTimeout) {
            try tables.run("LOCK TABLES own WRITE, t WRITE")
        }
        try tables.run("COMMIT", in: other)
        try tables.run("LOCK TABLES own WRITE, t READ")
        try tables.run("INSERT INTO t VALUES (2)", in: other)
        #expect(tables.outcome("SELECT * FROM t") == "1")
        try tables.run("UNLOCK TABLES")
        #expect(tables.outcome("SELECT * FROM t") == "1;2")
    }

    @Test("it is described, altered, emptied and joined like any table")
    func wholeLife() throws {
        try TableHarness().check(
            """
            CREATE TABLE base (id INT PRIMARY KEY, v INT)
            INSERT INTO base VALUES (1, 10), (2, 20)
            CREATE TEMPORARY TABLE x (id INT AUTO_INCREMENT PRIMARY KEY, k CHAR(3), UNIQUE (k))
            INSERT INTO x (k) VALUES ('a'), ('b')
            INSERT INTO x (k) VALUES ('A') => !1062
            SELECT x.k, base.v FROM x JOIN base USING (id) ORDER BY 1 => a,10;b,20
            ALTER TABLE x ADD n INT NOT NULL DEFAULT 5, ADD KEY (n)
            SELECT * FROM x => 1,a,5;2,b,5
            DESCRIBE x k => k,char(3),YES,UNI,NULL,
            UPDATE x SET n = 6 WHERE k = 'b'
            DELETE FROM x WHERE id = 1
            CREATE TEMPORARY TABLE y AS SELECT * FROM x
            INSERT INTO base SELECT id + 10, n FROM y
            SELECT * FROM base WHERE id > 10 => 12,6
            ALTER TABLE y RENAME TO z
            SELECT count(*) FROM z => 1
            TRUNCATE TABLE x
            INSERT INTO x (k) VALUES ('q')
            SELECT id FROM x => 1
            CREATE VIEW v AS SELECT * FROM x => !1352
            CREATE TEMPORARY TABLE f (a INT, FOREIGN KEY (a) REFERENCES base (id)) => !1215
            CREATE OR REPLACE TEMPORARY TABLE x (z INT)
            SELECT * FROM x =>
            """
        )
    }

    @Test("a change of it leaves alone what refers to the stored table of its name")
    func alteredShadow() throws {
        try TableHarness().check(
            """
            CREATE TABLE p (id INT PRIMARY KEY)
            CREATE TABLE c (id INT, FOREIGN KEY (id) REFERENCES p (id))
            CREATE TEMPORARY TABLE p (id INT PRIMARY KEY)
            ALTER TABLE p RENAME COLUMN id TO x
            ALTER TABLE p ADD FOREIGN KEY (x) REFERENCES c (id) => !1215
            CREATE TEMPORARY TABLE q (a INT)
            ALTER TABLE q RENAME p => !1050
            ALTER TABLE q RENAME nowhere.q => !1049
            SELECT count(*) FROM q => 0
            DROP TABLE p
            INSERT INTO p VALUES (1)
            INSERT INTO c VALUES (1)
            INSERT INTO c VALUES (2) => !1452
            """
        )
    }

    @Test("SHOW CREATE TABLE says that it is temporary")
    func showCreate() throws {
        let tables = try TableHarness()
        tables.check("CREATE TEMPORARY TABLE x (a INT)")
        #expect(tables.outcome("SHOW CREATE TABLE x").contains("CREATE TEMPORARY TABLE `x` ("))
    }

    @Test("CREATE and DROP do not commit, and stay when the transaction is rolled back")
    func transactions() throws {
        let tables = try TableHarness()
        tables.check(
            """
            CREATE TABLE t (a INT)
            CREATE TEMPORARY TABLE older (a INT)
            INSERT INTO older VALUES (1)
            START TRANSACTION
            INSERT INTO t VALUES (1)
            CREATE TEMPORARY TABLE inside (a INT)
            INSERT INTO inside VALUES (5)
            INSERT INTO older VALUES (2)
            DROP TEMPORARY TABLE older
            ROLLBACK
            SELECT count(*) FROM t => 0
            SELECT count(*) FROM inside => 0
            SELECT * FROM older => !1146
            INSERT INTO inside VALUES (6)
            START TRANSACTION
            INSERT INTO inside VALUES (7)
            SAVEPOINT s
            INSERT INTO inside VALUES (8)
            ROLLBACK TO s
            COMMIT
            SELECT * FROM inside => 6;7
            """
        )
    }

    @Test("they go with the session and with COM_RESET_CONNECTION")
    func ends() throws {
        let tables = try TableHarness()
        tables.check(
            """
            CREATE TEMPORARY TABLE x (a INT)
            INSERT INTO x VALUES (1)
            """
        )
        tables.session.reset()
        #expect(tables.outcome("SELECT * FROM x") == "!1146")
        tables.check("CREATE TEMPORARY TABLE x (a INT)")
        #expect(tables.outcome("SELECT * FROM x") == "")
        #expect(tables.session.home != nil)
        tables.session.close()
        #expect(tables.session.home == nil && tables.session.temporary.isEmpty)
    }

    @Test("two sessions have tables of one name at the same time, with counters of their own")
    func twoSessions() throws {
        let tables = try TableHarness()
        let other = try tables.other()
        let create = "CREATE TEMPORARY TABLE x (id INT AUTO_INCREMENT PRIMARY KEY, a INT)"
        for session in [tables.session, other] { try tables.run(create, in: session) }
        try tables.run("INSERT INTO x (a) VALUES (1), (2), (3)")
        try tables.run("INSERT INTO x (a) VALUES (9)", in: other)
        #expect(TableHarness.show(try tables.run("SELECT * FROM x", in: other)) == "1,9")
        #expect(tables.outcome("SELECT count(*) FROM x") == "3")
    }
}
