import BorealBase
import BorealHTTP
import BorealNet
import Dispatch
import Glibc
import Synchronization
import Testing

@Suite struct HTTPDownloadTests {
    /// Answers with files, redirects, silence and too much.
    private func router(_ seen: Awaited<String> = Awaited()) -> Router {
        var router = Router()
        router.on(.get, "/file/{size}") { request, writer in
            seen.give(request.headers["Host"] ?? "")
            let size = Int(request.parameters["size"] ?? "") ?? 0
            let body = [UInt8](repeating: UInt8(size % 251), count: size)
            writer.respond(
                HTTPResponse(
                    status: 200,
                    headers: ["Content-Type": "application/x-model"],
                    body: .bytes(body)
                )
            )
        }
        router.on(.get, "/to/{url*}") { request, writer in
            let target = request.parameters["url"] ?? ""
            writer.respond(
                HTTPResponse(
                    status: 302,
                    headers: ["Location": target],
                    body: .bytes(Array("moved".utf8))
                )
            )
        }
        router.on(.get, "/loop") { _, writer in
            writer.respond(HTTPResponse(status: 301, headers: ["Location": "/loop"]))
        }
        router.on(.get, "/hang") { _, writer in
            // Answers when the client has gone.
            hold(writer)
        }
        router.on(.get, "/drip") { _, writer in
            writer.start(status: 200, headers: [:])
            writer.write([1])
            hold(writer)
        }
        router.on(.get, "/endless") { _, writer in
            writer.start(status: 200, headers: [:])
            pour(writer)
        }
        return router
    }

    private func bounds(_ change: (inout HTTPDownload.Bounds) -> Void) -> HTTPDownload.Bounds {
        var bounds = HTTPDownload.Bounds()
        bounds.stallMilliseconds = 5_000
        bounds.totalMilliseconds = 9_000
        change(&bounds)
        return bounds
    }

    private func fetch(
        _ url: String,
        policy: AddressPolicy = .includingPrivate,
        bounds: HTTPDownload.Bounds? = nil,
        cancellation: CancellationFlag = CancellationFlag()
    ) throws(HTTPError) -> (HTTPDownload.Outcome, [UInt8]) {
        let body = Mutex<[UInt8]>([])
        let download = HTTPDownload(policy: policy, bounds: bounds ?? self.bounds { _ in })
        let outcome = try download.fetch(url, cancellation: cancellation) { bytes in
            body.withLock { $0.append(contentsOf: bytes) }
            return 0
        }
        return (outcome, body.withLock { $0 })
    }

    @Test("a file arrives whole, with its type", arguments: [0, 1, 3_000_000])
    func whole(size: Int) throws {
        let door = try TestDoor(router())
        let (outcome, body) = try fetch("\(door.base)/file/\(size)?key=secret")
        #expect(outcome.byteCount == size)
        #expect(outcome.contentType == "application/x-model")
        #expect(body == [UInt8](repeating: UInt8(size % 251), count: size))
    }

