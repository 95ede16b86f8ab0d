import BorealBase
import Dispatch
import Synchronization
import Testing

@testable import BorealRemote

/// Rows of which about 30 in 100 repeat an earlier one.
private func rows(_ count: Int, seed: UInt64) -> [String] {
    var generator = SplitMix(seed: seed)
    var rows: [String] = []
    for index in 0..<count {
        let isRepeated = index > 0 && Int.random(in: 0..<100, using: &generator) < 30
        rows.append(isRepeated ? rows[Int.random(in: 0..<index, using: &generator)] : "row\(index)")
    }
    return rows
}

/// So many of a hundred requests fail, by turns with 429, 500 and a lost connection.
private func faulty(_ percent: Int, seed: UInt64)
    -> @Sendable (FakeUpstream.Seen) -> FakeUpstream.Reply
{
    let generator = Mutex(SplitMix(seed: seed))
    return { _ in
        generator.withLock { generator in
            guard Int.random(in: 0..<100, using: &generator) < percent else { return .answer }
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: return .status(429)
            case 1: return .status(500)
            default: return .lost(.reset)
            }
        }
    }
}

@Suite("Dispatcher: what must hold for any service")
struct DispatcherPropertyTests {
    /// Submits in chunks of 2,048, as a statement does, and waits for the end.
    private func run(_ rows: [String], _ model: RemoteModelRuntime, _ bench: Bench) -> [String] {
        var inboxes: [Inbox] = []
        for start in stride(from: 0, to: rows.count, by: 2_048) {
            let end = min(start + 2_048, rows.count)
            let (inbox, _) = bench.submit(Array(rows[start..<end]), to: model) {
                $0.expectsMore = end < rows.count
            }
            inboxes.append(inbox)
        }
        for _ in 0..<3_000 where inboxes.contains(where: { $0.count == 0 }) {
            bench.scheduler.advance(100_000)
        }
        #expect(inboxes.allSatisfy { $0.count == 1 })
        return inboxes.flatMap { $0.words ?? [] }
    }

    @Test(
        "with one request in 20 failing, every row is right, none is sent again after success",
        arguments: [(RemoteModelKind.chat, 1, 1), (.embedding, 16, 2), (.embedding, 256, 3)]
            as [(RemoteModelKind, Int, UInt64)]
    )
    func faults(_ kind: RemoteModelKind, _ batchMax: Int, _ seed: UInt64) {
        let bench = Bench(cacheBytesMax: 16 << 20, rule: faulty(5, seed: seed))
        let rows = rows(10_000, seed: seed)
        let model = Bench.model(kind, batchMax: batchMax)
        let words = run(rows, model, bench)
        #expect(words == rows.map { "=" + $0 })
        #expect(bench.upstream.answered.count == Set(rows).count)
        #expect(bench.upstream.answered.values.allSatisfy { $0 == 1 })
        expectSums(of: bench)
        #expect(bench.dispatcher.load == .init())
    }

    /// What was metered is what the service counted, request by request.
    private func expectSums(of bench: Bench) {
        let sums = bench.dispatcher.hourlyUsage.map(\.sum)
        #expect(sums.reduce(0) { $0 + $1.tokensIn } == bench.upstream.tokens[0])
        #expect(sums.reduce(0) { $0 + $1.tokensOut } == bench.upstream.tokens[1])
        #expect(sums.reduce(0) { $0 + $1.requests } == bench.upstream.seen.count)
    }

    @Test("without failures the number of requests is the least possible", arguments: [1, 10, 256])
    func leastRequests(_ batchMax: Int) {
        let bench = Bench()
        let rows = rows(10_000, seed: 11)
        let words = run(rows, Bench.model(batchMax: batchMax), bench)
        #expect(words == rows.map { "=" + $0 })
        let distinct = Set(rows).count
        #expect(bench.upstream.seen.count == (distinct + batchMax - 1) / batchMax)
    }

    @Test("outcomes do not depend on batch size and concurrency")
    func independent() {
        let rows = rows(500, seed: 12)
        for (batchMax, concurrency) in [(1, 1), (1, 50), (7, 3), (256, 100)] {
            var model = Bench.model(batchMax: batchMax)
            model.limits.concurrencyMax = concurrency
            let bench = Bench(rule: faulty(5, seed: 13))
            #expect(run(rows, model, bench) == rows.map { "=" + $0 })
            #expect(bench.upstream.inFlightMax <= concurrency)
        }
    }

