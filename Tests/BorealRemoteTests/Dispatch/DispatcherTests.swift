import BorealBase
import Testing

@testable import BorealRemote

@Suite("Dispatcher: rows to requests and back")
struct DispatcherTests {
    @Test("value i belongs to row i, NULL and blank rows are sent to nobody, equal rows once")
    func rowsInOrder() {
        let bench = Bench()
        let (inbox, _) = bench.submit(["b", nil, "a", " ", "b", "c"])
        #expect(inbox.count == 0)
        bench.scheduler.advance(20_000)
        #expect(inbox.words == ["=b", "NULL", "=a", "NULL", "=b", "=c"])
        #expect(bench.upstream.lines == [["b", "a", "c"]])
        #expect(inbox.count == 1)
    }

    @Test("a chunk of NULLs is answered at once")
    func nothingToAsk() {
        let bench = Bench()
        #expect(bench.submit([nil, nil]).inbox.words == ["NULL", "NULL"])
        #expect(bench.submit([]).inbox.words == [])
        #expect(bench.upstream.seen.isEmpty)
    }

    @Test("rows are packed to the model's limit")
    func packing() {
        let bench = Bench()
        var model = Bench.model()
        model.limits.rowsMax = 10
        let rows = (0..<35).map { "r\($0)" }
        let (inbox, _) = bench.submit(rows, to: model)
        bench.scheduler.advance(100_000)
        #expect(inbox.words == rows.map { "=" + $0 })
        #expect(bench.upstream.lines.map(\.count) == [10, 10, 10, 5])
    }

    @Test("chats go one by one, not all at once")
    func chats() {
        let bench = Bench()
        let rows = (0..<12).map { "r\($0)" }
        let (inbox, _) = bench.submit(rows, to: Bench.model(.chat, batchMax: 1))
        #expect(bench.upstream.inFlight == 4)
        bench.scheduler.advance(100_000)
        #expect(inbox.words == rows.map { "=" + $0 })
        #expect(bench.upstream.inFlightMax == 5)
    }

    @Test("pairs are packed by their query")
    func pairs() {
        let bench = Bench()
        let inputs: [RemoteInput?] = (0..<8).map {
            .pair(query: $0 % 2 == 0 ? "q" : "p", document: "d\($0)")
        }
        let submission = RemoteSubmission(
            rows: inputs,
            model: Bench.model(.rerank),
            user: "ann",
            statement: 1
        )
        let inbox = Inbox()
        _ = bench.dispatcher.submit(submission) { inbox.receive($0) }
        bench.scheduler.advance(20_000)
        #expect(bench.upstream.lines.map(\.count) == [4, 4])
        #expect(inbox.words == (0..<8).map { ($0 % 2 == 0 ? "=q/d" : "=p/d") + "\($0)" })
    }

    @Test("a request that is not full waits 5 ms for the statement's next chunk, and for no other")
    func linger() {
        let bench = Bench()
        let first = bench.submit(["a", "b"]) { $0.expectsMore = true }.inbox
        #expect(bench.upstream.seen.isEmpty)
        bench.scheduler.advance(4_000)
        let second = bench.submit(["c"]).inbox
        #expect(bench.upstream.lines == [["a", "b", "c"]])
        bench.scheduler.advance(20_000)
        #expect(first.words == ["=a", "=b"])
        #expect(second.words == ["=c"])
        bench.submit(["d"], statement: 2) { $0.expectsMore = true }
        bench.scheduler.advance(4_999)
        #expect(bench.upstream.seen.count == 1)
        bench.scheduler.advance(1)
        #expect(bench.upstream.seen.count == 2)
        bench.submit(["e"], statement: 3) { $0.expectsMore = true }
        bench.dispatcher.finish(statement: 3)
        #expect(bench.upstream.seen.count == 3)
    }

