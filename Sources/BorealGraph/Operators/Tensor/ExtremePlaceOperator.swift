/// The position of the greatest or least number along the middle extent of rows that are seen as
/// `[outer, count, inner]`, as a whole number.
///
/// `ArgMaxOperator` answers classes instead: codes, and NaN first.
public struct ExtremePlaceOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "ExtremePlace"
    /// Double, Float or Int64: `outer * count * inner` a row, `count` at least 1.
    public let input: TensorID
    /// Int64: `[outer * inner]`.
    public let output: TensorID
    /// True for the greatest, false for the least.
    public let isGreatest: Bool
    /// True for the last of equals.
    public let takesLast: Bool
    private let shape: TensorBlock
    private let element: TensorElement

    /// - Parameters: see the stored properties.
    public init(
        input: TensorID,
        output: TensorID,
        shape: TensorBlock,
        element: TensorElement,
        isGreatest: Bool,
        takesLast: Bool
    ) {
        self.input = input
        self.output = output
        self.shape = shape
        self.element = element
        self.isGreatest = isGreatest
        self.takesLast = takesLast
    }

    /// What it reads.
    public var inputs: [TensorID] { [input] }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the input and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard let type = inputTypes.first, type.element == element, type.width == shape.width,
            element != .code, shape.count > 0
        else { throw .invalidGraph(reason: "extreme over \(inputTypes)") }
        return [TensorType(.int64, [shape.outer * shape.inner])]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        switch element {
        case .double: find(rowCount, memory, Double.self)
        case .float: find(rowCount, memory, Float.self)
        case .int64, .code: find(rowCount, memory, Int64.self)
        }
    }

    /// NaN is never better than what was found so far.
    private func find<Number: Comparable>(
        _ rows: Int,
        _ memory: TensorMemory,
        _ type: Number.Type
    ) {
        let source = memory.elements(input, as: type)
        let target = memory.elements(output, as: Int64.self)
        let (count, inner) = (shape.count, shape.inner)
        for block in 0..<rows * shape.outer {
            for offset in 0..<inner {
                let x = source + block * count * inner + offset
                var best = 0
                for k in 1..<max(1, count) {
                    let (value, kept) = (x[k * inner], x[best * inner])
                    let isBetter = isGreatest ? value > kept : value < kept
                    if isBetter || takesLast && value == kept { best = k }
                }
                target[block * inner + offset] = Int64(best)
            }
        }
    }
}
