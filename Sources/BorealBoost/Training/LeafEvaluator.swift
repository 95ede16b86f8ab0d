import BorealBase

/// Builds the histograms of new leaves and finds their best splits: the smaller child is built, the
/// larger is the parent less the smaller, and both are scanned while the bins are still in the
/// cache.
final class LeafEvaluator {
    private let dataset: BinnedDataset
    private let pool: WorkerPool
    private let formula: LeafFormula
    private let histograms: HistogramPool
    private let builder: HistogramBuilder
    private let blocks: [FeatureBlock]
    private let finders: [SplitFinder]
    /// `[blocks.count]`: the best split each block found for the two children.
    private let found: [FoundSplits]
    /// Bins of all features: what one scan costs.
    private let binTotal: Int
    private var scales = GradientQuantiser.Scales()
    private var isUsed: [Bool] = []

    /// What one piece of a region found.
    private final class FoundSplits {
        var small = SplitCandidate()
        var large = SplitCandidate()
    }

    /// Units of work (additions to histograms) below which waking threads costs more than it saves.
    private static let parallelWork = 24_000

    init(
        _ dataset: BinnedDataset,
        _ parameters: TrainingParameters,
        pool: WorkerPool,
        cancellation: CancellationFlag
    ) {
        self.dataset = dataset
        self.pool = pool
        formula = LeafFormula(parameters)
        histograms = HistogramPool(
            slots: dataset.layout.histogramSlots,
            features: dataset.layout.features.count,
            bytesMax: parameters.histogramBytesMax
        )
        builder = HistogramBuilder(dataset: dataset, cancellation: cancellation)
        blocks = builder.blocks(pieces: pool.threadCount)
        let binCounts = dataset.layout.features.map(\.mapper.binCount)
        binTotal = binCounts.reduce(0, +)
        finders = blocks.map { _ in SplitFinder(parameters, binCountMax: binCounts.max() ?? 1) }
        found = blocks.map { _ in FoundSplits() }
    }

    /// Starts a tree.
    func begin(scales: GradientQuantiser.Scales, features: [Bool]) {
        self.scales = scales
        isUsed = features
        histograms.reset()
    }

    /// Finds the root's best split.
    func evaluateRoot(
        _ root: inout TreeGrower.OpenLeaf,
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
        for index in isUsed.indices { flags[index] = isUsed[index] ? 1 : 0 }
        run(pair)
        root.split = bestFound(\.small)
    }

    /// Finds the best splits of two children.
    ///
    /// - Parameters:
    ///   - parent: the leaf that was split; this call takes its histogram over.
    ///   - wanted: which of the two may be split at all.
    func evaluate(
        _ leaves: inout [TreeGrower.OpenLeaf],
        left: Int,
        right: Int,
        parent: TreeGrower.OpenLeaf,
        wanted: (left: Bool, right: Bool),
        _ entries: UnsafePointer<RowEntry>
    ) {
        guard wanted.left || wanted.right else {
            if let slot = parent.slot { histograms.give(slot) }
            return
        }
        let leftIsSmall = leaves[left].count <= leaves[right].count
        let (small, large) = leftIsSmall ? (left, right) : (right, left)
        let smallIsWanted = leftIsSmall ? wanted.left : wanted.right
        let largeIsWanted = leftIsSmall ? wanted.right : wanted.left
        let largeSlot = parent.slot ?? takeEvicting(&leaves, keeping: [left, right])
        let smallSlot = takeEvicting(&leaves, keeping: [left, right])
        if parent.slot == nil {
            let flags = histograms.flags(largeSlot)
            for index in parent.flags.indices { flags[index] = parent.flags[index] }
        }
        let pair = Pair(
            entries: entries,
            small: side(leaves[small], smallSlot, isWanted: smallIsWanted),
            large: side(leaves[large], largeSlot, isWanted: largeIsWanted),
            isSubtracted: parent.slot != nil
        )
        run(pair)
        settle(&leaves[small], smallSlot, bestFound(\.small))
        settle(&leaves[large], largeSlot, bestFound(\.large))
    }

    /// Keeps the histogram of a leaf that can be split, and gives back the others.
    private func settle(
        _ leaf: inout TreeGrower.OpenLeaf,
        _ slot: Int,
        _ split: SplitCandidate
    ) {
        leaf.split = split
        if split.gain > 0 { leaf.slot = slot } else { histograms.give(slot) }
    }

    /// A free slot; when there is none, the histogram of the leaf with the least gain goes, and its
    /// children will be built from their rows: exact sums make that the same numbers.
    private func takeEvicting(
        _ leaves: inout [TreeGrower.OpenLeaf],
        keeping kept: [Int]
    ) -> Int {
        if let slot = histograms.take() { return slot }
        var victim: Int?
        for index in leaves.indices where leaves[index].slot != nil && !kept.contains(index) {
            if victim.map({ leaves[index].split.gain < leaves[$0].split.gain }) ?? true {
                victim = index
            }
        }
        guard let victim, let slot = leaves[victim].slot else {
            return histograms.takeBeyondLimit()
        }
        let flags = UnsafeBufferPointer(start: histograms.flags(slot), count: isUsed.count)
        leaves[victim].flags = Array(flags)
        leaves[victim].slot = nil
        return slot
    }

