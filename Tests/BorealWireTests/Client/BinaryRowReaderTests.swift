import BorealBase
import Testing

@testable import BorealWire

/// Binary rows of another server in columns.
@Suite struct BinaryRowReaderTests {
    /// The payload of a row that our own server writes: one text a column, nil for NULL.
    private func row(_ columns: [ColumnDefinition41], _ cells: [String?]) -> [UInt8] {
        var output = ByteBuffer()
        var writer = RowWriter(sequenceID: 1, capabilities: .deprecateEOF, format: .binary)
        writer.columns(columns, status: .autocommit, into: &output)
        output = ByteBuffer()
        writer.beginRow(into: &output)
        for cell in cells {
            if let cell {
                writer.text(cell, into: &output)
            } else {
                writer.null(into: &output)
            }
        }
        writer.endRow(into: &output)
        return Array(output.bytes.dropFirst(4))
    }

    /// What the columns hold, as text.
    private func shown(_ batch: RowBatch) -> [[String]] {
        (0..<batch.rowCount).map { row in
            batch.columns.map { column in
                guard !column.isNull(row) else { return "NULL" }
                switch column.storage {
                case .int64(let values): return "\(values[row])"
                case .uint64(let values): return "\(values[row])u"
                case .double(let values): return "\(values[row])d"
                case .float(let values): return "\(values[row])f"
                case .sparse: return "?"
                case .bytes(let values): return values.string(row)
                }
            }
        }
    }

    private static let values: [(ColumnType, String, String)] = [
        (ColumnType(.tiny), "-128", "-128"), (ColumnType(.tiny, isUnsigned: true), "255", "255"),
        (ColumnType(.short), "-32768", "-32768"),
        (ColumnType(.short, isUnsigned: true), "65535", "65535"),
        (ColumnType(.medium), "-8388608", "-8388608"),
        (ColumnType(.long), "-2147483648", "-2147483648"),
        (ColumnType(.long, isUnsigned: true), "4294967295", "4294967295"),
        (ColumnType(.longLong), "-9223372036854775808", "-9223372036854775808"),
        (
            ColumnType(.longLong, isUnsigned: true), "18446744073709551615",
            "18446744073709551615u"
        ),
        (ColumnType(.year, isUnsigned: true), "2155", "2155"),
        (ColumnType(.float), "0.1", "0.1f"), (.double, "-1e300", "-1e+300d"),
        (ColumnType(.decimal, length: 20, decimals: 4), "-12.3400", "-12.3400"),
        (ColumnType(.date), "2024-02-29", "2024-02-29"),
        (ColumnType(.date), "0000-00-00", "0000-00-00"),
        (ColumnType(.dateTime), "2024-02-29 00:00:00", "2024-02-29 00:00:00"),
        (ColumnType(.dateTime, decimals: 3), "2024-02-29 01:02:03", "2024-02-29 01:02:03.000"),
        (
            ColumnType(.timestamp, decimals: 6), "2024-02-29 01:02:03.000009",
            "2024-02-29 01:02:03.000009"
        ),
        (ColumnType(.dateTime, decimals: 2), "0000-00-00 00:00:00", "0000-00-00 00:00:00.00"),
        (ColumnType(.time), "-838:59:59", "-838:59:59"),
        (ColumnType(.time), "00:00:00", "00:00:00"),
        (ColumnType(.time, decimals: 4), "07:08:09.5", "07:08:09.5000"),
        (.varchar(), "å€😀", "å€😀"), (ColumnType(.char), "", ""), (ColumnType(.text), "t", "t"),
        (ColumnType(.json), "{\"a\": 1}", "{\"a\": 1}"), (ColumnType(.enumeration), "x", "x"),
        (ColumnType(.set), "x,y", "x,y"), (ColumnType(.blob), "b\0b", "b\0b"),
        (ColumnType(.bit, length: 10), "\u{2}a", "609"),
    ]

    @Test("a value of each type is what the embedded tables would make of it", arguments: values)
    func types(type: ColumnType, text: String, expected: String) throws {
        let column = ColumnDefinition41(name: "c", type: type)
        let reader = try BinaryRowReader([column])
        for cell in [nil, text, nil] {
            try row([column], [cell]).withUnsafeBytes { try reader.append($0) }
        }
        let batch = reader.take()
        #expect(shown(batch) == [["NULL"], [expected], ["NULL"]])
        #expect(batch.columns[0].type.kind == type.kind)
        #expect(batch.columns[0].type.decimals == type.decimals)
        #expect(batch.columns[0].type.isUnsigned == (type.isUnsigned || type.kind == .bit))
        // The next batch begins anew.
        #expect(reader.take().rowCount == 0)
        try row([column], [text]).withUnsafeBytes { try reader.append($0) }
        #expect(shown(reader.take()) == [[expected]])
    }

