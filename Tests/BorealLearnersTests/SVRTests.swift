import BorealBase
import BorealBoost
import BorealGraph
import BorealLearners
import Synchronization
import Testing

/// Expected values are those of scikit-learn 1.9.1, `SVR(tol=1e-8, ...).fit(X, y, sample_weight)`,
/// on the same rows with the same parameters.
@Suite("Class svr")
struct SVRTests {
    private func train(
        _ parameters: [(name: String, value: ParameterValue)],
        _ set: LearningSet = MachineRows.set(MachineRows.rows, MachineRows.labels),
        _ run: LearningRun = LearningRun()
    ) throws -> LearnedModel {
        try LearnerClass.svr.learner(parameters).train(set, run)
    }

    struct Expectation: Sendable, CustomTestStringConvertible {
        var parameters: [(name: String, value: ParameterValue)]
        var isWeighted = false
        var vectors: Int64
        var intercept: Double
        /// Answers for the first three rows.
        var answers: [Double]
        var testDescription: String { parameters.map { "\($0.name)=\($0.value)" }.description }
    }

    private static let expectations = [
        Expectation(
            parameters: [],
            vectors: 51,
            intercept: 0.9165371569316624,
            answers: [2.8176833664327385, -0.3771463077221541, -0.7264335449486837]
        ),
        Expectation(
            parameters: [("kernel", .text("linear")), ("C", .integer(2)), ("epsilon", .real(0.3))],
            vectors: 47,
            intercept: 0.3987501400869263,
            answers: [0.29864256339351997, 0.2306972195560742, 0.5441484986379952]
        ),
        Expectation(
            parameters: [
                ("kernel", .text("poly")), ("degree", .integer(2)), ("coef0", .integer(1)),
            ],
            vectors: 50,
            intercept: 0.43548173768745585,
            answers: [3.100000726574499, -0.04155013472812935, -0.7264332377082003]
        ),
        Expectation(
            parameters: [
                ("kernel", .text("sigmoid")), ("gamma", .real(0.1)), ("coef0", .real(-0.2)),
            ],
            vectors: 57,
            intercept: 0.3498496822042913,
            answers: [0.6022519495198853, 0.15394914904866075, 0.37175062525262015]
        ),
        Expectation(
            parameters: [("gamma", .text("auto")), ("c", .integer(10)), ("epsilon", .integer(0))],
            vectors: 60,
            intercept: 0.8731527953203395,
            answers: [2.9999998719076313, -0.1415497228653626, -0.6264327513990087]
        ),
        Expectation(
            parameters: [],
            isWeighted: true,
            vectors: 48,
            intercept: 0.8840448566590218,
            answers: [2.4010619277102307, -0.32839085221205777, -0.7264335840171838]
        ),
        Expectation(
            parameters: [("gamma", .real(0.7)), ("epsilon", .real(0.5))],
            vectors: 30,
            intercept: 0.8488065879914511,
            answers: [2.4999999797733867, 0.14190772115327277, -0.2989956935704209]
        ),
    ]

    @Test("The solution is LIBSVM's, with shrinking and without", arguments: expectations)
    func sameAsLibrary(_ expected: Expectation) throws {
        let set = MachineRows.set(
            MachineRows.rows,
            MachineRows.labels,
            weights: expected.isWeighted ? MachineRows.weights : nil
        )
        for shrinking in [true, false] {
            let model = try train(
                expected.parameters + [("tol", .real(1e-8)), ("shrinking", .boolean(shrinking))],
                set
            )
            #expect(MachineRows.fact("support_vectors", model) == .integer(expected.vectors))
            #expect(MachineRows.fact("converged", model) == .bool(true))
            let answers = try MachineRows.answers(model, MachineRows.rows.prefix(3), .value)
            #expect(areNear(answers, expected.answers, 2e-6))
            guard case .number(let intercept) = MachineRows.fact("intercept", model) else {
                Issue.record("no intercept")
                continue
            }
            #expect(abs(intercept - expected.intercept) < 2e-6)
        }
    }

    @Test("A linear kernel becomes a product, others sums over vectors; the answer is one number")
    func graph() throws {
        let linear = try train([("kernel", .text("linear"))])
        #expect(linear.graph.operators.contains { $0 is MatrixProductOperator })
        #expect(!linear.graph.operators.contains { $0 is KernelOperator })
        let radial = try train([])
        #expect(radial.graph.operators.contains { $0 is KernelOperator })
        #expect(radial.graph.task == .regression)
        let shown = try MachineRows.answers(radial, MachineRows.rows, .prediction)
        #expect(try shown == MachineRows.answers(radial, MachineRows.rows, .value))
        #expect(radial.graph.output(.prediction)?.columnNames == ["predicted_results"])
    }

    @Test("Threads, the size of the cache and shrinking change nothing that matters")
    func threadsAndCache() throws {
        let set = MachineRows.set(MachineRows.cloud, MachineRows.cloudLabels)
        let parameters: [(name: String, value: ParameterValue)] = [("c", .integer(10))]
        let one = try train(parameters, set)
        let answers = try MachineRows.answers(one, MachineRows.cloud, .value)
        for threads in [2, 5] {
            let many = try train(parameters, set, LearningRun(threads: threads))
            #expect(try MachineRows.answers(many, MachineRows.cloud, .value) == answers)
        }
        // Two rows of kernel values at a time.
        let narrow = try train(parameters + [("cache_size", .real(0.001))], set)
        #expect(try MachineRows.answers(narrow, MachineRows.cloud, .value) == answers)
        let whole = try train(parameters + [("shrinking", .boolean(false))], set)
        let others = try MachineRows.answers(whole, MachineRows.cloud, .value)
        #expect(areNear(others, answers, 5e-3))
    }

