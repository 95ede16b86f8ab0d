import BorealBase
import Testing

@testable import BorealEngine

@Suite("Delimited text")
struct DelimitedTextTests {
    private func read(_ text: String, delimiter: Character = ",") throws -> RowBatch {
        try Array(text.utf8).withUnsafeBytes {
            try DelimitedText.read($0, delimiter: delimiter.asciiValue ?? 0x2C)
        }
    }

    private func cells(_ column: Column) -> [String] {
        (0..<column.count).map { column.isNull($0) ? "-" : NumberCell.text(column, $0) }
    }

    @Test(
        "columns take the type of their cells",
        arguments: [
            ("a\n1\n2\n", ["1", "2"]),
            ("a\n1\n2.5\n", ["1.0", "2.5"]),
            ("a\n1\nx\n", ["1", "x"]),
            ("a\n1\n\n3", ["1", "-", "3"]),
            ("a\n1\nNA\nnan\nNULL\n", ["1", "-", "-", "-"]),
            ("a\n-0.5\n1e3\n+7\n.5\n5.\n", ["-0.5", "1000.0", "7.0", "0.5", "5.0"]),
            ("a\n\"1\"\n2\n", ["1", "2"]),
            ("a\n\"x,y\"\n\"say \"\"hi\"\"\"\n", ["x,y", "say \"hi\""]),
            ("a\r\nx\r\ny\r\n", ["x", "y"]),
            ("\u{FEFF}a\n7\n", ["7"]),
            ("a\n0x10\n", ["0x10"]),
            ("a\n1-2\n", ["1-2"]),
            ("a\n-\n.\n", ["-", "."]),
            ("a\n9007199254740993\n", ["9007199254740992.0"]),
            ("a\n0.1234567890123456789012\n", ["0.12345678901234568"]),
        ]
    )
    func types(_ text: String, _ expected: [String]) throws {
        #expect(cells(try read(text).columns[0]) == expected)
    }

    @Test("a column that turns to text late keeps the spelling of the rows above")
    func lateText() throws {
        let batch = try read("a,b\n01,x\n2.50,y\nend,z\n")
        #expect(cells(batch.columns[0]) == ["01", "2.50", "end"])
        #expect(cells(batch.columns[1]) == ["x", "y", "z"])
    }

    @Test("tabs separate, names lose their blanks")
    func tabs() throws {
        let batch = try read(" a \tb\n1\t2\n", delimiter: "\t")
        #expect(batch.columns.map(\.name) == ["a", "b"])
        #expect(batch.rowCount == 1)
    }

    @Test("ragged rows name the row")
    func ragged() throws {
        #expect(throws: DataFileError.raggedRow(row: 2, expected: 2, found: 1)) {
            try read("a,b\n1,2\n3\n")
        }
        #expect(throws: DataFileError.raggedRow(row: 1, expected: 2, found: 3)) {
            try read("a,b\n1,2,3\n")
        }
        #expect(throws: DataFileError.noHeader) { try read("") }
    }
}

@Suite("Decimals of cells")
struct CellDecimalTests {
    @Test(
        "every decimal is the nearest double",
        arguments: [
            "0", "-0", "1", "0.1", "0.3", "123456789.123456", "1e22", "1e23", "1e-7", "4.35",
            "0.000001",
            "179769313486231570000", "2.2250738585072014e-308", "9007199254740993",
            "1.7976931348623157e308",
            "0.5", "00012.50", "1234567890123456789",
        ]
    )
    func nearest(_ text: String) throws {
        let value = Array(text.utf8).withUnsafeBytes { CellDecimal.double($0) }
        #expect(value?.bitPattern == Double(text)?.bitPattern)
    }

    @Test(
        "what is no number is none",
        arguments: ["", " ", "-", "+", ".", "1x", "x1", "1 2", "0x1", "--1", "1e", "e1"]
    )
    func refused(_ text: String) {
        #expect(Array(text.utf8).withUnsafeBytes { CellDecimal.double($0) } == nil)
    }
}
