import Foundation
import Glibc
import TestPrograms
import Testing

/// A request whose prompt asks the service for a failure.
private func failing(_ text: String) -> String {
    #"{"parameters":{"messages":[{"role":"user","content":"\#(text)"}]}}"#
}

/// Predictions through connectors, with curl, as the documents of the contract ask for them.
@Suite(
    "REST predictions",
    .serialized,
    .enabled(if: ModelService.isAvailable && RESTClient.isAvailable, "python3 or curl is missing")
)
struct RESTPredictTests {
    private static let service: Result<ModelService, any Error> = Result { try ModelService() }
    private static let server: Result<ServerProcess, any Error> = Result {
        try ServerProcess.ephemeral()
    }

    private let server: ServerProcess
    private let service: ModelService
    private let rest: RESTClient
    private let sql: RawClient

    init() throws {
        service = try Self.service.get()
        server = try Self.server.get()
        try service.reset()
        rest = RESTClient(port: server.httpPort)
        sql = try RawClient(port: server.mysqlPort)
        try rest.trust()
    }

    /// Makes a connector and a model; the model's id.
    private func model(_ name: String, _ path: String, _ body: String, more: String = "") throws
        -> String
    {
        let quoted = String(
            decoding: try JSONSerialization.data(
                withJSONObject: body,
                options: .fragmentsAllowed
            ),
            as: UTF8.self
        )
        let connector = try rest.send(
            "POST",
            "/connectors/_create",
            """
            {"name": "\(name)", "version": "1", "protocol": "http",
             "parameters": {"endpoint": "127.0.0.1:\(service.port)", "model": "m"},
             "credential": {"api_key": "k"},
             "actions": [{"action_type": "predict", "method": "POST",
              "url": "http://${parameters.endpoint}\(path)",
              "headers": {"Authorization": "Bearer ${credential.api_key}"},
              "request_body": \(quoted)\(more)}]}
            """
        )
        let id = try #require(connector.string("connector_id"), "\(connector.text)")
        return try rest.makeModel(name, id, query: "?deploy=true")
    }

    @Test("embedding: texts and parameters, one tensor for each text")
    func embedding() throws {
        let id = try model(
            "embedding_flow",
            "/compatible-mode/v1/embeddings",
            #"{"model":"${parameters.model}","input":${parameters.input}}"#,
            more: #", "pre_process_function": "connector.pre_process.openai.embedding","#
                + #" "post_process_function": "connector.post_process.openai.embedding""#
        )
        for body in [
            #"{"parameters":{"input":["hello \"world\"","b"]}}"#,
            #"{"text_docs":["hello \"world\"","b"]}"#,
        ] {
            let answer = try rest.send("POST", "/models/\(id)/_predict", body)
            #expect(answer.status == 200, "\(answer.text)")
            #expect((answer["inference_results.0.output"] as? [Any])?.count == 2)
            #expect(answer.string("inference_results.0.output.1.name") == "sentence_embedding")
            #expect(answer.number("inference_results.0.output.0.shape.0") == 8)
            #expect(answer.number("inference_results.0.status_code") == 200)
        }
        let typed = try rest.send(
            "POST",
            "/_plugins/_ml/_predict/text_embedding/\(id)",
            #"{"text_docs":["a"]}"#
        )
        #expect((typed["inference_results.0.output"] as? [Any])?.count == 1)
        // The same model from SQL.
        let length = "SELECT JSON_LENGTH(AI_EmbedText('embedding_flow', 'a'))"
        #expect(try sql.query(length).rows == [["8"]])
    }

