import BorealBase
import CKernels

/// Builds the histograms of new leaves and finds their best splits: the smaller child is built, the
/// larger is the parent less the smaller, and both are scanned while the bins are still in the
/// cache.
///
/// A large pair of leaves is shared by all threads, column by column; of small ones each thread
/// takes a pair for itself.
final class LeafEvaluator {
    private let pool: WorkerPool
    private let formula: LeafFormula
    private let parameters: TrainingParameters
    private let histograms: HistogramPool
    private let builder: HistogramBuilder
    private let shares: [Share]
    /// `[shares.count]`: their parts, for leaves of few rows.
    private let parts: [[Share]]
    /// `[featureCount]`
    private let plans: AlignedBuffer<FeaturePlan>
    /// Features, stored column by stored column: the order of all flags.
    private let members: AlignedBuffer<Int32>
    /// `[max(shares, threads)]`: scratch memory and results of a piece of work.
    private let pieces: [Piece]
    private let featureCount: Int
    private let rules: NodeRules
    /// What the tree may split on, and where its random streams begin.
    private var features: [Bool] = []
    private var keys = TreeKeys()
    private var scales = GradientQuantiser.Scales()

    /// What a piece builds and scans.
    private struct Share {
        let block: FeatureBlock
        let columns: [ColumnPlan]

        /// - Parameter columns: all that are stored.
        init(_ block: FeatureBlock, _ columns: [ColumnPlan]) {
            self.block = block
            var joined: [ColumnPlan] = []
            for number in block.columns {
                if let both = joined.last?.joined(columns[number]) {
                    joined[joined.count - 1] = both
                } else {
                    joined.append(columns[number])
                }
            }
            self.columns = joined
        }
    }

    /// The best splits of two children so far.
    private struct Found {
        var small: SplitCandidate
        var large: SplitCandidate
    }

    /// What one piece of work needs, and what it found.
    private final class Piece {
        let finder: SplitFinder
        var small = SplitCandidate()
        var large = SplitCandidate()

        init(_ finder: SplitFinder) {
            self.finder = finder
        }
    }

    /// Where the random streams of a tree begin: of the features drawn for nodes, and of
    /// thresholds.
    struct TreeKeys {
        var nodes: UInt64 = 0
        var thresholds: UInt64 = 0
    }

    /// Histograms reserved for the children of a leaf.
    struct Slots {
        var small: Int
        /// The parent's, if it still has one.
        var large: Int
        /// True when `large` holds the parent's histogram.
        var isSubtracted: Bool
    }

    init(
        _ dataset: BinnedDataset,
        _ parameters: TrainingParameters,
        _ rules: NodeRules,
        pool: WorkerPool,
        cancellation: CancellationFlag
    ) {
        self.pool = pool
        self.parameters = parameters
        self.rules = rules
        formula = LeafFormula(parameters)
        let layout = dataset.layout
        featureCount = layout.features.count
        histograms = HistogramPool(
            slots: layout.histogramSlots,
            features: featureCount,
            bytesMax: parameters.histogramBytesMax
        )
        builder = HistogramBuilder(dataset: dataset, cancellation: cancellation)
        let plans = AlignedBuffer<FeaturePlan>(count: featureCount)
        self.plans = plans
        for (index, feature) in layout.features.enumerated() {
            plans.pointer[index] = FeaturePlan(feature, direction: rules.direction(index))
        }
        members = AlignedBuffer(count: featureCount)
        var columns: [ColumnPlan] = []
        var next = 0
        for column in layout.stored {
            let own = column.features.map { plans.pointer[$0] }
            columns.append(ColumnPlan(column, firstMember: next, own))
            for feature in column.features {
                members.pointer[next] = Int32(feature)
                next += 1
            }
        }
        let blocks = builder.blocks(pieces: pool.threadCount)
        shares = blocks.map { Share($0, columns) }
        parts = blocks.map { [builder] block in builder.parts(of: block).map { Share($0, columns) }
        }
        let binCountMax = layout.features.map(\.mapper.binCount).max() ?? 1
        pieces = (0..<max(shares.count, pool.threadCount)).map { _ in
            Piece(SplitFinder(parameters, rules, binCountMax: binCountMax))
        }
    }

