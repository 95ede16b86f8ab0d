/// What may be sent again after a failure, and when.
enum RetryPolicy {
    /// For how long a provider without quota is left alone when it names no time.
    static let quotaPause: Microseconds = 600_000_000
    static let jitterBase: Microseconds = 200_000
    static let jitterMax: Microseconds = 20_000_000

    /// Statuses that say "not now" rather than "never".
    static let statuses: Set<Int> = [408, 425, 429, 500, 502, 503, 504]

    /// Whether a call that ended so may be made again.
    ///
    /// A call that may have been carried out is repeated only when doing so twice is harmless:
    /// an embedding or a score is the same each time, a chat is paid for twice. A call whose
    /// connection was lost before the first byte of an answer is taken for not carried out.
    static func isRetried(_ failure: AttemptFailure, kind: RemoteModelKind) -> Bool {
        switch failure {
        case .refused(let refusal): statuses.contains(refusal.status) && !isQuota(refusal)
        case .lost(let failure):
            switch failure.kind {
            case .connect, .reset: true
            case .timeout: kind != .chat
            case .policy, .tls, .truncated, .tooLarge, .cancelled: false
            }
        case .unreadable: false
        }
    }

    /// Whether the failure says something bad about the provider's health.
    static func isBreakerFailure(_ failure: AttemptFailure) -> Bool {
        switch failure {
        case .refused(let refusal): refusal.status >= 500 && !isQuota(refusal)
        case .lost(let failure):
            switch failure.kind {
            case .connect, .tls, .reset, .truncated, .timeout: true
            case .policy, .tooLarge, .cancelled: false
            }
        case .unreadable(let error): error.code == .badResponse
        }
    }

    /// Whether the failure says nothing about the provider's health, neither good nor bad.
    static func saysNothing(_ failure: AttemptFailure) -> Bool {
        switch failure {
        case .refused(let refusal): refusal.status == 429
        case .lost(let failure): failure.kind == .cancelled || failure.kind == .policy
        case .unreadable(let error): error.code == .config
        }
    }

    /// Whether the provider asks for less at a time.
    static func isPushBack(_ failure: AttemptFailure) -> Bool {
        switch failure {
        case .refused(let refusal): refusal.status == 429 || refusal.status == 503
        case .lost(let failure): failure.kind == .timeout
        case .unreadable: false
        }
    }

    /// Whether the provider will not answer until somebody pays.
    static func isQuota(_ refusal: UpstreamRefusal) -> Bool {
        refusal.isQuotaUsedUp || refusal.status == 402
    }

    /// How long to wait before retry `index`, counted from 0, when the provider named no time: full
    /// jitter, evenly between nothing and a bound that doubles.
    static func jitter(
        retry index: Int,
        using generator: inout some RandomNumberGenerator
    ) -> Microseconds {
        let bound = min(jitterMax, jitterBase << min(index, 10))
        return Microseconds.random(in: 0...bound, using: &generator)
    }
}

/// How one request failed as a whole.
enum AttemptFailure: Error, Equatable, Sendable {
    /// An answer with a status other than 2xx.
    case refused(UpstreamRefusal)
    /// No whole answer.
    case lost(CallFailure)
    /// A 2xx answer, or a request, that the codec could not read or write.
    case unreadable(RemoteModelError)
}

/// What a model does, as far as repeating and remembering are concerned.
package enum RemoteModelKind: String, Sendable {
    /// Chat and completion: answers differ and cost.
    case chat
    case embedding
    case rerank
}
