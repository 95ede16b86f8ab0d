import BorealBase
import BorealSQL

/// What a statement demands of its account, by MySQL's rules.
///
/// What a query reads is checked where its names are found (`Translator.noteRead`); here stands
/// what the kind of the statement demands, before anything tells what there is.
extension TableSession {
    /// - Throws: 1044, 1142 or 1227 for what the account may not do.
    func authorize(_ statement: SQLStatement) throws {
        guard !rights.isUnlimited else { return }
        switch statement {
        case .insert(let node): try authorize(node)
        case .update(let node): try authorize(node)
        case .delete(let node): try authorize(node)
        case .explain(let node): try authorize(node.statement)
        case .loadData(let node): try authorize(node)
        case .maintenance(let node):
            let needed: Privileges =
                node.action == .check || node.action == .checksum
                ? .select : [.select, .insert]
            for name in node.tables { try demand(needed, name) }
        case .show(let node): try authorize(node)
        case .transaction(.lockTables(let locks)):
            for lock in locks {
                guard let (database, table) = place(lock.table) else { continue }
                try rights.check(.lockTables, on: database)
                try rights.check(.select, on: database, table)
            }
        case .setTransaction(let node) where node.scope != .unspecified && node.scope != .session:
            try demandVariables()
        case .set(let node): try authorize(node.assignments)
        case .setForStatement(let node): try authorize(node.assignments)
        case .flush: try rights.checkAny(.reload, ["SYSTEM_ADMIN"], needed: "RELOAD")
        default: try authorizeDefinition(statement)
        }
    }

    // MARK: - Names

    /// The database and table that a name means; nil for a temporary table, which is the session's
    /// own, and without a database, which is another error.
    private func place(_ name: ObjectName) -> (database: String, table: String)? {
        guard let (database, table) = storedPlace(name), temporary[database, table] == nil else {
            return nil
        }
        return (database, table)
    }

    /// The same for what passes temporary tables by: views, RENAME, new tables, parents of foreign
    /// keys. There a temporary table of the name is no excuse.
    private func storedPlace(_ name: ObjectName) -> (database: String, table: String)? {
        guard let database = name.database?.name ?? self.database else { return nil }
        return (Self.isVirtual(database) ? database.asciiLowercased : database, name.name.name)
    }

    private func demand(_ privileges: Privileges, _ name: ObjectName) throws {
        guard let (database, table) = place(name) else { return }
        try rights.check(privileges, on: database, table)
    }

    private func demandStored(_ privileges: Privileges, _ name: ObjectName) throws {
        guard let (database, table) = storedPlace(name) else { return }
        try rights.check(privileges, on: database, table)
    }

    private func demand(_ privileges: Privileges, database: Identifier?) throws {
        guard let name = database?.name ?? self.database else { return }
        try rights.check(privileges, on: name)
    }

    // MARK: - Rows

    private func authorize(_ node: Insert) throws {
        var needed: Privileges = .insert
        if node.isReplace { needed.insert(.delete) }
        if !node.onDuplicate.isEmpty { needed.insert(.update) }
        if node.onDuplicate.contains(where: \.value.readsColumns) { needed.insert(.select) }
        try demand(needed, node.table)
    }

    private func authorize(_ node: LoadData) throws {
        try demand(node.duplicates == .replace ? [.insert, .delete] : .insert, node.table)
    }

    /// Of one table: the right to change it, and to read it if the change looks at its columns. Of
    /// several, reading is demanded where their names are found, changing in `RowChangeRun`.
    private func authorize(_ node: Update) throws {
        guard let target = node.singleTarget else { return }
        try demand(node.readsRows ? [.update, .select] : .update, target)
    }

    private func authorize(_ node: Delete) throws {
        if !node.isMultipleTable, let target = node.targets.first {
            try demand(node.readsRows ? [.delete, .select] : .delete, target)
        }
    }

    /// FOR UPDATE: who may change nothing may hold nobody up either.
    func authorizeLocks(_ query: TranslatedQuery) throws {
        for (database, table) in query.named {
            let held = rights.held(on: database, table)
            guard held.isDisjoint(with: [.update, .delete, .lockTables]) else { continue }
            try rights.check(.update, on: database, table)
        }
    }

    // MARK: - Definitions

