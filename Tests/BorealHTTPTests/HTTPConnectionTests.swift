import BorealBase
import BorealHTTP
import BorealNet
import Dispatch
import Glibc
import Synchronization
import Testing

/// Collects a body; may hold up writing until told, refuse after some bytes, and tells how it
/// ended.
private final class RecordingUpload: HTTPUpload {
    let ended = Awaited<String>()
    let gate: DispatchSemaphore?
    let refuseAfter: Int
    private let received = Mutex<(count: Int, isRight: Bool)>((0, true))

    init(gate: DispatchSemaphore? = nil, refuseAfter: Int = .max) {
        self.gate = gate
        self.refuseAfter = refuseAfter
    }

    var count: Int { received.withLock { $0.count } }

    func write(_ bytes: [UInt8]) -> HTTPResponse? {
        gate?.wait()
        let count = received.withLock { state in
            let isRight = continuesPattern(bytes, from: state.count)
            state.isRight = state.isRight && isRight
            state.count += bytes.count
            return state.count
        }
        return count > refuseAfter ? .plain(507) : nil
    }

    func finish() -> HTTPResponse {
        ended.give("finish")
        let state = received.withLock { $0 }
        return .text(201, "\(state.count) \(state.isRight)")
    }

    func abort() { ended.give("abort") }
}

private func pattern(_ count: Int) -> [UInt8] {
    let period = (0..<251).map { UInt8($0) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 251)
    while bytes.count < count { bytes += period }
    bytes.removeLast(bytes.count - count)
    return bytes
}

/// True when `bytes` are the pattern's from `offset` on.
private func continuesPattern(_ bytes: [UInt8], from offset: Int) -> Bool {
    let expected = pattern(bytes.count + 251)
    return expected.withUnsafeBytes { expected in
        bytes.withUnsafeBytes { bytes in
            guard let left = expected.baseAddress, let right = bytes.baseAddress else {
                return true
            }
            return memcmp(left + offset % 251, right, bytes.count) == 0
        }
    }
}

@Suite struct HTTPConnectionTests {
    /// A router with something of everything.
    private func router(file: String? = nil, upload: RecordingUpload? = nil) -> Router {
        var router = Router()
        router.on(.get, "/healthz", place: .loop) { _, writer in writer.respond(.text(200, "ok\n"))
        }
        router.on(.get, "/echo/{name}") { request, writer in
            writer.respond(.text(200, request.parameters["name"] ?? "none"))
        }
        router.on(.post, "/echo", bodyBytesMax: 1_000) { request, writer in
            writer.respond(HTTPResponse(status: 200, body: .bytes(request.body)))
        }
        router.on(.get, "/events") { _, writer in
            writer.start(status: 200, headers: ["Content-Type": "text/event-stream"])
            for i in 0..<3 { writer.write(Array("data: \(i)\n\n".utf8)) }
            writer.end()
        }
        router.on(.get, "/forgotten") { _, _ in }
        router.on(.delete, "/echo/{name}") { _, writer in writer.respond(HTTPResponse(status: 204))
        }
        if let file {
            router.on(.get, "/file") { _, writer in
                guard let file = HTTPFile(path: file) else { return writer.respond(.plain(404)) }
                let headers: HTTPHeaders = ["ETag": "\"v1\""]
                writer.respond(HTTPResponse(status: 200, headers: headers, body: .file(file)))
            }
        }
        if let upload {
            router.on(.put, "/uploads/{name}") { request in
                guard request.basicCredentials != nil else {
                    var response = HTTPResponse.plain(401)
                    response.headers.append("WWW-Authenticate", "Basic realm=\"boreal\"")
                    return .refuse(response)
                }
                return .accept(upload, bytesMax: 64 << 20)
            }
        }
        return router
    }

    /// A router with a page that is answered at once: a few of them fill a connection's output.
    private func pages(of byteCount: Int = 64 << 10) -> Router {
        var router = Router()
        router.on(.get, "/page", place: .loop) { _, writer in
            let body = [UInt8](repeating: 7, count: byteCount)
            writer.respond(HTTPResponse(status: 200, body: .bytes(body)))
        }
        return router
    }

