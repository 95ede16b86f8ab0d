import BorealBase
import BorealHTTP
import BorealNet
import BorealRemote
import Dispatch
import Synchronization
import Testing

@Suite("Calls over HTTP")
struct HTTPTransportTests {
    /// A provider on loopback that sends back what it gets, and hangs at `/hang`.
    private final class Provider {
        private let group: EventLoopGroup
        private let pool: WorkerPool
        private let listener: Listener
        var base: String { "http://127.0.0.1:\(listener.addresses[0].port)" }

        init() throws {
            var router = Router()
            let held = Mutex<[ResponseWriter]>([])
            router.on(.post, "/echo") { request, writer in
                let body: [UInt8] = Array((request.headers["Authorization"] ?? "none").utf8)
                writer.respond(
                    HTTPResponse(status: 429, headers: ["Retry-After": "3"], body: .bytes(body))
                )
            }
            router.on(.post, "/events") { _, writer in
                writer.start(status: 200, headers: ["Content-Type": "text/event-stream"])
                for _ in 0..<3 { writer.write(Array("data: x\n\n".utf8)) }
                writer.end()
            }
            router.on(.post, "/hang") { _, writer in held.withLock { $0.append(writer) } }
            let settled = router
            group = try EventLoopGroup(count: 1, tickMilliseconds: 5)
            pool = try WorkerPool(name: "provider", threads: 1)
            let configuration = HTTPServerConfiguration(pool: pool)
            listener = try Listener([.tcp(host: "127.0.0.1", port: 0)], on: group) { _ in
                HTTPConnection(configuration: configuration, router: settled)
            }
        }

        deinit {
            listener.stop()
            group.shutdown()
            pool.shutdown()
        }
    }

    private typealias Outcome = Result<CallResponse, CallFailure>

    private func request(
        _ url: String,
        milliseconds: Int = 9_000
    ) -> CallRequest {
        CallRequest(
            url: url,
            headers: [("Authorization", "Bearer k")],
            body: Array("{}".utf8),
            timeoutMilliseconds: milliseconds,
            answerBytesMax: 1_000
        )
    }

    /// Waits for the end of a call.
    private func outcome(
        _ begin: (@escaping @Sendable (Outcome) -> Void) -> any CancellableCall
    ) -> Outcome? {
        let ended = DispatchSemaphore(value: 0)
        let result = Mutex<Outcome?>(nil)
        _ = begin { outcome in
            result.withLock { $0 = outcome }
            ended.signal()
        }
        _ = ended.wait(timeout: .now() + 10)
        return result.withLock { $0 }
    }

    @Test("a call brings status, fields and body, whatever the status")
    func answer() throws {
        let provider = try Provider()
        let transport = HTTPTransport(client: try HTTPClient()) { _ in .includingPrivate }
        let call = request("\(provider.base)/echo")
        let response = try #require(outcome { transport.send(call, completion: $0) }).get()
        #expect(response.status == 429)
        #expect(response.body == Array("Bearer k".utf8))
        #expect(response.headers.contains(CallResponse.HeaderField("retry-after", "3")))
    }

    @Test("the policy is asked at every call, with its URL")
    func policy() throws {
        let provider = try Provider()
        let asked = Mutex<[String]>([])
        let transport = HTTPTransport(client: try HTTPClient()) { url in
            asked.withLock { $0.append(url) }
            return url.hasSuffix("events") ? .includingPrivate : .publicOnly
        }
        let good = request("\(provider.base)/events")
        let bad = request("\(provider.base)/echo")
        #expect(try #require(outcome { transport.send(good, completion: $0) }).get().status == 200)
        guard case .failure(let failure) = outcome({ transport.send(bad, completion: $0) }) else {
            Issue.record("it was sent")
            return
        }
        let text = "'127.0.0.1' has the address 127.0.0.1, which this server may not reach"
        #expect(failure == CallFailure(.policy, text))
        #expect(asked.withLock { $0 } == [good.url, bad.url])
    }

    @Test("a stream is passed on as it comes")
    func stream() throws {
        let provider = try Provider()
        let transport = HTTPTransport(client: try HTTPClient()) { _ in .includingPrivate }
        let text = Mutex("")
        var call = request("\(provider.base)/events")
        call.idleMilliseconds = 5_000
        let ended = outcome { completion in
            transport.stream(
                call,
                onBytes: { bytes in
                    text.withLock { $0 += String(decoding: bytes, as: UTF8.self) }
                    return true
                },
                completion: completion
            )
        }
        let response = try #require(ended).get()
        #expect(response.status == 200)
        #expect(response.body.isEmpty)
        #expect(text.withLock { $0 } == String(repeating: "data: x\n\n", count: 3))
    }

    @Test("time and cancellation end a call that hangs")
    func ends() throws {
        let provider = try Provider()
        let transport = HTTPTransport(client: try HTTPClient()) { _ in .includingPrivate }
        let short = request("\(provider.base)/hang", milliseconds: 60)
        let late = outcome { transport.send(short, completion: $0) }
        #expect(late == .failure(CallFailure(.timeout, "no whole answer in 60 ms")))
        let long = request("\(provider.base)/hang")
        let ended = outcome {
            let call = transport.send(long, completion: $0)
            call.cancel()
            return call
        }
        #expect(ended == .failure(CallFailure(.cancelled, "it was cancelled")))
    }

    @Test(
        "each error of the client is one kind of failure",
        arguments: [
            (HTTPError.invalidURL, CallFailure.Kind.policy), (.schemeRefused("ftp"), .policy),
            (.userInfoRefused, .policy), (.hostRefused(host: "127.1"), .policy),
            (.addressRefused(host: "a", address: IPAddress(ipv4: 1)), .policy),
            (.portRefused(host: "a", port: 1), .policy), (.headerRefused(name: "Host"), .policy),
            (.nameNotResolved(host: "a"), .connect), (.connectFailed(host: "a"), .connect),
            (.untrusted(host: "a"), .tls), (.connectionLost(host: "a"), .reset),
            (.answerCut(host: "a"), .truncated), (.answerUnreadable(host: "a"), .truncated),
            (.transferFailed(host: "a", code: 1), .truncated), (.tooManyBytes(max: 1), .tooLarge),
            (.headersTooLarge, .tooLarge), (.inflatesTooMuch(times: 100), .tooLarge),
            (.timedOut(milliseconds: 1), .timeout), (.stalled(milliseconds: 1), .timeout),
            (.cancelled, .cancelled),
        ]
    )
    func kinds(error: HTTPError, kind: CallFailure.Kind) {
        let failure = CallFailure(error)
        #expect(failure.kind == kind)
        #expect(!failure.text.isEmpty)
    }
}
