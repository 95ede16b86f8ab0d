import Testing

@testable import BorealTables

/// Rows changed through views, and what MySQL refuses of it.
@Suite struct UpdatableViewTests {
    private func prepared() throws -> TableHarness {
        let tables = try TableHarness()
        tables.check(
            """
            CREATE TABLE t (id INT PRIMARY KEY, v INT, s VARCHAR(9) DEFAULT 'def')
            INSERT INTO t VALUES (1, 10, 'x'), (2, 20, 'y'), (3, 30, 'z')
            CREATE VIEW big AS SELECT id AS k, v, v * 2 AS twice FROM t WHERE v > 15
            CREATE VIEW bigger AS SELECT * FROM big WHERE k < 3
            CREATE VIEW plain AS SELECT s, id FROM t
            CREATE VIEW sums AS SELECT s, SUM(v) FROM t GROUP BY s
            """
        )
        return tables
    }

    @Test("UPDATE and DELETE change the rows that are in the view, and no others")
    func changes() throws {
        try prepared().check(
            """
            UPDATE big SET v = v + 1
            SELECT v FROM t ORDER BY id => 10;21;31
            UPDATE bigger AS b SET b.v = 50 WHERE twice = 42
            SELECT v FROM t ORDER BY id => 10;50;31
            DELETE FROM bigger
            SELECT id FROM t ORDER BY id => 1;3
            DELETE FROM big WHERE k = 1
            SELECT count(*) FROM t => 2
            UPDATE big SET twice = 1 => !1348
            UPDATE big SET nope = 1 => !1054
            """
        )
    }

    @Test("INSERT through a view names the view's columns; the others get their defaults")
    func inserts() throws {
        try prepared().check(
            """
            INSERT INTO plain VALUES ('new', 7)
            INSERT INTO plain (id) VALUES (8)
            REPLACE INTO plain (id, s) VALUES (8, 'again')
            SELECT * FROM t WHERE id > 5 ORDER BY id => 7,NULL,new;8,NULL,again
            INSERT INTO big (k, v) VALUES (9, 1)
            SELECT v FROM t WHERE id = 9 => 1
            INSERT INTO big VALUES (10, 1, 1) => !1471
            """
        )
    }

    @Test("a view that groups or joins is not changed")
    func refused() throws {
        try prepared().check(
            """
            UPDATE sums SET s = 'a' => !1288
            DELETE FROM sums => !1288
            INSERT INTO sums VALUES ('a', 1) => !1471
            CREATE VIEW few AS SELECT id FROM t LIMIT 1
            DELETE FROM few => !1288
            CREATE VIEW kinds AS SELECT DISTINCT s FROM t
            UPDATE kinds SET s = 'a' => !1288
            """
        )
    }

    @Test("WITH CHECK OPTION keeps rows inside of the view")
    func checkOption() throws {
        let tables = try prepared()
        tables.check(
            """
            CREATE VIEW safe AS SELECT id, v FROM t WHERE v > 15 WITH CHECK OPTION
            INSERT INTO safe VALUES (4, 40)
            INSERT INTO safe VALUES (5, 5) => !1369
            UPDATE safe SET v = 1 WHERE id = 2 => !1369
            UPDATE safe SET v = 99, id = 20 WHERE id = 2
            CREATE VIEW above AS SELECT id, v FROM safe WHERE id < 100
            INSERT INTO above VALUES (6, 6) => !1369
            SELECT id, v FROM t ORDER BY id => 1,10;3,30;4,40;20,99
            """
        )
        #expect(tables.message("INSERT INTO safe VALUES (5, 5)") == "CHECK OPTION failed 'd.safe'")
        #expect(tables.outcome("SHOW CREATE VIEW safe").contains("WITH CASCADED CHECK OPTION"))
    }

    @Test("a table that changes is not read in a subquery, unless it is read first")
    func targetIsRead() throws {
        let tables = try prepared()
        tables.check(
            """
            UPDATE t SET v = (SELECT MAX(v) FROM t) => !1093
            DELETE FROM t WHERE id IN (SELECT id FROM t) => !1093
            INSERT INTO t VALUES (9, (SELECT MAX(v) FROM t), 'q') => !1093
            UPDATE t SET v = (SELECT m FROM (SELECT MAX(v) AS m FROM t) AS d)
            SELECT v FROM t => 30;30;30
            INSERT INTO t SELECT id + 10, v, s FROM t
            UPDATE t AS a JOIN t AS b ON a.id = b.id + 10 SET a.v = b.id
            SELECT v FROM t WHERE id > 10 ORDER BY id => 1;2;3
            """
        )
        let text = "You can't specify target table 't' for update in FROM clause"
        #expect(tables.message("DELETE FROM t WHERE id = (SELECT MAX(id) FROM t)") == text)
    }
}
