/// A regular expression, matched by backtracking with a bounded number of steps.
///
/// Knows what SQL texts use: `.`, classes with ranges and `[:alpha:]`, `\d \w \s \b` and their
/// opposites, anchors, groups, alternation, `* + ? {m,n}` greedy and lazy.
final class MatchPattern: Sendable {
    /// Where it matched, and what its groups hold.
    struct Match {
        var range: Range<Int>
        var groups: [Range<Int>?]

        /// A replacement with `$1` and `\1` filled in.
        func expanded(_ replacement: String, _ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
            var result: [Unicode.Scalar] = []
            var rest = Array(replacement.unicodeScalars)[...]
            while let first = rest.popFirst() {
                guard first == "$" || first == "\\", let next = rest.first else {
                    result.append(first)
                    continue
                }
                rest.removeFirst()
                guard let digit = Int(String(next)), digit <= groups.count else {
                    result.append(next)
                    continue
                }
                let range = digit == 0 ? self.range : groups[digit - 1]
                if let range { result += text[range] }
            }
            return result
        }
    }

    /// What a search gave.
    enum Outcome {
        case found(Match)
        case none
        case tooLong
    }

    indirect enum Node: Sendable {
        case scalar(UInt32)
        case any
        case set([ClosedRange<UInt32>], isNegated: Bool)
        case start
        case end
        case wordEdge(Bool)
        case group(Node, Int?)
        case sequence([Node])
        case either([Node])
        case repeated(Node, Int, Int, isLazy: Bool)
    }

    /// The pattern as a tree.
    private let root: Node
    /// Groups that capture.
    private let groupCount: Int
    /// Upper and lower case are the same.
    private let isFolding: Bool
    /// `^` and `$` match at every line.
    private let isMultiLine: Bool
    /// `.` matches line ends too.
    private let dotMatchesNewline: Bool
    /// Tries of one search, so that no pattern runs for ever.
    private static let stepsMax = 2_000_000

    /// Nil for a pattern that is malformed or uses what is not known.
    init?(_ pattern: String, isFolding: Bool, isMultiLine: Bool, dotMatchesNewline: Bool) {
        guard pattern.utf8.count <= TableLimits.patternBytesMax else { return nil }
        var parser = PatternParser(pattern, isFolding: isFolding)
        guard let node = parser.parse() else { return nil }
        root = node
        groupCount = parser.groupCount
        self.isFolding = isFolding
        self.isMultiLine = isMultiLine
        self.dotMatchesNewline = dotMatchesNewline
    }

    /// The first match at or behind `start`.
    func search(_ text: [Unicode.Scalar], from start: Int) -> Outcome {
        let folded = isFolding ? text.map { TextFolding.lower($0.value) } : text.map(\.value)
        var run = Run(pattern: self, text: folded)
        var position = start
        while position <= text.count {
            run.groups = Array(repeating: nil, count: groupCount)
            var end: Int?
            let matched = run.match(root, position, 0) { run, place in
                end = place
                return true
            }
            if run.steps > Self.stepsMax { return .tooLong }
            if matched, let end { return .found(Match(range: position..<end, groups: run.groups)) }
            position += 1
        }
        return .none
    }

    /// One search: the text and what was captured so far.
    struct Run {
        let pattern: MatchPattern
        let text: [UInt32]
        var groups: [Range<Int>?] = []
        var steps = 0

        init(pattern: MatchPattern, text: [UInt32]) {
            self.pattern = pattern
            self.text = text
        }

        typealias Rest = (inout Run, Int) -> Bool

        mutating func match(_ node: Node, _ place: Int, _ depth: Int, _ rest: Rest) -> Bool {
            steps += 1
            // The depth bounds the stack: a long text under `*` is matched by the loop below.
            guard steps <= MatchPattern.stepsMax, depth < 3_000 else {
                steps = MatchPattern.stepsMax + 1
                return false
            }
            switch node {
            case .sequence(let nodes): return sequence(nodes[...], place, depth, rest)
            case .either(let nodes):
                for node in nodes where match(node, place, depth + 1, rest) { return true }
                return false
            case .group(let inner, let index):
                return match(inner, place, depth + 1) { run, end in
                    guard let index else { return rest(&run, end) }
                    let before = run.groups[index]
                    run.groups[index] = place..<end
                    if rest(&run, end) { return true }
                    run.groups[index] = before
                    return false
                }
            case .repeated(let inner, let low, let high, let isLazy):
                if isLazy { return lazily(inner, low, high, place, depth, rest) }
                return greedily(inner, low, high, place, depth, rest)
            case .start:
                let atLine = pattern.isMultiLine && place > 0 && text[place - 1] == 0x0A
                return place == 0 || atLine ? rest(&self, place) : false
            case .end:
                let atLine = pattern.isMultiLine && place < text.count && text[place] == 0x0A
                return place == text.count || atLine ? rest(&self, place) : false
            case .wordEdge(let wanted):
                let before = place > 0 && MatchPattern.isWord(text[place - 1])
                let after = place < text.count && MatchPattern.isWord(text[place])
                return (before != after) == wanted ? rest(&self, place) : false
            default:
                guard place < text.count, accepts(node, text[place]) else { return false }
                return rest(&self, place + 1)
            }
        }

