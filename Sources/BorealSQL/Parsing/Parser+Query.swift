import BorealBase

/// Queries: what combines blocks, and the clauses that hold for the whole.
extension Parser {
    /// True where a query begins without a parenthesis.
    func atQueryStart() -> Bool {
        switch token.keyword {
        case .select, .with, .table: true
        case .values: (try? peek())?.keyword == .row  // An unreadable token is met again at once.
        default: false
        }
    }

    /// True behind a query in parentheses that goes on.
    func atQueryContinuation() -> Bool {
        switch token.keyword {
        case .union, .except, .intersect, .order, .limit, .for, .lock: true
        default: false
        }
    }

    /// A whole query, with or without parentheses around its blocks.
    mutating func parseQuery() throws(SyntaxError) -> Query {
        let start = token.start
        try enter()
        let with = at(.with) ? try parseWith() : nil
        var query = try parseQueryTail(of: try parseQueryTerm(), from: start)
        if let with {
            // A query in parentheses keeps its own `WITH` inside of them.
            if query.with != nil { query = Query(body: .parenthesized(query)) }
            query.with = with
        }
        query.span = span(from: start)
        leave()
        return query
    }

    /// The rest of a query whose first operand is read: set operations, then the last clauses.
    mutating func parseQueryTail(
        of first: QueryBody,
        from start: Int32
    ) throws(SyntaxError) -> Query {
        var query = Query(body: try parseSetOperations(from: first))
        var hasClauses = false
        if at(.order) {
            query.orderBy = try parseOrderBy()
            hasClauses = true
        }
        if at(.limit) {
            query.limit = try parseLimit()
            hasClauses = true
        }
        if at(.into) { pendingInto = try parseInto() }
        while let lock = try parseLock() {
            query.locks.append(lock)
            hasClauses = true
        }
        if at(.into) { pendingInto = try parseInto() }
        if !hasClauses, case .parenthesized(let inner) = query.body { query = inner }
        if let into = pendingInto {
            guard depth <= 1 else { throw .unexpected(into.span, expected: [.query]) }
            query.into = into
            pendingInto = nil
        }
        query.span = span(from: start)
        return query
    }

    // MARK: - Set operations

    private mutating func parseSetOperations(
        from first: QueryBody
    ) throws(SyntaxError) -> QueryBody {
        var left = try parseIntersections(from: first)
        var length = 0
        while at(.union) || at(.except) {
            let kind: SetOperation.Kind = at(.union) ? .union : .except
            let isAll = try parseSetQuantifier()
            let right = try parseIntersections(from: try parseQueryTerm())
            left = .combined(SetOperation(kind: kind, isAll: isAll, left: left, right: right))
            length += 1
            try checkChain(length)
        }
        return left
    }

    private mutating func parseIntersections(
        from first: QueryBody
    ) throws(SyntaxError) -> QueryBody {
        var left = first
        var length = 0
        while at(.intersect) {
            let isAll = try parseSetQuantifier()
            let right = try parseQueryTerm()
            left = .combined(SetOperation(kind: .intersect, isAll: isAll, left: left, right: right))
            length += 1
            try checkChain(length)
        }
        return left
    }

    /// The operator with `ALL` or `DISTINCT`.
    private mutating func parseSetQuantifier() throws(SyntaxError) -> Bool {
        try advance()
        if try accept(.all) { return true }
        _ = try accept(.distinct)
        return false
    }

    /// One operand of a set operation.
    private mutating func parseQueryTerm() throws(SyntaxError) -> QueryBody {
        switch token.keyword {
        case .select: return .select(try parseQueryBlock())
        case .table:
            try advance()
            return .table(try parseObjectName())
        case .values:
            try advance()
            return .values(
                try parseList { (parser) throws(SyntaxError) in
                    try parser.expect(.row)
                    return try parser.parseRowValues()
                }
            )
        default:
            guard at(.leftParenthesis) else { throw unexpected(.keyword(.select)) }
            try enter()
            try advance()
            let query = try parseQuery()
            try expect(.rightParenthesis)
            leave()
            return .parenthesized(query)
        }
    }

