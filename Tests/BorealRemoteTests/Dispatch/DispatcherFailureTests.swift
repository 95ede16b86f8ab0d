import Synchronization
import Testing

@testable import BorealRemote

/// Replies in their order, the last one for ever.
private final class Script: Sendable {
    private let replies: Mutex<[FakeUpstream.Reply]>

    init(_ replies: [FakeUpstream.Reply]) { self.replies = Mutex(replies) }

    func next() -> FakeUpstream.Reply {
        replies.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
    }
}

private func scripted(_ replies: FakeUpstream.Reply...) -> Bench {
    let script = Script(replies)
    return Bench { _ in script.next() }
}

@Suite("Dispatcher: failures and retries")
struct DispatcherFailureTests {
    /// Reply, requests sent for an embedding and for a chat, what the client sees.
    private static let failures: [(FakeUpstream.Reply, Int, Int, String)] = [
        (.status(429), 5, 5, "RATE_LIMIT"),
        (.status(500), 5, 5, "UPSTREAM_5xx"),
        (.status(501), 1, 1, "UPSTREAM_5xx"),
        (.status(401), 1, 1, "UPSTREAM_4xx"),
        (.status(402), 1, 1, "UPSTREAM_4xx"),
        (.status(307), 1, 1, "BAD_RESPONSE"),
        (.lost(.connect), 5, 5, "CONNECT"),
        (.lost(.reset), 5, 5, "CONNECT"),
        (.lost(.tls), 1, 1, "CONNECT"),
        (.lost(.policy), 1, 1, "POLICY"),
        (.lost(.truncated), 1, 1, "BAD_RESPONSE"),
        (.lost(.tooLarge), 1, 1, "BAD_RESPONSE"),
        (.lost(.timeout), 5, 1, "TIMEOUT"),
    ]

    @Test("failures, the requests they cost, and their words", arguments: 0..<failures.count)
    func words(_ index: Int) throws {
        let (reply, embedding, chat, word) = Self.failures[index]
        for (kind, requests) in [(RemoteModelKind.embedding, embedding), (.chat, chat)] {
            let bench = Bench { _ in reply }
            let (inbox, _) = bench.submit(["a"], to: Bench.model(kind))
            bench.scheduler.advance(60_000_000)
            #expect(inbox.words == [word])
            #expect(bench.upstream.seen.count == requests)
            let error = try #require(inbox.error)
            #expect(error.attempts == requests)
            #expect(error.provider == "p")
            #expect(error.rows == 1)
            #expect((error.milliseconds >= 20 * requests) == true)
        }
    }

    @Test("retried rows stay together, and the answer says how many requests it took")
    func retried() {
        let bench = scripted(.status(500), .lost(.reset), .status(429), .answer)
        let rows = (0..<50).map { "r\($0)" }
        let (inbox, _) = bench.submit(rows)
        bench.scheduler.advance(10_000_000)
        #expect(inbox.words == rows.map { "=" + $0 })
        #expect(bench.upstream.lines == Array(repeating: rows, count: 4))
        #expect(inbox.outcomes?.first??.call?.attempts == 4)
        #expect(inbox.outcomes?.first??.call?.rows == 50)
    }

    @Test("Retry-After holds back the whole provider, not only the row")
    func retryAfter() {
        let bench = scripted(.status(429, wait: 3_000), .answer)
        let (first, _) = bench.submit(["a"])
        bench.scheduler.advance(20_000)
        let (second, _) = bench.submit(["b"], statement: 2)
        bench.scheduler.advance(2_999_999)
        #expect(bench.upstream.seen.count == 1)
        bench.scheduler.advance(30_000)
        #expect(first.words == ["=a"])
        #expect(second.words == ["=b"])
    }

    @Test("a demand beyond the deadline fails at once, and says what was demanded")
    func longDemand() throws {
        let bench = scripted(.status(429, wait: 120_000))
        let (inbox, _) = bench.submit(["a"]) { $0.deadline = 61_000_000 }
        bench.scheduler.advance(20_000)
        let error = try #require(inbox.error)
        #expect(error.code == .rateLimit)
        #expect(error.text.contains("asks to wait 120 s, beyond the deadline"))
        #expect(bench.upstream.seen.count == 1)
    }

