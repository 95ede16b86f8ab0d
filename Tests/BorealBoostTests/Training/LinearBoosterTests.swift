import BorealBase
import Foundation
import Testing

@testable import BorealBoost

/// `boosting=gblinear`.
@Suite struct LinearBoosterTests {
    private func parameters(
        _ objective: TrainingParameters.Objective = .regression,
        _ change: (inout TrainingParameters) -> Void = { _ in }
    ) -> TrainingParameters {
        var parameters = TrainingParameters()
        parameters.objective = objective
        parameters.boosting = .gblinear
        parameters.iterations = 10
        parameters.learningRate = 0.5
        parameters.threads = 1
        parameters.boostsFromAverage = false
        change(&parameters)
        return parameters
    }

    /// Five features, the second with missing values, the last constant; no chance in it, so that
    /// other programs can make the same.
    private func table(rows: Int = 200) -> TrainingData {
        func column(_ value: (Int) -> Double) -> [Double] { (0..<rows).map(value) }
        let a = column { Double($0 * 37 % 101) / 50 - 1 }
        let b = column { $0 % 11 == 3 ? .nan : Double($0 * 53 % 97) / 32 - 1.5 }
        let c = column { Double($0 * $0 % 89) / 44 - 1 }
        let d = column { Double($0 % 7) }
        let label = column { row in
            2 * a[row] - (b[row].isNaN ? 0 : b[row]) + 0.5 * d[row] + Double(row * 29 % 31) / 31
        }
        return TrainingData(
            columns: [
                .doubles(a), .doubles(b), .floats(c.map { Float($0) }), .doubles(d),
                .doubles(column { _ in 2 }),
            ],
            label: label
        )
    }

    /// Factors of the five features and the bias.
    private func weights(_ ensemble: TreeEnsemble) -> [Double] {
        var weights = [Double](repeating: 0, count: 6)
        for tree in ensemble.trees {
            if let linear = tree.linear {
                weights[Int(linear.features[0][0])] = linear.coefficients[0][0]
            } else {
                weights[5] = tree.leafValue[0]
            }
        }
        return weights
    }

    /// Weights of XGBoost 3.2 (`updater=coord_descent`, one thread) on the same table.
    @Test("weights are XGBoost's")
    func agreement() throws {
        var data = table()
        func check(_ parameters: TrainingParameters, _ expected: [Double]) throws {
            let found = weights(try Trainer(parameters).train(data).ensemble)
            #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-4 }, "\(found)")
        }
        try check(
            parameters(),
            [2.0036197, -1.0034986, 0.016725602, 0.42566612, -0.1014387, 0.93525606]
        )
        data.weights = (0..<200).map { Float(1 + $0 % 3) }
        let held = parameters {
            $0.learningRate = 0.3
            $0.lambdaL2 = 0.1
            $0.lambdaL1 = 0.2
        }
        try check(held, [1.0330039, -0.5555717, 0, 0.34371626, 0.026160285, 0.9474246])
        data.weights = nil
        let numbers = data.label
        data.label = numbers.map { abs($0).rounded(.down) }
        let poisson = parameters(.poisson) {
            $0.learningRate = 0.2
            $0.iterations = 30
            $0.lambdaL2 = 0.01
        }
        try check(
            poisson,
            [0.80983126, -0.3732838, 0.034938123, 0.12550034, -0.020291707, 0.0906782]
        )
        data.label = numbers.map { $0 > 2.149193548387097 ? 1 : 0 }
        let binary = parameters(.binary) {
            $0.lambdaL2 = 0.01
            $0.lambdaL1 = 0.001
        }
        try check(
            binary,
            [2.4402318, -1.2293239, 0.19565453, 0.5477253, -0.5316109, -0.5828077]
        )
    }

    @Test("the model's scores are those that training ended with, missing values counted as zero")
    func scores() throws {
        let data = table(rows: 20_000)
        let model = try Trainer(parameters { $0.iterations = 30 }).train(data, validation: data)
        try model.ensemble.validate()
        let scores = model.ensemble.scores(data)
        let last = try #require(model.history.last?.first)
        #expect(abs(last.value - RegressionMetrics.meanSquaredError(data.label, scores)) < 1e-9)
        #expect(last.value < 0.1 && model.history[0][0].value > 0.2)
        let found = weights(model.ensemble)
        let empty = TrainingData(
            columns: (0..<5).map { _ in .doubles([.nan]) },
            label: [0]
        )
        #expect(model.ensemble.scores(empty) == [found[5]])
        #expect(EnsembleKernel(model.ensemble).forms.contains("linear"))
        var walked = [Double](repeating: 0, count: data.rowCount)
        ReferenceScorer(model.ensemble).scoreRaw(
            rows: data.rowMajor,
            count: data.rowCount,
            stride: 5,
            into: &walked
        )
        let isSame = walked == scores
        #expect(isSame)
    }

