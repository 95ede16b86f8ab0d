import BorealBase

extension RemoteModelLimits {
    /// The bounds that a model's options, with those of a call over them, ask for.
    package init(_ options: RemoteModelOptions, kind: RemoteModelKind) {
        self.init()
        rowsMax = options.batchMax
        requestsPerMinute = options.requestsPerMinute
        tokensPerMinute = options.tokensPerMinute
        concurrencyMax = options.concurrencyMax
        retriesMax = options.retries
        timeoutMilliseconds = options.timeoutMilliseconds
        answerBytesMax = kind == .chat ? 8 << 20 : 64 << 20
        idleMilliseconds = options.isStreamed ? 30_000 : nil
        answerTokensPerRow = kind == .chat ? options.maxTokens ?? 0 : 0
    }
}

extension RemoteModelRules {
    /// What a model's options, with those of a call over them, allow.
    package init(_ options: RemoteModelOptions, kind: RemoteModelKind) {
        self.init()
        cacheSeconds = options.cacheSeconds
        isCacheShared = options.cacheScope == .global
        isCacheBypassed = options.bypassesCache
        isDeterministic = kind != .chat || options.temperature == 0
        isDedicatedOnly = options.dataPolicy == .dedicatedOnly
        price = TokenPrice(
            inputPerMillion: (options.priceIn ?? 0) * 1_000,
            outputPerMillion: (options.priceOut ?? 0) * 1_000
        )
        affinityPrefix = kind == .chat ? options.system ?? "" : nil
        hedging =
            switch options.hedge {
            case nil: .off
            case .milliseconds(let count): .afterMilliseconds(count)
            case .p95: .p95
            }
    }
}

extension RemoteProvider {
    /// Headers of a call, asked for each time: the key among them.
    package typealias Headers =
        @Sendable () throws(RemoteModelError) -> [(name: String, value: String)]

    /// The same for any member of a pool.
    package typealias HeadersOfAddress =
        @Sendable (RemoteAddress) throws(RemoteModelError) -> [(name: String, value: String)]

    /// The members of a pool, tiers in the order of their first member.
    ///
    /// - Parameters:
    ///   - credential: tells one key from another without being it (an owner, a fingerprint):
    ///     models that call one address with one key share its limits.
    ///   - headers: of a call of an address, which may be trusted no more by then.
    package static func pool(
        _ members: [PoolMember],
        credential: String,
        headers: @escaping HeadersOfAddress
    ) -> [RemoteProvider] {
        var tiers: [String] = []
        return members.map { member in
            if !tiers.contains(member.tier) { tiers.append(member.tier) }
            let shown = member.address.shown
            var provider = RemoteProvider(
                name: shown,
                identity: "\(credential)@\(member.address.text)",
                url: member.address.text
            )
            provider.tierName = member.tier
            provider.tier = tiers.firstIndex(of: member.tier) ?? 0
            provider.weight = member.weight
            provider.concurrencyMax = member.concurrencyMax
            provider.requestsPerMinute = member.requestsPerMinute
            provider.tokensPerMinute = member.tokensPerMinute
            provider.headers = { () throws(RemoteModelError) in try headers(member.address) }
            return provider
        }
    }
}
