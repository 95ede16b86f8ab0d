import BorealBase

/// What stands between operators: constants, names, calls, parentheses, and what is attached to
/// them.
extension Parser {
    /// What a parenthesis turned out to enclose.
    enum Parenthesized {
        /// A query.
        case query(Query)
        /// One expression or more.
        case expressions([Expression])
    }

    /// One operand with its signs in front and `COLLATE` behind.
    mutating func parseOperand() throws(SyntaxError) -> Expression {
        var operand: Expression
        if let pending = pendingOperand {
            pendingOperand = nil
            operand = pending
        } else {
            operand = try parsePrimary()
        }
        var length = 0
        while true {
            switch token.kind {
            case .arrow, .doubleArrow: operand = try parseJSONPath(operand)
            case .word where token.keyword == .collate:
                try advance()
                let name = try parseCharsetName()
                operand = Expression(
                    kind: .collate(operand, name),
                    span: span(from: operand.span.start)
                )
            default: return operand
            }
            length += 1
            try checkChain(length)
        }
    }

    private mutating func parseJSONPath(_ value: Expression) throws(SyntaxError) -> Expression {
        let isUnquoted = at(.doubleArrow)
        try advance()
        let path = try parseString()
        return Expression(
            kind: .jsonExtract(value, path: path, isUnquoted: isUnquoted),
            span: span(from: value.span.start)
        )
    }

    /// An operand without what may be attached behind it.
    mutating func parsePrimary() throws(SyntaxError) -> Expression {
        switch token.kind {
        case .word: return try parseWordPrimary()
        case .quotedName: return try parseNameOrCall()
        case .integerLiteral, .decimalLiteral, .floatLiteral, .stringLiteral, .nationalString,
            .hexadecimal, .bits:
            return try parseLiteral()
        case .placeholder:
            let start = token.start
            let index = try takePlaceholder()
            return Expression(kind: .placeholder(index), span: span(from: start))
        case .leftParenthesis: return try parseParenthesizedOperand()
        case .minus: return try parseUnary(.minus)
        case .plus: return try parseUnary(.plus)
        case .tilde: return try parseUnary(.bitNot)
        case .exclamation: return try parseUnary(.not)
        case .userVariable: return try parseUserVariable()
        case .systemVariable:
            let variable = try parseSystemVariable()
            return Expression(kind: .systemVariable(variable), span: variable.span)
        case .leftBrace: return try parseBraces()
        default: throw unexpected(.expression)
        }
    }

    private mutating func parseUnary(_ sign: UnaryOperator) throws(SyntaxError) -> Expression {
        let start = token.start
        try enter()
        try advance()
        let operand = try parseOperand()
        leave()
        return Expression(kind: .unary(sign, operand), span: span(from: start))
    }

    // MARK: - Parentheses

    private mutating func parseParenthesizedOperand() throws(SyntaxError) -> Expression {
        let start = token.start
        switch try parseParentheses() {
        case .query(let query): return Expression(kind: .query(query), span: span(from: start))
        case .expressions(let list):
            if list.count == 1 { return list[0] }
            return Expression(kind: .row(list), span: span(from: start))
        }
    }

    /// From `(` to its `)`: a query, or expressions with commas between. Reads the text once,
    /// however many parentheses are nested.
    mutating func parseParentheses() throws(SyntaxError) -> Parenthesized {
        try enter()
        let start = token.start
        try expect(.leftParenthesis)
        if atQueryStart() {
            let query = try parseQuery()
            try expect(.rightParenthesis)
            leave()
            return .query(query)
        }
        if at(.leftParenthesis), pendingOperand == nil {
            let inner = token.start
            switch try parseParentheses() {
            case .query(let query):
                if at(.rightParenthesis) {
                    try advance()
                    leave()
                    return .query(query)
                }
                if atQueryContinuation() {
                    let whole = try parseQueryTail(of: .parenthesized(query), from: start)
                    try expect(.rightParenthesis)
                    leave()
                    return .query(whole)
                }
                pendingOperand = Expression(kind: .query(query), span: span(from: inner))
            case .expressions(let list):
                pendingOperand =
                    list.count == 1
                    ? list[0] : Expression(kind: .row(list), span: span(from: inner))
            }
        }
        let list = try parseList { (parser) throws(SyntaxError) in try parser.parseExpression() }
        try expect(.rightParenthesis)
        leave()
        return .expressions(list)
    }

