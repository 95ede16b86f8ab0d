package import BorealBase

/// Reads delimited text with a header line (RFC 4180 quoting) into one `RowBatch`.
///
/// A column is numeric until a cell says otherwise: cells go straight into doubles, and the first
/// cell that is no number makes the reader look at the rows above once more, for that column only.
/// Empty cells and the spellings of `missingWords` are NULL.
package struct DelimitedText {
    private let bytes: UnsafeRawBufferPointer
    private let delimiter: UInt8
    private var columns: [ColumnReader] = []
    private var names: [String] = []
    private var rowCount = 0
    private var position = 0
    /// Where the first row behind the header begins.
    private var bodyStart = 0

    /// What stands for a missing value besides an empty cell.
    private static let missingWords = ["na", "nan", "null", "n/a", "none", "\\n", "?"]

    /// Reads a whole file that lies in memory.
    ///
    /// - Throws: `DataFileError` for a missing header, ragged rows, too many columns.
    package static func read(
        _ bytes: UnsafeRawBufferPointer,
        delimiter: UInt8
    ) throws(DataFileError) -> RowBatch {
        var reader = DelimitedText(bytes: bytes, delimiter: delimiter)
        try reader.readHeader()
        try reader.readRows()
        return reader.batch()
    }

    private init(bytes: UnsafeRawBufferPointer, delimiter: UInt8) {
        self.bytes = bytes
        self.delimiter = delimiter
    }

    // MARK: - Cells

    /// One cell: where its text lies, and whether quotes must be taken out.
    private struct Cell {
        var start: Int
        var end: Int
        var hasEscapedQuotes = false
        var isQuoted = false
        /// True when the cell ended its line.
        var endsLine: Bool
    }

    /// Reads the cell at `offset` and moves behind its delimiter.
    @inline(__always)
    private func nextCell(_ offset: inout Int) -> Cell {
        let count = bytes.count
        if offset < count, bytes[offset] == UInt8(ascii: "\"") { return quotedCell(&offset) }
        let start = offset
        while offset < count {
            let byte = bytes[offset]
            if byte == delimiter {
                offset += 1
                return Cell(start: start, end: offset - 1, endsLine: false)
            }
            if byte == 0x0A {
                offset += 1
                let end = offset - 1
                let hasReturn = end > start && bytes[end - 1] == 0x0D
                return Cell(start: start, end: hasReturn ? end - 1 : end, endsLine: true)
            }
            offset += 1
        }
        return Cell(start: start, end: count, endsLine: true)
    }

    /// A cell in double quotes; doubled quotes stand for one.
    private func quotedCell(_ offset: inout Int) -> Cell {
        offset += 1
        var cell = Cell(start: offset, end: offset, isQuoted: true, endsLine: true)
        while offset < bytes.count {
            guard bytes[offset] == UInt8(ascii: "\"") else {
                offset += 1
                continue
            }
            if offset + 1 < bytes.count, bytes[offset + 1] == UInt8(ascii: "\"") {
                cell.hasEscapedQuotes = true
                offset += 2
                continue
            }
            break
        }
        cell.end = offset
        // Behind the closing quote: the delimiter, the end of the line, or the end of the file.
        while offset < bytes.count, bytes[offset] != delimiter, bytes[offset] != 0x0A {
            offset += 1
        }
        if offset < bytes.count {
            cell.endsLine = bytes[offset] == 0x0A
            offset += 1
        }
        return cell
    }

    private func text(_ cell: Cell) -> String {
        let raw = String(decoding: bytes[cell.start..<cell.end], as: UTF8.self)
        guard cell.hasEscapedQuotes else { return raw }
        var text = ""
        var skip = false
        for character in raw {
            if character == "\"" {
                skip.toggle()
                if skip { continue }
            } else {
                skip = false
            }
            text.append(character)
        }
        return text
    }

    // MARK: - Rows

    private mutating func readHeader() throws(DataFileError) {
        // A byte order mark is no part of the first name.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        guard position < bytes.count else { throw .noHeader }
        while true {
            let cell = nextCell(&position)
            names.append(text(cell).trimmingBlanks)
            guard names.count <= Limits.modelFeaturesMax else { throw .tooManyColumns }
            if cell.endsLine { break }
        }
        bodyStart = position
        columns = names.map { _ in ColumnReader() }
    }

    private mutating func readRows() throws(DataFileError) {
        let columnCount = names.count
        while position < bytes.count {
            let lineStart = position
            var column = 0
            while true {
                let cell = nextCell(&position)
                if column == 0, cell.endsLine, cell.start == cell.end, columnCount > 1 {
                    column = -1
                    break
                }
                guard column < columnCount else {
                    throw .raggedRow(row: rowCount + 1, expected: columnCount, found: column + 1)
                }
                append(cell, column)
                column += 1
                if cell.endsLine { break }
            }
            if column == -1 { continue }
            guard column == columnCount else {
                throw .raggedRow(row: rowCount + 1, expected: columnCount, found: column)
            }
            assert(position > lineStart, "a row consumed nothing")
            rowCount += 1
        }
    }

    @inline(__always)
    private mutating func append(_ cell: Cell, _ column: Int) {
        let slice = UnsafeRawBufferPointer(rebasing: bytes[cell.start..<cell.end])
        if columns[column].isText {
            if slice.isEmpty && !cell.isQuoted {
                columns[column].appendMissing()
            } else {
                columns[column].append(
                    text: cell.hasEscapedQuotes ? Array(text(cell).utf8) : nil,
                    slice
                )
            }
            return
        }
        if !cell.isQuoted, let number = CellDecimal.double(slice) {
            columns[column].append(number: number)
        } else if Self.isMissing(slice) {
            columns[column].appendMissing()
        } else {
            rereadAsText(column)
            append(cell, column)
        }
    }

    private static func isMissing(_ cell: UnsafeRawBufferPointer) -> Bool {
        if cell.isEmpty { return true }
        guard cell.count <= 4 else { return false }
        return missingWords.contains(String(decoding: cell, as: UTF8.self).asciiLowercased)
    }

    /// Turns a column that looked numeric so far into text, from the file.
    private mutating func rereadAsText(_ column: Int) {
        var reader = ColumnReader()
        reader.isText = true
        var offset = bodyStart
        var row = 0
        while row < rowCount {
            var index = 0
            var isBlankLine = false
            while true {
                let cell = nextCell(&offset)
                if index == 0, cell.endsLine, cell.start == cell.end, names.count > 1 {
                    isBlankLine = true
                    break
                }
                if index == column {
                    let slice = UnsafeRawBufferPointer(rebasing: bytes[cell.start..<cell.end])
                    if slice.isEmpty && !cell.isQuoted {
                        reader.appendMissing()
                    } else {
                        reader.append(
                            text: cell.hasEscapedQuotes ? Array(text(cell).utf8) : nil,
                            slice
                        )
                    }
                }
                index += 1
                if cell.endsLine { break }
            }
            if !isBlankLine { row += 1 }
        }
        columns[column] = reader
    }

    private func batch() -> RowBatch {
        RowBatch(
            columns: zip(names, columns).map { $1.column(named: $0) },
            rowCount: rowCount
        )
    }
}

