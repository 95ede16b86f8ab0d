import BorealBase
import BorealBoost
import BorealGraph
import BorealLearners
import Glibc
import Testing

/// Random forests beside scikit-learn 1.9.1, and what they promise on their own.
@Suite("Random forests")
struct ForestTests {
    private typealias Pairs = [(name: String, value: ParameterValue)]

    /// 48 rows of two features; every sixteenth label is far off.
    private static let columns: [[Double]] = [
        (0..<48).map { Double(($0 * 29) % 48) }, (0..<48).map { Double(($0 * $0 * 5) % 31) },
    ]
    private static let numbers: [Double] = (0..<48).map { row in
        let off = columns[0][row] - 20
        var label = off * off / 40
        if columns[1][row] > 12 { label += 3 }
        label += Double((row * 7) % 5) / 2
        return row % 16 == 3 ? label + 40 : label
    }
    /// Three classes by the label, and two by the first feature.
    private static let three = numbers.map { $0 > 9 ? 2.0 : $0 > 6 ? 1.0 : 0.0 }
    private static let two = (0..<48).map { row in
        (columns[0][row] > 22) == (row % 9 == 2) ? 0.0 : 1.0
    }
    private static let shown = [0, 3, 7, 20, 47]

    private func set(
        _ columns: [[Double]],
        _ label: [Double],
        classes: Int = 0,
        weights: [Float]? = nil
    ) -> LearningSet {
        let data = TrainingData(
            columns: columns.map { .doubles($0) },
            label: label,
            weights: weights
        )
        return LearningSet(
            data: data,
            inputs: data.names.map { GraphInput(name: $0) },
            labels: classes > 0 ? .integer((0..<Int64(classes)).map { $0 }) : nil
        )
    }

    private func forest(
        _ name: LearnerClass,
        _ pairs: Pairs,
        _ set: LearningSet,
        threads: Int = 1
    ) throws -> LearnedModel {
        try name.learner(pairs).train(set, LearningRun(threads: threads))
    }

    /// One tree that sees all rows and features.
    private let alone: Pairs = [
        ("n_estimators", .integer(1)), ("bootstrap", .boolean(false)), ("max_features", .real(1)),
    ]

    /// The answers of a graph: numbers, or the share of the last class.
    private func answers(_ model: LearnedModel, _ columns: [[Double]], _ rows: [Int]) throws
        -> [Double]
    {
        let ensemble = try #require(model.graph.treeEnsemble).ensemble
        let kernel = EnsembleKernel(ensemble)
        return rows.map { row in
            var scores = [Double](repeating: 0, count: kernel.scoresPerRow)
            let values = columns.map { $0[row] }
            kernel.scoreRaw(rows: values, count: 1, stride: values.count, into: &scores)
            return scores.last ?? .nan
        }
    }

    @Test(
        "A tree of all rows and features is scikit-learn's",
        arguments: [
            ("max_depth=3", [8.182143, 52.525, 4.525, 8.182143, 4.525], 7),
            ("min_samples_leaf=5", [13.0625, 19.669444, 5.758333, 13.0625, 2.675], 6),
            ("max_leaf_nodes=5", [8.182143, 52.525, 6.273387, 8.182143, 6.273387], 5),
            ("min_impurity_decrease=5", [8.182143, 52.525, 6.273387, 8.182143, 6.273387], 5),
            ("min_samples_split=12", [13.0625, 19.669444, 5.758333, 13.0625, 2.675], 7),
            ("min_weight_fraction_leaf=0.2", [11.4125, 18.6125, 4.480769, 11.4125, 4.480769], 4),
            ("max_depth=2,objective=mae", [8.825, 52.525, 5.225, 8.825, 5.225], 4),
        ]
    )
    func regression(parameters: String, expected: [Double], leaves: Int) throws {
        let pairs = alone + Self.pairs(parameters)
        let model = try forest(.randomforestreg, pairs, set(Self.columns, Self.numbers))
        for (found, value) in zip(try answers(model, Self.columns, Self.shown), expected) {
            #expect(abs(found - value) < 1e-5, "\(found) \(value)")
        }
        #expect(model.graph.treeEnsemble?.ensemble.trees[0].leafTotal == leaves)
    }

