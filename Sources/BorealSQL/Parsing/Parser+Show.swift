import BorealBase

/// `SHOW`, `DESCRIBE`, `EXPLAIN`.
extension Parser {
    mutating func parseShow() throws(SyntaxError) -> SQLStatement {
        let start = token.start
        try expect(.show)
        var show = ShowStatement(subject: try parseShowSubject())
        switch show.subject {
        case .warnings(isCount: false), .errors(isCount: false):
            if at(.limit) { show.limit = try parseLimit() }
        case .createTable, .createView, .createDatabase, .createRoutine, .createUser, .grants,
            .tokens, .createSource, .engines, .plugins, .privileges, .warnings, .errors,
            .engineStatus:
            break
        default: show.filter = try parseShowFilter()
        }
        show.span = span(from: start)
        return .show(show)
    }

    /// `LIKE 'x'` or `WHERE expr`, if it is there.
    mutating func parseShowFilter() throws(SyntaxError) -> ShowFilter? {
        if try accept(.like) { return .like(try parseString()) }
        return try accept(.where) ? .condition(try parseExpression()) : nil
    }

    private mutating func parseShowSubject() throws(SyntaxError) -> ShowStatement.Subject {
        switch token.keyword {
        case .global, .session, .local:
            let scope = variableScope(token.keyword) ?? .session
            try advance()
            if try accept(.variables) { return .variables(scope) }
            try expect(.status)
            return .status(scope)
        case .full, .extended: return try parseFullSubject()
        case .create:
            try advance()
            return try parseShowCreate()
        case .count:
            try advance()
            try expect(.leftParenthesis)
            try expect(.star)
            try expect(.rightParenthesis)
            if try accept(.warnings) { return .warnings(isCount: true) }
            try expect(.errors)
            return .errors(isCount: true)
        case .character, .char:
            guard try acceptCharset() else { throw unexpected(.keyword(.set)) }
            return .characterSet
        default:
            if let subject = try parseOneWordSubject() { return subject }
            return try parseLongSubject()
        }
    }

    /// `FULL TABLES`, `FULL COLUMNS`, `FULL PROCESSLIST`; `EXTENDED` changes nothing here.
    private mutating func parseFullSubject() throws(SyntaxError) -> ShowStatement.Subject {
        _ = try accept(.extended)
        let isFull = try accept(.full)
        switch token.keyword {
        case .tables:
            try advance()
            return .tables(isFull: isFull, database: try parseShowDatabase())
        case .columns, .fields:
            try advance()
            return .columns(isFull: isFull, table: try parseShowTable())
        case .processlist where isFull:
            try advance()
            return .processlist(isFull: true)
        default: throw unexpected(.keyword(.tables), .keyword(.columns), .keyword(.processlist))
        }
    }

    /// Subjects that their first word decides.
    private mutating func parseOneWordSubject() throws(SyntaxError) -> ShowStatement.Subject? {
        let subject: ShowStatement.Subject
        switch token.keyword {
        case .databases, .schemas: subject = .databases
        case .variables: subject = .variables(.unspecified)
        case .status: subject = .status(.unspecified)
        case .warnings: subject = .warnings(isCount: false)
        case .errors: subject = .errors(isCount: false)
        case .processlist: subject = .processlist(isFull: false)
        case .engines: subject = .engines
        case .charset: subject = .characterSet
        case .collation: subject = .collation
        case .plugins: subject = .plugins
        case .privileges: subject = .privileges
        case .profiles, .replicas, .authors: subject = .empty(token.keyword.text)
        default: return nil
        }
        try advance()
        return subject
    }

    private mutating func parseLongSubject() throws(SyntaxError) -> ShowStatement.Subject {
        let keyword = token.keyword
        switch keyword {
        case .tables: return try parseFullSubject()
        case .columns, .fields: return try parseFullSubject()
        case .table:
            try advance()
            try expect(.status)
            return .tableStatus(database: try parseShowDatabase())
        case .open:
            try advance()
            try expect(.tables)
            return .openTables(database: try parseShowDatabase())
        case .index, .indexes, .keys:
            try advance()
            return .indexes(table: try parseShowTable())
        case .storage:
            try advance()
            try expect(.engines)
            return .engines
        case .engine:
            try advance()
            let name = try parseNameOrString()
            if try !accept(.status), try !accept(.mutex) { try expect(.logs) }
            return .engineStatus(name)
        case .grants:
            try advance()
            return .grants(try accept(.for) ? try parseAccountName() : nil)
        case .triggers, .events:
            try advance()
            let database = try parseShowDatabase()
            return keyword == .triggers
                ? .triggers(database: database) : .events(database: database)
        case .function, .procedure:
            try advance()
            try expect(.status)
            return .routineStatus(keyword)
        default:
            if isWord("package") { return try parsePackageStatus() }
            if isWord("sources") {
                try advance()
                return .sources
            }
            guard isWord("tokens") else { return try parseReplicationSubject() }
            try advance()
            return .tokens(try accept(.for) ? try parseAccountName() : nil)
        }
    }

