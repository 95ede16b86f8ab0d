import Foundation
import TestPrograms
import Testing

/// Every way in which a service fails, seen from SQL: the rows that failed, the others, the words.
@Suite(
    "Remote models: failures in SQL",
    .serialized,
    .enabled(if: ModelService.isAvailable, "python3 is not installed")
)
struct RemoteFailureTests {
    private static let shared = Result { try RemoteFixture() }
    private let fixture: RemoteFixture
    private let client: RawClient

    init() throws {
        fixture = try Self.shared.get()
        try fixture.service.reset()
        client = try fixture.connect()
    }

    /// A model of a new name: what was learned of another one's service does not count.
    private func make(_ task: String, _ further: String) throws -> String {
        let name = "m" + UUID().uuidString.replacingOccurrences(of: "-", with: "")
        try client.query(fixture.definition(name, task, further))
        return name
    }

    /// A table of nine rows, of which row 4 asks for the fault.
    private func fill(_ fault: String) throws {
        try client.query("DROP TABLE IF EXISTS f")
        try client.query("CREATE TABLE f (id INT PRIMARY KEY, a TEXT)")
        let rows = (0..<9).map { "(\($0), '\($0 == 4 ? fault : "") row \($0)')" }
        try client.query("INSERT INTO f VALUES \(rows.joined(separator: ","))")
    }

    /// The fault, the code word of the row that has it, and its number.
    private static let chatFaults = [
        ("[[fault:429:none]]", "RATE_LIMIT", 9_063),
        ("[[fault:500]]", "UPSTREAM_5xx", 9_064), ("[[fault:502]]", "UPSTREAM_5xx", 9_064),
        ("[[fault:400]]", "UPSTREAM_4xx", 9_064), ("[[fault:401]]", "UPSTREAM_4xx", 9_064),
        ("[[fault:slow:20000]]", "TIMEOUT", 3_024), ("[[fault:hang]]", "TIMEOUT", 3_024),
        ("[[fault:reset]]", "CONNECT", 9_064), ("[[fault:close]]", "CONNECT", 9_064),
        ("[[fault:truncate]]", "BAD_RESPONSE", 9_064), ("[[fault:badjson]]", "BAD_RESPONSE", 9_064),
        ("[[fault:html]]", "BAD_RESPONSE", 9_064), ("[[fault:empty]]", "BAD_RESPONSE", 9_064),
        ("[[fault:huge:9000000]]", "BAD_RESPONSE", 9_064),
        ("[[fault:bomb]]", "BAD_RESPONSE", 9_064),
        ("[[fault:redirect]]", "BAD_RESPONSE", 9_064),
        ("[[fault:redirect:http://169.254.169.254/latest]]", "BAD_RESPONSE", 9_064),
    ]

    @Test("a chat that fails harms its row alone, in a query of many rows", arguments: chatFaults)
    func chats(_ fault: String, _ word: String, _ number: Int) throws {
        // Time counts for those alone that take all of it: the machine may be busy.
        let milliseconds = number == 3_024 ? 5_000 : 60_000
        let model = try make("chat", ", RETRIES='0', TIMEOUT_MS='\(milliseconds)'")
        try fill(fault)
        let rows = try client.rows("SELECT id, AI_CallText('\(model)', a) FROM f ORDER BY id")
        #expect(rows.map { $0[0] } == (0..<9).map(String.init))
        for (index, row) in rows.enumerated() {
            #expect(row[1] == (index == 4 ? nil : "echo: row \(index)"))
        }
        let warnings = try client.rows("SHOW WARNINGS")
        #expect(warnings.count == 1 && warnings[0][1] == String(number), "\(warnings)")
        #expect(warnings[0][2]?.contains("'\(model)' v1: \(word):") == true, "\(warnings)")
        let failure = try client.failure(
            of: "SELECT AI_CallText('\(model)', a) FROM f WHERE id = 4"
        )
        #expect(failure.number == number, "\(failure)")
        #expect(failure.message.contains(word), "\(failure)")
        let all = try client.failure(
            of: "SELECT AI_CallText('\(model)', CONCAT('\(fault)', id)) FROM f WHERE id < 2"
        )
        #expect(all.number == number, "every row for one reason: \(all)")
        #expect(!failure.message.contains(RemoteFixture.key))
    }

