import BorealBase
import BorealSQL
import BorealSQLite

/// The actions of an ALTER TABLE, applied to a definition one after the other.
struct AlterChange {
    var builder: DefinitionBuilder
    let keys: ForeignKeyRules
    /// For each column, the old column its values come from; nil for a new one.
    var sources: [String?]
    /// Rows must be written anew.
    var needsRebuild = false
    /// What SQLite runs instead when the rows can stay: columns added behind the others.
    var statements: [String] = []
    /// Columns with a new name, in order.
    private(set) var renamedColumns: [(old: String, new: String)] = []
    private(set) var newName: ObjectName?
    /// AUTO_INCREMENT = n: the counter begins there, or behind the rows.
    private(set) var setsAutoIncrement = false
    /// What IF EXISTS forgave.
    var notes: [TableError] = []
    /// ORDER BY: the order that rows are written in.
    private(set) var order: [OrderItem] = []

    init(_ table: StoredTable, _ keys: ForeignKeyRules) {
        builder = DefinitionBuilder(table: table)
        self.keys = keys
        sources = table.columns.map(\.name)
    }

    private func require(_ name: Identifier) throws -> Int {
        guard let index = builder.table.columnIndex(name.name) else {
            throw TableError.unknownColumn(name: name.name, place: builder.table.name)
        }
        return index
    }

    mutating func apply(_ action: AlterAction) throws {
        switch action {
        case .addColumn(let column, let position): try add(column, position)
        case .dropColumn(let name): try drop(name)
        case .modifyColumn(let column, let position): try change(column.name, column, position)
        case .changeColumn(let name, let column, let position): try change(name, column, position)
        case .renameColumn(let old, let new): try rename(old, new)
        case .setDefault(let name, let value):
            let index = try require(name)
            let column = builder.table.columns[index]
            let stored = try DefinitionBuilder.defaultValue(value, column)
            builder.table.columns[index].defaultValue = stored
        case .renameTable(let name): newName = name
        case .option(let option):
            if option.name.uppercased() == "AUTO_INCREMENT" { setsAutoIncrement = true }
            try builder.apply([option])
        case .convertCharset(let charset, let collation): try convert(charset, collation)
        case .orderBy(let items):
            order = items
            needsRebuild = true
        case .enableKeys, .advice: break
        case .lenient(let action): try applyLeniently(action)
        default: try applyKey(action)
        }
    }

    /// The checks that need the whole table.
    mutating func finish() throws {
        guard !builder.table.columns.isEmpty else { throw TableError.definition(.cannotRemoveAll) }
        assert(sources.count == builder.table.columns.count, "every column has a source or none")
        let before = builder.table.columns
        try builder.finish()
        // A column of the primary key became NOT NULL: its values must be looked at.
        if builder.table.columns != before { needsRebuild = true }
    }

    // MARK: - Columns

    private mutating func add(
        _ node: BorealSQL.ColumnDefinition,
        _ position: ColumnPosition?
    ) throws {
        try builder.add(node, position)
        guard let index = builder.table.columnIndex(node.name.name) else { return }
        sources.insert(nil, at: index)
        let column = builder.table.columns[index]
        let isLast = index == builder.table.columns.count - 1
        guard isLast, let value = column.addedValue, !node.isPrimaryKey, !node.isUnique else {
            needsRebuild = true
            return
        }
        statements.append(
            "ALTER TABLE \(builder.table.storageName.sqlQuoted) ADD COLUMN "
                + "\(column.name.sqlQuoted) \(column.type.storage) DEFAULT \(value)"
        )
    }

    private mutating func drop(_ name: Identifier) throws {
        guard let index = builder.table.columnIndex(name.name) else {
            throw TableError.cannotDrop(name.name)
        }
        let table = builder.table
        let column = table.columns[index].name
        if let key = table.foreignKey(using: column) {
            throw TableError.constraint(.columnNeeded(column: column, key: key.name))
        }
        if let use = reference(to: column) {
            throw TableError.constraint(
                .columnNeededBy(column: column, key: use.key.name, table: use.child.name)
            )
        }
        try refuseUse(of: column, isRename: false)
        builder.table.columns.remove(at: index)
        sources.remove(at: index)
        for place in builder.table.indexes.indices.reversed() {
            builder.table.indexes[place].parts.removeAll {
                $0.column.asciiLowercased == column.asciiLowercased
            }
            if builder.table.indexes[place].parts.isEmpty {
                builder.table.indexes.remove(at: place)
            }
        }
        needsRebuild = true
    }

