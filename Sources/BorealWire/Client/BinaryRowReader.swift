package import BorealBase

/// Lands the binary rows of another server (the manual's "Binary Protocol Resultset Row") in typed
/// columns, a batch at a time: no cell becomes a value of its own on the way.
///
/// The columns are those that the embedded tables would make of the same values: whole numbers as
/// 64 bits, DECIMAL and times as MySQL's text, texts in UTF-8.
package final class BinaryRowReader {
    /// What the columns are, in order.
    package let definitions: [ColumnDefinition41]
    /// `[columns]`. In memory of its own, so that nothing asks first whether a copy is
    /// needed, or whether somebody else is looking.
    private let cells: UnsafeMutableBufferPointer<BinaryCells>
    /// What came since the last `take`, beside the cells for the same reason.
    private let counts: UnsafeMutablePointer<Counts>

    private struct Counts {
        var rows = 0
        var bytes = 0
    }

    /// Rows since the last `take`.
    package var rowCount: Int { counts.pointee.rows }

    /// Bytes of texts and blobs since the last `take`.
    package var byteCount: Int { counts.pointee.bytes }

    /// - Throws: `unreadableColumn` for a character set that is not known here.
    package init(_ definitions: [ColumnDefinition41]) throws(WireError) {
        var all: [BinaryCells] = []
        for definition in definitions { all.append(try BinaryCells(definition)) }
        self.definitions = definitions
        cells = .allocate(capacity: all.count)
        _ = cells.initialize(from: all)
        counts = .allocate(capacity: 1)
        counts.initialize(to: Counts())
    }

    deinit {
        counts.deallocate()
        cells.deinitialize()
        cells.deallocate()
    }

    /// Appends the row of a packet.
    ///
    /// - Throws: `truncated`, `malformed`; the reader is of no use then.
    package func append(_ payload: UnsafeRawBufferPointer) throws(WireError) {
        let bitmapBytes = (cells.count + 9) / 8
        guard payload.count > bitmapBytes, payload.first == 0 else {
            throw .malformed(packet: BinaryCursor.packet, field: "NULL bitmap")
        }
        let row = rowCount
        var kept = 0
        var cursor = BinaryCursor(payload, position: 1 + bitmapBytes)
        for index in cells.indices {
            let bit = index + 2
            if payload[1 + bit >> 3] >> UInt8(bit & 7) & 1 == 1 {
                cells[index].appendNull(row: row)
            } else {
                kept += try cells[index].append(&cursor)
            }
        }
        guard cursor.isAtEnd else {
            throw .malformed(packet: BinaryCursor.packet, field: "end")
        }
        counts.pointee = Counts(rows: row + 1, bytes: byteCount + kept)
    }

    /// The rows since the last call, which may be none.
    package func take() -> RowBatch {
        var columns: [Column] = []
        columns.reserveCapacity(cells.count)
        for index in cells.indices { columns.append(cells[index].take(rowCount)) }
        let batch = RowBatch(columns: columns, rowCount: rowCount)
        counts.pointee = Counts()
        return batch
    }
}

/// Reads the cells of one row in order.
struct BinaryCursor {
    static let packet = "Binary Resultset Row"

    /// Valid only while the caller's buffer is.
    private let bytes: UnsafeRawBufferPointer
    private var position: Int

    init(_ bytes: UnsafeRawBufferPointer, position: Int) {
        self.bytes = bytes
        self.position = position
    }

    var isAtEnd: Bool { position == bytes.count }

    private func truncated() -> WireError { .truncated(packet: Self.packet, field: "value") }

    /// Eight bytes at most, least significant first.
    @inline(__always)
    mutating func integer(_ count: Int) throws(WireError) -> UInt64 {
        guard bytes.count - position >= count else { throw truncated() }
        var value: UInt64 = 0
        for place in 0..<count { value |= UInt64(bytes[position + place]) << UInt64(8 * place) }
        position += count
        return value
    }

    /// Of a number that is as wide as `Bits`.
    @inline(__always)
    mutating func fixed<Bits: FixedWidthInteger>(_ type: Bits.Type) throws(WireError) -> Bits {
        guard bytes.count - position >= MemoryLayout<Bits>.size else { throw truncated() }
        let value = bytes.loadUnaligned(fromByteOffset: position, as: Bits.self)
        position += MemoryLayout<Bits>.size
        return Bits(littleEndian: value)
    }

    /// `string<lenenc>`.
    @inline(__always)
    mutating func string() throws(WireError) -> UnsafeRawBufferPointer {
        let first = try integer(1)
        let count: UInt64
        switch first {
        case 0xfc: count = try integer(2)
        case 0xfd: count = try integer(3)
        case 0xfe: count = try integer(8)
        case 0xfb, 0xff: throw .malformed(packet: Self.packet, field: "length")
        default: count = first
        }
        guard count <= UInt64(bytes.count - position) else { throw truncated() }
        let start = position
        position += Int(count)
        return UnsafeRawBufferPointer(rebasing: bytes[start..<position])
    }
}
