import BorealBase
import BorealHTTP
import BorealNet
import Synchronization
import Testing

@Suite struct HTTPClientTests {
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    // MARK: - Requests

    @Test("a request is sent as it is, with the fields that frame it and no others")
    func request() throws {
        let seen = Awaited<(head: String, body: [UInt8])>()
        let server = try ScriptedServer { peer in
            while let request = peer.request() {
                seen.give(request)
                peer.send(Self.ok)
            }
        }
        let bench = try ClientBench()
        let body = [UInt8](repeating: 7, count: 2_000_000)
        _ = try bench.ask("\(server.base)/v1/chat?a=b") {
            $0.headers = [("Authorization", "Bearer k"), ("X-Empty", " ")]
            $0.body = body
        }
        let request = try #require(seen.take())
        #expect(request.body == body)
        #expect(
            request.head == """
                POST /v1/chat?a=b HTTP/1.1\r
                Host: 127.0.0.1:\(server.port)\r
                User-Agent: boreal\r
                Accept: */*\r
                Accept-Encoding: gzip, deflate\r
                Authorization: Bearer k\r
                X-Empty:\r
                Content-Length: 2000000\r
                \r

                """
        )
    }

    @Test("each method has its request, whatever was sent before over the same connection")
    func methods() throws {
        let seen = Awaited<(head: String, body: [UInt8])>()
        let server = try ScriptedServer { peer in
            while let request = peer.request() {
                seen.give(request)
                let isHead = request.head.hasPrefix("HEAD ")
                peer.send(isHead ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" : Self.ok)
            }
        }
        let bench = try ClientBench()
        let methods: [HTTPMethod] = [.post, .get, .post, .put, .head, .post, .delete, .get, .patch]
        for (number, method) in methods.enumerated() {
            let body = Array("body \(number)".utf8)
            let answer = try bench.ask("\(server.base)/x") {
                $0.method = method
                $0.body = body
                $0.headers = [("X-Number", "\(number)")]
            }
            #expect(answer.text == (method == .head ? "" : "ok"))
            let request = try #require(seen.take())
            #expect(request.head.hasPrefix("\(method.rawValue) /x HTTP/1.1\r\n"))
            #expect(request.head.contains("X-Number: \(number)\r\n"))
            let isBare = method == .get || method == .head
            #expect(request.body == (isBare ? [] : body))
            #expect(request.head.contains("Content-Length") != isBare)
        }
        #expect(server.connections == 1)
    }

    @Test("no header can begin another one or frame the message")
    func headers() throws {
        let server = try ScriptedServer(always: Self.ok)
        let bench = try ClientBench()
        let refused = [
            ("X", "a\r\nY: b"), ("X", "a\nb"), ("X", "a\rb"), ("X", "a\0b"), ("X\r\nY", "b"),
            ("X: Y", "b"), ("", "b"), ("X Y", "b"), ("Host", "other"), ("content-length", "3"),
            ("Transfer-Encoding", "chunked"), ("Connection", "close"), ("Expect", "100-continue"),
        ]
        for (name, value) in refused {
            let shown = name.replacing("\r\n", with: "??").replacing(": ", with: "??")
            let error = HTTPError.headerRefused(name: name == "X Y" ? "X?Y" : shown)
            #expect(throws: error) {
                try bench.ask(server.base) { $0.headers = [(name, value)] }
            }
        }
        #expect(server.connections == 0)
    }

    // MARK: - Answers

    @Test(
        "answers are read however they are framed",
        arguments: [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello"),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n"
                    + "0\r\nX-Trailer: t\r\n\r\n",
                200, "hello"
            ),
            ("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello", 200, "hello"),
            ("HTTP/1.0 200 OK\r\n\r\nhello", 200, "hello"),
            ("HTTP/1.1 204 No Content\r\n\r\n", 204, ""),
            ("HTTP/1.1 429 Too Many\r\nContent-Length: 1\r\n\r\nx", 429, "x"),
            (
                "HTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
                    + "HTTP/1.1 201 Made\r\nContent-Length: 2\r\n\r\nok",
                201, "ok"
            ),
            ("HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok and more", 200, "ok"),
        ]
    )
    func framing(answer: String, status: Int, body: String) throws {
        let server = try ScriptedServer { peer in
            _ = peer.request()
            peer.send(answer)
        }
        let read = try ClientBench().ask(server.base)
        #expect(read.head.status == status)
        #expect(read.text == body)
        #expect(read.head["x-trailer"] == nil)
        #expect(read.head["link"] == nil)
    }

    @Test("fields come with lower-case names, in order, folded lines joined")
    func fields() throws {
        let server = try ScriptedServer(
            always: "HTTP/1.1 200 OK\r\nRetry-After:  3 \r\nX-A: 1\r\nX-A: 2\r\n  more\r\nX-B:\r\n"
                + "Content-Length: 0\r\n\r\n"
        )
        let head = try ClientBench().ask(server.base).head
        let expected = [
            "retry-after=3", "x-a=1", "x-a=2 more", "x-b=", "content-length=0",
        ]
        #expect(head.headers.map { "\($0.name)=\($0.value)" } == expected)
        #expect(head["x-a"] == "1")
    }

    @Test(
        "an answer that breaks off is an error",
        arguments: [
            ("", "connectionLost"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n", "answerCut"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", "answerCut"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", "answerCut"),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "answerCut"
            ),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", "answerCut"),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n",
                "answerCut"
            ),
            ("HTTP/1.1 100 Continue\r\n\r\n", "answerCut"),
        ],
        [false, true]
    )
    func broken(case line: (answer: String, error: String), isReset: Bool) throws {
        let server = try ScriptedServer { peer in
            _ = peer.request()
            peer.send(line.answer)
            if isReset {
                // What was sent must be read before the reset throws it away.
                usleepBriefly()
                peer.reset()
            }
        }
        do {
            _ = try ClientBench().ask(server.base)
            Issue.record("it is an answer")
        } catch {
            #expect("\(error)" == "\(line.error)(host: \"127.0.0.1\")")
        }
        #expect(server.requests == 1)
    }

    @Test(
        "what is no HTTP, or packed in a way of its own, is unreadable",
        arguments: [
            "hello\r\n\r\n", "SSH-2.0-OpenSSH_9\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 1\r\n\r\nx",
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nxx",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        ]
    )
    func unreadable(answer: String) throws {
        let server = try ScriptedServer { peer in
            _ = peer.request()
            peer.send(answer)
            peer.awaitEnd()
        }
        let bench = try ClientBench()
        let error = bench.begin(server.base).outcome.take()?.error
        #expect(error == .answerUnreadable(host: "127.0.0.1"))
    }

    @Test("a redirect is an answer like any other and is not followed")
    func redirect() throws {
        let other = try ScriptedServer(always: Self.ok)
        let server = try ScriptedServer(
            always: "HTTP/1.1 307 Away\r\nLocation: \(other.base)/\r\nContent-Length: 0\r\n\r\n"
        )
        let answer = try ClientBench().ask(server.base)
        #expect(answer.head.status == 307)
        #expect(answer.head["location"] == "\(other.base)/")
        #expect(other.connections == 0)
    }

    // MARK: - Bounds

    @Test("a body over the limit is an error, announced or not, and one at the limit is not")
    func tooManyBytes() throws {
        let server = try ScriptedServer { peer in
            while let request = peer.request() {
                if request.head.contains("/announced") {
                    peer.answer("", [UInt8](repeating: 1, count: 1_001))
                } else if request.head.contains("/exact") {
                    peer.answer("", [UInt8](repeating: 1, count: 1_000))
                } else {
                    let chunk = "100\r\n\(String(repeating: "x", count: 256))\r\n"
                    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                    peer.send(String(repeating: chunk, count: 1_000))
                }
            }
        }
        let bench = try ClientBench()
        for path in ["announced", "chunked"] {
            #expect(throws: HTTPError.tooManyBytes(max: 1_000)) {
                try bench.ask("\(server.base)/\(path)") { $0.answerBytesMax = 1_000 }
            }
        }
        let exact = try bench.ask("\(server.base)/exact") { $0.answerBytesMax = 1_000 }
        #expect(exact.body.count == 1_000)
    }

    @Test("a head may have 64 KiB, interim heads and trailers included")
    func headTooLarge() throws {
        let long = String(repeating: "x", count: 8_000)
        let fields = (0..<9).map { "X-\($0): \(long)\r\n" }.joined()
        let short = (0..<40).map { "X-\($0): \(long.prefix(2_000))\r\n" }.joined()
        let half = (0..<5).map { "X-\($0): \(long)\r\n" }.joined()
        let server = try ScriptedServer { peer in
            let head = peer.request()?.head ?? ""
            if head.contains("/one") {
                peer.send("HTTP/1.1 200 OK\r\n\(fields)Content-Length: 0\r\n\r\n")
            } else if head.contains("/interim") {
                peer.send("HTTP/1.1 103 Early\r\n\(half)\r\nHTTP/1.1 200 OK\r\n\(half)\r\n")
            } else {
                peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\(short)\r\n")
            }
        }
        let bench = try ClientBench()
        for path in ["one", "interim", "trailers"] {
            #expect(throws: HTTPError.headersTooLarge) { try bench.ask("\(server.base)/\(path)") }
        }
    }

    @Test("time is up for a server that says nothing, and for one that dribbles")
    func timeout() throws {
        let server = try ScriptedServer { peer in
            let head = peer.request()?.head ?? ""
            guard head.contains("/dribble") else { return peer.awaitEnd() }
            peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in 0..<100 {
                peer.send("1\r\nx\r\n")
                usleepBriefly()
            }
        }
        let bench = try ClientBench()
        for path in ["hang", "dribble"] {
            let start = MonotonicClock.milliseconds
            #expect(throws: HTTPError.timedOut(milliseconds: 120)) {
                try bench.ask("\(server.base)/\(path)") { $0.timeoutMilliseconds = 120 }
            }
            #expect(MonotonicClock.milliseconds - start < 2_000)
        }
    }

    @Test("a stream may pause for so long and no longer, once its head is there")
    func idle() throws {
        let server = try ScriptedServer { peer in
            _ = peer.request()
            // The wait for a head is the model's thinking.
            for _ in 0..<5 { usleepBriefly() }
            peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n")
            peer.awaitEnd()
        }
        #expect(throws: HTTPError.stalled(milliseconds: 100)) {
            try ClientBench().ask(server.base) { $0.idleMilliseconds = 100 }
        }
    }

    // MARK: - Ends

    @Test("a cancelled request ends at once and closes its connection")
    func cancel() throws {
        let asked = Awaited<Bool>()
        let server = try ScriptedServer { peer in
            _ = peer.request()
            asked.give(true)
            peer.awaitEnd()
            asked.give(true)
        }
        let bench = try ClientBench()
        let (call, outcome) = bench.begin(server.base)
        #expect(asked.take() == true)
        call.cancel()
        call.cancel()
        #expect(outcome.take()?.error == .cancelled)
        #expect(asked.take() == true)
        call.cancel()
        #expect(server.requests == 1)
    }

    @Test("a request is cancelled too while it waits for a connection or a name")
    func cancelWaiting() throws {
        let server = try ScriptedServer { peer in
            _ = peer.request()
            peer.awaitEnd()
        }
        let gate = Awaited<Bool>()
        let bench = try ClientBench {
            $0.connectionsPerOriginMax = 1
            $0.resolve = { _ throws(SocketError) in
                _ = gate.take()
                return [IPAddress(ipv4: 0x7F00_0001)]
            }
        }
        let first = bench.begin(server.base)
        let waiting = bench.begin(server.base)
        let named = bench.begin("http://slow.test:\(server.port)/")
        waiting.call.cancel()
        named.call.cancel()
        #expect(waiting.outcome.take()?.error == .cancelled)
        #expect(named.outcome.take()?.error == .cancelled)
        gate.give(true)
        first.call.cancel()
        #expect(first.outcome.take()?.error == .cancelled)
    }

    @Test("hundreds of requests that are cancelled at any moment do no harm to the others")
    func cancelStorm() throws {
        let server = try ScriptedServer { peer in
            while let request = peer.request() { peer.answer("", request.body) }
        }
        let bench = try ClientBench { $0.connectionsPerOriginMax = 8 }
        let begun = (0..<400).map { number in
            let begun = bench.begin(server.base) { $0.body = Array("row \(number)".utf8) }
            // Every third one, some at once and some when others have ended.
            if number % 6 == 0 { begun.call.cancel() }
            return begun
        }
        for (number, begun) in begun.enumerated() where number % 6 == 3 { begun.call.cancel() }
        for (number, begun) in begun.enumerated() {
            let outcome = try #require(begun.outcome.take())
            if number % 3 == 0, outcome.error == .cancelled { continue }
            #expect(try outcome.get().text == "row \(number)")
        }
        #expect(try bench.ask(server.base).text == "{}")
    }

    @Test("a stopped client ends what it has and takes no more")
    func stop() throws {
        let server = try ScriptedServer { peer in
            _ = peer.request()
            peer.awaitEnd()
        }
        let bench = try ClientBench()
        let begun = (0..<10).map { _ in bench.begin(server.base).outcome }
        bench.client.stop()
        for outcome in begun { #expect(outcome.take()?.error == .cancelled) }
        #expect(bench.begin(server.base).outcome.take()?.error == .cancelled)
    }

    // MARK: - Streams

    @Test("a stream goes to its sink as it comes, the body of an error does not")
    func sink() throws {
        let server = try ScriptedServer { peer in
            while let request = peer.request() {
                if request.head.contains("/error") {
                    peer.send("HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\nno")
                    continue
                }
                peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                for _ in 0..<3 { peer.send("6\r\ndata:x\r\n") }
                peer.send("0\r\n\r\n")
            }
        }
        let bench = try ClientBench()
        let pieces = Mutex("")
        func ask(_ path: String, goesOn: Bool) throws(HTTPError) -> HTTPClient.Answer {
            try bench.ask("\(server.base)/\(path)") {
                $0.onBytes = { head, bytes in
                    pieces.withLock {
                        $0 += "\(head.status)" + String(decoding: bytes, as: UTF8.self)
                    }
                    return goesOn
                }
            }
        }
        #expect(try ask("good", goesOn: true).body.isEmpty)
        #expect(pieces.withLock { $0.replacing("200", with: "") } == "data:xdata:xdata:x")
        #expect(try ask("error", goesOn: true).text == "no")
        #expect(throws: HTTPError.cancelled) { try ask("good", goesOn: false) }
    }
}

extension Swift.Result {
    var error: Failure? {
        guard case .failure(let error) = self else { return nil }
        return error
    }
}