    @Test("an answer has date, length and body in order")
    func simple() throws {
        let door = try TestDoor(router())
        let answer = try door.ask(get("/healthz"))
        #expect(answer.status == 200)
        #expect(answer.text == "ok\n")
        #expect(answer["content-length"] == "3")
        #expect(answer["date"]?.hasSuffix(" GMT") == true)
        #expect(answer["connection"] == nil)
    }

    @Test("routes find their paths, and requests the thread that their route chooses for them")
    func places() throws {
        var router = Router()
        router.on(.post, "/where", place: .loopIf { $0.body.count < 4 }) { _, writer in
            writer.respond(.text(200, writer.loop.isCurrent ? "loop" : "worker"))
        }
        for path in ["/{any*}/x", "/fixed/{name}", "/fixed/y/{rest...}"] {
            router.on(.get, path) { _, writer in writer.respond(.text(200, path)) }
        }
        let door = try TestDoor(router)
        func place(of body: String) throws -> String {
            let head = "POST /where HTTP/1.1\r\nHost: t\r\nContent-Length: \(body.utf8.count)"
            return try door.ask(head + "\r\n\r\n" + body).text
        }
        #expect(try place(of: "abc") == "loop")
        #expect(try place(of: "abcd") == "worker")
        #expect(try door.ask(get("/other/x")).text == "/{any*}/x")
        #expect(try door.ask(get("/fixed/x")).text == "/fixed/{name}")
        #expect(try door.ask(get("/fixed/y/z/a")).text == "/fixed/y/{rest...}")
        #expect(try door.ask(get("/other/y")).status == 404)
        #expect(try door.ask(get("/where")).status == 405)
    }

    @Test("one connection answers many requests, on the loop and on workers")
    func keepAlive() throws {
        let door = try TestDoor(router())
        let client = try door.client()
        for i in 0..<50 {
            client.send(i % 2 == 0 ? get("/healthz") : get("/echo/n\(i)"))
            #expect(try client.answer().text == (i % 2 == 0 ? "ok\n" : "n\(i)"))
        }
    }

    @Test("pipelined requests are answered in their order")
    func pipelining() throws {
        let door = try TestDoor(router())
        let client = try door.client()
        var all = ""
        for i in 0..<200 { all += i % 3 == 0 ? get("/healthz") : get("/echo/n\(i)") }
        client.send(all)
        for i in 0..<200 {
            #expect(try client.answer().text == (i % 3 == 0 ? "ok\n" : "n\(i)"))
        }
    }

    @Test("requests that come byte by byte are answered")
    func byteByByte() throws {
        let door = try TestDoor(router())
        let client = try door.client()
        for byte in "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc".utf8 {
            client.send([byte])
        }
        #expect(try client.answer().text == "abc")
    }

    @Test("HEAD gets the head of GET and no body")
    func head() throws {
        let door = try TestDoor(router())
        let client = try door.client()
        client.send(get("/healthz").replacingMethod("HEAD") + get("/echo/x"))
        let answer = try client.answer(isHead: true)
        #expect(answer.status == 200)
        #expect(answer["content-length"] == "3")
        #expect(try client.answer().text == "x")
    }

    @Test("unknown paths are 404, unknown methods 405 with Allow, OPTIONS tells")
    func notFound() throws {
        let door = try TestDoor(router())
        let client = try door.client()
        client.send(get("/nowhere"))
        #expect(try client.answer().status == 404)
        client.send(get("/echo/x").replacingMethod("PATCH"))
        let answer = try client.answer()
        #expect(answer.status == 405)
        #expect(answer["allow"] == "GET, DELETE, HEAD")
        client.send(get("/echo/x").replacingMethod("OPTIONS"))
        let options = try client.answer()
        #expect(options.status == 204)
        #expect(options["allow"] == "GET, DELETE, HEAD")
        client.send(get("/echo/x").replacingMethod("DELETE"))
        #expect(try client.answer().status == 204)
    }

    @Test(
        "a part of a path that is no file name does not match",
        arguments: ["..", "a%2Fb", "", "%5C"]
    )
    func traversal(name: String) throws {
        let door = try TestDoor(router())
        #expect(try door.ask(get("/echo/\(name)")).status == 404)
    }