    @Test("Every row is answered within the tube, or counts as much as it may")
    func optimality() throws {
        let set = MachineRows.set(MachineRows.cloud, MachineRows.cloudLabels)
        let model = try train([("epsilon", .real(0.2)), ("tol", .real(1e-4))], set)
        let answers = try MachineRows.answers(model, MachineRows.cloud, .value)
        let kernel = try #require(
            model.graph.operators.lazy.compactMap { $0 as? KernelOperator }.first
        )
        let coefficients = kernel.sums[0].flatMap(\.coefficients)
        #expect(abs(coefficients.reduce(0, +)) < 1e-9)
        #expect(coefficients.allSatisfy { abs($0) <= 1 })
        let outside = zip(answers, MachineRows.cloudLabels).count { abs($0 - $1) > 0.2 + 1e-3 }
        let bounded = coefficients.count { abs($0) == 1 }
        #expect(outside <= bounded)
        #expect(bounded < coefficients.count)
    }

    @Test("Parameters are listed with their defaults, in the documented order")
    func parameters() throws {
        let learner = try LearnerClass.svr.learner([("C", .real(2.5))])
        #expect(
            learner.parameters.map { "\($0.name)=\($0.value)" } == [
                "kernel=rbf", "c=2.5", "epsilon=0.1", "max_iter=-1", "gamma=scale", "degree=3",
                "coef0=0.0", "tol=0.001", "shrinking=True", "cache_size=200.0", "random_state=1",
                "n_jobs=4",
            ]
        )
        #expect(learner.intake == Intake(label: .number))
        let bytes = learner.memoryEstimate(rows: 1_000_000, features: 10, threads: 2)
        #expect(bytes > 200 << 20)
        #expect(learner.memoryEstimate(rows: 100, features: 2, threads: 2) < 1 << 20)
    }

    @Test(
        "Parameters out of range are refused by name",
        arguments: [
            ("kernel", ParameterValue.text("precomputed")), ("c", .integer(0)),
            ("epsilon", .real(-0.1)), ("max_iter", .integer(0)), ("max_iter", .integer(-2)),
            ("gamma", .real(-1)), ("gamma", .text("wide")), ("degree", .integer(-1)),
            ("tol", .integer(0)), ("cache_size", .integer(0)), ("nu", .real(0.5)),
        ]
    )
    func badParameters(_ name: String, _ value: ParameterValue) throws {
        let error = #expect(throws: TrainingError.self) {
            try LearnerClass.svr.learner([(name, value)])
        }
        #expect(error.map { "\($0)".contains(name) } == true)
    }

    @Test("Rows that cannot be learnt from are refused")
    func badRows() throws {
        let missing = TrainingError.valueMissing(column: "Column_0", row: 1, learner: "svr")
        #expect(throws: missing) { try train([], MachineRows.set([[1], [.nan]], [1, 2])) }
        #expect(throws: TrainingError.labelNotFinite(row: 0)) {
            try train([], MachineRows.set([[1], [2]], [.infinity, 2]))
        }
        #expect(throws: TrainingError.emptyTrainingSet) {
            try train([], MachineRows.set([], []))
        }
        #expect(throws: TrainingError.weightsAllZero) {
            try train([], MachineRows.set([[1], [2]], [1, 2], weights: [0, 0]))
        }
        #expect(
            throws: TrainingError.diverged(
                advice: "values of the kernel are too great; scale the features"
            )
        ) {
            try train(
                [("kernel", .text("poly")), ("degree", .integer(9)), ("gamma", .integer(1))],
                MachineRows.set([[1e9], [2]], [1, 2])
            )
        }
    }

    @Test("One row, equal labels and columns of one value are answered by the label")
    func smallest() throws {
        let one = try train([], MachineRows.set([[3, 4]], [7]))
        #expect(try MachineRows.answers(one, [[9, 9]], .value) == [7])
        let flat = try train([], MachineRows.set([[1], [1], [1]], [2, 2, 2]))
        #expect(try areNear(MachineRows.answers(flat, [[1]], .value), [2], 0.1))
    }

    @Test("Steps end at max_iter; a wish to stop is heard; progress is told")
    func limits() throws {
        let set = MachineRows.set(MachineRows.cloud, MachineRows.cloudLabels)
        let short = try train([("max_iter", .integer(10))], set)
        #expect(MachineRows.fact("converged", short) == .bool(false))
        #expect(MachineRows.fact("steps", short) == .integer(10))
        let texts = Mutex<[String]>([])
        let flag = CancellationFlag()
        let run = LearningRun(cancellation: flag) { progress in
            texts.withLock { $0.append(progress.text) }
            flag.cancel()
        }
        #expect(throws: TrainingError.cancelled) { try train([("c", .integer(50))], set, run) }
        #expect(texts.withLock(\.count) == 1)
        #expect(texts.withLock(\.first)?.hasPrefix("training step 1000, violation ") == true)
    }
}