/// One column while it is read.
private struct ColumnReader {
    var isText = false
    private var numbers: [Double] = []
    private var texts = ByteColumn()
    private var validity = Validity()
    /// True while every number was whole and small enough to be exact.
    private var isWhole = true

    @inline(__always)
    mutating func append(number: Double) {
        numbers.append(number)
        validity.append(isNull: false)
        if isWhole, number.rounded(.towardZero) != number || number.magnitude > 9e15 {
            isWhole = false
        }
    }

    mutating func append(text: [UInt8]?, _ slice: UnsafeRawBufferPointer) {
        if let text {
            text.withUnsafeBytes { texts.append($0) }
        } else {
            texts.append(slice)
        }
        validity.append(isNull: false)
    }

    mutating func appendMissing() {
        if isText {
            texts.append(UnsafeRawBufferPointer(start: nil, count: 0))
        } else {
            numbers.append(.nan)
        }
        validity.append(isNull: true)
    }

    func column(named name: String) -> Column {
        if isText {
            return Column(
                name: name,
                type: ColumnType(.text),
                storage: .bytes(texts),
                validity: validity
            )
        }
        if isWhole {
            return Column(
                name: name,
                type: .longLong,
                storage: .int64(numbers.map { $0.isNaN ? 0 : Int64($0) }),
                validity: validity
            )
        }
        return Column(name: name, type: .double, storage: .double(numbers), validity: validity)
    }
}
