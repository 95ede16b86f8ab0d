package import BorealRemote

/// What is known of remote models now, for `/metrics`.
package struct RemoteFigures: Sendable {
    package let providers: [ProviderStatus]
    package let cache: CacheStatus
    package let load: DispatchLoad
    /// Since the start, by model and provider.
    package let usage: [(model: String, provider: String, sum: UsageMeter.Sum)]
    package let budgets: [UsageBudgets.Standing]
}

extension Engine {
    /// Nil before the first call of a remote model.
    package var remoteFigures: RemoteFigures? { remote.figures }
}

extension RemoteGateway {
    /// Nil before the first call.
    var figures: RemoteFigures? {
        guard let dispatcher = dispatcherIfMade else { return nil }
        return RemoteFigures(
            providers: dispatcher.providers,
            cache: dispatcher.cache,
            load: dispatcher.load,
            usage: dispatcher.usageSinceStart,
            budgets: dispatcher.budgets
        )
    }
}
