import BorealBase
import BorealHTTP
import BorealNet
import Dispatch
import Glibc
import Synchronization
import Testing

/// Requests that event loops send: their answers are waited for, and their ends told, there.
@Suite struct HTTPClientLoopTests {
    /// An end: what it was, and on which loop it was told, nil for the client's own thread.
    private struct End: Equatable {
        var text: String
        var loop: Int?
    }

    /// What came of requests, by their number. Loops keep this and not the bench, whose end none of
    /// them may be.
    private final class Ends: Sendable {
        private let ends = Mutex<[Int: [End]]>([:])
        private let calls = Mutex<[Int: HTTPClient.Call]>([:])
        private let arrived = DispatchSemaphore(value: 0)

        func add(_ number: Int, _ outcome: ClientBench.Outcome) {
            let text: String
            switch outcome {
            case .success(let answer): text = answer.text
            case .failure(let error): text = "\(error)"
            }
            let end = End(text: text, loop: EventLoop.current?.index)
            ends.withLock { $0[number, default: []].append(end) }
            arrived.signal()
        }

        func note(_ number: Int, _ call: HTTPClient.Call) { calls.withLock { $0[number] = call } }

        func call(_ number: Int) -> HTTPClient.Call? { calls.withLock { $0[number] } }

        /// Waits for so many further ends, and returns all.
        func wait(_ count: Int) -> [Int: [End]] {
            for _ in 0..<count where arrived.wait(timeout: .now() + 20) == .timedOut { break }
            return ends.withLock { $0 }
        }
    }

    /// Sends requests on loops.
    private final class LoopBench: Sendable {
        let client: HTTPClient
        let group: EventLoopGroup
        private let ends = Ends()

        init(
            loops: Int = 2,
            _ change: (inout HTTPClient.Configuration) -> Void = { _ in }
        ) throws {
            var configuration = HTTPClient.Configuration()
            change(&configuration)
            client = try HTTPClient(configuration)
            group = try EventLoopGroup(count: loops)
        }

        deinit {
            client.stop()
            group.shutdown()
        }

        func wait(_ count: Int) -> [Int: [End]] { ends.wait(count) }

        func cancel(_ number: Int) { ends.call(number)?.cancel() }

        /// Sends a request on a loop; it returns before that has happened.
        func begin(
            _ number: Int,
            _ url: String,
            on loop: Int = 0,
            _ change: (inout HTTPClient.Request) -> Void = { _ in }
        ) {
            var request = HTTPClientLoopTests.request(url, number)
            change(&request)
            let isTaken = group.loops[loop].execute { [client, ends, request] in
                let call = client.send(request, policy: .includingPrivate) { ends.add(number, $0) }
                ends.note(number, call)
            }
            #expect(isTaken)
        }

        /// Sends a request, then another from its end, and one more for each that is given bytes.
        func beginChain(_ url: String) {
            var first = HTTPClientLoopTests.request(url, 0)
            first.onBytes = { [client, ends] _, _ in
                // Inside libcurl's callback, at the very place that it was called from.
                client.send(HTTPClientLoopTests.request(url, 1), policy: .includingPrivate) { end in
                    let next = HTTPClientLoopTests.request(url, 2)
                    client.send(next, policy: .includingPrivate) { ends.add(2, $0) }
                    ends.add(1, end)
                }
                return true
            }
            group.loops[0].execute { [client, ends, first] in
                client.send(first, policy: .includingPrivate) { ends.add(0, $0) }
            }
        }

        /// Waits for all that loops have begun.
        func settle() {
            for loop in group.loops {
                let done = DispatchSemaphore(value: 0)
                loop.execute { done.signal() }
                done.wait()
            }
        }
    }

    private static func request(_ url: String, _ number: Int) -> HTTPClient.Request {
        var request = HTTPClient.Request(
            url: url,
            body: Array("row \(number)".utf8),
            timeoutMilliseconds: 9_000,
            answerBytesMax: 1 << 20
        )
        request.isShort = true
        return request
    }

    /// Times that names were asked for.
    private final class Asked: Sendable {
        let count = Atomic(0)
    }

