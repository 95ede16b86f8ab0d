import BorealBase
import BorealBoost
import BorealGraph
import BorealStatistics
import Testing

@testable import BorealEngine

@Suite("Training set builder")
struct TrainingSetBuilderTests {
    private func text(_ name: String, _ values: [String?]) -> Column {
        var bytes = ByteColumn()
        var validity = Validity()
        for value in values {
            bytes.append(value ?? "")
            validity.append(isNull: value == nil)
        }
        return Column(name: name, type: .varchar(), storage: .bytes(bytes), validity: validity)
    }

    private func integers(_ name: String, _ values: [Int64?]) -> Column {
        var validity = Validity()
        for value in values { validity.append(isNull: value == nil) }
        return Column(
            name: name,
            type: .longLong,
            storage: .int64(values.map { $0 ?? 0 }),
            validity: validity
        )
    }

    private func build(
        _ batches: [[Column]],
        options: LightGBMOptions? = nil,
        features: [String] = ["x", "c"]
    ) throws -> TrainingSetBuilder.Output {
        let options = try options ?? LightGBMOptions([])
        var builder = TrainingSetBuilder(
            features: features,
            label: "y",
            categorical: options.categoricalColumns,
            extras: options.extras
        )
        for columns in batches {
            try builder.append(RowBatch(columns: columns, rowCount: columns[0].count))
        }
        return try builder.finish(options)
    }

    @Test("what a model remembers of its rows names every feature, bins, codes and missing values")
    func distribution() throws {
        let set = try build([
            [
                text("c", ["b", nil, "a", "b"]), integers("x", [1, nil, 2, 1]),
                integers("y", [0, 1, 0, 1]),
            ]
        ])
        let kept = try #require(SampleDistribution(json: set.distribution(threads: 1)))
        #expect(kept.features.map(\.name) == ["x", "c"])
        #expect(kept.features.map(\.missing) == [1, 1])
        #expect(kept.features[0].counts.reduce(0, +) == 3)
        #expect(kept.features[1].bins == .codes([1, 0]))
        #expect(kept.features[1].counts == [2, 1, 0])
    }

    @Test("of the numbers of many rows it looks at 32,768 at even distances")
    func sampledDistribution() throws {
        let rows = 100_000
        let set = try build(
            [
                [
                    integers("x", (0..<rows).map { Int64($0) }),
                    integers("y", (0..<rows).map { Int64($0 % 2) }),
                ]
            ],
            features: ["x"]
        )
        let kept = try #require(SampleDistribution(json: set.distribution(threads: 1)))
        #expect(kept.features[0].rowCount == rows)
        // 64 bins of equal numbers of rows.
        #expect(kept.features[0].counts == [Int](repeating: 512, count: 64))
    }

    @Test("a category and a missing value of one row among many are remembered")
    func rareDistribution() throws {
        let rows = 40_000
        let set = try build([
            [
                text("c", (0..<rows).map { $0 == 4_325 ? "rare" : "often" }),
                integers("x", (0..<rows).map { $0 == 4_325 ? nil : Int64($0) }),
                integers("y", (0..<rows).map { Int64($0 % 2) }),
            ]
        ])
        let kept = try #require(SampleDistribution(json: set.distribution(threads: 1)))
        #expect(kept.features.map(\.rowCount) == [rows, rows])
        #expect(kept.features[0].missing == 1)
        #expect(kept.features[0].counts.reduce(0, +) == 32_768)
        #expect(kept.features[1].counts == [rows - 1, 1, 0])
    }

    @Test("what is remembered is the same text at any number of threads")
    func threadedDistribution() throws {
        let rows = 9_000
        let columns = (0..<6).map { column in
            integers("x\(column)", (0..<rows).map { Int64($0 * (column + 7) % 1_009) })
        }
        let set = try build(
            [columns + [integers("y", (0..<rows).map { Int64($0 % 2) })]],
            features: (0..<6).map { "x\($0)" }
        )
        #expect(set.distribution(threads: 1) == set.distribution(threads: 3))
    }

