import Foundation
import Glibc
import TestPrograms
import Testing

/// The body of a chat.
private func chatBody(_ text: String, model: String = "chat", more: String = "") -> String {
    #"{"model":"\#(model)","messages":[{"role":"user","content":"\#(text)"}]\#(more)}"#
}

/// The operator's own address: requests in the services' own forms, for models of the registry.
@Suite(
    "Requests in the services' own forms",
    .serialized,
    .enabled(if: ModelService.isAvailable && RESTClient.isAvailable, "python3 or curl is missing")
)
struct ProviderRouteTests {
    private static let key = "sk-provider-key-4711"
    private static let service: Result<ModelService, any Error> = Result {
        try ModelService(apiKey: key)
    }
    private static let server: Result<ServerProcess, any Error> = Result {
        let server = try ServerProcess.ephemeral()
        try RESTClient(port: server.httpPort).trust()
        let url = try service.get().url
        let sql = try RawClient(port: server.mysqlPort)
        for (name, task, more) in [
            ("chat", "chat", ""), ("hasty", "chat", ", RETRIES='0'"),
            ("embed", "sentence-embedding", ""), ("patient", "chat", ", TIMEOUT_MS='60000'"),
        ] {
            try sql.query(
                """
                CREATE MODEL \(name) WITH VERSION v1 OPTIONS (MODEL_SOURCE_TYPE='REMOTE',
                MODEL_TYPE='LLM', TASKS='\(task)', PAI_EAS_MODEL_NAME='up-\(name)',
                PAI_EAS_SERVICE_NAME='s', ENDPOINT='\(url)', APIKEY='\(key)',
                PAI_EAS_SYNC_MODE='true'\(more))
                """
            )
        }
        return server
    }

    private let server: ServerProcess
    private let service: ModelService
    private let client: RESTClient
    private let sql: RawClient

    init() throws {
        service = try Self.service.get()
        server = try Self.server.get()
        try service.reset()
        client = RESTClient(port: server.httpPort)
        sql = try RawClient(port: server.mysqlPort)
    }

    /// A request to a path that does not lie below the contract.
    private func post(
        _ path: String,
        _ body: String,
        user: String = "root:"
    ) throws -> RESTClient.Answer {
        try client.send("POST", path, body, isWhole: true, as: user)
    }

