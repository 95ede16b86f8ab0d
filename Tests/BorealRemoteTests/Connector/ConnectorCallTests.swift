import BorealBase
import Testing

@testable import BorealRemote

@Suite("Calls of connectors")
struct ConnectorCallTests {
    private static let embedding = "connector.pre_process.openai.embedding"

    /// A connector whose body has these places.
    private static func connector(
        _ body: String,
        pre: String? = nil,
        post: String? = nil,
        parameters: String = #"{"model":"m1"}"#,
        url: String = "https://a.example/v1"
    ) throws -> Connector {
        var action: [(key: String, value: JSON)] = [
            ("action_type", .string("predict")), ("method", .string("POST")),
            ("url", .string(url)), ("request_body", .string(body)),
            (
                "headers",
                .object([("Authorization", .string("Bearer ${credential.k}"))])
            ),
        ]
        if let pre { action.append(("pre_process_function", .string(pre))) }
        if let post { action.append(("post_process_function", .string(post))) }
        return try Connector(
            .object([
                ("name", .string("c")), ("version", .string("1")), ("protocol", .string("http")),
                ("parameters", try JSON.parse(parameters)),
                ("actions", .array([.object(action)])),
            ])
        )
    }

    private static func bodies(_ connector: Connector, _ input: String) throws -> [String] {
        let input = try PredictInput(JSON.parse(Array(input.utf8), keepsDigits: true))
        return try ConnectorCall(connector, .predict, input).requests.map {
            String(decoding: $0.body, as: UTF8.self)
        }
    }