    @Test(
        "while answers come, it waits for the chunk that they let follow, but no longer than 50 ms"
    )
    func lingerBesideAnswers() {
        let bench = Bench(latency: 4_000)
        var model = Bench.model()
        model.limits.rowsMax = 2
        let (first, _) = bench.submit(["a", "b", "c"], to: model) { $0.expectsMore = true }
        bench.scheduler.advance(8_999)
        #expect(bench.upstream.lines == [["a", "b"]])
        #expect(first.count == 0)
        bench.submit(["d"], to: model)
        #expect(bench.upstream.lines == [["a", "b"], ["c", "d"]])
        var apart = model
        apart.rules.isDedicatedOnly = true
        bench.submit(["e"], to: model, statement: 2) { $0.expectsMore = true }
        for index in 0..<12 {
            bench.submit(["x\(index)"], to: apart, statement: 3)
            bench.scheduler.advance(4_000)
            #expect(bench.upstream.lines.contains(["e"]) == false, "\(index)")
        }
        bench.scheduler.advance(2_000)
        #expect(bench.upstream.lines.contains(["e"]))
    }

    @Test("full requests do not wait for more")
    func fullNeedsNoTimer() {
        let bench = Bench()
        var model = Bench.model()
        model.limits.rowsMax = 2
        bench.submit(["a", "b", "c"], to: model) { $0.expectsMore = true }
        #expect(bench.upstream.lines == [["a", "b"]])
    }

    @Test("rows of different users, or calls with other parameters, never share a request")
    func noSharing() {
        let bench = Bench()
        var model = Bench.model()
        model.limits.concurrencyMax = 1
        bench.submit(["x"], to: model)
        bench.submit(["a"], to: model, user: "ann", statement: 2)
        bench.submit(["b"], to: model, user: "bob", statement: 3)
        model.variation = "dimensions=8"
        bench.submit(["c"], to: model, user: "ann", statement: 4)
        bench.submit(["d"], to: model, user: "ann", statement: 5)
        bench.scheduler.advance(200_000)
        #expect(bench.upstream.lines == [["x"], ["a"], ["b"], ["c", "d"]])
    }

    @Test("calls that send one row at a time leave the requests of others as full as they were")
    func singlesBesideScans() {
        let bench = Bench()
        var model = Bench.model()
        model.limits.concurrencyMax = 1
        var single = model
        single.variation = "written"
        single.limits.rowsMax = 1
        bench.submit(["v"], to: single)
        bench.submit((0..<10).map { "r\($0)" }, to: model, statement: 2)
        bench.submit(["w"], to: single, statement: 3)
        bench.scheduler.advance(200_000)
        #expect(bench.upstream.lines.map(\.count) == [1, 10, 1])
    }

    @Test("a request holds no more rows than the statement of any of them allows")
    func ownBounds() {
        let bench = Bench()
        var model = Bench.model()
        model.limits.concurrencyMax = 1
        var small = model
        small.limits.rowsMax = 2
        bench.submit(["x"], to: model)
        bench.submit(["a", "b", "c"], to: small, statement: 2)
        bench.submit(["d", "e"], to: model, statement: 3)
        bench.scheduler.advance(200_000)
        #expect(bench.upstream.lines == [["x"], ["a", "b"], ["d", "e"], ["c"]])
    }

    @Test("a scan does not keep a single call waiting")
    func fairness() {
        let bench = Bench()
        let model = Bench.model(.chat, batchMax: 1)
        bench.submit((0..<100).map { "scan\($0)" }, to: model, statement: 1)
        let single = bench.submit(["single"], to: model, statement: 2).inbox
        bench.scheduler.advance(40_000)
        #expect(single.words == ["=single"])
    }

    @Test("a row without a form fails alone, and nothing is sent for it")
    func unwritable() {
        let bench = Bench()
        let (inbox, _) = bench.submit(["a", "unwritable"])
        bench.scheduler.advance(20_000)
        #expect(inbox.words == ["=a", "CONFIG"])
        #expect(bench.upstream.lines == [["a"]])
    }

