import BorealBase
import BorealBoost
import Testing

@testable import BorealEngine

@Suite("model_parameter of the class lightgbm")
struct LightGBMOptionsTests {
    @Test("nothing given means the dialect's defaults")
    func defaults() throws {
        let parameters = try LightGBMOptions([]).parameters
        #expect(parameters.objective == .binary)
        #expect(parameters.iterations == 100)
        #expect(parameters.leaves == 128)
        #expect(parameters.maxDepth == 7)
        #expect(parameters.learningRate == 0.06)
        #expect(parameters.minDataInLeaf == 20)
        #expect(parameters.seed == 1)
        #expect(parameters.threads == 4)
    }

    @Test("dialect names and LightGBM's set the same parameters")
    func names() throws {
        let parameters = try LightGBMOptions([
            ("n_estimators", .integer(7)), ("max_leaf_nodes", .integer(9)),
            ("max_features", .real(0.5)),
            ("subsample", .real(0.8)), ("loss", .text("regression")),
            ("min_samples_leaf", .integer(3)),
        ]).parameters
        #expect(parameters.iterations == 7)
        #expect(parameters.leaves == 9)
        #expect(parameters.featureFraction == 0.5)
        #expect(parameters.baggingFraction == 0.8)
        #expect(parameters.drawsRowsForEveryTree)
        #expect(parameters.objective == .regression)
        #expect(parameters.minDataInLeaf == 3)
        let upstream = try LightGBMOptions([
            ("bagging_fraction", .real(0.8)), ("bagging_freq", .integer(5)),
        ]).parameters
        #expect(!upstream.drawsRowsForEveryTree)
    }

    @Test(
        "what is wrong is an error that names the word",
        arguments: [
            ("leafs", ParameterValue.integer(3), "'leafs'"),
            ("n_estimators", .integer(0), "'n_estimators'"),
            ("n_estimators", .text("many"), "'n_estimators'"),
            ("max_features", .real(1.5), "'max_features'"),
            ("model_type", .text("exe"), "'model_type'"),
            ("max_leaf_nodes", .integer(1), "'max_leaf_nodes'"),
            ("boosting_type", .text("gbforest"), "gblinear"),
            ("automl", .text("maybe"), "'automl'"), ("automatic", .integer(1), "'automatic'"),
            ("weight_col", .text("a,b"), "'weight_col'"), ("group_col", .integer(1), "'group_col'"),
        ]
    )
    func errors(_ name: String, _ value: ParameterValue, _ phrase: String) {
        let error = #expect(throws: ServerError.self) { try LightGBMOptions([(name, value)]) }
        #expect(error?.message.contains(phrase) == true)
    }

    @Test("an alias beside its name is an error")
    func twice() {
        #expect(throws: ServerError.self) {
            try LightGBMOptions([("n_estimators", .integer(3)), ("num_trees", .integer(3))])
        }
    }

    @Test("ranking needs a group column before any row is read")
    func groups() throws {
        let error = #expect(throws: ServerError.self) {
            try LightGBMOptions([("loss", .text("lambdarank"))]).check()
        }
        #expect(error?.message.contains("'lambdarank' needs groups") == true)
        try LightGBMOptions([("loss", .text("lambdarank")), ("group_col", .text("q"))]).check()
    }
}