    @Test(
        "broken requests are answered and the connection is closed",
        arguments: [
            ("NOPE / HTTP/1.1\r\nHost: a\r\n\r\n", 501), ("GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505),
            ("GET / HTTP/1.1\r\n\r\n", 400), ("\u{16}\u{3}\u{1}", 400),
            ("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n", 413),
            ("POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789", 404),
        ]
    )
    func broken(text: String, status: Int) throws {
        let door = try TestDoor(router())
        let client = try door.client()
        client.send(text + get("/healthz"))
        let answer = try client.answer()
        #expect(answer.status == status)
        #expect(answer["connection"] == "close")
        #expect(client.isAtEnd())
    }

    @Test("HTTP/1.0 is answered and closed, unless it asks to stay")
    func version10() throws {
        let door = try TestDoor(router())
        let client = try door.client()
        client.send("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        let first = try client.answer()
        #expect(first["connection"] == "keep-alive")
        client.send("GET /events HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        let events = try client.answer()
        #expect(events["transfer-encoding"] == nil)
        #expect(events.text == "data: 0\n\ndata: 1\n\ndata: 2\n\n")
        #expect(client.isAtEnd())
    }

    @Test("a streamed answer comes in chunks, and the connection goes on")
    func stream() throws {
        let door = try TestDoor(router())
        let client = try door.client()
        client.send(get("/events") + get("/healthz"))
        let answer = try client.answer()
        #expect(answer["transfer-encoding"] == "chunked")
        #expect(answer.text == "data: 0\n\ndata: 1\n\ndata: 2\n\n")
        #expect(try client.answer().text == "ok\n")
    }

    @Test("a handler that forgets to answer is answered for")
    func forgotten() throws {
        let door = try TestDoor(router())
        let client = try door.client()
        client.send(get("/forgotten") + get("/healthz"))
        #expect(try client.answer().status == 500)
        #expect(try client.answer().status == 200)
    }

    @Test("a half-closed client gets its answers, then the end")
    func halfClose() throws {
        let door = try TestDoor(router())
        let client = try door.client()
        client.send(get("/echo/a") + get("/echo/b"))
        client.shutdownWriting()
        #expect(try client.answer().text == "a")
        #expect(try client.answer().text == "b")
        #expect(client.isAtEnd())
    }

    @Test("a half-closed client gets the answers to requests that waited for it to read")
    func halfCloseBehindOutput() throws {
        let door = try TestDoor(pages())
        let client = try door.client(receiveBytes: 256 << 10)
        client.send(String(repeating: get("/page"), count: 200))
        client.shutdownWriting()
        // The end arrives while most of the requests are not parsed.
        usleepBriefly()
        for _ in 0..<200 { #expect(try client.answer().body.count == 64 << 10) }
        #expect(client.isAtEnd())
    }

    @Test("a client that leaves sets the cancellation of its request")
    func cancellation() throws {
        let begun = Awaited<ResponseWriter>()
        var router = Router()
        router.on(.get, "/slow") { _, writer in begun.give(writer) }
        let door = try TestDoor(router)
        var client: RawClient? = try door.client()
        client?.send(get("/slow"))
        let writer = try #require(begun.take())
        #expect(!writer.cancellation.isCancelled)
        client = nil
        #expect(eventually { writer.cancellation.isCancelled })
        writer.respond(.plain(200))
    }

    // MARK: - Files

    @Test("a large file arrives whole, and parts of it by Range")
    func file() throws {
        let bytes = pattern(3_000_000)
        let file = TemporaryFile(bytes)
        let door = try TestDoor(router(file: file.path))
        let client = try door.client()
        client.send(get("/file"))
        let whole = try client.answer()
        #expect(whole["accept-ranges"] == "bytes")
        #expect(whole.body == bytes)
        client.send(get("/file", "Range: bytes=1000000-1999999\r\n"))
        let part = try client.answer()
        #expect(part.status == 206)
        #expect(part["content-range"] == "bytes 1000000-1999999/3000000")
        #expect(part.body == Array(bytes[1_000_000..<2_000_000]))
        client.send(get("/healthz"))
        #expect(try client.answer().status == 200)
    }

    @Test(
        "ranges are read as RFC 9110 says",
        arguments: [
            ("bytes=0-0", 206, 0..<1), ("bytes=-3", 206, 7..<10), ("bytes=8-", 206, 8..<10),
            ("bytes=5-100", 206, 5..<10), ("bytes=-100", 206, 0..<10), ("Bytes=2-3", 206, 2..<4),
            ("bytes=10-", 416, 0..<0), ("bytes=-0", 416, 0..<0), ("bytes=3-2", 200, 0..<10),
            ("bytes=0-1,3-4", 200, 0..<10), ("lines=0-1", 200, 0..<10), ("bytes=x-1", 200, 0..<10),
            ("bytes=99999999999999999999-", 200, 0..<10), ("bytes=-", 200, 0..<10),
        ]
    )
    func ranges(range: String, status: Int, part: Range<Int>) throws {
        let file = TemporaryFile(pattern(10))
        let door = try TestDoor(router(file: file.path))
        let answer = try door.ask(get("/file", "Range: \(range)\r\n"))
        #expect(answer.status == status)
        #expect(answer.body == Array(pattern(10)[part]))
        if status == 416 { #expect(answer["content-range"] == "bytes */10") }
    }

    @Test("If-Range with another version sends the whole")
    func ifRange() throws {
        let file = TemporaryFile(pattern(10))
        let door = try TestDoor(router(file: file.path))
        let range = "Range: bytes=0-1\r\n"
        #expect(try door.ask(get("/file", range + "If-Range: \"v1\"\r\n")).status == 206)
        #expect(try door.ask(get("/file", range + "If-Range: \"v0\"\r\n")).status == 200)
    }

    @Test("an empty file, a missing file and HEAD of a file")
    func specialFiles() throws {
        let file = TemporaryFile()
        let door = try TestDoor(router(file: file.path))
        let empty = try door.ask(get("/file"))
        #expect(empty.status == 200)
        #expect(empty["content-length"] == "0")
        let missing = try TestDoor(router(file: "/nowhere/at/all"))
        #expect(try missing.ask(get("/file")).status == 404)
        let full = TemporaryFile(pattern(10))
        let other = try TestDoor(router(file: full.path))
        let head = try other.ask(get("/file").replacingMethod("HEAD"), isHead: true)
        #expect(head["content-length"] == "10")
    }

    // MARK: - Uploads

    private let credentials = "Authorization: Basic dTpw\r\n"

    @Test("a large upload passes a slow sink whole, without being held in memory")
    func largeUpload() throws {
        let gate = DispatchSemaphore(value: 0)
        let upload = RecordingUpload(gate: gate)
        let door = try TestDoor(router(upload: upload))
        let client = try door.client()
        let count = 20 << 20
        let head = "PUT /uploads/x HTTP/1.1\r\nHost: a\r\nContent-Length: \(count)\r\n"
        client.send(head + credentials + "\r\n")
        let sent = Atomic<Int>(0)
        let piece = pattern(251 * 1_000)
        let writer = DispatchQueue(label: "writer")
        nonisolated(unsafe) let socket = client
        writer.async {
            while sent.load(ordering: .relaxed) < count {
                let rest = count - sent.load(ordering: .relaxed)
                guard socket.send(Array(piece.prefix(rest))) else { return }
                sent.wrappingAdd(min(rest, piece.count), ordering: .relaxed)
            }
        }
        // The sink does not move: what the client could send is what fits into the system's
        // buffers.
        var last = -1
        #expect(
            eventually {
                let now = sent.load(ordering: .relaxed)
                defer { last = now }
                usleepBriefly()
                return now == last && now > 0
            }
        )
        #expect(sent.load(ordering: .relaxed) < count)
        for _ in 0..<1_000 { gate.signal() }
        let answer = try client.answer()
        #expect(answer.status == 201)
        #expect(answer.text == "\(count) true")
        writer.sync {}
    }

    @Test("100-continue is given before the body of an accepted upload only")
    func expectContinue() throws {
        let upload = RecordingUpload()
        let door = try TestDoor(router(upload: upload))
        let client = try door.client()
        let head =
            "PUT /uploads/x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n"
        client.send(head + credentials + "\r\n")
        #expect(try client.answer().status == 100)
        client.send(pattern(3))
        #expect(try client.answer().text == "3 true")

        let refused = try door.client()
        refused.send(head + "\r\n")
        let answer = try refused.answer()
        #expect(answer.status == 401)
        #expect(answer["www-authenticate"] == "Basic realm=\"boreal\"")
        #expect(refused.isAtEnd())
    }

    @Test("a chunked upload is one body, and the connection goes on")
    func chunkedUpload() throws {
        let door = try TestDoor(router(upload: RecordingUpload()))
        let client = try door.client()
        let head = "PUT /uploads/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
        client.send(head + credentials + "\r\n")
        for start in stride(from: 0, to: 251 * 40, by: 251) {
            client.send("fb\r\n")
            client.send((start..<start + 251).map { UInt8($0 % 251) })
            client.send("\r\n")
        }
        client.send("0\r\n\r\n" + get("/healthz"))
        #expect(try client.answer().text == "\(251 * 40) true")
        #expect(try client.answer().text == "ok\n")
    }

    @Test("an upload that is too large is refused by its length")
    func tooLarge() throws {
        let upload = RecordingUpload()
        let door = try TestDoor(router(upload: upload))
        let length = (64 << 20) + 1
        let head = "PUT /uploads/x HTTP/1.1\r\nHost: a\r\nContent-Length: \(length)\r\n"
        #expect(try door.ask(head + credentials + "\r\n").status == 413)
        #expect(upload.ended.take() == "abort")
    }

    @Test("an empty upload is an upload")
    func emptyUpload() throws {
        let upload = RecordingUpload()
        let door = try TestDoor(router(upload: upload))
        let head = "PUT /uploads/x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n"
        let client = try door.client()
        client.send(head + credentials + "\r\n" + get("/healthz"))
        #expect(try client.answer().text == "0 true")
        #expect(try client.answer().text == "ok\n")
    }

    @Test("an upload that is cut off is aborted, once")
    func cutOff() throws {
        let upload = RecordingUpload()
        let door = try TestDoor(router(upload: upload))
        var client: RawClient? = try door.client()
        let head = "PUT /uploads/x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n"
        client?.send(head + credentials + "\r\n")
        client?.send(pattern(500_000))
        #expect(eventually { upload.count > 0 })
        client = nil
        #expect(upload.ended.take() == "abort")
    }

    @Test("a half-closed client's upload is stored though it was not decided about yet")
    func halfCloseBeforeDecision() throws {
        let upload = RecordingUpload()
        let gate = DispatchSemaphore(value: 0)
        var router = Router()
        router.on(.put, "/uploads/{name}") { _ in
            gate.wait()
            return .accept(upload, bytesMax: 1 << 20)
        }
        let door = try TestDoor(router)
        let client = try door.client()
        client.send("PUT /uploads/x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n")
        client.send(pattern(3))
        client.shutdownWriting()
        // The end arrives while the worker decides.
        usleepBriefly()
        gate.signal()
        #expect(try client.answer().text == "3 true")
        #expect(client.isAtEnd())
        #expect(upload.ended.take() == "finish")
    }

    @Test("a half-closed client's upload is stored though the sink was behind")
    func halfCloseBehindSink() throws {
        let gate = DispatchSemaphore(value: 0)
        let upload = RecordingUpload(gate: gate)
        let door = try TestDoor(router(upload: upload))
        let client = try door.client()
        // Whatever the pieces it arrives in, more than the pump takes while its first piece is
        // held up, and little enough that reading does not pause before the end.
        let count = 7 << 16
        let head = "PUT /uploads/x HTTP/1.1\r\nHost: a\r\nContent-Length: \(count)\r\n"
        client.send(head + credentials + "\r\n")
        client.send(pattern(count))
        client.shutdownWriting()
        usleepBriefly()
        for _ in 0..<10 { gate.signal() }
        let answer = try client.answer()
        #expect(answer.status == 201)
        #expect(answer.text == "\(count) true")
        #expect(client.isAtEnd())
        #expect(upload.ended.take() == "finish")
    }

    @Test("a sink that fails answers before the body is complete")
    func failingSink() throws {
        let upload = RecordingUpload(refuseAfter: 100_000)
        let door = try TestDoor(router(upload: upload))
        let client = try door.client()
        let head = "PUT /uploads/x HTTP/1.1\r\nHost: a\r\nContent-Length: 8000000\r\n"
        client.send(head + credentials + "\r\n")
        client.send(pattern(1_000_000))
        #expect(try client.answer().status == 507)
        #expect(upload.ended.take() == "abort")
    }

    // MARK: - Slow clients

    @Test("a client that is slow with its headers is answered 408")
    func slowHeaders() throws {
        let door = try TestDoor(router()) { $0.requestMilliseconds = 50 }
        let answer = try door.ask("GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ")
        #expect(answer.status == 408)
        #expect(answer["connection"] == "close")
    }

    @Test("a client that trickles its body is answered 408 and its upload aborted")
    func slowBody() throws {
        let upload = RecordingUpload()
        let door = try TestDoor(router(upload: upload)) { $0.requestMilliseconds = 50 }
        let client = try door.client()
        let head = "PUT /uploads/x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n"
        client.send(head + credentials + "\r\nabc")
        #expect(try client.answer().status == 408)
        #expect(upload.ended.take() == "abort")
    }

    @Test("an idle connection is closed without a word")
    func idle() throws {
        let door = try TestDoor(router()) { $0.idleMilliseconds = 40 }
        let client = try door.client()
        client.send(get("/healthz"))
        #expect(try client.answer().status == 200)
        #expect(client.isAtEnd())
    }

    @Test("a client that never reads its answer is cut off")
    func neverReads() throws {
        let file = TemporaryFile([UInt8](repeating: 7, count: 40 << 20))
        let door = try TestDoor(router(file: file.path)) { $0.idleMilliseconds = 50 }
        let client = try door.client()
        client.send(get("/file"))
        #expect(eventually { door.group.connectionCount == 1 })
        #expect(eventually { door.group.connectionCount == 0 })
        withExtendedLifetime(client) {}
    }

    @Test("a client that pipelines and never reads is cut off", arguments: [false, true])
    func pipelinesAndNeverReads(isHalfClosed: Bool) throws {
        let door = try TestDoor(pages()) { $0.idleMilliseconds = 100 }
        let client = try door.client(receiveBytes: 256 << 10)
        // One that goes on sends more than may wait, so that the server pauses reading.
        client.send(String(repeating: get("/page"), count: isHalfClosed ? 200 : 5_000))
        if isHalfClosed { client.shutdownWriting() }
        #expect(eventually { door.group.connectionCount == 1 })
        #expect(eventually { door.group.connectionCount == 0 })
        withExtendedLifetime(client) {}
    }

    @Test(
        "a client that reads slowly gets all of its answer",
        arguments: ["", "Connection: close\r\n"]
    )
    func readsSlowly(headers: String) throws {
        let count = 16 << 20
        let door = try TestDoor(pages(of: count), closeMilliseconds: 250) {
            $0.idleMilliseconds = 250
        }
        let client = try door.client(receiveBytes: 256 << 10)
        client.pauseMicroseconds = 10_000
        client.send(get("/page", headers))
        #expect(try client.answer().body.count == count)
        #expect(client.isAtEnd())
    }

    @Test("a sniffer may hand over the bytes it has read")
    func sniffer() throws {
        let group = try EventLoopGroup(count: 1)
        let pool = try WorkerPool(threads: 1)
        let configuration = HTTPServerConfiguration(pool: pool)
        let router = router()
        let listener = try Listener([.tcp(host: "127.0.0.1", port: 0)], on: group) { _ in
            Sniffer { HTTPConnection(configuration: configuration, router: router) }
        }
        defer {
            listener.stop()
            group.shutdown()
            pool.shutdown()
        }
        let client = try RawClient(port: listener.addresses[0].port)
        client.send(get("/healthz"))
        #expect(try client.answer().text == "ok\n")
        client.send(get("/healthz"))
        #expect(try client.answer().text == "ok\n")
    }
}

/// Looks at the first byte, then hands over.
private final class Sniffer: ConnectionHandler {
    private let makeHTTP: () -> HTTPConnection

    init(makeHTTP: @escaping () -> HTTPConnection) { self.makeHTTP = makeHTTP }

    func connection(_ connection: Connection, received bytes: UnsafeRawBufferPointer) {
        let kept = Array(bytes)
        let http = makeHTTP()
        connection.handler = http
        http.connectionOpened(connection)
        connection.replay(kept)
    }
}

extension String {
    fileprivate func replacingMethod(_ method: String) -> String {
        method + drop { $0 != " " }
    }
}
