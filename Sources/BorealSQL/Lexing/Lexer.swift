import BorealBase

/// Cuts a statement's bytes into tokens, on demand; a value, so that a copy is a place to go back
/// to.
///
/// It skips blanks and comments, except that the inside of `/*!NNNNN ... */` is read when it is
/// meant for this server (`SQLMode.reads`). The bytes must outlive it.
public struct Lexer {
    /// The text. Not owned.
    let bytes: UnsafeBufferPointer<UInt8>
    /// What the modes make of quotes and backslashes.
    let mode: SQLMode
    /// Offset of the next byte to read.
    var position: Int
    /// Offset behind the last byte that may be read.
    let limit: Int
    /// Inside `/*! ... */`, whose end is to be skipped.
    var isInVersionComment = false
    /// Offset behind the last name: a dot right there is a qualifier's.
    private var nameEnd = -1
    /// The token behind a qualifier's dot, which is a name whatever it looks like.
    private var expectsName = false

    /// Starts at the first byte.
    public init(_ bytes: UnsafeBufferPointer<UInt8>, mode: SQLMode = []) {
        self.bytes = bytes
        self.mode = mode
        self.position = 0
        // mysqlslap sends the zero byte behind its statements with them; servers read over it.
        self.limit = bytes.last == 0 ? bytes.count - 1 : bytes.count
    }

    /// The byte at an offset, 0 behind the end.
    @inline(__always)
    func byte(_ offset: Int) -> UInt8 { offset < limit ? bytes[offset] : 0 }

    /// The next token, of kind `endOfText` behind the last one.
    ///
    /// - Throws: `SyntaxError.unterminated`.
    public mutating func next() throws(SyntaxError) -> Token {
        try skipBlanks()
        let start = position
        guard start < limit else { return token(.endOfText, from: start) }
        let first = bytes[start]
        if expectsName {
            expectsName = false
            if isNameByte(first) { return readWord(from: start) }
        }
        if isNameStart(first) { return try readWordOrPrefixedLiteral(from: start) }
        if isDigit(first) { return readNumber(from: start) }
        return try readSign(first, from: start)
    }

    @inline(__always)
    private func token(_ kind: Token.Kind, from start: Int) -> Token {
        Token(
            kind: kind,
            start: Int32(truncatingIfNeeded: start),
            end: Int32(truncatingIfNeeded: position)
        )
    }

    @inline(__always)
    private func span(from start: Int) -> SourceSpan {
        SourceSpan(
            start: Int32(truncatingIfNeeded: start),
            end: Int32(truncatingIfNeeded: position)
        )
    }

    // MARK: - Words

    private mutating func readWordOrPrefixedLiteral(from start: Int) throws(SyntaxError) -> Token {
        if byte(start + 1) == UInt8(ascii: "'") {
            switch bytes[start] | 0x20 {
            case UInt8(ascii: "n"):
                position = start + 1
                try skipQuoted(UInt8(ascii: "'"), .string)
                return token(.nationalString, from: start)
            case UInt8(ascii: "x"): return try readPrefixedDigits(.hexadecimal, from: start)
            case UInt8(ascii: "b"): return try readPrefixedDigits(.bits, from: start)
            default: break
            }
        }
        return readWord(from: start)
    }

    private mutating func readWord(from start: Int) -> Token {
        var hash = KeywordTable.hashStart
        var end = start
        while end < limit {
            let byte = bytes[end]
            guard isNameByte(byte) else { break }
            hash = KeywordTable.hash(hash, adding: byte)
            end += 1
        }
        position = end
        nameEnd = end
        var result = token(.word, from: start)
        if end - start <= 32 {
            let word = UnsafeBufferPointer(rebasing: bytes[start..<end])
            result.keyword = KeywordTable.shared.keyword(of: word, hash: hash)
        }
        return result
    }

    /// `X'4D'` and `b'01'`. Wrong digits, or an odd number of hexadecimal ones, make it invalid.
    private mutating func readPrefixedDigits(
        _ kind: Token.Kind,
        from start: Int
    ) throws(SyntaxError) -> Token {
        position = start + 1
        try skipQuoted(UInt8(ascii: "'"), .string)
        let digits = bytes[start + 2..<position - 1]
        let isValid =
            kind == .bits
            ? digits.allSatisfy { $0 == UInt8(ascii: "0") || $0 == UInt8(ascii: "1") }
            : digits.count % 2 == 0 && digits.allSatisfy(isHexadecimal)
        return token(isValid ? kind : .invalid, from: start)
    }

