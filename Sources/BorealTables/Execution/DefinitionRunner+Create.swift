import BorealBase
import BorealSQL
import BorealSQLite

/// CREATE TABLE in its forms.
extension DefinitionRunner {
    /// The name of a table that is to be made.
    func tableName(_ name: ObjectName) throws -> String {
        let text = name.name.name
        try Self.check(text)
        if text.hasSuffix(" ") || text.isEmpty { throw TableError.badTableName(text) }
        return text
    }

    func createTable(_ node: CreateTable) throws -> any TableStatement {
        if node.isTemporary { return try createTemporaryTable(node) }
        if node.partitioning != nil { throw TableError.notSupported("PARTITION BY") }
        let database = try database(of: node.name)
        let name = try tableName(node.name)
        let (session, input) = (session, input)
        let ledger = EvaluationLedger()
        return change(ledger: ledger) { schema, connection in
            guard let owner = schema.databases[database] else {
                throw TableError.unknownDatabase(database)
            }
            if let old = owner.tables[name] {
                guard node.orReplace, !old.isView else {
                    guard node.ifNotExists else { throw TableError.tableExists(name) }
                    session.warn(TableWarning(.note, .tableExists(name)))
                    return StatementSummary()
                }
                try session.foreignKeyRules(schema).checkDrop(of: old, together: [])
                try Self.drop(old, connection, session)
                schema.databases[database]?.tables[name] = nil
            }
            var table = StoredTable(database: database, name: name)
            table.collation = owner.collation
            table.created = .now
            table.version = schema.version + 1
            table.storageName = Self.freeStorageName(database, name, schema)
            table = try Self.definition(node, table, session, input, schema)
            let keys = session.foreignKeyRules(schema)
            try keys.check(table)
            try keys.checkReferences(to: table)
            for sql in StorageDDL.create(table) { try connection.sqlite.execute(sql) }
            // Whether its expressions mean anything is known when they are translated.
            _ = try RowRules(table, session, connection)
            session.store.forgetAutoIncrement(table.storageName)
            schema.databases[database]?.tables[name] = table
            guard let query = node.query else { return StatementSummary() }
            let mode = node.duplicates
            return try Self.fill(table, query, mode, connection, session, input, ledger)
        }
    }

    /// What a CREATE TABLE defines, in any of its forms.
    static func definition(
        _ node: CreateTable,
        _ table: StoredTable,
        _ session: TableSession,
        _ input: StatementInput,
        _ schema: Schema
    ) throws -> StoredTable {
        if let like = node.like { return try copy(like, table, session, schema) }
        return try build(node, table, session, input)
    }

    /// `db.t`, unless a table that differs in case only has that name already: SQLite folds it.
    static func freeStorageName(_ database: String, _ name: String, _ schema: Schema)
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
        result.isTemporary = table.isTemporary
        result.writer = ""
        result.autoIncrementStart = 1
        // LIKE copies checks under names of the new table's own, and no foreign keys.
        result.foreignKeys = []
        result.checks = []
        for check in source.checks {
            let name = result.generatedName("_chk_", result.checks.map(\.name))
            var copy = check
            copy.name = name
            result.checks.append(copy)
        }
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
        for case .column(var column) in node.elements {
            // Checks come below: their names count in the order of the text.
            column.checks = []
            try builder.add(.column(column))
        }
        if let query = node.query {
            let columns = try session.plan(query, text: input.text, parameters: input.parameters)
                .columns
            for column in columns where builder.table.columnIndex(column.name) == nil {
                builder.table.columns.append(Self.column(column, builder.table.collation))
            }
            builder.table.putLast(columns.map(\.name))
        }
        // Foreign keys last: they make an index only when none was declared.
        for case .index(let index) in node.elements { try builder.add(index) }
        for element in node.elements {
            switch element {
            case .column(let column):
                for check in column.checks { try builder.add(check, of: column.name.name) }
            case .check(let check): try builder.add(check)
            default: break
            }
        }
        for case .foreignKey(let key) in node.elements { try builder.add(key) }
        try builder.finish()
        return builder.table
    }

    /// The column that CREATE TABLE ... SELECT makes of a result's column.
    static func column(_ source: ResultColumn, _ collation: String) -> StoredColumn {
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
        // Another server tells no members.
        case .enumeration where source.origin == nil, .set where source.origin == nil:
            stored = StoredType(.varchar, length: min(max(type.length, 1), 16_383))
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
        case .vector: stored = StoredType(.vector, length: max(type.length / 4, 1))
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
    ///
    /// - Parameter ledger: what its calls were answered, at place 0.
    /// - Throws: `HeldEvaluations` while they are asked.
    static func fill(
        _ table: StoredTable,
        _ query: Query,
        _ duplicates: LoadData.Duplicates,
        _ connection: PooledConnection,
        _ session: TableSession,
        _ input: StatementInput,
        _ ledger: EvaluationLedger
    ) throws -> StatementSummary {
        let plan = try session.plan(query, text: input.text, parameters: input.parameters)
        let targets = plan.columns.compactMap { table.columnIndex($0.name) }
        let inserter = try RowInserter(
            table,
            columns: targets,
            session: session,
            connection: connection,
            duplicates: duplicates == .replace ? .replace : duplicates == .ignore ? .ignore : .fail,
            options: RowInserter.Options(
                isStrict: session.sqlMode.isStrict,
                isIgnore: duplicates == .ignore,
                cancellation: input.cancellation
            )
        )
        let held = try BatchRun.runAll(
            plan.passes,
            connection,
            parameters: input.parameters,
            known: ledger[0],
            mayHold: true
        )
        if let held { throw HeldEvaluations(list: [HeldEvaluation(held: held, place: 0)]) }
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
}

extension StoredTable {
    /// CREATE TABLE ... SELECT: columns of the query stand behind those that only the list in
    /// parentheses names, in the query's order.
    fileprivate mutating func putLast(_ names: [String]) {
        let last = names.map(\.asciiLowercased)
        let selected = last.compactMap { name in
            columns.first { $0.name.asciiLowercased == name }
        }
        columns.removeAll { last.contains($0.name.asciiLowercased) }
        columns += selected
    }
}
