/// Finds the strings of a text that have a character set in front (`_binary'..'`): their bytes are
/// what they are, whatever set the rest of the text is written in.
public enum IntroducedStringScanner {
    /// The places of such strings, quotes included, in order. Behind a quote that nothing closes
    /// there are none.
    public static func places(in text: [UInt8], mode: SQLMode = []) -> [Range<Int>] {
        guard text.contains(UInt8(ascii: "_")) else { return [] }
        return text.withUnsafeBufferPointer { bytes in
            var lexer = Lexer(bytes, mode: mode)
            var places: [Range<Int>] = []
            var isIntroduced = false
            // What is wrong with the text, its parser says.
            while let token = try? lexer.next(), token.kind != .endOfText {
                if token.kind == .stringLiteral {
                    // Strings that follow belong to the first.
                    if isIntroduced { places.append(token.span.range) }
                } else {
                    isIntroduced = token.kind == .word && lexer.introduces(token)
                }
            }
            return places
        }
    }
}

extension Lexer {
    /// True for a word that may stand in front of a string: `_latin1`.
    func introduces(_ token: Token) -> Bool {
        guard byte(Int(token.start)) == UInt8(ascii: "_") else { return false }
        return characterSets.contains(String(text(token).dropFirst()).lowercased())
    }
}
