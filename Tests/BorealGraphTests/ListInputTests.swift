import BorealBase
import BorealBoost
import Testing

@testable import BorealGraph

@Suite("Features that are lists")
struct ListInputTests {
    private let ids = ListForm.sequence(SequenceForm(ids: 10, length: 4))

    /// The list that a text becomes, or what is wrong with it.
    private func read(_ text: String?, _ form: ListForm) -> Result<[Float], ListDefect> {
        var reader = ListReader(form)
        do throws(ListDefect) {
            try reader.append(SmallModels.text("c", [text]), row: 0)
            return .success(Array(reader.lists[0]))
        } catch { return .failure(error) }
    }

    @Test(
        "A sequence is whole numbers between commas, with brackets or without, the latest kept",
        arguments: [
            ("[3, 1, 2]", [3, 1, 2]), ("3,1,2", [3, 1, 2]), (" [ 9 ] ", [9]), ("[]", []),
            ("", []), ("  ", []), (nil, []), ("0,1,2,3,4,5", [2, 3, 4, 5]),
            ("007", [7]), ("[1,1,1]", [1, 1, 1]),
        ] as [(String?, [Float])]
    )
    func sequences(_ text: String?, _ wanted: [Float]) {
        #expect(read(text, ids) == .success(wanted))
    }

    @Test(
        "What is no sequence is named, with what to do",
        arguments: [
            ("[3, x7]", ListDefect.noID("x7"), "'x7' is no behaviour id"),
            ("1,,2", .noID(""), "'' is no behaviour id"),
            ("1,2,", .noID(""), "whole numbers from 0 on"),
            ("-1", .noID("-1"), "'-1'"), ("1.5", .noID("1.5"), "'1.5'"),
            ("[\"3\"]", .noID("\"3\""), "no behaviour id"),
            ("[10]", .idBeyond("10", ids: 10), "window_size=10; train with a greater"),
            ("99999999999999999999", .idBeyond("99999999999999999999", ids: 10), "9 is not below"),
            ("[1, 2", .malformed("[1, 2"), "neither a list"),
            ("[", .malformed("["), "neither a list"), ("1]", .noID("1]"), "'1]'"),
        ] as [(String, ListDefect, String)]
    )
    func defects(_ text: String, _ wanted: ListDefect, _ words: String) {
        #expect(read(text, ids) == .failure(wanted))
        #expect(wanted.description.contains(words), "\(wanted)")
    }

    @Test("Repeats next to each other are dropped before the latest events are taken")
    func repeats() {
        let form = ListForm.sequence(SequenceForm(ids: 10, length: 6, dropsRepeats: true))
        #expect(read("[1,1,2,2,3,3,1,2,3]", form) == .success([1, 2, 3, 1, 2, 3]))
        #expect(read("[5,1,1,2,2,3,3,1,2,3]", form) == .success([1, 2, 3, 1, 2, 3]))
        let long = (0..<1_000).map { String($0 % 10) }.joined(separator: ",")
        #expect(read(long, form) == .success([4, 5, 6, 7, 8, 9]))
    }

