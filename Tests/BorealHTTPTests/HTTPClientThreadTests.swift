import BorealBase
import BorealHTTP
import Dispatch
import Glibc
import Synchronization
import Testing

/// Requests that many threads bring: each sends its own, one thread tells all ends.
@Suite struct HTTPClientThreadTests {
    /// What came of requests, by their number.
    private final class Ends: Sendable {
        private struct State {
            var texts: [Int: [String]] = [:]
            var threads: Set<pthread_t> = []
        }

        private let state = Mutex(State())
        private let arrived = DispatchSemaphore(value: 0)

        /// The threads that told them.
        var threads: Set<pthread_t> { state.withLock { $0.threads } }

        func add(_ number: Int, _ outcome: ClientBench.Outcome) {
            let text: String
            switch outcome {
            case .success(let answer): text = answer.text
            case .failure(let error): text = "\(error)"
            }
            state.withLock {
                $0.texts[number, default: []].append(text)
                $0.threads.insert(pthread_self())
            }
            arrived.signal()
        }

        /// Waits for so many ends.
        func wait(_ count: Int) -> [Int: [String]] {
            for _ in 0..<count where arrived.wait(timeout: .now() + 20) == .timedOut { break }
            return state.withLock { $0.texts }
        }
    }

    private static func request(_ url: String, _ number: Int) -> HTTPClient.Request {
        HTTPClient.Request(
            url: url,
            body: Array("row \(number)".utf8),
            timeoutMilliseconds: 15_000,
            answerBytesMax: 1 << 20
        )
    }

    private static func echo() throws -> ScriptedServer {
        try ScriptedServer { peer in
            while let request = peer.request() { peer.answer("", request.body) }
        }
    }

    @Test("each request ends once and on the client's thread, whoever sent it and whatever it is")
    func manyThreads() throws {
        let server = try Self.echo()
        let bench = try ClientBench { $0.connectionsPerOriginMax = 8 }
        let (client, base, ends) = (bench.client, server.base, Ends())
        let callers = Mutex<Set<pthread_t>>([])
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            _ = callers.withLock { $0.insert(pthread_self()) }
            for number in thread * 100..<(thread + 1) * 100 {
                // Every tenth one ends before it is sent.
                let url = number % 10 == 0 ? "ftp://a.test/" : base
                client.send(Self.request(url, number), policy: .includingPrivate) {
                    ends.add(number, $0)
                }
            }
        }
        let texts = ends.wait(800)
        #expect(texts.count == 800)
        for (number, text) in texts {
            #expect(text == [number % 10 == 0 ? "schemeRefused(\"ftp\")" : "row \(number)"])
        }
        #expect(ends.threads.count == 1)
        #expect(ends.threads.isDisjoint(with: callers.withLock { $0 }))
    }

    @Test("the end of a request may send the next one")
    func chains() throws {
        let server = try Self.echo()
        let bench = try ClientBench { $0.connectionsPerOriginMax = 4 }
        let (client, base, ends) = (bench.client, server.base, Ends())
        @Sendable func send(_ number: Int) {
            client.send(Self.request(base, number), policy: .includingPrivate) { outcome in
                // Before its end is told: whoever waits for it may look for the next one.
                if number % 100 < 49 { send(number + 1) }
                ends.add(number, outcome)
            }
        }
        for chain in 0..<8 { send(chain * 100) }
        let texts = ends.wait(400)
        #expect(texts.count == 400)
        #expect(texts.allSatisfy { number, text in text == ["row \(number)"] })
        #expect(ends.threads.count == 1)
    }

    @Test("who is given bytes of an answer may send the next request")
    func sendingSink() throws {
        let server = try Self.echo()
        let bench = try ClientBench()
        let (client, base, ends) = (bench.client, server.base, Ends())
        var streamed = Self.request(base, 0)
        streamed.onBytes = { _, _ in
            client.send(Self.request(base, 1), policy: .includingPrivate) { ends.add(1, $0) }
            return true
        }
        client.send(streamed, policy: .includingPrivate) { ends.add(0, $0) }
        #expect(ends.wait(2) == [0: [""], 1: ["row 1"]])
    }

    @Test("a request whose time is up first is not forgotten while the client sleeps")
    func shortTime() throws {
        let server = try ScriptedServer { peer in
            // The first one is answered, so that its connection stays.
            _ = peer.request()
            peer.answer("", [])
            _ = peer.request()
            peer.awaitEnd()
        }
        let bench = try ClientBench()
        #expect(try bench.ask(server.base).text == "")
        // Long enough for its thread to lie down.
        usleep(50_000)
        let started = MonotonicClock.milliseconds
        let outcome = bench.begin(server.base) { $0.timeoutMilliseconds = 150 }.outcome.take()
        #expect(outcome?.error == .timedOut(milliseconds: 150))
        #expect(MonotonicClock.milliseconds - started < 800)
    }

    @Test("a client that is stopped while many send ends every request once")
    func stop() throws {
        let server = try Self.echo()
        let bench = try ClientBench { $0.connectionsPerOriginMax = 4 }
        let (client, base, ends) = (bench.client, server.base, Ends())
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            for number in thread * 100..<(thread + 1) * 100 {
                if number == 150 { client.stop() }
                client.send(Self.request(base, number), policy: .includingPrivate) {
                    ends.add(number, $0)
                }
            }
        }
        let texts = ends.wait(400)
        #expect(texts.count == 400)
        #expect(texts.allSatisfy { $1 == ["row \($0)"] || $1 == ["cancelled"] })
        #expect(texts[199] == ["cancelled"])
    }
}