    @Test("a failed row in a good answer is alone; a cut answer is a value")
    func rowFailures() throws {
        let bench = Bench()
        let (inbox, _) = bench.submit(["a", "filtered", "long"])
        bench.scheduler.advance(20_000)
        #expect(inbox.words == ["=a", "FILTERED", "=lo"])
        let error = try #require(inbox.error)
        #expect(error.provider == "p")
        #expect(error.attempts == 1)
        #expect(error.milliseconds == 20)
        #expect(error.rows == 1)
    }

    @Test(
        "answers that cannot be placed fail the request; each row is then asked alone, once",
        arguments: ["nonsense", "", "=a\n=b\n=c"]
    )
    func badAnswers(_ body: String) throws {
        let bench = Bench { _ in .body(body) }
        let (inbox, _) = bench.submit(["a", "b"])
        bench.scheduler.advance(1_000_000)
        #expect(inbox.words == ["BAD_RESPONSE", "BAD_RESPONSE"])
        #expect(bench.upstream.seen.map(\.lines) == [["a", "b"], ["a"], ["b"]])
        #expect(inbox.error?.rows == 1)
        #expect(inbox.error?.attempts == 2)
    }

    @Test("an embedding of another length than the model's first fails alone, until ALTER")
    func dimensions() {
        let bench = Bench()
        let (first, _) = bench.submit(["vector xxx", "vector xxxx"])
        bench.scheduler.advance(20_000)
        let (second, _) = bench.submit(["vector xx", "vector yyy"], statement: 2)
        bench.scheduler.advance(20_000)
        #expect(first.words == ["?", "BAD_RESPONSE"])
        #expect(second.words == ["BAD_RESPONSE", "?"])
        #expect(second.error?.text == "2 numbers where the model's first answer had 3")
        #expect(bench.dispatcher.cache.entries == 2)
        var altered = Bench.model()
        altered.revision = 1
        let (third, _) = bench.submit(["vector xx"], to: altered, statement: 3)
        var shorter = Bench.model()
        shorter.variation = "dimensions=2"
        let (fourth, _) = bench.submit(["vector zz"], to: shorter, statement: 4)
        bench.scheduler.advance(20_000)
        #expect(third.words == ["?"])
        #expect(fourth.words == ["?"])
    }

    @Test("a full queue refuses rows, at once and by name")
    func busy() {
        let bench = Bench { _ in .silence }
        var model = Bench.model(.chat, batchMax: 1)
        model.limits.concurrencyMax = 1
        let (first, _) = bench.submit((0..<10_001).map { "a\($0)" }, to: model)
        let (second, _) = bench.submit(["b"], to: model, statement: 2)
        #expect(first.count == 0)
        #expect(second.count == 0)
        let (third, _) = bench.submit(["c"], to: model, statement: 3)
        #expect(third.words == ["BUSY"])
    }
}

@Suite("Dispatcher: memory and requests under way")
struct DispatcherSharingTests {
    @Test("what was answered is not asked again, by the same user")
    func cache() {
        let bench = Bench()
        bench.submit(["a", "b"])
        bench.scheduler.advance(20_000)
        let (again, _) = bench.submit(["b", "c", "a"], statement: 2)
        bench.scheduler.advance(20_000)
        #expect(again.words == ["=b", "=c", "=a"])
        #expect(again.outcomes?.map { $0?.isCached } == [true, false, true])
        bench.submit(["a"], user: "bob", statement: 3)
        #expect(bench.upstream.lines == [["a", "b"], ["c"], ["a"]])
        #expect(bench.dispatcher.cache.hits == 2)
        #expect(bench.dispatcher.cache.entries == 3)
    }

    /// A change of the model, and whether an answer from before it is still used.
    private static let changes: [(String, @Sendable (inout RemoteModelRuntime) -> Void, Bool)] = [
        ("nothing", { _ in }, true),
        ("version", { $0.version = "v2" }, false),
        ("definition", { $0.revision = 1 }, false),
        ("provider's model", { $0.upstreamName = "other" }, false),
        ("bypass", { $0.rules.isCacheBypassed = true }, false),
        ("retries", { $0.limits.retriesMax = 1 }, true),
    ]

