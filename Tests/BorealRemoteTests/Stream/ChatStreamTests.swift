import BorealBase
import Testing

@testable import BorealRemote

@Suite("Server-sent events")
struct ChatStreamTests {
    /// The data of all events, with names other than `message` before it.
    static func events(_ chunks: [[UInt8]]) throws -> [String] {
        var stream = EventStream()
        var events: [EventStream.Event] = []
        for chunk in chunks { events += try stream.receive(chunk) }
        if let last = try stream.finish() { events.append(last) }
        return events.map {
            ($0.name == "message" ? "" : $0.name + "|") + String(decoding: $0.data, as: UTF8.self)
        }
    }

    static let streams: [(String, [String])] = [
        ("data: a\n\ndata: b\n\n", ["a", "b"]), ("data: a\r\n\r\ndata: b\r\n\r\n", ["a", "b"]),
        ("data: a\r\rdata: b\r\r", ["a", "b"]), ("data:a\ndata:  b\n\n", ["a\n b"]),
        (": comment\n\ndata: a\n: inside\n\n", ["a"]),
        ("event: x\ndata: a\n\ndata: b\n\n", ["x|a", "b"]),
        ("event: x\n\ndata: b\n\n", ["b"]), ("id: 1\nretry: 5\nother\ndata: a\n\n", ["a"]),
        ("data\n\n", [""]), ("data: last", ["last"]), ("data: last\n", ["last"]),
        ("\u{FEFF}data: a\n\n", ["a"]), ("data: \u{e9}\n\n", ["\u{e9}"]), ("", []), ("\n\n\n", []),
        ("data: {\"a\":\"b: c\"}\n\n", ["{\"a\":\"b: c\"}"]),
    ]

    @Test("events are the same however the stream is cut", arguments: streams)
    func cutting(text: String, expected: [String]) throws {
        let bytes = Array(text.utf8)
        for cut in 0...bytes.count {
            #expect(try Self.events([Array(bytes[..<cut]), Array(bytes[cut...])]) == expected)
        }
        #expect(try Self.events(bytes.map { [$0] }) == expected)
    }

    @Test("an event beyond the bound ends the stream")
    func bound() throws {
        var stream = EventStream(bytesMax: 8)
        #expect(throws: RemoteModelError.self) { try stream.receive(Array("data: 123".utf8)) }
        var lines = EventStream(bytesMax: 8)
        #expect(throws: RemoteModelError.self) {
            try lines.receive(Array(String(repeating: "data:1\n", count: 9).utf8))
        }
    }

    static func fold(_ text: String) throws -> String {
        let body = Array(text.utf8)
        let reading: CallReading
        do { reading = try codec("openai.chat").read(body, for: [.prompt("p")]) } catch {
            let error = try #require(error as? RemoteModelError)
            return "!!\(error.code.rawValue) \(error.text)"
        }
        switch reading.answers[0] {
        case .failure(let error): return "!\(error.code.rawValue)"
        case .success(let answer):
            guard case .text(let text) = answer.value else { return "?" }
            return text + (answer.isTruncated ? "..." : "")
                + (reading.usage.isEstimated
                    ? "" : " \(reading.usage.input)+\(reading.usage.output)")
        }
    }

    static func delta(_ text: String, _ reason: String = "null") -> String {
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\(text)\"},"
            + "\"finish_reason\":\(reason)}]}\n\n"
    }

    static let start = "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\n"
    static let done = "data: [DONE]\n\n"
    static let chats: [(String, String)] = [
        (start + delta("he") + delta("llo", "\"stop\"") + done, "hello"),
        (": ping\n\n" + delta("a") + done, "a"), (delta("a", "\"stop\""), "a"),
        (delta("a") + "data: [DONE]", "a"), (delta("a", "\"length\"") + done, "a..."),
        (delta("a", "\"content_filter\"") + done, "!FILTERED"),
        (
            delta("a")
                + "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}"
                + "\n\n" + done,
            "a 3+4"
        ),
        (delta("a") + done + delta("b"), "a"),
        (start + delta("a"), "!!BAD_RESPONSE the stream ends without [DONE]"),
        (done, "!!BAD_RESPONSE the stream has no choices[0]"),
        (
            delta("a") + "data: {\"error\":{\"message\":\"mock stream error\"}}\n\n" + done,
            "!!BAD_RESPONSE the answer is an error: mock stream error"
        ),
        (
            delta("a") + "event: error\ndata: {\"message\":\"gone\"}\n\n",
            "!!BAD_RESPONSE the stream holds an error: gone"
        ),
        (
            "event: error\ndata: out of memory\n\n",
            "!!BAD_RESPONSE the stream holds an error: out of memory"
        ),
        (
            delta("a") + "data: {oops\n\n" + done,
            "!!BAD_RESPONSE the answer is no JSON: a member name is missing at byte 1"
        ),
        ("data: {\"choices\":[{\"text\":\"old\"}]}\n\n" + done, "old"),
    ]

    @Test("a chat's events fold into its text", arguments: chats)
    func chat(stream: String, expected: String) throws {
        #expect(try Self.fold(stream) == expected)
        #expect(try Self.fold(String(stream.replacing("\n", with: "\r\n"))) == expected)
    }

    @Test("a stream cut anywhere before its end is an error, never a short text")
    func cutAnywhere() throws {
        let text = Self.start + Self.delta("he") + Self.delta("llo") + Self.done
        let end = text.utf8.count - "\n\n".utf8.count
        for cut in 1..<end {
            let shown = try Self.fold(String(decoding: text.utf8.prefix(cut), as: UTF8.self))
            #expect(shown.hasPrefix("!!BAD_RESPONSE"), "cut at \(cut)")
        }
        #expect(try Self.fold(String(decoding: text.utf8.prefix(end), as: UTF8.self)) == "hello")
    }

    @Test("texts come out as they arrive, and a text beyond the bound is refused")
    func pieces() throws {
        var stream = ChatStream(bytesMax: 200)
        #expect(try stream.receive(Array(Self.delta("one ").utf8)) == "one ")
        #expect(try stream.receive(Array("data: {".utf8)).isEmpty)
        let more = Self.delta(String(repeating: "x", count: 100))
        #expect(throws: RemoteModelError.self) {
            for _ in 0..<3 { try stream.receive(Array(more.utf8)) }
        }
    }
}