    private static func pairs(_ text: String) -> Pairs {
        text.split(separator: ",").map { part in
            let words = part.split(separator: "=").map(String.init)
            return (words[0], .text(words[1]))
        }
    }

    @Test(
        "So are trees of classes",
        arguments: [
            ("criterion=gini", 3, [0.333333, 1.0, 0.333333, 0.333333, 0.038462]),
            ("criterion=entropy", 3, [0.5, 1.0, 0.0625, 0.5, 0.0625]),
            ("class_weight=balanced", 3, [0.268585, 1.0, 0.268585, 0.268585, 0.049734]),
            ("criterion=gini", 2, [0.0, 1.0, 0.214286, 0.214286, 0.214286]),
            ("criterion=log_loss", 2, [0.0, 1.0, 0.214286, 0.214286, 0.214286]),
        ]
    )
    func classification(parameters: String, classes: Int, expected: [Double]) throws {
        let pairs = alone + Self.pairs(parameters + ",max_depth=2")
        let label = classes == 3 ? Self.three : Self.two
        let given = set(Self.columns, label, classes: classes)
        let model = try forest(.randomforestcls, pairs, given)
        for (found, value) in zip(try answers(model, Self.columns, Self.shown), expected) {
            #expect(abs(found - value) < 1e-6, "\(found) \(value)")
        }
        #expect(model.graph.task == (classes == 3 ? .multiclass : .binary))
        #expect(model.graph.answersLabel && model.graph.labels?.count == classes)
    }

    @Test("Importances are scikit-learn's, and weights count as rows do")
    func importances() throws {
        let rows = set(Self.columns, Self.numbers)
        let pairs = alone + [("min_samples_leaf", .integer(5))]
        let model = try forest(.randomforestreg, pairs, rows)
        let gains = try #require(model.graph.featureImportances).map(\.gain)
        let sum = gains.reduce(0, +)
        #expect(abs(gains[0] / sum - 0.896616) < 1e-6 && abs(gains[1] / sum - 0.103384) < 1e-6)
        let weights = (0..<48).map { Float(1 + $0 % 3) }
        let weighted = set(Self.columns, Self.numbers, weights: weights)
        let other = try forest(.randomforestreg, alone + [("max_depth", .integer(3))], weighted)
        let expected = [8.526923, 52.525, 4.554167, 8.526923, 4.554167]
        for (found, value) in zip(try answers(other, Self.columns, Self.shown), expected) {
            #expect(abs(found - value) < 1e-5)
        }
    }

