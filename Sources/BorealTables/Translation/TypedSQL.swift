import BorealBase
import BorealSQL

/// How a value lies in SQLite while a query runs, and so which operations understand it.
enum ValueClass: Sendable {
    /// NULL itself.
    case null
    /// INTEGER.
    case integer
    /// BIGINT UNSIGNED: INTEGER below 2^63, else a blob of eight bytes, most significant first,
    /// which sorts behind every integer.
    case unsigned
    /// REAL.
    case real
    /// TEXT in canonical form, compared with the collation `b_dec`.
    case decimal
    /// TEXT with a collation.
    case text
    /// BLOB.
    case binary
    /// TEXT `YYYY-MM-DD`.
    case date
    /// TEXT `YYYY-MM-DD HH:MM:SS[.ffffff]`.
    case dateTime
    /// TEXT `[-]HH:MM:SS[.ffffff]`.
    case time
    /// TEXT in MySQL's normal form of JSON.
    case json

    init(_ type: ColumnType) {
        self =
            switch type.kind {
            case .null: .null
            case .tiny, .short, .medium, .long, .year, .bit: .integer
            case .longLong: type.isUnsigned ? .unsigned : .integer
            case .float, .double: .real
            case .decimal: .decimal
            case .char, .varchar, .text, .enumeration, .set: .text
            case .binary, .varbinary, .blob, .vector: .binary
            case .date: .date
            case .dateTime, .timestamp: .dateTime
            case .time: .time
            case .json: .json
            }
    }

    var isTemporal: Bool { self == .date || self == .dateTime || self == .time }
    var isWhole: Bool { self == .integer || self == .unsigned }
    var isNumber: Bool { isWhole || self == .real || self == .decimal }
}

/// Where a result column comes from, for the packet that describes it.
struct ColumnOrigin: Equatable, Sendable {
    var database = ""
    /// The alias.
    var table = ""
    var originalTable = ""
    var column = ""
    var isPrimary = false
    var isUnique = false
    var isMultiple = false
    var isAutoIncrement = false
    var updatesToNow = false
    var hasNoDefault = false
    /// Digits that a ZEROFILL column shows at the least.
    var zerofillWidth: Int?
    /// ENUM members, in order.
    var members: [String] = []
    /// It comes out of an inner query, which has no columns of a table but values.
    var isCarried = false
}

/// Operands joined by one operator, without the parentheses around them: what is joined next by the
/// same operator is written behind them, so that a long chain is not deep for SQLite's parser.
struct SQLChain: Sendable {
    /// `AND`, `OR`, `+` (and `-`), `*`.
    var word: String
    /// `a AND b AND c`
    var text: String
    /// How many operands there are.
    var count = 2
    /// The most bits that one of them may take.
    var bits = 64
}

/// A piece of SQLite SQL and what MySQL says its value is.
struct TypedSQL: Sendable {
    /// Safe to stand as an operand anywhere: a name, a call, a literal or something in parentheses.
    var sql: String { didSet { chain = nil } }
    /// The text once more, when it is a chain.
    var chain: SQLChain?
    var type: ColumnType
    /// Of text: the name of its collation.
    var collation = Collations.defaultCollation
    /// Of text: compare by bytes.
    var isBinaryText: Bool {
        get { Collations.isBinary(collation) }
        set {
            guard newValue != isBinaryText else { return }
            collation = newValue ? Collations.binaryCollation : Collations.defaultCollation
        }
    }
    /// Of text: the character set it was converted to, when its bytes are then not those of UTF-8.
    var charset: String?
    /// Who decides a collation: 0 COLLATE, 2 a column, 4 a literal, 5 a number.
    var coercibility = 4
    var isNullable = true
    /// For whole numbers, the bits its magnitude may take: below 63 arithmetic cannot overflow.
    var bits = 64
    /// Of a DECIMAL: its text may have other digits behind the point than the type says. A quotient
    /// keeps all of its digits until it is shown, stored or grouped by.
    var isLoose = false
    /// The literal it is, if it is one.
    var literal: Literal?
    var origin: ColumnOrigin?
    /// Members of an ENUM column.
    var members: [String] = []

    init(_ sql: String, _ type: ColumnType, isNullable: Bool = true) {
        self.sql = sql
        self.type = type
        self.isNullable = isNullable
    }

    var valueClass: ValueClass { ValueClass(type) }

    /// A whole number that cannot be negative.
    var isNatural: Bool {
        if case .integer? = literal { return true }
        return type.isUnsigned
    }

    /// The SQLite collation of the value as text.
    var collationName: String {
        switch valueClass {
        case .text: StorageName.collation(collation)
        case .decimal: StorageName.decimalCollation
        default: "BINARY"
        }
    }

    /// The value with its collation, where one must be said: ORDER BY, GROUP BY, DISTINCT, UNION.
    ///
    /// Everything that lies in SQLite as text says it: a COLLATE somewhere inside the expression
    /// would count as its own.
    var collated: String {
        switch valueClass {
        case .text, .decimal, .date, .dateTime, .time, .json: "\(sql) COLLATE \(collationName)"
        default: sql
        }
    }

