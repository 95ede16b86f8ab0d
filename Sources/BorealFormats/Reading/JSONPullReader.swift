import BorealBase
import Glibc

/// Reads JSON (RFC 8259, with the `NaN` and `Infinity` that model libraries write) as it is asked.
///
/// Numbers are correctly rounded. Most take one pass over their digits: up to 2^53 they are exact
/// as a Double, and one multiplication with an exact power of ten rounds once. A `Float` comes from
/// that Double unless it lies halfway between two of them, where rounding twice could go wrong;
/// what is left goes to the C library.
struct JSONPullReader: PullReader {
    let bytes: UnsafeRawBufferPointer
    let format: ModelFormat
    private(set) var position: Int
    /// True behind an opening bracket, where no comma stands.
    private var isFirst = false

    init(_ bytes: UnsafeRawBufferPointer, format: ModelFormat) {
        self.bytes = bytes
        self.format = format
        position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    var byteCount: Int { bytes.count }

    // MARK: - Structure

    /// The next byte that is no white space; nil at the end.
    @inline(__always)
    private mutating func peek() -> UInt8? {
        while position < bytes.count {
            let byte = bytes[position]
            if byte > 0x20 || (byte != 0x20 && byte != 0x0A && byte != 0x0D && byte != 0x09) {
                return byte
            }
            position += 1
        }
        return nil
    }

    private mutating func expect(_ byte: UInt8) throws(FormatError) {
        guard peek() == byte else {
            let wanted = Character(Unicode.Scalar(byte))
            throw malformed(position < bytes.count ? "no '\(wanted)' here" : "the file ends early")
        }
        position += 1
    }

    mutating func beginObject() throws(FormatError) {
        try expect(UInt8(ascii: "{"))
        isFirst = true
    }

    mutating func beginArray() throws(FormatError) {
        try expect(UInt8(ascii: "["))
        isFirst = true
    }

    /// Whether a member or element follows; takes the comma or the closing bracket.
    @inline(__always)
    private mutating func hasMore(closing: UInt8) throws(FormatError) -> Bool {
        let next = peek()
        if next == closing {
            position += 1
            isFirst = false
            return false
        }
        if isFirst {
            isFirst = false
            return true
        }
        try expect(UInt8(ascii: ","))
        return true
    }

    mutating func nextKey() throws(FormatError) -> String? {
        guard try hasMore(closing: UInt8(ascii: "}")) else { return nil }
        let key = try string()
        try expect(UInt8(ascii: ":"))
        return key
    }

    mutating func hasElement() throws(FormatError) -> Bool {
        try hasMore(closing: UInt8(ascii: "]"))
    }

    mutating func isAtObject() -> Bool { peek() == UInt8(ascii: "{") }
    mutating func isAtString() -> Bool { peek() == UInt8(ascii: "\"") }
    /// True when the next value is an array.
    mutating func isAtArray() -> Bool { peek() == UInt8(ascii: "[") }

    mutating func finish() throws(FormatError) {
        guard peek() == nil else { throw malformed("bytes behind the document") }
    }

    // MARK: - Texts

    mutating func string() throws(FormatError) -> String {
        let (range, hasEscapes) = try stringRange()
        let slice = UnsafeRawBufferPointer(rebasing: bytes[range])
        if !hasEscapes, let text = String(validating: slice, as: UTF8.self) { return text }
        // The whole-text reader knows escapes; it is slower, and they are rare.
        let quoted = UnsafeRawBufferPointer(
            rebasing: bytes[range.lowerBound - 1..<range.upperBound + 1]
        )
        do throws(JSONError) {
            if case .string(let text) = try JSON.parse(quoted) { return text }
        } catch {
            throw .malformed(format, offset: range.lowerBound + error.offset, reason: error.reason)
        }
        throw malformed("no string here")
    }

    /// Moves behind a string; where its content lies.
    private mutating func stringRange() throws(FormatError) -> (Range<Int>, hasEscapes: Bool) {
        try expect(UInt8(ascii: "\""))
        let start = position
        var hasEscapes = false
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\"") { return (start..<position - 1, hasEscapes) }
            if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                position += 1
            }
        }
        position = bytes.count
        throw malformed("a string does not end")
    }

    mutating func scalarText() throws(FormatError) -> String {
        if isAtString() { return try string() }
        return String(decoding: bytes[try word()], as: UTF8.self)
    }

    /// A number or a word, up to what cannot be part of one.
    private mutating func word() throws(FormatError) -> Range<Int> {
        _ = peek()
        let start = position
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "+"),
                UInt8(ascii: "."):
                position += 1
                continue
            default: break
            }
            break
        }
        guard position > start else {
            throw malformed(position < bytes.count ? "no value here" : "the file ends early")
        }
        return start..<position
    }

    // MARK: - Skipping

    mutating func skip() throws(FormatError) {
        var closing: [UInt8] = []
        repeat {
            switch peek() {
            case UInt8(ascii: "{"): closing.append(UInt8(ascii: "}"))
            case UInt8(ascii: "["): closing.append(UInt8(ascii: "]"))
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard closing.last == bytes[position] else { throw malformed("a bracket too many") }
                closing.removeLast()
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                guard !closing.isEmpty else { throw malformed("no value here") }
            case UInt8(ascii: "\""):
                _ = try stringRange()
                continue
            default:
                _ = try word()
                continue
            }
            guard closing.count <= Limits.modelNestingMax else {
                throw .tooLarge(format, what: "nested containers", limit: Limits.modelNestingMax)
            }
            position += 1
        } while !closing.isEmpty
        isFirst = false
    }
}

// MARK: - Numbers

