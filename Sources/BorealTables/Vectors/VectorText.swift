package import BorealBase

/// Vectors as text and as bytes.
///
/// A vector lies as 32-bit floating-point numbers, least significant byte first, with nothing
/// around them. Its text is a list in brackets: `[1,2.5,-3e-2]`.
enum VectorText {
    /// Most numbers of a vector.
    static let dimensionsMax = 16_383
    /// Numbers of a VECTOR that does not say how many.
    static let dimensionsDefault = 2_048
    /// Bytes of a number.
    static let numberBytes = 4
    /// Bytes of a bad value that an error repeats.
    private static let quotedBytesMax = 64

    /// Why a text is no vector.
    enum Problem: Error, Equatable {
        /// It does not read as a list of numbers that 32 bits can hold.
        case malformed
        /// More than `dimensionsMax` numbers.
        case tooLong
    }

    /// The bytes of a vector that is written as text.
    ///
    /// Blanks may stand around brackets and numbers. Numbers are finite and, unless zero, not
    /// smaller than the least normal number of 32 bits.
    static func bytes(_ text: UnsafeRawBufferPointer) throws(Problem) -> [UInt8] {
        let inner = trimmed(text[...])
        guard inner.count > 2, inner.first == UInt8(ascii: "["), inner.last == UInt8(ascii: "]")
        else { throw .malformed }
        var result: [UInt8] = []
        var rest = inner.dropFirst().dropLast()
        var count = 0
        while true {
            let comma = rest.firstIndex(of: UInt8(ascii: ","))
            guard let number = number(trimmed(rest[..<(comma ?? rest.endIndex)])) else {
                throw .malformed
            }
            count += 1
            if count <= dimensionsMax { append(number, to: &result) }
            guard let comma else { break }
            rest = rest[(comma + 1)...]
        }
        guard count <= dimensionsMax else { throw .tooLong }
        return result
    }

    /// One number of a list; nil when it is none.
    private static func number(_ text: Slice<UnsafeRawBufferPointer>) -> Float? {
        // Digits, signs, a point and an exponent: `Float` reads more (`inf`, `nan`, `0x1p3`).
        let isPlain = text.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
                UInt8(ascii: "+"), UInt8(ascii: "e"), UInt8(ascii: "E"):
                true
            default: false
            }
        }
        guard isPlain, text.count <= 64, let value = Float(String(decoding: text, as: UTF8.self)),
            value.isFinite, value == 0 || value.isNormal
        else { return nil }
        return value
    }

    private static func append(_ number: Float, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }

    private static func trimmed(
        _ text: Slice<UnsafeRawBufferPointer>
    ) -> Slice<UnsafeRawBufferPointer> {
        // Blank, tab and the four line ends that C counts as white space.
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
        var result = text
        while let first = result.first, isBlank(first) { result = result.dropFirst() }
        while let last = result.last, isBlank(last) { result = result.dropLast() }
        return result
    }

    /// A number of a vector's bytes.
    static func number(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Float {
        let bits = bytes.loadUnaligned(fromByteOffset: index * numberBytes, as: UInt32.self)
        return Float(bitPattern: UInt32(littleEndian: bits))
    }

    /// True for the bytes of at least one and at most `dimensionsMax` numbers, all finite.
    static func isVector(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard hasVectorSize(bytes) else { return false }
        return (0..<bytes.count / numberBytes).allSatisfy { number(bytes, $0).isFinite }
    }

    /// True when so many bytes can be a vector.
    static func hasVectorSize(_ bytes: UnsafeRawBufferPointer) -> Bool {
        !bytes.isEmpty && bytes.count % numberBytes == 0
            && bytes.count <= dimensionsMax * numberBytes
    }

    /// The text of a vector, each number with six digits and an exponent: `[1.00000e+00]`.
    static func text(_ bytes: UnsafeRawBufferPointer) -> String {
        var result = "["
        for index in 0..<bytes.count / numberBytes {
            if index > 0 { result += "," }
            result += scientific(Double(number(bytes, index)))
        }
        return result + "]"
    }

    /// As C writes it with `%.5e`.
    static func scientific(_ value: Double) -> String {
        guard value.isFinite else {
            return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf"
        }
        let sign = value.sign == .minus ? "-" : ""
        guard value != 0, let exact = DecimalNumber.prefix(of: value.description.utf8)?.number
        else {
            return sign + "0.00000e+00"
        }
        var digits = exact.text.utf8.filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: ".") }
        var exponent = digits.count - exact.scale - 1
        let zeros = digits.prefix { $0 == UInt8(ascii: "0") }.count
        exponent -= zeros
        digits.removeFirst(zeros)
        digits += repeatElement(UInt8(ascii: "0"), count: max(7 - digits.count, 0))
        // Half a unit of the sixth digit, carried as far as it goes.
        var kept = Array(digits[..<6])
        if digits[6] >= UInt8(ascii: "5") {
            var place = 5
            while place >= 0, kept[place] == UInt8(ascii: "9") {
                kept[place] = UInt8(ascii: "0")
                place -= 1
            }
            if place >= 0 {
                kept[place] += 1
            } else {
                kept.insert(UInt8(ascii: "1"), at: 0)
                exponent += 1
            }
        }
        let shown = String(decoding: kept.prefix(6), as: UTF8.self)
        let power = String(exponent.magnitude)
        return sign + shown.prefix(1) + "." + shown.dropFirst() + "e"
            + (exponent < 0 ? "-" : "+") + (power.count < 2 ? "0" : "") + power
    }

    /// The head of a bad value, up to its first zero byte, for an error.
    static func quoted(_ bytes: some Collection<UInt8>) -> String {
        let head = bytes.prefix { $0 != 0 }.prefix(quotedBytesMax)
        return String(decoding: head, as: UTF8.self)
    }
}

extension Column {
    /// The numbers of a VECTOR's cell; nil for NULL and in columns of other types.
    package func vector(_ row: Int) -> [Double]? {
        guard type.kind == .vector, case .bytes(let values) = storage, !isNull(row) else {
            return nil
        }
        return values[row].withUnsafeBytes { bytes in
            guard VectorText.hasVectorSize(bytes) else { return nil }
            let count = bytes.count / VectorText.numberBytes
            return (0..<count).map { Double(VectorText.number(bytes, $0)) }
        }
    }
}
