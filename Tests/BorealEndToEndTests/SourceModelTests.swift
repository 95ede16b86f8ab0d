import Foundation
import TestPrograms
import Testing

/// The life of models whose rows are a source's: again and again, elsewhere, without cursors,
/// through a crash.
@Suite(.serialized, .wantsMariaDB)
struct SourceModelTests: SourceSuite {
    private static let shared = Result { try SourceFixture { try $0.makeOrders() } }

    let fixture: SourceFixture

    init() throws {
        fixture = try Self.shared.get()
        proxy.heal()
    }

    /// Trains a model to its end.
    private func make(_ name: String, _ query: String, by client: RawClient) throws {
        _ = try client.query(SourceFixture.create(name, query))
        #expect(try client.statuses(of: name, until: ["saved", "failed"]).last == "saved")
    }

    /// The hash of the file that a model is.
    private func artifact(_ name: String, by client: RawClient) throws -> String {
        let path = try client.query("SHOW MODEL \(name)").rows[0][1] ?? ""
        return path.split(separator: "/").dropLast().last.map(String.init) ?? ""
    }

    /// What a task of a statement found.
    private func results(_ text: String, by client: RawClient) throws -> String {
        let task = try client.task(try client.query(text).cell ?? "")
        #expect(task["taskStatus"] == "finish", "\(task)")
        return task["results"] ?? ""
    }

    @Test("RETRAIN, VERIFY and DIFF read the source as it is now")
    func versions() throws {
        let client = try server.connect(database: "shop")
        _ = try client.query("CREATE TABLE moving AS SELECT * FROM orders")
        try make("v", "SELECT * FROM moving ORDER BY id", by: client)
        let same = #""model": "equal", "data": "equal", "parameters": "equal""#
        #expect(try results("VERIFY MODEL v", by: client).contains(same))
        _ = try client.query("UPDATE moving SET late = 1 - late WHERE id > 450")
        #expect(try results("VERIFY MODEL v", by: client).contains(#""data": "different""#))
        // The statement's own database counts, not that of the session.
        _ = try client.query("USE mysql")
        _ = try client.query("ALTER MODEL v RETRAIN")
        #expect(try client.newestStatus(of: "v") == "saved")
        #expect(try results("VERIFY MODEL v VERSION v2", by: client).contains(same))
        var told: [String] = []
        _ = try client.query("CREATE TABLE local.moved (id INT, amount DOUBLE, late INT, c TEXT)")
        let rows = try client.query("SELECT * FROM shop.moving").rows.map { row in
            "(" + row.map { "'\($0 ?? "")'" }.joined(separator: ",") + ")"
        }
        _ = try client.query("INSERT INTO local.moved VALUES " + rows.joined(separator: ","))
        for table in ["shop.moving", "local.moved"] {
            told.append(
                try results(
                    "DIFF MODEL v VERSION v1, v2 ON (SELECT * FROM \(table)) "
                        + "WITH (y_cols='late', metrics='acc')",
                    by: client
                )
            )
        }
        #expect(told[0] == told[1])
        #expect(told[0].contains(#""rows": 900"#) && !told[0].contains(#""changed": 0,"#))
        _ = try client.query("DROP TABLE shop.moving")
        for text in [
            "ALTER MODEL v RETRAIN", "VERIFY MODEL v",
            "DIFF MODEL v VERSION v1, v2 ON (SELECT * FROM shop.moving)",
        ] {
            #expect(try client.failure(of: text).number == 1_146, "\(text)")
        }
        #expect(try client.query("SHOW VERSIONS FOR MODEL v").rows.count == 2)
    }

