/// An exact decimal number, as DECIMAL holds it: up to 65 digits, 30 of them behind the point.
///
/// Intermediate results may be longer; `rounded(digits:scale:)` brings them back.
struct DecimalNumber: Sendable, Equatable {
    /// True below zero. Zero is never negative.
    private(set) var isNegative = false
    /// The unscaled magnitude in base 10^9, least significant first, no leading zero limb.
    private(set) var limbs: [UInt32] = []
    /// Digits behind the point.
    private(set) var scale = 0

    private static let base: UInt64 = 1_000_000_000
    /// Digits that DECIMAL allows.
    static let digitsMax = 65
    /// Digits behind the point that DECIMAL allows.
    static let scaleMax = 30
    /// Digits a text may have before it is refused, so that no input costs quadratic time.
    private static let textDigitsMax = 400

    /// Zero.
    init() {}

    /// A whole number.
    init(_ value: Int64) {
        self.init(magnitude: UInt128(value.magnitude), isNegative: value < 0, scale: 0)
    }

    /// A whole number from 0.
    init(_ value: UInt64) {
        self.init(magnitude: UInt128(value), isNegative: false, scale: 0)
    }

    private init(magnitude: UInt128, isNegative: Bool, scale: Int) {
        var rest = magnitude
        while rest > 0 {
            limbs.append(UInt32(rest % UInt128(Self.base)))
            rest /= UInt128(Self.base)
        }
        self.scale = scale
        self.isNegative = isNegative && !limbs.isEmpty
    }

    private init(limbs: [UInt32], isNegative: Bool, scale: Int) {
        self.limbs = limbs
        self.scale = scale
        while self.limbs.last == 0 { self.limbs.removeLast() }
        self.isNegative = isNegative && !self.limbs.isEmpty
    }

    /// A real number, exactly as its shortest decimal text says.
    init?(_ value: Double) {
        guard value.isFinite else { return nil }
        self.init(value.description)
    }

    /// Reads `[+-]digits[.digits][e[+-]digits]`, the whole text; nil for anything else.
    init?(_ text: String) {
        let parsed = Self.prefix(of: text.utf8)
        guard let parsed, parsed.isWhole else { return nil }
        self = parsed.number
    }

    /// Reads the number at the start of a text, blanks before it skipped.
    ///
    /// - Returns: nil when there is no digit; `isWhole` says that nothing but blanks follows.
    static func prefix(
        of text: some Collection<UInt8>
    ) -> (number: DecimalNumber, isWhole: Bool)? {
        var scanner = NumberScanner(text)
        guard let scanned = scanner.scan() else { return nil }
        var exponent = scanned.exponent
        var digits = scanned.digits
        var scale = scanned.fractionDigits
        exponent = min(max(exponent, -textDigitsMax), textDigitsMax)
        if exponent >= 0 {
            let used = min(exponent, scale)
            scale -= used
            exponent -= used
            if !digits.allSatisfy({ $0 == 0 }) {
                digits.append(contentsOf: repeatElement(0, count: exponent))
            }
        } else {
            scale -= exponent
        }
        guard digits.count <= textDigitsMax * 2 else { return nil }
        let number = DecimalNumber(
            limbs: Self.limbs(of: digits),
            isNegative: scanned.isNegative,
            scale: scale
        )
        return (number, scanned.isWhole)
    }

    /// Limbs of decimal digits, most significant digit first.
    private static func limbs(of digits: [UInt8]) -> [UInt32] {
        var limbs: [UInt32] = []
        var end = digits.count
        while end > 0 {
            let start = max(0, end - 9)
            limbs.append(digits[start..<end].reduce(UInt32(0)) { $0 * 10 + UInt32($1) })
            end = start
        }
        return limbs
    }

    /// Decimal digits of the unscaled magnitude, most significant first, no leading zero.
    private var digits: [UInt8] {
        var text: [UInt8] = []
        for (index, limb) in limbs.reversed().enumerated() {
            let part = Array(String(limb).utf8)
            if index > 0 { text.append(contentsOf: repeatElement(0x30, count: 9 - part.count)) }
            text.append(contentsOf: part)
        }
        return text
    }

