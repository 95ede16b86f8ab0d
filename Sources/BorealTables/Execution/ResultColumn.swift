public import BorealBase
public import BorealWire

/// A column of a result: its name, its type, and where it comes from.
public struct ResultColumn: Equatable, Sendable {
    /// As the client sees it.
    public var name: String
    /// What values it holds.
    public var type: ColumnType
    /// False when NULL cannot come.
    public var isNullable: Bool
    /// Where it comes from, when that is a stored column.
    var origin: ColumnOrigin?
    /// Text that compares by bytes.
    var isBinaryText = false

    /// A column of no table.
    public init(_ name: String, _ type: ColumnType, isNullable: Bool = true) {
        self.name = name
        self.type = type
        self.isNullable = isNullable
    }

    init(name: String, value: TypedSQL) {
        self.init(name, value.type, isNullable: value.isNullable)
        origin = value.origin
        isBinaryText = value.isBinaryText
    }

    /// The packet that describes it.
    public var definition: ColumnDefinition41 {
        ColumnDefinition41(
            name: name,
            type: type,
            schema: origin?.database ?? "",
            table: origin?.table ?? "",
            originalTable: origin?.originalTable ?? "",
            originalName: origin?.column ?? "",
            collation: isBinaryText ? .utf8mb4Binary : .utf8mb4Unicode0900,
            flags: flags
        )
    }

    private var flags: ColumnFlags {
        var flags: ColumnFlags = isNullable ? [] : .notNull
        if isBinaryText, type.isText { flags.insert(.binary) }
        guard let origin else { return flags }
        if origin.isPrimary { flags.formUnion([.primaryKey, .partOfKey]) }
        if origin.isUnique { flags.formUnion([.uniqueKey, .partOfKey]) }
        if origin.isMultiple { flags.formUnion([.multipleKey, .partOfKey]) }
        if origin.isAutoIncrement { flags.insert(.autoIncrement) }
        if origin.zerofillWidth != nil { flags.insert(.zerofill) }
        if origin.updatesToNow { flags.insert(.onUpdateNow) }
        if origin.hasNoDefault { flags.insert(.noDefaultValue) }
        return flags
    }

    /// Database, alias, table and column of its origin; empty texts for an expression.
    public var source: (database: String, alias: String, table: String, column: String) {
        (
            origin?.database ?? "", origin?.table ?? "", origin?.originalTable ?? "",
            origin?.column ?? ""
        )
    }
}
