import BorealBase
import BorealSQLite

/// Puts rows into one table: defaults, AUTO_INCREMENT, checks, duplicates.
final class RowInserter {
    /// What happens to a row whose key exists.
    enum Duplicates {
        case fail
        case ignore
        case replace
        /// Given the rowid in the way and the row; answers how many rows that counts as.
        case update((Int64, [SQLiteValue]) throws -> UInt64)
    }

    let table: StoredTable
    let session: TableSession
    let connection: PooledConnection
    var coercion: ValueCoercion
    var duplicates: Duplicates
    /// Of the table's columns, in the order the values come.
    private let targets: [Int]
    private let defaults: [TableValue?]
    private let insert: SQLiteStatement
    private let rowIDColumn: Int?
    /// Rows inserted, replaced (twice) and updated.
    private(set) var affected: UInt64 = 0
    private(set) var deleted: UInt64 = 0
    private(set) var skipped: UInt64 = 0
    private(set) var records: UInt64 = 0
    /// The first value that AUTO_INCREMENT made.
    private(set) var firstID: UInt64 = 0
    private var now: TableValue
    /// NULL in a NOT NULL column is the implicit default, as in multi-row inserts without strict
    /// mode.
    private let nullBecomesDefault: Bool

    init(
        _ table: StoredTable,
        columns: [Int],
        session: TableSession,
        connection: PooledConnection,
        duplicates: Duplicates,
        isStrict: Bool,
        nullBecomesDefault: Bool
    ) throws {
        self.table = table
        self.session = session
        self.connection = connection
        self.duplicates = duplicates
        self.nullBecomesDefault = nullBecomesDefault
        targets = columns
        coercion = ValueCoercion(
            mode: session.sqlMode,
            isStrict: isStrict,
            offsetMinutes: session.timeZoneMinutes
        )
        now = .text(connection.context.localNow.text(decimals: 6))
        rowIDColumn = table.rowIDColumn
        let names = table.columns.map(\.name.sqlQuoted).joined(separator: ", ")
        let marks = table.columns.indices.map { "?\($0 + 1)" }.joined(separator: ", ")
        let sql = "INSERT INTO \(table.storageName.sqlQuoted) (\(names)) VALUES (\(marks))"
        insert = try connection.sqlite.statement(sql)
        defaults = table.columns.map { column in
            switch column.defaultValue {
            case nil, .null: nil
            case .literal(let text): Self.literalDefault(text, column)
            case .currentTimestamp: nil
            }
        }
    }

    deinit { connection.sqlite.giveBack(insert) }

    private static func literalDefault(_ text: String, _ column: StoredColumn) -> TableValue {
        guard column.type.base == .bit else { return .text(text) }
        let digits = text.drop { $0 == "b" }.filter { $0 == "0" || $0 == "1" }
        return .unsigned(UInt64(digits, radix: 2) ?? 0)
    }

    /// The value of a column that was not given, or was given as DEFAULT.
    func defaultValue(_ index: Int) throws -> TableValue {
        let column = table.columns[index]
        if column.isAutoIncrement { return .null }
        if column.defaultValue == .currentTimestamp { return now }
        if let known = defaults[index] { return known }
        if column.isNullable { return .null }
        return try coercion.complain(
            .noDefault(column.name),
            ValueCoercion.implicitDefault(column)
        )
    }

    /// Inserts one row of values in the order of the columns given; nil stands for DEFAULT.
    func add(_ values: [TableValue?]) throws {
        records += 1
        coercion.row = Int(clamping: records)
        var row = [SQLiteValue](repeating: .null, count: table.columns.count)
        var isGiven = [Bool](repeating: false, count: table.columns.count)
        for (place, value) in zip(targets, values) {
            let given = try value ?? defaultValue(place)
            row[place] = try checked(given, place)
            isGiven[place] = true
        }
        for index in row.indices where !isGiven[index] {
            row[index] = try checked(defaultValue(index), index)
        }
        let made = try fillAutoIncrement(&row)
        try store(row)
        if let made, firstID == 0 { firstID = made }
    }

    private func checked(_ value: TableValue, _ index: Int) throws -> SQLiteValue {
        let column = table.columns[index]
        if value.isNull {
            if column.isNullable || column.isAutoIncrement { return .null }
            guard nullBecomesDefault else { throw TableError.columnCannotBeNull(column.name) }
            warn(.columnCannotBeNull(column.name))
            return try coercion.coerce(ValueCoercion.implicitDefault(column), column)
        }
        return try coercion.coerce(value, column)
    }

