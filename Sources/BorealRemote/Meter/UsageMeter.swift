package import BorealBase

/// Counts what remote models were asked and what it took: the last requests one by one, and sums by
/// hour. Every attempt counts, so the sums are those of the providers' own bills.
package struct UsageMeter: Sendable {
    package static let recentMax = 10_000
    /// Rows of the table of hours; beyond them the oldest hour is forgotten.
    package static let sumsMax = 50_000

    /// What a sum is kept for.
    package struct Key: Hashable, Comparable, Sendable {
        /// Hours since 1970, UTC.
        package var hour: Int64
        package var user: String
        package var model: String
        package var provider: String

        package init(hour: Int64, user: String, model: String, provider: String) {
            self.hour = hour
            self.user = user
            self.model = model
            self.provider = provider
        }

        package static func < (left: Key, right: Key) -> Bool {
            (left.hour, left.user, left.model, left.provider)
                < (right.hour, right.user, right.model, right.provider)
        }
    }

    package struct Sum: Equatable, Sendable {
        package var requests = 0
        package var rows = 0
        /// By code word of the failure.
        package var errors: [String: Int] = [:]
        package var tokensIn = 0
        package var tokensOut = 0
        /// Some of the tokens are our estimate.
        package var isEstimated = false
        /// Rows that were answered from memory.
        package var cacheHits = 0
        package var cost = 0.0

        package init() {}
    }

    /// `[<= recentMax]`, used in a circle.
    private var ring: [RequestRecord] = []
    private var next = 0
    private var sums: [Key: Sum] = [:]
    /// What was counted since it was last taken to be stored: differences, not sums.
    private var unsaved: [Key: Sum] = [:]

    /// What was counted since the start, by model and provider; never less than before.
    private var totals: [Source: Sum] = [:]

    private struct Source: Hashable {
        var model: String
        var provider: String
    }

    /// Pairs of model and provider that are told apart; what comes beyond them is not.
    private static let totalsMax = 10_000

    package init() {}

    /// By model and provider, in that order.
    package var sinceStart: [(model: String, provider: String, sum: Sum)] {
        totals.map { (model: $0.key.model, provider: $0.key.provider, sum: $0.value) }
            .sorted { ($0.model, $0.provider) < ($1.model, $1.provider) }
    }

    package var hasUnsaved: Bool { !unsaved.isEmpty }

    /// The last requests, oldest first.
    package var recent: [RequestRecord] { Array(ring[next...] + ring[..<next]) }

    /// By hour, user, model and provider, in that order.
    package var hourly: [(key: Key, sum: Sum)] {
        sums.map { (key: $0.key, sum: $0.value) }.sorted { $0.key < $1.key }
    }

    package mutating func record(_ request: RequestRecord) {
        remember(request)
        var source = Source(model: request.model, provider: request.provider)
        if totals[source] == nil, totals.count >= Self.totalsMax {
            source = Source(model: "", provider: "")
        }
        totals[source, default: Sum()].add(request)
        let key = Key(
            hour: request.at.seconds / 3_600,
            user: request.user,
            model: request.model,
            provider: request.provider
        )
        if sums[key] == nil, sums.count >= UsageMeter.sumsMax { forgetOldestHour() }
        sums[key, default: Sum()].add(request)
        // While nothing can be stored, what has no place any more is lost to the next start.
        guard unsaved[key] != nil || unsaved.count < UsageMeter.sumsMax else { return }
        unsaved[key, default: Sum()].add(request)
    }

    // MARK: - Over restarts

    /// What was counted since the last time, to be added to what is stored.
    package mutating func takeUnsaved() -> [(key: Key, sum: Sum)] {
        defer { unsaved = [:] }
        return unsaved.map { (key: $0.key, sum: $0.value) }.sorted { $0.key < $1.key }
    }

    /// It could not be stored: it is taken again next time.
    package mutating func putBack(_ counted: [(key: Key, sum: Sum)]) {
        for (key, sum) in counted where unsaved[key] != nil || unsaved.count < UsageMeter.sumsMax {
            unsaved[key, default: Sum()].add(sum)
        }
    }

    /// Takes over what an earlier process stored.
    package mutating func restore(_ stored: [(key: Key, sum: Sum)]) {
        for (key, sum) in stored.suffix(UsageMeter.sumsMax) { sums[key, default: Sum()].add(sum) }
    }

    /// What an owner has used of a budget in the period around a moment.
    package func used(
        by owner: UsageBudgets.Owner,
        _ unit: UsageBudget.Unit,
        _ period: UsageBudget.Period,
        at now: Instant
    ) -> Double {
        let current = UsageBudgets.index(of: period, at: now)
        return sums.reduce(0) { used, entry in
            let (key, sum) = (entry.key, entry.value)
            let hour = Instant(microseconds: key.hour * 3_600_000_000)
            guard owner.owns(key), UsageBudgets.index(of: period, at: hour) == current else {
                return used
            }
            return used + (unit == .tokens ? Double(sum.tokensIn + sum.tokensOut) : sum.cost)
        }
    }

    private mutating func remember(_ request: RequestRecord) {
        guard ring.count >= UsageMeter.recentMax else { return ring.append(request) }
        ring[next] = request
        next = (next + 1) % UsageMeter.recentMax
    }

    private mutating func forgetOldestHour() {
        guard let oldest = sums.keys.lazy.map(\.hour).min() else { return }
        sums = sums.filter { $0.key.hour != oldest }
    }
}

extension UsageBudgets.Owner {
    fileprivate func owns(_ key: UsageMeter.Key) -> Bool {
        switch self {
        case .user(let name): key.user == name
        case .model(let name): key.model.lowercased() == name
        }
    }
}

extension UsageMeter.Sum {
    fileprivate mutating func add(_ other: UsageMeter.Sum) {
        requests += other.requests
        rows += other.rows
        tokensIn += other.tokensIn
        tokensOut += other.tokensOut
        isEstimated = isEstimated || other.isEstimated
        cacheHits += other.cacheHits
        cost += other.cost
        errors.merge(other.errors, uniquingKeysWith: +)
    }

    fileprivate mutating func add(_ request: RequestRecord) {
        guard !request.isCached else {
            cacheHits += request.rows
            return
        }
        requests += 1
        rows += request.rows
        tokensIn += request.usage.input
        tokensOut += request.usage.output
        let hasTokens = request.usage.input + request.usage.output > 0
        isEstimated = isEstimated || (request.usage.isEstimated && hasTokens)
        cost += request.cost
        if let failure = request.failure { errors[failure.rawValue, default: 0] += 1 }
    }
}
