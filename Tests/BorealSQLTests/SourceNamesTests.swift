import Testing

@testable import BorealSQL

/// Which names of a text are a source's, and what the source gets.
@Suite struct SourceNamesTests {
    private func find(_ text: String) -> SourceNames? {
        SourceNames.find(Array(text.utf8), ["s", "east"])
    }

    private func cut(_ text: String) -> String? {
        find(text).map { String(decoding: $0.cut(Array(text.utf8)), as: UTF8.self) }
    }

    @Test(
        "the source's name and its dot go, wherever a table is named",
        arguments: [
            ("SELECT * FROM s.db.t", "SELECT * FROM db.t"),
            ("select a from S.db.t x where x.a = 1", "select a from db.t x where x.a = 1"),
            ("SELECT * FROM `s`.`db`.`t`", "SELECT * FROM `db`.`t`"),
            ("SELECT * FROM s . db . t", "SELECT * FROM db . t"),
            ("SELECT * FROM s.db.t AS s WHERE s.a = 1", "SELECT * FROM db.t AS s WHERE s.a = 1"),
            ("SELECT s.db.t.a, s.db.t.* FROM s.db.t", "SELECT db.t.a, db.t.* FROM db.t"),
            (
                "SELECT * FROM s.d.a, s.d.b WHERE a.x = b.x",
                "SELECT * FROM d.a, d.b WHERE a.x = b.x"
            ),
            (
                "SELECT * FROM (s.d.a JOIN s.d.b ON a.x = b.x)",
                "SELECT * FROM (d.a JOIN d.b ON a.x = b.x)"
            ),
            ("SELECT (SELECT MAX(a) FROM s.d.t)", "SELECT (SELECT MAX(a) FROM d.t)"),
            ("SELECT s.db.f(1) FROM s.db.t", "SELECT db.f(1) FROM db.t"),
            (
                "WITH q AS (SELECT * FROM s.d.t) SELECT * FROM q",
                "WITH q AS (SELECT * FROM d.t) SELECT * FROM q"
            ),
            (
                "WITH q (a) AS (SELECT 1 FROM s.d.t) TABLE q",
                "WITH q (a) AS (SELECT 1 FROM d.t) TABLE q"
            ),
            (
                "INSERT INTO s.d.t (a, b) VALUES (1, 's.d.t')",
                "INSERT INTO d.t (a, b) VALUES (1, 's.d.t')"
            ),
            ("INSERT IGNORE s.d.t SELECT * FROM s.d.u", "INSERT IGNORE d.t SELECT * FROM d.u"),
            (
                "REPLACE LOW_PRIORITY INTO s.d.t SET a = 1",
                "REPLACE LOW_PRIORITY INTO d.t SET a = 1"
            ),
            (
                "INSERT INTO s.d.t VALUES (1) ON DUPLICATE KEY UPDATE a = VALUES(a)",
                "INSERT INTO d.t VALUES (1) ON DUPLICATE KEY UPDATE a = VALUES(a)"
            ),
            (
                "UPDATE s.d.t, s.d.u SET a = 1 WHERE t.x = u.x",
                "UPDATE d.t, d.u SET a = 1 WHERE t.x = u.x"
            ),
            ("DELETE FROM s.d.t WHERE a IN (1, 2)", "DELETE FROM d.t WHERE a IN (1, 2)"),
            (
                "DELETE x FROM s.d.t AS x JOIN s.d.u USING (a)",
                "DELETE x FROM d.t AS x JOIN d.u USING (a)"
            ),
            ("TRUNCATE TABLE s.d.t", "TRUNCATE TABLE d.t"), ("TRUNCATE s.d.t", "TRUNCATE d.t"),
            (
                "CREATE TABLE IF NOT EXISTS s.d.t (a INT, b INT)",
                "CREATE TABLE IF NOT EXISTS d.t (a INT, b INT)"
            ),
            ("CREATE TABLE s.d.t LIKE s.d.u", "CREATE TABLE d.t LIKE d.u"),
            ("CREATE TABLE s.d.t AS SELECT * FROM s.d.u", "CREATE TABLE d.t AS SELECT * FROM d.u"),
            (
                "ALTER TABLE s.d.t ADD COLUMN a INT, ADD COLUMN b INT",
                "ALTER TABLE d.t ADD COLUMN a INT, ADD COLUMN b INT"
            ),
            ("ALTER TABLE s.d.t RENAME COLUMN a TO b", "ALTER TABLE d.t RENAME COLUMN a TO b"),
            ("ALTER TABLE s.d.t RENAME TO s.d.u", "ALTER TABLE d.t RENAME TO d.u"),
            ("DROP TABLE IF EXISTS s.d.t, s.d.u", "DROP TABLE IF EXISTS d.t, d.u"),
            ("RENAME TABLE s.d.t TO s.d.u, s.d.v TO s.d.w", "RENAME TABLE d.t TO d.u, d.v TO d.w"),
            ("CREATE INDEX i ON s.d.t (a, b)", "CREATE INDEX i ON d.t (a, b)"),
            ("CREATE VIEW s.d.v AS SELECT * FROM s.d.t", "CREATE VIEW d.v AS SELECT * FROM d.t"),
            ("SHOW CREATE TABLE s.d.t", "SHOW CREATE TABLE d.t"), ("DESC s.d.t a", "DESC d.t a"),
            ("EXPLAIN FORMAT=JSON SELECT 1 FROM s.d.t", "EXPLAIN FORMAT=JSON SELECT 1 FROM d.t"),
            ("SHOW FULL TABLES FROM s.d LIKE 'a%'", "SHOW FULL TABLES FROM d LIKE 'a%'"),
            ("SHOW TABLE STATUS IN s.d", "SHOW TABLE STATUS IN d"),
            ("SHOW COLUMNS FROM s.d.t", "SHOW COLUMNS FROM d.t"),
            ("SHOW INDEX FROM t FROM s.d", "SHOW INDEX FROM t FROM d"),
            ("SHOW DATABASES FROM s LIKE 'd%'", "SHOW DATABASES  LIKE 'd%'"),
            ("CREATE DATABASE IF NOT EXISTS s.d", "CREATE DATABASE IF NOT EXISTS d"),
            ("GRANT SELECT, INSERT ON s.d.* TO u", "GRANT SELECT, INSERT ON d.* TO u"),
            ("CALL s.d.p(1)", "CALL d.p(1)"),
            (
                "LOAD DATA LOCAL INFILE 's.d.t' INTO TABLE s.d.t (a)",
                "LOAD DATA LOCAL INFILE 's.d.t' INTO TABLE d.t (a)"
            ),
            (
                "SELECT EXTRACT(YEAR FROM s.d.c) FROM s.x.t",
                "SELECT EXTRACT(YEAR FROM s.d.c) FROM x.t"
            ),
            (
                "SELECT a FROM s.d.t FORCE INDEX FOR JOIN (i, j)",
                "SELECT a FROM d.t FORCE INDEX FOR JOIN (i, j)"
            ),
            (
                "SELECT a FROM s.d.t JOIN JSON_TABLE('[]', '$' COLUMNS (a INT PATH '$')) j",
                "SELECT a FROM d.t JOIN JSON_TABLE('[]', '$' COLUMNS (a INT PATH '$')) j"
            ),
            ("SELECT 1 FROM s.d.t FOR UPDATE OF t", "SELECT 1 FROM d.t FOR UPDATE OF t"),
            ("SELECT * FROM /* s.d.u */ s.d.t -- s.d.u", "SELECT * FROM /* s.d.u */ d.t -- s.d.u"),
        ]
    )
    func cuts(_ text: String, _ expected: String) {
        #expect(cut(text) == expected)
        #expect(find(text)?.otherTable == nil, "\(text)")
        #expect(find(text)?.obstacle == nil, "\(text)")
    }

