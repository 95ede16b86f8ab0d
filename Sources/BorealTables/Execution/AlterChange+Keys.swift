import BorealBase
import BorealSQL
import BorealSQLite

/// Keys and constraints of an ALTER TABLE.
extension AlterChange {
    mutating func applyKey(_ action: AlterAction) throws {
        switch action {
        case .addIndex(let index):
            try builder.add(index)
            if index.kind == .primary { needsRebuild = true }
        case .addForeignKey(let key): try builder.add(key)
        case .addCheck(let check): try builder.add(check)
        case .dropIndex(let name): try dropIndex(name.name)
        case .dropPrimaryKey:
            try dropIndex("PRIMARY")
            needsRebuild = true
        case .dropForeignKey(let name):
            guard dropForeignKey(name.name) else { throw TableError.cannotDrop(name.name) }
        case .renameIndex(let old, let new): try renameIndex(old.name, new.name)
        case .dropConstraint(let name): try dropConstraint(name.name)
        case .dropCheck(let name):
            guard dropCheck(name.name) else {
                throw TableError.constraint(.checkMissing(name.name))
            }
        case .setEnforcement(let name, let isEnforced):
            let wanted = name.name.asciiLowercased
            let place = builder.table.checks.firstIndex { $0.name.asciiLowercased == wanted }
            guard let place else { throw TableError.constraint(.checkMissing(name.name)) }
            builder.table.checks[place].isEnforced = isEnforced
        case .setIndexVisibility(let name, let isVisible):
            builder.table.indexes[try place(of: name.name)].isInvisible = !isVisible
        default: throw TableError.notSupported("this form of ALTER TABLE")
        }
    }

    /// IF EXISTS and IF NOT EXISTS: what is so already is a note.
    mutating func applyLeniently(_ action: AlterAction) throws {
        let before = self
        do { try apply(action) } catch let error as TableError {
            switch error {
            case .duplicateColumn, .duplicateKeyName, .cannotDrop, .unknownColumn,
                .constraint(.checkMissing), .constraint(.constraintMissing):
                self = before
                notes.append(error)
            default: throw error
            }
        }
    }

    private func place(of name: String) throws -> Int {
        let wanted = name.asciiLowercased
        let place = builder.table.indexes.firstIndex { $0.name.asciiLowercased == wanted }
        guard let place else { throw TableError.cannotDrop(name) }
        return place
    }

    private mutating func dropIndex(_ name: String) throws {
        let place = try place(of: name)
        let index = builder.table.indexes.remove(at: place)
        // On either side of a foreign key some index must be left.
        for key in builder.table.foreignKeys
        where index.begins(with: key.columns) && !builder.table.hasIndex(beginningWith: key.columns)
        {
            throw TableError.constraint(.indexNeeded(name))
        }
        for use in keys.schema.references(to: builder.table.database, builder.table.name)
        where index.begins(with: use.key.parentColumns)
            && !builder.table.hasIndex(beginningWith: use.key.parentColumns)
        {
            throw TableError.constraint(.indexNeeded(name))
        }
    }

    private mutating func renameIndex(_ old: String, _ new: String) throws {
        let place = try place(of: old)
        if old.asciiLowercased != new.asciiLowercased { try builder.checkIndexName(new) }
        builder.table.indexes[place].name = new
    }

    private mutating func dropForeignKey(_ name: String) -> Bool {
        let count = builder.table.foreignKeys.count
        builder.table.foreignKeys.removeAll { $0.name.asciiLowercased == name.asciiLowercased }
        return builder.table.foreignKeys.count < count
    }

    private mutating func dropCheck(_ name: String) -> Bool {
        let count = builder.table.checks.count
        builder.table.checks.removeAll { $0.name.asciiLowercased == name.asciiLowercased }
        return builder.table.checks.count < count
    }

    /// DROP CONSTRAINT: whatever has the name, when only one thing has.
    private mutating func dropConstraint(_ name: String) throws {
        let wanted = name.asciiLowercased
        let table = builder.table
        let isKey = table.foreignKeys.contains { $0.name.asciiLowercased == wanted }
        let isCheck = table.checks.contains { $0.name.asciiLowercased == wanted }
        let index = table.indexes.first { $0.name.asciiLowercased == wanted && $0.isUnique }
        let count = [isKey, isCheck, index != nil].count { $0 }
        guard count > 0 else { throw TableError.constraint(.constraintMissing(name)) }
        guard count == 1 else { throw TableError.constraint(.constraintAmbiguous(name)) }
        if isKey { _ = dropForeignKey(name) }
        if isCheck { _ = dropCheck(name) }
        if let index {
            try dropIndex(index.name)
            if index.kind == .primary { needsRebuild = true }
        }
    }

    /// Drops and makes the indexes that differ, when the rows stay as they are.
    func changeIndexes(_ old: StoredTable, _ connection: PooledConnection) throws {
        let database = connection.sqlite
        let new = builder.table
        let wanted = new.indexes.compactMap { StorageDDL.index($0, new) }
        // SQLite renamed columns inside indexes already, but not in our text of them: a key whose
        // columns were renamed is made again.
        let present = old.indexes.compactMap { index in
            StorageDDL.index(index, old).map { (index, $0) }
        }
        for (index, sql) in present where !wanted.contains(sql) {
            try database.execute("DROP INDEX \(StorageDDL.indexName(index.name, old).sqlQuoted)")
        }
        let kept = Set(present.map(\.1))
        for index in new.indexes {
            guard let sql = StorageDDL.index(index, new), !kept.contains(sql) else { continue }
            do { try database.execute(sql) } catch {
                guard error.isUniqueViolation else { throw error }
                throw try RowKeys(table: new, connection: connection)
                    .duplicateError(building: index)
            }
        }
    }
}

extension Schema {
    /// Follows a column that is renamed, in the foreign keys that name it as their parent's.
    mutating func renameParentColumn(
        _ database: String,
        _ name: String,
        _ old: String,
        _ new: String
    ) {
        for use in references(to: database, name) {
            var child = table(use.child.database, use.child.name) ?? use.child
            for place in child.foreignKeys.indices
            where child.foreignKeys[place].refers(to: database, name) {
                child.foreignKeys[place].renameParentColumn(old, to: new)
            }
            databases[child.database]?.tables[child.name] = child
        }
    }
}
