import BorealBase
import BorealStatistics
import Testing

@testable import BorealEngine

@Suite("Rows of a statistic")
struct SampleCollectorTests {
    private func request(_ kind: StatisticKind, _ columns: [String], label: String? = nil) throws
        -> StatisticRequest
    {
        var options = "x_cols='\(columns.joined(separator: ","))'"
        if let label { options += ", y_cols='\(label)'" }
        var request = FeatureRequest(query: "", database: "", sqlMode: "", timeZone: "")
        try request.apply(
            try FeatureOptions.list("feature_class='\(kind.rawValue)', \(options)")
        )
        return try request.statistic()
    }

    private func numbers(_ name: String, _ values: [Double?]) -> Column {
        var validity = Validity()
        for value in values { validity.append(isNull: value == nil) }
        return Column(
            name: name,
            type: .double,
            storage: .double(values.map { $0 ?? 0 }),
            validity: validity
        )
    }

    private func texts(_ name: String, _ values: [String?]) -> Column {
        var bytes = ByteColumn()
        var validity = Validity()
        for value in values {
            bytes.append(value ?? "")
            validity.append(isNull: value == nil)
        }
        return Column(name: name, type: .varchar(), storage: .bytes(bytes), validity: validity)
    }

    private func collect(
        _ request: StatisticRequest,
        _ columns: [Column],
        second: [Column]? = nil,
        bytesMax: Int = 1 << 30
    ) throws -> Sample {
        var collector = SampleCollector(request, bytesMax: bytesMax)
        try collector.append(RowBatch(columns: columns, rowCount: columns[0].count))
        if let second {
            collector.beginSecond()
            try collector.append(RowBatch(columns: second, rowCount: second[0].count))
        }
        return try collector.finish()
    }

    @Test("Text becomes categories in the order of its bytes, the later label is the event")
    func categories() throws {
        let sample = try collect(
            request(.iv, ["c"], label: "y"),
            [texts("c", ["b", nil, "a"]), texts("y", ["no", "yes", "no"])]
        )
        #expect(sample.columns == [.categories([1, -1, 0], names: ["a", "b"])])
        #expect(sample.groups.isSecond == [false, true, false])
    }

    @Test("Two samples share their categories, and columns may stand elsewhere in the second")
    func twoSamples() throws {
        let sample = try collect(
            request(.psi, ["c", "n"]),
            [texts("c", ["x"]), numbers("n", [1])],
            second: [numbers("N", [nil, 2]), texts("C", ["x", "a"])]
        )
        #expect(sample.columns[0] == .categories([1, 1, 0], names: ["a", "x"]))
        #expect(sample.groups.firstCount == 1)
        #expect(sample.groups.secondCount == 2)
        #expect(sample.columns[1].missingCount == 1)
    }

    @Test("Text that parses whole is a number where numbers are needed, other text is an error")
    func textNumbers() throws {
        let sample = try collect(request(.pearson, ["a"]), [texts("a", ["1.5", nil, "-2"])])
        guard case .numbers(let values) = sample.columns[0] else {
            Issue.record("no numbers")
            return
        }
        #expect(values[0] == 1.5 && values[1].isNaN && values[2] == -2)
        let error = #expect(throws: ServerError.self) {
            try collect(request(.ks, ["a"]), [texts("a", ["1"])], second: [texts("a", ["1", "x"])])
        }
        #expect(error?.message == "Row 2, column 'a': 'x' is no number")
    }

    @Test("Rows that take too much memory are refused while they come")
    func memory() throws {
        let error = #expect(throws: ServerError.self) {
            try collect(
                request(.pearson, ["a"]),
                [numbers("a", [Double?](repeating: 1, count: 1_000))],
                bytesMax: 10_000
            )
        }
        #expect(error?.code == .memoryLimit)
    }

    @Test("Labels of other than two values, no rows and unknown columns are refused")
    func refused() throws {
        let iv = try request(.iv, ["a"], label: "y")
        let error = #expect(throws: ServerError.self) {
            try collect(iv, [numbers("a", [1, 2, 3]), texts("y", ["a", "b", "c"])])
        }
        #expect(error?.message.contains("label 'y' has 3 values") == true)
        let none = #expect(throws: ServerError.self) {
            try collect(iv, [numbers("a", []), texts("y", [])])
        }
        #expect(none?.code == .badRowValue)
        let unknown = #expect(throws: ServerError.self) {
            try collect(iv, [numbers("b", [1]), texts("y", ["a"])])
        }
        #expect(unknown?.code == .unknownColumn)
    }

    @Test("A column of too many categories is refused")
    func manyCategories() throws {
        let count = Limits.statisticCategoriesMax + 1
        let error = #expect(throws: ServerError.self) {
            try collect(
                request(.psi, ["c"]),
                [texts("c", (0..<count).map { String($0) })],
                second: [texts("c", ["1"])]
            )
        }
        #expect(error?.code == .invalidOption)
    }

    @Test("The parts of a correlation are its columns and then its pairs")
    func parts() throws {
        let request = try request(.spearman, ["a", "b"])
        let sample = try collect(
            request,
            [numbers("a", [1, 2, 3, 4]), numbers("b", [8, 9, 9, 11])]
        )
        let work = StatisticWork(request, sample)
        #expect(work.partCount == 4)
        for part in 0..<work.partCount { try work.perform(part) }
        #expect(work.summary.count == 1)
        #expect(work.json["a"]?["b"]?.double == work.json["b"]?["a"]?.double)
        #expect(work.json["a"]?["a"]?.double == 1)
        #expect(work.detail == work.summary)
    }
}
