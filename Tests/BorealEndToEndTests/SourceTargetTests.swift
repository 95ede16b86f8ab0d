import Foundation
import TestPrograms
import Testing

/// PREDICT ... INTO tables of a real MariaDB.
@Suite(
    .serialized,
    .enabled(if: MariaDBServer.isInstalled, "mariadbd is not installed")
)
struct SourceTargetTests {
    private final class Pair: Sendable {
        let source: MariaDBServer
        let proxy: ByteProxy
        /// With the source as its `--source` and, under the name `west`, beside that.
        let server: ServerProcess

        init() throws {
            source = try MariaDBServer()
            proxy = try ByteProxy(to: source.port)
            let url = source.url(port: proxy.port)
            server = try ServerProcess.ephemeral(["--source", url])
            let direct = try source.connect(database: "shop")
            _ = try direct.query(
                "CREATE TABLE orders (id INT PRIMARY KEY, amount DOUBLE, late INT)"
            )
            _ = try direct.query(
                "INSERT INTO orders SELECT seq, seq * 1.25, seq DIV 7 % 2 FROM seq_1_to_900"
            )
            try SourceTargetTests.fill(server, url)
        }
    }

    /// The source by name, the same rows in an embedded table, and a model.
    private static func fill(_ server: ServerProcess, _ url: String) throws {
        let client = try server.connect()
        _ = try client.query("CREATE SOURCE west OPTIONS (URL '\(url)')")
        _ = try client.query(
            "CREATE TABLE local.orders (id INT PRIMARY KEY, amount DOUBLE, late INT)"
        )
        let rows = (1...900).map { "(\($0), \(Double($0) * 1.25), \($0 / 7 % 2))" }
        _ = try client.query("INSERT INTO local.orders VALUES " + rows.joined(separator: ","))
        _ = try client.query(
            "CREATE MODEL m WITH (model_class='lightgbm', x_cols='amount', y_cols='late', "
                + "model_parameter=(n_estimators=10)) AS (SELECT * FROM local.orders)"
        )
        #expect(try client.statuses(of: "m", until: ["saved", "failed"]).last == "saved")
    }

    private static let shared = Result { try Pair() }

    private let source: MariaDBServer
    private let proxy: ByteProxy
    private let server: ServerProcess
    private let client: RawClient
    private let direct: RawClient

    init() throws {
        let pair = try Self.shared.get()
        source = pair.source
        proxy = pair.proxy
        server = pair.server
        proxy.heal()
        client = try server.connect(database: "shop")
        direct = try source.connect(database: "shop")
    }

    private func predict(
        _ query: String,
        into table: String,
        _ items: String = "id",
        _ options: String = ""
    ) -> String {
        "SELECT \(items) FROM PREDICT(MODEL m, \(query)) WITH (x_cols='amount', mode='async'"
            + "\(options)) INTO \(table)"
    }

    private func finished(_ statement: String) throws -> [String: String] {
        try client.task(try client.query(statement).cell ?? "")
    }

    /// Tables at the source whose names look like `pattern`.
    private func tables(_ pattern: String) throws -> [String?] {
        try direct.query("SHOW TABLES LIKE '\(pattern)'").rows.map { $0[0] }
    }

    /// More rows than fit into some statements: nine megabytes, or more.
    private static func many(_ count: Int = 40_000) -> String {
        "SELECT seq id, seq * 1.5 amount, REPEAT('x', 200) t "
            + "FROM shop.seq_1_to_\(count)"
    }

    @Test("rows of either server go into tables of either server")
    func directions() throws {
        let expected = try client.query(
            "SELECT id FROM PREDICT(MODEL m, SELECT * FROM local.orders ORDER BY id) "
                + "WITH (x_cols='amount')"
        ).rows
        var number = 0
        for rows in ["orders", "west.shop.orders", "local.orders"] {
            for place in ["shop", "west.shop", "polar4ai"] {
                number += 1
                let table = "\(place).`to \(number)`"
                let task = try finished(predict("SELECT * FROM \(rows)", into: table))
                #expect(task["taskStatus"] == "finish", "\(rows), \(table): \(task)")
                let written = try client.query("SELECT * FROM \(table) ORDER BY id")
                #expect(written.names == ["id", "predicted_results"])
                #expect(written.rows == expected, "\(rows), \(table)")
            }
        }
        let statement = predict("SELECT * FROM orders", into: "west.shop.q")
        let plan = try client.query("EXPLAIN " + statement)
        #expect(plan.rows.contains { $0[0] == "into" && $0[1] == "west.shop.q" })
        #expect(try tables("q").isEmpty && tables("\\\\_boreal%").isEmpty)
    }

