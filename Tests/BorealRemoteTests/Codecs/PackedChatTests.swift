import BorealBase
import Testing

@testable import BorealRemote

@Suite("Several rows in one prompt")
struct PackedChatTests {
    static let rows: [RemoteInput] = [.prompt("a\"],[\""), .prompt("b")]

    static func packed() throws -> any CallCodec {
        try codec("openai.chat") { $0.rowsPerPrompt = 3 }
    }

    static func answer(_ content: String, _ reason: String = "stop") -> [UInt8] {
        let message = JSON.object([("content", .string(content))])
        let choice = JSON.object([("message", message), ("finish_reason", .string(reason))])
        let usage = JSON.object([
            ("prompt_tokens", .integer(9)), ("completion_tokens", .integer(4)),
        ])
        return Array(
            JSON.object([("choices", .array([choice])), ("usage", usage)]).description.utf8
        )
    }

    @Test("the rows stand in the prompt as a JSON array; one row stands alone")
    func request() throws {
        let model = try Self.packed()
        #expect(model.batchMax == 3)
        #expect(model.canShareRequest(Self.rows[0], Self.rows[1]))
        func prompt(_ rows: [RemoteInput]) throws -> String? {
            let body = try JSON.parse(model.body(for: rows))
            return body["messages"]?.array?.last?["content"]?.string
        }
        let text = try #require(try prompt(Self.rows))
        #expect(text.hasPrefix("Answer each of the 2 prompts"))
        let array = text.drop { $0 != "[" }
        #expect(try JSON.parse(String(array)) == .array([.string("a\"],[\""), .string("b")]))
        #expect(try prompt([.prompt("b")]) == "b")
    }

    static let contents = [
        #"["x","y"]"#, " [\"x\", \"y\"]\n", "```json\n[\"x\",\"y\"]\n```", "```\n[\"x\",\"y\"]```",
    ]

    @Test("each row gets its element, with a fence around them or not", arguments: contents)
    func elements(content: String) throws {
        let reading = try Self.packed().read(Self.answer(content), for: Self.rows)
        #expect(try reading.answers.map { try $0.get().value } == [.text("x"), .text("y")])
        #expect(reading.usage == TokenUsage(input: 9, output: 4, isEstimated: false))
    }

    @Test("elements that are no strings are shown as JSON")
    func others() throws {
        let reading = try Self.packed().read(Self.answer(#"[{"a":1},null]"#), for: Self.rows)
        #expect(try reading.answers[0].get().value == .text(#"{"a": 1}"#))
        #expect(try reading.answers[1].get().value == .text("null"))
    }

    static let wrong = [
        ("[\"x\"]", "stop"), ("[1,2,3]", "stop"), ("x and y", "stop"), ("{}", "stop"), ("", "stop"),
        ("```", "stop"), ("```\n", "stop"), (#"["x","y"]"#, "length"),
        (#"["x","y"]"#, "content_filter"),
    ]

    @Test(
        "any other answer fails as a whole, so that each row can be asked alone",
        arguments: wrong
    )
    func failures(content: String, reason: String) throws {
        let model = try Self.packed()
        let body = Self.answer(content, reason)
        let error = #expect(throws: RemoteModelError.self) { try model.read(body, for: Self.rows) }
        #expect(error?.code == .badResponse)
        let alone = try model.read(body, for: [.prompt("b")])
        #expect(alone.answers.count == 1)
    }
}
