import BorealBase
import BorealSQLite

/// Foreign keys, checked as InnoDB does: at once, row by row, by values and never by rowids.
///
/// SQLite has foreign keys of its own, which these are not: it wants a unique index on the parent,
/// cannot name the key that failed, and its switch does nothing inside a transaction
/// (docs/decisions). A key with a NULL in it refers to nothing.
final class ForeignKeyChecker {
    /// Levels of tables that one change may run through.
    static let depthMax = 15

    private let session: TableSession
    private let connection: PooledConnection
    private let schema: Schema
    private let cancellation: CancellationFlag
    /// Changers of the tables that actions reach, by storage name.
    private var changers: [String: RowChanger] = [:]
    private var uses: [String: [ForeignKeyUse]] = [:]
    /// Tables that an ON UPDATE is running through; coming back to one is refused.
    private var updating: [String] = []
    private var depth = 0

    /// - Returns: nil when no table has a foreign key, or `foreign_key_checks` is off.
    init?(_ session: TableSession, _ connection: PooledConnection, _ flag: CancellationFlag) {
        schema = session.store.schema
        guard schema.hasForeignKeys, session.isOn("foreign_key_checks") else { return nil }
        self.session = session
        self.connection = connection
        cancellation = flag
    }

    /// True when rows of the table take part in a foreign key on either side.
    func concerns(_ table: StoredTable) -> Bool {
        !table.foreignKeys.isEmpty || !references(table).isEmpty
    }

    private func references(_ table: StoredTable) -> [ForeignKeyUse] {
        if let known = uses[table.storageName] { return known }
        let found =
            table.isTemporary ? [] : schema.references(to: table.database, table.name)
        uses[table.storageName] = found
        return found
    }

    // MARK: - The child's side

    /// Throws 1452 when a row refers to what is not there. The row is stored already, so that it
    /// may refer to itself.
    ///
    /// - Parameter old: the row as it was; keys that did not change are not looked at.
    func checkChild(
        _ table: StoredTable,
        _ row: [SQLiteValue],
        old: [SQLiteValue]? = nil
    ) throws {
        for key in table.foreignKeys {
            let values = Self.values(key.columns, of: row, table)
            if values.contains(.null) { continue }
            if let old, Self.values(key.columns, of: old, table) == values { continue }
            guard let parent = schema.table(key.parentDatabase, key.parentTable),
                try !matches(parent, key.parentColumns, values, limit: 1).isEmpty
            else { throw TableError.foreignKeyChild(Self.shown(table, key)) }
        }
    }

    /// Throws 1452 when a row that is stored refers to what is not there.
    static func checkAll(
        _ table: StoredTable,
        _ key: StoredForeignKey,
        parent: StoredTable,
        _ connection: PooledConnection
    ) throws {
        let tests = zip(key.columns, key.parentColumns).map { child, parent in
            "p.\(parent.sqlQuoted) = c.\(child.sqlQuoted)"
        }
        let isSet = key.columns.map { "c.\($0.sqlQuoted) IS NOT NULL" }
        let sql =
            "SELECT 1 FROM \(table.storageName.sqlQuoted) AS c "
            + "WHERE \(isSet.joined(separator: " AND ")) AND NOT EXISTS "
            + "(SELECT 1 FROM \(parent.storageName.sqlQuoted) AS p "
            + "WHERE \(tests.joined(separator: " AND "))) LIMIT 1"
        guard try connection.sqlite.rows(sql).isEmpty else {
            throw TableError.foreignKeyChild(shown(table, key))
        }
    }

    // MARK: - The parent's side

    /// Before a row goes: refuses when a row refers to it, be it the row itself.
    func refuseDelete(_ table: StoredTable, _ row: [SQLiteValue]) throws {
        for use in references(table)
        where use.key.onDelete == .noAction || use.key.onDelete == .restrict {
            let values = Self.values(use.key.parentColumns, of: row, table)
            if !values.contains(.null) { try refuse(use, values) }
        }
    }