        private mutating func sequence(
            _ nodes: ArraySlice<Node>,
            _ place: Int,
            _ depth: Int,
            _ rest: Rest
        ) -> Bool {
            guard let first = nodes.first else { return rest(&self, place) }
            return match(first, place, depth + 1) { run, end in
                run.sequence(nodes.dropFirst(), end, depth + 1, rest)
            }
        }

        /// True when the node is one scalar wide, so that repeating needs no recursion.
        private func isSingle(_ node: Node) -> Bool {
            switch node {
            case .scalar, .any, .set: true
            default: false
            }
        }

        private mutating func greedily(
            _ inner: Node,
            _ low: Int,
            _ high: Int,
            _ place: Int,
            _ depth: Int,
            _ rest: Rest
        ) -> Bool {
            if isSingle(inner) {
                var end = place
                while end < text.count, end - place < high, accepts(inner, text[end]) { end += 1 }
                while end - place >= low {
                    steps += 1
                    if rest(&self, end) { return true }
                    if steps > MatchPattern.stepsMax { return false }
                    end -= 1
                }
                return false
            }
            if high > 0 {
                let more = match(inner, place, depth + 1) { run, end in
                    // An empty round would go on for ever.
                    if end == place, low <= 0 { return false }
                    return run.greedily(
                        inner,
                        low - 1,
                        high == .max ? .max : high - 1,
                        end,
                        depth + 1,
                        rest
                    )
                }
                if more { return true }
            }
            return low <= 0 && rest(&self, place)
        }

        private mutating func lazily(
            _ inner: Node,
            _ low: Int,
            _ high: Int,
            _ place: Int,
            _ depth: Int,
            _ rest: Rest
        ) -> Bool {
            if low <= 0, rest(&self, place) { return true }
            guard high > 0 else { return false }
            return match(inner, place, depth + 1) { run, end in
                if end == place, low <= 0 { return false }
                return run.lazily(
                    inner,
                    low - 1,
                    high == .max ? .max : high - 1,
                    end,
                    depth + 1,
                    rest
                )
            }
        }

        private func accepts(_ node: Node, _ value: UInt32) -> Bool {
            switch node {
            case .scalar(let wanted): return wanted == value
            case .any: return pattern.dotMatchesNewline || (value != 0x0A && value != 0x0D)
            case .set(let ranges, let isNegated):
                return ranges.contains { $0.contains(value) } != isNegated
            default: return false
            }
        }
    }

    /// Letters, digits and the underscore, of any script.
    static func isWord(_ value: UInt32) -> Bool {
        if value < 0x80 {
            return (0x30...0x39).contains(value) || (0x41...0x5A).contains(value)
                || (0x61...0x7A).contains(value) || value == 0x5F
        }
        return Unicode.Scalar(value)?.properties.isAlphabetic ?? false
    }
}

/// Reads a pattern.
private struct PatternParser {
    private let text: [Unicode.Scalar]
    private var position = 0
    private var depth = 0
    private let isFolding: Bool
    private(set) var groupCount = 0

    init(_ pattern: String, isFolding: Bool) {
        text = Array(pattern.unicodeScalars)
        self.isFolding = isFolding
    }

    private var next: Unicode.Scalar? { position < text.count ? text[position] : nil }

    private mutating func take(_ wanted: Unicode.Scalar) -> Bool {
        guard next == wanted else { return false }
        position += 1
        return true
    }

    private func folded(_ value: UInt32) -> UInt32 { isFolding ? TextFolding.lower(value) : value }

    /// The whole pattern; nil for one that is malformed.
    mutating func parse() -> MatchPattern.Node? {
        guard let node = either(), position == text.count else { return nil }
        return node
    }

    /// Branches with `|` between.
    private mutating func either() -> MatchPattern.Node? {
        depth += 1
        defer { depth -= 1 }
        guard depth <= 100 else { return nil }
        var branches: [MatchPattern.Node] = []
        repeat {
            var nodes: [MatchPattern.Node] = []
            while let scalar = next, scalar != "|", scalar != ")" {
                guard let node = repeated() else { return nil }
                nodes.append(node)
            }
            branches.append(nodes.count == 1 ? nodes[0] : .sequence(nodes))
        } while take("|")
        return branches.count == 1 ? branches[0] : .either(branches)
    }

