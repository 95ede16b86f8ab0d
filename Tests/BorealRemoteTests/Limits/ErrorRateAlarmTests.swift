import Synchronization
import Testing

@testable import BorealRemote

@Suite("Alarm for failing calls")
struct ErrorRateAlarmTests {
    @Test("it is raised above a tenth of twenty calls, and again only after a good time")
    func raised() {
        var window = LatencyWindow()
        var alarm = ErrorRateAlarm()
        func run(_ calls: Int, failing: Int) -> Int {
            (0..<calls).count { index in
                window.count(1, failed: index < failing)
                return alarm.look(at: window)
            }
        }
        #expect(run(19, failing: 19) == 0, "too few calls")
        #expect(run(1, failing: 0) == 1)
        #expect(run(200, failing: 100) == 0, "it is known")
        #expect(run(256, failing: 0) == 0)
        #expect(run(256, failing: 40) == 1)
    }
}

@Suite("What operators are told")
struct RemoteObserverTests {
    @Test("an open breaker and usage to be stored are told as they happen")
    func breaker() {
        let heard = Mutex<[String]>([])
        let observer = RemoteObserver(
            alert: { alert in heard.withLock { $0.append(alert.text) } },
            usageGrew: { heard.withLock { $0.append("usage") } }
        )
        let bench = Bench(observer: observer) { _ in .status(501) }
        for index in 0..<8 {
            bench.submit(["row \(index)"])
            bench.scheduler.advance(50_000)
        }
        let trace = bench.dispatcher.recentRequests.last?.trace?.text ?? "?"
        #expect(
            heard.withLock { $0 } == [
                "usage", "provider p fails and is not called for 5000 ms (last trace \(trace))",
            ]
        )
        let taken = bench.dispatcher.takeUnsavedUsage()
        #expect(taken.first?.sum.errors == ["UPSTREAM_5xx": 5])
        bench.dispatcher.putBackUsage(taken)
        #expect(heard.withLock { $0.last } == "usage", "it is told anew")
    }

    @Test("a budget of which little is left is told with its share, what was used before counts")
    func budget() {
        let heard = Mutex<[String]>([])
        let observer = RemoteObserver(alert: { alert in heard.withLock { $0.append(alert.text) } })
        let bench = Bench(observer: observer)
        bench.submit(["123456789"])
        bench.scheduler.advance(50_000)
        bench.dispatcher.setBudget(
            UsageBudget(unit: .tokens, limit: 20, period: .day),
            for: .user("ann")
        )
        #expect(bench.dispatcher.budgets.first?.used == 10)
        bench.submit(["12345"])
        bench.scheduler.advance(50_000)
        #expect(
            heard.withLock { $0 } == [
                "80 % of the tokens budget of user 'ann' for this day is used"
            ]
        )
    }
}
