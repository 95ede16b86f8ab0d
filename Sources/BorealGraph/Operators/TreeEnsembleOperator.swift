public import BorealBoost

/// The sums of a tree ensemble, in Double and in boosting order, as LightGBM adds them.
///
/// It answers sums even for forests whose scores are averaged: the division belongs to the
/// transform behind it, because LightGBM's own raw score is the sum.
public struct TreeEnsembleOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "TreeEnsemble"
    /// The trees as they were learnt or read; whoever exports the model reads them here.
    public let ensemble: TreeEnsemble
    /// Rows of features: Double.
    public let input: TensorID
    /// `scoresPerRow` sums: Double.
    public let output: TensorID
    /// What walks the trees; it knows nothing of averages.
    let kernel: EnsembleKernel
    /// `[scoresPerRow]`, added when all trees are; empty when sums begin with them.
    private let lastScores: [Double]
    /// Whether the initial scores are added to the sums of the trees instead of the reverse.
    let addsInitialScoresLast: Bool

    /// Checks the ensemble and makes it ready.
    ///
    /// - Parameter addsInitialScoresLast: the initial scores are added to the sum of the trees
    ///   instead of the trees to them, as old versions of XGBoost did it.
    /// - Throws: `GraphError.damagedEnsemble`.
    public init(
        _ ensemble: TreeEnsemble,
        input: TensorID,
        output: TensorID,
        addsInitialScoresLast: Bool = false
    ) throws(GraphError) {
        do throws(EnsembleDefect) { try ensemble.validate() } catch {
            throw .damagedEnsemble(error)
        }
        self.ensemble = ensemble
        self.input = input
        self.output = output
        var sums = ensemble
        sums.isAveraged = false
        self.addsInitialScoresLast = addsInitialScoresLast
        lastScores = addsInitialScoresLast ? ensemble.initialScores : []
        if addsInitialScoresLast { sums.initialScores = [] }
        kernel = EnsembleKernel(sums)
    }

    /// How the kernel walks runs of neighbouring trees.
    public var kernelForms: [String] { kernel.forms }

    /// What it reads.
    public var inputs: [TensorID] { [input] }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the input and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard let type = inputTypes.first, type.element == .double,
            type.width == ensemble.featureCount
        else { throw .invalidGraph(reason: "tree ensemble over \(inputTypes)") }
        return [TensorType(.double, ensemble.scoresPerRow == 1 ? [] : [ensemble.scoresPerRow])]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        let rows = UnsafePointer(memory.elements(input, as: Double.self))
        let scores = memory.elements(output, as: Double.self)
        if rowCount == 1 {
            kernel.runOne(rows, into: scores)
        } else {
            kernel.scoreRaw(
                rows: rows,
                count: rowCount,
                stride: ensemble.featureCount,
                into: scores
            )
        }
        guard !lastScores.isEmpty else { return }
        let isFloat = ensemble.arithmetic == .float
        for row in 0..<rowCount {
            for (score, value) in lastScores.enumerated() {
                let sum = scores[row * lastScores.count + score] + value
                scores[row * lastScores.count + score] = isFloat ? Double(Float(sum)) : sum
            }
        }
    }
}

/// What a library calls the trees and leaves of an ensemble that were put in another order.
public struct LeafNames: Equatable, Sendable {
    /// For each tree that is shown, its position in the ensemble.
    public var trees: [Int]
    /// For each tree that is shown, the number of each of its leaves; empty where these are kept.
    public var numbers: [[Int32]]

    /// - Parameters: see the stored properties.
    public init(trees: [Int], numbers: [[Int32]]) {
        self.trees = trees
        self.numbers = numbers
    }
}

/// The leaf that each tree of an ensemble sends a row to.
public struct TreeLeafOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "TreeLeaf"
    /// Rows of features: Double.
    public let input: TensorID
    /// One leaf a tree: Int64.
    public let output: TensorID
    private let kernel: EnsembleKernel
    /// What the ensemble writes: tells which of a graph's ensembles it is.
    let sums: TensorID
    /// What trees and leaves are called; nil for their positions.
    let names: LeafNames?

    /// Leaves of the trees of `operation`, over the same rows.
    ///
    /// - Parameter names: nil for trees and leaves in the order of the ensemble.
    public init(_ operation: TreeEnsembleOperator, output: TensorID, names: LeafNames? = nil) {
        input = operation.input
        sums = operation.output
        self.output = output
        kernel = operation.kernel
        self.names = names
    }

    /// What it reads.
    public var inputs: [TensorID] { [input] }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the input and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard let names else { return [TensorType(.int64, [kernel.treeCount])] }
        let hasAll = names.trees.allSatisfy { $0 >= 0 && $0 < kernel.treeCount }
        guard hasAll, names.numbers.isEmpty || names.numbers.count == names.trees.count else {
            throw .invalidGraph(reason: "names of \(names.trees.count) trees")
        }
        return [TensorType(.int64, [names.trees.count])]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        if let names { return run(rowCount, memory, names) }
        let count = rowCount * kernel.treeCount
        let leaves = UnsafeMutableRawPointer(memory.elements(output, as: Int64.self))
        // The kernel's 32-bit leaves are put into the upper half of the tensor and widened from
        // there in ascending order, which never overtakes what is still to be read.
        let narrow = leaves + count * 4
        kernel.leafIndices(
            rows: UnsafePointer(memory.elements(input, as: Double.self)),
            count: rowCount,
            stride: kernel.featureCount,
            into: narrow.assumingMemoryBound(to: Int32.self)
        )
        for index in 0..<count {
            let leaf = narrow.load(fromByteOffset: index * 4, as: Int32.self)
            leaves.storeBytes(of: Int64(leaf), toByteOffset: index * 8, as: Int64.self)
        }
    }

    /// Leaves by the names they have, some rows at a time.
    private func run(_ rowCount: Int, _ memory: TensorMemory, _ names: LeafNames) {
        let rows = UnsafePointer(memory.elements(input, as: Double.self))
        let target = memory.elements(output, as: Int64.self)
        let treeCount = kernel.treeCount
        let width = names.trees.count
        let block = min(rowCount, 64)
        guard treeCount > 0 else { return }
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: block * treeCount) { leaves in
            guard let leaves = leaves.baseAddress else { return }
            for start in stride(from: 0, to: rowCount, by: max(1, block)) {
                let count = min(block, rowCount - start)
                kernel.leafIndices(
                    rows: rows + start * kernel.featureCount,
                    count: count,
                    stride: kernel.featureCount,
                    into: leaves
                )
                for (column, tree) in names.trees.enumerated() {
                    for row in 0..<count {
                        let leaf = leaves[row * treeCount + tree]
                        let number =
                            names.numbers.isEmpty ? leaf : names.numbers[column][Int(leaf)]
                        target[(start + row) * width + column] = Int64(number)
                    }
                }
            }
        }
    }
}