    /// A truth value or small whole number.
    static func boolean(_ sql: String, isNullable: Bool = true) -> TypedSQL {
        var value = TypedSQL(sql, ColumnType(.longLong, length: 1), isNullable: isNullable)
        value.bits = 1
        value.coercibility = 5
        return value
    }

    /// A whole number.
    static func integer(_ sql: String, bits: Int = 63, length: Int = 20) -> TypedSQL {
        var value = TypedSQL(sql, ColumnType(.longLong, length: length))
        value.bits = bits
        value.coercibility = 5
        return value
    }

    /// A real number.
    static func real(_ sql: String) -> TypedSQL {
        var value = TypedSQL(sql, .double)
        value.coercibility = 5
        return value
    }

    /// A decimal.
    static func decimal(_ sql: String, digits: Int, scale: Int) -> TypedSQL {
        let bounded = min(max(digits, 1), DecimalNumber.digitsMax)
        let decimals = min(scale, DecimalNumber.scaleMax)
        var value = TypedSQL(sql, ColumnType(.decimal, length: bounded, decimals: decimals))
        value.coercibility = 5
        return value
    }

    /// Text of a number of characters.
    static func text(_ sql: String, length: Int = 255, isBinary: Bool = false) -> TypedSQL {
        let kind: ColumnType.Kind = length > 16_383 ? .text : .varchar
        let longest = kind == .text ? 4_294_967_295 : length
        var value = TypedSQL(sql, ColumnType(kind, length: longest))
        value.isBinaryText = isBinary
        return value
    }

    /// NULL.
    static var null: TypedSQL {
        var value = TypedSQL("NULL", ColumnType(.null))
        value.literal = .null
        return value
    }
}

/// Where a row set's columns come from inside a query.
struct SourceColumn: Sendable {
    var name: String
    var value: TypedSQL
    /// Joined away by USING or NATURAL: not named without its table, not part of `*`.
    var isHidden = false
    /// An INVISIBLE column: named, but not part of `*`.
    var isInvisible = false
}

/// One table, view, derived table or common table expression of a FROM clause.
struct Source: Sendable {
    /// What the statement calls it.
    var name: String
    /// The database, when it is a stored table without an alias.
    var database: String?
    var columns: [SourceColumn]
    /// Its name inside SQLite, when it is a stored table.
    var alias: String?
    /// Its definition, when it is a stored table.
    var table: StoredTable?
    /// Sets of columns of which each determines the whole row, by their places.
    var keys: [[Int]] = []
}

/// An item of a select list.
struct SelectedItem {
    /// Its alias, else the column's name or the text.
    var name: String
    /// NULL until it is translated.
    var value: TypedSQL
    /// What was written; nil for a column of `*`.
    var node: Expression?
    /// A column alone, not an expression over some.
    var isColumn = false
    /// It calls an aggregate of this block.
    var hasAggregate = false
    /// It calls a window function.
    var hasWindow = false
    /// Columns it names outside of aggregates.
    var bareColumns: [BareColumn] = []
}

/// A column as an expression names it.
struct BareColumn: Equatable {
    /// Its name inside SQLite, which no other column of the block has.
    var sql: String
    /// `db.table.column`, for an error.
    var name: String
}

/// The names that an expression may use: the tables of its block, then those of the blocks around
/// it.
final class Scope {
    let parent: Scope?
    var sources: [Source] = []
    /// The select list, for HAVING, ORDER BY and GROUP BY.
    var selected: [SelectedItem] = []
    /// What the block groups by, from the time it is known.
    var grouping: Grouping?
    /// What an unknown column's error names: `field list`, `where clause`, ...
    var place = "field list"
    /// Set while the argument of an aggregate is translated.
    var isInsideAggregate = false
    /// True when the block called an aggregate.
    var hasAggregate = false
    /// Window functions called so far.
    var windowCount = 0
    /// Columns of this block met so far outside every aggregate and every expression that is
    /// grouped by: what ONLY_FULL_GROUP_BY looks at.
    var bareColumns: [BareColumn] = []
    /// Aggregates may not stand here (WHERE, ON, GROUP BY).
    var forbidsAggregates = false
    /// Inside a window function, where no other may stand.
    var forbidsWindows = false
    /// Batched calls of the block, in the order met.
    var batchSites: [BatchSite] = []
    /// Set while its clauses are translated over groups that are made by hashing.
    var hashed: HashedGroups?

    init(parent: Scope?) { self.parent = parent }

    /// All columns of that name in this block.
    func columns(_ name: String, table: String?, database: String?) -> [SourceColumn] {
        let wanted = name.asciiLowercased
        var found: [SourceColumn] = []
        for source in sources {
            if let table, source.name != table { continue }
            if let database, source.database != nil, source.database != database { continue }
            for column in source.columns where column.name.asciiLowercased == wanted {
                if table == nil && column.isHidden { continue }
                found.append(column)
            }
        }
        return found
    }
}
