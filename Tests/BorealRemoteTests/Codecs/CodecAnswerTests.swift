import BorealBase
import Testing

@testable import BorealRemote

@Suite("What codecs read")
struct CodecAnswerTests {
    static let two: [RemoteInput] = [.text("aaaa"), .text("bbbbb")]
    static let pairs: [RemoteInput] = [
        .pair(query: "q", document: "a"), .pair(query: "q", document: "b"),
    ]

    /// One word or number a row, `!CODE text` for a failed one; the whole answer's failure alone.
    static func read(_ name: String, _ body: String, _ inputs: [RemoteInput]) throws -> [String] {
        let reading: CallReading
        do { reading = try codec(name).read(Array(body.utf8), for: inputs) } catch {
            let error = try #require(error as? RemoteModelError)
            return ["!!\(error.code.rawValue) \(error.text)"]
        }
        #expect(reading.answers.count == inputs.count)
        return reading.answers.map { answer in
            switch answer {
            case .failure(let error): return "!\(error.code.rawValue) \(error.text)"
            case .success(let found):
                let mark = found.isTruncated ? "..." : ""
                switch found.value {
                case .text(let text): return text + mark
                case .vector(let numbers): return numbers.description
                case .score(let score): return score.description
                case .json(let json): return json.description
                case .written(let body): return String(decoding: body, as: UTF8.self)
                }
            }
        }
    }

