public import BorealBase
import BorealSQLite
public import BorealWire

/// How a step of a statement ended.
public enum StepOutcome: Sendable {
    /// There is more to do: step again when the client has room.
    case more
    /// It is done; results without columns are told by the summary alone.
    case finished(StatementSummary)
    /// It needs the write lock: step again when the ticket is granted, or at its deadline.
    case waiting(LockTicket)
}

/// What the OK packet (or the end of a result) tells.
public struct StatementSummary: Equatable, Sendable {
    /// Rows changed; for a query, rows sent.
    public var affectedRows: UInt64 = 0
    /// The first AUTO_INCREMENT value that the statement made; 0 for none.
    public var lastInsertID: UInt64 = 0
    /// For the packet and for SHOW WARNINGS.
    public var warningCount = 0
    /// The human-readable text of the OK packet.
    public var info = ""

    /// Nothing changed.
    public init() {}
}

/// A statement that runs in steps and never waits while it holds a thread.
public protocol TableStatement: AnyObject, Sendable {
    /// The columns of its rows; empty for a statement that yields none.
    var columns: [ResultColumn] { get }
    /// The packets that describe them.
    var definitions: [ColumnDefinition41] { get }

    /// Goes on, appending rows until `budgetBytes` more bytes are in the buffer.
    ///
    /// The caller has written the column definitions (`columns.map(\.definition)`) before the first
    /// step when there are columns, and writes the end of the result after the last.
    func step(
        into writer: inout RowWriter,
        buffer: inout ByteBuffer,
        budgetBytes: Int
    ) throws -> StepOutcome

    /// The next rows of a query as columns, nil behind the last. Not mixed with `step`.
    func nextBatch(rowsMax: Int) throws -> RowBatch?

    /// Ends it early: an unfinished change is undone. Harmless when it is finished.
    func close()

    /// What it waited for is there, and the next step, its last, takes microseconds.
    var endsSoon: Bool { get }

    /// It asks remote models: however short its steps, it may take long.
    var mayWait: Bool { get }
}

extension TableStatement {
    /// False: nobody knows.
    public var endsSoon: Bool { false }

    /// False.
    public var mayWait: Bool { false }

    /// Made from `columns`.
    public var definitions: [ColumnDefinition41] { columns.map(\.definition) }
}

/// Writes the columns of a SQLite row as cells of the text protocol, without making a value in
/// between.
struct RowEncoder: Sendable {
    private enum Cell: Sendable {
        case whole
        case unsigned
        case real
        /// A real number that is shown with so many digits behind the point.
        case fixed(Int, isFloat: Bool)
        case float
        case bytes
        case bit(Int)
        /// ZEROFILL and YEAR: at least so many digits, in the text protocol.
        case padded(Int)
    }

    private var cells: [Cell]

    /// Cells of another server's columns.
    init(_ definitions: [ColumnDefinition41]) {
        self.init(definitions.map { ResultColumn($0.name, $0.columnType) })
        for (index, definition) in definitions.enumerated()
        where definition.flags.contains(.zerofill) {
            if case .integer = ValueClass(definition.columnType) {
                cells[index] = .padded(Int(clamping: definition.length))
            }
            if case .unsigned = ValueClass(definition.columnType) {
                cells[index] = .padded(Int(clamping: definition.length))
            }
        }
    }

    init(_ columns: [ResultColumn]) {
        cells = columns.map { column in
            switch ValueClass(column.type) {
            case .integer where column.type.kind == .bit: .bit((max(column.type.length, 1) + 7) / 8)
            case .integer where column.type.kind == .year: .padded(4)
            case .integer, .unsigned: Self.whole(column)
            case .real where column.type.decimals < 31:
                .fixed(column.type.decimals, isFloat: column.type.kind == .float)
            case .real: column.type.kind == .float ? .float : .real
            default: .bytes
            }
        }
    }

    private static func whole(_ column: ResultColumn) -> Cell {
        if let width = column.origin?.zerofillWidth { return .padded(width) }
        return ValueClass(column.type) == .unsigned ? .unsigned : .whole
    }

    /// A whole number with zeros in front; as a number where the protocol has numbers.
    private func write(
        _ value: UInt64,
        padded width: Int,
        into writer: inout RowWriter,
        _ buffer: inout ByteBuffer
    ) {
        guard writer.format == .text else { return writer.uint64(value, into: &buffer) }
        let digits = Array(String(value).utf8)
        let zeros = repeatElement(UInt8(ascii: "0"), count: max(width - digits.count, 0))
        (zeros + digits).withUnsafeBytes { writer.bytes($0, into: &buffer) }
    }

