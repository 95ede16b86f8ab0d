import BorealBase
import Synchronization
import Testing

@testable import BorealRemote

@Suite("Requests and answers that are passed on")
struct PassageTests {
    @Test(
        "the model's name is read and replaced, and no other byte",
        arguments: [
            (#"{"model":"a","x":1}"#, "a", #"{"model":"m \"1\"","x":1}"#),
            (#" { "x" : 1.50 , "model" : "b" } "#, "b", #" { "x" : 1.50 , "model" : "m \"1\"" } "#),
            (#"{"model":"a","model":"b"}"#, "b", #"{"model":"m \"1\"","model":"m \"1\""}"#),
            (#"{"mod\u0065l":"a"}"#, "a", #"{"mod\u0065l":"m \"1\""}"#),
            (#"{"model":null}"#, nil, #"{"model":"m \"1\""}"#),
            (#"{"messages":[{"model":"inner"}]}"#, nil, #"{"messages":[{"model":"inner"}]}"#),
            ("{}", nil, "{}"),
        ] as [(String, String?, String)]
    )
    func modelName(_ body: String, _ name: String?, _ replaced: String) throws {
        let bytes = Array(body.utf8)
        let head = try PassedHead(bytes)
        #expect(head.model == name)
        for bytes in [
            try ModelMember.replaced(in: bytes, with: #"m "1""#), head.body(bytes, for: #"m "1""#),
        ] {
            #expect(String(decoding: bytes, as: UTF8.self) == replaced)
        }
    }

    @Test(
        "what is no JSON object is refused",
        arguments: [
            "", "[]", "null", "{", #"{"model":"a"} x"#, #"{"model"}"#, "{\"a\":\"\u{1}\"}",
            #"{"mod\u006":1}"#, #"{"a":{"b" 1}}"#,
        ]
    )
    func noObject(_ body: String) {
        #expect(throws: RemoteModelError.self) { try PassedHead(Array(body.utf8)) }
        #expect(throws: RemoteModelError.self) {
            try ModelMember.replaced(in: Array(body.utf8), with: "m")
        }
    }

    @Test(
        "a name that some services would take for the model's is refused",
        arguments: [
            Array(#"{"model":"a","Model":"b"}"#.utf8), Array(#"{"MODEL":"b"}"#.utf8),
            Array(#"{"m\u004fdel":"b","model":"a"}"#.utf8),
            Array(#"{"model":"a","mod"#.utf8) + [0xFF] + Array(#"el":"b"}"#.utf8),
        ]
    )
    func likeModel(_ body: [UInt8]) {
        #expect(throws: RemoteModelError.self) { try PassedHead(body) }
    }

    @Test(
        "only true asks for a stream",
        arguments: [
            (#"{"stream":true}"#, true), (#"{"stream": true }"#, true),
            (#"{"stream":false}"#, false),
            (#"{"stream":"true"}"#, false), ("{}", false), (#"{"x":{"stream":true}}"#, false),
        ]
    )
    func stream(_ body: String, _ isStream: Bool) throws {
        #expect(try PassedHead(Array(body.utf8)).isStream == isStream)
    }

    @Test("an answer keeps its bytes but for the name, and its tokens are counted")
    func answer() throws {
        let codec = PassageCodec(shownName: "mine", isStream: false)
        let request = Array(#"{"model":"up"}"#.utf8)
        #expect(try codec.body(for: [.written(request)]) == request)
        #expect(throws: RemoteModelError.self) { try codec.body(for: [.prompt("x")]) }
        let body = #"{"model":"up","n":1.0,"usage":{"prompt_tokens":7,"completion_tokens":2}}"#
        let reading = try codec.read(Array(body.utf8), for: [.written(request)])
        let shown = body.replacing("\"up\"", with: "\"mine\"")
        #expect(try reading.answers[0].get().value == .written(Array(shown.utf8)))
        #expect(reading.usage == TokenUsage(input: 7, output: 2, isEstimated: false))
        let silent = try codec.read(Array("{\"ok\":true}".utf8), for: [.written(request)])
        #expect(silent.usage == TokenUsage(input: 4, output: 3, isEstimated: true))
        #expect(throws: RemoteModelError.self) {
            try codec.read(Array("oops".utf8), for: [.written(request)])
        }
    }

    private static let events = """
        : hello\r
        data: {"model":"up","choices":[{"delta":{"content":"é"},"finish_reason":null}]}\r
        \r
        event: x
        data:{"model":"up","choices":[{"finish_reason":"stop"}],"usage":{"prompt_tokens":3,\
        "completion_tokens":5}}

        data: [DONE]


        """

    @Test("events come out whole, however the bytes are cut")
    func cuts() throws {
        let bytes = Array(Self.events.utf8)
        let expected = Self.events.replacing("\"up\"", with: "\"mine\"")
        for cut in 0...bytes.count {
            let pieces = Mutex<[String]>([])
            let passage = StreamPassage(shownName: "mine") { piece in
                pieces.withLock { $0.append(String(decoding: piece, as: UTF8.self)) }
                return true
            }
            #expect(!passage.hasBegun)
            #expect(passage.receive(bytes[..<cut]))
            #expect(passage.receive(bytes[cut...]))
            #expect(passage.hasBegun)
            let reading = try passage.finish([.written([])])
            #expect(reading.usage == TokenUsage(input: 3, output: 5, isEstimated: false))
            #expect(pieces.withLock { $0.joined() } == expected)
            #expect(pieces.withLock { $0.allSatisfy { $0.utf8.last == 0x0A } })
        }
    }

    @Test(
        "a stream that was cut or tells of a failure is no success",
        arguments: [
            ("", "the stream ends without [DONE]"),
            ("data: {\"choices\":[{\"delta\":{}}]}\n\n", "the stream ends without [DONE]"),
            ("data: {\"error\":{\"message\":\"no\"}}\n\n", "the answer is an error: no"),
        ]
    )
    func cut(_ text: String, _ sentence: String) {
        let passage = StreamPassage(shownName: "mine") { _ in true }
        #expect(passage.receive(text.utf8))
        #expect(throws: RemoteModelError(.badResponse, sentence)) { try passage.finish([]) }
    }

    @Test("nobody reads: the call may end; and an event has a greatest size")
    func ends() {
        let gone = StreamPassage(shownName: "mine") { _ in false }
        #expect(!gone.receive("data: x\n\n".utf8))
        let endless = StreamPassage(shownName: "mine") { _ in true }
        var isWanted = true
        for _ in 0..<10 where isWanted {
            isWanted = endless.receive([UInt8](repeating: 0x61, count: 1 << 20))
        }
        #expect(!isWanted)
    }

    private static let event = "data: {\"choices\":[]}\n\n"

    private func submission(
        _ kind: RemoteModelKind,
        _ passage: StreamPassage
    ) -> RemoteSubmission {
        var model = Bench.model(kind, batchMax: 1)
        model.codec = PassageCodec(shownName: nil, isStream: true)
        var submission = RemoteSubmission(
            rows: [.written(Array("{}".utf8))],
            model: model,
            user: "ann",
            statement: 1
        )
        submission.passage = passage
        return submission
    }

    @Test("a stream without its end has cost what it said, else what was passed on")
    func spent() {
        let inputs = [RemoteInput.written(Array("{}".utf8))]
        let passage = StreamPassage(shownName: nil) { _ in true }
        #expect(passage.receive(Self.event.utf8.prefix(10)))
        #expect(passage.spent(inputs) == TokenUsage.none)
        #expect(passage.receive(Self.event.utf8.dropFirst(10)))
        #expect(passage.spent(inputs) == TokenUsage(input: 1, output: 6, isEstimated: true))
        let told = "data: {\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2}}\n\n"
        #expect(passage.receive(told.utf8))
        #expect(passage.spent(inputs) == TokenUsage(input: 7, output: 2, isEstimated: false))
    }

    @Test("a stream whose reader goes is metered all the same", arguments: [true, false])
    func readerGone(_ isCancelled: Bool) {
        let bench = Bench { _ in isCancelled ? .silence : .body(Self.event) }
        let passage = StreamPassage(shownName: nil) { _ in isCancelled }
        let ticket = bench.dispatcher.submit(submission(.chat, passage)) { _ in }
        if isCancelled {
            _ = passage.receive(Self.event.utf8)
            ticket.cancel()
        }
        bench.scheduler.advance(100_000)
        let sum = bench.dispatcher.hourlyUsage.first?.sum
        #expect(sum?.tokensIn == 1)
        #expect(sum?.tokensOut == 6)
        #expect(sum?.errors == ["CANCELLED": 1])
    }

    @Test("a stream that a reader has seen the beginning of is not asked for again")
    func begun() {
        let bench = Bench { _ in .lost(.timeout) }
        let passage = StreamPassage(shownName: nil) { _ in true }
        let ended = Mutex(0)
        _ = bench.dispatcher.submit(submission(.embedding, passage)) { _ in
            ended.withLock { $0 += 1 }
        }
        _ = passage.receive(Self.event.utf8)
        bench.scheduler.advance(60_000_000)
        #expect(ended.withLock { $0 } == 1)
        #expect(bench.upstream.seen.count == 1)
    }

    @Test("a stream goes through the dispatcher to its reader, and is neither shared nor kept")
    func dispatched() throws {
        let done = "data: {\"model\":\"up\"}\n\ndata: [DONE]\n\n"
        let bench = Bench { _ in .body(done) }
        var model = Bench.model(.chat, batchMax: 1)
        model.codec = PassageCodec(shownName: "mine", isStream: true)
        let text = Mutex("")
        for statement in [UInt64(1), 2] {
            var submission = RemoteSubmission(
                rows: [.written(Array("{}".utf8))],
                model: model,
                user: "ann",
                statement: statement
            )
            submission.passage = StreamPassage(shownName: "mine") { piece in
                text.withLock { $0 += String(decoding: piece, as: UTF8.self) }
                return true
            }
            let outcomes = Mutex<[RowOutcome?]>([])
            _ = bench.dispatcher.submit(submission) { found in outcomes.withLock { $0 = found } }
            if statement == 2 {
                bench.scheduler.advance(100_000)
                let outcome = try #require(outcomes.withLock { $0.first } ?? nil)
                #expect(try outcome.result.get().value == .written([]))
            }
        }
        #expect(bench.upstream.seen.count == 2)
        let shown = done.replacing("\"up\"", with: "\"mine\"")
        #expect(text.withLock { $0 } == shown + shown)
        #expect(bench.dispatcher.load.rows == 0)
    }
}
