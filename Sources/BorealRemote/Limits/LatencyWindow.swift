/// How the last calls of a provider went: latencies and the share of failures.
struct LatencyWindow: Sendable {
    /// Calls that are remembered.
    static let capacity = 256

    private var latencies: [Microseconds] = []
    private var failed: [Bool] = []
    private var next = 0

    mutating func count(_ latency: Microseconds, failed hasFailed: Bool) {
        if latencies.count < LatencyWindow.capacity {
            latencies.append(latency)
            failed.append(hasFailed)
        } else {
            latencies[next] = latency
            failed[next] = hasFailed
        }
        next = (next + 1) % LatencyWindow.capacity
    }

    /// The latency that a share of the calls stayed within, by nearest rank; nil before the first.
    func quantile(_ share: Double) -> Microseconds? {
        guard !latencies.isEmpty else { return nil }
        let rank = Int((share * Double(latencies.count)).rounded(.up))
        return latencies.sorted()[max(1, min(rank, latencies.count)) - 1]
    }

    /// Calls that are remembered now.
    var count: Int { latencies.count }

    /// Between 0 and 1.
    var errorRate: Double {
        guard !failed.isEmpty else { return 0 }
        return Double(failed.count { $0 }) / Double(failed.count)
    }
}
