/// The position of the greatest value of a row; the first of equals, and the first NaN before all.
///
/// That is NumPy's `argmax`, which the libraries' classifiers use.
public struct ArgMaxOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "ArgMax"
    /// Double or Float, `width` a row.
    public let input: TensorID
    /// Code, one a row: a position in the labels.
    public let output: TensorID
    /// Values of a row, at least 1.
    let width: Int
    private let element: TensorElement

    /// - Parameters: see the stored properties.
    public init(input: TensorID, output: TensorID, width: Int, element: TensorElement = .double) {
        self.element = element
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
        guard let type = inputTypes.first, [.double, .float].contains(type.element),
            type.width == width, width > 0, type.element == element
        else { throw .invalidGraph(reason: "arg-max over \(inputTypes)") }
        return [TensorType(.code)]
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
        let target = memory.elements(output, as: Int32.self)
        for row in 0..<rowCount {
            let values = source + row * width
            var best = 0
            for k in 0..<width {
                if values[k].isNaN {
                    best = k
                    break
                }
                if values[k] > values[best] { best = k }
            }
            target[row] = Int32(truncatingIfNeeded: best)
        }
    }
}
