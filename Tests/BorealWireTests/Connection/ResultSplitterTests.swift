import BorealBase
import Testing

@testable import BorealWire

/// An answer taken apart for a cursor.
@Suite struct ResultSplitterTests {
    private let column = ColumnDefinition41(name: "a", type: ColumnType(.varchar, length: 10))

    /// Packets of a result with these rows, written in two steps.
    private func steps(
        _ rows: [String],
        _ capabilities: CapabilityFlags,
        warnings: UInt16 = 0
    ) -> [ByteBuffer] {
        var writer = RowWriter(sequenceID: 1, capabilities: capabilities, format: .binary)
        var (first, second) = (ByteBuffer(), ByteBuffer())
        writer.columns([column, column], status: .autocommit, into: &first)
        for (number, row) in rows.enumerated() {
            let isFirst = number < rows.count / 2
            var buffer = ByteBuffer()
            writer.beginRow(into: &buffer)
            writer.text(row, into: &buffer)
            writer.null(into: &buffer)
            writer.endRow(into: &buffer)
            buffer.withUnsafeBytes { isFirst ? first.append($0) : second.append($0) }
        }
        writer.endResult(status: .autocommit, warnings: warnings, into: &second)
        return [first, second]
    }

    @Test("columns are the head, rows are rows, and the end tells the warnings")
    func parts() {
        for capabilities in [[], .deprecateEOF] as [CapabilityFlags] {
            var splitter = ResultSplitter(capabilities: capabilities)
            var (heads, rows) = (0, [Int]())
            for step in steps(["x", "yy", "zzz"], capabilities, warnings: 300) {
                step.withUnsafeBytes { bytes in
                    splitter.split(bytes) { part in
                        switch part {
                        case .head: heads += 1
                        case .row(let payload): rows.append(payload.count)
                        }
                    }
                }
            }
            #expect(heads == 3)
            // The header, one byte of bitmap, the length, the text.
            #expect(rows == [4, 5, 6])
            #expect(splitter.columnCount == 2)
            #expect(splitter.warnings == 300)
        }
    }

    @Test("a row of more than one frame is one row, without the headers in between")
    func longRow() {
        for length in [0xFF_FFFF - 7, 0xFF_FFFF - 6, 0xFF_FFFF, 33_000_000] {
            var splitter = ResultSplitter(capabilities: [])
            var rows: [Int] = []
            for step in steps([String(repeating: "x", count: length)], []) {
                step.withUnsafeBytes { bytes in
                    splitter.split(bytes) { part in
                        if case .row(let payload) = part { rows.append(payload.count) }
                    }
                }
            }
            // The header, the bitmap, four or nine bytes of length.
            #expect(rows == [length + 2 + (length < 1 << 24 ? 4 : 9)])
        }
    }

    @Test("a statement without a result is an OK packet and nothing else")
    func noResult() {
        var writer = RowWriter(sequenceID: 1, capabilities: [], format: .binary)
        var buffer = ByteBuffer()
        writer.ok(OKPacket(affectedRows: 3), into: &buffer)
        var splitter = ResultSplitter(capabilities: [])
        var heads: [UInt8] = []
        buffer.withUnsafeBytes { bytes in
            splitter.split(bytes) { part in
                if case .head(let payload) = part { heads += Array(payload) }
            }
        }
        #expect(heads == [0, 3, 0, 2, 0, 0, 0])
        #expect(splitter.columnCount == 0)
    }
}
