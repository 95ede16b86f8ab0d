/// Makes `[1 - p, p]` of the probability of the last class.
public struct BinaryProbabilityOperator: GraphOperator {
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

    public var inputs: [TensorID] { [input] }
    public var outputs: [TensorID] { [output] }

    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard let type = inputTypes.first, type.element == .double, type.width == 1 else {
            throw .invalidGraph(reason: "binary probability over \(inputTypes)")
        }
        return [TensorType(.double, [2])]
    }

    public func run(rowCount: Int, memory: TensorMemory) {
        let source = memory.elements(input, as: Double.self)
        let target = memory.elements(output, as: Double.self)
        for row in 0..<rowCount {
            target[2 * row] = 1.0 - source[row]
            target[2 * row + 1] = source[row]
        }
    }
}
