extension PickleMachine {
    /// Opcodes that push a number, a truth value or `None`; false for others.
    mutating func pushScalar(_ opcode: UInt8) throws(FormatError) -> Bool {
        switch opcode {
        case UInt8(ascii: "N"): try push(.none)
        case 0x88: try push(.bool(true))  // NEWTRUE
        case 0x89: try push(.bool(false))  // NEWFALSE
        case UInt8(ascii: "K"): try push(.integer(Int64(try byte())))  // BININT1
        case UInt8(ascii: "M"): try push(.integer(Int64(try length(2))))  // BININT2
        case UInt8(ascii: "J"):  // BININT
            let bits = UInt32(truncatingIfNeeded: try length(4))
            try push(.integer(Int64(Int32(bitPattern: bits))))
        case UInt8(ascii: "G"): try push(.float(try bigEndianDouble()))  // BINFLOAT
        case UInt8(ascii: "I"): try pushDecimal(try lineText(), mayBeBool: true)  // INT
        case UInt8(ascii: "L"): try pushLong()  // LONG
        case UInt8(ascii: "F"): try pushFloat(try lineText())  // FLOAT
        case 0x8A: try pushLong(bytes: Int(try byte()))  // LONG1
        case 0x8B:  // LONG4
            let bits = UInt32(truncatingIfNeeded: try length(4))
            try pushLong(bytes: Int(Int32(bitPattern: bits)))
        default: return false
        }
        return true
    }

    private mutating func bigEndianDouble() throws(FormatError) -> Double {
        let start = try skip(8)
        var bits: UInt64 = 0
        for i in 0..<8 { bits = bits << 8 | UInt64(document.source[start + i]) }
        return Double(bitPattern: bits)
    }

    /// `01` and `00` are the truth values of protocol 0.
    private mutating func pushDecimal(_ text: String, mayBeBool: Bool) throws(FormatError) {
        if mayBeBool, text == "01" || text == "00" { return try push(.bool(text == "01")) }
        if let value = Int64(text) { return try push(.integer(value)) }
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw malformed("'\(text)' is no integer")
        }
        try push(.bigInteger)
    }

    private mutating func pushLong() throws(FormatError) {
        let range = try line()
        let digits = document.source[range]
        let trimmed = digits.last == UInt8(ascii: "L") ? digits.dropLast() : digits
        guard trimmed.count < 1_024 else { return try push(.bigInteger) }
        try pushDecimal(String(decoding: trimmed, as: UTF8.self), mayBeBool: false)
    }

    private mutating func pushFloat(_ text: String) throws(FormatError) {
        guard let value = Double(text) else { throw malformed("'\(text)' is no number") }
        try push(.float(value))
    }

    /// Two's complement, least significant byte first.
    private mutating func pushLong(bytes count: Int) throws(FormatError) {
        let start = try skip(count)
        guard count <= 8 else { return try push(.bigInteger) }
        var value: Int64 = 0
        for i in 0..<count {
            value |= Int64(bitPattern: UInt64(document.source[start + i]) << UInt64(8 * i))
        }
        if count > 0, count < 8, document.source[start + count - 1] & 0x80 != 0 {
            value |= -1 << Int64(8 * count)
        }
        try push(.integer(value))
    }

    /// Opcodes that push a text or bytes; false for others.
    mutating func pushText(_ opcode: UInt8) throws(FormatError) -> Bool {
        switch opcode {
        case UInt8(ascii: "X"): try pushText(length: try length(4))  // BINUNICODE
        case 0x8C: try pushText(length: try length(1))  // SHORT_BINUNICODE
        case 0x8D: try pushText(length: try length(8))  // BINUNICODE8
        case UInt8(ascii: "B"): try pushBytes(length: try length(4))  // BINBYTES
        case UInt8(ascii: "C"): try pushBytes(length: try length(1))  // SHORT_BINBYTES
        case 0x8E, 0x96: try pushBytes(length: try length(8))  // BINBYTES8, BYTEARRAY8
        case UInt8(ascii: "T"):  // BINSTRING
            let bits = UInt32(truncatingIfNeeded: try length(4))
            try pushText(length: Int(Int32(bitPattern: bits)))
        case UInt8(ascii: "U"): try pushText(length: try length(1))  // SHORT_BINSTRING
        case UInt8(ascii: "V"): try pushOwnText(try rawUnicode(try line()))  // UNICODE
        case UInt8(ascii: "S"): try pushOwnText(try quotedString(try line()))  // STRING
        default: return false
        }
        return true
    }

    private mutating func pushText(length: Int) throws(FormatError) {
        try push(.text(start: try skip(length), count: length))
    }

    private mutating func pushBytes(length: Int) throws(FormatError) {
        try push(.bytes(start: try skip(length), count: length))
    }

    private mutating func pushOwnText(_ text: [UInt8]) throws(FormatError) {
        try push(try makeOwnText(text))
    }

    mutating func makeOwnText(_ text: [UInt8]) throws(FormatError) -> PickleRef {
        try charge(text.count + 32)
        document.owned.append(text)
        return try make(.ownText(document.owned.count - 1))
    }

    mutating func makeOwnBytes(_ bytes: [UInt8]) throws(FormatError) -> PickleRef {
        try charge(bytes.count + 32)
        document.owned.append(bytes)
        return try make(.ownBytes(document.owned.count - 1))
    }

    /// Python's raw-unicode-escape: Latin-1 with `\uXXXX` and `\UXXXXXXXX`.
    private func rawUnicode(_ range: Range<Int>) throws(FormatError) -> [UInt8] {
        var text: [UInt8] = []
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = document.source[index]
            let next = index + 1 < range.upperBound ? document.source[index + 1] : 0
            let digits = next == UInt8(ascii: "u") ? 4 : next == UInt8(ascii: "U") ? 8 : 0
            if byte == UInt8(ascii: "\\"), digits > 0 {
                let end = index + 2 + digits
                guard end <= range.upperBound,
                    let code = UInt32(
                        String(decoding: document.source[index + 2..<end], as: UTF8.self),
                        radix: 16
                    ), let scalar = Unicode.Scalar(code)
                else { throw malformed("a damaged escape") }
                text.append(contentsOf: String(Character(scalar)).utf8)
                index = end
            } else {
                text.append(contentsOf: String(Character(Unicode.Scalar(byte))).utf8)
                index += 1
            }
        }
        return text
    }

    /// Python 2's `repr` of a byte string: in quotes, with backslash escapes.
    private func quotedString(_ range: Range<Int>) throws(FormatError) -> [UInt8] {
        let line = document.source[range]
        guard line.count >= 2, let quote = line.first, line.last == quote,
            quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"")
        else { throw malformed("a string without quotes") }
        var text: [UInt8] = []
        var rest = line.dropFirst().dropLast()
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            guard let escape = rest.popFirst() else { throw malformed("a damaged escape") }
            switch escape {
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "x"):
                let digits = String(decoding: rest.prefix(2), as: UTF8.self)
                guard digits.utf8.count == 2, let value = UInt8(digits, radix: 16) else {
                    throw malformed("a damaged escape")
                }
                text.append(value)
                rest = rest.dropFirst(2)
            default: text.append(escape)
            }
        }
        return text
    }
}
