/// A function of two numbers.
public enum PairFunction: String, Sendable {
    case add, subtract, multiply, divide, power, minimum, maximum
    /// The rest of a division: with the sign of the divisor, or with that of the dividend.
    case modulo, remainder
    /// 1 where it holds, else 0; never for NaN, except `notEqual`.
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
    /// Of truth values, 0 being false.
    case and, or, exclusiveOr

    /// Whether the answer is a truth value: Int64, 0 or 1.
    public var isTest: Bool {
        switch self {
        case .add, .subtract, .multiply, .divide, .power, .minimum, .maximum, .modulo, .remainder:
            false
        default: true
        }
    }
}

/// Applies a function to the elements of two operands, pair by pair, in their own precision.
public struct PairwiseOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "Pairwise"
    /// What stands left.
    public let left: TensorOperand
    /// What stands right, of the same element.
    public let right: TensorOperand
    /// `[width]`, of the operands' element or, for tests, Int64.
    public let output: TensorID
    /// Elements of a row of the answer.
    public let width: Int
    /// What is done with each pair.
    public let function: PairFunction

    /// - Parameters: see the stored properties.
    public init(
        _ function: PairFunction,
        _ left: TensorOperand,
        _ right: TensorOperand,
        output: TensorID,
        width: Int
    ) {
        self.function = function
        self.left = left
        self.right = right
        self.output = output
        self.width = width
    }

    /// What it reads.
    public var inputs: [TensorID] { [left, right].tensors }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the inputs and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        let isNumber = left.element != .code || [.equal, .notEqual].contains(function)
        guard [left, right].fit(inputTypes), left.element == right.element, isNumber,
            left.covers(width), right.covers(width)
        else { throw .invalidGraph(reason: "\(function.rawValue) of \(inputTypes)") }
        return [TensorType(function.isTest ? .int64 : left.element, [width])]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        switch left.element {
        case .double: floating(rowCount, memory, Double.self)
        case .float: floating(rowCount, memory, Float.self)
        case .int64: whole(rowCount, memory)
        case .code: test(rowCount, memory, Int32.self)
        }
    }

    /// Functions of numbers with a fraction; NaN wins over the lesser and the greater.
    private func floating<Number: TranscendentalNumber>(
        _ rows: Int,
        _ memory: TensorMemory,
        _ type: Number.Type
    ) {
        switch function {
        case .add: apply(rows, memory, type, type) { $0 + $1 }
        case .subtract: apply(rows, memory, type, type) { $0 - $1 }
        case .multiply: apply(rows, memory, type, type) { $0 * $1 }
        case .divide: apply(rows, memory, type, type) { $0 / $1 }
        // NaN wins on either side.
        case .minimum: apply(rows, memory, type, type) { $0 < $1 || $0.isNaN ? $0 : $1 }
        case .maximum: apply(rows, memory, type, type) { $0 > $1 || $0.isNaN ? $0 : $1 }
        case .power: apply(rows, memory, type, type) { Number.power($0, $1) }
        case .remainder:
            apply(rows, memory, type, type) { $0.truncatingRemainder(dividingBy: $1) }
        case .modulo:
            apply(rows, memory, type, type) { left, right in
                let rest = left.truncatingRemainder(dividingBy: right)
                return rest != 0 && (rest < 0) != (right < 0) ? rest + right : rest
            }
        default: test(rows, memory, type)
        }
    }

    /// Functions of whole numbers, which wrap round instead of overflowing.
    private func whole(_ rows: Int, _ memory: TensorMemory) {
        let type = Int64.self
        switch function {
        case .add: apply(rows, memory, type, type) { $0 &+ $1 }
        case .subtract: apply(rows, memory, type, type) { $0 &- $1 }
        case .multiply: apply(rows, memory, type, type) { $0 &* $1 }
        // Division by zero has no answer among whole numbers; 0 stands for it.
        case .divide:
            apply(rows, memory, type, type) {
                $1 == 0 ? 0 : $0.dividedReportingOverflow(by: $1).partialValue
            }
        case .minimum: apply(rows, memory, type, type) { Swift.min($0, $1) }
        case .maximum: apply(rows, memory, type, type) { Swift.max($0, $1) }
        case .power:
            apply(rows, memory, type, type) {
                Int64(truncated: Double.power(Double($0), Double($1)))
            }
        case .remainder:
            apply(rows, memory, type, type) {
                $1 == 0 ? 0 : $0.remainderReportingOverflow(dividingBy: $1).partialValue
            }
        case .modulo:
            apply(rows, memory, type, type) { left, right in
                guard right != 0 else { return 0 }
                let rest = left.remainderReportingOverflow(dividingBy: right).partialValue
                return rest != 0 && (rest < 0) != (right < 0) ? rest + right : rest
            }
        case .and: apply(rows, memory, type, type) { $0 != 0 && $1 != 0 ? 1 : 0 }
        case .or: apply(rows, memory, type, type) { $0 != 0 || $1 != 0 ? 1 : 0 }
        case .exclusiveOr: apply(rows, memory, type, type) { ($0 != 0) != ($1 != 0) ? 1 : 0 }
        default: test(rows, memory, type)
        }
    }

    /// Comparisons, of codes too.
    private func test<Number: Comparable>(
        _ rows: Int,
        _ memory: TensorMemory,
        _ type: Number.Type
    ) {
        switch function {
        case .equal: apply(rows, memory, type, Int64.self) { $0 == $1 ? 1 : 0 }
        case .notEqual: apply(rows, memory, type, Int64.self) { $0 != $1 ? 1 : 0 }
        case .less: apply(rows, memory, type, Int64.self) { $0 < $1 ? 1 : 0 }
        case .lessOrEqual: apply(rows, memory, type, Int64.self) { $0 <= $1 ? 1 : 0 }
        case .greater: apply(rows, memory, type, Int64.self) { $0 > $1 ? 1 : 0 }
        default: apply(rows, memory, type, Int64.self) { $0 >= $1 ? 1 : 0 }
        }
    }

    /// The loop over all pairs: along both rows where they are plain, else by their places.
    @inline(__always)
    private func apply<Source, Target>(
        _ rows: Int,
        _ memory: TensorMemory,
        _: Source.Type,
        _: Target.Type,
        _ body: (Source, Source) -> Target
    ) {
        let a = left.base(memory, as: Source.self)
        let b = right.base(memory, as: Source.self)
        let target = memory.elements(output, as: Target.self)
        if left.isPlain && right.isPlain {
            let (stepA, stepB) = (left.step, right.step)
            for row in 0..<rows {
                let (x, y) = (a + row * left.rowStride, b + row * right.rowStride)
                let z = target + row * width
                for index in 0..<width { z[index] = body(x[index * stepA], y[index * stepB]) }
            }
            return
        }
        for row in 0..<rows {
            let (x, y) = (a + row * left.rowStride, b + row * right.rowStride)
            let z = target + row * width
            for index in 0..<width {
                z[index] = body(x[left.place(index)], y[right.place(index)])
            }
        }
    }
}

extension Int64 {
    /// The whole part of a number as x86 processors give it: the least number for what is out of
    /// range or NaN.
    init(truncated value: Double) {
        self = value >= -0x1p63 && value < 0x1p63 ? Int64(value) : .min
    }
}
