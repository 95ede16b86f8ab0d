public import BorealBase
import CSQLite

/// Lands the rows of a statement in typed columns, a batch at a time.
///
/// The loop stands here, beside the C calls, because nothing is inlined across modules.
public final class SQLiteBatchReader {
    /// What the values of a column become.
    public enum Landing: Sendable {
        /// Whole numbers.
        case int64
        /// Whole numbers from 0; a blob of eight bytes is one from 2^63 on, most significant first.
        case uint64
        /// Real numbers; text is read as a number as far as it is one.
        case double
        /// Real numbers of 32 bits.
        case float
        /// The bytes of text and blobs; numbers as decimal text.
        case bytes
        /// Decided by the values of the first batch: all integers, else all numbers, else bytes.
        case byValue
    }

    /// One result column.
    public struct Field: Sendable {
        /// Name in the batch.
        public var name: String
        /// Logical type in the batch.
        public var type: ColumnType
        /// Storage in the batch.
        public var landing: Landing

        /// - Parameters: see the stored properties.
        public init(name: String, type: ColumnType, landing: Landing) {
            self.name = name
            self.type = type
            self.landing = landing
        }
    }

    private let statement: SQLiteStatement
    private var builders: [ColumnBuilder]
    /// True behind the last row.
    public private(set) var isFinished = false

    /// - Parameter fields: one for each of the first columns of `statement`; further ones are
    /// skipped.
    public init(_ statement: SQLiteStatement, fields: [Field]) {
        assert(fields.count <= statement.columnCount, "more fields than columns")
        self.statement = statement
        builders = fields.map { ColumnBuilder($0) }
    }

    /// The next rows, or nil behind the last one. Never an empty batch.
    ///
    /// - Throws: what SQLite says; an interrupt when the connection's cancellation flag is set.
    public func next(rowsMax: Int) throws(SQLiteError) -> RowBatch? {
        if isFinished { return nil }
        for builder in builders { builder.begin(rowsMax) }
        var rows = 0
        while rows < rowsMax, !isFull, try step() {
            append()
            rows += 1
        }
        if rows == 0 { return nil }
        return RowBatch(columns: builders.map { $0.finish(rows) }, rowCount: rows)
    }

    /// The next rows that `isWanted`, which sees the statement on each row; maybe none of them.
    ///
    /// - Parameter visitedMax: rows looked at before it returns with what there is.
    /// - Throws: as `next(rowsMax:)`.
    public func next(
        rowsMax: Int,
        visitedMax: Int,
        where isWanted: (SQLiteStatement) -> Bool
    ) throws(SQLiteError) -> RowBatch {
        for builder in builders { builder.begin(rowsMax) }
        var rows = 0
        var visited = 0
        while rows < rowsMax, visited < visitedMax, !isFull, try step() {
            visited += 1
            guard isWanted(statement) else { continue }
            append()
            rows += 1
        }
        return RowBatch(columns: builders.map { $0.finish(rows) }, rowCount: rows)
    }

    /// Bytes of text and blobs after which a batch ends, however few rows it has.
    public static let batchBytesMax = 16 << 20

    private var isFull: Bool {
        builders.reduce(0) { $0 + $1.byteCount } >= Self.batchBytesMax
    }

    @inline(__always)
    private func append() {
        var column: Int32 = 0
        for builder in builders {
            builder.append(statement.handle, column)
            column += 1
        }
    }

    /// Moves to the next row; false behind the last.
    @inline(__always)
    private func step() throws(SQLiteError) -> Bool {
        if isFinished { return false }
        let handle = statement.handle
        let code = sqlite3_step(handle)
        if code == SQLITE_ROW { return true }
        isFinished = true
        if code == SQLITE_DONE { return false }
        let error = SQLiteError(sqlite3_db_handle(handle), code, sql: statement.sql)
        sqlite3_reset(handle)
        throw error
    }
}

/// Collects one column of one batch in raw memory of `capacity` elements.
private final class ColumnBuilder {
    private var field: SQLiteBatchReader.Field
    private var values: UnsafeMutableRawPointer?
    private var capacity = 0
    private var row = 0
    private var bytes = ByteColumn()
    private var validity = Validity()
    /// Values of a column whose storage is not decided yet.
    private var undecided: [SQLiteValue] = []

    /// Bytes of the batch's texts and blobs so far.
    @inline(__always)
    var byteCount: Int { bytes.bytes.count }

    init(_ field: SQLiteBatchReader.Field) { self.field = field }

    deinit { values?.deallocate() }

