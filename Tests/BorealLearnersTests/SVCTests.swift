import BorealBase
import BorealBoost
import BorealGraph
import Testing

@testable import BorealLearners

/// Expected values are those of scikit-learn 1.9.1, `SVC(tol=1e-8, ...).fit(X, y, sample_weight)`,
/// on the same rows with the same parameters.
@Suite("Class svc")
struct SVCTests {
    private func train(
        _ parameters: [(name: String, value: ParameterValue)],
        _ labels: [Double],
        weights: [Float]? = nil,
        run: LearningRun = LearningRun()
    ) throws -> LearnedModel {
        let count = Int64((labels.max() ?? 0) + 1)
        let set = MachineRows.set(
            MachineRows.rows,
            labels,
            weights: weights,
            names: .integer(Array(0..<count))
        )
        return try LearnerClass.svc.learner(parameters).train(set, run)
    }

    struct Expectation: Sendable, CustomTestStringConvertible {
        var parameters: [(name: String, value: ParameterValue)]
        var isWeighted = false
        var hasThree = false
        var vectors: Int64
        /// `decision_function` of the first three rows.
        var scores: [Double]
        /// Rows that are answered by each class.
        var counts: [Int]
        var testDescription: String { parameters.map { "\($0.name)=\($0.value)" }.description }
    }

    private static let expectations = [
        Expectation(
            parameters: [],
            vectors: 38,
            scores: [0.999999999944341, 0.8447274826669109, -0.7584124742907972],
            counts: [20, 40]
        ),
        Expectation(
            parameters: [("class_weight", .text("balanced")), ("C", .integer(3))],
            vectors: 28,
            scores: [1.000000014102171, 1.0000000435643952, -1.000000028252187],
            counts: [20, 40]
        ),
        Expectation(
            parameters: [("class_weight", .text("{0: 4, '1': 1}"))],
            vectors: 35,
            scores: [1.0000000135278593, 0.7841231086088517, -1.0000000564258802],
            counts: [20, 40]
        ),
        Expectation(
            parameters: [],
            isWeighted: true,
            vectors: 39,
            scores: [0.7174720823609922, 0.8114737107215965, -0.777848535053746],
            counts: [20, 40]
        ),
        Expectation(
            parameters: [],
            hasThree: true,
            vectors: 51,
            scores: [
                0.8501586976079369, -0.18066558875118985, 2.222222222826964, 0.8614681138912541,
                2.2145152771184256, -0.17416855776736662, 2.213086053976247, 1.0688179334585055,
                -0.223403294619772,
            ],
            counts: [20, 21, 19]
        ),
        Expectation(
            parameters: [("kernel", .text("poly")), ("c", .integer(2))],
            hasThree: true,
            vectors: 57,
            scores: [
                0.8817041523672983, -0.19937062417818088, 2.2236254582006842, -0.20148939269428762,
                2.217877221981118, 0.9119706230242121, 2.1476931763093763, 1.1901425945651718,
                -0.2266149571324244,
            ],
            counts: [8, 46, 6]
        ),
        Expectation(
            parameters: [("kernel", .text("sigmoid")), ("gamma", .real(0.2))],
            hasThree: true,
            vectors: 60,
            scores: [
                -0.260152118588712, 1.1795837057412788, 2.23491422136197, -0.18061510839793987,
                1.1728349516757317, 2.0318937673083974, -0.153249307609978, 2.1648029238095123,
                0.9624648069128506,
            ],
            counts: [4, 35, 21]
        ),
    ]

    @Test("Votes and scores are LIBSVM's", arguments: expectations)
    func sameAsLibrary(_ expected: Expectation) throws {
        let labels = expected.hasThree ? MachineRows.classes : MachineRows.twoClasses
        let model = try train(
            expected.parameters + [("tol", .real(1e-8))],
            labels,
            weights: expected.isWeighted ? MachineRows.weights : nil
        )
        #expect(MachineRows.fact("support_vectors", model) == .integer(expected.vectors))
        let scores = try MachineRows.answers(model, MachineRows.rows.prefix(3), .raw)
        #expect(areNear(scores, expected.scores, 2e-6))
        let answers = try MachineRows.answers(model, MachineRows.rows, .prediction)
        let counts = expected.counts.indices.map { code in answers.count { $0 == Double(code) } }
        #expect(counts == expected.counts)
        #expect(model.graph.task == (expected.hasThree ? .multiclass : .binary))
        #expect(model.graph.answersLabel)
    }

