/// `SHOW ...`, except for models, tasks and features, which are model statements.
public struct ShowStatement: Equatable, Sendable {
    /// What is shown.
    public enum Subject: Equatable, Sendable {
        /// `DATABASES`, `SCHEMAS`.
        case databases
        /// `[FULL] TABLES [FROM db]`.
        case tables(isFull: Bool, database: Identifier?)
        /// `TABLE STATUS [FROM db]`.
        case tableStatus(database: Identifier?)
        /// `OPEN TABLES [FROM db]`.
        case openTables(database: Identifier?)
        /// `[FULL] {COLUMNS | FIELDS} FROM table [FROM db]`.
        case columns(isFull: Bool, table: ObjectName)
        /// `{INDEX | INDEXES | KEYS} FROM table [FROM db]`.
        case indexes(table: ObjectName)
        /// `CREATE TABLE t`.
        case createTable(ObjectName)
        /// `CREATE VIEW v`.
        case createView(ObjectName)
        /// `CREATE {DATABASE | SCHEMA} [IF NOT EXISTS] d`.
        case createDatabase(Identifier, ifNotExists: Bool)
        /// `CREATE {FUNCTION | PROCEDURE | TRIGGER | EVENT} name`.
        case createRoutine(Keyword, ObjectName)
        /// `CREATE USER account`; nil is the current user.
        case createUser(AccountName?)
        /// `[GLOBAL | SESSION] VARIABLES`.
        case variables(SystemVariable.Scope)
        /// `[GLOBAL | SESSION] STATUS`.
        case status(SystemVariable.Scope)
        /// `WARNINGS`, and with `COUNT(*)` their number.
        case warnings(isCount: Bool)
        /// `ERRORS`, and with `COUNT(*)` their number.
        case errors(isCount: Bool)
        /// `[FULL] PROCESSLIST`.
        case processlist(isFull: Bool)
        /// `[STORAGE] ENGINES`.
        case engines
        /// `ENGINE name {STATUS | MUTEX}`, the name as written.
        case engineStatus(String)
        /// `{CHARACTER SET | CHARSET}`.
        case characterSet
        /// `COLLATION`.
        case collation
        /// `PLUGINS`.
        case plugins
        /// `PRIVILEGES`.
        case privileges
        /// `GRANTS [FOR account]`; nil is the current user.
        case grants(AccountName?)
        /// `TOKENS [FOR account]`; nil is the current user.
        case tokens(AccountName?)
        /// `SOURCES`.
        case sources
        /// `CREATE SOURCE s`.
        case createSource(Identifier)
        /// `TRIGGERS [FROM db]`.
        case triggers(database: Identifier?)
        /// `EVENTS [FROM db]`.
        case events(database: Identifier?)
        /// `{FUNCTION | PROCEDURE} STATUS`.
        case routineStatus(Keyword)
        /// `{MASTER | BINARY LOG} STATUS`, `REPLICA STATUS`, `BINARY LOGS`, `REPLICAS`, `PROFILES`,
        /// ...: what a server without replication answers with an empty set; upper case.
        case empty(String)
    }

    /// What is shown.
    public var subject: Subject
    /// `LIKE` or `WHERE`.
    public var filter: ShowFilter? = nil
    /// `LIMIT` of `WARNINGS` and `ERRORS`.
    public var limit: LimitClause? = nil
    /// The whole statement.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(
        subject: Subject,
        filter: ShowFilter? = nil,
        limit: LimitClause? = nil,
        span: SourceSpan = .none
    ) {
        self.subject = subject
        self.filter = filter
        self.limit = limit
        self.span = span
    }
}

/// What narrows a `SHOW`.
public enum ShowFilter: Equatable, Sendable {
    /// `LIKE 'pattern'`, on the first column.
    case like(String)
    /// `WHERE expr`, on the result's columns.
    case condition(Expression)
}

/// `{DESCRIBE | DESC | EXPLAIN} table [column | 'pattern']`.
public struct DescribeTable: Equatable, Sendable {
    /// The table.
    public var table: ObjectName
    /// A column, or a pattern of columns written as a string.
    public var column: String? = nil
    /// The whole statement.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(table: ObjectName, column: String? = nil, span: SourceSpan = .none) {
        self.table = table
        self.column = column
        self.span = span
    }
}

/// `{EXPLAIN | DESCRIBE | DESC} [ANALYZE] [FORMAT = ..] statement`.
public struct ExplainStatement: Equatable, Sendable {
    /// `ANALYZE`.
    public var isAnalyze: Bool = false
    /// `FORMAT =`, upper case: `TRADITIONAL`, `JSON`, `TREE`.
    public var format: String? = nil
    /// The statement explained.
    public var statement: SQLStatement
    /// The whole statement.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(
        isAnalyze: Bool = false,
        format: String? = nil,
        statement: SQLStatement,
        span: SourceSpan = .none
    ) {
        self.isAnalyze = isAnalyze
        self.format = format
        self.statement = statement
        self.span = span
    }
}
