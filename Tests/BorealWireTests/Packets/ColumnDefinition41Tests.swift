import BorealBase
import Testing

@testable import BorealWire

@Suite struct ColumnDefinition41Tests {
    /// Lengths, flags and codes as MySQL 8.0 sends them for `SELECT` from a table with such a
    /// column in utf8mb4: the type, then wire code, length, collation and flags.
    private static let table: [(ColumnType, UInt8, UInt32, UInt16, UInt16)] = [
        (ColumnType(.tiny), 0x01, 4, 63, 128),
        (ColumnType(.tiny, isUnsigned: true), 0x01, 3, 63, 160),
        (ColumnType(.short), 0x02, 6, 63, 128), (ColumnType(.medium), 0x09, 9, 63, 128),
        (ColumnType(.long), 0x03, 11, 63, 128), (ColumnType(.longLong), 0x08, 20, 63, 128),
        (ColumnType(.float), 0x04, 12, 63, 128), (ColumnType(.double), 0x05, 22, 63, 128),
        (ColumnType(.decimal, length: 10, decimals: 2), 0xf6, 12, 63, 128),
        (ColumnType(.decimal, length: 10), 0xf6, 11, 63, 128),
        (ColumnType(.date), 0x0a, 10, 63, 128), (ColumnType(.dateTime), 0x0c, 19, 63, 128),
        (ColumnType(.dateTime, decimals: 6), 0x0c, 26, 63, 128),
        (ColumnType(.time), 0x0b, 10, 63, 128), (ColumnType(.year), 0x0d, 4, 63, 128),
        (.varchar(255), 0xfd, 1_020, 255, 0), (ColumnType(.char, length: 3), 0xfe, 12, 255, 0),
        (ColumnType(.text), 0xfc, 262_140, 255, 16), (ColumnType(.blob), 0xfc, 65_535, 63, 144),
        (ColumnType(.varbinary, length: 9), 0xfd, 9, 63, 128),
        (ColumnType(.json), 0xf5, .max, 63, 144), (ColumnType(.bit, length: 8), 0x10, 8, 63, 32),
        (ColumnType(.enumeration, length: 5), 0xfe, 20, 255, 256),
        (ColumnType(.set, length: 5), 0xfe, 20, 255, 2_048),
    ]

    @Test("each type has MySQL's code, length, collation and flags", arguments: table)
    func described(type: ColumnType, code: UInt8, length: UInt32, collation: UInt16, flags: UInt16)
    {
        let column = ColumnDefinition41(name: "c", type: type)
        #expect(column.type.rawValue == code)
        #expect(column.length == length)
        #expect(column.collation.id == collation)
        #expect(column.flags.rawValue == flags)
    }

    @Test("an absurd length is cut, not a crash")
    func hugeLength() {
        let column = ColumnDefinition41(
            name: "c",
            type: ColumnType(.varchar, length: .max, decimals: -1)
        )
        #expect(column.length == .max && column.decimals == 0)
    }

    @Test("every kind of column has a code")
    func everyKind() {
        for kind in ColumnType.Kind.allCases {
            let column = ColumnDefinition41(name: "c", type: ColumnType(kind))
            #expect(column.type == FieldType(ColumnType(kind)))
        }
    }
}
