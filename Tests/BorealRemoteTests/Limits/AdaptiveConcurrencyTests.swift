import Testing

@testable import BorealRemote

@Suite("Adaptive concurrency")
struct AdaptiveConcurrencyTests {
    /// Successes of one latency, one after the other.
    private func succeed(
        _ count: Int,
        _ limit: inout AdaptiveConcurrency,
        latency: Microseconds = 20_000,
        hasQueue: Bool = true,
        at now: Microseconds = 1_000_000
    ) {
        for _ in 0..<count {
            limit.succeeded(startedAt: now - latency, hasQueue: hasQueue, at: now)
        }
    }

    @Test("it starts at 4 and grows by one for a window of as many successes, while rows wait")
    func growth() {
        var limit = AdaptiveConcurrency(maximum: 64)
        #expect(limit.limit == 4)
        succeed(3, &limit)
        #expect(limit.limit == 4)
        succeed(1, &limit)
        #expect(limit.limit == 5)
        succeed(5, &limit)
        #expect(limit.limit == 6)
        succeed(600, &limit, hasQueue: false)
        #expect(limit.limit == 6)
    }

    @Test("it stays between 1 and the maximum", arguments: [(1, 1), (3, 3), (7, 7), (0, 1)])
    func bounds(_ maximum: Int, _ expected: Int) {
        var limit = AdaptiveConcurrency(maximum: maximum)
        succeed(1_000, &limit)
        #expect(limit.limit == expected)
        for round in 1...20 {
            limit.pushedBack(startedAt: Microseconds(round), at: Microseconds(round))
        }
        #expect(limit.limit == 1)
    }

    @Test("a push back takes three tenths, once for the calls that were in flight together")
    func decrease() {
        var limit = AdaptiveConcurrency(maximum: 100)
        succeed(4 + 5 + 6 + 7 + 8 + 9, &limit)
        #expect(limit.limit == 10)
        for _ in 0..<10 { limit.pushedBack(startedAt: 1_000_000, at: 1_020_000) }
        #expect(limit.limit == 7)
        limit.pushedBack(startedAt: 1_020_000, at: 1_040_000)
        #expect(limit.limit == 4)
    }

    @Test("a median over twice the best of the last minute counts as a push back")
    func slowness() {
        var limit = AdaptiveConcurrency(maximum: 4)
        succeed(10, &limit, latency: 20_000, at: 1_000_000)
        succeed(10, &limit, latency: 39_000, at: 2_000_000)
        #expect(limit.limit == 4)
        succeed(10, &limit, latency: 41_000, at: 3_000_000)
        #expect(limit.limit == 2)
    }

    @Test("what was best is forgotten after a minute; a few milliseconds are noise")
    func memoryAndNoise() {
        var limit = AdaptiveConcurrency(maximum: 4)
        succeed(10, &limit, latency: 20_000, at: 1_000_000)
        succeed(10, &limit, latency: 90_000, at: 62_000_000)
        #expect(limit.limit == 4)
        var quick = AdaptiveConcurrency(maximum: 4)
        succeed(10, &quick, latency: 300, at: 1_000_000)
        succeed(10, &quick, latency: 4_000, at: 2_000_000)
        #expect(quick.limit == 4)
    }

    @Test("a lower maximum holds at once")
    func changedMaximum() {
        var limit = AdaptiveConcurrency(maximum: 8)
        limit.setMaximum(2)
        #expect(limit.limit == 2)
        limit.setMaximum(64)
        succeed(2, &limit)
        #expect(limit.limit == 3)
    }
}
