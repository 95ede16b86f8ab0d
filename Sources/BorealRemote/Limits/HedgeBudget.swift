/// When a second call to another provider is sent while the first one has not answered yet.
package enum Hedging: Equatable, Sendable {
    case off
    case afterMilliseconds(Int)
    /// After the time that 95 of 100 calls stay within.
    case p95
}

/// Keeps second calls below a twentieth of all.
struct HedgeBudget: Sendable {
    static let share = 0.05

    private var calls = 0
    private var hedges = 0

    mutating func callStarted() { calls += 1 }

    /// Takes one second call, if there is one.
    mutating func take() -> Bool {
        guard Double(hedges + 1) <= Double(calls) * HedgeBudget.share else { return false }
        hedges += 1
        return true
    }
}
