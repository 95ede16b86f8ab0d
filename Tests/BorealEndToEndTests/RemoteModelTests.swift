import Foundation
import Testing

/// Models that run elsewhere, described and called in SQL, beside a stand-in for their service.
@Suite(
    "Remote models",
    .serialized,
    .enabled(if: ModelService.isAvailable, "python3 is not installed")
)
struct RemoteModelTests {
    private static let key = "sk-planted-4711-secret"
    private static let service = Result { try ModelService(apiKey: key) }
    private static let server: Result<ServerProcess, any Error> = Result {
        try ServerProcess(
            arguments: ["--ephemeral"],
            environment: [
                "BOREAL_TRUSTED_CONNECTOR_ENDPOINTS_REGEX": #"["http://127\\.0\\.0\\.1:\\d+/.*"]"#,
                "BOREAL_CONNECTOR_PRIVATE_IP_ENABLED": "ON",
            ]
        )
    }

    private let service: ModelService
    private let server: ServerProcess
    private let client: RawClient

    init() throws {
        service = try Self.service.get()
        server = try Self.server.get()
        client = try server.connect()
        try service.reset()
        try client.query("CREATE DATABASE IF NOT EXISTS d")
        try client.query("USE d")
    }

    /// Describes a model of the stand-in.
    private func make(
        _ name: String,
        _ task: String = "chat",
        _ further: String = "",
        path: String = ""
    ) throws {
        try client.query("DROP MODEL IF EXISTS \(name)")
        try client.query(
            """
            CREATE MODEL \(name) WITH VERSION V1 INPUT (prompt STRING)
            OPTIONS (MODEL_SOURCE_TYPE='REMOTE', MODEL_TYPE='LLM', TASKS='\(task)',
            PAI_EAS_MODEL_NAME='qwen', PAI_EAS_SERVICE_NAME='svc', ENDPOINT='\(service.url)\(path)',
            APIKEY='\(Self.key)', PAI_EAS_SYNC_MODE='true'\(further)) COMMENT "what it is"
            """
        )
    }

    private func values(_ sql: String) throws -> [[String?]] { try client.query(sql).rows }

