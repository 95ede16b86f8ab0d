import Glibc

/// A function of one number. NaN is a missing value and stays one.
enum RowFunction: UInt8 {
    /// What the C library computes, and roundings.
    case negate, absolute, exp, expm1, ln, ln1p, log10, squareRoot, floor, ceiling, round, rint
    /// Trigonometric functions and their kin.
    case sine, arcSine, sinh, cosine, arcCosine, cosh, tangent, arcTangent, tanh
    /// Of the standard normal distribution, and the error function.
    case normalCDF, normalPDF, normalIDF, erf
    /// Questions, answered with 1 or 0.
    case isMissing, isNotMissing, not
    /// Rounds to 32 bits.
    case toFloat
    /// Whole numbers pass, others leave the row without an answer.
    case toInteger
    /// Numbers but 0 and 1 leave the row without an answer.
    case toBoolean
    /// Inverses of link functions.
    case logit, probit, cloglog, loglog, cauchit

    @inline(__always)
    func value(_ x: Double, _ slots: Slots) -> Double {
        switch self {
        case .isMissing: x.isNaN ? 1 : 0
        case .isNotMissing: x.isNaN ? 0 : 1
        case .not: x.isNaN ? .nan : (x == 0 ? 1 : 0)
        case .toFloat: Double(Float(x))
        case .toInteger: Self.checked(x, x.isNaN || x == x.rounded(.towardZero), slots)
        case .toBoolean: Self.checked(x, x.isNaN || x == 0 || x == 1, slots)
        default: value(x)
        }
    }

    /// The number, and the mark of a row without an answer where it is not good.
    private static func checked(_ x: Double, _ isGood: Bool, _ slots: Slots) -> Double {
        if !isGood { slots[0] = 1 }
        return x
    }

    /// The value for numbers that are there.
    func value(_ x: Double) -> Double {
        switch self {
        case .negate: -x
        case .absolute: abs(x)
        case .exp: Glibc.exp(x)
        case .expm1: Glibc.expm1(x)
        case .ln: Glibc.log(x)
        case .ln1p: Glibc.log1p(x)
        case .log10: Glibc.log10(x)
        case .squareRoot: x.squareRoot()
        case .floor: x.rounded(.down)
        case .ceiling: x.rounded(.up)
        case .round: Self.roundHalfUp(x)
        case .rint: x.rounded(.toNearestOrEven)
        case .sine: Glibc.sin(x)
        case .arcSine: Glibc.asin(x)
        case .sinh: Glibc.sinh(x)
        case .cosine: Glibc.cos(x)
        case .arcCosine: Glibc.acos(x)
        case .cosh: Glibc.cosh(x)
        case .tangent: Glibc.tan(x)
        case .arcTangent: Glibc.atan(x)
        case .tanh: Glibc.tanh(x)
        case .normalCDF, .probit: 0.5 * Glibc.erfc(-x / 2.0.squareRoot())
        case .normalPDF: Glibc.exp(-0.5 * x * x) / (2 * Double.pi).squareRoot()
        case .normalIDF: NormalDistribution.quantile(x)
        case .erf: Glibc.erf(x)
        case .logit: 1 / (1 + Glibc.exp(-x))
        case .cloglog: 1 - Glibc.exp(-Glibc.exp(x))
        case .loglog: Glibc.exp(-Glibc.exp(-x))
        case .cauchit: 0.5 + Glibc.atan(x) / Double.pi
        default: x
        }
    }

    /// A function in 32 bits: computed in 64, its steps rounded as they are made.
    func floatValue(_ x: Double) -> Double {
        guard self == .logit else { return Double(Float(value(x))) }
        return Double(1 / (1 + Float(Glibc.exp(-x))))
    }

    /// The nearest whole number, halves towards positive infinity.
    static func roundHalfUp(_ x: Double) -> Double {
        let below = x.rounded(.down)
        return x - below >= 0.5 ? below + 1 : below
    }
}

/// Of the standard normal distribution.
enum NormalDistribution {
    /// The inverse of its cumulative function: bisected to the last bit that changes the result.
    static func quantile(_ p: Double) -> Double {
        guard p > 0, p < 1 else { return p == 0 ? -.infinity : (p == 1 ? .infinity : .nan) }
        var low = -40.0
        var high = 40.0
        for _ in 0..<128 {
            let middle = (low + high) / 2
            if middle == low || middle == high { break }
            if 0.5 * Glibc.erfc(-middle / 2.0.squareRoot()) < p {
                low = middle
            } else {
                high = middle
            }
        }
        return (low + high) / 2
    }
}

/// A function of two numbers; missing when one of them is, but for the logical ones.
enum RowOperator: UInt8 {
    /// In 64 bits.
    case add, subtract, multiply, divide
    /// Of whole numbers of 32 bits; beyond them the row has no answer.
    case addWhole, subtractWhole, multiplyWhole, divideWhole, moduloWhole
    /// Functions of the standard's list of two arguments.
    case power, modulo, threshold, arcTangent2, hypotenuse
    /// Comparisons, answered with 1 or 0.
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
    /// Logic with an unknown: NaN.
    case and, or, xor
    /// The first, or the second where the first is missing.
    case orElse

