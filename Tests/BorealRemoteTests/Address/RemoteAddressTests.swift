import Testing

@testable import BorealRemote

@Suite("Addresses of services")
struct RemoteAddressTests {
    static let normal: [(String, String)] = [
        ("https://api.example.com/v1/chat", "https://api.example.com:443/v1/chat"),
        ("HTTP://API.Example.COM/V1", "http://api.example.com:80/V1"),
        ("http://a:80", "http://a:80/"), ("https://a:8443/", "https://a:8443/"),
        ("http://a?x=1", "http://a:80/?x=1"), ("http://a/?", "http://a:80/?"),
        ("http://a./b", "http://a:80/b"),
        ("http://a/%7eb/%41%2f%2F%3a", "http://a:80/~b/A%2F%2F%3A"),
        ("http://a/b/../c/./d", "http://a:80/c/d"), ("http://a/../../b", "http://a:80/b"),
        ("http://a/%2e%2E/%2e/b", "http://a:80/b"), ("http://a/b/..", "http://a:80/"),
        ("http://a/b/.", "http://a:80/b/"), ("http://a//b", "http://a:80//b"),
        ("http://a/b?q=..%2f%7E", "http://a:80/b?q=..%2F~"),
        ("http://127.0.0.1:9/", "http://127.0.0.1:9/"),
        ("http://[0:0::1]:9/", "http://[::1]:9/"),
        ("http://[2001:DB8::A]/", "http://[2001:db8::a]:80/"),
        ("http://xn--bcher-kva.example/", "http://xn--bcher-kva.example:80/"),
        ("http://a_b-c.d1/", "http://a_b-c.d1:80/"),
        ("http://1.2.3.4.example/", "http://1.2.3.4.example:80/"),
    ]

    @Test("every way to write a URL comes to one form", arguments: normal)
    func normalises(text: String, expected: String) throws {
        let address = try RemoteAddress(text)
        #expect(address.text == expected)
        // The normal form is its own.
        #expect(try RemoteAddress(expected) == address)
        #expect(try RemoteAddress(address.shortText) == address)
    }

    static let refused: [(String, RemoteModelError.Code, String)] = [
        ("", .config, "the URL has no scheme; it begins with https://"),
        ("a.b/c", .config, "the URL has no scheme; it begins with https://"),
        ("//a/b", .config, "the URL has no scheme; it begins with https://"),
        ("file:///etc/passwd", .policy, "URLs of 'file' are not called, only http and https"),
        ("gopher://a/", .policy, "URLs of 'gopher' are not called, only http and https"),
        ("://a/", .policy, "URLs of '' are not called, only http and https"),
        ("http://u:p@a/", .policy, "the URL holds a user name"),
        ("http://a@b/", .policy, "the URL holds a user name"),
        ("http://a/#x", .config, "the URL holds a fragment"),
        ("http://a#@b/", .config, "the URL holds a fragment"),
        ("http://a\\b/", .config, "the URL holds '\\'"),
        ("http://a/{x}", .config, "the URL holds '{'"),
        ("http://a/b c", .config, "the URL holds a blank or a control character"),
        ("http://a/\t", .config, "the URL holds a blank or a control character"),
        ("http://a/\r\nHost: b", .config, "the URL holds a blank or a control character"),
        ("http://a/\u{0}", .config, "the URL holds a blank or a control character"),
        (
            "http://b\u{fc}cher.example/", .config,
            "the URL holds letters outside ASCII; write such a name as xn--..."
        ),
        ("http:///x", .config, "the URL's host is no name of a machine"),
        ("http://a..b/", .config, "the URL's host is no name of a machine"),
        ("http://.a/", .config, "the URL's host is no name of a machine"),
        ("http://a../", .config, "the URL's host is no name of a machine"),
        ("http://-a/", .config, "the URL's host is no name of a machine"),
        ("http://a%2eb/", .config, "the URL's host is no name of a machine"),
        ("http://a*b/", .config, "the URL's host is no name of a machine"),
        ("http://2130706433/", .policy, "an IPv4 address is four numbers from 0 to 255"),
        ("http://0x7f000001/", .policy, "an IPv4 address is four numbers from 0 to 255"),
        ("http://0x7f.1/", .policy, "an IPv4 address is four numbers from 0 to 255"),
        ("http://127.1/", .policy, "an IPv4 address is four numbers from 0 to 255"),
        ("http://127.0.0.01/", .policy, "an IPv4 address is four numbers from 0 to 255"),
        ("http://0177.0.0.1/", .policy, "an IPv4 address is four numbers from 0 to 255"),
        ("http://256.0.0.1/", .policy, "an IPv4 address is four numbers from 0 to 255"),
        ("http://a.0x1/", .policy, "an IPv4 address is four numbers from 0 to 255"),
        ("http://[::1/", .config, "']' is missing behind the address"),
        ("http://[::1]x/", .config, "text stands behind the address"),
        ("http://[fe80::1%25eth0]/", .config, "the URL's host is no IPv6 address"),
        ("http://[1.2.3.4]/", .config, "the URL's host is no IPv6 address"),
        ("http://a:/", .config, "the port is no number from 1 to 65535"),
        ("http://a:0/", .config, "the port is no number from 1 to 65535"),
        ("http://a:065/", .config, "the port is no number from 1 to 65535"),
        ("http://a:65536/", .config, "the port is no number from 1 to 65535"),
        ("http://a:8x/", .config, "the port is no number from 1 to 65535"),
        ("http://a:1:2/", .config, "the port is no number from 1 to 65535"),
        ("http://a/%", .config, "the URL has '%' without two digits"),
        ("http://a/%g1", .config, "the URL has '%' without two digits"),
        ("http://a/%0d%0aX", .config, "the URL holds an encoded control character"),
        ("http://a/?%00", .config, "the URL holds an encoded control character"),
    ]