    /// `(a, b)`, `DEFAULT` allowed; also empty.
    mutating func parseRowValues() throws(SyntaxError) -> [Expression] {
        try expect(.leftParenthesis)
        if try accept(.rightParenthesis) { return [] }
        let values = try parseExpressionList()
        try expect(.rightParenthesis)
        return values
    }

    // MARK: - Clauses of the whole

    mutating func parseWith() throws(SyntaxError) -> WithClause {
        try expect(.with)
        let isRecursive = try accept(.recursive)
        let tables = try parseList { (parser) throws(SyntaxError) in
            try parser.parseCommonTable()
        }
        return WithClause(isRecursive: isRecursive, tables: tables)
    }

    private mutating func parseCommonTable() throws(SyntaxError) -> CommonTableExpression {
        let name = try parseIdentifier()
        let columns = try parseOptionalNameList()
        try expect(.as)
        return CommonTableExpression(name: name, columns: columns, query: try parseSubquery())
    }

    /// `ORDER BY a, b DESC`.
    mutating func parseOrderBy() throws(SyntaxError) -> [OrderItem] {
        try expect(.order)
        try expect(.by)
        return try parseList { (parser) throws(SyntaxError) in
            let expression = try parser.parseExpression()
            let isDescending = try parser.accept(.desc)
            if !isDescending { _ = try parser.accept(.asc) }
            return OrderItem(expression: expression, isDescending: isDescending)
        }
    }

    /// `LIMIT n`, `LIMIT m, n`, `LIMIT n OFFSET m`.
    mutating func parseLimit() throws(SyntaxError) -> LimitClause {
        try expect(.limit)
        let first = try parseLimitValue()
        if try accept(.comma) { return LimitClause(count: try parseLimitValue(), offset: first) }
        if try accept(.offset) { return LimitClause(count: first, offset: try parseLimitValue()) }
        return LimitClause(count: first)
    }

    private mutating func parseLimitValue() throws(SyntaxError) -> Expression {
        switch token.kind {
        case .integerLiteral: return try parseLiteral()
        case .placeholder:
            let span = token.span
            return Expression(kind: .placeholder(try takePlaceholder()), span: span)
        default: throw unexpected(.integer)
        }
    }

    private mutating func parseLock() throws(SyntaxError) -> LockingClause? {
        if try accept(.lock) {
            try expect(.in)
            try expect(.share)
            try expect(.mode)
            return LockingClause(isExclusive: false)
        }
        guard try accept(.for) else { return nil }
        let isExclusive = try accept(.update)
        if !isExclusive { try expect(.share) }
        var clause = LockingClause(isExclusive: isExclusive)
        if try accept(.of) {
            clause.tables = try parseList { (parser) throws(SyntaxError) in
                try parser.parseObjectName()
            }
        }
        if try accept(.nowait) {
            clause.wait = .noWait
        } else if try accept(.skip) {
            try expect(.locked)
            clause.wait = .skipLocked
        }
        return clause
    }

    /// `INTO @a, @b`, `INTO OUTFILE`, `INTO DUMPFILE`.
    mutating func parseInto() throws(SyntaxError) -> IntoClause {
        let start = token.start
        try expect(.into)
        let target: IntoClause.Target
        if try accept(.outfile) {
            let file = try parseString()
            let charset = try acceptCharset() ? try parseCharsetName() : nil
            target = .outfile(file, charset: charset, try parseFileFormat())
        } else if try accept(.dumpfile) {
            target = .dumpfile(try parseString())
        } else {
            target = .variables(try parseUserVariableList())
        }
        return IntoClause(target: target, span: span(from: start))
    }

    /// `@a, @b`, without the signs.
    mutating func parseUserVariableList() throws(SyntaxError) -> [String] {
        try parseList { (parser) throws(SyntaxError) in
            guard parser.at(.userVariable) else { throw parser.unexpected(.sign(.userVariable)) }
            let name = parser.lexer.variableName(parser.token)
            try parser.advance()
            return name
        }
    }
}
