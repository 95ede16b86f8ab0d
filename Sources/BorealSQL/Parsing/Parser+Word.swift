import BorealBase

/// Operands that begin with a word: constants, columns, calls and the forms with a grammar of
/// their own.
extension Parser {
    mutating func parseWordPrimary() throws(SyntaxError) -> Expression {
        switch token.keyword {
        case .notKeyword: return try parseBareWord()
        case .null: return try takeConstant(.null)
        case .true: return try takeConstant(.boolean(true))
        case .false: return try takeConstant(.boolean(false))
        case .not where mode.contains(.highNotPrecedence): return try parseNotOperand(.not)
        case .binary: return try parseNotOperand(.binary)
        case .case: return try parseCase()
        case .exists: return try parseExists()
        case .cast: return try parseCast()
        case .convert: return try parseConvert()
        case .interval: return try parseInterval()
        case .row: return try parseRow()
        case .default: return try parseDefault()
        case .values: return try parseInsertedValue()
        case .match: return try parseMatch()
        case .currentTimestamp, .currentDate, .currentTime, .currentUser, .localtime,
            .localtimestamp, .utcDate, .utcTime, .utcTimestamp:
            return try parseBareFunction()
        case .date, .time, .timestamp: return try parseTemporalOrName()
        default: return try parseKeywordName()
        }
    }

    private mutating func takeConstant(_ literal: Literal) throws(SyntaxError) -> Expression {
        let span = token.span
        try advance()
        return Expression(kind: .literal(literal), span: span)
    }

    private mutating func parseNotOperand(_ sign: UnaryOperator) throws(SyntaxError) -> Expression {
        let start = token.start
        try enter()
        try advance()
        let operand = try parseOperand()
        leave()
        return Expression(kind: .unary(sign, operand), span: span(from: start))
    }

    /// A word that is no keyword; with an underscore in front, it may introduce a string.
    private mutating func parseBareWord() throws(SyntaxError) -> Expression {
        if lexer.byte(Int(token.start)) == UInt8(ascii: "_"), let charset = introducer() {
            let next = try peek().kind
            if next == .stringLiteral || next == .hexadecimal || next == .bits {
                let start = token.start
                try advance()
                let bytes = try parseByteString()
                return Expression(
                    kind: .literal(.introduced(charset: charset, bytes: bytes)),
                    span: span(from: start)
                )
            }
        }
        return try parseNameOrCall()
    }

    private func introducer() -> String? {
        let name = String(lexer.text(token).dropFirst()).lowercased()
        return characterSets.contains(name) ? name : nil
    }

    /// A keyword as a name or a function; reserved words only as functions that MySQL has.
    private mutating func parseKeywordName() throws(SyntaxError) -> Expression {
        guard token.keyword.isReserved else {
            guard try peek().kind == .leftParenthesis else { return try parseNameOrCall() }
            return try parseKeywordCall()
        }
        guard token.keyword.namesFunction, try peek().kind == .leftParenthesis else {
            throw unexpected(.expression)
        }
        return try parseKeywordCall()
    }

    private mutating func parseTemporalOrName() throws(SyntaxError) -> Expression {
        guard try peek().kind == .stringLiteral else { return try parseKeywordName() }
        let start = token.start
        let kind: Literal.TemporalKind =
            switch token.keyword {
            case .date: .date
            case .time: .time
            default: .timestamp
            }
        try advance()
        let text = try parseString()
        return Expression(kind: .literal(.temporal(kind, text)), span: span(from: start))
    }

    /// A column, `f(...)` or `db.f(...)`.
    mutating func parseNameOrCall() throws(SyntaxError) -> Expression {
        let start = token.start
        let first = try takeName()
        switch token.kind {
        case .leftParenthesis:
            return try parseCall(FunctionCall(name: first), from: start)
        case .dot:
            let column = try parseColumnName(behind: first)
            if at(.leftParenthesis), column.database == nil {
                return try parseCall(FunctionCall(database: first, name: column.name), from: start)
            }
            return Expression(kind: .column(column), span: span(from: start))
        default:
            return Expression(kind: .column(ColumnName(name: first)), span: first.span)
        }
    }

    // MARK: - Forms with a grammar of their own

    private mutating func parseCase() throws(SyntaxError) -> Expression {
        let start = token.start
        try enter()
        try advance()
        let operand = at(.when) ? nil : try parseExpression()
        var branches: [CaseBranch] = []
        repeat {
            try expect(.when)
            let condition = try parseExpression()
            try expect(.then)
            branches.append(CaseBranch(condition: condition, result: try parseExpression()))
        } while at(.when)
        let otherwise = try accept(.else) ? try parseExpression() : nil
        try expect(.end)
        leave()
        return Expression(
            kind: .caseWhen(operand: operand, branches: branches, otherwise: otherwise),
            span: span(from: start)
        )
    }

    private mutating func parseExists() throws(SyntaxError) -> Expression {
        let start = token.start
        try advance()
        let query = try parseSubquery()
        return Expression(kind: .exists(query), span: span(from: start))
    }

    private mutating func parseCast() throws(SyntaxError) -> Expression {
        let start = token.start
        guard try peek().kind == .leftParenthesis else { return try parseNameOrCall() }
        try enter()
        try advance()
        try advance()
        let value = try parseExpression()
        try expect(.as)
        let type = try parseDataType()
        let isArray = try accept(.array)
        try expect(.rightParenthesis)
        leave()
        return Expression(kind: .cast(value, type, isArray: isArray), span: span(from: start))
    }

