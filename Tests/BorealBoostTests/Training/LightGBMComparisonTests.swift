import Foundation
import Testing

@testable import BorealBoost

/// Held-out figures of LightGBM 4.7.0 (Python package, one thread, seed 0) on its own example data,
/// with the parameters named; raw scores judged by the same formulas. Bins, gradients and rules are
/// the same, so the first trees are too; later ones may differ where two splits gain the same to
/// six digits, because gradients are summed as integers here.
@Suite struct LightGBMComparisonTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var data: String
        var parameters: [(String, String)]
        var expected: [(metric: TrainingMetric, value: Double)]
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(
            name: "binary, small trees",
            data: "binary",
            parameters: [
                ("objective", "binary"), ("num_iterations", "50"), ("num_leaves", "7"),
                ("min_data_in_leaf", "50"),
            ],
            expected: [(.auc, 0.81761), (.binaryLogloss, 0.53898), (.binaryError, 0.27)]
        ),
        Case(
            name: "binary, 15 leaves",
            data: "binary",
            parameters: [("objective", "binary"), ("num_iterations", "30"), ("num_leaves", "15")],
            expected: [(.auc, 0.81575), (.binaryLogloss, 0.53917), (.binaryError, 0.262)]
        ),
        Case(
            name: "regression",
            data: "binary",
            parameters: [
                ("objective", "regression"), ("num_iterations", "40"), ("learning_rate", "0.05"),
            ],
            expected: [(.l2, 0.18186), (.l1, 0.39672)]
        ),
        Case(
            name: "absolute error",
            data: "binary",
            parameters: [
                ("objective", "regression_l1"), ("num_iterations", "30"), ("num_leaves", "15"),
            ],
            expected: [(.l2, 0.21606), (.l1, 0.33708)]
        ),
        Case(
            name: "monotone constraints",
            data: "binary",
            parameters: [
                ("objective", "binary"),
                ("num_iterations", "30"),
                ("num_leaves", "15"),
                (
                    "monotone_constraints",
                    "0,0,0,0,0,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,-1,1,0,0,-1,0,-1"
                ),
            ],
            expected: [(.auc, 0.79885), (.binaryLogloss, 0.55546)]
        ),
        Case(
            name: "monotone constraints held back",
            data: "binary",
            parameters: [
                ("objective", "binary"),
                ("num_iterations", "30"),
                ("num_leaves", "15"),
                ("monotone_penalty", "2"),
                (
                    "monotone_constraints",
                    "0,0,0,0,0,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,-1,1,0,0,-1,0,-1"
                ),
            ],
            expected: [(.auc, 0.80305), (.binaryLogloss, 0.55620)]
        ),
        Case(
            name: "interaction constraints",
            data: "binary",
            parameters: [
                ("objective", "binary"),
                ("num_iterations", "30"),
                ("num_leaves", "15"),
                (
                    "interaction_constraints",
                    "[0,1,2,3,4,5,6,7,8,9,10,11,12,13],[14,15,16,17,18,19,20,21,"
                        + "22,23,24,25,26,27]"
                ),
            ],
            expected: [(.auc, 0.82035), (.binaryLogloss, 0.54230)]
        ),
        Case(
            name: "weighted gains",
            data: "binary",
            parameters: [
                ("objective", "binary"),
                ("num_iterations", "10"),
                ("num_leaves", "15"),
                ("feature_contri", "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,2,1,1,0.5,1,0.2"),
            ],
            expected: [(.auc, 0.76253), (.binaryLogloss, 0.61289)]
        ),
        Case(
            name: "linear leaves",
            data: "binary",
            parameters: [
                ("objective", "regression"),
                ("num_iterations", "20"),
                ("num_leaves", "7"),
                ("linear_tree", "true"),
                ("linear_lambda", "0.1"),
            ],
            expected: [(.l2, 0.19216), (.l1, 0.41540)]
        ),
        Case(
            name: "linear leaves of a log-loss",
            data: "binary",
            parameters: [
                ("objective", "binary"),
                ("num_iterations", "20"),
                ("num_leaves", "7"),
                ("linear_tree", "true"),
                ("linear_lambda", "1"),
            ],
            expected: [(.auc, 0.79602), (.binaryLogloss, 0.57066)]
        ),
        Case(
            name: "multiclass",
            data: "multiclass",
            parameters: [
                ("objective", "multiclass"), ("num_class", "5"), ("num_iterations", "8"),
                ("num_leaves", "7"),
            ],
            expected: [(.multiLogloss, 1.56018), (.multiError, 0.654)]
        ),
        few("huber", "binary", [("alpha", "0.3")], [(.huber, 0.08998), (.l2, 0.21556)]),
        few("fair", "binary", [], [(.fair, 0.07525)]),
        few("poisson", "binary", [], [(.poisson, 0.85176)]),
        few("tweedie", "binary", [], [(.tweedie, 2.88796)]),
        few("quantile", "binary", [("alpha", "0.7")], [(.quantile, 0.13426)]),
        few("mape", "binary", [], [(.mape, 0.37661)]),
        few("cross_entropy", "binary", [], [(.crossEntropy, 0.60403)]),
        few("cross_entropy_lambda", "binary", [], [(.crossEntropyLambda, 0.61061)]),
        few(
            "multiclassova",
            "multiclass",
            [("num_class", "5")],
            [(.multiLogloss, 1.53276), (.aucMu, 0.7262)]
        ),
    ]

    /// Twelve rounds of trees of seven leaves.
    private static func few(
        _ objective: String,
        _ data: String,
        _ parameters: [(String, String)],
        _ expected: [(metric: TrainingMetric, value: Double)]
    ) -> Case {
        let common = [("objective", objective), ("num_iterations", "12"), ("num_leaves", "7")]
        return Case(
            name: objective,
            data: data,
            parameters: common + parameters,
            expected: expected
        )
    }

    @Test("held-out figures are LightGBM's", arguments: cases)
    func agrees(example: Case) throws {
        let folder = "data/lightgbm-examples/"
        let train = try TestTables.load("\(folder)\(example.data).train")
        let held = try TestTables.load("\(folder)\(example.data).test")
        var parameters = TrainingParameters()
        for (name, value) in example.parameters { try parameters.set(name, to: .text(value)) }
        parameters.metrics = example.expected.map(\.metric)
        let model = try Trainer(parameters).train(train, validation: held)
        let values = try #require(model.history.last)
        for (value, expected) in zip(values, example.expected) {
            #expect(abs(value.value - expected.value) < 0.003)
        }
    }
}
