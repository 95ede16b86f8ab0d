import BorealBase
import BorealSQLite
import Synchronization

/// A table whose rows are made when they are read: those of information_schema and its like, and
/// what the engine shows of models and tasks.
public final class SystemTable: Sendable {
    /// The virtual database it stands in, in lower case.
    public let database: String
    /// Its name as MySQL prints it.
    public let name: String
    /// Makes the rows, one value a column. More than what is asked for may come; text for times.
    let rows: @Sendable (SystemRequest) throws -> [[TableValue]]
    private let columns: String
    private let definition = Mutex<StoredTable?>(nil)

    /// - Parameters:
    ///   - columns: names and types with commas between, as `ColumnList` reads them.
    ///   - rows: makes the rows.
    init(
        _ database: String,
        _ name: String,
        _ columns: String,
        rows: @escaping @Sendable (SystemRequest) throws -> [[TableValue]]
    ) {
        assert(SystemTables.databases.contains(database))
        self.database = database
        self.name = name
        self.columns = columns
        self.rows = rows
    }

    /// A table of the engine's.
    ///
    /// - Parameters:
    ///   - database: one of the virtual ones.
    ///   - name: as it is printed.
    ///   - columns: names and types, `ID bigint unsigned!, NAME varchar(64)`; `!` means NOT NULL.
    ///   - rows: makes the rows for whoever has these rights, one value a column; dates and times
    ///     as text in UTC.
    public convenience init(
        _ database: String = "information_schema",
        name: String,
        columns: String,
        rows: @escaping @Sendable (AccountRights) throws -> [[TableValue]]
    ) {
        self.init(database, name, columns) { request in try rows(request.session.rights) }
    }

    /// Columns of `PROCESSLIST`, which the engine fills.
    public static let processColumns =
        "ID bigint unsigned!, USER varchar(32)!, HOST varchar(261)!, DB varchar(64), "
        + "COMMAND varchar(16)!, TIME int!, STATE varchar(64), INFO longtext"

    /// Its columns as those of any other table, read when first needed.
    var stored: StoredTable {
        if let known = definition.withLock({ $0 }) { return known }
        var table = StoredTable(database: database, name: name)
        table.engine = database == "performance_schema" ? "PERFORMANCE_SCHEMA" : "MEMORY"
        table.collation = ColumnList.collation
        table.columns = ColumnList.columns(columns)
        let made = table
        definition.withLock { $0 = made }
        return made
    }

    /// The key under which it is found.
    static func key(_ database: String, _ name: String) -> String {
        database.asciiLowercased + "." + name.asciiLowercased
    }

    /// The table as SQLite reads it on one connection, for the session that uses it then.
    func virtual(_ connection: PooledConnection) -> SQLiteVirtualTable {
        let stored = stored
        let schema = stored.columns.firstIndex { Self.schemaColumns.contains($0.name) }
        let table = stored.columns.firstIndex { $0.name == "TABLE_NAME" }
        let costly = stored.columns.indices.filter {
            Self.costlyColumns.contains(stored.columns[$0].name)
        }
        return SQLiteVirtualTable(
            name: stored.storageName,
            columns: stored.columns.map(\.name),
            keyColumns: [schema, table].compactMap(\.self),
            costlyColumns: Set(costly)
        ) { [unowned connection] scan in
            guard let session = connection.context.session else { return [] }
            let request = SystemRequest(
                session: session,
                connection: connection,
                schemaName: schema.flatMap { scan.equal[$0] },
                tableName: table.flatMap { scan.equal[$0] },
                needsCounts: scan.needsCostlyColumns
            )
            do {
                let rows = try self.rows(request)
                assert(rows.allSatisfy { $0.count == stored.columns.count }, self.name)
                return rows.map { $0.map(\.stored) }
            } catch {
                connection.context.pendingError =
                    connection.mapped(error) as? TableError ?? .internalError("\(error)")
                return nil
            }
        }
    }

    private static let schemaColumns: Set<String> = ["TABLE_SCHEMA", "SCHEMA_NAME"]
    private static let costlyColumns: Set<String> = [
        "TABLE_ROWS", "CARDINALITY", "DATA_LENGTH", "AVG_ROW_LENGTH", "INDEX_LENGTH",
        "AUTO_INCREMENT",
    ]
}

/// Reads the columns of system tables: `NAME type[!], ...` with MySQL's types. `!` is NOT NULL, and
/// the type `name` is a name of a database or table, which is compared by bytes.
enum ColumnList {
    /// What information_schema's texts compare with.
    static let collation = "utf8mb3_general_ci"

