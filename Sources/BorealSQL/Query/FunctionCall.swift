/// A call of a function: `name(arguments)` with what aggregates and windows may add.
///
/// `SUBSTRING(x FROM a FOR b)` is the call with three arguments, `POSITION(a IN b)` the one with
/// two, `DATE_ADD(x, INTERVAL 1 DAY)` the one whose second argument is an interval.
public struct FunctionCall: Equatable, Sendable {
    /// `db.f(...)`: the database of a stored function.
    public var database: Identifier? = nil
    /// The name as written; functions compare without case.
    public var name: Identifier
    /// The arguments in order; empty for `COUNT(*)`.
    public var arguments: [Expression] = []
    /// `COUNT(*)`.
    public var isStar: Bool = false
    /// `COUNT(DISTINCT a, b)`, `GROUP_CONCAT(DISTINCT ...)`.
    public var isDistinct: Bool = false
    /// False for `CURRENT_TIMESTAMP`, `CURRENT_USER` and their like written bare.
    public var hasParentheses: Bool = true
    /// `GROUP_CONCAT(... ORDER BY ...)`.
    public var orderBy: [OrderItem] = []
    /// `GROUP_CONCAT(... SEPARATOR '..')`.
    public var separator: String? = nil
    /// `CHAR(... USING charset)`, lower case.
    public var charset: String? = nil
    /// `JSON_VALUE(... RETURNING type)`.
    public var returning: DataType? = nil
    /// `IGNORE NULLS` behind a window function's arguments.
    public var ignoresNulls: Bool = false
    /// `OVER name` or `OVER (...)`.
    public var over: WindowReference? = nil
    /// From the name to the last parenthesis.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(
        database: Identifier? = nil,
        name: Identifier,
        arguments: [Expression] = [],
        isStar: Bool = false,
        isDistinct: Bool = false,
        hasParentheses: Bool = true,
        orderBy: [OrderItem] = [],
        separator: String? = nil,
        charset: String? = nil,
        returning: DataType? = nil,
        ignoresNulls: Bool = false,
        over: WindowReference? = nil,
        span: SourceSpan = .none
    ) {
        self.database = database
        self.name = name
        self.arguments = arguments
        self.isStar = isStar
        self.isDistinct = isDistinct
        self.hasParentheses = hasParentheses
        self.orderBy = orderBy
        self.separator = separator
        self.charset = charset
        self.returning = returning
        self.ignoresNulls = ignoresNulls
        self.over = over
        self.span = span
    }
}

/// What stands behind `OVER`.
public enum WindowReference: Equatable, Sendable {
    /// A window of the `WINDOW` clause.
    case named(Identifier)
    /// A window written in place.
    case inline(WindowSpecification)
}

/// `[name] [PARTITION BY ...] [ORDER BY ...] [frame]`.
public struct WindowSpecification: Equatable, Sendable {
    /// The window this one starts from.
    public var base: Identifier? = nil
    /// `PARTITION BY` expressions.
    public var partitionBy: [Expression] = []
    /// `ORDER BY` items.
    public var orderBy: [OrderItem] = []
    /// `ROWS ...` or `RANGE ...`.
    public var frame: WindowFrame? = nil

    /// Makes one from its parts.
    public init(
        base: Identifier? = nil,
        partitionBy: [Expression] = [],
        orderBy: [OrderItem] = [],
        frame: WindowFrame? = nil
    ) {
        self.base = base
        self.partitionBy = partitionBy
        self.orderBy = orderBy
        self.frame = frame
    }
}

/// The rows around the current one that a window function sees.
public struct WindowFrame: Equatable, Sendable {
    /// How the bounds count.
    public enum Unit: String, Sendable {
        /// Rows.
        case rows = "ROWS"
        /// Values of the ordering expression.
        case range = "RANGE"
    }

    /// One end of a frame.
    public enum Bound: Equatable, Sendable {
        /// `UNBOUNDED PRECEDING`.
        case unboundedPreceding
        /// `expr PRECEDING`.
        case preceding(Expression)
        /// `CURRENT ROW`.
        case currentRow
        /// `expr FOLLOWING`.
        case following(Expression)
        /// `UNBOUNDED FOLLOWING`.
        case unboundedFollowing
    }

    /// Rows or values.
    public var unit: Unit
    /// The first row.
    public var start: Bound
    /// The last row; absent means the current one.
    public var end: Bound? = nil

    /// Makes one from its parts.
    public init(unit: Unit, start: Bound, end: Bound? = nil) {
        self.unit = unit
        self.start = start
        self.end = end
    }
}

/// `name AS (...)` of the `WINDOW` clause.
public struct WindowDefinition: Equatable, Sendable {
    /// The window's name.
    public var name: Identifier
    /// What it stands for.
    public var specification: WindowSpecification

    /// Makes one from its parts.
    public init(name: Identifier, specification: WindowSpecification) {
        self.name = name
        self.specification = specification
    }
}

/// One expression of an `ORDER BY`.
public struct OrderItem: Equatable, Sendable {
    /// What to order by; an integer literal is a column's position.
    public var expression: Expression
    /// `DESC`.
    public var isDescending: Bool = false

    /// Makes one from its parts.
    public init(expression: Expression, isDescending: Bool = false) {
        self.expression = expression
        self.isDescending = isDescending
    }
}