    /// An atom and its quantifiers.
    private mutating func repeated() -> MatchPattern.Node? {
        guard var node = atom() else { return nil }
        while let scalar = next {
            var low = 0
            var high = Int.max
            switch scalar {
            case "*": break
            case "+": low = 1
            case "?": high = 1
            case "{":
                guard let bounds = bounds() else { return nil }
                (low, high) = bounds
                position -= 1
            default: return node
            }
            position += 1
            node = .repeated(node, low, high, isLazy: take("?"))
        }
        return node
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let scalar = next, let digit = Int(String(scalar)), scalar.isASCII {
            value = min((value ?? 0) * 10 + digit, 100_000)
            position += 1
        }
        return value
    }

    /// `{m}`, `{m,}`, `{m,n}`.
    private mutating func bounds() -> (Int, Int)? {
        position += 1
        guard let low = number() else { return nil }
        var high = low
        if take(",") { high = number() ?? .max }
        guard take("}"), low <= high, low <= 1_000 else { return nil }
        return (low, high)
    }

    /// A character, a class, a group or an anchor.
    private mutating func atom() -> MatchPattern.Node? {
        guard let scalar = next else { return nil }
        position += 1
        switch scalar {
        case ".": return .any
        case "^": return .start
        case "$": return .end
        case "(":
            var index: Int?
            if take("?") {
                guard take(":") else { return nil }
            } else {
                index = groupCount
                groupCount += 1
            }
            guard let inner = either(), take(")") else { return nil }
            return .group(inner, index)
        case "[": return set()
        case "\\": return escape()
        case "*", "+", "?": return nil
        default: return .scalar(folded(scalar.value))
        }
    }

    private static let digits: [ClosedRange<UInt32>] = [0x30...0x39]
    private static let words: [ClosedRange<UInt32>] = [
        0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A, 0xC0...0x24F,
    ]
    private static let blanks: [ClosedRange<UInt32>] = [0x09...0x0D, 0x20...0x20, 0xA0...0xA0]

    /// What follows a backslash.
    private mutating func escape() -> MatchPattern.Node? {
        guard let scalar = next else { return nil }
        position += 1
        switch scalar {
        case "d": return .set(Self.digits, isNegated: false)
        case "D": return .set(Self.digits, isNegated: true)
        case "w": return .set(Self.words, isNegated: false)
        case "W": return .set(Self.words, isNegated: true)
        case "s": return .set(Self.blanks, isNegated: false)
        case "S": return .set(Self.blanks, isNegated: true)
        case "b": return .wordEdge(true)
        case "B": return .wordEdge(false)
        case "n": return .scalar(0x0A)
        case "t": return .scalar(0x09)
        case "r": return .scalar(0x0D)
        default:
            // An unknown letter may mean anything in another dialect: refuse rather than guess.
            if scalar.isASCII, scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) {
                return nil
            }
            return .scalar(folded(scalar.value))
        }
    }

    private static let named: [String: [ClosedRange<UInt32>]] = [
        "alpha": [0x41...0x5A, 0x61...0x7A, 0xC0...0x24F], "digit": digits, "space": blanks,
        "alnum": [0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0xC0...0x24F],
        "upper": [0x41...0x5A], "lower": [0x61...0x7A], "blank": [0x20...0x20, 0x09...0x09],
        "punct": [0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E],
        "xdigit": [0x30...0x39, 0x41...0x46, 0x61...0x66],
    ]

    /// `[...]`, behind its opening bracket.
    private mutating func set() -> MatchPattern.Node? {
        let isNegated = take("^")
        var ranges: [ClosedRange<UInt32>] = []
        var isFirst = true
        while let scalar = next, isFirst || scalar != "]" {
            isFirst = false
            position += 1
            if scalar == "[", next == ":" {
                guard let named = className() else { return nil }
                ranges += named
                continue
            }
            var low = scalar.value
            if scalar == "\\" {
                guard let node = escape() else { return nil }
                if case .set(let inner, false) = node {
                    ranges += inner
                    continue
                }
                guard case .scalar(let value) = node else { return nil }
                low = value
            }
            var high = low
            if next == "-", position + 1 < text.count, text[position + 1] != "]" {
                position += 1
                high = text[position].value
                position += 1
            }
            guard low <= high else { return nil }
            ranges.append(low...high)
            if isFolding, high - low < 1_000 {
                ranges += (low...high).map { TextFolding.lower($0)...TextFolding.lower($0) }
            }
        }
        guard take("]") else { return nil }
        return .set(ranges, isNegated: isNegated)
    }

    /// `[:alpha:]`, behind its opening bracket.
    private mutating func className() -> [ClosedRange<UInt32>]? {
        position += 1
        var name = ""
        while let scalar = next, scalar != ":" {
            name.unicodeScalars.append(scalar)
            position += 1
        }
        guard take(":"), take("]") else { return nil }
        return Self.named[name]
    }
}