    @Test(
        "a body passes unchanged but for the model's name and the key, and so does the answer",
        arguments: ["/v1/chat/completions", "/compatible-mode/v1/chat/completions"]
    )
    func chat(_ path: String) throws {
        let answer = try post(path, chatBody("hi", more: #","seed":1.50,"x":{"model":"inner"}"#))
        #expect(answer.status == 200, "\(answer.text)")
        #expect(answer.string("choices.0.message.content") == "echo:hi")
        #expect(answer.string("model") == "chat")
        let last = try service.admin("GET", "stats")["last"] as? [String: Any]
        let sent = "\(last ?? [:])"
        #expect(sent.contains("up-chat") && sent.contains("Bearer \(Self.key)"), "\(sent)")
        #expect(!answer.text.contains("up-chat") && !answer.text.contains(Self.key))
    }

    @Test("requests that are sent ahead are answered in their order")
    func ahead() throws {
        let token = try #require(try sql.query("CREATE TOKEN FOR root@localhost").rows[0][1])
        let connection = try Loopback.connect(to: server.httpPort)
        defer { close(connection) }
        var text = ""
        let bodies = (0..<40).map { number in
            // The first takes longest; one is nothing that could be passed on.
            let body = chatBody((number == 0 ? "[[fault:slow:300]] " : "") + "row \(number).")
            return number == 7 ? "[" : body
        }
        for body in bodies {
            text += "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer "
            text += "\(token)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        }
        let bytes = Array(text.utf8)
        #expect(send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count)
        var answered = ""
        while answered.components(separatedBy: "HTTP/1.1 ").count <= 40 || answered.last != "}" {
            var part = [UInt8](repeating: 0, count: 1 << 16)
            let count = recv(connection, &part, part.count, 0)
            guard count > 0 else { break }
            answered += String(decoding: part[..<count], as: UTF8.self)
        }
        let answers = answered.components(separatedBy: "HTTP/1.1 ").dropFirst()
        #expect(answers.count == 40)
        for (number, answer) in answers.enumerated() {
            if number == 7 {
                let reason = "the body cannot be read: it is no JSON: no object at byte 0"
                #expect(answer.hasPrefix("400 ") && answer.contains(reason), "\(answer)")
            } else {
                #expect(answer.hasPrefix("200 ") && answer.contains("row \(number)."), "\(answer)")
            }
        }
    }

    @Test("a stream passes event by event")
    func stream() throws {
        let answer = try post(
            "/v1/chat/completions",
            chatBody("one two three", more: #","stream":true"#)
        )
        #expect(answer.headers.contains("text/event-stream"))
        let events = answer.text.components(separatedBy: "\n\n").filter { !$0.isEmpty }
        #expect(events.count > 3)
        #expect(events.last == "data: [DONE]")
        #expect(events.dropLast().allSatisfy { $0.hasPrefix("data: {") })
        #expect(!answer.text.contains("up-chat"))
    }

    @Test("a stream that breaks ends with an error and no [DONE]")
    func brokenStream() throws {
        try service.faults(#"[{"kind":"midstream","count":1}]"#)
        let answer = try post(
            "/v1/chat/completions",
            chatBody("one two three four", model: "hasty", more: #","stream":true"#)
        )
        #expect(answer.text.contains(#"data: {"error":"#), "\(answer.text)")
        #expect(!answer.text.contains("[DONE]"))
    }

    @Test("a client that leaves takes its call with it", arguments: ["", #","stream":true"#])
    func gone(_ more: String) throws {
        try service.faults(#"[{"kind":"hang","count":1}]"#)
        let text = "left \(UUID().uuidString)"
        let run = try ProgramRun(
            try #require(ProgramRun.find("curl")),
            [
                "-sS", "--max-time", "0.5", "-u", "root:", "--data-binary", "@-",
                "http://127.0.0.1:\(server.httpPort)/v1/chat/completions",
            ],
            input: chatBody(text, model: "patient", more: more)
        )
        #expect(run.status == 28, "curl gave up: \(run.errors)")
        let ended = "SELECT COUNT(*) FROM boreal_ai.requests_recent WHERE model = 'patient' AND "
        let count = more.isEmpty ? 1 : 2
        let deadline = Date() + 60
        var ends = 0
        while ends < count, Date() < deadline {
            usleep(20_000)
            let rows = try sql.query(ended + "status = 'CANCELLED' AND LENGTH(trace) = 32").rows
            ends = rows[0][0].flatMap { Int($0) } ?? 0
        }
        #expect(ends == count, "the call ended long before its minute was over")
    }

    @Test("a client that reads nothing of a long stream costs bounded memory, and nobody else")
    func unread() throws {
        let words = String(repeating: "word ", count: 100_000)
        let body = chatBody(words, model: "patient", more: #","stream":true"#)
        let head = [
            "POST /v1/chat/completions HTTP/1.1", "Host: boreal",
            "Authorization: Basic \(Data("root:".utf8).base64EncodedString())",
            "Content-Type: application/json", "Content-Length: \(body.utf8.count)", "", "",
        ]
        let ended = "SELECT COUNT(*) FROM boreal_ai.requests_recent WHERE model = 'patient'"
        func ends() throws -> Int {
            try sql.query(ended).rows[0][0].flatMap { Int($0) } ?? 0
        }
        let (before, endsBefore) = (server.residentMebibytes, try ends())
        let socket = try Loopback.connect(to: server.httpPort)
        defer { close(socket) }
        var rest = Array((head.joined(separator: "\r\n") + body).utf8)[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes {
                send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { break }
            rest = rest.dropFirst(sent)
        }
        #expect(rest.isEmpty)
        // The stream would have 17 MB: it is given up at the longest answer that is taken.
        let deadline = Date() + 120
        while try ends() == endsBefore, Date() < deadline { usleep(20_000) }
        #expect(try ends() > endsBefore)
        #expect(server.residentMebibytes < before + 64)
        // The service, which does one thing at a time, may still be at it.
        let next = try post("/v1/chat/completions", chatBody("still here", model: "patient"))
        #expect(next.status == 200, "\(next.text)")
    }

    @Test("equal embeddings are asked once and remembered, and metered where SQL's are")
    func embeddings() throws {
        let body = #"{"model":"embed","input":["a \#(UUID().uuidString)"]}"#
        for _ in 0..<2 {
            let answer = try post("/v1/embeddings", body)
            #expect((answer["data.0.embedding"] as? [Any])?.count == 8, "\(answer.text)")
        }
        #expect(try service.requests() == 1)
    }

    @Test(
        "refusals have OpenAI's form, with the status of their cause",
        arguments: [
            ("/v1/chat/completions", "{", 400, ""), ("/v1/chat/completions", "{}", 400, ""),
            (
                "/v1/chat/completions", chatBody("x", model: "nobody"), 404, "model_not_found"
            ),
            ("/v1/chat/completions", chatBody("x", model: "embed"), 400, "config"),
            ("/v1/rerank", #"{"model":"chat"}"#, 400, "config"),
            (
                "/v1/chat/completions", chatBody("x", model: String(repeating: "m", count: 514)),
                400, ""
            ),
            (
                "/v1/chat/completions", chatBody("[[fault:401]]", model: "hasty"), 401,
                "upstream_4xx"
            ),
            (
                "/v1/chat/completions", chatBody("[[fault:429:1]]", model: "hasty"), 429,
                "rate_limit"
            ),
            (
                "/v1/chat/completions", chatBody("[[fault:500]]", model: "hasty"), 500,
                "upstream_5xx"
            ),
            (
                "/v1/chat/completions", chatBody("[[fault:badjson]]", model: "hasty"), 502,
                "bad_response"
            ),
        ]
    )
    func refusals(_ path: String, _ body: String, _ status: Int, _ code: String) throws {
        let answer = try post(path, body)
        #expect(answer.status == status, "\(answer.text)")
        #expect(answer.string("error.message")?.isEmpty == false)
        #expect(answer.string("error.code") ?? "" == code, "\(answer.text)")
    }

    @Test("nobody asks without an account, and nobody a model without the right")
    func rights() throws {
        #expect(try post("/v1/chat/completions", chatBody("x"), user: "").status == 401)
        try sql.query("CREATE USER guest IDENTIFIED BY 'g'")
        let refused = try post("/v1/chat/completions", chatBody("x"), user: "guest:g")
        #expect(refused.status == 403 && refused.string("error.code") == "model_access_denied")
        let listed = try client.send("GET", "/v1/models", isWhole: true, as: "guest:g")
        #expect((listed["data"] as? [Any])?.isEmpty == true)
        try sql.query("GRANT PREDICT ON MODEL chat TO guest")
        #expect(try post("/v1/chat/completions", chatBody("x"), user: "guest:g").status == 200)
        let own = try client.send("GET", "/v1/models", isWhole: true, as: "guest:g")
        #expect(own.string("data.0.id") == "chat")
        #expect(
            try client.send("GET", "/v1/models/embed", isWhole: true, as: "guest:g").status == 404
        )
    }

    @Test("OpenAI's own package is a client")
    func openAI() throws {
        let token = try sql.query("CREATE TOKEN FOR root@localhost").rows[0][1]
        let run = try ClientProgram("python3", "openai_session.py").run([
            "--base-url", "http://127.0.0.1:\(server.httpPort)/v1",
            "--key", try #require(token),
        ])
        #expect(run.status == 0, "\(run.output)\(run.errors)")
    }
}