    /// True for zero.
    var isZero: Bool { limbs.isEmpty }
    /// Digits before the point, at least 0.
    var integerDigits: Int { max(0, digits.count - scale) }

    /// The canonical text: `-12.50`, with all digits of the scale.
    var text: String {
        var body = digits
        if body.count <= scale {
            body.insert(contentsOf: repeatElement(0x30, count: scale - body.count + 1), at: 0)
        }
        if scale > 0 { body.insert(0x2E, at: body.count - scale) }
        if isNegative { body.insert(0x2D, at: 0) }
        return String(decoding: body, as: UTF8.self)
    }

    /// The nearest real number.
    var double: Double { Double(text) ?? 0 }

    /// The value as a whole number, rounded half away from zero; nil beyond 64 bits.
    var int64: Int64? { Int64(rounded(scale: 0).text) }
    /// The value as an unsigned whole number, rounded; nil beyond 64 bits or below zero.
    var uint64: UInt64? { UInt64(rounded(scale: 0).text) }
    /// The unscaled magnitude if it fits.
    private var small: UInt128? {
        guard limbs.count <= 4 else { return nil }
        return limbs.reversed().reduce(UInt128(0)) { $0 * UInt128(Self.base) + UInt128($1) }
    }

    // MARK: - Scale

    /// The same value with more digits behind the point.
    private func extended(to target: Int) -> DecimalNumber {
        guard target > scale else { return self }
        var result = self
        result.limbs = Self.timesPowerOfTen(limbs, target - scale)
        result.scale = target
        return result
    }

    private static func timesPowerOfTen(_ limbs: [UInt32], _ power: Int) -> [UInt32] {
        guard !limbs.isEmpty else { return [] }
        var result = limbs
        var rest = power % 9
        var factor: UInt64 = 1
        while rest > 0 {
            factor *= 10
            rest -= 1
        }
        var carry: UInt64 = 0
        for index in result.indices {
            let product = UInt64(result[index]) * factor + carry
            result[index] = UInt32(product % base)
            carry = product / base
        }
        if carry > 0 { result.append(UInt32(carry)) }
        result.insert(contentsOf: repeatElement(0, count: power / 9), at: 0)
        return result
    }

    /// Rounded half away from zero (or cut) to this many digits behind the point; never gains
    /// digits of meaning, but always has exactly that scale, which may be negative for tens and
    /// hundreds.
    func rounded(scale target: Int, truncating: Bool = false) -> DecimalNumber {
        if target >= scale { return extended(to: target) }
        let drop = scale - target
        let all = digits
        let keep = max(0, all.count - drop)
        var kept = Self.limbs(of: all[..<keep].map { $0 - 0x30 })
        let first = all.count >= drop ? all[keep] : 0x30
        if !truncating, first >= 0x35 { kept = Self.add(kept, [1]) }
        if target >= 0 {
            return DecimalNumber(limbs: kept, isNegative: isNegative, scale: target)
        }
        let back = Self.timesPowerOfTen(kept, -target)
        return DecimalNumber(limbs: back, isNegative: isNegative, scale: 0)
    }

    /// True when the value has at most `digits - scale` digits before the point.
    func fits(digits: Int, scale: Int) -> Bool { integerDigits <= digits - scale }

    /// The largest value of DECIMAL(digits, scale).
    static func largest(digits: Int, scale: Int, isNegative: Bool) -> DecimalNumber {
        let nines = [UInt8](repeating: 9, count: digits)
        return DecimalNumber(limbs: limbs(of: nines), isNegative: isNegative, scale: scale)
    }

    // MARK: - Arithmetic

    private static func add(_ left: [UInt32], _ right: [UInt32]) -> [UInt32] {
        var result: [UInt32] = []
        result.reserveCapacity(max(left.count, right.count) + 1)
        var carry: UInt64 = 0
        for index in 0..<max(left.count, right.count) {
            let sum =
                (index < left.count ? UInt64(left[index]) : 0)
                + (index < right.count ? UInt64(right[index]) : 0) + carry
            result.append(UInt32(sum % base))
            carry = sum / base
        }
        if carry > 0 { result.append(UInt32(carry)) }
        return result
    }