    @Test("values of every type are written as they were read")
    func types() throws {
        let columns = [
            ("ti", "TINYINT UNSIGNED", "255"), ("bi", "BIGINT", "-9223372036854775808"),
            ("ub", "BIGINT UNSIGNED", "18446744073709551615"), ("f", "FLOAT", "0.1"),
            ("d", "DOUBLE", "-1e300"), ("n", "DECIMAL(38,20)", "-0.00000000000000000001"),
            ("b", "BIT(10)", "b'1000000001'"), ("y", "YEAR", "2024"),
            ("da", "DATE", "'0001-01-01'"), ("dt", "DATETIME(6)", "'2024-02-29 23:59:59.999999'"),
            ("ts", "TIMESTAMP NULL", "'2024-02-29 23:59:59'"),
            ("tm", "TIME(3)", "'-838:59:59.000'"),
            ("c", "CHAR(3)", "'é'"), ("v", "VARCHAR(20)", "''"),
            ("q", "VARCHAR(40)", "'it''s \\\\ \\n \\\"x\\\" `y` 😀'"),
            ("t", "MEDIUMTEXT", "REPEAT('größe', 30000)"), ("vb", "VARBINARY(4)", "X'00FF'"),
            ("bl", "BLOB", "X'FFFE'"),
            ("e", "ENUM('x','y')", "'y'"), ("s", "SET('p','q')", "'p,q'"),
        ]
        let definitions = columns.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
        _ = try direct.query("SET NAMES utf8mb4")
        _ = try direct.query(
            "CREATE TABLE kinds (id INT PRIMARY KEY, amount DOUBLE, \(definitions)) "
                + "CHARACTER SET utf8mb4"
        )
        let values = columns.map(\.2).joined(separator: ", ")
        let nulls = columns.map { _ in "NULL" }.joined(separator: ", ")
        _ = try direct.query("INSERT INTO kinds VALUES (1, 1.5, \(values)), (2, 2.5, \(nulls))")
        let items = "id, " + columns.map(\.0).joined(separator: ", ")
        for table in ["shop.kinds_there", "polar4ai.kinds_here"] {
            let task = try finished(predict("SELECT * FROM kinds", into: table, items))
            #expect(task["taskStatus"] == "finish", "\(task)")
        }
        for (name, type, _) in columns {
            let equal = try direct.query(
                "SELECT COUNT(*) FROM kinds k JOIN kinds_there r USING (id) "
                    + "WHERE k.\(name) <=> r.\(name) AND HEX(k.\(name)) <=> HEX(r.\(name))"
            )
            #expect(equal.cell == "2", "\(name) \(type)")
        }
        let count = "SELECT COUNT(*), COUNT(e), COUNT(s) FROM polar4ai.kinds_here"
        #expect(try client.query(count).rows == [["2", "1", "1"]])
    }

    @Test("a key that comes twice, or a row that is too long, is an error and no table")
    func wholeOrNothing() throws {
        let twice = "SELECT id DIV 2 id, amount FROM orders"
        let missing = "SELECT NULLIF(id, 7) id, amount FROM orders"
        for (query, number) in [(twice, "1062"), (missing, "1048")] {
            for table in ["shop.keyed", "west.shop.keyed"] {
                let task = try finished(
                    predict(query, into: table, "id", ", primary_key='id'")
                )
                #expect(task["taskStatus"] == "fail", "\(task)")
                #expect(task["results"]?.contains(number) == true, "\(task)")
            }
        }
        let packet = try direct.query("SELECT @@max_allowed_packet").cell ?? ""
        _ = try direct.query("SET GLOBAL max_allowed_packet = 65536")
        defer { _ = try? direct.query("SET GLOBAL max_allowed_packet = \(packet)") }
        for (length, number) in [(10_000, 900), (70_000, 0)] {
            let task = try finished(
                predict(
                    "SELECT o.*, REPEAT('\\'', \(length / 2)) t FROM orders o",
                    into: "west.shop.packets\(length)",
                    "id, t"
                )
            )
            #expect(task["taskStatus"] == (number > 0 ? "finish" : "fail"), "\(task)")
            guard number > 0 else {
                #expect(task["results"]?.contains("1153") == true, "\(task)")
                continue
            }
            let sum = "SELECT COUNT(*), SUM(t = REPEAT('\\'', \(length / 2))) FROM packets\(length)"
            #expect(try direct.query(sum).rows == [["\(number)", "\(number)"]])
        }
        #expect(try tables("keyed").isEmpty && tables("packets70000").isEmpty)
        #expect(try tables("\\\\_boreal%").isEmpty)
    }