    // MARK: One region

    /// One child in a region.
    private struct Side {
        let histogram: UnsafeMutablePointer<Int64>
        let flags: UnsafeMutablePointer<UInt8>
        let start: Int
        let context: LeafContext
        let isWanted: Bool
        let shift: Double
    }

    /// The two children of a split, or the root alone.
    private struct Pair {
        let entries: UnsafePointer<RowEntry>
        let small: Side
        let large: Side?
        /// True when `large` still holds the parent's histogram.
        let isSubtracted: Bool
    }

    private func side(_ leaf: TreeGrower.OpenLeaf, _ slot: Int, isWanted: Bool) -> Side {
        let context = LeafContext(
            sum: leaf.sum,
            count: leaf.count,
            output: leaf.output,
            gradientScale: scales.gradient,
            hessianScale: scales.hessian
        )
        return Side(
            histogram: histograms.histogram(slot),
            flags: histograms.flags(slot),
            start: leaf.start,
            context: context,
            isWanted: isWanted,
            shift: formula.shift(context)
        )
    }

    private func run(_ pair: Pair) {
        let rows =
            pair.small.context.count + (pair.isSubtracted ? 0 : pair.large?.context.count ?? 0)
        let cost = rows * dataset.layout.features.count + 4 * binTotal
        if cost < Self.parallelWork {
            for block in blocks.indices { work(on: block, pair) }
        } else {
            pool.run(blocks.count) { block in work(on: block, pair) }
        }
    }

    private func bestFound(_ side: KeyPath<FoundSplits, SplitCandidate>) -> SplitCandidate {
        var best = SplitCandidate()
        for candidate in found where candidate[keyPath: side].isBetter(than: best) {
            best = candidate[keyPath: side]
        }
        return best
    }

    private func work(on number: Int, _ pair: Pair) {
        let block = blocks[number]
        let found = found[number]
        found.small = SplitCandidate()
        found.large = SplitCandidate()
        let small = pair.small
        builder.build(
            block,
            pair.entries + small.start,
            count: small.context.count,
            into: small.histogram
        )
        guard let large = pair.large else {
            for index in block.features where small.flags[index] != 0 {
                search(index, small, finders[number], &found.small)
            }
            return
        }
        if !pair.isSubtracted {
            builder.build(
                block,
                pair.entries + large.start,
                count: large.context.count,
                into: large.histogram
            )
        }
        for index in block.features {
            // What could not split the parent cannot split its children.
            small.flags[index] = large.flags[index]
            guard small.flags[index] != 0 else { continue }
            let feature = dataset.layout.features[index]
            if pair.isSubtracted {
                HistogramKernel.subtract(
                    small.histogram + feature.histogramOffset,
                    from: large.histogram + feature.histogramOffset,
                    count: feature.mapper.binCount
                )
            }
            if small.isWanted { search(index, small, finders[number], &found.small) }
            if large.isWanted { search(index, large, finders[number], &found.large) }
        }
    }

    @inline(__always)
    private func search(
        _ index: Int,
        _ side: Side,
        _ finder: SplitFinder,
        _ best: inout SplitCandidate
    ) {
        let feature = dataset.layout.features[index]
        let canSplit = finder.search(
            feature,
            index,
            side.histogram + feature.histogramOffset,
            side.context,
            shift: side.shift,
            best: &best
        )
        side.flags[index] = canSplit ? 1 : 0
    }
}

/// Memory for histograms, handed out by number; a tree with many leaves and features would
/// otherwise take gigabytes.
final class HistogramPool {
    private let slots: Int
    private let features: Int
    private let limit: Int
    private var buffers: [AlignedBuffer<Int64>] = []
    private var flagBuffers: [AlignedBuffer<UInt8>] = []
    private var free: [Int] = []

    /// - Parameters:
    ///   - slots: bins of a histogram.
    ///   - features: flags that go with it: whether a feature can split the leaf.
    ///   - bytesMax: what all histograms may take; at least three are made.
    init(slots: Int, features: Int, bytesMax: Int) {
        self.slots = slots
        self.features = features
        limit = max(3, bytesMax / max(1, slots * 8 + features))
    }

    /// All histograms are free again.
    func reset() {
        free = Array(buffers.indices.reversed())
    }

    /// A free histogram; nil at the limit.
    func take() -> Int? {
        if let slot = free.popLast() { return slot }
        return buffers.count < limit ? takeBeyondLimit() : nil
    }

    /// One more histogram.
    func takeBeyondLimit() -> Int {
        buffers.append(AlignedBuffer(count: slots))
        flagBuffers.append(AlignedBuffer(count: features))
        return buffers.count - 1
    }

    /// Gives a histogram back.
    func give(_ slot: Int) { free.append(slot) }

    /// The bins of a histogram.
    func histogram(_ slot: Int) -> UnsafeMutablePointer<Int64> { buffers[slot].pointer }

    /// Whether each feature can split the leaf.
    func flags(_ slot: Int) -> UnsafeMutablePointer<UInt8> { flagBuffers[slot].pointer }
}