    @Test("cancelling at any moment leaves nothing behind, and each chunk has one end")
    func randomCancels() {
        var generator = SplitMix(seed: 14)
        for round in 0..<40 as Range<UInt64> {
            let bench = Bench(rule: faulty(20, seed: round))
            var parts: [(inbox: Inbox, ticket: RemoteTicket, rows: [String])] = []
            for statement in 0..<12 as Range<UInt64> {
                let rows = rows(Int.random(in: 1..<40, using: &generator), seed: statement % 5)
                let (inbox, ticket) = bench.submit(
                    rows,
                    to: Bench.model(.chat, batchMax: 1),
                    statement: statement
                )
                parts.append((inbox, ticket, rows))
                bench.scheduler.advance(Microseconds.random(in: 0..<30_000, using: &generator))
                parts.randomElement(using: &generator)?.ticket.cancel()
            }
            bench.scheduler.advance(120_000_000)
            for part in parts {
                #expect(part.inbox.count == 1)
                for (word, row) in zip(part.inbox.words ?? [], part.rows) where word.first == "=" {
                    #expect(word == "=" + row)
                }
            }
            #expect(bench.dispatcher.load == .init())
            #expect(bench.upstream.inFlight == 0)
            expectSums(of: bench)
        }
    }

    @Test("what is remembered stays small, however many statements come and go")
    func bounded() {
        let bench = Bench(latency: 1_000, cacheBytesMax: 10_000)
        for statement in 0..<3_000 as Range<UInt64> {
            bench.submit(["r\(statement)"], statement: statement) { $0.deadline = 1 << 50 }
            bench.scheduler.advance(1_000)
        }
        #expect(bench.dispatcher.cache.bytes <= 10_000)
        #expect(bench.dispatcher.eventCount <= 2_000)
        #expect(bench.dispatcher.load == .init())
        for revision in 1...50 {
            var model = Bench.model()
            model.revision = revision
            bench.submit(["x"], to: model)
            bench.scheduler.advance(1_000)
        }
        #expect(bench.dispatcher.modelCount == 1)
    }
}

/// Answers every request on another thread, now and then with a failure.
private final class ThreadedUpstream: CallTransport {
    private let queue = DispatchQueue.global()
    private let count = Atomic<Int>(0)

    func send(
        _ request: CallRequest,
        completion: @escaping @Sendable (Result<CallResponse, CallFailure>) -> Void
    ) -> any CancellableCall {
        let call = FakeCall(completion)
        let number = count.add(1, ordering: .relaxed).newValue
        let lines = String(decoding: request.body, as: UTF8.self).split(separator: "\n")
        let body = lines.map { "=" + $0 }.joined(separator: "\n")
        queue.async {
            call.end {
                number % 20 == 0
                    ? .failure(CallFailure(.reset, "lost"))
                    : .success(CallResponse(status: 200, headers: [], body: Array(body.utf8)))
            }
        }
        return call
    }
}

@Suite("Dispatcher: threads")
struct DispatcherThreadTests {
    @Test("a thousand submits and cancels from eight threads all end")
    func threads() {
        let dispatcher = RemoteDispatcher(
            transport: ThreadedUpstream(),
            scheduler: QueueScheduler(),
            seed: 1
        )
        let wrong = Atomic<Int>(0)
        let ended = DispatchGroup()
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            var generator = SplitMix(seed: UInt64(thread))
            for turn in 0..<125 {
                let rows = (0..<20).map { _ in "r\(Int.random(in: 0..<2_000, using: &generator))" }
                let submission = RemoteSubmission(
                    rows: rows.map { .prompt($0) },
                    model: Bench.model(.chat, batchMax: 4),
                    user: "ann",
                    statement: UInt64(thread * 1_000 + turn)
                )
                ended.enter()
                let ticket = dispatcher.submit(submission) { outcomes in
                    for (row, outcome) in zip(rows, outcomes) {
                        if case .success(let answer)? = outcome?.result,
                            answer.value != .text("=" + row)
                        {
                            wrong.add(1, ordering: .relaxed)
                        }
                    }
                    ended.leave()
                }
                if turn % 3 == 0 { ticket.cancel() }
                if turn % 7 == 0 { dispatcher.cancel(statement: submission.statement) }
            }
        }
        #expect(ended.wait(timeout: .now() + 60) == .success)
        #expect(wrong.load(ordering: .relaxed) == 0)
        #expect(dispatcher.load == .init())
    }
}
