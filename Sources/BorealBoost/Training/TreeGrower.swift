import BorealBase

/// Grows one tree after another, leaf by leaf: always the leaf whose split gains most.
///
/// Large leaves are split by all threads together. Of small ones each thread splits one: the best,
/// and ahead of time those that will most likely be next; which leaves become part of the tree, and
/// in which order, is decided by gains alone, so the number of threads changes nothing. Without
/// that a second thread gained nothing on 200,000 rows, because most leaves are too small to share.
final class TreeGrower {
    let parameters: TrainingParameters
    let pool: WorkerPool
    let cancellation: CancellationFlag
    let formula: LeafFormula
    /// `[rowCount]`: the rows of the tree, leaf by leaf.
    let entries: AlignedBuffer<RowEntry>
    private let scratch: AlignedBuffer<RowEntry>
    /// One for each thread.
    private let partitions: [RowPartition]
    private let evaluator: LeafEvaluator
    private let rules: NodeRules
    private let featureCount: Int
    private let columnCount: Int
    /// Slots that are scanned for a leaf.
    private let slotCount: Int
    /// Rows from which on a leaf is split by all threads together.
    private let sharedRows: Int
    private var leaves: [OpenLeaf] = []
    /// `[leaves.count]`: the node a leaf hangs on and its side; nil for the root.
    private var parents: [(node: Int, isLeft: Bool)?] = []
    private var tree = GrownTree()
    /// Leaves that can be split, the last to be split next; kept for large trees that are split
    /// wherever they can be.
    private var open: [Int] = []
    private var isDepthFirst = false

    /// Leaves above which a tree is large: to look at all of them before each split would take
    /// longer than the splits.
    private static let manyLeaves = 4_096
    /// Open leaves that are looked at for what may be split ahead of time in a large tree.
    private static let lookAhead = 64
    /// Additions to histograms that are worth sharing among threads.
    private static let sharedWork = 1 << 20
    /// Additions and slots scanned below which waking another thread costs more than it saves:
    /// seven classes of 200,000 rows took half as long again with two threads as with one.
    private static let parallelWork = 24_000

    init(
        _ dataset: BinnedDataset,
        _ parameters: TrainingParameters,
        pool: WorkerPool,
        cancellation: CancellationFlag
    ) {
        self.parameters = parameters
        self.pool = pool
        self.cancellation = cancellation
        formula = LeafFormula(parameters)
        let scratch = AlignedBuffer<RowEntry>(count: dataset.rowCount, isZeroed: false)
        self.scratch = scratch
        entries = AlignedBuffer(count: dataset.rowCount)
        partitions = (0..<pool.threadCount).map { _ in
            RowPartition(
                dataset,
                pool: pool,
                cancellation: cancellation,
                scratch: scratch.pointer
            )
        }
        let rules = NodeRules(parameters, dataset.layout)
        self.rules = rules
        evaluator = LeafEvaluator(
            dataset,
            parameters,
            rules,
            pool: pool,
            cancellation: cancellation
        )
        featureCount = dataset.layout.features.count
        columnCount = dataset.layout.stored.count
        slotCount = dataset.layout.stored.reduce(0) { $0 + $1.slotCount }
        sharedRows = Self.sharedWork / max(1, dataset.layout.stored.count)
    }

    /// Grows a tree from the first `count` entries.
    ///
    /// - Parameters:
    ///   - features: what the tree may split on, `[featureCount]` of the layout.
    ///   - keys: where its random streams begin.
    /// - Throws: `cancelled`.
    func grow(
        count: Int,
        scales: GradientQuantiser.Scales,
        features: [Bool],
        keys: LeafEvaluator.TreeKeys = LeafEvaluator.TreeKeys()
    ) throws(TrainingError) -> GrownTree {
        evaluator.begin(scales: scales, features: features, keys: keys)
        tree = GrownTree()
        tree.scales = scales
        let root = OpenLeaf(
            start: 0,
            count: count,
            depth: 0,
            sum: scales.total,
            output: output(scales.total, count, formula.lambdaL2, parentOutput: 0)
        )
        leaves = [root]
        parents = [nil]
        if mayBeSplit(root) {
            evaluator.evaluateRoot(&leaves[0], entries.pointer)
        }
        isDepthFirst = mayHaveAnyLeaves(count)
        open = leaves[0].split.gain > 0 ? [0] : []
        while leaves.count < parameters.leaves, let leaf = isDepthFirst ? open.last : bestLeaf() {
            if cancellation.isCancelled { throw .cancelled }
            if leaves[leaf].expansion == nil { expand(leaf) }
            commit(leaf)
        }
        if cancellation.isCancelled { throw .cancelled }
        for leaf in leaves where leaf.expansion != nil { restoreOrder(of: leaf) }
        tree.leaves = leaves.map { leaf in
            GrownTree.Leaf(sum: leaf.sum, count: leaf.count, output: leaf.output, start: leaf.start)
        }
        return tree
    }