    /// Starts a tree.
    ///
    /// - Parameter features: what it may split on, `[featureCount]`.
    func begin(scales: GradientQuantiser.Scales, features: [Bool], keys: TreeKeys) {
        self.scales = scales
        self.features = features
        self.keys = keys
        for piece in pieces { piece.finder.thresholdKey = keys.thresholds }
        histograms.reset()
    }

    /// Finds the root's best split.
    func evaluateRoot(
        _ root: inout OpenLeaf,
        _ entries: UnsafePointer<RowEntry>
    ) {
        guard let slot = histograms.take() else { return }
        root.slot = slot
        let pair = Pair(
            entries: entries,
            small: side(root, slot, isWanted: true),
            large: nil,
            isSubtracted: false
        )
        let flags = histograms.flags(slot)
        for member in features.indices {
            flags[member] = features[Int(members.pointer[member])] ? 1 : 0
        }
        root.split = search(pair, worker: nil).small
    }

    // MARK: Histograms of a split

    /// Histograms for a leaf's children, if some are free.
    func reserve(for parent: OpenLeaf) -> Slots? {
        let needed = parent.slot == nil ? 2 : 1
        guard histograms.available >= needed, let small = histograms.take() else { return nil }
        guard let large = parent.slot ?? histograms.take() else { return nil }
        return slots(small, large, parent)
    }

    /// The same, at the cost of another leaf's histogram: that of the least gain goes, and its
    /// children will be built from their rows: exact sums make that the same numbers.
    func reserve(for index: Int, evictingFrom leaves: inout [OpenLeaf]) -> Slots {
        let small = takeEvicting(&leaves, keeping: index)
        let large = leaves[index].slot ?? takeEvicting(&leaves, keeping: index)
        return slots(small, large, leaves[index])
    }

    private func slots(_ small: Int, _ large: Int, _ parent: OpenLeaf) -> Slots {
        if parent.slot == nil {
            let flags = histograms.flags(large)
            for index in parent.flags.indices { flags[index] = parent.flags[index] }
        }
        return Slots(small: small, large: large, isSubtracted: parent.slot != nil)
    }

    private func takeEvicting(_ leaves: inout [OpenLeaf], keeping kept: Int) -> Int {
        if let slot = histograms.take() { return slot }
        var victim: Int?
        for index in leaves.indices
        where leaves[index].slot != nil && leaves[index].expansion == nil && index != kept {
            if victim.map({ leaves[index].split.gain < leaves[$0].split.gain }) ?? true {
                victim = index
            }
        }
        guard let victim, let slot = leaves[victim].slot else {
            return histograms.takeBeyondLimit()
        }
        let flags = UnsafeBufferPointer(start: histograms.flags(slot), count: featureCount)
        leaves[victim].flags = Array(flags)
        leaves[victim].slot = nil
        return slot
    }

    /// Gives back the histograms of a leaf.
    func release(_ leaf: OpenLeaf) {
        if let slot = leaf.slot { histograms.give(slot) }
    }

    /// Gives back the histograms that the children of a split do not keep.
    func settle(_ slots: Slots, _ left: OpenLeaf, _ right: OpenLeaf) {
        for slot in [slots.small, slots.large] where slot != left.slot && slot != right.slot {
            histograms.give(slot)
        }
    }

    // MARK: Children