    static func columns(_ text: String) -> [StoredColumn] {
        split(text).map(column)
    }

    /// Splits at commas that are in no parentheses.
    private static func split(_ text: String) -> [Substring] {
        var parts: [Substring] = []
        var depth = 0
        var start = text.startIndex
        for place in text.indices {
            switch text[place] {
            case "(": depth += 1
            case ")": depth -= 1
            case "," where depth == 0:
                parts.append(text[start..<place])
                start = text.index(after: place)
            default: break
            }
        }
        return parts + [text[start...]]
    }

    private static func column(_ text: Substring) -> StoredColumn {
        let trimmed = text.drop { $0 == " " }
        let name = String(trimmed.prefix { $0 != " " })
        var written = trimmed.dropFirst(name.count + 1)
        let isNullable = written.last != "!"
        if !isNullable { written = written.dropLast() }
        var column = StoredColumn(name, type(written))
        column.isNullable = isNullable
        column.defaultValue = isNullable ? .null : nil
        return column
    }

    private static func type(_ text: Substring) -> StoredType {
        let word = String(text.prefix { $0.isLetter })
        if word == "name" {
            var type = StoredType(.varchar, length: 64)
            type.collation = "utf8mb3_bin"
            return type
        }
        assert(StoredType.Base(rawValue: word) != nil, "a type that MySQL does not have: \(text)")
        let inside = text.drop { $0 != "(" }.dropFirst().prefix { $0 != ")" }
        var type = StoredType(
            StoredType.Base(rawValue: word) ?? .varchar,
            length: Int(inside),
            isUnsigned: text.hasSuffix("unsigned")
        )
        if type.base == .enumeration || type.base == .set {
            type.members = inside.split(separator: ",").map { String($0.dropFirst().dropLast()) }
        }
        if type.isText { type.collation = collation }
        return type
    }
}

/// Who asks for the rows of a system table, and which of them are enough.
struct SystemRequest {
    let session: TableSession
    /// What the statement runs on: counts are read there.
    let connection: PooledConnection
    /// Nil for all databases.
    let database: String?
    /// Nil for all tables.
    let table: String?
    /// Counts of rows and what follows from them are read.
    let needsCounts: Bool

    init(
        session: TableSession,
        connection: PooledConnection,
        schemaName: SQLiteValue?,
        tableName: SQLiteValue?,
        needsCounts: Bool
    ) {
        self.session = session
        self.connection = connection
        database = schemaName?.text
        table = tableName?.text
        self.needsCounts = needsCounts
    }

    /// The definitions to go by.
    var schema: Schema { session.pinnedSchema ?? session.store.schema }

    /// Tables and views of the embedded databases, in the order of names.
    var storedTables: [StoredTable] {
        var databases = Array(schema.databases.values)
        if let database { databases = schema.databases[database].map { [$0] } ?? [] }
        var tables: [StoredTable] = []
        for owner in databases {
            if let table {
                if let found = owner.tables[table] { tables.append(found) }
            } else {
                tables += owner.tables.values
            }
        }
        let rights = session.rights
        if !rights.isUnlimited { tables.removeAll { !rights.sees($0.database, $0.name) } }
        return tables.sorted { ($0.database, $0.name) < ($1.database, $1.name) }
    }

    /// The same with the session's temporary tables in front, for SHOW COLUMNS and SHOW INDEX.
    var describedTables: [StoredTable] {
        let own = session.temporary.all.filter {
            (database == nil || $0.database == database) && (table == nil || $0.name == table)
        }
        guard !own.isEmpty else { return storedTables }
        let stored = storedTables.filter { session.temporary[$0.database, $0.name] == nil }
        return stored + own
    }

    /// System tables, which describe themselves too.
    var systemTables: [SystemTable] {
        if let database, !TableSession.isVirtual(database) { return [] }
        return session.store.systemTables.filter { entry in
            (database == nil || entry.database == database)
                && (table == nil || entry.name == table)
                && session.rights.sees(entry.database, entry.name)
        }
    }
}

extension TableValue {
    /// A text, or NULL for none.
    static func maybe(_ text: String?) -> TableValue { text.map { .text($0) } ?? .null }
    /// A whole number, or NULL for none.
    static func maybe(_ number: Int?) -> TableValue { number.map { .integer(Int64($0)) } ?? .null }
    /// A whole number.
    static func count(_ number: Int) -> TableValue { .integer(Int64(number)) }
    /// `YES` or `NO`.
    static func yesOrNo(_ value: Bool) -> TableValue { .text(value ? "YES" : "NO") }
}
