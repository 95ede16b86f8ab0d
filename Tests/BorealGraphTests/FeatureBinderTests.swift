import BorealBase
import Testing

@testable import BorealGraph

@Suite struct FeatureBinderTests {
    private func bind(_ column: Column, as kind: FeatureKind) throws -> GraphBatch {
        let binder = try FeatureBinder(inputs: [GraphInput(name: "f", kind: kind)], names: ["c"])
        return try binder.bind(RowBatch(columns: [column], rowCount: column.count))
    }

    private func equal(_ left: [Double], _ right: [Double]) -> Bool {
        left.count == right.count
            && zip(left, right).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
    }

    @Test("a number feature takes every storage of numbers")
    func numbers() throws {
        let storages: [Column.Storage] = [
            .int64([-3, 5]), .uint64([3, .max]), .double([0.1, .nan]), .float([0.1, 2]),
        ]
        let wanted: [[Double]] = [
            [-3, 5], [3, 0x1p64], [0.1, .nan], [Double(Float(0.1)), 2],
        ]
        for (storage, want) in zip(storages, wanted) {
            let got = try bind(SmallModels.column("c", storage, count: 2), as: .number).values
            #expect(equal(got, want))
        }
    }

    @Test("a feature that takes no missing values refuses NULL by its row, or lists the row")
    func refusesMissing() throws {
        let input = GraphInput(name: "f", takesMissing: false)
        let binder = try FeatureBinder(inputs: [input], names: ["c"])
        let numbers = Column.Storage.double([1, .nan, 3])
        let column = SmallModels.column("c", numbers, count: 3)
        let batch = RowBatch(columns: [column], rowCount: 3)
        let error = GraphError.missingValue(row: 1, column: "f")
        #expect(throws: error) { try binder.bind(batch) }
        #expect(try binder.bind(batch, goesOn: true).rejectedRows == [1: error])
        let full = SmallModels.column("c", .double([1, 2]), count: 2)
        #expect(try binder.bind(RowBatch(columns: [full], rowCount: 2)).values == [1, 2])
    }

    @Test("an unseen category is missing, or marked where the model tells them apart")
    func unseen() throws {
        let kind = FeatureKind.category(try CategoryDictionary(.text(["a", "b"])))
        let column = SmallModels.text("c", ["b", "x", nil])
        #expect(equal(try bind(column, as: kind).values, [1, .nan, .nan]))
        let input = GraphInput(name: "f", kind: kind, unseen: .marked)
        let binder = try FeatureBinder(inputs: [input], names: ["c"])
        let batch = try binder.bind(RowBatch(columns: [column], rowCount: 3))
        #expect(equal(batch.values, [1, -1, .nan]))
        #expect(batch.unseenCategories == 1)
    }

    @Test("DECIMAL and text are numbers when they are from first to last; NULL is missing")
    func textNumbers() throws {
        let column = SmallModels.text("c", ["1.50", "-2e3", nil, "+.5"])
        #expect(equal(try bind(column, as: .number).values, [1.5, -2_000, .nan, 0.5]))
    }

