import BorealBase
import Testing

@testable import BorealWire

@Suite struct RowWriterTests {
    private static let text = ColumnDefinition41(name: "t", type: .varchar(10))

    private func writer(_ output: inout ByteBuffer, columns: Int = 1) -> RowWriter {
        var writer = RowWriter(sequenceID: 1, capabilities: .deprecateEOF)
        let definitions = [ColumnDefinition41](repeating: Self.text, count: columns)
        writer.columns(definitions, status: .autocommit, into: &output)
        output.consume(output.count)
        return writer
    }

    @Test("a writer goes on in another buffer where it stopped")
    func steps() {
        var output = ByteBuffer()
        var writer = writer(&output)
        var all: [UInt8] = []
        for i in 0..<600 {
            var step = ByteBuffer()
            writer.beginRow(into: &step)
            writer.int64(Int64(i), into: &step)
            writer.endRow(into: &step)
            all += step.bytes
        }
        #expect(writer.rowCount == 600)
        // Ids 3, 4, ... wrap after 255.
        var expectedID: UInt8 = 3
        var rest = all[...]
        for i in 0..<600 {
            let digits = Array(String(i).utf8)
            let row = [UInt8(digits.count + 1), 0, 0, expectedID, UInt8(digits.count)] + digits
            #expect(Array(rest.prefix(row.count)) == row)
            rest = rest.dropFirst(row.count)
            expectedID &+= 1
        }
        #expect(writer.sequenceID == expectedID)
    }

    @Test(
        "rows around 16 MiB are split",
        arguments: [16_777_210, 16_777_211, 16_777_212, 17 << 20]
    )
    func largeRow(size: Int) throws {
        var output = ByteBuffer()
        var writer = writer(&output, columns: 2)
        let cell = [UInt8](repeating: 0x61, count: size)
        writer.beginRow(into: &output)
        cell.withUnsafeBytes { writer.bytes($0, into: &output) }
        writer.null(into: &output)
        writer.endRow(into: &output)
        writer.endResult(status: .autocommit, into: &output)
        var reader = PacketReader()
        reader.nextSequenceID = 4
        output.withUnsafeBytes { reader.receive($0) }
        #expect(try reader.next(limit: 64 << 20))
        let row = try reader.take { Array($0) }
        var expected = ByteBuffer()
        cell.withUnsafeBytes { expected.append(lengthEncoded: $0) }
        expected.append(LengthEncoded.null)
        #expect(row == expected.bytes)
        // Payload of size + 4 + 1 bytes: one frame below 0xffffff, two from there on.
        #expect(reader.nextSequenceID == (size + 5 < 0xff_ffff ? 5 : 6))
        #expect(try reader.next(limit: 100))
        #expect(try reader.take { hexText($0) } == "fe000002000000")
    }

    @Test("an error in the middle of a row leaves nothing of the row")
    func errorInRow() {
        var output = ByteBuffer()
        var writer = writer(&output, columns: 2)
        writer.beginRow(into: &output)
        writer.text("half", into: &output)
        writer.error(ServerError(.queryInterrupted, "stop"), into: &output)
        #expect(hexText(output.bytes) == "0d000004ff2505" + hexText("#70100stop".utf8))
        #expect(writer.isFinished)
    }

    @Test("a row can be taken back")
    func abandon() {
        var output = ByteBuffer([1])
        var writer = RowWriter(sequenceID: 1, capabilities: [])
        writer.columns([Self.text], status: [], into: &output)
        let before = output.bytes
        writer.beginRow(into: &output)
        writer.text("x", into: &output)
        writer.abandonRow(into: &output)
        #expect(output.bytes == before && writer.rowCount == 0)
    }

    @Test("infinities and NaN are NULL")
    func notFinite() {
        var output = ByteBuffer()
        var writer = writer(&output, columns: 4)
        writer.beginRow(into: &output)
        writer.double(.infinity, into: &output)
        writer.double(.nan, into: &output)
        writer.float(-.infinity, into: &output)
        writer.float(.nan, into: &output)
        writer.endRow(into: &output)
        #expect(hexText(output.bytes) == "04000006fbfbfbfb")
    }

    @Test("cells of a batch are written by their storage")
    func cells() {
        var nulls = Validity(allValid: 1)
        nulls.append(isNull: true)
        var bytes = ByteColumn()
        bytes.append("ab")
        bytes.append("")
        let valid = Validity(allValid: 2)
        let columns = [
            Column(name: "i", type: .longLong, storage: .int64([-5, 0]), validity: nulls),
            Column(name: "u", type: .longLong, storage: .uint64([7, 8]), validity: valid),
            Column(name: "d", type: .double, storage: .double([0.5, 2]), validity: valid),
            Column(name: "f", type: .double, storage: .float([0.1, 3]), validity: valid),
            Column(name: "b", type: .varchar(), storage: .bytes(bytes), validity: valid),
        ]
        var output = ByteBuffer()
        var writer = writer(&output, columns: columns.count)
        for row in 0..<2 {
            writer.beginRow(into: &output)
            for column in columns { writer.cell(column, row: row, into: &output) }
            writer.endRow(into: &output)
        }
        let first = "\u{2}-5" + "\u{1}7" + "\u{3}0.5" + "\u{3}0.1" + "\u{2}ab"
        let second = "fb" + hexText("\u{1}8\u{1}2\u{1}3\0".utf8)
        #expect(hexText(output.bytes) == "10000007" + hexText(first.utf8) + "08000008" + second)
    }

    @Test("a row that came encoded is passed on")
    func encodedRow() {
        var output = ByteBuffer()
        var writer = writer(&output)
        hex("0161").withUnsafeBytes { writer.encodedRow($0, into: &output) }
        #expect(hexText(output.bytes) == "020000030161")
    }
}
