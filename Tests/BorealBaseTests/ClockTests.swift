import Testing

@testable import BorealBase

@Suite struct SmallThingsTests {
    @Test("only A to Z are folded")
    func folding() {
        #expect("AbÅZ_9".asciiLowercased == "abÅz_9" && "abc".asciiLowercased == "abc")
    }

    @Test(
        "texts are compared without regard to the case of A to Z and of nothing else",
        arguments: [
            ("Content-Type", "content-tYPE", true), ("", "", true), ("a", "b", false),
            ("a", "aa", false), ("[", "{", false), ("@", "`", false), ("Å", "å", false),
            ("a\u{300}B", "A\u{300}b", true),
        ]
    )
    func caseInsensitive(one: String, other: String, expected: Bool) {
        #expect(one.isEqualIgnoringASCIICase(to: other) == expected)
        #expect(other.isEqualIgnoringASCIICase(to: one) == expected)
    }

    @Test(
        "bytes are a text where they are UTF-8 and nothing where they are not",
        arguments: [
            [], Array("plain".utf8), Array("a longer text with å and 😀 in it".utf8), [0, 0x41],
            // What decoding puts for broken bytes is a text of its own.
            Array("\u{FFFD}".utf8), [0xFF], [0x41, 0xC3], [0xE2, 0x82], [0xC0, 0x80],
            [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xEF, 0xBF, 0xBD, 0x80],
        ] as [[UInt8]]
    )
    func validText(bytes: [UInt8]) {
        let expected = String(validating: bytes, as: UTF8.self)
        #expect(String(ifUTF8: bytes) == expected)
        #expect(String(ifUTF8: ([1] + bytes)[1...]) == expected)
        #expect(String(ifUTF8: AnyCollection(bytes)) == expected)
    }

    @Test("seconds are rounded towards the past, also before 1970")
    func seconds() {
        #expect(Instant(microseconds: 1_999_999).seconds == 1)
        #expect(Instant(microseconds: -1).seconds == -1)
        #expect(Instant(microseconds: -1_000_000).seconds == -1)
        #expect(Instant(microseconds: 1) < Instant(microseconds: 2))
    }

    @Test("a flag stays set")
    func flag() {
        let flag = CancellationFlag()
        #expect(!flag.isCancelled)
        flag.cancel()
        #expect(flag.isCancelled)
    }

    @Test("the monotonic clock does not go back")
    func clock() {
        let first = MonotonicClock.nanoseconds
        #expect(MonotonicClock.nanoseconds >= first)
    }
}
