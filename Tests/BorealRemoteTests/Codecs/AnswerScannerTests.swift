import BorealBase
import Testing

@testable import BorealRemote

@Suite("The scanner of answers")
struct AnswerScannerTests {
    static func number(_ text: String) throws -> Double {
        try AnswerScanner.whole(Array(text.utf8)) { (scanner) throws(RemoteModelError) in
            try scanner.number()
        }
    }

    static func skips(_ text: String) -> Bool {
        do {
            try AnswerScanner.whole(Array(text.utf8)) { (scanner) throws(RemoteModelError) in
                try scanner.skip()
            }
            return true
        } catch { return false }
    }

    @Test("numbers are rounded as the C library rounds them")
    func rounding() throws {
        var generator = SplitMix(seed: 7)
        for _ in 0..<2_000 {
            let value = Double(bitPattern: generator.next())
            guard value.isFinite else { continue }
            #expect(try Self.number(value.description) == value)
            let short = Double(Int64(truncatingIfNeeded: generator.next() >> 40)) / 1e6 - 8
            #expect(try Self.number(short.description) == short)
        }
        for text in ["0.1", "-0.006929283495992422", "123456789012345678901234567890", "5e-324"] {
            let expected = try #require(Double(text))
            #expect(try Self.number(text) == expected)
            // Inside an array a byte follows the number, and another way is taken.
            let row = try AnswerScanner.whole(Array("[\(text),\(text)]".utf8)) {
                (scanner) throws(RemoteModelError) in try scanner.numbers(expected: 2)
            }
            #expect(row == [expected, expected])
        }
        #expect(try Self.number("1e400") == .infinity)
        #expect(try Self.number("1e-400") == 0)
        #expect(try Self.number("-0").sign == .minus)
    }

    @Test(
        "what is no JSON is refused",
        arguments: [
            "", "{", "[", "[1", "[1,", "[1,]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "01",
            "1.", ".5", "+1", "-", "1e", "tru", "nul", "\"a", "\"\u{1}\"", "[1 2]", "}", "1 1",
            "[1}",
            "\"a\\", "--1", "'a'",
        ]
    )
    func malformed(text: String) { #expect(!Self.skips(text)) }

    @Test(
        "what is JSON passes",
        arguments: [
            "null", " true ", "[]", "{}", "[[],{}]", "{\"a\":{\"b\":[1,2.5e+3,\"\\\"]\"]}}", "\"\"",
            "-0.5",
            "[NaN,-Infinity]",
        ]
    )
    func wellFormed(text: String) { #expect(Self.skips(text)) }

    @Test("nesting is bounded")
    func nesting() {
        let deep = AnswerScanner.depthMax
        let opening = String(repeating: "[", count: deep)
        let closing = String(repeating: "]", count: deep)
        #expect(Self.skips(opening + closing))
        #expect(!Self.skips("[" + opening + closing + "]"))
        #expect(!Self.skips(String(repeating: "{\"a\":", count: 100_000)))
    }

    @Test("texts lose their escapes, and must be UTF-8")
    func strings() throws {
        func string(_ bytes: [UInt8]) throws -> String {
            try AnswerScanner.whole(bytes) { (scanner) throws(RemoteModelError) in
                try scanner.string()
            }
        }
        #expect(try string(Array("\"plain \u{e9}\"".utf8)) == "plain \u{e9}")
        #expect(try string(Array(#""\u00e9\n\"\ud83d\ude00""#.utf8)) == "\u{e9}\n\"\u{1F600}")
        #expect(throws: RemoteModelError.self) { try string([0x22, 0xFF, 0x22]) }
        #expect(throws: RemoteModelError.self) { try string(Array(#""\ud83d""#.utf8)) }
    }

    @Test("damaged answers of every kind end in an answer or a typed error")
    func damage() throws {
        let seeds: [(String, String, [RemoteInput])] = [
            ("openai.chat", CodecAnswerTests.chats[0].0, [.prompt("p")]),
            ("openai.embedding", CodecAnswerTests.embeddings[1].0, CodecAnswerTests.two),
            ("dashscope.embedding", CodecAnswerTests.envelopes[0].0, CodecAnswerTests.two),
            ("openai.rerank", CodecAnswerTests.reranks[0].1, CodecAnswerTests.pairs),
            ("dashscope.rerank", CodecAnswerTests.reranks[1].1, CodecAnswerTests.pairs),
        ]
        var generator = SplitMix(seed: 3)
        for (name, text, inputs) in seeds {
            let whole = Array(text.utf8)
            let model = try codec(name)
            let path = try codec("{\"a\":\"${content}\"}", output: "$.*[*].embedding[0]")
            for round in 0..<400 {
                var body = whole
                for _ in 0...round % 3 {
                    body[Int(generator.next() % UInt64(body.count))] = UInt8(
                        truncatingIfNeeded: generator.next() >> 13
                    )
                }
                if round % 4 == 0 { body.removeLast(Int(generator.next() % UInt64(body.count))) }
                for reader in [model, path] {
                    do {
                        let reading = try reader.read(body, for: inputs)
                        #expect(reading.answers.count == inputs.count)
                        for case .success(let answer) in reading.answers {
                            if case .vector(let numbers) = answer.value {
                                #expect(!numbers.contains { !$0.isFinite })
                            }
                        }
                    } catch { #expect(error.code == .badResponse) }
                }
            }
        }
    }
}

/// A small generator with a seed (Steele, Lea, Flood 2014), for the same damage in every run.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }
}