    @Test("what readers of URLs disagree about is refused", arguments: refused)
    func refuses(text: String, code: RemoteModelError.Code, expected: String) {
        let error = #expect(throws: RemoteModelError.self) { try RemoteAddress(text) }
        #expect(error?.code == code)
        #expect(error?.text == expected)
    }

    @Test("long URLs and names are refused")
    func lengths() {
        let long = "http://a/" + String(repeating: "x", count: RemoteAddress.bytesMax)
        #expect(throws: RemoteModelError.self) { try RemoteAddress(long) }
        let label = String(repeating: "a", count: 64)
        #expect(throws: RemoteModelError.self) { try RemoteAddress("http://\(label)/") }
        let name = [String](repeating: "abcdefg", count: 33).joined(separator: ".")
        #expect(throws: RemoteModelError.self) { try RemoteAddress("http://\(name)/") }
    }

    static let completed: [(String, RemoteTask, String)] = [
        ("https://a", .chat, "https://a/v1/chat/completions"),
        ("https://a/", .textGeneration, "https://a/v1/completions"),
        ("http://a:8000", .sentenceEmbedding, "http://a:8000/v1/embeddings"),
        ("http://a/?k=v", .chat, "http://a/v1/chat/completions?k=v"),
        ("https://a/x/v1/chat/completions", .chat, "https://a/x/v1/chat/completions"),
        ("https://a/api/predict/s", .chat, "https://a/api/predict/s"),
    ]

    @Test("an endpoint without a path gets the one of its task", arguments: completed)
    func completes(text: String, task: RemoteTask, expected: String) throws {
        #expect(try RemoteAddress(text).completed(for: task).shortText == expected)
        #expect(BuiltInCodec(path: task.defaultPath) == task.codec)
    }

    @Test("what is shown of an address has no query")
    func shown() throws {
        #expect(try RemoteAddress("https://a/b?key=secret").shown == "a/b")
        #expect(try RemoteAddress("https://a:444/b?key=secret").shown == "a:444/b")
        #expect(try RemoteAddress("http://a:443/").authority == "a:443")
    }

    @Test("random URLs end in a normal form or a typed error")
    func fuzz() {
        let marks = Array("http://:/?#@[]%.-\\a0x127.0.1 \u{e9}2fE\t".unicodeScalars)
        var generator = SplitMix(seed: 11)
        for _ in 0..<3_000 {
            var text = generator.next() % 2 == 0 ? "http://" : ""
            for _ in 0..<generator.next() % 24 {
                text.unicodeScalars.append(marks[Int(generator.next() % UInt64(marks.count))])
            }
            // A refusal is a good end; what passes must be its own normal form.
            guard let address = try? RemoteAddress(text) else { continue }
            #expect((try? RemoteAddress(address.text)) == address)
        }
    }
}
