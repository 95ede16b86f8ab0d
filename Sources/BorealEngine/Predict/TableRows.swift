import BorealBase
import BorealTables

/// The rows of a table that INTO writes: gathered while the model answers, in memory and then in a
/// file, and read again when the table's lock is held, which so is held for the writing alone.
final class TableRows {
    /// The table as it will be made.
    let table: ResultTable
    /// Whose it will be.
    let place: TableTarget.Place
    private let projection: Projection
    /// Types of the columns that the model adds.
    private let added: [ColumnType]
    private let rows: CursorRows
    private var row: [UInt8] = []
    private var cell: [UInt8] = []

    /// - Parameter folder: where the file goes if one is needed.
    init(
        _ table: ResultTable,
        of place: TableTarget.Place = .here,
        projection: Projection,
        added: [ColumnType],
        folder: String
    ) {
        self.table = table
        self.place = place
        self.projection = projection
        self.added = added
        // One file of any size: what bounds it is the disk, as of the table itself.
        let budget = CursorBudget(
            memoryBytes: Limits.cursorMemoryBytes,
            fileBytes: .max,
            filesMax: 1
        )
        rows = CursorRows(budget, folder: folder)
    }

    /// Keeps a line that answers a row.
    ///
    /// - Parameter text: appends the text of an added column; false for NULL.
    func append(
        _ batch: RowBatch,
        row place: Int,
        text: (_ column: Int, _ cell: inout [UInt8]) -> Bool
    ) throws(ServerError) {
        row.removeAll(keepingCapacity: true)
        for column in projection.columns {
            switch column.source {
            case .input(let index):
                ValueCode.append(TableValue(batch.columns[index], place), to: &row)
            case .added(let index):
                cell.removeAll(keepingCapacity: true)
                let isThere = text(index, &cell)
                let written = String(decoding: cell, as: UTF8.self)
                let value = isThere ? Self.value(written, added[index].kind) : .null
                ValueCode.append(value, to: &row)
            }
        }
        let outcome = row.withUnsafeBytes { bytes in
            Result { () throws(ServerError) in try rows.append(bytes) }
        }
        try outcome.get()
    }

    /// No row follows.
    func seal() throws(ServerError) { try rows.seal() }

    /// Rows that were not read yet.
    var rowsLeft: Int { rows.rowsLeft }

    /// The next row; nil behind the last.
    func next() throws(ServerError) -> [TableValue]? {
        guard rows.rowsLeft > 0 else { return nil }
        var values: [TableValue] = []
        values.reserveCapacity(projection.columns.count)
        try rows.next { bytes in
            var position = 0
            while position < bytes.count { values.append(ValueCode.read(bytes, &position)) }
        }
        return values
    }

    /// An answer in the type that its column has. An infinite number is none that a table holds.
    static func value(_ text: String, _ kind: ColumnType.Kind) -> TableValue {
        switch kind {
        case .longLong: Int64(text).map { .integer($0) } ?? .text(text)
        case .double: Double(text).map { $0.isFinite ? .real($0) : .null } ?? .text(text)
        case .decimal: .decimal(text)
        default: .text(text)
        }
    }
}

/// Values as bytes: one that tells the kind, then the number in 8 bytes, or the length in 8 bytes
/// and the text.
enum ValueCode {
    /// What a value's first byte says.
    private enum Tag: UInt8 {
        case null
        case integer
        case unsigned
        case real
        case decimal
        case text
        case bytes
    }

    static func append(_ value: TableValue, to row: inout [UInt8]) {
        switch value {
        case .null: row.append(Tag.null.rawValue)
        case .integer(let number): append(.integer, UInt64(bitPattern: number), to: &row)
        case .unsigned(let number): append(.unsigned, number, to: &row)
        case .real(let number): append(.real, number.bitPattern, to: &row)
        case .decimal(let text): append(.decimal, text.utf8, to: &row)
        case .text(let text), .temporal(let text, _): append(.text, text.utf8, to: &row)
        case .bytes(let bytes): append(.bytes, bytes, to: &row)
        }
    }

    private static func append(_ tag: Tag, _ number: UInt64, to row: inout [UInt8]) {
        row.append(tag.rawValue)
        withUnsafeBytes(of: number.littleEndian) { row.append(contentsOf: $0) }
    }

    private static func append(
        _ tag: Tag,
        _ bytes: some Collection<UInt8>,
        to row: inout [UInt8]
    ) {
        append(tag, UInt64(bytes.count), to: &row)
        row.append(contentsOf: bytes)
    }

    /// The value at a position, which moves behind it; the bytes are those of `append`.
    static func read(_ bytes: UnsafeRawBufferPointer, _ position: inout Int) -> TableValue {
        let tag = Tag(rawValue: bytes[position]) ?? .null
        position += 1
        if tag == .null { return .null }
        let number = bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self).littleEndian
        position += 8
        switch tag {
        case .integer: return .integer(Int64(bitPattern: number))
        case .unsigned: return .unsigned(number)
        case .real: return .real(Double(bitPattern: number))
        case .null, .decimal, .text, .bytes: break
        }
        let content = UnsafeRawBufferPointer(rebasing: bytes[position..<position + Int(number)])
        position += Int(number)
        switch tag {
        case .decimal: return .decimal(String(decoding: content, as: UTF8.self))
        case .bytes: return .bytes(Array(content))
        default: return .text(String(decoding: content, as: UTF8.self))
        }
    }
}
