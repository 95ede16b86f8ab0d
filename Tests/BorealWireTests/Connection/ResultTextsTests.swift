import BorealBase
import Testing

@testable import BorealWire

@Suite("Results in other character sets") struct ResultTextsTests {
    private let columns = [
        ColumnDefinition41(name: "é", type: .varchar(10)),
        ColumnDefinition41(name: "b", type: ColumnType(.blob)),
        ColumnDefinition41(name: "j", type: ColumnType(.json)),
        ColumnDefinition41(name: "n", type: .longLong),
    ]

    /// The payloads of one result of one row, whose cells of bytes are all `cell`.
    private func payloads(
        _ set: String?,
        _ collation: String,
        cell: String,
        format: RowWriter.Format = .text
    ) throws -> [[UInt8]] {
        var output = ByteBuffer()
        var writer = RowWriter(
            sequenceID: 0,
            capabilities: .deprecateEOF,
            format: format,
            results: ResultTexts(characterSet: set, collation: collation)
        )
        writer.columns(columns, status: .autocommit, into: &output)
        writer.beginRow(into: &output)
        for _ in 0..<3 { writer.text(cell, into: &output) }
        writer.int64(7, into: &output)
        writer.endRow(into: &output)
        writer.error(ServerError(.noSuchTable, cell), into: &output)
        var reader = PacketReader()
        output.withUnsafeBytes { reader.receive($0) }
        var payloads: [[UInt8]] = []
        while try reader.next(limit: 1 << 20) { payloads.append(try reader.take { Array($0) }) }
        return payloads
    }

    /// What a definition says behind its names: collation (2) and length (4).
    private func announced(_ definition: [UInt8]) -> [Int] {
        let fixed = definition.count - 12
        let number = { (range: Range<Int>) in
            range.reversed().reduce(0) { $0 << 8 | Int(definition[fixed + $1]) }
        }
        return [number(0..<2), number(2..<6)]
    }

    @Test("texts, names and sentences are converted, bytes and numbers are not")
    func latin1() throws {
        let packets = try payloads("latin1", "latin1_german1_ci", cell: "é€П")
        #expect(packets[1].contains(0xE9) && !packets[1].contains(0xC3))
        #expect(announced(packets[1]) == [5, 10])
        #expect(announced(packets[2])[0] == 63 && announced(packets[3])[0] == 63)
        let raw = Array("é€П".utf8)
        let text: [UInt8] = [3, 0xE9, 0x80, 0x3F]
        #expect(packets[5] == text + [UInt8(raw.count)] + raw + text + [1, 0x37])
        #expect(packets[6].suffix(7) == [0xE9, 0x80] + Array("\\041F".utf8))
    }

    @Test("binary rows are converted in the same way")
    func binary() throws {
        let row = try payloads("latin1", "latin1_german1_ci", cell: "é", format: .binary)[5]
        #expect(row == [0, 0, 1, 0xE9, 2, 0xC3, 0xA9, 1, 0xE9, 7, 0, 0, 0, 0, 0, 0, 0])
    }

    @Test("what columns announce is the collation of results, in its widths")
    func announcements() throws {
        let rows: [(String?, String, [Int])] = [
            ("utf8mb4", "utf8mb4_general_ci", [45, 40]), (nil, "latin1_bin", [255, 40]),
            ("utf8mb3", "utf8mb3_general_ci", [33, 30]), ("binary", "binary", [63, 10]),
            ("cp1251", "utf8mb4_general_ci", [51, 10]),
        ]
        for (set, collation, expected) in rows {
            #expect(announced(try payloads(set, collation, cell: "a")[1]) == expected)
        }
    }
}
