import BorealBase

/// A statement that is understood: its tree and what the engine needs to know about its text.
public struct ParsedStatement: Equatable, Sendable {
    /// Whose grammar the text follows.
    public enum Kind: Equatable, Sendable {
        /// About models, tasks or features.
        case model(ModelStatement)
        /// Ordinary MySQL.
        case ordinary(SQLStatement)
        /// Both, and without the hint: `DESCRIBE MODEL m` is the column `m` of a table `MODEL`
        /// where a table of that name is in the current database.
        case ambiguous(ModelStatement, SQLStatement)
    }

    /// The tree.
    public var kind: Kind
    /// The hint stood in front.
    public var isHinted: Bool
    /// How many `?` the text has.
    public var placeholderCount: Int
    /// Its optimizer hints.
    public var hints = OptimizerHints()
    /// From the first token to the last, without comments in front and without `;`.
    @Place public var span: SourceSpan
}

/// How a text is to be read.
public struct ParserOptions: Sendable {
    /// The modes of the session.
    public var mode: SQLMode
    /// The setting `require_hint`: without the hint a text is ordinary SQL and nothing else.
    public var requiresHint: Bool

    /// Options with MySQL's defaults.
    public init(mode: SQLMode = [], requiresHint: Bool = false) {
        self.mode = mode
        self.requiresHint = requiresHint
    }
}

/// The entry: text in, a statement out. Knows no catalog.
///
/// The deepest text that `Limits.nestingMax` allows takes 1.5 MiB of stack in an optimised build,
/// so threads that parse need the usual 8 MiB, or 2 MiB at least.
public enum StatementParser {
    /// Reads one statement; a `;` may stand behind it, and nothing else.
    ///
    /// - Throws: `SyntaxError`; for a text that only the dialect's grammar could mean, that
    /// grammar's.
    public static func parse(
        _ text: [UInt8],
        options: ParserOptions = ParserOptions()
    ) throws(SyntaxError) -> ParsedStatement {
        guard text.count <= Limits.statementBytesMax else { throw .tooLong(bytes: text.count) }
        return try text.withUnsafeBufferPointer { (bytes) throws(SyntaxError) in
            try parse(bytes, options: options)
        }
    }

    /// Reads one statement from a string.
    public static func parse(
        _ text: String,
        options: ParserOptions = ParserOptions()
    ) throws(SyntaxError) -> ParsedStatement {
        try parse(Array(text.utf8), options: options)
    }

    private static func parse(
        _ bytes: UnsafeBufferPointer<UInt8>,
        options: ParserOptions
    ) throws(SyntaxError) -> ParsedStatement {
        let lexer = Lexer(bytes, mode: options.mode)
        let isHinted = try lexer.startsWithHint()
        let start = try Parser(lexer)
        if start.at(.endOfText) || start.at(.semicolon) { throw .emptyStatement }
        if options.requiresHint, !isHinted { return try ordinary(start, isHinted: false) }
        return try start.atModelStatement()
            ? try candidate(start, isHinted: isHinted)
            : try ordinaryOrSelect(start, isHinted: isHinted)
    }

    /// A text that begins like a model statement.
    private static func candidate(
        _ start: Parser,
        isHinted: Bool
    ) throws(SyntaxError) -> ParsedStatement {
        let ours: ParsedStatement
        do {
            ours = try model(start, isHinted: isHinted)
        } catch {
            // The text may still be MySQL's: `UPDATE feature f SET a = 1 WHERE b = 2`.
            do { return try ordinary(start, isHinted: isHinted) } catch let other {
                throw farther(error, other)
            }
        }
        guard !isHinted, mayBeOrdinary(start.token.keyword), case .model(let statement) = ours.kind,
            // An error here only says that the text is not MySQL's as well.
            let other = try? ordinary(start, isHinted: false),
            case .ordinary(let sql) = other.kind
        else { return ours }
        var both = ours
        both.kind = .ambiguous(statement, sql)
        return both
    }