    /// One row of a batch whose columns landed as `ResultColumn.field` says.
    func write(
        _ batch: RowBatch,
        row: Int,
        into writer: inout RowWriter,
        _ buffer: inout ByteBuffer
    ) {
        writer.beginRow(into: &buffer)
        for index in cells.indices {
            let column = batch.columns[index]
            if column.isNull(row) {
                writer.null(into: &buffer)
                continue
            }
            switch column.storage {
            case .int64(let values):
                let value = values[row]
                switch cells[index] {
                case .bit(let size):
                    write(bits: UInt64(bitPattern: value), size, into: &writer, &buffer)
                case .padded(let width) where value >= 0:
                    write(UInt64(value), padded: width, into: &writer, &buffer)
                default: writer.int64(value, into: &buffer)
                }
            case .uint64(let values):
                if case .padded(let width) = cells[index] {
                    write(values[row], padded: width, into: &writer, &buffer)
                } else {
                    writer.uint64(values[row], into: &buffer)
                }
            case .double(let values):
                if case .fixed(let decimals, let isFloat) = cells[index] {
                    write(values[row], decimals, isFloat, into: &writer, &buffer)
                } else {
                    writer.double(values[row], into: &buffer)
                }
            case .float(let values):
                if case .fixed(let decimals, let isFloat) = cells[index] {
                    write(Double(values[row]), decimals, isFloat, into: &writer, &buffer)
                } else {
                    writer.float(values[row], into: &buffer)
                }
            case .sparse(let numbers): writer.double(numbers[row], into: &buffer)
            case .bytes(let values):
                values[row].withUnsafeBytes { writer.bytes($0, into: &buffer) }
            }
        }
        writer.endRow(into: &buffer)
    }

    /// A real number with fixed digits, which the binary protocol does not know.
    private func write(
        _ value: Double,
        _ decimals: Int,
        _ isFloat: Bool,
        into writer: inout RowWriter,
        _ buffer: inout ByteBuffer
    ) {
        if writer.format == .text {
            writer.text(NumberText.fixed(value, decimals), into: &buffer)
        } else if isFloat {
            writer.float(Float(value), into: &buffer)
        } else {
            writer.double(value, into: &buffer)
        }
    }

    private func write(
        bits value: UInt64,
        _ size: Int,
        into writer: inout RowWriter,
        _ buffer: inout ByteBuffer
    ) {
        let bytes = (0..<size).map {
            UInt8(truncatingIfNeeded: value >> UInt64((size - 1 - $0) * 8))
        }
        bytes.withUnsafeBytes { writer.bytes($0, into: &buffer) }
    }

    private func unsigned(
        _ row: SQLiteStatement,
        _ index: Int,
        _ type: SQLiteType
    ) -> UInt64 {
        guard type == .blob else { return UInt64(clamping: row.int64(index)) }
        return row.blobBytes(index).prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }

    /// One row, begun and ended.
    @inline(__always)
    func write(_ row: SQLiteStatement, into writer: inout RowWriter, _ buffer: inout ByteBuffer) {
        writer.beginRow(into: &buffer)
        for index in cells.indices {
            let type = row.type(index)
            if type == .null {
                writer.null(into: &buffer)
                continue
            }
            switch cells[index] {
            case .whole: writer.int64(row.int64(index), into: &buffer)
            case .real: writer.double(row.double(index), into: &buffer)
            case .fixed(let decimals, let isFloat):
                write(row.double(index), decimals, isFloat, into: &writer, &buffer)
            case .float: writer.float(Float(row.double(index)), into: &buffer)
            case .bytes: writer.bytes(row.blobBytes(index), into: &buffer)
            case .unsigned where type == .blob:
                writer.uint64(unsigned(row, index, type), into: &buffer)
            case .unsigned: writer.int64(row.int64(index), into: &buffer)
            case .padded(let width):
                let value = unsigned(row, index, type)
                write(value, padded: width, into: &writer, &buffer)
            case .bit(let size):
                let value = UInt64(bitPattern: row.int64(index))
                write(bits: value, size, into: &writer, &buffer)
            }
        }
        writer.endRow(into: &buffer)
    }
}
