/// How many requests or tokens may be spent in a minute: a bucket that fills evenly and holds one
/// minute's worth.
///
/// What a call will cost is taken before it is sent, from an estimate, and put right when the
/// answer says what it did cost: a bucket charged only afterwards lets a burst of parallel calls
/// through. The level may therefore lie below zero.
struct TokenBucket: Sendable {
    /// What flows in; nil for no limit.
    let perMinute: Int?
    /// What may be spent at `filledAt`; negative after a call that cost more than was thought.
    private var level: Double
    private var filledAt: Microseconds

    /// A full bucket.
    init(perMinute: Int?, at now: Microseconds) {
        self.perMinute = perMinute.map { max(1, $0) }
        level = Double(self.perMinute ?? 0)
        filledAt = now
    }

    /// Until `amount` can be taken: 0 for now. More than the bucket holds can be taken when it is
    /// full, else a long prompt would wait for ever.
    func wait(for amount: Int, at now: Microseconds) -> Microseconds {
        guard let perMinute else { return 0 }
        let missing = min(Double(amount), Double(perMinute)) - level(at: now)
        guard missing > 0 else { return 0 }
        return Microseconds((missing * 60_000_000 / Double(perMinute)).rounded(.up))
    }

    /// Spends what `wait(for:at:)` allowed.
    mutating func take(_ amount: Int, at now: Microseconds) {
        level = level(at: now) - Double(amount)
        filledAt = max(filledAt, now)
    }

    /// Puts an estimate right.
    mutating func correct(estimated: Int, actual: Int, at now: Microseconds) {
        take(actual - estimated, at: now)
    }

    private func level(at now: Microseconds) -> Double {
        guard let perMinute else { return 0 }
        let passed = Double(max(0, now - filledAt))
        return min(Double(perMinute), level + passed * Double(perMinute) / 60_000_000)
    }
}

/// Requests and tokens together: both must have room.
struct RateLimiter: Sendable {
    private var requests: TokenBucket
    private var tokens: TokenBucket

    init(requestsPerMinute: Int?, tokensPerMinute: Int?, at now: Microseconds) {
        requests = TokenBucket(perMinute: requestsPerMinute, at: now)
        tokens = TokenBucket(perMinute: tokensPerMinute, at: now)
    }

    /// Whether these are the limits already in force: a changed limit starts with a full bucket.
    func has(requestsPerMinute: Int?, tokensPerMinute: Int?) -> Bool {
        requests.perMinute == requestsPerMinute.map { max(1, $0) }
            && tokens.perMinute == tokensPerMinute.map { max(1, $0) }
    }

    /// Until one request of so many tokens may go: 0 for now.
    func wait(tokens count: Int, at now: Microseconds) -> Microseconds {
        max(requests.wait(for: 1, at: now), tokens.wait(for: count, at: now))
    }

    mutating func take(tokens count: Int, at now: Microseconds) {
        requests.take(1, at: now)
        tokens.take(count, at: now)
    }

    mutating func correct(estimated: Int, actual: Int, at now: Microseconds) {
        tokens.correct(estimated: estimated, actual: actual, at: now)
    }
}
