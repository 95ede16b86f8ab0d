import BorealBase
import BorealBoost
import BorealLearners
import Testing

@testable import BorealEngine

/// `model_class` and `model_parameter`, read together.
@Suite struct TrainingPlanTests {
    private func plan(
        _ name: String,
        _ pairs: [(name: String, value: ParameterValue)] = []
    ) throws(ServerError) -> TrainingPlan { try TrainingPlan(modelClass: name, pairs) }

    @Test(
        "every class shows the documented parameters with their defaults",
        arguments: [
            ("lightgbm", ["n_estimators=100", "num_leaves=128", "learning_rate=0.06"]),
            (
                "GBDT",
                [
                    "loss=deviance", "n_estimators=100", "learning_rate=0.06",
                    "min_samples_leaf=1", "subsample=1.0", "max_features=1.0", "max_depth=1",
                    "random_state=1", "model_type=pkl",
                ]
            ),
            ("gbrt", ["n_estimators=100", "objective=ls", "max_depth=7", "random_state=1"]),
            ("KMeans", ["n_clusters=4"]),
            (
                "bst",
                [
                    "version=0", "model_task_type=classification", "batch_size=16", "max_epoch=1",
                    "learning_rate=0.0002", "loss=CrossEntropyLoss", "val_metric=loss",
                    "auto_heads=1", "num_heads=4", "stacking_model=gbdt,svc,rt",
                ]
            ),
            (
                "randomforestreg",
                [
                    "n_estimators=100", "objective=mse", "max_features=sqrt", "random_state=1",
                    "n_jobs=4", "max_depth=null",
                ]
            ),
            ("linearreg", ["epoch=-1", "normalize=false"]),
            ("svr", ["kernel=rbf", "c=1.0", "epsilon=0.1", "max_iter=-1"]),
            (
                "deepfm",
                [
                    "metrics=accuracy", "loss=binary_crossentropy", "optimizer=adam",
                    "validation_split=0.2", "epochs=6", "batch_size=64", "task=binary",
                ]
            ),
        ]
    )
    func defaults(_ name: String, _ wanted: [String]) throws {
        // What has no default must be given.
        let given: [(name: String, value: ParameterValue)] =
            name == "bst"
            ? [
                ("window_size", .integer(900)), ("sequence_length", .integer(3_000)),
                ("x_seq_cols", .text("events")), ("x_value_cols", .text("")),
            ] : []
        let object = try #require(try plan(name, given).effective.object)
        let shown = object.map { key, value in
            "\(key)=\(value.string ?? value.description)"
        }
        for pair in wanted { #expect(shown.contains(pair), "\(name): \(pair) in \(shown)") }
    }

    @Test(
        "what a class does not know or allow is named, with what it would take",
        arguments: [
            ("svm", "", "Unsupported model_class 'svm'; valid values: lightgbm, gbdt, gbrt"),
            ("gbdt", "n_estimator", "'n_estimator': unknown parameter; did you mean"),
            ("kmeans", "n_cluster", "did you mean 'n_clusters'?"),
            ("kmeans", "n_clusters", "Invalid option 'n_clusters': '-1' is not in [1, "),
            ("gbrt", "max_depth", "Invalid option 'max_depth': '-7' is not in [-1, 1024]"),
        ]
    )
    func refusals(_ name: String, _ parameter: String, _ sentence: String) throws {
        let value: ParameterValue = .integer(parameter == "max_depth" ? -7 : -1)
        let pairs = parameter.isEmpty ? [] : [(name: parameter, value: value)]
        let error = #expect(throws: ServerError.self) { try plan(name, pairs) }
        #expect(error?.message.contains(sentence) == true, "\(error?.message ?? "")")
    }

    @Test("a class that is not judged while it trains takes no validation rows")
    func validation() throws {
        try plan("lightgbm").check(hasValidation: true)
        let error = #expect(throws: ServerError.self) {
            try plan("kmeans").check(hasValidation: true)
        }
        #expect(error?.message.contains("the class 'kmeans' is not judged") == true)
    }

    @Test("a weight column is no parameter of the class")
    func weights() throws {
        let plan = try plan("kmeans", [("weight_col", .text("w")), ("n_clusters", .integer(2))])
        #expect(plan.extras.weight == "w")
        #expect(plan.effective["n_clusters"] == .integer(2))
        #expect(throws: ServerError.self) {
            try self.plan("kmeans", [("weight_col", .text("w")), ("weight_column", .text("v"))])
        }
    }

    @Test("rows without a label are collected as such, and texts as the numbers that they spell")
    func collection() throws {
        var builder = TrainingSetBuilder(features: ["x"], label: nil, takesNumbersOnly: true)
        var texts = ByteColumn()
        for text in ["1.5", "2"] { texts.append(text) }
        let column = Column(
            name: "x",
            type: .varchar(),
            storage: .bytes(texts),
            validity: Validity(allValid: 2)
        )
        try builder.append(RowBatch(columns: [column], rowCount: 2))
        let set = try builder.finish(try plan("kmeans"))
        #expect(set.data.columns == [.doubles([1.5, 2])])
        #expect(set.data.label == [0, 0] && set.labels == nil)
        #expect(set.learner != nil)
        var wrong = TrainingSetBuilder(features: ["x"], label: nil, takesNumbersOnly: true)
        var words = ByteColumn()
        words.append("one")
        let bad = Column(
            name: "x",
            type: .varchar(),
            storage: .bytes(words),
            validity: Validity(allValid: 1)
        )
        let error = #expect(throws: ServerError.self) {
            try wrong.append(RowBatch(columns: [bad], rowCount: 1))
        }
        #expect(error?.message == "Row 1, column 'x': 'one' is no number")
    }
}
