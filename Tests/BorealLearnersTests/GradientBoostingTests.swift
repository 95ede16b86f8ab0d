import BorealBoost
import BorealGraph
import BorealLearners
import Glibc
import Testing

/// What `gbdt` and `gbrt` make of their parameters, and that it trains what scikit-learn trains.
@Suite("Gradient boosting")
struct GradientBoostingTests {
    /// 48 rows of two features; every sixteenth label is far off.
    private static let numbers: TrainingData = {
        let a = (0..<48).map { Double(($0 * 29) % 48) }
        let b = (0..<48).map { Double(($0 * $0 * 5) % 31) }
        var y: [Double] = []
        for row in 0..<48 {
            var label = (a[row] - 20) * (a[row] - 20) / 40
            if b[row] > 12 { label += 3 }
            label += Double((row * 7) % 5) / 2
            if row % 16 == 3 { label += 40 }
            y.append(label)
        }
        return TrainingData(columns: [.doubles(a), .doubles(b)], label: y)
    }()
    /// The same rows by their first feature, in two classes.
    private static let classes: TrainingData = {
        guard case .doubles(let a) = numbers.columns[0] else { return numbers }
        let label = a.indices.map { row in (a[row] > 22) == (row % 9 == 2) ? 0.0 : 1.0 }
        return TrainingData(columns: [.doubles(a)], label: label)
    }()
    private static let shown = [0, 3, 7, 20, 47]

    private func scores(
        _ learner: GradientBoostingParameters.Class,
        _ pairs: [(name: String, value: ParameterValue)],
        _ data: TrainingData
    ) throws -> [Double] {
        let given = try GradientBoostingParameters(learner, pairs)
        let wanted = try given.training(
            rows: data.rowCount,
            features: data.columns.count,
            classes: 2
        )
        let ensemble = try Trainer(wanted).train(data).ensemble
        let kernel = EnsembleKernel(ensemble)
        return Self.shown.map { row in
            let values = data.columns.map { column in
                guard case .doubles(let numbers) = column else { return Double.nan }
                return numbers[row]
            }
            var score = 0.0
            kernel.scoreRaw(rows: values, count: 1, stride: values.count, into: &score)
            return score
        }
    }

    /// 1201 rows of one feature; every thirteenth label is off.
    private static let many: TrainingData = {
        let a = (0..<1_201).map { Double(($0 * 29) % 1_201) }
        let y = a.indices.map { row in
            a[row] * a[row] / 40_000 + Double((row * 7) % 11) / 3 + (row % 13 == 3 ? 20 : 0)
        }
        return TrainingData(columns: [.doubles(a)], label: y)
    }()

    // GradientBoostingRegressor(loss, learning_rate=0.3) of scikit-learn 1.9.1: n_estimators=4 and
    // max_depth=3 for ls, else 3 and 2; alpha 0.8 for huber, 0.7 for quantile. The library takes
    // one of the rows for a percentile where we go between two, hence the wider bound.
    @Test(
        "gbrt predicts what scikit-learn predicts",
        arguments: [
            ("ls", 0.9, [8.52785, 42.294739, 6.579474, 8.52785, 6.579474]),
            ("lad", 0.9, [6.707675, 6.707675, 6.707675, 9.800668, 6.707675]),
            ("huber", 0.8, [6.787881, 6.787881, 6.787881, 11.616326, 6.787881]),
            ("quantile", 0.7, [14.667471, 14.667471, 14.667471, 14.667471, 14.667471]),
        ]
    )
    func regression(objective: String, alpha: Double, expected: [Double]) throws {
        let isSquared = objective == "ls"
        let pairs: [(name: String, value: ParameterValue)] = [
            ("objective", .text(objective)), ("n_estimators", .integer(isSquared ? 4 : 3)),
            ("max_depth", .integer(isSquared ? 3 : 2)), ("learning_rate", .real(0.3)),
            ("alpha", .real(alpha)),
        ]
        let found = try scores(.gbrt, pairs, isSquared ? Self.numbers : Self.many)
        for (score, value) in zip(found, expected) {
            #expect(abs(score - value) < (isSquared ? 2e-3 : 0.06), "\(score) \(value)")
        }
    }

