/// Why a text is no JSON.
public struct JSONError: Error, Equatable, Sendable {
    /// What was found or missing.
    public let reason: String
    /// Bytes before the offending one.
    public let offset: Int
}

extension JSON {
    /// Reads one JSON value (RFC 8259) that must be the whole text.
    ///
    /// - Parameter keepsDigits: numbers that would be printed otherwise than as they are written
    ///   become `literal`, such as `1.50` and those that no Double holds.
    /// - Throws: `JSONError` for malformed text or more than `depthMax` levels.
    public static func parse(
        _ text: some Sequence<UInt8>,
        depthMax: Int = Limits.nestingMax,
        keepsDigits: Bool = false
    ) throws(JSONError) -> JSON {
        var reader = JSONReader(bytes: Array(text), depthMax: depthMax, keepsDigits: keepsDigits)
        return try reader.readWhole()
    }

    /// Reads one JSON value from a string.
    public static func parse(_ text: String) throws(JSONError) -> JSON {
        try parse(text.utf8)
    }
}

/// Recursive descent over bytes.
private struct JSONReader {
    let bytes: [UInt8]
    let depthMax: Int
    let keepsDigits: Bool
    var position = 0

    init(bytes: [UInt8], depthMax: Int, keepsDigits: Bool) {
        self.bytes = bytes
        self.depthMax = depthMax
        self.keepsDigits = keepsDigits
    }

    func failure(_ reason: String) -> JSONError { JSONError(reason: reason, offset: position) }

    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func readWhole() throws(JSONError) -> JSON {
        let value = try readValue(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw failure("text behind the value") }
        return value
    }

    mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            position += 1
        }
    }

    mutating func readValue(depth: Int) throws(JSONError) -> JSON {
        guard depth <= depthMax else { throw failure("more than \(depthMax) levels") }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return try readObject(depth: depth)
        case UInt8(ascii: "["): return try readArray(depth: depth)
        case UInt8(ascii: "\""): return .string(try readString())
        case UInt8(ascii: "t"): return try readWord("true", .bool(true))
        case UInt8(ascii: "f"): return try readWord("false", .bool(false))
        case UInt8(ascii: "n"): return try readWord("null", .null)
        case .some: return try readNumber()
        case nil: throw failure("the text ends early")
        }
    }

    mutating func readWord(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
        let length = word.utf8CodeUnitCount
        let matches = word.withUTF8Buffer { bytes[position...].starts(with: $0) }
        guard matches else { throw failure("an unknown word") }
        position += length
        return value
    }

    mutating func readObject(depth: Int) throws(JSONError) -> JSON {
        position += 1
        var members: [(key: String, value: JSON)] = []
        skipSpace()
        if next == UInt8(ascii: "}") {
            position += 1
            return .object([])
        }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw failure("a member name is missing") }
            let key = try readString()
            skipSpace()
            guard next == UInt8(ascii: ":") else { throw failure("':' is missing") }
            position += 1
            members.append((key, try readValue(depth: depth + 1)))
            if try readSeparator(closing: UInt8(ascii: "}")) { return .object(members) }
        }
    }

    mutating func readArray(depth: Int) throws(JSONError) -> JSON {
        position += 1
        var elements: [JSON] = []
        skipSpace()
        if next == UInt8(ascii: "]") {
            position += 1
            return .array([])
        }
        while true {
            elements.append(try readValue(depth: depth + 1))
            if try readSeparator(closing: UInt8(ascii: "]")) { return .array(elements) }
        }
    }

    /// True at the closing bracket, false at a comma.
    mutating func readSeparator(closing: UInt8) throws(JSONError) -> Bool {
        skipSpace()
        guard let byte = next else { throw failure("the text ends early") }
        guard byte == closing || byte == UInt8(ascii: ",") else {
            throw failure("',' or a closing bracket is missing")
        }
        position += 1
        return byte == closing
    }

    mutating func readString() throws(JSONError) -> String {
        position += 1
        // Most texts are one run without an escape.
        var start = position
        var text: [UInt8] = []
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                let run = bytes[start..<position]
                if !text.isEmpty { text.append(contentsOf: run) }
                position += 1
                let string = text.isEmpty ? String(ifUTF8: run) : String(ifUTF8: text)
                guard let string else { throw failure("the string is no UTF-8") }
                return string
            case UInt8(ascii: "\\"):
                text.append(contentsOf: bytes[start..<position])
                position += 1
                try readEscape(into: &text)
                start = position
            case 0..<0x20:
                position += 1
                throw failure("a control character in a string")
            default: position += 1
            }
        }
        throw failure("a string does not end")
    }

    mutating func readEscape(into text: inout [UInt8]) throws(JSONError) {
        guard let byte = next else { throw failure("the text ends early") }
        position += 1
        switch byte {
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "u"):
            var code = try readHex()
            if (0xD800..<0xDC00).contains(code), next == UInt8(ascii: "\\"),
                position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "u")
            {
                position += 2
                let low = try readHex()
                guard (0xDC00..<0xE000).contains(low) else {
                    throw failure("half a surrogate pair")
                }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw failure("half a surrogate pair") }
            text.append(contentsOf: String(Character(scalar)).utf8)
        default: throw failure("an unknown escape")
        }
    }

    mutating func readHex() throws(JSONError) -> UInt32 {
        guard position + 4 <= bytes.count,
            let digits = String(ifUTF8: bytes[position..<position + 4]),
            digits.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let code = UInt32(digits, radix: 16)
        else { throw failure("four hexadecimal digits are missing") }
        position += 4
        return code
    }

    mutating func readNumber() throws(JSONError) -> JSON {
        let start = position
        var isWhole = true
        while let byte = next {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): break
            case UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
                isWhole = false
            default:
                return try number(start, isWhole)
            }
            position += 1
        }
        return try number(start, isWhole)
    }

    func number(_ start: Int, _ isWhole: Bool) throws(JSONError) -> JSON {
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard isNumber(bytes[start..<position]) else { throw failure("no value here") }
        if isWhole, let value = Int64(text), !keepsDigits || text != "-0" {
            return .integer(value)
        }
        guard let value = Double(text), value.isFinite else {
            throw failure("no value here")
        }
        return keepsDigits && value.description != text ? .literal(text) : .number(value)
    }

    /// True for digits without a leading zero, where a point stands between digits: what follows
    /// is checked by whoever makes a number of the text.
    private func isNumber(_ text: ArraySlice<UInt8>) -> Bool {
        let digits = text.drop { $0 == UInt8(ascii: "-") }
        func isDigit(_ index: Int) -> Bool {
            digits.indices.contains(index) && (0x30...0x39).contains(digits[index])
        }
        let start = digits.startIndex
        guard text.count - digits.count <= 1, isDigit(start) else { return false }
        if digits[start] == 0x30, isDigit(start + 1) { return false }
        guard let point = digits.firstIndex(of: UInt8(ascii: ".")) else { return true }
        return isDigit(point - 1) && isDigit(point + 1)
    }
}
