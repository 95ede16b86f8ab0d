/// A function, initialiser, subscript or computed property with a body.
struct SwiftFunction {
    /// The name, or `init`, `subscript`, ... for those without.
    let name: String
    /// First line of the declaration, counted from 1.
    let firstLine: Int
    /// Line of the closing brace.
    let lastLine: Int

    /// Lines from the declaration to the closing brace, both included.
    var lineCount: Int { lastLine - firstLine + 1 }

    /// Every function in scanned bytes.
    static func find(
        in bytes: [UInt8],
        kinds: [SwiftSource.Kind],
        lineStarts: [Int]
    ) -> [SwiftFunction] {
        var finder = FunctionFinder(bytes: bytes, kinds: kinds, lineStarts: lineStarts)
        return finder.find()
    }
}

/// Matches braces and looks for the words that open a body.
private struct FunctionFinder {
    let bytes: [UInt8]
    let kinds: [SwiftSource.Kind]
    let lineStarts: [Int]
    /// Offset of the closing brace by offset of the opening one.
    var closing: [Int: Int] = [:]

    init(bytes: [UInt8], kinds: [SwiftSource.Kind], lineStarts: [Int]) {
        self.bytes = bytes
        self.kinds = kinds
        self.lineStarts = lineStarts
    }

    mutating func find() -> [SwiftFunction] {
        matchBraces()
        var found: [SwiftFunction] = []
        var offset = 0
        while let word = nextWord(from: offset) {
            offset = word.upperBound
            guard let kind = Self.openers[text(word)], isDeclaration(word),
                let body = bodyOpening(after: word.upperBound, isVariable: kind == .variable),
                let end = closing[body]
            else { continue }
            if kind == .variable, isRequirement(body, end) { continue }
            found.append(
                SwiftFunction(
                    name: name(after: word),
                    firstLine: SwiftSource.line(at: word.lowerBound, lineStarts),
                    lastLine: SwiftSource.line(at: end, lineStarts)
                )
            )
        }
        return found
    }

    private enum Opener { case function, variable }

    private static let openers: [String: Opener] = [
        "func": .function, "init": .function, "deinit": .function, "subscript": .function,
        "var": .variable,
    ]

    private mutating func matchBraces() {
        var open: [Int] = []
        for offset in bytes.indices where kinds[offset] == .code {
            if bytes[offset] == UInt8(ascii: "{") {
                open.append(offset)
            } else if bytes[offset] == UInt8(ascii: "}"), let start = open.popLast() {
                closing[start] = offset
            }
        }
    }

    private func nextWord(from start: Int) -> Range<Int>? {
        var offset = start
        while offset < bytes.count, kinds[offset] != .code || !isWordByte(bytes[offset]) {
            offset += 1
        }
        guard offset < bytes.count else { return nil }
        var end = offset
        while end < bytes.count, kinds[end] == .code, isWordByte(bytes[end]) { end += 1 }
        return offset..<end
    }

    private func text(_ range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self)
    }

    /// False for `self.init(...)`, a name in back-quotes, an argument label and the like.
    private func isDeclaration(_ word: Range<Int>) -> Bool {
        guard word.lowerBound > 0 else { return true }
        var before = word.lowerBound - 1
        if [UInt8(ascii: "."), UInt8(ascii: "`"), UInt8(ascii: "@")].contains(bytes[before]) {
            return false
        }
        while before > 0, bytes[before] == 0x20 { before -= 1 }
        if [UInt8(ascii: "("), UInt8(ascii: ","), UInt8(ascii: "=")].contains(bytes[before]) {
            return false
        }
        var after = word.upperBound
        while after < bytes.count, bytes[after] == 0x20 { after += 1 }
        return after >= bytes.count || bytes[after] != UInt8(ascii: ":")
    }

    private func name(after word: Range<Int>) -> String {
        guard text(word) == "func" || text(word) == "var" else { return text(word) }
        var end = word.upperBound
        while end < bytes.count, bytes[end] == 0x20 { end += 1 }
        let start = end
        let stops: [UInt8] = [0x20, 0x0A] + Array("(<:{".utf8)
        while end < bytes.count, !stops.contains(bytes[end]) || end == start { end += 1 }
        return text(start..<end)
    }

    /// Offset of the brace that opens the body, or nil for a declaration without one.
    private func bodyOpening(after start: Int, isVariable: Bool) -> Int? {
        var depth = 0
        var offset = start
        while offset < bytes.count {
            defer { offset += 1 }
            guard kinds[offset] == .code else { continue }
            switch bytes[offset] {
            case UInt8(ascii: "("), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: ")"), UInt8(ascii: "]"):
                depth -= 1
                if depth < 0 { return nil }
            case UInt8(ascii: "{"):
                if depth == 0 { return offset }
                // A closure as a default argument: step over it.
                offset = closing[offset] ?? offset
            case UInt8(ascii: "}"): return nil
            case UInt8(ascii: "=") where depth == 0 && isVariable: return nil
            case 0x0A where depth == 0:
                if isVariable || startsDeclaration(offset + 1) { return nil }
            default: break
            }
        }
        return nil
    }

    /// True when the line at `offset` cannot continue a signature.
    private func startsDeclaration(_ offset: Int) -> Bool {
        guard let word = nextWord(from: offset) else { return true }
        let between = bytes[offset..<word.lowerBound].filter { $0 != 0x20 && $0 != 0x0A }
        if between.contains(UInt8(ascii: "@")) || between.contains(UInt8(ascii: "}")) {
            return true
        }
        return Self.declarationWords.contains(text(word))
    }

    private static let declarationWords: Set<String> = [
        "func", "var", "let", "init", "deinit", "subscript", "static", "class", "struct", "enum",
        "case", "mutating", "public", "private", "package", "internal", "fileprivate", "override",
        "associatedtype", "typealias", "extension", "protocol", "nonisolated", "borrowing",
        "consuming", "indirect", "final", "import", "lazy", "weak", "unowned",
    ]

    /// `{ get }`, `{ get set }`: what a protocol asks for, no body.
    private func isRequirement(_ open: Int, _ close: Int) -> Bool {
        let words = text((open + 1)..<close).split(whereSeparator: { $0 == " " || $0 == "\n" })
        return !words.isEmpty
            && words.allSatisfy {
                ["get", "set", "throws", "async", "mutating", "nonmutating"].contains($0)
            }
    }
}