    @Test(
        "other text is an error with row and column",
        arguments: ["", " 1", "1 ", "x", "0x10", "nan", "1e", "."]
    )
    func notNumbers(text: String) throws {
        let column = SmallModels.text("c", ["1", text])
        #expect(throws: GraphError.badValue(row: 1, column: "c", value: text, expected: .number)) {
            try bind(column, as: .number)
        }
    }

    @Test(
        "dates and times become seconds",
        arguments: [
            (ColumnType.Kind.date, "1970-01-02", 86_400.0), (.date, "1969-12-31", -86_400),
            (.dateTime, "2024-02-29 12:00:00", 1_709_208_000),
            (.timestamp, "2000-01-01 00:00:00.25", 946_684_800.25),
            (.time, "-01:00:30", -3_630), (.time, "838:59:59", 3_020_399),
        ]
    )
    func temporal(kind: ColumnType.Kind, text: String, seconds: Double) throws {
        #expect(try bind(SmallModels.text("c", [text], kind), as: .number).values == [seconds])
    }

    @Test(
        "dates that no calendar has are errors",
        arguments: ["0000-00-00", "2023-02-29", "2024-13-01", "2024-1", ""]
    )
    func badDates(text: String) throws {
        #expect(throws: GraphError.self) {
            try bind(SmallModels.text("c", [text], .date), as: .number)
        }
    }

    @Test("text categories match by bytes, numbers by their decimal text; unseen ones are counted")
    func textCategories() throws {
        let kind = FeatureKind.category(
            try CategoryDictionary(.text(["a", "1", "2.5", "Ä", "-7"]))
        )
        let text = try bind(SmallModels.text("c", ["a", "A", nil, "Ä", "1"]), as: kind)
        #expect(equal(text.values, [0, .nan, .nan, 3, 1]))
        #expect(text.unseenCategories == 1)
        let integers = try bind(SmallModels.column("c", .int64([1, -7, 2]), count: 3), as: kind)
        #expect(equal(integers.values, [1, 4, .nan]))
        let doubles = try bind(
            SmallModels.column("c", .double([1, 2.5, .nan]), count: 3),
            as: kind
        )
        #expect(equal(doubles.values, [1, 2, .nan]))
        #expect(doubles.unseenCategories == 0)
    }

    @Test("number categories match by value")
    func numberCategories() throws {
        let kind = FeatureKind.category(try CategoryDictionary(.number([10, 0, 2.5])))
        let text = try bind(SmallModels.text("c", ["10.0", "-0", "3", nil]), as: kind)
        #expect(equal(text.values, [0, 1, .nan, .nan]))
        #expect(text.unseenCategories == 1)
        #expect(
            throws: GraphError.badValue(row: 0, column: "c", value: "x", expected: .numberCategory)
        ) {
            try bind(SmallModels.text("c", ["x"]), as: kind)
        }
    }

    @Test("a binder that goes on lists the rows it cannot read, and counts unseen ones by feature")
    func goingOn() throws {
        let kind = FeatureKind.category(try CategoryDictionary(.text(["a"])))
        let inputs = [
            GraphInput(name: "n"), GraphInput(name: "c", kind: kind), GraphInput(name: "o"),
        ]
        let columns = [
            SmallModels.text("n", ["1", "x", nil, "4"]),
            SmallModels.text("c", ["a", "b", "b", nil]),
            SmallModels.text("o", ["5", "y", "6", "z"]),
        ]
        let binder = try FeatureBinder(inputs: inputs, names: ["n", "c", "o"])
        let batch = RowBatch(columns: columns, rowCount: 4)
        let bound = try binder.bind(batch, goesOn: true)
        #expect(
            equal(bound.values, [1, 0, 5, .nan, .nan, .nan, .nan, .nan, 6, 4, .nan, .nan])
        )
        #expect(bound.unseenByFeature == [0, 2, 0])
        #expect(bound.unseenCategories == 2)
        // Of several such values in a row the first counts.
        #expect(
            bound.rejectedRows == [
                1: .badValue(row: 1, column: "n", value: "x", expected: .number),
                3: .badValue(row: 3, column: "o", value: "z", expected: .number),
            ]
        )
        #expect(throws: GraphError.self) { try binder.bind(batch) }
    }

    @Test("a permutation of the names is matched by name, other names by position")
    func matching() throws {
        let inputs = [GraphInput(name: "a"), GraphInput(name: "b")]
        #expect(try FeatureBinder(inputs: inputs, names: ["B", "A"]).columnIndexes == [1, 0])
        #expect(try FeatureBinder(inputs: inputs, names: ["x", "y"]).columnIndexes == [0, 1])
        #expect(try FeatureBinder(inputs: inputs, names: ["b", "y"]).columnIndexes == [0, 1])
        #expect(throws: GraphError.featureCountMismatch(expected: 2, given: 1)) {
            try FeatureBinder(inputs: inputs, names: ["a"])
        }
    }

    @Test("names are found among the columns of a batch, which may hold more")
    func amongColumns() throws {
        let batch = RowBatch(
            columns: [
                SmallModels.column("id", .int64([7]), count: 1),
                SmallModels.column("B", .double([2]), count: 1),
                SmallModels.column("a", .double([1]), count: 1),
            ],
            rowCount: 1
        )
        let inputs = [GraphInput(name: "a"), GraphInput(name: "b")]
        let binder = try FeatureBinder(inputs: inputs, names: ["b", "a"], in: batch)
        #expect(try binder.bind(batch).values == [1, 2])
        #expect(throws: GraphError.unknownColumn(name: "c")) {
            try FeatureBinder(inputs: inputs, names: ["a", "c"], in: batch)
        }
    }

    @Test("a batch that lacks the column is an error, not a crash")
    func missingColumn() throws {
        let binder = try FeatureBinder(
            inputs: [GraphInput(name: "a")],
            names: ["a"],
            columnIndexes: [3]
        )
        #expect(throws: GraphError.columnMissing(index: 3)) {
            try binder.bind(RowBatch(columns: [], rowCount: 0))
        }
    }

    @Test("a dictionary of many names finds each of them")
    func largeDictionary() throws {
        let names = (0..<5_000).map { "name \($0 % 4_999)" }
        let dictionary = try CategoryDictionary(.text(names))
        for (code, name) in names.enumerated().dropLast() {
            var name = name
            #expect(
                name.withUTF8 { dictionary.code(of: UnsafeRawBufferPointer($0)) } == Int32(code)
            )
        }
        var last = "name 0"
        #expect(last.withUTF8 { dictionary.code(of: UnsafeRawBufferPointer($0)) } == 0)
    }
}
