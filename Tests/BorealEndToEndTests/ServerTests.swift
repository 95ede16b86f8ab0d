import Foundation
import Glibc
import Synchronization
import TestPrograms
import Testing

/// The server as its operator and its neighbours see it.
@Suite("The server as a process", .serialized)
struct ServerTests {
    @Test(
        "SIGTERM in the middle of a training ends with exit code 0, and the next start finishes it"
    )
    func orderlyEnd() throws {
        let folder = TestRun.folder + "end-\(UUID().uuidString)"
        defer { unlinkFolder(folder) }
        let server = try ServerProcess.onData(folder)
        do {
            let client = try server.connect()
            try client.loadAirlines("airlines_train", from: "airlines_sample_train.csv")
            try client.createAirlinesModel("long_one", trees: 2_000)
            let seen = try client.statuses(of: "long_one", until: ["training", "saved", "failed"])
            #expect(seen.last == "training")
        }
        #expect(server.terminate() == 0)
        try server.start()
        let client = try server.connect()
        let status = try client.query("SHOW MODEL long_one").rows[0][0]
        #expect(["loading_data", "training"].contains(status ?? ""))
        try client.query("DROP MODEL long_one")
        let daemons = try client.query("SHOW PROCESSLIST").rows.filter { $0[4] == "Daemon" }
        #expect(daemons.allSatisfy { $0[7]?.contains("long_one") != true })
        #expect(server.terminate() == 0)
    }

    @Test("who connects the moment the port is there is let in, on the first start too")
    func firstClient() throws {
        let port = try Loopback.freePort()
        let login = EarlyLogin()
        Thread.detachNewThread {
            var isRefused = true
            while isRefused, !login.isGivenUp {
                do {
                    // Only what comes behind an open port counts.
                    close(try Loopback.connect(to: port))
                    isRefused = false
                    login.set(Result { _ = try RawClient(port: port) })
                } catch {
                    usleep(200)
                }
            }
        }
        defer { login.giveUp() }
        let server = try ServerProcess.ephemeral(["--port", "\(port)"])
        #expect(server.mysqlPort == port)
        try #require(login.wait(seconds: 20)).get()
    }

    /// What came of a log-in that another thread tries.
    private final class EarlyLogin: Sendable {
        private let state = Mutex<(result: Result<Void, any Error>?, isGivenUp: Bool)>((nil, false))
        private let isThere = DispatchSemaphore(value: 0)

        var isGivenUp: Bool { state.withLock { $0.isGivenUp } }

        func giveUp() { state.withLock { $0.isGivenUp = true } }

        func set(_ result: Result<Void, any Error>) {
            state.withLock { $0.result = result }
            isThere.signal()
        }

        func wait(seconds: Int) -> Result<Void, any Error>? {
            _ = isThere.wait(timeout: .now() + .seconds(seconds))
            return state.withLock { $0.result }
        }
    }

    @Test("a second server on the same directory or port says so and ends with 1")
    func secondServer() throws {
        let server = try ServerProcess.ephemeral()
        let run = try ProgramRun(
            ServerProcess.binary,
            ["serve", "--ephemeral", "--port", "\(server.mysqlPort)", "--http-port", "0"]
        )
        #expect(run.status == 1)
        #expect(run.errors.contains("the address is in use"))
    }

    @Test(
        "wrong usage ends with 2",
        arguments: [
            ["serve", "--data", "x", "--ephemeral"], ["serve", "--port", "99999"],
            ["serve", "--config", "/nowhere"], ["serve", "--log-level", "loud"], ["nonsense"],
            ["train"], ["predict", "--model", "m"],
        ]
    )
    func wrongUsage(_ arguments: [String]) throws {
        #expect(try ProgramRun(ServerProcess.binary, arguments).status == 2)
    }

    @Test("--ephemeral leaves nothing behind")
    func ephemeral() throws {
        let folder = TestRun.folder + "tmp-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { unlinkFolder(folder) }
        let server = try ServerProcess(
            arguments: ["--ephemeral"],
            environment: ["TMPDIR": folder]
        )
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 1)
        #expect(server.terminate() == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }

    @Test("health and readiness need no account, metrics do")
    func healthDoor() throws {
        let server = try ServerProcess.ephemeral()
        let base = "http://127.0.0.1:\(server.httpPort)"
        #expect(try httpGet(base + "/healthz").status == 200)
        #expect(try httpGet(base + "/readyz").status == 200)
        #expect(try httpGet(base + "/metrics").status == 401)
        // "root:" in base64.
        let metrics = try httpGet(base + "/metrics", headers: ["Authorization: Basic cm9vdDo="])
        #expect(metrics.status == 200)
        #expect(String(decoding: metrics.body, as: UTF8.self).contains("\nboreal_models 0\n"))
    }