    @Test("threads change nothing, and zeros left out are zeros")
    func determinism() throws {
        var data = table(rows: 20_000)
        let first = try Trainer(parameters()).train(data).ensemble
        let isSame = try Trainer(parameters { $0.threads = 3 }).train(data).ensemble == first
        #expect(isSame)
        let dense = (0..<20_000).map { $0 % 10 == 0 ? Double($0 % 13) : 0 }
        data.columns[4] = .doubles(dense)
        let full = try Trainer(parameters()).train(data).ensemble
        let listed = dense.indices.filter { dense[$0] != 0 }
        data.columns[4] = .sparse(
            SparseNumbers(
                rows: listed.map { UInt32($0) },
                values: listed.map { dense[$0] },
                count: dense.count
            )
        )
        let sparse = try Trainer(parameters()).train(data).ensemble
        let isEqual = weights(full) == weights(sparse)
        #expect(isEqual)
    }

    @Test("every objective is fitted")
    func objectives() throws {
        var data = table(rows: 600)
        let numbers = data.label
        for objective in TrainingParameters.Objective.allCases {
            let isCount = [.poisson, .gamma, .tweedie].contains(objective)
            let isShare = [.crossEntropy, .crossEntropyLambda].contains(objective)
            data.label = numbers.map { y in
                if objective.isClassification || isShare { return y > 2 ? 1 : 0 }
                if objective.isRanking { return max(0, min(4, y.rounded())) }
                return isCount ? max(0.1, y) : y
            }
            data.groups = objective.isRanking ? [Int](repeating: 10, count: 60) : nil
            let wanted = parameters(objective) {
                $0.classCount = objective.hasScoreForEachClass ? 2 : 1
                $0.learningRate = 0.1
                $0.boostsFromAverage = true
                $0.iterations = 30
            }
            let model = try Trainer(wanted).train(data, validation: data)
            let values = model.history.compactMap(\.first)
            let first = try #require(values.first)
            let last = try #require(values.last)
            // One round orders groups as well as thirty do.
            let isBetter =
                last.metric.greaterIsBetter
                ? last.value >= first.value : last.value < first.value
            #expect(isBetter, "\(objective): \(first.value) \(last.value)")
            #expect(model.usedFeatures.count >= 4)
        }
    }

    @Test("training stops early and keeps the weights of the best round")
    func earlyStopping() throws {
        let data = table(rows: 300)
        let held = table(rows: 90)
        var other = held
        // What helps the first rows hurts these, from some round on.
        other.label = held.label.indices.map { held.label[$0] * 0.5 }
        let wanted = parameters {
            $0.iterations = 200
            $0.learningRate = 0.1
            $0.earlyStoppingRounds = 4
        }
        let model = try Trainer(wanted).train(data, validation: other)
        #expect(model.stoppedEarly && model.history.count == model.rounds + 4)
        let losses = model.history.map { $0[0].value }
        #expect(losses.min() == losses[model.rounds - 1])
        let scores = model.ensemble.scores(other)
        let loss = RegressionMetrics.meanSquaredError(other.label, scores)
        #expect(abs(loss - losses[model.rounds - 1]) < 1e-6)
    }

    @Test("what a linear model has no place for is refused by name")
    func refusals() throws {
        let data = table()
        func message(
            _ data: TrainingData,
            _ change: (inout TrainingParameters) -> Void
        ) -> TrainingError? {
            do throws(TrainingError) {
                _ = try Trainer(parameters(.regression, change)).train(data)
                return nil
            } catch { return error }
        }
        let reason = "gblinear fits a linear model, which has no trees"
        let cases: [(String, (inout TrainingParameters) -> Void)] = [
            ("linear_tree", { $0.usesLinearTrees = true }),
            ("feature_fraction", { $0.featureFraction = 0.5 }),
            ("monotone_constraints", { $0.monotoneConstraints = [1, 0, 0, 0, 0] }),
            ("interaction_constraints", { $0.interactionConstraints = [[0, 1]] }),
        ]
        for (name, change) in cases {
            let error = TrainingError.conflict(parameter: name, with: "boosting", reason: reason)
            #expect(message(data, change) == error)
        }
        var categories = data
        categories.columns[1] = .categories([Int32](repeating: 0, count: 200), count: 1)
        #expect(
            message(categories) { _ in }
                == .conflict(
                    parameter: "boosting",
                    with: "Column_1",
                    reason: "gblinear takes numbers, not categories"
                )
        )
        var infinite = data
        infinite.columns[2] = .doubles([Double](repeating: .infinity, count: 200))
        #expect(
            message(infinite) { _ in }
                == .conflict(
                    parameter: "boosting",
                    with: "Column_2",
                    reason: "gblinear cannot take infinite numbers"
                )
        )
        let first = try Trainer(parameters()).train(data).ensemble
        #expect(throws: TrainingError.self) {
            try Trainer(parameters()).train(data, continuing: first)
        }
    }

    @Test("a set cancellation flag ends training")
    func cancellation() {
        let flag = CancellationFlag()
        #expect(throws: TrainingError.cancelled) {
            try Trainer(parameters { $0.iterations = 100_000 }).train(
                table(),
                cancellation: flag
            ) { progress in
                if progress.round == 3 { flag.cancel() }
            }
        }
    }
}
