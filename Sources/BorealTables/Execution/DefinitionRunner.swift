import BorealBase
import BorealSQL
import BorealSQLite

/// Statements that change definitions. Each commits what was open, takes the write lock, and
/// changes SQLite's schema and our definitions in one transaction.
struct DefinitionRunner {
    let session: TableSession
    let input: StatementInput

    init(_ session: TableSession, _ input: StatementInput) {
        self.session = session
        self.input = input
    }

    /// Runs `body` under the lock; what it makes of the schema is stored and published.
    ///
    /// - Parameter ledger: as of `ActionRun`.
    func change(
        ledger: EvaluationLedger? = nil,
        _ body: @escaping (inout Schema, PooledConnection) throws -> StatementSummary
    ) -> any TableStatement {
        let session = session
        let cancellation = input.cancellation
        var isCommitted = false
        return ActionRun(session, needsLock: true, ledger: ledger) {
            if !isCommitted, session.isExplicit {
                // The open transaction ends first; its lock stays with us.
                try session.commitKeepingLock()
                isCommitted = true
            }
            do {
                let connection = try session.beginWrite()
                // What it is in the middle of is undone with the transaction.
                session.prime(connection, cancellation: cancellation)
                let before = session.store.schema
                var schema = before
                let summary: StatementSummary
                do {
                    summary = try body(&schema, connection)
                    schema.version += 1
                    schema.noteForeignKeys()
                    try Self.save(schema, before, connection)
                } catch {
                    throw connection.mapped(error)
                }
                try session.commitKeepingLock()
                // Before the lock is given up: whoever has it next begins with these definitions.
                session.store.publish(schema)
                try session.commit()
                return summary
            } catch {
                session.rollBack()
                throw error
            }
        }
    }

    private static func save(
        _ schema: Schema,
        _ before: Schema,
        _ connection: PooledConnection
    ) throws {
        let database = connection.sqlite
        try database.run("UPDATE boreal_version SET version = ?", [.integer(schema.version)])
        for (name, entry) in before.databases where schema.databases[name] == nil {
            try database.run("DELETE FROM boreal_databases WHERE name = ?", [.text(name)])
            for table in entry.tables.values { try remove(table, database) }
        }
        for (name, entry) in schema.databases where entry != before.databases[name] {
            let collation = entry.collation
            let sql = "INSERT OR REPLACE INTO boreal_databases VALUES (?, ?)"
            try database.run(sql, [.text(name), .text(collation)])
            let old = before.databases[name]?.tables ?? [:]
            for (key, table) in old where entry.tables[key] == nil { try remove(table, database) }
            for (key, table) in entry.tables where table != old[key] {
                try database.run(
                    "INSERT OR REPLACE INTO boreal_tables VALUES (?, ?, ?)",
                    [.text(name), .text(key), .text(table.json.description)]
                )
                try database.renewVectors(of: table)
            }
        }
    }

    private static func remove(_ table: StoredTable, _ database: SQLiteConnection) throws {
        try database.run(
            "DELETE FROM boreal_tables WHERE database = ? AND name = ?",
            [.text(table.database), .text(table.name)]
        )
        try database.forgetVectors(of: table)
    }

    func database(of name: ObjectName) throws -> String {
        guard let database = name.database?.name ?? session.database else {
            throw TableError.noDatabaseSelected
        }
        if TableSession.isVirtual(database) {
            throw TableError.systemTable(database: database, action: "change")
        }
        return database
    }

    static func check(_ name: String) throws {
        guard name.unicodeScalars.count <= Limits.identifierCharactersMax else {
            throw TableError.identifierTooLong(name)
        }
    }

    // MARK: - Databases

