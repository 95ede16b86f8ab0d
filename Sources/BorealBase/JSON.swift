/// A JSON value that keeps the order of its members, with a reader that is safe on hostile text.
///
/// It exists beside Foundation's because order matters in what clients see (`{"acc": 0.6694}`),
/// because the server starts faster without Foundation, and because nesting and size are bounded
/// here.
public indirect enum JSON: Equatable, Sendable {
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
    /// One line, a space after each colon and comma, as Python's `json.dumps` prints.
    public var description: String {
        var text = ""
        write(to: &text)
        return text
    }

    /// Appends the one-line form.
    public func write(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .number(let value): text += value.isFinite ? value.description : "null"
        case .literal(let digits): text += digits
        case .string(let value): JSON.quote(value, into: &text)
        case .array(let elements):
            text += "["
            for (i, element) in elements.enumerated() {
                if i > 0 { text += ", " }
                element.write(to: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (i, member) in members.enumerated() {
                if i > 0 { text += ", " }
                JSON.quote(member.key, into: &text)
                text += ": "
                member.value.write(to: &text)
            }
            text += "}"
        }
    }

    /// Appends a quoted string; control characters are escaped, everything else is UTF-8.
    private static func quote(_ value: String, into text: inout String) {
        text += "\""
        // Whole runs at once: most texts have nothing to escape.
        var rest = value[...]
        while let place = rest.utf8.firstIndex(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C }) {
            text += rest[..<place]
            text += escaped(rest.utf8[place])
            rest = rest[rest.utf8.index(after: place)...]
        }
        text += rest
        text += "\""
    }

    private static func escaped(_ byte: UInt8) -> String {
        switch byte {
        case UInt8(ascii: "\""): return "\\\""
        case UInt8(ascii: "\\"): return "\\\\"
        case UInt8(ascii: "\n"): return "\\n"
        case UInt8(ascii: "\r"): return "\\r"
        case UInt8(ascii: "\t"): return "\\t"
        default:
            let hex = String(byte, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
        }
    }
}
