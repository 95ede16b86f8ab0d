import BorealBase

/// The cells of a binary row (the manual's "Binary Protocol Resultset Row"), which stand in the
/// form that the column's type demands, whatever the value came as: NULL is a bit in front of the
/// cells, numbers have a fixed width, times their parts, and everything else is a
/// `string<lenenc>`.
extension RowWriter {
    /// How rows travel.
    public enum Format: Sendable {
        /// Answers to COM_QUERY: every value as text.
        case text
        /// Answers to COM_STMT_EXECUTE.
        case binary
    }

    /// The form of a column's cells.
    @usableFromInline
    enum BinaryCell: Sendable {
        case whole(bytes: Int)
        case float
        case double
        /// DATE, DATETIME, TIMESTAMP.
        case calendar
        /// TIME.
        case duration
        /// `string<lenenc>`
        case string

        init(_ type: FieldType) {
            self =
                switch type {
                case .tiny: .whole(bytes: 1)
                case .short, .year: .whole(bytes: 2)
                case .long, .int24: .whole(bytes: 4)
                case .longLong: .whole(bytes: 8)
                case .float: .float
                case .double: .double
                case .date, .dateTime, .timestamp: .calendar
                case .time: .duration
                default: .string
                }
        }
    }

    /// Begins a binary row: the packet's header 0x00 and the NULL bitmap, whose first two bits are
    /// not used.
    mutating func beginBinaryRow(_ columnCount: Int, into output: inout ByteBuffer) {
        output.append(0)
        output.append(zeros: (columnCount + 9) / 8)
    }

    /// Sets the bit of a column, counted from 0, of the row that begins at `rowStart`.
    func setNull(_ column: Int, rowStart: Int, in output: inout ByteBuffer) {
        let bit = column + 2
        let place = rowStart + WireLimits.frameHeaderBytes + 1 + bit / 8
        output.withUnsafeMutableBytes { $0[place] |= 1 << UInt8(bit % 8) }
    }

    /// A whole number in a column of any type but `string`, whose text is the caller's.
    func append(whole value: Int64, as cell: BinaryCell, to output: inout ByteBuffer) {
        switch cell {
        case .whole(let bytes):
            output.append(littleEndian: UInt64(bitPattern: value), bytes: bytes)
        case .float: output.append(littleEndian: UInt64(Float(value).bitPattern), bytes: 4)
        case .double: output.append(littleEndian: Double(value).bitPattern, bytes: 8)
        case .calendar, .duration, .string: output.append(0)
        }
    }

    /// A real number, likewise.
    func append(real value: Double, as cell: BinaryCell, to output: inout ByteBuffer) {
        switch cell {
        case .float: output.append(littleEndian: UInt64(Float(value).bitPattern), bytes: 4)
        case .double: output.append(littleEndian: value.bitPattern, bytes: 8)
        default:
            // A value out of range is the nearest one; NaN never comes here.
            let whole = Int64(exactly: value.rounded()) ?? (value < 0 ? .min : .max)
            append(whole: whole, as: cell, to: &output)
        }
    }

    /// MySQL's text of a value, likewise.
    func append(
        text bytes: UnsafeRawBufferPointer,
        as cell: BinaryCell,
        to output: inout ByteBuffer
    ) {
        switch cell {
        case .calendar: BinaryTime.appendCalendar(bytes, to: &output)
        case .duration: BinaryTime.appendDuration(bytes, to: &output)
        case .whole, .float, .double, .string:
            let text = String(decoding: bytes, as: UTF8.self)
            if let number = Int64(text) ?? UInt64(text).map({ Int64(bitPattern: $0) }) {
                append(whole: number, as: cell, to: &output)
            } else {
                append(real: Double(text) ?? 0, as: cell, to: &output)
            }
        }
    }
}

/// Dates and times from MySQL's text into the binary form.
enum BinaryTime {
    /// The numbers of a text, whatever stands between them; at most seven.
    private static func numbers(_ text: UnsafeRawBufferPointer) -> (
        parts: [UInt64], fractionDigits: Int
    ) {
        var parts: [UInt64] = []
        var isInside = false
        var fractionDigits = 0
        var isFraction = false
        for byte in text.prefix(32) {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else {
                isInside = false
                isFraction = byte == UInt8(ascii: ".")
                continue
            }
            if !isInside, parts.count == 7 { break }
            if !isInside { parts.append(0) }
            isInside = true
            if isFraction { fractionDigits += 1 }
            parts[parts.count - 1] =
                parts[parts.count - 1] &* 10 &+ UInt64(byte - UInt8(ascii: "0"))
        }
        return (parts, fractionDigits)
    }

    private static func microseconds(_ fraction: UInt64, digits: Int) -> UInt64 {
        var value = fraction
        for _ in 0..<max(0, 6 - digits) { value *= 10 }
        for _ in 0..<max(0, digits - 6) { value /= 10 }
        return value
    }

    /// `YYYY-MM-DD[ HH:MM:SS[.ffffff]]` as length (1) and as many parts as are not 0: none, the
    /// date, the time too, the microseconds too.
    static func appendCalendar(_ text: UnsafeRawBufferPointer, to output: inout ByteBuffer) {
        var (parts, fractionDigits) = numbers(text)
        while parts.count < 7 { parts.append(0) }
        let fraction = fractionDigits > 0 ? microseconds(parts[6], digits: fractionDigits) : 0
        let hasTime = parts[3] | parts[4] | parts[5] != 0
        let hasDate = parts[0] | parts[1] | parts[2] != 0
        let length: UInt8 = fraction != 0 ? 11 : hasTime ? 7 : hasDate ? 4 : 0
        output.append(length)
        guard length >= 4 else { return }
        output.append(littleEndian: parts[0], bytes: 2)
        for part in 1...2 { output.append(littleEndian: parts[part], bytes: 1) }
        guard length >= 7 else { return }
        for part in 3...5 { output.append(littleEndian: parts[part], bytes: 1) }
        if length == 11 { output.append(littleEndian: fraction, bytes: 4) }
    }

    /// `[-]HH:MM:SS[.ffffff]` as length (1), sign (1), days (4), hours, minutes, seconds (1 each),
    /// microseconds (4); no parts when all are 0, no microseconds when they are.
    static func appendDuration(_ text: UnsafeRawBufferPointer, to output: inout ByteBuffer) {
        var (parts, fractionDigits) = numbers(text)
        while parts.count < 4 { parts.append(0) }
        let fraction = fractionDigits > 0 ? microseconds(parts[3], digits: fractionDigits) : 0
        let isZero = parts[0] | parts[1] | parts[2] | fraction == 0
        let length: UInt8 = isZero ? 0 : fraction != 0 ? 12 : 8
        output.append(length)
        guard length >= 8 else { return }
        output.append(text.first == UInt8(ascii: "-") ? 1 : 0)
        output.append(littleEndian: parts[0] / 24, bytes: 4)
        output.append(littleEndian: parts[0] % 24, bytes: 1)
        for part in 1...2 { output.append(littleEndian: parts[part], bytes: 1) }
        if length == 12 { output.append(littleEndian: fraction, bytes: 4) }
    }
}
