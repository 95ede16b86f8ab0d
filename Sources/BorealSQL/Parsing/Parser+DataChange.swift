import BorealBase

/// `INSERT`, `REPLACE`, `UPDATE`, `DELETE`.
extension Parser {
    // MARK: - INSERT

    mutating func parseInsert() throws(SyntaxError) -> Insert {
        let start = token.start
        let isReplace = at(.replace)
        try expectVerb(isReplace ? .replace : .insert)
        var priority = Keyword.notKeyword
        if at(.lowPriority) || at(.delayed) || at(.highPriority) {
            priority = token.keyword
            try advance()
        }
        let isIgnore = try accept(.ignore)
        _ = try accept(.into)
        var insert = Insert(
            isReplace: isReplace,
            isIgnore: isIgnore,
            priority: priority,
            table: try parseObjectName(),
            source: .rows([])
        )
        if try accept(.partition) { insert.partitions = try parseNameList() }
        try parseInsertColumns(&insert)
        insert.source = try parseInsertSource()
        if try accept(.as) {
            let name = try parseIdentifier()
            insert.rowAlias = RowAlias(name: name, columns: try parseOptionalNameList())
        }
        if try accept(.on) {
            try expect(.duplicate)
            try expect(.key)
            try expect(.update)
            insert.onDuplicate = try parseAssignments()
        }
        insert.returning = try parseReturning()
        insert.span = span(from: start)
        return insert
    }

    /// `(a, b)` in front of the values; a query in parentheses is left where it is.
    private mutating func parseInsertColumns(_ insert: inout Insert) throws(SyntaxError) {
        guard at(.leftParenthesis) else { return }
        let next = try peek()
        guard next.keyword != .select, next.keyword != .with, next.kind != .leftParenthesis,
            next.keyword != .table
        else { return }
        try advance()
        if try accept(.rightParenthesis) { return }
        insert.columns = try parseList { (parser) throws(SyntaxError) in
            try parser.parseColumnName()
        }
        try expect(.rightParenthesis)
    }

    private mutating func parseInsertSource() throws(SyntaxError) -> Insert.Source {
        if at(.set) {
            try advance()
            return .assignments(try parseAssignments())
        }
        if at(.values) || at(.value), try peek().keyword != .row {
            try advance()
            return .rows(
                try parseList { (parser) throws(SyntaxError) in try parser.parseRowValues() }
            )
        }
        guard atQueryStart() || at(.leftParenthesis) else {
            throw unexpected(.keyword(.values), .keyword(.select), .keyword(.set))
        }
        return .query(try parseQuery())
    }

    /// `a = 1, b = DEFAULT`.
    mutating func parseAssignments() throws(SyntaxError) -> [ColumnAssignment] {
        try parseList { (parser) throws(SyntaxError) in
            let column = try parser.parseColumnName()
            if try !parser.accept(.assign) { try parser.expect(.equal) }
            return ColumnAssignment(column: column, value: try parser.parseExpression())
        }
    }

    private mutating func parseReturning() throws(SyntaxError) -> [SelectItem] {
        guard try accept(.returning) else { return [] }
        return try parseList { (parser) throws(SyntaxError) in try parser.parseSelectItem() }
    }

    // MARK: - UPDATE

    mutating func parseUpdate(with: WithClause?, from start: Int32) throws(SyntaxError) -> Update {
        try expectVerb(.update)
        _ = try accept(.lowPriority)
        let isIgnore = try accept(.ignore)
        let tables = try parseTableReferences()
        try expect(.set)
        var update = Update(
            with: with,
            isIgnore: isIgnore,
            tables: tables,
            assignments: try parseAssignments()
        )
        if try accept(.where) { update.condition = try parseExpression() }
        let isSingle = isPlainTable(tables)
        if isSingle, at(.order) { update.orderBy = try parseOrderBy() }
        if isSingle, at(.limit) { update.limit = try parseRowCount() }
        update.span = span(from: start)
        return update
    }

    private func isPlainTable(_ references: [TableReference]) -> Bool {
        guard references.count == 1, case .table = references[0] else { return false }
        return true
    }

    /// `LIMIT n` of a change, which has no offset.
    private mutating func parseRowCount() throws(SyntaxError) -> LimitClause {
        let limit = try parseLimit()
        if let offset = limit.offset { throw .unexpected(offset.span, expected: [.end]) }
        return limit
    }

    // MARK: - DELETE

    mutating func parseDelete(with: WithClause?, from start: Int32) throws(SyntaxError) -> Delete {
        try expectVerb(.delete)
        _ = try accept(.lowPriority)
        if at(.quick), try peek().keyword == .from { try advance() }
        let isIgnore = try accept(.ignore)
        var delete: Delete
        if try accept(.from) {
            delete = try parseDeleteFrom()
        } else {
            let targets = try parseDeleteTargets()
            try expect(.from)
            delete = Delete(
                targets: targets,
                from: try parseTableReferences(),
                isMultipleTable: true
            )
        }
        delete.with = with
        delete.isIgnore = isIgnore
        if try accept(.where) { delete.condition = try parseExpression() }
        if !delete.isMultipleTable {
            if at(.order) { delete.orderBy = try parseOrderBy() }
            if at(.limit) { delete.limit = try parseRowCount() }
            delete.returning = try parseReturning()
        }
        delete.span = span(from: start)
        return delete
    }

    /// Behind `DELETE FROM`: one table, or targets with `USING`.
    private mutating func parseDeleteFrom() throws(SyntaxError) -> Delete {
        let start = token.start
        let targets = try parseDeleteTargets()
        if try accept(.using) {
            return Delete(
                targets: targets,
                from: try parseTableReferences(),
                isMultipleTable: true
            )
        }
        guard targets.count == 1 else { throw unexpected(.keyword(.using)) }
        var table = NamedTable(name: targets[0])
        if try accept(.partition) { table.partitions = try parseNameList() }
        if !at(.returning) { table.alias = try parseAlias(allowsString: false) }
        table.span = span(from: start)
        return Delete(targets: targets, from: [.table(table)])
    }

    /// `t, db.u, v.*`.
    private mutating func parseDeleteTargets() throws(SyntaxError) -> [ObjectName] {
        try parseList { (parser) throws(SyntaxError) in
            let first = try parser.parseIdentifier()
            guard try parser.accept(.dot) else { return ObjectName(name: first) }
            if try parser.accept(.star) { return ObjectName(name: first) }
            let name = ObjectName(database: first, name: try parser.takeName())
            if try parser.accept(.dot) { try parser.expect(.star) }
            return name
        }
    }
}
