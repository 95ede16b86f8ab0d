import BorealBase

/// `CREATE`, `ALTER`, `DROP`, `RENAME`, `TRUNCATE` of everything but models and features.
extension Parser {
    // MARK: - CREATE

    mutating func parseCreate() throws(SyntaxError) -> SQLStatement {
        let start = token.start
        try expect(.create)
        let orReplace = try accept(.or, .replace)
        switch token.keyword {
        case .table, .temporary:
            let isTemporary = try accept(.temporary)
            var table = try parseCreateTable(isTemporary: isTemporary, from: start)
            table.orReplace = orReplace
            return .createTable(table)
        case .database where !orReplace, .schema where !orReplace:
            return .createDatabase(try parseCreateDatabase(from: start))
        case .index, .unique, .fulltext, .spatial:
            if orReplace { throw unexpected(.keyword(.view)) }
            return .createIndex(try parseCreateIndex(from: start))
        case .user: return .createUser(try parseCreateUser(isAlter: false, from: start))
        case .role: return .createRole(try parseAccountList(from: start))
        case .aggregate:
            try advance()
            return .createFunction(try parseCreateFunction(isAggregate: true, from: start))
        case .function:
            return .createFunction(try parseCreateFunction(isAggregate: false, from: start))
        case .view, .algorithm, .definer, .sql:
            return .createView(try parseCreateView(orReplace: orReplace, from: start))
        case .procedure, .trigger, .event, .server, .tablespace:
            throw .unsupported("CREATE \(token.keyword.text)", token.span)
        default:
            if !orReplace, isWord("token") {
                return .createToken(try parseCreateToken(from: start))
            }
            if isWord("source") {
                if orReplace { throw .unsupported("CREATE OR REPLACE SOURCE", token.span) }
                return .createSource(try parseCreateSource(isAlter: false, from: start))
            }
            throw unexpected(
                .keyword(.table),
                .keyword(.database),
                .keyword(.view),
                .keyword(.index)
            )
        }
    }

    private mutating func parseCreateDatabase(
        from start: Int32
    ) throws(SyntaxError) -> CreateDatabase {
        try advance()
        let ifNotExists = try acceptIfNotExists()
        var create = CreateDatabase(ifNotExists: ifNotExists, name: try parseIdentifier())
        create.options = try parseDatabaseOptions()
        create.span = span(from: start)
        return create
    }

    private mutating func parseDatabaseOptions() throws(SyntaxError) -> [TableOption] {
        var options: [TableOption] = []
        while let option = try parseDatabaseOption() { options.append(option) }
        return options
    }

    private mutating func parseDatabaseOption() throws(SyntaxError) -> TableOption? {
        if try accept(.read) {
            try expect(.only)
            _ = try accept(.equal)
            return TableOption(name: "READ ONLY", value: try parseOptionValue())
        }
        return try parseTableOption()
    }

    private mutating func parseCreateIndex(from start: Int32) throws(SyntaxError) -> CreateIndex {
        var kind = IndexDefinition.Kind.plain
        switch token.keyword {
        case .unique: kind = .unique
        case .fulltext: kind = .fulltext
        case .spatial: kind = .spatial
        default: break
        }
        if kind != .plain { try advance() }
        try expect(.index)
        let ifNotExists = try acceptIfNotExists()
        var index = IndexDefinition(kind: kind, name: try parseIdentifier(), parts: [])
        if try accept(.using) { index.algorithm = try takeWord() }
        try expect(.on)
        let table = try parseObjectName()
        index.parts = try parseKeyParts()
        try parseIndexOptions(&index)
        try skipAlterAdvice()
        return CreateIndex(
            table: table,
            index: index,
            ifNotExists: ifNotExists,
            span: span(from: start)
        )
    }

    /// `ALGORITHM = ..` and `LOCK = ..`, which say how, not what.
    private mutating func skipAlterAdvice() throws(SyntaxError) {
        while at(.algorithm) || at(.lock) {
            try advance()
            _ = try accept(.equal)
            _ = try takeWord()
        }
    }

    private mutating func parseCreateFunction(
        isAggregate: Bool,
        from start: Int32
    ) throws(SyntaxError) -> CreateFunction {
        try expect(.function)
        let ifNotExists = try acceptIfNotExists()
        let name = try parseObjectName()
        if at(.leftParenthesis) { throw .unsupported("CREATE FUNCTION", token.span) }
        try expect(.returns)
        guard
            at(.string as Keyword) || at(.real) || at(.integer as Keyword)
                || at(.decimal as Keyword)
        else { throw unexpected(.keyword(.string), .keyword(.real), .keyword(.integer)) }
        let type = try takeWord()
        try expect(.soname)
        let library = try parseString()
        return CreateFunction(
            isAggregate: isAggregate,
            ifNotExists: ifNotExists,
            name: name,
            returns: type,
            library: library,
            span: span(from: start)
        )
    }

    // MARK: - Views