    @Test("a demand to wait beyond the deadline fails at once, and says what was demanded")
    func demand() throws {
        let model = try make("chat", ", RETRIES='3', TIMEOUT_MS='30000'")
        let failure = try client.failure(
            of: "SELECT AI_CallText('\(model)', '[[fault:429:3600]]')"
        )
        #expect(failure.number == 9_063 && failure.message.contains("RATE_LIMIT"), "\(failure)")
        #expect(failure.message.contains("3600 s"), "\(failure)")
        #expect(try fixture.service.requests() == 1)
    }

    /// Faults of an answer of many rows that are one row's: the others have theirs.
    @Test(
        "an embedding whose answer is no answer harms its row alone, though it shared a request",
        arguments: [
            "[[fault:400]]", "[[fault:badjson]]", "[[fault:html]]", "[[fault:empty]]",
            "[[fault:truncate]]", "[[fault:wrongcount]]", "[[fault:nan]]", "[[fault:bomb]]",
        ]
    )
    func embeddings(_ fault: String) throws {
        let model = try make("sentence-embedding", ", RETRIES='0', CACHE_TTL='0'")
        try fill(fault)
        let right = try client.rows(
            "SELECT AI_EmbedText('\(model)', CONCAT(' row ', id)) FROM f WHERE id <> 4 ORDER BY id"
        )
        let rows = try client.rows("SELECT AI_EmbedText('\(model)', a) FROM f ORDER BY id")
        var expected = right
        // One NaN is one row's, whichever the service gave it to: the first of those it answered.
        let lost = fault.contains("nan") ? rows.firstIndex { $0[0] == nil } ?? -1 : 4
        expected.insert([nil], at: 4)
        for (index, row) in rows.enumerated() where index != lost && index != 4 {
            #expect(row == expected[index], "row \(index)")
        }
        #expect(rows.count { $0[0] == nil } == 1, "\(rows)")
        #expect(try client.rows("SHOW WARNINGS").count == 1)
    }

