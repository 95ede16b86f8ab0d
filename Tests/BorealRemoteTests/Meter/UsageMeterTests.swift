import BorealBase
import Testing

@testable import BorealRemote

@Suite("Metering")
struct UsageMeterTests {
    private func record(
        hour: Int64 = 0,
        user: String = "u",
        tokens: Int = 10,
        failure: RemoteModelError.Code? = nil,
        isCached: Bool = false
    ) -> RequestRecord {
        RequestRecord(
            at: Instant(microseconds: hour * 3_600_000_000 + 5),
            user: user,
            model: "m",
            provider: "p",
            kind: .embedding,
            rows: 3,
            bytes: 30,
            usage: TokenUsage(input: tokens, output: 1, isEstimated: false),
            attempt: 1,
            failure: failure,
            milliseconds: 7,
            queueMilliseconds: 1,
            isCached: isCached,
            cost: 0.5
        )
    }

    @Test("sums are by hour, user, model and provider, failures and cache hits apart")
    func sums() throws {
        var meter = UsageMeter()
        meter.record(record())
        meter.record(record(tokens: 0, failure: .rateLimit))
        meter.record(record(tokens: 0, failure: .rateLimit))
        meter.record(record(isCached: true))
        meter.record(record(hour: 1, user: "v"))
        #expect(meter.hourly.map(\.key.hour) == [0, 1])
        let first = try #require(meter.hourly.first).sum
        #expect(first.requests == 3)
        #expect(first.rows == 9)
        #expect(first.errors == ["RATE_LIMIT": 2])
        #expect(first.tokensIn == 10)
        #expect(first.tokensOut == 3)
        #expect(first.cacheHits == 3)
        #expect(first.cost == 1.5)
        #expect(!first.isEstimated)
    }

    @Test("a sum with a guessed part says so; what cost nothing was not guessed")
    func estimates() {
        var meter = UsageMeter()
        var guess = record(tokens: 0, failure: .rateLimit)
        guess.usage = TokenUsage(input: 0, output: 0, isEstimated: true)
        meter.record(guess)
        #expect(meter.hourly.first?.sum.isEstimated == false)
        guess.usage.input = 4
        meter.record(guess)
        meter.record(record())
        #expect(meter.hourly.first?.sum.isEstimated == true)
    }

    @Test("the last ten thousand requests are kept, oldest first")
    func ring() {
        var meter = UsageMeter()
        for index in 0..<10_003 { meter.record(record(tokens: index)) }
        #expect(meter.recent.count == 10_000)
        #expect(meter.recent.first?.usage.input == 3)
        #expect(meter.recent.last?.usage.input == 10_002)
    }

    @Test("the table of sums is bounded: the oldest hour goes")
    func bounded() {
        var meter = UsageMeter()
        for index in 0..<50_001 {
            meter.record(record(hour: Int64(index / 100), user: "u\(index % 100)"))
        }
        #expect(meter.hourly.count == 49_901)
        #expect(meter.hourly.first?.key.hour == 1)
    }

    @Test("what was counted is taken to be stored once, and again when that went wrong")
    func unsaved() {
        var meter = UsageMeter()
        meter.record(record())
        meter.record(record(tokens: 5, failure: .timeout))
        let taken = meter.takeUnsaved()
        #expect(taken.count == 1)
        #expect(taken.first?.sum.tokensIn == 15)
        #expect(!meter.hasUnsaved)
        meter.record(record(tokens: 1))
        meter.putBack(taken)
        #expect(meter.takeUnsaved().first?.sum.tokensIn == 16)
        #expect(meter.hourly.first?.sum.tokensIn == 16, "taking changes no sum")
    }

    @Test("stored sums are taken over, and count for budgets of their day and month")
    func restored() {
        var first = UsageMeter()
        first.record(record(hour: 0))
        first.record(record(hour: 30, user: "v", tokens: 100))
        var meter = UsageMeter()
        meter.restore(first.takeUnsaved())
        #expect(!meter.hasUnsaved)
        #expect(meter.hourly.map(\.sum) == first.hourly.map(\.sum))
        meter.record(record(hour: 31))
        let now = Instant(microseconds: 31 * 3_600_000_000)
        #expect(meter.used(by: .user("u"), .tokens, .day, at: now) == 11)
        #expect(meter.used(by: .user("u"), .tokens, .month, at: now) == 22)
        #expect(meter.used(by: .model("m"), .tokens, .day, at: now) == 112)
        #expect(meter.used(by: .model("m"), .cost, .month, at: now) == 1.5)
        #expect(meter.used(by: .user("w"), .tokens, .month, at: now) == 0)
    }

