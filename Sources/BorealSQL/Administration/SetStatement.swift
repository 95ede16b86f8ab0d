/// `SET` with one assignment or several, which are done in order.
public struct SetStatement: Equatable, Sendable {
    /// One assignment.
    public enum Assignment: Equatable, Sendable {
        /// A system variable: `SET autocommit = 0`, `SET GLOBAL x = 1`, `SET @@session.x = 1`.
        case system(SystemVariable, SetValue)
        /// `SET @name = value`, `:=` too.
        case user(String, Expression)
        /// `SET NAMES charset [COLLATE collation]`, lower case; nil charset means `DEFAULT`.
        case names(charset: String?, collation: String?)
        /// `SET {CHARACTER SET | CHARSET} charset`, lower case; nil means `DEFAULT`.
        case characterSet(String?)
    }

    /// The assignments.
    public var assignments: [Assignment]
    /// The whole statement.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(assignments: [Assignment], span: SourceSpan = .none) {
        self.assignments = assignments
        self.span = span
    }
}

/// The new value of a system variable.
public enum SetValue: Equatable, Sendable {
    /// `DEFAULT`.
    case byDefault
    /// A bare word that is no column: `ON`, `OFF`, `utf8mb4`, `ALL`, `BINARY`, `ROW`, as written.
    case word(String)
    /// Anything else.
    case expression(Expression)
}

/// MariaDB's `SET STATEMENT name = value, ... FOR statement`.
public struct SetForStatement: Equatable, Sendable {
    /// What holds during the statement.
    public var assignments: [SetStatement.Assignment]
    /// The statement.
    public var statement: SQLStatement

    /// Makes one from its parts.
    public init(assignments: [SetStatement.Assignment], statement: SQLStatement) {
        self.assignments = assignments
        self.statement = statement
    }
}
