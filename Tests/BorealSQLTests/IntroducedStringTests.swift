import BorealSQL
import Testing

@Suite("Strings with a character set in front") struct IntroducedStringTests {
    @Test(
        "their places are found, and no others",
        arguments: [
            ("SELECT _binary'a', 'b'", ["'a'"]),
            ("SELECT _latin1 \"a\" 'b', 'c'", ["\"a\"", "'b'"]),
            ("SELECT _x'a', c_latin1 'a'", []), ("SELECT '_binary', 'a'", []),
            ("SELECT _BINARY /* why */ 'it''s \\'' -- _binary'x'", ["'it''s \\''"]),
            ("SELECT `_binary` 'a', N'b'", []), ("SELECT _binary'a', _binary'b", ["'a'"]),
            ("SELECT 1", []),
        ]
    )
    func places(text: String, expected: [String]) {
        let bytes = Array(text.utf8)
        let found = IntroducedStringScanner.places(in: bytes)
        #expect(found.map { String(decoding: bytes[$0], as: UTF8.self) } == expected)
    }

    @Test("a backslash is a character where the mode says so")
    func backslash() {
        let bytes = Array("SELECT _binary'a\\', 'b'".utf8)
        let found = IntroducedStringScanner.places(in: bytes, mode: .noBackslashEscapes)
        #expect(found == [14..<18])
    }
}