    static let chats: [(String, String)] = [
        (#"{"choices":[{"message":{"content":"hi\nyou"},"finish_reason":"stop"}]}"#, "hi\nyou"),
        (#"{"choices":[{"message":{"content":""},"finish_reason":"stop"}]}"#, ""),
        (#"{"choices":[{"message":{"content":"cut"},"finish_reason":"length"}]}"#, "cut..."),
        (#"{"choices":[{"message":{"content":[{"type":"text","text":"a"},{"text":"b"}]}}]}"#, "ab"),
        (#"{"choices":[{"text":"old","finish_reason":null}]}"#, "old"),
        (
            #"{"choices":[{"message":{"content":"x"},"finish_reason":"content_filter"}]}"#,
            "!FILTERED the service's filter held the answer back"
        ),
        (
            #"{"choices":[{"message":{"content":null,"refusal":"I can't"}}]}"#,
            "!FILTERED refused: I can't"
        ),
        (
            #"{"choices":[{"message":{"content":null}}]}"#,
            "!BAD_RESPONSE the answer has no text in choices[0]"
        ),
        (#"{"choices":[]}"#, "!!BAD_RESPONSE the answer has no choices[0]"),
        ("[]", "!!BAD_RESPONSE the answer has no choices[0]"),
        ("null", "!!BAD_RESPONSE the answer has no choices[0]"),
        ("", "!!BAD_RESPONSE the answer is no JSON: the text ends early at byte 0"),
        (
            "<html><body>", "!!BAD_RESPONSE the answer is no JSON: no value here at byte 0"
        ),
        (
            #"{"error":{"message":"over\tloaded","type":"x"}}"#,
            "!!BAD_RESPONSE the answer is an error: over loaded"
        ),
        (#"{"error":"busy"}"#, "!!BAD_RESPONSE the answer is an error: busy"),
        (
            #"{"error":null,"choices":[{"message":{"content":"fine"}}]}"#, "fine"
        ),
    ]

    @Test("a chat's answer is its text, or says what is wrong with it", arguments: chats)
    func chat(body: String, expected: String) throws {
        #expect(try Self.read("openai.chat", body, [.prompt("p")]) == [expected])
    }

    static let embeddings: [(String, [String])] = [
        (
            #"{"data":[{"index":0,"embedding":[1,2.5]},{"index":1,"embedding":[-3e-1,4E2]}]}"#,
            ["[1.0, 2.5]", "[-0.3, 400.0]"]
        ),
        // Out of order, members in any order, unknown ones between.
        (
            #" {"x":{"y":[1,"]",{}]},"data":[ {"embedding":[2],"index":1}, {"index":0,"z":null,"#
                + #""embedding":[1]} ] } "#,
            ["[1.0]", "[2.0]"]
        ),
        // Without indices: the order of the rows.
        (#"{"data":[{"embedding":[1]},{"embedding":[2]}]}"#, ["[1.0]", "[2.0]"]),
        (
            #"{"data":[{"index":0,"embedding":[NaN,1]},{"index":1,"embedding":[1,2]}]}"#,
            ["!BAD_RESPONSE the embedding holds what is no finite number", "[1.0, 2.0]"]
        ),
        (
            #"{"data":[{"index":0,"embedding":[1,2]},{"index":1,"embedding":[-Infinity,1e999]}]}"#,
            ["[1.0, 2.0]", "!BAD_RESPONSE the embedding holds what is no finite number"]
        ),
        (
            #"{"data":[{"index":0,"embedding":[1,2]},{"index":1,"embedding":[1,"2"]}]}"#,
            ["[1.0, 2.0]", "!BAD_RESPONSE the embedding holds what is no finite number"]
        ),
        (
            #"{"data":[{"index":0,"embedding":[1,2]},{"index":1,"embedding":[1,2,3]}]}"#,
            ["[1.0, 2.0]", "!BAD_RESPONSE the embedding has 3 numbers, not 2"]
        ),
        (
            #"{"data":[{"index":0,"embedding":[]},{"index":1,"embedding":[1]}]}"#,
            ["!BAD_RESPONSE the embedding has 0 numbers", "[1.0]"]
        ),
        (
            #"{"data":[{"index":0},{"index":1,"embedding":"AAAA"}]}"#,
            ["!BAD_RESPONSE an embedding is missing", "!BAD_RESPONSE an embedding is missing"]
        ),
        (
            #"{"data":[{"index":0,"embedding":[1]}]}"#,
            ["!!BAD_RESPONSE the answer has 1 parts for 2 rows"]
        ),
        (
            #"{"data":[{"embedding":[1]},{"embedding":[1]},{"embedding":[1]}]}"#,
            ["!!BAD_RESPONSE the answer has more than 2 parts for 2 rows"]
        ),
        (
            #"{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}"#,
            ["!!BAD_RESPONSE the answer names row 0 of 2 wrongly"]
        ),
        (
            #"{"data":[{"index":0,"embedding":[1]},{"index":2,"embedding":[1]}]}"#,
            ["!!BAD_RESPONSE the answer names row 2 of 2 wrongly"]
        ),
        (
            #"{"data":[{"index":0,"embedding":[1]},{"index":0.5,"embedding":[1]}]}"#,
            ["!!BAD_RESPONSE the answer names row -1 of 2 wrongly"]
        ),
        (
            #"{"data":[{"index":0,"embedding":[1]},{"embedding":[1]}]}"#,
            ["!!BAD_RESPONSE the answer names some rows"]
        ),
        (#"{"object":"list"}"#, ["!!BAD_RESPONSE the answer has no data"]),
        (#"{"data":{}}"#, ["!!BAD_RESPONSE the answer has no data"]),
        (#"{"error":{"message":"no"}}"#, ["!!BAD_RESPONSE the answer is an error: no"]),
        ("[]", ["!!BAD_RESPONSE the answer is no JSON: no object at byte 0"]),
        (#"{"data": [oops"#, ["!!BAD_RESPONSE the answer is no JSON: no object at byte 10"]),
        (
            #"{"data":[]} x"#,
            ["!!BAD_RESPONSE the answer is no JSON: text behind the value at byte 12"]
        ),
    ]

    @Test("each embedding goes to its row; a bad one harms no other", arguments: embeddings)
    func embedding(body: String, expected: [String]) throws {
        #expect(try Self.read("openai.embedding", body, Self.two) == expected)
    }

    @Test("the first embedding of a model says how long the others are")
    func learnedDimension() throws {
        let model = try codec("openai.embedding")
        _ = try model.read(Array(#"{"data":[{"embedding":[1,2]}]}"#.utf8), for: [.text("a")])
        let later = try model.read(Array(#"{"data":[{"embedding":[1]}]}"#.utf8), for: [.text("b")])
        #expect(throws: RemoteModelError.self) { try later.answers[0].get() }
        let asked = try codec("openai.embedding") { $0.dimensions = 3 }
        let wrong = try asked.read(Array(#"{"data":[{"embedding":[1]}]}"#.utf8), for: [.text("b")])
        #expect(throws: RemoteModelError.self) { try wrong.answers[0].get() }
    }

    static let envelopes: [(String, [String])] = [
        (
            #"{"output":{"embeddings":[{"text_index":1,"embedding":[2]},{"text_index":0,"#
                + #""embedding":[1]}]},"usage":{"total_tokens":9}}"#,
            ["[1.0]", "[2.0]"]
        ),
        (#"{"output":null}"#, ["!!BAD_RESPONSE the answer has no output.embeddings"]),
        (
            #"{"code":"InvalidParameter","message":"bad text"}"#,
            ["!!BAD_RESPONSE the answer is an error: bad text"]
        ),
        (#"{"data":[{"embedding":[1]}]}"#, ["!!BAD_RESPONSE the answer has no output.embeddings"]),
    ]

    @Test("DashScope's envelope is opened", arguments: envelopes)
    func envelope(body: String, expected: [String]) throws {
        #expect(try Self.read("dashscope.embedding", body, Self.two) == expected)
    }

    static let reranks: [(String, String, [String])] = [
        (
            "openai.rerank",
            #"{"results":[{"index":1,"relevance_score":0.9},{"index":0,"relevance_score":1}]}"#,
            ["1.0", "0.9"]
        ),
        (
            "dashscope.rerank",
            #"{"output":{"results":[{"index":0,"relevance_score":0.5},"#
                + #"{"index":1,"relevance_score":0.25}]}}"#,
            ["0.5", "0.25"]
        ),
        (
            "cohere.rerank", #"{"results":[{"index":1,"relevance_score":0.9}]}"#,
            ["!BAD_RESPONSE the answer leaves the document out", "0.9"]
        ),
        (
            "cohere.rerank", #"{"results":[{"index":1,"relevance_score":"x"},{"index":0}]}"#,
            [
                "!BAD_RESPONSE the answer has no score for the document",
                "!BAD_RESPONSE the answer has no score for the document",
            ]
        ),
        (
            "cohere.rerank", #"{"results":[{"index":2,"relevance_score":1}]}"#,
            ["!!BAD_RESPONSE a result names no document of its own"]
        ),
        (
            "cohere.rerank",
            #"{"results":[{"index":1,"relevance_score":1},{"index":1,"relevance_score":1}]}"#,
            ["!!BAD_RESPONSE a result names no document of its own"]
        ),
        (
            "cohere.rerank", #"{"results":[{},{},{}]}"#,
            ["!!BAD_RESPONSE the answer has more than 2 parts for 2 rows"]
        ),
        ("cohere.rerank", "{}", ["!!BAD_RESPONSE the answer has no results"]),
        ("dashscope.rerank", "{}", ["!!BAD_RESPONSE the answer has no output.results"]),
        (
            "dashscope.rerank", #"{"code":"x","message":"m"}"#,
            ["!!BAD_RESPONSE the answer is an error: m"]
        ),
    ]

    @Test("each score goes to its document", arguments: reranks)
    func rerank(name: String, body: String, expected: [String]) throws {
        #expect(try Self.read(name, body, Self.pairs) == expected)
    }

    static let usages: [(String, TokenUsage)] = [
        (
            #""usage":{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12},"#,
            TokenUsage(input: 5, output: 7, isEstimated: false)
        ),
        (
            #""usage":{"input_tokens":5,"output_tokens":7},"#,
            TokenUsage(input: 5, output: 7, isEstimated: false)
        ),
        (#""usage":{"total_tokens":9},"#, TokenUsage(input: 9, output: 0, isEstimated: false)),
        // Five bytes asked, nine answered.
        (#""usage":{"prompt_tokens":-1},"#, TokenUsage(input: 2, output: 3, isEstimated: true)),
        (#""usage":{"prompt_tokens":1e300},"#, TokenUsage(input: 2, output: 3, isEstimated: true)),
        (#""usage":"none","#, TokenUsage(input: 2, output: 3, isEstimated: true)),
        ("", TokenUsage(input: 2, output: 3, isEstimated: true)),
    ]

    @Test("tokens are the service's count, else a quarter of the bytes", arguments: usages)
    func usage(member: String, expected: TokenUsage) throws {
        let body = "{\(member)\"choices\":[{\"message\":{\"content\":\"nine char\"}}]}"
        let reading = try codec("openai.chat").read(Array(body.utf8), for: [.prompt("12345")])
        #expect(reading.usage == expected)
    }

    @Test("an embedding answer's usage is read, and estimated without one")
    func embeddingUsage() throws {
        let body = #"{"data":[{"embedding":[1]},{"embedding":[1]}],"usage":{"prompt_tokens":4}}"#
        let told = try codec("openai.embedding").read(Array(body.utf8), for: Self.two)
        #expect(told.usage == TokenUsage(input: 4, output: 0, isEstimated: false))
        let silent = #"{"data":[{"embedding":[1]},{"embedding":[1]}]}"#
        let guessed = try codec("openai.embedding").read(Array(silent.utf8), for: Self.two)
        #expect(guessed.usage == TokenUsage(input: 3, output: 0, isEstimated: true))
    }
}
