/// How many retries a provider gets beside its calls: one for every five, so that a provider in
/// trouble is not buried under repetitions.
///
/// A quiet provider would never earn a retry, so there is a reserve of ten, refilled by one a
/// second.
struct RetryBudget: Sendable {
    static let share = 0.2
    static let reserve = 10.0
    /// What can be saved up: a long quiet time must not pay for a storm.
    static let savedMax = 100.0

    private var balance = RetryBudget.reserve
    private var filledAt: Microseconds

    init(at now: Microseconds) { filledAt = now }

    /// A call that is no retry was sent.
    mutating func callStarted(at now: Microseconds) {
        fill(at: now)
        balance = min(RetryBudget.savedMax, balance + RetryBudget.share)
    }

    /// Takes one retry, if there is one.
    mutating func takeRetry(at now: Microseconds) -> Bool {
        fill(at: now)
        guard balance >= 1 else { return false }
        balance -= 1
        return true
    }

    private mutating func fill(at now: Microseconds) {
        let earned = Double(max(0, now - filledAt)) / 1_000_000
        filledAt = max(filledAt, now)
        if balance < RetryBudget.reserve {
            balance = min(RetryBudget.reserve, balance + earned)
        }
    }
}