    @Test("a real embedding model: texts that mean the same lie near each other")
    func realModel() throws {
        let port = try Loopback.freePort()
        let program = Fixtures.root + "/remote/embed_server.py"
        let process = try ChildProcess(
            "python3",
            [program, "--port", String(port), "--threads", "1"]
        )
        defer { process.kill() }
        let deadline = Date().addingTimeInterval(60)
        let probe = ["-s", "-m", "1", "http://127.0.0.1:\(port)/v1/models"]
        while try ProgramRun(ProgramRun.find("curl") ?? "curl", probe).status == 7 {
            // It ends at once where its packages are not installed.
            guard process.isRunning, Date() < deadline else {
                try Test.cancel("the embedding model is not installed")
            }
            usleep(200_000)
        }
        let connector = RESTClient.connector(
            "minilm",
            url: "http://127.0.0.1:\(port)/v1/embeddings"
        )
        let made = try rest.send("POST", "/connectors/_create", connector)
        let id = try rest.makeModel(
            "minilm",
            try #require(made.string("connector_id"), "\(made.text)"),
            query: "?deploy=true"
        )
        let answer = try rest.send(
            "POST",
            "/models/\(id)/_predict",
            #"{"text_docs":["a red car","a crimson automobile","boiled potatoes"]}"#
        )
        let vectors = (0..<3).compactMap {
            (answer["inference_results.0.output.\($0).data"] as? [NSNumber])?.map(\.doubleValue)
        }
        try #require(vectors.map(\.count) == [384, 384, 384], "\(answer.text.prefix(300))")
        func product(_ first: Int, _ second: Int) -> Double {
            zip(vectors[first], vectors[second]).reduce(0) { $0 + $1.0 * $1.1 }
        }
        #expect(product(0, 1) > 0.5)
        #expect(product(0, 1) > product(0, 2) + 0.3)
    }

    @Test("rerank: the service's list as it is, and in SQL as a score")
    func rerank() throws {
        let id = try model(
            "rerank_flow",
            "/api/v1/services/rerank/text-rerank/text-rerank",
            #"{"model":"${parameters.model}","input":{"query":"${parameters.query}","#
                + #""documents":${parameters.documents}}}"#
        )
        let answer = try rest.send(
            "POST",
            "/models/\(id)/_predict",
            #"{"parameters":{"query":"red apple","documents":["a car","red apple"],"top_n":2}}"#
        )
        let path = "inference_results.0.output.0.dataAsMap.output.results.0"
        #expect(answer.number("\(path).index") == 1, "\(answer.text)")
    }