    @Test("a changed model does not find old answers", arguments: 0..<changes.count)
    func changedModel(_ index: Int) {
        let (name, change, isFound) = Self.changes[index]
        let bench = Bench()
        bench.submit(["a"])
        bench.scheduler.advance(20_000)
        var model = Bench.model()
        change(&model)
        let (inbox, _) = bench.submit(["a"], to: model, statement: 2)
        bench.scheduler.advance(20_000)
        #expect(inbox.words == ["=a"])
        #expect(bench.upstream.seen.count == (isFound ? 1 : 2), "\(name)")
    }

    @Test("models of one name and revision at different addresses share no queue and no request")
    func equalRevisions() {
        let bench = Bench()
        var first = Bench.model(.chat, batchMax: 1, providers: ["a"])
        first.limits.requestsPerMinute = 1
        let second = Bench.model(.chat, batchMax: 1, providers: ["b"])
        let (one, _) = bench.submit(["x", "y"], to: first)
        let (two, _) = bench.submit(["x"], to: second, statement: 2)
        bench.scheduler.advance(61_000_000)
        #expect(one.words == ["=x", "=y"])
        #expect(two.words == ["=x"])
        let urls = bench.upstream.seen.map(\.url).sorted()
        #expect(urls == ["http://a/", "http://a/", "http://b/"])
    }

    @Test("users share answers only where the model says so")
    func sharedScope() {
        let bench = Bench()
        var model = Bench.model()
        model.rules.isCacheShared = true
        bench.submit(["a"], to: model, user: "ann")
        bench.scheduler.advance(20_000)
        let (inbox, _) = bench.submit(["a"], to: model, user: "bob", statement: 2)
        #expect(inbox.words == ["=a"])
        #expect(bench.upstream.seen.count == 1)
    }

    @Test("answers are forgotten after an hour; failures, cut answers and chats are never kept")
    func notKept() {
        let bench = Bench()
        bench.submit(["a", "filtered", "long"])
        bench.scheduler.advance(20_000)
        #expect(bench.dispatcher.cache.entries == 1)
        bench.scheduler.advance(3_600_000_000)
        bench.submit(["a"], statement: 2)
        #expect(bench.upstream.seen.count == 2)
        let chat = Bench()
        for statement in 1...2 as ClosedRange<UInt64> {
            chat.submit(["a"], to: Bench.model(.chat), statement: statement)
            chat.scheduler.advance(20_000)
        }
        #expect(chat.upstream.seen.count == 2)
    }

    @Test("a request under way is joined; the first to leave does not take it away")
    func joined() {
        let bench = Bench()
        let (first, ticket) = bench.submit(["a", "b"], statement: 1)
        let (second, _) = bench.submit(["b", "a"], statement: 2)
        ticket.cancel()
        #expect(first.words == ["CANCELLED", "CANCELLED"])
        bench.scheduler.advance(20_000)
        #expect(second.words == ["=b", "=a"])
        #expect(bench.upstream.lines == [["a", "b"]])
        #expect(bench.upstream.cancelled == 0)
        #expect(first.count == 1)
    }

    @Test("a queued row that another statement joined stays in the queue")
    func joinedInQueue() {
        let bench = Bench()
        var model = Bench.model(.chat, batchMax: 1)
        model.limits.concurrencyMax = 1
        bench.submit(["x"], to: model, statement: 1)
        let (_, ticket) = bench.submit(["a", "b"], to: model, statement: 2)
        let (joined, _) = bench.submit(["b"], to: model, statement: 3)
        ticket.cancel()
        bench.scheduler.advance(100_000)
        #expect(joined.words == ["=b"])
        #expect(bench.upstream.lines == [["x"], ["b"]])
    }
}