    // GradientBoostingClassifier(loss, n_estimators=3, max_depth=1, learning_rate=0.5): the
    // probabilities of class 1.
    @Test(
        "gbdt predicts what scikit-learn predicts",
        arguments: [
            ("exponential", [0.16637301, 0.85292955, 0.16637301, 0.16637301, 0.29915215]),
            ("deviance", [0.18367076, 0.83117315, 0.18367076, 0.18367076, 0.30383164]),
        ]
    )
    func classification(loss: String, expected: [Double]) throws {
        let pairs: [(name: String, value: ParameterValue)] = [
            ("loss", .text(loss)), ("n_estimators", .integer(3)), ("learning_rate", .real(0.5)),
        ]
        let slope = loss == "exponential" ? 2.0 : 1.0
        for (score, value) in zip(try scores(.gbdt, pairs, Self.classes), expected) {
            // The logarithm of the odds, so that no exponential is needed.
            #expect(abs(1 / (1 + exp(-slope * score)) - value) < 1e-4)
        }
    }

    @Test("Defaults are the documented ones, in the documented order")
    func defaults() throws {
        let gbdt = try GradientBoostingParameters(.gbdt, [])
        #expect(
            gbdt.values.map { "\($0.name)=\($0.value)" } == [
                "loss=deviance", "n_estimators=100", "learning_rate=0.06", "max_leaf_nodes=None",
                "min_samples_leaf=1", "subsample=1.0", "max_features=1.0", "max_depth=1",
                "random_state=1", "model_type=pkl", "n_jobs=4", "min_samples_split=2",
            ]
        )
        #expect(gbdt.intake == Intake(label: .classes(2...65_536), takesMissing: true))
        let gbrt = try GradientBoostingParameters(.gbrt, [("max_depth", .integer(-1))])
        #expect(
            gbrt.values.map { "\($0.name)=\($0.value)" } == [
                "n_estimators=100", "objective=ls", "max_depth=-1", "random_state=1",
                "learning_rate=0.1", "max_leaf_nodes=None", "min_samples_leaf=1", "subsample=1.0",
                "max_features=1.0", "model_type=pkl", "n_jobs=4", "min_samples_split=2",
                "alpha=0.9",
            ]
        )
        #expect(gbrt.intake == Intake(label: .number, takesMissing: true))
        #expect(try gbrt.training(rows: 9, features: 3).leaves == 1 << 20)
        #expect(try settled(.gbrt, [], rows: 9, features: 3).leaves == 128)
    }

    private func settled(
        _ learner: GradientBoostingParameters.Class,
        _ pairs: [(name: String, value: ParameterValue)],
        rows: Int,
        features: Int
    ) throws -> TrainingParameters {
        try GradientBoostingParameters(learner, pairs).training(rows: rows, features: features)
    }

    @Test(
        "Features have as many bins as the trees' size and the table's width allow",
        arguments: [
            ("max_depth=7", 1_000, 28, 1_170), ("max_depth=1", 100_000, 28, 65_535),
            ("max_depth=5", 100_000, 28, 62_500), ("max_depth=7", 100_000, 28, 21_875),
            ("max_depth=-1", 100_000, 28, 255), ("max_depth=1", 100_000, 1_000, 4_194),
            ("max_depth=1", 100_000, 100_000, 255), ("max_depth=1", 1, 1, 65_535),
        ]
    )
    func bins(parameter: String, rows: Int, features: Int, expected: Int) throws {
        let words = parameter.split(separator: "=").map(String.init)
        let pair = (name: words[0], value: ParameterValue.integer(try #require(Int64(words[1]))))
        #expect(try settled(.gbrt, [pair], rows: rows, features: features).maxBin == expected)
    }

    // scikit-learn cuts off the five outermost of 3000 rows, which 255 bins put among others.
    @Test("A tree cuts between any two values")
    func cuts() throws {
        let values = (0..<3_000).map { Double(($0 * 7) % 3_000) }
        let label = values.map { $0 > 2_994.5 ? 100.0 : 0 }
        let data = TrainingData(columns: [.doubles(values)], label: label)
        let pairs = [(name: "max_depth", value: ParameterValue.integer(1))]
        let wanted = try settled(.gbrt, pairs, rows: 3_000, features: 1)
        let tree = try Trainer(wanted).train(data).ensemble.trees[0]
        #expect(abs(tree.threshold[0] - 2_994.5) < 1e-6 && tree.leafCount == [2_995, 5])
    }

    @Test("The table decides the loss of several classes and the features of a split")
    func table() throws {
        let given = try GradientBoostingParameters(.gbdt, [("max_features", .text("sqrt"))])
        let wanted = try given.training(rows: 9, features: 28, classes: 7)
        #expect(wanted.objective == .multiclass && wanted.classCount == 7)
        #expect(wanted.featureFractionByNode == 5.0 / 28)
        #expect(try given.training(rows: 9, features: 28, classes: 2).objective == .binary)
        let exponential = try GradientBoostingParameters(.gbdt, [("loss", .text("exponential"))])
        #expect(exponential.intake.label == .classes(2...2))
        #expect(throws: TrainingError.self) {
            try exponential.training(rows: 9, features: 1, classes: 3)
        }
        #expect(throws: TrainingError.noFeatures) {
            try exponential.training(rows: 9, features: 0)
        }
    }

    @Test(
        "What is out of range is named",
        arguments: [
            (
                "max_depth", ParameterValue.integer(0),
                TrainingError.outOfRange(
                    parameter: "max_depth",
                    allowed: "-1 or [1, 1024]",
                    value: "0"
                )
            ),
            (
                "subsample", .integer(0),
                .outOfRange(parameter: "subsample", allowed: "(0.0, 1.0]", value: "0")
            ),
            (
                "max_features", .real(1.5),
                .outOfRange(parameter: "max_features", allowed: "(0.0, 1.0]", value: "1.5")
            ),
            (
                "max_leaf_nodes", .text("x"),
                .wrongType(parameter: "max_leaf_nodes", expected: "integer", value: "x")
            ),
            ("max_dept", .integer(1), .unknownParameter(name: "max_dept", nearest: "max_depth")),
            (
                "objective", .text("hinge"),
                .unknownChoice(
                    parameter: "objective",
                    allowed: ["ls", "lad", "huber", "quantile"],
                    value: "hinge"
                )
            ),
        ]
    )
    func errors(_ name: String, _ value: ParameterValue, _ expected: TrainingError) {
        let error = #expect(throws: TrainingError.self) {
            try GradientBoostingParameters(.gbrt, [(name, value)])
        }
        #expect(error == expected)
    }

    @Test("max_features is a word, a share or a count")
    func features() throws {
        func count(_ value: ParameterValue, _ one: FeatureShare.One = .isCount) throws -> Int {
            try FeatureShare("max_features", value, one: one).resolved(of: 28)
        }
        #expect(try count(.text("sqrt")) == 5 && count(.text("LOG2")) == 4)
        #expect(try count(.integer(1)) == 1 && count(.integer(1), .isShare) == 28)
        #expect(try count(.real(1)) == 28 && count(.real(0.01)) == 1 && count(.integer(0)) == 1)
        #expect(try count(.text("7")) == 7 && count(.text("0.5")) == 14)
        #expect(throws: TrainingError.self) { try count(.integer(29)) }
        #expect(throws: TrainingError.self) { try count(.text("all but one")) }
    }
}
