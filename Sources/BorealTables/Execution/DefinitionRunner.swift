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

    private var store: TableStore { session.store }

    /// Runs `body` under the lock; what it makes of the schema is stored and published.
    private func change(
        _ body: @escaping (inout Schema, PooledConnection) throws -> StatementSummary
    ) -> any TableStatement {
        let session = session
        var isCommitted = false
        return ActionRun(session, needsLock: true) {
            if !isCommitted, session.isExplicit {
                // The open transaction ends first; its lock stays with us.
                try session.commitKeepingLock()
                isCommitted = true
            }
            do {
                let connection = try session.beginWrite()
                session.prime(connection, cancellation: CancellationFlag())
                let before = session.store.schema
                var schema = before
                let summary: StatementSummary
                do { summary = try body(&schema, connection) } catch {
                    throw connection.mapped(error)
                }
                schema.version += 1
                try Self.save(schema, before, connection)
                try session.commit()
                session.store.publish(schema)
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
            }
        }
    }

    private static func remove(_ table: StoredTable, _ database: SQLiteConnection) throws {
        try database.run(
            "DELETE FROM boreal_tables WHERE database = ? AND name = ?",
            [.text(table.database), .text(table.name)]
        )
    }

    private func database(of name: ObjectName) throws -> String {
        guard let database = name.database?.name ?? session.database else {
            throw TableError.noDatabaseSelected
        }
        if TableSession.isVirtual(database) {
            throw TableError.systemTable(database: database, action: "change")
        }
        return database
    }

    private static func check(_ name: String) throws {
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
            for table in old.tables.values where !table.isView {
                try Self.drop(table, connection, session)
            }
            schema.databases[name] = nil
            if session.database == name { session.database = nil }
            summary.affectedRows = UInt64(old.tables.count)
            return summary
        }
    }

    private static func drop(
        _ table: StoredTable,
        _ connection: PooledConnection,
        _ session: TableSession
    ) throws {
        try connection.sqlite.execute("DROP TABLE \(table.storageName.sqlQuoted)")
        session.store.forgetAutoIncrement(table.storageName)
    }

    // MARK: - CREATE TABLE

    func createTable(_ node: CreateTable) throws -> any TableStatement {
        if node.isTemporary { throw TableError.notSupported("CREATE TEMPORARY TABLE") }
        if node.partitioning != nil { throw TableError.notSupported("PARTITION BY") }
        let database = try database(of: node.name)
        let name = node.name.name.name
        try Self.check(name)
        if name.hasSuffix(" ") { throw TableError.badTableName(name) }
        let (session, input) = (session, input)
        return change { schema, connection in
            guard let owner = schema.databases[database] else {
                throw TableError.unknownDatabase(database)
            }
            if owner.tables[name] != nil {
                guard node.ifNotExists else { throw TableError.tableExists(name) }
                session.warn(TableWarning(.note, .tableExists(name)))
                return StatementSummary()
            }
            var table = StoredTable(database: database, name: name)
            table.collation = owner.collation
            table.created = .now
            table.version = schema.version + 1
            table.storageName = Self.freeStorageName(database, name, schema)
            if let like = node.like {
                table = try Self.copy(like, table, session, schema)
            } else {
                table = try Self.build(node, table, session, input)
            }
            for sql in StorageDDL.create(table) { try connection.sqlite.execute(sql) }
            session.store.forgetAutoIncrement(table.storageName)
            schema.databases[database]?.tables[name] = table
            guard let query = node.query else { return StatementSummary() }
            return try Self.fill(table, query, node.duplicates, connection, session, input)
        }
    }

    /// `db.t`, unless a table that differs in case only has that name already: SQLite folds it.
    private static func freeStorageName(_ database: String, _ name: String, _ schema: Schema)
        -> String
    {
        let taken = Set(
            schema.databases.values.flatMap { $0.tables.values.map(\.storageName.asciiLowercased) }
        )
        let base = "\(database).\(name)"
        var number = 1
        var candidate = base
        while taken.contains(candidate.asciiLowercased) {
            candidate = "\(base)#\(number)"
            number += 1
        }
        return candidate
    }

    private static func copy(
        _ like: ObjectName,
        _ table: StoredTable,
        _ session: TableSession,
        _ schema: Schema
    ) throws -> StoredTable {
        let source = try Translator(session.translationContext([]), text: []).baseTable(like)
        var result = source
        (result.database, result.name) = (table.database, table.name)
        (result.storageName, result.created) = (table.storageName, table.created)
        result.version = table.version
        result.autoIncrementStart = 1
        return result
    }

    private static func build(
        _ node: CreateTable,
        _ table: StoredTable,
        _ session: TableSession,
        _ input: StatementInput
    ) throws -> StoredTable {
        var builder = DefinitionBuilder(table: table)
        try builder.apply(node.options)
        for case .column(let column) in node.elements { try builder.add(.column(column)) }
        if let query = node.query {
            let columns = try session.plan(query, text: input.text, parameters: input.parameters)
                .columns
            for column in columns where builder.table.columnIndex(column.name) == nil {
                builder.table.columns.append(Self.column(column, builder.table.collation))
            }
        }
        for element in node.elements {
            if case .column = element { continue }
            try builder.add(element)
        }
        try builder.finish()
        return builder.table
    }

    /// The column that CREATE TABLE ... SELECT makes of a result's column.
    private static func column(_ source: ResultColumn, _ collation: String) -> StoredColumn {
        let type = source.type
        var stored: StoredType
        switch type.kind {
        case .null: stored = StoredType(.binary, length: 0)
        case .tiny: stored = StoredType(.tinyint)
        case .short: stored = StoredType(.smallint)
        case .medium: stored = StoredType(.mediumint)
        case .long: stored = StoredType(.int)
        case .longLong: stored = StoredType(type.length <= 1 ? .int : .bigint)
        case .float: stored = StoredType(.float)
        case .double: stored = StoredType(.double)
        case .decimal: stored = StoredType(.decimal, length: type.length, decimals: type.decimals)
        case .date: stored = StoredType(.date)
        case .dateTime: stored = StoredType(.datetime, length: type.decimals)
        case .timestamp: stored = StoredType(.timestamp, length: type.decimals)
        case .time: stored = StoredType(.time, length: type.decimals)
        case .year: stored = StoredType(.year)
        case .char: stored = StoredType(.char, length: min(type.length, 255))
        case .enumeration:
            stored = StoredType(.enumeration)
            stored.members = source.origin?.members ?? []
        case .set:
            stored = StoredType(.set)
            stored.members = source.origin?.members ?? []
        case .varchar: stored = StoredType(.varchar, length: min(max(type.length, 1), 16_383))
        case .text: stored = StoredType(.longtext)
        case .binary, .varbinary:
            stored = StoredType(.varbinary, length: min(max(type.length, 1), 65_535))
        case .blob: stored = StoredType(.longblob)
        case .json: stored = StoredType(.json)
        case .bit: stored = StoredType(.bit, length: type.length)
        }
        stored.isUnsigned = type.isUnsigned && type.kind != .bit && type.kind != .year
        if stored.isText { stored.collation = source.isBinaryText ? "utf8mb4_bin" : collation }
        var column = StoredColumn(source.name, stored)
        column.isNullable = source.isNullable
        column.defaultValue = source.isNullable ? .null : nil
        return column
    }

    /// Fills a table that CREATE TABLE ... SELECT made.
    private static func fill(
        _ table: StoredTable,
        _ query: Query,
        _ duplicates: LoadData.Duplicates,
        _ connection: PooledConnection,
        _ session: TableSession,
        _ input: StatementInput
    ) throws -> StatementSummary {
        let plan = try session.plan(query, text: input.text, parameters: input.parameters)
        let targets = plan.columns.compactMap { table.columnIndex($0.name) }
        let inserter = try RowInserter(
            table,
            columns: targets,
            session: session,
            connection: connection,
            duplicates: duplicates == .replace ? .replace : duplicates == .ignore ? .ignore : .fail,
            isStrict: session.sqlMode.isStrict,
            nullBecomesDefault: false
        )
        try BatchRun.runAll(plan.passes, connection, parameters: input.parameters)
        let statement = try connection.sqlite.prepare(plan.sql)
        try TableSession.bind(statement, input.parameters)
        while try statement.step() {
            let values = plan.columns.indices.map {
                TableValue(statement.value($0), type: plan.columns[$0].type)
            }
            try inserter.add(values)
            if inserter.records % 1_024 == 0, input.cancellation.isCancelled {
                throw TableError.interrupted
            }
        }
        var summary = StatementSummary()
        summary.affectedRows = inserter.affected
        summary.info = "Records: \(inserter.records)  Duplicates: \(inserter.skipped)  Warnings: 0"
        return summary
    }

    // MARK: - Views

    func createView(_ node: CreateView) throws -> any TableStatement {
        guard !node.hasCheckOption else { throw TableError.notSupported("WITH CHECK OPTION") }
        let database = try database(of: node.name)
        let name = node.name.name.name
        try Self.check(name)
        let plan = try session.plan(node.query, text: input.text, parameters: [])
        let text = String(decoding: input.text[node.querySpan.range], as: UTF8.self)
        guard node.columns.isEmpty || node.columns.count == plan.columns.count else {
            throw TableError.columnCountMismatch(row: 1)
        }
        let current = session.database
        return change { schema, _ in
            guard let owner = schema.databases[database] else {
                throw TableError.unknownDatabase(database)
            }
            if let old = owner.tables[name] {
                guard old.isView else { throw TableError.tableExists(name) }
                if node.ifNotExists { return StatementSummary() }
                guard node.orReplace || node.isAlter else { throw TableError.tableExists(name) }
            } else if node.isAlter {
                throw TableError.noSuchTable(database: database, table: name)
            }
            var view = StoredTable(database: database, name: name)
            view.viewQuery = text
            view.viewDatabase = current
            view.created = .now
            view.version = schema.version + 1
            view.columns = plan.columns.map { Self.column($0, owner.collation) }
            for (index, column) in node.columns.enumerated() {
                view.columns[index].name = column.name
            }
            schema.databases[database]?.tables[name] = view
            return StatementSummary()
        }
    }

    // MARK: - DROP, TRUNCATE, RENAME

    func dropTables(_ node: DropTables) -> any TableStatement {
        let session = session
        let names = Result { try node.names.map { (try database(of: $0), $0.name.name) } }
        return change { schema, connection in
            var missing: [String] = []
            for (database, name) in try names.get() {
                guard let table = schema.table(database, name), table.isView == node.isView else {
                    missing.append("\(database).\(name)")
                    continue
                }
                if !table.isView { try Self.drop(table, connection, session) }
                schema.databases[database]?.tables[name] = nil
            }
            guard !missing.isEmpty else { return StatementSummary() }
            guard node.ifExists else { throw TableError.unknownTable(names: missing) }
            for name in missing { session.warn(TableWarning(.note, .unknownTable(names: [name]))) }
            return StatementSummary()
        }
    }

    func truncate(_ name: ObjectName) throws -> any TableStatement {
        let session = session
        return change { _, connection in
            let table = try Translator(session.translationContext([]), text: []).baseTable(name)
            try connection.sqlite.execute("DELETE FROM \(table.storageName.sqlQuoted)")
            session.store.forgetAutoIncrement(table.storageName)
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
        return change { schema, connection in
            for (database, name, newDatabase, newName) in try pairs.get() {
                try Self.rename(&schema, connection, (database, name), (newDatabase, newName))
            }
            return StatementSummary()
        }
    }

    static func rename(
        _ schema: inout Schema,
        _ connection: PooledConnection,
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
            for index in table.indexes {
                if let sql = StorageDDL.index(index, table) { try connection.sqlite.execute(sql) }
            }
        }
        schema.databases[new.database]?.tables[new.name] = table
    }

    // MARK: - ALTER TABLE

    func alterTable(_ node: AlterTable) throws -> any TableStatement {
        let database = try database(of: node.name)
        let name = node.name.name.name
        let session = session
        let runner = self
        return change { schema, connection in
            guard schema.databases[database] != nil else {
                throw TableError.unknownDatabase(database)
            }
            guard let table = schema.table(database, name) else {
                throw TableError.noSuchTable(database: database, table: name)
            }
            guard !table.isView else {
                throw TableError.notBaseTable(database: database, table: name)
            }
            var change = AlterChange(table)
            for action in node.actions { try change.apply(action) }
            change.builder.table.version = schema.version + 1
            try change.builder.finish()
            let altered = change.builder.table
            if change.needsRebuild {
                try runner.rebuild(table, altered, change.sources, connection)
            } else {
                try change.changeIndexes(table, connection.sqlite)
            }
            schema.databases[database]?.tables[name] = altered
            session.store.forgetAutoIncrement(altered.storageName)
            if let target = change.newName {
                let newDatabase = target.database?.name ?? database
                let new = (newDatabase, target.name.name)
                try Self.rename(&schema, connection, (database, name), new)
            }
            return StatementSummary()
        }
    }

    /// Writes every row into a table of the new shape, with the checks of an INSERT.
    private func rebuild(
        _ old: StoredTable,
        _ new: StoredTable,
        _ sources: [String?],
        _ connection: PooledConnection
    ) throws {
        var work = new
        work.storageName = "." + new.storageName
        for sql in StorageDDL.create(work) { try connection.sqlite.execute(sql) }
        let kept = sources.enumerated().compactMap { index, name in name.map { (index, $0) } }
        let inserter = try RowInserter(
            work,
            columns: kept.map(\.0),
            session: session,
            connection: connection,
            duplicates: .fail,
            isStrict: session.sqlMode.isStrict,
            nullBecomesDefault: false
        )
        inserter.coercion.isStrict = session.sqlMode.isStrict
        let translator = Translator(session.translationContext([]), text: [])
        let values = try kept.map { _, name -> TypedSQL in
            guard let index = old.columnIndex(name) else {
                throw TableError.unknownColumn(name: name, place: old.name)
            }
            return translator.storedColumn(old, index, alias: nil, name: old.name)
        }
        let list = values.isEmpty ? "1" : values.map(\.sql).joined(separator: ", ")
        let sql = "SELECT \(list) FROM \(old.storageName.sqlQuoted) ORDER BY _rowid_"
        do {
            let statement = try connection.sqlite.prepare(sql)
            while try statement.step() {
                try inserter.add(
                    values.indices.map { TableValue(statement.value($0), type: values[$0].type) }
                )
                if inserter.records % 1_024 == 0, input.cancellation.isCancelled {
                    throw TableError.interrupted
                }
            }
        }
        connection.sqlite.dropStatements()
        try connection.sqlite.execute("DROP TABLE \(old.storageName.sqlQuoted)")
        for index in work.indexes where StorageDDL.index(index, work) != nil {
            try connection.sqlite.execute(
                "DROP INDEX \(StorageDDL.indexName(index.name, work).sqlQuoted)"
            )
        }
        try connection.sqlite.execute(
            "ALTER TABLE \(work.storageName.sqlQuoted) RENAME TO \(new.storageName.sqlQuoted)"
        )
        for index in new.indexes {
            if let sql = StorageDDL.index(index, new) { try connection.sqlite.execute(sql) }
        }
        session.store.forgetAutoIncrement(work.storageName)
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
