public import BorealBoost

/// The least or greatest of what the trees of an ensemble have for each target.
///
/// Leaves that have nothing for a target hold NaN there; a target that no leaf of the row has
/// anything for becomes 0.
public struct TreeExtremeOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "TreeExtreme"
    /// The trees, with `scoresPerRow` numbers in each leaf.
    public let ensemble: TreeEnsemble
    /// Rows of features: Double.
    public let input: TensorID
    /// Double: `[scoresPerRow]`.
    public let output: TensorID
    /// True for the greatest, false for the least.
    public let isGreatest: Bool

    /// Checks the ensemble.
    ///
    /// - Throws: `GraphError.damagedEnsemble`, `.invalidGraph`.
    public init(
        _ ensemble: TreeEnsemble,
        input: TensorID,
        output: TensorID,
        isGreatest: Bool
    ) throws(GraphError) {
        do throws(EnsembleDefect) { try ensemble.validate() } catch {
            throw .damagedEnsemble(error)
        }
        guard ensemble.leafWidth == ensemble.scoresPerRow else {
            throw .invalidGraph(reason: "leaves without a number for each target")
        }
        self.ensemble = ensemble
        self.input = input
        self.output = output
        self.isGreatest = isGreatest
    }

    /// What it reads.
    public var inputs: [TensorID] { [input] }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the input and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard let type = inputTypes.first, type.element == .double,
            type.width == ensemble.featureCount
        else { throw .invalidGraph(reason: "extremes of trees over \(inputTypes)") }
        return [TensorType(.double, [ensemble.scoresPerRow])]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        let rows = UnsafePointer(memory.elements(input, as: Double.self))
        let target = memory.elements(output, as: Double.self)
        let width = ensemble.scoresPerRow
        for row in 0..<rowCount {
            let scores = target + row * width
            for k in 0..<width { scores[k] = .nan }
            for tree in ensemble.trees {
                let leaf = tree.leafIndex(rows + row * ensemble.featureCount)
                for k in 0..<width {
                    let value = tree.leafValue[leaf * width + k]
                    let isBetter = isGreatest ? value > scores[k] : value < scores[k]
                    if isBetter || scores[k].isNaN { scores[k] = value }
                }
            }
            for k in 0..<width where scores[k].isNaN { scores[k] = 0 }
        }
    }
}
