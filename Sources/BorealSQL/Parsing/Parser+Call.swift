import BorealBase

/// Calls of functions: arguments, what aggregates add to them, and windows.
extension Parser {
    /// The arguments in parentheses, and what may follow them.
    mutating func parseCall(
        _ name: FunctionCall,
        from start: Int32
    ) throws(SyntaxError) -> Expression {
        var call = name
        try enter()
        try expect(.leftParenthesis)
        if !at(.rightParenthesis) { try parseArguments(&call) }
        try expect(.rightParenthesis)
        leave()
        try parseCallTail(&call)
        call.span = span(from: start)
        return Expression(kind: .function(call), span: call.span)
    }

    private mutating func parseArguments(_ call: inout FunctionCall) throws(SyntaxError) {
        if at(.star), try peek().kind == .rightParenthesis {
            try advance()
            call.isStar = true
            return
        }
        if at(.distinct) || at(.distinctrow) {
            try advance()
            call.isDistinct = true
        } else if at(.all) {
            try advance()
        }
        call.arguments = try parseExpressionList()
        if at(.order) { call.orderBy = try parseOrderBy() }
        if try accept(.separator) { call.separator = try parseString() }
        if try accept(.using) { call.charset = try parseCharsetName() }
        if try accept(.returning) { call.returning = try parseDataType() }
    }

    /// Expressions with commas between.
    mutating func parseExpressionList() throws(SyntaxError) -> [Expression] {
        try parseList { (parser) throws(SyntaxError) in try parser.parseExpression() }
    }

    private mutating func parseCallTail(_ call: inout FunctionCall) throws(SyntaxError) {
        if try accept(.respect, .nulls) {
            call.ignoresNulls = false
        } else if try accept(.ignore, .nulls) {
            call.ignoresNulls = true
        }
        if at(.from), try peek().keyword == .first, try peekTwo().1.keyword == .over {
            try advance()
            try advance()
        }
        guard at(.over) else { return }
        try advance()
        call.over =
            at(.leftParenthesis)
            ? .inline(try parseWindowSpecification()) : .named(try parseIdentifier())
    }

    // MARK: - Functions with keywords among their arguments

    /// A call whose name is a keyword.
    mutating func parseKeywordCall() throws(SyntaxError) -> Expression {
        switch token.keyword {
        case .extract: return try parseExtract()
        case .trim: return try parseTrim()
        case .substring, .substr: return try parseSubstring()
        case .position: return try parsePosition()
        case .timestampadd, .timestampdiff: return try parseUnitCall()
        case .getFormat: return try parseGetFormat()
        default:
            let start = token.start
            let name = try takeName()
            return try parseCall(FunctionCall(name: name), from: start)
        }
    }

    private mutating func parseExtract() throws(SyntaxError) -> Expression {
        let start = token.start
        try enter()
        try advance()
        try expect(.leftParenthesis)
        let unit = try parseUnit()
        try expect(.from)
        let value = try parseExpression()
        try expect(.rightParenthesis)
        leave()
        return Expression(kind: .extract(unit, value), span: span(from: start))
    }

    private mutating func parseTrim() throws(SyntaxError) -> Expression {
        let start = token.start
        try enter()
        try advance()
        try expect(.leftParenthesis)
        var side: Expression.TrimSide?
        switch token.keyword {
        case .both: side = .both
        case .leading: side = .leading
        case .trailing: side = .trailing
        default: break
        }
        if side != nil { try advance() }
        var removed: Expression?
        if side == nil || !at(.from) { removed = try parseExpression() }
        var value: Expression?
        if try accept(.from) {
            value = try parseExpression()
        } else if side != nil {
            throw unexpected(.keyword(.from))
        }
        guard let first = value ?? removed else { throw unexpected(.expression) }
        try expect(.rightParenthesis)
        leave()
        return Expression(
            kind: .trim(side ?? .both, removed: value == nil ? nil : removed, value: first),
            span: span(from: start)
        )
    }

