import BorealBase
import Testing

@testable import BorealWire

@Suite struct BinaryRowTests {
    /// The payload of a row with one cell of a type.
    private func row(
        _ type: ColumnType,
        _ cell: (inout RowWriter, inout ByteBuffer) -> Void
    ) -> String {
        var output = ByteBuffer()
        var writer = RowWriter(sequenceID: 1, capabilities: .deprecateEOF, format: .binary)
        let column = ColumnDefinition41(name: "c", type: type)
        writer.columns([column], status: .autocommit, into: &output)
        output.consume(output.count)
        output = ByteBuffer()
        writer.beginRow(into: &output)
        cell(&writer, &output)
        writer.endRow(into: &output)
        return hexText(output.bytes.dropFirst(4))
    }

    private static let integers: [(ColumnType.Kind, Int64, String)] = [
        (.tiny, -1, "ff"), (.short, -2, "feff"), (.year, 2_024, "e807"), (.medium, -3, "fdffffff"),
        (.long, 7, "07000000"), (.longLong, .min, "0000000000000080"),
        (.double, 2, "0000000000000040"), (.float, 2, "00000040"), (.decimal, -12, "032d3132"),
        (.varchar, 5, "0135"), (.date, 5, "00"),
    ]

    @Test("a whole number has the form of its column", arguments: integers)
    func whole(kind: ColumnType.Kind, value: Int64, expected: String) {
        #expect(row(ColumnType(kind)) { $0.int64(value, into: &$1) } == "0000" + expected)
    }

    private static let texts: [(ColumnType.Kind, String, String)] = [
        (.date, "2024-02-29", "04e807021d"), (.date, "0000-00-00", "00"),
        (.dateTime, "2024-02-29 00:00:00", "04e807021d"),
        (.dateTime, "2024-02-29 01:02:03", "07e807021d010203"),
        (.timestamp, "2024-02-29 01:02:03.500000", "0be807021d01020320a10700"),
        (.dateTime, "2024-02-29 01:02:03.5", "0be807021d01020320a10700"),
        (.dateTime, "2024-02-29 00:00:00.000001", "0be807021d00000001000000"),
        (.time, "00:00:00", "00"), (.time, "-37:05:06", "0801010000000d0506"),
        (.time, "838:59:59.25", "0c002200000016" + "3b3b90d00300"),
        (.time, "-00:00:00.000001", "0c010000000000000001000000"),
        (.decimal, "1.50", "04312e3530"), (.json, "[1]", "035b315d"), (.bit, "a", "0161"),
        (.long, "12", "0c000000"), (.longLong, "18446744073709551615", "ffffffffffffffff"),
        (.double, "0.5", "000000000000e03f"), (.long, "x", "00000000"), (.text, "å", "02c3a5"),
        (.date, "nonsense", "00"), (.time, "1:2:3:4:5:6:7:8:9", "0800000000000102" + "03"),
    ]

    @Test("a text has the form of its column", arguments: texts)
    func text(kind: ColumnType.Kind, value: String, expected: String) {
        #expect(row(ColumnType(kind)) { $0.text(value, into: &$1) } == "0000" + expected)
    }

    @Test("real numbers and unsigned ones fit whole columns too")
    func reals() {
        #expect(row(.double) { $0.double(0.5, into: &$1) } == "0000000000000000e03f")
        #expect(row(ColumnType(.float)) { $0.float(0.5, into: &$1) } == "00000000003f")
        #expect(row(ColumnType(.tiny)) { $0.double(2.6, into: &$1) } == "000003")
        #expect(row(ColumnType(.longLong)) { $0.double(1e300, into: &$1) }.hasSuffix("ffffff7f"))
        #expect(row(ColumnType(.decimal)) { $0.double(0.5, into: &$1) } == "000003302e35")
        #expect(row(.longLong) { $0.uint64(.max, into: &$1) } == "0000ffffffffffffffff")
        #expect(row(.double) { $0.uint64(1, into: &$1) } == "0000000000000000f03f")
        #expect(row(.double) { $0.double(.nan, into: &$1) } == "0004")
    }

    @Test("NULL is a bit, counted from the third of the bitmap", arguments: [1, 6, 7, 14, 15, 300])
    func nulls(columns: Int) {
        var output = ByteBuffer()
        var writer = RowWriter(sequenceID: 1, capabilities: .deprecateEOF, format: .binary)
        let definitions = (0..<columns).map {
            ColumnDefinition41(name: "c\($0)", type: ColumnType(.tiny))
        }
        writer.columns(definitions, status: .autocommit, into: &output)
        output = ByteBuffer()
        writer.beginRow(into: &output)
        for column in 0..<columns {
            if column % 3 == 2 {
                writer.int64(Int64(column % 100), into: &output)
            } else {
                writer.null(into: &output)
            }
        }
        writer.endRow(into: &output)
        let row = Array(output.bytes.dropFirst(4))
        let bitmap = row[1..<1 + (columns + 9) / 8]
        for column in 0..<columns {
            let byte = bitmap[1 + (column + 2) / 8]
            #expect((byte >> UInt8((column + 2) % 8) & 1 == 1) == (column % 3 != 2))
        }
        #expect(
            row.dropFirst(1 + bitmap.count).map { Int($0) }
                == (0..<columns).filter { $0 % 3 == 2 }.map { $0 % 100 }
        )
    }

    @Test("a row that was abandoned leaves nothing of its bitmap")
    func abandoned() {
        var output = ByteBuffer()
        var writer = RowWriter(sequenceID: 1, capabilities: .deprecateEOF, format: .binary)
        writer.columns(
            [ColumnDefinition41(name: "c", type: .longLong)],
            status: .autocommit,
            into: &output
        )
        let before = output.count
        writer.beginRow(into: &output)
        writer.null(into: &output)
        writer.abandonRow(into: &output)
        #expect(output.count == before)
    }
}