    /// From the words in front of `VIEW` on.
    mutating func parseCreateView(
        orReplace: Bool,
        isAlter: Bool = false,
        from start: Int32
    ) throws(SyntaxError) -> CreateView {
        if try accept(.algorithm) {
            try expect(.equal)
            _ = try takeWord()
        }
        if try accept(.definer) {
            try expect(.equal)
            _ = try parseAccountName()
        }
        if try accept(.sql) {
            try expect(.security)
            if try !accept(.definer) { try expect(.invoker) }
        }
        try expect(.view)
        let ifNotExists = try acceptIfNotExists()
        let name = try parseObjectName()
        let columns = try parseOptionalNameList()
        try expect(.as)
        let queryStart = token.start
        let query = try parseQuery()
        var view = CreateView(
            orReplace: orReplace,
            isAlter: isAlter,
            ifNotExists: ifNotExists,
            name: name,
            columns: columns,
            query: query,
            querySpan: span(from: queryStart)
        )
        if try accept(.with) {
            if try !accept(.cascaded) { _ = try accept(.local) }
            try expect(.check)
            try expect(.option)
            view.hasCheckOption = true
        }
        view.span = span(from: start)
        return view
    }

    // MARK: - ALTER

    mutating func parseAlter() throws(SyntaxError) -> SQLStatement {
        let start = token.start
        try expect(.alter)
        switch token.keyword {
        case .table: return .alterTable(try parseAlterTable(from: start))
        case .database, .schema:
            try advance()
            let name = atName() && !at(.charset) ? try parseIdentifier() : nil
            let options = try parseDatabaseOptions()
            guard !options.isEmpty else { throw unexpected(.keyword(.character)) }
            return .alterDatabase(
                AlterDatabase(name: name, options: options, span: span(from: start))
            )
        case .user: return .createUser(try parseCreateUser(isAlter: true, from: start))
        case .view, .algorithm, .definer, .sql:
            return .createView(try parseCreateView(orReplace: false, isAlter: true, from: start))
        case .instance: return .alterInstance(try parseAlterInstance())
        case .function, .procedure, .event, .server, .tablespace:
            throw .unsupported("ALTER \(token.keyword.text)", token.span)
        default:
            if isWord("source") {
                return .createSource(try parseCreateSource(isAlter: true, from: start))
            }
            throw unexpected(.keyword(.table), .keyword(.database), .keyword(.user))
        }
    }

    // MARK: - DROP

    mutating func parseDropStatement() throws(SyntaxError) -> SQLStatement {
        let start = token.start
        try expect(.drop)
        switch token.keyword {
        case .table, .temporary, .view, .tables:
            return .dropTables(try parseDropTables(from: start))
        case .database, .schema:
            try advance()
            let ifExists = try acceptIfExists()
            let name = try parseIdentifier()
            return .dropDatabase(
                DropDatabase(ifExists: ifExists, name: name, span: span(from: start))
            )
        case .index:
            try advance()
            let ifExists = try acceptIfExists()
            let name = at(.primary) ? try takeName() : try parseIdentifier()
            try expect(.on)
            let table = try parseObjectName()
            try skipAlterAdvice()
            return .dropIndex(
                DropIndex(table: table, name: name, ifExists: ifExists, span: span(from: start))
            )
        case .user: return .dropUser(try parseAccountList(from: start))
        case .role: return .dropRole(try parseAccountList(from: start))
        case .prepare:
            try advance()
            return .deallocate(try parseIdentifier())
        case .function, .procedure, .trigger, .event:
            let kind = token.keyword
            try advance()
            let ifExists = try acceptIfExists()
            let name = try parseObjectName()
            return .dropRoutine(
                DropRoutine(kind: kind, ifExists: ifExists, name: name, span: span(from: start))
            )
        default:
            if isWord("token") { return .dropToken(try parseDropToken(from: start)) }
            if isWord("source") { return .dropSource(try parseDropSource(from: start)) }
            throw unexpected(.keyword(.table), .keyword(.database), .keyword(.view))
        }
    }

    private mutating func parseDropTables(from start: Int32) throws(SyntaxError) -> DropTables {
        let isTemporary = try accept(.temporary)
        let isView = at(.view)
        if at(.tables) || isView { try advance() } else { try expect(.table) }
        let ifExists = try acceptIfExists()
        let names = try parseList { (parser) throws(SyntaxError) in try parser.parseObjectName() }
        if try !accept(.restrict) { _ = try accept(.cascade) }
        return DropTables(
            isView: isView,
            isTemporary: isTemporary,
            ifExists: ifExists,
            names: names,
            span: span(from: start)
        )
    }

    // MARK: - RENAME and TRUNCATE

    mutating func parseRenameStatement() throws(SyntaxError) -> SQLStatement {
        let start = token.start
        try expect(.rename)
        if try accept(.user) {
            let pairs = try parseList { (parser) throws(SyntaxError) in
                let old = try parser.parseAccountName()
                try parser.expect(.to)
                return RenameUsers.Pair(from: old, to: try parser.parseAccountName())
            }
            return .renameUsers(RenameUsers(pairs: pairs, span: span(from: start)))
        }
        if try !accept(.tables) { try expect(.table) }
        let pairs = try parseList { (parser) throws(SyntaxError) in
            let old = try parser.parseObjectName()
            try parser.expect(.to)
            return RenameTables.Pair(from: old, to: try parser.parseObjectName())
        }
        return .renameTables(RenameTables(pairs: pairs, span: span(from: start)))
    }

    mutating func parseTruncate() throws(SyntaxError) -> SQLStatement {
        try expect(.truncate)
        _ = try accept(.table)
        return .truncate(try parseObjectName())
    }
}
