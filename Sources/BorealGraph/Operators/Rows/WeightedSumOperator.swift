/// Adds tensors of one width, each times its weight, in their order; then divides.
public struct WeightedSumOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "WeightedSum"
    /// Double, all of one width.
    public let inputs: [TensorID]
    /// Double: `[width]`.
    public let output: TensorID
    /// One for each input; empty for ones.
    public let weights: [Double]
    /// What the sum is divided by; nil to leave it.
    public let divisor: Double?
    let width: Int

    /// - Parameters: see the stored properties.
    /// - Throws: `GraphError.invalidGraph` when weights and inputs are not as many.
    public init(
        inputs: [TensorID],
        output: TensorID,
        width: Int,
        weights: [Double] = [],
        divisor: Double? = nil
    ) throws(GraphError) {
        guard weights.isEmpty || weights.count == inputs.count else {
            throw .invalidGraph(reason: "\(weights.count) weights for \(inputs.count) summands")
        }
        self.inputs = inputs
        self.output = output
        self.width = width
        self.weights = weights
        self.divisor = divisor
    }

    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the inputs and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard inputTypes.allSatisfy({ $0.element == .double && $0.width == width }) else {
            throw .invalidGraph(reason: "weighted sum over \(inputTypes)")
        }
        return [TensorType(.double, [width])]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        let target = memory.elements(output, as: Double.self)
        let count = rowCount * width
        target.update(repeating: 0, count: count)
        for (index, input) in inputs.enumerated() {
            let source = memory.elements(input, as: Double.self)
            if weights.isEmpty {
                for i in 0..<count { target[i] += source[i] }
            } else {
                let weight = weights[index]
                for i in 0..<count { target[i] += source[i] * weight }
            }
        }
        guard let divisor else { return }
        for i in 0..<count { target[i] /= divisor }
    }
}
