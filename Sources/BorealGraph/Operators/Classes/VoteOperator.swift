/// Weighted votes for each class, out of the classes that several classifiers chose.
public struct VoteOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "Vote"
    /// Codes, one a row.
    public let inputs: [TensorID]
    /// Double: `[classCount]`.
    public let output: TensorID
    /// Classes; codes beyond them are not counted.
    public let classCount: Int
    /// What a vote adds to its class, and what it adds to all others.
    public let weights: [Double]
    /// One for each input; empty for zeros.
    public let otherWeights: [Double]
    /// What the sums are divided by; nil to leave them.
    public let divisor: Double?

    /// - Parameters: see the stored properties.
    /// - Throws: `GraphError.invalidGraph` when weights and inputs are not as many.
    public init(
        inputs: [TensorID],
        output: TensorID,
        classCount: Int,
        weights: [Double],
        otherWeights: [Double] = [],
        divisor: Double? = nil
    ) throws(GraphError) {
        guard weights.count == inputs.count,
            otherWeights.isEmpty || otherWeights.count == inputs.count
        else { throw .invalidGraph(reason: "\(weights.count) weights of \(inputs.count) votes") }
        self.inputs = inputs
        self.output = output
        self.classCount = classCount
        self.weights = weights
        self.otherWeights = otherWeights
        self.divisor = divisor
    }

    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the inputs and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard inputTypes.allSatisfy({ $0.element == .code && $0.width == 1 }), classCount > 0 else {
            throw .invalidGraph(reason: "votes of \(inputTypes)")
        }
        return [TensorType(.double, [classCount])]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        let target = memory.elements(output, as: Double.self)
        target.update(repeating: 0, count: rowCount * classCount)
        for (index, input) in inputs.enumerated() {
            let codes = memory.elements(input, as: Int32.self)
            let other = otherWeights.isEmpty ? 0 : otherWeights[index]
            for row in 0..<rowCount {
                let votes = target + row * classCount
                let code = Int(codes[row])
                if other != 0 {
                    for k in 0..<classCount where k != code { votes[k] += other }
                }
                if code >= 0, code < classCount { votes[code] += weights[index] }
            }
        }
        guard let divisor else { return }
        for i in 0..<rowCount * classCount { target[i] /= divisor }
    }
}
