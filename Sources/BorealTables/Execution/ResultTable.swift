public import BorealBase
import BorealSQL
import BorealSQLite

/// A table that a background job makes and fills in one transaction: nobody ever sees part of it.
public struct ResultTable: Sendable {
    /// The database, which is made with the table when it is not there.
    public var database: String
    /// The table; there must be none of that name.
    public var name: String
    /// Its columns, in order.
    public var columns: [ResultColumn]
    /// Columns of the primary key, in order; empty for none.
    public var primaryKey: [String]
    /// Who writes it. It lies with the definition from the same transaction on, so that a job
    /// that runs again can tell its own table from any other.
    public var writer: String

    /// - Parameters: see the stored properties.
    public init(
        database: String,
        name: String,
        columns: [ResultColumn],
        primaryKey: [String] = [],
        writer: String = ""
    ) {
        self.database = database
        self.name = name
        self.columns = columns
        self.primaryKey = primaryKey
        self.writer = writer
    }
}

extension TableStore {
    /// True when the table of that writer is there, under whatever name it has by now.
    public func holdsTable(of writer: String) -> Bool {
        schema.databases.values.contains { database in
            database.tables.values.contains { $0.writer == writer }
        }
    }
}

extension TableSession {
    /// Checks what can be known of a table before its first row: rights, names, types, the key.
    ///
    /// - Throws: 1044 and 1142, 1050 for a table that is there, 1059, 1060, 1071, 1072, 1117, 1118,
    ///   1170.
    public func check(_ result: ResultTable) throws {
        let schema = store.schema
        let owner = schema.databases[result.database]
        if owner == nil { try rights.check(.create, on: result.database) }
        try rights.check([.create, .insert], on: result.database, result.name)
        guard owner?.tables[result.name] == nil else { throw TableError.tableExists(result.name) }
        _ = try definition(of: result, in: schema)
    }

    /// The change that makes the table and fills it; the lock is held while it is filled.
    ///
    /// - Parameter rows: yields rows with one value a column, then nil; asked once the lock is
    ///   held.
    /// - Returns: a statement without columns, to be stepped to its end. It ends in 1062 for a key
    ///   that comes twice and in 1048 for one that is NULL; then nothing is there.
    /// - Throws: as `check(_:)`.
    public func write(
        _ result: ResultTable,
        rows: @escaping () throws -> [TableValue]?,
        cancellation: CancellationFlag
    ) throws -> any TableStatement {
        try check(result)
        let session = self
        let input = StatementInput(text: [], cancellation: cancellation)
        return DefinitionRunner(self, input).change { schema, connection in
            if schema.databases[result.database] == nil {
                schema.databases[result.database] = StoredDatabase(name: result.database)
            }
            guard schema.table(result.database, result.name) == nil else {
                throw TableError.tableExists(result.name)
            }
            let table = try session.definition(of: result, in: schema)
            for sql in StorageDDL.create(table) { try connection.sqlite.execute(sql) }
            session.store.forgetAutoIncrement(table.storageName)
            schema.databases[result.database]?.tables[result.name] = table
            let inserter = try RowInserter(
                table,
                columns: Array(table.columns.indices),
                session: session,
                connection: connection,
                duplicates: .fail,
                options: RowInserter.Options(
                    isStrict: session.sqlMode.isStrict,
                    cancellation: cancellation
                )
            )
            while let row = try rows() {
                try inserter.add(row)
                if inserter.records % UInt64(TableLimits.rowsBetweenChecks) == 0,
                    cancellation.isCancelled
                {
                    throw TableError.interrupted
                }
            }
            var summary = StatementSummary()
            summary.affectedRows = inserter.affected
            return summary
        }
    }

    /// What is stored of the table.
    func definition(of result: ResultTable, in schema: Schema) throws -> StoredTable {
        try DefinitionRunner.check(result.name)
        guard !result.name.isEmpty, !result.name.hasSuffix(" ") else {
            throw TableError.badTableName(result.name)
        }
        var table = StoredTable(database: result.database, name: result.name)
        table.collation = schema.databases[result.database]?.collation ?? table.collation
        table.created = .now
        table.version = schema.version + 1
        table.writer = result.writer
        table.storageName = DefinitionRunner.freeStorageName(
            result.database,
            result.name,
            schema
        )
        var builder = DefinitionBuilder(table: table)
        for column in result.columns {
            try DefinitionRunner.check(column.name)
            guard builder.table.columnIndex(column.name) == nil else {
                throw TableError.duplicateColumn(column.name)
            }
            builder.table.columns.append(DefinitionRunner.column(column, table.collation))
        }
        if !result.primaryKey.isEmpty {
            let parts = result.primaryKey.map { name in
                KeyPart(kind: .column(Identifier(name: name), prefixLength: nil))
            }
            try builder.add(IndexDefinition(kind: .primary, parts: parts))
        }
        try builder.finish()
        return builder.table
    }
}

extension TableValue {
    /// A cell of a batch.
    public init(_ column: Column, _ row: Int) {
        if column.isNull(row) {
            self = .null
            return
        }
        switch column.storage {
        case .int64(let values): self = .integer(values[row])
        case .uint64(let values): self = .unsigned(values[row])
        case .double(let values): self = .real(values[row])
        case .float(let values): self = .real(Double(values[row]))
        case .sparse(let numbers): self = .real(numbers[row])
        case .bytes(let values):
            switch column.type.kind {
            case .decimal: self = .decimal(values.string(row))
            case _ where ValueClass(column.type) == .binary: self = .bytes(Array(values[row]))
            default: self = .text(values.string(row))
            }
        }
    }
}
