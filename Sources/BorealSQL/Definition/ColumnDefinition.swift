/// `name type attributes` of `CREATE TABLE` and `ALTER TABLE`.
public struct ColumnDefinition: Equatable, Sendable {
    /// What stands behind `DEFAULT`.
    public enum Default: Equatable, Sendable {
        /// A constant, with its sign if any, `NULL` among them.
        case literal(Expression)
        /// `CURRENT_TIMESTAMP[(fsp)]` and its synonyms.
        case currentTimestamp(fractionalDigits: UInt64)
        /// `(expr)`.
        case expression(Expression)
    }

    /// The column's name.
    public var name: Identifier
    /// Its type.
    public var type: DataType
    /// `NULL` true, `NOT NULL` false, absent when neither is written.
    public var isNullable: Bool? = nil
    /// `DEFAULT`.
    public var defaultValue: Default? = nil
    /// `ON UPDATE CURRENT_TIMESTAMP[(fsp)]`: the fractional digits.
    public var onUpdateTimestamp: UInt64? = nil
    /// `AUTO_INCREMENT`.
    public var isAutoIncrement: Bool = false
    /// `[PRIMARY] KEY`.
    public var isPrimaryKey: Bool = false
    /// `UNIQUE [KEY]`.
    public var isUnique: Bool = false
    /// `COMMENT`.
    public var comment: String? = nil
    /// `[GENERATED ALWAYS] AS (expr)`.
    public var generated: Generated? = nil
    /// `INVISIBLE`.
    public var isInvisible: Bool = false
    /// `REFERENCES` on the column: MySQL reads it and does nothing.
    public var references: ForeignKeyReference? = nil
    /// `CHECK (expr)` on the column.
    public var checks: [CheckConstraint] = []
    /// The whole definition.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(
        name: Identifier,
        type: DataType,
        isNullable: Bool? = nil,
        defaultValue: Default? = nil,
        onUpdateTimestamp: UInt64? = nil,
        isAutoIncrement: Bool = false,
        isPrimaryKey: Bool = false,
        isUnique: Bool = false,
        comment: String? = nil,
        generated: Generated? = nil,
        isInvisible: Bool = false,
        references: ForeignKeyReference? = nil,
        checks: [CheckConstraint] = [],
        span: SourceSpan = .none
    ) {
        self.name = name
        self.type = type
        self.isNullable = isNullable
        self.defaultValue = defaultValue
        self.onUpdateTimestamp = onUpdateTimestamp
        self.isAutoIncrement = isAutoIncrement
        self.isPrimaryKey = isPrimaryKey
        self.isUnique = isUnique
        self.comment = comment
        self.generated = generated
        self.isInvisible = isInvisible
        self.references = references
        self.checks = checks
        self.span = span
    }
}

/// A column computed from others.
public struct Generated: Equatable, Sendable {
    /// Its value.
    public var expression: Expression
    /// `STORED`; else `VIRTUAL`, the default.
    public var isStored: Bool

    /// Makes one from its parts.
    public init(expression: Expression, isStored: Bool) {
        self.expression = expression
        self.isStored = isStored
    }
}

/// `[CONSTRAINT name] CHECK (expr) [[NOT] ENFORCED]`.
public struct CheckConstraint: Equatable, Sendable {
    /// The constraint's name.
    public var name: Identifier? = nil
    /// What must not be false.
    public var condition: Expression
    /// False for `NOT ENFORCED`.
    public var isEnforced: Bool = true

    /// Makes one from its parts.
    public init(name: Identifier? = nil, condition: Expression, isEnforced: Bool = true) {
        self.name = name
        self.condition = condition
        self.isEnforced = isEnforced
    }
}

