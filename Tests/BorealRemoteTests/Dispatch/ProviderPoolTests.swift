import Testing

@testable import BorealRemote

@Suite("Choice of a provider")
struct ProviderPoolTests {
    private typealias Member = ProviderPool.Member
    private let now: Microseconds = 1_000_000

    private func choose(
        _ members: [ProviderPool.Member],
        _ request: ProviderPool.Request = .init(),
        seed: UInt64 = 1
    ) -> ProviderPool.Choice {
        var generator = SplitMix(seed: seed)
        return ProviderPool(members: members).choose(request, at: now, using: &generator)
    }

    private static let open = Member(breaker: .open, isAdmitting: false)
    private static let probing = Member(breaker: .halfOpen, isAdmitting: false)
    private static let paused = Member(pausedUntil: 3_000_000)
    private static let limited = Member(limiterWait: 700_000)
    private static let fullForLong = Member(inFlight: 4, expectedWait: 60_000)
    private static let fullForMoments = Member(inFlight: 4, expectedWait: 40_000)

    /// What stands in the first tier, and where a row goes that may leave it, and one that may not.
    private static let overflow: [(ProviderPool.Member, ProviderPool.Choice, ProviderPool.Choice)] =
        [
            (Member(), .send(0), .send(0)),
            (open, .send(1), .allOpen),
            (probing, .send(1), .wait(until: nil)),
            (paused, .send(1), .wait(until: 3_000_000)),
            (limited, .send(1), .wait(until: 1_700_000)),
            (fullForLong, .send(1), .wait(until: nil)),
            (fullForMoments, .wait(until: 1_050_000), .wait(until: nil)),
        ]

    @Test("the shared tier gets what the dedicated one cannot take now", arguments: overflow)
    func tiers(
        _ row: (first: ProviderPool.Member, free: ProviderPool.Choice, kept: ProviderPool.Choice)
    ) {
        let members = [row.first, Member(tier: 1)]
        #expect(choose(members) == row.free)
        #expect(choose(members, .init(isDedicatedOnly: true)) == row.kept)
    }

    @Test("with every breaker open nobody is waited for; with one paused somebody is")
    func allOpen() {
        #expect(choose([Self.open, Self.open]) == .allOpen)
        #expect(choose([Self.open, Self.paused]) == .wait(until: 3_000_000))
    }

    @Test("when all members ask to be left alone for longer than anybody waits, nobody does")
    func allPaused() {
        let paused = ProviderPool.Choice.allPaused(until: 3_000_000)
        #expect(choose([Self.paused, Self.open], .init(latest: 2_999_999)) == paused)
        #expect(choose([Self.paused], .init(latest: 3_000_000)) == .wait(until: 3_000_000))
        let limited = choose([Self.paused, Self.limited], .init(latest: 1_000_000))
        #expect(limited == .wait(until: 1_700_000))
        let full = Member(inFlight: 4, pausedUntil: 900_000)
        #expect(choose([full], .init(latest: 800_000)) == .wait(until: nil))
        #expect(choose([Self.open], .init(latest: 0)) == .allOpen)
    }

    @Test("who has just failed the rows is taken only when nobody else is free")
    func avoided() {
        for seed in 1...50 as ClosedRange<UInt64> {
            #expect(choose([Member(), Member()], .init(avoided: [0]), seed: seed) == .send(1))
        }
        #expect(choose([Member(), Self.open], .init(avoided: [0])) == .send(0))
        #expect(choose([Member(), Member(tier: 1)], .init(avoided: [0])) == .send(0))
        #expect(choose([Member(), Member(tier: 1)], .init(refused: [0])) == .send(1))
        #expect(choose([Member(), Self.open], .init(refused: [0])) == .send(0))
    }

    @Test("weights share out the calls, and the less busy of two draws is taken")
    func weights() {
        var counts = [0, 0]
        var generator = SplitMix(seed: 9)
        var members = [Member(weight: 3, limit: 1_000), Member(limit: 1_000)]
        for _ in 0..<400 {
            let pool = ProviderPool(members: members)
            if case .send(let index) = pool.choose(.init(), at: now, using: &generator) {
                counts[index] += 1
                members[index].inFlight += 1
            }
        }
        #expect((290...310).contains(counts[0]))
        let busy = [Member(inFlight: 3), Member(inFlight: 1)]
        for seed in 1...20 as ClosedRange<UInt64> { #expect(choose(busy, seed: seed) == .send(1)) }
    }

    @Test("equal beginnings go to one member, until it is a quarter busier than the least busy")
    func affinity() {
        var homes: Set<Int> = []
        for key in 0..<64 as Range<UInt64> {
            let request = ProviderPool.Request(affinity: key)
            let members = Array(repeating: Member(limit: 100), count: 4)
            guard case .send(let home) = choose(members, request) else { continue }
            homes.insert(home)
            for seed in 1...5 as ClosedRange<UInt64> {
                #expect(choose(members, request, seed: seed) == .send(home))
            }
            var busy = Array(repeating: Member(inFlight: 8, limit: 100), count: 4)
            busy[home].inFlight = 10
            #expect(choose(busy, request) == .send(home))
            busy[home].inFlight = 11
            #expect(choose(busy, request) != .send(home))
        }
        #expect(homes == [0, 1, 2, 3])
    }

    @Test("beginnings are shared out by weight")
    func weightedAffinity() {
        let members = [Member(weight: 3), Member()]
        let first = (0..<2_000 as Range<UInt64>).count { key in
            choose(members, .init(affinity: key)) == .send(0)
        }
        #expect((1_400...1_600).contains(first))
    }

    @Test("one call in flight does not drive a prefix away")
    func affinityOfFew() {
        let request = ProviderPool.Request(affinity: 5)
        guard case .send(let home) = choose([Member(), Member()], request) else { return }
        var members = [Member(), Member()]
        members[home].inFlight = 1
        #expect(choose(members, request) == .send(home))
    }
}
