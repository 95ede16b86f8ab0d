import BorealBase

/// The first word decides which family reads an ordinary statement.
extension Parser {
    mutating func parseSQLStatement() throws(SyntaxError) -> SQLStatement {
        switch token.keyword {
        case .select, .values, .table: return .query(try parseQuery())
        case .with: return try parseWithStatement()
        case .insert, .replace: return .insert(try parseInsert())
        case .update: return .update(try parseUpdate(with: nil, from: token.start))
        case .delete: return .delete(try parseDelete(with: nil, from: token.start))
        case .start, .begin: return .transaction(try parseStart())
        case .commit: return .transaction(try parseCommit())
        case .rollback: return .transaction(try parseRollback())
        case .savepoint: return .transaction(try parseSavepoint())
        case .release: return .transaction(try parseRelease())
        case .lock: return .transaction(try parseLockTables())
        case .unlock: return .transaction(try parseUnlockTables())
        case .set: return try parseSet()
        case .show: return try parseShow()
        case .describe, .desc, .explain: return try parseDescribe()
        default: return try parseRareStatement()
        }
    }

    private mutating func parseRareStatement() throws(SyntaxError) -> SQLStatement {
        switch token.keyword {
        case .create: return try parseCreate()
        case .alter: return try parseAlter()
        case .drop: return try parseDropStatement()
        case .rename: return try parseRenameStatement()
        case .truncate: return try parseTruncate()
        case .load: return .loadData(try parseLoadData())
        case .use:
            try advance()
            return .use(try parseIdentifier())
        case .kill: return .kill(try parseKill())
        case .flush: return .flush(try parseFlush())
        case .check, .analyze, .optimize, .repair, .checksum:
            return .maintenance(try parseMaintenance())
        case .grant, .revoke: return try parseGrant()
        case .prepare: return .prepare(try parsePrepare())
        case .execute: return .execute(try parseExecute())
        case .deallocate:
            try advance()
            try expect(.prepare)
            return .deallocate(try parseIdentifier())
        case .do:
            try advance()
            return .do(try parseExpressionList())
        case .call: return .call(try parseCallStatement())
        case .help:
            try advance()
            return .help(try parseNameOrString())
        case .handler, .xa, .reset, .install, .uninstall, .purge, .restart, .import, .signal:
            throw .unsupported(token.keyword.text, token.span)
        default:
            if at(.leftParenthesis) { return .query(try parseQuery()) }
            if isWord("shutdown") {
                try advance()
                return .shutdown
            }
            throw unexpected(.statement)
        }
    }

    /// `WITH` in front of a query, an update or a deletion.
    private mutating func parseWithStatement() throws(SyntaxError) -> SQLStatement {
        let start = token.start
        try enter()
        let with = try parseWith()
        leave()
        if at(.update) { return .update(try parseUpdate(with: with, from: start)) }
        if at(.delete) { return .delete(try parseDelete(with: with, from: start)) }
        var query = try parseQuery()
        if query.with != nil { query = Query(body: .parenthesized(query)) }
        query.with = with
        query.span = span(from: start)
        return .query(query)
    }

    // MARK: - Maintenance

    private mutating func parseKill() throws(SyntaxError) -> Kill {
        try expect(.kill)
        let isQuery = try accept(.query)
        if !isQuery { _ = try accept(.connection) }
        return Kill(isQuery: isQuery, connection: try parseExpression())
    }

    /// From `INSTANCE` on.
    mutating func parseAlterInstance() throws(SyntaxError) -> AlterInstance {
        try advance()
        guard at(.reload) else { throw .unsupported("ALTER INSTANCE", token.span) }
        try advance()
        guard isWord("tls") else { throw .unsupported("ALTER INSTANCE RELOAD", token.span) }
        try advance()
        if try accept(.for) {
            guard isWord("channel") else { throw unexpected(.name) }
            try advance()
            guard isWord("mysql_main") else { throw .unsupported("FOR CHANNEL", token.span) }
            try advance()
        }
        guard try accept(.no) else { return AlterInstance() }
        try expect(.rollback)
        try expect(.on)
        try expect(.error)
        return AlterInstance(rollsBack: false)
    }

    private mutating func parseMaintenance() throws(SyntaxError) -> TableMaintenance {
        let action: TableMaintenance.Action =
            switch token.keyword {
            case .check: .check
            case .analyze: .analyze
            case .optimize: .optimize
            case .repair: .repair
            default: .checksum
            }
        try advance()
        if at(.noWriteToBinlog) || at(.local) { try advance() }
        if try !accept(.tables) { try expect(.table) }
        let tables = try parseList { (parser) throws(SyntaxError) in try parser.parseObjectName() }
        var maintenance = TableMaintenance(action: action, tables: tables)
        while at(.word) {
            if at(.update) || at(.drop) { throw .unsupported("HISTOGRAM", token.span) }
            maintenance.options.append(try takeWord())
        }
        return maintenance
    }

    private mutating func parseFlush() throws(SyntaxError) -> Flush {
        try expect(.flush)
        if at(.noWriteToBinlog) || at(.local) { try advance() }
        if at(.table) || at(.tables) { return try parseFlushTables() }
        let targets = try parseList { (parser) throws(SyntaxError) in
            var words = try parser.takeWord()
            while parser.at(.word) { words += " " + (try parser.takeWord()) }
            return words
        }
        return Flush(targets: targets)
    }

    private mutating func parseFlushTables() throws(SyntaxError) -> Flush {
        try advance()
        var flush = Flush(targets: ["TABLES"])
        if atName() {
            flush.tables = try parseList { (parser) throws(SyntaxError) in
                try parser.parseObjectName()
            }
        }
        if try accept(.with) {
            try expect(.read)
            try expect(.lock)
            flush.withReadLock = true
        } else if try accept(.for) {
            try expect(.export)
        }
        return flush
    }

    // MARK: - Prepared statements and calls

    private mutating func parsePrepare() throws(SyntaxError) -> PrepareStatement {
        try expect(.prepare)
        let name = try parseIdentifier()
        try expect(.from)
        return PrepareStatement(name: name, source: try parsePreparedText())
    }

    private mutating func parsePreparedText() throws(SyntaxError) -> PrepareStatement.Source {
        guard at(.userVariable) else { return .text(try parseString()) }
        let variable = lexer.variableName(token)
        try advance()
        return .variable(variable)
    }

    private mutating func parseExecute() throws(SyntaxError) -> ExecuteStatement {
        try expect(.execute)
        let name = try parseIdentifier()
        let isImmediate = at(.stringLiteral) || at(.userVariable)
        if isImmediate, name.name.asciiLowercased != "immediate" { throw unexpected(.end) }
        let text = isImmediate ? try parsePreparedText() : nil
        let variables = try accept(.using) ? try parseUserVariableList() : []
        return ExecuteStatement(name: name, variables: variables, immediate: text)
    }

    private mutating func parseCallStatement() throws(SyntaxError) -> CallStatement {
        try expect(.call)
        let name = try parseObjectName()
        var call = CallStatement(name: name)
        if at(.leftParenthesis) { call.arguments = try parseRowValues() }
        return call
    }
}