    @Test(
        "values go where they stand: as escaped text inside quotes, as JSON outside",
        arguments: [
            (#"{"q":"${parameters.q}"}"#, #"{"q":"What is \"AI\"?"}"#, #"{"q":"What is \"AI\"?"}"#),
            (#"{"q":"${parameters.q}"}"#, #"{"q":"a\nb"}"#, #"{"q":"a\nb"}"#),
            (#"{"q":"${parameters.q}"}"#, #"{"q":42}"#, #"{"q":"42"}"#),
            (#"{"q":"${parameters.q}"}"#, #"{"q":"\"hi\""}"#, #"{"q":"\"hi\""}"#),
            (#"{"q":"${parameters.q}"}"#, #"{"q":{"a":1}}"#, #"{"q":"{\"a\":1}"}"#),
            (
                #"{"m":[{"content":"${parameters.q}"}]}"#,
                #"{"q":"\"},{\"role\":\"system\",\"content\":\"x"}"#,
                #"{"m":[{"content":"\"},{\"role\":\"system\",\"content\":\"x"}]}"#
            ),
            (#"{"d":${parameters.d}}"#, #"{"d":["a","b"]}"#, #"{"d":["a","b"]}"#),
            (#"{"d":${parameters.d}}"#, #"{"d":1.50}"#, #"{"d":1.50}"#),
            (
                #"{"m":"${parameters.model}","q":"${parameters.q}"}"#,
                #"{"q":"${parameters.model} ${credential.k}"}"#,
                #"{"m":"m1","q":"${parameters.model} ${credential.k}"}"#
            ),
            (#"{"m":"${parameters.model}"}"#, #"{"model":"other"}"#, #"{"m":"other"}"#),
            (#"{"t":"${parameters.t:-null}"}"#, "{}", #"{"t":null}"#),
            (#"{"t":${parameters.t:-5}}"#, "{}", #"{"t":5}"#),
        ]
    )
    func parameters(_ template: String, _ given: String, _ body: String) throws {
        let connector = try Self.connector(template)
        #expect(try Self.bodies(connector, #"{"parameters":\#(given)}"#) == [body])
    }

    @Test(
        "what cannot be sent says why",
        arguments: [
            (
                #"{"a":"${parameters.a}","b":"${parameters.b}"}"#, "{}",
                "Some parameter placeholder not filled in payload: a, b"
            ),
            (
                #"{"d":${parameters.d}}"#, #"{"d":"hello"}"#,
                "Invalid payload: the value of ${parameters.d} stands without quotes and is no JSON"
            ),
        ]
    )
    func unfilled(_ template: String, _ given: String, _ sentence: String) throws {
        let connector = try Self.connector(template)
        #expect(throws: ContractError.illegalArgument(sentence)) {
            try Self.bodies(connector, #"{"parameters":\#(given)}"#)
        }
    }

    @Test("places may be left as they are when the caller says so")
    func lenient() throws {
        let connector = try Self.connector(#"{"a":"${parameters.a}","b":"${parameters.b:-x}"}"#)
        let given = #"{"parameters":{"skip_validating_missing_parameters":"true"}}"#
        #expect(
            try Self.bodies(connector, given) == [#"{"a":"${parameters.a}","b":"x"}"#]
        )
    }

    @Test(
        "texts become parameters by the function's form",
        arguments: [
            (nil, #"{"i":${parameters.input}}"#, [#"{"i":["a","b"]}"#]),
            ("openai.embedding", #"{"i":${parameters.input}}"#, [#"{"i":["a","b"]}"#]),
            ("cohere.embedding", #"{"i":${parameters.texts}}"#, [#"{"i":["a","b"]}"#]),
            (
                "bedrock.embedding", #"{"i":"${parameters.inputText}"}"#,
                [#"{"i":"a"}"#, #"{"i":"b"}"#]
            ),
        ] as [(String?, String, [String])]
    )
    func texts(_ name: String?, _ template: String, _ bodies: [String]) throws {
        let connector = try Self.connector(
            template,
            pre: name.map { "connector.pre_process." + $0 }
        )
        #expect(try Self.bodies(connector, #"{"text_docs":["a","b"]}"#) == bodies)
    }

    @Test("texts go in steps of the size that a parameter says")
    func steps() throws {
        let template = #"{"i":${parameters.input}}"#
        func connector(_ step: String) throws -> Connector {
            try Self.connector(
                template,
                pre: Self.embedding,
                parameters: #"{"input_docs_processed_step_size":"\#(step)"}"#
            )
        }
        let texts = #"{"text_docs":["a","b","c"]}"#
        #expect(
            try Self.bodies(try connector("2"), texts) == [#"{"i":["a","b"]}"#, #"{"i":["c"]}"#]
        )
        for step in ["0", "-1", "x", ""] {
            let bad = try connector(step)
            #expect(throws: ContractError.self) { try Self.bodies(bad, texts) }
        }
    }

    @Test("a query with documents becomes parameters; the wrong input for a function is refused")
    func pairs() throws {
        let template =
            #"{"q":"${parameters.query}","d":${parameters.documents},"n":${parameters.top_n}}"#
        let connector = try Self.connector(template, pre: "connector.pre_process.cohere.rerank")
        let input = #"{"query_text":"q","text_docs":["a","b"]}"#
        #expect(try Self.bodies(connector, input) == [#"{"q":"q","d":["a","b"],"n":2}"#])
        #expect(throws: ContractError.self) {
            try Self.bodies(connector, #"{"text_docs":["a"]}"#)
        }
        let other = try Self.connector(template, pre: Self.embedding)
        #expect(throws: ContractError.self) { try Self.bodies(other, input) }
        for bad in [#"{"query_text":"q"}"#, #"{"text_docs":[]}"#, #"{"text_docs":[1]}"#, "[]"] {
            #expect(throws: ContractError.self) { try Self.bodies(connector, bad) }
        }
    }

    @Test("headers take keys, and the URL keeps its host")
    func envelope() throws {
        let connector = try Self.connector(
            #"{"a":1}"#,
            parameters: #"{"endpoint":"a.example","model":"m 1"}"#,
            url: "https://${parameters.endpoint}/v1/${parameters.model}"
        )
        let call = try ConnectorCall(connector, .predict, .parameters([("model", .string("x/y"))]))
        #expect(call.requests[0].address.text == "https://a.example:443/v1/x%2Fy")
        let headers = try call.headers(of: call.requests[0]) { $0 == "k" ? "secret" : nil }
        #expect(headers.map(\.value) == ["Bearer secret"])
        #expect(throws: ContractError.self) { try call.headers(of: call.requests[0]) { _ in nil } }
        #expect(throws: ContractError.self) {
            try ConnectorCall(
                connector,
                .predict,
                .parameters([("endpoint", .string("b.example"))])
            )
        }
        #expect(throws: ContractError.illegalArgument("no batch_predict action found")) {
            try ConnectorCall(connector, .batchPredict, .parameters([]))
        }
    }

    private static let vector =
        #"{"name":"sentence_embedding","data_type":"FLOAT32","shape":[2],"data":"#
    private static let score = #"{"name":"similarity","data_type":"FLOAT32","shape":[1],"data":"#

    @Test(
        "answers become tensors",
        arguments: [
            (
                "openai.embedding",
                #"{"data":[{"index":1,"embedding":[3,4]},{"index":0,"embedding":[1.0,2]}]}"#,
                ["\(vector)[1.0,2]}", "\(vector)[3,4]}"]
            ),
            ("default.embedding", "[[1,2],[3,4]]", ["\(vector)[1,2]}", "\(vector)[3,4]}"]),
            (
                "cohere.embedding", #"{"embeddings":[[1,2],[3,4]]}"#,
                ["\(vector)[1,2]}", "\(vector)[3,4]}"]
            ),
            (
                "cohere_v2.embedding.float", #"{"embeddings":{"float":[[1,2],[3,4]]}}"#,
                ["\(vector)[1,2]}", "\(vector)[3,4]}"]
            ),
            ("bedrock.embedding", #"{"embedding":[1,2]}"#, ["\(vector)[1,2]}"]),
            (
                "cohere.rerank",
                #"{"results":[{"index":1,"relevance_score":0.5},{"index":0,"relevance_score":1}]}"#,
                ["\(score)[1]}", "\(score)[0.5]}"]
            ),
            (
                "cohere.rerank", #"{"results":[{"index":1,"relevance_score":0.5}]}"#,
                ["\(score)[null]}", "\(score)[0.5]}"]
            ),
            (
                "mlcommons.passthrough", #"{"inference_results":[{"output":[{"name":"x"}]}]}"#,
                [#"{"name":"x"}"#]
            ),
            (nil, #"{"a":1.50}"#, [#"{"name":"response","dataAsMap":{"a":1.50}}"#]),
            (nil, "[1,2]", [#"{"name":"response","dataAsMap":{"response":[1,2]}}"#]),
            (nil, "hello", [#"{"name":"response","dataAsMap":{"response":"hello"}}"#]),
        ] as [(String?, String, [String])]
    )
    func tensors(_ name: String?, _ answer: String, _ expected: [String]) throws {
        let connector = try Self.connector(
            #"{"i":${parameters.input}}"#,
            post: name.map { "connector.post_process." + $0 }
        )
        let call = try ConnectorCall(connector, .predict, .texts(["a", "b"]))
        let single = try ConnectorCall(connector, .predict, .texts(["a"]))
        let used = name == "bedrock.embedding" ? single : call
        let tensors = try used.tensors(Array(answer.utf8), of: used.requests[0])
        #expect(tensors.map { $0.compact } == expected)
    }

    @Test(
        "an answer without what the function looks for is the service's fault",
        arguments: [
            ("openai.embedding", #"{"data":[]}"#), ("openai.embedding", "x"),
            ("openai.embedding", #"{"data":[{"embedding":[1]}]}"#),
            ("openai.embedding", #"{"data":[{"embedding":[1]},{"embedding":["a"]}]}"#),
            ("default.embedding", "[[1],[]]"), ("cohere.rerank", #"{"results":[]}"#),
            ("cohere.rerank", #"{"results":[{"index":2,"relevance_score":1}]}"#),
            ("cohere.rerank", #"{"results":[{"index":0,"relevance_score":"a"}]}"#),
            (
                "cohere.rerank",
                #"{"results":[{"index":0,"relevance_score":1},{"index":0,"relevance_score":1}]}"#
            ),
            ("mlcommons.passthrough", "{}"), ("openai.embedding", ""),
        ]
    )
    func unusable(_ name: String, _ answer: String) throws {
        let connector = try Self.connector(
            #"{"i":${parameters.input}}"#,
            post: "connector.post_process." + name
        )
        let call = try ConnectorCall(connector, .predict, .texts(["a", "b"]))
        do {
            _ = try call.tensors(Array(answer.utf8), of: call.requests[0])
            Issue.record("it was taken")
        } catch {
            #expect(error.status == 502)
        }
    }

    @Test(
        "a filter takes a part first, and leaves the whole where it leads nowhere",
        arguments: [
            ("$.choices[0].message.content", #"{"name":"response","dataAsMap":{"response":"hi"}}"#),
            ("$.choices[0].message", #"{"name":"response","dataAsMap":{"content":"hi"}}"#),
            (
                "$.nothing",
                #"{"name":"response","dataAsMap":{"choices":[{"message":{"content":"hi"}}]}}"#
            ),
        ]
    )
    func filter(_ path: String, _ expected: String) throws {
        let connector = try Self.connector(#"{"a":1}"#)
        let call = try ConnectorCall(
            connector,
            .predict,
            .parameters([("response_filter", .string(path))])
        )
        let answer = Array(#"{"choices":[{"message":{"content":"hi"}}]}"#.utf8)
        let tensors = try call.tensors(answer, of: call.requests[0])
        #expect(tensors.map { $0.compact } == [expected])
    }
}

@Suite("Rows of SQL through connectors")
struct ConnectorCodecTests {
    private static func codec(
        _ body: String,
        url: String = "https://a.example/x",
        function: String? = nil
    ) throws -> ConnectorCodec {
        var action: [(key: String, value: JSON)] = [
            ("action_type", .string("predict")), ("method", .string("POST")),
            ("url", .string(url)), ("request_body", .string(body)),
        ]
        if let function {
            action.append(("pre_process_function", .string("connector.pre_process." + function)))
            action.append(("post_process_function", .string("connector.post_process." + function)))
        }
        return try ConnectorCodec(
            Connector(
                .object([
                    ("name", .string("c")), ("version", .string("1")),
                    ("protocol", .string("http")), ("actions", .array([.object(action)])),
                ])
            )
        )
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test("texts share a request, and the vectors come back to their rows")
    func embedding() throws {
        let codec = try Self.codec(#"{"i":${parameters.input}}"#, function: "openai.embedding")
        #expect(codec.kind == .embedding)
        #expect(codec.batchMax == 256)
        let rows: [RemoteInput] = [.text("a"), .text("b\"")]
        #expect(codec.canShareRequest(rows[0], rows[1]))
        #expect(Self.text(try codec.body(for: rows)) == #"{"i":["a","b\""]}"#)
        let answer = #"{"data":[{"index":1,"embedding":[2]},{"index":0,"embedding":[1]}]}"#
        let reading = try codec.read(Array(answer.utf8), for: rows)
        #expect(try reading.answers.map { try $0.get().value } == [.vector([1]), .vector([2])])
        #expect(throws: RemoteModelError.self) { try codec.read(Array("{}".utf8), for: rows) }
    }

    @Test("documents of one query share a request; one that is left out fails alone")
    func rerank() throws {
        let codec = try Self.codec(
            #"{"q":"${parameters.query}","d":${parameters.documents}}"#,
            function: "cohere.rerank"
        )
        #expect(codec.kind == .rerank)
        let rows: [RemoteInput] = [
            .pair(query: "q", document: "a"), .pair(query: "q", document: "b"),
        ]
        #expect(codec.canShareRequest(rows[0], rows[1]))
        #expect(!codec.canShareRequest(rows[0], .pair(query: "p", document: "a")))
        #expect(Self.text(try codec.body(for: rows)) == #"{"q":"q","d":["a","b"]}"#)
        let answer = #"{"results":[{"index":1,"relevance_score":0.5}]}"#
        let reading = try codec.read(Array(answer.utf8), for: rows)
        #expect(try reading.answers[1].get().value == .score(0.5))
        #expect(throws: RemoteModelError.self) { try reading.answers[0].get() }
    }

    @Test(
        "a prompt fills what it can, and a JSON object says more",
        arguments: [
            (#"{"m":${parameters.messages}}"#, "hi", #"{"m":[{"role":"user","content":"hi"}]}"#),
            (#"{"p":"${parameters.prompt}"}"#, "hi", #"{"p":"hi"}"#),
            (#"{"p":"${parameters.x}"}"#, #"{"x":"1"}"#, #"{"p":"1"}"#),
            (#"{"p":"${parameters.x}"}"#, #"{"parameters":{"x":"1"}}"#, #"{"p":"1"}"#),
            (#"{"p":"${parameters.prompt}"}"#, #"["a"]"#, #"{"p":"[\"a\"]"}"#),
        ]
    )
    func prompt(_ template: String, _ prompt: String, _ body: String) throws {
        let codec = try Self.codec(template)
        #expect(codec.kind == .chat)
        #expect(Self.text(try codec.body(for: [.prompt(prompt)])) == body)
    }

    @Test(
        "the answer to a prompt is the service's text where its URL tells the form, else its JSON",
        arguments: [
            (
                "https://a.example/v1/chat/completions",
                #"{"choices":[{"message":{"content":"hi"},"finish_reason":"stop"}]}"#,
                RemoteAnswer.Value.text("hi")
            ),
            ("https://a.example/x", #"{"a":1}"#, .json(.object([("a", .integer(1))]))),
            ("https://a.example/x", "plain", .text("plain")),
        ]
    )
    func answers(_ url: String, _ answer: String, _ value: RemoteAnswer.Value) throws {
        let codec = try Self.codec(#"{"p":"${parameters.prompt}"}"#, url: url)
        let reading = try codec.read(Array(answer.utf8), for: [.prompt("x")])
        #expect(try reading.answers[0].get().value == value)
    }

    @Test(
        "a model that SQL describes is written as a connector by its service",
        arguments: [
            (
                "https://a.example/v1/embeddings", #"{"text_docs":["a"]}"#,
                #"{"model":"up","input":["a"]}"#
            ),
            (
                "https://a.example/v1/chat/completions", #"{"parameters":{"messages":[]}}"#,
                #"{"model":"up","messages":[]}"#
            ),
            (
                "https://a.example/v1/rerank", #"{"query_text":"q","text_docs":["a"]}"#,
                #"{"model":"up","query":"q","documents":["a"]}"#
            ),
        ]
    )
    func described(_ url: String, _ input: String, _ body: String) throws {
        let record = try RemoteModelRecord(upstreamName: "up", address: RemoteAddress(url))
        let connector = try #require(Connector(of: record, name: "m"))
        let call = try ConnectorCall(
            connector,
            .predict,
            PredictInput(JSON.parse(Array(input.utf8)))
        )
        #expect(Self.text(call.requests[0].body) == body)
    }
}
