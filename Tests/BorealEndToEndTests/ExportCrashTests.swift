import Foundation
import TestPrograms
import Testing

/// EXPORT MODEL of a large model, ended in the middle: there is the whole file or none.
@Suite("Export, interrupted", .serialized)
struct ExportCrashTests {
    /// A model whose document takes a while.
    private func prepare(_ client: RawClient, trees: Int = 120) throws {
        try client.loadAirlines("airlines_train", from: "airlines_sample_train.csv")
        try client.createAirlinesModel("m", trees: trees)
        guard try client.statuses(of: "m", until: ["saved", "failed"]).last == "saved" else {
            throw ServerProcess.StartFailure(output: "the model failed")
        }
    }

    /// Names below `artifacts` that end with the process that wrote them.
    private func temporaries(_ folder: String) -> [String] {
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder + "/artifacts")
        return (names ?? []).filter { $0.hasPrefix(".part-") }
    }

    /// Waits until an export has a file in the making.
    private func waitForFile(_ folder: String) -> Bool {
        let deadline = Date().addingTimeInterval(30)
        while temporaries(folder).isEmpty, Date() < deadline { usleep(500) }
        return !temporaries(folder).isEmpty
    }

    @Test("kill -9 in the middle leaves no half file; the task runs again to the same bytes")
    func kills() throws {
        let folder = TestRun.folder + "export-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = try ServerProcess.onData(folder)
        try prepare(server.connect())
        let first = try server.connect()
        let begin = Date()
        let id = try first.query("EXPORT MODEL m TO 'whole.pmml'").cell ?? ""
        let whole = try first.task(id)
        let microseconds = Date().timeIntervalSince(begin) * 1_000_000
        #expect(whole["taskStatus"] == "finish", "\(whole)")
        let bytes = try httpGet(whole["filePath"] ?? "").body
        // Equal bytes are one file: it is to be made anew in every round.
        try first.query("DROP TASK `\(id)`")
        var killedInTheMiddle = 0
        for round in 0..<5 {
            let client = try server.connect()
            let id = try client.query("EXPORT MODEL m TO 'again.pmml'").cell ?? ""
            #expect(waitForFile(folder))
            usleep(UInt32(microseconds * Double(round) / 8))
            if !temporaries(folder).isEmpty { killedInTheMiddle += 1 }
            server.killNine()
            try server.start()
            let again = try server.connect()
            let row = try again.task(id)
            #expect(row["taskStatus"] == "finish", "round \(round): \(row)")
            let path = row["filePath"] ?? ""
            #expect(path.contains("/again.pmml?"), "\(path)")
            #expect(try httpGet(path).body == bytes, "round \(round)")
            #expect(temporaries(folder).isEmpty, "round \(round)")
            try again.query("DROP TASK `\(id)`")
        }
        #expect(killedInTheMiddle > 0)
        #expect(server.terminate() == 0)
        let check = try ProgramRun(ServerProcess.binary, ["check", "--data", folder])
        #expect(check.status == 0, "\(check.output)\(check.errors)")
    }

    @Test("KILL and DROP TASK end an export at once and leave nothing of its file")
    func stopped() throws {
        let folder = TestRun.folder + "export-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = try ServerProcess.onData(folder)
        let client = try server.connect()
        // What is to be ended takes longer than a busy machine to say so.
        try prepare(client, trees: 400)
        for statement in ["KILL", "KILL QUERY"] {
            let id = try client.query("EXPORT MODEL m TO 'm.pmml'").cell ?? ""
            #expect(waitForFile(folder))
            let daemons = try client.query("SHOW PROCESSLIST").rows.filter { $0[4] == "Daemon" }
            #expect(daemons.count == 1 && daemons.first?[6]?.contains("pmml") == true)
            try client.query("\(statement) \(daemons.first?[0] ?? "")")
            let asked = Date()
            let row = try client.task(id)
            #expect(Date().timeIntervalSince(asked) < 20)
            #expect(row["taskStatus"] == "fail" && row["filePath"] == "", "\(row)")
            #expect(row["results"]?.contains("1317") == true, "\(row)")
            #expect(temporaries(folder).isEmpty)
        }
        let id = try client.query("EXPORT MODEL m TO 'm.pmml'").cell ?? ""
        #expect(waitForFile(folder))
        try client.query("DROP TASK `\(id)`")
        let deadline = Date().addingTimeInterval(20)
        while !temporaries(folder).isEmpty, Date() < deadline { usleep(5_000) }
        #expect(temporaries(folder).isEmpty)
        // The statement can be said again.
        let last = try client.query("EXPORT MODEL m TO 'm.sql'").cell ?? ""
        #expect(try client.task(last)["taskStatus"] == "finish")
        #expect(server.terminate() == 0)
    }
}
