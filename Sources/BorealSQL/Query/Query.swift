/// A query expression: everything that yields rows, with the clauses that hold for the whole of it.
public struct Query: Equatable, Sendable {
    /// `WITH name AS (...)`.
    public var with: WithClause? = nil
    /// The query blocks and how they are combined.
    public var body: QueryBody
    /// `ORDER BY` of the whole: for a single block, that block's own.
    public var orderBy: [OrderItem] = []
    /// `LIMIT` of the whole.
    public var limit: LimitClause? = nil
    /// `FOR UPDATE`, `FOR SHARE`, `LOCK IN SHARE MODE`.
    public var locks: [LockingClause] = []
    /// `INTO` variables or a file. Only the outermost query may have it.
    public var into: IntoClause? = nil
    /// From its first word to its last, without parentheses around it.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(
        with: WithClause? = nil,
        body: QueryBody,
        orderBy: [OrderItem] = [],
        limit: LimitClause? = nil,
        locks: [LockingClause] = [],
        into: IntoClause? = nil,
        span: SourceSpan = .none
    ) {
        self.with = with
        self.body = body
        self.orderBy = orderBy
        self.limit = limit
        self.locks = locks
        self.into = into
        self.span = span
    }
}

/// What a query expression is made of.
public indirect enum QueryBody: Equatable, Sendable {
    /// `SELECT ...`.
    case select(QueryBlock)
    /// `VALUES ROW(..), ROW(..)`.
    case values([[Expression]])
    /// `TABLE name`.
    case table(ObjectName)
    /// `UNION`, `INTERSECT`, `EXCEPT`.
    case combined(SetOperation)
    /// A query in parentheses, which may have its own `ORDER BY` and `LIMIT`.
    case parenthesized(Query)
}

/// Two bodies combined as sets or bags.
public struct SetOperation: Equatable, Sendable {
    /// Which combination. `INTERSECT` binds tighter than the other two.
    public enum Kind: String, Sendable {
        /// Rows of either.
        case union = "UNION"
        /// Rows of both.
        case intersect = "INTERSECT"
        /// Rows of the left that the right lacks.
        case except = "EXCEPT"
    }

    /// Which combination.
    public var kind: Kind
    /// `ALL`: duplicates stay.
    public var isAll: Bool
    /// The earlier operand.
    public var left: QueryBody
    /// The later operand.
    public var right: QueryBody

    /// Makes one from its parts.
    public init(kind: Kind, isAll: Bool, left: QueryBody, right: QueryBody) {
        self.kind = kind
        self.isAll = isAll
        self.left = left
        self.right = right
    }
}

/// One `SELECT` with its clauses up to `WINDOW`; MySQL's manual calls it a query block.
public struct QueryBlock: Equatable, Sendable {
    /// `DISTINCT` or `DISTINCTROW`.
    public var isDistinct: Bool = false
    /// `SQL_CALC_FOUND_ROWS`: `FOUND_ROWS()` will tell the count without `LIMIT`.
    public var calculatesFoundRows: Bool = false
    /// `STRAIGHT_JOIN` as a modifier: tables are joined in the order written.
    public var isStraightJoin: Bool = false
    /// The select list. Never empty.
    public var items: [SelectItem]
    /// The comma-separated references of `FROM`; empty without `FROM`, and with `FROM DUAL`.
    public var from: [TableReference] = []
    /// `WHERE`.
    public var condition: Expression? = nil
    /// `GROUP BY` expressions; an integer literal is a column's position.
    public var groupBy: [Expression] = []
    /// `WITH ROLLUP`.
    public var withRollup: Bool = false
    /// `HAVING`.
    public var having: Expression? = nil
    /// `WINDOW`.
    public var windows: [WindowDefinition] = []
    /// From `SELECT` to the last word of its last clause.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(
        isDistinct: Bool = false,
        calculatesFoundRows: Bool = false,
        isStraightJoin: Bool = false,
        items: [SelectItem],
        from: [TableReference] = [],
        condition: Expression? = nil,
        groupBy: [Expression] = [],
        withRollup: Bool = false,
        having: Expression? = nil,
        windows: [WindowDefinition] = [],
        span: SourceSpan = .none
    ) {
        self.isDistinct = isDistinct
        self.calculatesFoundRows = calculatesFoundRows
        self.isStraightJoin = isStraightJoin
        self.items = items
        self.from = from
        self.condition = condition
        self.groupBy = groupBy
        self.withRollup = withRollup
        self.having = having
        self.windows = windows
        self.span = span
    }
}

