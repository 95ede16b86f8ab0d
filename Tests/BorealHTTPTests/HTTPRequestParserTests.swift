import BorealHTTP
import Testing

/// What a parser made of some bytes.
private struct Parsed: Equatable {
    var requests: [String] = []
    var bodies: [String] = []
    var ended = 0
    var error: HTTPError?
}

private func parse(_ text: String, piece: Int, bodyBytesMax: Int = 1_000) -> Parsed {
    var parser = HTTPRequestParser(bodyBytesMax: bodyBytesMax)
    var parsed = Parsed()
    var body: [UInt8] = []
    let bytes = Array(text.utf8)
    do throws(HTTPError) {
        for start in stride(from: 0, to: bytes.count, by: piece) {
            // A copy of exactly the piece's size: reading past it would show under a sanitizer.
            let part = Array(bytes[start..<min(bytes.count, start + piece)])
            let result = part.withUnsafeBytes { buffer -> Swift.Result<Void, HTTPError> in
                var rest = UnsafeRawBufferPointer(buffer)
                do throws(HTTPError) {
                    while let event = try parser.next(&rest) {
                        switch event {
                        case .head(let request):
                            let path = request.segments.joined(separator: "|")
                            parsed.requests.append("\(request.method) \(path)")
                        case .body(let bytes): body += bytes
                        case .end:
                            parsed.ended += 1
                            parsed.bodies.append(String(decoding: body, as: UTF8.self))
                            body = []
                        }
                    }
                    return .success(())
                } catch {
                    return .failure(error)
                }
            }
            try result.get()
        }
    } catch {
        parsed.error = error
    }
    return parsed
}

/// The same bytes whole, byte by byte and in threes must mean the same.
private func parseEveryWay(_ text: String, bodyBytesMax: Int = 1_000) -> Parsed {
    let whole = parse(text, piece: max(1, text.utf8.count), bodyBytesMax: bodyBytesMax)
    for piece in [1, 3] {
        let split = parse(text, piece: piece, bodyBytesMax: bodyBytesMax)
        #expect(split == whole, "in pieces of \(piece)")
    }
    return whole
}

