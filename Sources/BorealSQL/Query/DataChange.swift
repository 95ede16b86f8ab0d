/// `column = value` of `UPDATE`, `INSERT ... SET` and `ON DUPLICATE KEY UPDATE`.
public struct ColumnAssignment: Equatable, Sendable {
    /// The column that changes.
    public var column: ColumnName
    /// Its new value; `DEFAULT` is a kind of expression.
    public var value: Expression

    /// Makes one from its parts.
    public init(column: ColumnName, value: Expression) {
        self.column = column
        self.value = value
    }
}

/// `INSERT` and `REPLACE` in all their forms.
public struct Insert: Equatable, Sendable {
    /// Where the rows come from.
    public enum Source: Equatable, Sendable {
        /// `VALUES (..), (..)`; `VALUES ()` is one row without values.
        case rows([[Expression]])
        /// `SET a = 1, b = 2`.
        case assignments([ColumnAssignment])
        /// `SELECT ...`, `TABLE t`, `VALUES ROW(..)`.
        case query(Query)
    }

    /// `REPLACE`: a row in the way is deleted first.
    public var isReplace: Bool = false
    /// `IGNORE`: errors of a row become warnings.
    public var isIgnore: Bool = false
    /// `LOW_PRIORITY`, `DELAYED` or `HIGH_PRIORITY`: accepted, without effect.
    public var priority: Keyword = .notKeyword
    /// The table.
    public var table: ObjectName
    /// `PARTITION (p0)`.
    public var partitions: [Identifier] = []
    /// The columns given; empty means all, in their order.
    public var columns: [ColumnName] = []
    /// The rows.
    public var source: Source
    /// `AS name [(columns)]`: how the update may refer to the new row.
    public var rowAlias: RowAlias? = nil
    /// `ON DUPLICATE KEY UPDATE`.
    public var onDuplicate: [ColumnAssignment] = []
    /// MariaDB's `RETURNING`, which Boreal takes too; empty without it.
    public var returning: [SelectItem] = []
    /// The whole statement.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(
        isReplace: Bool = false,
        isIgnore: Bool = false,
        priority: Keyword = .notKeyword,
        table: ObjectName,
        partitions: [Identifier] = [],
        columns: [ColumnName] = [],
        source: Source,
        rowAlias: RowAlias? = nil,
        onDuplicate: [ColumnAssignment] = [],
        returning: [SelectItem] = [],
        span: SourceSpan = .none
    ) {
        self.isReplace = isReplace
        self.isIgnore = isIgnore
        self.priority = priority
        self.table = table
        self.partitions = partitions
        self.columns = columns
        self.source = source
        self.rowAlias = rowAlias
        self.onDuplicate = onDuplicate
        self.returning = returning
        self.span = span
    }
}

/// `AS name [(columns)]` behind the values of an `INSERT`.
public struct RowAlias: Equatable, Sendable {
    /// The new row's name.
    public var name: Identifier
    /// Names for its columns.
    public var columns: [Identifier] = []

    /// Makes one from its parts.
    public init(name: Identifier, columns: [Identifier] = []) {
        self.name = name
        self.columns = columns
    }
}

/// `UPDATE` of one table or of several.
public struct Update: Equatable, Sendable {
    /// `WITH` in front.
    public var with: WithClause? = nil
    /// `IGNORE`.
    public var isIgnore: Bool = false
    /// The tables. One plain table is the single-table form.
    public var tables: [TableReference]
    /// What changes.
    public var assignments: [ColumnAssignment]
    /// `WHERE`.
    public var condition: Expression? = nil
    /// `ORDER BY`, single-table form only.
    public var orderBy: [OrderItem] = []
    /// `LIMIT`, single-table form only.
    public var limit: LimitClause? = nil
    /// The whole statement.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(
        with: WithClause? = nil,
        isIgnore: Bool = false,
        tables: [TableReference],
        assignments: [ColumnAssignment],
        condition: Expression? = nil,
        orderBy: [OrderItem] = [],
        limit: LimitClause? = nil,
        span: SourceSpan = .none
    ) {
        self.with = with
        self.isIgnore = isIgnore
        self.tables = tables
        self.assignments = assignments
        self.condition = condition
        self.orderBy = orderBy
        self.limit = limit
        self.span = span
    }
}

