/// What becomes of a batch whose request failed.
enum RetryVerdict: Equatable, Sendable {
    /// Send it again, at the earliest so much later.
    case again(after: Microseconds)
    /// Its rows have failed.
    case giveUp(RemoteModelError)
}

/// What the verdict depends on beside the failure itself.
struct RetryCircumstances: Sendable {
    var kind: RemoteModelKind
    /// Retries made so far.
    var retries: Int
    var retriesMax: Int
    var now: Microseconds
    /// Nothing is sent after it.
    var deadline: Microseconds
    /// Another provider of the pool may take the rows, so that a demand to wait need not be heeded.
    var hasOthers: Bool
}

extension RetryVerdict {
    /// Decides; the retry budget is asked afterwards, since asking it costs.
    init(
        _ failure: AttemptFailure,
        _ circumstances: RetryCircumstances,
        using generator: inout some RandomNumberGenerator
    ) {
        let isRetried = RetryPolicy.isRetried(failure, kind: circumstances.kind)
        let isMoved = circumstances.hasOthers && failure.isQuota
        // Moving on has its own end: a provider without quota is not asked again for minutes.
        let mayRetry = isRetried && circumstances.retries < circumstances.retriesMax
        guard mayRetry || isMoved else {
            self = .giveUp(failure.error)
            return
        }
        let jitter = RetryPolicy.jitter(retry: circumstances.retries, using: &generator)
        let demand = circumstances.hasOthers ? nil : failure.demandedWait
        let wait = isMoved ? 0 : demand ?? jitter
        guard circumstances.now + wait < circumstances.deadline else {
            self = .giveUp(failure.error(demanding: demand))
            return
        }
        self = .again(after: wait)
    }
}

extension AttemptFailure {
    /// A provider without quota.
    var isQuota: Bool {
        if case .refused(let refusal) = self { RetryPolicy.isQuota(refusal) } else { false }
    }

    /// The provider cannot take the rows now, whatever its health.
    var isRefusal: Bool {
        if case .refused(let refusal) = self { isQuota || refusal.status == 429 } else { false }
    }

    /// For how long the provider wants no call.
    var demandedWait: Microseconds? {
        guard case .refused(let refusal) = self else { return nil }
        return refusal.waitMilliseconds.map { .milliseconds($0) }
    }

    /// As the client sees it.
    var error: RemoteModelError {
        switch self {
        case .refused(let refusal): refusal.error
        case .lost(let failure): failure.error
        case .unreadable(let error): error
        }
    }

    /// The same, with a demand that goes beyond the deadline.
    fileprivate func error(demanding wait: Microseconds?) -> RemoteModelError {
        guard let wait else { return error }
        let seconds = (wait + 999_999) / 1_000_000
        return RemoteModelError(
            .rateLimit,
            "\(error.text); the provider asks to wait \(seconds) s, beyond the deadline"
        )
    }
}

extension UpstreamRefusal {
    fileprivate var error: RemoteModelError {
        let words = text.isEmpty ? "status \(status)" : "status \(status): \(text)"
        let code: RemoteModelError.Code =
            switch status {
            case _ where isFiltered: .filtered
            case 429: .rateLimit
            case 400..<500: .upstream4xx
            case 500...: .upstream5xx
            default: .badResponse
            }
        var error = RemoteModelError(code, words)
        error.status = status
        return error
    }
}

extension CallFailure {
    fileprivate var error: RemoteModelError {
        switch kind {
        case .policy: RemoteModelError(.policy, text)
        case .connect, .tls, .reset: RemoteModelError(.connect, text)
        case .truncated, .tooLarge: RemoteModelError(.badResponse, text)
        case .timeout: RemoteModelError(.timeout, text)
        case .cancelled: RemoteModelError(.cancelled, text)
        }
    }
}