    @Test("a demand that nobody waits for fails the rows that stand behind it, and later ones")
    func pausedForLong() throws {
        let bench = scripted(.status(429, wait: 3_600_000), .answer)
        var model = Bench.model(.chat, batchMax: 1)
        model.limits.concurrencyMax = 1
        let (first, _) = bench.submit(["a", "b"], to: model)
        bench.scheduler.advance(20_000)
        #expect(first.words == ["RATE_LIMIT", "RATE_LIMIT"])
        let (later, _) = bench.submit(["c"], to: model, statement: 2)
        #expect(later.words == ["RATE_LIMIT"])
        let error = try #require(later.error)
        #expect(error.text == "the provider asks to wait 3600 s, beyond the deadline")
        #expect(error.provider == "p")
        #expect(bench.upstream.seen.count == 1)
        bench.scheduler.advance(3_600_000_000)
        let (afterwards, _) = bench.submit(["d"], to: model, statement: 3)
        bench.scheduler.advance(20_000)
        #expect(afterwards.words == ["=d"])
    }

    @Test("of the rows that stand behind a demand, those wait that have the time")
    func pausedForSome() {
        let bench = scripted(.status(503, wait: 60_000), .answer)
        var model = Bench.model(.chat, batchMax: 1)
        model.limits.concurrencyMax = 1
        var patient = model
        patient.limits.timeoutMilliseconds = 60_000
        let (first, _) = bench.submit(["a", "b"], to: model)
        let (second, _) = bench.submit(["c"], to: patient, statement: 2)
        bench.scheduler.advance(20_000)
        #expect(first.words == ["RATE_LIMIT", "RATE_LIMIT"])
        #expect(second.count == 0)
        bench.scheduler.advance(60_100_000)
        #expect(second.words == ["=c"])
    }

    @Test("retries end with the row's own time: timeout times attempts")
    func ownDeadline() {
        let bench = scripted(.status(503, wait: 900))
        var model = Bench.model()
        model.limits.timeoutMilliseconds = 500
        model.limits.retriesMax = 3
        let (inbox, _) = bench.submit(["a"], to: model)
        bench.scheduler.advance(60_000_000)
        #expect(inbox.words == ["RATE_LIMIT"])
        #expect(bench.upstream.seen.count == 3)
    }

    @Test("RETRIES 0 sends once")
    func noRetries() {
        let bench = scripted(.status(500))
        var model = Bench.model()
        model.limits.retriesMax = 0
        bench.submit(["a"], to: model)
        bench.scheduler.advance(60_000_000)
        #expect(bench.upstream.seen.count == 1)
    }

    @Test("a provider that fails is not buried under retries")
    func retryStorm() {
        let bench = Bench { seen in seen.lines[0].hasSuffix("7") ? .status(429) : .answer }
        let model = Bench.model(.chat, batchMax: 1)
        let rows = (0..<600).map { "r\($0)" }
        let (inbox, _) = bench.submit(rows, to: model)
        bench.scheduler.advance(60_000_000)
        #expect(inbox.count == 1)
        #expect(bench.upstream.seen.count <= 600 + 120 + 10 + 60)
        let answered = inbox.words?.filter { $0.hasPrefix("=") }.count ?? 0
        #expect(answered == 540)
    }

    @Test("after five failures calls fail at once, until one that is let through succeeds")
    func breaker() throws {
        let script = Script(Array(repeating: .status(500), count: 5) + [.answer])
        let bench = Bench { _ in script.next() }
        var model = Bench.model()
        model.limits.retriesMax = 0
        for statement in 0..<5 as Range<UInt64> {
            bench.submit(["a\(statement)"], to: model, statement: statement)
            bench.scheduler.advance(20_000)
        }
        #expect(bench.dispatcher.providers.first?.state == "open")
        let (refused, _) = bench.submit(["b"], to: model)
        #expect(refused.words == ["BREAKER_OPEN"])
        #expect(refused.error?.provider == "p")
        #expect(refused.error?.attempts == 0)
        bench.scheduler.advance(5_000_000)
        #expect(bench.dispatcher.providers.first?.state == "half_open")
        let probes = (0..<3).map { bench.submit(["c\($0)"], to: model, statement: 9).inbox }
        #expect(bench.upstream.inFlight == 1)
        bench.scheduler.advance(100_000)
        #expect(probes.map(\.words) == [["=c0"], ["=c1"], ["=c2"]])
        #expect(bench.dispatcher.providers.first?.cooldownMilliseconds == nil)
    }

