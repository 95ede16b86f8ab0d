import Foundation
import Testing

/// The vendor's built-in names, which route to models that run elsewhere.
@Suite(
    "Built-in models",
    .serialized,
    .enabled(if: ModelService.isAvailable, "python3 is not installed")
)
struct BuiltInModelTests {
    private static let bench = Result { try RemoteBench() }

    private let bench: RemoteBench
    private let client: RawClient

    init() throws {
        bench = try Self.bench.get()
        client = try bench.begin()
        try client.query("SET GLOBAL polar4ai_route = '', GLOBAL polar4ai_provider = ''")
    }

    private func values(_ sql: String) throws -> [[String?]] { try client.query(sql).rows }

    @Test("without a route a built-in name has no endpoint")
    func unrouted() throws {
        for sql in [
            "SELECT AI_CallModel('_polar4ai_tongyi', 'x')",
            "SELECT AI_CallText('_POLAR4AI_tongyi_sa', 'x')",
            "SELECT AI_EmbedText('_polar4ai_text2vec', 'x')",
        ] {
            #expect(try client.failure(of: sql).number == 9056)
        }
        let failure = try client.failure(of: "SELECT AI_CallText('_polar4ai_other', 'x')")
        #expect(failure.number == 9053)
        #expect(try bench.service.requests() == 0)
    }

    @Test("settings route names, are checked, kept and cleared")
    func settings() throws {
        try bench.make("talker", by: client)
        try client.query("SET GLOBAL polar4ai_route = '{\"*\":\"talker\"}'")
        #expect(try values("SELECT @@polar4ai_route") == [[#"{"*": "talker"}"#]])
        #expect(try values("SELECT AI_CallText('_polar4ai_tongyi', 'x')") == [["echo:x"]])
        for (value, number) in [
            (#"{"*":"nobody"}"#, 9053), (#"{"_polar4ai_no":"talker"}"#, 9055), ("talker", 1231),
        ] {
            let failure = try client.failure(of: "SET GLOBAL polar4ai_route = '\(value)'")
            #expect(failure.number == number, "\(failure)")
        }
        #expect(try values("SELECT @@polar4ai_route") == [[#"{"*": "talker"}"#]])
        try client.query("SET GLOBAL polar4ai_route = ''")
        let call = "SELECT AI_CallText('_polar4ai_tongyi', 'y')"
        #expect(try client.failure(of: call).number == 9056)
        try client.query("SET GLOBAL polar4ai_provider = 'talker'")
        #expect(try values(call) == [["echo:y"]])
        try client.query("DROP MODEL talker")
        #expect(try client.failure(of: call).number == 9053)
    }

    @Test("each task is asked under its instruction")
    func instructions() throws {
        try bench.make("talker", "chat", ", SYSTEM='its own words'", by: client)
        try client.query("SET GLOBAL polar4ai_provider = 'talker'")
        for (name, word) in [
            ("_polar4ai_tongyi", "its own words"), ("_polar4ai_tongyi_summarize", "Summarize"),
            ("_polar4ai_tongyi_tran_2_en", "English"), ("_polar4ai_tongyi_tran_2_zh", "Chinese"),
            ("_polar4ai_tongyi_p_comment", "positive"), ("_polar4ai_tongyi_n_comment", "negative"),
        ] {
            #expect(try values("SELECT AI_CallText('\(name)', 'text')") == [["echo:text"]])
            let last = try bench.service.admin("GET", "stats")["last"] as? [String: Any]
            let body = last?["body"] as? [String: Any]
            let messages = body?["messages"] as? [[String: String]] ?? []
            #expect(messages.count == 2 && messages[0]["role"] == "system")
            #expect(messages[0]["content"]?.contains(word) == true, "\(name): \(messages)")
        }
    }

    @Test("a sentiment is one of three words, whatever the model says around it")
    func sentiment() throws {
        try bench.make("talker", by: client)
        try client.query("SET GLOBAL polar4ai_provider = 'talker'")
        let call = "SELECT AI_CallText('_polar4ai_tongyi_sa', "
        #expect(try values(call + "'this is negative!')") == [["Negative"]])
        #expect(try values(call + "'I am NEUTRAL.')") == [["Neutral"]])
        #expect(try values(call + "NULL)") == [[nil]])
        let failure = try client.failure(of: call + "'positive and negative')")
        #expect(failure.number == 9064)
        #expect(failure.message.contains("Positive, Negative, Neutral"))
    }

    @Test("a task needs a model of its kind")
    func kinds() throws {
        try bench.make("talker", by: client)
        try bench.make("words", "sentence-embedding", by: client)
        try client.query(
            """
            SET GLOBAL polar4ai_route = '{"_polar4ai_text2vec":"words","*":"talker"}'
            """
        )
        let length = "SELECT JSON_LENGTH(AI_EmbedText('_polar4ai_text2vec', 'a'))"
        #expect(try values(length) == [["8"]])
        try client.query("SET GLOBAL polar4ai_route = '{\"*\":\"talker\"}'")
        let failure = try client.failure(of: length)
        #expect(failure.number == 9055 && failure.message.contains("embedding"), "\(failure)")
    }

    @Test("a built-in name is never listed, made or dropped")
    func reserved() throws {
        try bench.make("talker", by: client)
        try client.query("SET GLOBAL polar4ai_provider = 'talker'")
        #expect(try values("SHOW MODELS").allSatisfy { $0[0]?.hasPrefix("_") == false })
        for sql in ["DROP MODEL _polar4ai_tongyi", "DROP MODEL IF EXISTS _polar4ai_tongyi"] {
            let failure = try client.failure(of: sql)
            #expect(failure.number == 9055 && failure.message.contains("reserved"))
        }
        #expect(
            try client.failure(
                of: "CREATE MODEL _polar4ai_mine WITH VERSION v1 OPTIONS (MODEL_TYPE='LLM')"
            ).number == 9055
        )
    }

    @Test("who may not ask the model behind a name may not ask the name")
    func rights() throws {
        try bench.make("talker", by: client)
        try client.query("SET GLOBAL polar4ai_provider = 'talker'")
        try client.query("DROP USER IF EXISTS guest")
        try client.query("CREATE USER guest IDENTIFIED BY ''")
        let guest = try RawClient(port: bench.server.mysqlPort, user: "guest")
        let call = "SELECT AI_CallText('_polar4ai_tongyi', 'x')"
        #expect(try guest.failure(of: call).number == 1142)
        try client.query("GRANT PREDICT ON MODEL talker TO guest")
        #expect(try guest.query(call).rows == [["echo:x"]])
    }
}
