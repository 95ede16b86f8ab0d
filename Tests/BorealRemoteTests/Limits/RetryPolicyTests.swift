import Testing

@testable import BorealRemote

@Suite("Retry policy")
struct RetryPolicyTests {
    private static func refused(_ status: Int, wait: Int? = nil, quota: Bool = false)
        -> AttemptFailure
    {
        var refusal = UpstreamRefusal(status: status, text: "so")
        refusal.waitMilliseconds = wait
        refusal.isQuotaUsedUp = quota
        return .refused(refusal)
    }

    @Test(
        "statuses that are tried again",
        arguments: [408, 425, 429, 500, 502, 503, 504].map { ($0, true) }
            + [302, 400, 401, 402, 403, 404, 409, 413, 422, 501, 505].map { ($0, false) }
    )
    func statuses(_ status: Int, _ expected: Bool) {
        for kind in [RemoteModelKind.chat, .embedding, .rerank] {
            #expect(RetryPolicy.isRetried(Self.refused(status), kind: kind) == expected)
        }
    }

    @Test("a 429 that says the quota is used up is not tried again")
    func quota() {
        #expect(!RetryPolicy.isRetried(Self.refused(429, quota: true), kind: .embedding))
    }

    /// Kind, tried again for an embedding, for a chat, failure of the provider, asks for less.
    private static let losses: [(CallFailure.Kind, Bool, Bool, Bool, Bool)] = [
        (.connect, true, true, true, false),
        (.reset, true, true, true, false),
        (.timeout, true, false, true, true),
        (.tls, false, false, true, false),
        (.truncated, false, false, true, false),
        (.tooLarge, false, false, false, false),
        (.policy, false, false, false, false),
        (.cancelled, false, false, false, false),
    ]

    @Test("lost calls", arguments: losses)
    func lost(
        _ row: (kind: CallFailure.Kind, embedding: Bool, chat: Bool, breaker: Bool, push: Bool)
    ) {
        let failure = AttemptFailure.lost(CallFailure(row.kind, "so"))
        #expect(RetryPolicy.isRetried(failure, kind: .embedding) == row.embedding)
        #expect(RetryPolicy.isRetried(failure, kind: .rerank) == row.embedding)
        #expect(RetryPolicy.isRetried(failure, kind: .chat) == row.chat)
        #expect(RetryPolicy.isBreakerFailure(failure) == row.breaker)
        #expect(RetryPolicy.isPushBack(failure) == row.push)
    }

    @Test(
        "what the breaker counts and what slows the provider",
        arguments: [
            (429, false, true), (503, true, true), (500, true, false), (400, false, false),
            (402, false, false),
        ]
    )
    func health(_ status: Int, _ breaker: Bool, _ push: Bool) {
        #expect(RetryPolicy.isBreakerFailure(Self.refused(status)) == breaker)
        #expect(RetryPolicy.isPushBack(Self.refused(status)) == push)
    }

    @Test("an unreadable answer is a failure of the provider, an unwritable request is not")
    func unreadable() {
        let answer = AttemptFailure.unreadable(RemoteModelError(.badResponse, "no JSON"))
        let request = AttemptFailure.unreadable(RemoteModelError(.config, "no form"))
        #expect(RetryPolicy.isBreakerFailure(answer))
        #expect(!RetryPolicy.isBreakerFailure(request))
        #expect(!RetryPolicy.isRetried(answer, kind: .embedding))
    }

    @Test("jitter lies between nothing and 0.2 s doubled, at most 20 s, and repeats with its seed")
    func jitter() {
        for (index, bound) in [(0, 200_000), (1, 400_000), (5, 6_400_000), (7, 20_000_000)] {
            var first = SplitMix(seed: 1)
            var second = SplitMix(seed: 1)
            var largest: Microseconds = 0
            for _ in 0..<500 {
                let wait = RetryPolicy.jitter(retry: index, using: &first)
                #expect(wait == RetryPolicy.jitter(retry: index, using: &second))
                #expect((0...Microseconds(bound)).contains(wait))
                largest = max(largest, wait)
            }
            #expect(largest > Microseconds(bound) * 9 / 10)
        }
        var generator = SplitMix(seed: 2)
        #expect(RetryPolicy.jitter(retry: 1_000, using: &generator) <= 20_000_000)
    }