    func createDatabase(_ node: CreateDatabase) throws -> any TableStatement {
        let name = node.name.name
        try Self.check(name)
        if name.hasSuffix(" ") || name.isEmpty { throw TableError.badDatabaseName(name) }
        let collation = try DefinitionBuilder.collation(node.options, Collations.defaultCollation)
        let session = session
        return change { schema, _ in
            var summary = StatementSummary()
            summary.affectedRows = 1
            guard schema.databases[name] == nil, !TableSession.isVirtual(name) else {
                guard node.ifNotExists else { throw TableError.databaseExists(name) }
                session.warn(TableWarning(.note, .databaseExists(name)))
                return summary
            }
            schema.databases[name] = StoredDatabase(name: name)
            schema.databases[name]?.collation = collation
            return summary
        }
    }

    func alterDatabase(_ node: AlterDatabase) throws -> any TableStatement {
        guard let name = node.name?.name ?? session.database else {
            throw TableError.noDatabaseSelected
        }
        return change { schema, _ in
            guard let old = schema.databases[name] else { throw TableError.unknownDatabase(name) }
            let collation = try DefinitionBuilder.collation(node.options, old.collation)
            schema.databases[name]?.collation = collation
            return StatementSummary()
        }
    }

    func dropDatabase(_ node: DropDatabase) -> any TableStatement {
        let name = node.name.name
        let session = session
        return change { schema, connection in
            var summary = StatementSummary()
            guard let old = schema.databases[name] else {
                guard node.ifExists else { throw TableError.databaseDropMissing(name) }
                session.warn(TableWarning(.note, .databaseDropMissing(name)))
                return summary
            }
            let all = Set(old.tables.values.map { "\($0.database).\($0.name)" })
            let keys = session.foreignKeyRules(schema)
            for table in old.tables.values where !table.isView {
                try keys.checkDrop(of: table, together: all)
                try Self.drop(table, connection, session)
            }
            schema.databases[name] = nil
            if session.database == name { session.database = nil }
            summary.affectedRows = UInt64(old.tables.count)
            return summary
        }
    }

    static func drop(
        _ table: StoredTable,
        _ connection: PooledConnection,
        _ session: TableSession
    ) throws {
        try connection.sqlite.execute("DROP TABLE \(table.storageName.sqlQuoted)")
        try session.store.resetAutoIncrement(table.storageName, connection)
    }

    // MARK: - DROP, TRUNCATE, RENAME

    func dropTables(_ node: DropTables) throws -> any TableStatement {
        if node.isTemporary { return try dropTemporaryTables(node) }
        let session = session
        let names = Result { try distinctNames(node) }
        return change { schema, connection in
            var missing: [String] = []
            let together = Set(try names.get().map { "\($0.0).\($0.1)" })
            let keys = session.foreignKeyRules(schema)
            for (database, name) in try names.get() {
                // A temporary table stands in front of the stored one.
                if !node.isView, session.temporary[database, name] != nil {
                    try session.dropTemporaryTable(database, name)
                    continue
                }
                guard let table = schema.table(database, name), table.isView == node.isView else {
                    missing.append("\(database).\(name)")
                    continue
                }
                if !table.isView {
                    try keys.checkDrop(of: table, together: together)
                    try Self.drop(table, connection, session)
                }
                schema.databases[database]?.tables[name] = nil
            }
            guard !missing.isEmpty else { return StatementSummary() }
            guard node.ifExists else { throw TableError.unknownTable(names: missing) }
            for name in missing { session.warn(TableWarning(.note, .unknownTable(names: [name]))) }
            return StatementSummary()
        }
    }

    /// The names that a DROP gives.
    ///
    /// - Throws: 1066 for one that stands there twice.
    func distinctNames(_ node: DropTables) throws -> [(database: String, name: String)] {
        var seen: Set<[String]> = []
        return try node.names.map { name in
            let database = try database(of: name)
            guard seen.insert([database, name.name.name]).inserted else {
                throw TableError.nonUniqueTable(name.name.name)
            }
            return (database, name.name.name)
        }
    }

