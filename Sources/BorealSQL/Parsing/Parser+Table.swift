import BorealBase

/// References of `FROM`: tables, derived tables, table functions, and joins between them.
extension Parser {
    /// What a parenthesis among tables turned out to enclose.
    private enum ParenthesizedTable {
        case query(Query)
        case references([TableReference])
    }

    /// References with commas between.
    mutating func parseTableReferences() throws(SyntaxError) -> [TableReference] {
        try parseList { (parser) throws(SyntaxError) in try parser.parseTableReference() }
    }

    /// One reference with all that is joined to it.
    mutating func parseTableReference() throws(SyntaxError) -> TableReference {
        try parseJoins(on: try parseTableFactor())
    }

    // MARK: - Joins

    private mutating func parseJoins(
        on first: TableReference
    ) throws(SyntaxError) -> TableReference {
        var left = first
        var length = 0
        while let kind = try acceptJoin() {
            left = try parseJoined(kind, to: left)
            length += 1
            try checkChain(length)
        }
        return left
    }

    /// The words of a join, if one follows; `natural` says which columns meet.
    private mutating func acceptJoin() throws(SyntaxError) -> (kind: Join.Kind, isNatural: Bool)? {
        let isNatural = try accept(.natural)
        switch token.keyword {
        case .join: try advance()
        case .inner, .cross:
            try advance()
            try expect(.join)
        case .straightJoin where !isNatural:
            try advance()
            return (.straight, false)
        case .left, .right:
            let kind: Join.Kind = at(.left) ? .left : .right
            try advance()
            _ = try accept(.outer)
            try expect(.join)
            return (kind, isNatural)
        default:
            if isNatural { throw unexpected(.keyword(.join)) }
            return nil
        }
        return (.inner, isNatural)
    }

    private mutating func parseJoined(
        _ join: (kind: Join.Kind, isNatural: Bool),
        to left: TableReference
    ) throws(SyntaxError) -> TableReference {
        var right = try parseTableFactor()
        if join.isNatural {
            return .join(Join(kind: join.kind, left: left, right: right, condition: .natural))
        }
        let needsCondition = join.kind == .left || join.kind == .right
        if needsCondition, !at(.on), !at(.using) {
            // `a LEFT JOIN b JOIN c ON .. ON ..`: the right side is itself a join.
            try enter()
            guard let inner = try acceptJoin() else { throw unexpected(.keyword(.on)) }
            right = try parseJoined(inner, to: right)
            leave()
        }
        let condition = try parseJoinCondition()
        if needsCondition, condition == .none { throw unexpected(.keyword(.on)) }
        return .join(Join(kind: join.kind, left: left, right: right, condition: condition))
    }

    private mutating func parseJoinCondition() throws(SyntaxError) -> Join.Condition {
        if try accept(.on) { return .on(try parseExpression()) }
        if try accept(.using) { return .using(try parseNameList()) }
        return .none
    }

    // MARK: - Factors

    private mutating func parseTableFactor() throws(SyntaxError) -> TableReference {
        if let pending = pendingTable {
            pendingTable = nil
            return pending
        }
        if at(.leftParenthesis) { return try parseParenthesizedFactor() }
        if at(.lateral) {
            let start = token.start
            try advance()
            let query = try parseSubquery()
            return .derived(try parseDerived(query, isLateral: true, from: start))
        }
        if at(.jsonTable) { throw .unsupported("JSON_TABLE", token.span) }
        if at(.leftBrace) { return try parseOuterJoinEscape() }
        return try parseNamedTable()
    }

    /// `{ OJ reference }`, ODBC's spelling of an outer join.
    private mutating func parseOuterJoinEscape() throws(SyntaxError) -> TableReference {
        try enter()
        try advance()
        guard isWord("oj") else { throw unexpected(.table) }
        try advance()
        let reference = try parseTableReference()
        try expect(.rightBrace)
        leave()
        return reference
    }

