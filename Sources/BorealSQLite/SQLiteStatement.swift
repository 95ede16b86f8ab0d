import CSQLite

/// One value as SQLite stores it. For small things; scans read columns in place instead.
public enum SQLiteValue: Equatable, Sendable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])

    /// The whole number, of an integer.
    public var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
    /// The number, of a real or an integer.
    public var double: Double? {
        switch self {
        case .real(let value): value
        case .integer(let value): Double(value)
        default: nil
        }
    }
    /// The text, of a text.
    public var text: String? { if case .text(let value) = self { value } else { nil } }
    /// The bytes, of a blob.
    public var blob: [UInt8]? { if case .blob(let value) = self { value } else { nil } }
    /// True for NULL.
    public var isNull: Bool { self == .null }
}

/// The storage class of a value.
public enum SQLiteType: Int32, Sendable {
    case integer = 1
    case real = 2
    case text = 3
    case blob = 4
    case null = 5
}

/// A compiled statement: bind, step, read the columns of the current row in place.
///
/// Sendable by the same contract as its connection: one thread at a time.
public final class SQLiteStatement: @unchecked Sendable {
    /// The C handle, finalized in `deinit`.
    let handle: OpaquePointer
    /// The text it was compiled from.
    public let sql: String
    /// Columns of a row; 0 for a statement that yields none.
    public let columnCount: Int
    /// Taken out of the connection's cache and not given back.
    var isOut = false

    init(_ handle: OpaquePointer, sql: String) {
        self.handle = handle
        self.sql = sql
        columnCount = Int(sqlite3_column_count(handle))
    }

    deinit { sqlite3_finalize(handle) }

    private func failure(_ code: Int32) -> SQLiteError {
        SQLiteError(sqlite3_db_handle(handle), code, sql: sql)
    }

    // MARK: - Binding (the first parameter is 1)

    /// How many `?` there are, or the highest `?NNN`.
    public var parameterCount: Int { Int(sqlite3_bind_parameter_count(handle)) }

    private func check(_ code: Int32) throws(SQLiteError) {
        if code != SQLITE_OK { throw failure(code) }
    }

    /// Binds a whole number.
    public func bind(_ index: Int, _ value: Int64) throws(SQLiteError) {
        try check(sqlite3_bind_int64(handle, Int32(clamping: index), value))
    }

    /// Binds a real number. A NaN becomes NULL, as SQLite has it.
    public func bind(_ index: Int, _ value: Double) throws(SQLiteError) {
        try check(sqlite3_bind_double(handle, Int32(clamping: index), value))
    }