/// One item of a select list.
public struct SelectItem: Equatable, Sendable {
    /// The forms of an item.
    public enum Kind: Equatable, Sendable {
        /// `*`.
        case star
        /// `t.*`, `db.t.*`.
        case tableStar(ObjectName)
        /// A value, with the name given by `AS`, which may have been a string.
        case expression(Expression, alias: Identifier?)
    }

    /// What it selects.
    public var kind: Kind
    /// The bytes of the expression with its parentheses, without the alias: the name of a column
    /// that has no alias and is no plain column reference.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(kind: Kind, span: SourceSpan = .none) {
        self.kind = kind
        self.span = span
    }
}

/// `WITH [RECURSIVE] cte, cte`.
public struct WithClause: Equatable, Sendable {
    /// `RECURSIVE`.
    public var isRecursive: Bool
    /// The tables in order.
    public var tables: [CommonTableExpression]

    /// Makes one from its parts.
    public init(isRecursive: Bool, tables: [CommonTableExpression]) {
        self.isRecursive = isRecursive
        self.tables = tables
    }
}

/// `name [(columns)] AS (query)`.
public struct CommonTableExpression: Equatable, Sendable {
    /// The table's name in the statement.
    public var name: Identifier
    /// Names for its columns; empty when the query's own are kept.
    public var columns: [Identifier] = []
    /// Its rows.
    public var query: Query

    /// Makes one from its parts.
    public init(name: Identifier, columns: [Identifier] = [], query: Query) {
        self.name = name
        self.columns = columns
        self.query = query
    }
}

/// `LIMIT count OFFSET offset`, `LIMIT offset, count`.
public struct LimitClause: Equatable, Sendable {
    /// Rows at most: an integer, a placeholder, or a variable in a stored program.
    public var count: Expression
    /// Rows left out in front.
    public var offset: Expression? = nil

    /// Makes one from its parts.
    public init(count: Expression, offset: Expression? = nil) {
        self.count = count
        self.offset = offset
    }
}

/// `FOR UPDATE | FOR SHARE [OF t, ..] [NOWAIT | SKIP LOCKED]`.
public struct LockingClause: Equatable, Sendable {
    /// What to do with rows that another transaction holds.
    public enum Wait: Sendable {
        /// Wait for them.
        case wait
        /// Fail.
        case noWait
        /// Leave them out.
        case skipLocked
    }

    /// `FOR UPDATE`; else `FOR SHARE` and `LOCK IN SHARE MODE`.
    public var isExclusive: Bool
    /// `OF` tables.
    public var tables: [ObjectName] = []
    /// What to do with locked rows.
    public var wait: Wait = .wait

    /// Makes one from its parts.
    public init(isExclusive: Bool, tables: [ObjectName] = [], wait: Wait = .wait) {
        self.isExclusive = isExclusive
        self.tables = tables
        self.wait = wait
    }
}

/// `INTO @a, @b`, `INTO OUTFILE '..'`, `INTO DUMPFILE '..'`.
public struct IntoClause: Equatable, Sendable {
    /// Where rows go.
    public enum Target: Equatable, Sendable {
        /// User variables, without the sign.
        case variables([String])
        /// A file on the server, with the format of its fields and lines.
        case outfile(String, charset: String?, FileFormat)
        /// A file on the server that gets one value.
        case dumpfile(String)
    }

    /// Where rows go.
    public var target: Target
    /// From `INTO` on.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(target: Target, span: SourceSpan = .none) {
        self.target = target
        self.span = span
    }
}
