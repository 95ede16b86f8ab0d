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

    /// Checks the ensemble and makes it ready.
    ///
    /// - Throws: `GraphError.damagedEnsemble`.
    public init(
        _ ensemble: TreeEnsemble,
        input: TensorID,
        output: TensorID
    ) throws(GraphError) {
        do throws(EnsembleDefect) { try ensemble.validate() } catch {
            throw .damagedEnsemble(error)
        }
        self.ensemble = ensemble
        self.input = input
        self.output = output
        var sums = ensemble
        sums.isAveraged = false
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

    /// Leaves of the trees of `operation`, over the same rows.
    public init(_ operation: TreeEnsembleOperator, output: TensorID) {
        input = operation.input
        self.output = output
        kernel = operation.kernel
    }

    /// What it reads.
    public var inputs: [TensorID] { [input] }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the input and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        [TensorType(.int64, [kernel.treeCount])]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
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
}
