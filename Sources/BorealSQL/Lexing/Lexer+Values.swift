extension Lexer {
    /// The bytes of a token.
    @inline(__always)
    func slice(_ token: Token) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: bytes[Int(token.start)..<Int(token.end)])
    }

    /// A token's text, bytes that are no UTF-8 replaced.
    func text(_ token: Token) -> String {
        String(decoding: slice(token), as: UTF8.self)
    }

    /// The name of a `word` or a `quotedName`, quotes removed.
    func name(_ token: Token) -> String {
        guard token.kind == .quotedName else { return text(token) }
        let inner = UnsafeBufferPointer(rebasing: slice(token).dropFirst().dropLast())
        let quote = bytes[Int(token.start)]
        guard inner.contains(quote) else { return String(decoding: inner, as: UTF8.self) }
        return String(decoding: undoubled(inner, quote: quote), as: UTF8.self)
    }

    /// The name of a `userVariable`, sign and quotes removed.
    func variableName(_ token: Token) -> String {
        let body = UnsafeBufferPointer(rebasing: slice(token).dropFirst())
        switch body.first {
        case UInt8(ascii: "`"):
            let inner = UnsafeBufferPointer(rebasing: body.dropFirst().dropLast())
            return String(decoding: undoubled(inner, quote: UInt8(ascii: "`")), as: UTF8.self)
        case UInt8(ascii: "'"), UInt8(ascii: "\""):
            return String(decoding: unquoted(body), as: UTF8.self)
        default: return String(decoding: body, as: UTF8.self)
        }
    }

    private func undoubled(_ inner: UnsafeBufferPointer<UInt8>, quote: UInt8) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(inner.count)
        var index = 0
        while index < inner.count {
            result.append(inner[index])
            index += inner[index] == quote ? 2 : 1
        }
        return result
    }

    /// The value of a `string` or `nationalString`: escapes resolved, doubled quotes made single.
    func stringBytes(_ token: Token) -> [UInt8] {
        let all = slice(token)
        return unquoted(
            token.kind == .nationalString ? UnsafeBufferPointer(rebasing: all.dropFirst()) : all
        )
    }

    /// A string's value where its bytes are UTF-8, without a copy where nothing is escaped.
    func stringText(_ token: Token) -> String? {
        let inner = UnsafeBufferPointer(rebasing: slice(token).dropFirst().dropLast())
        let quote = bytes[Int(token.start)]
        for byte in inner where byte == quote || byte == UInt8(ascii: "\\") {
            return String(validating: stringBytes(token), as: UTF8.self)
        }
        return String(validating: inner, as: UTF8.self)
    }

    private func unquoted(_ quoted: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        let quote = quoted[0]
        let escapes = !mode.contains(.noBackslashEscapes)
        let end = quoted.count - 1
        var result: [UInt8] = []
        result.reserveCapacity(end)
        var index = 1
        while index < end {
            let byte = quoted[index]
            index += 1
            if byte == quote {
                result.append(byte)
                index += 1
            } else if byte == UInt8(ascii: "\\"), escapes, index < end {
                appendEscape(quoted[index], to: &result)
                index += 1
            } else {
                result.append(byte)
            }
        }
        return result
    }

    /// The table of escapes of MySQL's manual ("String Literals"); `\%` and `\_` keep the backslash
    /// for `LIKE` to read.
    private func appendEscape(_ byte: UInt8, to result: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "0"): result.append(0)
        case UInt8(ascii: "b"): result.append(0x08)
        case UInt8(ascii: "n"): result.append(0x0A)
        case UInt8(ascii: "r"): result.append(0x0D)
        case UInt8(ascii: "t"): result.append(0x09)
        case UInt8(ascii: "Z"): result.append(0x1A)
        case UInt8(ascii: "%"), UInt8(ascii: "_"):
            result.append(UInt8(ascii: "\\"))
            result.append(byte)
        default: result.append(byte)
        }
    }

    /// The bytes of `X'..'` and `0x..`; an odd number of digits gets a zero in front.
    func hexadecimalBytes(_ token: Token) -> [UInt8] {
        let digits = literalDigits(token)
        var result: [UInt8] = []
        result.reserveCapacity((digits.count + 1) / 2)
        var index = 0
        if digits.count % 2 == 1 {
            result.append(hexadecimalValue(digits[0]))
            index = 1
        }
        while index < digits.count {
            result.append(
                hexadecimalValue(digits[index]) << 4 | hexadecimalValue(digits[index + 1])
            )
            index += 2
        }
        return result
    }

    /// The bytes of `b'..'` and `0b..`, the last bit in the lowest place.
    func bitBytes(_ token: Token) -> [UInt8] {
        let digits = literalDigits(token)
        var result = [UInt8](repeating: 0, count: (digits.count + 7) / 8)
        for (index, digit) in digits.reversed().enumerated() where digit == UInt8(ascii: "1") {
            result[result.count - 1 - index / 8] |= 1 << UInt8(index % 8)
        }
        return result
    }

    /// The digits of a prefixed literal in either spelling.
    private func literalDigits(_ token: Token) -> UnsafeBufferPointer<UInt8> {
        let all = slice(token)
        let body = all.dropFirst(2)
        return UnsafeBufferPointer(
            rebasing: all[1] == UInt8(ascii: "'") ? body.dropLast() : body
        )
    }
}
