import BorealBase
import Dispatch
import Glibc
import Synchronization
import Testing

@testable import BorealNet

@Suite struct EventLoopTests {
    @Test("jobs of each thread run in the order they were handed in")
    func ordering() throws {
        let group = try EventLoopGroup(count: 1)
        defer { group.shutdown() }
        let loop = group.loops[0]
        let seen = Mutex<[Int]>([])
        let threads = 4
        let jobs = 2_000
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
            for job in 0..<jobs {
                loop.execute { seen.withLock { $0.append(thread * jobs + job) } }
            }
        }
        let done = Awaited<Bool>()
        loop.execute { done.give(true) }
        #expect(done.take() == true)
        let all = seen.withLock { $0 }
        #expect(all.count == threads * jobs)
        for thread in 0..<threads {
            let own = all.filter { $0 / jobs == thread }
            #expect(own == Array(thread * jobs..<(thread + 1) * jobs))
        }
    }

    @Test("a job handed in by a job runs after it, not inside it")
    func nestedExecute() throws {
        let group = try EventLoopGroup(count: 1)
        defer { group.shutdown() }
        let loop = group.loops[0]
        let order = Awaited<Int>()
        loop.execute {
            #expect(loop.isCurrent)
            loop.execute { order.give(2) }
            order.give(1)
        }
        #expect(order.take() == 1)
        #expect(order.take() == 2)
        #expect(!loop.isCurrent)
    }

    @Test("timers fire in order of their deadlines, never early, and not when cancelled")
    func timers() throws {
        let group = try EventLoopGroup(count: 1)
        defer { group.shutdown() }
        let loop = group.loops[0]
        let order = Awaited<(Int, UInt64)>()
        let start = MonotonicClock.nanoseconds
        for delay in [30, 5, 15] {
            loop.schedule(afterMilliseconds: delay) {
                order.give((delay, MonotonicClock.nanoseconds))
            }
        }
        let cancelled = loop.schedule(afterMilliseconds: 10) { order.give((-1, 0)) }
        cancelled.cancel()
        for delay in [5, 15, 30] {
            let (which, when) = try #require(order.take())
            #expect(which == delay)
            #expect(when - start >= UInt64(delay) * 1_000_000)
        }
    }

    @Test("many cancelled timers leave the ones that stay in order")
    func timerSweep() throws {
        let group = try EventLoopGroup(count: 1)
        defer { group.shutdown() }
        let loop = group.loops[0]
        let order = Awaited<UInt64>()
        loop.execute {
            for i in 0..<5_000 {
                let timer = loop.schedule(afterMilliseconds: 3_600_000) { order.give(0) }
                if i % 100 == 0 {
                    let delay = 60 - i / 100
                    let due = MonotonicClock.milliseconds + UInt64(delay)
                    loop.schedule(afterMilliseconds: delay) { order.give(due) }
                }
                timer.cancel()
            }
        }
        let fired = (0..<50).compactMap { _ in order.take() }
        #expect(fired.count == 50)
        // The test's clock and the loop's may differ by the millisecond that passed between them.
        let inOrder = zip(fired, fired.dropFirst()).allSatisfy { $0 <= $1 + 1 }
        #expect(inOrder)
    }

    @Test("a loop-bound value comes back to its loop")
    func loopBound() throws {
        final class Plain { var count = 0 }
        let group = try EventLoopGroup(count: 1)
        defer { group.shutdown() }
        let loop = group.loops[0]
        let answer = Awaited<Int>()
        loop.execute {
            let bound = LoopBound(Plain(), to: loop)
            DispatchQueue(label: "elsewhere").async {
                bound.loop.execute {
                    bound.value.count += 1
                    answer.give(bound.value.count)
                }
            }
        }
        #expect(answer.take() == 1)
    }

    @Test(
        "a connection goes to the loop with the fewest, and stays at home among equals",
        arguments: [
            ([0, 0, 0], 0), ([1, 0, 0], 1), ([1, 1, 0], 2), ([2, 2, 2], 0), ([3, 2, 1], 2),
            ([0, 5, 5], 0),
        ]
    )
    func leastLoaded(arriving: [Int], expected: Int) throws {
        let group = try EventLoopGroup(count: 3)
        defer { group.shutdown() }
        for (loop, count) in zip(group.loops, arriving) {
            loop.arriving.store(count, ordering: .relaxed)
        }
        #expect(group.leastLoaded(from: group.loops[0]).index == expected)
    }

    @Test("an outgoing connection opens, talks and closes")
    func connect() throws {
        let server = try TestServer { _ in ClosureHandler.echo() }
        let loop = server.group.loops[1]
        let address = server.listener.addresses[0]
        let got = Awaited<[UInt8]>()
        loop.execute {
            do {
                try loop.connect(to: address, timeoutMilliseconds: 5_000) { _ in
                    let handler = ClosureHandler()
                    handler.opened = { $0.send([4, 2]) }
                    handler.received = { connection, bytes in
                        got.give(Array(bytes))
                        connection.close()
                    }
                    return handler
                }
            } catch {
                Issue.record(error)
            }
        }
        #expect(got.take() == [4, 2])
    }

    @Test("an outgoing connection to a closed port fails with connectFailed")
    func connectRefused() throws {
        // A port that was free a moment ago.
        let server = try TestServer { _ in ClosureHandler.echo() }
        let address = server.listener.addresses[0]
        server.listener.stop()
        let loop = server.group.loops[0]
        let outcome = Awaited<SocketError?>()
        loop.execute {
            do {
                try loop.connect(to: address, timeoutMilliseconds: 5_000) { _ in
                    let handler = ClosureHandler()
                    handler.closed = { outcome.give($1) }
                    return handler
                }
            } catch {
                outcome.give(error as? SocketError)
            }
        }
        #expect(outcome.take() == .some(.connectFailed(code: ECONNREFUSED)))
    }
}