/// `REFERENCES table (columns) [ON DELETE ..] [ON UPDATE ..]`.
public struct ForeignKeyReference: Equatable, Sendable {
    /// What happens to the child.
    public enum Action: String, Sendable {
        /// The parent stays.
        case restrict = "RESTRICT"
        /// The child goes along.
        case cascade = "CASCADE"
        /// The child's columns become NULL.
        case setNull = "SET NULL"
        /// The same as `RESTRICT` in InnoDB.
        case noAction = "NO ACTION"
        /// Read, refused by InnoDB.
        case setDefault = "SET DEFAULT"
    }

    /// The parent table.
    public var table: ObjectName
    /// Its columns.
    public var columns: [Identifier] = []
    /// `ON DELETE`.
    public var onDelete: Action? = nil
    /// `ON UPDATE`.
    public var onUpdate: Action? = nil

    /// Makes one from its parts.
    public init(
        table: ObjectName,
        columns: [Identifier] = [],
        onDelete: Action? = nil,
        onUpdate: Action? = nil
    ) {
        self.table = table
        self.columns = columns
        self.onDelete = onDelete
        self.onUpdate = onUpdate
    }
}

/// One part of a key: a column with an optional prefix length, or an expression.
public struct KeyPart: Equatable, Sendable {
    /// What is indexed.
    public enum Kind: Equatable, Sendable {
        /// `name`, `name(10)`: the characters or bytes of the prefix.
        case column(Identifier, prefixLength: UInt64?)
        /// `(expr)`.
        case expression(Expression)
    }

    /// What is indexed.
    public var kind: Kind
    /// `DESC`.
    public var isDescending: Bool = false

    /// Makes one from its parts.
    public init(kind: Kind, isDescending: Bool = false) {
        self.kind = kind
        self.isDescending = isDescending
    }
}

/// A key of a table: primary, unique or plain.
public struct IndexDefinition: Equatable, Sendable {
    /// The kinds of a key.
    public enum Kind: String, Sendable {
        /// `PRIMARY KEY`.
        case primary = "PRIMARY KEY"
        /// `UNIQUE`.
        case unique = "UNIQUE KEY"
        /// `KEY`, `INDEX`.
        case plain = "KEY"
        /// `FULLTEXT`.
        case fulltext = "FULLTEXT KEY"
        /// `SPATIAL`.
        case spatial = "SPATIAL KEY"
        /// `VECTOR INDEX`: nearest neighbours.
        case vector = "VECTOR INDEX"
    }

    /// Which key.
    public var kind: Kind
    /// Its name, or the name of `CONSTRAINT` in front of a unique key.
    public var name: Identifier? = nil
    /// Its parts in order.
    public var parts: [KeyPart]
    /// `USING BTREE`, `HASH`, upper case.
    public var algorithm: String? = nil
    /// `COMMENT`.
    public var comment: String? = nil
    /// `INVISIBLE`.
    public var isInvisible: Bool = false
    /// Other options as `name = value`: `KEY_BLOCK_SIZE`, `PARSER`; names upper case.
    public var options: [TableOption] = []

    /// Makes one from its parts.
    public init(
        kind: Kind,
        name: Identifier? = nil,
        parts: [KeyPart],
        algorithm: String? = nil,
        comment: String? = nil,
        isInvisible: Bool = false,
        options: [TableOption] = []
    ) {
        self.kind = kind
        self.name = name
        self.parts = parts
        self.algorithm = algorithm
        self.comment = comment
        self.isInvisible = isInvisible
        self.options = options
    }
}

/// `[CONSTRAINT name] FOREIGN KEY [index] (columns) REFERENCES ...`.
public struct ForeignKey: Equatable, Sendable {
    /// The constraint's name.
    public var name: Identifier? = nil
    /// The child's columns.
    public var columns: [Identifier]
    /// The parent.
    public var reference: ForeignKeyReference

    /// Makes one from its parts.
    public init(name: Identifier? = nil, columns: [Identifier], reference: ForeignKeyReference) {
        self.name = name
        self.columns = columns
        self.reference = reference
    }
}
