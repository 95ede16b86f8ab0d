import BorealBase
import BorealSQL
import Testing

@testable import BorealEngine

@Suite("Projection of PREDICT")
struct ProjectionTests {
    private func names(_ items: [Projection.Item], _ added: [String] = ["predicted_results"]) throws
        -> [String]
    {
        try Projection(items, inputs: ["a", "B"], added: added).columns.map(\.name)
    }

    @Test("what the model adds comes last unless it is named")
    func order() throws {
        #expect(try names([.all]) == ["a", "B", "predicted_results"])
        #expect(try names([.column("b", alias: nil)]) == ["b", "predicted_results"])
        let named: [Projection.Item] = [
            .column("Predicted_Results", alias: "p"), .column("A", alias: "first"),
        ]
        #expect(try names(named) == ["p", "first"])
        #expect(
            try names([.column("a", alias: nil)], ["predicted_results", "raw"])
                == ["a", "predicted_results", "raw"]
        )
    }

    @Test("an unknown name is an error, carried columns come once")
    func edges() throws {
        let error = #expect(throws: ServerError.self) { try names([.column("z", alias: nil)]) }
        #expect(error?.message == "Unknown column 'z' in 'field list'")
        let carried = try Projection(
            [.column("a", alias: nil), .column("a", alias: "again")],
            carried: ["A", "b"],
            inputs: ["a", "b"],
            added: ["p"]
        )
        #expect(carried.columns.map(\.name) == ["a", "again", "b", "p"])
    }
}

@Suite("Options of model statements")
struct OptionReaderTests {
    private func request(_ options: String) throws -> CreateModelRequest {
        let text = "CREATE MODEL m WITH (\(options)) AS (SELECT 1)"
        guard case .model(.createModel(let statement)) = try StatementParser.parse(text).kind else {
            throw ServerError(.unknownError, "no CREATE MODEL")
        }
        return try RequestReader.create(statement)
    }

    @Test("lists lose blanks and quotes, order stays")
    func lists() throws {
        let read = try request(
            "MODEL_CLASS='LightGBM', x_cols=' b , `A`,c', y_cols='y', model_parameter=()"
        )
        #expect(read.features == ["b", "A", "c"])
        #expect(read.label == "y")
        #expect(read.plan.modelClass == .lightgbm)
    }

    @Test(
        "what is wrong names the option",
        arguments: [
            ("model_class='lightgbm', x_cols='a', y_cols='y', x_cols='b'", "x_cols"),
            ("model_class='lightgbm', x_cols='a,,b', y_cols='y'", "x_cols"),
            ("model_class='lightgbm', x_cols='', y_cols='y'", "x_cols"),
            ("model_class='lightgbm', x_cols='a', y_cols=''", "y_cols"),
            ("model_class='lightgbm', x_cols='a', y_cols='y,z'", "y_cols"),
            ("model_class=5, x_cols='a', y_cols='y'", "model_class"),
            (
                "model_class='lightgbm', x_cols='a', y_cols='y', model_parameter='x'",
                "model_parameter"
            ),
            (
                """
                model_class='lightgbm', x_cols='a', y_cols='y',
                model_parameter=(categorical_feature='q')
                """, "categorical_feature"
            ), ("model_class='lightgbm', x_cols='a', y_cols='y', valid=1", "valid"),
            (
                "model_class='lightgbm', x_cols='a', y_cols='y', valid_fraction=0",
                "valid_fraction"
            ),
        ]
    )
    func errors(_ options: String, _ name: String) {
        let error = #expect(throws: ServerError.self) { try request(options) }
        #expect(error?.code == .invalidOption)
        #expect(error?.message.hasPrefix("Invalid option '\(name)'") == true)
    }
}

@Suite("Distinct texts")
struct DistinctTextsTests {
    @Test("ten thousand texts keep their numbers and sort by their bytes")
    func many() {
        var texts = DistinctTexts()
        let words = (0..<10_000).map { "w\($0 &* 7_919 % 10_007)" }
        for _ in 0..<2 {
            for (number, word) in words.enumerated() {
                let bytes = Array(word.utf8)
                #expect(bytes.withUnsafeBytes { texts.code(of: $0) } == Int32(number))
            }
        }
        let (sorted, places) = texts.sorted()
        #expect(sorted == words.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        for (number, word) in words.enumerated() { #expect(sorted[Int(places[number])] == word) }
    }
}
