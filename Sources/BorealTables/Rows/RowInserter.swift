import BorealBase
import BorealSQLite

/// Puts rows into one table: defaults, AUTO_INCREMENT, generated columns, checks, duplicates,
/// foreign keys.
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
    private let rules: RowRules
    private let keys: RowKeys
    private let foreignKeys: ForeignKeyChecker?
    /// The view made WITH CHECK OPTION that rows are inserted through.
    var view: OpenView?
    /// Told the rowid of each row that was stored or updated.
    var onRow: ((Int64) -> Void)?
    /// Deletes what REPLACE replaces.
    private let changer: RowChanger?
    /// Rows inserted, replaced (twice) and updated.
    private(set) var affected: UInt64 = 0
    private(set) var deleted: UInt64 = 0
    private(set) var skipped: UInt64 = 0
    private(set) var records: UInt64 = 0
    /// The first value that AUTO_INCREMENT made for a row that was stored.
    private(set) var firstID: UInt64 = 0
    /// Values of the AUTO_INCREMENT column.
    var sequence: AutoIncrementSequence
    private let now: TableValue
    private let options: Options

    /// How it differs from an INSERT of one row in strict mode.
    struct Options {
        /// Bad values are errors.
        var isStrict = true
        /// IGNORE: a row that breaks a constraint is left out with a warning.
        var isIgnore = false
        /// NULL in a NOT NULL column is the implicit default, as in multi-row inserts without
        /// strict mode.
        var nullBecomesDefault = false
        /// A column that was not given and has no default gets the implicit one without complaint,
        /// as a column that ALTER TABLE adds.
        var missingBecomesDefault = false
        /// False while a table is rewritten: its foreign keys held before.
        var checksForeignKeys = true
        /// Looked at while actions of foreign keys run.
        var cancellation = CancellationFlag()
    }

    init(
        _ table: StoredTable,
        columns: [Int],
        session: TableSession,
        connection: PooledConnection,
        duplicates: Duplicates,
        options: Options
    ) throws {
        self.table = table
        self.session = session
        self.connection = connection
        self.duplicates = duplicates
        self.options = options
        targets = columns
        coercion = ValueCoercion(
            mode: session.sqlMode,
            isStrict: options.isStrict,
            offsetMinutes: session.timeZoneMinutes
        )
        now = .text(connection.context.localNow.text(decimals: 6))
        let names = table.columns.map(\.name.sqlQuoted).joined(separator: ", ")
        let marks = table.columns.indices.map { "?\($0 + 1)" }.joined(separator: ", ")
        let sql = "INSERT INTO \(table.storageName.sqlQuoted) (\(names)) VALUES (\(marks))"
        try connection.sqlite.renewVectors(of: table)
        insert = try connection.sqlite.statement(sql)
        rules = try RowRules(table, session, connection)
        keys = RowKeys(table: table, connection: connection)
        sequence = AutoIncrementSequence(table, session, connection)
        let checker =
            options.checksForeignKeys && !table.foreignKeys.isEmpty
            ? ForeignKeyChecker(session, connection, options.cancellation) : nil
        foreignKeys = checker
        if case .replace = duplicates {
            changer = try RowChanger(
                table,
                session: session,
                connection: connection,
                isStrict: options.isStrict,
                cancellation: options.cancellation
            )
        } else {
            changer = nil
        }
        defaults = table.columns.map { column in
            if case .literal(let text) = column.defaultValue {
                Self.literalDefault(text, column)
            } else {
                nil
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
    ///
    /// - Parameter row: what a DEFAULT that is an expression may read.
    func defaultValue(_ index: Int, _ row: [SQLiteValue] = []) throws -> TableValue {
        let column = table.columns[index]
        if column.isAutoIncrement || column.generated != nil { return .null }
        if column.defaultValue == .currentTimestamp { return now }
        if let known = defaults[index] { return known }
        if let computed = try rules.defaultValue(index, row) { return computed }
        if column.isNullable { return .null }
        if options.missingBecomesDefault { return ValueCoercion.implicitDefault(column) }
        return try coercion.complain(
            .noDefault(column.name),
            ValueCoercion.implicitDefault(column)
        )
    }

    /// The default of a column that an expression of the same row reads, without complaint.
    func silentDefault(_ index: Int) throws -> TableValue {
        if table.columns[index].isAutoIncrement { return .integer(0) }
        if let known = defaults[index] { return known }
        return table.columns[index].isNullable
            ? .null : ValueCoercion.implicitDefault(table.columns[index])
    }

    /// Inserts one row of values in the order of the columns given; nil stands for DEFAULT.
    func add(_ values: [TableValue?]) throws {
        assert(values.count <= targets.count, "more values than columns to put them in")
        records += 1
        coercion.row = Int(clamping: records)
        var row = [SQLiteValue](repeating: .null, count: table.columns.count)
        var isGiven = [Bool](repeating: false, count: table.columns.count)
        for (place, value) in zip(targets, values) {
            guard let value else { continue }
            if table.columns[place].generated != nil {
                try refuseGenerated(table.columns[place])
                continue
            }
            row[place] = try checked(value, place)
            isGiven[place] = true
        }
        try fillDefaults(&row, isGiven)
        let made = try fillAutoIncrement(&row)
        do {
            try rules.fill(&row, &coercion)
            try rules.check(row)
            guard try store(row) else {
                if let made { sequence.giveBack(made) }
                return
            }
            if made == nil { try followGiven(row) }
        } catch let error as TableError where options.isIgnore && error.isOfOneRow {
            skipped += 1
            warn(error)
            if let made { sequence.giveBack(made) }
            return
        }
        if let made, firstID == 0 { firstID = made }
    }

    /// A value for a generated column: an error, or without strict mode a warning and no more, as
    /// dumps of MariaDB need it.
    private func refuseGenerated(_ column: StoredColumn) throws {
        let error = TableError.constraint(
            .generatedGiven(column: column.name, table: table.name)
        )
        try coercion.complain(error, ())
    }

    /// Constants first: a DEFAULT that is an expression may read them.
    private func fillDefaults(_ row: inout [SQLiteValue], _ isGiven: [Bool]) throws {
        var later: [Int] = []
        for index in row.indices where !isGiven[index] {
            if case .expression = table.columns[index].defaultValue {
                later.append(index)
            } else if table.columns[index].generated == nil {
                row[index] = try checked(defaultValue(index), index)
            }
        }
        for index in later { row[index] = try checked(defaultValue(index, row), index) }
    }

    private func checked(_ value: TableValue, _ index: Int) throws -> SQLiteValue {
        let column = table.columns[index]
        if value.isNull {
            if column.isNullable || column.isAutoIncrement { return .null }
            guard options.nullBecomesDefault else {
                throw TableError.columnCannotBeNull(column.name)
            }
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
            return nil
        }
        let value = try sequence.take()
        row[index] = table.columns[index].type.isInteger ? .unsigned(value) : .real(Double(value))
        return value
    }

    /// A value that was given and stored moves the counter behind it.
    private func followGiven(_ row: [SQLiteValue]) throws {
        guard let index = table.autoIncrementColumn else { return }
        try session.store.raiseAutoIncrement(table, above: row[index], connection)
        sequence.skip()
    }

    /// Puts the row in.
    ///
    /// - Returns: whether a new row is there now.
    private func store(_ row: [SQLiteValue]) throws -> Bool {
        if let changer {
            let rows = try keys.conflicts(row)
            if rows.count == 1, changer.deletesBlindly, try changer.holds(rows[0], row) {
                // REPLACE by the same row is one row that was inserted, and nothing is done.
                affected += 1
                onRow?(rows[0])
                return false
            }
            for rowID in rows {
                try changer.delete(rowID)
                deleted += 1
                affected += 1
            }
        }
        do {
            try insert.bind(row)
            while try insert.step() {}
            insert.reset()
        } catch {
            insert.reset()
            guard error.isUniqueViolation else { throw connection.mapped(error) }
            try resolve(row)
            return false
        }
        if let foreignKeys { try checkChild(row, foreignKeys) }
        if let view { try connection.check(view, connection.sqlite.lastInsertRowID) }
        affected += 1
        onRow?(connection.sqlite.lastInsertRowID)
        return true
    }

    private func checkChild(_ row: [SQLiteValue], _ checker: ForeignKeyChecker) throws {
        let rowID = connection.sqlite.lastInsertRowID
        do { try checker.checkChild(table, row) } catch {
            let sql = "DELETE FROM \(table.storageName.sqlQuoted) WHERE _rowid_ = ?"
            try connection.sqlite.run(sql, [.integer(rowID)])
            throw error
        }
    }

    private func resolve(_ row: [SQLiteValue]) throws {
        switch duplicates {
        case .fail, .replace: throw try keys.duplicateError(row)
        case .ignore:
            skipped += 1
            warn(try keys.duplicateError(row))
        case .update(let change):
            guard let rowID = try keys.conflicts(row).first else {
                throw try keys.duplicateError(row)
            }
            affected += try change(rowID, row)
            onRow?(rowID)
        }
    }
}

extension TableError {
    /// True for errors that concern one row's constraints, which IGNORE turns into warnings.
    var isOfOneRow: Bool {
        switch self {
        case .duplicateEntry, .foreignKeyChild, .foreignKeyParent,
            .constraint(.checkViolated), .columnCannotBeNull:
            true
        default: false
        }
    }
}