    private mutating func parseConvert() throws(SyntaxError) -> Expression {
        let start = token.start
        try enter()
        try advance()
        try expect(.leftParenthesis)
        let value = try parseExpression()
        let kind: Expression.Kind
        if try accept(.using) {
            kind = .convertUsing(value, charset: try parseCharsetName())
        } else {
            try expect(.comma)
            kind = .cast(value, try parseDataType(), isArray: false)
        }
        try expect(.rightParenthesis)
        leave()
        return Expression(kind: kind, span: span(from: start))
    }

    /// `INTERVAL expr unit`, or the function `INTERVAL(n, a, b)`, which has two arguments at least.
    mutating func parseInterval() throws(SyntaxError) -> Expression {
        let start = token.start
        let word = token
        try enter()
        try advance()
        if at(.leftParenthesis) {
            let open = token.start
            switch try parseParentheses() {
            case .query(let query):
                pendingOperand = Expression(kind: .query(query), span: span(from: open))
            case .expressions(let list) where list.count == 1: pendingOperand = list[0]
            case .expressions(let list):
                leave()
                let name = Identifier(name: lexer.text(word), span: word.span)
                let call = FunctionCall(name: name, arguments: list, span: span(from: start))
                return Expression(kind: .function(call), span: call.span)
            }
        }
        let value = try parseExpression()
        let unit = try parseUnit()
        leave()
        return Expression(kind: .interval(value, unit), span: span(from: start))
    }

    /// `DAY`, `SQL_TSI_DAY`, `DAY_HOUR` and the others.
    mutating func parseUnit() throws(SyntaxError) -> IntervalUnit {
        guard at(.word) else { throw unexpected(.keyword(.day)) }
        var word = lexer.text(token).uppercased()
        if word.hasPrefix("SQL_TSI_") { word.removeFirst(8) }
        guard let unit = IntervalUnit(rawValue: word) else { throw unexpected(.keyword(.day)) }
        try advance()
        return unit
    }

    private mutating func parseRow() throws(SyntaxError) -> Expression {
        let start = token.start
        try advance()
        guard case .expressions(let list) = try parseParentheses() else {
            throw unexpected(.expression)
        }
        return Expression(kind: .row(list), span: span(from: start))
    }

    private mutating func parseDefault() throws(SyntaxError) -> Expression {
        let start = token.start
        try advance()
        var column: ColumnName?
        if try accept(.leftParenthesis) {
            column = try parseColumnName()
            try expect(.rightParenthesis)
        }
        return Expression(kind: .defaultValue(column), span: span(from: start))
    }

    private mutating func parseInsertedValue() throws(SyntaxError) -> Expression {
        let start = token.start
        try advance()
        try expect(.leftParenthesis)
        let column = try parseColumnName()
        try expect(.rightParenthesis)
        return Expression(kind: .insertedValue(column), span: span(from: start))
    }

    private mutating func parseMatch() throws(SyntaxError) -> Expression {
        let start = token.start
        try advance()
        let isEnclosed = try accept(.leftParenthesis)
        let columns = try parseList { (parser) throws(SyntaxError) in try parser.parseColumnName() }
        if isEnclosed { try expect(.rightParenthesis) }
        try expect(.against)
        try enter()
        try expect(.leftParenthesis)
        let text = try parseBitExpression()
        let mode = try parseMatchMode()
        try expect(.rightParenthesis)
        leave()
        return Expression(kind: .match(columns, against: text, mode), span: span(from: start))
    }

    private mutating func parseMatchMode() throws(SyntaxError) -> Expression.MatchMode {
        if try accept(.in) {
            if try accept(.boolean) {
                try expect(.mode)
                return .boolean
            }
            try expect(.natural)
            try expect(.language)
            try expect(.mode)
        }
        guard try accept(.with) else { return .naturalLanguage }
        try expect(.query)
        try expect(.expansion)
        return .queryExpansion
    }

    /// `CURRENT_TIMESTAMP`, `CURRENT_TIMESTAMP()`, `CURRENT_TIMESTAMP(6)` and its like.
    private mutating func parseBareFunction() throws(SyntaxError) -> Expression {
        let start = token.start
        let name = try takeName()
        guard at(.leftParenthesis) else {
            let call = FunctionCall(name: name, hasParentheses: false, span: name.span)
            return Expression(kind: .function(call), span: name.span)
        }
        return try parseCall(FunctionCall(name: name), from: start)
    }
}

extension Keyword {
    /// True for the reserved words that name functions of MySQL.
    var namesFunction: Bool {
        switch self {
        case .if, .left, .right, .replace, .insert, .repeat, .mod, .database, .schema, .char,
            .cumeDist, .denseRank, .firstValue, .lag, .lastValue, .lead, .nthValue, .ntile,
            .percentRank, .rank, .rowNumber, .grouping:
            true
        default: false
        }
    }
}

/// The character sets that may introduce a string.
let characterSets: Set<String> = [
    "armscii8", "ascii", "big5", "binary", "cp1250", "cp1251", "cp1256", "cp1257", "cp850", "cp852",
    "cp866", "cp932", "dec8", "eucjpms", "euckr", "gb18030", "gb2312", "gbk", "geostd8", "greek",
    "hebrew", "hp8", "keybcs2", "koi8r", "koi8u", "latin1", "latin2", "latin5", "latin7", "macce",
    "macroman", "sjis", "swe7", "tis620", "ucs2", "ujis", "utf16", "utf16le", "utf32", "utf8",
    "utf8mb3", "utf8mb4",
]