    @Test("KILL QUERY ends a statement that waits for a lock, a vanished holder lets go of it")
    func locks() throws {
        let server = try ServerProcess.ephemeral()
        let holder = try server.connect()
        try holder.query("CREATE DATABASE d")
        try holder.query("CREATE TABLE d.t (n INT PRIMARY KEY)")
        try holder.query("BEGIN")
        try holder.query("INSERT INTO d.t VALUES (1)")
        let waiter = try server.connect(database: "d")
        let id = waiter.connectionID
        let done = DispatchSemaphore(value: 0)
        let outcome = Outcome()
        Thread.detachNewThread {
            outcome.number = (try? waiter.failure(of: "INSERT INTO t VALUES (2)"))?.number
            done.signal()
        }
        let killer = try server.connect(database: "d")
        let deadline = Date().addingTimeInterval(20)
        while try killer.query("SHOW PROCESSLIST").rows.first(where: { $0[0] == "\(id)" })?[4]
            != "Query", Date() < deadline
        {
            usleep(5_000)
        }
        usleep(50_000)
        try killer.query("KILL QUERY \(id)")
        #expect(done.wait(timeout: .now() + 20) == .success)
        #expect(outcome.number == 1317)
        holder.vanish()
        #expect(try killer.query("INSERT INTO t VALUES (3)").affectedRows == 1)
        #expect(try killer.query("SELECT n FROM t").rows == [["3"]])
    }

    /// What another thread found.
    // Unchecked: written before a semaphore is signalled, read after.
    private final class Outcome: @unchecked Sendable {
        var number: Int?
    }

    @Test("long computations neither block a log-in nor survive DROP MODEL, KILL and SIGTERM")
    func longComputations() throws {
        let server = try ServerProcess.ephemeral()
        let client = try server.connect()
        try client.query("CREATE DATABASE d")
        try client.query("USE d")
        try client.query("CREATE TABLE t (a INT)")
        let rows = (1...500).map { "(\($0))" }.joined(separator: ",")
        try client.query("INSERT INTO t VALUES \(rows)")
        let endless = "FROM t a, t b, t c, t d WHERE a.a + b.a + c.a + d.a = -1"
        for name in ["x1", "x2"] {
            try client.query(
                """
                CREATE MODEL \(name) WITH (model_class='lightgbm', x_cols='n', y_cols='y')
                AS (SELECT COUNT(*) AS n, 1 AS y \(endless))
                """
            )
        }
        let busy = try (0..<6).map { _ in try server.connect(database: "d") }
        for victim in busy {
            try victim.start("SELECT COUNT(*) \(endless)")
        }
        let other = try server.connect()
        let running =
            "SELECT COUNT(*) FROM information_schema.processlist "
            + "WHERE info LIKE 'SELECT COUNT(*) FROM t a,%'"
        let areUnderWay = try eventually { try other.query(running).cell == "6" }
        #expect(areUnderWay)
        usleep(300_000)
        #expect(try other.query("SELECT 1").cell == "1")
        try other.query("DROP MODEL x1")
        try other.query("DROP MODEL x2")
        let areGone = try eventually {
            try !other.query("SHOW PROCESSLIST").rows.contains { $0[4] == "Daemon" }
        }
        #expect(areGone)
        try other.query("KILL \(busy[0].connectionID)")
        for victim in busy.dropFirst() { try other.query("KILL QUERY \(victim.connectionID)") }
        #expect(throws: (any Error).self) { try busy[0].readAnswer() }
        for victim in busy.dropFirst() {
            let failure = #expect(throws: RawClient.ServerFailure.self) { try victim.readAnswer() }
            #expect(failure?.number == 1317)
        }
        #expect(server.terminate() == 0)
    }

    @Test("six hundred tasks are listed and filtered")
    func manyTasks() throws {
        let server = try ServerProcess.ephemeral()
        let client = try server.connect()
        try client.query("CREATE DATABASE d")
        try client.query("USE d")
        try client.query("CREATE TABLE t (x INT, y INT)")
        let rows = (0..<100).map { "(\($0), \($0 / 50))" }.joined(separator: ",")
        try client.query("INSERT INTO t VALUES \(rows)")
        try client.query(
            """
            CREATE MODEL m WITH (model_class='lightgbm', x_cols='x', y_cols='y',
            model_parameter=(n_estimators=2)) AS (SELECT * FROM t)
            """
        )
        #expect(try client.statuses(of: "m", until: ["saved", "failed"]).last == "saved")
        for _ in 0..<600 {
            try client.query(
                "SELECT y FROM PREDICT(MODEL m, SELECT * FROM t LIMIT 1) "
                    + "WITH (x_cols='x', mode='async')"
            )
        }
        #expect(try client.query("SHOW TASKS WHERE task_type = 'prediction'").rows.count == 600)
        #expect(try client.query("SHOW TASKS LIKE 'nothing'").rows.isEmpty)
    }

    @Test("a line of eight megabytes is loaded in time that grows with its length")
    func longLine() throws {
        let server = try ServerProcess.ephemeral()
        let client = try server.connect()
        try client.query("CREATE DATABASE d")
        try client.query("CREATE TABLE d.t (x LONGTEXT)")
        client.localFile = [UInt8](repeating: UInt8(ascii: "z"), count: 8 << 20)
        let answer = try client.query("LOAD DATA LOCAL INFILE 'x' INTO TABLE d.t")
        #expect(answer.affectedRows == 1)
        #expect(try client.query("SELECT LENGTH(x) FROM d.t").cell == "\(8 << 20)")
    }