    private static func echo() throws -> ScriptedServer {
        try ScriptedServer { peer in
            while let request = peer.request() { peer.answer("", request.body) }
        }
    }

    @Test("each request of a loop ends once, and on that loop")
    func manyLoops() throws {
        let (server, bench) = (try Self.echo(), try LoopBench(loops: 4))
        for round in 0..<20 {
            for number in round * 16..<(round + 1) * 16 {
                // Some are wrong, which the client's thread tells.
                let url = number % 10 == 0 ? "ftp://a.test/" : server.base
                bench.begin(number, url, on: number % 4)
            }
            let ends = bench.wait(16)
            for number in round * 16..<(round + 1) * 16 {
                let expected =
                    number % 10 == 0
                    ? End(text: "schemeRefused(\"ftp\")", loop: nil)
                    : End(text: "row \(number)", loop: number % 4)
                #expect(ends[number] == [expected])
            }
        }
        // Connections are kept: no loop ever had more than four at a time.
        #expect(server.connections <= 16)
    }

    @Test("of many requests at once, a loop leaves some to the client's thread")
    func crowd() throws {
        let (server, bench) = (try Self.echo(), try LoopBench(loops: 1))
        let gate = DispatchSemaphore(value: 0)
        bench.group.loops[0].execute { gate.wait() }
        for number in 0..<60 { bench.begin(number, server.base) }
        gate.signal()
        let ends = bench.wait(60)
        for number in 0..<60 {
            #expect(ends[number]?.count == 1)
            #expect(ends[number]?[0].text == "row \(number)")
            #expect(ends[number]?[0].loop == (number < 16 ? 0 : nil))
        }
    }

    @Test("the end of a request may send the next one, and so may who is given its bytes")
    func chains() throws {
        let (server, bench) = (try Self.echo(), try LoopBench(loops: 1))
        bench.beginChain(server.base)
        let ends = bench.wait(3)
        #expect(ends[0] == [End(text: "", loop: 0)])
        #expect(ends[1] == [End(text: "row 1", loop: 0)])
        #expect(ends[2] == [End(text: "row 2", loop: 0)])
    }

    @Test("a long answer is told by the client's thread, and so is that to a long request")
    func longOnes() throws {
        let server = try ScriptedServer { peer in
            while let request = peer.request() {
                let isLong = request.body.starts(with: "row 1".utf8)
                peer.answer("", isLong ? [UInt8](repeating: 0x61, count: 70_000) : [0x62])
            }
        }
        let bench = try LoopBench(loops: 1)
        bench.begin(0, server.base)
        bench.begin(1, server.base)
        bench.begin(2, server.base) { $0.body = [UInt8](repeating: 0x63, count: 40_000) }
        bench.begin(3, server.base) { $0.isShort = false }
        let ends = bench.wait(4)
        #expect(ends[0] == [End(text: "b", loop: 0)])
        #expect(ends[1] == [End(text: String(repeating: "a", count: 70_000), loop: nil)])
        #expect(ends[2] == [End(text: "b", loop: nil)])
        #expect(ends[3] == [End(text: "b", loop: nil)])
    }

