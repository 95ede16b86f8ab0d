/// Turns the text of a regular expression into instructions.
struct TextPatternParser {
    /// Code points of the pattern.
    private let text: [UInt32]
    /// Where the next one is.
    private var position = 0
    /// Groups that are open.
    private var depth = 0

    /// `\d`
    static let digit = TextPattern.Class(ranges: [0x30...0x39])
    /// `\w`
    static let word = TextPattern.Class(ranges: [
        0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A,
    ])
    /// `\s`
    static let space = TextPattern.Class(ranges: [0x09...0x0D, 0x20...0x20])

    private typealias Code = [TextPattern.Instruction]

    /// Stands at the first character.
    init(_ text: String) { self.text = text.unicodeScalars.map(\.value) }

    /// The instructions of the whole pattern.
    mutating func parse() throws(TextPattern.Defect) -> [TextPattern.Instruction] {
        let code = try alternatives()
        guard position == text.count else { throw .malformed("a ')' too many") }
        return code + [.match]
    }

    /// The next code point; nil at the end.
    private var next: UInt32? { position < text.count ? text[position] : nil }

    /// Whether the next character is this one.
    private func isNext(_ character: Character) -> Bool {
        next == character.unicodeScalars.first?.value
    }

    /// Passes over the next character when it is this one.
    private mutating func take(_ character: Character) -> Bool {
        guard isNext(character) else { return false }
        position += 1
        return true
    }

    /// Ways between bars; the first that matches is preferred.
    private mutating func alternatives() throws(TextPattern.Defect) -> [TextPattern.Instruction] {
        depth += 1
        defer { depth -= 1 }
        guard depth <= FormatLimits.programNestingMax else { throw .unsupported("deep groups") }
        var code = try sequence()
        while take("|") {
            let other = try sequence()
            // The jump at the end of the first way passes over the second.
            code = [.split(1, code.count + 2)] + Self.moved(code, 1) + [.jump(0)]
            let end = code.count + other.count
            code[code.count - 1] = .jump(end)
            code += Self.moved(other, code.count)
        }
        return code
    }

    /// Atoms, one behind the other, up to a bar, a bracket or the end.
    private mutating func sequence() throws(TextPattern.Defect) -> [TextPattern.Instruction] {
        var code: [TextPattern.Instruction] = []
        while let next, next != 0x7C, next != 0x29 {
            let atom = try atom()
            code += Self.moved(try repeated(atom), code.count)
            guard code.count <= FormatLimits.patternStatesMax else {
                throw .unsupported("more than \(FormatLimits.patternStatesMax) states")
            }
        }
        return code
    }

    /// Code with its targets moved by where it comes to stand.
    private static func moved(
        _ code: [TextPattern.Instruction],
        _ by: Int
    ) -> [TextPattern.Instruction] {
        code.map {
            switch $0 {
            case .split(let a, let b): .split(a + by, b + by)
            case .jump(let a): .jump(a + by)
            default: $0
            }
        }
    }

    // MARK: - Repetition

    /// An atom with the repetitions that follow it.
    private mutating func repeated(
        _ atom: [TextPattern.Instruction]
    ) throws(TextPattern.Defect) -> [TextPattern.Instruction] {
        var code = atom
        while let bounds = try bounds() {
            let isLazy = take("?")
            guard !isNext("+") || isLazy else { throw .unsupported("a possessive repetition") }
            code = try Self.code(code, bounds.low, bounds.high, isLazy: isLazy)
        }
        return code
    }

    /// How often the atom before may stand there; nil when nothing says so.
    private mutating func bounds() throws(TextPattern.Defect) -> (low: Int, high: Int?)? {
        if take("*") { return (0, nil) }
        if take("+") { return (1, nil) }
        if take("?") { return (0, 1) }
        guard isNext("{") else { return nil }
        let start = position
        position += 1
        let low = number()
        var high = low
        if take(",") { high = number() }
        guard let low, take("}"), (high ?? low) >= low, max(low, high ?? 0) <= 1_000 else {
            position = start
            throw .malformed("a '{' that bounds nothing")
        }
        let isOpen = text[start..<position].contains(0x2C) && high == nil
        return (low, isOpen ? nil : high ?? low)
    }

    /// A number of digits; nil when there is none.
    private mutating func number() -> Int? {
        let start = position
        var value = 0
        while let next, (0x30...0x39).contains(next), value < 100_000 {
            value = value * 10 + Int(next - 0x30)
            position += 1
        }
        return position > start ? value : nil
    }