    @Test("Probabilities come from rows that a machine has not seen, and follow the scores")
    func probabilities() throws {
        let plain = try train([], MachineRows.classes)
        #expect(plain.graph.output(.probabilities) == nil)
        let model = try train([("probability", .text("True"))], MachineRows.classes)
        let output = try #require(model.graph.output(.probabilities))
        #expect(output.columnNames == ["proba_0", "proba_1", "proba_2"])
        let shares = try MachineRows.answers(model, MachineRows.rows, .probabilities)
        let answers = try MachineRows.answers(model, MachineRows.rows, .prediction)
        var agreeing = 0
        for row in answers.indices {
            let mine = Array(shares[row * 3..<row * 3 + 3])
            #expect(abs(mine.reduce(0, +) - 1) < 1e-9)
            #expect(mine.allSatisfy { $0 > 0 && $0 < 1 })
            if mine[Int(answers[row])] == mine.max() { agreeing += 1 }
        }
        #expect(agreeing > 45)
        let two = try train([("probability", .boolean(true))], MachineRows.twoClasses)
        let scores = try MachineRows.answers(two, MachineRows.rows, .raw)
        let positives = try MachineRows.answers(two, MachineRows.rows, .probabilities)
        for (i, j) in zip(0..<59, 1..<60) where scores[i] + 1e-9 < scores[j] {
            #expect(positives[i * 2 + 1] < positives[j * 2 + 1])
        }
    }

    @Test("Threads change nothing, to the bit", arguments: [2, 4])
    func threads(_ threads: Int) throws {
        for labels in [MachineRows.classes, MachineRows.twoClasses] {
            let parameters: [(name: String, value: ParameterValue)] = [
                ("probability", .boolean(true))
            ]
            let one = try train(parameters, labels)
            let many = try train(parameters, labels, run: LearningRun(threads: threads))
            for role in [GraphOutput.Role.raw, .probabilities] {
                let expected = try MachineRows.answers(one, MachineRows.rows, role)
                #expect(try MachineRows.answers(many, MachineRows.rows, role) == expected)
            }
        }
    }

    /// `sklearn.calibration._sigmoid_calibration`, which fits the same function to its own
    /// tolerance.
    @Test("The sigmoid is Platt's")
    func platt() {
        let decisions = (0..<60).map { Double(($0 * 41) % 59) / 20 - 1.5 }
        let isPositive = decisions.enumerated().map { i, decision in
            decision + Double((i * 23) % 31) / 10 - 1.5 > 0
        }
        let scaling = PlattScaling(decisions, isPositive: isPositive)
        #expect(abs(scaling.slope - -1.5843794271925589) < 1e-4)
        #expect(abs(scaling.shift - -0.023163579891064937) < 1e-4)
        let constant = PlattScaling([0, 0, 0], isPositive: [true, true, false])
        #expect(constant.slope.isFinite && constant.shift.isFinite)
    }

    @Test("Parameters are listed with their defaults, in the documented order")
    func parameters() throws {
        let learner = try LearnerClass.svc.learner([])
        #expect(
            learner.parameters.map { "\($0.name)=\($0.value)" } == [
                "kernel=rbf", "c=1.0", "max_iter=-1", "gamma=scale", "degree=3", "coef0=0.0",
                "tol=0.001", "shrinking=True", "cache_size=200.0", "class_weight=None",
                "probability=False", "random_state=1", "n_jobs=4",
            ]
        )
        #expect(learner.intake == Intake(label: .classes(2...1_000)))
        for (name, value) in [
            ("epsilon", ParameterValue.real(0.1)), ("class_weight", .text("heavy")),
            ("class_weight", .text("a:-1")), ("class_weight", .text("{}")),
            ("class_weight", .integer(1)),
        ] {
            #expect(throws: TrainingError.self) { try LearnerClass.svc.learner([(name, value)]) }
        }
    }

    @Test("Weights of classes are read in every spelling, and must name classes")
    func classWeights() throws {
        let weights = try ClassWeights("class_weight", .text(#"{"no": 2, 'yes':0.5}"#))
        let labels = Labels.text(["maybe", "no", "yes"])
        #expect(try weights.weights(counts: [1, 1, 1], labels: labels) == [1, 2, 0.5])
        let balanced = try ClassWeights("class_weight", .text("Balanced"))
        #expect(try balanced.weights(counts: [1, 3], labels: nil) == [2, 4.0 / 6])
        #expect(
            throws: TrainingError.unknownChoice(
                parameter: "class_weight",
                allowed: ["0", "1"],
                value: "7"
            )
        ) { try train([("class_weight", .text("7: 2"))], MachineRows.twoClasses) }
    }

    @Test("Labels that are no two classes are refused")
    func badLabels() throws {
        #expect(throws: TrainingError.singleLabelValue(value: 0)) {
            try train([], [Double](repeating: 0, count: 60))
        }
        var labels = MachineRows.twoClasses
        labels[5] = 0.5
        #expect(throws: TrainingError.labelOutOfRange(row: 5, value: 0.5, classCount: 2)) {
            try train([], labels)
        }
        // The rows of class 1 count nothing.
        let weights = MachineRows.twoClasses.map { $0 == 0 ? Float(1) : 0 }
        #expect(throws: TrainingError.singleLabelValue(value: 0)) {
            try train([], MachineRows.twoClasses, weights: weights)
        }
        let flag = CancellationFlag()
        flag.cancel()
        #expect(throws: TrainingError.cancelled) {
            try train([], MachineRows.classes, run: LearningRun(threads: 2, cancellation: flag))
        }
    }
}
