/// A regular expression that takes time linear in the text: all ways are followed at once (R. Cox,
/// "Regular expression matching: the virtual machine approach", 2009).
///
/// Characters, `.`, classes, groups, alternatives, `* + ? {m,n}` greedy or lazy, `^ $ \b \B`.
/// Groups are not captured; look-around, back references and possessive repetitions are refused.
struct TextPattern {
    /// Why a text is no pattern that can be followed.
    enum Defect: Error {
        case unsupported(String)
        case malformed(String)
    }

    /// A set of characters.
    struct Class {
        /// Code points, first to last.
        var ranges: [ClosedRange<UInt32>] = []
        /// Everything else is meant.
        var isNegated = false

        func holds(_ scalar: UInt32) -> Bool {
            ranges.contains { $0.contains(scalar) } != isNegated
        }
    }

    /// A step of the machine that follows a pattern.
    enum Instruction {
        case scalar(UInt32)
        case any
        case set(Class)
        /// The first way is preferred.
        case split(Int, Int)
        case jump(Int)
        case start, end, boundary, noBoundary
        case match
    }

    /// The steps; the first is where every way begins.
    private(set) var code: [Instruction] = []

    /// Compiles the text of a pattern.
    init(_ text: String) throws(Defect) {
        var parser = TextPatternParser(text)
        code = try parser.parse()
    }

    /// Whether some part of a text matches.
    func isFound(in text: String) -> Bool {
        let scalars = text.unicodeScalars.map(\.value)
        return match(scalars, from: 0) != nil
    }

    /// The text with every match replaced.
    func replacing(in text: String, with replacement: String) -> String {
        let scalars = text.unicodeScalars.map(\.value)
        var result = String.UnicodeScalarView()
        var position = 0
        while position <= scalars.count, let found = match(scalars, from: position) {
            result.append(contentsOf: Self.view(scalars[position..<found.lowerBound]))
            result.append(contentsOf: replacement.unicodeScalars)
            position = found.upperBound
            if found.isEmpty {
                result.append(contentsOf: Self.view(scalars[position...].prefix(1)))
                position += 1
            }
        }
        if position < scalars.count { result.append(contentsOf: Self.view(scalars[position...])) }
        return String(result)
    }

    /// Scalars out of their numbers.
    private static func view(_ values: ArraySlice<UInt32>) -> [Unicode.Scalar] {
        values.compactMap(Unicode.Scalar.init)
    }

    /// The leftmost match from a position on; of several, the one that the pattern prefers.
    private func match(_ text: [UInt32], from first: Int) -> Range<Int>? {
        assert(first <= text.count, "a match behind the text")
        var threads = ThreadList(count: code.count)
        var next = ThreadList(count: code.count)
        var best: Range<Int>?
        for position in first...text.count {
            if best == nil { add(0, position, &threads, text, position) }
            if threads.entries.isEmpty { break }
            next.clear()
            for (place, start) in threads.entries {
                if case .match = code[place] {
                    best = start..<position
                    break
                }
                guard position < text.count else { continue }
                let isTaken =
                    switch code[place] {
                    case .scalar(let scalar): scalar == text[position]
                    case .any: text[position] != 0x0A
                    case .set(let set): set.holds(text[position])
                    default: false
                    }
                if isTaken { add(place + 1, start, &next, text, position + 1) }
            }
            swap(&threads, &next)
        }
        return best
    }

    /// Follows what takes no character; ways in order of preference.
    private func add(
        _ place: Int,
        _ start: Int,
        _ list: inout ThreadList,
        _ text: [UInt32],
        _ position: Int
    ) {
        var stack = [place]
        while let place = stack.popLast() {
            guard list.insert(place) else { continue }
            switch code[place] {
            case .jump(let target): stack.append(target)
            case .split(let preferred, let other):
                stack.append(other)
                stack.append(preferred)
            case .start: if position == 0 { stack.append(place + 1) }
            case .end: if position == text.count { stack.append(place + 1) }
            case .boundary, .noBoundary:
                let before = position > 0 && Self.isWord(text[position - 1])
                let after = position < text.count && Self.isWord(text[position])
                let wantsBoundary = if case .boundary = code[place] { true } else { false }
                if (before != after) == wantsBoundary { stack.append(place + 1) }
            default: list.entries.append((place, start))
            }
        }
    }

    /// Whether `\b` takes a character for part of a word.
    private static func isWord(_ scalar: UInt32) -> Bool {
        TextPatternParser.word.holds(scalar)
    }
}

/// The places in a pattern that a text has come to, each once.
private struct ThreadList {
    /// In order of preference, each with where its match began.
    var entries: [(place: Int, start: Int)] = []
    /// The generation in which each place was last reached.
    private var marks: [Int]
    /// Counts the characters read, so that marks need no clearing.
    private var generation = 1

    /// Compiles the text of a pattern.
    init(count: Int) { marks = [Int](repeating: 0, count: count) }

    /// Reaches a place; false when it was reached for this character already.
    mutating func insert(_ place: Int) -> Bool {
        if marks[place] == generation { return false }
        marks[place] = generation
        return true
    }

    /// Forgets all places.
    mutating func clear() {
        entries.removeAll(keepingCapacity: true)
        generation += 1
    }
}