    /// Finds the best splits of two children; one that can be split keeps its histogram.
    ///
    /// - Parameters:
    ///   - wanted: which of the two may be split at all.
    ///   - worker: the piece of a parallel region this is called in; nil to share the work among
    ///     all threads.
    func evaluate(
        _ left: inout OpenLeaf,
        _ right: inout OpenLeaf,
        _ slots: Slots,
        wanted: (left: Bool, right: Bool),
        _ entries: UnsafePointer<RowEntry>,
        worker: Int?
    ) {
        guard wanted.left || wanted.right else { return }
        let leftIsSmall = left.count <= right.count
        let small = leftIsSmall ? left : right
        let large = leftIsSmall ? right : left
        let pair = Pair(
            entries: entries,
            small: side(small, slots.small, isWanted: leftIsSmall ? wanted.left : wanted.right),
            large: side(large, slots.large, isWanted: leftIsSmall ? wanted.right : wanted.left),
            isSubtracted: slots.isSubtracted
        )
        let found = search(pair, worker: worker)
        left.split = leftIsSmall ? found.small : found.large
        right.split = leftIsSmall ? found.large : found.small
        if left.split.gain > 0 { left.slot = leftIsSmall ? slots.small : slots.large }
        if right.split.gain > 0 { right.slot = leftIsSmall ? slots.large : slots.small }
    }

    /// One child in a region.
    private struct Side {
        let histogram: UnsafeMutablePointer<Int64>
        let flags: UnsafeMutablePointer<UInt8>
        let start: Int
        let leaf: LeafSearch
        let isWanted: Bool
        /// `[featureCount]`: what the leaf may split on; nil for all that its tree may.
        let allowed: [Bool]?
    }

    /// The two children of a split, or the root alone.
    private struct Pair {
        let entries: UnsafePointer<RowEntry>
        let small: Side
        let large: Side?
        /// True when `large` still holds the parent's histogram.
        let isSubtracted: Bool
    }

    private func side(_ leaf: OpenLeaf, _ slot: Int, isWanted: Bool) -> Side {
        let context = LeafContext(
            sum: leaf.sum,
            count: leaf.count,
            output: leaf.output,
            gradientScale: scales.gradient,
            hessianScale: scales.hessian,
            bounds: leaf.bounds,
            depth: leaf.depth,
            path: leaf.path
        )
        return Side(
            histogram: histograms.histogram(slot),
            flags: histograms.flags(slot),
            start: leaf.start,
            leaf: LeafSearch(context, formula, parameters),
            isWanted: isWanted,
            allowed: rules.allowed(leaf, features: features, key: keys.nodes)
        )
    }

    private func search(
        _ pair: Pair,
        worker: Int?
    ) -> (small: SplitCandidate, large: SplitCandidate) {
        if let worker {
            let piece = pieces[worker]
            piece.small = SplitCandidate()
            piece.large = SplitCandidate()
            for number in shares.indices { work(on: number, pair, piece) }
            return (piece.small, piece.large)
        }
        pool.run(shares.count) { number in
            let piece = pieces[number]
            piece.small = SplitCandidate()
            piece.large = SplitCandidate()
            work(on: number, pair, piece)
        }
        var (small, large) = (SplitCandidate(), SplitCandidate())
        for piece in pieces.prefix(shares.count) {
            if piece.small.isBetter(than: small) { small = piece.small }
            if piece.large.isBetter(than: large) { large = piece.large }
        }
        return (small, large)
    }

    /// Rows of the smaller child up to which a block is worked on part by part.
    private static let fewRows = 1_024

    private func work(on number: Int, _ pair: Pair, _ piece: Piece) {
        // Properties of an object would be checked for exclusive access at every feature.
        var found = Found(small: piece.small, large: piece.large)
        // All rows of a larger child are read when its parent's histogram was given away.
        let isBuiltWhole = pair.large.map { _ in !pair.isSubtracted } ?? false
        if pair.small.leaf.context.count <= Self.fewRows, !isBuiltWhole {
            for part in parts[number] { work(on: part, pair, piece.finder, &found) }
        } else {
            work(on: shares[number], pair, piece.finder, &found)
        }
        (piece.small, piece.large) = (found.small, found.large)
    }

