import BorealBase
import Testing

@testable import BorealSQLite

@Suite struct SQLiteConnectionTests {
    @Test("values of every class come back as they were bound")
    func roundTrip() throws {
        let database = try SQLiteConnection(.memory)
        try database.execute("CREATE TABLE t (a, b, c, d, e)")
        let row: [SQLiteValue] = [
            .integer(.min), .real(0.1), .text("snö\u{0}x"), .blob([0, 255]), .null,
        ]
        try database.run("INSERT INTO t VALUES (?, ?, ?, ?, ?)", row)
        #expect(try database.rows("SELECT * FROM t") == [row])
    }

    @Test("empty text and empty blobs are not NULL")
    func emptyValues() throws {
        let database = try SQLiteConnection(.memory)
        let rows = try database.rows("SELECT ?, ?", [.text(""), .blob([])])
        #expect(rows == [[.text(""), .blob([])]])
    }

    @Test("a second statement behind the first is refused", arguments: ["SELECT 1; SELECT 2", ""])
    func oneStatement(sql: String) throws {
        let database = try SQLiteConnection(.memory)
        #expect(throws: SQLiteError.self) { try database.prepare(sql) }
    }

    @Test("a closing semicolon and blanks are allowed")
    func semicolon() throws {
        let database = try SQLiteConnection(.memory)
        #expect(try database.prepare("SELECT 1; \n").step())
    }

    @Test(
        "a guarded connection denies ATTACH, DETACH and PRAGMA",
        arguments: [
            "ATTACH ':memory:' AS x", "PRAGMA journal_mode", "PRAGMA user_version = 3",
            "DETACH main",
        ]
    )
    func guarded(sql: String) throws {
        let database = try SQLiteConnection(.memory)
        database.isGuarded = true
        #expect(throws: SQLiteError.self) { try database.prepare(sql).step() }
    }

    @Test("the user version can be set on a guarded connection")
    func userVersion() throws {
        let database = try SQLiteConnection(.memory)
        database.isGuarded = true
        try database.setUserVersion(7)
        #expect(try database.userVersion() == 7)
    }

    @Test("a transaction that throws leaves nothing")
    func rollBack() throws {
        struct Stop: Error {}
        let database = try SQLiteConnection(.memory)
        try database.execute("CREATE TABLE t (a)")
        #expect(throws: Stop.self) {
            try database.transaction {
                try database.run("INSERT INTO t VALUES (1)")
                throw Stop()
            }
        }
        #expect(try database.rows("SELECT count(*) FROM t") == [[.integer(0)]])
        #expect(!database.isInTransaction)
    }

    @Test("a unique violation is told apart from other constraints")
    func unique() throws {
        let database = try SQLiteConnection(.memory)
        try database.execute("CREATE TABLE t (a UNIQUE, b NOT NULL); INSERT INTO t VALUES (1, 1)")
        let duplicate = #expect(throws: SQLiteError.self) {
            try database.run("INSERT INTO t VALUES (1, 1)")
        }
        #expect(duplicate?.isUniqueViolation == true)
        let missing = #expect(throws: SQLiteError.self) {
            try database.run("INSERT INTO t VALUES (2, NULL)")
        }
        #expect(missing?.isUniqueViolation == false)
        #expect(missing?.isConstraint == true)
    }

    @Test("a set cancellation flag ends an endless statement")
    func cancellation() throws {
        let database = try SQLiteConnection(.memory)
        let flag = CancellationFlag()
        flag.cancel()
        database.cancellation = flag
        let endless =
            "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM n) SELECT sum(x) FROM n"
        let error = #expect(throws: SQLiteError.self) { try database.rows(endless) }
        #expect(error?.isInterrupt == true)
    }

    @Test("the statement cache hands one statement to one user at a time")
    func cache() throws {
        let database = try SQLiteConnection(.memory)
        let first = try database.statement("SELECT ?")
        let second = try database.statement("SELECT ?")
        #expect(first !== second)
        try first.bind(1, Int64(5))
        #expect(try first.step())
        database.giveBack(first)
        let third = try database.statement("SELECT ?")
        #expect(third === first)
        #expect(try third.step())
        #expect(third.isNull(0))
    }

    @Test("functions, aggregates and collations of ours are called")
    func functions() throws {
        final class Longest: SQLiteAggregate {
            var best = ""
            func step(_ call: SQLiteCall) {
                if call.text(0).count > best.count { best = call.text(0) }
            }
            func finish(_ call: SQLiteCall) { call.result(best) }
        }
        let database = try SQLiteConnection(.memory)
        try database.addFunction("twice", argumentCount: 1) { $0.result($0.int64(0) * 2) }
        try database.addFunction("broken", argumentCount: 0) { $0.fail("it broke") }
        try database.addAggregate("longest", argumentCount: 1) { Longest() }
        try database.addCollation("backwards") { left, right in
            right.lexicographicallyPrecedes(left)
                ? -1 : left.lexicographicallyPrecedes(right) ? 1 : 0
        }
        try database.execute("CREATE TABLE t (a TEXT COLLATE backwards)")
        try database.execute("INSERT INTO t VALUES ('b'), ('abc'), ('c')")
        #expect(try database.rows("SELECT twice(21)") == [[.integer(42)]])
        #expect(try database.rows("SELECT longest(a) FROM t") == [[.text("abc")]])
        #expect(try database.rows("SELECT longest(a) FROM t WHERE 0") == [[.text("")]])
        #expect(try database.rows("SELECT a FROM t ORDER BY a LIMIT 1") == [[.text("c")]])
        let error = #expect(throws: SQLiteError.self) { try database.rows("SELECT broken()") }
        #expect(error?.message == "it broke")
    }

    @Test("a batch lands integers, reals, text and NULLs in typed columns")
    func batches() throws {
        let database = try SQLiteConnection(.memory)
        try database.execute("CREATE TABLE t (a INTEGER, b REAL, c TEXT)")
        try database.execute("INSERT INTO t VALUES (1, 0.5, 'x'), (NULL, 2, NULL), (3, NULL, 'zz')")
        let statement = try database.statement("SELECT a, b, c, a FROM t")
        let reader = SQLiteBatchReader(
            statement,
            fields: [
                .init(name: "a", type: .longLong, landing: .int64),
                .init(name: "b", type: .double, landing: .double),
                .init(name: "c", type: .varchar(), landing: .bytes),
                .init(name: "d", type: .varchar(), landing: .byValue),
            ]
        )
        let batch = try #require(try reader.next(rowsMax: 2))
        #expect(batch.rowCount == 2)
        guard case .int64(let whole) = batch.columns[0].storage,
            case .double(let real) = batch.columns[1].storage,
            case .bytes(let text) = batch.columns[2].storage,
            case .int64 = batch.columns[3].storage
        else {
            Issue.record("a storage is not what was asked for")
            return
        }
        #expect(whole[0] == 1)
        #expect(real == [0.5, 2])
        #expect(text.string(0) == "x")
        #expect(batch.columns[0].isNull(1) && batch.columns[2].isNull(1))
        #expect(try reader.next(rowsMax: 2)?.rowCount == 1)
        #expect(try reader.next(rowsMax: 2) == nil)
    }
}
