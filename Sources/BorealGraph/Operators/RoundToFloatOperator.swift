/// Rounds numbers to the nearest `Float` and keeps them as Double.
///
/// Trees of libraries that read rows as 32-bit numbers compare what is left of a cell then.
public struct RoundToFloatOperator: GraphOperator, ColumnwiseOperator {
    /// The name in listings.
    public static let kind = "RoundToFloat"
    /// Double, any inner shape.
    public let input: TensorID
    /// Same type.
    public let output: TensorID
    private let width: Int

    /// - Parameter width: numbers of a row.
    public init(input: TensorID, output: TensorID, width: Int) {
        self.input = input
        self.output = output
        self.width = width
    }

    /// What it reads.
    public var inputs: [TensorID] { [input] }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the input and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard let type = inputTypes.first, type.element == .double, type.width == width else {
            throw .invalidGraph(reason: "rounding of \(inputTypes)")
        }
        return [type]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        let source = memory.elements(input, as: Double.self)
        let target = memory.elements(output, as: Double.self)
        for index in 0..<rowCount * width { target[index] = Double(Float(source[index])) }
    }
}
