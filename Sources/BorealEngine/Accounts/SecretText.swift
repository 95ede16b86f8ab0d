import BorealBase
import BorealSQL

/// Statements as others may see them: the process list, the audit log, messages.
///
/// A string behind a word that announces a secret is hidden, as are all of CREATE SOURCE, and of an
/// address who it is asked as (`user:password@`) and what stands behind its `?`, where signatures
/// are. Every byte that is hidden becomes a `*`, so that places in
/// the text stay what they were.
enum SecretText {
    /// Words behind which strings are hidden, and strings that hold them.
    private static let words = bytes([
        "identified", "password", "apikey", "api_key", "authorization", "credential",
        "ai_setmodeltoken",
    ])
    /// What announces a secret inside a string alone: members of JSON and names of headers.
    private static let marks = words + bytes(["\"token", "api-key"])
    /// A string that is one of these is the name of a member, whose value follows, as in
    /// `JSON_OBJECT('token', '...')`.
    private static let names = bytes(["token", "apikey", "api_key", "credential", "authorization"])
    private static let scheme = Array("://".utf8)
    /// What is looked for before anything else: one of them begins whatever announces a secret.
    private static let signs = words + bytes(["token", "api-key", "://", "source"])
    private static let source = Array("source".utf8)
    /// What stands in front of `SOURCE` where it announces an address with a password.
    private static let makers = bytes(["create", "alter", "replace"])

    private static func bytes(_ words: [String]) -> [[UInt8]] { words.map { Array($0.utf8) } }

    /// The beginning of a statement, without its secrets.
    static func shown(_ text: [UInt8], limit: Int, mode: SQLMode) -> String {
        let head = text.count > limit ? Array(text.prefix(limit)) : text
        let safe = mayHold(head[...]) ? masked(head, mode: mode) : head
        return String(decoding: safe, as: UTF8.self)
    }

    /// False when nothing in the text can announce a secret: so it is with most statements, and
    /// then a look at each byte is all that is done.
    static func mayHold(_ text: ArraySlice<UInt8>) -> Bool {
        text.withUnsafeBufferPointer { bytes in
            for place in bytes.indices.dropLast() {
                switch (bytes[place] | 0x20, bytes[place + 1] | 0x20) {
                case (UInt8(ascii: "i"), UInt8(ascii: "d")),
                    (UInt8(ascii: "p"), UInt8(ascii: "a")),
                    (UInt8(ascii: "a"), UInt8(ascii: "p")),
                    (UInt8(ascii: "a"), UInt8(ascii: "u")),
                    (UInt8(ascii: "a"), UInt8(ascii: "i")),
                    (UInt8(ascii: "c"), UInt8(ascii: "r")),
                    (UInt8(ascii: "t"), UInt8(ascii: "o")),
                    (UInt8(ascii: "s"), UInt8(ascii: "o")),
                    (UInt8(ascii: ":"), UInt8(ascii: "/")):
                    if signs.contains(where: { begins($0, bytes, place) }) { return true }
                default: continue
                }
            }
            return false
        }
    }

    private static func begins(
        _ word: [UInt8],
        _ bytes: UnsafeBufferPointer<UInt8>,
        _ place: Int
    ) -> Bool {
        guard place + word.count <= bytes.count else { return false }
        return word.indices.allSatisfy { bytes[place + $0] | 0x20 == word[$0] | 0x20 }
    }

    /// The text with `*` in place of its secrets; of the same length.
    static func masked(_ text: [UInt8], mode: SQLMode) -> [UInt8] {
        var result = text
        text.withUnsafeBufferPointer { bytes in
            var lexer = Lexer(bytes, mode: mode)
            var isArmed = false
            var makes = false
            var end = 0
            while true {
                // A string that does not end, most likely cut off: nothing of it is shown.
                guard let token = try? lexer.next() else {
                    for place in end..<result.count { result[place] = UInt8(ascii: "*") }
                    return
                }
                let range = token.span.range
                end = range.upperBound
                switch token.kind {
                case .endOfText: return
                case .semicolon: isArmed = false
                case .word:
                    let isSource = makes && isWord(source, bytes, range)
                    isArmed = isArmed || isSource || isSecret(bytes, range)
                    makes = makers.contains { isWord($0, bytes, range) }
                case .stringLiteral, .nationalString, .quotedName, .hexadecimal, .bits:
                    if !isArmed, isName(bytes, range) {
                        isArmed = true
                    } else {
                        hide(&result, range, isWhole: isArmed)
                    }
                default: break
                }
            }
        }
        return result
    }

    private static func isSecret(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        words.contains { isWord($0, bytes, range) }
    }

    private static func isWord(
        _ word: [UInt8],
        _ bytes: UnsafeBufferPointer<UInt8>,
        _ range: Range<Int>
    ) -> Bool {
        word.count == range.count && begins(word, bytes, range.lowerBound)
    }

    /// True for a string that names a secret and does not hold one.
    private static func isName(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        names.contains { $0.count + 2 == range.count && begins($0, bytes, range.lowerBound + 1) }
            && bytes[range.lowerBound] != UInt8(ascii: "`")
    }

    /// Hides one literal, or the part of it that is secret. Names in back quotes are none.
    private static func hide(_ text: inout [UInt8], _ range: Range<Int>, isWhole: Bool) {
        guard text[range.lowerBound] != UInt8(ascii: "`") else { return }
        let inside = range.lowerBound + 1..<max(range.lowerBound + 1, range.upperBound - 1)
        let literal = text[inside]
        var hidden = [inside]
        if !isWhole {
            guard mayHold(literal) else { return }
            if !marks.contains(where: { holds($0, literal) }) {
                hidden = secrets(ofAddress: literal)
            }
        }
        for place in hidden.joined() { text[place] = UInt8(ascii: "*") }
    }

    /// The parts of an address that may be secret; none of what is no address. A password may hold
    /// the marks of one: the account ends at the last `@`.
    private static func secrets(ofAddress text: ArraySlice<UInt8>) -> [Range<Int>] {
        guard let place = place(of: scheme, text) else { return [] }
        var parts: [Range<Int>] = []
        let start = place + scheme.count
        if let at = text[start...].lastIndex(of: UInt8(ascii: "@")) { parts.append(start..<at) }
        if let query = text.firstIndex(of: UInt8(ascii: "?")) {
            parts.append(query + 1..<text.endIndex)
        }
        return parts
    }

    private static func holds(_ word: [UInt8], _ text: ArraySlice<UInt8>) -> Bool {
        place(of: word, text) != nil
    }

    private static func place(of word: [UInt8], _ text: ArraySlice<UInt8>) -> Int? {
        text.withUnsafeBufferPointer { bytes in
            bytes.indices.first { begins(word, bytes, $0) }.map { $0 + text.startIndex }
        }
    }
}
