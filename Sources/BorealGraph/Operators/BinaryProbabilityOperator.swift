/// Makes `[1 - p, p]` of the probability of the last class.
public struct BinaryProbabilityOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "BinaryProbability"
    /// Double, one a row.
    public let input: TensorID
    /// Double, two a row.
    public let output: TensorID

    /// - Parameters: see the stored properties.
    public init(input: TensorID, output: TensorID) {
        self.input = input
        self.output = output
    }

    /// What it reads.
    public var inputs: [TensorID] { [input] }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the input and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard let type = inputTypes.first, type.element == .double, type.width == 1 else {
            throw .invalidGraph(reason: "binary probability over \(inputTypes)")
        }
        return [TensorType(.double, [2])]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        let source = memory.elements(input, as: Double.self)
        let target = memory.elements(output, as: Double.self)
        for row in 0..<rowCount {
            target[2 * row] = 1.0 - source[row]
            target[2 * row + 1] = source[row]
        }
    }
}
