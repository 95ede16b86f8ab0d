import BorealBase
import Testing

@testable import BorealRemote

@Suite("Dispatcher: scans that wait for room")
struct StandingRoomTests {
    /// Chats go one by one, so that a queue is easily full.
    private static var model: RemoteModelRuntime { Bench.model(.chat, batchMax: 1) }

    private func rows(_ name: String, _ count: Int = 1_000) -> [String] {
        (0..<count).map { "\(name)\($0)" }
    }

    @Test("scans whose rows fill the queue wait, and none of them is refused")
    func scansWait() {
        let bench = Bench(latency: 1_000)
        let scans = (1...12).map { scan in
            bench.submit(rows("s\(scan)/"), to: Self.model, statement: UInt64(scan)).inbox
        }
        #expect(bench.dispatcher.load.queued > 11_000)
        bench.scheduler.advance(20_000_000)
        for (scan, inbox) in zip(1..., scans) {
            #expect(inbox.words == rows("=s\(scan)/"), "scan \(scan)")
        }
        #expect(bench.dispatcher.load.queued == 0)
    }

    @Test("a single row finds its place beside any number of waiting scans, and in its turn")
    func singleRow() {
        let bench = Bench(latency: 1_000)
        for scan in 1...12 {
            bench.submit(rows("s\(scan)/"), to: Self.model, statement: UInt64(scan))
        }
        let (single, _) = bench.submit(["one"], to: Self.model, statement: 99)
        bench.scheduler.advance(10_000)
        #expect(single.words == ["=one"])
    }

    @Test("chunks are let in as they came, one statement's in their order")
    func order() throws {
        let bench = Bench(latency: 1_000)
        bench.submit(rows("first", 7_000), to: Self.model)
        bench.submit(rows("second"), to: Self.model, statement: 2)
        // It would fit, but others came before it.
        bench.submit(rows("third", 2), to: Self.model, statement: 3)
        bench.scheduler.advance(20_000_000)
        let lines = bench.upstream.lines.flatMap { $0 }
        let second = try #require(lines.firstIndex(of: "second0"))
        let third = try #require(lines.firstIndex(of: "third0"))
        #expect(second < third)
    }

    @Test("a chunk that waits is cancelled, or runs out of time, at once")
    func givenUp() {
        let bench = Bench { _ in .silence }
        var model = Self.model
        model.limits.concurrencyMax = 1
        bench.submit(rows("first", 7_000), to: model)
        let (cancelled, ticket) = bench.submit(rows("c"), to: model, statement: 2)
        let (timed, _) = bench.submit(rows("t"), to: model, statement: 3) {
            $0.deadline = bench.scheduler.now + 1_000
        }
        let (impatient, _) = bench.submit(rows("p"), to: model, statement: 4) {
            $0.queueMilliseconds = 2
        }
        #expect(cancelled.count == 0)
        ticket.cancel()
        #expect(cancelled.words.map(Set.init) == ["CANCELLED"])
        bench.scheduler.advance(1_000)
        #expect(timed.words.map(Set.init) == ["TIMEOUT"])
        bench.scheduler.advance(1_000)
        #expect(impatient.words.map(Set.init) == ["RATE_LIMIT"])
        bench.dispatcher.cancel(statement: 1)
        #expect(bench.dispatcher.load == DispatchLoad())
    }

    @Test("standing room is bounded by what rows take in memory, however short they are")
    func bounded() {
        func standing(_ count: Int) -> StandingRoom.Standing {
            let inputs = (0..<count).map { RemoteInput?.some(.text(String($0))) }
            let submission = RemoteSubmission(
                rows: [],
                model: Self.model,
                user: "ann",
                statement: 1
            )
            let distinct = DistinctRows(inputs)
            let entry = DispatchState.Entry(
                submission: submission,
                distinct: distinct,
                prepared: [],
                completion: { _ in }
            )
            let chunk = PendingChunk(submission, id: 1, distinct: distinct, completion: { _ in })
            return StandingRoom.Standing(chunk: chunk, entry: entry, bytes: count)
        }
        var room = StandingRoom()
        let queue = FairQueue<PendingRow>()
        let large = standing(StandingRoom.bytesMax / StandingRoom.rowBytes - 10_000)
        room.append(large)
        #expect(room.isNeeded(for: standing(2), beside: queue))
        #expect(!room.isNeeded(for: standing(20_000), beside: queue))
        let hasStood = room.remove(large.chunk)
        #expect(hasStood)
        #expect(room.isEmpty && !room.isNeeded(for: standing(20_000), beside: queue))
    }