    @Test("a model is described, listed, given versions and dropped")
    func life() throws {
        try make("Qwen25")
        #expect(try values("SHOW MODEL qwen25")[0][0] == "saved")
        #expect(
            try values("SHOW MODELS LIKE 'Qwen25'") == [["Qwen25", "remote", "saved"]]
        )
        try client.query(
            "ALTER MODEL qwen25 ADD VERSION second WITH OPTIONS (MAX_TOKENS='3') COMMENT 'short'"
        )
        #expect(
            try values("SHOW VERSIONS FOR MODEL qwen25").map { [$0[0], $0[3]] }
                == [["v1", "yes"], ["second", ""]]
        )
        #expect(
            try values("SELECT AI_CallText('qwen25', 'a b c d'), AI_CallText('qwen25:second', 'a')")
                == [["echo:a b c d", "echo:a"]]
        )
        try client.query("ALTER MODEL qwen25 SET DEFAULT_VERSION = second")
        try client.query("ALTER MODEL qwen25 DROP VERSION v1")
        try client.query("DROP MODEL qwen25")
        #expect(try client.failure(of: "SHOW MODEL qwen25").number == 9053)
        #expect(try client.failure(of: "DROP MODEL qwen25").number == 9053)
        try client.query("DROP MODEL IF EXISTS qwen25")
    }

    @Test("IF NOT EXISTS leaves a model as it is")
    func ifNotExists() throws {
        try make("once")
        let options = "OPTIONS (MODEL_SOURCE_TYPE='REMOTE')"
        try client.query("CREATE MODEL IF NOT EXISTS ONCE WITH VERSION v9 \(options)")
        #expect(try values("SHOW VERSIONS FOR MODEL once").count == 1)
        let failure = try client.failure(of: "CREATE MODEL once WITH VERSION v9 \(options)")
        #expect(failure.number == 9055 && failure.message.contains("MODEL_TYPE"))
    }

    @Test(
        "what a definition may not say is refused by name",
        arguments: [
            ("n", "v1", "", "ENDPOINT='http://127.0.0.1:1/v1/chat/completions'", 0, ""),
            ("n", "default_version", "", "", 9055, "default_version"),
            ("1n", "v1", "", "", 9055, "1n"),
            ("n", "v1", "", "TASKS='chatting'", 9055, "sentence-embedding"),
            ("n", "v1", "", "PAI_EAS_SYNC_MODE='false'", 9055, "PAI_EAS_SYNC_MODE"),
            ("n", "v1", "", "PAI_EAS_SYNC_REQUEST_TIMEOUT='4999'", 9055, "5000"),
            ("n", "v1", "", "PAI_EAS_SYNC_REQUEST_TIMEOUT='1800001'", 9055, "1800000"),
            ("n", "v1", "", "MAX_BACH='3'", 9055, "MAX_BATCH"),
            ("n", "v1", "", "ENDPOINT='http://127.0.0.2:80/x'", 1227, "POLICY"),
            ("n", "v1", "", "ENDPOINT='http://2130706433/x'", 1227, "POLICY"),
            ("n", "v1", "", "ENDPOINT='file:///etc/passwd'", 1227, "POLICY"),
            ("n", "v1", "INPUT (_a STRING)", "", 9055, "_a"),
            ("n", "v1", "INPUT (a STRING, A int)", "", 9055, "twice"),
            ("n", "v1", "INPUT (列 STRING)", "", 9055, "列"),
            ("n", "v1", "INPUT (a列 STRING)", "", 0, ""),
        ]
    )
    func badDefinitions(
        _ name: String,
        _ version: String,
        _ input: String,
        _ option: String,
        _ number: Int,
        _ word: String
    ) throws {
        var options = [
            "MODEL_SOURCE_TYPE": "REMOTE", "MODEL_TYPE": "LLM", "TASKS": "chat",
            "PAI_EAS_MODEL_NAME": "q", "PAI_EAS_SERVICE_NAME": "s", "ENDPOINT": service.url,
            "APIKEY": Self.key, "PAI_EAS_SYNC_MODE": "true",
        ].mapValues { "'\($0)'" }
        if let mark = option.firstIndex(of: "=") {
            options[String(option[..<mark])] = String(option[option.index(after: mark)...])
        }
        let list = options.map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
        let sql = "CREATE MODEL \(name) WITH VERSION \(version) \(input) OPTIONS (\(list))"
        try client.query("DROP MODEL IF EXISTS n")
        guard number > 0 else {
            try client.query(sql)
            return
        }
        let failure = try client.failure(of: sql)
        #expect(failure.number == number, "\(failure)")
        #expect(failure.message.contains(word), "\(failure)")
    }

    @Test("lengths of names and comments are held to their limits")
    func lengths() throws {
        func create(_ name: String, _ version: String, _ column: String, _ comment: String)
            -> String
        {
            """
            CREATE MODEL \(name) WITH VERSION \(version) INPUT (\(column) STRING)
            OPTIONS (MODEL_SOURCE_TYPE='REMOTE', MODEL_TYPE='LLM', TASKS='chat',
            PAI_EAS_MODEL_NAME='q', PAI_EAS_SERVICE_NAME='s', ENDPOINT='\(service.url)',
            APIKEY='k', PAI_EAS_SYNC_MODE='true') COMMENT '\(comment)'
            """
        }
        func a(_ count: Int) -> String { String(repeating: "a", count: count) }
        try client.query(create(a(256), a(256), a(128), a(1_024)))
        try client.query("DROP MODEL \(a(256))")
        for sql in [
            create(a(257), "v", "c", ""), create("n", a(257), "c", ""),
            create("n", "v", a(129), ""), create("n", "v", "c", a(1_025)),
        ] {
            #expect([1059, 9055].contains(try client.failure(of: sql).number))
        }
    }

    @Test("each kind of model answers each row of a table")
    func rows() throws {
        try make("chat")
        try make("words", "sentence-embedding")
        try make("rank", "chat", path: "/v1/rerank")
        try client.query("CREATE TABLE t (id INT PRIMARY KEY, a TEXT)")
        try client.query(
            "INSERT INTO t VALUES (1, 'one'), (2, NULL), (3, 'say \"hi\"'), (4, 'one')"
        )
        #expect(
            try values("SELECT id, AI_CallText('chat', a) FROM t ORDER BY id")
                == [["1", "echo:one"], ["2", nil], ["3", "echo:say \"hi\""], ["4", "echo:one"]]
        )
        #expect(
            try values("SELECT AI_CallModel('chat', a) FROM t WHERE id = 3")
                == [[#""echo:say \"hi\"""#]]
        )
        #expect(
            try values("SELECT id FROM t WHERE AI_CallText('chat', a) = 'echo:one' ORDER BY id")
                == [["1"], ["4"]]
        )
        let lengths = try values("SELECT JSON_LENGTH(AI_EmbedText('words', a)) FROM t ORDER BY id")
        #expect(lengths == [["8"], [nil], ["8"], ["8"]])
        #expect(
            try values("SELECT AI_Rerank('rank', 'red car', a) FROM (SELECT 'a red' AS a) s")
                == [["0.5"]]
        )
        try client.query("ALTER TABLE t ADD COLUMN e TEXT")
        try client.query("UPDATE t SET e = AI_CallText('chat', a) WHERE id < 3")
        #expect(try values("SELECT e FROM t ORDER BY id") == [["echo:one"], [nil], [nil], [nil]])
        try client.query("DROP TABLE t")
    }

    @Test("equal rows are sent once, and packed")
    func packing() throws {
        try make("words", "sentence-embedding", ", MAX_BATCH='50'")
        try client.query("CREATE TABLE p (id INT AUTO_INCREMENT PRIMARY KEY, a TEXT)")
        let rows = (0..<1_000).map { "('text \($0 % 200)')" }.joined(separator: ",")
        try client.query("INSERT INTO p (a) VALUES \(rows)")
        try service.reset()
        let sum = try values("SELECT SUM(JSON_LENGTH(AI_EmbedText('words', a))) FROM p")
        #expect(sum == [["8000"]])
        #expect(try service.requests() == 4, "200 texts in batches of 50")
        _ = try values("SELECT AI_EmbedText('words', a) FROM p")
        #expect(try service.requests() == 4, "all of it was kept")
        try client.query("DROP TABLE p")
    }

    @Test("a row that fails is NULL with a warning, and alone it is the error")
    func failures() throws {
        try make("chat", "chat", ", RETRIES='0'")
        try client.query("CREATE TABLE f (id INT PRIMARY KEY, a TEXT)")
        try client.query("INSERT INTO f VALUES (1, 'x'), (2, '[[fault:500]]'), (3, 'z')")
        #expect(
            try values("SELECT AI_CallText('chat', a) FROM f ORDER BY id")
                == [["echo:x"], [nil], ["echo:z"]]
        )
        let warning = try values("SHOW WARNINGS")
        #expect(warning.count == 1)
        #expect(warning[0][1] == "9064")
        #expect(warning[0][2]?.contains("remote model 'chat' v1: UPSTREAM_5xx:") == true)
        let failure = try client.failure(of: "SELECT AI_CallText('chat', a) FROM f WHERE id = 2")
        #expect(failure.number == 9064)
        try make("chat", "chat", ", ON_ERROR='fail', RETRIES='0'")
        #expect(try client.failure(of: "SELECT AI_CallText('chat', a) FROM f").number == 9064)
        // The statement before it is undone as a whole.
        try client.query("ALTER TABLE f ADD COLUMN e TEXT")
        #expect(
            try client.failure(of: "UPDATE f SET e = AI_CallText('chat', a)").number == 9064
        )
        #expect(try values("SELECT COUNT(e) FROM f") == [["0"]])
        try client.query("DROP TABLE f")
    }

    /// A literal of JSON text.
    private func config(_ further: String = "") -> String {
        "'{\"author_type\":\"token\",\"token\":\"\(Self.key)\"\(further)}'"
    }

    @Test("functions register, change, call and drop a model")
    func functions() throws {
        let url = "\(service.url)/compatible-mode/v1/embeddings"
        let create =
            "AI_CreateModel('my/text', '\(url)', 'Alibaba', 'text_embedding', "
            + "'text-embedding-v3', \(config()))"
        try client.query("DROP MODEL IF EXISTS `my/text`")
        let first = try values("SELECT \(create)")[0][0] ?? ""
        #expect(
            first.contains(#""model_id": "my/text""#) || first.contains(#""model_id":"my/text""#)
        )
        #expect(first.contains("true"))
        #expect(try values("SELECT polar_ai.\(create)")[0][0]?.contains("false") == true)
        #expect(try values("SELECT JSON_LENGTH(AI_CallModel('my/text', 'a'))") == [["8"]])
        #expect(try values("SELECT polar_ai.ai_callmodel('my/text', NULL)") == [[nil]])

        let chat = "\(service.url)/v1/chat/completions"
        #expect(
            try values("SELECT AI_AlterModel('my/text', '\(chat)', NULL, NULL, 'qwen')") == [["1"]]
        )
        #expect(try values("SELECT AI_CallText('my/text', 'a')") == [["echo:a"]])
        #expect(try values("SELECT AI_SetModelToken('my/text', 'wrong')") == [["1"]])
        #expect(try client.failure(of: "SELECT AI_CallText('my/text', 'b')").number == 9064)
        #expect(try values("SELECT AI_DropModel('my/text'), 1") == [["1", "1"]])
        #expect(try values("SELECT AI_DropModel('my/text')") == [["0"]])
        #expect(try client.failure(of: "SELECT AI_CallText('my/text', 'a')").number == 9053)
    }

    @Test(
        "what a function may not register is refused by name",
        arguments: [
            ("NULL, 'URL', NULL, NULL, 'n', CONFIG", 9055, "model_id"),
            ("'_m', 'URL', NULL, NULL, 'n', CONFIG", 9055, "built-in"),
            ("'m', NULL, NULL, NULL, 'n', CONFIG", 9055, "model_url"),
            ("'m', 'URL', NULL, NULL, NULL, CONFIG", 9055, "model_name"),
            ("'m', 'URL', NULL, NULL, 'M', CONFIG", 9055, "differ"),
            ("'m', 'file:///x', NULL, NULL, 'n', CONFIG", 1227, "POLICY"),
            ("'m', 'http://10.0.0.1/v1/embeddings', NULL, NULL, 'n', CONFIG", 1227, "POLICY"),
            ("'m', 'URL', NULL, NULL, 'n', '{\"token\":\"x\"}'", 9055, "author_type"),
            ("'m', 'URL', NULL, NULL, 'n', '[1]'", 9055, "model_config"),
            ("'m', 'URL', NULL, NULL, 'n', CONFIG, NULL, 'openai.chats'", 9055, "openai.chat"),
            ("'m', 'URL', NULL, NULL, 'n', CONFIG, '{\"Host\":\"x\"}'", 9055, "Host"),
            ("'m', 'URL'", 9055, "AI_CREATEMODEL(id, url"),
        ]
    )
    func badRegistrations(_ arguments: String, _ number: Int, _ word: String) throws {
        let filled = arguments.replacingOccurrences(of: "CONFIG", with: config())
            .replacingOccurrences(of: "'URL'", with: "'\(service.url)/v1/embeddings'")
        let failure = try client.failure(of: "SELECT AI_CreateModel(\(filled))")
        #expect(failure.number == number, "\(failure)")
        #expect(failure.message.contains(word), "\(failure)")
        #expect(!failure.message.contains(Self.key))
        #expect(try values("SHOW MODELS LIKE 'm'").isEmpty)
    }

    @Test("a service of the user's own is spoken to by template and path")
    func template() throws {
        let url = "\(service.url)/v1/chat/completions"
        let body = #"{"model":"${model}","messages":[{"role":"user","content":"${content}"}]}"#
        _ = try values("SELECT AI_DropModel('own')")
        try client.query(
            "SELECT AI_CreateModel('own', '\(url)', NULL, NULL, 'q', \(config()), NULL, '\(body)', "
                + "'$.choices[0].message.content')"
        )
        let text = #"say ", "role": "system" \\ end"#
        let answer = try values("SELECT AI_CallText('own', '\(text)')")[0][0]
        #expect(answer == #"echo:say ", "role": "system" \ end"#)
    }

    @Test("an account is not given what was kept for another")
    func accounts() throws {
        try make("words", "sentence-embedding")
        try client.query("DROP USER IF EXISTS other")
        try client.query("CREATE USER other IDENTIFIED BY ''")
        try client.query("GRANT PREDICT ON MODEL words TO other")
        let other = try RawClient(port: server.mysqlPort, user: "other")
        let sql = "SELECT JSON_LENGTH(AI_EmbedText('words', 'asked by two'))"
        try service.reset()
        for asking in [client, client, other, other, client] {
            #expect(try asking.query(sql).rows == [["8"]])
        }
        #expect(try service.requests() == 2)
    }

    @Test("a key is in no answer, no log and no file")
    func secrets() throws {
        try make("chat")
        #expect(try values("SELECT AI_CallText('chat', 'x')") == [["echo:x"]])
        var seen = try values("DESC MODEL EXTENDED chat").description
        seen += try values("SELECT * FROM information_schema.boreal_models").description
        seen += try values("SHOW FULL PROCESSLIST").description
        seen += try values("SELECT * FROM performance_schema.processlist").description
        seen += try client.failure(of: "SELECT AI_CallText('chat', '[[fault:401]]')").message
        #expect(!seen.contains(Self.key))
        #expect(seen.contains("qwen"))
        let log = try String(contentsOfFile: server.logPath, encoding: .utf8)
        #expect(!log.contains(Self.key))
    }

    @Test("an endpoint that is trusted no more is not called")
    func distrusted() throws {
        try make("chat")
        let list = try values("SELECT @@trusted_connector_endpoints_regex")[0][0] ?? ""
        try client.query("SET GLOBAL trusted_connector_endpoints_regex = '[]'")
        defer {
            let text = list.replacingOccurrences(of: "\\", with: "\\\\")
            _ = try? client.query("SET GLOBAL trusted_connector_endpoints_regex = '\(text)'")
        }
        try service.reset()
        let failure = try client.failure(of: "SELECT AI_CallText('chat', 'not before seen')")
        #expect(failure.number == 1227 && failure.message.contains("POLICY"))
        #expect(try service.requests() == 0)
    }

    @Test("a table with more rows than a model's queue is answered whole, each text asked once")
    func manyRows() throws {
        try make("embed", "sentence-embedding")
        try client.query("DROP TABLE IF EXISTS digits, many")
        try client.query("CREATE TABLE digits (d INT)")
        try client.query("INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9)")
        try client.query("CREATE TABLE many (id INT PRIMARY KEY)")
        try client.query(
            """
            INSERT INTO many SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d
            FROM digits a, digits b, digits c, digits e, digits f WHERE f.d < 2
            """
        )
        try service.reset()
        let call = "AI_EmbedText('embed', CONCAT('many ', id % 14000))"
        let counted = try client.query("SELECT COUNT(\(call)), COUNT(*) FROM many").rows
        #expect(counted == [["20000", "20000"]])
        // 14,000 texts by 256.
        #expect(try service.requests() <= 57)
        let streamed = try client.query(
            "SELECT AI_EmbedText('embed', CONCAT('rows ', id)) FROM many ORDER BY id"
        ).rows
        #expect(streamed.count == 20_000 && streamed.allSatisfy { $0[0]?.first == "[" })
    }

    @Test("a statement that is killed stops calling")
    func killed() throws {
        try make("chat", "chat", ", PAI_EAS_SYNC_REQUEST_TIMEOUT='60000'")
        let other = try server.connect()
        try service.reset()
        try client.start("SELECT AI_CallText('chat', '[[fault:hang]]')")
        let isCalled = try eventually { try service.requests() > 0 }
        #expect(isCalled)
        let start = Date()
        try other.query("KILL QUERY \(client.connectionID)")
        let failure = #expect(throws: RawClient.ServerFailure.self) { try client.readAnswer() }
        #expect(failure?.number == 1317)
        #expect(Date().timeIntervalSince(start) < 20)
    }
}
