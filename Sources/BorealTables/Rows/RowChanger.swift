import BorealBase
import BorealSQLite

/// Changes and deletes stored rows of one table, one at a time, with all that hangs on them:
/// ON UPDATE CURRENT_TIMESTAMP, generated columns, checks, unique keys, foreign keys.
///
/// Not for new rows: `RowInserter` puts those in.
final class RowChanger {
    let table: StoredTable
    private let connection: PooledConnection
    private let rules: RowRules
    /// Weak against a cycle: the checker owns the changers of the tables that its actions reach.
    private weak var foreignKeys: ForeignKeyChecker?
    private let ownedForeignKeys: ForeignKeyChecker?
    /// Rows have neither rules nor foreign keys: a change that fails leaves nothing to undo.
    let isPlain: Bool
    var coercion: ValueCoercion
    private let now: TableValue
    private let store: TableStore
    private var isCounterKept = false

    /// - Parameter foreignKeys: the checker whose action made this, which then outlives it; nil
    /// for a changer of its own.
    init(
        _ table: StoredTable,
        session: TableSession,
        connection: PooledConnection,
        isStrict: Bool,
        cancellation: CancellationFlag = CancellationFlag(),
        foreignKeys: ForeignKeyChecker? = nil
    ) throws {
        self.table = table
        self.connection = connection
        store = session.store
        try connection.sqlite.renewVectors(of: table)
        rules = try RowRules(table, session, connection)
        let own =
            foreignKeys == nil ? ForeignKeyChecker(session, connection, cancellation) : nil
        ownedForeignKeys = own
        let checker = foreignKeys ?? own
        let concerned = checker?.concerns(table) ?? false
        self.foreignKeys = concerned ? checker : nil
        isPlain = rules.isEmpty && !concerned
        coercion = ValueCoercion(
            mode: session.sqlMode,
            isStrict: isStrict,
            offsetMinutes: session.timeZoneMinutes
        )
        now = .text(connection.context.localNow.text(decimals: 6))
    }

    /// True when rows may be deleted without looking at them.
    var deletesBlindly: Bool { foreignKeys == nil }

    /// Sets columns of a row and what follows from them.
    ///
    /// - Throws: 1062 when another row has a key of it, and what checks and foreign keys say; the
    /// caller undoes the row then.
    func update(_ rowID: Int64, _ columns: [Int], _ values: [SQLiteValue]) throws {
        var columns = columns
        var values = values
        for (index, column) in table.columns.enumerated()
        where column.updatesToNow && !columns.contains(index) {
            columns.append(index)
            values.append(try coercion.coerce(now, column))
        }
        try change(rowID, columns, values)
        guard let automatic = table.autoIncrementColumn,
            let place = columns.firstIndex(of: automatic)
        else { return }
        try store.raiseAutoIncrement(table, above: values[place], connection)
    }

    /// Sets columns as the action of a foreign key does: ON UPDATE CURRENT_TIMESTAMP stays out.
    func cascade(_ rowID: Int64, _ columns: [Int], _ values: [SQLiteValue]) throws {
        try change(rowID, columns, values)
    }

    private func change(_ rowID: Int64, _ columns: [Int], _ values: [SQLiteValue]) throws {
        assert(columns.count == values.count, "one value for each column that changes")
        guard !isPlain else { return try store(rowID, columns, values, row: nil) }
        guard let old = try row(rowID) else { return }
        var new = old
        for (column, value) in zip(columns, values) { new[column] = value }
        try rules.fill(&new, &coercion)
        try rules.check(new)
        let changed = new.indices.filter { new[$0] != old[$0] }
        guard !changed.isEmpty else { return }
        try store(rowID, changed, changed.map { new[$0] }, row: new)
        try foreignKeys?.checkChild(table, new, old: old)
        try foreignKeys?.parentUpdated(table, old, new)
    }

    private func store(
        _ rowID: Int64,
        _ columns: [Int],
        _ values: [SQLiteValue],
        row: [SQLiteValue]?
    ) throws {
        let list = columns.enumerated().map { "\(table.columns[$1].name.sqlQuoted) = ?\($0 + 1)" }
        let sql =
            "UPDATE \(table.storageName.sqlQuoted) SET \(list.joined(separator: ", ")) "
            + "WHERE _rowid_ = ?\(columns.count + 1)"
        do {
            try connection.sqlite.run(sql, values + [.integer(rowID)])
        } catch {
            guard error.isUniqueViolation else { throw connection.mapped(error) }
            var whole = try row ?? self.row(rowID) ?? []
            guard whole.count == table.columns.count else {
                throw TableError.duplicateEntry(value: "", key: table.name)
            }
            for (column, value) in zip(columns, values) { whole[column] = value }
            throw try RowKeys(table: table, connection: connection)
                .duplicateError(whole, except: rowID)
        }
    }

    /// Deletes a row; one that is gone already is no error.
    ///
    /// - Returns: whether there was one.
    @discardableResult
    func delete(_ rowID: Int64) throws -> Bool {
        try keepCounter()
        let sql = "DELETE FROM \(table.storageName.sqlQuoted) WHERE _rowid_ = ?"
        guard let foreignKeys else {
            try connection.sqlite.run(sql, [.integer(rowID)])
            return connection.sqlite.changes > 0
        }
        guard let old = try row(rowID) else { return false }
        try foreignKeys.refuseDelete(table, old)
        try connection.sqlite.run(sql, [.integer(rowID)])
        try foreignKeys.parentDeleted(table, old)
        return true
    }

    /// Before the first row goes: the counter of AUTO_INCREMENT must outlive it.
    func keepCounter() throws {
        guard !isCounterKept, table.autoIncrementColumn != nil else { return }
        isCounterKept = true
        try store.saveAutoIncrement(table, connection)
    }

    /// True when a stored row is this row already.
    func holds(_ rowID: Int64, _ row: [SQLiteValue]) throws -> Bool {
        try self.row(rowID) == row
    }

    private func row(_ rowID: Int64) throws -> [SQLiteValue]? {
        let names = table.columns.map(\.name.sqlQuoted).joined(separator: ", ")
        let sql = "SELECT \(names) FROM \(table.storageName.sqlQuoted) WHERE _rowid_ = ?"
        return try connection.sqlite.rows(sql, [.integer(rowID)]).first
    }
}

extension PooledConnection {
    /// Runs `body` for one row of an IGNORE statement: what it did is undone when it fails.
    func undoingRow(_ body: () throws -> Void) throws {
        try sqlite.run("SAVEPOINT boreal_row")
        do {
            try body()
            try sqlite.run("RELEASE boreal_row")
        } catch {
            if sqlite.isInTransaction {
                try sqlite.execute("ROLLBACK TO boreal_row")
                try sqlite.execute("RELEASE boreal_row")
            }
            throw error
        }
    }
}
