import Testing

@testable import BorealRemote

@Suite("Circuit breaker")
struct CircuitBreakerTests {
    private let second: Microseconds = 1_000_000

    private func run(_ failed: [Bool], _ breaker: inout CircuitBreaker, at now: Microseconds) {
        for isFailure in failed {
            let admission = breaker.callStarted(at: now)
            if isFailure {
                breaker.failed(admission, at: now)
            } else {
                breaker.succeeded(admission, at: now)
            }
        }
    }

    /// Results of calls, oldest first: `x` for a failure.
    private static let histories: [(String, CircuitBreaker.State)] = [
        ("xxxx", .closed),
        ("xxxxx", .open),
        ("xxxx.xxxx", .closed),
        (String(repeating: "x.", count: 9) + "x", .closed),
        (String(repeating: ".x", count: 10), .open),
        (String(repeating: "x..", count: 13), .closed),
    ]

    @Test("what opens it", arguments: histories)
    func opening(_ history: String, _ expected: CircuitBreaker.State) {
        var breaker = CircuitBreaker()
        run(history.map { $0 == "x" }, &breaker, at: second)
        #expect(breaker.state(at: second) == expected)
        #expect(breaker.admits(at: second) == (expected == .closed))
    }

    @Test("failures older than ten seconds are forgotten")
    func window() {
        var breaker = CircuitBreaker()
        for _ in 0..<9 { run([true, false], &breaker, at: second) }
        run([false, true], &breaker, at: 12 * second)
        #expect(breaker.state(at: 12 * second) == .closed)
    }

    @Test("it opens for 5, 10, 20, 40, 60, 60 seconds, and for 5 again once it has closed")
    func doubling() {
        var breaker = CircuitBreaker()
        var now = second
        run(Array(repeating: true, count: 5), &breaker, at: now)
        for seconds in [5, 10, 20, 40, 60, 60] as [Microseconds] {
            #expect(breaker.state(at: now + seconds * second - 1) == .open)
            now += seconds * second
            #expect(breaker.state(at: now) == .halfOpen)
            run([true], &breaker, at: now)
        }
        now += 60 * second
        run([false, false, false], &breaker, at: now)
        #expect(breaker.state(at: now) == .closed)
        run(Array(repeating: true, count: 5), &breaker, at: now)
        #expect(breaker.opensUntil == now + 5 * second)
    }

    @Test("half open it lets one call through at a time, and the third success closes it")
    func halfOpen() {
        var breaker = CircuitBreaker()
        run(Array(repeating: true, count: 5), &breaker, at: 0)
        let now = 5 * second
        for _ in 0..<3 {
            #expect(breaker.state(at: now) == .halfOpen)
            #expect(breaker.admits(at: now))
            let probe = breaker.callStarted(at: now)
            #expect(!breaker.admits(at: now))
            breaker.succeeded(probe, at: now)
        }
        #expect(breaker.state(at: now) == .closed)
    }

    @Test("a probe that was given up makes room for another")
    func abandonedProbe() {
        var breaker = CircuitBreaker()
        run(Array(repeating: true, count: 5), &breaker, at: 0)
        let probe = breaker.callStarted(at: 5 * second)
        breaker.abandoned(probe)
        #expect(breaker.admits(at: 5 * second))
    }

    @Test("calls from before it opened say nothing about what came after")
    func lateResults() {
        var breaker = CircuitBreaker()
        let early = breaker.callStarted(at: 0)
        run(Array(repeating: true, count: 5), &breaker, at: 0)
        let probe = breaker.callStarted(at: 5 * second)
        breaker.succeeded(early, at: 5 * second)
        breaker.failed(early, at: 5 * second)
        #expect(!breaker.admits(at: 5 * second), "the probe is still out")
        breaker.succeeded(probe, at: 5 * second)
        #expect(breaker.admits(at: 5 * second))
    }

    @Test("a used-up quota keeps it open as long as told, and no shorter for later failures")
    func quota() {
        var breaker = CircuitBreaker()
        breaker.open(until: 600 * second)
        breaker.open(until: 10 * second)
        #expect(breaker.state(at: 599 * second) == .open)
        #expect(breaker.state(at: 600 * second) == .halfOpen)
    }
}
