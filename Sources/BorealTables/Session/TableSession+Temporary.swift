import BorealBase
import BorealSQL
import BorealSQLite

/// TEMPORARY tables: seen by their session alone, in front of a stored table of the same name.
///
/// They lie in the temporary database of one SQLite connection, the session's home, which the
/// session keeps from the first such table to its end and which never goes back to the pool. Their
/// rows take part in transactions; the tables do not: what CREATE and DROP did stays when the
/// transaction is rolled back, as in MySQL, so that after a rollback `restoreTemporaryTables` puts
/// SQLite right.
struct TemporaryTables {
    /// By database and name.
    private(set) var tables: [String: [String: StoredTable]] = [:]
    /// What the names inside SQLite begin with; no stored table's does.
    static let prefix = "..tmp."

    var isEmpty: Bool { tables.isEmpty }
    var all: [StoredTable] { tables.values.flatMap(\.values) }

    subscript(database: String, name: String) -> StoredTable? {
        get { tables[database]?[name] }
        set {
            tables[database, default: [:]][name] = newValue
            if tables[database]?.isEmpty == true { tables[database] = nil }
        }
    }
}

extension TableSession {
    /// The definitions without the session's temporary tables.
    var storedSchema: Schema { pinnedSchema ?? store.schema }

    /// The definitions as this session sees them: its temporary tables in front of the others.
    var schema: Schema {
        var schema = storedSchema
        for (database, tables) in temporary.tables where schema.databases[database] != nil {
            for (name, table) in tables { schema.databases[database]?.tables[name] = table }
        }
        return schema
    }

    /// A name inside SQLite that no other temporary table has.
    func freshTemporaryName(_ database: String, _ name: String) -> String {
        "\(TemporaryTables.prefix)\(store.nextTemporaryNumber()).\(database).\(name)"
    }

    /// A connection to work with: the home, if there is one.
    func takeConnection() throws -> PooledConnection {
        try home ?? store.takeConnection()
    }

    /// Gives a connection back to where it came from.
    func release(_ used: PooledConnection) {
        guard used === home else { return store.giveBack(used) }
        used.sqlite.rollBack()
        used.sqlite.cancellation = nil
        used.context.pendingError = nil
    }

    /// The connection that holds temporary tables, made at the first.
    func homeConnection() throws -> PooledConnection {
        if let home { return home }
        let made = try connection ?? store.takeConnection()
        home = made
        return made
    }

    /// Makes SQLite's temporary tables those that the session knows, after a rollback.
    func restoreTemporaryTables() {
        guard let home else { return }
        do {
            let rows = try home.sqlite.rows(
                "SELECT name FROM temp.sqlite_master WHERE type = 'table'"
            )
            let present = Set(rows.compactMap { $0[0].text })
            let wanted = Set(temporary.all.map(\.storageName))
            for name in present.subtracting(wanted) where name.hasPrefix(TemporaryTables.prefix) {
                try home.sqlite.execute("DROP TABLE \(name.sqlQuoted)")
            }
            for table in temporary.all where !present.contains(table.storageName) {
                for sql in StorageDDL.create(table) { try home.sqlite.execute(sql) }
            }
        } catch {
            // Out of memory is all that can happen here; the tables are then gone as a whole.
            dropTemporaryTables()
        }
    }

    /// Forgets all temporary tables with the connection that holds them.
    func dropTemporaryTables() {
        for table in temporary.all { store.forgetAutoIncrement(table.storageName) }
        temporary = TemporaryTables()
        home = nil
    }
}

/// CREATE and DROP of temporary tables, which do not commit.
extension DefinitionRunner {
    func createTemporaryTable(_ node: CreateTable) throws -> any TableStatement {
        if node.partitioning != nil { throw TableError.notSupported("PARTITION BY") }
        let database = try database(of: node.name)
        let name = try tableName(node.name)
        let (session, input) = (session, input)
        let ledger = EvaluationLedger()
        return ActionRun(session, ledger: ledger) {
            let base = session.store.schema
            guard let owner = base.databases[database] else {
                throw TableError.unknownDatabase(database)
            }
            if session.temporary[database, name] != nil {
                guard node.orReplace else {
                    guard node.ifNotExists else { throw TableError.tableExists(name) }
                    session.warn(TableWarning(.note, .tableExists(name)))
                    return StatementSummary()
                }
                try session.dropTemporaryTable(database, name)
            }
            let connection = try session.homeConnection()
            session.prime(connection, cancellation: CancellationFlag())
            var table = StoredTable(database: database, name: name)
            table.isTemporary = true
            table.collation = owner.collation
            table.created = .now
            table.storageName = session.freshTemporaryName(database, name)
            do {
                table = try Self.definition(node, table, session, input, base)
                guard table.foreignKeys.isEmpty else { throw TableError.constraint(.cannotAdd) }
                for sql in StorageDDL.create(table) { try connection.sqlite.execute(sql) }
                _ = try RowRules(table, session, connection)
                defer { session.absorb(connection) }
                var summary = StatementSummary()
                if let query = node.query {
                    summary = try Self.fill(
                        table,
                        query,
                        node.duplicates,
                        connection,
                        session,
                        input,
                        ledger
                    )
                }
                session.temporary[database, name] = table
                return summary
            } catch {
                let mapped = connection.mapped(error)
                // There is no such table when it failed before it was made.
                try? connection.sqlite.execute(
                    "DROP TABLE IF EXISTS \(table.storageName.sqlQuoted)"
                )
                throw mapped
            }
        }
    }

    /// `DROP TEMPORARY TABLE`: no other tables are looked at.
    func dropTemporaryTables(_ node: DropTables) throws -> any TableStatement {
        let session = session
        let names = try distinctNames(node)
        return ActionRun(session) {
            let missing = names.filter { session.temporary[$0.0, $0.1] == nil }
                .map { "\($0.0).\($0.1)" }
            guard missing.isEmpty || node.ifExists else {
                throw TableError.unknownTable(names: missing)
            }
            for name in missing {
                session.warn(TableWarning(.note, .unknownTable(names: [name])))
            }
            for (database, name) in names where session.temporary[database, name] != nil {
                try session.dropTemporaryTable(database, name)
            }
            return StatementSummary()
        }
    }
}

extension TableSession {
    func dropTemporaryTable(_ database: String, _ name: String) throws {
        guard let table = temporary[database, name], let home else { return }
        do {
            try home.sqlite.execute("DROP TABLE IF EXISTS \(table.storageName.sqlQuoted)")
        } catch { throw home.mapped(error) }
        store.forgetAutoIncrement(table.storageName)
        temporary[database, name] = nil
    }
}

extension TableSession {
    /// Takes over a temporary table that ALTER TABLE changed, under its new name if it has one.
    func replaceTemporaryTable(
        _ old: StoredTable,
        _ new: StoredTable,
        _ name: (database: String, name: String)
    ) {
        temporary[old.database, old.name] = nil
        var table = new
        (table.database, table.name) = name
        temporary[table.database, table.name] = table
        store.forgetAutoIncrement(table.storageName)
    }
}
