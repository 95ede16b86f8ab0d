/// A name as written, quotes removed and doubled quotes made single; its case is kept.
public struct Identifier: Equatable, Sendable {
    /// The name itself. Never empty.
    public var name: String
    /// The bytes of the name, its quotes included.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(name: String, span: SourceSpan = .none) {
        self.name = name
        self.span = span
    }
}

/// `name` or `database.name`: a table, a view, a routine.
public struct ObjectName: Equatable, Sendable {
    /// The qualifier in front of the dot.
    public var database: Identifier? = nil
    /// The object's own name.
    public var name: Identifier

    /// Makes one from its parts.
    public init(database: Identifier? = nil, name: Identifier) {
        self.database = database
        self.name = name
    }

    /// From the first name to the last.
    public var span: SourceSpan {
        database.map { $0.span.through(name.span) } ?? name.span
    }
}

/// `column`, `table.column` or `database.table.column`.
public struct ColumnName: Equatable, Sendable {
    /// The first of three names.
    public var database: Identifier? = nil
    /// The table or alias that qualifies the column.
    public var table: Identifier? = nil
    /// The column's own name.
    public var name: Identifier

    /// Makes one from its parts.
    public init(database: Identifier? = nil, table: Identifier? = nil, name: Identifier) {
        self.database = database
        self.table = table
        self.name = name
    }

    /// From the first name to the last.
    public var span: SourceSpan {
        (database ?? table).map { $0.span.through(name.span) } ?? name.span
    }
}
