import BorealBase
import BorealSQL
import BorealSQLite

/// The actions of an ALTER TABLE, applied to a definition one after the other.
struct AlterChange {
    var builder: DefinitionBuilder
    /// For each column, the old column its values come from; nil for a new one.
    private(set) var sources: [String?]
    /// Rows must be written anew.
    private(set) var needsRebuild = false
    private(set) var newName: ObjectName?

    init(_ table: StoredTable) {
        builder = DefinitionBuilder(table: table)
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
        case .addColumn(let column, let position):
            try builder.add(column, position)
            guard let index = builder.table.columnIndex(column.name.name) else { return }
            sources.insert(nil, at: index)
            needsRebuild = true
        case .dropColumn(let name): try drop(name)
        case .modifyColumn(let column, let position): try change(column.name, column, position)
        case .changeColumn(let name, let column, let position): try change(name, column, position)
        case .renameColumn(let old, let new): try rename(old, new)
        case .setDefault(let name, let value):
            let index = try require(name)
            let column = builder.table.columns[index]
            builder.table.columns[index].defaultValue = try DefinitionBuilder.defaultValue(
                value,
                column
            )
        case .renameTable(let name): newName = name
        case .option(let option): try builder.apply([option])
        case .convertCharset(let charset, let collation): try convert(charset, collation)
        case .enableKeys, .orderBy, .advice: break
        default: try applyKey(action)
        }
    }

    private mutating func applyKey(_ action: AlterAction) throws {
        switch action {
        case .addIndex(let index):
            try builder.add(index)
            if index.kind == .primary { needsRebuild = true }
        case .dropIndex(let name): try dropIndex(name.name)
        case .dropPrimaryKey:
            try dropIndex("PRIMARY")
            needsRebuild = true
        case .renameIndex(let old, let new):
            let wanted = old.name.asciiLowercased
            let place = builder.table.indexes.firstIndex { $0.name.asciiLowercased == wanted }
            guard let place else { throw TableError.cannotDrop(old.name) }
            builder.table.indexes[place].name = new.name
        case .dropConstraint(let name): try dropIndex(name.name)
        case .setIndexVisibility: break
        default: throw TableError.notSupported("this form of ALTER TABLE")
        }
    }

    private mutating func dropIndex(_ name: String) throws {
        let place = builder.table.indexes.firstIndex {
            $0.name.asciiLowercased == name.asciiLowercased
        }
        guard let place else { throw TableError.cannotDrop(name) }
        builder.table.indexes.remove(at: place)
    }

    private mutating func drop(_ name: Identifier) throws {
        guard let index = builder.table.columnIndex(name.name) else {
            throw TableError.cannotDrop(name.name)
        }
        builder.table.columns.remove(at: index)
        sources.remove(at: index)
        for place in builder.table.indexes.indices.reversed() {
            builder.table.indexes[place].parts.removeAll {
                $0.column.asciiLowercased == name.name.asciiLowercased
            }
            if builder.table.indexes[place].parts.isEmpty {
                builder.table.indexes.remove(at: place)
            }
        }
        needsRebuild = true
    }

    private mutating func change(
        _ old: Identifier,
        _ node: BorealSQL.ColumnDefinition,
        _ position: ColumnPosition?
    ) throws {
        let index = try require(old)
        if old.name.asciiLowercased != node.name.name.asciiLowercased,
            builder.table.columnIndex(node.name.name) != nil
        {
            throw TableError.duplicateColumn(node.name.name)
        }
        let previous = builder.table.columns[index]
        let column = try DefinitionBuilder.column(node, builder.table.collation)
        builder.table.columns[index] = column
        renameInKeys(previous.name, column.name)
        try builder.addKeys(of: node)
        needsRebuild = true
        guard let position else { return }
        builder.table.columns.remove(at: index)
        let source = sources.remove(at: index)
        try builder.place(column, position)
        sources.insert(source, at: builder.table.columnIndex(column.name) ?? 0)
    }

    private mutating func rename(_ old: Identifier, _ new: Identifier) throws {
        let index = try require(old)
        if old.name.asciiLowercased != new.name.asciiLowercased,
            builder.table.columnIndex(new.name) != nil
        {
            throw TableError.duplicateColumn(new.name)
        }
        let previous = builder.table.columns[index].name
        builder.table.columns[index].name = new.name
        renameInKeys(previous, new.name)
        needsRebuild = true
    }

    private mutating func renameInKeys(_ old: String, _ new: String) {
        for place in builder.table.indexes.indices {
            for part in builder.table.indexes[place].parts.indices
            where builder.table.indexes[place].parts[part].column.asciiLowercased
                == old.asciiLowercased
            {
                builder.table.indexes[place].parts[part].column = new
            }
        }
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

    /// Drops and makes the indexes that differ, when the rows stay as they are.
    func changeIndexes(_ old: StoredTable, _ database: SQLiteConnection) throws {
        let new = builder.table
        for index in old.indexes where !new.indexes.contains(index) {
            guard StorageDDL.index(index, old) != nil else { continue }
            try database.execute("DROP INDEX \(StorageDDL.indexName(index.name, old).sqlQuoted)")
        }
        for index in new.indexes where !old.indexes.contains(index) {
            guard let sql = StorageDDL.index(index, new) else { continue }
            do { try database.execute(sql) } catch {
                guard error.isUniqueViolation else { throw error }
                throw TableError.duplicateEntry(value: "", key: "\(new.name).\(index.name)")
            }
        }
    }
}