    @Test("a price is for a million tokens")
    func price() {
        let price = TokenPrice(inputPerMillion: 2, outputPerMillion: 8)
        #expect(price.cost(TokenUsage(input: 500_000, output: 250_000, isEstimated: false)) == 3)
    }
}

@Suite("Budgets of usage")
struct UsageBudgetsTests {
    private let noon = Instant(microseconds: 1_796_212_800_000_000)  // 2026-12-02 12:00:00
    private let user = UsageBudgets.Owner.user("ann")
    private let model = UsageBudgets.Owner.model("m")

    private func tokens(_ count: Int) -> UsageBudgets.Amount { .init(tokens: count, cost: 0) }

    @Test("what is used and what is under way count together")
    func reservation() {
        var budgets = UsageBudgets()
        budgets.set(.init(unit: .tokens, limit: 100, period: .day), for: user, at: noon)
        #expect(budgets.reserve(tokens(60), [user, model], at: noon) == nil)
        #expect(budgets.reserve(tokens(60), [user, model], at: noon) == nil)
        let refusal = budgets.reserve(tokens(1), [user, model], at: noon)
        #expect(refusal?.code == .budget)
        #expect(refusal?.text == "the tokens budget of user 'ann' for this day is used up")
        budgets.release(tokens(60), [user])
        budgets.release(tokens(60), [user])
        #expect(budgets.reserve(tokens(1), [user], at: noon) == nil)
        budgets.spend(tokens(100), [user], at: noon)
        #expect(budgets.reserve(tokens(1), [user], at: noon)?.code == .budget)
        #expect(budgets.reserve(tokens(1), [.user("bob")], at: noon) == nil)
        #expect(budgets.standings(at: noon).first?.used == 100)
    }

    @Test("that four fifths are used is told once a period")
    func told() {
        var budgets = UsageBudgets()
        budgets.set(.init(unit: .tokens, limit: 100, period: .day), for: user, at: noon)
        #expect(budgets.spend(tokens(79), [user, model], at: noon).isEmpty)
        #expect(budgets.spend(tokens(1), [user, model], at: noon).map(\.share) == [0.8])
        #expect(budgets.spend(tokens(50), [user], at: noon).isEmpty)
        let tomorrow = Instant(microseconds: noon.microseconds + 86_400_000_000)
        #expect(budgets.spend(tokens(90), [user], at: tomorrow).count == 1)
    }

    @Test(
        "a day and a month begin anew (UTC)",
        arguments: [(12, true), (13, false), (24 * 30, false)]
    )
    func periods(_ hours: Int64, _ isSameDay: Bool) {
        var budgets = UsageBudgets()
        budgets.set(.init(unit: .tokens, limit: 1, period: .day), for: user, used: 1, at: noon)
        let later = Instant(microseconds: noon.microseconds + (hours - 1) * 3_600_000_000)
        #expect((budgets.reserve(tokens(1), [user], at: later) != nil) == isSameDay)
        #expect(budgets.standings(at: later).first?.used == (isSameDay ? 1 : 0))
    }

    @Test("months are the calendar's")
    func months() {
        let last = Instant(microseconds: 1_798_761_599_000_000)  // 2026-12-31 23:59:59
        let first = Instant(microseconds: 1_798_761_600_000_000)
        #expect(UsageBudgets.index(of: .month, at: noon) == 56 * 12 + 11)
        #expect(UsageBudgets.index(of: .month, at: last) == 56 * 12 + 11)
        #expect(UsageBudgets.index(of: .month, at: first) == 57 * 12)
    }

    @Test("cost and tokens are counted apart, a new limit replaces the old one")
    func units() {
        var budgets = UsageBudgets()
        budgets.set(.init(unit: .cost, limit: 2, period: .month), for: model, at: noon)
        budgets.set(.init(unit: .tokens, limit: 10, period: .month), for: model, at: noon)
        budgets.spend(.init(tokens: 5, cost: 2), [model], at: noon)
        #expect(budgets.reserve(tokens(1), [model], at: noon)?.text.contains("cost") == true)
        budgets.set(.init(unit: .cost, limit: 5, period: .month), for: model, used: 2, at: noon)
        #expect(budgets.reserve(tokens(1), [model], at: noon) == nil)
        budgets.remove(unit: .cost, period: .month, for: model)
        #expect(budgets.standings(at: noon).map(\.budget.unit) == [.tokens])
    }
}