    /// Procedures, functions, triggers and events: there are none to drop.
    func dropRoutine(_ node: DropRoutine) throws -> any TableStatement {
        let session = session
        let name = node.kind == .event ? node.name.name.name : try program(node.name)
        let missing = TableError.unknownProgram(kind: node.kind.text, name: name)
        return ActionRun(session) {
            try session.commit()
            guard node.ifExists else { throw missing }
            session.warn(TableWarning(.note, missing))
            return StatementSummary()
        }
    }

    /// A procedure's name as errors say it.
    func program(_ name: ObjectName) throws -> String {
        guard let database = name.database?.name ?? session.database else {
            throw TableError.noDatabaseSelected
        }
        return "\(database).\(name.name.name)"
    }

    func truncate(_ name: ObjectName) throws -> any TableStatement {
        let session = session
        return change { schema, connection in
            let table = try Translator(session.translationContext([]), text: []).baseTable(name)
            try session.foreignKeyRules(schema).checkTruncate(of: table)
            try connection.sqlite.renewVectors(of: table)
            try connection.sqlite.execute("DELETE FROM \(table.storageName.sqlQuoted)")
            try session.store.resetAutoIncrement(table.storageName, connection)
            if !table.isTemporary {
                schema.databases[table.database]?.tables[table.name]?.autoIncrementStart = 1
            }
            return StatementSummary()
        }
    }

    func renameTables(_ node: RenameTables) -> any TableStatement {
        let pairs = Result {
            try node.pairs.map { pair in
                (
                    try database(of: pair.from), pair.from.name.name, try database(of: pair.to),
                    pair.to.name.name
                )
            }
        }
        let session = session
        return change { schema, connection in
            for (database, name, newDatabase, newName) in try pairs.get() {
                try Self.rename(
                    &schema,
                    connection,
                    session.store,
                    (database, name),
                    (newDatabase, newName)
                )
            }
            return StatementSummary()
        }
    }

    static func rename(
        _ schema: inout Schema,
        _ connection: PooledConnection,
        _ store: TableStore,
        _ old: (database: String, name: String),
        _ new: (database: String, name: String)
    ) throws {
        guard var table = schema.table(old.database, old.name) else {
            throw TableError.noSuchTable(database: old.database, table: old.name)
        }
        guard schema.databases[new.database] != nil else {
            throw TableError.unknownDatabase(new.database)
        }
        if old == new { return }
        guard schema.table(new.database, new.name) == nil else {
            throw TableError.tableExists(new.name)
        }
        try check(new.name)
        let source = table
        schema.renameParent((old.database, old.name), (new.database, new.name))
        table = schema.table(old.database, old.name) ?? table
        table.renameConstraints(to: new.name)
        schema.databases[old.database]?.tables[old.name] = nil
        table.database = new.database
        table.name = new.name
        table.version = schema.version + 1
        table.storageName = freeStorageName(new.database, new.name, schema)
        if !table.isView {
            for index in source.indexes where StorageDDL.index(index, source) != nil {
                let name = StorageDDL.indexName(index.name, source).sqlQuoted
                try connection.sqlite.execute("DROP INDEX \(name)")
            }
            try connection.sqlite.execute(
                "ALTER TABLE \(source.storageName.sqlQuoted) "
                    + "RENAME TO \(table.storageName.sqlQuoted)"
            )
            try store.moveAutoIncrement(source, table.storageName, connection)
            for index in table.indexes {
                if let sql = StorageDDL.index(index, table) { try connection.sqlite.execute(sql) }
            }
        }
        schema.databases[new.database]?.tables[new.name] = table
    }
}

extension TableSession {
    /// Commits the open transaction before a definition changes, without giving the lock away.
    func commitKeepingLock() throws {
        let held = ticket
        ticket = nil
        defer { ticket = held }
        try commit()
    }
}

extension TableSession {
    /// The rules of foreign keys as the session has them switched.
    func foreignKeyRules(_ schema: Schema) -> ForeignKeyRules {
        ForeignKeyRules(schema: schema, isChecking: isOn("foreign_key_checks"))
    }
}
