import BorealBase
import BorealCatalog
import BorealRemote
import Dispatch
import Logging
import Synchronization

/// Keeps what remote models were asked, and what they may be asked, over restarts.
///
/// The dispatcher counts in memory. Two seconds after it has counted something the differences are
/// added to the catalog in one small transaction; a kill in between loses those seconds.
final class RemoteLedger: Sendable {
    private struct State {
        weak var dispatcher: RemoteDispatcher?
        /// When old hours were last forgotten.
        var sweptAt = Instant(microseconds: 0)
    }

    private let catalog: Catalog
    private let settings: Settings
    private let logger: Logger
    private let state = Mutex(State())
    /// The disk is waited for here, never where calls are counted.
    private let queue = DispatchQueue(label: "boreal.remote.usage")

    private static let delay = DispatchTimeInterval.seconds(2)
    private static let sweepSeconds: Int64 = 3_600

    init(_ catalog: Catalog, _ settings: Settings, _ logger: Logger) {
        self.catalog = catalog
        self.settings = settings
        self.logger = logger
    }

    /// What the dispatcher tells: alerts go to the log, usage to the disk.
    var observer: RemoteObserver {
        RemoteObserver(
            alert: { [logger] alert in logger.warning("\(alert.text)") },
            usageGrew: { [weak self] in self?.storeSoon() }
        )
    }

    /// Gives a new dispatcher what earlier processes counted, and the budgets.
    func open(_ dispatcher: RemoteDispatcher) {
        state.withLock { $0.dispatcher = dispatcher }
        do {
            let stored = try catalog.storedUsage(limit: UsageMeter.sumsMax)
            dispatcher.restore(stored.map { (UsageMeter.Key($0), UsageMeter.Sum($0)) })
        } catch {
            logger.error("the usage of remote models cannot be read: \(error)")
        }
        for record in catalog.snapshot.budgets {
            guard let (budget, owner) = record.meaning else {
                logger.warning("a stored budget of \(record.key.name) is ignored")
                continue
            }
            dispatcher.setBudget(budget, for: owner)
        }
    }

    /// Stores what is left. The last call.
    func close() { queue.sync { store(isLast: true) } }

    private func storeSoon() {
        queue.asyncAfter(deadline: .now() + Self.delay) { [weak self] in
            self?.store(isLast: false)
        }
    }

    private func store(isLast: Bool) {
        guard let dispatcher = state.withLock({ $0.dispatcher }) else { return }
        let counted = dispatcher.takeUnsavedUsage()
        guard !counted.isEmpty else { return }
        let now = Instant.now
        let isSweeping = state.withLock { state in
            guard now.seconds - state.sweptAt.seconds >= Self.sweepSeconds else { return false }
            state.sweptAt = now
            return true
        }
        let days = Int64(settings.integer("usage_retention_days"))
        do {
            try catalog.update { (change) throws(CatalogError) in
                try change.addUsage(counted.map { UsageRecord($0.key, $0.sum) })
                if isSweeping { try change.sweepUsage(beforeHour: now.seconds / 3_600 - days * 24) }
            }
        } catch {
            logger.error("the usage of remote models cannot be stored: \(error)")
            if !isLast { dispatcher.putBackUsage(counted) }
        }
    }
}

extension BudgetRecord {
    /// As the dispatcher keeps it; nil for words of another release.
    fileprivate var meaning: (UsageBudget, UsageBudgets.Owner)? {
        guard let unit = UsageBudget.Unit(rawValue: key.unit),
            let period = UsageBudget.Period(rawValue: key.period),
            let owner = UsageBudgets.Owner(scope: key.scope, name: key.name)
        else { return nil }
        return (UsageBudget(unit: unit, limit: limit, period: period), owner)
    }
}

extension UsageBudgets.Owner {
    /// - Parameters:
    ///   - scope: `user` or `model`; nil comes of anything else.
    ///   - name: `user@host`, or the lower-cased name of a model.
    init?(scope: String, name: String) {
        switch scope {
        case "user": self = .user(name)
        case "model": self = .model(name)
        default: return nil
        }
    }
}

extension UsageMeter.Key {
    fileprivate init(_ record: UsageRecord) {
        self.init(
            hour: record.hour,
            user: record.user,
            model: record.model,
            provider: record.provider
        )
    }
}

extension UsageMeter.Sum {
    fileprivate init(_ record: UsageRecord) {
        self.init()
        requests = record.requests
        rows = record.rows
        errors = record.errors
        tokensIn = record.tokensIn
        tokensOut = record.tokensOut
        isEstimated = record.isEstimated
        cacheHits = record.cacheHits
        cost = record.cost
    }
}

extension UsageRecord {
    fileprivate init(_ key: UsageMeter.Key, _ sum: UsageMeter.Sum) {
        self.init(hour: key.hour, user: key.user, model: key.model, provider: key.provider)
        requests = sum.requests
        rows = sum.rows
        errors = sum.errors
        tokensIn = sum.tokensIn
        tokensOut = sum.tokensOut
        isEstimated = sum.isEstimated
        cacheHits = sum.cacheHits
        cost = sum.cost
    }
}
