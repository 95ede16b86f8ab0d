import Testing

@testable import BorealBase

@Suite struct ColumnTests {
    @Test("values of different length keep their bytes")
    func bytes() {
        var column = ByteColumn()
        column.append("å")
        column.append("")
        [UInt8]([0xff, 0xfe]).withUnsafeBytes { column.append($0) }
        #expect(column.count == 3)
        #expect(column.string(0) == "å" && column[1].isEmpty && Array(column[2]) == [0xff, 0xfe])
        #expect(column.string(2) == "\u{fffd}\u{fffd}")
        #expect(column.offsets == [0, 2, 2, 4])
    }

    @Test("columns of a batch are found in any case")
    func names() {
        let valid = Validity(allValid: 2)
        let batch = RowBatch(
            columns: [
                Column(name: "Age", type: .longLong, storage: .int64([1, 2]), validity: valid),
                Column(name: "åge", type: .double, storage: .double([1, 2]), validity: valid),
            ],
            rowCount: 2
        )
        #expect(batch.index(of: "AGE") == 0 && batch.index(of: "åGE") == 1)
        #expect(batch.index(of: "ÅGE") == nil && batch.index(of: "") == nil)
        #expect(!batch.columns[0].isNull(1) && batch.columns[0].count == 2)
    }

    @Test("types know what family they are of")
    func families() {
        #expect(ColumnType.longLong.isInteger && ColumnType.longLong.isNumeric)
        #expect(!ColumnType.double.isInteger && ColumnType.double.isNumeric)
        #expect(ColumnType(.timestamp).isTemporal && !ColumnType(.year).isTemporal)
        #expect(ColumnType(.json).isText && !ColumnType(.blob).isText)
        for kind in ColumnType.Kind.allCases {
            let type = ColumnType(kind)
            let families = [type.isNumeric, type.isTemporal, type.isText].count { $0 }
            #expect(families <= 1, "\(kind)")
        }
    }
}