    private mutating func parseNamedTable() throws(SyntaxError) -> TableReference {
        let start = token.start
        let name = try parseObjectName()
        if at(.leftParenthesis) { return try parseTableFunction(name, from: start) }
        var table = NamedTable(name: name)
        if try accept(.partition) { table.partitions = try parseNameList() }
        table.alias = try parseTableAlias()
        while let hint = try parseIndexHint() { table.indexHints.append(contentsOf: hint) }
        table.span = span(from: start)
        return .table(table)
    }

    /// An alias of a table. `RETURNING` is no alias without `AS`, since a clause begins with it.
    private mutating func parseTableAlias() throws(SyntaxError) -> Identifier? {
        at(.returning) ? nil : try parseAlias(allowsString: false)
    }

    private mutating func parseTableFunction(
        _ name: ObjectName,
        from start: Int32
    ) throws(SyntaxError) -> TableReference {
        var call = FunctionCall(database: name.database, name: name.name)
        try enter()
        try expect(.leftParenthesis)
        if !at(.rightParenthesis) {
            call.arguments = try parseList { (parser) throws(SyntaxError) in
                try parser.parseTableArgument()
            }
        }
        try expect(.rightParenthesis)
        leave()
        call.span = span(from: start)
        let alias = try parseTableAlias()
        return .function(TableFunction(call: call, alias: alias, span: span(from: start)))
    }

    /// An argument of a table function: a query needs no parentheses of its own.
    private mutating func parseTableArgument() throws(SyntaxError) -> Expression {
        guard atQueryStart() else { return try parseExpression() }
        let start = token.start
        let query = try parseQuery()
        return Expression(kind: .query(query), span: span(from: start))
    }

    private mutating func parseIndexHint() throws(SyntaxError) -> [IndexHint]? {
        let action: IndexHint.Action
        switch token.keyword {
        case .use: action = .use
        case .ignore: action = .ignore
        case .force: action = .force
        default: return nil
        }
        try advance()
        guard at(.index) || at(.key) else { throw unexpected(.keyword(.index)) }
        try advance()
        if try accept(.for) {
            if at(.order) || at(.group) {
                try advance()
                try expect(.by)
            } else {
                try expect(.join)
            }
        }
        try expect(.leftParenthesis)
        var indexes: [String] = []
        while !at(.rightParenthesis) {
            indexes.append(at(.primary) ? try takeName().name : try parseIdentifier().name)
            guard try accept(.comma) else { break }
        }
        try expect(.rightParenthesis)
        return [IndexHint(action: action, indexes: indexes)]
    }

    // MARK: - Parentheses

    private mutating func parseParenthesizedFactor() throws(SyntaxError) -> TableReference {
        let start = token.start
        switch try parseTableParentheses() {
        case .query(let query):
            return .derived(try parseDerived(query, isLateral: false, from: start))
        case .references(let list): return list.count == 1 ? list[0] : .group(list)
        }
    }

    /// From `(` to its `)`, reading the text once: a query, or references.
    private mutating func parseTableParentheses() throws(SyntaxError) -> ParenthesizedTable {
        try enter()
        let start = token.start
        try expect(.leftParenthesis)
        if atQueryStart() {
            let query = try parseQuery()
            try expect(.rightParenthesis)
            leave()
            return .query(query)
        }
        if at(.leftParenthesis) {
            let inner = token.start
            switch try parseTableParentheses() {
            case .query(let query):
                if at(.rightParenthesis) || atQueryContinuation() {
                    let whole = try parseQueryTail(of: .parenthesized(query), from: start)
                    try expect(.rightParenthesis)
                    leave()
                    return .query(whole)
                }
                pendingTable = .derived(try parseDerived(query, isLateral: false, from: inner))
            case .references(let list): pendingTable = list.count == 1 ? list[0] : .group(list)
            }
        }
        let list = try parseTableReferences()
        try expect(.rightParenthesis)
        leave()
        return .references(list)
    }

    private mutating func parseDerived(
        _ query: Query,
        isLateral: Bool,
        from start: Int32
    ) throws(SyntaxError) -> DerivedTable {
        guard let alias = try parseTableAlias() else { throw unexpected(.name) }
        let columns = try parseOptionalNameList()
        return DerivedTable(
            query: query,
            alias: alias,
            columns: columns,
            isLateral: isLateral,
            span: span(from: start)
        )
    }
}
