import BorealBase
import BorealCatalog
import BorealGraph
import BorealSQL
import BorealTables
import BorealTasks
import Logging
import Testing

@testable import BorealEngine

@Suite("Tables of predictions")
struct WriteBackPartsTests {
    @Test("values come back as they went")
    func codes() {
        let values: [TableValue] = [
            .null, .integer(.min), .integer(7), .unsigned(.max), .real(-0.1), .real(.infinity),
            .decimal("-12.50"), .text(""), .text("größer\0"), .bytes([0, 255, 1]), .bytes([]),
        ]
        var row: [UInt8] = []
        for value in values { ValueCode.append(value, to: &row) }
        var read: [TableValue] = []
        row.withUnsafeBytes { bytes in
            var position = 0
            while position < bytes.count { read.append(ValueCode.read(bytes, &position)) }
        }
        #expect(read == values)
    }

    @Test("an answer is stored in the type of its column")
    func answers() {
        #expect(TableRows.value("-3", .longLong) == .integer(-3))
        #expect(TableRows.value("0.1", .double) == .real(0.1))
        #expect(TableRows.value("inf", .double) == .null)
        #expect(TableRows.value("1.50", .decimal) == .decimal("1.50"))
        #expect(TableRows.value("12", .varchar) == .text("12"))
    }

    @Test("labels have the type that holds each of them")
    func labels() {
        #expect(Labels.integer([0, 1]).columnType == .longLong)
        #expect(Labels.double([0.5]).columnType == .double)
        #expect(Labels.text(["a", "größe"]).columnType == .varchar(5))
        let decimal = Labels.decimal(["1.5", "2.25", "3"]).columnType
        #expect(decimal.kind == .decimal && decimal.decimals == 2)
    }

    private func target(_ options: String, into: String? = "t") throws -> TableTarget? {
        let end = into.map { " INTO \($0)" } ?? ""
        let text = "SELECT a FROM PREDICT(MODEL m, SELECT 1) WITH (x_cols='a'\(options))\(end)"
        guard case .model(.predict(let node)) = try StatementParser.parse(text).kind else {
            throw ServerError.interrupted
        }
        return try RequestReader.predict(node).target
    }

    @Test("options of INTO are read, and refused where they do not belong")
    func options() throws {
        #expect(
            try target(", mode='async', into_type='DB', primary_key='a, `b`'")
                == TableTarget(name: "t", kind: .external, primaryKey: ["a", "b"])
        )
        #expect(
            try target(", mode='async'") == TableTarget(name: "t", kind: .regular, primaryKey: [])
        )
        #expect(try target("", into: nil) == nil)
        let cases: [(options: String, into: String?, option: String)] = [
            ("", "t", "mode"), (", mode='async', into_type='x'", "t", "into_type"),
            (", into_type='db'", nil, "into_type"), (", primary_key='a'", nil, "primary_key"),
            (", mode='async', primary_key='a,A'", "t", "primary_key"),
        ]
        for (options, into, option) in cases {
            let error = #expect(throws: ServerError.self) { try target(options, into: into) }
            #expect(error?.code == .invalidOption)
            #expect(error?.message.hasPrefix("Invalid option '\(option)'") == true)
        }
    }

    @Test(
        "a job whose table was committed before a crash does its last step only",
        arguments: [0, Limits.jobCrashesMax]
    )
    func recovery(crashes: Int) throws {
        let engine = try Engine(
            settings: Settings(),
            directory: DataDirectory.ephemeral(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        defer { engine.close() }
        let id = engine.taskIDs.next()
        // The statement is not read to its end when the table is there: there is no model at all.
        let payload = JobPayload(
            statement: "SELECT a FROM PREDICT(MODEL m, SELECT 1 AS a) "
                + "WITH (x_cols='a', mode='async') INTO res",
            database: "",
            sqlMode: "",
            timeZone: "SYSTEM"
        )
        try engine.catalog.update { (change) throws(CatalogError) in
            try change.createTask(NewTask(id: id, type: .prediction, owner: "root@localhost"))
            try change.addJob(
                NewJob(
                    kind: PredictRunner.kind,
                    payload: payload.json,
                    subject: .task(id),
                    user: "root@localhost"
                )
            )
        }
        let tables = TableSession(
            engine.tables,
            identity: SessionIdentity(connectionID: 1, user: "root", account: "root@localhost")
        )
        var rows: [[TableValue]] = [[.integer(1)], [.integer(2)]]
        try JobChange.run(CancellationFlag()) {
            try tables.write(
                ResultTable(
                    database: "polar4ai",
                    name: "res",
                    columns: [ResultColumn("a", .longLong)],
                    writer: id.description
                ),
                rows: { rows.popLast() },
                cancellation: CancellationFlag()
            )
        }
        for _ in 0..<crashes {
            try engine.catalog.update { (change) throws(CatalogError) in
                for job in engine.catalog.snapshot.jobs { try change.startJob(job.id) }
                _ = try change.recoverJobs()
            }
        }
        engine.startJobs()
        #expect(engine.scheduler.waitUntilIdle(timeoutMilliseconds: 30_000))
        let task = try #require(engine.catalog.snapshot.task(id))
        #expect(task.status == .finish && task.results == "")
        #expect(engine.catalog.snapshot.jobs.isEmpty)
        engine.stopJobs(seconds: 5)
    }
}

@Suite("Names of versions")
struct ModelAddressTests {
    @Test("a version stands behind the last colon, unless the whole is a name")
    func addresses() throws {
        let catalog = try Catalog(DataDirectory.ephemeral())
        defer { catalog.close() }
        let odd = try ModelName("chat:large")
        try catalog.update { (change) throws(CatalogError) in
            try change.createModel(
                odd,
                owner: "a@%",
                definition: VersionDefinition(modelClass: "x")
            )
        }
        let snapshot = catalog.snapshot
        let cases: [(text: String, name: String, version: String?)] = [
            ("m", "m", nil), ("m:v2", "m", "v2"), ("CHAT:large", "CHAT:large", nil),
            ("chat:large:v1", "chat:large", "v1"), ("m:", "m", ""),
        ]
        for (text, name, version) in cases {
            let address = ModelAddress(text, snapshot)
            #expect(address.name == name && address.version == version, "\(text)")
        }
    }
}
