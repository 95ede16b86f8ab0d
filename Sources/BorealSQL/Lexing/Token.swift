/// One word, literal or sign of a statement: its kind and the bytes it covers, nothing copied.
public struct Token: Sendable {
    /// What a token is. Words carry their keyword beside it.
    public enum Kind: UInt8, Sendable {
        /// Behind the last token.
        case endOfText
        /// A bare word: an identifier or a keyword.
        case word
        /// A name in back-quotes, or in double quotes with `ANSI_QUOTES`.
        case quotedName
        /// A string in single or double quotes; adjacent strings are tokens of their own.
        case stringLiteral
        /// `N'...'`.
        case nationalString
        /// `X'...'` or `0x...`.
        case hexadecimal
        /// `B'...'` or `0b...`.
        case bits
        /// Digits only.
        case integerLiteral
        /// Digits with a decimal point.
        case decimalLiteral
        /// A number with an exponent.
        case floatLiteral
        /// `?`.
        case placeholder
        /// `@name`, `@'name'`, `` @`name` ``: the whole of it.
        case userVariable
        /// `@@`; the scope and the name follow as words and dots.
        case systemVariable
        /// `@` before anything else.
        case at
        /// `,`.
        case comma
        /// `.`.
        case dot
        /// `;`.
        case semicolon
        /// `(`.
        case leftParenthesis
        /// `)`.
        case rightParenthesis
        /// `{`.
        case leftBrace
        /// `}`.
        case rightBrace
        /// `=`.
        case equal
        /// `<=>`.
        case nullSafeEqual
        /// `<>` and `!=`.
        case notEqual
        /// `<`.
        case less
        /// `<=`.
        case lessOrEqual
        /// `>`.
        case greater
        /// `>=`.
        case greaterOrEqual
        /// `+`.
        case plus
        /// `-`.
        case minus
        /// `*`.
        case star
        /// `/`.
        case slash
        /// `%`.
        case percent
        /// `&`.
        case ampersand
        /// `|`.
        case bar
        /// `^`.
        case caret
        /// `~`.
        case tilde
        /// `<<`.
        case shiftLeft
        /// `>>`.
        case shiftRight
        /// `&&`.
        case doubleAmpersand
        /// `||`.
        case doubleBar
        /// `!`.
        case exclamation
        /// `:=`.
        case assign
        /// `:`.
        case colon
        /// `->`.
        case arrow
        /// `->>`.
        case doubleArrow
        /// A byte that starts no token.
        case invalid
    }

    /// What it is.
    public var kind: Kind
    /// The keyword that a `word` spells, else `notKeyword`.
    public var keyword: Keyword
    /// Offset of its first byte.
    public var start: Int32
    /// Offset behind its last byte.
    public var end: Int32

    /// A token of known kind and place.
    @inlinable
    public init(kind: Kind, keyword: Keyword = .notKeyword, start: Int32, end: Int32) {
        self.kind = kind
        self.keyword = keyword
        self.start = start
        self.end = end
    }

    /// The bytes it covers.
    @inlinable
    public var span: SourceSpan { SourceSpan(start: start, end: end) }
}
