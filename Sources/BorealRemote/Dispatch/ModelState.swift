/// The queue of a model and what was learned about it. Lives inside the dispatcher's lock.
final class ModelState {
    /// A request that is not full waits so long for the statement's next chunk ...
    static let linger: Microseconds = 5_000
    /// ... or, while answers come and let the statement go on, at most so long.
    static let lingerMax: Microseconds = 50_000
    /// Forms of calls whose dimension is remembered.
    static let variationsMax = 256

    /// Of the runtime, which is another for each statement but never of another identity.
    let identity: String
    /// As the last statement sees it; its rows have their own.
    var runtime: RemoteModelRuntime
    /// Rows that may go to any provider, and rows that must not leave the first tier: one kind does
    /// not stand in the other's way.
    var queues = [FairQueue<PendingRow>(), FairQueue<PendingRow>()]
    /// Chunks for which the queues have no room now.
    var standing = StandingRoom()
    /// When a request was last sent or answered.
    var movedAt = Microseconds.min
    /// Batches that are sent again, or in smaller pieces.
    var waiting: [PendingBatch] = []
    var cap: LearnedBatchCap
    var limiter: RateLimiter
    var hedges = HedgeBudget()
    let providers: [ProviderState]
    var inFlight = 0
    /// When it will look again by itself.
    var pumpAt = Microseconds.max
    /// Numbers of an embedding, by what the call changes of the definition.
    private var dimensions: [String: Int] = [:]
    /// Statements that bring more rows.
    var expecting: Set<UInt64> = []

    init(_ runtime: RemoteModelRuntime, _ providers: [ProviderState], at now: Microseconds) {
        identity = runtime.identity
        self.runtime = runtime
        self.providers = providers
        cap = LearnedBatchCap(.max)
        limiter = RateLimiter(
            requestsPerMinute: runtime.limits.requestsPerMinute,
            tokensPerMinute: runtime.limits.tokensPerMinute,
            at: now
        )
    }

    var hasQueue: Bool {
        !waiting.isEmpty || !standing.isEmpty || queues.contains { $0.count > 0 }
    }

    func queue(of chunk: PendingChunk) -> FairQueue<PendingRow> {
        queues[chunk.runtime.value.queue]
    }

    var isIdle: Bool { !hasQueue && inFlight == 0 }

    /// As the statement sees it whose row is served next: statements differ in what a request may
    /// hold.
    private func nextRuntime(of queue: Int) -> RemoteModelRuntime {
        queues[queue].first?.runtime.value ?? runtime
    }

    /// Rows of a queue's next request.
    func rowsMax(of queue: Int) -> Int { max(1, min(cap.value, nextRuntime(of: queue).rowsMax)) }

    /// Estimated tokens of a queue's next request.
    func tokensMax(of queue: Int) -> Int { nextRuntime(of: queue).tokensMax }

    /// Requests that wait for a place, about.
    var requestsAhead: Int {
        queues.indices.reduce(waiting.count) { $0 + queues[$1].count / rowsMax(of: $1) }
    }

    /// Whether the rows of a queue are worth a request now; else when they are.
    func dueTime(of queue: Int, at now: Microseconds) -> Microseconds {
        let rows = queues[queue]
        guard let first = rows.first else { return .max }
        let isFull =
            rows.count >= rowsMax(of: queue) || rows.bytes >= BatchPacker.bytesMax
            || TokenEstimate.tokens(bytes: rows.bytes) >= tokensMax(of: queue)
        guard !isFull, rows.statements.allSatisfy(expecting.contains) else { return now }
        let quiet = max(first.enqueuedAt, movedAt) + ModelState.linger
        return max(now, min(first.enqueuedAt + ModelState.lingerMax, quiet))
    }

    /// The next request's rows: of one user, so that its tokens are somebody's.
    func takeBatch(from queue: Int, at now: Microseconds) -> PendingBatch {
        var packer = BatchPacker(rowsMax: rowsMax(of: queue), tokensMax: tokensMax(of: queue))
        let rows = queues[queue].take(into: &packer) { first, next in
            first.user == next.user && first.runtime.isOneForm(with: next.runtime)
                && first.runtime.value.codec.canShareRequest(first.input, next.input)
        }
        return PendingBatch(rows, notBefore: now)
    }

