public import BorealBase
import Dispatch

/// Explains the scores of a tree ensemble exactly: path-dependent TreeSHAP, as LightGBM's
/// `pred_contrib` and shap's `tree_path_dependent` define it.
///
/// The contributions of a row, one for each feature and one for the bias, add up to its raw score.
/// Making an explainer takes about as long as explaining ten rows; it is immutable, so any number
/// of threads may use one.
public struct TreeExplainer: Sendable {
    /// Raw scores a row gets.
    public let scoresPerRow: Int
    /// Numbers a row must have.
    public let featureCount: Int
    /// `[scoresPerRow]`: what is expected of a row of which nothing is known: the bias.
    public let expectedValues: [Double]
    let trees: [ShapTree]
    /// The features that any tree asks, ascending.
    let features: [Int32]
    /// What sums are divided by: 1 but for averaged ensembles.
    let divisor: Double
    let rules: [Int: QuadratureRule]
    let depth: Int

    /// - Parameter ensemble: one that passes `validate()`. Contributions are averaged when it is.
    /// - Throws: `ExplanationError.linearLeaves`, `.coverMissing`, `.coverInvalid`, `.tooDeep`,
    ///   `.tooManyFeaturesOnPath`, `.cancelled`.
    public init(
        _ ensemble: TreeEnsemble,
        cancellation: CancellationFlag? = nil
    ) throws(ExplanationError) {
        let ensemble = ensemble.withScalarLeaves
        scoresPerRow = ensemble.scoresPerRow
        featureCount = ensemble.featureCount
        let (features, columns) = Self.columns(of: ensemble)
        self.features = features
        var compiler = ShapTreeCompiler(
            cover: ensemble.cover,
            columns: columns,
            groups: ensemble.featureGroups
        )
        var trees: [ShapTree] = []
        trees.reserveCapacity(ensemble.trees.count)
        var expected = [Double](repeating: 0, count: ensemble.scoresPerRow)
        for (number, tree) in ensemble.trees.enumerated() {
            if cancellation?.isCancelled == true { throw .cancelled }
            trees.append(try compiler.compile(tree, number: number, cancellation))
            expected[number % scoresPerRow] += trees[number].expectedValue
        }
        for (score, value) in ensemble.initialScores.enumerated() { expected[score] += value }
        let rounds = Double(max(1, ensemble.roundCount))
        let divisor = ensemble.isAveraged ? rounds : 1
        self.divisor = divisor
        expectedValues = expected.map { $0 / divisor }
        depth = trees.reduce(0) { max($0, $1.depth) }
        var rules: [Int: QuadratureRule] = [:]
        for tree in trees where rules[tree.nodeCount] == nil {
            rules[tree.nodeCount] = QuadratureRule(count: tree.nodeCount)
        }
        self.rules = rules
        self.trees = trees
    }

    /// The features an ensemble asks, and for each feature its position among them.
    private static func columns(of ensemble: TreeEnsemble) -> ([Int32], [Int32]) {
        var columns = [Int32](repeating: -1, count: ensemble.featureCount)
        for tree in ensemble.trees {
            for feature in tree.splitFeature { columns[Int(feature)] = 0 }
        }
        var features: [Int32] = []
        for feature in columns.indices where columns[feature] == 0 {
            columns[feature] = Int32(features.count)
            features.append(Int32(feature))
        }
        return (features, columns)
    }

    /// Numbers that explain one row: for each score its features and its bias.
    public var contributionsPerRow: Int { scoresPerRow * (featureCount + 1) }

    /// Contributions of rows to their raw scores.
    ///
    /// - Parameters:
    ///   - rows: numbers, row after row; NaN for a missing value.
    ///   - count: rows.
    ///   - stride: numbers from row to row, at least `featureCount`.
    ///   - contributions: `[count * scoresPerRow * (featureCount + 1)]`, row after row, score after
    ///     score, the bias last; overwritten.
    ///   - threads: at most this many work at once. The answer does not depend on it.
    /// - Throws: `ExplanationError.cancelled`.
    public func contributions(
        rows: UnsafePointer<Double>,
        count: Int,
        stride: Int,
        into contributions: UnsafeMutablePointer<Double>,
        threads: Int = 1,
        cancellation: CancellationFlag? = nil
    ) throws(ExplanationError) {
        precondition(count >= 0 && stride >= featureCount, "rows overlap")
        // Sendable by hand: each piece reads its own rows and writes its own contributions.
        nonisolated(unsafe) let (source, target) = (rows, contributions)
        let work = BlockWork(count: count, rows: blockRows, threads: threads)
        let isDone = forEachBlock(work, source, stride) { first, block, scratch in
            explain(block, scratch, target + first * contributionsPerRow, cancellation)
        }
        guard isDone else { throw .cancelled }
    }

