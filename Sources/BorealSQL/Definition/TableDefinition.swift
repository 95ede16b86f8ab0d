/// `CREATE TABLE` in its three forms.
public struct CreateTable: Equatable, Sendable {
    /// `OR REPLACE`, which is MariaDB's.
    public var orReplace: Bool = false
    /// `TEMPORARY`.
    public var isTemporary: Bool = false
    /// `IF NOT EXISTS`.
    public var ifNotExists: Bool = false
    /// The new table.
    public var name: ObjectName
    /// `LIKE other`; nothing else is set then.
    public var like: ObjectName? = nil
    /// Columns, keys and constraints in the order written.
    public var elements: [TableElement] = []
    /// `ENGINE = InnoDB` and the like, in the order written.
    public var options: [TableOption] = []
    /// `PARTITION BY` to its end, as text: Boreal's tables are not partitioned.
    public var partitioning: String? = nil
    /// `[AS] SELECT ...`.
    public var query: Query? = nil
    /// With `query`: `IGNORE` or `REPLACE` rows whose key exists.
    public var duplicates: LoadData.Duplicates = .fail
    /// The whole statement.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(
        orReplace: Bool = false,
        isTemporary: Bool = false,
        ifNotExists: Bool = false,
        name: ObjectName,
        like: ObjectName? = nil,
        elements: [TableElement] = [],
        options: [TableOption] = [],
        partitioning: String? = nil,
        query: Query? = nil,
        duplicates: LoadData.Duplicates = .fail,
        span: SourceSpan = .none
    ) {
        self.orReplace = orReplace
        self.isTemporary = isTemporary
        self.ifNotExists = ifNotExists
        self.name = name
        self.like = like
        self.elements = elements
        self.options = options
        self.partitioning = partitioning
        self.query = query
        self.duplicates = duplicates
        self.span = span
    }
}

/// One element of the list in parentheses.
public enum TableElement: Equatable, Sendable {
    /// A column.
    case column(ColumnDefinition)
    /// A key.
    case index(IndexDefinition)
    /// A foreign key.
    case foreignKey(ForeignKey)
    /// A check.
    case check(CheckConstraint)
}

/// `NAME [=] value` of a table, an index or a database.
public struct TableOption: Equatable, Sendable {
    /// The option's value.
    public enum Value: Equatable, Sendable {
        /// A bare word: `InnoDB`, `utf8mb4`.
        case word(String)
        /// A string.
        case string(String)
        /// A number.
        case integer(UInt64)
        /// Names in parentheses: `UNION = (a, b)`.
        case tables([ObjectName])
    }

    /// The name, upper case: `ENGINE`, `CHARSET` (also for `CHARACTER SET`), `COLLATE`, `COMMENT`,
    /// `AUTO_INCREMENT`, `ROW_FORMAT`, `DATA DIRECTORY`, ... `DEFAULT` in front is dropped.
    public var name: String
    /// The value.
    public var value: Value

    /// Makes one from its parts.
    public init(name: String, value: Value) {
        self.name = name
        self.value = value
    }

    /// The value as text, whatever its kind; nil for a list of tables.
    public var text: String? {
        switch value {
        case .word(let text), .string(let text): text
        case .integer(let number): String(number)
        case .tables: nil
        }
    }
}

/// `ALTER TABLE name action, action`.
public struct AlterTable: Equatable, Sendable {
    /// The table.
    public var name: ObjectName
    /// What is to change, in order.
    public var actions: [AlterAction]
    /// The whole statement.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(name: ObjectName, actions: [AlterAction], span: SourceSpan = .none) {
        self.name = name
        self.actions = actions
        self.span = span
    }
}

