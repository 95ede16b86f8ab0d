import BorealBase

/// Recursive descent over the tokens of one statement: what every family of statements shares.
///
/// It looks at one token, `token`, and peeks further only where the grammar needs it. Every level
/// of nesting passes `enter()`, so hostile depth is a typed error and never an overflow of the
/// stack.
struct Parser {
    /// Where tokens come from; it stands behind `token`.
    var lexer: Lexer
    /// The token to decide on next.
    var token: Token
    /// Offset behind the last token taken.
    var previousEnd: Int32 = 0
    /// The modes of the session.
    let mode: SQLMode
    /// Levels entered and not left.
    var depth = 0
    /// Placeholders taken so far.
    var placeholderCount = 0
    /// Options read so far, in all lists together.
    var optionCount = 0
    /// An operand already read, which the next call for one returns: how `(` is read only once
    /// although what it encloses shows late.
    var pendingOperand: Expression?
    /// The same for a table in parentheses.
    var pendingTable: TableReference?
    /// An `INTO` read inside a block, for the query around it.
    var pendingInto: IntoClause?
    /// Comments with optimizer hints.
    var hintComments: [HintComment] = []
    /// A `FROM PREDICT(MODEL` or `FROM EVALUATE(MODEL` was met: the text is a model statement.
    var metModelTable = false
    /// False for a text that was found to be no statement about a statistic: `IV(query)` behind
    /// FROM is then a function like any other.
    var leavesStatistics = true

    /// Stands at the first token.
    init(_ lexer: Lexer) throws(SyntaxError) {
        self.lexer = lexer
        mode = lexer.mode
        token = try self.lexer.next()
    }

    // MARK: - Moving

    /// Takes the token.
    @inline(__always)
    mutating func advance() throws(SyntaxError) {
        previousEnd = token.end
        token = try lexer.next()
    }

    /// The token behind the current one.
    func peek() throws(SyntaxError) -> Token {
        var copy = lexer
        return try copy.next()
    }

    /// The two tokens behind the current one.
    func peekTwo() throws(SyntaxError) -> (Token, Token) {
        var copy = lexer
        let first = try copy.next()
        return (first, try copy.next())
    }

    /// From a start to the last token taken.
    @inline(__always)
    func span(from start: Int32) -> SourceSpan {
        SourceSpan(start: start, end: max(start, previousEnd))
    }

    // MARK: - Bounds

    /// One level deeper; paired with `leave()`. An error ends the parse, so it needs no `leave()`.
    @inline(__always)
    mutating func enter() throws(SyntaxError) {
        depth += 1
        if depth > Limits.nestingMax { throw .tooDeep(token.span) }
    }

    /// One level up.
    @inline(__always)
    mutating func leave() { depth -= 1 }

    /// Counts the operators of a left-associative chain.
    @inline(__always)
    func checkChain(_ length: Int) throws(SyntaxError) {
        if length > SyntaxLimits.chainMax { throw .tooDeep(token.span) }
    }

    // MARK: - Errors

    /// The error for the current token.
    func unexpected(_ expected: Expectation...) -> SyntaxError {
        .unexpected(token.span, expected: expected)
    }

    // MARK: - Taking tokens

    /// True when the token is that keyword, unquoted.
    @inline(__always)
    func at(_ keyword: Keyword) -> Bool { token.keyword == keyword }

    /// True when the token is of that kind.
    @inline(__always)
    func at(_ kind: Token.Kind) -> Bool { token.kind == kind }

    /// Takes the keyword if it is there.
    @inline(__always)
    mutating func accept(_ keyword: Keyword) throws(SyntaxError) -> Bool {
        guard token.keyword == keyword else { return false }
        try advance()
        return true
    }

    /// Takes the sign if it is there.
    @inline(__always)
    mutating func accept(_ kind: Token.Kind) throws(SyntaxError) -> Bool {
        guard token.kind == kind else { return false }
        try advance()
        return true
    }

    /// Takes the two keywords if both are there.
    mutating func accept(_ first: Keyword, _ second: Keyword) throws(SyntaxError) -> Bool {
        guard at(first), try peek().keyword == second else { return false }
        try advance()
        try advance()
        return true
    }

    /// Takes the keyword or throws.
    mutating func expect(_ keyword: Keyword) throws(SyntaxError) {
        guard token.keyword == keyword else { throw unexpected(.keyword(keyword)) }
        try advance()
    }

    /// Takes the sign or throws.
    mutating func expect(_ kind: Token.Kind) throws(SyntaxError) {
        guard token.kind == kind else { throw unexpected(.sign(kind)) }
        try advance()
    }

    /// `IF EXISTS`.
    mutating func acceptIfExists() throws(SyntaxError) -> Bool {
        try accept(.if, .exists)
    }

    /// `IF NOT EXISTS`.
    mutating func acceptIfNotExists() throws(SyntaxError) -> Bool {
        guard at(.if) else { return false }
        try advance()
        try expect(.not)
        try expect(.exists)
        return true
    }

    // MARK: - Names

    /// True for a quoted name, or a word that is not reserved.
    @inline(__always)
    func atName() -> Bool {
        token.kind == .quotedName || token.kind == .word && !token.keyword.isReserved
    }

    /// Takes an identifier.
    mutating func parseIdentifier() throws(SyntaxError) -> Identifier {
        guard atName() else { throw unexpected(.name) }
        return try takeName()
    }

    /// Takes a word, reserved or not, or a quoted name: what may stand behind a dot.
    mutating func takeName() throws(SyntaxError) -> Identifier {
        guard token.kind == .word || token.kind == .quotedName else { throw unexpected(.name) }
        let name = lexer.name(token)
        guard !name.isEmpty else { throw unexpected(.name) }
        let identifier = Identifier(name: name, span: token.span)
        try advance()
        return identifier
    }