@Suite("Dispatcher: ends before the answer")
struct DispatcherCancellationTests {
    @Test("cancelling ends queued rows at once and aborts calls that nobody else waits for")
    func cancel() {
        let bench = Bench { _ in .silence }
        let model = Bench.model(.chat, batchMax: 1)
        let (inbox, ticket) = bench.submit((0..<20).map { "r\($0)" }, to: model)
        #expect(bench.upstream.inFlight == 4)
        ticket.cancel()
        #expect(inbox.words == Array(repeating: "CANCELLED", count: 20))
        #expect(bench.upstream.inFlight == 0)
        #expect(bench.upstream.cancelled == 4)
        ticket.cancel()
        #expect(inbox.count == 1)
        #expect(bench.dispatcher.providers.first?.inFlight == 0)
    }

    @Test("a statement's chunks are cancelled together, others go on")
    func statement() {
        let bench = Bench()
        let first = bench.submit(["a"], statement: 1).inbox
        let second = bench.submit(["b"], statement: 1).inbox
        let other = bench.submit(["c"], statement: 2).inbox
        bench.dispatcher.cancel(statement: 1)
        bench.scheduler.advance(20_000)
        #expect(first.words == ["CANCELLED"])
        #expect(second.words == ["CANCELLED"])
        #expect(other.words == ["=c"])
    }

    @Test("answers that came before the cancellation are kept")
    func partial() {
        let bench = Bench { $0.lines == ["a"] ? .answer : .silence }
        let (inbox, ticket) = bench.submit(["a", "b"], to: Bench.model(.chat, batchMax: 1))
        bench.scheduler.advance(20_000)
        ticket.cancel()
        #expect(inbox.words == ["=a", "CANCELLED"])
    }

    @Test("a flag that is set stops rows before they are sent")
    func flag() {
        let bench = Bench()
        let flag = CancellationFlag()
        let model = Bench.model(.chat, batchMax: 1)
        let (inbox, _) = bench.submit((0..<20).map { "r\($0)" }, to: model) {
            $0.cancellation = flag
        }
        flag.cancel()
        bench.scheduler.advance(20_000)
        #expect(inbox.words?.suffix(16) == ArraySlice(repeating: "CANCELLED", count: 16))
        #expect(bench.upstream.seen.count == 4)
    }

    @Test("at the deadline rows fail, queued ones are never sent, calls are aborted")
    func deadline() throws {
        let bench = Bench { $0.lines == ["r0"] ? .answer : .silence }
        let model = Bench.model(.chat, batchMax: 1)
        let (inbox, _) = bench.submit((0..<8).map { "r\($0)" }, to: model) {
            $0.deadline = 1_000_000 + 50_000
        }
        bench.scheduler.advance(49_999)
        #expect(inbox.count == 0)
        bench.scheduler.advance(1)
        #expect(inbox.words == ["=r0"] + Array(repeating: "TIMEOUT", count: 7))
        #expect(bench.upstream.inFlight == 0)
        #expect(bench.upstream.seen.count == 5)
        let (late, _) = bench.submit(["z"], to: model) { $0.deadline = 1_000_000 }
        #expect(late.words == ["TIMEOUT"])
        let error = try #require(inbox.error)
        #expect(error.attempts == 1)
        #expect(error.milliseconds == 50)
    }

    @Test("a request gets no more time than its rows have left")
    func shortTimeout() {
        let bench = Bench()
        bench.submit(["a"])
        bench.submit(["b"], statement: 2) { $0.deadline = 1_000_000 + 70_000 }
        #expect(bench.upstream.seen.map(\.timeoutMilliseconds) == [5_000, 70])
    }

    @Test("a deadline that has been met costs nothing later")
    func metDeadline() {
        let bench = Bench()
        let (inbox, _) = bench.submit(["a"]) { $0.deadline = 2_000_000 }
        bench.scheduler.advance(10_000_000)
        #expect(inbox.words == ["=a"])
        #expect(inbox.count == 1)
    }
}
