import BorealBase

/// Decides how features are stored: several that are hardly ever away from their commonest bins,
/// and never in the same row, share one column of codes (exclusive feature bundling, Ke et al.
/// 2017, section 4); lonely ones of that kind are kept as lists of rows.
///
/// A one-hot encoded text is one byte a row again. Unlike LightGBM no conflict is allowed, in any
/// row, so that bundling never changes a model.
struct FeatureBundler {
    let data: TrainingData
    let mappers: [BinMapper]
    let pool: WorkerPool
    let cancellation: CancellationFlag

    /// A feature may share a column when this share of its rows have the commonest bin.
    private static let shareMin = 0.8
    /// A lonely feature is kept as a list of rows from this share on.
    private static let sparseShareMin = 0.9
    /// Lists of rows cost more than they save for fewer features than this.
    private static let sparseCountMin = 8
    /// Most columns that are tried for a feature.
    private static let openColumnsMax = 64
    /// Most bytes for the rows of those columns.
    private static let openBytesMax = 64 << 20

    /// What storing the features takes: where they lie, and the rare bins of those that need them.
    struct Plan: Sendable {
        var layout: BinLayout
        /// By feature of the layout; nil for features with all their bins stored.
        var rareBins: [RareBins?]

        init(layout: BinLayout, rareBins: [RareBins?]) {
            self.layout = layout
            self.rareBins = rareBins
        }

        /// Every feature in a column of its own, all bins stored.
        init(mappers: [BinMapper]) {
            layout = BinLayout(mappers: mappers)
            rareBins = layout.features.map { _ in nil }
        }
    }

    /// Bundles the features of training data.
    func plan() -> Plan {
        let used = BinLayout.used(mappers)
        let candidates = used.indices.filter { mayShare(mappers[used[$0]]) }
        guard candidates.count > 1 else { return Plan(mappers: mappers) }
        var rare = collect(candidates, used)
        let bundles = bundle(candidates, used, rare)
        let lonely = bundles.filter { $0.count == 1 }.map { $0[0] }
        let sparse = Set(lonely.filter { mappers[used[$0]].commonShare >= Self.sparseShareMin })
        let keepsLists = sparse.count >= Self.sparseCountMin
        var groups: [BinLayout.Group] = []
        let isCandidate = Set(candidates)
        for member in used.indices where !isCandidate.contains(member) {
            let isWide = mappers[used[member]].binCount > 256
            groups.append(BinLayout.Group(form: isWide ? .wide : .narrow, members: [member]))
        }
        for bundle in bundles {
            let isList = bundle.count == 1 && keepsLists && sparse.contains(bundle[0])
            groups.append(BinLayout.Group(form: isList ? .sparse : .narrow, members: bundle))
            if bundle.count == 1 && !isList { rare[bundle[0]] = nil }
        }
        return Plan(layout: BinLayout(mappers: mappers, groups: groups), rareBins: rare)
    }

    /// Stores each feature by itself: for data in which features may be away from their commonest
    /// bins together, though they never were in the training data.
    func planWithoutBundles() -> Plan {
        let used = BinLayout.used(mappers)
        let lists = used.indices.filter { member in
            guard case .sparse = data.columns[used[member]] else { return false }
            return mayShare(mappers[used[member]])
        }
        guard lists.count >= Self.sparseCountMin else { return Plan(mappers: mappers) }
        let isList = Set(lists)
        let groups = used.indices.map { member in
            let isWide = mappers[used[member]].binCount > 256
            let form: StoredColumn.Form = isWide ? .wide : .narrow
            return BinLayout.Group(
                form: isList.contains(member) ? .sparse : form,
                members: [member]
            )
        }
        return Plan(
            layout: BinLayout(mappers: mappers, groups: groups),
            rareBins: collect(lists, used)
        )
    }

    private func mayShare(_ mapper: BinMapper) -> Bool {
        mapper.binCount <= 256 && mapper.commonShare >= Self.shareMin
    }

    private func collect(_ members: [Int], _ used: [Int]) -> [RareBins?] {
        let slots = RareSlots(count: used.count)
        pool.run(members.count) { index in
            if cancellation.isCancelled { return }
            let column = used[members[index]]
            let encoder = BinEncoder(mappers[column])
            slots.slots[members[index]] = encoder.rareBins(
                data.columns[column],
                cancellation: cancellation
            )
        }
        return Array(slots.slots)
    }

    /// One column that is being filled.
    private struct Bundle {
        var members: [Int]
        var codeCount: Int
        /// One bit a row: set when a member is away from its commonest bin there.
        var rows: [UInt64]

        func isFree(for rare: RareBins) -> Bool {
            for row in rare.rows where rows[Int(row / 64)] >> UInt64(row % 64) & 1 == 1 {
                return false
            }
            return true
        }

        mutating func take(_ member: Int, _ codes: Int, _ rare: RareBins) {
            members.append(member)
            codeCount += codes
            for row in rare.rows { rows[Int(row / 64)] |= 1 << UInt64(row % 64) }
        }
    }

    /// Puts each candidate into the newest open column in which it is alone in its rows.
    private func bundle(
        _ candidates: [Int],
        _ used: [Int],
        _ rare: [RareBins?]
    ) -> [[Int]] {
        let words = data.rowCount / 64 + 1
        let openMax = max(1, min(Self.openColumnsMax, Self.openBytesMax / (8 * words)))
        var open: [Bundle] = []
        var closed: [[Int]] = []
        for member in candidates {
            if cancellation.isCancelled { break }
            guard let rows = rare[member] else { continue }
            let codes = mappers[used[member]].binCount - 1
            let place = open.lastIndex { $0.codeCount + codes <= 256 && $0.isFree(for: rows) }
            if let place {
                open[place].take(member, codes, rows)
                continue
            }
            if open.count >= openMax { closed.append(open.removeFirst().members) }
            var bundle = Bundle(
                members: [],
                codeCount: 1,
                rows: [UInt64](repeating: 0, count: words)
            )
            bundle.take(member, codes, rows)
            open.append(bundle)
        }
        return closed + open.map(\.members)
    }
}

/// Where the workers put the lists they make.
// Unchecked: each worker writes the slots of its own features, and the end of the region publishes
// them.
private final class RareSlots: @unchecked Sendable {
    let slots: UnsafeMutableBufferPointer<RareBins?>

    init(count: Int) {
        slots = .allocate(capacity: count)
        slots.initialize(repeating: nil)
    }

    deinit {
        slots.deinitialize()
        slots.deallocate()
    }
}
