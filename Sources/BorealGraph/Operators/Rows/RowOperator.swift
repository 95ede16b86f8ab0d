/// An operator that answers rows of Double one by one with rows of Double.
public protocol RowOperator: GraphOperator {
    /// Double, `inputWidth` a row.
    var input: TensorID { get }
    /// Double: `[outputWidth]`.
    var output: TensorID { get }
    /// Numbers of a row that it reads.
    var inputWidth: Int { get }
    /// Numbers of a row that it writes.
    var outputWidth: Int { get }

    /// Answers one row. Must be safe for any numbers.
    func answer(_ row: UnsafePointer<Double>, into answer: UnsafeMutablePointer<Double>)
}

extension RowOperator {
    /// What it reads.
    public var inputs: [TensorID] { [input] }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the input and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard let type = inputTypes.first, type.element == .double, type.width == inputWidth,
            outputWidth >= 0
        else { throw .invalidGraph(reason: "\(Self.kind) over \(inputTypes)") }
        return [TensorType(.double, [outputWidth])]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        assert(rowCount >= 0, "a chunk of a negative number of rows")
        let source = memory.elements(input, as: Double.self)
        let target = memory.elements(output, as: Double.self)
        for row in 0..<rowCount {
            answer(source + row * inputWidth, into: target + row * outputWidth)
        }
    }
}