    /// Copies of an atom: as many as it must be there, then those that it may.
    private static func code(
        _ atom: [TextPattern.Instruction],
        _ low: Int,
        _ high: Int?,
        isLazy: Bool
    ) throws(TextPattern.Defect) -> [TextPattern.Instruction] {
        guard atom.count * max(low, high ?? 1) <= FormatLimits.patternStatesMax else {
            throw .unsupported("more than \(FormatLimits.patternStatesMax) states")
        }
        func split(_ preferred: Int, _ other: Int) -> TextPattern.Instruction {
            isLazy ? .split(other, preferred) : .split(preferred, other)
        }
        var code: [TextPattern.Instruction] = []
        for _ in 0..<low { code += moved(atom, code.count) }
        guard let high else {
            let start = code.count
            code.append(split(start + 1, start + atom.count + 2))
            code += moved(atom, code.count)
            code.append(.jump(start))
            return code
        }
        for _ in low..<high {
            let start = code.count
            code.append(split(start + 1, start + atom.count + 1))
            code += moved(atom, code.count)
        }
        return code
    }

    // MARK: - Atoms

    /// A character, a class, an assertion or a group.
    private mutating func atom() throws(TextPattern.Defect) -> [TextPattern.Instruction] {
        guard let next else { return [] }
        position += 1
        switch Character(Unicode.Scalar(next) ?? " ") {
        case "(":
            if take("?") {
                guard take(":") else { throw .unsupported("a group with '?'") }
            }
            let code = try alternatives()
            guard take(")") else { throw .malformed("a '(' without an end") }
            return code
        case ".": return [.any]
        case "^": return [.start]
        case "$": return [.end]
        case "[": return [.set(try set())]
        case "\\": return [try escape()]
        case "*", "+", "?", "{": throw .malformed("a repetition of nothing")
        default: return [.scalar(next)]
        }
    }

    /// What a backslash and what follows it stand for.
    private mutating func escape() throws(TextPattern.Defect) -> TextPattern.Instruction {
        guard let next else { throw .malformed("a '\\' at its end") }
        if next == 0x62 || next == 0x42 {
            position += 1
            return next == 0x62 ? .boundary : .noBoundary
        }
        let set = try escapedSet()
        if !set.isNegated, set.ranges.count == 1, let range = set.ranges.first, range.count == 1 {
            return .scalar(range.lowerBound)
        }
        return .set(set)
    }

    /// What stands behind a backslash, as a set.
    private mutating func escapedSet() throws(TextPattern.Defect) -> TextPattern.Class {
        guard let next else { throw .malformed("a '\\' at its end") }
        position += 1
        var set: TextPattern.Class
        switch Character(Unicode.Scalar(next) ?? " ") {
        case "d", "D": set = Self.digit
        case "w", "W": set = Self.word
        case "s", "S": set = Self.space
        case "t": return .init(ranges: [9...9])
        case "n": return .init(ranges: [10...10])
        case "r": return .init(ranges: [13...13])
        case let other where other.isLetter || other.isNumber:
            throw .unsupported("'\\\(other)'")
        default: return .init(ranges: [next...next])
        }
        set.isNegated = next < 0x61
        return set
    }

    /// A set in square brackets, the first of which is taken already.
    private mutating func set() throws(TextPattern.Defect) -> TextPattern.Class {
        var set = TextPattern.Class()
        set.isNegated = take("^")
        var isFirst = true
        while let next {
            if next == 0x5D, !isFirst {
                position += 1
                return set
            }
            isFirst = false
            position += 1
            guard next != 0x5B else { throw .unsupported("a set in a set") }
            var low = next
            if next == 0x5C {
                let escaped = try escapedSet()
                guard !escaped.isNegated else { throw .unsupported("a negated class in a set") }
                set.ranges += escaped.ranges
                guard escaped.ranges.count == 1, let only = escaped.ranges.first, only.count == 1
                else { continue }
                low = only.lowerBound
            }
            set.ranges.append(try range(from: low))
        }
        throw .malformed("a '[' without an end")
    }

    /// From a character of a set to the one behind a hyphen, if there is one.
    private mutating func range(from low: UInt32) throws(TextPattern.Defect) -> ClosedRange<UInt32>
    {
        guard isNext("-"), position + 1 < text.count, text[position + 1] != 0x5D else {
            return low...low
        }
        position += 1
        guard let high = next, high >= low, high != 0x5C else {
            throw .malformed("a range that ends before it begins")
        }
        position += 1
        return low...high
    }
}
