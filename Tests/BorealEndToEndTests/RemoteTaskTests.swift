import Foundation
import TestPrograms
import Testing

/// PREDICT on remote models in the background.
@Suite(
    "PREDICT on remote models in the background",
    .serialized,
    .enabled(if: ModelService.isAvailable, "python3 is not installed")
)
struct RemoteTaskTests {
    private static let bench = Result { try RemoteBench() }

    private let bench: RemoteBench
    private let client: RawClient

    init() throws {
        bench = try Self.bench.get()
        client = try bench.begin()
    }

    private func values(_ sql: String) throws -> [[String?]] { try client.query(sql).rows }

    /// Makes a table of texts anew.
    private static func fill(_ table: String, _ texts: [String?], by client: RawClient) throws {
        try client.query("DROP TABLE IF EXISTS \(table)")
        try client.query("CREATE TABLE \(table) (id INT PRIMARY KEY, a TEXT)")
        let rows = texts.enumerated().map { index, text in
            "(\(index + 1), \(text.map { "'\($0)'" } ?? "NULL"))"
        }
        try client.query("INSERT INTO \(table) VALUES \(rows.joined(separator: ", "))")
    }

    private func start(_ sql: String, by client: RawClient) throws -> String {
        let answer = try client.query("/*polar4ai*/" + sql)
        #expect(answer.names == ["task_id"])
        return answer.cell ?? ""
    }

    /// The lines of a task's file.
    private func lines(_ row: [String: String]) throws -> [String] {
        let body = try httpGet(row["filePath"] ?? "").body
        return String(decoding: body, as: UTF8.self).components(separatedBy: "\r\n").dropLast()
    }

    @Test("all rows go into a file, in their order")
    func file() throws {
        try bench.make("chat", "chat", ", RETRIES='0'", by: client)
        let texts = ["one", nil, "say, \\\"hi\\\"", "[[fault:400]]", "one"]
        try Self.fill("t", texts, by: client)
        let id = try start(
            """
            SELECT * FROM PREDICT(MODEL chat, SELECT * FROM t ORDER BY id DESC)
            WITH (x_cols='a', s_cols='id', mode='async')
            """,
            by: client
        )
        let row = try client.task(id)
        #expect(row["taskStatus"] == "finish", "\(row)")
        let lines = try lines(row)
        #expect(lines.count == 6)
        #expect(Array(lines[0...1]) == ["id,prediction,status", "5,echo:one,"])
        #expect(lines[2].hasPrefix("4,,UPSTREAM_4xx: "))
        #expect(Array(lines[3...]) == ["3,\"echo:say, \"\"hi\"\"\",", "2,,", "1,echo:one,"])
        #expect(try bench.service.requests() == 3, "equal rows are asked once")
        #expect(try values("SHOW TASKS").contains { $0[0] == id && $0[1] == "prediction" })
    }

    @Test("a task minds the ai_on_error of the session that began it")
    func onError() throws {
        try bench.make("strict", "chat", ", RETRIES='0'", by: client)
        try Self.fill("u", ["[[fault:400]]"], by: client)
        let statement =
            "SELECT * FROM PREDICT(MODEL strict, SELECT * FROM u) "
            + "WITH (x_cols='a', s_cols='id', mode='async')"
        for (value, status) in [("NULL", "finish"), ("FAIL", "fail"), ("DEFAULT", "fail")] {
            try client.query("SET ai_on_error = \(value)")
            let row = try client.task(start(statement, by: client))
            #expect(row["taskStatus"] == status, "\(value): \(row)")
        }
    }