    @Test("categories are numbered by their bytes, whatever the order of the rows")
    func dictionaries() throws {
        let forward = try build([
            [text("C", ["b", nil]), integers("x", [1, nil]), integers("y", [0, 1])],
            [text("C", ["a", "b"]), integers("x", [3, 4]), integers("y", [0, 1])],
        ])
        #expect(forward.data.columns[1] == .categories([1, -1, 0, 1], count: 2))
        guard case .category(let dictionary) = forward.inputs[1].kind else {
            Issue.record("text became no category")
            return
        }
        #expect(dictionary.categories == .text(["a", "b"]))
        guard case .doubles(let numbers) = forward.data.columns[0] else {
            Issue.record("numbers became categories")
            return
        }
        #expect(numbers.map(\.bitPattern) == [1, .nan, 3, 4].map { ($0 as Double).bitPattern })
    }

    @Test("labels are sorted, keep their type, and the last of two is the positive one")
    func labels() throws {
        let whole = try build([
            [text("c", ["a", "a"]), integers("x", [1, 2]), integers("y", [7, 3])]
        ])
        #expect(whole.labels == .integer([3, 7]))
        #expect(whole.data.label == [1, 0])
        let words = try build([
            [text("c", ["a", "a"]), integers("x", [1, 2]), text("y", ["no", "yes"])]
        ])
        #expect(words.labels == .text(["no", "yes"]))
        #expect(words.task == .binary)
    }