    @Test("429 slows a provider down and does not open its breaker")
    func slowedDown() {
        let bench = Bench { _ in .status(429) }
        var model = Bench.model(.chat, batchMax: 1)
        model.limits.retriesMax = 0
        bench.submit((0..<40).map { "r\($0)" }, to: model)
        bench.scheduler.advance(10_000_000)
        let status = bench.dispatcher.providers.first
        #expect(status?.state == "closed")
        #expect(status?.concurrencyLimit == 1)
        #expect(status?.errorRate == 1)
        #expect(bench.upstream.seen.count == 40)
    }

    @Test("a refusal for size halves the requests, for later rows too")
    func learnedCap() {
        let bench = Bench { $0.lines.count > 10 ? .status(400, size: true) : .answer }
        let rows = (0..<64).map { "r\($0)" }
        let (inbox, _) = bench.submit(rows)
        bench.scheduler.advance(1_000_000)
        #expect(inbox.words == rows.map { "=" + $0 })
        let before = bench.upstream.seen.count
        let more = (100..<132).map { "r\($0)" }
        bench.submit(more, statement: 2)
        bench.scheduler.advance(1_000_000)
        #expect(bench.upstream.lines.dropFirst(before).map(\.count) == [8, 8, 8, 8])
        #expect(inbox.outcomes?.allSatisfy { $0?.call?.rows == 8 } == true)
    }

    @Test("a bad row is found by halving, and fails alone")
    func badRow() throws {
        let bench = Bench { $0.lines.contains("r5") ? .status(400) : .answer }
        let rows = (0..<16).map { "r\($0)" }
        let (inbox, _) = bench.submit(rows)
        bench.scheduler.advance(1_000_000)
        var expected = rows.map { "=" + $0 }
        expected[5] = "UPSTREAM_4xx"
        #expect(inbox.words == expected)
        #expect(bench.upstream.seen.count == 9)
        #expect(bench.upstream.answered.values.allSatisfy { $0 == 1 })
        #expect(inbox.error?.rows == 1)
    }

    @Test("rows that spoil the answer of their batch fail alone, and open no breaker")
    func spoiled() throws {
        let bad: Set = ["r1", "r6", "r9", "r14"]
        let bench = Bench { $0.lines.contains(where: bad.contains) ? .body("<html>") : .answer }
        let rows = (0..<16).map { "r\($0)" }
        let (inbox, _) = bench.submit(rows)
        bench.scheduler.advance(1_000_000)
        #expect(inbox.words == rows.map { bad.contains($0) ? "BAD_RESPONSE" : "=" + $0 })
        #expect(bench.upstream.answered.values.allSatisfy { $0 == 1 })
        #expect(bench.dispatcher.providers.first?.state == "closed")
    }

    @Test("a service that answers nothing usable is left alone after five batches")
    func useless() {
        let bench = Bench { _ in .body("<html>") }
        for index in 0..<12 {
            _ = bench.submit(["a\(index)"])
            bench.scheduler.advance(50_000)
        }
        #expect(bench.upstream.seen.count == 5)
        #expect(bench.dispatcher.providers.first?.state == "open")
    }

    @Test("an answer that nobody can use is paid for all the same")
    func unreadableCosts() {
        let body = #"{"data": 3, "usage": {"prompt_tokens": 7, "completion_tokens": 2}}"#
        let bench = Bench { _ in .body(body) }
        _ = bench.submit(["a"])
        bench.scheduler.advance(1_000_000)
        let sum = bench.dispatcher.hourlyUsage.first?.sum
        #expect(sum?.tokensIn == 7)
        #expect(sum?.tokensOut == 2)
        #expect(sum?.errors == ["BAD_RESPONSE": 1])
    }