    // MARK: - Numbers

    private mutating func readNumber(from start: Int) -> Token {
        if let prefixed = readRadixNumber(from: start) { return prefixed }
        var end = start
        while isDigit(byte(end)) { end += 1 }
        if byte(end) == UInt8(ascii: ".") {
            end += 1
            while isDigit(byte(end)) { end += 1 }
            return readExponent(from: start, mantissaEnd: end, plain: .decimalLiteral)
        }
        if isNameByte(byte(end)) {
            let float = readExponent(from: start, mantissaEnd: end, plain: .integerLiteral)
            return float.kind == .floatLiteral ? float : readWord(from: start)
        }
        position = end
        return token(.integerLiteral, from: start)
    }

    /// `0x4D` and `0b01`; nil where the digits are wrong, which makes the text a name.
    private mutating func readRadixNumber(from start: Int) -> Token? {
        guard bytes[start] == UInt8(ascii: "0") else { return nil }
        let isHex = byte(start + 1) == UInt8(ascii: "x")
        guard isHex || byte(start + 1) == UInt8(ascii: "b") else { return nil }
        var end = start + 2
        while isHex ? isHexadecimal(byte(end)) : byte(end) & 0xFE == UInt8(ascii: "0") { end += 1 }
        guard end > start + 2, !isNameByte(byte(end)) else { return nil }
        position = end
        return token(isHex ? .hexadecimal : .bits, from: start)
    }

    /// The number with its exponent, if digits follow the letter.
    private mutating func readExponent(
        from start: Int,
        mantissaEnd: Int,
        plain: Token.Kind
    ) -> Token {
        position = mantissaEnd
        guard byte(mantissaEnd) | 0x20 == UInt8(ascii: "e") else {
            return token(plain, from: start)
        }
        var end = mantissaEnd + 1
        if byte(end) == UInt8(ascii: "+") || byte(end) == UInt8(ascii: "-") { end += 1 }
        guard isDigit(byte(end)) else { return token(plain, from: start) }
        while isDigit(byte(end)) { end += 1 }
        position = end
        return token(.floatLiteral, from: start)
    }

    // MARK: - Quotes

    /// Moves behind the closing quote; `position` is at the opening one.
    private mutating func skipQuoted(
        _ quote: UInt8,
        _ enclosure: SyntaxError.Enclosure
    ) throws(SyntaxError) {
        let start = position
        let escapes = enclosure == .string && !mode.contains(.noBackslashEscapes)
        var offset = start + 1
        while offset < limit {
            let byte = bytes[offset]
            offset += 1
            if byte == quote {
                guard self.byte(offset) == quote, offset < limit else {
                    position = offset
                    return
                }
                offset += 1
            } else if byte == UInt8(ascii: "\\"), escapes {
                offset += 1
            }
        }
        position = limit
        throw .unterminated(enclosure, span(from: start))
    }

    private mutating func readQuotedName(from start: Int) throws(SyntaxError) -> Token {
        try skipQuoted(bytes[start], .quotedName)
        guard !bytes[start..<position].contains(0) else {
            throw .unexpected(span(from: start), expected: [.name])
        }
        nameEnd = position
        return token(.quotedName, from: start)
    }

    // MARK: - Variables

    private mutating func readAt(from start: Int) throws(SyntaxError) -> Token {
        let second = byte(start + 1)
        position = start + 1
        switch second {
        case UInt8(ascii: "@"):
            position = start + 2
            return token(.systemVariable, from: start)
        case UInt8(ascii: "'"), UInt8(ascii: "\""):
            try skipQuoted(second, .string)
        case UInt8(ascii: "`"):
            try skipQuoted(second, .quotedName)
        default:
            while isNameByte(byte(position)) || byte(position) == UInt8(ascii: ".") {
                position += 1
            }
        }
        return token(position > start + 1 ? .userVariable : .at, from: start)
    }