    /// The foreign key of another table that needs a column here.
    private func reference(to column: String) -> ForeignKeyUse? {
        let wanted = column.asciiLowercased
        return keys.schema.references(to: builder.table.database, builder.table.name).first {
            $0.key.parentColumns.contains { $0.asciiLowercased == wanted }
        }
    }

    /// Refuses when an expression of another column or a check names a column. A check that names
    /// nothing else goes along with a column that is dropped.
    private mutating func refuseUse(of column: String, isRename: Bool) throws {
        let wanted = column.asciiLowercased
        for other in builder.table.columns {
            guard let text = other.generated?.expression,
                other.name.asciiLowercased != wanted
            else { continue }
            let purpose = DefinitionExpression.Purpose.generated(column: other.name)
            if try DefinitionBuilder.columns(in: text, for: purpose).contains(wanted) {
                throw TableError.constraint(.generatedNeedsColumn(column))
            }
        }
        var dropped: Set<String> = []
        for check in builder.table.checks {
            let purpose = DefinitionExpression.Purpose.check(name: check.name)
            let names = try DefinitionBuilder.columns(in: check.expression, for: purpose)
            guard names.contains(wanted) else { continue }
            guard !isRename, Set(names).count == 1 else {
                throw TableError.constraint(.checkUsesColumn(check: check.name, column: column))
            }
            dropped.insert(check.name)
        }
        builder.table.checks.removeAll { dropped.contains($0.name) }
    }

    private mutating func change(
        _ old: Identifier,
        _ node: BorealSQL.ColumnDefinition,
        _ position: ColumnPosition?
    ) throws {
        let index = try require(old)
        let previous = builder.table.columns[index]
        var column = try DefinitionBuilder.column(node, builder.table.collation)
        let isRenamed = previous.name.asciiLowercased != column.name.asciiLowercased
        if isRenamed {
            guard builder.table.columnIndex(column.name) == nil else {
                throw TableError.duplicateColumn(column.name)
            }
            try refuseUse(of: previous.name, isRename: true)
        }
        if (previous.generated == nil) != (column.generated == nil),
            previous.generated?.isStored == false || column.generated?.isStored == false
        {
            throw TableError.constraint(.generatedAttribute("Changing the STORED status"))
        }
        try checkForeignKeys(previous, column)
        let isSame = previous.isStoredAs(column)
        if isSame,
            builder.table.primaryKey?.parts.contains(where: {
                $0.column.asciiLowercased == previous.name.asciiLowercased
            }) == true
        {
            column.isNullable = false
        }
        builder.table.columns[index] = column
        if previous.name != column.name { follow(previous.name, column.name) }
        try builder.addKeys(of: node)
        for check in node.checks { try builder.add(check, of: column.name) }
        if !isSame || node.isPrimaryKey { needsRebuild = true }
        guard let position else { return }
        needsRebuild = true
        builder.table.columns.remove(at: index)
        let source = sources.remove(at: index)
        try builder.place(column, position)
        sources.insert(source, at: builder.table.columnIndex(column.name) ?? 0)
    }

    /// A column on either side of a foreign key keeps its type.
    private func checkForeignKeys(_ old: StoredColumn, _ new: StoredColumn) throws {
        guard keys.isChecking, old.type != new.type || old.isNullable && !new.isNullable else {
            return
        }
        if let key = builder.table.foreignKey(using: old.name), old.type.base != new.type.base {
            throw TableError.constraint(.columnUsed(column: old.name, key: key.name))
        }
        if let use = reference(to: old.name), old.type.base != new.type.base {
            throw TableError.constraint(
                .columnUsedBy(column: old.name, key: use.key.name, table: use.child.name)
            )
        }
    }