    @Test(
        "what looks like a source's table and is none",
        arguments: [
            "SELECT 1", "SELECT * FROM s.t", "SELECT s.a FROM t AS s", "SELECT s.d.c FROM s.d",
            "SELECT 's.d.t'", "SELECT \"s.d.t\" FROM t", "SELECT 1 /* FROM s.d.t */",
            "SELECT 1 -- s.d.t", "SELECT 1 # s.d.t", "SELECT * FROM `s.d.t`", "SELECT @s.d.t",
            "SELECT @@s.d.t", "SELECT * FROM ss.d.t", "SELECT * FROM x.s.d.t", "SHOW DATABASES",
            "SHOW TABLES FROM s", "SELECT * FROM t WHERE s.d.c IS DISTINCT FROM 1",
            "SELECT 'never ends, s.d.t", "SELECT * FROM d.s",
        ]
    )
    func foreign(_ text: String) { #expect(find(text) == nil, "\(text)") }

    @Test(
        "tables of others in the same statement are told by name",
        arguments: [
            ("SELECT * FROM s.d.t JOIN u", "u"), ("SELECT * FROM s.d.t, d.u x", "d.u"),
            ("SELECT * FROM s.d.t x JOIN s.d.u y ON x.a = y.a, `v`", "`v`"),
            ("INSERT INTO u (a) SELECT a FROM s.d.t", "u"),
            ("INSERT INTO s.d.t SELECT * FROM u", "u"),
            ("CREATE TABLE u AS SELECT 1 FROM s.d.t", "u"),
            ("SELECT * FROM s.d.t WHERE a IN (SELECT a FROM u)", "u"),
            ("UPDATE u JOIN s.d.t SET u.a = 1", "u"), ("RENAME TABLE s.d.t TO u", "u"),
            ("CREATE VIEW v AS SELECT * FROM s.d.t", "v"), ("DROP TABLE s.d.t, u", "u"),
            ("WITH q AS (SELECT 1) SELECT * FROM q JOIN s.d.t JOIN r", "r"),
            ("SELECT * FROM s.d.t AS value, u", "u"), ("ALTER TABLE s.d.t RENAME u", "u"),
        ]
    )
    func others(_ text: String, _ table: String) {
        let found = find(text)
        #expect(found?.sources == ["s"], "\(text)")
        let shown = found.flatMap { names in
            names.otherTable.map { names.shown($0, in: Array(text.utf8)) }
        }
        #expect(shown == table)
    }

    @Test("two sources are both told")
    func several() {
        #expect(find("SELECT * FROM s.d.t JOIN EAST.d.u JOIN s.d.v")?.sources == ["s", "east"])
    }

    @Test(
        "what a source cannot do for another's session is told in words",
        arguments: [
            ("SELECT * FROM s.d.t WHERE a = @x", "user variables"),
            ("SELECT a INTO @x FROM s.d.t", "user variables"),
            ("SELECT @x := a FROM s.d.t", "user variables"), ("LOCK TABLES s.d.t READ", "LOCK"),
            ("SET sql_mode = (SELECT a FROM s.d.t)", "SET"), ("USE s.d", "USE"),
            ("FLUSH TABLES s.d.t", "FLUSH"),
        ]
    )
    func obstacles(_ text: String, _ word: String) {
        #expect(find(text)?.obstacle?.contains(word) == true, "\(text)")
    }

    @Test(
        "reading and changing",
        arguments: [
            ("SELECT * FROM s.d.t", true), ("(SELECT 1 FROM s.d.t) UNION SELECT 2", true),
            ("WITH q AS (SELECT 1 FROM s.d.t) SELECT * FROM q", true), ("TABLE s.d.t", true),
            ("SHOW TABLES FROM s.d", true), ("DESCRIBE s.d.t", true),
            ("INSERT INTO s.d.t VALUES (1)", false), ("DELETE FROM s.d.t", false),
            ("WITH q AS (SELECT 1) UPDATE s.d.t SET a = 1", false), ("CALL s.d.p()", false),
            ("TRUNCATE s.d.t", false), ("CREATE TABLE s.d.t (a INT)", false),
        ]
    )
    func reading(_ text: String, _ isReading: Bool) {
        #expect(find(text)?.isReading == isReading, "\(text)")
    }

    @Test("depth and length are bounded")
    func hostile() {
        let deep = String(repeating: "(", count: 5_000)
        #expect(find("SELECT 1 FROM s.d.t WHERE \(deep)")?.obstacle?.contains("levels") == true)
        let long = String(repeating: "x", count: 100_000)
        #expect(find("SELECT \(long).a FROM \(long).b.c") == nil)
        #expect(cut("SELECT \(long).a FROM s.\(long).c") == "SELECT \(long).a FROM \(long).c")
        #expect(find(String(repeating: ".", count: 10_000)) == nil)
    }
}
