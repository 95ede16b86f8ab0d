import BorealBase
import Testing

@testable import BorealTables

@Suite struct NearestTests {
    /// A table of `rows` vectors of 3 numbers in a circle, every tenth of them NULL.
    private func filled(_ rows: Int, nulls: Bool = true) throws -> TableHarness {
        let tables = try TableHarness()
        try tables.run("CREATE TABLE t (id INT PRIMARY KEY, v VECTOR(3))")
        let values = (0..<rows).map { id in
            nulls && id % 10 == 3
                ? "(\(id), NULL)" : "(\(id), TO_VECTOR('[\(id * 37 % 101),\(id * 53 % 97),1]'))"
        }
        try tables.run("INSERT INTO t VALUES " + values.joined(separator: ","))
        return tables
    }

    private let query = "TO_VECTOR('[10, 20, 1]')"

    @Test("the search answers what sorting all rows does, from the file and from memory")
    func sameRows() throws {
        let tables = try filled(2_500)
        var orders: [String] = []
        for metric in ["COSINE", "EUCLIDEAN", "DOT"] {
            for call in [
                "DISTANCE(v, \(query), '\(metric)')", "DISTANCE(\(query), t.v, '\(metric)')",
            ] {
                for tail in ["LIMIT 7", "DESC LIMIT 7", "LIMIT 300", "LIMIT 5 OFFSET 400"] {
                    orders.append("\(call) \(tail)")
                }
            }
        }
        for order in orders {
            let distance = String(order.prefix { $0 != ")" }) + order.drop { $0 != ")" }
            let call = String(distance.split(separator: " LIMIT")[0]).replacing(" DESC", with: "")
            // A condition that every row meets: SQLite sorts all.
            let sorted = try tables.run("SELECT \(call) FROM t WHERE id >= 0 ORDER BY \(order)")
            for _ in 0..<2 {
                let found = try tables.run("SELECT \(call) FROM t ORDER BY \(order)")
                #expect(found == sorted, "\(order)")
            }
        }
        #expect(tables.store.vectorCache.bytes > 2_250 * 12)
    }

    @Test("an alias, a place and parameters say the same")
    func forms() throws {
        let tables = try filled(50, nulls: false)
        let call = "DISTANCE(v, \(query), 'L2')"
        let expected = try tables.run("SELECT id FROM t WHERE id >= 0 ORDER BY \(call) LIMIT 4")
        let forms = [
            "SELECT id FROM t AS x ORDER BY DISTANCE(x.v, \(query), 'L2') LIMIT 4",
            "SELECT id FROM (SELECT id, \(call) AS d FROM t ORDER BY d LIMIT 4) AS x ORDER BY x.d",
            "SELECT id FROM (SELECT id, \(call) FROM d.t ORDER BY 2 LIMIT 4) AS x",
            "SELECT id FROM t ORDER BY VECTOR_DISTANCE(v, \(query), \"l2\") LIMIT 4",
        ]
        for sql in forms {
            let before = tables.store.vectorCache.bytes
            #expect(try tables.run(sql) == expected, "\(sql)")
            #expect(tables.store.vectorCache.bytes >= before)
        }
        let prepared = "SELECT id FROM t ORDER BY DISTANCE(TO_VECTOR(?), v, ?) LIMIT ?"
        let values: [TableValue] = [.text("[10,20,1]"), .text("l2"), .integer(4)]
        #expect(try tables.run(prepared, values) == expected)
        let plan = try tables.prepare(prepared, values)
        plan.close()
        #expect(tables.store.vectorCache.bytes > 0)
    }