    private mutating func rename(_ old: Identifier, _ new: Identifier) throws {
        let index = try require(old)
        let previous = builder.table.columns[index].name
        if previous.asciiLowercased != new.name.asciiLowercased,
            builder.table.columnIndex(new.name) != nil
        {
            throw TableError.duplicateColumn(new.name)
        }
        guard new.name.unicodeScalars.count <= Limits.identifierCharactersMax else {
            throw TableError.identifierTooLong(new.name)
        }
        try refuseUse(of: previous, isRename: true)
        builder.table.columns[index].name = new.name
        follow(previous, new.name)
    }

    /// Brings keys and the file along to a column's new name.
    private mutating func follow(_ old: String, _ new: String) {
        let wanted = old.asciiLowercased
        for place in builder.table.indexes.indices {
            for part in builder.table.indexes[place].parts.indices
            where builder.table.indexes[place].parts[part].column.asciiLowercased == wanted {
                builder.table.indexes[place].parts[part].column = new
            }
        }
        for place in builder.table.foreignKeys.indices {
            builder.table.foreignKeys[place].renameColumn(old, to: new)
            if builder.table.foreignKeys[place].refers(
                to: builder.table.database,
                builder.table.name
            ) {
                builder.table.foreignKeys[place].renameParentColumn(old, to: new)
            }
        }
        renamedColumns.append((old, new))
        statements.append(
            "ALTER TABLE \(builder.table.storageName.sqlQuoted) RENAME COLUMN "
                + "\(old.sqlQuoted) TO \(new.sqlQuoted)"
        )
    }

    private mutating func convert(_ charset: String, _ collation: String?) throws {
        guard let standard = Collations.defaultCollation(ofCharset: charset) else {
            throw TableError.unknownCharacterSet(charset)
        }
        let chosen = collation ?? standard
        guard let entry = Collations.entry(chosen) else {
            throw TableError.unknownCollation(chosen)
        }
        builder.table.collation = entry.name
        for index in builder.table.columns.indices where builder.table.columns[index].type.isText {
            builder.table.columns[index].type.collation = entry.name
        }
        needsRebuild = true
    }
}

extension StoredColumn {
    /// The constant that old rows get when the column is added behind the others; nil when each
    /// row needs a value of its own, or one that is not allowed.
    fileprivate var addedValue: String? {
        if generated != nil || isAutoIncrement { return nil }
        switch defaultValue {
        case .null: return "NULL"
        case .literal(let text):
            guard type.base != .bit, type.base != .timestamp else { return nil }
            var coercion = ValueCoercion(mode: ModeFlags(""), isStrict: true, offsetMinutes: 0)
            // A default was checked when it was defined; what fails here is rewritten instead.
            guard let value = try? coercion.coerce(.text(text), self) else { return nil }
            return value.sqlLiteral
        case nil where !isNullable && !type.columnType.isTemporal:
            var coercion = ValueCoercion(mode: ModeFlags(""), isStrict: true, offsetMinutes: 0)
            let implicit = ValueCoercion.implicitDefault(self)
            // What fails here is rewritten row by row instead.
            guard let value = try? coercion.coerce(implicit, self) else { return nil }
            return value.sqlLiteral
        default: return nil
        }
    }

    /// True when values of the one lie in the file as values of the other: only what is printed,
    /// and what new rows get, may differ.
    fileprivate func isStoredAs(_ other: StoredColumn) -> Bool {
        guard generated == other.generated, isAutoIncrement == other.isAutoIncrement,
            isNullable == other.isNullable || other.isNullable
        else { return false }
        if type == other.type { return true }
        guard type.base == other.type.base, type.collation == other.type.collation else {
            return false
        }
        switch type.base {
        case .varchar, .varbinary: return (type.length ?? 0) <= (other.type.length ?? 0)
        default: return false
        }
    }
}

extension SQLiteValue {
    /// As a constant of SQLite.
    var sqlLiteral: String {
        switch self {
        case .null: "NULL"
        case .integer(let number): String(number)
        case .real(let number): String(number)
        case .text(let text): text.sqlLiteral
        case .blob(let bytes): "x'\(Digest.hex(bytes))'"
        }
    }
}
