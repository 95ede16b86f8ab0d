import Foundation
import TestPrograms
import Testing

/// Keys of remote models: nowhere in the open, and under whichever master key.
@Suite(
    "Remote models: keys",
    .serialized,
    .enabled(if: ModelService.isAvailable, "python3 is not installed")
)
struct RemoteKeyTests {
    /// A data directory with its master key beside it, gone with the test.
    private final class Place {
        let data = TestRun.folder + "keys-\(UUID().uuidString)"
        var keyFile: String { data + ".master" }
        var environment: [String: String] { ["BOREAL_MASTER_KEY_FILE": keyFile] }

        deinit {
            // What cannot be removed harms no test.
            try? FileManager.default.removeItem(atPath: data)
            for path in [keyFile, keyFile + ".next"] { unlink(path) }
        }

        func fixture(_ more: [String: String] = [:]) throws -> RemoteFixture {
            try RemoteFixture(
                ["--data", data],
                environment: environment.merging(more) { $1 }
            )
        }

        func rotate(_ more: [String: String] = [:]) throws -> ProgramRun {
            try ProgramRun(
                ServerProcess.binary,
                ["rotate-key", "--data", data],
                environment: environment.merging(more) { $1 }
            )
        }

        /// The bytes of every file below the directory.
        var everything: Data {
            let names = FileManager.default.subpaths(atPath: data) ?? []
            return names.reduce(into: Data()) { all, name in
                // A folder has no contents.
                if let bytes = FileManager.default.contents(atPath: data + "/" + name) {
                    all.append(bytes)
                }
            }
        }
    }

    @Test(
        "rotate-key puts another master key in place, also after a rotation that stopped half-way"
    )
    func rotation() throws {
        let place = Place()
        let fixture = try place.fixture()
        let client = try fixture.connect()
        try client.query(fixture.definition("a"))
        try client.query(fixture.definition("b"))
        try client.query("ALTER MODEL b ADD VERSION w WITH OPTIONS (MAX_TOKENS='9')")
        let old = try String(contentsOfFile: place.keyFile, encoding: .utf8)
        let early = try place.rotate()
        #expect(early.status == 1 && early.errors.contains("in use"), "\(early)")
        #expect(fixture.server.terminate() == 0)

        let run = try place.rotate()
        #expect(run.status == 0 && run.output.hasPrefix("3 stored keys"), "\(run)")
        let new = try String(contentsOfFile: place.keyFile, encoding: .utf8)
        #expect(new != old)
        func works(_ text: String) throws {
            try fixture.server.start()
            let client = try fixture.connect()
            for model in ["a", "b", "b:w"] {
                let answer = try client.rows("SELECT AI_CallText('\(model)', '\(text)')")
                #expect(answer == [["echo:\(text)"]])
            }
            #expect(fixture.server.terminate() == 0)
        }
        try works("x")
        // As if it had stopped between the commit and the new key's taking its place.
        try new.write(toFile: place.keyFile + ".next", atomically: false, encoding: .utf8)
        try old.write(toFile: place.keyFile, atomically: false, encoding: .utf8)
        chmod(place.keyFile + ".next", 0o600)
        try works("y")
        #expect(try place.rotate().status == 0)
        #expect(try String(contentsOfFile: place.keyFile, encoding: .utf8) == new)
        #expect(!FileManager.default.fileExists(atPath: place.keyFile + ".next"))
        try works("z")
    }

    @Test("without its master key the server starts, and its remote models answer CONFIG")
    func lostKey() throws {
        let place = Place()
        let fixture = try place.fixture()
        let client = try fixture.connect()
        try client.query(fixture.definition("a"))
        #expect(fixture.server.terminate() == 0)
        let kept = try String(contentsOfFile: place.keyFile, encoding: .utf8)
        let other = Data((0..<32).map { UInt8($0) }).base64EncodedString()
        for text in [nil, other + "\n", "nonsense\n"] {
            unlink(place.keyFile)
            if let text {
                try text.write(toFile: place.keyFile, atomically: false, encoding: .utf8)
                chmod(place.keyFile, 0o600)
            }
            try fixture.server.start()
            let client = try fixture.connect()
            let failure = try client.failure(of: "SELECT AI_CallText('a', 'x')")
            #expect(failure.number == 9_055 && failure.message.contains("CONFIG"), "\(failure)")
            #expect(failure.message.contains(place.keyFile), "\(failure)")
            #expect(try client.rows("SHOW MODELS").count == 1)
            let details = try client.rows("DESC MODEL EXTENDED a")
            #expect(details.contains { $0[0] == "key" && $0[1]?.hasPrefix("*** (") == true })
            #expect(fixture.server.terminate() == 0)
            #expect(try place.rotate().status == 1)
        }
        try kept.write(toFile: place.keyFile, atomically: false, encoding: .utf8)
        try fixture.server.start()
        #expect(try fixture.connect().rows("SELECT AI_CallText('a', 'x')") == [["echo:x"]])
    }