    /// True for a tree that may get so many leaves that it is split wherever it can be: their order
    /// changes only their numbers.
    private func mayHaveAnyLeaves(_ rows: Int) -> Bool {
        let depth = parameters.maxDepth
        let most = depth > 0 && depth < 30 ? min(rows, 1 << depth) : rows
        return parameters.leaves >= most && most > Self.manyLeaves
    }

    /// The leaf with the greatest gain, the first of equals; nil when no split gains anything.
    private func bestLeaf() -> Int? {
        var best = 0
        for index in 1..<max(1, leaves.count)
        where leaves[index].split.gain > leaves[best].split.gain {
            best = index
        }
        return leaves[best].split.gain > 0 ? best : nil
    }

    private func mayBeSplit(_ leaf: OpenLeaf) -> Bool {
        (parameters.maxDepth <= 0 || leaf.depth < parameters.maxDepth)
            && leaf.count >= max(2, 2 * parameters.minDataInLeaf, parameters.minDataToSplit)
            && featureCount > 0
    }

    // MARK: Splitting

    /// Splits a leaf, and ahead of time others whose turn will come soon.
    private func expand(_ best: Int) {
        let needsChildren = leaves.count + 1 < parameters.leaves
        let batch = needsChildren ? batch(with: best) : []
        guard batch.count > 1 else {
            let slots = evaluator.reserve(for: best, evictingFrom: &leaves)
            let isShared = pool.threadCount > 1 && work(leaves[best]) >= Self.parallelWork
            let expansion = split(leaves[best], slots, needsChildren, isShared ? nil : 0)
            settle(best, slots, expansion)
            return
        }
        let expansions = ExpansionSlots(count: batch.count)
        let parts = batch.map { (leaf: leaves[$0.leaf], slots: $0.slots) }
        pool.run(batch.count) { piece in
            let part = parts[piece]
            expansions.slots[piece] = split(part.leaf, part.slots, true, piece)
        }
        for (piece, part) in batch.enumerated() {
            if let expansion = expansions.slots[piece] {
                settle(part.leaf, part.slots, expansion)
            }
        }
    }

    /// The best leaf and those to split ahead of time: small ones, by falling gain, one a thread,
    /// and never more than the tree may still get. Empty when the best is to be shared.
    private func batch(with best: Int) -> [(leaf: Int, slots: LeafEvaluator.Slots)] {
        let most = min(pool.threadCount, parameters.leaves - leaves.count)
        guard most > 1, leaves[best].count < sharedRows,
            work(leaves[best]) >= Self.parallelWork
        else { return [] }
        let order = waitingLeaves()
        guard order.count > 1 else { return [] }
        var batch: [(leaf: Int, slots: LeafEvaluator.Slots)] = []
        for leaf in order.prefix(most) {
            guard let slots = evaluator.reserve(for: leaves[leaf]) else { break }
            batch.append((leaf, slots))
        }
        return batch
    }

    /// Small leaves that can be split and are not yet, the first to be split first.
    private func waitingLeaves() -> [Int] {
        func isWaiting(_ leaf: Int) -> Bool {
            leaves[leaf].split.gain > 0 && leaves[leaf].expansion == nil
                && leaves[leaf].count < sharedRows
        }
        if isDepthFirst { return open.suffix(Self.lookAhead).reversed().filter(isWaiting) }
        return leaves.indices.filter(isWaiting).sorted {
            let (a, b) = (leaves[$0].split.gain, leaves[$1].split.gain)
            return a != b ? a > b : $0 < $1
        }
    }

    /// What splitting a leaf takes, about.
    private func work(_ leaf: OpenLeaf) -> Int {
        leaf.count * (columnCount + 2) + 4 * slotCount
    }