    @Test("INTO writes a table beside the file")
    func into() throws {
        try bench.make("rank", path: "/v1/rerank", by: client)
        try client.query("DROP TABLE IF EXISTS polar4ai.ranked")
        let id = try start(
            """
            SELECT d FROM PREDICT(MODEL rank, SELECT 1 AS id, 'a b' AS q, 'a' AS d
            UNION ALL SELECT 2, 'a b', 'b a') WITH (x_cols='q,d', s_cols='id,d',
            mode='async', primary_key='id') INTO ranked
            """,
            by: client
        )
        #expect(try client.task(id)["taskStatus"] == "finish")
        let table = try client.query("SELECT * FROM polar4ai.ranked ORDER BY id")
        #expect(table.names == ["d", "id", "prediction", "status"])
        #expect(table.rows == [["a", "1", "0.5", ""], ["b a", "2", "1", ""]])
        let failure = try client.failure(
            of: """
                SELECT d FROM PREDICT(MODEL rank, SELECT 1 AS id, 'q' AS q, 'a' AS d)
                WITH (x_cols='q,d', mode='async', primary_key='id') INTO other
                """
        )
        #expect(failure.number == 9055 && failure.message.contains("primary_key"))
    }

    @Test("what can be known is told before there is a task")
    func refusals() throws {
        try bench.make("chat", by: client)
        for (options, number) in [
            ("x_cols='b', mode='async'", 1054), ("s_cols='b', mode='async'", 1054),
            ("primary_key='b', mode='async'", 1054), ("mode='async', on_error='x'", 9055),
        ] {
            let sql = "SELECT * FROM PREDICT(MODEL chat, SELECT 'x' AS a) WITH (\(options))"
            #expect(try client.failure(of: sql).number == number)
        }
        let user = "SELECT * FROM PREDICT(MODEL chat, SELECT @x AS a) WITH (mode='async')"
        #expect(try client.failure(of: user).number == 1235)
        #expect(try values("SELECT COUNT(*) FROM information_schema.boreal_tasks").count == 1)
    }

    @Test("a task fails as its options say, and keeps the rows that were answered")
    func failures() throws {
        try bench.make("chat", "chat", ", RETRIES='0'", by: client)
        try Self.fill("f", ["[[fault:400]] 1", "[[fault:400]] 2"], by: client)
        func end(_ options: String) throws -> [String: String] {
            let id = try start(
                "SELECT id FROM PREDICT(MODEL chat, SELECT * FROM f) WITH (x_cols='a', "
                    + "mode='async'\(options))",
                by: client
            )
            return try client.task(id)
        }
        let all = try end("")
        #expect(all["taskStatus"] == "fail")
        #expect(all["results"]?.contains("UPSTREAM_4xx") == true)
        #expect(try lines(all).count == 3)
        #expect(try end(", on_error='null'")["taskStatus"] == "finish")
        #expect(try end(", on_error='fail'")["taskStatus"] == "fail")
        let twice = try start(
            """
            SELECT * FROM PREDICT(MODEL chat, SELECT 1 AS k, 'x' AS a UNION ALL SELECT 1, 'y')
            WITH (x_cols='a', primary_key='k', mode='async')
            """,
            by: client
        )
        let failed = try client.task(twice)
        #expect(failed["results"]?.contains("primary_key") == true, "\(failed)")
    }

