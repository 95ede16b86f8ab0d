import BorealBase
import Testing

@testable import BorealRemote

@Suite("The stored definition of a remote model")
struct RemoteModelRecordTests {
    private func record(
        _ url: String = "https://host/v1/chat/completions",
        headers: String = "null",
        config: String = "{}",
        inTransform: String = "",
        outTransform: String = ""
    ) throws -> RemoteModelRecord {
        try RemoteModelRecord(
            modelType: "LLM",
            upstreamName: "qwen",
            provider: "p",
            address: try RemoteAddress(url),
            inTransform: inTransform,
            outTransform: outTransform,
            headers: try JSON.parse(headers),
            config: try JSON.parse(config)
        )
    }

    @Test("what is written is read again, without login and key")
    func roundTrip() throws {
        let made = try record(
            headers: #"{"x-team": "a", "api-key": "${token}"}"#,
            config: #"{"author_type":"token","token":"secret","max_batch":7,"prompt":"a {b}"}"#
        )
        #expect(!made.json.description.contains("secret"))
        let read = try RemoteModelRecord(json: try JSON.parse(made.json.description))
        #expect(read == made)
        #expect(read.options.batchMax == 7)
        #expect(read.options.prompt == "a {b}")
        #expect(read.builtIn == .openAIChat)
    }

    @Test(
        "the key stands where the model's headers say, else behind Bearer",
        arguments: [
            ("null", "Content-Type:application/json Authorization:Bearer k"),
            (#"{"api-key": "${token}"}"#, "Content-Type:application/json api-key:k"),
            (
                #"{"x-team": "a"}"#,
                "Content-Type:application/json x-team:a"
            ),
            (
                #"{"Authorization": "Key ${token}"}"#,
                "Content-Type:application/json Authorization:Key k"
            ),
        ]
    )
    func headers(_ headers: String, _ expected: String) throws {
        let sent = try record(headers: headers).headers(
            key: SecretBytes("k".utf8)
        )
        #expect(sent.map { "\($0.name):\($0.value)" }.joined(separator: " ") == expected)
    }

    @Test("a service without a key gets none")
    func noKey() throws {
        #expect(try record().headers(key: nil).map(\.name) == ["Content-Type"])
    }

    @Test(
        "what no model may set is refused",
        arguments: [
            #"{"Host": "x"}"#, #"{"content-length": "1"}"#, #"{"a b": "x"}"#, #"{"": "x"}"#,
            #"{"x": "a\r\nb: c"}"#, #"{"x": 1}"#, #"["x"]"#, #"{"api-key": "literal"}"#,
            #"{"Authorization": "Bearer sk-1"}"#,
        ]
    )
    func badHeaders(_ headers: String) {
        #expect(throws: RemoteModelError.self) { try record(headers: headers) }
    }

    @Test("a URL and transforms that mean nothing are refused when the model is made")
    func noCodec() throws {
        #expect(throws: RemoteModelError.self) { try record("https://host/answer") }
        #expect(throws: RemoteModelError.self) { try record(inTransform: "openai.chats") }
        let template = try record(
            "https://host/answer",
            inTransform: #"{"q": "${content}"}"#,
            outTransform: "$.a"
        )
        #expect(template.builtIn == nil)
    }
}
