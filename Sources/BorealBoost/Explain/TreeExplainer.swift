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
    private let rules: [Int: QuadratureRule]
    private let depth: Int

    /// - Parameter ensemble: one that passes `validate()`. Contributions are averaged when it is.
    /// - Throws: `ExplanationError.linearLeaves`, `.coverMissing`, `.coverInvalid`, `.tooDeep`,
    ///   `.tooManyFeaturesOnPath`, `.cancelled`.
    public init(
        _ ensemble: TreeEnsemble,
        cancellation: CancellationFlag? = nil
    ) throws(ExplanationError) {
        scoresPerRow = ensemble.scoresPerRow
        featureCount = ensemble.featureCount
        let (features, columns) = Self.columns(of: ensemble)
        self.features = features
        var compiler = ShapTreeCompiler(
            cover: ensemble.cover,
            columns: columns,
            columnCount: features.count
        )
        var trees: [ShapTree] = []
        trees.reserveCapacity(ensemble.trees.count)
        var expected = [Double](repeating: 0, count: ensemble.scoresPerRow)
        for (number, tree) in ensemble.trees.enumerated() {
            if cancellation?.isCancelled == true { throw .cancelled }
            trees.append(try compiler.compile(tree, number: number))
            expected[number % scoresPerRow] += trees[number].expectedValue
        }
        let rounds = Double(max(1, ensemble.trees.count / ensemble.scoresPerRow))
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
        // Sendable by hand: each piece reads its own rows and writes its own contributions.
        nonisolated(unsafe) let (source, target) = (rows, contributions)
        let isDone = forEachBlock(count, threads: threads) { first, block, scratch in
            var block = block
            block.load(
                source + first * stride,
                count: min(block.capacity, count - first),
                stride: stride,
                features: features
            )
            return explain(block, scratch, target + first * contributionsPerRow, cancellation)
        }
        guard isDone else { throw .cancelled }
    }

    /// Contributions of one block of rows; false when it was cancelled.
    private func explain(
        _ block: ShapBlock,
        _ scratch: UnsafeMutableRawPointer,
        _ target: UnsafeMutablePointer<Double>,
        _ cancellation: CancellationFlag?
    ) -> Bool {
        let width = contributionsPerRow
        target.update(repeating: 0, count: block.count * width)
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

    /// Rows that walk together: so many that the stacks of a path's lower half stay in the first
    /// cache, few when trees are very deep or ask very many features.
    private var blockRows: Int {
        depth <= 256 && features.count <= 1 << 16 ? 64 : 8
    }

    /// Calls `body` for blocks of rows, with memory to work in, on up to `threads` threads; false
    /// as soon as one call answered so.
    func forEachBlock(
        _ count: Int,
        threads: Int,
        _ body: @Sendable (_ first: Int, ShapBlock, UnsafeMutableRawPointer) -> Bool
    ) -> Bool {
        let size = min(blockRows, max(1, count))
        let blocks = (count + size - 1) / size
        let pieces = max(1, min(threads, blocks))
        @Sendable func work(_ piece: Int) -> Bool {
            let valueBytes = features.count * size * 8
            let bytes = ShapMemory<SIMD8<Double>>.byteCount(levels: depth, rows: size)
            let values = UnsafeMutablePointer<Double>.allocate(capacity: valueBytes / 8 + 1)
            let scratch = UnsafeMutableRawPointer.allocate(byteCount: bytes + 64, alignment: 64)
            defer {
                values.deallocate()
                scratch.deallocate()
            }
            for block in blocks * piece / pieces..<blocks * (piece + 1) / pieces {
                guard body(block * size, ShapBlock(values: values, capacity: size), scratch) else {
                    return false
                }
            }
            return true
        }
        guard pieces > 1 else { return work(0) }
        let failed = CancellationFlag()
        DispatchQueue.concurrentPerform(iterations: pieces) { piece in
            if !work(piece) { failed.cancel() }
        }
        return !failed.isCancelled
    }
}

extension ShapTree {
    /// Quadrature nodes that make the integrals of its leaves exact.
    var nodeCount: Int { (pathFeatures + 1) / 2 }
}

/// Quadrature nodes in portions of as many as a vector has lanes, the last filled up with nodes
/// without weight.
struct QuadratureRule: Sendable {
    /// Lanes: 2, 4, 6 or 8.
    let width: Int
    let nodes: [Double]
    let weights: [Double]

    init(count: Int) {
        let width = count <= 6 ? max(2, (count + 1) / 2 * 2) : 8
        let rule = GaussLegendre(count: max(1, count))
        let padding = (width - rule.nodes.count % width) % width
        self.width = width
        nodes = rule.nodes + [Double](repeating: 0.5, count: padding)
        weights = rule.weights + [Double](repeating: 0, count: padding)
    }
}

/// A tree and a block of rows: picks the code for the rule's width.
struct ShapJob {
    let tree: ShapTree
    let block: ShapBlock
    let scratch: UnsafeMutableRawPointer
    let levels: Int
    let cancellation: CancellationFlag?

    func addContributions(
        _ rule: QuadratureRule,
        to target: UnsafeMutablePointer<Double>,
        stride: Int
    ) -> Bool {
        switch rule.width {
        case 2: walk(rule, SIMD2<Double>.self) { $0.addContributions(to: target, stride: stride) }
        case 4: walk(rule, SIMD4<Double>.self) { $0.addContributions(to: target, stride: stride) }
        case 6: walk(rule, SixLanes.self) { $0.addContributions(to: target, stride: stride) }
        default: walk(rule, SIMD8<Double>.self) { $0.addContributions(to: target, stride: stride) }
        }
    }

    /// One walk for each portion of nodes.
    @inline(__always)
    func walk<Vector: QuadratureVector>(
        _ rule: QuadratureRule,
        _ type: Vector.Type,
        _ body: (ShapWalk<Vector>) -> Bool
    ) -> Bool {
        rule.nodes.withUnsafeBufferPointer { nodes in
            rule.weights.withUnsafeBufferPointer { weights in
                guard let nodes = nodes.baseAddress, let weights = weights.baseAddress else {
                    return true
                }
                let memory = ShapMemory<Vector>(scratch, levels: levels, rows: block.capacity)
                for start in stride(from: 0, to: rule.nodes.count, by: Vector.width) {
                    let walk = ShapWalk(
                        tree: tree,
                        block: block,
                        memory: memory,
                        nodes: nodes + start,
                        weights: weights + start,
                        cancellation: cancellation
                    )
                    guard body(walk) else { return false }
                }
                return true
            }
        }
    }
}
