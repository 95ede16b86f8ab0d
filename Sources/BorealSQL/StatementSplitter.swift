import BorealBase

/// Cuts a text into its statements at `;`, for connections that may send several at once.
public struct StatementSplitter {
    private let text: [UInt8]
    private let mode: SQLMode
    /// Offset of the first byte that no statement has yet.
    public private(set) var position = 0

    /// Starts in front of the first statement.
    public init(_ text: [UInt8], mode: SQLMode = []) {
        self.text = text
        self.mode = mode
    }

    /// The bytes of the next statement without its `;`, comments in front included because one of
    /// them may be the hint; nil when only blanks and comments are left.
    ///
    /// - Throws: `SyntaxError.unterminated`, with a span counted from the start of the whole text.
    public mutating func next() throws(SyntaxError) -> Range<Int>? {
        let start = position
        guard start < text.count else { return nil }
        let mode = mode
        let found = try text.withUnsafeBufferPointer {
            (bytes) throws(SyntaxError) -> (end: Int, next: Int, isEmpty: Bool) in
            var lexer = Lexer(bytes, mode: mode)
            lexer.position = start
            var token = try lexer.next()
            let isEmpty = token.kind == .endOfText
            while token.kind != .semicolon, token.kind != .endOfText { token = try lexer.next() }
            let end = token.kind == .semicolon ? Int(token.start) : bytes.count
            return (end, max(lexer.position, end), isEmpty)
        }
        position = found.next
        return found.isEmpty ? nil : start..<found.end
    }
}