    /// Gives the AUTO_INCREMENT column its value; the value made, if one was.
    private func fillAutoIncrement(_ row: inout [SQLiteValue]) throws -> UInt64? {
        guard let index = table.autoIncrementColumn else { return nil }
        let isZero = row[index] == .integer(0) || row[index] == .real(0)
        guard row[index].isNull || (isZero && !coercion.mode.keepsZeroInAutoIncrement) else {
            if let given = row[index].integer, given > 0 {
                _ = try session.store.autoIncrement(table, connection)
                session.store.raiseAutoIncrement(table, above: UInt64(given))
            }
            return nil
        }
        let next = try session.store.nextAutoIncrement(table, connection)
        let column = table.columns[index]
        guard next <= column.type.integerRange.high || !column.type.isInteger else {
            throw TableError.outOfRange(column: column.name, row: coercion.row)
        }
        row[index] = column.type.isInteger ? .unsigned(next) : .real(Double(next))
        return next
    }

    private func store(_ row: [SQLiteValue]) throws {
        if case .replace = duplicates {
            for rowID in try conflicts(row) {
                try delete(rowID)
                deleted += 1
                affected += 1
            }
        }
        do {
            try insert.bind(row)
            while try insert.step() {}
            insert.reset()
            affected += 1
        } catch {
            insert.reset()
            guard error.isUniqueViolation else { throw connection.mapped(error) }
            try resolve(row)
        }
    }

    private func resolve(_ row: [SQLiteValue]) throws {
        switch duplicates {
        case .fail, .replace: throw try duplicateError(row)
        case .ignore:
            skipped += 1
            warn(try duplicateError(row))
        case .update(let change):
            guard let rowID = try conflicts(row).first else { throw try duplicateError(row) }
            affected += try change(rowID, row)
        }
    }

    // MARK: - Keys

    private func keySQL(_ index: StoredIndex) -> String {
        let tests = index.parts.enumerated().map { offset, part in
            StorageDDL.keyExpression(part, table) + " = ?\(offset + 1)"
        }
        return "SELECT _rowid_ FROM \(table.storageName.sqlQuoted) WHERE "
            + tests.joined(separator: " AND ")
    }

    private func keyValues(_ index: StoredIndex, _ row: [SQLiteValue]) -> [SQLiteValue] {
        index.parts.map { part in
            guard let place = table.columnIndex(part.column) else { return .null }
            guard let prefix = part.prefix else { return row[place] }
            switch row[place] {
            case .text(let text):
                return .text(String(String.UnicodeScalarView(text.unicodeScalars.prefix(prefix))))
            case .blob(let bytes): return .blob(Array(bytes.prefix(prefix)))
            default: return row[place]
            }
        }
    }

    /// Rows in the way, by the unique keys in order.
    private func conflicts(_ row: [SQLiteValue]) throws -> [Int64] {
        var found: [Int64] = []
        for index in table.indexes where index.isUnique {
            let key = keyValues(index, row)
            if key.contains(.null) { continue }
            for match in try connection.sqlite.rows(keySQL(index), key) {
                if let rowID = match[0].integer, !found.contains(rowID) { found.append(rowID) }
            }
        }
        return found
    }

    /// `Duplicate entry '1-a' for key 't.PRIMARY'`.
    func duplicateError(_ row: [SQLiteValue], except: Int64? = nil) throws -> TableError {
        for index in table.indexes where index.isUnique {
            let key = keyValues(index, row)
            if key.contains(.null) { continue }
            let matches = try connection.sqlite.rows(keySQL(index), key)
            guard matches.contains(where: { $0[0].integer != except }) else { continue }
            let shown = zip(index.parts, key).map { part, value -> String in
                let type = table.columnIndex(part.column).map { table.columns[$0].type.columnType }
                return TableValue(value, type: type ?? .varchar()).text ?? "NULL"
            }
            return .duplicateEntry(
                value: String(shown.joined(separator: "-").prefix(64)),
                key: "\(table.name).\(index.name)"
            )
        }
        return .duplicateEntry(value: "", key: table.name)
    }

    private func delete(_ rowID: Int64) throws {
        let sql = "DELETE FROM \(table.storageName.sqlQuoted) WHERE _rowid_ = ?"
        try connection.sqlite.run(sql, [.integer(rowID)])
    }
}
