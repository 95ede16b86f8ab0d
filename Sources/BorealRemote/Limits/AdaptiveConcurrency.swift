/// How many calls a provider gets at the same time: as many as it bears, found by trying.
///
/// The limit starts at 4 and grows by one for each window of as many successes as it is high, while
/// rows wait. It falls to 0.7 of itself when the provider pushes back (429, 503, timeout) or when
/// it has become slow: the median of a window over twice the best median of the last minute.
struct AdaptiveConcurrency: Sendable {
    static let start = 4
    /// Latencies that a median is taken of, at least: fewer say more about luck than about load.
    static let samplesMin = 10
    /// A median this little above the best is noise, however small the best was.
    static let noise: Microseconds = 5_000
    /// For how long a best median is remembered.
    static let memory: Microseconds = 60_000_000

    private(set) var maximum: Int
    private var exact: Double
    private var successes = 0
    private var latencies: [Microseconds] = []
    /// Medians of closed windows, oldest first.
    private var medians: [(at: Microseconds, value: Microseconds)] = []
    /// Calls that started before it tell of a limit that no longer holds.
    private var loweredAt = Microseconds.min

    init(maximum: Int) {
        self.maximum = max(1, maximum)
        exact = Double(min(AdaptiveConcurrency.start, self.maximum))
    }

    /// Calls allowed at the same time, at least 1.
    var limit: Int { max(1, Int(exact)) }

    /// A setting has changed.
    mutating func setMaximum(_ value: Int) {
        maximum = max(1, value)
        exact = min(exact, Double(maximum))
    }

    /// A call ended well.
    ///
    /// - Parameter hasQueue: rows wait for a place; without them a higher limit would mean nothing.
    mutating func succeeded(startedAt: Microseconds, hasQueue: Bool, at now: Microseconds) {
        latencies.append(now - startedAt)
        successes += 1
        if latencies.count >= max(limit, AdaptiveConcurrency.samplesMin) {
            closeMedian(startedAt: startedAt, at: now)
        }
        guard successes >= limit else { return }
        successes = 0
        if hasQueue { exact = min(Double(maximum), exact + 1) }
    }

    /// The provider pushed back: 429, 503 or a timeout. Calls that were in flight together count
    /// once: one decrease a round trip.
    mutating func pushedBack(startedAt: Microseconds, at now: Microseconds) {
        guard startedAt >= loweredAt else { return }
        exact = max(1, exact * 0.7)
        loweredAt = now
        successes = 0
        latencies.removeAll(keepingCapacity: true)
    }

    private mutating func closeMedian(startedAt: Microseconds, at now: Microseconds) {
        latencies.sort()
        let median = latencies[latencies.count / 2]
        latencies.removeAll(keepingCapacity: true)
        medians.removeAll { $0.at < now - AdaptiveConcurrency.memory }
        let best = medians.lazy.map(\.value).min()
        medians.append((now, median))
        guard let best, median > 2 * best, median - best > AdaptiveConcurrency.noise else { return }
        pushedBack(startedAt: startedAt, at: now)
    }
}