    @Test("a request that cannot be written when it is due fails its rows")
    func lateConfiguration() {
        let bench = Bench()
        var model = Bench.model()
        model.providers[0].headers = { () throws(RemoteModelError) in
            throw RemoteModelError(.config, "the key cannot be opened")
        }
        let (inbox, _) = bench.submit(["a", "b"], to: model)
        bench.scheduler.settle()
        #expect(inbox.words == ["CONFIG", "CONFIG"])
        #expect(bench.dispatcher.providers.first?.inFlight == 0)
        #expect(bench.dispatcher.providers.first?.state == "closed")
    }
}

@Suite("Dispatcher: pools, limits and metering")
struct DispatcherLimitTests {
    private func pool() -> RemoteModelRuntime {
        var model = Bench.model(.chat, batchMax: 1, providers: ["own", "shared"])
        model.providers[0].concurrencyMax = 2
        model.providers[1].tier = 1
        return model
    }

    private func urls(_ bench: Bench) -> [String: Int] {
        Dictionary(grouping: bench.upstream.seen, by: \.url).mapValues(\.count)
    }

    @Test("the shared tier takes what the dedicated one cannot take soon")
    func overflow() {
        let bench = Bench(latency: 200_000)
        bench.submit((0..<4).map { "r\($0)" }, to: pool())
        #expect(urls(bench) == ["http://own/": 2])
        bench.scheduler.advance(60_000)
        #expect(urls(bench) == ["http://own/": 2, "http://shared/": 2])
    }

    @Test("a dedicated tier that is free in a moment is waited for")
    func patience() {
        let bench = Bench(latency: 20_000)
        let (inbox, _) = bench.submit((0..<4).map { "r\($0)" }, to: pool())
        bench.scheduler.advance(60_000)
        #expect(inbox.count == 1)
        #expect(urls(bench) == ["http://own/": 4])
    }

    @Test(
        "rows that must stay in the first tier wait there, or fail there",
        arguments: [true, false]
    )
    func dedicatedOnly(_ isDown: Bool) {
        let bench = Bench(latency: 200_000) { seen in
            isDown && seen.url == "http://own/" ? .lost(.connect) : .answer
        }
        var model = pool()
        model.rules.isDedicatedOnly = true
        let (inbox, _) = bench.submit((0..<8).map { "r\($0)" }, to: model)
        bench.scheduler.advance(60_000_000)
        #expect(urls(bench).keys.sorted() == ["http://own/"])
        let words = Set(inbox.words ?? [])
        #expect(isDown ? words.isSubset(of: ["CONNECT", "BREAKER_OPEN"]) : words.count == 8)
        #expect(bench.dispatcher.recentRequests.allSatisfy { $0.provider == "own" })
    }

    @Test("a provider without quota is left alone for ten minutes, and the next one asked")
    func quota() {
        let bench = Bench { $0.url == "http://own/" ? .status(429, quota: true) : .answer }
        let (inbox, _) = bench.submit(["a"], to: pool())
        bench.scheduler.advance(40_000)
        #expect(inbox.words == ["=a"])
        bench.scheduler.advance(599_000_000)
        bench.submit(["b"], to: pool(), statement: 2)
        bench.scheduler.advance(1_000_000)
        #expect(urls(bench) == ["http://own/": 1, "http://shared/": 2])
    }

    @Test("a 429 with a long demand moves the row on and spares the provider")
    func movedOn() {
        let bench = Bench {
            $0.url == "http://own/" ? .status(429, wait: 30_000) : .answer
        }
        let (inbox, _) = bench.submit(["a"], to: pool())
        bench.scheduler.advance(1_000_000)
        #expect(inbox.words == ["=a"])
        bench.submit(["b"], to: pool(), statement: 2)
        bench.scheduler.advance(20_000)
        #expect(urls(bench) == ["http://own/": 1, "http://shared/": 2])
    }

