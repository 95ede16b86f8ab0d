package import BorealBase

/// Everything the dispatcher has to know about a model to call it: made from the registry, and
/// never changed once a statement has it.
package struct RemoteModelRuntime: Sendable {
    package var name: String { didSet { identity = identityNow } }
    package var version: String { didSet { identity = identityNow } }
    /// Grows with every change of the model's definition, so that what was learned about the old
    /// one is not taken for the new one.
    package var revision = 0 { didSet { identity = identityNow } }
    /// What one call changes of the definition (temperature, dimensions ...), written out: rows
    /// that differ in it never share a request. Empty for nothing.
    package var variation = ""
    /// The provider's own name of the model.
    package var upstreamName: String
    package var kind: RemoteModelKind
    package var codec: any CallCodec
    /// At least one.
    package var providers: [RemoteProvider] { didSet { identity = identityNow } }
    /// Tells its queue and what was learned about it from those of other models. Revisions may be
    /// equal by chance, so its providers stand in it: equal ones have the same providers.
    private(set) var identity = ""
    package var limits = RemoteModelLimits()
    package var rules = RemoteModelRules()
    /// Reads an answer whose status is not 2xx, at a moment of the calendar.
    package var readRefusal: @Sendable (CallResponse, Instant) -> UpstreamRefusal

    package init(
        name: String,
        version: String,
        upstreamName: String,
        kind: RemoteModelKind,
        codec: any CallCodec,
        providers: [RemoteProvider],
        readRefusal: @escaping @Sendable (CallResponse, Instant) -> UpstreamRefusal
    ) {
        precondition(!providers.isEmpty, "a model without a provider")
        self.name = name
        self.version = version
        self.upstreamName = upstreamName
        self.kind = kind
        self.codec = codec
        self.providers = providers
        self.readRefusal = readRefusal
        identity = identityNow
    }

    private var identityNow: String {
        // With their lengths: whatever stands in them, two lists never read the same.
        let places = providers.map { " \($0.identity.utf8.count):\($0.identity)" }.joined()
        return "\(name.lowercased()):\(version.lowercased())#\(revision)\(places)"
    }

    /// Rows of a request, before anything was learned.
    package var rowsMax: Int { min(codec.batchMax, limits.rowsMax ?? codec.batchMax) }

    /// Which of the model's queues its rows stand in.
    var queue: Int { rules.isDedicatedOnly ? 1 : 0 }

    /// Estimated tokens of a request.
    var tokensMax: Int { limits.tokensPerRequestMax ?? (kind == .rerank ? 30_000 : 8_192) }
}

/// A model as one statement sees it, shared by its rows.
final class SharedRuntime: Sendable {
    let value: RemoteModelRuntime

    init(_ value: RemoteModelRuntime) { self.value = value }

    /// Whether a request may hold rows of both: it is filled to the bounds of its first row, which
    /// therefore are those of the others.
    func isOneForm(with other: SharedRuntime) -> Bool {
        self === other
            || (value.variation == other.value.variation
                && value.codec.reading == other.value.codec.reading
                && value.rowsMax == other.value.rowsMax
                && value.tokensMax == other.value.tokensMax)
    }
}

/// An endpoint that serves a model.
package struct RemoteProvider: Sendable {
    /// As tables and messages show it.
    package var name: String
    /// Calls with equal identities share health and limits, whatever model they are for: the
    /// endpoint, and which credential.
    package var identity: String
    package var url: String
    /// Of its requests.
    package var method = "POST"
    /// Lower ones first.
    package var tier = 0
    /// As the pool names it.
    package var tierName = "only"
    package var weight = 1
    package var requestsPerMinute: Int?
    package var tokensPerMinute: Int?
    /// Calls at the same time; nil for the model's.
    package var concurrencyMax: Int?
    /// Asked for each call, so that a key lies in memory no longer than that.
    package var headers: Headers = { () throws(RemoteModelError) in [] }

    package init(name: String, identity: String, url: String) {
        self.name = name
        self.identity = identity
        self.url = url
    }
}

/// Bounds on the calls of a model.
package struct RemoteModelLimits: Equatable, Sendable {
    /// MAX_BATCH; nil for the codec's.
    package var rowsMax: Int?
    /// Nil for 8,192, of a rerank model 30,000.
    package var tokensPerRequestMax: Int?
    package var requestsPerMinute: Int?
    package var tokensPerMinute: Int?
    /// MAX_CONCURRENCY.
    package var concurrencyMax = 100
    /// After the first attempt.
    package var retriesMax = 4
    /// Of one attempt.
    package var timeoutMilliseconds = 5_000
    package var answerBytesMax = 64 << 20
    /// Between events of a stream; nil for plain answers.
    package var idleMilliseconds: Int?
    /// What an answer costs in tokens, thought beforehand: a chat's MAX_TOKENS.
    package var answerTokensPerRow = 0

    package init() {}

    /// `retriesMax`, inside what makes sense.
    var retriesBound: Int { min(max(0, retriesMax), 100) }
}

/// What may be done with a model's rows and answers.
package struct RemoteModelRules: Equatable, Sendable {
    /// CACHE_TTL; nil for the kind's own.
    package var cacheSeconds: Int?
    /// Answers are shared between users.
    package var isCacheShared = false
    /// `bypass_cache`: neither looked up nor kept.
    package var isCacheBypassed = false
    /// Temperature 0: the same answer each time.
    package var isDeterministic = false
    /// `data_policy='dedicated_only'`: rows never leave the first tier.
    package var isDedicatedOnly = false
    package var hedging = Hedging.off
    /// The rendered system text of a chat: with the prompt's beginning it chooses the provider
    /// whose prefix cache is warm. Nil for no preference.
    package var affinityPrefix: String?
    package var price = TokenPrice(inputPerMillion: 0, outputPerMillion: 0)

    package init() {}
}
