public import BorealBoost

/// The sums of a tree ensemble, in Double and in boosting order, as LightGBM adds them.
///
/// It answers sums even for forests whose scores are averaged: the division belongs to the transform
/// behind it, because LightGBM's own raw score is the sum.
public struct TreeEnsembleOperator: GraphOperator {
    public static let kind = "TreeEnsemble"
    /// The trees as they were learnt or read; whoever exports the model reads them here.
    public let ensemble: TreeEnsemble
    /// Rows of features: Double.
    public let input: TensorID
    /// `scoresPerRow` sums: Double.
    public let output: TensorID
    /// What walks the trees.
    let scorer: ReferenceScorer

    /// Checks the ensemble and makes it ready.
    ///
    /// - Throws: `GraphError.damagedEnsemble`.
    public init(
        _ ensemble: TreeEnsemble,
        input: TensorID,
        output: TensorID
    ) throws(GraphError) {
        do throws(EnsembleDefect) { try ensemble.validate() } catch { throw .damagedEnsemble(error) }
        self.ensemble = ensemble
        self.input = input
        self.output = output
        var sums = ensemble
        sums.isAveraged = false
        scorer = ReferenceScorer(sums)
    }

    public var inputs: [TensorID] { [input] }
    public var outputs: [TensorID] { [output] }

    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard let type = inputTypes.first, type.element == .double,
            type.width == ensemble.featureCount
        else { throw .invalidGraph(reason: "tree ensemble over \(inputTypes)") }
        return [TensorType(.double, ensemble.scoresPerRow == 1 ? [] : [ensemble.scoresPerRow])]
    }

    public func run(rowCount: Int, memory: TensorMemory) {
        scorer.scoreRaw(
            rows: UnsafePointer(memory.elements(input, as: Double.self)),
            count: rowCount,
            stride: ensemble.featureCount,
            into: memory.elements(output, as: Double.self)
        )
    }
}

/// The leaf that each tree of an ensemble sends a row to.
public struct TreeLeafOperator: GraphOperator {
    public static let kind = "TreeLeaf"
    /// Rows of features: Double.
    public let input: TensorID
    /// One leaf a tree: Int64.
    public let output: TensorID
    private let scorer: ReferenceScorer

    /// Leaves of the trees of `operation`, over the same rows.
    public init(_ operation: TreeEnsembleOperator, output: TensorID) {
        input = operation.input
        self.output = output
        scorer = operation.scorer
    }

    public var inputs: [TensorID] { [input] }
    public var outputs: [TensorID] { [output] }

    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        [TensorType(.int64, [scorer.ensemble.trees.count])]
    }

    public func run(rowCount: Int, memory: TensorMemory) {
        let rows = memory.elements(input, as: Double.self)
        let trees = scorer.ensemble.trees.count
        let leaves = UnsafeMutableRawPointer(memory.elements(output, as: Int64.self))
        for row in 0..<rowCount {
            // The scorer's 32-bit leaves are put into the upper half of the row's room and widened from
            // there in ascending order, which never overtakes what is still to be read.
            let target = leaves + row * trees * 8
            let narrow = target + trees * 4
            scorer.leafIndices(
                row: UnsafePointer(rows + row * scorer.ensemble.featureCount),
                into: narrow.assumingMemoryBound(to: Int32.self)
            )
            for tree in 0..<trees {
                let leaf = narrow.load(fromByteOffset: tree * 4, as: Int32.self)
                target.storeBytes(of: Int64(leaf), toByteOffset: tree * 8, as: Int64.self)
            }
        }
    }
}
