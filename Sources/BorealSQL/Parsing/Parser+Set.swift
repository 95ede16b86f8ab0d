import BorealBase

/// `SET` in all its spellings.
extension Parser {
    mutating func parseSet() throws(SyntaxError) -> SQLStatement {
        let start = token.start
        try expect(.set)
        switch token.keyword {
        case .statement:
            if let statement = try parseSetForStatement() { return statement }
        case .password:
            if let statement = try parseSetPassword(from: start) { return statement }
        case .role:
            if try peek().kind != .equal, try peek().kind != .assign { return try parseSetRole() }
        case .transaction:
            if try peek().kind == .word {
                return .setTransaction(try parseSetTransaction(.unspecified))
            }
        case .global, .session, .local:
            if try peek().keyword == .transaction, let scope = variableScope(token.keyword) {
                try advance()
                return .setTransaction(try parseSetTransaction(scope))
            }
        default: break
        }
        let assignments = try parseSetAssignments()
        return .set(SetStatement(assignments: assignments, span: span(from: start)))
    }

    private mutating func parseSetAssignments() throws(SyntaxError) -> [SetStatement.Assignment] {
        try parseList { (parser) throws(SyntaxError) in try parser.parseSetAssignment() }
    }

    private mutating func parseSetAssignment() throws(SyntaxError) -> SetStatement.Assignment {
        if at(.userVariable) {
            let name = lexer.variableName(token)
            try advance()
            try expectAssignment()
            return .user(name, try parseExpression())
        }
        if at(.names), try peek().kind != .equal, try peek().kind != .assign {
            try advance()
            return try parseNames()
        }
        if at(.character) || at(.char) || at(.charset), try acceptCharset() {
            if try accept(.default) { return .characterSet(nil) }
            return .characterSet(try parseCharsetName())
        }
        let variable = try parseSetVariable()
        try expectAssignment()
        return .system(variable, try parseSetValue())
    }

    private mutating func parseNames() throws(SyntaxError) -> SetStatement.Assignment {
        if try accept(.default) { return .names(charset: nil, collation: nil) }
        let charset = try parseCharsetName()
        let collation = try accept(.collate) ? try parseCharsetName() : nil
        return .names(charset: charset, collation: collation)
    }

    private mutating func expectAssignment() throws(SyntaxError) {
        if try !accept(.assign) { try expect(.equal) }
    }

    /// `@@global.x`, `GLOBAL x`, `x`, `component.x`.
    private mutating func parseSetVariable() throws(SyntaxError) -> SystemVariable {
        if at(.systemVariable) { return try parseSystemVariable() }
        let start = token.start
        var scope = SystemVariable.Scope.unspecified
        if let written = variableScope(token.keyword) {
            let next = try peek().kind
            if next == .word || next == .quotedName {
                scope = written
                try advance()
            }
        }
        guard atName() else { throw unexpected(.name) }
        var variable = try parseVariableName(scope)
        variable.span = span(from: start)
        return variable
    }

    /// A value; a word alone, `ON` and other reserved ones included, is a word.
    private mutating func parseSetValue() throws(SyntaxError) -> SetValue {
        guard at(.word) else { return .expression(try parseExpression()) }
        let next = try peek()
        let isAlone =
            next.kind == .comma || next.kind == .endOfText || next.kind == .semicolon
            || next.keyword == .for
        guard isAlone else { return .expression(try parseExpression()) }
        switch token.keyword {
        case .default:
            try advance()
            return .byDefault
        case .null, .true, .false, .currentTimestamp, .currentUser, .currentDate, .currentTime:
            return .expression(try parseExpression())
        case .on, .all, .binary, .row, .system: break
        default:
            guard !token.keyword.isReserved else { throw unexpected(.expression) }
        }
        return .word(try takeName().name)
    }

    // MARK: - Special forms

    /// `STATEMENT a = 1, b = 2 FOR statement`; nil where `statement` is a variable's name.
    private mutating func parseSetForStatement() throws(SyntaxError) -> SQLStatement? {
        let next = try peek()
        guard next.kind == .word || next.kind == .systemVariable else { return nil }
        try advance()
        let assignments = try parseSetAssignments()
        try expect(.for)
        try enter()
        let statement = try parseSQLStatement()
        leave()
        return .setForStatement(SetForStatement(assignments: assignments, statement: statement))
    }

    /// `PASSWORD [FOR account] = 'password' [REPLACE 'password']`.
    private mutating func parseSetPassword(from start: Int32) throws(SyntaxError) -> SQLStatement? {
        try advance()
        let account = try accept(.for) ? try parseAccountName() : nil
        try expectAssignment()
        let place = token.start
        var node = SetPassword(account: account, password: "")
        if isWord("password") {
            try advance()
            try expect(.leftParenthesis)
            node.password = try parseString()
            try expect(.rightParenthesis)
        } else {
            node.password = try parseString()
        }
        node.replaced = try parseReplaced()
        node.span = span(from: place)
        return .setPassword(node)
    }

    private mutating func parseSetRole() throws(SyntaxError) -> SQLStatement {
        try advance()
        let start = token.start
        while !at(.endOfText), !at(.semicolon) { try advance() }
        guard previousEnd > start else { throw unexpected(.name) }
        let text = String(decoding: lexer.bytes[span(from: start).range], as: UTF8.self)
        return .setRole(text)
    }
}