@Suite struct HTTPRequestParserTests {
    @Test(
        "good requests are read, however they are split",
        arguments: [
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "get ", ""),
            ("GET /a/b?x=1 HTTP/1.1\r\nHost: a\r\n\r\n", "get a|b", ""),
            ("GET /a%20b/%C3%A9 HTTP/1.1\r\nHost: a\r\n\r\n", "get a b|é", ""),
            ("GET /a/ HTTP/1.1\r\nHost: a\r\n\r\n", "get a|", ""),
            ("GET /%2e%2e/x%2Fy HTTP/1.1\r\nHost: a\r\n\r\n", "get ..|x/y", ""),
            ("GET / HTTP/1.0\r\n\r\n", "get ", ""),
            ("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "get ", ""),
            ("GET http://b:1/p HTTP/1.1\r\nHost: a\r\n\r\n", "get p", ""),
            ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "options ", ""),
            ("POST /u HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", "post u", "hello"),
            (
                "PUT /u HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
                    + "3\r\nabc\r\nA;x=\"y\"\r\n0123456789\r\n0\r\nT: v\r\n\r\n",
                "put u", "abc0123456789"
            ),
            ("GET / HTTP/1.1\r\nhOsT:\t a \t\r\nX:\r\nY: \u{E9}\r\n\r\n", "get ", ""),
            ("GET / HTTP/1.1\r\nHost: [::1]:8307\r\n\r\n", "get ", ""),
        ]
    )
    func good(text: String, request: String, body: String) {
        let parsed = parseEveryWay(text)
        #expect(parsed == Parsed(requests: [request], bodies: [body], ended: 1))
    }

    @Test("requests that follow one another are told apart")
    func pipelined() {
        let one = "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
        let two =
            "PUT /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n!\r\n0\r\n\r\n"
        let parsed = parseEveryWay(one + two + one)
        #expect(parsed.requests == ["post a", "put b", "post a"])
        #expect(parsed.bodies == ["hi", "!", "hi"])
        #expect(parsed.error == nil)
    }

    @Test(
        "hostile requests are refused with their status, however they are split",
        arguments: [
            ("\u{16}\u{3}\u{1}", 400),
            (" GET / HTTP/1.1\r\n\r\n", 400),
            ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
            ("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400),
            ("GET /\r\n\r\n", 400),
            ("G@T / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
            ("BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
            ("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 501),
            ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
            ("GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505),
            ("GET / http/1.1\r\nHost: a\r\n\r\n", 400),
            ("GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400),
            ("GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400),
            ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
            ("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
            ("GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
            ("GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400),
            ("GET /%4 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
            ("GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
            ("GET /%ff HTTP/1.1\r\nHost: a\r\n\r\n", 400),
            ("GET /\u{E9} HTTP/1.1\r\nHost: a\r\n\r\n", 400),
            ("GET / HTTP/1.1\nHost: a\n\n", 400),
            ("GET / HTTP/1.1\r\nHost: a\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: a\r\nX: \u{1}\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\nx", 400),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\nx", 400),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\nx", 400),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\nx", 400),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\nx", 400),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\nx", 400),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n", 413),
            (
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n",
                400
            ),
            ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n", 501),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \u{B}chunked\r\n\r\n", 400),
            (
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n",
                400
            ),
            ("POST / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\nContent-Length: 1\r\n\r\n", 417),
        ]
    )
    func hostile(text: String, status: Int) {
        #expect(parseEveryWay(text).error?.status == status)
    }

    @Test(
        "broken chunks are refused",
        arguments: [
            ("g\r\n", 400), ("\r\n", 400), ("-1\r\n", 400), ("0x1\r\na\r\n", 400),
            ("1 \r\na\r\n", 400), ("1\na\r\n", 400), ("1\r\nab\r\n", 400), ("1\r\na\n", 400),
            ("1111111111111\r\n", 400), ("fffffffffff\r\n", 413), ("3e9\r\n", 413),
            ("1;\u{1}\r\na\r\n", 400), ("0\r\n bad\r\n\r\n", 400),
        ]
    )
    func brokenChunks(body: String, status: Int) {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        #expect(parseEveryWay(head + body).error?.status == status)
    }

    @Test("a chunked body is bounded in all, not only by the chunk")
    func chunkedTotal() {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        let chunk = "8\r\n01234567\r\n"
        let fits = parseEveryWay(head + chunk + chunk + "0\r\n\r\n", bodyBytesMax: 16)
        #expect(fits.bodies == ["0123456701234567"])
        let tooMuch = parseEveryWay(head + chunk + chunk + "1\r\n", bodyBytesMax: 16)
        #expect(tooMuch.error == .bodyTooLarge(bytesMax: 16))
    }

    @Test("limits of line, header section, header count and trailers hold")
    func limits() {
        let long = String(repeating: "a", count: 40_000)
        #expect(parseEveryWay("GET /\(long.prefix(8_200)) ").error == .targetTooLong)
        #expect(parseEveryWay("GET / HTTP/1.1\r\nX: \(long)").error == .headersTooLarge)
        let many = (0..<101).map { "H\($0): x\r\n" }.joined()
        #expect(parseEveryWay("GET / HTTP/1.1\r\n\(many)").error == .headersTooLarge)
        let wide = (0..<5).map { "H\($0): \(long.prefix(7_000))\r\n" }.joined()
        #expect(parseEveryWay("GET / HTTP/1.1\r\n\(wide)").error == .headersTooLarge)
        let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        #expect(parseEveryWay(chunked + "0\r\n" + many).error == .headersTooLarge)
        #expect(parseEveryWay(chunked + "1;\(long.prefix(300))").error?.status == 400)
    }

    @Test(
        "keep-alive follows version and Connection",
        arguments: [
            ("HTTP/1.1", "", true), ("HTTP/1.1", "Connection: close\r\n", false),
            ("HTTP/1.1", "Connection: x, CLOSE\r\n", false), ("HTTP/1.0", "", false),
            ("HTTP/1.0", "Connection: Keep-Alive\r\n", true),
            ("HTTP/1.0", "Connection: keep-alive, close\r\n", false),
        ]
    )
    func keepAlive(version: String, header: String, stays: Bool) throws {
        let request = try head("GET / \(version)\r\nHost: a\r\n\(header)\r\n")
        #expect(request.keepsAlive == stays)
    }

    @Test("query items, headers and credentials are read")
    func details() throws {
        let request = try head(
            "GET /x?a=1&b=%20+c&&d&e=%zz&f=g=h HTTP/1.1\r\nHost: a\r\nX: 1\r\nx: 2\r\n"
                + "Authorization: Basic dTpwOnc=\r\n\r\n"
        )
        let items = [("a", "1"), ("b", "  c"), ("d", ""), ("f", "g=h")]
        #expect(request.queryItems == items.map { .init($0.0, $0.1) })
        #expect(request.queryValue("d") == "")
        #expect(request.queryValue("e") == nil)
        #expect(request.path == "/x")
        #expect(request.headers.values("X") == ["1", "2"])
        #expect(request.basicCredentials?.user == "u")
        #expect(request.basicCredentials?.password == "p:w")
    }

    @Test("the host of an absolute target replaces the Host header")
    func absoluteForm() throws {
        let request = try head("GET http://real:1/p?q HTTP/1.1\r\nHost: other\r\n\r\n")
        #expect(request.headers["host"] == "real:1")
        #expect(request.path == "/p")
        #expect(request.query == "q")
    }

    private func head(_ text: String) throws -> HTTPRequest {
        var parser = HTTPRequestParser()
        let event = try Array(text.utf8).withUnsafeBytes { buffer in
            var rest = UnsafeRawBufferPointer(buffer)
            return try parser.next(&rest).map { event -> HTTPRequest? in
                if case .head(let request) = event { request } else { nil }
            }
        }
        return try #require(event ?? nil)
    }

    @Test("random bytes and random cuts of good requests never crash")
    func fuzz() {
        var state: UInt64 = 42
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let seeds = [
            "POST /a?b=c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "3\r\nabc\r\n0\r\n\r\n",
            "PUT /%41 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\nabcd",
        ]
        for round in 0..<2_000 {
            var bytes = Array(seeds[round % 2].utf8)
            for _ in 0..<random(4) + 1 {
                let at = random(bytes.count)
                switch random(3) {
                case 0: bytes[at] = UInt8(random(256))
                case 1: bytes.remove(at: at)
                default: bytes.insert(contentsOf: bytes[at...].prefix(random(20)), at: at)
                }
            }
            var parser = HTTPRequestParser(bodyBytesMax: 64)
            var taken = 0
            bytes.withUnsafeBytes { buffer in
                var rest = UnsafeRawBufferPointer(buffer)
                // An error ends the input, as it ends a connection.
                while let event = try? parser.next(&rest) {
                    if case .body(let part) = event { taken += part.count }
                    if case .end = event { taken = 0 }
                }
            }
            #expect(taken <= 64)
        }
    }
}