    /// `SUBSTRING(x, a, b)` and `SUBSTRING(x FROM a FOR b)`.
    private mutating func parseSubstring() throws(SyntaxError) -> Expression {
        let start = token.start
        var call = FunctionCall(name: try takeName())
        try enter()
        try expect(.leftParenthesis)
        call.arguments = try parseExpressionList()
        if call.arguments.count == 1, try accept(.from) {
            call.arguments.append(try parseExpression())
            if try accept(.for) { call.arguments.append(try parseExpression()) }
        }
        try expect(.rightParenthesis)
        leave()
        call.span = span(from: start)
        return Expression(kind: .function(call), span: call.span)
    }

    /// `POSITION(a IN b)`.
    private mutating func parsePosition() throws(SyntaxError) -> Expression {
        let start = token.start
        var call = FunctionCall(name: try takeName())
        try enter()
        try expect(.leftParenthesis)
        call.arguments = [try parseBitExpression()]
        try expect(.in)
        call.arguments.append(try parseExpression())
        try expect(.rightParenthesis)
        leave()
        call.span = span(from: start)
        return Expression(kind: .function(call), span: call.span)
    }

    /// `TIMESTAMPADD(unit, n, t)` and `TIMESTAMPDIFF(unit, a, b)`.
    private mutating func parseUnitCall() throws(SyntaxError) -> Expression {
        let start = token.start
        var call = FunctionCall(name: try takeName())
        try enter()
        try expect(.leftParenthesis)
        let word = token.span
        call.arguments = [Expression(kind: .unit(try parseUnit()), span: word)]
        try expect(.comma)
        call.arguments += try parseExpressionList()
        try expect(.rightParenthesis)
        leave()
        call.span = span(from: start)
        return Expression(kind: .function(call), span: call.span)
    }

    /// `GET_FORMAT(DATE, 'ISO')`: the type becomes a string.
    private mutating func parseGetFormat() throws(SyntaxError) -> Expression {
        let start = token.start
        var call = FunctionCall(name: try takeName())
        try enter()
        try expect(.leftParenthesis)
        let word = token.span
        switch token.keyword {
        case .date, .time, .datetime, .timestamp: break
        default: throw unexpected(.keyword(.date), .keyword(.time), .keyword(.datetime))
        }
        let type = Literal.string(try takeWord())
        call.arguments = [Expression(kind: .literal(type), span: word)]
        try expect(.comma)
        call.arguments.append(try parseExpression())
        try expect(.rightParenthesis)
        leave()
        call.span = span(from: start)
        return Expression(kind: .function(call), span: call.span)
    }

    // MARK: - Windows

    /// `([name] [PARTITION BY ..] [ORDER BY ..] [frame])`.
    mutating func parseWindowSpecification() throws(SyntaxError) -> WindowSpecification {
        var window = WindowSpecification()
        try enter()
        try expect(.leftParenthesis)
        if atName() { window.base = try takeName() }
        if try accept(.partition) {
            try expect(.by)
            window.partitionBy = try parseExpressionList()
        }
        if at(.order) { window.orderBy = try parseOrderBy() }
        if at(.rows) || at(.range) { window.frame = try parseFrame() }
        try expect(.rightParenthesis)
        leave()
        return window
    }

    private mutating func parseFrame() throws(SyntaxError) -> WindowFrame {
        let unit: WindowFrame.Unit = at(.rows) ? .rows : .range
        try advance()
        guard try accept(.between) else {
            return WindowFrame(unit: unit, start: try parseFrameBound())
        }
        let start = try parseFrameBound()
        try expect(.and)
        return WindowFrame(unit: unit, start: start, end: try parseFrameBound())
    }

    private mutating func parseFrameBound() throws(SyntaxError) -> WindowFrame.Bound {
        if try accept(.current) {
            try expect(.row)
            return .currentRow
        }
        if try accept(.unbounded) {
            if try accept(.preceding) { return .unboundedPreceding }
            try expect(.following)
            return .unboundedFollowing
        }
        let distance = try parseBitExpression()
        if try accept(.preceding) { return .preceding(distance) }
        try expect(.following)
        return .following(distance)
    }
}