    @Test("LLM: messages in, the whole answer or a part of it out; a stream of events")
    func chat() throws {
        let id = try model(
            "llm_flow",
            "/compatible-mode/v1/chat/completions",
            #"{"model":"${parameters.model}","messages":${parameters.messages},"#
                + #""stream":${parameters.stream:-false}}"#
        )
        let messages = #""messages":[{"role":"user","content":"What is \"AI\"?"}]"#
        let whole = try rest.send(
            "POST",
            "/models/\(id)/_predict",
            "{\"parameters\":{\(messages)}}"
        )
        let path = "inference_results.0.output.0.dataAsMap"
        #expect(
            whole.string("\(path).choices.0.message.content") == #"echo:What is "AI"?"#,
            "\(whole.text)"
        )
        let part = try rest.send(
            "POST",
            "/models/\(id)/_predict",
            #"{"parameters":{\#(messages),"response_filter":"$.choices[0].message.content"}}"#
        )
        #expect(part.string("\(path).response") == #"echo:What is "AI"?"#)
        let stream = try rest.send(
            "POST",
            "/models/\(id)/_predict/stream",
            "{\"parameters\":{\(messages)}}"
        )
        #expect(stream.headers.contains("text/event-stream"), "\(stream.headers)\(stream.text)")
        #expect(stream.text.hasSuffix("data: [DONE]\n\n"))
        let text = "SELECT AI_CallText('llm_flow', 'from SQL')"
        #expect(try sql.query(text).rows == [["echo:from SQL"]])
    }

    @Test("a model of SQL is asked over REST")
    func describedBySQL() throws {
        try sql.query(
            """
            SELECT AI_CreateModel('sql_embed', '\(service.url)/v1/embeddings', NULL, NULL, 'up',
            '{"author_type":"token","token":"k"}')
            """
        )
        let answer = try rest.send(
            "POST",
            "/models/sql_embed/_predict",
            #"{"text_docs":["a","b"]}"#
        )
        #expect((answer["inference_results.0.output"] as? [Any])?.count == 2, "\(answer.text)")
    }

    @Test("prices and budgets that SQL sets for a model hold over REST")
    func pricedBySQL() throws {
        try sql.query(
            """
            CREATE MODEL priced WITH VERSION v1 INPUT (prompt STRING)
            OPTIONS (MODEL_SOURCE_TYPE='REMOTE', MODEL_TYPE='LLM', TASKS='sentence-embedding',
            PAI_EAS_MODEL_NAME='qwen', PAI_EAS_SERVICE_NAME='svc', ENDPOINT='\(service.url)',
            APIKEY='k', PAI_EAS_SYNC_MODE='true', PRICE_IN='1000')
            """
        )
        let body = #"{"text_docs":["a","b"]}"#
        let first = try rest.send("POST", "/models/priced/_predict", body)
        #expect(first.status == 200, "\(first.text)")
        try sql.query("CALL boreal_ai.set_budget('model', 'priced', 'cost', 0.001, 'day')")
        let refused = try rest.send("POST", "/models/priced/_predict", body)
        #expect(refused.status == 429, "\(refused.text)")
        #expect(refused.text.contains("the cost budget of model 'priced'"), "\(refused.text)")
    }

    @Test(
        "failures have the contract's statuses and sentences",
        arguments: [
            (
                "{\"parameters\":{}}", 400,
                "Some parameter placeholder not filled in payload: messages"
            ),
            ("", 400, "Predict request has empty body"),
            ("[]", 400, "the body must be a JSON object"),
            (failing("[[fault:401]]"), 401, "Error from remote service: "),
            (failing("[[fault:500]]"), 500, "Error from remote service: "),
            (failing("[[fault:empty]]"), 502, "Remote service returned empty response body"),
            (failing("[[fault:reset]]"), 502, "Error communicating with remote model: "),
        ]
    )
    func failures(_ body: String, _ status: Int, _ reason: String) throws {
        let name = "fail_\(abs(body.hashValue))"
        let id = try model(
            name,
            "/v1/chat/completions",
            #"{"model":"${parameters.model}","messages":${parameters.messages}}"#
        )
        let answer = try rest.send("POST", "/models/\(id)/_predict", body)
        #expect(answer.status == status, "\(answer.text)")
        #expect(answer.reason?.hasPrefix(reason) == true, "\(answer.text)")
    }

    @Test("bodies and answers that are not as the model's interface says are 400")
    func interface() throws {
        let id = try model(
            "strict",
            "/v1/embeddings",
            #"{"model":"m","input":${parameters.input}}"#
        )
        func ask(with interface: String) throws -> RESTClient.Answer {
            let change = #"{"interface":\#(interface)}"#
            #expect(try rest.send("PUT", "/models/\(id)", change).status == 200)
            return try rest.send("POST", "/models/\(id)/_predict", #"{"text_docs":["a"]}"#)
        }
        let fine =
            #"{"input":{"required":["text_docs"]},"output":{"required":["inference_results"]}}"#
        #expect(try ask(with: fine).status == 200)
        for (side, schema) in [("input", "parameters"), ("output", "other")] {
            let answer = try ask(with: #"{"\#(side)":{"required":["\#(schema)"]}}"#)
            #expect(answer.status == 400)
            #expect(answer.reason?.hasPrefix("Error validating \(side) schema") == true)
        }
        let bad = #"{"interface":{"input":{"type":"thing"}}}"#
        #expect(try rest.send("PUT", "/models/\(id)", bad).status == 400)
    }

    @Test(
        "undeployed, disabled and throttled models say so; a registered one is deployed by a call"
    )
    func states() throws {
        let id = try model(
            "states",
            "/v1/embeddings",
            #"{"model":"m","input":${parameters.input}}"#
        )
        let body = #"{"text_docs":["a"]}"#
        func ask() throws -> RESTClient.Answer {
            try rest.send("POST", "/models/\(id)/_predict", body)
        }
        #expect(try ask().status == 200)
        #expect(try rest.send("POST", "/models/\(id)/_undeploy").status == 200)
        let stopped = try ask()
        #expect(stopped.status == 400)
        #expect(stopped.reason == "Model not ready yet. Please deploy the model first.")
        #expect(try sql.failure(of: "SELECT AI_EmbedText('states', 'a')").number == 9054)
        #expect(try rest.send("POST", "/models/\(id)/_deploy").status == 200)
        #expect(try ask().status == 200)
        _ = try rest.send("PUT", "/models/\(id)", #"{"is_enabled":false}"#)
        #expect(try ask().status == 403)
        _ = try rest.send(
            "PUT",
            "/models/\(id)",
            #"{"is_enabled":true,"rate_limiter":{"limit":"1","unit":"HOURS"}}"#
        )
        #expect(try ask().status == 200)
        let throttled = try ask()
        #expect(throttled.status == 429)
        #expect(throttled.reason == "Request is throttled at model level.")
    }
}
