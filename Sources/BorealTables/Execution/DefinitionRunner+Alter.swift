import BorealBase
import BorealSQL
import BorealSQLite

/// ALTER TABLE.
extension DefinitionRunner {
    func alterTable(_ node: AlterTable) throws -> any TableStatement {
        let database = try database(of: node.name)
        let name = node.name.name.name
        let session = session
        let runner = self
        return change { schema, connection in
            guard schema.databases[database] != nil else {
                throw TableError.unknownDatabase(database)
            }
            let temporary = session.temporary[database, name]
            guard let table = temporary ?? schema.table(database, name) else {
                throw TableError.noSuchTable(database: database, table: name)
            }
            guard !table.isView else {
                throw TableError.notBaseTable(database: database, table: name)
            }
            let keys = session.foreignKeyRules(schema)
            var change = AlterChange(table, keys)
            for action in node.actions { try change.apply(action) }
            let new = try change.newName.map { (try runner.database(of: $0), $0.name.name) }
            if let new, table.isTemporary, new != (database, name) {
                guard schema.databases[new.0] != nil else {
                    throw TableError.unknownDatabase(new.0)
                }
                guard session.temporary[new.0, new.1] == nil else {
                    throw TableError.tableExists(new.1)
                }
            }
            change.builder.table.version = schema.version + 1
            for note in change.notes { session.warn(TableWarning(.note, note)) }
            try change.finish()
            let altered = change.builder.table
            if altered.isTemporary {
                // Foreign keys that name it mean the stored table behind it.
                guard altered.foreignKeys.isEmpty else { throw TableError.constraint(.cannotAdd) }
                try runner.store(change, table, connection)
                session.replaceTemporaryTable(table, altered, new ?? (database, name))
                return StatementSummary()
            }
            for (old, new) in change.renamedColumns {
                schema.renameParentColumn(database, name, old, new)
            }
            let rules = session.foreignKeyRules(schema)
            try rules.check(altered)
            try rules.checkReferences(to: altered)
            try runner.store(change, table, connection)
            schema.databases[database]?.tables[name] = altered
            if change.setsAutoIncrement {
                try session.store.resetAutoIncrement(altered.storageName, connection)
            }
            if let new {
                try Self.rename(&schema, connection, session.store, (database, name), new)
            }
            return StatementSummary()
        }
    }

    /// Brings the stored rows into the new shape, by the cheapest way that does it, and looks
    /// whether they keep the constraints that are new.
    private func store(
        _ change: AlterChange,
        _ old: StoredTable,
        _ connection: PooledConnection
    ) throws {
        let new = change.builder.table
        if change.needsRebuild {
            try rebuild(old, change, connection)
        } else {
            for sql in change.statements { try connection.sqlite.execute(sql) }
            try change.changeIndexes(old, connection)
            let oldChecks = Set(old.checks.filter(\.isEnforced).map(\.name))
            if new.checks.contains(where: { $0.isEnforced && !oldChecks.contains($0.name) }) {
                try checkRows(new, connection)
            }
        }
        guard session.isOn("foreign_key_checks") else { return }
        for key in new.foreignKeys where !old.foreignKeys.contains(key) {
            let isSelf = key.refers(to: new.database, new.name)
            let parent = session.store.schema.table(key.parentDatabase, key.parentTable)
            guard let parent = isSelf ? new : parent else { continue }
            try ForeignKeyChecker.checkAll(new, key, parent: parent, connection)
        }
    }

    /// Looks at every row with the checks of the table.
    private func checkRows(_ table: StoredTable, _ connection: PooledConnection) throws {
        let rules = try RowRules(table, session, connection)
        let names = table.columns.map(\.name.sqlQuoted).joined(separator: ", ")
        let statement = try connection.sqlite.prepare(
            "SELECT \(names) FROM \(table.storageName.sqlQuoted)"
        )
        var count = 0
        while try statement.step() {
            try rules.check(table.columns.indices.map { statement.value($0) })
            count += 1
            if count % 1_024 == 0, input.cancellation.isCancelled { throw TableError.interrupted }
        }
    }

    /// Writes every row into a table of the new shape, with the checks of an INSERT.
    private func rebuild(
        _ old: StoredTable,
        _ change: AlterChange,
        _ connection: PooledConnection
    ) throws {
        let new = change.builder.table
        var work = new
        work.storageName = "." + new.storageName
        for sql in StorageDDL.create(work) { try connection.sqlite.execute(sql) }
        try copyRows(old, work, change, connection)
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

    private func copyRows(
        _ old: StoredTable,
        _ work: StoredTable,
        _ change: AlterChange,
        _ connection: PooledConnection
    ) throws {
        // Generated columns are computed anew.
        let kept = change.sources.enumerated().compactMap { index, name in
            work.columns[index].generated == nil ? name.map { (index, $0) } : nil
        }
        let isStrict = session.sqlMode.isStrict
        let inserter = try RowInserter(
            work,
            columns: kept.map(\.0),
            session: session,
            connection: connection,
            duplicates: .fail,
            options: RowInserter.Options(
                isStrict: isStrict,
                nullBecomesDefault: !isStrict,
                missingBecomesDefault: true,
                checksForeignKeys: false,
                cancellation: input.cancellation
            )
        )
        let translator = Translator(session.translationContext([]), text: input.text)
        let values = try kept.map { _, name -> TypedSQL in
            guard let index = old.columnIndex(name) else {
                throw TableError.unknownColumn(name: name, place: old.name)
            }
            return translator.storedColumn(old, index, alias: nil, name: old.name)
        }
        let list = values.isEmpty ? "1" : values.map(\.sql).joined(separator: ", ")
        let order = try translator.rowOrder(change.order, of: old)
        let statement = try connection.sqlite.prepare(
            "SELECT \(list) FROM \(old.storageName.sqlQuoted) ORDER BY \(order)"
        )
        do {
            while try statement.step() {
                try inserter.add(
                    values.indices.map { TableValue(statement.value($0), type: values[$0].type) }
                )
                if inserter.records % 1_024 == 0, input.cancellation.isCancelled {
                    throw TableError.interrupted
                }
            }
        } catch TableError.columnCannotBeNull {
            throw TableError.definition(.nullValue)
        }
        for warning in inserter.coercion.warnings { session.warn(warning) }
    }
}

extension Translator {
    /// The order in which a table's rows are written again.
    fileprivate func rowOrder(_ items: [OrderItem], of table: StoredTable) throws -> String {
        guard !items.isEmpty else { return "_rowid_" }
        let scope = Scope(parent: nil)
        let columns = table.columns.indices.map { index in
            SourceColumn(
                name: table.columns[index].name,
                value: storedColumn(table, index, alias: nil, name: table.name)
            )
        }
        scope.sources = [Source(name: table.name, database: table.database, columns: columns)]
        scope.place = "order clause"
        return try items.map {
            try sortKey(expression($0.expression, scope)) + ($0.isDescending ? " DESC" : "")
        }.joined(separator: ", ")
    }
}