extension JSONPullReader {
    /// `10^0 ... 10^22`, the powers of ten that are exact in a Double.
    private static let powersOfTen: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
        1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]

    /// A number as far as one pass over its digits tells.
    private struct Scan {
        var start = 0
        var mantissa: UInt64 = 0
        /// Digits from the first that is not 0.
        var digits = 0
        var power = 0
        var isNegative = false
        var isWhole = true
        /// True for `NaN`, `Infinity`, `null`, `true` and `false`: no digits.
        var isWord = false

        /// The value when one multiplication or division of exact doubles makes it.
        @inline(__always)
        func exact(_ powers: UnsafePointer<Double>) -> Double? {
            guard digits <= 19, mantissa <= 1 << 53, power <= 22, power >= -22 else { return nil }
            let whole = Double(mantissa)
            let value = power < 0 ? whole / powers[-power] : whole * powers[power]
            return isNegative ? -value : value
        }
    }

    @inline(__always)
    private mutating func scan() throws(FormatError) -> Scan {
        var scan = Scan()
        guard peek() != nil else { throw malformed("the file ends early") }
        scan.start = position
        if bytes[position] == UInt8(ascii: "-") {
            scan.isNegative = true
            position += 1
        }
        let first = position
        takeDigits(&scan)
        guard position > first else {
            position = scan.start
            _ = try word()
            scan.isWord = true
            return scan
        }
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position += 1
            let point = position
            takeDigits(&scan)
            guard position > point else { throw malformed("a digit is missing") }
            scan.power = point - position
            scan.isWhole = false
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            try takeExponent(&scan)
        }
        return scan
    }

    @inline(__always)
    private mutating func takeDigits(_ scan: inout Scan) {
        while position < bytes.count {
            let digit = bytes[position] &- UInt8(ascii: "0")
            guard digit <= 9 else { return }
            scan.mantissa = scan.mantissa &* 10 &+ UInt64(digit)
            if scan.mantissa > 0 || scan.digits > 0 { scan.digits += 1 }
            position += 1
        }
    }

    @inline(__always)
    private mutating func takeExponent(_ scan: inout Scan) throws(FormatError) {
        position += 1
        scan.isWhole = false
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
        guard position > start else { throw malformed("a digit is missing") }
        scan.power += isNegative ? -exponent : exponent
    }

    /// What a word without digits stands for as a number.
    private func number(_ scan: Scan) throws(FormatError) -> Double {
        switch String(decoding: bytes[scan.start..<position], as: UTF8.self) {
        case "NaN", "nan", "-nan", "-NaN": return .nan
        case "Infinity", "inf", "Inf": return .infinity
        case "-Infinity", "-inf", "-Inf": return -.infinity
        case "true": return 1
        case "false": return 0
        default:
            throw .malformed(format, offset: scan.start, reason: "no number here")
        }
    }

    /// The text of a number as the C library reads it: correctly rounded, however long.
    private func withTerminated<Number>(
        _ scan: Scan,
        _ body: (UnsafePointer<CChar>) -> Number
    ) -> Number {
        let text = String(decoding: bytes[scan.start..<position], as: UTF8.self)
        return text.withCString(body)
    }

    mutating func double() throws(FormatError) -> Double {
        let scan = try scan()
        if scan.isWord { return try number(scan) }
        let exact = Self.powersOfTen.withUnsafeBufferPointer { powers in
            powers.baseAddress.flatMap { scan.exact($0) }
        }
        return exact ?? withTerminated(scan) { strtod($0, nil) }
    }

    /// Rounded to `Float` once: a Double between two of them may itself have been rounded to there.
    @inline(__always)
    private mutating func float(_ powers: UnsafePointer<Double>) throws(FormatError) -> Float {
        let scan = try scan()
        if scan.isWord { return Float(try number(scan)) }
        if let value = scan.exact(powers),
            value.bitPattern & 0x1FFF_FFFF != 0x1000_0000, value.magnitude > 1e-37 || value == 0
        {
            return Float(value)
        }
        return withTerminated(scan) { strtof($0, nil) }
    }

    /// An array, element by element.
    @inline(__always)
    private mutating func array<Element>(
        _ read: (inout JSONPullReader) throws(FormatError) -> Element
    ) throws(FormatError) -> [Element] {
        var values: [Element] = []
        try beginArray()
        while try hasElement() { values.append(try read(&self)) }
        return values
    }

    mutating func floats() throws(FormatError) -> [Float] {
        let powers = Self.powersOfTen
        return try powers.withUnsafeBufferPointer { powers throws(FormatError) -> [Float] in
            // The table is not empty.
            guard let base = powers.baseAddress else { return [] }
            return try array { reader throws(FormatError) in try reader.float(base) }
        }
    }

    mutating func doubles() throws(FormatError) -> [Double] {
        try array { reader throws(FormatError) in try reader.double() }
    }

    mutating func integers() throws(FormatError) -> [Int32] {
        try array { reader throws(FormatError) in
            let scan = try reader.scan()
            if scan.isWhole, !scan.isWord, scan.digits <= 10 {
                let value = Int64(scan.mantissa)
                if let small = Int32(exactly: scan.isNegative ? -value : value) { return small }
                // Deleted nodes and roots hold the greatest unsigned number.
                if value == Int64(UInt32.max) { return -1 }
            }
            reader.position = scan.start
            let value = try reader.double()
            guard let whole = Int32(exactly: value) else {
                throw .malformed(
                    reader.format,
                    offset: scan.start,
                    reason: "no whole number of 32 bits"
                )
            }
            return whole
        }
    }

    mutating func flags() throws(FormatError) -> [UInt8] {
        try array { reader throws(FormatError) in
            let start = reader.position
            let value = try reader.double()
            guard let flag = UInt8(exactly: value) else {
                throw .malformed(reader.format, offset: start, reason: "no small whole number")
            }
            return flag
        }
    }
}
