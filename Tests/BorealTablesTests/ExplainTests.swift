import Testing

@testable import BorealTables

/// EXPLAIN: id, select_type, table, type, key, key_len, ref, rows, Extra of each line.
@Suite struct ExplainTests {
    private static func shop() throws -> TableHarness {
        let tables = try TableHarness()
        for sql in [
            "CREATE TABLE a (id INT PRIMARY KEY, k INT, v VARCHAR(10), KEY kk (k), "
                + "UNIQUE KEY uv (v))",
            "CREATE TABLE b (id INT PRIMARY KEY, a_id INT NOT NULL, KEY ka (a_id))",
            "INSERT INTO a VALUES (1, 1, 'x'), (2, 1, 'y'), (3, 2, 'z'), (4, 5, 'w')",
            "INSERT INTO b VALUES (1, 1), (2, 1), (3, 2)",
        ] { try tables.run(sql) }
        return tables
    }

    private static func check(_ cases: [ExpressionCase]) throws {
        let tables = try shop()
        for entry in cases {
            let lines = try tables.run("EXPLAIN " + entry.sql).map { row in
                [0, 1, 2, 4, 6, 7, 8, 9, 11].map { row[$0] }
            }
            #expect(TableHarness.show(lines) == entry.expected, "\(entry.sql)")
        }
    }

    @Test("the access to one table is told")
    func oneTable() throws {
        try Self.check([
            .init("SELECT * FROM a", "1,SIMPLE,a,ALL,NULL,NULL,NULL,4,NULL"),
            .init("SELECT * FROM a WHERE id = 1", "1,SIMPLE,a,const,PRIMARY,4,const,1,NULL"),
            .init(
                "SELECT * FROM a WHERE id > 1",
                "1,SIMPLE,a,range,PRIMARY,4,NULL,1,Using where"
            ),
            .init("SELECT * FROM a WHERE k = 1", "1,SIMPLE,a,ref,kk,5,const,4,NULL"),
            .init("SELECT * FROM a x WHERE v = 'x'", "1,SIMPLE,x,const,uv,43,const,1,NULL"),
            .init(
                "SELECT * FROM a ORDER BY k + 1",
                "1,SIMPLE,a,ALL,NULL,NULL,NULL,4,Using filesort"
            ),
            .init("SELECT 1", "1,SIMPLE,NULL,NULL,NULL,NULL,NULL,NULL,No tables used"),
        ])
    }

    @Test("joins, derived tables and subqueries have lines of their own")
    func several() throws {
        try Self.check([
            .init(
                "SELECT * FROM b STRAIGHT_JOIN a ON a.id = b.a_id",
                "1,SIMPLE,b,ALL,NULL,NULL,NULL,3,NULL;1,SIMPLE,a,eq_ref,PRIMARY,4,func,1,NULL"
            ),
            .init(
                "SELECT (SELECT MAX(id) FROM b WHERE a_id = a.id) FROM a WHERE id = 3",
                "1,PRIMARY,a,const,PRIMARY,4,const,1,NULL;"
                    + "2,DEPENDENT SUBQUERY,b,ref,ka,4,func,3,Using index"
            ),
            .init(
                "SELECT * FROM (SELECT k, COUNT(*) c FROM a GROUP BY k) d WHERE c > 1",
                "1,PRIMARY,<derived2>,ALL,NULL,NULL,NULL,NULL,Using where;"
                    + "2,DERIVED,a,index,kk,5,NULL,4,Using index"
            ),
            .init(
                "SELECT * FROM a WHERE id IN (SELECT a_id FROM b)",
                "1,PRIMARY,a,range,PRIMARY,4,NULL,1,Using where;"
                    + "2,SUBQUERY,b,ALL,NULL,NULL,NULL,3,NULL"
            ),
        ])
    }

    @Test("changes are explained by what they read")
    func changes() throws {
        try Self.check([
            .init("UPDATE a SET k = 2 WHERE id = 1", "1,UPDATE,a,const,PRIMARY,4,const,1,NULL"),
            .init("DELETE FROM a WHERE k = 5", "1,DELETE,a,ref,kk,5,const,4,NULL"),
            .init(
                "INSERT INTO a VALUES (9, 9, 'q')",
                "1,INSERT,a,ALL,NULL,NULL,NULL,NULL,NULL"
            ),
        ])
    }

    @Test("the other forms are JSON and a tree; what is not there is an error")
    func forms() throws {
        let tables = try Self.shop()
        #expect(
            tables.outcome("EXPLAIN FORMAT=TREE SELECT * FROM a WHERE id = 1")
                == "-> Single-row index lookup on a using PRIMARY  (rows=1)\n"
        )
        let json = try tables.run("EXPLAIN FORMAT=JSON SELECT * FROM a")[0][0] ?? ""
        let queried = try tables.run(
            "SELECT JSON_UNQUOTE(JSON_EXTRACT(?, "
                + "'$.query_block.nested_loop[0].table.access_type'))",
            [.text(json)]
        )
        #expect(queried == [["ALL"]])
        #expect(tables.outcome("EXPLAIN FORMAT=NOPE SELECT 1") == "!1791")
        #expect(tables.outcome("EXPLAIN ANALYZE SELECT 1") == "!1235")
        #expect(tables.outcome("EXPLAIN SELECT nope FROM a") == "!1054")
        #expect(try tables.run("EXPLAIN a k").first?.first == "k")
    }
}