    // MARK: - Signs

    private mutating func readSign(_ first: UInt8, from start: Int) throws(SyntaxError) -> Token {
        position = start + 1
        switch first {
        case UInt8(ascii: "'"):
            position = start
            try skipQuoted(first, .string)
            return token(.stringLiteral, from: start)
        case UInt8(ascii: "\""):
            position = start
            if mode.contains(.ansiQuotes) { return try readQuotedName(from: start) }
            try skipQuoted(first, .string)
            return token(.stringLiteral, from: start)
        case UInt8(ascii: "`"):
            position = start
            return try readQuotedName(from: start)
        case UInt8(ascii: "@"): return try readAt(from: start)
        case UInt8(ascii: "."): return readDot(from: start)
        case UInt8(ascii: "\\") where byte(start + 1) == UInt8(ascii: "N"):
            position = start + 2
            var null = token(.word, from: start)
            null.keyword = .null
            return null
        default: return readOperator(first, from: start)
        }
    }

    private mutating func readDot(from start: Int) -> Token {
        if nameEnd == start {
            expectsName = true
            return token(.dot, from: start)
        }
        guard isDigit(byte(start + 1)) else { return token(.dot, from: start) }
        var end = start + 1
        while isDigit(byte(end)) { end += 1 }
        return readExponent(from: start, mantissaEnd: end, plain: .decimalLiteral)
    }

    private mutating func readOperator(_ first: UInt8, from start: Int) -> Token {
        let second = byte(start + 1)
        if let kind = longSign(first, second, byte(start + 2)) {
            position = start + (kind == .nullSafeEqual || kind == .doubleArrow ? 3 : 2)
            return token(kind, from: start)
        }
        return token(shortSign(first), from: start)
    }
}

/// The kind of an operator of two or three bytes.
private func longSign(_ first: UInt8, _ second: UInt8, _ third: UInt8) -> Token.Kind? {
    switch (first, second) {
    case (UInt8(ascii: "<"), UInt8(ascii: "=")):
        third == UInt8(ascii: ">") ? .nullSafeEqual : .lessOrEqual
    case (UInt8(ascii: "-"), UInt8(ascii: ">")):
        third == UInt8(ascii: ">") ? .doubleArrow : .arrow
    case (UInt8(ascii: "<"), UInt8(ascii: ">")): .notEqual
    case (UInt8(ascii: "<"), UInt8(ascii: "<")): .shiftLeft
    case (UInt8(ascii: ">"), UInt8(ascii: "=")): .greaterOrEqual
    case (UInt8(ascii: ">"), UInt8(ascii: ">")): .shiftRight
    case (UInt8(ascii: "!"), UInt8(ascii: "=")): .notEqual
    case (UInt8(ascii: "&"), UInt8(ascii: "&")): .doubleAmpersand
    case (UInt8(ascii: "|"), UInt8(ascii: "|")): .doubleBar
    case (UInt8(ascii: ":"), UInt8(ascii: "=")): .assign
    default: nil
    }
}

/// The kind of a sign of one byte.
private func shortSign(_ byte: UInt8) -> Token.Kind {
    switch byte {
    case UInt8(ascii: ","): .comma
    case UInt8(ascii: ";"): .semicolon
    case UInt8(ascii: "("): .leftParenthesis
    case UInt8(ascii: ")"): .rightParenthesis
    case UInt8(ascii: "{"): .leftBrace
    case UInt8(ascii: "}"): .rightBrace
    case UInt8(ascii: "="): .equal
    case UInt8(ascii: "<"): .less
    case UInt8(ascii: ">"): .greater
    case UInt8(ascii: "+"): .plus
    case UInt8(ascii: "-"): .minus
    case UInt8(ascii: "*"): .star
    case UInt8(ascii: "/"): .slash
    case UInt8(ascii: "%"): .percent
    case UInt8(ascii: "&"): .ampersand
    case UInt8(ascii: "|"): .bar
    case UInt8(ascii: "^"): .caret
    case UInt8(ascii: "~"): .tilde
    case UInt8(ascii: "!"): .exclamation
    case UInt8(ascii: ":"): .colon
    case UInt8(ascii: "?"): .placeholder
    default: .invalid
    }
}