    @Test("usage and budgets live on over kill -9, a few seconds of usage excepted")
    func restarts() throws {
        let place = Place()
        let fixture = try place.fixture()
        var client = try fixture.connect()
        try client.query(fixture.definition("a"))
        _ = try client.rows("SELECT AI_CallText('a', 'abcd')")
        try client.query("CALL boreal_ai.set_budget('user', 'root', 'tokens', 8, 'month')")
        let sql =
            "SELECT user, model, provider, requests, tokens_in, tokens_out "
            + "FROM boreal_ai.usage_hourly"
        let before = try client.rows(sql)
        let catalog = place.data + "/catalog.db-wal"
        let size = { (try? Data(contentsOf: URL(fileURLWithPath: catalog)).count) ?? 0 }
        let first = size()
        let deadline = Date().addingTimeInterval(20)
        while size() == first, Date() < deadline { usleep(50_000) }
        fixture.server.killNine()
        try fixture.server.start()
        client = try fixture.connect()
        #expect(try client.rows(sql) == before)
        #expect(before.first?.prefix(2) == ["root@localhost", "a"])
        #expect(
            try client.rows("SELECT name, budget, used FROM boreal_ai.budgets")
                == [
                    [
                        "root@localhost", "8",
                        before[0][4].flatMap(Int.init).map {
                            String($0 + (before[0][5].flatMap(Int.init) ?? 0))
                        },
                    ]
                ]
        )
        _ = try client.rows("SELECT AI_CallText('a', 'efgh')")
        #expect(try client.failure(of: "SELECT AI_CallText('a', 'ijkl')").number == 9_063)
        // An orderly end loses nothing.
        #expect(fixture.server.terminate() == 0)
        try fixture.server.start()
        client = try fixture.connect()
        #expect(try client.rows("SELECT SUM(requests) FROM boreal_ai.usage_hourly") == [["2"]])
        try client.query("CALL boreal_ai.set_budget('user', 'root', 'tokens', 0, 'month')")
        #expect(try client.rows("SELECT * FROM boreal_ai.budgets").isEmpty)
    }

    @Test("a planted key is in no file, log, answer, error and packet of its whole life")
    func planted() throws {
        let place = Place()
        let fixture = try place.fixture(["BOREAL_LOG_LEVEL": "trace"])
        let client = try fixture.connect()
        let key = RemoteFixture.key
        var seen = ""
        func ask(_ sql: String) {
            do {
                let answer = try client.query(sql)
                seen += answer.rows.description + answer.names.description
                seen += String(decoding: answer.ok, as: UTF8.self)
            } catch {
                seen += "\(error)"
            }
        }
        let url = "\(fixture.service.url)/v1/chat/completions"
        let config = #"{"author_type":"token","token":"\#(key)"}"#
        ask(fixture.definition("one", "chat", ", RETRIES='0'"))
        ask("/*polar4ai*/ " + fixture.definition("two", "chat", ", MAX_BACH='1'"))
        ask("SELECT AI_CreateModel('three', '\(url)', NULL, NULL, 'q', '\(config)')")
        ask("SELECT AI_CreateModel('_bad', '\(url)', NULL, NULL, 'q', '\(config)')")
        ask("SELECT polar_ai.AI_AlterModel('three', NULL, NULL, NULL, 'q', '\(config)')")
        ask("SELECT AI_SetModelToken('three', '\(key)')")
        ask("ALTER MODEL one ADD VERSION w WITH OPTIONS (APIKEY='\(key)')")
        ask("PREPARE p FROM 'SELECT AI_SetModelToken(''three'', ''\(key)'')'")
        ask("EXECUTE p")
        for model in ["one", "one:w", "three"] {
            ask("SELECT AI_CallText('\(model)', 'fine')")
            // Services repeat keys in their errors.
            try fixture.service.faults(
                #"[{"kind":"400","arg":"your key \#(key) is bad","count":1}]"#
            )
            ask("SELECT AI_CallText('\(model)', 'refused')")
        }
        for sql in [
            "SHOW WARNINGS", "SHOW FULL PROCESSLIST", "SHOW MODELS", "SHOW FULL MODELS",
            "SHOW VERSIONS FOR MODEL one", "DESC MODEL EXTENDED one", "DESC MODEL EXTENDED three",
            "DESC MODEL three", "SELECT * FROM information_schema.boreal_models",
            "SELECT * FROM polar_ai._ai_models", "SELECT * FROM boreal_ai.requests_recent",
            "SELECT * FROM boreal_ai.usage_hourly", "SELECT * FROM boreal_ai.providers",
            "SELECT * FROM performance_schema.processlist", "SHOW VARIABLES",
            "SELECT AI_DropModel('three')", "DROP MODEL one",
        ] { ask(sql) }
        #expect(seen.contains("echo:fine"))
        #expect(seen.contains("***"))
        #expect(seen.contains("UPSTREAM_4xx"))
        let log = try String(contentsOfFile: fixture.server.logPath, encoding: .utf8)
        #expect(fixture.server.terminate() == 0)
        #expect(!seen.contains(key), "\(seen.components(separatedBy: key).map { $0.suffix(200) })")
        #expect(!log.contains(key))
        #expect(place.everything.range(of: Data(key.utf8)) == nil)
        #expect(place.everything.count > 10_000)
        let master = try String(contentsOfFile: place.keyFile, encoding: .utf8)
        #expect(place.everything.range(of: Data(master.prefix(43).utf8)) == nil)
    }
}
