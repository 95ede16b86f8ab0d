import Glibc

/// Numbers as the text protocol writes them, straight into memory.
///
/// Every function returns how many bytes it wrote; `bytesMax` is enough for each.
enum DecimalText {
    /// Bytes that no number exceeds: sign, `0.`, 14 zeros, 17 digits; or sign, 17 digits, point,
    /// exponent.
    static let bytesMax = 40

    /// "00" to "99", so that two digits cost one division.
    private static let pairs: StaticString = """
        0001020304050607080910111213141516171819\
        2021222324252627282930313233343536373839\
        4041424344454647484950515253545556575859\
        6061626364656667686970717273747576777879\
        8081828384858687888990919293949596979899
        """

    @inline(__always)
    static func write(_ value: Int64, to place: UnsafeMutableRawPointer) -> Int {
        guard value < 0 else { return write(UInt64(bitPattern: value), to: place) }
        place.storeBytes(of: UInt8(ascii: "-"), as: UInt8.self)
        return 1 + write(value.magnitude, to: place + 1)
    }

    @inline(__always)
    static func write(_ value: UInt64, to place: UnsafeMutableRawPointer) -> Int {
        if value < 10 {
            place.storeBytes(of: UInt8(truncatingIfNeeded: value) | 0x30, as: UInt8.self)
            return 1
        }
        let digits = digitCount(value)
        writeDigits(value, count: digits, to: place)
        return digits
    }

    /// Digits of a number without leading zeros; 1 for 0. Most numbers are short, so comparisons
    /// win over a table of powers.
    @inline(__always)
    static func digitCount(_ value: UInt64) -> Int {
        var rest = value
        var count = 0
        while rest >= 10_000 {
            rest /= 10_000
            count += 4
        }
        return count + (rest < 100 ? (rest < 10 ? 1 : 2) : (rest < 1_000 ? 3 : 4))
    }

    /// Writes exactly `count` digits, with leading zeros if the number has fewer.
    @inline(__always)
    private static func writeDigits(
        _ value: UInt64,
        count: Int,
        to place: UnsafeMutableRawPointer
    ) {
        var rest = value
        var end = count
        let table = UnsafeRawPointer(pairs.utf8Start)
        while end >= 2 {
            let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: 100)
            let pair = table.loadUnaligned(
                fromByteOffset: Int(truncatingIfNeeded: remainder) * 2,
                as: UInt16.self
            )
            end -= 2
            place.storeBytes(of: pair, toByteOffset: end, as: UInt16.self)
            rest = quotient
        }
        if end == 1 {
            place.storeBytes(of: UInt8(truncatingIfNeeded: rest % 10) | 0x30, as: UInt8.self)
        }
    }

    // MARK: - Floating point

    /// A finite Double: the shortest digits that read back as the same number, laid out as MySQL
    /// does.
    static func write(_ value: Double, to place: UnsafeMutableRawPointer) -> Int {
        let integer = Int64(exactly: value)
        if let integer, integer.magnitude < 1_000_000_000_000_000, integer != 0 {
            return write(integer, to: place)
        }
        let isNegative = value.sign == .minus
        if isNegative { place.storeBytes(of: UInt8(ascii: "-"), as: UInt8.self) }
        let start = isNegative ? place + 1 : place
        let decimal = ShortestDecimal(value.magnitude)
        return (isNegative ? 1 : 0) + layOut(decimal, at: start)
    }

    /// A finite Float: the shortest digits that read back as the same Float.
    static func write(_ value: Float, to place: UnsafeMutableRawPointer) -> Int {
        let isNegative = value.sign == .minus
        if isNegative { place.storeBytes(of: UInt8(ascii: "-"), as: UInt8.self) }
        let start = isNegative ? place + 1 : place
        let decimal = ShortestDecimal(value.magnitude)
        return (isNegative ? 1 : 0) + layOut(decimal, at: start)
    }

    /// MySQL's choice between the two layouts (its `my_gcvt` with room enough): plain digits when
    /// the point stands at most 14 places before the first digit, and behind at most 15 digits or
    /// among the digits; otherwise `d.ddde12`, without a plus sign or leading zeros in the
    /// exponent.
    private static func layOut(_ decimal: ShortestDecimal, at place: UnsafeMutableRawPointer) -> Int
    {
        let digits = digitCount(decimal.digits)
        /// The number is 0.ddd times ten to this power.
        let point = digits + decimal.exponent
        guard point >= -14, point <= 15 || digits > point else {
            return layOutExponent(decimal, digits, point, at: place)
        }
        if point <= 0 {
            let zeros = -point
            place.storeBytes(of: UInt8(ascii: "0"), as: UInt8.self)
            if decimal.digits == 0 { return 1 }
            place.storeBytes(of: UInt8(ascii: "."), toByteOffset: 1, as: UInt8.self)
            memset(place + 2, 0x30, zeros)
            writeDigits(decimal.digits, count: digits, to: place + 2 + zeros)
            return 2 + zeros + digits
        }
        writeDigits(decimal.digits, count: digits, to: place)
        if point >= digits {
            memset(place + digits, 0x30, point - digits)
            return point
        }
        memmove(place + point + 1, place + point, digits - point)
        place.storeBytes(of: UInt8(ascii: "."), toByteOffset: point, as: UInt8.self)
        return digits + 1
    }

    private static func layOutExponent(
        _ decimal: ShortestDecimal,
        _ digits: Int,
        _ point: Int,
        at place: UnsafeMutableRawPointer
    ) -> Int {
        var length = digits
        writeDigits(decimal.digits, count: digits, to: place)
        if digits > 1 {
            memmove(place + 2, place + 1, digits - 1)
            place.storeBytes(of: UInt8(ascii: "."), toByteOffset: 1, as: UInt8.self)
            length += 1
        }
        place.storeBytes(of: UInt8(ascii: "e"), toByteOffset: length, as: UInt8.self)
        return length + 1 + write(Int64(point - 1), to: place + length + 1)
    }
}
