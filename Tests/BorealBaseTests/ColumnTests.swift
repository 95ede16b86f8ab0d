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

    @Test("a slice holds the rows of its range, whatever the storage")
    func slices() {
        var texts = ByteColumn()
        var validity = Validity()
        for row in 0..<8 {
            texts.append("t\(row)")
            validity.append(isNull: row == 3)
        }
        let sparse = SparseNumbers(rows: [1, 4, 6], values: [10, 40, 60], count: 8)
        let columns = [
            Column(name: "a", type: .longLong, storage: .int64(Array(0..<8)), validity: validity),
            Column(name: "b", type: .longLong, storage: .bytes(texts), validity: validity),
            Column(name: "c", type: .double, storage: .sparse(sparse), validity: validity),
        ]
        let slice = RowBatch(columns: columns, rowCount: 8).slice(2..<7)
        #expect(slice.rowCount == 5)
        guard case .int64(let numbers) = slice.columns[0].storage,
            case .bytes(let words) = slice.columns[1].storage,
            case .sparse(let rare) = slice.columns[2].storage
        else {
            Issue.record("a slice has another storage")
            return
        }
        #expect(numbers == [2, 3, 4, 5, 6])
        #expect((0..<5).map { words.string($0) } == ["t2", "t3", "t4", "t5", "t6"])
        #expect(rare.dense == [0, 0, 40, 0, 60])
        #expect((0..<5).map { rare[$0] } == rare.dense)
        #expect((0..<5).map { slice.columns[0].isNull($0) } == [false, true, false, false, false])
    }
}
