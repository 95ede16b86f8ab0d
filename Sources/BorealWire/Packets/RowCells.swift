public import BorealBase

/// The cells of a row. In a text row (the manual's "Text Resultset Row") each is a
/// `string<lenenc>`, or one byte for NULL; a binary row has them in the form of `BinaryRow.swift`.
extension RowWriter {
    /// NULL.
    public mutating func null(into output: inout ByteBuffer) {
        countCell()
        guard isBinary else { return output.append(LengthEncoded.null) }
        setNull(cellCount - 1, rowStart: rowStart, in: &output)
    }

    /// A signed integer.
    public mutating func int64(_ value: Int64, into output: inout ByteBuffer) {
        countCell()
        if let cell = fixedCell { return append(whole: value, as: cell, to: &output) }
        output.append(upTo: 1 + DecimalText.bytesMax) { place in
            let digits = DecimalText.write(value, to: place + 1)
            place.storeBytes(of: UInt8(truncatingIfNeeded: digits), as: UInt8.self)
            return 1 + digits
        }
    }

    /// An unsigned integer.
    public mutating func uint64(_ value: UInt64, into output: inout ByteBuffer) {
        countCell()
        if let cell = fixedCell {
            guard case .whole = cell else {
                return append(real: Double(value), as: cell, to: &output)
            }
            return append(whole: Int64(bitPattern: value), as: cell, to: &output)
        }
        output.append(upTo: 1 + DecimalText.bytesMax) { place in
            let digits = DecimalText.write(value, to: place + 1)
            place.storeBytes(of: UInt8(truncatingIfNeeded: digits), as: UInt8.self)
            return 1 + digits
        }
    }

    /// A Double in the fewest digits that read back as the same number, laid out as MySQL does:
    /// `1`, `0.1`, `1e20`. What is not finite is NULL, as SQL has no such values.
    public mutating func double(_ value: Double, into output: inout ByteBuffer) {
        guard value.isFinite else { return null(into: &output) }
        countCell()
        if let cell = fixedCell { return append(real: value, as: cell, to: &output) }
        output.append(upTo: 1 + DecimalText.bytesMax) { place in
            let digits = DecimalText.write(value, to: place + 1)
            place.storeBytes(of: UInt8(truncatingIfNeeded: digits), as: UInt8.self)
            return 1 + digits
        }
    }

    /// A Float in the fewest digits that read back as the same Float (MySQL itself cuts FLOAT at
    /// six digits). What is not finite is NULL.
    public mutating func float(_ value: Float, into output: inout ByteBuffer) {
        guard value.isFinite else { return null(into: &output) }
        countCell()
        if let cell = fixedCell { return append(real: Double(value), as: cell, to: &output) }
        output.append(upTo: 1 + DecimalText.bytesMax) { place in
            let digits = DecimalText.write(value, to: place + 1)
            place.storeBytes(of: UInt8(truncatingIfNeeded: digits), as: UInt8.self)
            return 1 + digits
        }
    }

    /// Bytes of any type, as they are: text in UTF-8, dates and decimals in MySQL's text form.
    public mutating func bytes(_ value: UnsafeRawBufferPointer, into output: inout ByteBuffer) {
        countCell()
        if !isPlain {
            if let cell = fixedCell { return append(text: value, as: cell, to: &output) }
            if let converted = cellConversion?.converted(value) {
                return converted.withUnsafeBytes { output.append(lengthEncoded: $0) }
            }
        }
        output.append(upTo: LengthEncoded.integerBytesMax + value.count) { place in
            let prefix = LengthEncoded.write(UInt64(value.count), to: place)
            if let source = value.baseAddress {
                (place + prefix).copyMemory(from: source, byteCount: value.count)
            }
            return prefix + value.count
        }
    }

    /// The UTF-8 of a text.
    public mutating func text(_ value: String, into output: inout ByteBuffer) {
        var value = value
        value.withUTF8 { bytes(UnsafeRawBufferPointer($0), into: &output) }
    }

    /// Row `row` of a column of a batch.
    public mutating func cell(_ column: Column, row: Int, into output: inout ByteBuffer) {
        if column.isNull(row) { return null(into: &output) }
        switch column.storage {
        case .int64(let values): int64(values[row], into: &output)
        case .uint64(let values): uint64(values[row], into: &output)
        case .double(let values): double(values[row], into: &output)
        case .float(let values): float(values[row], into: &output)
        case .sparse(let numbers): double(numbers[row], into: &output)
        case .bytes(let values):
            values[row].withUnsafeBytes { bytes($0, into: &output) }
        }
    }

    /// The form of the cell just counted when it is not that of a text row.
    @inline(__always)
    private var fixedCell: BinaryCell? {
        guard isBinary else { return nil }
        if case .string = binaryCells[cellCount - 1] { return nil }
        return binaryCells[cellCount - 1]
    }
}
