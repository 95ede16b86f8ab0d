package import BorealBase
import Glibc

/// A limit on what a user or a model may use in a day or a month (UTC).
package struct UsageBudget: Equatable, Sendable {
    package enum Unit: String, Sendable {
        case tokens
        case cost
    }

    package enum Period: String, Sendable {
        case day
        case month
    }

    package var unit: Unit
    package var limit: Double
    package var period: Period

    package init(unit: Unit, limit: Double, period: Period) {
        self.unit = unit
        self.limit = limit
        self.period = period
    }
}

/// All budgets and what has been used of them.
///
/// What is in flight counts by its estimate: without that, a thousand rows sent together would all
/// pass under a limit that the first of them uses up.
package struct UsageBudgets: Sendable {
    /// Whose budget it is.
    package enum Owner: Hashable, Sendable {
        case user(String)
        case model(String)

        package var text: String {
            switch self {
            case .user(let name): "user '\(name)'"
            case .model(let name): "model '\(name)'"
            }
        }
    }

    /// One budget as the table of budgets shows it.
    package struct Standing: Sendable {
        package let owner: Owner
        package let budget: UsageBudget
        package let used: Double

        /// Between 0 and more than 1.
        package var share: Double { budget.limit > 0 ? used / budget.limit : 1 }
    }

    /// An amount of tokens and what they cost.
    struct Amount: Sendable {
        var tokens: Int
        var cost: Double
    }

    private struct Account: Sendable {
        var budget: UsageBudget
        var used = 0.0
        var reserved = 0.0
        /// Days or months since 1970 that `used` belongs to.
        var period: Int64
        /// Somebody was told that little is left.
        var isToldOf = false

        func share(of amount: Amount) -> Double {
            budget.unit == .tokens ? Double(amount.tokens) : amount.cost
        }
    }

    private var accounts: [Owner: [Account]] = [:]

    package init() {}

    /// Sets a budget; another one of that owner with the same unit and period goes.
    ///
    /// - Parameter used: of the current period, when it is known from before.
    package mutating func set(
        _ budget: UsageBudget,
        for owner: Owner,
        used: Double = 0,
        at now: Instant
    ) {
        remove(unit: budget.unit, period: budget.period, for: owner)
        let period = UsageBudgets.index(of: budget.period, at: now)
        let account = Account(budget: budget, used: used, period: period)
        accounts[owner, default: []].append(account)
    }

    package mutating func remove(
        unit: UsageBudget.Unit,
        period: UsageBudget.Period,
        for owner: Owner
    ) {
        accounts[owner]?.removeAll { $0.budget.unit == unit && $0.budget.period == period }
    }

    /// Every budget, in no order.
    package func standings(at now: Instant) -> [Standing] {
        accounts.flatMap { owner, list in
            list.map { account in
                let isCurrent =
                    account.period == UsageBudgets.index(of: account.budget.period, at: now)
                let used = isCurrent ? account.used : 0
                return Standing(owner: owner, budget: account.budget, used: used)
            }
        }
    }

    /// Sets aside what a row will use, or says whose budget is used up.
    mutating func reserve(_ amount: Amount, _ owners: [Owner], at now: Instant) -> RemoteModelError?
    {
        guard !accounts.isEmpty else { return nil }
        for owner in owners {
            rollOver(owner, at: now)
            let spent = accounts[owner]?.first { $0.used + $0.reserved >= $0.budget.limit }
            if let budget = spent?.budget {
                let what = "the \(budget.unit.rawValue) budget of \(owner.text)"
                let text = "\(what) for this \(budget.period.rawValue) is used up"
                return RemoteModelError(.budget, text)
            }
        }
        change(owners) { account in account.reserved += account.share(of: amount) }
        return nil
    }

    /// Gives back what was set aside for a row that has ended, whatever its end.
    mutating func release(_ amount: Amount, _ owners: [Owner]) {
        change(owners) { account in
            account.reserved = max(0, account.reserved - account.share(of: amount))
        }
    }

    /// From this share of a budget on it is told, once a period.
    static let toldShare = 0.8

    /// Counts what a call did use.
    ///
    /// - Returns: the budgets of which `toldShare` is used for the first time in their period.
    @discardableResult
    mutating func spend(_ amount: Amount, _ owners: [Owner], at now: Instant) -> [Standing] {
        guard !accounts.isEmpty else { return [] }
        var told: [Standing] = []
        for owner in owners {
            rollOver(owner, at: now)
            change([owner]) { account in
                account.used += account.share(of: amount)
                let standing = Standing(owner: owner, budget: account.budget, used: account.used)
                guard !account.isToldOf, standing.share >= UsageBudgets.toldShare else { return }
                account.isToldOf = true
                told.append(standing)
            }
        }
        return told
    }

    private mutating func rollOver(_ owner: Owner, at now: Instant) {
        change([owner]) { account in
            let current = UsageBudgets.index(of: account.budget.period, at: now)
            guard account.period != current else { return }
            account.period = current
            account.used = 0
            account.isToldOf = false
        }
    }

    private mutating func change(_ owners: [Owner], _ body: (inout Account) -> Void) {
        for owner in owners {
            guard var list = accounts[owner] else { continue }
            for index in list.indices { body(&list[index]) }
            accounts[owner] = list
        }
    }

    /// Days or months since the beginning of 1970.
    static func index(of period: UsageBudget.Period, at now: Instant) -> Int64 {
        switch period {
        case .day: return now.seconds / 86_400
        case .month:
            var seconds = time_t(now.seconds)
            var parts = tm()
            gmtime_r(&seconds, &parts)
            return Int64(parts.tm_year - 70) * 12 + Int64(parts.tm_mon)
        }
    }
}
