/// A value that a statement computes: the tree of one expression.
///
/// Parentheses leave no node: the shape of the tree is their meaning. The text as written, which
/// names a column of a result, is the span of the `SelectItem`.
public struct Expression: Equatable, Sendable {
    /// What it is, with its operands.
    public var kind: Kind
    /// From its first byte to its last, without parentheses around the whole.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(kind: Kind, span: SourceSpan = .none) {
        self.kind = kind
        self.span = span
    }

    /// The forms of an expression.
    public indirect enum Kind: Equatable, Sendable {
        /// A constant.
        case literal(Literal)
        /// A column.
        case column(ColumnName)
        /// `?`; counted from 0 in the order of the text.
        case placeholder(Int)
        /// `@name`, without the sign.
        case userVariable(String)
        /// `@@name`, `@@global.name`.
        case systemVariable(SystemVariable)
        /// `@name := value`.
        case assignment(name: String, value: Expression)
        /// A sign, `NOT`, `~`, `BINARY`.
        case unary(UnaryOperator, Expression)
        /// Two operands and what stands between them.
        case binary(BinaryOperator, Expression, Expression)
        /// `value = ANY (query)`, `SOME` being `ANY`, `value > ALL (query)`.
        case quantified(BinaryOperator, Expression, Quantifier, Query)
        /// `value IS [NOT] NULL | TRUE | FALSE | UNKNOWN`.
        case isTest(Expression, TruthTest, negated: Bool)
        /// `value [NOT] LIKE pattern [ESCAPE escape]`.
        case like(Expression, pattern: Expression, escape: Expression?, negated: Bool)
        /// `value [NOT] REGEXP pattern`, `RLIKE` too.
        case regexp(Expression, pattern: Expression, negated: Bool)
        /// `value [NOT] BETWEEN low AND high`.
        case between(Expression, low: Expression, high: Expression, negated: Bool)
        /// `value [NOT] IN (a, b, ...)`. The list is never empty.
        case inList(Expression, [Expression], negated: Bool)
        /// `value [NOT] IN (SELECT ...)`.
        case inQuery(Expression, Query, negated: Bool)
        /// `value MEMBER OF (array)`.
        case memberOf(Expression, array: Expression)
        /// `EXISTS (SELECT ...)`.
        case exists(Query)
        /// `(SELECT ...)` as a value or a row of values.
        case query(Query)
        /// `CASE [operand] WHEN .. THEN .. [ELSE ..] END`.
        case caseWhen(operand: Expression?, branches: [CaseBranch], otherwise: Expression?)
        /// `CAST(value AS type [ARRAY])` and `CONVERT(value, type)`.
        case cast(Expression, DataType, isArray: Bool)
        /// `CONVERT(value USING charset)`.
        case convertUsing(Expression, charset: String)
        /// `value COLLATE name`.
        case collate(Expression, String)
        /// `INTERVAL value unit`: an operand of `+` and `-`, an argument of `DATE_ADD` and its
        /// like.
        case interval(Expression, IntervalUnit)
        /// A bare unit as an argument: `TIMESTAMPDIFF(DAY, a, b)`.
        case unit(IntervalUnit)
        /// `EXTRACT(unit FROM value)`.
        case extract(IntervalUnit, Expression)
        /// `TRIM([side] [removed FROM] value)`.
        case trim(TrimSide, removed: Expression?, value: Expression)
        /// Any other call, aggregates and window functions included.
        case function(FunctionCall)
        /// `(a, b)` and `ROW(a, b)`: two values or more.
        case row([Expression])
        /// `DEFAULT`, `DEFAULT(column)`.
        case defaultValue(ColumnName?)
        /// `VALUES(column)` in `ON DUPLICATE KEY UPDATE`.
        case insertedValue(ColumnName)
        /// `column -> path`; with `isUnquoted`, `column ->> path`.
        case jsonExtract(Expression, path: String, isUnquoted: Bool)
        /// `MATCH (columns) AGAINST (text [modifier])`.
        case match([ColumnName], against: Expression, MatchMode)
    }

    /// How many rows of a subquery a comparison must hold for.
    public enum Quantifier: String, Sendable {
        /// One at least; `SOME` says the same.
        case any = "ANY"
        /// Every one.
        case all = "ALL"
    }

    /// What `IS` asks for.
    public enum TruthTest: String, Sendable {
        /// No value.
        case null = "NULL"
        /// Neither NULL nor zero.
        case `true` = "TRUE"
        /// Zero.
        case `false` = "FALSE"
        /// NULL as a truth value.
        case unknown = "UNKNOWN"
    }

    /// Which end `TRIM` works on.
    public enum TrimSide: String, Sendable {
        /// Both, the default.
        case both = "BOTH"
        /// The front.
        case leading = "LEADING"
        /// The back.
        case trailing = "TRAILING"
    }

    /// How `MATCH` searches.
    public enum MatchMode: String, Sendable {
        /// The default.
        case naturalLanguage = "IN NATURAL LANGUAGE MODE"
        /// With blind query expansion.
        case queryExpansion = "WITH QUERY EXPANSION"
        /// With operators in the text.
        case boolean = "IN BOOLEAN MODE"
    }
}

/// `WHEN condition THEN result`.
public struct CaseBranch: Equatable, Sendable {
    /// A truth value, or what the operand of `CASE` is compared with.
    public var condition: Expression
    /// The value of the branch.
    public var result: Expression

    /// Makes one from its parts.
    public init(condition: Expression, result: Expression) {
        self.condition = condition
        self.result = result
    }
}

/// `@@[scope.][component.]name`.
public struct SystemVariable: Equatable, Sendable {
    /// Where the value is looked up or set.
    public enum Scope: String, Sendable {
        /// Nothing said: the session's value, else the global one.
        case unspecified = ""
        /// `@@global.x`, `SET GLOBAL x`.
        case global = "GLOBAL"
        /// `@@session.x`, `@@local.x`, `SET SESSION x`, `SET LOCAL x`.
        case session = "SESSION"
        /// `@@persist.x`, `SET PERSIST x`.
        case persist = "PERSIST"
        /// `@@persist_only.x`, `SET PERSIST_ONLY x`.
        case persistOnly = "PERSIST_ONLY"
    }

    /// The scope as written.
    public var scope: Scope = .unspecified
    /// A structured variable's instance: `hot` in `@@hot.key_buffer_size`.
    public var component: String? = nil
    /// The variable's name in lower case.
    public var name: String
    /// From the signs (or the scope) to the name.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(
        scope: Scope = .unspecified,
        component: String? = nil,
        name: String,
        span: SourceSpan = .none
    ) {
        self.scope = scope
        self.component = component
        self.name = name
        self.span = span
    }
}
