/// A value as a user writes it, before anybody knows which parameter it is for.
public enum ParameterValue: Equatable, Sendable, CustomStringConvertible {
    /// A whole number.
    case integer(Int64)
    /// A number with a fraction or exponent.
    case real(Double)
    /// Text. Numbers and booleans in text are read as such where a number or boolean is wanted.
    case text(String)
    /// True or false.
    case boolean(Bool)
    /// An explicit absence (`None`, NULL): the parameter keeps its default.
    case none

    /// The value as in a message.
    public var description: String {
        switch self {
        case .integer(let value): "\(value)"
        case .real(let value): "\(value)"
        case .text(let value): value
        case .boolean(let value): value ? "True" : "False"
        case .none: "None"
        }
    }

    /// The value as a whole number; nil when it is none.
    package var asInteger: Int64? {
        switch self {
        case .integer(let value): value
        case .real(let value): Int64(exactly: value)
        case .text(let value): Int64(value) ?? Double(value).flatMap { Int64(exactly: $0) }
        case .boolean, .none: nil
        }
    }

    /// The value as a finite number; nil when it is none.
    package var asReal: Double? {
        let number: Double? =
            switch self {
            case .integer(let value): Double(value)
            case .real(let value): value
            case .text(let value): Double(value)
            case .boolean, .none: nil
            }
        return number.flatMap { $0.isFinite ? $0 : nil }
    }

    /// The value as a boolean; nil when it is none.
    package var asBoolean: Bool? {
        switch self {
        case .boolean(let value): return value
        case .integer(0): return false
        case .integer(1): return true
        case .text(let value):
            switch value.lowercased() {
            case "true", "1", "+", "on", "yes": return true
            case "false", "0", "-", "off", "no": return false
            default: return nil
            }
        default: return nil
        }
    }

    /// The words of a list: text cut at commas, without the blanks around them.
    package var asWords: [String]? {
        guard case .text(let value) = self else { return nil }
        return value.split(separator: ",").map { Self.trimmed($0) }
    }

    /// The members of a list of numbers: one number, or text cut at commas, in brackets or not.
    package var asMembers: [ParameterValue]? {
        switch self {
        case .integer, .real: return [self]
        case .boolean, .none: return nil
        case .text(let value):
            var text = Self.trimmed(value[...])
            for (open, close) in [("[", "]"), ("(", ")")]
            where text.hasPrefix(open) && text.hasSuffix(close) {
                text = Self.trimmed(text.dropFirst().dropLast())
            }
            if text.isEmpty { return [] }
            return text.split(separator: ",", omittingEmptySubsequences: false)
                .map { .text(Self.trimmed($0)) }
        }
    }

    /// The lists of a list of lists: `[0,1],[2,3]`, with or without brackets around all.
    var asLists: [[ParameterValue]]? {
        guard case .text(let value) = self else { return nil }
        var text = value.filter { $0 != " " }
        if text.hasPrefix("[[") && text.hasSuffix("]]") {
            text = String(text.dropFirst().dropLast())
        }
        if text.isEmpty || text == "[]" { return [] }
        guard text.hasPrefix("["), text.hasSuffix("]") else { return nil }
        var lists: [[ParameterValue]] = []
        for piece in text.dropFirst().dropLast().split(separator: "[") {
            var members = piece
            if members.hasSuffix("],") { members = members.dropLast(2) }
            guard !members.contains("]") else { return nil }
            lists.append(members.split(separator: ",").map { .text(String($0)) })
        }
        return lists
    }

    private static func trimmed(_ text: Substring) -> String {
        let isBlank = { (character: Character) in character == " " }
        return String(text.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }
}
