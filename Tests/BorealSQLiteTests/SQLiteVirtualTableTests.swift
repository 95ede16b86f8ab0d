import Synchronization
import Testing

@testable import BorealSQLite

@Suite struct SQLiteVirtualTableTests {
    /// What the table was asked for.
    private final class Seen: Sendable {
        let scans = Mutex<[SQLiteTableScan]>([])
    }

    /// `s.t` with a key `k`, a value `v` and a costly `n`; the keys are `a`, `b`, `a`.
    private static func open(_ seen: Seen = Seen()) throws -> SQLiteConnection {
        let database = try SQLiteConnection(.memory)
        let table = SQLiteVirtualTable(
            name: "s.t",
            columns: ["k", "v", "n"],
            keyColumns: [0],
            costlyColumns: [2]
        ) { scan in
            seen.scans.withLock { $0.append(scan) }
            return [
                [.text("a"), .integer(1), .real(0.5)], [.text("b"), .integer(2), .null],
                [.text("a"), .integer(3), .blob([9])],
            ]
        }
        try database.addVirtualTable(table)
        return database
    }

    @Test("rows are read without a CREATE statement, joined and ordered")
    func rows() throws {
        let database = try Self.open()
        #expect(
            try database.rows("SELECT * FROM \"s.t\" WHERE v > 1 ORDER BY v DESC")
                == [[.text("a"), .integer(3), .blob([9])], [.text("b"), .integer(2), .null]]
        )
        let joined = "SELECT x.v, y.v FROM \"s.t\" x JOIN \"s.t\" y ON y.k = x.k AND y.v > x.v"
        #expect(try database.rows(joined) == [[.integer(1), .integer(3)]])
    }

    @Test("a wanted key is told, costly columns too, and SQLite compares again")
    func pushedDown() throws {
        let seen = Seen()
        let database = try Self.open(seen)
        #expect(try database.rows("SELECT v FROM \"s.t\" WHERE k = 'b'") == [[.integer(2)]])
        #expect(try database.rows("SELECT n FROM \"s.t\" WHERE v = 1") == [[.real(0.5)]])
        let folded = "SELECT v FROM \"s.t\" WHERE k = 'B' COLLATE NOCASE"
        #expect(try database.rows(folded) == [[.integer(2)]])
        let scans = seen.scans.withLock { $0 }
        #expect(scans.map { $0.equal[0] } == [.text("b"), nil, nil])
        #expect(scans.map(\.needsCostlyColumns) == [false, true, false])
    }

    @Test("a table that cannot make its rows ends the query with an error")
    func failure() throws {
        let database = try SQLiteConnection(.memory)
        try database.addVirtualTable(SQLiteVirtualTable(name: "f", columns: ["a"]) { _ in nil })
        #expect(throws: SQLiteError.self) { try database.rows("SELECT * FROM f") }
        #expect(try database.rows("SELECT 1") == [[.integer(1)]])
    }

    @Test("rows that are too short read as NULL")
    func shortRows() throws {
        let database = try SQLiteConnection(.memory)
        let table = SQLiteVirtualTable(name: "s", columns: ["a", "b"]) { _ in [[.integer(1)], []] }
        try database.addVirtualTable(table)
        #expect(
            try database.rows("SELECT b, a FROM s") == [[.null, .integer(1)], [.null, .null]]
        )
    }

    @Test("nothing can be written into it")
    func readOnly() throws {
        let database = try Self.open()
        #expect(throws: SQLiteError.self) { try database.execute("DELETE FROM \"s.t\"") }
    }
}
