package import BorealBase

/// One request as the table of recent requests shows it: who sent how many rows where. Never what
/// they said.
package struct RequestRecord: Equatable, Sendable {
    package var at: Instant
    package var user: String
    package var model: String
    /// Empty for rows that were answered from memory.
    package var provider: String
    package var kind: RemoteModelKind
    package var rows: Int
    /// Of the rows.
    package var bytes: Int
    package var usage: TokenUsage
    /// 1 for a first attempt; each attempt has its record.
    package var attempt: Int
    /// nil for success.
    package var failure: RemoteModelError.Code?
    package var milliseconds: Int
    /// Between acceptance of the first row and sending.
    package var queueMilliseconds: Int
    package var isCached: Bool
    /// In the currency of the model's prices.
    package var cost: Double
    /// The name of the provider's tier in its pool; empty for rows answered from memory.
    package var tier = ""
    /// `data_policy='dedicated_only'` held for the rows.
    package var isDedicatedOnly = false
    /// Shared by all attempts for the same rows; nil for rows answered from memory.
    package var trace: TraceID?
}

/// What a provider takes for a million tokens.
package struct TokenPrice: Equatable, Sendable {
    package var inputPerMillion: Double
    package var outputPerMillion: Double

    package init(inputPerMillion: Double, outputPerMillion: Double) {
        self.inputPerMillion = inputPerMillion
        self.outputPerMillion = outputPerMillion
    }

    /// Of one call.
    package func cost(_ usage: TokenUsage) -> Double {
        let input = Double(usage.input) * inputPerMillion
        return (input + Double(usage.output) * outputPerMillion) / 1_000_000
    }
}
