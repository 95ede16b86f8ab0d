import BorealBase
import BorealHTTP
import Testing

@Suite struct Base64Tests {
    @Test(
        "RFC 4648's examples go both ways",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
        ]
    )
    func examples(plain: String, encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(plain.utf8))
    }

    @Test("the alphabet for URLs has no padding and no signs that need escaping")
    func urlSafe() {
        #expect(Base64.encodeURL([0xFB, 0xEF, 0xFF]) == "--__")
        #expect(Base64.encode([0xFB, 0xEF, 0xFF]) == "++//")
        #expect(Base64.encodeURL([0xFF]) == "_w")
    }

    @Test(
        "what no encoder makes is refused",
        arguments: [
            "Z", "Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zm 9v", "Zm9v\n", "--__", "=Zm9",
        ]
    )
    func refused(text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test("every byte survives, at every length")
    func roundTrip() {
        for count in 0..<260 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
    }
}

@Suite struct MessageTests {
    @Test("dates have the form of RFC 9110")
    func date() {
        let moment = Instant(microseconds: 784_111_777_000_000)
        #expect(HTTPDate.text(moment) == "Sun, 06 Nov 1994 08:49:37 GMT")
        let leap = Instant(microseconds: 1_709_164_800_000_000)
        #expect(HTTPDate.text(leap) == "Thu, 29 Feb 2024 00:00:00 GMT")
    }

    @Test("a header value cannot begin another header")
    func responseSplitting() {
        var headers = HTTPHeaders()
        headers.append("Location", "/a\r\nSet-Cookie: b")
        #expect(headers["location"] == "/a  Set-Cookie: b")
    }

    @Test("percent-encoding goes both ways", arguments: ["a b", "é/%", "../x", "~-._", "a+b"])
    func percent(text: String) {
        #expect(PercentEncoding.decode(PercentEncoding.encode(text)) == text)
    }

    @Test(
        "names of files are told from paths",
        arguments: [
            ("a.txt", true), ("..", false), (".", false), ("", false), ("a/b", false),
            ("a\\b", false),
            ("a\n", false), ("...", true), (".hidden", true),
        ]
    )
    func plainNames(name: String, isPlain: Bool) {
        #expect(HTTPRequest.isPlainName(name) == isPlain)
    }
}
