import Testing

@testable import BorealBase

@Suite struct JSONTests {
    @Test(
        "what is printed reads as what was read",
        arguments: [
            "null", "true", "-9223372036854775808", "0.1", "[]", "{}", "[1, \"a\", null]",
            "{\"b\": 1, \"a\": {\"c\": [2.5]}}", "\"\\\"\\\\\\n\\u0001å😀\"",
        ]
    )
    func roundTrip(text: String) throws {
        let value = try JSON.parse(text)
        #expect(value.description == text)
        #expect(try JSON.parse(value.description) == value)
    }

    @Test(
        "numbers stay as they were written where that is asked for",
        arguments: [
            ("1", JSON.integer(1)), ("1.5", .number(1.5)), ("1.50", .literal("1.50")),
            ("-0", .literal("-0")), ("1e3", .literal("1e3")), ("1000.0", .number(1_000)),
            ("12345678901234567890", .literal("12345678901234567890")),
        ]
    )
    func keepsDigits(text: String, expected: JSON) throws {
        let value = try JSON.parse(text.utf8, keepsDigits: true)
        #expect(value == expected)
        #expect(value.description == text)
        #expect(value.double == Double(text))
        #expect(throws: JSONError.self) { try JSON.parse("1e".utf8, keepsDigits: true) }
    }

    @Test("compact is the same without the spaces")
    func compact() throws {
        let text = "{\"b\": [1, -0.5, null, {}], \"a b\": {\"c\": \", : \\u0001\"}, \"d\": []}"
        let compact = "{\"b\":[1,-0.5,null,{}],\"a b\":{\"c\":\", : \\u0001\"},\"d\":[]}"
        let value = try JSON.parse(text)
        #expect(value.compact == compact)
        #expect(value.description == text)
        #expect(JSON.number(.nan).compact == "null")
    }

    @Test("a text that is no UTF-8 is none, with and without escapes")
    func brokenText() {
        for bytes in [[0xFF], [0x5C, 0x6E, 0xC3], [0xC3, 0x5C, 0x6E]] as [[UInt8]] {
            #expect(throws: JSONError.self) { try JSON.parse([0x22] + bytes + [0x22]) }
        }
    }

    @Test("escapes become characters, surrogates one character")
    func escapes() throws {
        #expect(try JSON.parse(#""\u00e5\/\b\f\r\t""#).string == "å/\u{8}\u{c}\r\t")
        #expect(try JSON.parse(#""\ud83d\ude00""#).string == "😀")
    }

    @Test(
        "text that is no JSON is refused where it goes wrong",
        arguments: [
            "", "nul", "[1,]", "{\"a\" 1}", "{a: 1}", "1 2", "\"", "\"\\x\"", "[", "-", "+1",
            "\"\u{1}\"", "{\"a\":1,}", "]",
        ]
    )
    func malformed(text: String) {
        #expect(throws: JSONError.self) { try JSON.parse(text) }
    }

    @Test("nesting is bounded")
    func nesting() throws {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: JSONError.self) { try JSON.parse(deep) }
        let allowed = String(repeating: "[", count: 5) + String(repeating: "]", count: 5)
        #expect(try JSON.parse(allowed.utf8, depthMax: 4).array?.count == 1)
        #expect(throws: JSONError.self) { try JSON.parse(allowed.utf8, depthMax: 3) }
    }

    @Test("a value is asked for by kind")
    func access() throws {
        let value = try JSON.parse(#"{"i": 3, "d": 2.0, "h": 0.5, "s": "x", "b": false, "a": [1]}"#)
        #expect(value["i"]?.integer == 3 && value["i"]?.double == 3)
        #expect(value["d"]?.integer == 2 && value["h"]?.integer == nil)
        #expect(value["s"]?.string == "x" && value["b"]?.bool == false)
        #expect(value["a"]?.array?.count == 1 && value["none"] == nil && value.object?.count == 6)
    }

    @Test("members compare in their order")
    func order() throws {
        #expect(try JSON.parse("{\"a\":1,\"b\":2}") != JSON.parse("{\"b\":2,\"a\":1}"))
    }
}