    @Test("texts of a one-byte set become UTF-8; a set of several bytes is refused by name")
    func characterSets() throws {
        let latin = ColumnDefinition41(name: "c", type: .varchar(), collation: Collation(id: 8))
        let reader = try BinaryRowReader([latin])
        try ([0x00, 0x00, 0x02, 0xe5, 0x41] as [UInt8]).withUnsafeBytes { try reader.append($0) }
        #expect(shown(reader.take()) == [["åA"]])
        let gbk = ColumnDefinition41(name: "c", type: .varchar(), collation: Collation(id: 28))
        #expect(throws: WireError.unreadableColumn("c", "the character set 'gbk'")) {
            try BinaryRowReader([gbk])
        }
        let unknown = ColumnDefinition41(name: "c", type: .varchar(), collation: Collation(id: 999))
        #expect(throws: WireError.unreadableColumn("c", "the collation 999")) {
            try BinaryRowReader([unknown])
        }
        // Of MariaDB's own, for UTF-8.
        let own = ColumnDefinition41(name: "c", type: .varchar(), collation: Collation(id: 2_304))
        #expect(throws: Never.self) { try BinaryRowReader([own]) }
    }

    private static let broken: [(ColumnType, String)] = [
        (ColumnType(.long), "0000" + "010000"), (ColumnType(.long), "0000" + "0100000000"),
        (ColumnType(.long), "0100" + "01000000"), (ColumnType(.long), ""),
        (.varchar(), "0000" + "05" + "6161"), (.varchar(), "0000" + "fb"),
        (.varchar(), "0000" + "feffffffffffffffff" + "61"), (.varchar(), "0000" + "fc01"),
        (ColumnType(.date), "0000" + "05" + "e807021d00"),
        (ColumnType(.date), "0000" + "04e8070d01"),
        (ColumnType(.dateTime), "0000" + "07e807021d180000"),
        (ColumnType(.time), "0000" + "0800ffffffff000000"),
        (ColumnType(.time), "0000" + "0300"), (ColumnType(.bit), "0000" + "09010203040506070809"),
        (ColumnType(.null), "0000" + "0161"),
    ]

    @Test("a row that is not what its columns say is an error, never a value", arguments: broken)
    func malformed(type: ColumnType, payload: String) throws {
        let reader = try BinaryRowReader([ColumnDefinition41(name: "c", type: type)])
        let bytes = stride(from: 0, to: payload.count, by: 2).map { place in
            let start = payload.index(payload.startIndex, offsetBy: place)
            return UInt8(payload[start...].prefix(2), radix: 16) ?? 0
        }
        #expect(throws: WireError.self) {
            try bytes.withUnsafeBytes { try reader.append($0) }
        }
    }

    @Test("a type that is not known here is told by its number, with the column's name")
    func unknownType() {
        var output = ByteBuffer()
        ColumnDefinition41(name: "shape", type: .double).encode(into: &output)
        var bytes = output.bytes
        // Type, flags, decimals and filler end the packet.
        bytes[bytes.count - 6] = 242
        #expect(throws: WireError.unreadableColumn("shape", "the type 242")) {
            try bytes.withUnsafeBytes { try ColumnDefinition41(decoding: $0) }
        }
    }

    @Test("what a server tells of its columns is the type that a table would have")
    func columnTypes() {
        let cases: [(ColumnType, ColumnDefinition41)] = [
            (
                ColumnType(.decimal, length: 20, decimals: 4),
                ColumnDefinition41(name: "c", type: ColumnType(.decimal, length: 20, decimals: 4))
            ),
            (.varchar(30), ColumnDefinition41(name: "c", type: .varchar(30))),
            (
                ColumnType(.varbinary, length: 30),
                ColumnDefinition41(name: "c", type: ColumnType(.varbinary, length: 30))
            ),
            (
                ColumnType(.enumeration, length: 3),
                ColumnDefinition41(name: "c", type: ColumnType(.enumeration, length: 3))
            ),
            (
                ColumnType(.longLong, isUnsigned: true, length: 20),
                ColumnDefinition41(name: "c", type: ColumnType(.longLong, isUnsigned: true))
            ),
        ]
        for (type, definition) in cases { #expect(definition.columnType == type) }
    }
}
