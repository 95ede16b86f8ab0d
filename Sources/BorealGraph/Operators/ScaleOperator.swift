/// Shifts and scales each number of a row by constants of its own, in the precision of the input.
public struct ScaleOperator: GraphOperator, ColumnwiseOperator {
    /// The name in listings.
    public static let kind = "Scale"

    /// The order of the arithmetic, which decides about the last bit.
    public enum Form: String, Equatable, Sendable {
        /// `(x - shift) / factor`: scikit-learn's StandardScaler and RobustScaler.
        case subtractDivide
        /// `(x - shift) * factor`: ONNX's Scaler.
        case subtractMultiply
        /// `x * factor + shift`: scikit-learn's MinMaxScaler.
        case multiplyAdd
    }

    /// Double or Float: `[width]`.
    public let input: TensorID
    /// Same type.
    public let output: TensorID
    /// `[width]`, or empty: nothing is added or subtracted.
    public let shift: [Double]
    /// `[width]`, or empty: nothing is multiplied or divided.
    public let factor: [Double]
    /// The order of the arithmetic.
    public let form: Form
    private let type: TensorType
    private let floatShift: [Float]
    private let floatFactor: [Float]

    /// - Parameters:
    ///   - type: of the input.
    ///   - shift: one for each number of a row, or empty.
    ///   - factor: one for each number of a row, or empty.
    /// - Throws: `GraphError.invalidGraph` when the lengths do not fit.
    public init(
        input: TensorID,
        output: TensorID,
        type: TensorType,
        shift: [Double],
        factor: [Double],
        form: Form
    ) throws(GraphError) {
        guard let width = type.width, shift.isEmpty || shift.count == width,
            factor.isEmpty || factor.count == width,
            type.element == .double || type.element == .float
        else { throw .invalidGraph(reason: "scaling of \(type) by \(factor.count) factors") }
        self.input = input
        self.output = output
        self.type = type
        self.shift = shift
        self.factor = factor
        self.form = form
        let isFloat = type.element == .float
        floatShift = isFloat ? shift.map { Float($0) } : []
        floatFactor = isFloat ? factor.map { Float($0) } : []
    }

    /// What it reads.
    public var inputs: [TensorID] { [input] }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the input and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard inputTypes == [type] else {
            throw .invalidGraph(reason: "scaling of \(inputTypes)")
        }
        return [type]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        if type.element == .float {
            scale(rowCount, memory, floatShift, floatFactor)
        } else {
            scale(rowCount, memory, shift, factor)
        }
    }

    private func scale<Number: GraphNumber>(
        _ rowCount: Int,
        _ memory: TensorMemory,
        _ shift: [Number],
        _ factor: [Number]
    ) {
        let source = memory.elements(input, as: Number.self)
        let target = memory.elements(output, as: Number.self)
        let width = type.width ?? 0
        for row in 0..<rowCount {
            for column in 0..<width {
                var value = source[row * width + column]
                switch form {
                case .subtractDivide:
                    if !shift.isEmpty { value -= shift[column] }
                    if !factor.isEmpty { value /= factor[column] }
                case .subtractMultiply:
                    if !shift.isEmpty { value -= shift[column] }
                    if !factor.isEmpty { value *= factor[column] }
                case .multiplyAdd:
                    if !factor.isEmpty { value *= factor[column] }
                    if !shift.isEmpty { value += shift[column] }
                }
                target[row * width + column] = value
            }
        }
    }
}