    @Test("the first answer of a hedged pair wins, the other request is aborted")
    func hedged() {
        let bench = Bench { $0.lines == ["slow"] && $0.url == "http://a/" ? .silence : .answer }
        var model = Bench.model(.embedding, providers: ["a", "b"])
        model.rules.hedging = .afterMilliseconds(100)
        model.providers[1].tier = 1
        for index in 0..<20 as Range<UInt64> {
            bench.submit(["r\(index)"], to: model, statement: index)
            bench.scheduler.advance(30_000)
        }
        let (inbox, _) = bench.submit(["slow"], to: model, statement: 99)
        bench.scheduler.advance(99_999)
        #expect(bench.upstream.seen.count == 21)
        bench.scheduler.advance(30_000)
        #expect(inbox.words == ["=slow"])
        #expect(bench.upstream.cancelled == 1)
        #expect(bench.dispatcher.providers.allSatisfy { $0.inFlight == 0 })
    }

    @Test("a hedged request that is aborted leaves its place to another model that waits there")
    func abortedHedge() {
        let bench = Bench { $0.lines == ["slow"] && $0.url == "http://b/" ? .silence : .answer }
        var model = Bench.model(.embedding, providers: ["a", "b"])
        model.providers[1].tier = 1
        model.providers[1].concurrencyMax = 1
        for index in 0..<20 as Range<UInt64> {
            bench.submit(["r\(index)"], to: model, statement: index)
            bench.scheduler.advance(20_000)
        }
        model.rules.hedging = .afterMilliseconds(10)
        let (slow, _) = bench.submit(["slow"], to: model, statement: 98)
        bench.scheduler.advance(10_000)
        var other = Bench.model(.embedding, providers: ["b"])
        other.name = "other"
        other.limits.concurrencyMax = 1
        let (waiting, _) = bench.submit(["x"], to: other, statement: 99)
        #expect(bench.upstream.seen.count == 22)
        bench.scheduler.advance(10_000)
        #expect(slow.words == ["=slow"])
        bench.scheduler.advance(20_000)
        #expect(waiting.words == ["=x"])
    }

    @Test("calls that are aborted leave their places to the models that wait at any provider")
    func abortedEverywhere() {
        let bench = Bench { $0.lines[0].hasPrefix("slow") ? .silence : .answer }
        var both = Bench.model(.chat, batchMax: 1, providers: ["a", "b"])
        both.limits.concurrencyMax = 1
        let (_, ticket) = bench.submit(["slow1", "slow2"], to: both)
        var waiting: [Inbox] = []
        for (statement, provider) in zip(2..., ["a", "b"]) {
            var model = Bench.model(.chat, batchMax: 1, providers: [provider])
            model.name = "of " + provider
            model.limits.concurrencyMax = 1
            waiting.append(
                bench.submit([provider], to: model, statement: UInt64(statement)).inbox
            )
        }
        #expect(bench.upstream.seen.count == 2)
        ticket.cancel()
        bench.scheduler.advance(20_000)
        #expect(waiting.map(\.words) == [["=a"], ["=b"]])
    }

    @Test("chats with a temperature are never hedged")
    func unhedged() {
        let bench = Bench { _ in .silence }
        var model = Bench.model(.chat, providers: ["a", "b"])
        model.rules.hedging = .afterMilliseconds(1)
        for index in 0..<40 as Range<UInt64> {
            bench.submit(["r\(index)"], to: model, statement: index)
        }
        bench.scheduler.advance(1_000_000)
        #expect(bench.upstream.seen.count == 8)
    }

    @Test("requests a minute are kept, cached rows pass")
    func requestsPerMinute() {
        let bench = Bench()
        var model = Bench.model(.embedding, batchMax: 1)
        model.limits.requestsPerMinute = 3
        let (inbox, _) = bench.submit(["a", "b", "c", "d"], to: model)
        bench.scheduler.advance(19_000_000)
        #expect(bench.upstream.seen.count == 3)
        let (cached, _) = bench.submit(["a", "b"], to: model, statement: 2)
        #expect(cached.words == ["=a", "=b"])
        bench.scheduler.advance(2_000_000)
        #expect(inbox.words == ["=a", "=b", "=c", "=d"])
    }

