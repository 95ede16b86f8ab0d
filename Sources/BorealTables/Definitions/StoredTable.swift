public import BorealBase

/// What a column gets when an INSERT does not name it.
public enum DefaultValue: Equatable, Sendable {
    /// DEFAULT NULL.
    case null
    /// A constant: its text, as SHOW CREATE TABLE quotes it.
    case literal(String)
    /// CURRENT_TIMESTAMP.
    case currentTimestamp
    /// `(expr)`: MySQL's language in normal form, computed for each row.
    case expression(String)
}

/// A column of an embedded table.
public struct StoredColumn: Equatable, Sendable {
    /// As declared; compared without case.
    public var name: String
    /// Its type.
    public var type: StoredType
    /// False for NOT NULL.
    public var isNullable = true
    /// Nil when there is none, not even NULL.
    public var defaultValue: DefaultValue?
    /// ON UPDATE CURRENT_TIMESTAMP.
    public var updatesToNow = false
    /// AUTO_INCREMENT.
    public var isAutoIncrement = false
    /// COMMENT.
    public var comment = ""
    /// How it is computed, when it is not given.
    public var generated: StoredGenerated?
    /// Not part of `*`, nor of an INSERT that names no columns.
    public var isInvisible = false

    /// - Parameters: see the stored properties.
    public init(_ name: String, _ type: StoredType) {
        self.name = name
        self.type = type
    }
}

/// A key of an embedded table.
public struct StoredIndex: Equatable, Sendable {
    /// How it constrains.
    public enum Kind: String, Sendable {
        case primary, unique, plain
        /// Kept so that it can be printed; nothing searches it.
        case fulltext, spatial
    }

    /// One column of a key.
    public struct Part: Equatable, Sendable {
        /// The column.
        public var column: String
        /// Characters or bytes in front that count; nil for the whole value.
        public var prefix: Int?
        /// DESC.
        public var isDescending = false
    }

    /// `PRIMARY` for the primary key.
    public var name: String
    /// How it constrains.
    public var kind: Kind
    /// In order.
    public var parts: [Part]
    /// COMMENT.
    public var comment = ""
    /// INVISIBLE: printed; queries may use it all the same.
    public var isInvisible = false
    /// Made for a foreign key, and dropped as soon as another index can serve it.
    public var isImplicit = false
    /// `BTREE` or `HASH`, when USING said so.
    public var algorithm: String?

    /// True when no two rows may agree in it.
    public var isUnique: Bool { kind == .primary || kind == .unique }
}

/// A table or view of an embedded database.
public struct StoredTable: Equatable, Sendable {
    /// Its database.
    public var database: String
    /// Its name; case matters.
    public var name: String
    /// The table's name inside SQLite, normally `database.name`.
    public var storageName: String
    /// In order.
    public var columns: [StoredColumn] = []
    /// The primary key first.
    public var indexes: [StoredIndex] = []
    /// As parent or child: in the order made.
    public var foreignKeys: [StoredForeignKey] = []
    /// In the order made.
    public var checks: [StoredCheck] = []
    /// ROW_FORMAT and the like as they are printed, `ROW_FORMAT=COMPACT`. They change nothing.
    public var options: [String] = []
    /// As declared; always kept the same way.
    public var engine = "InnoDB"
    /// Of the table.
    public var collation = Collations.defaultCollation
    /// COMMENT.
    public var comment = ""
    /// AUTO_INCREMENT = n of the definition.
    public var autoIncrementStart: UInt64 = 1
    /// The query of a view, in MySQL's language; nil for a table.
    public var viewQuery: String?
    /// The database that was current when the view was made.
    public var viewDatabase: String?
    /// WITH CHECK OPTION of a view.
    public var hasCheckOption = false
    /// Schema version of its last change.
    public var version: Int64 = 0
    /// Of one session: in no list of tables, in no file.
    public var isTemporary = false
    /// When it was made.
    public var created = Instant(microseconds: 0)
    /// The background job that wrote it as a whole (`ResultTable.writer`); empty for any other.
    public var writer = ""

    /// An empty definition.
    public init(database: String, name: String) {
        self.database = database
        self.name = name
        storageName = database + "." + name
    }

    /// True for a view.
    public var isView: Bool { viewQuery != nil }

    /// Place of a column, compared without ASCII case.
    public func columnIndex(_ name: String) -> Int? {
        let wanted = name.asciiLowercased
        return columns.firstIndex { $0.name.asciiLowercased == wanted }
    }

    /// The primary key.
    public var primaryKey: StoredIndex? { indexes.first { $0.kind == .primary } }
    /// The AUTO_INCREMENT column.
    public var autoIncrementColumn: Int? { columns.firstIndex { $0.isAutoIncrement } }

    /// The column that is SQLite's rowid: the only column of the primary key, a signed whole
    /// number.
    public var rowIDColumn: Int? {
        guard let key = primaryKey, key.parts.count == 1, !key.parts[0].isDescending,
            let index = columnIndex(key.parts[0].column), columns[index].type.isInteger,
            !(columns[index].type.base == .bigint && columns[index].type.isUnsigned)
        else { return nil }
        return index
    }

    /// How a column takes part in keys: `PRI`, `UNI`, `MUL` or nothing.
    public func keyMark(_ column: Int) -> String {
        let name = columns[column].name.asciiLowercased
        func isFirst(_ index: StoredIndex) -> Bool {
            index.parts.first?.column.asciiLowercased == name
        }
        if primaryKey?.parts.contains(where: { $0.column.asciiLowercased == name }) == true {
            return "PRI"
        }
        if indexes.contains(where: { $0.kind == .unique && isFirst($0) && $0.parts.count == 1 }) {
            return "UNI"
        }
        return indexes.contains(where: { $0.kind != .primary && isFirst($0) }) ? "MUL" : ""
    }
}

/// An embedded database.
public struct StoredDatabase: Equatable, Sendable {
    /// Its name; case matters.
    public var name: String
    /// Default of its tables.
    public var collation = Collations.defaultCollation
    /// By name.
    public var tables: [String: StoredTable] = [:]

    /// An empty database.
    public init(name: String) { self.name = name }
}

/// Every embedded database at one moment. Immutable: a change makes a new one.
public struct Schema: Sendable {
    /// By name.
    public var databases: [String: StoredDatabase] = [:]
    /// Grows with every change.
    public var version: Int64 = 0
    /// True when some table has a foreign key; most statements then need not look for one.
    public internal(set) var hasForeignKeys = false

    /// A table by its exact names.
    public func table(_ database: String, _ name: String) -> StoredTable? {
        databases[database]?.tables[name]
    }
}