    /// `name` or `database.name`.
    mutating func parseObjectName() throws(SyntaxError) -> ObjectName {
        let first = try parseIdentifier()
        guard at(.dot) else { return ObjectName(name: first) }
        try advance()
        return ObjectName(database: first, name: try takeName())
    }

    /// `column`, `table.column`, `database.table.column`.
    mutating func parseColumnName() throws(SyntaxError) -> ColumnName {
        let first = try parseIdentifier()
        guard at(.dot) else { return ColumnName(name: first) }
        return try parseColumnName(behind: first)
    }

    /// The rest of a column's name, from the first dot on.
    mutating func parseColumnName(behind first: Identifier) throws(SyntaxError) -> ColumnName {
        try expect(.dot)
        let second = try takeName()
        guard try accept(.dot) else { return ColumnName(table: first, name: second) }
        return ColumnName(database: first, table: second, name: try takeName())
    }

    /// A list of `element`s with commas between.
    mutating func parseList<Element>(
        _ element: (inout Parser) throws(SyntaxError) -> Element
    ) throws(SyntaxError) -> [Element] {
        var list = [try element(&self)]
        while at(.comma) {
            try advance()
            list.append(try element(&self))
        }
        return list
    }

    /// The same in parentheses.
    mutating func parseParenthesizedList<Element>(
        _ element: (inout Parser) throws(SyntaxError) -> Element
    ) throws(SyntaxError) -> [Element] {
        try expect(.leftParenthesis)
        let list = try parseList(element)
        try expect(.rightParenthesis)
        return list
    }

    /// `(a, b, c)` of identifiers.
    mutating func parseNameList() throws(SyntaxError) -> [Identifier] {
        try parseParenthesizedList { (parser) throws(SyntaxError) in try parser.parseIdentifier() }
    }

    /// Names in parentheses if a parenthesis is there, else none.
    mutating func parseOptionalNameList() throws(SyntaxError) -> [Identifier] {
        at(.leftParenthesis) ? try parseNameList() : []
    }

    /// An alias with or without `AS`; a string names it too. Nil when there is none.
    mutating func parseAlias(allowsString: Bool) throws(SyntaxError) -> Identifier? {
        if try accept(.as) {
            if at(.stringLiteral), allowsString { return try takeStringAsName() }
            return try parseIdentifier()
        }
        if atName() { return try takeName() }
        if at(.stringLiteral), allowsString { return try takeStringAsName() }
        return nil
    }

    private mutating func takeStringAsName() throws(SyntaxError) -> Identifier {
        let start = token.start
        let name = try parseString()
        guard !name.utf8.contains(0) else { throw unexpected(.name) }
        return Identifier(name: name, span: span(from: start))
    }

    // MARK: - Values

    /// Takes a string literal, adjacent ones joined; bytes that are no UTF-8 are replaced.
    mutating func parseString() throws(SyntaxError) -> String {
        guard at(.stringLiteral) else { throw unexpected(.string) }
        let first =
            lexer.stringText(token) ?? String(decoding: lexer.stringBytes(token), as: UTF8.self)
        try advance()
        guard at(.stringLiteral) else { return first }
        return first + String(decoding: try takeMoreStrings(), as: UTF8.self)
    }

    /// The bytes of the string literals from here on.
    mutating func takeMoreStrings() throws(SyntaxError) -> [UInt8] {
        var bytes: [UInt8] = []
        while at(.stringLiteral) {
            bytes += lexer.stringBytes(token)
            try advance()
        }
        return bytes
    }

    /// Takes a string, or a hexadecimal or bit literal, as bytes.
    mutating func parseByteString() throws(SyntaxError) -> [UInt8] {
        switch token.kind {
        case .stringLiteral: return try takeMoreStrings()
        case .hexadecimal:
            let bytes = lexer.hexadecimalBytes(token)
            try advance()
            return bytes
        case .bits:
            let bytes = lexer.bitBytes(token)
            try advance()
            return bytes
        default: throw unexpected(.string)
        }
    }

    /// A name or a string: character sets, engines, plugins.
    mutating func parseNameOrString() throws(SyntaxError) -> String {
        if at(.stringLiteral) { return try parseString() }
        // `BINARY` is the one reserved word that names a character set and a collation.
        if at(.binary) || at(.default) { return try takeName().name }
        return try parseIdentifier().name
    }

    /// A character set or a collation, lower case.
    mutating func parseCharsetName() throws(SyntaxError) -> String {
        try parseNameOrString().lowercased()
    }

    /// `CHARACTER SET`, `CHAR SET` or `CHARSET`, if it is there.
    mutating func acceptCharset() throws(SyntaxError) -> Bool {
        if try accept(.charset) { return true }
        if try accept(.character, .set) { return true }
        return try accept(.char, .set)
    }

    /// Takes an integer of 64 bits.
    mutating func parseInteger() throws(SyntaxError) -> UInt64 {
        guard at(.integerLiteral) else { throw unexpected(.integer) }
        guard let value = UInt64(lexer.text(token)) else { throw unexpected(.integer) }
        try advance()
        return value
    }

    /// Words up to the end of the clause as upper-case text, one blank apart: for what is read
    /// and kept whole.
    mutating func takeWord() throws(SyntaxError) -> String {
        guard at(.word) else { throw unexpected(.name) }
        let word = lexer.text(token).uppercased()
        try advance()
        return word
    }

    /// Takes `?` and numbers it.
    mutating func takePlaceholder() throws(SyntaxError) -> Int {
        guard placeholderCount < SyntaxLimits.placeholdersMax else {
            throw .tooManyPlaceholders(token.span)
        }
        let index = placeholderCount
        placeholderCount += 1
        try advance()
        return index
    }
}
