/// Makes NaN of every number that stands for a missing one.
public struct MarkMissingOperator: GraphOperator, ColumnwiseOperator {
    /// The name in listings.
    public static let kind = "MarkMissing"
    /// Double, any inner shape.
    public let input: TensorID
    /// Same type.
    public let output: TensorID
    /// The number that becomes NaN.
    public let value: Double
    private let width: Int

    /// - Parameter width: numbers of a row.
    public init(input: TensorID, output: TensorID, width: Int, value: Double) {
        self.input = input
        self.output = output
        self.width = width
        self.value = value
    }

    /// What it reads.
    public var inputs: [TensorID] { [input] }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the input and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard let type = inputTypes.first, type.element == .double, type.width == width else {
            throw .invalidGraph(reason: "missing values of \(inputTypes)")
        }
        return [type]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        let source = memory.elements(input, as: Double.self)
        let target = memory.elements(output, as: Double.self)
        for index in 0..<rowCount * width {
            target[index] = source[index] == value ? .nan : source[index]
        }
    }
}