/// `DELETE` from one table or from several.
public struct Delete: Equatable, Sendable {
    /// `WITH` in front.
    public var with: WithClause? = nil
    /// `IGNORE`.
    public var isIgnore: Bool = false
    /// The tables rows go from. In the single-table form, the table of `from`.
    public var targets: [ObjectName]
    /// What is read; in the single-table form one plain table.
    public var from: [TableReference]
    /// `DELETE t FROM ..` or `DELETE FROM t USING ..`.
    public var isMultipleTable: Bool = false
    /// `WHERE`.
    public var condition: Expression? = nil
    /// `ORDER BY`, single-table form only.
    public var orderBy: [OrderItem] = []
    /// `LIMIT`, single-table form only.
    public var limit: LimitClause? = nil
    /// MariaDB's `RETURNING`; empty without it.
    public var returning: [SelectItem] = []
    /// The whole statement.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(
        with: WithClause? = nil,
        isIgnore: Bool = false,
        targets: [ObjectName],
        from: [TableReference],
        isMultipleTable: Bool = false,
        condition: Expression? = nil,
        orderBy: [OrderItem] = [],
        limit: LimitClause? = nil,
        returning: [SelectItem] = [],
        span: SourceSpan = .none
    ) {
        self.with = with
        self.isIgnore = isIgnore
        self.targets = targets
        self.from = from
        self.isMultipleTable = isMultipleTable
        self.condition = condition
        self.orderBy = orderBy
        self.limit = limit
        self.returning = returning
        self.span = span
    }
}

/// `FIELDS ... LINES ...` of `LOAD DATA` and `INTO OUTFILE`. MySQL's defaults stand for what is
/// absent.
public struct FileFormat: Equatable, Sendable {
    /// `TERMINATED BY` of the fields.
    public var fieldTerminator: [UInt8] = [UInt8(ascii: "\t")]
    /// `[OPTIONALLY] ENCLOSED BY`; empty for none.
    public var fieldEnclosure: [UInt8] = []
    /// `OPTIONALLY`.
    public var isEnclosureOptional: Bool = false
    /// `ESCAPED BY`; empty for none.
    public var fieldEscape: [UInt8] = [UInt8(ascii: "\\")]
    /// `STARTING BY`; empty for none.
    public var lineStart: [UInt8] = []
    /// `TERMINATED BY` of the lines.
    public var lineTerminator: [UInt8] = [UInt8(ascii: "\n")]

    /// Makes one from its parts.
    public init(
        fieldTerminator: [UInt8] = [UInt8(ascii: "\t")],
        fieldEnclosure: [UInt8] = [],
        isEnclosureOptional: Bool = false,
        fieldEscape: [UInt8] = [UInt8(ascii: "\\")],
        lineStart: [UInt8] = [],
        lineTerminator: [UInt8] = [UInt8(ascii: "\n")]
    ) {
        self.fieldTerminator = fieldTerminator
        self.fieldEnclosure = fieldEnclosure
        self.isEnclosureOptional = isEnclosureOptional
        self.fieldEscape = fieldEscape
        self.lineStart = lineStart
        self.lineTerminator = lineTerminator
    }
}

/// `LOAD DATA [LOCAL] INFILE`.
public struct LoadData: Equatable, Sendable {
    /// What happens to a row whose key exists.
    public enum Duplicates: Sendable {
        /// An error; with `LOCAL` the same as `ignore`.
        case fail
        /// `REPLACE`.
        case replace
        /// `IGNORE`.
        case ignore
    }

    /// Where a field of the file goes.
    public enum Field: Equatable, Sendable {
        /// Into a column.
        case column(ColumnName)
        /// Into a user variable, for `SET` to use.
        case variable(String)
    }

    /// `LOCAL`: the client sends the file.
    public var isLocal: Bool = false
    /// The file's name.
    public var file: String
    /// `REPLACE` or `IGNORE`.
    public var duplicates: Duplicates = .fail
    /// The table.
    public var table: ObjectName
    /// `PARTITION (p0)`.
    public var partitions: [Identifier] = []
    /// `CHARACTER SET`, lower case.
    public var charset: String? = nil
    /// How fields and lines end.
    public var format: FileFormat = FileFormat()
    /// `IGNORE n LINES`.
    public var ignoredLines: UInt64 = 0
    /// The list in parentheses; empty means all columns in order.
    public var fields: [Field] = []
    /// `SET a = expr`.
    public var assignments: [ColumnAssignment] = []
    /// The whole statement.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(
        isLocal: Bool = false,
        file: String,
        duplicates: Duplicates = .fail,
        table: ObjectName,
        partitions: [Identifier] = [],
        charset: String? = nil,
        format: FileFormat = FileFormat(),
        ignoredLines: UInt64 = 0,
        fields: [Field] = [],
        assignments: [ColumnAssignment] = [],
        span: SourceSpan = .none
    ) {
        self.isLocal = isLocal
        self.file = file
        self.duplicates = duplicates
        self.table = table
        self.partitions = partitions
        self.charset = charset
        self.format = format
        self.ignoredLines = ignoredLines
        self.fields = fields
        self.assignments = assignments
        self.span = span
    }
}
