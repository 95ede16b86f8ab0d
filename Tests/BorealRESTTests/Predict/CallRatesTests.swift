import BorealBase
import Testing

@testable import BorealREST

@Suite("Rate limits of models")
struct CallRatesTests {
    private static func rule(_ limit: String, _ unit: String) -> JSON {
        .object([("limit", .string(limit)), ("unit", .string(unit))])
    }

    private static let second: UInt64 = 1_000_000_000

    @Test("a bucket holds one period's calls, fills evenly, and is each model's own")
    func bucket() {
        let rates = CallRates()
        let rule = Self.rule("4", "MINUTES")
        let admitted = (0..<6).map { _ in rates.admits(rule, "a", at: 0) }
        #expect(admitted == [true, true, true, true, false, false])
        #expect(rates.admits(rule, "b", at: 0))
        #expect(!rates.admits(rule, "a", at: 14 * Self.second))
        #expect(rates.admits(rule, "a", at: 16 * Self.second))
        #expect(!rates.admits(rule, "a", at: 16 * Self.second))
        // After a long rest no more than a period's calls.
        let later = (0..<6).map { _ in rates.admits(rule, "a", at: 86_400 * Self.second) }
        #expect(later == [true, true, true, true, false, false])
    }

    @Test("a changed rule begins with a full bucket; no rule admits all")
    func changed() {
        let rates = CallRates()
        #expect(rates.admits(Self.rule("1", "HOURS"), "a", at: 0))
        #expect(!rates.admits(Self.rule("1", "HOURS"), "a", at: Self.second))
        #expect(rates.admits(Self.rule("2", "HOURS"), "a", at: Self.second))
        for _ in 0..<100 { #expect(rates.admits(nil, "c", at: 0)) }
        // A limit below one admits one call now and then.
        #expect(rates.admits(Self.rule("0.5", "SECONDS"), "d", at: 0))
        #expect(!rates.admits(Self.rule("0.5", "SECONDS"), "d", at: Self.second))
        #expect(rates.admits(Self.rule("0.5", "SECONDS"), "d", at: 2 * Self.second))
    }
}