    /// `left - right`, where `left` is not smaller.
    private static func subtract(_ left: [UInt32], _ right: [UInt32]) -> [UInt32] {
        var result: [UInt32] = []
        result.reserveCapacity(left.count)
        var borrow: Int64 = 0
        for index in left.indices {
            var difference = Int64(left[index]) - borrow
            if index < right.count { difference -= Int64(right[index]) }
            borrow = difference < 0 ? 1 : 0
            result.append(UInt32(difference + borrow * Int64(base)))
        }
        while result.last == 0 { result.removeLast() }
        return result
    }

    private static func order(_ left: [UInt32], _ right: [UInt32]) -> Int {
        if left.count != right.count { return left.count < right.count ? -1 : 1 }
        for index in left.indices.reversed() where left[index] != right[index] {
            return left[index] < right[index] ? -1 : 1
        }
        return 0
    }

    static prefix func - (value: DecimalNumber) -> DecimalNumber {
        var result = value
        result.isNegative = !value.isNegative && !value.isZero
        return result
    }

    static func + (left: DecimalNumber, right: DecimalNumber) -> DecimalNumber {
        let scale = max(left.scale, right.scale)
        let a = left.extended(to: scale)
        let b = right.extended(to: scale)
        if a.isNegative == b.isNegative {
            let sum = add(a.limbs, b.limbs)
            return DecimalNumber(limbs: sum, isNegative: a.isNegative, scale: scale)
        }
        if order(a.limbs, b.limbs) >= 0 {
            let rest = subtract(a.limbs, b.limbs)
            return DecimalNumber(limbs: rest, isNegative: a.isNegative, scale: scale)
        }
        let rest = subtract(b.limbs, a.limbs)
        return DecimalNumber(limbs: rest, isNegative: b.isNegative, scale: scale)
    }

    static func - (left: DecimalNumber, right: DecimalNumber) -> DecimalNumber { left + -right }

    static func * (left: DecimalNumber, right: DecimalNumber) -> DecimalNumber {
        var result = [UInt32](repeating: 0, count: left.limbs.count + right.limbs.count)
        for (i, a) in left.limbs.enumerated() {
            var carry: UInt64 = 0
            for (j, b) in right.limbs.enumerated() {
                let sum = UInt64(result[i + j]) + UInt64(a) * UInt64(b) + carry
                result[i + j] = UInt32(sum % base)
                carry = sum / base
            }
            result[i + right.limbs.count] = UInt32(carry)
        }
        return DecimalNumber(
            limbs: result,
            isNegative: left.isNegative != right.isNegative,
            scale: left.scale + right.scale
        )
    }

    /// The quotient with `scale` digits behind the point, the rest cut; nil for a zero divisor.
    func divided(by divisor: DecimalNumber, scale target: Int) -> DecimalNumber? {
        guard !divisor.isZero else { return nil }
        let shift = target + divisor.scale - scale
        let numerator = shift >= 0 ? Self.timesPowerOfTen(limbs, shift) : limbs
        let denominator =
            shift < 0 ? Self.timesPowerOfTen(divisor.limbs, -shift) : divisor.limbs
        let quotient = Self.quotient(numerator, denominator)
        let sign = isNegative != divisor.isNegative
        return DecimalNumber(limbs: quotient, isNegative: sign, scale: target)
    }

    /// The rest of a division that is cut to a whole number, with the sign of the dividend.
    func remainder(by divisor: DecimalNumber) -> DecimalNumber? {
        guard let quotient = divided(by: divisor, scale: 0) else { return nil }
        return self - quotient * divisor
    }