    /// Holds an embedding against the first one that the model answered: vectors of another length
    /// come from another model, and distances to them mean nothing.
    func objection(to answer: RemoteAnswer, of row: PendingRow) -> RemoteModelError? {
        guard case .vector(let numbers) = answer.value else { return nil }
        let variation = row.runtime.value.variation
        if dimensions.count > ModelState.variationsMax { dimensions = [:] }
        let expected = dimensions[variation, default: numbers.count]
        dimensions[variation] = expected
        guard numbers.count != expected else { return nil }
        let text = "\(numbers.count) numbers where the model's first answer had \(expected)"
        return RemoteModelError(.badResponse, text)
    }

    /// Hash of the first 256 bytes that the service will see.
    func affinity(of row: PendingRow) -> UInt64? {
        let affinityPrefix = row.runtime.value.rules.affinityPrefix
        guard let prefix = affinityPrefix, case .prompt(let text) = row.input else {
            return nil
        }
        var hash: UInt64 = 0
        for byte in (Array(prefix.utf8.prefix(256)) + Array(text.utf8.prefix(256))).prefix(256) {
            hash = SplitMix.mixed(hash ^ UInt64(byte))
        }
        return hash
    }
}

/// The health and the limits of a provider, shared by the models it serves. Lives inside the
/// dispatcher's lock.
final class ProviderState {
    let name: String
    let identity: String
    var breaker = CircuitBreaker()
    var concurrency: AdaptiveConcurrency
    var limiter: RateLimiter
    var retries: RetryBudget
    var latencies = LatencyWindow()
    var errors = ErrorRateAlarm()
    var inFlight = 0
    /// Told by the provider: no call before.
    var pausedUntil = Microseconds.min
    /// Since when every place is taken; nil while one is free.
    var fullSince: Microseconds?
    /// Models, by identity, that look for a place here.
    var waiters: Set<String> = []

    init(_ provider: RemoteProvider, concurrencyMax: Int, at now: Microseconds) {
        name = provider.name
        identity = provider.identity
        concurrency = AdaptiveConcurrency(maximum: concurrencyMax)
        limiter = RateLimiter(
            requestsPerMinute: provider.requestsPerMinute,
            tokensPerMinute: provider.tokensPerMinute,
            at: now
        )
        retries = RetryBudget(at: now)
    }

    /// Takes over what has changed in its definition.
    func update(_ provider: RemoteProvider, concurrencyMax: Int, at now: Microseconds) {
        if concurrency.maximum != concurrencyMax { concurrency.setMaximum(concurrencyMax) }
        let (requests, tokens) = (provider.requestsPerMinute, provider.tokensPerMinute)
        guard !limiter.has(requestsPerMinute: requests, tokensPerMinute: tokens) else { return }
        limiter = RateLimiter(requestsPerMinute: requests, tokensPerMinute: tokens, at: now)
    }

    func callStarted(at now: Microseconds) {
        inFlight += 1
        if inFlight >= concurrency.limit, fullSince == nil { fullSince = now }
    }

    func callEnded() {
        inFlight -= 1
        if inFlight < concurrency.limit { fullSince = nil }
    }

    /// As the choice of a provider sees it.
    ///
    /// - Parameter ahead: requests that wait already; nil where nobody asks for how long.
    func member(
        of provider: RemoteProvider,
        tokens: Int,
        ahead: Int?,
        at now: Microseconds
    ) -> ProviderPool.Member {
        let state = breaker.state(at: now)
        return ProviderPool.Member(
            tier: provider.tier,
            weight: provider.weight,
            inFlight: inFlight,
            limit: concurrency.limit,
            breaker: state,
            isAdmitting: breaker.admits(at: now),
            pausedUntil: state == .open ? max(pausedUntil, breaker.opensUntil) : pausedUntil,
            limiterWait: limiter.wait(tokens: tokens, at: now),
            expectedWait: ahead.map { expectedWait(ahead: $0, at: now) } ?? 0
        )
    }

    /// Until the next place is free: as many end in a latency as are in flight.
    private func expectedWait(ahead: Int, at now: Microseconds) -> Microseconds {
        guard inFlight >= concurrency.limit else { return 0 }
        guard let latency = latencies.quantile(0.5) else { return now - (fullSince ?? now) }
        return latency * Microseconds(ahead + 1) / Microseconds(concurrency.limit)
    }
}
