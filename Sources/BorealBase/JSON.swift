/// A JSON value that keeps the order of its members, with a reader that is safe on hostile text.
///
/// It exists beside Foundation's because order matters in what clients see (`{"acc": 0.6694}`),
/// because the server starts faster without Foundation, and because nesting and size are bounded
/// here.
public enum JSON: Equatable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    /// A number that stays as its digits were written, where neither of the two above prints them.
    case literal(String)
    case string(String)
    case array([JSON])
    case object([(key: String, value: JSON)])

    /// Member by member, order included.
    public static func == (left: JSON, right: JSON) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.integer(let a), .integer(let b)): a == b
        case (.number(let a), .number(let b)): a == b
        case (.literal(let a), .literal(let b)): a == b
        case (.string(let a), .string(let b)): a == b
        case (.array(let a), .array(let b)): a == b
        case (.object(let a), .object(let b)):
            a.count == b.count && zip(a, b).allSatisfy { $0.key == $1.key && $0.value == $1.value }
        default: false
        }
    }

    /// The first member of that name, of an object.
    public subscript(key: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    /// The text, of a string.
    public var string: String? { if case .string(let value) = self { value } else { nil } }
    /// The whole number, of an integer or of a number without a fraction.
    public var integer: Int64? {
        switch self {
        case .integer(let value): value
        case .number(let value): Int64(exactly: value)
        case .literal(let digits): Double(digits).flatMap { Int64(exactly: $0) }
        default: nil
        }
    }
    /// The number, of an integer or a number.
    public var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        case .literal(let digits): Double(digits)
        default: nil
        }
    }
    /// The truth value, of a bool.
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    /// The elements, of an array.
    public var array: [JSON]? { if case .array(let value) = self { value } else { nil } }
    /// The members in order, of an object.
    public var object: [(key: String, value: JSON)]? {
        if case .object(let value) = self { value } else { nil }
    }
}

// MARK: - Printing

extension JSON: CustomStringConvertible {
    /// How a value is printed.
    public enum Spacing: Sendable {
        /// A space after each colon and comma, as Python's `json.dumps` prints.
        case spaced
        /// No space at all.
        case compact
    }

    /// One line with spaces.
    public var description: String { text(.spaced) }

    /// One line without spaces.
    public var compact: String { text(.compact) }

    private func text(_ spacing: Spacing) -> String {
        var bytes: [UInt8] = []
        append(to: &bytes, spacing)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends the value in one line; a number that is not finite becomes null.
    public func append(to bytes: inout [UInt8], _ spacing: Spacing = .spaced) {
        switch self {
        case .null: bytes.append(utf8: "null")
        case .bool(let value): bytes.append(utf8: value ? "true" : "false")
        case .integer(let value): bytes.append(utf8: String(value))
        case .number(let value): bytes.append(utf8: value.isFinite ? value.description : "null")
        case .literal(let digits): bytes.append(utf8: digits)
        case .string(let value): JSON.quote(value, into: &bytes)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (i, element) in elements.enumerated() {
                if i > 0 { JSON.append(UInt8(ascii: ","), to: &bytes, spacing) }
                element.append(to: &bytes, spacing)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for (i, member) in members.enumerated() {
                if i > 0 { JSON.append(UInt8(ascii: ","), to: &bytes, spacing) }
                JSON.quote(member.key, into: &bytes)
                JSON.append(UInt8(ascii: ":"), to: &bytes, spacing)
                member.value.append(to: &bytes, spacing)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private static func append(_ mark: UInt8, to bytes: inout [UInt8], _ spacing: Spacing) {
        bytes.append(mark)
        if spacing == .spaced { bytes.append(UInt8(ascii: " ")) }
    }

    /// Appends a text with its quotes.
    public static func quote(_ text: String, into bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        escape(text, into: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Appends a text as it stands between the quotes of a JSON string (RFC 8259, section 7);
    /// control characters are escaped, everything else is UTF-8.
    public static func escape(_ text: String, into bytes: inout [UInt8]) {
        var text = text
        text.withUTF8 { source in
            // Whole runs at once: most texts have nothing to escape.
            var start = 0
            for place in source.indices where isEscaped(source[place]) {
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: source[start..<place]))
                escape(source[place], into: &bytes)
                start = place + 1
            }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: source[start...]))
        }
    }

    @inline(__always)
    private static func isEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private static func escape(_ byte: UInt8, into bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\n"): bytes.append(UInt8(ascii: "n"))
        case UInt8(ascii: "\r"): bytes.append(UInt8(ascii: "r"))
        case UInt8(ascii: "\t"): bytes.append(UInt8(ascii: "t"))
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        default:
            let low = byte & 15
            bytes.append(utf8: "u00")
            bytes.append(UInt8(ascii: "0") + byte >> 4)
            bytes.append(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10)
        }
    }
}

extension [UInt8] {
    /// Appends the UTF-8 of `text`.
    public mutating func append(utf8 text: String) {
        var text = text
        text.withUTF8 { append(contentsOf: $0) }
    }
}
