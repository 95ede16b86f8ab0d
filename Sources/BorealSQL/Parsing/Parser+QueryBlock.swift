import BorealBase

/// One `SELECT`: its list, tables, and clauses up to `WINDOW`.
extension Parser {
    mutating func parseQueryBlock() throws(SyntaxError) -> QueryBlock {
        let start = token.start
        try expectVerb(.select)
        var block = QueryBlock(items: [])
        try parseModifiers(&block)
        block.items = try parseList { (parser) throws(SyntaxError) in
            try parser.parseSelectItem()
        }
        if at(.into) { pendingInto = try parseInto() }
        if try accept(.from) {
            try refuseModelTable()
            if try !accept(.dual) { block.from = try parseTableReferences() }
        }
        if try accept(.where) { block.condition = try parseExpression() }
        if try accept(.group) { try parseGroupBy(&block) }
        if try accept(.having) { block.having = try parseExpression() }
        if try accept(.window) { block.windows = try parseWindows() }
        block.span = span(from: start)
        return block
    }

    private mutating func parseModifiers(_ block: inout QueryBlock) throws(SyntaxError) {
        while true {
            switch token.keyword {
            case .distinct, .distinctrow: block.isDistinct = true
            case .sqlCalcFoundRows: block.calculatesFoundRows = true
            case .straightJoin: block.isStraightJoin = true
            case .all, .highPriority, .sqlSmallResult, .sqlBigResult, .sqlBufferResult,
                .sqlNoCache, .sqlCache:
                break
            default: return
            }
            try advance()
        }
    }

    /// `*`, `t.*`, or a value with an alias.
    mutating func parseSelectItem() throws(SyntaxError) -> SelectItem {
        let start = token.start
        if at(.star) {
            try advance()
            return SelectItem(kind: .star, span: span(from: start))
        }
        if let name = try acceptTableStar() {
            return SelectItem(kind: .tableStar(name), span: span(from: start))
        }
        let expression = try parseExpression()
        let text = span(from: start)
        let alias = try parseAlias(allowsString: true)
        return SelectItem(kind: .expression(expression, alias: alias), span: text)
    }

    /// `t.*` or `db.t.*`; takes nothing where it is neither.
    private mutating func acceptTableStar() throws(SyntaxError) -> ObjectName? {
        guard token.kind == .word || token.kind == .quotedName, atName() else { return nil }
        var ahead = lexer
        guard try ahead.next().kind == .dot else { return nil }
        let second = try ahead.next()
        if second.kind != .star {
            guard second.kind == .word || second.kind == .quotedName else { return nil }
            guard try ahead.next().kind == .dot, try ahead.next().kind == .star else { return nil }
        }
        let first = try takeName()
        try advance()
        var name = ObjectName(name: first)
        if second.kind != .star {
            name = ObjectName(database: first, name: try takeName())
            try advance()
        }
        try expect(.star)
        return name
    }

    /// Leaves the text to the grammar of models where it reads from a model.
    private mutating func refuseModelTable() throws(SyntaxError) {
        guard at(.predict) || at(.evaluate) || at(.explain) else {
            guard leavesStatistics, try atStatistic() else { return }
            metModelTable = true
            throw unexpected(.table)
        }
        let (first, second) = try peekTwo()
        guard first.kind == .leftParenthesis, second.keyword == .model else { return }
        metModelTable = true
        throw unexpected(.table)
    }

    private mutating func parseGroupBy(_ block: inout QueryBlock) throws(SyntaxError) {
        try expect(.by)
        block.groupBy = try parseExpressionList()
        block.withRollup = try accept(.with, .rollup)
    }

    private mutating func parseWindows() throws(SyntaxError) -> [WindowDefinition] {
        try parseList { (parser) throws(SyntaxError) in
            let name = try parser.parseIdentifier()
            try parser.expect(.as)
            let specification = try parser.parseWindowSpecification()
            return WindowDefinition(name: name, specification: specification)
        }
    }
}