    /// After a row is gone: takes the rows along that refer to it.
    func parentDeleted(_ table: StoredTable, _ row: [SQLiteValue]) throws {
        for use in references(table) {
            let values = Self.values(use.key.parentColumns, of: row, table)
            if values.contains(.null) { continue }
            switch use.key.onDelete {
            case .noAction, .restrict: break
            case .cascade:
                try forEachChild(use, values) { try $0.delete($1) }
            case .setNull:
                try setChildren(use, values, to: values.map { _ in .null })
            }
        }
    }

    /// After a row changed: refuses, or changes the rows that refer to it.
    func parentUpdated(_ table: StoredTable, _ old: [SQLiteValue], _ new: [SQLiteValue]) throws {
        for use in references(table) {
            let before = Self.values(use.key.parentColumns, of: old, table)
            let after = Self.values(use.key.parentColumns, of: new, table)
            if before == after || before.contains(.null) { continue }
            if updating.contains(use.child.storageName)
                || use.child.storageName == table.storageName
            {
                try refuse(use, before)
                continue
            }
            updating.append(table.storageName)
            defer { updating.removeLast() }
            switch use.key.onUpdate {
            case .noAction, .restrict: try refuse(use, before)
            case .cascade: try setChildren(use, before, to: after)
            case .setNull: try setChildren(use, before, to: after.map { _ in .null })
            }
        }
    }

    private func refuse(_ use: ForeignKeyUse, _ values: [SQLiteValue]) throws {
        guard try matches(use.child, use.key.columns, values, limit: 1).isEmpty else {
            throw TableError.foreignKeyParent(Self.shown(use.child, use.key))
        }
    }

    private func setChildren(
        _ use: ForeignKeyUse,
        _ values: [SQLiteValue],
        to news: [SQLiteValue]
    ) throws {
        let places = use.key.columns.compactMap { use.child.columnIndex($0) }
        try forEachChild(use, values) { try $0.cascade($1, places, news) }
    }

    private func forEachChild(
        _ use: ForeignKeyUse,
        _ values: [SQLiteValue],
        _ body: (RowChanger, Int64) throws -> Void
    ) throws {
        let rows = try matches(use.child, use.key.columns, values, limit: nil)
        guard !rows.isEmpty else { return }
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthMax else {
            throw TableError.constraint(.cascadeTooDeep(Self.depthMax))
        }
        let changer = try changer(use.child)
        for (index, rowID) in rows.enumerated() {
            if index % TableLimits.rowsBetweenChecks == 0, cancellation.isCancelled {
                throw TableError.interrupted
            }
            try body(changer, rowID)
        }
    }

    private func changer(_ table: StoredTable) throws -> RowChanger {
        if let known = changers[table.storageName] { return known }
        let made = try RowChanger(
            table,
            session: session,
            connection: connection,
            isStrict: true,
            foreignKeys: self
        )
        changers[table.storageName] = made
        return made
    }

    // MARK: - Rows

    private func matches(
        _ table: StoredTable,
        _ columns: [String],
        _ values: [SQLiteValue],
        limit: Int?
    ) throws -> [Int64] {
        assert(columns.count == values.count, "a key is looked for with all of its columns")
        let tests = columns.enumerated().map { "\($1.sqlQuoted) = ?\($0 + 1)" }
        let sql =
            "SELECT _rowid_ FROM \(table.storageName.sqlQuoted) "
            + "WHERE \(tests.joined(separator: " AND "))" + (limit.map { " LIMIT \($0)" } ?? "")
        return try connection.sqlite.rows(sql, values).compactMap { $0[0].integer }
    }

    private static func values(
        _ columns: [String],
        of row: [SQLiteValue],
        _ table: StoredTable
    ) -> [SQLiteValue] {
        columns.map { name in table.columnIndex(name).map { row[$0] } ?? .null }
    }

    /// The key as the errors 1451 and 1452 show it.
    private static func shown(_ table: StoredTable, _ key: StoredForeignKey) -> String {
        "\(table.database.backQuoted).\(table.name.backQuoted), "
            + key.declaration(in: table.database)
    }
}
