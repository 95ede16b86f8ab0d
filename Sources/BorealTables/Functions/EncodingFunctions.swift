import BorealBase
import BorealSQLite

/// Digests, base conversions, and numbers as text.
extension FunctionRegistry {
    /// Registers hexadecimal, conversions of base, digests and FORMAT.
    func addEncodings() throws(SQLiteError) {
        try add("b_hex", 1) { $0.result(Digest.hex(Array($0.bytes(0))).uppercased()) }
        try add("b_hex_int", 1) { $0.result(String($0.bitPattern(0), radix: 16).uppercased()) }
        try add("b_unhex", 1) { call in
            var digits = Array(call.bytes(0))
            if digits.count % 2 == 1 { digits.insert(0x30, at: 0) }
            guard let bytes = Digest.bytes(hex: digits[...]) else { return call.resultNull() }
            call.result(bytes)
        }
        for (name, base) in [("b_bin", 2), ("b_oct", 8)] {
            try add(name, 1) { call in
                call.result(BaseConversion.convert(call.bytes(0), from: 10, to: base))
            }
        }
        try add("b_conv", 3) { call in
            let (from, to) = (call.int(1), call.int(2))
            call.result(BaseConversion.convert(call.bytes(0), from: from, to: to))
        }
        try addDigests()
    }

    /// Digests are in lower-case hexadecimal, as MySQL shows them.
    private func addDigests() throws(SQLiteError) {
        try add("b_md5", 1) { $0.result(Digest.hex(Digest.md5($0.bytes(0)))) }
        try add("b_sha1", 1) { $0.result(Digest.hex(Digest.sha1($0.bytes(0)))) }
        try add("b_sha2", 2) {
            $0.result(Digest.sha2($0.bytes(0), bits: $0.int(1)).map(Digest.hex))
        }
        try add("b_crc32", 1) { $0.result(Int64(Digest.crc32($0.bytes(0)))) }
        try add("b_to_base64", 1) { $0.result(Base64.encode(Array($0.bytes(0)))) }
        try add("b_from_base64", 1) { call in
            guard let bytes = Base64.decode(Array(call.bytes(0))) else { return call.resultNull() }
            call.result(bytes)
        }
        let context = context
        try addRaw("b_format") { call in
            guard !call.isNull(0), !call.isNull(1) else { return call.resultNull() }
            var locale = NumberLocale.english
            if call.count > 2 {
                let name = call.isNull(2) ? "NULL" : call.text(2)
                if let known = NumberLocale(name) {
                    locale = known
                } else {
                    context.warn(.unknownLocale(name))
                }
            }
            let places = min(max(call.int(1), 0), DecimalNumber.scaleMax)
            call.result(locale.written(call.decimal(0).rounded(scale: places).text))
        }
    }
}

/// CONV: whole numbers between bases of 2 to 36, in 64 bits.
enum BaseConversion {
    /// Nil for a base that there is none of, and for an empty text.
    ///
    /// - Parameters:
    ///   - from: negative when the digits are of a signed number.
    ///   - to: negative when the answer may have a sign.
    static func convert(_ text: UnsafeRawBufferPointer, from: Int, to: Int) -> String? {
        guard !text.isEmpty, (2...36).contains(from.magnitude), (2...36).contains(to.magnitude)
        else { return nil }
        let value = number(text, base: UInt64(from.magnitude), isSigned: from < 0)
        let answer =
            to < 0
            ? String(Int64(bitPattern: value), radix: -to) : String(value, radix: to)
        return answer.uppercased()
    }

    /// The digits in front; what does not fit becomes the largest number of its kind.
    private static func number(
        _ text: UnsafeRawBufferPointer,
        base: UInt64,
        isSigned: Bool
    ) -> UInt64 {
        var rest = text.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
        let isNegative = rest.first == 0x2D
        if let sign = rest.first, sign == 0x2D || sign == 0x2B { rest = rest.dropFirst() }
        var value: UInt64 = 0
        for byte in rest {
            guard let digit = digit(byte), digit < base else { break }
            let (product, first) = value.multipliedReportingOverflow(by: base)
            let (sum, second) = product.addingReportingOverflow(digit)
            guard !first, !second else {
                return isSigned ? UInt64(bitPattern: isNegative ? Int64.min : Int64.max) : .max
            }
            value = sum
        }
        guard isSigned else { return isNegative ? 0 &- value : value }
        let bounded = isNegative ? min(value, UInt64(1) << 63) : min(value, UInt64(Int64.max))
        return isNegative ? 0 &- bounded : bounded
    }

    /// The value of a digit, letters of either case from 10 on.
    private static func digit(_ byte: UInt8) -> UInt64? {
        switch byte {
        case 0x30...0x39: UInt64(byte - 0x30)
        case 0x41...0x5A: UInt64(byte - 0x41 + 10)
        case 0x61...0x7A: UInt64(byte - 0x61 + 10)
        default: nil
        }
    }
}

/// RFC 4648, with MySQL's line break after 76 characters.
enum Base64 {
    /// Section 4 of the RFC.
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
    )

    /// Lines of 76 characters, the last without a line end.
    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        var line = 0
        for start in stride(from: 0, to: bytes.count, by: 3) {
            if line == 76 {
                text.append(0x0A)
                line = 0
            }
            let part = bytes[start..<min(start + 3, bytes.count)]
            let group = part.enumerated().reduce(UInt32(0)) {
                $0 | UInt32($1.1) << UInt32(16 - $1.0 * 8)
            }
            for index in 0..<4 {
                let digit = Int(group >> UInt32(18 - index * 6) & 63)
                text.append(index <= part.count ? alphabet[digit] : 0x3D)
            }
            line += 4
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Nil for what is none; blanks and line ends are passed over.
    static func decode(_ text: [UInt8]) -> [UInt8]? {
        var bytes: [UInt8] = []
        var group: UInt32 = 0
        var count = 0
        var padding = 0
        for byte in text where byte != 0x0A && byte != 0x0D && byte != 0x20 && byte != 0x09 {
            if byte == 0x3D {
                padding += 1
                group <<= 6
            } else {
                guard padding == 0, let value = alphabet.firstIndex(of: byte) else { return nil }
                group = group << 6 | UInt32(value)
            }
            count += 1
            guard count % 4 == 0 else { continue }
            let three = [16, 8, 0].map { UInt8(truncatingIfNeeded: group >> UInt32($0)) }
            bytes.append(contentsOf: three.prefix(3 - min(padding, 2)))
            group = 0
        }
        return count % 4 == 0 && padding <= 2 ? bytes : nil
    }
}