    @Test("NULL comes first, and last when descending; a NULL query orders nothing")
    func nulls() throws {
        let tables = try filled(30)
        let call = "DISTANCE(v, \(query), 'DOT')"
        let first = try tables.run("SELECT \(call) FROM t ORDER BY \(call) LIMIT 5")
        #expect(first.prefix(3).allSatisfy { $0 == [nil] } && first[3] != [nil])
        let last = try tables.run("SELECT \(call) FROM t ORDER BY \(call) DESC LIMIT 30")
        #expect(last.suffix(3).allSatisfy { $0 == [nil] } && last[26] != [nil])
        #expect(
            try tables.run("SELECT id FROM t ORDER BY DISTANCE(v, NULL, 'DOT') LIMIT 5").count == 5
        )
        #expect(try tables.run("SELECT id FROM t ORDER BY \(call) LIMIT 0") == [])
    }

    @Test("what is wrong with the query or a row is the error of DISTANCE")
    func errors() throws {
        let tables = try filled(3, nulls: false)
        let cases: [(String, TableError)] = [
            ("TO_VECTOR('[1,2]'), 'DOT'", .vectorsDiffer(2, 3)),
            ("\(query), 'HAMMING'", .unknownMetric("HAMMING")),
            ("X'41', 'DOT'", .notAVector("A")), ("TO_VECTOR('[1'), 'DOT'", .notAVector("[1")),
        ]
        for (arguments, error) in cases {
            #expect(throws: error, "\(arguments)") {
                try tables.run("SELECT id FROM t ORDER BY DISTANCE(v, \(arguments)) LIMIT 1")
            }
        }
        try tables.run("INSERT INTO t VALUES (9, TO_VECTOR('[1,2]'))")
        #expect(throws: TableError.vectorsDiffer(3, 2)) {
            try tables.run("SELECT id FROM t ORDER BY DISTANCE(v, \(query), 'DOT') LIMIT 1")
        }
    }

    @Test("every kind of change is seen by the next search")
    func changes() throws {
        let tables = try filled(20, nulls: false)
        func nearest() throws -> String? {
            try tables.run("SELECT id FROM t ORDER BY DISTANCE(v, \(query), 'L2') LIMIT 1").first?[
                0
            ]
        }
        let exact = "TO_VECTOR('[10,20,1]')"
        _ = try nearest()
        let steps: [(String, String?)] = [
            ("INSERT INTO t VALUES (100, \(exact))", "100"),
            ("UPDATE t SET id = 101 WHERE id = 100", "101"),
            ("REPLACE INTO t VALUES (101, NULL), (102, \(exact))", "101"),
            ("DELETE FROM t WHERE v IS NULL", "102"),
            ("INSERT INTO t VALUES (102, NULL) ON DUPLICATE KEY UPDATE id = 103", "103"),
            ("ALTER TABLE t ADD COLUMN n INT", "103"),
            ("RENAME TABLE t TO u, u TO t", "103"),
            ("ALTER TABLE t ADD COLUMN w VECTOR(3)", "103"),
            ("UPDATE t SET w = \(exact) WHERE id = 4", "103"),
            ("ALTER TABLE t RENAME COLUMN v TO x, RENAME COLUMN w TO v", "0"),
            ("UPDATE t SET v = TO_VECTOR('[0,0,0]') WHERE id <> 4", "4"),
            ("TRUNCATE TABLE t", nil),
            ("INSERT INTO t (id, v) VALUES (7, \(exact))", "7"),
        ]
        for (sql, expected) in steps {
            try tables.run(sql)
            let found = try nearest()
            if sql.contains("RENAME COLUMN") {
                #expect(found != nil)
            } else {
                #expect(found == expected, "\(sql)")
            }
            #expect(try nearest() == found, "\(sql)")
        }
        try tables.run("DROP TABLE t")
        try tables.run("CREATE TABLE t (id INT PRIMARY KEY, v VECTOR(3))")
        #expect(try nearest() == nil)
    }

    @Test("a transaction sees its own changes and its own snapshot, and nobody else's")
    func transactions() throws {
        let tables = try filled(20, nulls: false)
        let other = try tables.other()
        let sql = "SELECT id FROM t ORDER BY DISTANCE(v, \(query), 'L2') LIMIT 1"
        let old = try tables.run(sql)
        try tables.run("START TRANSACTION")
        try tables.run("INSERT INTO t VALUES (100, \(query))")
        #expect(try tables.run(sql) == [["100"]])
        #expect(try tables.run(sql, in: other) == old)
        try tables.run("SAVEPOINT a")
        try tables.run("DELETE FROM t WHERE id = 100")
        #expect(try tables.run(sql) == old)
        try tables.run("ROLLBACK TO a")
        #expect(try tables.run(sql) == [["100"]])
        #expect(try tables.run(sql, in: other) == old)
        try tables.run("START TRANSACTION", in: other)
        #expect(try tables.run(sql, in: other) == old)
        try tables.run("COMMIT")
        #expect(try tables.run(sql) == [["100"]])
        #expect(try tables.run(sql, in: other) == old)
        #expect(try tables.run(sql) == [["100"]])
        try tables.run("COMMIT", in: other)
        #expect(try tables.run(sql, in: other) == [["100"]])
        try tables.run("START TRANSACTION")
        try tables.run("DELETE FROM t")
        #expect(try tables.run(sql) == [])
        try tables.run("ROLLBACK")
        #expect(try tables.run(sql) == [["100"]])
    }

    @Test("copies are kept within their limit, the longest unused given up first")
    func memory() throws {
        let tables = try filled(50, nulls: false)
        try tables.run("CREATE TABLE u LIKE t")
        try tables.run("INSERT INTO u SELECT * FROM t")
        func search(_ table: String) throws -> [[String?]] {
            try tables.run("SELECT id FROM \(table) ORDER BY DISTANCE(v, \(query), 'L2') LIMIT 3")
        }
        let cache = tables.store.vectorCache
        let expected = try search("t")
        let one = cache.bytes
        #expect(one > 600)
        #expect(try search("u") == expected)
        #expect(cache.bytes == 2 * one)
        cache.bytesMax = one
        #expect(cache.bytes == one)
        #expect(try search("t") == expected)
        #expect(cache.bytes == one)
        cache.bytesMax = one - 1
        #expect(cache.bytes == 0)
        #expect(try search("t") == expected)
        #expect(cache.bytes == 0)
        cache.bytesMax = 0
        #expect(try search("t") == expected)
    }

    @Test("temporary tables, joins, groups and conditions are sorted as before")
    func otherForms() throws {
        let tables = try filled(20, nulls: false)
        try tables.run("CREATE TEMPORARY TABLE temp AS SELECT * FROM t")
        let call = "DISTANCE(v, \(query), 'L2')"
        let expected = try tables.run("SELECT id FROM t ORDER BY \(call) LIMIT 2")
        let forms = [
            "SELECT id FROM temp ORDER BY \(call) LIMIT 2",
            "SELECT t.id FROM t JOIN (SELECT 1 AS one) AS o ORDER BY \(call) LIMIT 2",
            "SELECT DISTINCT id, \(call) AS d FROM t ORDER BY d LIMIT 2",
            "SELECT id FROM t GROUP BY id, v ORDER BY \(call) LIMIT 2",
            "SELECT id FROM t WHERE v IS NOT NULL ORDER BY \(call) LIMIT 2",
            "SELECT id FROM t HAVING id >= 0 ORDER BY DISTANCE(v, \(query), 'L2') LIMIT 2",
        ]
        for sql in forms {
            #expect(try tables.run(sql).map { [$0[0]] } == expected, "\(sql)")
        }
        try tables.run("DELETE FROM t ORDER BY \(call) LIMIT 1")
        #expect(try tables.run("SELECT id FROM t ORDER BY \(call) LIMIT 1") == [expected[1]])
    }
}