    @Test("a service that sends without end is cut off, and the loop goes on")
    func endless() throws {
        let server = try ScriptedServer { peer in
            while let request = peer.request() {
                let endless: (head: String, part: [UInt8])? =
                    switch String(decoding: request.body, as: UTF8.self) {
                    case "row 0": ("", Array("X-A: \(String(repeating: "y", count: 999))\r\n".utf8))
                    case "row 1": ("\r\n", [UInt8](repeating: 0x7A, count: 9_999))
                    default: nil
                    }
                guard let (head, part) = endless else {
                    peer.answer("", request.body)
                    continue
                }
                peer.send("HTTP/1.1 200 OK\r\n" + head)
                // Ten times what is allowed; then the client has long gone.
                for _ in 0..<1_100 { peer.send(part) }
                return
            }
        }
        let bench = try LoopBench(loops: 1)
        for number in 0..<4 { bench.begin(number, server.base) }
        let ends = bench.wait(4)
        #expect(ends[0] == [End(text: "headersTooLarge", loop: 0)])
        #expect(ends[1] == [End(text: "tooManyBytes(max: 1048576)", loop: 0)])
        for number in 2..<4 { #expect(ends[number] == [End(text: "row \(number)", loop: 0)]) }
    }

    @Test("names are resolved for loops too, once for those that wait for the same")
    func names() throws {
        let (server, asked) = (try Self.echo(), Asked())
        let bench = try LoopBench(loops: 2) { configuration in
            configuration.resolve = { host throws(SocketError) in
                asked.count.add(1, ordering: .relaxed)
                usleep(20_000)
                guard host == "a.test" else { throw .nameNotResolved(host: host, code: -2) }
                return [IPAddress(ipv4: 0x7F00_0001)]
            }
        }
        for number in 0..<4 {
            // Two loops and the client's thread.
            bench.begin(number, "http://a.test:\(server.port)/", on: number % 2) {
                $0.isShort = number < 3
            }
        }
        bench.begin(4, "http://b.test:\(server.port)/")
        let ends = bench.wait(5)
        for number in 0..<4 {
            let loop = number < 3 ? number % 2 : nil
            #expect(ends[number] == [End(text: "row \(number)", loop: loop)])
        }
        #expect(ends[4] == [End(text: "nameNotResolved(host: \"b.test\")", loop: 0)])
        #expect(asked.count.load(ordering: .relaxed) == 2)
    }

    @Test("time that is up, a pause that is too long and a cancellation end a loop's request")
    func impatience() throws {
        let server = try ScriptedServer { peer in
            _ = peer.request()
            // A head and half a body, and then nothing.
            if peer.number == 1 {
                peer.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")
            }
            peer.awaitEnd()
        }
        let bench = try LoopBench(loops: 1)
        let started = MonotonicClock.milliseconds
        bench.begin(0, server.base) { $0.timeoutMilliseconds = 150 }
        #expect(bench.wait(1)[0] == [End(text: "timedOut(milliseconds: 150)", loop: 0)])
        bench.begin(1, server.base) { $0.idleMilliseconds = 100 }
        #expect(bench.wait(1)[1] == [End(text: "stalled(milliseconds: 100)", loop: 0)])
        bench.begin(2, server.base)
        bench.settle()
        bench.cancel(2)
        #expect(bench.wait(1)[2] == [End(text: "cancelled", loop: 0)])
        #expect(MonotonicClock.milliseconds - started < 5_000)
    }

    @Test("connections that nobody uses are closed, and the next request makes another")
    func idleConnections() throws {
        let ended = DispatchSemaphore(value: 0)
        let server = try ScriptedServer { peer in
            while let request = peer.request() { peer.answer("", request.body) }
            ended.signal()
        }
        let bench = try LoopBench(loops: 1) { $0.idleMilliseconds = 100 }
        for number in 0..<3 {
            bench.begin(number, server.base)
            #expect(bench.wait(1)[number] == [End(text: "row \(number)", loop: 0)])
            #expect(ended.wait(timeout: .now() + 10) == .success)
        }
        #expect(server.connections == 3)
    }

    @Test("a client that stops, or a loop, ends the loop's requests", arguments: [true, false])
    func stop(_ isClient: Bool) throws {
        let server = try ScriptedServer { peer in
            _ = peer.request()
            peer.awaitEnd()
        }
        let bench = try LoopBench(loops: 2)
        for number in 0..<8 { bench.begin(number, server.base, on: number % 2) }
        bench.settle()
        if isClient { bench.client.stop() } else { bench.group.shutdown() }
        let ends = bench.wait(8)
        for number in 0..<8 { #expect(ends[number]?.map(\.text) == ["cancelled"]) }
        guard isClient else { return }
        // A loop that has sent before, and the client's thread.
        bench.begin(8, server.base)
        bench.begin(9, server.base) { $0.isShort = false }
        let late = bench.wait(2)
        #expect((8...9).map { late[$0]?.map(\.text) } == [["cancelled"], ["cancelled"]])
    }
}