    private func work(
        on share: Share,
        _ pair: Pair,
        _ finder: SplitFinder,
        _ found: inout Found
    ) {
        let small = pair.small
        if let large = pair.large, !small.isWanted {
            // Nobody will look at the smaller child's histogram.
            if pair.isSubtracted {
                builder.remove(
                    share.block,
                    pair.entries + small.start,
                    count: small.leaf.context.count,
                    from: large.histogram
                )
            } else {
                build(share.block, large, pair.entries)
            }
            for column in share.columns {
                scanAlone(column, large, finder, &found.large)
            }
            return
        }
        build(share.block, small, pair.entries)
        guard let large = pair.large else {
            for column in share.columns {
                scanAlone(column, small, finder, &found.small)
            }
            return
        }
        if !pair.isSubtracted { build(share.block, large, pair.entries) }
        for column in share.columns {
            scan(column, small, large, pair.isSubtracted, finder, &found)
        }
    }

    private func build(
        _ block: FeatureBlock,
        _ side: Side,
        _ entries: UnsafePointer<RowEntry>
    ) {
        builder.build(
            block,
            entries + side.start,
            count: side.leaf.context.count,
            into: side.histogram
        )
    }

    private func scanAlone(
        _ column: ColumnPlan,
        _ side: Side,
        _ finder: SplitFinder,
        _ best: inout SplitCandidate
    ) {
        if column.firstCut >= 0, side.allowed == nil, finder.isPlain {
            return searchCuts(column, side, finder, &best)
        }
        let first = Int(column.firstMember)
        for member in first..<first + Int(column.memberCount) where side.flags[member] != 0 {
            search(member, side, finder, &best)
        }
    }

    /// Looks at all features of a column that have one cut each, eight at a time, and closer at
    /// those that gain more than the best so far. One by one, 10,000 columns of zeros and ones took
    /// two thirds of their training.
    private func searchCuts(
        _ column: ColumnPlan,
        _ side: Side,
        _ finder: SplitFinder,
        _ best: inout SplitCandidate
    ) {
        let slots = UnsafePointer(side.histogram) + Int(column.firstCut)
        let flags = side.flags + Int(column.firstMember)
        let count = Int(column.memberCount)
        var place = 0
        while place < count {
            var query = side.leaf.query(best: best)
            let rest = Int32(count - place)
            place += Int(boreal_scan_cuts(slots + place, flags + place, rest, &query))
            guard place < count else { return }
            search(Int(column.firstMember) + place, side, finder, &best)
            place += 1
        }
    }

    private func scan(
        _ column: ColumnPlan,
        _ small: Side,
        _ large: Side,
        _ isSubtracted: Bool,
        _ finder: SplitFinder,
        _ found: inout Found
    ) {
        var isUsed = false
        let first = Int(column.firstMember)
        for member in first..<first + Int(column.memberCount) {
            // What could not split the parent cannot split its children.
            small.flags[member] = large.flags[member]
            isUsed = isUsed || large.flags[member] != 0
        }
        guard isUsed else { return }
        if isSubtracted {
            HistogramKernel.subtract(
                small.histogram + Int(column.offset),
                from: large.histogram + Int(column.offset),
                count: Int(column.slotCount)
            )
        }
        if small.isWanted { scanAlone(column, small, finder, &found.small) }
        if large.isWanted { scanAlone(column, large, finder, &found.large) }
    }

    @inline(__always)
    private func search(
        _ member: Int,
        _ side: Side,
        _ finder: SplitFinder,
        _ best: inout SplitCandidate
    ) {
        let index = Int(members.pointer[member])
        if let allowed = side.allowed, !allowed[index] { return }
        let canSplit = finder.search(
            plans.pointer[index],
            index,
            side.histogram,
            side.leaf,
            best: &best
        )
        side.flags[member] = canSplit ? 1 : 0
    }
}
