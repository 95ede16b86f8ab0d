import BorealBase
import BorealBoost
import Testing

@testable import BorealEngine

@Suite("automl parameters")
struct SearchOptionsTests {
    private typealias Pairs = [(name: String, value: ParameterValue)]

    @Test("a grid is the product of its lists, a switch alone a sample of the standard space")
    func candidates() throws {
        let grid = try LightGBMOptions([
            ("automl_learning_rate", .text("0.05, 0.1")), ("automl_subsample", .text("0.5,1")),
            ("n_estimators", .integer(9)),
        ]).search
        #expect(grid.isOn && grid.plan == .exhaustive)
        #expect(grid.candidates.map(\.parameters.learningRate) == [0.05, 0.05, 0.1, 0.1])
        #expect(grid.candidates.map(\.parameters.baggingFraction) == [0.5, 1, 0.5, 1])
        #expect(grid.candidates.allSatisfy { $0.parameters.drawsRowsForEveryTree })
        #expect(grid.candidates.allSatisfy { $0.parameters.iterations == 9 })
        let drawn = try LightGBMOptions([
            ("automl", .boolean(true)), ("max_features", .real(0.7)),
            ("max_leaf_nodes", .integer(9)),
        ]).search
        #expect(drawn.plan == .halving && drawn.candidates.count == 16)
        #expect(drawn.candidates.allSatisfy { $0.parameters.featureFraction == 0.7 })
        #expect(drawn.candidates.allSatisfy { $0.parameters.leaves == 9 })
    }

    @Test("a search is off unless a switch, a column or a grid turns it on")
    func switches() throws {
        let off: [Pairs] = [
            [], [("automl", .boolean(false)), ("automl_learning_rate", .text("1,2"))],
            [("automl", .none)],
        ]
        for pairs in off { #expect(try !LightGBMOptions(pairs).search.isOn) }
        let tagged = try LightGBMOptions([
            ("automl_column", .text("part")), ("automl_train_tag", .text("a")),
            ("automl_test_tag", .integer(2)),
        ])
        #expect(tagged.search.isOn)
        #expect(tagged.extras.tags == RowTags(column: "part", training: "a", validation: "2"))
    }

    @Test(
        "what cannot be searched names the option",
        arguments: [
            ([("automl_num_leaves", "4,,8")], "automl_num_leaves"),
            ([("automl_num_leaves", "4,many")], "num_leaves"),
            ([("automl_leafs", "4,8")], "leafs"),
            ([("automl_objective", "binary,regression")], "automl_objective"),
            ([("automl_loss", "binary,regression")], "automl_loss"),
            ([("automl_num_leaves", "4"), ("num_leaves", "8")], "automl_num_leaves"),
            ([("automl_max_features", "0.5"), ("feature_fraction", "1")], "automl_max_features"),
            ([("automl_column", "part")], "automl_train_tag"),
            ([("automl", "1"), ("automl_test_tag", "b")], "automl_column"),
            (
                [("automl_column", "p"), ("automl_train_tag", "b"), ("automl_test_tag", "b")],
                "automl_test_tag"
            ), ([("automl", "1"), ("metric", "None")], "automl"),
        ]
    )
    func refused(_ pairs: [(String, String)], _ name: String) {
        let error = #expect(throws: ServerError.self) {
            try LightGBMOptions(pairs.map { (name: $0.0, value: ParameterValue.text($0.1)) })
        }
        #expect(error?.code == .invalidOption)
        #expect(error?.message.hasPrefix("Invalid option '\(name)'") == true, "\(error as Any)")
    }

    @Test("a grid above the bound is refused with its size")
    func bound() throws {
        let values = (1...17).map(String.init).joined(separator: ",")
        let pairs: Pairs = [
            ("automl_lambda_l1", .text(values)), ("automl_lambda_l2", .text(values)),
        ]
        let error = #expect(throws: ServerError.self) { try LightGBMOptions(pairs) }
        #expect(
            error?.message.contains("289 combinations; \(Limits.searchTrialsMax) are allowed")
                == true
        )
    }
}
