import Testing

@testable import BorealRemote

@Suite("Runtime of a model, from its options")
struct RuntimeOptionsTests {
    @Test("without options the documented defaults hold")
    func defaults() {
        let limits = RemoteModelLimits(RemoteModelOptions(), kind: .embedding)
        #expect(limits == RemoteModelLimits())
        let rules = RemoteModelRules(RemoteModelOptions(), kind: .embedding)
        #expect(rules.hedging == .off)
        #expect(!rules.isDedicatedOnly)
        #expect(rules.cacheSeconds == nil)
        #expect(rules.affinityPrefix == nil)
    }

    @Test("limits go over one by one; a chat's answers are bounded lower and thought of beforehand")
    func limits() {
        var options = RemoteModelOptions()
        options.batchMax = 7
        options.requestsPerMinute = 60
        options.tokensPerMinute = 900
        options.concurrencyMax = 9
        options.retries = 2
        options.timeoutMilliseconds = 8_000
        options.maxTokens = 50
        options.isStreamed = true
        let limits = RemoteModelLimits(options, kind: .chat)
        #expect(limits.rowsMax == 7)
        #expect(limits.requestsPerMinute == 60)
        #expect(limits.tokensPerMinute == 900)
        #expect(limits.concurrencyMax == 9)
        #expect(limits.retriesMax == 2)
        #expect(limits.timeoutMilliseconds == 8_000)
        #expect(limits.answerTokensPerRow == 50)
        #expect(limits.idleMilliseconds == 30_000)
        #expect(limits.answerBytesMax == 8 << 20)
        #expect(RemoteModelLimits(options, kind: .embedding).answerTokensPerRow == 0)
    }

    @Test("rules: only a chat of temperature 0 repeats itself")
    func rules() {
        var options = RemoteModelOptions()
        options.cacheSeconds = 60
        options.cacheScope = .global
        options.dataPolicy = .dedicatedOnly
        options.hedge = .p95
        options.system = "Be brief."
        let warm = RemoteModelRules(options, kind: .chat)
        #expect(!warm.isDeterministic)
        #expect(warm.isCacheShared)
        #expect(warm.isDedicatedOnly)
        #expect(warm.hedging == .p95)
        #expect(warm.affinityPrefix == "Be brief.")
        options.temperature = 0
        options.hedge = .milliseconds(80)
        options.bypassesCache = true
        let cold = RemoteModelRules(options, kind: .chat)
        #expect(cold.isDeterministic)
        #expect(cold.isCacheBypassed)
        #expect(cold.hedging == .afterMilliseconds(80))
    }

    @Test("a pool's tiers go in the order of their first member; one key is one identity")
    func pool() throws {
        let members = try PoolMember.list(
            "own=http://a.example w=3 conc=8, shared=http://b.example rpm=600, own=http://c.example"
        )
        let pool = RemoteProvider.pool(members, credential: "k1") {
            address throws(RemoteModelError) in [("authorization", "Bearer \(address.host)")]
        }
        #expect(pool.map(\.tier) == [0, 1, 0])
        #expect(pool.map(\.weight) == [3, 1, 1])
        #expect(pool.map(\.concurrencyMax) == [8, nil, nil])
        #expect(pool.map(\.requestsPerMinute) == [nil, 600, nil])
        #expect(Set(pool.map(\.identity)).count == 3)
        let other = RemoteProvider.pool(members, credential: "k2") {
            _ throws(RemoteModelError) in []
        }
        #expect(other[0].identity != pool[0].identity)
        #expect(try pool[1].headers().map(\.value) == ["Bearer b.example"])
        #expect(!pool[0].name.contains("?"))
    }

    @Test("a refusal by the service's filter is FILTERED and is not tried again")
    func filtered() {
        var refusal = UpstreamRefusal(status: 400, text: "content filter")
        refusal.isFiltered = true
        let failure = AttemptFailure.refused(refusal)
        #expect(failure.error.code == .filtered)
        #expect(!RetryPolicy.isRetried(failure, kind: .chat))
    }
}
