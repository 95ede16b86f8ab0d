import Foundation
import TestPrograms
import Testing

/// `kill -9` at random instants: what was acknowledged is there, nothing half-made is.
@Suite("Crashes", .serialized)
struct CrashTests {
    /// What the client was told before the server died.
    private struct Promises {
        var rows = 0
        var models: Set<String> = []
        var tasks: Set<String> = []
        var maybeRow: Int?
    }

    @Test("twenty kills during inserts, training, upload and prediction lose nothing")
    func twentyKills() throws {
        let folder = TestRun.folder + "crash-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = try ServerProcess.onData(folder)
        let files = try FileServer([
            "m.pkl": .file(try Fixtures.bytes("models/seed000-lgb-pkl/lgb.pkl"))
        ])
        defer { files.stop() }
        var promises = Promises()
        do {
            let client = try server.connect()
            try client.loadAirlines("airlines_train", from: "airlines_sample_train.csv")
            try client.query("CREATE TABLE db4ai.t (n INT PRIMARY KEY)")
            try client.createAirlinesModel("first", trees: 5)
            #expect(try client.statuses(of: "first", until: ["saved", "failed"]).last == "saved")
            promises.models.insert("first")
        }
        var random = SystemRandomNumberGenerator()
        for round in 0..<20 {
            let milliseconds = UInt32.random(in: 5...250, using: &random)
            // Taken now and waited for below, so that it is never another process's number.
            let id = server.processID
            let killer = Thread {
                usleep(milliseconds * 1_000)
                kill(id, SIGKILL)
            }
            killer.start()
            work(server, round, files, &promises)
            while !killer.isFinished { usleep(1_000) }
            server.killNine()
            try server.start()
            try verify(server, &promises, after: milliseconds)
        }
        let client = try server.connect()
        for model in promises.models {
            let last = try client.statuses(of: model, until: ["saved", "serving", "failed"]).last
            if last == "failed" {
                let text = try client.query("DESCRIBE MODEL \(model)").rows[0][1] ?? ""
                #expect(text.hasSuffix("interrupted by restart"), "\(model): \(text)")
            } else {
                #expect(["saved", "serving"].contains(last ?? ""), "\(model): \(last ?? "")")
            }
        }
        for task in promises.tasks {
            let row = try client.task(task)
            let isGivenUp = row["results"]?.contains("interrupted by restart") == true
            #expect(row["taskStatus"] == "finish" || isGivenUp, "\(row)")
        }
        #expect(server.terminate() == 0)
        let check = try ProgramRun(ServerProcess.binary, ["check", "--data", folder])
        #expect(check.status == 0, "\(check.output)\(check.errors)")
    }

    /// Inserts and starts jobs until the server is gone.
    private func work(
        _ server: ServerProcess,
        _ round: Int,
        _ files: FileServer,
        _ promises: inout Promises
    ) {
        guard let client = try? server.connect(database: "db4ai") else { return }
        do {
            for i in 0..<100_000 {
                let next = promises.rows
                promises.maybeRow = next
                try client.query("INSERT INTO t VALUES (\(next))")
                promises.rows += 1
                promises.maybeRow = nil
                let name = "m\(round)_\(i)"
                switch i {
                case 3:
                    try client.createAirlinesModel(name, trees: 30)
                    promises.models.insert(name)
                case 6:
                    try client.query(
                        "UPLOAD MODEL \(name) WITH (model_location='\(files.url("m.pkl"))')"
                    )
                    promises.models.insert(name)
                case 9:
                    let answer = try client.query(
                        """
                        SELECT Delay FROM PREDICT(MODEL first, SELECT * FROM airlines_train)
                        WITH (x_cols='\(airlinesFeatures)', mode='async')
                        """
                    )
                    if let id = answer.cell { promises.tasks.insert(id) }
                default: break
                }
            }
        } catch {
            return
        }
    }

    private func verify(
        _ server: ServerProcess,
        _ promises: inout Promises,
        after milliseconds: UInt32
    ) throws {
        let client = try server.connect(database: "db4ai")
        let answer = try client.query("SELECT COUNT(*), MAX(n) FROM t")
        let count = Int(answer.rows[0][0] ?? "") ?? -1
        // The statement in flight may or may not have been committed.
        let allowed =
            promises.maybeRow == nil ? [promises.rows] : [promises.rows, promises.rows + 1]
        #expect(allowed.contains(count), "killed after \(milliseconds) ms")
        promises.rows = count
        promises.maybeRow = nil
        let models = Set(try client.query("SHOW MODELS").rows.compactMap { $0[0] })
        #expect(promises.models.isSubset(of: models))
        let tasks = Set(try client.query("SHOW TASKS").rows.compactMap { $0[0] })
        #expect(promises.tasks.isSubset(of: tasks))
    }
}