    @Test(
        "a remote model is asked about the source's rows",
        .enabled(if: ModelService.isAvailable, "python3 is not installed")
    )
    func remote() throws {
        let remote = try RemoteFixture(["--ephemeral", "--source", source.url(port: proxy.port)])
        let client = try remote.server.connect(database: "shop")
        _ = try client.query(remote.definition("chat"))
        func ask(_ rows: String) -> String {
            "SELECT id, prediction FROM PREDICT(MODEL chat, \(rows)) WITH (x_cols='c')"
        }
        let few = try client.query(ask("SELECT id, c FROM orders WHERE id < 3 ORDER BY id"))
        #expect(few.rows.map { Array($0.prefix(2)) } == [["1", "echo:c1"], ["2", "echo:c2"]])
        #expect(try client.query(ask("SELECT id, c FROM orders")).rows.count == 900)
        let text =
            "SELECT id FROM PREDICT(MODEL chat, SELECT * FROM orders) WITH (x_cols='c', "
            + "s_cols='id', mode='async') INTO answers"
        let task = try client.task(try client.query(text).cell ?? "")
        #expect(task["taskStatus"] == "finish", "\(task)")
        #expect(try client.query("SELECT COUNT(*) FROM polar4ai.answers").cell == "900")
        #expect(try client.failure(of: ask("SELECT * FROM missing")).number == 1_146)
        // A source that dies on the way is the statement's error, and no part of the answer.
        proxy.breakAfter(answerBytes: 10_000)
        #expect(
            try client.lossNumber(of: ask("SELECT seq id, REPEAT('c', 99) c FROM seq_1_to_900"))
                == 2_013
        )
        #expect(try remote.server.connect().query("SHOW MODELS").rows.count == 1)
    }

    @Test(
        "a server without cursors sends all rows at once, and they are taken as they come",
        arguments: [ByteProxy.Cursors.ignored, .refused]
    )
    func withoutCursors(_ cursors: ByteProxy.Cursors) throws {
        let name = "c_\(cursors)"
        let usual = try server.connect(database: "shop")
        try make(name, "SELECT * FROM orders", by: usual)
        func predict(_ query: String) -> String {
            "SELECT * FROM PREDICT(MODEL \(name), \(query)) WITH (x_cols='amount,c')"
        }
        let queries = [
            "SELECT * FROM orders ORDER BY id", "SELECT * FROM orders WHERE id < 0",
            "SELECT seq amount, REPEAT('c', seq % 50) c FROM seq_1_to_999",
        ]
        let expected = try queries.map { try usual.query(predict($0)).rows }
        #expect(expected.map(\.count) == [900, 0, 999])
        proxy.treat(cursors: cursors)
        let takenBefore = proxy.cursorsTaken
        let client = try server.connect(database: "shop")
        for (query, rows) in zip(queries, expected) {
            #expect(try client.query(predict(query)).rows == rows, "\(query)")
        }
        #expect(try client.failure(of: predict("SELECT * FROM missing")).number == 1_146)
        let many = "SELECT seq amount, REPEAT('x', 500) c FROM seq_1_to_100000"
        let before = server.residentMebibytes
        let index = try client.query(
            "SELECT * FROM PSI(SELECT * FROM (\(many)) a, SELECT * FROM (\(many)) b) "
                + "WITH (x_cols='amount')"
        )
        #expect(index.rows.count == 1)
        #expect(server.residentMebibytes - before < 60)
        #expect(proxy.cursorsTaken - takenBefore == queries.count + 2)
        #expect(try client.query("SELECT COUNT(*) FROM orders").cell == "900")
        #expect(try source.forgetsStatements())
    }

    @Test("a job that begins again and does not find its source fails, and says so")
    func killedBoth() throws {
        let folder = TestRun.folder + "source-crash-\(UUID().uuidString)"
        // What stays costs some disk and nothing else.
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let url = source.url(port: proxy.port)
        let server = try ServerProcess.onData(folder, ["--source", url])
        let client = try server.connect(database: "shop")
        let slow = "SELECT id, amount, late, c, SLEEP(0.003) FROM orders ORDER BY id"
        _ = try client.query(SourceFixture.create("lost", slow))
        try source.wait(for: "SLEEP(0.003)")
        server.killNine()
        proxy.breakAfter(answerBytes: 0)
        try server.start()
        let after = try server.connect()
        #expect(try after.statuses(of: "lost", until: ["saved", "failed"]).last == "failed")
        let text = try after.query("DESCRIBE MODEL lost").rows[0][1] ?? ""
        #expect(text.contains("error: 2003 ") || text.contains("error: 2013 "), "\(text)")
        proxy.heal()
        _ = try after.query("DROP MODEL lost")
        let again = try server.connect(database: "shop")
        try make("lost", "SELECT * FROM orders", by: again)
    }

    @Test("a model whose training reads a source survives kill -9, and leaves nothing there")
    func killed() throws {
        let folder = TestRun.folder + "source-crash-\(UUID().uuidString)"
        // What stays costs some disk and nothing else.
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = try ServerProcess.onData(folder, ["--source", source.url()])
        let client = try server.connect(database: "shop")
        try make("whole", "SELECT * FROM orders ORDER BY id", by: client)
        let slow = "SELECT id, amount, late, c, SLEEP(0.004) FROM orders ORDER BY id"
        _ = try client.query(SourceFixture.create("again", slow))
        try source.wait(for: "SLEEP(0.004)")
        server.killNine()
        try server.start()
        let after = try server.connect()
        #expect(try after.statuses(of: "again", until: ["saved", "failed"]).last == "saved")
        #expect(try artifact("again", by: after) == artifact("whole", by: after))
        // The dead server's session at the source ends when its statement next sends rows.
        let probe = try source.connect()
        let sessions = "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'app'"
        let deadline = Date().addingTimeInterval(60)
        var count = try probe.query(sessions).cell
        while count != "0", Date() < deadline {
            usleep(20_000)
            count = try probe.query(sessions).cell
        }
        #expect(count == "0")
        #expect(server.terminate() == 0)
        let check = try ProgramRun(ServerProcess.binary, ["check", "--data", folder])
        #expect(check.status == 0, "\(check.output)\(check.errors)")
    }
}