    @Test("answers out of order come to their rows")
    func reordered() throws {
        let model = try make("sentence-embedding", ", CACHE_TTL='0'")
        try fill("")
        let sql = "SELECT AI_EmbedText('\(model)', a) FROM f ORDER BY id"
        let right = try client.rows(sql)
        try fixture.service.faults(#"[{"kind":"reorder","count":-1}]"#)
        #expect(try client.rows(sql) == right)
        #expect(Set(right.map { $0[0] }).count == 9)
    }

    @Test("a vector of another length than the model's first is no answer")
    func dimensions() throws {
        let model = try make("sentence-embedding", "")
        #expect(try client.rows("SELECT JSON_LENGTH(AI_EmbedText('\(model)', 'a'))") == [["8"]])
        try fixture.service.faults(#"[{"kind":"dim","arg":"5","count":-1}]"#)
        let failure = try client.failure(of: "SELECT AI_EmbedText('\(model)', 'b')")
        #expect(failure.message.contains("BAD_RESPONSE"), "\(failure)")
        #expect(failure.message.contains("5 numbers"), "\(failure)")
    }

    @Test(
        "failures that pass are retried until the row has its answer",
        arguments: ["429:0", "429:none", "500", "503", "reset", "close"]
    )
    func retried(_ fault: String) throws {
        let model = try make("chat", ", RETRIES='4', TIMEOUT_MS='60000'")
        let (kind, argument) = (fault.split(separator: ":")[0], fault.split(separator: ":").last)
        let mark = fault.contains(":") ? "\(kind):\(argument ?? "")" : "\(kind)"
        try fill("[[failfirst:2:\(mark)]]")
        let rows = try client.rows("SELECT AI_CallText('\(model)', a) FROM f ORDER BY id")
        #expect(rows.count { $0[0] != nil } == 9, "\(rows)")
        #expect(try client.rows("SHOW WARNINGS").isEmpty)
        #expect(try fixture.service.requests() == 11)
    }

    @Test("a stream may be cut at any byte; one that breaks off or holds an error is no answer")
    func streams() throws {
        let model = try make("chat", ", STREAM='true', RETRIES='0'")
        let text = "grüße, 世界 and more words"
        try fixture.service.faults(#"[{"kind":"dribble","count":-1}]"#)
        #expect(try client.rows("SELECT AI_CallText('\(model)', '\(text)')") == [["echo:\(text)"]])
        for fault in ["midstream", "sse_error"] {
            try fixture.service.faults(#"[{"kind":"\#(fault)","count":-1}]"#)
            let failure = try client.failure(of: "SELECT AI_CallText('\(model)', 'a b c \(fault)')")
            #expect(failure.number == 9_064, "\(failure)")
            #expect(["BAD_RESPONSE", "CONNECT"].contains { failure.message.contains($0) })
        }
    }

    @Test("a table of a thousand rows with failing calls in between comes out right")
    func mixed() throws {
        let model = try make("sentence-embedding", ", MAX_BATCH='32', RETRIES='6', CACHE_TTL='0'")
        try client.query("DROP TABLE IF EXISTS big")
        try client.query("CREATE TABLE big (id INT PRIMARY KEY, a TEXT)")
        let rows = (0..<1_000).map { "(\($0), 'text \($0)')" }.joined(separator: ",")
        try client.query("INSERT INTO big VALUES \(rows)")
        let sql = "SELECT id, AI_EmbedText('\(model)', a) FROM big ORDER BY id"
        let right = try client.rows(sql)
        try fixture.service.faults(
            """
            [{"kind":"500","count":-1,"p":0.03},
             {"kind":"429","retry_after":null,"count":-1,"p":0.03},
             {"kind":"reset","count":-1,"p":0.03},{"kind":"badjson","count":-1,"p":0.03}]
            """
        )
        #expect(try client.rows(sql) == right)
        #expect(try client.rows("SHOW WARNINGS").isEmpty)
        try client.query("DROP TABLE big")
    }

    // MARK: - Clients that go, servers that go

    @Test("a client that goes away while its calls hang leaves nothing behind")
    func gone() throws {
        let model = try make("chat", ", RETRIES='0', TIMEOUT_MS='60000'")
        try fill("[[fault:hang]]")
        do {
            let other = try fixture.connect()
            try other.start("SELECT AI_CallText('\(model)', a) FROM f")
            try waitForRequests(9)
        }
        let isAborted = try eventually {
            try fixture.service.admin("GET", "stats")["inflight"] as? Int == 0
        }
        #expect(isAborted)
        #expect(try client.rows("SELECT 1") == [["1"]])
        #expect(
            try client.rows("SELECT SUM(in_flight) FROM boreal_ai.providers") == [["0"]]
        )
    }

    private func waitForRequests(_ count: Int) throws {
        let areThere = try eventually { try fixture.service.requests() >= count }
        #expect(areThere)
    }

    @Test("SELECT 1 is answered beside 64 statements whose calls hang")
    func hanging() throws {
        let model = try make("chat", ", RETRIES='0', TIMEOUT_MS='60000', MAX_CONCURRENCY='100'")
        var waiting: [RawClient] = []
        for index in 0..<64 {
            let other = try fixture.connect()
            try other.start("SELECT AI_CallText('\(model)', '[[fault:hang]] \(index)')")
            waiting.append(other)
        }
        // Concurrency begins at 4 and grows with answers only: no more than that hang.
        try waitForRequests(4)
        for _ in 0..<200 { #expect(try client.rows("SELECT 1") == [["1"]]) }
        let listing =
            "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE '%fault:hang%' "
            + "AND info NOT LIKE '%processlist%'"
        let areListed = try eventually(within: 30) { try client.rows(listing) == [["64"]] }
        #expect(areListed)
        waiting.removeAll()
    }

    @Test("kill -9 while an UPDATE waits for answers leaves the table whole and unlocked")
    func killed() throws {
        let data = TestRun.folder + "remote-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: data) }
        let own = try RemoteFixture(
            ["--data", data],
            environment: ["BOREAL_MASTER_KEY_FILE": data + ".key"]
        )
        defer { unlink(data + ".key") }
        let session = try own.connect()
        try session.query(own.definition("talker", "chat", ", TIMEOUT_MS='60000'"))
        try session.query("CREATE TABLE u (id INT PRIMARY KEY, a TEXT)")
        try session.query("INSERT INTO u VALUES (1,'one'),(2,'[[fault:hang]]'),(3,'three')")
        let other = try own.connect()
        try other.start("UPDATE u SET a = AI_CallText('talker', a)")
        let areAsked = try eventually { try own.service.requests() >= 3 }
        #expect(areAsked)
        // Whoever waits for a service holds no lock.
        try session.query("INSERT INTO u VALUES (4, 'four')")
        own.server.killNine()
        try own.server.start()
        let later = try own.connect()
        #expect(
            try later.rows("SELECT a FROM u ORDER BY id")
                == [["one"], ["[[fault:hang]]"], ["three"], ["four"]]
        )
        try later.query("UPDATE u SET a = 'changed' WHERE id = 2")
        try later.query("UPDATE u SET a = AI_CallText('talker', a)")
        #expect(
            try later.rows("SELECT a FROM u ORDER BY id")
                == [["echo:one"], ["echo:changed"], ["echo:three"], ["echo:four"]]
        )
    }
}