    /// Contributions of one block of rows; false when it was cancelled.
    func explain(
        _ block: ShapBlock,
        _ scratch: UnsafeMutableRawPointer,
        _ target: UnsafeMutablePointer<Double>,
        _ cancellation: CancellationFlag?
    ) -> Bool {
        let width = contributionsPerRow
        assert(block.count <= block.capacity, "more rows than the block has room for")
        guard clear(target, block.count * width, cancellation) else { return false }
        for (number, tree) in trees.enumerated() where !tree.nodes.isEmpty {
            let job = ShapJob(
                tree: tree,
                block: block,
                scratch: scratch,
                levels: depth,
                cancellation: cancellation
            )
            let score = target + number % scoresPerRow * (featureCount + 1)
            guard let rule = rules[tree.nodeCount] else { continue }
            guard job.addContributions(rule, to: score, stride: width) else { return false }
        }
        if divisor != 1 {
            for index in 0..<block.count * width { target[index] /= divisor }
        }
        for row in 0..<block.count {
            for score in 0..<scoresPerRow {
                let bias = row * width + score * (featureCount + 1) + featureCount
                target[bias] = expectedValues[score]
            }
        }
        return true
    }

    /// Fills memory with zeros, in slices; false when it was cancelled.
    func clear(
        _ target: UnsafeMutablePointer<Double>,
        _ count: Int,
        _ cancellation: CancellationFlag?
    ) -> Bool {
        var start = 0
        while start < count {
            if cancellation?.isCancelled == true { return false }
            let part = min(1 << 17, count - start)
            (target + start).update(repeating: 0, count: part)
            start += part
        }
        return true
    }

    /// Rows that walk together: so many that the stacks of a path's lower half stay in the first
    /// cache, few when trees are very deep or ask very many features.
    private var blockRows: Int {
        depth <= 256 && features.count <= 1 << 16 ? 64 : 8
    }

    /// How rows are cut into blocks.
    struct BlockWork {
        let count: Int
        /// Rows of a block.
        let rows: Int
        let threads: Int
    }

    /// Calls `body` for blocks of rows, with memory to work in, on some threads; false as soon as
    /// one call answered so.
    func forEachBlock(
        _ work: BlockWork,
        _ rows: UnsafePointer<Double>,
        _ stride: Int,
        _ body: @Sendable (_ first: Int, ShapBlock, UnsafeMutableRawPointer) -> Bool
    ) -> Bool {
        // Sendable by hand: rows are only read.
        nonisolated(unsafe) let source = rows
        let size = min(work.rows, max(1, work.count))
        let blocks = (work.count + size - 1) / size
        let pieces = max(1, min(work.threads, blocks))
        @Sendable func run(_ piece: Int) -> Bool {
            let bytes = ShapMemory<SIMD8<Double>>.byteCount(levels: depth, rows: size)
            let values = UnsafeMutablePointer<Double>.allocate(capacity: features.count * size + 1)
            let scratch = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
            defer {
                values.deallocate()
                scratch.deallocate()
            }
            for number in blocks * piece / pieces..<blocks * (piece + 1) / pieces {
                let first = number * size
                var block = ShapBlock(values: values, capacity: size)
                block.load(
                    source + first * stride,
                    count: min(size, work.count - first),
                    stride: stride,
                    features: features
                )
                guard body(first, block, scratch) else { return false }
            }
            return true
        }
        guard pieces > 1 else { return run(0) }
        let failed = CancellationFlag()
        DispatchQueue.concurrentPerform(iterations: pieces) { piece in
            if !run(piece) { failed.cancel() }
        }
        return !failed.isCancelled
    }
}