    @Test("when every provider is out of order, those that wait are told as well")
    func outOfOrder() {
        let bench = Bench { _ in .status(502) }
        var model = Self.model
        model.limits.retriesMax = 0
        let (first, _) = bench.submit(rows("a", 7_400), to: model)
        let (second, _) = bench.submit(rows("b"), to: model, statement: 2)
        bench.scheduler.advance(1_000_000)
        #expect(first.words?.last == "BREAKER_OPEN")
        #expect(second.words?.last == "BREAKER_OPEN")
    }
}

@Suite("Dispatcher: one statement's rows in several chunks")
struct StatementMemoryTests {
    @Test("equal rows of a statement are asked once, even where answers are not kept")
    func equalRows() {
        let bench = Bench()
        let model = Bench.model(.chat, batchMax: 1)
        bench.submit(["a", "b"], to: model) { $0.isPart = true }
        bench.scheduler.advance(50_000)
        let (again, _) = bench.submit(["b", "c", "a"], to: model) { $0.isPart = true }
        bench.scheduler.advance(50_000)
        #expect(again.words == ["=b", "=c", "=a"])
        #expect(bench.upstream.lines == [["a"], ["b"], ["c"]])
        // Another statement wants answers of its own.
        bench.submit(["a"], to: model, statement: 2) { $0.isPart = true }
        bench.scheduler.advance(50_000)
        #expect(bench.upstream.lines.count == 4)
        bench.submit(["a"], to: model, statement: 3)
        bench.scheduler.advance(50_000)
        #expect(bench.upstream.lines.count == 5)
    }

    @Test("failures and cut answers are asked again")
    func asksAgain() {
        let bench = Bench()
        let model = Bench.model(.chat, batchMax: 1)
        for _ in 1...2 {
            bench.submit(["filtered", "long"], to: model) { $0.isPart = true }
            bench.scheduler.advance(50_000)
        }
        #expect(bench.upstream.lines.count == 4)
    }
}

@Suite("Dispatcher: traces")
struct TraceTests {
    @Test("attempts for the same rows share a trace, which failures, records and headers name")
    func shared() throws {
        let bench = Bench { _ in .status(500) }
        var model = Bench.model()
        model.limits.retriesMax = 1
        let (inbox, _) = bench.submit(["a"], to: model)
        bench.scheduler.advance(10_000_000)
        let trace = try #require(inbox.error?.trace)
        #expect(trace.text.count == 32)
        #expect(bench.dispatcher.recentRequests.map(\.trace) == [trace, trace])
        let parents = bench.upstream.traceParents
        #expect(parents.count == 2)
        #expect(Set(parents).count == 2)
        for parent in parents {
            let parts = parent.split(separator: "-").map(String.init)
            #expect(parts.map(\.count) == [2, 32, 16, 2])
            #expect(parts[0] == "00" && parts[1] == trace.text && parts[3] == "01")
            #expect(UInt64(parts[2], radix: 16) != 0)
        }
    }

    @Test("other rows have another trace, rows that were never sent have none")
    func others() {
        let bench = Bench()
        bench.submit(["a"])
        bench.scheduler.advance(20_000)
        bench.submit(["b"], statement: 2)
        bench.scheduler.advance(20_000)
        bench.submit(["b"], statement: 3)
        let traces = bench.dispatcher.recentRequests.map(\.trace?.text)
        #expect(traces.count == 3)
        #expect(traces[2] == nil)
        #expect(Set(traces).count == 3)
        let (late, _) = bench.submit(["c"], statement: 4) { $0.deadline = bench.scheduler.now }
        #expect(late.words == ["TIMEOUT"])
        #expect(late.error?.trace == nil)
    }
}
