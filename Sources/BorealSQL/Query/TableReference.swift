/// What a query reads from: one reference of a `FROM` clause.
public indirect enum TableReference: Equatable, Sendable {
    /// A named table, view or common table expression.
    case table(NamedTable)
    /// `(SELECT ...) AS name`.
    case derived(DerivedTable)
    /// Two references joined.
    case join(Join)
    /// `(a, b)`: references in parentheses, two or more; a single one in parentheses is itself.
    case group([TableReference])
    /// `f(...) AS name`: a table function.
    case function(TableFunction)
}

/// `name [PARTITION (...)] [AS alias] [index hints]`.
public struct NamedTable: Equatable, Sendable {
    /// The table.
    public var name: ObjectName
    /// `PARTITION (p0, p1)`.
    public var partitions: [Identifier] = []
    /// The name the rest of the statement knows it by.
    public var alias: Identifier? = nil
    /// `USE INDEX (...)` and its like.
    public var indexHints: [IndexHint] = []
    /// From the name to the last hint.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(
        name: ObjectName,
        partitions: [Identifier] = [],
        alias: Identifier? = nil,
        indexHints: [IndexHint] = [],
        span: SourceSpan = .none
    ) {
        self.name = name
        self.partitions = partitions
        self.alias = alias
        self.indexHints = indexHints
        self.span = span
    }
}

/// `USE | IGNORE | FORCE {INDEX | KEY} [FOR ...] (names)`.
public struct IndexHint: Equatable, Sendable {
    /// What to do with the indexes named.
    public enum Action: String, Sendable {
        /// Choose among them.
        case use = "USE"
        /// Do not use them.
        case ignore = "IGNORE"
        /// Use one rather than a scan.
        case force = "FORCE"
    }

    /// What to do.
    public var action: Action
    /// The indexes; `PRIMARY` among them. Empty for `USE INDEX ()`.
    public var indexes: [String]

    /// Makes one from its parts.
    public init(action: Action, indexes: [String]) {
        self.action = action
        self.indexes = indexes
    }
}

/// `[LATERAL] (query) [AS] alias [(columns)]`.
public struct DerivedTable: Equatable, Sendable {
    /// Its rows.
    public var query: Query
    /// Its name, which MySQL demands; absent only where the parser lets it be.
    public var alias: Identifier
    /// Names for its columns; empty when the query's own are kept.
    public var columns: [Identifier] = []
    /// `LATERAL`: the query may name the tables in front of it.
    public var isLateral: Bool = false
    /// From the first word to the last.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(
        query: Query,
        alias: Identifier,
        columns: [Identifier] = [],
        isLateral: Bool = false,
        span: SourceSpan = .none
    ) {
        self.query = query
        self.alias = alias
        self.columns = columns
        self.isLateral = isLateral
        self.span = span
    }
}

/// A function that yields rows: `PSI(...)`, `IV(...)`, `ML_EVALUATE(...)`.
public struct TableFunction: Equatable, Sendable {
    /// The call.
    public var call: FunctionCall
    /// Its name in the statement.
    public var alias: Identifier? = nil
    /// From the name to the alias.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(call: FunctionCall, alias: Identifier? = nil, span: SourceSpan = .none) {
        self.call = call
        self.alias = alias
        self.span = span
    }
}

/// Two references and how their rows meet.
public struct Join: Equatable, Sendable {
    /// The kinds of a join.
    public enum Kind: String, Sendable {
        /// `JOIN`, `INNER JOIN`, `CROSS JOIN`: MySQL makes no difference.
        case inner = "INNER JOIN"
        /// `LEFT [OUTER] JOIN`.
        case left = "LEFT JOIN"
        /// `RIGHT [OUTER] JOIN`.
        case right = "RIGHT JOIN"
        /// `STRAIGHT_JOIN`: an inner join whose left side is read first.
        case straight = "STRAIGHT_JOIN"
    }

    /// What joins the rows.
    public enum Condition: Equatable, Sendable {
        /// Nothing: every row meets every row.
        case none
        /// `ON expr`.
        case on(Expression)
        /// `USING (a, b)`.
        case using([Identifier])
        /// `NATURAL`: the columns of the same name.
        case natural
    }

    /// Which join.
    public var kind: Kind
    /// The earlier reference.
    public var left: TableReference
    /// The later reference.
    public var right: TableReference
    /// What joins them.
    public var condition: Condition

    /// Makes one from its parts.
    public init(kind: Kind, left: TableReference, right: TableReference, condition: Condition) {
        self.kind = kind
        self.left = left
        self.right = right
        self.condition = condition
    }
}
