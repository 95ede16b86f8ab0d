/// The position of the greatest value of a row; the last of equals.
public struct LastGreatestOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "LastGreatest"
    /// Double, `width` a row.
    public let input: TensorID
    /// Code, one a row.
    public let output: TensorID
    private let width: Int

    /// - Parameters: see the stored properties.
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
        guard let type = inputTypes.first, type.element == .double, type.width == width, width > 0
        else { throw .invalidGraph(reason: "last greatest over \(inputTypes)") }
        return [TensorType(.code)]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        let source = memory.elements(input, as: Double.self)
        let target = memory.elements(output, as: Int32.self)
        for row in 0..<rowCount {
            let values = source + row * width
            var best = 0
            for k in 1..<max(width, 1) where values[k] >= values[best] { best = k }
            target[row] = Int32(truncatingIfNeeded: best)
        }
    }
}
