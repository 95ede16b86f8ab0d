/// Keeps calls away from a provider that fails, and lets single ones through to see whether it has
/// recovered.
///
/// It opens after 5 failures in a row, or when at least half of at least 20 calls of the last 10
/// seconds failed; for 5 seconds first, twice as long each time up to a minute. Then one call at a
/// time goes through, and the third success closes it.
///
/// Failures are 5xx, timeouts, lost connections and unreadable answers. A 4xx answer, 429 among
/// them, is none: the provider is there and says what it wants.
struct CircuitBreaker: Sendable {
    enum State: String, Sendable {
        case closed
        case open
        case halfOpen = "half_open"
    }

    /// Names the state in which a call began: what it says later counts only in that state.
    struct Admission: Equatable, Sendable {
        fileprivate let era: Int
    }

    static let failuresInRow = 5
    static let callsMin = 20
    static let openMin: Microseconds = 5_000_000
    static let openMax: Microseconds = 60_000_000
    static let successesToClose = 3

    private var isOpen = false
    private var isHalfOpen = false
    private var era = 0
    private var failures = 0
    private var successes = 0
    private var hasProbe = false
    private var openFor = CircuitBreaker.openMin
    /// When the next call may be tried; meaningful while open.
    private(set) var opensUntil = Microseconds.min
    private var recent = SecondCounters()

    /// As the table of providers shows it.
    func state(at now: Microseconds) -> State {
        if isHalfOpen || (isOpen && now >= opensUntil) { return .halfOpen }
        return isOpen ? .open : .closed
    }

    /// Whether a call may begin now.
    func admits(at now: Microseconds) -> Bool {
        switch state(at: now) {
        case .closed: true
        case .open: false
        case .halfOpen: !hasProbe
        }
    }

    /// A call begins, after `admits(at:)` said yes.
    mutating func callStarted(at now: Microseconds) -> Admission {
        if isOpen, now >= opensUntil { enterHalfOpen() }
        if isHalfOpen { hasProbe = true }
        return Admission(era: era)
    }

    mutating func succeeded(_ admission: Admission, at now: Microseconds) {
        guard admission.era == era, !isOpen else { return }
        failures = 0
        hasProbe = false
        guard isHalfOpen else { return recent.count(failed: false, at: now) }
        successes += 1
        if successes >= CircuitBreaker.successesToClose { close() }
    }

    mutating func failed(_ admission: Admission, at now: Microseconds) {
        guard admission.era == era, !isOpen else { return }
        guard !isHalfOpen else { return reopen(at: now) }
        failures += 1
        recent.count(failed: true, at: now)
        let (calls, failed) = recent.totals(at: now)
        let isBad = calls >= CircuitBreaker.callsMin && failed * 2 >= calls
        if failures >= CircuitBreaker.failuresInRow || isBad { open(until: now + openFor) }
    }

    /// The call ended without saying anything about the provider: cancelled, or told to wait.
    mutating func abandoned(_ admission: Admission) {
        if admission.era == era { hasProbe = false }
    }

    /// Nothing is sent until then, whatever was seen: a used-up quota. It never shortens a wait.
    mutating func open(until moment: Microseconds) {
        opensUntil = isOpen ? max(opensUntil, moment) : moment
        isOpen = true
        isHalfOpen = false
        hasProbe = false
        era += 1
    }

    private mutating func reopen(at now: Microseconds) {
        openFor = min(CircuitBreaker.openMax, openFor * 2)
        open(until: now + openFor)
    }

    private mutating func enterHalfOpen() {
        isOpen = false
        isHalfOpen = true
        successes = 0
        era += 1
    }

    private mutating func close() {
        isHalfOpen = false
        failures = 0
        openFor = CircuitBreaker.openMin
        recent = SecondCounters()
        era += 1
    }
}

/// Calls and failures of the last ten seconds, by second.
struct SecondCounters: Sendable {
    static let seconds = 10

    /// `[seconds]`: a slot is used again every ten seconds.
    private var slots = [(second: Int64, calls: Int, failures: Int)](
        repeating: (Int64.min, 0, 0),
        count: SecondCounters.seconds
    )

    mutating func count(failed: Bool, at now: Microseconds) {
        let second = now / 1_000_000
        let index = Int(second.magnitude % UInt64(SecondCounters.seconds))
        if slots[index].second != second { slots[index] = (second, 0, 0) }
        slots[index].calls += 1
        if failed { slots[index].failures += 1 }
    }

    func totals(at now: Microseconds) -> (calls: Int, failures: Int) {
        let oldest = now / 1_000_000 - Int64(SecondCounters.seconds)
        var sum = (calls: 0, failures: 0)
        for slot in slots where slot.second > oldest {
            sum.calls += slot.calls
            sum.failures += slot.failures
        }
        return sum
    }
}
