import BorealBase
import Testing

@testable import BorealRemote

/// A codec by its name, with the model `m` and whatever else a test sets.
func codec(
    _ name: String,
    output: String? = nil,
    provider: String? = nil,
    _ change: (inout CodecParameters) -> Void = { _ in }
) throws -> any CallCodec {
    var parameters = CodecParameters(model: "m")
    change(&parameters)
    let choice = CodecChoice(input: name, output: output, path: "/", provider: provider)
    return try choice.codec(parameters)
}

@Suite("What codecs write")
struct CodecRequestTests {
    static let pairs: [RemoteInput] = [
        .pair(query: "q\"", document: "a"), .pair(query: "q\"", document: "b\n"),
    ]
    static let texts: [RemoteInput] = [.text("a\"\\"), .text("\u{1}\n\u{e9}")]
    static let bodies: [(String, [RemoteInput], String)] = [
        (
            "openai.chat", [.prompt("say \"hi\"")],
            #"{"model":"m","messages":[{"role":"user","content":"say \"hi\""}]}"#
        ),
        ("completions", [.prompt("x")], #"{"model":"m","prompt":"x"}"#),
        ("OpenAI.embedding", texts, #"{"model":"m","input":["a\"\\","\u0001\n"# + "\u{e9}\"]}"),
        ("openai.embedding", [.text("")], #"{"model":"m","input":[""]}"#),
        (
            "dashscope.embedding", texts,
            #"{"model":"m","input":{"texts":["a\"\\","\u0001\n"# + "\u{e9}\"]}}"
        ),
        (
            "openai.rerank", pairs,
            #"{"model":"m","query":"q\"","documents":["a","b\n"],"top_n":2}"#
        ),
        (
            "cohere.rerank", [pairs[0]],
            #"{"model":"m","query":"q\"","documents":["a"],"top_n":1}"#
        ),
        (
            "dashscope.rerank", pairs,
            #"{"model":"m","input":{"query":"q\"","documents":["a","b\n"]},"#
                + #""parameters":{"top_n":2,"return_documents":false}}"#
        ),
    ]

    @Test("each service gets its own form", arguments: bodies)
    func writes(name: String, inputs: [RemoteInput], expected: String) throws {
        let body = try codec(name).body(for: inputs)
        #expect(String(decoding: body, as: UTF8.self) == expected)
        #expect(try JSON.parse(body)["model"]?.string == "m")
    }

    @Test("the system's text and the options of a chat stand in its request")
    func chatOptions() throws {
        let chat = try codec("openai.chat") {
            $0.system = "be \"brief\""
            $0.temperature = 0.5
            $0.topP = 1
            $0.maxTokens = 7
            $0.wantsJSON = true
            $0.isStreamed = true
        }
        let body = String(decoding: try chat.body(for: [.prompt("p")]), as: UTF8.self)
        #expect(
            body == #"{"model":"m","messages":[{"role":"system","content":"be \"brief\""},"#
                + #"{"role":"user","content":"p"}],"temperature":0.5,"top_p":1.0,"max_tokens":7,"#
                + #""response_format":{"type":"json_object"},"stream":true,"#
                + #""stream_options":{"include_usage":true}}"#
        )
        let old = try codec("completions") { $0.system = "s" }
        #expect(try JSON.parse(old.body(for: [.prompt("p")]))["prompt"]?.string == "s\n\np")
    }

    @Test("dimensions are asked for under each service's name")
    func dimensions() throws {
        let flat = try codec("openai.embedding") { $0.dimensions = 8 }
        #expect(try JSON.parse(flat.body(for: [.text("a")]))["dimensions"]?.integer == 8)
        let envelope = try codec("dashscope.embedding") { $0.dimensions = 8 }
        let body = try JSON.parse(envelope.body(for: [.text("a")]))
        #expect(body["parameters"]?["dimension"]?.integer == 8)
    }

    @Test("what a model cannot take is refused: a text to score, a pair to answer")
    func wrongInputs() throws {
        for name in ["openai.rerank", "dashscope.rerank"] {
            #expect(throws: RemoteModelError.self) { try codec(name).body(for: [.text("a")]) }
        }
        for name in ["openai.chat", "completions", "openai.embedding", "dashscope.embedding"] {
            let error = #expect(throws: RemoteModelError.self) {
                try codec(name).body(for: Self.pairs)
            }
            #expect(error?.code == .config)
        }
    }

    static let limits: [(String, String?, Int)] = [
        ("openai.chat", nil, 1), ("completions", nil, 1), ("openai.embedding", nil, 256),
        ("openai.embedding", "Alibaba", 10), ("openai.embedding", "DashScope", 10),
        ("openai.embedding", "AWS", 256), ("dashscope.embedding", nil, 10),
        ("dashscope.rerank", nil, 500), ("cohere.rerank", nil, 500),
    ]

    @Test("rows of one request, by service", arguments: limits)
    func rows(name: String, provider: String?, expected: Int) throws {
        #expect(try codec(name, provider: provider).batchMax == expected)
    }

    @Test("rows of one query share a request, texts always, prompts never")
    func sharing() throws {
        let rerank = try codec("openai.rerank")
        #expect(rerank.canShareRequest(Self.pairs[0], Self.pairs[1]))
        #expect(!rerank.canShareRequest(Self.pairs[0], .pair(query: "other", document: "a")))
        #expect(!rerank.canShareRequest(Self.pairs[0], .text("a")))
        #expect(try codec("openai.embedding").canShareRequest(.text("a"), .text("b")))
        #expect(try !codec("openai.chat").canShareRequest(.prompt("a"), .prompt("b")))
    }

    static let paths: [(String, BuiltInCodec?)] = [
        ("/v1/chat/completions", .openAIChat),
        ("/compatible-mode/v1/chat/completions/", .openAIChat),
        ("/v1/completions", .completions), ("/v1/embeddings", .openAIEmbedding),
        ("/api/v1/services/embeddings/text-embedding/text-embedding", .dashScopeEmbedding),
        ("/api/v1/services/rerank/text-rerank/text-rerank", .dashScopeRerank),
        ("/compatible-api/v1/reranks", .openAIRerank), ("/v2/rerank", .openAIRerank), ("/", nil),
        ("/v1/models", nil), ("/xcompletions", nil),
    ]

    @Test("the end of a URL names the service", arguments: paths)
    func byPath(path: String, expected: BuiltInCodec?) {
        #expect(BuiltInCodec(path: path) == expected)
    }

    @Test("unknown names list those that exist; a URL that says nothing asks for one")
    func unknownNames() throws {
        let wrong =
            [("openai.chatt", nil), ("openai.chat", "nosuch"), ("", nil)] as [(String, String?)]
        for (input, output) in wrong {
            let error = #expect(throws: RemoteModelError.self) { try codec(input, output: output) }
            #expect(error?.code == .config)
            #expect(error?.text.contains("dashscope.rerank") == true)
        }
        let choice = CodecChoice(path: "/api", standIn: .openAIChat)
        #expect(try choice.codec(CodecParameters(model: "m")).batchMax == 1)
    }
}
