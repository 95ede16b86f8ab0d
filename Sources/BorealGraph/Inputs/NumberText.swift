import BorealBase
import Glibc

/// Reads decimal numbers out of bytes without a `String` between.
public enum NumberText {
    /// The number that `bytes` spell from first to last: sign, digits, point, exponent, nothing
    /// else.
    ///
    /// Correctly rounded, as the C library's `strtod`. Nil for anything else: no blanks, no
    /// hexadecimal, no `nan` or `inf`; out-of-range magnitudes become infinity or zero as `strtod`
    /// has it.
    public static func parse(_ bytes: UnsafeRawBufferPointer) -> Double? {
        guard let scan = Scan(bytes) else { return nil }
        return scan.exact ?? scan.rounded ?? withTerminated(bytes) { strtod($0, nil) }
    }

    /// Calls `body` with a copy of `bytes` that a NUL ends: short ones on the stack.
    private static func withTerminated(
        _ bytes: UnsafeRawBufferPointer,
        _ body: (UnsafePointer<CChar>) -> Double
    ) -> Double {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes.count + 1) { copy in
            guard let base = copy.baseAddress, let source = bytes.baseAddress else { return .nan }
            memcpy(base, source, bytes.count)
            base[bytes.count] = 0
            return body(base)
        }
    }

    /// One pass over `[+-] digits [. digits] [e [+-] digits]`, with a digit before or behind the
    /// point.
    private struct Scan {
        /// The digits as one number, while there are at most 19 of them.
        private var mantissa: UInt64 = 0
        /// Digits from the first that is not 0.
        private var significantCount = 0
        /// The power of ten that the digits are multiplied with.
        private var power = 0
        private var isNegative = false

        init?(_ bytes: UnsafeRawBufferPointer) {
            var position = 0
            guard !bytes.isEmpty else { return nil }
            isNegative = bytes[0] == UInt8(ascii: "-")
            if isNegative || bytes[0] == UInt8(ascii: "+") { position = 1 }
            let wholeStart = position
            takeDigits(bytes, &position)
            var digitCount = position - wholeStart
            if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
                position += 1
                let fractionStart = position
                takeDigits(bytes, &position)
                digitCount += position - fractionStart
                power = fractionStart - position
            }
            guard digitCount > 0 else { return nil }
            if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
                position += 1
                guard takeExponent(bytes, &position) else { return nil }
            }
            guard position == bytes.count else { return nil }
        }

        private mutating func takeDigits(
            _ bytes: UnsafeRawBufferPointer,
            _ position: inout Int
        ) {
            while position < bytes.count {
                let digit = bytes[position] &- UInt8(ascii: "0")
                guard digit <= 9 else { return }
                if significantCount > 0 || digit > 0 {
                    significantCount += 1
                    mantissa = mantissa &* 10 &+ UInt64(digit)
                }
                position += 1
            }
        }

        /// False when there is no digit.
        private mutating func takeExponent(
            _ bytes: UnsafeRawBufferPointer,
            _ position: inout Int
        ) -> Bool {
            var isNegative = false
            if position < bytes.count,
                bytes[position] == UInt8(ascii: "-") || bytes[position] == UInt8(ascii: "+")
            {
                isNegative = bytes[position] == UInt8(ascii: "-")
                position += 1
            }
            let start = position
            var exponent = 0
            while position < bytes.count, bytes[position] &- UInt8(ascii: "0") <= 9 {
                if exponent < 100_000 { exponent = exponent * 10 + Int(bytes[position] - 0x30) }
                position += 1
            }
            power += isNegative ? -exponent : exponent
            return position > start
        }

        /// The value when one multiplication or division of two exact doubles makes it, which IEEE
        /// 754 rounds correctly (Clinger, "How to read floating point numbers accurately", 1990).
        var exact: Double? {
            guard significantCount <= 18, mantissa <= 1 << 53, abs(power) <= 22 else { return nil }
            let whole = Double(mantissa)
            let scale = NumberText.powersOfTen[abs(power)]
            let value = power < 0 ? whole / scale : whole * scale
            return isNegative ? -value : value
        }

        /// The value when nineteen digits or fewer tell it; nil where they do not.
        var rounded: Double? {
            guard significantCount <= 19 else { return nil }
            let value = DecimalRounding.double(mantissa, power: power)
            return isNegative ? value.map { -$0 } : value
        }
    }

    /// `10^0 ... 10^22`, the powers of ten that are exact in a Double.
    private static let powersOfTen: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
        1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]
}
