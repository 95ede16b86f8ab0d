/// Reads comments with optimizer hints, once the statement around them is known.
struct HintReader {
    private var lexer: Lexer
    private var token = Token(kind: .endOfText, start: 0, end: 0)
    /// True for the comment of the outermost query, whose time is the statement's.
    private var isOutermost = false
    private var hints = OptimizerHints()
    /// Problems that MySQL finds after all comments are read.
    private var later: [OptimizerHints.Problem] = []

    /// Hints with a list of tables, indexes, strategies or names in parentheses.
    private static let listing: Set<String> = [
        "BKA", "NO_BKA", "BNL", "NO_BNL", "DERIVED_CONDITION_PUSHDOWN",
        "NO_DERIVED_CONDITION_PUSHDOWN", "HASH_JOIN", "NO_HASH_JOIN", "JOIN_FIXED_ORDER",
        "JOIN_ORDER", "JOIN_PREFIX", "JOIN_SUFFIX", "MERGE", "NO_MERGE", "GROUP_INDEX",
        "NO_GROUP_INDEX", "INDEX", "NO_INDEX", "INDEX_MERGE", "NO_INDEX_MERGE", "JOIN_INDEX",
        "NO_JOIN_INDEX", "MRR", "NO_MRR", "NO_ICP", "NO_RANGE_OPTIMIZATION", "ORDER_INDEX",
        "NO_ORDER_INDEX", "SKIP_SCAN", "NO_SKIP_SCAN", "SEMIJOIN", "NO_SEMIJOIN", "SUBQUERY",
    ]

    /// Reads all comments of a statement.
    ///
    /// - Parameters:
    ///   - outermost: where the outermost query's first `SELECT` stands; nil without one.
    ///   - lexer: of the statement; only its text and modes matter.
    static func read(
        _ comments: [HintComment],
        outermost: Int32?,
        lexer: Lexer
    ) -> OptimizerHints {
        guard !comments.isEmpty else { return OptimizerHints() }
        var reader = HintReader(lexer: lexer)
        for comment in comments {
            reader.isOutermost = comment.verb == outermost
            reader.read(comment.content, of: lexer)
        }
        reader.hints.problems += reader.later
        return reader.hints
    }

    private init(lexer: Lexer) { self.lexer = lexer }

    private mutating func read(_ content: Range<Int>, of whole: Lexer) {
        let text = UnsafeBufferPointer(rebasing: whole.bytes[..<content.upperBound])
        lexer = Lexer(text, mode: whole.mode)
        lexer.position = content.lowerBound
        do throws(SyntaxError) {
            try advance()
            while token.kind != .endOfText { try readHint() }
        } catch {
            // One that cannot be read ends its comment; those before it count.
            hints.problems.append(.syntax(error.span ?? token.span))
        }
    }

    private mutating func advance() throws(SyntaxError) { token = try lexer.next() }

    private var unexpected: SyntaxError { .unexpected(token.span, expected: []) }

    private mutating func expect(_ kind: Token.Kind) throws(SyntaxError) {
        guard token.kind == kind else { throw unexpected }
        try advance()
    }

    private mutating func readHint() throws(SyntaxError) {
        guard token.kind == .word else { throw unexpected }
        let name = String(decoding: lexer.slice(token).prefix(32), as: UTF8.self).uppercased()
        switch name {
        case "MAX_EXECUTION_TIME":
            try advance()
            try readTime()
        case "QB_NAME", "RESOURCE_GROUP":
            try advance()
            try expect(.leftParenthesis)
            try expectName()
            try expect(.rightParenthesis)
        case "SET_VAR":
            try advance()
            try readAssignment()
        default:
            guard Self.listing.contains(name) else { throw unexpected }
            try advance()
            try readList()
        }
    }

    private mutating func readTime() throws(SyntaxError) {
        try expect(.leftParenthesis)
        guard token.kind == .integerLiteral else { throw unexpected }
        let digits = String(decoding: lexer.slice(token), as: UTF8.self)
        try advance()
        let behind = token.span
        try expect(.rightParenthesis)
        guard let time = UInt32(digits) else {
            hints.problems.append(.timeTooLong(behind))
            return
        }
        if !isOutermost {
            later.append(.timeIsNotOfQuery)
        } else if hints.executionMilliseconds != nil {
            later.append(.timeIsRepeated(time))
        } else {
            hints.executionMilliseconds = time
        }
    }

    /// `(name = value)`.
    private mutating func readAssignment() throws(SyntaxError) {
        try expect(.leftParenthesis)
        try expectName()
        try expect(.equal)
        if token.kind == .minus { try advance() }
        switch token.kind {
        case .word, .stringLiteral, .integerLiteral, .decimalLiteral, .floatLiteral: try advance()
        default: throw unexpected
        }
        try expect(.rightParenthesis)
    }

    /// `(@block a@block, b c)`: names with or without blocks and commas.
    private mutating func readList() throws(SyntaxError) {
        try expect(.leftParenthesis)
        while token.kind != .rightParenthesis {
            switch token.kind {
            case .word, .quotedName, .userVariable, .comma, .dot: try advance()
            default: throw unexpected
            }
        }
        try advance()
    }

    private mutating func expectName() throws(SyntaxError) {
        guard token.kind == .word || token.kind == .quotedName else { throw unexpected }
        try advance()
    }
}

extension Parser {
    /// Takes a verb that hints may stand behind, or throws.
    mutating func expectVerb(_ keyword: Keyword) throws(SyntaxError) {
        guard at(keyword) else { throw unexpected(.keyword(keyword)) }
        let verb = token
        try advance()
        guard hintComments.count < SyntaxLimits.hintCommentsMax,
            let content = lexer.hints(from: Int(verb.end), to: Int(token.start))
        else { return }
        hintComments.append(HintComment(verb: verb.start, content: content))
    }
}

extension Lexer {
    /// What stands in a comment `/*+ ... */` that nothing but blanks separate from `start`; nil
    /// when there is none. All of it has been skipped before, so it has an end.
    fileprivate func hints(from start: Int, to end: Int) -> Range<Int>? {
        var position = start
        while position < end, isBlank(bytes[position]) { position += 1 }
        guard position + 2 < end, bytes[position] == UInt8(ascii: "/"),
            bytes[position + 1] == UInt8(ascii: "*"), bytes[position + 2] == UInt8(ascii: "+")
        else { return nil }
        let first = position + 3
        position = first
        while position + 1 < end {
            if bytes[position] == UInt8(ascii: "*"), bytes[position + 1] == UInt8(ascii: "/") {
                return first..<position
            }
            position += 1
        }
        return nil
    }
}

extension SQLStatement {
    /// Where the first `SELECT` of the outermost query stands, if the statement is one.
    var outermostSelect: Int32? {
        switch self {
        case .query(let query): query.body.firstSelect
        case .explain(let node): node.statement.outermostSelect
        case .setForStatement(let node): node.statement.outermostSelect
        default: nil
        }
    }
}

extension QueryBody {
    fileprivate var firstSelect: Int32? {
        switch self {
        case .select(let block): block.span.start
        case .combined(let operation): operation.left.firstSelect
        case .parenthesized(let query): query.body.firstSelect
        case .values, .table: nil
        }
    }
}
