import Testing

@testable import BorealBoost

@Suite struct TrainingErrorTests {
    private func error(
        _ data: TrainingData,
        _ objective: TrainingParameters.Objective = .regression,
        _ change: (inout TrainingParameters) -> Void = { _ in }
    ) -> TrainingError? {
        var parameters = TrainingParameters()
        parameters.objective = objective
        parameters.threads = 1
        parameters.iterations = 1
        change(&parameters)
        do throws(TrainingError) {
            _ = try Trainer(parameters).train(data)
            return nil
        } catch {
            return error
        }
    }

    private let column = FeatureColumn.doubles([1, 2])

    @Test("bad tables are refused before anything is built")
    func tables() {
        let none = TrainingData(columns: [.doubles([])], label: [])
        #expect(error(none) == .emptyTrainingSet)
        #expect(error(TrainingData(columns: [], label: [1])) == .noFeatures)
        let short = TrainingData(columns: [.doubles([1])], label: [1, 2])
        #expect(error(short) == .lengthMismatch(name: "Column_0", count: 1, expected: 2))
        let code = TrainingData(columns: [.categories([0, 3], count: 3)], label: [1, 2])
        #expect(error(code) == .categoryOutOfRange(column: "Column_0", row: 1, code: 3))
    }

    @Test("labels must suit the objective")
    func labels() {
        let nan = TrainingData(columns: [column], label: [1, .nan])
        #expect(error(nan) == .labelNotFinite(row: 1))
        let two = TrainingData(columns: [column], label: [0, 2])
        #expect(error(two, .binary) == .labelOutOfRange(row: 1, value: 2, classCount: 2))
        let half = TrainingData(columns: [column], label: [0, 0.5])
        #expect(
            error(half, .multiclass) { $0.classCount = 3 }
                == .labelOutOfRange(row: 1, value: 0.5, classCount: 3)
        )
        let one = TrainingData(columns: [column], label: [1, 1])
        #expect(error(one, .binary) == .singleLabelValue(value: 1))
        #expect(error(one) == nil)
    }

    @Test("weights must be finite, not negative, and not all zero")
    func weights() {
        var data = TrainingData(columns: [column], label: [1, 2])
        data.weights = [1, -1]
        #expect(error(data) == .weightInvalid(row: 1, value: -1))
        data.weights = [0, 0]
        #expect(error(data) == .weightsAllZero)
        data.weights = [1]
        #expect(error(data) == .lengthMismatch(name: "weights", count: 1, expected: 2))
    }

    @Test("parameters that contradict each other are refused")
    func conflicts() {
        let data = TrainingData(columns: [column], label: [0, 1])
        func isConflict(_ error: TrainingError?) -> Bool {
            if case .conflict = error { true } else { false }
        }
        #expect(isConflict(error(data, .regression) { $0.boosting = .rf }))
        #expect(isConflict(error(data, .regression) { $0.classCount = 3 }))
        #expect(
            isConflict(
                error(data, .binary) {
                    $0.isUnbalanced = true
                    $0.scalePositiveWeight = 3
                }
            )
        )
        #expect(
            error(data, .binary) { $0.metrics = [.multiError] }
                == .metricUnsuitable(metric: "multi_error", objective: "binary")
        )
    }

    @Test(
        "labels that an objective cannot learn from are named with their row and the rule",
        arguments: [
            (TrainingParameters.Objective.poisson, -1.0, "it must not be negative"),
            (.gamma, -0.5, "it must not be negative"), (.tweedie, -2, "it must not be negative"),
            (.crossEntropy, 1.5, "it must be in [0, 1]"),
            (.crossEntropyLambda, -0.1, "it must be in [0, 1]"),
            (.lambdarank, 0.5, "it must be a whole number in [0, 30]"),
            (.rankXENDCG, 31, "it must be a whole number in [0, 30]"),
        ]
    )
    func unsuitableLabels(
        objective: TrainingParameters.Objective,
        value: Double,
        rule: String
    ) {
        let data = TrainingData(columns: [column], label: [1, value], groups: [2])
        #expect(
            error(data, objective)
                == .labelUnsuitable(
                    row: 1,
                    value: value,
                    purpose: objective.rawValue,
                    rule: rule
                )
        )
    }

    @Test("labels that are all 0 have no logarithm to start from")
    func zeroLabels() {
        let data = TrainingData(columns: [column], label: [0, 0])
        #expect(error(data, .poisson) == .labelsAllZero(objective: "poisson"))
        #expect(error(data, .tweedie) == .labelsAllZero(objective: "tweedie"))
        var weighted = TrainingData(columns: [column], label: [1, 0])
        weighted.weights = [0, 1]
        #expect(error(weighted, .gamma) == .labelsAllZero(objective: "gamma"))
    }

    @Test("ranking needs groups, and groups must add up to the rows")
    func groups() {
        var data = TrainingData(columns: [column], label: [0, 1])
        #expect(error(data, .lambdarank) == .groupsMissing(purpose: "lambdarank"))
        #expect(
            error(data) { $0.drawsGroups = true } == .groupsMissing(purpose: "bagging_by_query")
        )
        data.groups = [1]
        #expect(
            error(data, .lambdarank)
                == .lengthMismatch(name: "groups", count: 1, expected: 2)
        )
        data.groups = [1, 2]
        #expect(
            error(data, .rankXENDCG)
                == .outOfRange(parameter: "group", allowed: "[1, 1]", value: "2")
        )
        data.groups = [2]
        #expect(error(data, .lambdarank) == nil)
    }

    @Test("parameters of one objective contradict others")
    func objectiveConflicts() {
        let data = TrainingData(columns: [column], label: [0, 1])
        #expect(
            error(data, .poisson) { $0.takesRootOfLabel = true }
                == .conflict(
                    parameter: "reg_sqrt",
                    with: "objective",
                    reason: "labels of poisson are not replaced by their roots"
                )
        )
        #expect(
            error(data, .quantile) { $0.alpha = 1 }
                == .outOfRange(parameter: "alpha", allowed: "(0.0, 1.0)", value: "1.0")
        )
        #expect(
            error(data, .quantile) { $0.monotoneConstraints = [1] }
                == .conflict(
                    parameter: "monotone_constraints",
                    with: "objective",
                    reason: "leaves of quantile are renewed and may not be monotone"
                )
        )
    }

    @Test("validation labels must suit the metrics too")
    func metricLabels() {
        var parameters = TrainingParameters()
        parameters.metrics = [.gamma]
        let data = TrainingData(columns: [column], label: [1, 2])
        let held = TrainingData(columns: [column], label: [1, 0])
        let zero = TrainingError.labelUnsuitable(
            row: 1,
            value: 0,
            purpose: "gamma",
            rule: "it must be above 0"
        )
        #expect(throws: TrainingError.inValidation(zero)) {
            try Trainer(parameters).train(data, validation: held)
        }
        parameters.metrics = [.ndcg]
        #expect(throws: TrainingError.inValidation(.groupsMissing(purpose: "ndcg"))) {
            try Trainer(parameters).train(data, validation: held)
        }
    }

    @Test("constraints must fit the table's columns")
    func constraints() {
        let data = TrainingData(
            columns: [column, .categories([0, 1], count: 2)],
            label: [0, 1]
        )
        #expect(
            error(data) { $0.monotoneConstraints = [1] }
                == .lengthMismatch(name: "monotone_constraints", count: 1, expected: 2)
        )
        #expect(
            error(data) { $0.monotoneConstraints = [0, 1] }
                == .conflict(
                    parameter: "monotone_constraints",
                    with: "Column_1",
                    reason: "the output cannot be monotone in a categorical feature"
                )
        )
        #expect(
            error(data) { $0.featureContribution = [1, 1, 1] }
                == .lengthMismatch(name: "feature_contri", count: 3, expected: 2)
        )
        #expect(
            error(data) { $0.interactionConstraints = [[0], [2]] }
                == .outOfRange(
                    parameter: "interaction_constraints",
                    allowed: "[0, 1]",
                    value: "2"
                )
        )
    }

    @Test("validation data must have the training data's columns")
    func validation() {
        let data = TrainingData(columns: [column], label: [0, 1])
        let codes = TrainingData(columns: [.categories([0, 1], count: 2)], label: [0, 1])
        let wide = TrainingData(columns: [column, column], label: [0, 1])
        let trainer = Trainer(TrainingParameters())
        #expect(throws: TrainingError.columnKindMismatch(name: "Column_0")) {
            try trainer.train(data, validation: codes)
        }
        #expect(
            throws: TrainingError.lengthMismatch(
                name: "validation columns",
                count: 2,
                expected: 1
            )
        ) { try trainer.train(data, validation: wide) }
    }

    @Test("the memory estimate grows with rows and features and does not overflow")
    func memory() {
        let trainer = Trainer(TrainingParameters())
        let small = trainer.memoryEstimate(rows: 1_000, features: 10)
        #expect(trainer.memoryEstimate(rows: 1_000_000, features: 10) > small + 50_000_000)
        #expect(trainer.memoryEstimate(rows: 1_000, features: 100) > small)
        #expect(trainer.memoryEstimate(rows: .max / 2, features: 1 << 20) > 0)
        // A histogram has no more bins than there are rows.
        var many = TrainingParameters()
        many.maxBin = 65_535
        let few = Trainer(many).memoryEstimate(rows: 2_000, features: 10, wideFeatures: 10)
        let lots = Trainer(many).memoryEstimate(rows: 60_000, features: 10, wideFeatures: 10)
        #expect(few - small < 10 << 20 && lots - few > 100 << 20)
    }
}
