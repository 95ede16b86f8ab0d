/// Finds the `?` of a text, as its parser would count them.
public enum PlaceholderScanner {
    /// The place of each, in order.
    ///
    /// - Throws: `unterminated`; `tooManyPlaceholders` above what a statement may have.
    public static func places(
        in text: [UInt8],
        mode: SQLMode = []
    ) throws(SyntaxError) -> [SourceSpan] {
        try text.withUnsafeBufferPointer { bytes throws(SyntaxError) in
            var lexer = Lexer(bytes, mode: mode)
            var places: [SourceSpan] = []
            var token = try lexer.next()
            while token.kind != .endOfText {
                if token.kind == .placeholder {
                    guard places.count < SyntaxLimits.placeholdersMax else {
                        throw .tooManyPlaceholders(token.span)
                    }
                    places.append(token.span)
                }
                token = try lexer.next()
            }
            return places
        }
    }
}