    @Test("a file goes to a descriptor, and a descriptor that takes nothing is an error")
    func descriptor() throws {
        let door = try TestDoor(router())
        let file = TemporaryFile()
        let download = HTTPDownload(policy: .includingPrivate)
        let out = open(file.path, O_RDWR)
        defer { close(out) }
        let url = "\(door.base)/file/100000"
        _ = try download.fetch(url, toDescriptor: out, cancellation: CancellationFlag())
        #expect(lseek(out, 0, SEEK_END) == 100_000)
        let readOnly = open(file.path, O_RDONLY)
        defer { close(readOnly) }
        #expect(throws: HTTPError.writeFailed(code: EBADF)) {
            try download.fetch(url, toDescriptor: readOnly, cancellation: CancellationFlag())
        }
    }

    @Test("a name is resolved by us and pinned")
    func pinnedName() throws {
        let seen = Awaited<String>()
        let door = try TestDoor(router(seen))
        let (outcome, _) = try fetch("http://LocalHost:\(door.port)/file/5")
        #expect(outcome.byteCount == 5)
        #expect(seen.take()?.lowercased() == "localhost:\(door.port)")
    }

    @Test("redirects are followed up to the limit")
    func redirects() throws {
        let door = try TestDoor(router())
        let once = PercentEncoding.encode("/file/7")
        let (outcome, body) = try fetch("\(door.base)/to/\(once)")
        #expect(outcome.redirects == 1)
        #expect(body.count == 7)
        #expect(throws: HTTPError.tooManyRedirects(max: 3)) { try fetch("\(door.base)/loop") }
    }

    @Test(
        "a redirect is checked like the first URL",
        arguments: [
            ("http://169.254.169.254/latest/meta-data", "addressRefused"),
            ("http://[fd00:ec2::254]/", "addressRefused"),
            ("http://[::ffff:a9fe:a9fe]/", "addressRefused"),
            ("http://0.0.0.0/", "addressRefused"), ("http://2852039166/", "addressRefused"),
            ("http://0xA9.254.0251.254/", "addressRefused"),
            ("file:///etc/passwd", "schemeRefused"),
            ("ftp://127.0.0.1/", "schemeRefused"), ("http://u:p@127.0.0.1/", "userInfoRefused"),
            ("http://name.invalid/", "nameNotResolved"),
        ]
    )
    func forbiddenRedirect(target: String, name: String) throws {
        let door = try TestDoor(router())
        do {
            _ = try fetch("\(door.base)/to/\(PercentEncoding.encode(target))")
            Issue.record("it was fetched")
        } catch {
            #expect("\(error)".hasPrefix(name), "\(error)")
        }
    }

    @Test(
        "URLs that must not be fetched are refused without the network",
        arguments: [
            ("", "invalidURL"), ("nonsense", "invalidURL"), ("http://", "invalidURL"),
            ("http://a b/", "invalidURL"), ("http://[::1", "invalidURL"),
            ("http://é.example/", "invalidURL"), ("http://[fe80::1%25lo]/", "invalidURL"),
            ("file:///etc/passwd", "schemeRefused"), ("gopher://127.0.0.1/", "schemeRefused"),
            ("dict://127.0.0.1:1/", "schemeRefused"), ("http://u@example.com/", "userInfoRefused"),
            ("http://:p@example.com/", "userInfoRefused"),
            ("http://127.0.0.1/", "addressRefused"), ("http://127.1/", "addressRefused"),
            ("http://0x7f000001/", "addressRefused"), ("http://[::1]/", "addressRefused"),
            ("http://10.0.0.1/", "addressRefused"), ("http://[::ffff:10.0.0.1]/", "addressRefused"),
            ("http://169.254.169.254/", "addressRefused"),
        ]
    )
    func refusedForms(url: String, name: String) {
        do {
            try HTTPDownload(policy: .publicOnly).check(url)
            Issue.record("it is allowed")
        } catch {
            #expect("\(error)".hasPrefix(name), "\(error)")
        }
    }

    @Test("a name that leads to a refused address is refused before any connection")
    func refusedName() throws {
        let door = try TestDoor(router())
        do {
            _ = try fetch("http://localhost:\(door.port)/file/1", policy: .publicOnly)
            Issue.record("it was fetched")
        } catch {
            #expect("\(error)".hasPrefix("addressRefused"))
        }
        #expect(door.group.connectionCount == 0)
    }

    @Test("an answer other than 200 is an error, without the query")
    func status() throws {
        let door = try TestDoor(router())
        do {
            _ = try fetch("\(door.base)/nowhere?Signature=secret")
            Issue.record("it was fetched")
        } catch {
            #expect(error == .unexpectedStatus(404, host: "127.0.0.1"))
            #expect(!"\(error)".contains("secret"))
        }
    }

    @Test("the limit of bytes holds, announced or not")
    func tooManyBytes() throws {
        let door = try TestDoor(router())
        let small = bounds { $0.bytesMax = 1_000 }
        #expect(try fetch("\(door.base)/file/1000", bounds: small).1.count == 1_000)
        #expect(throws: HTTPError.tooManyBytes(max: 1_000)) {
            try fetch("\(door.base)/file/1001", bounds: small)
        }
        #expect(throws: HTTPError.tooManyBytes(max: 1_000)) {
            try fetch("\(door.base)/endless", bounds: small)
        }
    }

    @Test("a server that says nothing more is left", arguments: ["hang", "drip"])
    func stall(path: String) throws {
        let door = try TestDoor(router())
        #expect(throws: HTTPError.stalled(milliseconds: 80)) {
            try fetch("\(door.base)/\(path)", bounds: bounds { $0.stallMilliseconds = 80 })
        }
    }

    @Test("the whole has a time limit even while bytes flow")
    func total() throws {
        let door = try TestDoor(router())
        #expect(throws: HTTPError.timedOut(milliseconds: 100)) {
            try fetch("\(door.base)/endless", bounds: bounds { $0.totalMilliseconds = 100 })
        }
    }

    @Test("cancellation ends a hanging fetch at once")
    func cancel() throws {
        let door = try TestDoor(router())
        let flag = CancellationFlag()
        DispatchQueue(label: "cancel").asyncAfter(deadline: .now() + .milliseconds(30)) {
            flag.cancel()
        }
        let start = MonotonicClock.milliseconds
        #expect(throws: HTTPError.cancelled) {
            try fetch("\(door.base)/hang", cancellation: flag)
        }
        #expect(MonotonicClock.milliseconds - start < 2_000)
    }

    @Test("a port where nobody listens is connectFailed")
    func refusedConnection() throws {
        let door = try TestDoor(router())
        let port = door.port
        door.listener.stop()
        #expect(throws: HTTPError.connectFailed(host: "127.0.0.1")) {
            try fetch("http://127.0.0.1:\(port)/file/1")
        }
    }

    @Test("a server without TLS is not trusted over https")
    func plainServer() throws {
        let door = try TestDoor(router())
        #expect(throws: HTTPError.untrusted(host: "127.0.0.1")) {
            try fetch("https://127.0.0.1:\(door.port)/file/1")
        }
    }
}

/// Keeps a writer until its client has gone.
private func hold(_ writer: ResponseWriter) {
    writer.loop.schedule(afterMilliseconds: 5) {
        if !writer.cancellation.isCancelled { hold(writer) }
    }
}

/// Writes for as long as the client reads.
private func pour(_ writer: ResponseWriter) {
    guard writer.write([UInt8](repeating: 1, count: 10_000)) else { return }
    writer.whenWritable {
        writer.loop.execute { pour(writer) }
    }
}
