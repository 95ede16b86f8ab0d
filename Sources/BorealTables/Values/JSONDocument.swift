import BorealBase

/// JSON as MySQL keeps, prints and compares it.
extension JSON {
    /// MySQL's order of members: by length of the name, then by bytes; the last of equal names
    /// stays.
    var normalised: JSON {
        switch self {
        case .array(let elements): return .array(elements.map(\.normalised))
        case .object(let members):
            var last: [String: JSON] = [:]
            for member in members { last[member.key] = member.value.normalised }
            let sorted = last.sorted { left, right in
                let (a, b) = (left.key.utf8, right.key.utf8)
                return a.count != b.count ? a.count < b.count : a.lexicographicallyPrecedes(b)
            }
            return .object(sorted.map { ($0.key, $0.value) })
        default: return self
        }
    }

    /// What JSON_TYPE answers.
    var typeName: String {
        switch self {
        case .null: "NULL"
        case .bool: "BOOLEAN"
        case .integer: "INTEGER"
        case .number, .literal: "DOUBLE"
        case .string: "STRING"
        case .array: "ARRAY"
        case .object: "OBJECT"
        }
    }

    /// Levels: 1 for a scalar and for what is empty.
    var depth: Int {
        switch self {
        case .array(let elements): 1 + (elements.map(\.depth).max() ?? 0)
        case .object(let members): 1 + (members.map(\.value.depth).max() ?? 0)
        default: 1
        }
    }

    /// True when every part of `wanted` is somewhere in here, as JSON_CONTAINS has it.
    func contains(_ wanted: JSON) -> Bool {
        switch (self, wanted) {
        case (.object(let members), .object(let others)):
            others.allSatisfy { other in
                members.contains { $0.key == other.key && $0.value.contains(other.value) }
            }
        case (.array(let elements), .array(let others)):
            others.allSatisfy { other in elements.contains { $0.contains(other) } }
        case (.array(let elements), _): elements.contains { $0.contains(wanted) }
        default: isSame(as: wanted)
        }
    }

    /// Equal by value: 1 and 1.0 are, members may stand in any order.
    func isSame(as other: JSON) -> Bool {
        switch (self, other) {
        case (.object(let a), .object(let b)):
            a.count == b.count
                && a.allSatisfy { member in
                    b.contains { $0.key == member.key && $0.value.isSame(as: member.value) }
                }
        case (.array(let a), .array(let b)):
            a.count == b.count && zip(a, b).allSatisfy { $0.isSame(as: $1) }
        case (.integer(let a), .integer(let b)): a == b
        case (.integer, .number), (.number, .integer), (.number, .number): double == other.double
        default: self == other
        }
    }

    /// JSON_OVERLAPS: an element or a member in common.
    func overlaps(_ other: JSON) -> Bool {
        switch (self, other) {
        case (.object(let a), .object(let b)):
            a.contains { member in
                b.contains { $0.key == member.key && $0.value.isSame(as: member.value) }
            }
        case (.array(let a), .array(let b)): a.contains { one in b.contains { $0.isSame(as: one) } }
        case (.array(let a), _): a.contains { $0.isSame(as: other) }
        case (_, .array(let b)): b.contains { $0.isSame(as: self) }
        default: isSame(as: other)
        }
    }

    // MARK: - Printing

    /// The text that a client sees.
    var shown: String {
        var text = ""
        show(into: &text, indent: nil)
        return text
    }

    /// The text of JSON_PRETTY: a line an element, two blanks a level.
    var pretty: String {
        var text = ""
        show(into: &text, indent: 0)
        return text
    }

    private func show(into text: inout String, indent: Int?) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .number(let value):
            let number = NumberText.double(value)
            text += number.contains { $0 == "." || $0 == "e" } ? number : number + ".0"
        case .literal(let digits): text += digits
        case .string(let value): Self.quote(value, into: &text)
        case .array(let elements):
            Self.list(elements, "[", "]", into: &text, indent) { element, text, inner in
                element.show(into: &text, indent: inner)
            }
        case .object(let members):
            Self.list(members, "{", "}", into: &text, indent) { member, text, inner in
                Self.quote(member.key, into: &text)
                text += ": "
                member.value.show(into: &text, indent: inner)
            }
        }
    }

    private static func list<Element>(
        _ elements: [Element],
        _ open: String,
        _ close: String,
        into text: inout String,
        _ indent: Int?,
        _ show: (Element, inout String, Int?) -> Void
    ) {
        text += open
        let inner = indent.map { $0 + 1 }
        for (place, element) in elements.enumerated() {
            if let inner {
                text += (place > 0 ? "," : "") + "\n" + String(repeating: "  ", count: inner)
            } else if place > 0 {
                text += ", "
            }
            show(element, &text, inner)
        }
        if let indent, !elements.isEmpty {
            text += "\n" + String(repeating: "  ", count: indent)
        }
        text += close
    }

    /// Appends a string in quotes.
    static func quote(_ value: String, into text: inout String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{8}": text += "\\b"
            case "\u{C}": text += "\\f"
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }

    /// A string in quotes.
    static func quoted(_ value: String) -> String {
        var text = ""
        quote(value, into: &text)
        return text
    }
}
