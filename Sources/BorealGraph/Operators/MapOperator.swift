import CKernels
import Glibc

/// A function of one number, applied to every element.
public enum NumberFunction: Equatable, Sendable {
    case negate, absolute, reciprocal, squareRoot, floor, ceiling, roundHalfEven, sign
    case exponential, logarithm, log1p, expm1
    case sigmoid, tanh, softplus, softsign, erf
    case sine, cosine, tangent, arcSine, arcCosine, arcTangent
    case sinh, cosh, asinh, acosh, atanh
    case rectify
    case leakyRectify(slope: Double)
    case thresholdedRectify(threshold: Double)
    case elu(alpha: Double)
    case selu(alpha: Double, gamma: Double)
    case celu(alpha: Double)
    case hardSigmoid(alpha: Double, beta: Double)
    case hardSwish
    case mish
    case gelu
    case geluTanh
    /// 1 above the threshold, else 0.
    case binarize(threshold: Double)
    case clip(low: Double, high: Double)
    case power(Double)
    /// `x * factor + term`.
    case linear(factor: Double, term: Double)
}

/// Applies a function to every element, in the precision of the input.
public struct MapOperator: GraphOperator, ColumnwiseOperator {
    /// The name in listings.
    public static let kind = "Map"
    /// Double or Float, any inner shape.
    public let input: TensorID
    /// Same type.
    public let output: TensorID
    /// What is done to each number.
    public let function: NumberFunction
    private let type: TensorType

    /// - Parameter type: of the input.
    public init(input: TensorID, output: TensorID, type: TensorType, function: NumberFunction) {
        self.input = input
        self.output = output
        self.type = type
        self.function = function
    }

    /// What it reads.
    public var inputs: [TensorID] { [input] }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the input and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard inputTypes == [type], type.element == .double || type.element == .float else {
            throw .invalidGraph(reason: "\(function) of \(inputTypes)")
        }
        return [type]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        let count = rowCount * (type.width ?? 0)
        if type.element == .float {
            let source = memory.elements(input, as: Float.self)
            let target = memory.elements(output, as: Float.self)
            // Between the layers of a network; without the choice in the loop it is vectors.
            if function == .rectify {
                for index in 0..<count { target[index] = source[index] < 0 ? 0 : source[index] }
                return
            }
            if vectors(source, target, count) { return }
            for index in 0..<count { target[index] = function.value(source[index]) }
        } else {
            let source = memory.elements(input, as: Double.self)
            let target = memory.elements(output, as: Double.self)
            for index in 0..<count { target[index] = function.value(source[index]) }
        }
    }

    /// Applies those functions that have loops over vectors; false for all others.
    private func vectors(
        _ source: UnsafePointer<Float>,
        _ target: UnsafeMutablePointer<Float>,
        _ count: Int
    ) -> Bool {
        switch function {
        case .sigmoid: boreal_sigmoid(source, target, Int64(count))
        case .tanh: boreal_tanh(source, target, Int64(count))
        case .erf: boreal_erf(source, target, Int64(count))
        case .gelu: boreal_gelu(source, target, Int64(count))
        default: return false
        }
        return true
    }
}

extension NumberFunction {
    /// The value at `x`, with the C library's functions of that precision.
    func value(_ x: Double) -> Double {
        switch self {
        case .squareRoot: x.squareRoot()
        case .exponential: Glibc.exp(x)
        case .logarithm: Glibc.log(x)
        case .log1p: Glibc.log1p(x)
        case .expm1: Glibc.expm1(x)
        case .sigmoid: 1 / (1 + Glibc.exp(-x))
        case .tanh: Glibc.tanh(x)
        // Without overflow for great x, and without loss for small ones.
        case .softplus: x > 0 ? x + Glibc.log1p(Glibc.exp(-x)) : Glibc.log1p(Glibc.exp(x))
        case .erf: Glibc.erf(x)
        case .sine: Glibc.sin(x)
        case .cosine: Glibc.cos(x)
        case .tangent: Glibc.tan(x)
        case .arcSine: Glibc.asin(x)
        case .arcCosine: Glibc.acos(x)
        case .arcTangent: Glibc.atan(x)
        case .sinh: Glibc.sinh(x)
        case .cosh: Glibc.cosh(x)
        case .asinh: Glibc.asinh(x)
        case .acosh: Glibc.acosh(x)
        case .atanh: Glibc.atanh(x)
        case .elu(let alpha): x >= 0 ? x : alpha * Glibc.expm1(x)
        case .selu(let alpha, let gamma): gamma * (x > 0 ? x : alpha * Glibc.expm1(x))
        case .celu(let alpha): x > 0 ? x : alpha * Glibc.expm1(x / alpha)
        case .mish: x * Glibc.tanh(Self.softplus.value(x))
        case .gelu: x * 0.5 * (1 + Glibc.erf(x * 0.5.squareRoot()))
        case .geluTanh:
            0.5 * x * (1 + Glibc.tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
        case .power(let exponent): Glibc.pow(x, exponent)
        default: simple(x)
        }
    }

    /// The value at `x`, with the C library's functions of that precision.
    func value(_ x: Float) -> Float {
        switch self {
        case .squareRoot: x.squareRoot()
        case .exponential: Glibc.expf(x)
        case .logarithm: Glibc.logf(x)
        case .log1p: Glibc.log1pf(x)
        case .expm1: Glibc.expm1f(x)
        case .sigmoid: 1 / (1 + Glibc.expf(-x))
        case .tanh: Glibc.tanhf(x)
        case .softplus: x > 0 ? x + Glibc.log1pf(Glibc.expf(-x)) : Glibc.log1pf(Glibc.expf(x))
        case .erf: Glibc.erff(x)
        case .elu(let alpha): x >= 0 ? x : Float(alpha) * Glibc.expm1f(x)
        case .selu(let alpha, let gamma):
            Float(gamma) * (x > 0 ? x : Float(alpha) * Glibc.expm1f(x))
        case .power(let exponent): Glibc.powf(x, Float(exponent))
        case .sine, .cosine, .tangent, .arcSine, .arcCosine, .arcTangent, .sinh, .cosh, .asinh,
            .acosh, .atanh, .celu, .mish, .gelu, .geluTanh:
            Float(value(Double(x)))
        default: simple(x)
        }
    }

    /// What needs no function of the C library.
    private func simple<Number: GraphNumber>(_ x: Number) -> Number {
        switch self {
        case .negate: -x
        case .absolute: x.magnitude
        case .reciprocal: 1 / x
        case .floor: x.rounded(.down)
        case .ceiling: x.rounded(.up)
        case .roundHalfEven: x.rounded(.toNearestOrEven)
        case .sign: x > 0 ? 1 : (x < 0 ? -1 : x)
        case .softsign: x / (1 + x.magnitude)
        // NaN stays NaN.
        case .rectify: x < 0 ? 0 : x
        case .leakyRectify(let slope): x < 0 ? Number(slope) * x : x
        case .thresholdedRectify(let threshold): x > Number(threshold) ? x : 0
        case .hardSigmoid(let alpha, let beta):
            // NaN stays NaN.
            x.isNaN ? x : Swift.max(0, Swift.min(1, Number(alpha) * x + Number(beta)))
        case .hardSwish: x * Swift.max(0, Swift.min(1, x / 6 + 0.5))
        case .binarize(let threshold): x > Number(threshold) ? 1 : 0
        case .clip(let low, let high):
            x < Number(low) ? Number(low) : (x > Number(high) ? Number(high) : x)
        case .linear(let factor, let term): x * Number(factor) + Number(term)
        default: x
        }
    }
}
