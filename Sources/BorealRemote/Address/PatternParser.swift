/// What an expression says, as a tree.
indirect enum PatternTree: Equatable, Sendable {
    case empty
    case bytes(ByteSet)
    case start
    case end
    case sequence([PatternTree])
    case either([PatternTree])
    /// `most` nil for any number.
    case times(PatternTree, least: Int, most: Int?)

    var hasNestedQuantifier: Bool {
        switch self {
        case .empty, .bytes, .start, .end: false
        case .sequence(let parts), .either(let parts): parts.contains(where: \.hasNestedQuantifier)
        case .times(let inner, _, _): inner.hasQuantifier || inner.hasNestedQuantifier
        }
    }

    private var hasQuantifier: Bool {
        switch self {
        case .empty, .bytes, .start, .end: false
        case .sequence(let parts), .either(let parts): parts.contains(where: \.hasQuantifier)
        case .times: true
        }
    }
}

/// Reads an expression.
struct PatternParser {
    private let text: String
    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    /// Groups in groups.
    private static let depthMax = 32
    /// A count in braces.
    private static let countMax = 256

    init(_ text: String) {
        self.text = text
        bytes = Array(text.utf8)
    }

    mutating func parse() throws(RemoteModelError) -> PatternTree {
        guard bytes.allSatisfy({ (0x20..<0x7F).contains($0) }) else {
            throw refused("only printable ASCII is supported")
        }
        let tree = try alternatives()
        guard position == bytes.count else { throw refused("')' without '('") }
        return tree
    }

    private func refused(_ reason: String) -> RemoteModelError {
        RemoteModelError(
            .config,
            "Invalid regex pattern: \(UpstreamText.clean(text.utf8)) (\(reason))"
        )
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func alternatives() throws(RemoteModelError) -> PatternTree {
        var choices = [try sequence()]
        while take("|") { choices.append(try sequence()) }
        return choices.count == 1 ? choices[0] : .either(choices)
    }

    private mutating func sequence() throws(RemoteModelError) -> PatternTree {
        var parts: [PatternTree] = []
        while let byte = next, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") {
            parts.append(try repeated(try atom()))
        }
        return parts.count == 1 ? parts[0] : parts.isEmpty ? .empty : .sequence(parts)
    }

    private mutating func atom() throws(RemoteModelError) -> PatternTree {
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "("): return try group()
        case UInt8(ascii: "["): return .bytes(try set())
        case UInt8(ascii: "."): return .bytes(.all)
        case UInt8(ascii: "^"): return .start
        case UInt8(ascii: "$"): return .end
        case UInt8(ascii: "\\"): return .bytes(try escape())
        case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"), UInt8(ascii: "{"):
            throw refused("'\(Character(Unicode.Scalar(byte)))' repeats nothing")
        default:
            var set = ByteSet()
            set.insert(byte)
            return .bytes(set)
        }
    }

    private mutating func group() throws(RemoteModelError) -> PatternTree {
        if take("?") {
            guard take(":") else { throw refused("of '(?' only '(?:' is supported") }
        }
        depth += 1
        guard depth <= Self.depthMax else { throw refused("too many groups in groups") }
        let tree = try alternatives()
        depth -= 1
        guard take(")") else { throw refused("')' is missing") }
        return tree
    }

    /// The quantifier behind an atom; one alone, and perhaps `?` for the lazy form.
    private mutating func repeated(_ atom: PatternTree) throws(RemoteModelError) -> PatternTree {
        var tree = atom
        if take("*") {
            tree = .times(atom, least: 0, most: nil)
        } else if take("+") {
            tree = .times(atom, least: 1, most: nil)
        } else if take("?") {
            tree = .times(atom, least: 0, most: 1)
        } else if take("{") {
            tree = try counted(atom)
        } else {
            return atom
        }
        _ = take("?")
        switch next {
        case UInt8(ascii: "+"): throw refused("possessive quantifiers are not supported")
        case UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "{"):
            throw refused("a quantifier repeats a quantifier")
        default: return tree
        }
    }

    private mutating func counted(_ atom: PatternTree) throws(RemoteModelError) -> PatternTree {
        let least = try count()
        var most: Int? = least
        if take(",") { most = next == UInt8(ascii: "}") ? nil : try count() }
        guard take("}") else { throw refused("'}' is missing") }
        guard most.map({ $0 >= least }) ?? true else { throw refused("a range runs backwards") }
        return .times(atom, least: least, most: most)
    }

    private mutating func count() throws(RemoteModelError) -> Int {
        let digits = bytes[position...].prefix { (0x30...0x39).contains($0) }
        guard let count = Int(String(decoding: digits, as: UTF8.self)), count <= Self.countMax
        else {
            throw refused("a count is a number up to \(Self.countMax)")
        }
        position += digits.count
        return count
    }

    /// A class, its opening bracket read.
    private mutating func set() throws(RemoteModelError) -> ByteSet {
        let isInverted = take("^")
        var set = ByteSet()
        var isFirst = true
        while isFirst || next != UInt8(ascii: "]") {
            guard let byte = next else { throw refused("']' is missing") }
            if byte == UInt8(ascii: "[") || bytes[position...].starts(with: "&&".utf8) {
                throw refused("classes in classes are not supported")
            }
            isFirst = false
            try member(into: &set)
        }
        position += 1
        return isInverted ? set.inverted : set
    }

    /// A byte, a range or an escape of a class.
    private mutating func member(into set: inout ByteSet) throws(RemoteModelError) {
        let isEscape = next == UInt8(ascii: "\\")
        let first = bytes[position]
        position += 1
        var low = first
        if isEscape {
            let shorthand = Self.shorthand(next)
            let escaped = try escape()
            if let shorthand {
                set.formUnion(shorthand)
                return
            }
            set.formUnion(escaped)
            low = bytes[position - 1]
        } else {
            set.insert(first)
        }
        let isRange =
            next == UInt8(ascii: "-") && position + 1 < bytes.count
            && bytes[position + 1] != UInt8(ascii: "]")
        guard isRange else { return }
        position += 1
        if take("\\") {
            guard Self.shorthand(next) == nil else { throw refused("a range ends in a class") }
            _ = try escape()
        } else {
            position += 1
        }
        let high = bytes[position - 1]
        guard low <= high else { throw refused("a range runs backwards") }
        set.insert(low...high)
    }

    private static func shorthand(_ letter: UInt8?) -> ByteSet? {
        var set = ByteSet()
        switch letter.map({ $0 | 0x20 }) {
        case UInt8(ascii: "d"): set.insert(0x30...0x39)
        case UInt8(ascii: "s"):
            set.insert(0x09...0x0D)
            set.insert(0x20)
        case UInt8(ascii: "w"):
            set.insert(0x30...0x39)
            set.insert(0x41...0x5A)
            set.insert(0x61...0x7A)
            set.insert(UInt8(ascii: "_"))
        default: return nil
        }
        return letter.map { $0 & 0x20 == 0 } == true ? set.inverted : set
    }

    /// What stands behind a backslash.
    private mutating func escape() throws(RemoteModelError) -> ByteSet {
        guard let byte = next else { throw refused("'\\' stands at the end") }
        if let set = Self.shorthand(byte) {
            position += 1
            return set
        }
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            throw refused("back-references are not supported")
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
            throw refused("'\\\(Character(Unicode.Scalar(byte)))' is not supported")
        default: break
        }
        position += 1
        var set = ByteSet()
        set.insert(byte)
        return set
    }
}