    /// Columns of numbers, some missing, and two labels.
    private func noise(rows: Int) -> (columns: [[Double]], numbers: [Double], classes: [Double]) {
        var state: UInt64 = 7
        func next() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 40) / Double(1 << 24)
        }
        let columns = (0..<4).map { column in
            (0..<rows).map { _ in
                let value = (next() * 40).rounded()
                return column == 1 && next() < 0.2 ? .nan : value
            }
        }
        let numbers = (0..<rows).map { row in
            let bonus = columns[1][row].isNaN ? 25 : columns[1][row]
            return columns[0][row] + bonus + (next() * 8).rounded()
        }
        return (columns, numbers, numbers.map { $0 > 60 ? 2 : $0 > 40 ? 1 : 0 })
    }

    @Test(
        "Equal seeds grow equal trees at any number of threads, other seeds other ones",
        arguments: ["objective=mse", "objective=mae"]
    )
    func determinism(parameters: String) throws {
        let table = noise(rows: 700)
        let given = set(table.columns, table.numbers)
        let pairs = Self.pairs(parameters + ",n_estimators=12,oob_score=1")
        let models = try [1, 2, 3].map { try forest(.randomforestreg, pairs, given, threads: $0) }
        let first = try #require(models[0].graph.treeEnsemble).ensemble.trees
        for model in models.dropFirst() {
            let isEqual = model.graph.treeEnsemble?.ensemble.trees == first
            #expect(isEqual && model.facts.map(\.value) == models[0].facts.map(\.value))
        }
        let other = try forest(
            .randomforestreg,
            pairs + [("random_state", .integer(2))],
            given
        )
        let isSame = other.graph.treeEnsemble?.ensemble.trees == first
        #expect(!isSame)
    }

    @Test("What no tree has seen is judged out of the bag")
    func outOfBag() throws {
        let table = noise(rows: 1_500)
        let pairs = Self.pairs("n_estimators=40,oob_score=1")
        let numbers = try forest(.randomforestreg, pairs, set(table.columns, table.numbers))
        let fact = try #require(numbers.facts.first { $0.key == "oob_r2" }?.value)
        guard case .number(let score) = fact else {
            Issue.record("no score: \(fact)")
            return
        }
        // Noise of up to 8 is all that cannot be told.
        #expect(score > 0.9 && score < 0.995)
        let classes = try forest(
            .randomforestcls,
            pairs,
            set(table.columns, table.classes, classes: 3)
        )
        guard case .number(let share) = classes.facts.first(where: { $0.key == "oob_acc" })?.value
        else {
            Issue.record("no score")
            return
        }
        #expect(share > 0.8 && share < 1)
    }

    @Test(
        "Missing values go the way that gains more, and a leaf of equal rows answers their label",
        arguments: [
            (LearnerClass.randomforestreg, "objective=mse"), (.randomforestreg, "objective=mae"),
            (.randomforestcls, "criterion=gini"), (.randomforestcls, "criterion=entropy"),
        ]
    )
    func missing(name: LearnerClass, parameters: String) throws {
        let isClass = name == .randomforestcls
        for side in [0.0, 1.0] {
            let column: [Double] = [.nan, .nan, 1, 1, 2, 2]
            let label = [side, side, 0, 0, 1, 1]
            let given = set([column], label, classes: isClass ? 2 : 0)
            let model = try forest(name, alone + Self.pairs(parameters), given)
            #expect(try answers(model, [column], Array(0..<6)) == label)
        }
        let column: [Double] = [.nan, .nan, 1, 2, 3, 4]
        let label: [Double] = [1, 1, 0, 0, 0, 0]
        let given = set([column], label, classes: isClass ? 2 : 0)
        let model = try forest(name, alone + Self.pairs(parameters), given)
        #expect(try answers(model, [column], Array(0..<6)) == label)
        #expect(model.graph.treeEnsemble?.ensemble.trees[0].leafTotal == 2)
    }

    @Test("Of all splits of a node the one of the least absolute error is taken")
    func medians() throws {
        let table = noise(rows: 60)
        let weights = (0..<60).map { Float(1 + ($0 * 7) % 4) }
        let given = set([table.columns[0]], table.numbers, weights: weights)
        let pairs = alone + Self.pairs("objective=mae,max_depth=1,min_samples_leaf=3")
        let model = try forest(.randomforestreg, pairs, given)
        let tree = try #require(model.graph.treeEnsemble).ensemble.trees[0]
        func loss(_ rows: [Int]) -> Double {
            rows.map { center in
                rows.reduce(0) {
                    $0 + Double(weights[$1]) * abs(table.numbers[$1] - table.numbers[center])
                }
            }.min() ?? 0
        }
        func loss(at threshold: Double) -> Double? {
            let left = (0..<60).filter { table.columns[0][$0] <= threshold }
            let right = (0..<60).filter { table.columns[0][$0] > threshold }
            return left.count < 3 || right.count < 3 ? nil : loss(left) + loss(right)
        }
        let least = table.columns[0].compactMap { loss(at: $0) }.min()
        let taken = try #require(loss(at: tree.threshold[0]))
        #expect(abs(taken - (least ?? 0)) < 1e-9)
        // What the split takes off, by the weight of all rows.
        let decrease = (loss(Array(0..<60)) - taken) / Double(weights.reduce(0, +))
        #expect(abs(tree.splitGain[0] - decrease) < 1e-9)
    }

    @Test("Defaults are the documented ones, in the documented order")
    func defaults() throws {
        let regression = try LearnerClass.randomforestreg.learner([])
        #expect(
            regression.parameters.map { "\($0.name)=\($0.value)" } == [
                "n_estimators=100", "objective=mse", "max_features=sqrt", "random_state=1",
                "n_jobs=4", "max_depth=None", "min_samples_split=2", "min_samples_leaf=1",
                "min_weight_fraction_leaf=0.0", "max_leaf_nodes=None", "min_impurity_decrease=0.0",
                "bootstrap=True", "oob_score=False", "max_samples=None",
            ]
        )
        #expect(regression.intake == Intake(label: .number, takesMissing: true))
        let classification = try LearnerClass.randomforestcls.learner([("n_jobs", .integer(-1))])
        #expect(classification.parameters[1].name == "criterion" && classification.threads == 0)
        #expect(classification.parameters.last?.name == "class_weight")
        #expect(classification.intake == Intake(label: .classes(2...65_536), takesMissing: true))
        let small = regression.memoryEstimate(rows: 1_000, features: 10, threads: 1)
        let large = regression.memoryEstimate(rows: 1_000_000, features: 10, threads: 1)
        #expect(small > 1_000 * 20 && large > 900 * small)
    }

    @Test(
        "What is wrong with parameters is named",
        arguments: [
            (
                "max_depth=0",
                TrainingError.outOfRange(
                    parameter: "max_depth",
                    allowed: "None, -1 or [1, 100000]",
                    value: "0"
                )
            ),
            (
                "oob_score=1,bootstrap=0",
                .conflict(
                    parameter: "oob_score",
                    with: "bootstrap",
                    reason: "without it every tree sees every row"
                )
            ),
            (
                "objective=gini",
                .unknownChoice(parameter: "objective", allowed: ["mse", "mae"], value: "gini")
            ),
            (
                "min_samples_split=1",
                .outOfRange(
                    parameter: "min_samples_split",
                    allowed: "[2, 1073741824] or a share",
                    value: "1"
                )
            ),
            ("trees=3", .unknownParameter(name: "trees", nearest: "loss")),
        ]
    )
    func badParameters(_ text: String, _ expected: TrainingError) {
        let error = #expect(throws: TrainingError.self) {
            try LearnerClass.randomforestreg.learner(Self.pairs(text))
        }
        if case .unknownParameter("trees", _) = error { return }
        #expect(error == expected)
    }

    @Test("Rows that cannot be learnt from are refused, one row is its own answer")
    func badRows() throws {
        let cases: [(LearningSet, TrainingError)] = [
            (set([[]], []), .emptyTrainingSet), (set([], [1]), .noFeatures),
            (set([[1, 2]], [1, .nan]), .labelNotFinite(row: 1)),
            (set([[1]], [1], weights: [-1]), .weightInvalid(row: 0, value: -1)),
            (set([[1]], [1], weights: [0]), .weightsAllZero),
        ]
        for (rows, expected) in cases {
            #expect(throws: expected) { try forest(.randomforestreg, [], rows) }
        }
        #expect(throws: TrainingError.labelOutOfRange(row: 1, value: 2, classCount: 2)) {
            try forest(.randomforestcls, [], set([[1, 2]], [0, 2], classes: 2))
        }
        #expect(
            throws: TrainingError.outOfRange(
                parameter: "max_features",
                allowed: "[0, 1]",
                value: "2"
            )
        ) {
            try forest(.randomforestreg, [("max_features", .integer(2))], set([[1]], [1]))
        }
        #expect(throws: TrainingError.tooFewRows(parameter: "max_samples", value: "9", rows: 1)) {
            try forest(.randomforestreg, [("max_samples", .integer(9))], set([[1]], [1]))
        }
        let one = try forest(.randomforestreg, [], set([[3]], [0.1]))
        #expect(abs(try answers(one, [[3]], [0])[0] - 0.1) < 1e-15)
        let constant = try forest(.randomforestreg, [], set([[3, 3, 3]], [1, 1, 4]))
        #expect(
            constant.graph.treeEnsemble?.ensemble.trees.allSatisfy { $0.innerCount == 0 } == true
        )
    }

    @Test("A forest stops when asked, and tells of each tree")
    func cancellation() throws {
        let table = noise(rows: 300)
        let flag = CancellationFlag()
        let learner = try LearnerClass.randomforestreg.learner([("n_estimators", .integer(50))])
        let run = LearningRun(threads: 2, cancellation: flag) { step in
            #expect(step.unit == "tree" && step.total == 50)
            if step.done == 3 { flag.cancel() }
        }
        #expect(throws: TrainingError.cancelled) {
            try learner.train(set(table.columns, table.numbers), run)
        }
    }
}
