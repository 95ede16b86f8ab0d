import BorealBase

/// The system variables of MySQL that clients ask for, with the values they expect.
enum SystemVariables {
    /// Where a variable may be read and set.
    enum Scope: String, Sendable {
        /// Each session has its own, new ones take the global one.
        case both
        /// One value for all.
        case global
        /// Each session has its own, there is no global one.
        case session
        /// Sessions see the global value of when they began; SET GLOBAL alone changes it.
        case connect
        /// One value for all that nobody sets.
        case fixed
        /// Each session has its own, which it cannot set.
        case own
    }

    /// What values a variable takes.
    enum Kind: Equatable, Sendable {
        /// ON and OFF, kept as 1 and 0.
        case toggle
        /// A whole number; one out of range becomes the nearest bound, with a warning.
        case integer(ClosedRange<Int64>)
        /// A number from 0 that may be above `Int64.max`.
        case unsigned
        /// A number from 0 with a fraction.
        case real
        /// One of these words, which a number counts from 0.
        case choice([String])
        /// A name of a character set or a collation.
        case charset, collation
        /// Any text.
        case text
        /// A value that is not ours to change: another one is error 1235.
        case only
    }

    /// One variable.
    struct Entry: Sendable {
        let kind: Kind
        /// Before anybody sets it.
        let value: TableValue
        let scope: Scope
        /// Shown as ON and OFF.
        let isSwitch: Bool

        init(_ kind: Kind, _ value: TableValue, _ scope: Scope, isSwitch: Bool = false) {
            self.kind = kind
            self.value = value
            self.scope = scope
            self.isSwitch = isSwitch || kind == .toggle
        }

        var isReadOnly: Bool { scope == .fixed || scope == .own }
        /// True when there is no value of a session's.
        var isGlobal: Bool { scope == .global || scope == .fixed }
        /// True when there is no global value.
        var isSession: Bool { scope == .session || scope == .own }
    }

    /// By name.
    static let all: [String: Entry] = {
        var result: [String: Entry] = [:]
        for line in table.split(separator: "\n") {
            let words = line.split(separator: " ").map { String($0) }
            assert(words.count >= 4 && result[words[0]] == nil, "a line of variables: \(line)")
            result[words[0]] = entry(words)
        }
        return result
    }()

    /// Reads `name kind value scope [range or choices]`; `-` is the empty text.
    private static func entry(_ words: [String]) -> Entry {
        let text = words[2] == "-" ? "" : words[2]
        let rest = words.count > 4 ? words[4] : ""
        let scope = Scope(rawValue: words[3]) ?? .fixed
        let toggled: TableValue = .integer(text == "ON" ? 1 : 0)
        switch words[1] {
        case "switch": return Entry(.toggle, toggled, scope)
        case "int":
            let bounds = rest.split(separator: "-").map { Int64($0) ?? .max }
            let range = bounds.count == 2 ? bounds[0]...bounds[1] : 0...Int64.max
            return Entry(.integer(range), .integer(Int64(text) ?? 0), scope)
        case "big": return Entry(.unsigned, .unsigned(UInt64(text) ?? 0), scope)
        case "real": return Entry(.real, .real(Double(text) ?? 0), scope)
        case "choice":
            return Entry(.choice(rest.split(separator: "|").map { String($0) }), .text(text), scope)
        case "charset": return Entry(.charset, .text(text), scope)
        case "collation": return Entry(.collation, .text(text), scope)
        case "null": return Entry(.text, .null, scope)
        case "only":
            if text == "ON" || text == "OFF" {
                return Entry(.only, toggled, scope, isSwitch: true)
            }
            return Entry(.only, Int64(text).map { .integer($0) } ?? .text(text), scope)
        default: return Entry(.text, .text(text), scope)
        }
    }
}
