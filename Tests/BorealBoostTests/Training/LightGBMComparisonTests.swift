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
            name: "multiclass",
            data: "multiclass",
            parameters: [
                ("objective", "multiclass"), ("num_class", "5"), ("num_iterations", "8"),
                ("num_leaves", "7"),
            ],
            expected: [(.multiLogloss, 1.56018), (.multiError, 0.654)]
        ),
    ]

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
