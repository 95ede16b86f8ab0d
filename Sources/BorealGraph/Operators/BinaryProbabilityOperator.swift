/// Makes `[1 - p, p]` of the probability of the last class.
public struct BinaryProbabilityOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "BinaryProbability"
    /// Double or Float, one a row.
    public let input: TensorID
    /// Same element, two a row.
    public let output: TensorID
    private let element: TensorElement

    /// - Parameter element: Double or Float.
    public init(input: TensorID, output: TensorID, element: TensorElement = .double) {
        self.input = input
        self.output = output
        self.element = element
    }

    /// What it reads.
    public var inputs: [TensorID] { [input] }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the input and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard let type = inputTypes.first, type.element == element, type.width == 1,
            [.double, .float].contains(element)
        else { throw .invalidGraph(reason: "binary probability over \(inputTypes)") }
        return [TensorType(element, [2])]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        if element == .float {
            run(rowCount, memory, Float.self)
        } else {
            run(rowCount, memory, Double.self)
        }
    }

    private func run<Number: GraphNumber>(
        _ rowCount: Int,
        _ memory: TensorMemory,
        _ type: Number.Type
    ) {
        let source = memory.elements(input, as: Number.self)
        let target = memory.elements(output, as: Number.self)
        for row in 0..<rowCount {
            target[2 * row] = 1 - source[row]
            target[2 * row + 1] = source[row]
        }
    }
}
