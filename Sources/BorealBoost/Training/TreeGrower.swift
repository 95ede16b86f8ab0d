import BorealBase

/// Grows one tree after another, leaf by leaf: always the leaf whose split gains most.
final class TreeGrower {
    let dataset: BinnedDataset
    let parameters: TrainingParameters
    let pool: WorkerPool
    let cancellation: CancellationFlag
    let formula: LeafFormula
    /// `[rowCount]`: the rows of the tree, leaf by leaf.
    let entries: AlignedBuffer<RowEntry>
    private let scratch: AlignedBuffer<RowEntry>
    private let partition: RowPartition
    private let evaluator: LeafEvaluator
    private var leaves: [OpenLeaf] = []
    private var tree = GrownTree()

    /// A leaf that may still be split.
    struct OpenLeaf {
        var start: Int
        var count: Int
        var depth: Int
        var sum: PackedSum
        /// Output before the learning rate.
        var output: Double
        var split = SplitCandidate()
        /// Where its histogram lies; nil when it has none any more.
        var slot: Int?
        /// Which features can split it, kept when its histogram goes.
        var flags: [UInt8] = []
        /// The node it hangs on, and whether on its left; -1 for the root.
        var parent: Int
        var isLeft: Bool
    }

    init(
        _ dataset: BinnedDataset,
        _ parameters: TrainingParameters,
        pool: WorkerPool,
        cancellation: CancellationFlag
    ) {
        self.dataset = dataset
        self.parameters = parameters
        self.pool = pool
        self.cancellation = cancellation
        formula = LeafFormula(parameters)
        entries = AlignedBuffer(count: dataset.rowCount)
        scratch = AlignedBuffer(count: dataset.rowCount, isZeroed: false)
        partition = RowPartition(
            dataset: dataset,
            pool: pool,
            cancellation: cancellation,
            scratch: scratch.pointer
        )
        evaluator = LeafEvaluator(dataset, parameters, pool: pool, cancellation: cancellation)
    }

    /// Grows a tree from the first `count` entries.
    ///
    /// - Parameter features: what the tree may split on, `[featureCount]` of the layout.
    /// - Throws: `cancelled`.
    func grow(
        count: Int,
        scales: GradientQuantiser.Scales,
        features: [Bool]
    ) throws(TrainingError) -> GrownTree {
        evaluator.begin(scales: scales, features: features)
        tree = GrownTree()
        tree.scales = scales
        let root = OpenLeaf(
            start: 0,
            count: count,
            depth: 0,
            sum: scales.total,
            output: output(scales.total, count, formula.lambdaL2, parentOutput: 0),
            parent: -1,
            isLeft: true
        )
        leaves = [root]
        if mayBeSplit(root) { evaluator.evaluateRoot(&leaves[0], entries.pointer) }
        while leaves.count < parameters.leaves, let leaf = bestLeaf() {
            if cancellation.isCancelled { throw .cancelled }
            split(leaf)
        }
        if cancellation.isCancelled { throw .cancelled }
        tree.leaves = leaves.map { leaf in
            GrownTree.Leaf(sum: leaf.sum, count: leaf.count, output: leaf.output, start: leaf.start)
        }
        return tree
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
            && leaf.count >= max(2, 2 * parameters.minDataInLeaf)
            && !dataset.layout.features.isEmpty
    }

    private func split(_ index: Int) {
        let leaf = leaves[index]
        let feature = dataset.layout.features[leaf.split.feature]
        partition.fillTable(leaf.split, feature)
        let lefts = partition.split(
            entries.pointer,
            start: leaf.start,
            count: leaf.count,
            feature
        )
        appendNode(leaf, index)
        var left = child(of: leaf, isLeft: true)
        left.count = lefts
        var right = child(of: leaf, isLeft: false)
        right.start += lefts
        right.count = leaf.count - lefts
        left.output = output(left.sum, left.count, leaf.split.lambdaL2, parentOutput: leaf.output)
        right.output = output(
            right.sum,
            right.count,
            leaf.split.lambdaL2,
            parentOutput: leaf.output
        )
        leaves[index] = left
        leaves.append(right)
        let isLast = leaves.count >= parameters.leaves
        evaluator.evaluate(
            &leaves,
            left: index,
            right: leaves.count - 1,
            parent: leaf,
            wanted: (!isLast && mayBeSplit(left), !isLast && mayBeSplit(right)),
            entries.pointer
        )
    }

    private func child(of leaf: OpenLeaf, isLeft: Bool) -> OpenLeaf {
        OpenLeaf(
            start: leaf.start,
            count: 0,
            depth: leaf.depth + 1,
            sum: isLeft ? leaf.split.left : leaf.sum - leaf.split.left,
            output: 0,
            parent: tree.nodes.count - 1,
            isLeft: isLeft
        )
    }

    /// Numbers nodes as LightGBM does: the left child keeps the leaf's number, the right one is
    /// new.
    private func appendNode(_ leaf: OpenLeaf, _ index: Int) {
        let number = Int32(tree.nodes.count)
        if leaf.parent >= 0 {
            if leaf.isLeft {
                tree.nodes[leaf.parent].left = number
            } else {
                tree.nodes[leaf.parent].right = number
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
