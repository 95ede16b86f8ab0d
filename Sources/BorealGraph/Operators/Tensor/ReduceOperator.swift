import Glibc

/// How many numbers become one.
public enum Reduction: String, Sendable {
    case sum, mean, product, minimum, maximum
    /// Sum of absolute values, root of the sum of squares, sum of squares.
    case absoluteSum, norm, squareSum
    /// Logarithm of the sum, and of the sum of exponentials.
    case logarithmOfSum, logarithmOfExponentials
}

/// Reduces the middle extent of rows that are seen as `[outer, count, inner]`.
public struct ReduceOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "Reduce"
    /// Double, Float or Int64: `outer * count * inner` a row.
    public let input: TensorID
    /// Same element: `[outer * inner]`.
    public let output: TensorID
    /// How numbers become one.
    public let reduction: Reduction
    private let shape: TensorBlock
    private let element: TensorElement

    /// - Parameters:
    ///   - shape: how a row is seen.
    public init(
        _ reduction: Reduction,
        input: TensorID,
        output: TensorID,
        shape: TensorBlock,
        element: TensorElement
    ) {
        self.reduction = reduction
        self.input = input
        self.output = output
        self.shape = shape
        self.element = element
    }

    /// What it reads.
    public var inputs: [TensorID] { [input] }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the input and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard let type = inputTypes.first, type.element == element, type.width == shape.width,
            element != .code
        else { throw .invalidGraph(reason: "\(reduction.rawValue) over \(inputTypes)") }
        return [TensorType(element, [shape.outer * shape.inner])]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        switch element {
        case .double: reduce(rowCount, memory, Double.self)
        case .float: reduce(rowCount, memory, Float.self)
        case .int64, .code: reduceWhole(rowCount, memory)
        }
    }

    /// One number for each outer and inner position.
    private func reduce<Number: TranscendentalNumber>(
        _ rows: Int,
        _ memory: TensorMemory,
        _ type: Number.Type
    ) {
        let source = memory.elements(input, as: Number.self)
        let target = memory.elements(output, as: Number.self)
        for row in 0..<rows * shape.outer {
            for inner in 0..<shape.inner {
                let first = source + row * shape.count * shape.inner + inner
                let values = StridedNumbers(first: first, stride: shape.inner, count: shape.count)
                target[row * shape.inner + inner] = one(values)
            }
        }
    }

    @inline(__always)
    private func one<Number: TranscendentalNumber>(
        _ values: StridedNumbers<Number>
    ) -> Number {
        switch reduction {
        case .sum: values.fold(0) { $0 + $1 }
        case .mean: values.fold(0) { $0 + $1 } / Number(values.count)
        case .product: values.fold(1) { $0 * $1 }
        case .minimum: values.fold(.infinity) { $1 < $0 || $1.isNaN ? $1 : $0 }
        case .maximum: values.fold(-.infinity) { $1 > $0 || $1.isNaN ? $1 : $0 }
        case .absoluteSum: values.fold(0) { $0 + $1.magnitude }
        case .squareSum: values.fold(0) { $0 + $1 * $1 }
        case .norm: values.fold(0) { $0 + $1 * $1 }.squareRoot()
        case .logarithmOfSum: Number.logarithm(values.fold(0) { $0 + $1 })
        case .logarithmOfExponentials: spread(values)
        }
    }

    /// With the greatest taken out first, so that no exponential overflows.
    @inline(__always)
    private func spread<Number: TranscendentalNumber>(
        _ values: StridedNumbers<Number>
    ) -> Number {
        let greatest = values.fold(-.infinity) { Swift.max($0, $1) }
        let shift = greatest.isFinite ? greatest : 0
        return Number.logarithm(values.fold(0) { $0 + Number.exponential($1 - shift) }) + shift
    }

    /// The same of whole numbers, which wrap round instead of overflowing.
    private func reduceWhole(_ rows: Int, _ memory: TensorMemory) {
        let source = memory.elements(input, as: Int64.self)
        let target = memory.elements(output, as: Int64.self)
        for row in 0..<rows * shape.outer {
            for inner in 0..<shape.inner {
                let first = source + row * shape.count * shape.inner + inner
                let values = StridedNumbers(first: first, stride: shape.inner, count: shape.count)
                target[row * shape.inner + inner] = oneWhole(values)
            }
        }
    }

    /// What many whole numbers become; the mean is cut off.
    private func oneWhole(_ values: StridedNumbers<Int64>) -> Int64 {
        switch reduction {
        case .sum: values.fold(0) { $0 &+ $1 }
        case .mean: values.count == 0 ? 0 : values.fold(0) { $0 &+ $1 } / Int64(values.count)
        case .product: values.fold(1) { $0 &* $1 }
        case .minimum: values.fold(.max) { Swift.min($0, $1) }
        case .maximum: values.fold(.min) { Swift.max($0, $1) }
        case .absoluteSum: values.fold(0) { $0 &+ ($1 < 0 ? 0 &- $1 : $1) }
        case .squareSum: values.fold(0) { $0 &+ $1 &* $1 }
        case .norm: Int64(truncated: Double(values.fold(0) { $0 &+ $1 &* $1 }).squareRoot())
        case .logarithmOfSum: Int64(truncated: Glibc.log(Double(values.fold(0) { $0 &+ $1 })))
        case .logarithmOfExponentials:
            Int64(truncated: Glibc.log(values.fold(0.0) { $0 + Glibc.exp(Double($1)) }))
        }
    }
}

/// A row seen as a cuboid whose middle extent is worked along.
public struct TensorBlock: Equatable, Sendable {
    /// Product of the extents before.
    public var outer: Int
    /// The extent worked along.
    public var count: Int
    /// Product of the extents behind.
    public var inner: Int

    /// - Parameters: see the stored properties.
    public init(outer: Int, count: Int, inner: Int) {
        assert(outer >= 0 && count >= 0 && inner >= 0, "extents are counts")
        self.outer = outer
        self.count = count
        self.inner = inner
    }

    /// A shape seen along one of its axes.
    public init(_ shape: [Int], along axis: Int) {
        self.init(
            outer: shape[..<axis].reduce(1, *),
            count: shape[axis],
            inner: shape[(axis + 1)...].reduce(1, *)
        )
    }

    /// Elements of a row.
    public var width: Int { outer * count * inner }
}

/// Numbers at equal distances.
struct StridedNumbers<Number> {
    let first: UnsafeMutablePointer<Number>
    let stride: Int
    let count: Int

    /// Joins all numbers in order, beginning with `start`.
    @inline(__always)
    func fold<Answer>(_ start: Answer, _ body: (Answer, Number) -> Answer) -> Answer {
        var answer = start
        for index in 0..<count { answer = body(answer, first[index * stride]) }
        return answer
    }
}