    private func verdict(
        _ failure: AttemptFailure,
        retries: Int = 0,
        deadline: Microseconds = 60_000_000,
        hasOthers: Bool = false
    ) -> RetryVerdict {
        var generator = SplitMix(seed: 3)
        let circumstances = RetryCircumstances(
            kind: .embedding,
            retries: retries,
            retriesMax: 4,
            now: 0,
            deadline: deadline,
            hasOthers: hasOthers
        )
        return RetryVerdict(failure, circumstances, using: &generator)
    }

    @Test("the provider's own demand is heeded, unless it lies beyond the deadline")
    func demandedWait() {
        #expect(verdict(Self.refused(429, wait: 3_000)) == .again(after: 3_000_000))
        #expect(verdict(Self.refused(503, wait: 59_999)) == .again(after: 59_999_000))
        let late = RemoteModelError(
            .rateLimit,
            "status 429: so; the provider asks to wait 120 s, beyond the deadline"
        )
        #expect(verdict(Self.refused(429, wait: 120_000)) == .giveUp(late))
    }

    @Test("with another provider at hand the demand holds only for the one that made it")
    func others() {
        guard case .again(let wait) = verdict(Self.refused(429, wait: 120_000), hasOthers: true)
        else {
            Issue.record("given up")
            return
        }
        #expect(wait <= 200_000)
        #expect(verdict(Self.refused(402), hasOthers: true) == .again(after: 0))
        #expect(verdict(Self.refused(402)) == .giveUp(Self.refused(402).error))
    }

    @Test("after the last retry, and past the deadline, the failure stands")
    func ends() {
        #expect(verdict(Self.refused(500), retries: 4) == .giveUp(Self.refused(500).error))
        #expect(verdict(Self.refused(500), deadline: 0) == .giveUp(Self.refused(500).error))
        #expect(verdict(Self.refused(404)) == .giveUp(Self.refused(404).error))
    }

    @Test(
        "each failure has its code word",
        arguments: [
            (refused(429), "RATE_LIMIT"), (refused(404), "UPSTREAM_4xx"),
            (refused(500), "UPSTREAM_5xx"), (refused(302), "BAD_RESPONSE"),
            (.lost(CallFailure(.policy, "")), "POLICY"),
            (.lost(CallFailure(.connect, "")), "CONNECT"),
            (.lost(CallFailure(.tls, "")), "CONNECT"),
            (.lost(CallFailure(.reset, "")), "CONNECT"),
            (.lost(CallFailure(.truncated, "")), "BAD_RESPONSE"),
            (.lost(CallFailure(.tooLarge, "")), "BAD_RESPONSE"),
            (.lost(CallFailure(.timeout, "")), "TIMEOUT"),
            (.lost(CallFailure(.cancelled, "")), "CANCELLED"),
        ] as [(AttemptFailure, String)]
    )
    func codes(_ failure: AttemptFailure, _ word: String) {
        #expect(failure.error.code.rawValue == word)
    }

    @Test("retries are a fifth of the calls, with a reserve for quiet providers")
    func budget() {
        var budget = RetryBudget(at: 0)
        var granted = 0
        for _ in 0..<1_000 {
            budget.callStarted(at: 0)
            if budget.takeRetry(at: 0) { granted += 1 }
        }
        #expect((200...210).contains(granted))
        let isLeft = budget.takeRetry(at: 0)
        #expect(!isLeft)
        var later = 0
        while budget.takeRetry(at: 60_000_000) { later += 1 }
        #expect((10...11).contains(later), "the reserve fills, nothing above it")
    }

    @Test("second calls stay below a twentieth")
    func hedges() {
        var budget = HedgeBudget()
        var taken = 0
        for _ in 0..<1_000 {
            budget.callStarted()
            if budget.take() { taken += 1 }
        }
        #expect(taken == 50)
    }

    @Test("latencies: nearest rank of the last 256, and the share that failed")
    func latencies() {
        var window = LatencyWindow()
        #expect(window.quantile(0.5) == nil)
        #expect(window.errorRate == 0)
        for value in 1...1_000 { window.count(Microseconds(value), failed: value % 4 == 0) }
        #expect(window.quantile(0.5) == 872)
        #expect(window.quantile(0.99) == 998)
        #expect(window.quantile(1) == 1_000)
        #expect(window.errorRate == 0.25)
    }
}