/// One change of `ALTER TABLE`.
public enum AlterAction: Equatable, Sendable {
    /// `ADD [COLUMN] definition [FIRST | AFTER column]`.
    case addColumn(ColumnDefinition, ColumnPosition?)
    /// `ADD {KEY | PRIMARY KEY | UNIQUE | FULLTEXT ...}`.
    case addIndex(IndexDefinition)
    /// `ADD [CONSTRAINT name] FOREIGN KEY`.
    case addForeignKey(ForeignKey)
    /// `ADD [CONSTRAINT name] CHECK`.
    case addCheck(CheckConstraint)
    /// `DROP [COLUMN] name`.
    case dropColumn(Identifier)
    /// `DROP {INDEX | KEY} name`.
    case dropIndex(Identifier)
    /// `DROP PRIMARY KEY`.
    case dropPrimaryKey
    /// `DROP FOREIGN KEY name`.
    case dropForeignKey(Identifier)
    /// `DROP CONSTRAINT name`.
    case dropConstraint(Identifier)
    /// `DROP CHECK name`.
    case dropCheck(Identifier)
    /// `ALTER {CHECK | CONSTRAINT} name [NOT] ENFORCED`.
    case setEnforcement(Identifier, isEnforced: Bool)
    /// With `IF EXISTS` or `IF NOT EXISTS`, which is MariaDB's: nothing when it is so already.
    indirect case lenient(AlterAction)
    /// `MODIFY [COLUMN] definition [position]`.
    case modifyColumn(ColumnDefinition, ColumnPosition?)
    /// `CHANGE [COLUMN] old definition [position]`.
    case changeColumn(Identifier, ColumnDefinition, ColumnPosition?)
    /// `RENAME COLUMN old TO new`.
    case renameColumn(Identifier, Identifier)
    /// `RENAME {INDEX | KEY} old TO new`.
    case renameIndex(Identifier, Identifier)
    /// `RENAME [TO | AS] name`.
    case renameTable(ObjectName)
    /// `ALTER [COLUMN] name SET DEFAULT value`; nil for `DROP DEFAULT`.
    case setDefault(Identifier, ColumnDefinition.Default?)
    /// `ALTER INDEX name VISIBLE | INVISIBLE`.
    case setIndexVisibility(Identifier, isVisible: Bool)
    /// `CONVERT TO CHARACTER SET charset [COLLATE collation]`, both lower case.
    case convertCharset(String, collation: String?)
    /// `DISABLE KEYS` false, `ENABLE KEYS` true.
    case enableKeys(Bool)
    /// `ORDER BY columns`.
    case orderBy([OrderItem])
    /// A table option.
    case option(TableOption)
    /// `ALGORITHM = ..`, `LOCK = ..`, `FORCE`: how to do it, upper case. Without effect.
    case advice(String)
}

/// Where `ALTER TABLE` puts a column.
public enum ColumnPosition: Equatable, Sendable {
    /// In front of all.
    case first
    /// Behind a column.
    case after(Identifier)
}

/// `CREATE [UNIQUE | FULLTEXT | SPATIAL] INDEX name ON table (parts)`.
public struct CreateIndex: Equatable, Sendable {
    /// The table.
    public var table: ObjectName
    /// The index.
    public var index: IndexDefinition
    /// `IF NOT EXISTS`, MariaDB's.
    public var ifNotExists: Bool = false
    /// The whole statement.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(
        table: ObjectName,
        index: IndexDefinition,
        ifNotExists: Bool = false,
        span: SourceSpan = .none
    ) {
        self.table = table
        self.index = index
        self.ifNotExists = ifNotExists
        self.span = span
    }
}

/// `DROP INDEX name ON table`.
public struct DropIndex: Equatable, Sendable {
    /// The table.
    public var table: ObjectName
    /// The index; `PRIMARY` for the primary key.
    public var name: Identifier
    /// `IF EXISTS`, MariaDB's.
    public var ifExists: Bool = false
    /// The whole statement.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(
        table: ObjectName,
        name: Identifier,
        ifExists: Bool = false,
        span: SourceSpan = .none
    ) {
        self.table = table
        self.name = name
        self.ifExists = ifExists
        self.span = span
    }
}

/// `DROP TABLE` and `DROP VIEW`.
public struct DropTables: Equatable, Sendable {
    /// `DROP VIEW`.
    public var isView: Bool = false
    /// `TEMPORARY`.
    public var isTemporary: Bool = false
    /// `IF EXISTS`.
    public var ifExists: Bool = false
    /// What goes.
    public var names: [ObjectName]
    /// The whole statement.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(
        isView: Bool = false,
        isTemporary: Bool = false,
        ifExists: Bool = false,
        names: [ObjectName],
        span: SourceSpan = .none
    ) {
        self.isView = isView
        self.isTemporary = isTemporary
        self.ifExists = ifExists
        self.names = names
        self.span = span
    }
}

/// `RENAME TABLE a TO b, c TO d`.
public struct RenameTables: Equatable, Sendable {
    /// One renaming.
    public struct Pair: Equatable, Sendable {
        /// The old name.
        public var from: ObjectName
        /// The new name.
        public var to: ObjectName

        /// Makes one from its parts.
        public init(from: ObjectName, to: ObjectName) {
            self.from = from
            self.to = to
        }
    }

    /// The renamings in order.
    public var pairs: [Pair]
    /// The whole statement.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(pairs: [Pair], span: SourceSpan = .none) {
        self.pairs = pairs
        self.span = span
    }
}
