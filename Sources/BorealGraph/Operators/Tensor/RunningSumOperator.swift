/// Sums of all numbers so far along the middle extent of rows that are seen as
/// `[outer, count, inner]`.
public struct RunningSumOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "RunningSum"
    /// Double, Float or Int64: `outer * count * inner` a row.
    public let input: TensorID
    /// Same type.
    public let output: TensorID
    /// True when a number is not part of its own sum.
    public let isExclusive: Bool
    /// True when sums begin at the end.
    public let isReversed: Bool
    private let shape: TensorBlock
    private let element: TensorElement

    /// - Parameters: see the stored properties.
    public init(
        input: TensorID,
        output: TensorID,
        shape: TensorBlock,
        element: TensorElement,
        isExclusive: Bool,
        isReversed: Bool
    ) {
        self.input = input
        self.output = output
        self.shape = shape
        self.element = element
        self.isExclusive = isExclusive
        self.isReversed = isReversed
    }

    /// What it reads.
    public var inputs: [TensorID] { [input] }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the input and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard let type = inputTypes.first, type.element == element, type.width == shape.width,
            element != .code
        else { throw .invalidGraph(reason: "running sum over \(inputTypes)") }
        return [type]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        switch element {
        case .double: add(rowCount, memory, Double(0)) { $0 + $1 }
        case .float: add(rowCount, memory, Float(0)) { $0 + $1 }
        case .int64, .code: add(rowCount, memory, Int64(0)) { $0 &+ $1 }
        }
    }

    /// The sum so far is written before or after the number is added to it.
    @inline(__always)
    private func add<Number>(
        _ rows: Int,
        _ memory: TensorMemory,
        _ zero: Number,
        _ sum: (Number, Number) -> Number
    ) {
        let source = memory.elements(input, as: Number.self)
        let target = memory.elements(output, as: Number.self)
        let (count, inner) = (shape.count, shape.inner)
        for block in 0..<rows * shape.outer {
            for offset in 0..<inner {
                let start = block * count * inner + offset
                var total = zero
                for k in 0..<count {
                    let place = start + (isReversed ? count - 1 - k : k) * inner
                    let next = sum(total, source[place])
                    target[place] = isExclusive ? total : next
                    total = next
                }
            }
        }
    }
}
