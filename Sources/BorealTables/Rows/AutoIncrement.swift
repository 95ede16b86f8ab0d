import BorealBase
import BorealSQLite

/// The values of AUTO_INCREMENT columns, by MySQL's rules.
///
/// A counter lives in memory and is never taken back, not even by a rollback. It is read from the
/// rows when the server starts, and written into the file when a row goes that might be the last:
/// then the rows alone would not tell it any more.
extension TableStore {
    /// The value the next row would get, if the counter's steps are of 1.
    func autoIncrement(_ table: StoredTable, _ connection: PooledConnection) throws -> UInt64 {
        if let known = counter(table.storageName) { return known }
        guard let index = table.autoIncrementColumn else { return table.autoIncrementStart }
        let column = table.columns[index].name.sqlQuoted
        let sql = "SELECT max(\(column)) FROM \(table.storageName.sqlQuoted)"
        let top = try connection.sqlite.rows(sql).first?.first ?? .null
        let next = max(Self.following(top), table.autoIncrementStart, try saved(table, connection))
        setCounter(table.storageName, next)
        return next
    }

    /// What comes after a value; the last of all comes after itself.
    private static func following(_ value: SQLiteValue) -> UInt64 {
        switch TableValue(value, type: ColumnType(.longLong, isUnsigned: true)) {
        case .unsigned(let number): number == .max ? number : number + 1
        case .integer(let number): number < 0 ? 1 : UInt64(number) + 1
        case .real(let number): number < 1 ? 1 : UInt64(min(number, 9e18)) + 1
        default: 1
        }
    }

    /// Keeps the counter above a value that was given.
    func raiseAutoIncrement(
        _ table: StoredTable,
        above value: SQLiteValue,
        _ connection: PooledConnection
    ) throws {
        let next = Self.following(value)
        if try autoIncrement(table, connection) < next { setCounter(table.storageName, next) }
    }

    /// Writes the counter into the file, in the transaction that deletes rows.
    func saveAutoIncrement(_ table: StoredTable, _ connection: PooledConnection) throws {
        guard !table.isTemporary else { return }
        let next = try autoIncrement(table, connection)
        try connection.sqlite.run(
            "INSERT OR REPLACE INTO boreal_counters VALUES (?, ?)",
            [.text(table.storageName), .text(String(next))]
        )
    }

    private func saved(_ table: StoredTable, _ connection: PooledConnection) throws -> UInt64 {
        let sql = "SELECT next FROM boreal_counters WHERE storage = ?"
        let row = try connection.sqlite.rows(sql, [.text(table.storageName)]).first
        return row?.first?.text.flatMap { UInt64($0) } ?? 1
    }

    /// Follows a table that gets another name inside SQLite.
    func moveAutoIncrement(
        _ table: StoredTable,
        _ newName: String,
        _ connection: PooledConnection
    ) throws {
        if let known = counter(table.storageName) { setCounter(newName, known) }
        forgetAutoIncrement(table.storageName)
        try connection.sqlite.run(
            "UPDATE OR REPLACE boreal_counters SET storage = ? WHERE storage = ?",
            [.text(newName), .text(table.storageName)]
        )
    }

    /// Begins anew, after TRUNCATE or with a table that is made.
    func resetAutoIncrement(_ storageName: String, _ connection: PooledConnection) throws {
        forgetAutoIncrement(storageName)
        try connection.sqlite.run(
            "DELETE FROM boreal_counters WHERE storage = ?",
            [.text(storageName)]
        )
    }
}

/// The values that one statement gives to an AUTO_INCREMENT column.
///
/// They are reserved for as many rows as the statement is known to insert, so that they follow
/// each other; one that was made for a row which did not go in is used for the next row, and what
/// is left in the end is lost.
struct AutoIncrementSequence {
    private let table: StoredTable
    private let store: TableStore
    private let connection: PooledConnection
    private let step: UInt64
    private let offset: UInt64
    /// Rows to reserve values for at a time.
    var rowsExpected = 1
    private var next: UInt64 = 0
    private var left = 0

    init(_ table: StoredTable, _ session: TableSession, _ connection: PooledConnection) {
        self.table = table
        self.connection = connection
        store = session.store
        func setting(_ name: String) -> UInt64 {
            UInt64(min(max(session.value(name).wholeNumber ?? 1, 1), 65_535))
        }
        step = setting("auto_increment_increment")
        offset = setting("auto_increment_offset")
    }

    /// The next value.
    ///
    /// - Throws: 1467 when even the largest is used up.
    mutating func take() throws -> UInt64 {
        if left == 0 { try reserve() }
        left -= 1
        defer { next = next > .max - step ? .max : next + step }
        guard let index = table.autoIncrementColumn, table.columns[index].type.isInteger else {
            return next
        }
        // Above the column's range the largest value is tried once more: a duplicate, mostly.
        return min(next, table.columns[index].type.integerRange.high)
    }

    /// The last value was not used after all.
    mutating func giveBack(_ value: UInt64) {
        next = value
        left += 1
    }

    /// Forgets what is reserved, because a larger value was given.
    mutating func skip() { left = 0 }

    private mutating func reserve() throws {
        let from = try store.autoIncrement(table, connection)
        guard from < .max else { throw TableError.autoIncrementFailed }
        next = aligned(from)
        left = max(rowsExpected, 1)
        let (size, overflow) = step.multipliedReportingOverflow(by: UInt64(left))
        let end = overflow || next > .max - size ? .max : next + size
        store.setCounter(table.storageName, step == 1 ? end : end - step + 1)
    }

    /// The first value from here on that is the offset plus some steps.
    private func aligned(_ value: UInt64) -> UInt64 {
        guard step > 1, offset <= step else { return value }
        if value <= offset { return offset }
        let distance = (value - offset) % step
        return distance == 0 || value > .max - step ? value : value + step - distance
    }
}