    private func authorizeDefinition(_ statement: SQLStatement) throws {
        switch statement {
        case .truncate(let name): try demand(.drop, name)
        case .createDatabase(let node): try demand(.create, database: node.name)
        case .alterDatabase(let node): try demand(.alter, database: node.name)
        case .dropDatabase(let node): try demand(.drop, database: node.name)
        case .createTable(let node): try authorize(node)
        case .alterTable(let node): try authorize(node)
        case .dropTables(let node):
            for name in node.names where !node.isTemporary {
                // No view is temporary. A name stands there once: twice is error 1066.
                try node.isView ? demandStored(.drop, name) : demand(.drop, name)
            }
        case .renameTables(let node):
            for pair in node.pairs {
                try demandStored([.alter, .drop], pair.from)
                try demandStored([.create, .insert], pair.to)
            }
        case .createIndex(let node): try demand(.index, node.table)
        case .dropIndex(let node): try demand(.index, node.table)
        case .createView(let node):
            try demandStored(.createView, node.name)
            if node.orReplace || node.isAlter { try demandStored(.drop, node.name) }
        default: break
        }
    }

    private func authorize(_ node: CreateTable) throws {
        if node.isTemporary {
            try demand(.createTemporaryTables, database: node.name.database)
        } else {
            var needed: Privileges = .create
            if node.query != nil { needed.insert(.insert) }
            if node.orReplace { needed.insert(.drop) }
            try demandStored(needed, node.name)
        }
        if let source = node.like { try demand(.select, source) }
        for case .foreignKey(let key) in node.elements {
            try demandReferences(key.reference.table, of: node.name)
        }
    }

    /// The parent of a foreign key lies beside its child unless it says where.
    private func demandReferences(_ parent: ObjectName, of child: ObjectName) throws {
        var parent = parent
        if parent.database == nil { parent.database = child.database }
        try demandStored(.references, parent)
    }

    private func authorize(_ node: AlterTable) throws {
        try demand(.alter, node.name)
        for action in node.actions {
            switch action {
            case .addForeignKey(let key):
                try demandReferences(key.reference.table, of: node.name)
            case .renameTable(let target):
                try demand(.drop, node.name)
                try demandStored([.create, .insert], target)
            default: break
            }
        }
    }

    // MARK: - Variables

    private func authorize(_ assignments: [SetStatement.Assignment]) throws {
        for case .system(let variable, _) in assignments
        where variable.scope != .unspecified && variable.scope != .session {
            try demandVariables()
        }
    }

    private func demandVariables() throws {
        try rights.checkAny(
            .superuser,
            ["SYSTEM_VARIABLES_ADMIN", "SYSTEM_ADMIN"],
            needed: "SUPER, SYSTEM_VARIABLES_ADMIN or SYSTEM_ADMIN"
        )
    }

    // MARK: - SHOW

    private func authorize(_ node: ShowStatement) throws {
        switch node.subject {
        case .tables(_, let name), .tableStatus(let name), .triggers(let name), .events(let name):
            if let database = name?.name ?? self.database {
                try rights.check(database: database.asciiFoldedIfVirtual)
            }
        case .createDatabase(let name, _):
            try rights.check(database: name.name.asciiFoldedIfVirtual)
        case .createView(let name): try demand([.select, .showView], name)
        case .createTable(let name):
            guard let (database, table) = place(name) else { return }
            try rights.check(command: "SHOW", sees: database, table)
            // Its statement is SHOW CREATE VIEW's answer by another name.
            guard schema.table(database, table)?.isView == true else { return }
            try rights.check([.select, .showView], on: database, table)
        case .engineStatus: try rights.checkAny(.process, [], needed: "PROCESS")
        default: break
        }
    }
}

extension String {
    /// A virtual database's name in lower case, any other as it is.
    fileprivate var asciiFoldedIfVirtual: String {
        TableSession.isVirtual(self) ? asciiLowercased : self
    }
}

extension Update {
    /// The table of the single-table form.
    var singleTarget: ObjectName? {
        guard tables.count == 1, case .table(let table) = tables[0] else { return nil }
        return table.name
    }

    /// True when which rows change, or how, depends on what they hold.
    var readsRows: Bool {
        with != nil || condition != nil || !orderBy.isEmpty
            || assignments.contains { $0.value.readsColumns }
    }
}

extension Delete {
    /// True when which rows go depends on what they hold.
    var readsRows: Bool { with != nil || condition != nil || !orderBy.isEmpty }
}

extension Expression {
    /// True when it looks at a column, or asks a query that may.
    var readsColumns: Bool {
        switch kind {
        case .column, .query, .exists, .inQuery, .quantified, .match: true
        case .defaultValue(let column): column != nil
        default: children.contains(where: \.readsColumns)
        }
    }
}