    /// MariaDB's `PACKAGE STATUS` and `PACKAGE BODY STATUS`.
    private mutating func parsePackageStatus() throws(SyntaxError) -> ShowStatement.Subject {
        var words = [try takeWord()]
        if isWord("body") { words.append(try takeWord()) }
        try expect(.status)
        return .empty(words.joined(separator: " ") + " STATUS")
    }

    /// `MASTER STATUS`, `BINARY LOGS`, `SLAVE HOSTS`, ...: two words or three.
    private mutating func parseReplicationSubject() throws(SyntaxError) -> ShowStatement.Subject {
        switch token.keyword {
        case .master, .binary, .slave, .replica, .relaylog, .binlog, .profile: break
        default:
            throw unexpected(.keyword(.tables), .keyword(.databases), .keyword(.variables))
        }
        var words = [try takeWord()]
        while at(.word), words.count < 3, !at(.like), !at(.where), !at(.for) {
            words.append(try takeWord())
        }
        if try accept(.for) {
            while at(.word) || at(.stringLiteral) || at(.integerLiteral) { try advance() }
        }
        return .empty(words.joined(separator: " "))
    }

    private mutating func parseShowCreate() throws(SyntaxError) -> ShowStatement.Subject {
        let keyword = token.keyword
        switch keyword {
        case .table:
            try advance()
            return .createTable(try parseObjectName())
        case .view:
            try advance()
            return .createView(try parseObjectName())
        case .database, .schema:
            try advance()
            let ifNotExists = try acceptIfNotExists()
            return .createDatabase(try parseIdentifier(), ifNotExists: ifNotExists)
        case .function, .procedure, .trigger, .event:
            try advance()
            return .createRoutine(keyword, try parseObjectName())
        case .user:
            try advance()
            return .createUser(at(.endOfText) || at(.semicolon) ? nil : try parseAccountName())
        default:
            guard isWord("source") else {
                throw unexpected(.keyword(.table), .keyword(.database), .keyword(.view))
            }
            try advance()
            return .createSource(try parseIdentifier())
        }
    }

    /// `{FROM | IN} db`.
    private mutating func parseShowDatabase() throws(SyntaxError) -> Identifier? {
        guard at(.from) || at(.in) else { return nil }
        try advance()
        return try parseIdentifier()
    }

    /// `{FROM | IN} table [{FROM | IN} db]`.
    private mutating func parseShowTable() throws(SyntaxError) -> ObjectName {
        if try !accept(.in) { try expect(.from) }
        var table = try parseObjectName()
        if let database = try parseShowDatabase() { table.database = database }
        return table
    }

    // MARK: - DESCRIBE and EXPLAIN

    /// `{DESCRIBE | DESC | EXPLAIN}` of a table or a statement.
    mutating func parseDescribe() throws(SyntaxError) -> SQLStatement {
        let start = token.start
        try advance()
        var explain = ExplainStatement(statement: .do([]))
        explain.isAnalyze = try accept(.analyze)
        if at(.format), try peek().kind == .equal {
            try advance()
            try advance()
            explain.format = try takeWord()
        } else if at(.extended) || at(.partitions), try peek().startsExplained {
            try advance()
        }
        if explain.isAnalyze || explain.format != nil || token.startsExplained
            || at(.leftParenthesis)
        {
            if try accept(.for) { throw .unsupported("EXPLAIN FOR CONNECTION", token.span) }
            try enter()
            explain.statement = try parseSQLStatement()
            leave()
            explain.span = span(from: start)
            return .explain(explain)
        }
        if at(.for) { throw .unsupported("EXPLAIN FOR CONNECTION", token.span) }
        var describe = DescribeTable(table: try parseObjectName())
        if at(.stringLiteral) {
            describe.column = try parseString()
        } else if atName() {
            describe.column = try takeName().name
        }
        describe.span = span(from: start)
        return .describe(describe)
    }
}

extension Token {
    /// True for the first word of a statement that `EXPLAIN` takes.
    fileprivate var startsExplained: Bool {
        switch keyword {
        case .select, .insert, .replace, .update, .delete, .with, .table, .values: true
        default: false
        }
    }
}