    private func unlinkFolder(_ path: String) {
        try? FileManager.default.removeItem(atPath: path)
    }
}

/// PREDICT beyond the conformance list.
@Suite("Prediction in SQL", .serialized)
struct PredictionTests {
    @Test("outputs, NULL, unseen categories, text labels, permuted columns")
    func shapes() throws {
        let server = try ServerProcess.ephemeral()
        let client = try server.connect()
        try client.query("CREATE DATABASE p")
        try client.query("USE p")
        try client.query(
            "CREATE TABLE t (colour VARCHAR(9), size DECIMAL(6,2), day DATE, y VARCHAR(9))"
        )
        let rows = (0..<600).map { n in
            let colour = ["red", "green", "blue"][n % 3]
            let answer = n % 3 == 0 ? "stop" : n % 3 == 1 ? "go" : "wait"
            return "('\(colour)', \(n % 50).25, '2024-01-\(10 + n % 9)', '\(answer)')"
        }
        try client.query("INSERT INTO t VALUES \(rows.joined(separator: ","))")
        try client.query(
            """
            CREATE MODEL lights WITH (model_class='lightgbm', x_cols='colour,size,day', y_cols='y',
            model_parameter=(loss='multiclass', n_estimators=20)) AS (SELECT * FROM t)
            """
        )
        #expect(try client.statuses(of: "lights", until: ["saved", "failed"]).last == "saved")
        let answer = try client.query(
            """
            SELECT * FROM PREDICT(MODEL lights, SELECT day, size, colour FROM t LIMIT 3)
            WITH (x_cols='day,colour,size', output='proba')
            """
        )
        #expect(
            answer.names == [
                "day", "size", "colour", "predicted_results", "proba_go", "proba_stop",
                "proba_wait",
            ]
        )
        #expect(answer.rows.map { $0[3] } == ["stop", "go", "wait"])
        #expect(answer.rows[0][1] == "0.25")
        for row in answer.rows {
            let sum = row[4...].compactMap { Double($0 ?? "") }.reduce(0, +)
            #expect(abs(sum - 1) < 1e-9)
        }
        let strange = try client.query(
            """
            SELECT predicted_results AS answer, c FROM PREDICT(MODEL lights, SELECT NULL AS a,
            NULL AS b, 'mauve' AS c UNION ALL SELECT 19733, 1, 'red') WITH (x_cols='c,a,b')
            """
        )
        #expect(strange.names == ["answer", "c"])
        #expect(strange.rows[1] == ["stop", "red"])
        let wrong = try client.failure(
            of: """
                SELECT c FROM PREDICT(MODEL lights, SELECT 'red' AS c, 'big' AS s, NULL AS d)
                WITH (x_cols='c,s,d')
                """
        )
        #expect(wrong.number == 9062)
        #expect(wrong.message.hasPrefix("Row 1, column 's"))
        #expect(
            try client.failure(
                of: "SELECT c FROM PREDICT(MODEL lights, SELECT 1 AS c) WITH (x_cols='c')"
            ).number == 9055
        )
        #expect(try client.query("SHOW MODELS LIKE 'l%'").rows.count == 1)
        #expect(try client.query("SHOW MODELS WHERE model_status = 'training'").rows.isEmpty)
    }

    @Test("the session's own changes are seen online, and a job keeps the rows of its moment")
    func transactions() throws {
        let server = try ServerProcess.ephemeral()
        let client = try server.connect()
        try client.query("CREATE DATABASE p")
        try client.query("USE p")
        try client.query("CREATE TABLE t (x INT, y INT)")
        let rows = (0..<300).map { "(\($0), \($0 / 150))" }
        try client.query("INSERT INTO t VALUES \(rows.joined(separator: ","))")
        try client.query(
            """
            CREATE MODEL m WITH (model_class='lightgbm', x_cols='x', y_cols='y',
            model_parameter=(n_estimators=5)) AS (SELECT * FROM t)
            """
        )
        try client.query("DROP TABLE t")
        #expect(try client.statuses(of: "m", until: ["saved", "failed"]).last == "saved")
        try client.query("CREATE TABLE u (x INT)")
        try client.query("BEGIN")
        try client.query("INSERT INTO u VALUES (10), (290)")
        let online = try client.query(
            "SELECT x FROM PREDICT(MODEL m, SELECT x FROM u ORDER BY x) WITH (x_cols='x')"
        )
        #expect(online.rows == [["10", "0"], ["290", "1"]])
        let task = try #require(
            try client.query(
                "SELECT x FROM PREDICT(MODEL m, SELECT x FROM u) WITH (x_cols='x', mode='async')"
            ).cell
        )
        try client.query("DELETE FROM u")
        let row = try client.task(task)
        #expect(row["taskStatus"] == "finish")
        let file = try httpGet(try #require(row["filePath"]))
        #expect(String(decoding: file.body, as: UTF8.self).split(separator: "\r\n").count == 3)
    }
}