    @Test(
        "Numbers come as lists or as the values of an object, by its keys",
        arguments: [
            ("[1, 2.5, -3e2]", [1, 2.5, -300]), ("232,23123,232", [232, 23_123, 232]),
            (#"{"money": 30, "level": 21, "age": 0.5}"#, [0.5, 21, 30]),
        ] as [(String, [Float])]
    )
    func numbers(_ text: String, _ wanted: [Float]) {
        #expect(read(text, .numbers(count: nil)) == .success(wanted))
        #expect(read(text, .numbers(count: 3)) == .success(wanted))
        #expect(read(text, .numbers(count: 2)) == .failure(.length(3, expected: 2)))
    }

    @Test(
        "What is no list of numbers is named",
        arguments: [
            ("[1, male]", ListDefect.noNumber("male")), ("1e300", .noNumber("1e300")),
            ("nan", .noNumber("nan")), (#"{"a": "x"}"#, .noNumber("\"x\"")),
            (#"{"a": "#, .malformed(#"{"a": "#)), ("[]", .missing), (nil, .missing),
            ("{}", .missing), ("[[1]]", .noNumber("[1]")),
        ] as [(String?, ListDefect)]
    )
    func noNumbers(_ text: String?, _ wanted: ListDefect) {
        #expect(read(text, .numbers(count: nil)) == .failure(wanted))
    }

    @Test("Numbers in a column of their own are lists of one")
    func numberColumns() throws {
        var reader = ListReader(ids)
        let column = SmallModels.column("c", .int64([3, 9]), count: 2)
        for row in 0..<2 { try reader.append(column, row: row) }
        try reader.append(SmallModels.column("c", .double([4]), count: 1), row: 0)
        #expect(reader.lists.elements == [3, 9, 4] && reader.lists.offsets == [0, 1, 2, 3])
    }

    @Test("All rows have as many numbers as the first")
    func sameLength() throws {
        var reader = ListReader(.numbers(count: nil))
        let column = SmallModels.text("c", ["1,2", "3", "4,5"])
        try reader.append(column, row: 0)
        #expect(throws: ListDefect.length(1, expected: 2)) { try reader.append(column, row: 1) }
        try reader.append(column, row: 2)
        #expect(reader.lists.count == 2 && reader.form == .numbers(count: 2))
    }

    /// A graph over a number, a list of two numbers and a sequence, which are its answer.
    private func graph() throws -> ModelGraph {
        var builder = GraphBuilder(featureCount: 3)
        let number = try builder.columns([0], of: .features)
        let pair = try ListSource(feature: 1, of: 3)
        let numbers = try builder.add { ListNumbersOperator(source: pair, output: $0, count: 2) }
        let sequence = try ListSource(feature: 2, of: 3)
        let counts = try builder.add {
            IDCountsOperator(source: sequence, output: $0, ids: 10, length: 4)
        }
        let wide = try builder.add {
            CastOperator(input: counts, output: $0, type: TensorType(.float, [10]), to: .double)
        }
        let all = try builder.join([number, numbers, wide])
        return try ModelGraph(
            inputs: [
                GraphInput(name: "x", takesMissing: false),
                GraphInput(name: "pair", kind: .list(.numbers(count: 2)), takesMissing: false),
                GraphInput(name: "events", kind: .list(ids), takesMissing: false),
            ],
            operators: builder.operators,
            outputs: [
                GraphOutput(
                    name: "all",
                    role: .value,
                    tensor: all,
                    columnNames: (0..<13).map { "c\($0)" }
                )
            ],
            task: .regression
        )
    }

    private func batch(_ pairs: [String?], _ events: [String?]) -> RowBatch {
        RowBatch(
            columns: [
                SmallModels.column("x", .double(pairs.indices.map { Double($0) }), count: 3),
                SmallModels.text("pair", pairs), SmallModels.text("events", events),
            ],
            rowCount: pairs.count
        )
    }

    @Test("Operators see the lists of their rows, whatever the threads and the order of the rows")
    func operators() throws {
        let graph = try graph()
        let names = graph.inputs.map(\.name)
        let binder = try FeatureBinder(inputs: graph.inputs, names: names)
        let rows = try binder.bind(batch(["1,2", "3,4", "5,6"], ["7,7,1", nil, "[0]"]))
        let results = try graph.run(rows, roles: [.value], threads: 2)
        func answer(_ row: Int) -> [Double] {
            (0..<13).map { results.double(0, row: row, column: $0) }
        }
        let (one, two) = (Double(Float(0.693_147_2)), Double(Float(1.098_612_3)))
        #expect(answer(0) == [0, 1, 2, 0, one, 0, 0, 0, 0, 0, two, 0, 0])
        #expect(answer(1) == [1, 3, 4] + [Double](repeating: 0, count: 10))
        #expect(answer(2) == [2, 5, 6, one] + [Double](repeating: 0, count: 9))
        // The last row alone, by the number of its list.
        let last = try GraphBatch(values: [9, 2, 0], featureCount: 3, lists: rows.lists)
        let alone = try graph.run(last, roles: [.value])
        #expect(alone.double(0, row: 0, column: 1) == 5)
        #expect(alone.double(0, row: 0, column: 4) == one)
        let none = try graph.run(
            GraphBatch(values: [9, 7, .nan], featureCount: 3, lists: rows.lists),
            roles: [.value]
        )
        #expect((1..<13).allSatisfy { none.double(0, row: 0, column: $0) == 0 })
    }

    @Test("A cell that is no list is refused by its row, or its row is listed")
    func badRows() throws {
        let graph = try graph()
        let binder = try FeatureBinder(inputs: graph.inputs, names: graph.inputs.map(\.name))
        let rows = batch(["1,2", "3", "5,6"], ["1", "2", "x"])
        let length = ListDefect.length(1, expected: 2)
        let error = GraphError.badList(row: 1, column: "pair", defect: length)
        #expect(throws: error) { try binder.bind(rows) }
        let bound = try binder.bind(rows, goesOn: true)
        #expect(bound.rejectedRows.keys.sorted() == [1, 2])
        #expect(bound.rejectedRows[1] == error)
        let results = try graph.run(bound, roles: [.value])
        #expect(results.double(0, row: 0, column: 1) == 1)
        #expect(results.double(0, row: 1, column: 1) == 0)
        #expect("\(error)".contains("row 2: it has 1 numbers, where 2 are expected"))
    }

    @Test("Importance by shuffling is refused where features are lists")
    func noScorer() throws {
        let graph = try graph()
        #expect(throws: GraphError.notExplainable(reason: "some of its features are lists")) {
            _ = try graph.batchScorer(.value)
        }
    }
}
