import BorealBase
import BorealSQLite

/// Functions of numbers.
extension FunctionRegistry {
    /// A function from a number to a number that is an error where it leaves the range of numbers.
    private func addChecked(_ name: String, _ body: @escaping @Sendable (Double) -> Double)
        throws(SQLiteError)
    {
        let context = context
        try add("b_\(name)", 1) { call in
            let argument = call.double(0)
            let value = body(argument)
            if value.isFinite { return call.result(value) }
            let shown = "\(name)(\(NumberText.double(argument)))"
            context.fail(call, .valueOutOfRange(type: "DOUBLE", expression: shown))
        }
    }

    /// Registers all of them.
    func addNumbers() throws(SQLiteError) {
        try addReal("b_sqrt") { $0 < 0 ? .nan : $0.squareRoot() }
        try addChecked("exp", RealFunction.exp)
        try addLogarithms()
        let context = context
        try add("b_pow", 2) { call in
            let (base, exponent) = (call.double(0), call.double(1))
            let value = RealFunction.pow(base, exponent)
            if value.isFinite { return call.result(value) }
            let shown = "pow(\(NumberText.double(base)),\(NumberText.double(exponent)))"
            context.fail(call, .valueOutOfRange(type: "DOUBLE", expression: shown))
        }
        try addReal("b_sin", RealFunction.sin)
        try addReal("b_cos", RealFunction.cos)
        try addReal("b_tan", RealFunction.tan)
        try addChecked("cot") { 1 / RealFunction.tan($0) }
        try addReal("b_asin", RealFunction.asin)
        try addReal("b_acos", RealFunction.acos)
        try add("b_atan") { call in
            let value =
                call.count == 1
                ? RealFunction.atan(call.double(0))
                : RealFunction.atan2(call.double(0), call.double(1))
            call.result(finite: value)
        }
        // The factors come first, as in MySQL: the last digit depends on it.
        try addReal("b_radians") { $0 * (Double.pi / 180) }
        try addChecked("degrees") { $0 * (180 / Double.pi) }
        try add("b_pi", 0) { $0.result(Double.pi) }
        try add("b_bit_count", 1) { $0.result(Int64($0.bitPattern(0).nonzeroBitCount)) }
        try addRandom()
        try addRounding()
    }

    /// Logarithms have no value at zero and below.
    private func addLogarithms() throws(SQLiteError) {
        let context = context
        /// NULL with a warning outside the domain.
        @Sendable func answer(_ call: SQLiteCall, _ value: Double, _ isDefined: Bool) {
            if isDefined { return call.result(finite: value) }
            context.warn(.invalidLogarithm)
            call.resultNull()
        }
        try add("b_ln", 1) { call in
            let x = call.double(0)
            answer(call, RealFunction.log(x), x > 0)
        }
        try add("b_log2", 1) { call in
            let x = call.double(0)
            // By the natural logarithm, as MySQL computes it.
            answer(call, RealFunction.log(x) / RealFunction.log(2), x > 0)
        }
        try add("b_log10", 1) { call in
            let x = call.double(0)
            answer(call, RealFunction.log10(x), x > 0)
        }
        try add("b_log") { call in
            let x = call.double(call.count - 1)
            if call.count == 1 { return answer(call, RealFunction.log(x), x > 0) }
            let base = call.double(0)
            let value = RealFunction.log(x) / RealFunction.log(base)
            answer(call, value, base > 0 && base != 1 && x > 0)
        }
    }

    /// Random numbers: anew for every row.
    private func addRandom() throws(SQLiteError) {
        let context = context
        try add("b_rand", 0, isDeterministic: false) { $0.result(Double.random(in: 0..<1)) }
        try addRaw("b_rand_seeded", 3, isDeterministic: false) { call in
            let place = call.int(0)
            let isConstant = call.int64(2) != 0
            // A constant seeds a sequence of its own, a column's value seeds every row.
            let seed = call.isNull(1) ? 0 : UInt32(truncatingIfNeeded: call.whole(1))
            var state = (isConstant ? context.randoms[place] : nil) ?? SeededRandom(seed)
            call.result(state.next())
            context.randoms[place] = state
        }
    }

    /// Rounding stays exact: each representation has a function of its own.
    private func addRounding() throws(SQLiteError) {
        let context = context
        try add("b_iabs", 2) { call in
            let value = call.int64(0)
            if value != .min { return call.result(abs(value)) }
            context.fail(call, .valueOutOfRange(type: "BIGINT", expression: call.text(1)))
        }
        try add("b_rround", 3) { call in
            let value = call.double(0)
            call.result(Self.rounded(value, places: call.int(1), isCut: call.int64(2) != 0))
        }
        try add("b_iround", 4) { call in
            let places = min(max(call.int(1), -40), 0)
            let flags = call.int64(2)
            let isUnsigned = flags & 2 != 0
            let exact =
                isUnsigned ? DecimalNumber(call.bitPattern(0)) : DecimalNumber(call.int64(0))
            let value = exact.rounded(scale: places, truncating: flags & 1 != 0)
            if let small = value.int64 { return call.result(small) }
            if isUnsigned, let large = value.uint64 { return call.result(large) }
            let type = isUnsigned ? "BIGINT UNSIGNED" : "BIGINT"
            context.fail(call, .valueOutOfRange(type: type, expression: call.text(3)))
        }
        try add("b_dplaces", 4) { call in
            let places = min(max(call.int(1), -65), DecimalNumber.scaleMax)
            let isCut = call.int64(2) != 0
            let value = call.decimal(0)
            let rounded = value.rounded(scale: min(places, value.scale), truncating: isCut)
            call.result(rounded.rounded(scale: call.int(3)))
        }
        for (name, isUp) in [("b_dceil", true), ("b_dfloor", false)] {
            try add(name, 1) { call in
                let value = call.decimal(0)
                var whole = value.rounded(scale: 0, truncating: true)
                if whole.order(to: value) != 0, value.isNegative != isUp {
                    whole = whole + DecimalNumber(Int64(isUp ? 1 : -1))
                }
                if let small = whole.int64 { return call.result(small) }
                call.result(whole)
            }
        }
    }

    /// MySQL's rounding of real numbers: halves to even, by scaling.
    private static func rounded(_ value: Double, places: Int, isCut: Bool) -> Double {
        let rule: FloatingPointRoundingRule = isCut ? .towardZero : .toNearestOrEven
        if places == 0 { return value.rounded(rule) }
        let factor = RealFunction.pow(10, Double(min(places.magnitude, 400)))
        let scaled = places > 0 ? value * factor : value / factor
        guard scaled.isFinite, factor.isFinite else { return places > 0 ? value : 0 }
        let whole = scaled.rounded(rule)
        return places > 0 ? whole / factor : whole * factor
    }
}

/// MySQL's own generator of RAND(seed), so that a seed gives the same sequence here.
struct SeededRandom {
    /// 2^30 - 1.
    private static let modulus: UInt64 = 0x3FFF_FFFF
    /// The number that comes next, times the modulus.
    private var first: UInt64
    /// What moves it on.
    private var second: UInt64

    init(_ seed: UInt32) {
        first = UInt64(seed &* 0x10001 &+ 55_555_555) % Self.modulus
        second = UInt64(seed &* 0x1000_0001) % Self.modulus
    }

    /// From 0 up to 1.
    mutating func next() -> Double {
        first = (first * 3 + second) % Self.modulus
        second = (first + second + 33) % Self.modulus
        return Double(first) / Double(Self.modulus)
    }
}