    @Test("labels that do not fit the loss are an error that says what to do")
    func labelCounts() throws {
        let three = [
            text("c", ["a", "a", "a"]), integers("x", [1, 2, 3]), integers("y", [1, 2, 3]),
        ]
        let error = #expect(throws: ServerError.self) { try build([three]) }
        #expect(
            error?.message
                == "Invalid option 'loss': label 'y' has 3 values; give loss='multiclass' or "
                + "loss='regression'"
        )
        let multi = try build(
            [three],
            options: try LightGBMOptions([("loss", .text("multiclass"))])
        )
        #expect(multi.parameters.classCount == 3)
        let words = [text("c", ["a"]), integers("x", [1]), text("y", ["high"])]
        #expect(throws: ServerError.self) {
            try build([words], options: try LightGBMOptions([("loss", .text("regression"))]))
        }
    }

    @Test("a NULL label names its row, counted over all batches")
    func nullLabel() {
        let error = #expect(throws: ServerError.self) {
            try build([
                [text("c", ["a", "b"]), integers("x", [1, 2]), integers("y", [0, 1])],
                [text("c", ["a", "b"]), integers("x", [1, 2]), integers("y", [0, nil])],
            ])
        }
        #expect(error?.code == .badRowValue)
        #expect(error?.message == "Row 4, column 'y': the label is NULL")
    }

    @Test("no rows is an error, a number column may be a category")
    func edges() throws {
        #expect(throws: ServerError.self) { try build([]) }
        let options = try LightGBMOptions([("categorical_feature", .text("X"))])
        let output = try build(
            [[text("c", ["a", "b"]), integers("x", [5, -1]), integers("y", [0, 1])]],
            options: options
        )
        #expect(output.data.columns[0] == .categories([5, -1], count: 6))
        #expect(output.inputs[0].kind == .integerCategory)
    }

    private func doubles(_ name: String, _ values: [Double]) -> Column {
        Column(
            name: name,
            type: .double,
            storage: .double(values),
            validity: Validity(allValid: values.count)
        )
    }

    @Test("weights, groups and first scores come from their columns, rows of a group together")
    func extras() throws {
        let options = try LightGBMOptions([
            ("loss", .text("lambdarank")), ("weight_col", .text("w")), ("group_col", .text("Q")),
            ("init_score_col", .text("s")),
        ])
        let output = try build(
            [
                [
                    integers("x", [10, 11, 12]), integers("y", [0, 1, 2]),
                    text("q", ["b", "a", "b"]),
                    doubles("w", [1, 2, 3]), doubles("s", [0.5, 0.25, 0.125]),
                ],
                [
                    integers("x", [13]), integers("y", [3]), text("q", ["a"]), doubles("w", [4]),
                    doubles("s", [-1]),
                ],
            ],
            options: options,
            features: ["x"]
        )
        #expect(output.data.groups == [2, 2])
        #expect(output.data.columns == [.doubles([11, 13, 10, 12])])
        #expect(output.data.label == [1, 3, 0, 2])
        #expect(output.data.weights == [2, 4, 1, 3])
        #expect(output.data.initialScores == [0.25, -1, 0.5, 0.125])
        #expect(output.order == [1, 3, 0, 2])
        #expect(output.task == .ranking)
    }

    @Test("number groups are in order of their numbers, and each class has its first scores")
    func numberGroups() throws {
        let options = try LightGBMOptions([
            ("loss", .text("multiclassova")), ("group_col", .text("q")),
            ("init_score_col", .text("s, t, u")),
        ])
        let output = try build(
            [
                [
                    integers("x", [1, 2, 3]), integers("y", [7, 8, 9]), integers("q", [10, 9, 10]),
                    doubles("s", [1, 2, 3]), doubles("t", [4, 5, 6]), doubles("u", [7, 8, 9]),
                ]
            ],
            options: options,
            features: ["x"]
        )
        #expect(output.data.groups == [1, 2])
        #expect(output.data.initialScores == [2, 1, 3, 5, 4, 6, 8, 7, 9])
        #expect(output.parameters.classCount == 3)
        #expect(output.task == .multiclass)
    }

    @Test(
        "what stands in these columns is checked, with the row as the query returned it",
        arguments: [
            ("weight_col", "c", "Row 2, column 'c': it is no number, which weight_col needs"),
            ("group_col", "g", "Row 1, column 'g': the group is NULL"),
            ("init_score_col", "nowhere", "Unknown column 'nowhere' in 'init_score_col'"),
            ("group_col", "nowhere", "Unknown column 'nowhere' in 'group_col'"),
            (
                "init_score_col", "x,y",
                "2 columns, where the objective has 1 scores"
            ),
        ]
    )
    func badExtras(option: String, column: String, message: String) throws {
        let options = try LightGBMOptions([
            ("loss", .text("regression")), (option, .text(column)),
        ])
        let columns = [
            integers("x", [1, 2]), integers("y", [0, 1]), text("c", ["1", "two"]),
            integers("g", [nil, 1]),
        ]
        let error = #expect(throws: ServerError.self) {
            _ = try build([columns], options: options, features: ["x"])
        }
        #expect(error?.message.contains(message) == true)
    }

    @Test("an unsuitable label is named by its row in the query, whatever the order of groups")
    func rowsOfErrors() throws {
        let options = try LightGBMOptions([
            ("loss", .text("lambdarank")), ("group_col", .text("q")),
        ])
        let set = try build(
            [
                [
                    integers("x", [1, 2, 3]), integers("y", [1, 2, -1]),
                    integers("q", [2, 2, 1]),
                ]
            ],
            options: options,
            features: ["x"]
        )
        let error = #expect(throws: ServerError.self) {
            try ModelTrainer(settings: Settings()).train(set, features: ["x"], label: "y")
        }
        #expect(error?.message.contains("Row 3, column 'label': -1.0 is no label") == true)
    }
}

@Suite("Evaluation metrics")
struct EvaluationMetricTests {
    @Test("names are read without case and answered as documented")
    func names() throws {
        #expect(try EvaluationMetric.list("ACC, fscore,auc") == [.acc, .fscore, .auc])
        #expect(try EvaluationMetric.list("acc,acc") == [.acc])
        for wrong in ["", "acc,", "accuracy"] {
            #expect(throws: ServerError.self) { try EvaluationMetric.list(wrong) }
        }
    }

    @Test("the seed's metrics have four decimals, all others every digit")
    func rounding() {
        #expect(EvaluationMetric.acc.json(0.187).description == "0.187")
        #expect(EvaluationMetric.auc.json(0.66936).description == "0.6694")
        #expect(EvaluationMetric.rmse.json(0.123456789).description == "0.123456789")
    }

    @Test("a metric applies to the tasks that have it")
    func tasks() {
        #expect(EvaluationMetric.ks.applies(to: .binary))
        #expect(!EvaluationMetric.ks.applies(to: .multiclass))
        #expect(!EvaluationMetric.r2Score.applies(to: .binary))
        #expect(EvaluationMetric.mape.applies(to: .regression))
        #expect(!EvaluationMetric.acc.applies(to: .regression))
    }
}