    private static func quotient(_ numerator: [UInt32], _ denominator: [UInt32]) -> [UInt32] {
        let a = DecimalNumber(limbs: numerator, isNegative: false, scale: 0)
        let b = DecimalNumber(limbs: denominator, isNegative: false, scale: 0)
        if let x = a.small, let y = b.small {
            return DecimalNumber(magnitude: x / y, isNegative: false, scale: 0).limbs
        }
        if denominator.count == 1 { return shortQuotient(numerator, denominator[0]) }
        // Schoolbook by decimal digit: long operands are rare, and 65 digits are the most.
        var rest: [UInt32] = []
        var digits: [UInt8] = []
        for digit in a.digits {
            rest = add(timesPowerOfTen(rest, 1), digit == 0x30 ? [] : [UInt32(digit - 0x30)])
            var count: UInt8 = 0
            while order(rest, b.limbs) >= 0 {
                rest = subtract(rest, b.limbs)
                count += 1
            }
            digits.append(count)
        }
        return limbs(of: digits)
    }

    private static func shortQuotient(_ numerator: [UInt32], _ divisor: UInt32) -> [UInt32] {
        var result = numerator
        var rest: UInt64 = 0
        for index in result.indices.reversed() {
            let part = rest * base + UInt64(result[index])
            result[index] = UInt32(part / UInt64(divisor))
            rest = part % UInt64(divisor)
        }
        return result
    }

    // MARK: - Order

    /// Negative, zero or positive, by value: `1.0` and `1.00` are equal.
    func order(to other: DecimalNumber) -> Int {
        if isNegative != other.isNegative { return isNegative ? -1 : 1 }
        let scale = max(scale, other.scale)
        let magnitude = Self.order(extended(to: scale).limbs, other.extended(to: scale).limbs)
        return isNegative ? -magnitude : magnitude
    }
}

/// Reads a number from bytes: sign, digits, point, exponent.
struct NumberScanner {
    /// What was read.
    struct Scanned {
        var isNegative = false
        /// All digits, before and behind the point, values 0 to 9.
        var digits: [UInt8] = []
        /// How many of them stand behind the point.
        var fractionDigits = 0
        var exponent = 0
        /// True when only blanks follow.
        var isWhole = true
        /// True when there is neither point nor exponent.
        var isInteger = true
    }

    private var rest: [UInt8]
    private var position = 0

    init(_ text: some Collection<UInt8>) { rest = Array(text.prefix(1_000)) }

    private var next: UInt8? { position < rest.count ? rest[position] : nil }

    private mutating func skipBlanks() {
        while let byte = next, byte == 0x20 || (0x09...0x0D).contains(byte) { position += 1 }
    }

    private mutating func takeDigits(_ digits: inout [UInt8]) {
        while let byte = next, (0x30...0x39).contains(byte) {
            digits.append(byte - 0x30)
            position += 1
        }
    }

    /// Nil when no digit stands at the start.
    mutating func scan() -> Scanned? {
        var scanned = Scanned()
        skipBlanks()
        if let sign = next, sign == 0x2B || sign == 0x2D {
            scanned.isNegative = sign == 0x2D
            position += 1
        }
        takeDigits(&scanned.digits)
        if next == 0x2E {
            let whole = scanned.digits.count
            position += 1
            takeDigits(&scanned.digits)
            scanned.fractionDigits = scanned.digits.count - whole
            scanned.isInteger = false
        }
        guard !scanned.digits.isEmpty else { return nil }
        takeExponent(&scanned)
        skipBlanks()
        scanned.isWhole = position == rest.count
        return scanned
    }

    private mutating func takeExponent(_ scanned: inout Scanned) {
        guard let mark = next, mark | 0x20 == 0x65 else { return }
        let start = position
        position += 1
        var isNegative = false
        if let sign = next, sign == 0x2B || sign == 0x2D {
            isNegative = sign == 0x2D
            position += 1
        }
        var digits: [UInt8] = []
        takeDigits(&digits)
        guard !digits.isEmpty else {
            position = start
            return
        }
        let value = digits.prefix(6).reduce(0) { $0 * 10 + Int($1) }
        scanned.exponent = isNegative ? -value : value
        scanned.isInteger = false
    }
}
