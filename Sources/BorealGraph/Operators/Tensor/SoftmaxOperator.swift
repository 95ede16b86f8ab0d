import CKernels

/// Turns the middle extent of rows that are seen as `[outer, count, inner]` into shares of one.
public struct SoftmaxOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "Softmax"

    /// What becomes of the numbers.
    public enum Form: String, Sendable {
        /// `exp(x) / sum(exp(x))`.
        case shares
        /// The logarithm of the shares.
        case logarithms
        /// 1 for the first greatest, 0 for all others.
        case hard
    }

    /// Double or Float: `outer * count * inner` a row.
    public let input: TensorID
    /// Same type.
    public let output: TensorID
    /// What becomes of the numbers.
    public let form: Form
    package let shape: TensorBlock
    private let element: TensorElement

    /// - Parameter shape: how a row is seen.
    public init(
        _ form: Form,
        input: TensorID,
        output: TensorID,
        shape: TensorBlock,
        element: TensorElement
    ) {
        self.form = form
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
            element == .double || element == .float
        else { throw .invalidGraph(reason: "softmax over \(inputTypes)") }
        return [type]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        if element == .float, form == .shares, shape.inner == 1, shape.count > 0 {
            boreal_softmax_rows(
                memory.elements(input, as: Float.self),
                memory.elements(output, as: Float.self),
                Int64(rowCount * shape.outer),
                Int64(shape.count)
            )
        } else if element == .float {
            run(rowCount, memory, Float.self)
        } else {
            run(rowCount, memory, Double.self)
        }
    }

    /// Three passes over each run of numbers: the greatest, the exponentials, the division.
    private func run<Number: TranscendentalNumber>(
        _ rows: Int,
        _ memory: TensorMemory,
        _ type: Number.Type
    ) {
        let source = memory.elements(input, as: type)
        let target = memory.elements(output, as: type)
        let (count, inner) = (shape.count, shape.inner)
        for block in 0..<rows * shape.outer {
            for offset in 0..<inner {
                let x = source + block * count * inner + offset
                let y = target + block * count * inner + offset
                var best = 0
                for k in 0..<count where x[k * inner] > x[best * inner] { best = k }
                if form == .hard {
                    for k in 0..<count { y[k * inner] = k == best ? 1 : 0 }
                    continue
                }
                let greatest = count > 0 ? x[best * inner] : 0
                var sum: Number = 0
                for k in 0..<count {
                    let share = Number.exponential(x[k * inner] - greatest)
                    sum += share
                    y[k * inner] = form == .shares ? share : x[k * inner] - greatest
                }
                if form == .shares {
                    for k in 0..<count { y[k * inner] /= sum }
                } else {
                    let shift = Number.logarithm(sum)
                    for k in 0..<count { y[k * inner] -= shift }
                }
            }
        }
    }
}
