import BorealBase
import BorealSQLite

/// Digests, base conversions, and numbers as text.
extension FunctionRegistry {
    func addEncodings() throws(SQLiteError) {
        try add("b_hex", 1) { $0.result(Digest.hex(Array($0.bytes(0))).uppercased()) }
        try add("b_hex_int", 1) { $0.result(String($0.bitPattern(0), radix: 16).uppercased()) }
        try add("b_unhex", 1) { call in
            var text = call.text(0)
            if text.utf8.count % 2 == 1 { text = "0" + text }
            var bytes: [UInt8] = []
            var rest = Array(text.utf8)[...]
            while let first = rest.popFirst(), let second = rest.popFirst() {
                guard let high = Self.hexDigit(first), let low = Self.hexDigit(second) else {
                    return call.resultNull()
                }
                bytes.append(high << 4 | low)
            }
            call.result(bytes)
        }
        try add("b_bin", 1) { $0.result(String($0.bitPattern(0), radix: 2)) }
        try add("b_oct", 1) { $0.result(String($0.bitPattern(0), radix: 8)) }
        try add("b_conv", 3) { call in
            let from = max(call.int(1), -100)
            let to = max(call.int(2), -100)
            guard (2...36).contains(abs(from)), (2...36).contains(abs(to)) else {
                return call.resultNull()
            }
            let text = call.text(0).lowercased()
            let isNegative = text.hasPrefix("-")
            let digits = text.drop { $0 == "-" || $0 == "+" }.prefix { character in
                character.isASCII
                    && (character.hexDigitValue.map { $0 < abs(from) }
                        ?? UInt64(String(character), radix: abs(from)).map { _ in true } ?? false)
            }
            let magnitude = digits.isEmpty ? 0 : UInt64(digits, radix: abs(from)) ?? .max
            let value = isNegative ? 0 &- magnitude : magnitude
            if to < 0 {
                return call.result(String(Int64(bitPattern: value), radix: -to).uppercased())
            }
            call.result(String(value, radix: to).uppercased())
        }
        try addDigests()
    }

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
        try add("b_format") { call in
            let places = min(max(call.int(1), 0), DecimalNumber.scaleMax)
            let text = call.decimal(0).rounded(scale: places).text
            let isNegative = text.hasPrefix("-")
            let parts = text.drop { $0 == "-" }.split(separator: ".", maxSplits: 1)
            var whole = ""
            for (index, digit) in parts[0].reversed().enumerated() {
                if index > 0, index % 3 == 0 { whole.append(",") }
                whole.append(digit)
            }
            let fraction = parts.count > 1 ? "." + parts[1] : ""
            call.result((isNegative ? "-" : "") + String(whole.reversed()) + fraction)
        }
        try add("b_inet_aton", 1) { call in
            let parts = call.text(0).split(separator: ".", omittingEmptySubsequences: false)
            let bytes = parts.compactMap { UInt8($0) }
            guard parts.count == 4, bytes.count == 4 else { return call.resultNull() }
            call.result(bytes.reduce(Int64(0)) { $0 << 8 | Int64($1) })
        }
        try add("b_inet_ntoa", 1) { call in
            guard let value = UInt32(exactly: call.int64(0)) else { return call.resultNull() }
            let parts = [24, 16, 8, 0].map { String(value >> UInt32($0) & 255) }
            call.result(parts.joined(separator: "."))
        }
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }

    // MARK: - Numbers

    func addNumbers() throws(SQLiteError) {
        try addReal("b_sqrt") { $0 < 0 ? .nan : $0.squareRoot() }
        try addReal("b_exp", RealFunction.exp)
        try addReal("b_ln") { $0 <= 0 ? .nan : RealFunction.log($0) }
        try addReal("b_log2") { $0 <= 0 ? .nan : RealFunction.log2($0) }
        try addReal("b_log10") { $0 <= 0 ? .nan : RealFunction.log10($0) }
        try add("b_log") { call in
            if call.count == 1 {
                let value = call.double(0)
                return value <= 0 ? call.resultNull() : call.result(finite: RealFunction.log(value))
            }
            let base = call.double(0)
            let value = call.double(1)
            guard base > 0, base != 1, value > 0 else { return call.resultNull() }
            call.result(finite: RealFunction.log(value) / RealFunction.log(base))
        }
        let context = context
        try add("b_pow", 2) { call in
            let value = RealFunction.pow(call.double(0), call.double(1))
            if value.isFinite { return call.result(value) }
            context.fail(call, .valueOutOfRange(type: "DOUBLE", expression: "pow()"))
        }
        try addReal("b_sin", RealFunction.sin)
        try addReal("b_cos", RealFunction.cos)
        try addReal("b_tan", RealFunction.tan)
        try addReal("b_cot") { 1 / RealFunction.tan($0) }
        try addReal("b_asin", RealFunction.asin)
        try addReal("b_acos", RealFunction.acos)
        try add("b_atan") { call in
            let value =
                call.count == 1
                ? RealFunction.atan(call.double(0))
                : RealFunction.atan2(call.double(0), call.double(1))
            call.result(finite: value)
        }
        try addReal("b_radians") { $0 * .pi / 180 }
        try addReal("b_degrees") { $0 * 180 / .pi }
        try add("b_pi", 0) { $0.result(Double.pi) }
        try add("b_rand", 0, isDeterministic: false) { $0.result(Double.random(in: 0..<1)) }
        try add("b_bit_count", 1) { $0.result(Int64($0.bitPattern(0).nonzeroBitCount)) }
        try addRounding()
    }

    private func addRounding() throws(SQLiteError) {
        let context = context
        try add("b_iabs", 2) { call in
            let value = call.int64(0)
            if value != .min { return call.result(abs(value)) }
            context.fail(call, .valueOutOfRange(type: "BIGINT", expression: call.text(1)))
        }
        try add("b_rround", 3) { call in
            let places = min(max(call.int(1), -310), 310)
            let value = call.double(0)
            let isCut = call.int64(2) != 0
            if places == 0 {
                return call.result(
                    isCut ? value.rounded(.towardZero) : value.rounded(.toNearestOrEven)
                )
            }
            let factor = RealFunction.pow(10, Double(abs(places)))
            let scaled = places > 0 ? value * factor : value / factor
            guard scaled.isFinite, factor.isFinite else {
                return call.result(places > 0 ? value : 0)
            }
            let whole = isCut ? scaled.rounded(.towardZero) : scaled.rounded(.toNearestOrEven)
            call.result(places > 0 ? whole / factor : whole * factor)
        }
        try add("b_iround", 3) { call in
            let places = min(max(call.int(1), -20), 0)
            let isCut = call.int64(2) != 0
            let value = DecimalNumber(call.int64(0)).rounded(scale: places, truncating: isCut)
            call.result(value.int64 ?? call.int64(0))
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
                call.result(whole.int64 ?? 0)
            }
        }
    }
}

/// RFC 4648, with MySQL's line break after 76 characters.
enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
    )

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
