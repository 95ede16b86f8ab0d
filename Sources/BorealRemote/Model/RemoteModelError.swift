package import BorealBase

/// Why a remote call gave no value, in words that stay the same between releases.
package struct RemoteModelError: Error, Equatable, Sendable {
    /// The stable part of the message, by the gateway's table of failures.
    package enum Code: String, CaseIterable, Sendable {
        case noModel = "NO_MODEL"
        case notDeployed = "NOT_DEPLOYED"
        case access = "ACCESS"
        case config = "CONFIG"
        case policy = "POLICY"
        case budget = "BUDGET"
        case busy = "BUSY"
        case rateLimit = "RATE_LIMIT"
        case breakerOpen = "BREAKER_OPEN"
        case connect = "CONNECT"
        case timeout = "TIMEOUT"
        case cancelled = "CANCELLED"
        case upstream4xx = "UPSTREAM_4xx"
        case upstream5xx = "UPSTREAM_5xx"
        case badResponse = "BAD_RESPONSE"
        case filtered = "FILTERED"
        case truncated = "TRUNCATED"

        /// What a client's driver sees.
        package var number: ServerErrorCode {
            switch self {
            case .noModel: .modelMissing
            case .notDeployed: .modelNotReady
            case .config: .invalidOption
            case .access: .tableAccessDenied
            case .policy: .accessRightNeeded
            case .budget, .busy, .rateLimit: .rateLimit
            case .timeout: .executionTimeout
            case .cancelled: .queryInterrupted
            case .breakerOpen, .connect, .upstream4xx, .upstream5xx, .badResponse, .filtered,
                .truncated:
                .remoteModel
            }
        }
    }

    package let code: Code
    /// What happened: no key, no prompt, no query string, at most 256 bytes of a provider's words.
    package let text: String
    /// The status that a service refused with; nil for other failures.
    package var status: Int?
    /// Who was asked last.
    package var provider: String?
    /// Requests that were sent.
    package var attempts = 0
    /// From the first attempt to the end.
    package var milliseconds = 0
    /// Names the calls, here and at the provider; nil when nothing was sent.
    package var trace: TraceID?
    /// Rows that share the failure.
    package var rows = 1

    package init(_ code: Code, _ text: String) {
        self.code = code
        self.text = text
    }
}
