/// What an operator should hear of without having asked.
package enum RemoteAlert: Equatable, Sendable {
    /// A provider gets no calls for a while, after a call that is named by its trace.
    case breakerOpened(provider: String, milliseconds: Int, trace: TraceID?)
    /// Much of a budget is used.
    case budgetNearlyUsed(owner: String, unit: String, period: String, percent: Int)
    /// Many of a provider's last calls failed.
    case manyErrors(provider: String, percent: Int, trace: TraceID?)

    /// A line of the log.
    package var text: String {
        switch self {
        case .breakerOpened(let provider, let milliseconds, let trace):
            "provider \(provider) fails and is not called for \(milliseconds) ms"
                + last(trace)
        case .budgetNearlyUsed(let owner, let unit, let period, let percent):
            "\(percent) % of the \(unit) budget of \(owner) for this \(period) is used"
        case .manyErrors(let provider, let percent, let trace):
            "\(percent) % of the last calls of provider \(provider) failed" + last(trace)
        }
    }

    private func last(_ trace: TraceID?) -> String {
        trace.map { " (last trace \($0.text))" } ?? ""
    }
}

/// Who is told what happens in the dispatcher, outside its lock; it must not wait for anything.
package struct RemoteObserver: Sendable {
    package var alert: @Sendable (RemoteAlert) -> Void
    /// There is usage to be stored; not said again before it was taken.
    package var usageGrew: @Sendable () -> Void

    package init(
        alert: @escaping @Sendable (RemoteAlert) -> Void = { _ in },
        usageGrew: @escaping @Sendable () -> Void = {}
    ) {
        self.alert = alert
        self.usageGrew = usageGrew
    }
}
