import BorealBase

/// Every system table that BorealTables makes itself, one file a family. The engine adds its own
/// with `TableStore.addSystemTable`.
enum SystemTables {
    /// The virtual databases. Those that MySQL's tools know as such are listed; `mysql` and ours
    /// can be read and are not: a dump of all databases would try to make them anew.
    static let databases: Set<String> = [
        "information_schema", "performance_schema", "mysql", "boreal_ai", "polar_ai",
    ]

    /// Those that everybody may look at; what they show depends on who asks.
    static let open: Set<String> = [
        "information_schema", "performance_schema", "boreal_ai", "polar_ai",
    ]

    /// All tables, in the order of databases and names.
    static let all: [SystemTable] =
        (definitions + keys + programs + server + rights + variables).sorted {
            ($0.database, $0.name) < ($1.database, $1.name)
        }

    /// A table of information_schema; without `rows` it is always empty.
    static func information(
        _ name: String,
        _ columns: String,
        rows: @escaping @Sendable (SystemRequest) throws -> [[TableValue]] = { _ in [] }
    ) -> SystemTable {
        SystemTable("information_schema", name, columns, rows: rows)
    }
}

extension TableSession {
    /// True for databases whose tables are made when they are read.
    static func isVirtual(_ name: String) -> Bool {
        SystemTables.databases.contains(name.asciiLowercased)
    }

    /// The definition of a system table; nil when the database is an ordinary one.
    ///
    /// - Throws: MySQL's error when a virtual database has no such table.
    func systemTable(_ database: String, _ name: String) throws -> StoredTable? {
        guard Self.isVirtual(database) else { return nil }
        let owner = database.asciiLowercased
        if let found = store.systemTable(owner, name) { return found.stored }
        guard owner == "information_schema" else {
            throw TableError.noSuchTable(database: owner, table: name)
        }
        throw TableError.unknownTableInClause(table: name, place: owner)
    }
}