    @Test("what can be known at the statement is told there, and no task is made")
    func refused() throws {
        _ = try direct.query("CREATE TABLE taken (a INT)")
        let before = try client.query("SHOW TASKS").rows.count
        let cases: [(String, String, Int)] = [
            ("shop.taken", "", 1_050), ("west.shop.taken", "", 1_050),
            ("local.new", "", 1_235), ("boreal_ai.new", "", 1_235), ("nosuch.shop.new", "", 1_477),
            ("shop.new", ", primary_key='late'", 9_055), ("west.shop.`n `", "", 1_103),
        ]
        for (table, options, number) in cases {
            let text = predict("SELECT * FROM orders", into: table, "id", options)
            let failure = try client.failure(of: text)
            #expect(failure.number == number, "\(table): \(failure)")
        }
        for text in [
            "CREATE USER writer@localhost IDENTIFIED BY ''",
            "GRANT PREDICT ON MODEL m TO writer@localhost",
            "GRANT SELECT ON local.* TO writer@localhost",
        ] {
            _ = try client.query("/*polar4ai*/" + text)
        }
        let writer = try RawClient(port: server.mysqlPort, user: "writer")
        let text = predict("SELECT * FROM local.orders", into: "west.shop.new")
        #expect(try writer.failure(of: text).number == 1_227)
        #expect(try client.query("SHOW TASKS").rows.count == before)
        let alone = try ServerProcess.ephemeral()
        _ = try alone.connect().query("CREATE DATABASE local")
        try Self.fill(alone, source.url())
        let other = try alone.connect()
        let elsewhere = predict("SELECT * FROM local.orders", into: "shop.new")
        #expect(try other.failure(of: elsewhere).number == 1_235)
    }

    @Test("a source that dies while it is written has no table, and nothing is left in the end")
    func death() throws {
        for (round, bytes) in [3_000, 1_000_000, 4_000_000].enumerated() {
            let place = round == 1 ? "shop" : "west.shop"
            let text = predict(
                "SELECT seq id, amount, t FROM local.numbers",
                into: "\(place).dies\(round)",
                "id, t"
            )
            if round == 0 {
                _ = try client.query(
                    "CREATE TABLE local.numbers (seq INT, amount DOUBLE, t VARCHAR(200))"
                )
                let rows = (0..<2_000).map { "(\($0), \($0), REPEAT('x', 200))" }
                for _ in 0..<12 {
                    _ = try client.query(
                        "INSERT INTO local.numbers VALUES " + rows.joined(separator: ",")
                    )
                }
            }
            // A large allowance has room for how the job begins, and would come too late for one
            // that is over.
            let isLarge = bytes > 100_000
            if isLarge { proxy.breakAfter(requestBytes: bytes) }
            let id = try client.query(text).cell ?? ""
            if !isLarge { proxy.breakAfter(requestBytes: bytes) }
            let task = try client.task(id)
            #expect(task["taskStatus"] == "fail", "\(bytes): \(task)")
            #expect(
                ["2013", "2003"].contains { task["results"]?.contains($0) == true },
                "\(bytes): \(task)"
            )
            proxy.heal()
            #expect(try tables("dies\(round)").isEmpty)
            // The client's own connection may have been one of those that broke.
            let again = try server.connect(database: "shop")
            let next = try again.query(text).cell ?? ""
            #expect(try again.task(next)["taskStatus"] == "finish")
            #expect(try direct.query("SELECT COUNT(*) FROM dies\(round)").cell == "24000")
            #expect(try tables("\\\\_boreal%").isEmpty, "\(bytes)")
        }
    }

    @Test("a task that is dropped while it writes leaves nothing at the source")
    func dropped() throws {
        let text = predict(Self.many(120_000), into: "west.shop.dropped", "id, t")
        let id = try client.query(text).cell ?? ""
        let isWriting = try eventually { try !tables("\\\\_boreal%").isEmpty }
        #expect(isWriting)
        _ = try client.query("DROP TASK `\(id)`")
        let isGone = try eventually { try tables("\\\\_boreal%").isEmpty }
        #expect(isGone)
        #expect(try tables("dropped").isEmpty)
        let connections =
            "SELECT COUNT(*) FROM information_schema.processlist "
            + "WHERE info LIKE 'INSERT INTO%'"
        let isQuiet = try eventually { try direct.query(connections).cell == "0" }
        #expect(isQuiet)
    }

    @Test("kill -9 of Boreal while it writes: the job runs again and writes the table once")
    func restart() throws {
        let folder = TestRun.folder + "target-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let own = try ServerProcess.onData(folder, ["--source", source.url()])
        try Self.fill(own, source.url())
        for (round, pause) in [0, 50_000, 200_000].enumerated() {
            let client = try own.connect()
            let table = "again\(round)"
            let place = round == 0 ? "west.shop" : "shop"
            let text = predict(Self.many(), into: "\(place).\(table)", "id, t")
            let id = try client.query(text).cell ?? ""
            let deadline = Date().addingTimeInterval(60)
            while try tables("\\\\_boreal%").isEmpty, Date() < deadline { usleep(1_000) }
            usleep(UInt32(pause))
            own.killNine()
            try own.start()
            let task = try own.connect().task(id)
            #expect(task["taskStatus"] == "finish", "\(task)")
            let count = "SELECT COUNT(*), COUNT(DISTINCT id) FROM \(table)"
            #expect(try direct.query(count).rows == [["40000", "40000"]])
            #expect(try tables("\\\\_boreal%").isEmpty)
        }
    }
}
