import BorealBase

/// Whether the foreign keys of a table fit the tables they name, and whether something that is to
/// go is needed by one.
struct ForeignKeyRules {
    let schema: Schema
    /// `foreign_key_checks`: when off, tables may be made and dropped in any order.
    let isChecking: Bool

    /// The keys of a table that is made or changed.
    func check(_ table: StoredTable) throws {
        for key in table.foreignKeys {
            try checkActions(key, table)
            let isSelf = key.refers(to: table.database, table.name)
            let found = isSelf ? table : schema.table(key.parentDatabase, key.parentTable)
            guard let parent = found, !parent.isView else {
                guard !isChecking else {
                    throw TableError.constraint(.parentMissing(table: key.parentTable))
                }
                continue
            }
            try check(key, table, parent)
        }
        try checkNames(table)
    }

    /// The keys of other tables that name this one, after it was made or changed.
    func checkReferences(to table: StoredTable) throws {
        for use in schema.references(to: table.database, table.name)
        where use.child.storageName != table.storageName {
            guard isChecking else { continue }
            try check(use.key, use.child, table)
        }
    }

    private func checkActions(_ key: StoredForeignKey, _ table: StoredTable) throws {
        guard key.onDelete == .setNull || key.onUpdate == .setNull else { return }
        for name in key.columns {
            guard let index = table.columnIndex(name), table.columns[index].isNullable else {
                throw TableError.constraint(.setNullOfNotNull(column: name, key: key.name))
            }
        }
    }

    private func check(
        _ key: StoredForeignKey,
        _ child: StoredTable,
        _ parent: StoredTable
    ) throws {
        for (name, parentName) in zip(key.columns, key.parentColumns) {
            guard let place = parent.columnIndex(parentName) else {
                throw TableError.constraint(
                    .parentColumnMissing(column: parentName, key: key.name, table: parent.name)
                )
            }
            guard let index = child.columnIndex(name) else { continue }
            guard child.columns[index].type.canRefer(to: parent.columns[place].type) else {
                throw TableError.constraint(
                    .columnsDiffer(column: name, parentColumn: parentName, key: key.name)
                )
            }
        }
        guard parent.hasIndex(beginningWith: key.parentColumns) else {
            throw TableError.constraint(.parentIndexMissing(key: key.name, table: parent.name))
        }
    }

    /// Names of foreign keys and checks are unique in a database.
    private func checkNames(_ table: StoredTable) throws {
        let others = (schema.databases[table.database]?.tables ?? [:]).values.filter {
            $0.name != table.name
        }
        if schema.hasForeignKeys {
            let taken = Set(others.flatMap { $0.foreignKeys.map(\.name.asciiLowercased) })
            for key in table.foreignKeys where taken.contains(key.name.asciiLowercased) {
                throw TableError.constraint(.duplicateForeignKey(key.name))
            }
        }
        guard !table.checks.isEmpty else { return }
        let taken = Set(others.flatMap { $0.checks.map(\.name.asciiLowercased) })
        for check in table.checks where taken.contains(check.name.asciiLowercased) {
            throw TableError.constraint(.duplicateCheck(check.name))
        }
    }

    /// Refuses to drop or empty tables that others refer to.
    ///
    /// - Parameter dropped: tables that go together, `database.name`.
    func checkDrop(of table: StoredTable, together dropped: Set<String>) throws {
        guard isChecking else { return }
        for use in schema.references(to: table.database, table.name)
        where !dropped.contains("\(use.child.database).\(use.child.name)") {
            throw TableError.constraint(
                .parentDropped(table: table.name, key: use.key.name, child: use.child.name)
            )
        }
    }

    func checkTruncate(of table: StoredTable) throws {
        guard isChecking else { return }
        for use in schema.references(to: table.database, table.name)
        where use.child.storageName != table.storageName {
            let child = use.child.database.backQuoted + "." + use.child.name.backQuoted
            let key = use.key.declaration(in: use.child.database)
            throw TableError.constraint(.parentTruncated("\(child), \(key)"))
        }
    }
}

extension StoredType {
    /// True when a column of this type may refer to one of that: the same kind of number with the
    /// same sign, strings with the same collation, the same otherwise.
    fileprivate func canRefer(to parent: StoredType) -> Bool {
        if isText || parent.isText {
            let isPlain = !isMembered && !parent.isMembered
            return isText && parent.isText && collation == parent.collation
                && (isPlain || base == parent.base)
        }
        if isBinary, parent.isBinary { return true }
        guard base == parent.base, isUnsigned == parent.isUnsigned else { return false }
        if base == .decimal {
            return (length ?? 10, decimals ?? 0) == (parent.length ?? 10, parent.decimals ?? 0)
        }
        return true
    }
}
