package import BorealBase

/// How a remote model is called: what `OPTIONS(...)`, `model_config` and the configuration of a
/// call may say, beside where the model is.
package struct RemoteModelOptions: Equatable, Sendable {
    /// What a failed row does to its statement.
    package enum OnError: String, CaseIterable, Sendable {
        case null
        case fail
    }

    /// Which members of a pool a row may reach.
    package enum DataPolicy: String, CaseIterable, Sendable {
        case any
        /// Never beyond the first tier.
        case dedicatedOnly = "dedicated_only"
    }

    /// Who shares the answers of the cache.
    package enum CacheScope: String, CaseIterable, Sendable {
        case user
        case global
    }

    /// When a second member is asked as well.
    package enum Hedge: Equatable, Sendable {
        case milliseconds(Int)
        /// After the time that nineteen of twenty calls take.
        case p95
    }

    /// Rows of one request; nil for what the service documents.
    package var batchMax: Int?
    /// Calls at once.
    package var concurrencyMax = 100
    package var requestsPerMinute: Int?
    package var tokensPerMinute: Int?
    /// Tries after the first.
    package var retries = 4
    /// Milliseconds of one call.
    package var timeoutMilliseconds = 5_000
    /// Seconds; nil for the kind's own, 0 for none.
    package var cacheSeconds: Int?
    package var cacheScope = CacheScope.user
    package var bypassesCache = false
    package var onError: OnError?
    package var dataPolicy = DataPolicy.any
    package var hedge: Hedge?
    package var rowsPerPrompt = 1
    /// Empty without a pool.
    package var pool: [PoolMember] = []
    /// What a thousand tokens of a question cost; nil without a price.
    package var priceIn: Double?
    /// What a thousand tokens of an answer cost; nil without a price.
    package var priceOut: Double?
    /// The texts of calls may be logged.
    package var logsText = false
    /// A text with `{column}` in it.
    package var prompt: String?
    package var system: String?
    package var temperature: Double?
    package var topP: Double?
    package var maxTokens: Int?
    package var dimensions: Int?
    package var wantsJSON = false
    package var isStreamed = false
    /// For `${parameters.x}` of templates.
    package var parameters: [String: JSON] = [:]

    package init() {}

    /// What a codec needs of them.
    package func codecParameters(model: String) -> CodecParameters {
        var codec = CodecParameters(model: model)
        codec.system = system
        codec.temperature = temperature
        codec.topP = topP
        codec.maxTokens = maxTokens
        codec.dimensions = dimensions
        codec.wantsJSON = wantsJSON
        codec.isStreamed = isStreamed
        codec.rowsPerPrompt = rowsPerPrompt
        codec.named = parameters
        return codec
    }

    /// The options with those of one call over them.
    ///
    /// - Throws: `RemoteModelError` CONFIG for an unknown member, one that a call cannot change, or
    ///   a value out of its range.
    package func overridden(by config: JSON) throws(RemoteModelError) -> RemoteModelOptions {
        guard let members = config.object else {
            throw RemoteModelError(.config, "the configuration of a call is a JSON object")
        }
        var options = self
        for (name, value) in members {
            guard let option = RemoteOption.find(name) else {
                throw RemoteOption.unknown(name, among: RemoteOption.names(ofCall: true))
            }
            guard option.isOfCall else {
                throw RemoteModelError(
                    .config,
                    "'\(option.name)' belongs to the model, not to a call"
                )
            }
            try option.set(&options, value)
        }
        return options
    }
}