    @Test("an outage costs the rows that it met, not those that come after it")
    func outage() throws {
        try bench.make("chat", "chat", ", RETRIES='0'", by: client)
        try Self.fill("o", (1...300).map { "row \($0)" }, by: client)
        try bench.service.faults(#"[{"kind":"503","count":5}]"#)
        let id = try start(
            "SELECT id FROM PREDICT(MODEL chat, SELECT * FROM o) WITH (x_cols='a', mode='async')",
            by: client
        )
        let row = try client.task(id)
        #expect(row["taskStatus"] == "finish", "\(row)")
        let lines = try lines(row).dropFirst()
        #expect(lines.count == 300)
        #expect(lines.count { $0.contains("UPSTREAM_5xx") } == 5)
        #expect(lines.count { $0.contains("echo:row") } == 295)
    }

    @Test("a task that is killed keeps what was answered; a model with a task is not dropped")
    func killed() throws {
        try bench.make("chat", by: client)
        try bench.service.admin("POST", "config", #"{"latency_ms":30}"#)
        try Self.fill("slow", (1...10_000).map { "row \($0)" }, by: client)
        let sql =
            "SELECT id FROM PREDICT(MODEL chat, SELECT * FROM slow ORDER BY id) "
            + "WITH (x_cols='a', mode='async')"
        let id = try start(sql, by: client)
        try wait(forRequests: 100, bench.service)
        let failure = try client.failure(of: "DROP MODEL chat")
        #expect(failure.number == 9054 && failure.message.contains(id), "\(failure)")
        let job = try values(
            "SELECT ID, STATE FROM information_schema.processlist WHERE COMMAND = 'Daemon'"
        )
        #expect(job.count == 1 && job[0][1]?.contains("rows") == true, "\(job)")
        try client.query("KILL \(job[0][0] ?? "0")")
        let row = try client.task(id)
        #expect(row["taskStatus"] == "fail")
        let kept = try lines(row)
        #expect(kept.count > 1 && kept.count < 9_900)
        #expect(kept[1] == "1,echo:row 1,")
        // What was on its way when the task ended arrives yet.
        usleep(300_000)
        let asked = try bench.service.requests()
        #expect(kept.count - 1 <= asked)
        usleep(300_000)
        #expect(try bench.service.requests() == asked, "nothing is sent any more")
        let dropped = try start(sql, by: client)
        try wait(forRequests: asked + 50, bench.service)
        try client.query("DROP TASK `\(dropped)`")
        usleep(300_000)
        let last = try bench.service.requests()
        usleep(300_000)
        #expect(try bench.service.requests() == last)
        try client.query("DROP MODEL chat")
    }

    private func wait(forRequests count: Int, _ service: ModelService) throws {
        let deadline = Date().addingTimeInterval(60)
        while try service.requests() < count, Date() < deadline { usleep(20_000) }
    }

    @Test("a server that dies or stops asks about no stored row again", arguments: [true, false])
    func restart(dies: Bool) throws {
        let path = TestRun.folder + "remote-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let key = Data((0..<32).map { UInt8($0) }).base64EncodedString()
        let bench = try RemoteBench(["--data", path], environment: ["BOREAL_MASTER_KEY": key])
        var client = try bench.begin()
        try bench.make("chat", by: client)
        try Self.fill("many", (1...600).map { "row \($0)" }, by: client)
        try bench.service.admin("POST", "config", #"{"latency_ms":40}"#)
        let id = try start(
            """
            SELECT id FROM PREDICT(MODEL chat, SELECT * FROM many ORDER BY id)
            WITH (x_cols='a', primary_key='id', mode='async')
            """,
            by: client
        )
        try wait(forRequests: 150, bench.service)
        if dies { bench.server.killNine() } else { #expect(bench.server.terminate() == 0) }
        let stored = try stored(path, id)
        #expect(stored > 0 && stored < 600)
        try bench.service.reset()
        try bench.server.start()
        client = try bench.server.connect(database: "d")
        let row = try client.task(id)
        #expect(row["taskStatus"] == "finish", "\(row)")
        #expect(
            try lines(row)
                == ["id,prediction,status"] + (1...600).map { "\($0),echo:row \($0)," }
        )
        #expect(try bench.service.requests() == 600 - stored, "of \(stored) stored rows")
        #expect(!FileManager.default.fileExists(atPath: "\(path)/answers/\(id).db"))
    }

    /// Rows that a task has answers to.
    private func stored(_ path: String, _ task: String) throws -> Int {
        let python = ProgramRun.find("python3") ?? "python3"
        let script =
            "import sqlite3, sys; "
            + "print(sqlite3.connect(sys.argv[1]).execute('SELECT COUNT(*) FROM answers')"
            + ".fetchone()[0])"
        let run = try ProgramRun(python, ["-c", script, "\(path)/answers/\(task).db"])
        return Int(run.output.trimmingCharacters(in: .whitespacesAndNewlines)) ?? -1
    }
}
