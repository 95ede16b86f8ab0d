/// Cuts numbers off to whole ones as x86 processors do: what is NaN or out of range becomes the
/// least number.
///
/// `CastOperator` takes the nearest whole number for what is out of range instead.
public struct TruncateOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "Truncate"
    /// Double, Float or Int64: `[width]`.
    public let input: TensorID
    /// Int64: `[width]`.
    public let output: TensorID
    /// Bits of the whole number that is meant, 8 to 64; the answer is widened from it.
    public let bits: Int
    /// True when that number has a sign.
    public let isSigned: Bool
    private let element: TensorElement
    private let width: Int

    /// - Parameters: see the stored properties.
    public init(
        input: TensorID,
        output: TensorID,
        width: Int,
        element: TensorElement,
        bits: Int,
        isSigned: Bool
    ) {
        self.input = input
        self.output = output
        self.width = width
        self.element = element
        self.bits = bits
        self.isSigned = isSigned
    }

    /// What it reads.
    public var inputs: [TensorID] { [input] }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the input and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard let type = inputTypes.first, type.element == element, type.width == width,
            element != .code, (8...64).contains(bits)
        else { throw .invalidGraph(reason: "truncation of \(inputTypes)") }
        return [TensorType(.int64, [width])]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        let count = rowCount * width
        let target = memory.elements(output, as: Int64.self)
        switch element {
        case .double:
            let source = memory.elements(input, as: Double.self)
            for index in 0..<count { target[index] = whole(source[index]) }
        case .float:
            let source = memory.elements(input, as: Float.self)
            for index in 0..<count { target[index] = whole(Double(source[index])) }
        case .int64, .code:
            let source = memory.elements(input, as: Int64.self)
            for index in 0..<count { target[index] = narrow(source[index]) }
        }
    }

    /// The whole part, in the width that is meant.
    private func whole(_ value: Double) -> Int64 {
        // 32-bit conversions have a least number of their own.
        if bits == 32, isSigned, !(value > -0x1.00000002p31 && value < 0x1p31) {
            return Int64(Int32.min)
        }
        return narrow(Int64(truncated: value))
    }

    /// Keeps the low bits and widens them again, with or without their sign.
    private func narrow(_ value: Int64) -> Int64 {
        let shift = Int64(64 - bits)
        guard shift > 0 else { return value }
        return isSigned
            ? (value &<< shift) &>> shift
            : Int64(bitPattern: (UInt64(bitPattern: value) &<< UInt64(shift)) &>> UInt64(shift))
    }
}
