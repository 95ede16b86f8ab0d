/// `CREATE {DATABASE | SCHEMA}`.
public struct CreateDatabase: Equatable, Sendable {
    /// `IF NOT EXISTS`.
    public var ifNotExists: Bool = false
    /// The new database.
    public var name: Identifier
    /// `CHARSET`, `COLLATE`, `ENCRYPTION`.
    public var options: [TableOption] = []
    /// The whole statement.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(
        ifNotExists: Bool = false,
        name: Identifier,
        options: [TableOption] = [],
        span: SourceSpan = .none
    ) {
        self.ifNotExists = ifNotExists
        self.name = name
        self.options = options
        self.span = span
    }
}

/// `ALTER {DATABASE | SCHEMA} [name] options`.
public struct AlterDatabase: Equatable, Sendable {
    /// The database; absent means the current one.
    public var name: Identifier? = nil
    /// What changes.
    public var options: [TableOption]
    /// The whole statement.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(name: Identifier? = nil, options: [TableOption], span: SourceSpan = .none) {
        self.name = name
        self.options = options
        self.span = span
    }
}

/// `DROP {DATABASE | SCHEMA}`.
public struct DropDatabase: Equatable, Sendable {
    /// `IF EXISTS`.
    public var ifExists: Bool = false
    /// The database.
    public var name: Identifier
    /// The whole statement.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(ifExists: Bool = false, name: Identifier, span: SourceSpan = .none) {
        self.ifExists = ifExists
        self.name = name
        self.span = span
    }
}

/// `CREATE [OR REPLACE] VIEW` and `ALTER VIEW`.
public struct CreateView: Equatable, Sendable {
    /// `OR REPLACE`.
    public var orReplace: Bool = false
    /// `ALTER VIEW`: the view must exist.
    public var isAlter: Bool = false
    /// `IF NOT EXISTS`.
    public var ifNotExists: Bool = false
    /// The view.
    public var name: ObjectName
    /// Names for its columns; empty when the query's own are kept.
    public var columns: [Identifier] = []
    /// Its rows.
    public var query: Query
    /// The bytes of the query, which `SHOW CREATE VIEW` prints.
    @Place public var querySpan: SourceSpan
    /// `WITH [CASCADED | LOCAL] CHECK OPTION`.
    public var hasCheckOption: Bool = false
    /// The whole statement.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(
        orReplace: Bool = false,
        isAlter: Bool = false,
        ifNotExists: Bool = false,
        name: ObjectName,
        columns: [Identifier] = [],
        query: Query,
        querySpan: SourceSpan,
        hasCheckOption: Bool = false,
        span: SourceSpan = .none
    ) {
        self.orReplace = orReplace
        self.isAlter = isAlter
        self.ifNotExists = ifNotExists
        self.name = name
        self.columns = columns
        self.query = query
        self.querySpan = querySpan
        self.hasCheckOption = hasCheckOption
        self.span = span
    }
}

/// `CREATE FUNCTION name RETURNS type SONAME 'library'`: a loadable function, which binds a model.
public struct CreateFunction: Equatable, Sendable {
    /// `AGGREGATE`.
    public var isAggregate: Bool = false
    /// `IF NOT EXISTS`.
    public var ifNotExists: Bool = false
    /// The function.
    public var name: ObjectName
    /// `STRING`, `REAL`, `INTEGER` or `DECIMAL`, upper case.
    public var returns: String
    /// The library file: `#ailib#_<model>.so`.
    public var library: String
    /// The whole statement.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(
        isAggregate: Bool = false,
        ifNotExists: Bool = false,
        name: ObjectName,
        returns: String,
        library: String,
        span: SourceSpan = .none
    ) {
        self.isAggregate = isAggregate
        self.ifNotExists = ifNotExists
        self.name = name
        self.returns = returns
        self.library = library
        self.span = span
    }
}

/// `DROP {FUNCTION | PROCEDURE | TRIGGER | EVENT}`.
public struct DropRoutine: Equatable, Sendable {
    /// Which kind of object, upper case.
    public var kind: Keyword
    /// `IF EXISTS`.
    public var ifExists: Bool = false
    /// The object.
    public var name: ObjectName
    /// The whole statement.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(kind: Keyword, ifExists: Bool = false, name: ObjectName, span: SourceSpan = .none) {
        self.kind = kind
        self.ifExists = ifExists
        self.name = name
        self.span = span
    }
}