    /// The words that begin statements of both grammars.
    private static func mayBeOrdinary(_ keyword: Keyword) -> Bool {
        switch keyword {
        case .describe, .desc, .explain, .update: true
        default: false
        }
    }

    /// Of two errors the one that came later in the text; on a tie the dialect's.
    private static func farther(_ ours: SyntaxError, _ other: SyntaxError) -> SyntaxError {
        guard let left = ours.span, let right = other.span else { return ours }
        return right.start > left.start ? other : ours
    }

    /// Anything else: `SELECT ... FROM PREDICT(MODEL` shows only where the tables begin.
    private static func ordinaryOrSelect(
        _ start: Parser,
        isHinted: Bool
    ) throws(SyntaxError) -> ParsedStatement {
        var parser = start
        do {
            return try finish(
                &parser,
                from: start,
                isHinted: isHinted,
                .ordinary(try parser.parseSQLStatement())
            )
        } catch {
            switch start.token.keyword {
            case _ where !parser.metModelTable: throw error
            case .select, .explain, .describe, .desc: break
            default: throw error
            }
        }
        do {
            return try model(start, isHinted: isHinted)
        } catch {
            // What only a query has may stand behind a statistic: an alias, a join.
            guard let query = try? ordinary(start, isHinted: isHinted, leavesStatistics: false)
            else { throw error }
            return query
        }
    }

    private static func ordinary(
        _ start: Parser,
        isHinted: Bool,
        leavesStatistics: Bool = true
    ) throws(SyntaxError) -> ParsedStatement {
        var parser = start
        parser.leavesStatistics = leavesStatistics
        let statement = try parser.parseSQLStatement()
        return try finish(&parser, from: start, isHinted: isHinted, .ordinary(statement))
    }

    private static func model(
        _ start: Parser,
        isHinted: Bool
    ) throws(SyntaxError) -> ParsedStatement {
        var parser = start
        let statement = try parser.parseModelStatement()
        return try finish(&parser, from: start, isHinted: isHinted, .model(statement))
    }

    /// Checks that the text ends here.
    private static func finish(
        _ parser: inout Parser,
        from start: Parser,
        isHinted: Bool,
        _ kind: ParsedStatement.Kind
    ) throws(SyntaxError) -> ParsedStatement {
        let span = parser.span(from: start.token.start)
        while try parser.accept(.semicolon) {}
        guard parser.at(.endOfText) else { throw parser.unexpected(.end) }
        var hints = OptimizerHints()
        if case .ordinary(let statement) = kind {
            hints = HintReader.read(
                parser.hintComments,
                outermost: statement.outermostSelect,
                lexer: parser.lexer
            )
        }
        return ParsedStatement(
            kind: kind,
            isHinted: isHinted,
            placeholderCount: parser.placeholderCount,
            hints: hints,
            span: span
        )
    }

    /// Reads one query, for inner queries that run on embedded tables.
    ///
    /// - Throws: `SyntaxError`, with spans counted from the start of `text`.
    public static func parseQuery(_ text: String, mode: SQLMode = []) throws(SyntaxError) -> Query {
        let parsed = try parse(text, options: ParserOptions(mode: mode, requiresHint: true))
        guard case .ordinary(.query(let query)) = parsed.kind else {
            throw .unexpected(parsed.span, expected: [.query])
        }
        return query
    }

    /// Reads one expression, for stored defaults and generated columns.
    ///
    /// - Throws: `SyntaxError`, with spans counted from the start of `text`.
    public static func parseExpression(
        _ text: String,
        mode: SQLMode = []
    ) throws(SyntaxError) -> Expression {
        let bytes = Array(text.utf8)
        guard bytes.count <= Limits.statementBytesMax else { throw .tooLong(bytes: bytes.count) }
        return try bytes.withUnsafeBufferPointer { (buffer) throws(SyntaxError) in
            var parser = try Parser(Lexer(buffer, mode: mode))
            let expression = try parser.parseExpression()
            guard parser.at(.endOfText) else { throw parser.unexpected(.end) }
            return expression
        }
    }
}