    @inline(__always)
    func value(_ a: Double, _ b: Double, _ slots: Slots) -> Double {
        switch self {
        case .add: a + b
        case .subtract: a - b
        case .multiply: a * b
        case .divide: a / b
        case .addWhole: Self.whole(a + b, slots)
        case .subtractWhole: Self.whole(a - b, slots)
        case .multiplyWhole: Self.whole(a * b, slots)
        case .divideWhole: Self.whole((a / b).rounded(.towardZero), slots)
        case .moduloWhole: Self.whole(a - (a / b).rounded(.down) * b, slots)
        case .orElse: a.isNaN ? b : a
        default: value(a, b)
        }
    }

    /// A whole number that 32 bits hold.
    private static func whole(_ x: Double, _ slots: Slots) -> Double {
        if x.isNaN { return x }
        if !(abs(x) < 2_147_483_648) { slots[0] = 1 }
        return x
    }

    /// The value for numbers that are there.
    private func value(_ a: Double, _ b: Double) -> Double {
        switch self {
        case .and: Self.and(a, b)
        case .or: Self.not(Self.and(Self.not(a), Self.not(b)))
        default: a.isNaN || b.isNaN ? .nan : known(a, b)
        }
    }

    /// The value for two numbers that are there.
    private func known(_ a: Double, _ b: Double) -> Double {
        switch self {
        case .power: Glibc.pow(a, b)
        case .modulo: a - (a / b).rounded(.down) * b
        case .threshold: a > b ? 1 : 0
        case .arcTangent2: Glibc.atan2(a, b)
        case .hypotenuse: Glibc.hypot(a, b)
        case .equal: a == b ? 1 : 0
        case .notEqual: a != b ? 1 : 0
        case .less: a < b ? 1 : 0
        case .lessOrEqual: a <= b ? 1 : 0
        case .greater: a > b ? 1 : 0
        case .greaterOrEqual: a >= b ? 1 : 0
        case .xor: (a != 0) != (b != 0) ? 1 : 0
        default: .nan
        }
    }

    /// False when one is false, else unknown when one is missing.
    static func and(_ a: Double, _ b: Double) -> Double {
        if a == 0 || b == 0 { return 0 }
        return a.isNaN || b.isNaN ? .nan : 1
    }

    /// False for true, unknown for unknown.
    static func not(_ a: Double) -> Double { a.isNaN ? .nan : (a == 0 ? 1 : 0) }
}

/// A function of any count of numbers, missing ones passed over.
enum RowAggregation: UInt8 {
    /// As the standard names them.
    case sum, average, minimum, maximum, median, product
    /// Whether the first is among the others.
    case isIn, isNotIn

    /// The value for numbers that are there.
    func value(_ operands: UnsafeBufferPointer<Int32>, _ slots: Slots) -> Double {
        switch self {
        case .isIn, .isNotIn: membership(operands, slots)
        case .median: median(operands, slots)
        default: fold(operands, slots)
        }
    }

    /// What one pass over the numbers computes.
    private func fold(_ operands: UnsafeBufferPointer<Int32>, _ slots: Slots) -> Double {
        var count = 0.0
        var result = self == .product ? 1.0 : 0.0
        for operand in operands {
            let x = slots[Int(operand)]
            if x.isNaN { continue }
            switch self {
            case .product: result *= x
            case .minimum: result = count == 0 ? x : min(result, x)
            case .maximum: result = count == 0 ? x : max(result, x)
            default: result += x
            }
            count += 1
        }
        guard count > 0 else { return .nan }
        return self == .average ? result / count : result
    }

    /// Sorts a copy of the numbers that are there.
    private func median(_ operands: UnsafeBufferPointer<Int32>, _ slots: Slots) -> Double {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: operands.count + 1) { values in
            var count = 0
            for operand in operands where !slots[Int(operand)].isNaN {
                values[count] = slots[Int(operand)]
                count += 1
            }
            return RowAggregation.median(UnsafeMutableBufferPointer(rebasing: values[..<count]))
        }
    }

    /// The middle value, or the mean of the two in the middle; sorts the values.
    static func median(_ memory: UnsafeMutableBufferPointer<Double>) -> Double {
        guard !memory.isEmpty else { return .nan }
        var values = memory
        values.sort()
        let middle = values.count / 2
        return values.count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2
    }

    /// Whether the first is among the others; unknown text is never.
    private func membership(_ operands: UnsafeBufferPointer<Int32>, _ slots: Slots) -> Double {
        guard let first = operands.first else { return .nan }
        let x = slots[Int(first)]
        if x.isNaN { return .nan }
        let isFound = operands.dropFirst().contains { slots[Int($0)] == x && x != -1 }
        return isFound == (self == .isIn) ? 1 : 0
    }
}
