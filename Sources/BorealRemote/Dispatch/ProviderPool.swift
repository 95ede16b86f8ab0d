import Glibc

/// Chooses among the providers of a pool. A pure function of what is known about each.
///
/// Tiers go in order; the next gets only what the one before cannot take now. Within a tier two
/// members are drawn by weight and the one with fewer calls in flight is taken.
struct ProviderPool: Sendable {
    /// A full member is waited for so long, rather than passing on what it will take in a moment.
    static let patience: Microseconds = 50_000
    /// How much busier than the least busy a preferred member may be.
    static let affinitySlack = 1.25

    /// One provider as it stands now.
    struct Member: Sendable {
        var tier = 0
        /// At least 1.
        var weight = 1
        var inFlight = 0
        var limit = 4
        var breaker = CircuitBreaker.State.closed
        /// The breaker lets a call through; false also while a half-open one has its probe out.
        var isAdmitting = true
        /// Told to wait until then; in the past for none.
        var pausedUntil = Microseconds.min
        /// Until its bucket has room.
        var limiterWait: Microseconds = 0
        /// Until a place is free, when there is none.
        var expectedWait: Microseconds = 0

        fileprivate func isFree(at now: Microseconds) -> Bool {
            isAdmitting && pausedUntil <= now && limiterWait == 0 && inFlight < limit
        }
    }

    struct Request: Sendable {
        /// Never leaves the first tier.
        var isDedicatedOnly = false
        /// Members that have failed these rows: within a tier, taken when no other is free.
        var avoided: Set<Int> = []
        /// Members that could not take these rows: taken when no other in any tier is free.
        var refused: Set<Int> = []
        /// Hash of the beginning of the prompt, when equal beginnings should meet one cache.
        var affinity: UInt64?
        /// Nobody waits for these rows beyond it.
        var latest = Microseconds.max
    }

    enum Choice: Equatable, Sendable {
        case send(Int)
        /// Nobody can take it now; the moment when that may change by itself, nil for when a call
        /// ends.
        case wait(until: Microseconds?)
        /// Every allowed member's breaker is open.
        case allOpen
        /// Every allowed member is out of order or asks to be left alone for longer than anybody
        /// waits; the first of them until then.
        case allPaused(until: Microseconds)
    }

    let members: [Member]

    func choose(
        _ request: Request,
        at now: Microseconds,
        using generator: inout some RandomNumberGenerator
    ) -> Choice {
        // Most pools are of one, who is asked whatever it said before.
        if members.count == 1, members[0].isFree(at: now) { return .send(0) }
        let allowed = members.indices.filter { !request.isDedicatedOnly || isFirstTier($0) }
        let tiers = Set(allowed.map { members[$0].tier }).sorted()
        for tier in tiers {
            let here = allowed.filter { members[$0].tier == tier }
            let able = here.filter { !request.refused.contains($0) && members[$0].isFree(at: now) }
            let fresh = able.filter { !request.avoided.contains($0) }
            let best = fresh.isEmpty ? able : fresh
            if !best.isEmpty { return .send(pick(best, request, using: &generator)) }
            let isLast = tier == tiers.last
            if !isLast, isFullForMoments(here, at: now) {
                return .wait(until: now + Self.patience)
            }
        }
        let free = allowed.filter { members[$0].isFree(at: now) }
        if !free.isEmpty { return .send(pick(free, request, using: &generator)) }
        let working = allowed.filter { members[$0].breaker != .open }
        if working.isEmpty { return .allOpen }
        // A moment that has passed is no pause, however late it is for the rows.
        let bound = max(now, request.latest)
        let first = working.lazy.map { members[$0].pausedUntil }.min()
        if let first, first > bound { return .allPaused(until: first) }
        return .wait(until: nextChange(allowed, at: now))
    }

    private func isFirstTier(_ index: Int) -> Bool {
        members[index].tier == members.lazy.map(\.tier).min()
    }

    /// A healthy member that is merely full for a moment keeps the row in its tier.
    private func isFullForMoments(_ here: [Int], at now: Microseconds) -> Bool {
        here.contains { index in
            let member = members[index]
            return member.isAdmitting && member.pausedUntil <= now && member.limiterWait == 0
                && member.inFlight >= member.limit && member.expectedWait < Self.patience
        }
    }

    /// The first moment when a pause, an empty bucket or an open breaker lets a member in again.
    private func nextChange(_ allowed: [Int], at now: Microseconds) -> Microseconds? {
        allowed.compactMap { index -> Microseconds? in
            let member = members[index]
            let moment = max(member.pausedUntil, now + member.limiterWait)
            return moment > now ? moment : nil
        }.min()
    }

    private func pick(
        _ candidates: [Int],
        _ request: Request,
        using generator: inout some RandomNumberGenerator
    ) -> Int {
        if let key = request.affinity, let index = preferred(candidates, key) { return index }
        let first = draw(candidates, using: &generator)
        let rest = candidates.filter { $0 != first }
        guard !rest.isEmpty else { return first }
        let second = draw(rest, using: &generator)
        return load(second) < load(first) ? second : first
    }

    /// The member that a prefix belongs to, unless it is too busy. By rendezvous hashing: a member
    /// that comes or goes moves only its own prefixes.
    private func preferred(_ candidates: [Int], _ key: UInt64) -> Int? {
        let tier = members[candidates[0]].tier
        let home = members.indices.filter { members[$0].tier == tier }
            .max { score($0, key) < score($1, key) }
        guard let home, candidates.contains(home) else { return nil }
        let least = candidates.lazy.map { members[$0].inFlight }.min() ?? 0
        // One call more than the least busy has is no reason to leave: 1 is not 1.25 x 0.
        let bound = max(Double(least) * Self.affinitySlack, Double(least + 1))
        return Double(members[home].inFlight) <= bound ? home : nil
    }

    /// A member of three times the weight has the highest score three times as often: -w / ln(u)
    /// with u even between 0 and 1 (weighted rendezvous hashing).
    private func score(_ index: Int, _ key: UInt64) -> Double {
        let hash = SplitMix.mixed(key ^ SplitMix.mixed(UInt64(index) &+ 1))
        let even = (Double(hash >> 11) + 0.5) * 0x1p-53
        return -Double(max(1, members[index].weight)) / log(even)
    }

    private func load(_ index: Int) -> Double {
        Double(members[index].inFlight) / Double(max(1, members[index].weight))
    }

    private func draw(_ among: [Int], using generator: inout some RandomNumberGenerator) -> Int {
        let total = among.reduce(0) { $0 + max(1, members[$1].weight) }
        var ticket = Int.random(in: 0..<total, using: &generator)
        for index in among {
            ticket -= max(1, members[index].weight)
            if ticket < 0 { return index }
        }
        return among[0]
    }
}
