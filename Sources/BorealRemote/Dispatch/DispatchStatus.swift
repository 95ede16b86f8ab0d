/// A provider as the table of providers shows it.
package struct ProviderStatus: Equatable, Sendable {
    package var name: String
    /// `closed`, `open` or `half_open`.
    package var state: String
    /// Calls allowed at the same time, now.
    package var concurrencyLimit: Int
    package var inFlight: Int
    /// Of the last 256 calls; nil before the first.
    package var medianMilliseconds: Double?
    package var p99Milliseconds: Double?
    /// Between 0 and 1, of the same calls.
    package var errorRate: Double
    /// Until the next call may be sent; nil for now.
    package var cooldownMilliseconds: Int?
}

/// The cache of answers as its table shows it.
package struct CacheStatus: Equatable, Sendable {
    package var entries: Int
    package var bytes: Int
    package var hits: Int
    package var misses: Int
}

/// What the dispatcher holds for statements under way: nothing of it outlives them.
package struct DispatchLoad: Equatable, Sendable {
    package var chunks = 0
    /// Distinct rows that are asked for and not answered.
    package var rows = 0
    /// Of them, those that no request has taken yet.
    package var queued = 0
    package var calls = 0
    /// Batches that will be sent again.
    package var waiting = 0
    package var statements = 0

    package init() {}
}

extension DispatchState {
    var load: DispatchLoad {
        var load = DispatchLoad()
        load.chunks = chunks.count
        load.rows = asked.count
        load.calls = calls.count
        load.statements = statements.count
        for model in models.values {
            load.queued += model.queues.reduce(model.standing.rows) { $0 + $1.count }
            load.waiting += model.waiting.count
            load.statements += model.expecting.count
        }
        return load
    }

    func statuses(at now: Microseconds) -> [ProviderStatus] {
        providers.values.map { $0.status(at: now) }.sorted { $0.name < $1.name }
    }

    var cacheStatus: CacheStatus {
        CacheStatus(
            entries: cache.count,
            bytes: cache.bytes,
            hits: cache.hits,
            misses: cache.misses
        )
    }
}

extension ProviderState {
    fileprivate func status(at now: Microseconds) -> ProviderStatus {
        let state = breaker.state(at: now)
        let free = state == .open ? max(pausedUntil, breaker.opensUntil) : pausedUntil
        return ProviderStatus(
            name: name,
            state: state.rawValue,
            concurrencyLimit: concurrency.limit,
            inFlight: inFlight,
            medianMilliseconds: latencies.quantile(0.5).map { Double($0) / 1_000 },
            p99Milliseconds: latencies.quantile(0.99).map { Double($0) / 1_000 },
            errorRate: latencies.errorRate,
            cooldownMilliseconds: free > now ? (free - now).wholeMilliseconds : nil
        )
    }
}
