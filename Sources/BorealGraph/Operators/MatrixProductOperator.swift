public import BorealBase
import CKernels

/// Rows times a matrix, plus a row: `y = x W + b`, in the precision of the input.
///
/// In `Float` the products of an answer are added one after the other onto the bias, on blocks of
/// rows and outputs at once; in `Double` in eight partial sums.
public struct MatrixProductOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "MatrixProduct"
    /// Double or Float: `[.., depth]`.
    public let input: TensorID
    /// Same element: `[.., width]`.
    public let output: TensorID
    /// The factors of each output, one output behind the other: `[width * depth]`.
    public let weights: [Double]
    /// `[width]`, or empty for none.
    public let bias: [Double]
    /// Numbers of a row of the matrix on the left.
    let depth: Int
    /// Numbers of a row of the answer.
    package let width: Int
    /// In 32 bits, for inputs of 32 bits.
    private let panels: PackedMatrix?
    private let type: TensorType

    /// - Parameters:
    ///   - type: of the input; its last extent is `depth`, or 1 for a column.
    ///   - weights: `[width][depth]`, the factors of each output next to each other.
    ///   - bias: `[width]` or empty.
    /// - Throws: `GraphError.invalidGraph` when the lengths do not fit.
    public init(
        input: TensorID,
        output: TensorID,
        type: TensorType,
        weights: [Double],
        bias: [Double],
        width: Int
    ) throws(GraphError) {
        depth = type.innerShape.last ?? 1
        let (count, overflow) = width.multipliedReportingOverflow(by: depth)
        guard width > 0, !overflow, weights.count == count, bias.isEmpty || bias.count == width,
            type.element == .double || type.element == .float
        else { throw .invalidGraph(reason: "\(weights.count) weights of \(width) outputs") }
        self.input = input
        self.output = output
        self.type = type
        self.weights = weights
        self.bias = bias
        self.width = width
        let isFloat = type.element == .float
        panels = isFloat ? PackedMatrix(weights, bias: bias, rows: depth, columns: width) : nil
    }

    /// The same, each answer then times its `scale`, plus its `shift`.
    ///
    /// - Parameters:
    ///   - scale: `[width]`
    ///   - shift: `[width]`
    /// - Returns: nil in 64 bits, where answers are the same to the bit or not at all, and where a
    ///   number would leave what 32 bits hold.
    package func scaled(by scale: [Double], shift: [Double]) -> MatrixProductOperator? {
        guard type.element == .float, scale.count == width, shift.count == width else {
            return nil
        }
        var factors = weights
        for index in factors.indices { factors[index] *= scale[index / depth] }
        let terms = (0..<width).map { (bias.isEmpty ? 0 : bias[$0] * scale[$0]) + shift[$0] }
        return fitting(factors, terms, input: input, output: output)
    }

    /// The same over what `step` reads, in the place of `step` and of this operator behind it.
    ///
    /// - Returns: nil as in `scaled(by:shift:)`.
    package func replacing(_ step: ChannelScaleOperator) -> MatrixProductOperator? {
        guard type.element == .float, step.output == input, step.scale.count == depth else {
            return nil
        }
        var (factors, terms) = (weights, bias)
        if terms.isEmpty { terms = [Double](repeating: 0, count: width) }
        for index in factors.indices {
            terms[index / depth] += factors[index] * step.shift[index % depth]
            factors[index] *= step.scale[index % depth]
        }
        return fitting(factors, terms, input: step.input, output: step.output)
    }

    /// With other numbers, if they fit into 32 bits.
    private func fitting(
        _ weights: [Double],
        _ bias: [Double],
        input: TensorID,
        output: TensorID
    ) -> MatrixProductOperator? {
        guard (weights + bias).allSatisfy({ Float($0).isFinite }) else { return nil }
        // The extents are those of an operator that exists.
        return try? MatrixProductOperator(
            input: input,
            output: output,
            type: type,
            weights: weights,
            bias: bias,
            width: width
        )
    }

    /// What it reads.
    public var inputs: [TensorID] { [input] }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the input and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard inputTypes == [type] else {
            throw .invalidGraph(reason: "matrix product over \(inputTypes)")
        }
        return [TensorType(type.element, type.innerShape.dropLast() + [width])]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        let rows = rowCount * ((type.width ?? 0) / max(1, depth))
        if let panels {
            panels.multiply(
                memory.elements(input, as: Float.self),
                rows: rows,
                into: memory.elements(output, as: Float.self)
            )
        } else {
            multiply(rows, memory)
        }
    }

    /// Eight partial sums each, so that additions do not wait for each other.
    private func multiply(_ rows: Int, _ memory: TensorMemory) {
        let source = memory.elements(input, as: Double.self)
        let target = memory.elements(output, as: Double.self)
        let whole = depth & ~7
        let size = MemoryLayout<Double>.stride
        weights.withUnsafeBytes { weights in
            // `width` is at least 1; without depth there is nothing to read.
            guard let first = weights.baseAddress ?? UnsafeRawPointer(bitPattern: 8) else { return }
            for row in 0..<rows {
                let x = UnsafeRawPointer(source + row * depth)
                for k in 0..<width {
                    let w = first + k * depth * size
                    var sums = SIMD8<Double>(repeating: 0)
                    for i in stride(from: 0, to: whole, by: 8) {
                        let a = x.loadUnaligned(fromByteOffset: i * size, as: SIMD8<Double>.self)
                        let b = w.loadUnaligned(fromByteOffset: i * size, as: SIMD8<Double>.self)
                        sums += a * b
                    }
                    let four = sums.lowHalf + sums.highHalf
                    let two = four.lowHalf + four.highHalf
                    var sum = two[0] + two[1]
                    for i in whole..<depth {
                        sum +=
                            x.load(fromByteOffset: i * size, as: Double.self)
                            * w.load(fromByteOffset: i * size, as: Double.self)
                    }
                    target[row * width + k] = bias.isEmpty ? sum : sum + bias[k]
                }
            }
        }
    }
}

extension MatrixProductOperator: AdditiveOperator {
    /// Each feature contributes its product, the bias is what sums begin with.
    ///
    /// - Throws: `GraphError.notExplainable` for rows of rows and for 32-bit numbers.
    public func rowExplainer(
        cancellation: CancellationFlag?
    ) throws(GraphError) -> any RowExplainer {
        guard type.element == .double, type.innerShape.count == 1 else {
            throw .notExplainable(reason: "its scores are no sum over features")
        }
        return LinearRowExplainer(model: self)
    }
}

extension MatrixProductOperator: LinearTerms {
    var scoresPerRow: Int { width }
    var featureCount: Int { depth }

    func term(_ score: Int) -> Double { bias.isEmpty ? 0 : bias[score] }

    func product(_ value: Double, _ feature: Int, _ score: Int) -> Double {
        value * weights[score * depth + feature]
    }
}
