import BorealBase
import Testing

@testable import BorealTables

/// Tables that a job makes and fills in one transaction.
@Suite("Tables of results")
struct ResultTableTests {
    private let harness: TableHarness

    init() throws { harness = try TableHarness() }

    private func table(
        _ columns: [ResultColumn] = [
            ResultColumn("id", .longLong), ResultColumn("p", .varchar(3)),
        ],
        name: String = "res",
        key: [String] = []
    ) -> ResultTable {
        ResultTable(
            database: "made",
            name: name,
            columns: columns,
            primaryKey: key,
            writer: "task 1"
        )
    }

    /// Writes rows; what the change ends in.
    @discardableResult
    private func write(
        _ table: ResultTable,
        _ rows: [[TableValue]],
        in session: TableSession? = nil,
        cancellation: CancellationFlag = CancellationFlag()
    ) throws -> UInt64 {
        var rest = rows[...]
        let statement = try (session ?? harness.session).write(
            table,
            rows: { rest.popFirst() },
            cancellation: cancellation
        )
        return try TableHarness.finish(statement).summary.affectedRows
    }

    private static let rows: [[TableValue]] = [
        [.integer(2), .text("b")], [.integer(1), .null], [.unsigned(3), .text("abc")],
    ]

    @Test("database, table and rows are there together, and the writer is known")
    func written() throws {
        #expect(!harness.store.holdsTable(of: "task 1"))
        #expect(try write(table(key: ["ID"]), Self.rows) == 3)
        #expect(
            try harness.run("SELECT * FROM made.res") == [["1", nil], ["2", "b"], ["3", "abc"]]
        )
        let shown = try harness.run("SHOW COLUMNS FROM made.res")
        #expect(shown.map { $0[1] } == ["bigint", "varchar(3)"])
        #expect(shown.map { $0[3] } == ["PRI", ""])
        #expect(harness.store.holdsTable(of: "task 1"))
        #expect(!harness.store.holdsTable(of: "task 2"))
        _ = try harness.run("RENAME TABLE made.res TO made.other")
        _ = try harness.run("CREATE TABLE made.copy LIKE made.other")
        #expect(harness.store.holdsTable(of: "task 1"))
        _ = try harness.run("DROP TABLE made.other")
        #expect(!harness.store.holdsTable(of: "task 1"))
    }

    @Test("what is stored of a table tells its writer")
    func coding() throws {
        try write(table(), [])
        let stored = try #require(harness.store.schema.table("made", "res"))
        let read = StoredTable(database: "made", name: "res", json: stored.json)
        #expect(read?.writer == "task 1")
        #expect(StoredTable(database: "d", name: "t").json["writer"] == nil)
    }

    @Test("what can be known before the first row is told then")
    func checks() throws {
        let text = ColumnType(.text)
        let long = String(repeating: "x", count: 65)
        try write(table(name: "taken"), [])
        let cases: [(ResultTable, ServerErrorCode)] = [
            (table(name: "taken"), .tableExists), (table(name: long), .identifierTooLong),
            (table([ResultColumn(long, text)]), .identifierTooLong),
            (table([ResultColumn("a", text), ResultColumn("A", text)]), .duplicateColumn),
            (table(key: ["nowhere"]), .keyColumnMissing),
            (table([ResultColumn("a", text)], key: ["a"]), .longColumnInKey),
        ]
        for (table, code) in cases {
            let error = #expect(throws: TableError.self, "\(code)") {
                try harness.session.check(table)
            }
            #expect(error?.serverErrorCode == code)
        }
        try harness.session.check(table())
    }

    @Test("a key that comes twice, a NULL in the key or an end on the way leave nothing")
    func nothingLeft() throws {
        let cases: [([[TableValue]], ServerErrorCode)] = [
            (Self.rows + [[.integer(2), .null]], .duplicateEntry),
            (Self.rows + [[.null, .null]], .columnCannotBeNull),
            (Self.rows + [[.integer(9), .text("abcd")]], .dataTooLong),
        ]
        for (rows, code) in cases {
            let error = #expect(throws: TableError.self) { try write(table(key: ["id"]), rows) }
            #expect(error?.serverErrorCode == code)
        }
        let flag = CancellationFlag()
        flag.cancel()
        let many = (0..<2_000).map { [TableValue.integer(Int64($0)), .null] }
        #expect(throws: TableError.self) { try write(table(), many, cancellation: flag) }
        struct Broken: Error {}
        let statement = try harness.session.write(
            table(),
            rows: { throw Broken() },
            cancellation: CancellationFlag()
        )
        #expect(throws: Broken.self) { try TableHarness.finish(statement) }
        #expect(harness.store.schema.databases["made"] == nil)
        #expect(try write(table(), Self.rows) == 3)
    }

    @Test("nobody sees the table before it is whole, and rows are asked for under the lock")
    func isolation() throws {
        let other = try harness.other()
        _ = try harness.run("CREATE TABLE t (a INT)")
        _ = try harness.run("BEGIN", in: other)
        _ = try harness.run("INSERT INTO t VALUES (1)", in: other)
        var asked = 0
        let statement = try harness.session.write(
            table(),
            rows: {
                asked += 1
                #expect(harness.store.schema.databases["made"] == nil)
                return asked > 3 ? nil : Self.rows[asked - 1]
            },
            cancellation: CancellationFlag()
        )
        #expect(throws: (any Error).self) { try TableHarness.finish(statement) }
        #expect(asked == 0)
        _ = try harness.run("COMMIT", in: other)
        _ = try TableHarness.finish(statement)
        #expect(asked == 4)
        #expect(try harness.run("SELECT COUNT(*) FROM made.res", in: other) == [["3"]])
    }

    @Test("it takes CREATE and INSERT, and CREATE on a database that is not there")
    func rights() throws {
        let session = try harness.other()
        var rights = AccountRights(user: "u", host: "%", clientHost: "h")
        rights.add([.create, .insert], database: "made", table: "res")
        session.rights = rights
        let error = #expect(throws: TableError.self) { try session.check(table()) }
        #expect(error?.serverErrorCode == .databaseAccessDenied)
        try write(table(name: "first"), [])
        try write(table(), Self.rows, in: session)
        let refused = #expect(throws: TableError.self) { try session.check(table(name: "more")) }
        #expect(refused?.serverErrorCode == .tableAccessDenied)
    }
}