    @Test("rows that find no place in their time fail with RATE_LIMIT and are not sent")
    func placeInTime() {
        let bench = Bench()
        var model = Bench.model(.embedding, batchMax: 1)
        model.limits.requestsPerMinute = 1
        let (inbox, _) = bench.submit(["a", "b", nil], to: model) { $0.queueMilliseconds = 50 }
        bench.scheduler.advance(49_000)
        #expect(inbox.words == nil)
        bench.scheduler.advance(1_000)
        #expect(inbox.words == ["=a", "RATE_LIMIT", "NULL"])
        #expect(inbox.error?.text.contains("50 ms") == true)
        bench.scheduler.advance(120_000_000)
        #expect(bench.upstream.seen.count == 1)
    }

    @Test("a row that is under way is waited for, however short its time in the queue")
    func underWay() {
        let bench = Bench(latency: 80_000)
        let (inbox, _) = bench.submit(["a"]) { $0.queueMilliseconds = 1 }
        bench.scheduler.advance(200_000)
        #expect(inbox.words == ["=a"])
    }

    @Test("models that share a provider share its places")
    func sharedProvider() {
        let bench = Bench()
        var first = Bench.model(.chat, batchMax: 1)
        first.limits.concurrencyMax = 2
        var second = first
        second.name = "other"
        let one = bench.submit(["a", "b", "c"], to: first, statement: 1).inbox
        let two = bench.submit(["d", "e"], to: second, statement: 2).inbox
        bench.scheduler.advance(200_000)
        #expect(one.words == ["=a", "=b", "=c"])
        #expect(two.words == ["=d", "=e"])
        #expect(bench.upstream.inFlightMax == 2)
    }

    @Test("over a budget nothing is sent, and the parallel rows of a statement do not slip through")
    func budget() {
        let bench = Bench()
        bench.dispatcher.setBudget(
            .init(unit: .tokens, limit: 10, period: .day),
            for: .user("ann")
        )
        let rows = (0..<40).map { "row-\($0)-" }
        let (inbox, _) = bench.submit(rows, to: Bench.model(.chat, batchMax: 1))
        bench.scheduler.advance(1_000_000)
        let words = inbox.words ?? []
        #expect(words.filter { $0.hasPrefix("=") }.count == 5)
        #expect(words.filter { $0 == "BUDGET" }.count == 35)
        #expect(bench.upstream.seen.count == 5)
        let (other, _) = bench.submit(["x"], user: "bob", statement: 2)
        bench.scheduler.advance(20_000)
        #expect(other.words == ["=x"])
        bench.scheduler.advance(43_200_000_000)
        let (tomorrow, _) = bench.submit(["y"], statement: 3)
        bench.scheduler.advance(20_000)
        #expect(tomorrow.words == ["=y"])
    }

    @Test("each attempt has its record, cache hits have theirs, and the text has none")
    func records() throws {
        let script = Script([.status(500), .answer])
        let bench = Bench { _ in script.next() }
        var model = Bench.model()
        model.rules.price = TokenPrice(inputPerMillion: 1_000_000, outputPerMillion: 0)
        bench.submit(["abc", "de"], to: model)
        bench.scheduler.advance(1_000_000)
        bench.submit(["abc"], to: model, statement: 2)
        let records = bench.dispatcher.recentRequests
        #expect(records.map(\.failure) == [.upstream5xx, nil, nil])
        #expect(records.map(\.attempt) == [1, 2, 0])
        #expect(records.map(\.isCached) == [false, false, true])
        #expect(records.map(\.rows) == [2, 2, 1])
        #expect(records.map(\.bytes) == [5, 5, 3])
        #expect(records.map(\.usage.input) == [0, 5, 0])
        #expect(records.map(\.cost) == [0, 5, 0])
        #expect(records.map(\.milliseconds) == [20, 20, 0])
        let sums = bench.dispatcher.hourlyUsage.map(\.sum)
        #expect(sums.map(\.requests) == [0, 2])
        #expect(sums.map(\.cacheHits) == [1, 0])
        #expect(sums.last?.errors == ["UPSTREAM_5xx": 1])
    }
}