    private func settle(
        _ index: Int,
        _ slots: LeafEvaluator.Slots,
        _ expansion: OpenLeaf.Expansion
    ) {
        evaluator.settle(slots, expansion.left, expansion.right)
        leaves[index].slot = nil
        leaves[index].expansion = expansion
    }

    /// Moves a leaf's entries and looks at its children.
    ///
    /// - Parameter worker: the piece of a parallel region this runs in; nil to use all threads.
    private func split(
        _ leaf: OpenLeaf,
        _ slots: LeafEvaluator.Slots,
        _ needsChildren: Bool,
        _ worker: Int?
    ) -> OpenLeaf.Expansion {
        let partition = partitions[worker ?? 0]
        let lefts = partition.split(entries.pointer, leaf, isShared: worker == nil)
        var left = child(of: leaf, leaf.split.left, start: leaf.start, count: lefts)
        var right = child(
            of: leaf,
            leaf.sum - leaf.split.left,
            start: leaf.start + lefts,
            count: leaf.count - lefts
        )
        rules.inherit(leaf, &left, &right)
        evaluator.evaluate(
            &left,
            &right,
            slots,
            wanted: (needsChildren && mayBeSplit(left), needsChildren && mayBeSplit(right)),
            entries.pointer,
            worker: worker
        )
        return OpenLeaf.Expansion(left: left, right: right)
    }

    private func child(of leaf: OpenLeaf, _ sum: PackedSum, start: Int, count: Int) -> OpenLeaf {
        OpenLeaf(
            start: start,
            count: count,
            depth: leaf.depth + 1,
            sum: sum,
            output: output(sum, count, leaf.split.lambdaL2, parentOutput: leaf.output)
        )
    }

    /// Puts the rows of a leaf that was split ahead of time, and in the end was not, back in
    /// ascending order: what is summed in floating point over a leaf depends on it.
    private func restoreOrder(of leaf: OpenLeaf) {
        guard let lefts = leaf.expansion?.left.count else { return }
        let rows = entries.pointer + leaf.start
        let merged = scratch.pointer + leaf.start
        var (left, right) = (0, lefts)
        for index in 0..<leaf.count {
            let takesLeft =
                right == leaf.count
                || left < lefts
                    && UInt32(truncatingIfNeeded: rows[left])
                        < UInt32(truncatingIfNeeded: rows[right])
            merged[index] = takesLeft ? rows[left] : rows[right]
            left += takesLeft ? 1 : 0
            right += takesLeft ? 0 : 1
        }
        rows.update(from: merged, count: leaf.count)
    }

    // MARK: The tree

    /// Makes a leaf's split part of the tree. Nodes and leaves are numbered as LightGBM does: the
    /// left child keeps the leaf's number, the right one is new.
    private func commit(_ index: Int) {
        let leaf = leaves[index]
        guard let expansion = leaf.expansion else { return }
        let node = tree.nodes.count
        if let parent = parents[index] {
            if parent.isLeft {
                tree.nodes[parent.node].left = Int32(node)
            } else {
                tree.nodes[parent.node].right = Int32(node)
            }
        }
        tree.nodes.append(
            GrownTree.Node(
                split: leaf.split,
                left: ~Int32(index),
                right: ~Int32(leaves.count),
                sum: leaf.sum,
                count: leaf.count,
                output: leaf.output
            )
        )
        leaves[index] = expansion.left
        parents[index] = (node, true)
        leaves.append(expansion.right)
        parents.append((node, false))
        guard isDepthFirst else { return }
        open.removeLast()
        for child in [leaves.count - 1, index] where leaves[child].split.gain > 0 {
            open.append(child)
        }
    }

    private func output(
        _ sum: PackedSum,
        _ count: Int,
        _ lambdaL2: Double,
        parentOutput: Double
    ) -> Double {
        formula.output(
            Double(sum.gradient) * tree.scales.gradient,
            Double(sum.hessian) * tree.scales.hessian,
            lambdaL2: lambdaL2,
            count: Double(count),
            parentOutput: parentOutput
        )
    }
}

/// Where the workers put the splits they carried out.
// Unchecked: each worker writes the slot of its own piece, and the end of the region publishes
// them.
private final class ExpansionSlots: @unchecked Sendable {
    let slots: UnsafeMutableBufferPointer<OpenLeaf.Expansion?>

    init(count: Int) {
        slots = .allocate(capacity: count)
        slots.initialize(repeating: nil)
    }

    deinit {
        slots.deinitialize()
        slots.deallocate()
    }
}