    /// Binds text; the bytes are copied.
    public func bind(_ index: Int, _ value: String) throws(SQLiteError) {
        var text = value
        let code = text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) {
                bindText(index, $0.baseAddress, $0.count)
            }
        }
        try check(code)
    }

    /// Binds bytes that are UTF-8 text; they are copied.
    public func bindText(_ index: Int, _ value: UnsafeRawBufferPointer) throws(SQLiteError) {
        let characters = value.assumingMemoryBound(to: CChar.self)
        try check(bindText(index, characters.baseAddress, characters.count))
    }

    private func bindText(_ index: Int, _ text: UnsafePointer<CChar>?, _ count: Int) -> Int32 {
        guard let text else {
            return boreal_sqlite_bind_text(handle, Int32(clamping: index), "", 0)
        }
        return boreal_sqlite_bind_text(handle, Int32(clamping: index), text, UInt64(count))
    }

    /// Binds a blob; the bytes are copied.
    public func bindBlob(_ index: Int, _ value: UnsafeRawBufferPointer) throws(SQLiteError) {
        guard let start = value.baseAddress, !value.isEmpty else {
            return try check(sqlite3_bind_zeroblob(handle, Int32(clamping: index), 0))
        }
        let size = UInt64(value.count)
        try check(boreal_sqlite_bind_blob(handle, Int32(clamping: index), start, size))
    }

    /// Binds a blob; the bytes are copied.
    public func bind(_ index: Int, _ value: [UInt8]) throws(SQLiteError) {
        var outcome: SQLiteError?
        value.withUnsafeBytes { bytes in
            do throws(SQLiteError) { try bindBlob(index, bytes) } catch { outcome = error }
        }
        if let outcome { throw outcome }
    }

    /// Binds NULL.
    public func bindNull(_ index: Int) throws(SQLiteError) {
        try check(sqlite3_bind_null(handle, Int32(clamping: index)))
    }

    /// Binds one value.
    public func bind(_ index: Int, _ value: SQLiteValue) throws(SQLiteError) {
        switch value {
        case .null: try bindNull(index)
        case .integer(let number): try bind(index, number)
        case .real(let number): try bind(index, number)
        case .text(let text): try bind(index, text)
        case .blob(let bytes): try bind(index, bytes)
        }
    }

    /// Binds parameters 1, 2, ... in order.
    public func bind(_ values: [SQLiteValue]) throws(SQLiteError) {
        for (offset, value) in values.enumerated() { try bind(offset + 1, value) }
    }

    /// Makes all parameters NULL again.
    public func clearBindings() { sqlite3_clear_bindings(handle) }

    // MARK: - Running

    /// Moves to the next row; false when there is none left.
    public func step() throws(SQLiteError) -> Bool {
        let code = sqlite3_step(handle)
        if code == SQLITE_ROW { return true }
        if code == SQLITE_DONE { return false }
        let error = failure(code)
        sqlite3_reset(handle)
        throw error
    }

    /// Back to before the first row. Ends the read transaction that a running query holds.
    public func reset() { sqlite3_reset(handle) }

    /// True while a row is current or more may come.
    public var isBusy: Bool { sqlite3_stmt_busy(handle) != 0 }
    /// True when it cannot change the database.
    public var isReadOnly: Bool { sqlite3_stmt_readonly(handle) != 0 }

    // MARK: - Columns of the current row (the first is 0)

    /// Storage class of a value.
    public func type(_ column: Int) -> SQLiteType {
        SQLiteType(rawValue: sqlite3_column_type(handle, Int32(truncatingIfNeeded: column)))
            ?? .null
    }

    /// True when the value is NULL.
    public func isNull(_ column: Int) -> Bool {
        sqlite3_column_type(handle, Int32(truncatingIfNeeded: column)) == SQLITE_NULL
    }

    /// The value as a whole number.
    public func int64(_ column: Int) -> Int64 {
        sqlite3_column_int64(handle, Int32(truncatingIfNeeded: column))
    }

    /// The value as a real number.
    public func double(_ column: Int) -> Double {
        sqlite3_column_double(handle, Int32(truncatingIfNeeded: column))
    }

    /// The bytes of a text, in place: valid until the next step, reset or conversion.
    public func textBytes(_ column: Int) -> UnsafeRawBufferPointer {
        let index = Int32(truncatingIfNeeded: column)
        let start = sqlite3_column_text(handle, index)
        let count = Int(sqlite3_column_bytes(handle, index))
        return UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count)
    }

    /// The bytes of a blob or text, in place: valid until the next step, reset or conversion.
    public func blobBytes(_ column: Int) -> UnsafeRawBufferPointer {
        let index = Int32(truncatingIfNeeded: column)
        let start = sqlite3_column_blob(handle, index)
        let count = Int(sqlite3_column_bytes(handle, index))
        return UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count)
    }

    /// The value as text; nil for NULL.
    public func text(_ column: Int) -> String? {
        isNull(column) ? nil : String(decoding: textBytes(column), as: UTF8.self)
    }

    /// The value's bytes; nil for NULL.
    public func blob(_ column: Int) -> [UInt8]? {
        isNull(column) ? nil : Array(blobBytes(column))
    }

    /// The value whatever it is.
    public func value(_ column: Int) -> SQLiteValue {
        switch type(column) {
        case .null: .null
        case .integer: .integer(int64(column))
        case .real: .real(double(column))
        case .text: .text(String(decoding: textBytes(column), as: UTF8.self))
        case .blob: .blob(Array(blobBytes(column)))
        }
    }

    /// The name of a result column.
    public func columnName(_ column: Int) -> String {
        sqlite3_column_name(handle, Int32(truncatingIfNeeded: column))
            .map { String(cString: $0) } ?? ""
    }

    /// The type a table column was declared with; nil for an expression.
    public func declaredType(_ column: Int) -> String? {
        sqlite3_column_decltype(handle, Int32(truncatingIfNeeded: column))
            .map { String(cString: $0) }
    }

    /// Table and column that a result column comes from; nil for an expression.
    public func origin(_ column: Int) -> (table: String, column: String)? {
        let index = Int32(truncatingIfNeeded: column)
        guard let table = sqlite3_column_table_name(handle, index),
            let name = sqlite3_column_origin_name(handle, index)
        else { return nil }
        return (String(cString: table), String(cString: name))
    }
}
