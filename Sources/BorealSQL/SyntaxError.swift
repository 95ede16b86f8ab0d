import BorealBase

/// Why a text is no statement. The engine makes the sentence; `near(in:)` gives what it quotes.
public enum SyntaxError: Error, Equatable, Sendable {
    /// A token that cannot stand where it does; an empty span at the end of the text.
    case unexpected(SourceSpan, expected: [Expectation])
    /// A string, a quoted name or a comment without an end; the span starts with it.
    case unterminated(Enclosure, SourceSpan)
    /// More than `Limits.nestingMax` levels, or more than `SyntaxLimits.chainMax` operators in a
    /// row.
    case tooDeep(SourceSpan)
    /// More bytes than `Limits.statementBytesMax`.
    case tooLong(bytes: Int)
    /// More than `Limits.optionsMax` options.
    case tooManyOptions(SourceSpan)
    /// More than `SyntaxLimits.placeholdersMax` placeholders.
    case tooManyPlaceholders(SourceSpan)
    /// Valid MySQL that Boreal does not do: the clause, as SQL writes it.
    case unsupported(String, SourceSpan)
    /// Nothing but blanks and comments.
    case emptyStatement

    /// What encloses text.
    public enum Enclosure: Sendable {
        /// A string literal.
        case string
        /// A name in back-quotes or, with `ANSI_QUOTES`, in double quotes.
        case quotedName
        /// `/* ...`.
        case comment
    }

    /// The offending bytes; nil where no place is to blame.
    public var span: SourceSpan? {
        switch self {
        case .unexpected(let span, _), .unterminated(_, let span), .tooDeep(let span),
            .tooManyOptions(let span), .tooManyPlaceholders(let span), .unsupported(_, let span):
            span
        case .tooLong, .emptyStatement: nil
        }
    }

    /// The rest of the statement from the offending token on, at most
    /// `Limits.syntaxErrorNearCharactersMax` characters, and its line counted from 1: the two
    /// values of MySQL's `near '...' at line ...`.
    public func near(in text: [UInt8]) -> (rest: String, line: Int) {
        guard let span else { return ("", 1) }
        let start = min(Int(span.start), text.count)
        let line = text[..<start].reduce(1) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
        // Four bytes are enough for any one character of UTF-8; longer graphemes are cut short.
        let bytes = text[start...].prefix(Limits.syntaxErrorNearCharactersMax * 4)
        let scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars
        let rest = scalars.prefix(Limits.syntaxErrorNearCharactersMax)
        return (String(String.UnicodeScalarView(rest)), line)
    }
}

/// What could have stood where a syntax error is.
public enum Expectation: Equatable, Sendable {
    /// A word of the grammar.
    case keyword(Keyword)
    /// A sign.
    case sign(Token.Kind)
    /// An identifier.
    case name
    /// A string literal.
    case string
    /// An integer.
    case integer
    /// A value.
    case expression
    /// A type of a column.
    case dataType
    /// A table, or what may stand for one.
    case table
    /// `SELECT ...`.
    case query
    /// The start of a statement.
    case statement
    /// The value of an option.
    case optionValue
    /// A task's id.
    case taskID
    /// Nothing more.
    case end
}