    func begin(_ rowsMax: Int) {
        row = 0
        validity = Validity()
        bytes = ByteColumn()
        undecided = []
        guard capacity < rowsMax else { return }
        values?.deallocate()
        values = UnsafeMutableRawPointer.allocate(byteCount: rowsMax * 8, alignment: 16)
        capacity = rowsMax
    }

    @inline(__always)
    func append(_ handle: OpaquePointer, _ column: Int32) {
        let type = sqlite3_column_type(handle, column)
        let isNull = type == SQLITE_NULL
        validity.append(isNull: isNull)
        switch field.landing {
        case .int64:
            let value = isNull ? 0 : sqlite3_column_int64(handle, column)
            values?.storeBytes(of: value, toByteOffset: row * 8, as: Int64.self)
        case .double:
            let value = isNull ? 0 : sqlite3_column_double(handle, column)
            values?.storeBytes(of: value, toByteOffset: row * 8, as: Double.self)
        case .float:
            let value = isNull ? 0 : Float(sqlite3_column_double(handle, column))
            values?.storeBytes(of: value, toByteOffset: row * 4, as: Float.self)
        case .uint64:
            let value = isNull ? 0 : Self.unsigned(handle, column, type)
            values?.storeBytes(of: value, toByteOffset: row * 8, as: UInt64.self)
        case .bytes:
            bytes.append(
                isNull ? UnsafeRawBufferPointer(start: nil, count: 0) : Self.raw(handle, column)
            )
        case .byValue:
            undecided.append(Self.value(handle, column, type))
        }
        row += 1
    }

    private static func raw(_ handle: OpaquePointer, _ column: Int32) -> UnsafeRawBufferPointer {
        let start = sqlite3_column_blob(handle, column)
        let count = Int(sqlite3_column_bytes(handle, column))
        return UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count)
    }

    private static func unsigned(_ handle: OpaquePointer, _ column: Int32, _ type: Int32) -> UInt64
    {
        guard type == SQLITE_BLOB else {
            return UInt64(bitPattern: sqlite3_column_int64(handle, column))
        }
        return raw(handle, column).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func value(
        _ handle: OpaquePointer,
        _ column: Int32,
        _ type: Int32
    ) -> SQLiteValue {
        switch type {
        case SQLITE_NULL: .null
        case SQLITE_INTEGER: .integer(sqlite3_column_int64(handle, column))
        case SQLITE_FLOAT: .real(sqlite3_column_double(handle, column))
        default: .blob(Array(raw(handle, column)))
        }
    }

    func finish(_ rows: Int) -> Column {
        if field.landing == .byValue { decide() }
        let storage: Column.Storage =
            switch field.landing {
            case .int64: .int64(copied(Int64.self, rows))
            case .uint64: .uint64(copied(UInt64.self, rows))
            case .double: .double(copied(Double.self, rows))
            case .float: .float(copied(Float.self, rows))
            case .bytes, .byValue: .bytes(bytes)
            }
        return Column(name: field.name, type: field.type, storage: storage, validity: validity)
    }

    private func copied<Value>(_ type: Value.Type, _ rows: Int) -> [Value] {
        let source = UnsafeRawBufferPointer(start: values, count: rows * MemoryLayout<Value>.stride)
        return Array(source.bindMemory(to: type))
    }

    /// Chooses a storage from the values of this batch and keeps it for the following ones. A batch
    /// of NULLs only decides nothing.
    private func decide() {
        let seen = undecided.filter { !$0.isNull }
        let landing: SQLiteBatchReader.Landing
        if seen.isEmpty {
            for _ in undecided { bytes.append("") }
            return
        } else if seen.allSatisfy({ $0.integer != nil }) {
            landing = .int64
            field.type = .longLong
        } else if seen.allSatisfy({ $0.double != nil }) {
            landing = .double
            field.type = .double
        } else {
            landing = .bytes
        }
        field.landing = landing
        for (index, value) in undecided.enumerated() {
            switch landing {
            case .int64:
                values?.storeBytes(of: value.integer ?? 0, toByteOffset: index * 8, as: Int64.self)
            case .double:
                values?.storeBytes(of: value.double ?? 0, toByteOffset: index * 8, as: Double.self)
            default: appendText(value)
            }
        }
    }

    private func appendText(_ value: SQLiteValue) {
        switch value {
        case .null: bytes.append("")
        case .integer(let number): bytes.append(String(number))
        case .real(let number): bytes.append(String(number))
        case .text(let text): bytes.append(text)
        case .blob(let raw): raw.withUnsafeBytes { bytes.append($0) }
        }
    }
}