    /// `(SELECT ...)` and nothing else.
    mutating func parseSubquery() throws(SyntaxError) -> Query {
        let start = token.span
        guard case .query(let query) = try parseParentheses() else {
            throw .unexpected(start, expected: [.query])
        }
        return query
    }

    // MARK: - Literals

    /// A constant that a token or several adjacent strings spell.
    mutating func parseLiteral() throws(SyntaxError) -> Expression {
        let start = token.start
        let literal: Literal
        switch token.kind {
        case .stringLiteral: literal = try parseStringLiteral()
        case .nationalString:
            let first = lexer.stringBytes(token)
            try advance()
            literal = .introduced(charset: "utf8mb3", bytes: first + (try takeMoreStrings()))
        default:
            literal = numberLiteral()
            try advance()
        }
        return Expression(kind: .literal(literal), span: span(from: start))
    }

    private func numberLiteral() -> Literal {
        switch token.kind {
        case .integerLiteral:
            let text = lexer.text(token)
            return UInt64(text).map { .integer($0) } ?? .decimal(text)
        case .decimalLiteral: return .decimal(lexer.text(token))
        case .floatLiteral: return .float(lexer.text(token))
        case .hexadecimal: return .hexadecimal(lexer.hexadecimalBytes(token))
        default: return .bits(lexer.bitBytes(token))
        }
    }

    private mutating func parseStringLiteral() throws(SyntaxError) -> Literal {
        if let text = lexer.stringText(token) {
            let first = token
            try advance()
            guard at(.stringLiteral) else { return .string(text) }
            return literal(of: lexer.stringBytes(first) + (try takeMoreStrings()))
        }
        return literal(of: try takeMoreStrings())
    }

    private func literal(of bytes: [UInt8]) -> Literal {
        String(validating: bytes, as: UTF8.self).map { .string($0) } ?? .bytes(bytes)
    }

    /// `{d '..'}`, `{t '..'}`, `{ts '..'}`; other ODBC escapes, `{fn f()}` among them, are their
    /// inside.
    private mutating func parseBraces() throws(SyntaxError) -> Expression {
        let start = token.start
        try enter()
        try advance()
        let kind: Literal.TemporalKind? =
            isWord("d") ? .date : isWord("t") ? .time : isWord("ts") ? .timestamp : nil
        guard at(.word) else { throw unexpected(.name) }
        try advance()
        let inner: Expression
        if let kind, at(.stringLiteral) {
            let text = try parseString()
            inner = Expression(kind: .literal(.temporal(kind, text)), span: span(from: start))
        } else {
            inner = try parseExpression()
        }
        try expect(.rightBrace)
        leave()
        return inner
    }

    // MARK: - Variables

    private mutating func parseUserVariable() throws(SyntaxError) -> Expression {
        let start = token.start
        let name = lexer.variableName(token)
        try advance()
        guard at(.assign) else {
            return Expression(kind: .userVariable(name), span: span(from: start))
        }
        try enter()
        try advance()
        let value = try parseExpression()
        leave()
        return Expression(kind: .assignment(name: name, value: value), span: span(from: start))
    }

    /// `@@[scope.][component.]name`.
    mutating func parseSystemVariable() throws(SyntaxError) -> SystemVariable {
        let start = token.start
        try expect(.systemVariable)
        var scope = SystemVariable.Scope.unspecified
        if let written = variableScope(token.keyword), try peek().kind == .dot {
            scope = written
            try advance()
            try advance()
        }
        var variable = try parseVariableName(scope)
        variable.span = span(from: start)
        return variable
    }

    /// `name` or `component.name`, the scope being known.
    mutating func parseVariableName(
        _ scope: SystemVariable.Scope
    ) throws(SyntaxError) -> SystemVariable {
        let start = token.start
        let first = try takeName()
        guard try accept(.dot) else {
            let name = first.name.lowercased()
            return SystemVariable(scope: scope, name: name, span: span(from: start))
        }
        let second = try takeName()
        return SystemVariable(
            scope: scope,
            component: first.name,
            name: second.name.lowercased(),
            span: span(from: start)
        )
    }
}

/// The scope that a word in front of a variable's name means.
func variableScope(_ keyword: Keyword) -> SystemVariable.Scope? {
    switch keyword {
    case .global: .global
    case .session, .local: .session
    case .persist: .persist
    case .persistOnly: .persistOnly
    default: nil
    }
}
