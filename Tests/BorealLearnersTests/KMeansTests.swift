import BorealBase
import BorealBoost
import BorealGraph
import BorealLearners
import Synchronization
import Testing

/// Expected values are those of scikit-learn 1.9.1, `KMeans(...).fit(X, sample_weight)`, on the
/// same rows with the same parameters.
@Suite("Class kmeans")
struct KMeansTests {
    /// 90 rows of 3 numbers.
    private static let rows: [[Double]] = (0..<90).map { i in
        let first = Double((i * 37) % 101) / 10 + Double(i % 3) * 12
        let second = Double((i * 53) % 97) / 10 - Double(i % 4) * 9
        return [first, second, Double((i * 29) % 89) / 5]
    }

    private func set(_ rows: [[Double]], weights: [Float]? = nil) -> LearningSet {
        let width = rows.first?.count ?? 0
        return LearningSet(
            data: TrainingData(
                columns: (0..<width).map { column in .doubles(rows.map { $0[column] }) },
                label: [Double](repeating: 0, count: rows.count),
                weights: weights
            ),
            inputs: (0..<width).map { GraphInput(name: "x\($0)") }
        )
    }

    private func train(
        _ rows: [[Double]],
        _ parameters: [(name: String, value: ParameterValue)] = [],
        weights: [Float]? = nil,
        run: LearningRun = LearningRun()
    ) throws -> LearnedModel {
        try LearnerClass.kmeans.learner(parameters).train(set(rows, weights: weights), run)
    }

    private func fact(_ name: String, _ model: LearnedModel) -> JSON? {
        model.facts.first { $0.key == name }?.value
    }

    private func number(_ name: String, _ model: LearnedModel) -> Double {
        switch fact(name, model) {
        case .number(let value): value
        case .integer(let value): Double(value)
        default: .nan
        }
    }

    private func sizes(_ model: LearnedModel) -> [Int64] {
        guard case .array(let sizes) = fact("cluster_sizes", model) else { return [] }
        return sizes.compactMap { if case .integer(let size) = $0 { size } else { nil } }
    }

    private func answers(
        _ model: LearnedModel,
        _ rows: [[Double]],
        _ role: GraphOutput.Role
    ) throws -> [Double] {
        let batch = try GraphBatch(values: rows.flatMap(\.self), featureCount: rows[0].count)
        return try model.graph.run(batch, roles: [role]).doubles(0)
    }

    struct Expectation: Sendable, CustomTestStringConvertible {
        var parameters: [(name: String, value: ParameterValue)]
        var isWeighted = false
        var inertia: Double
        var iterations: Double
        var sizes: [Int64]
        var testDescription: String { parameters.map { "\($0.name)=\($0.value)" }.description }
    }

    private static let expectations = [
        Expectation(
            parameters: [],
            inertia: 6535.321643873516,
            iterations: 5,
            sizes: [25, 23, 22, 20]
        ),
        Expectation(
            parameters: [("n_clusters", .integer(7)), ("random_state", .integer(42))],
            inertia: 4556.246337301587,
            iterations: 6,
            sizes: [15, 18, 10, 8, 10, 14, 15]
        ),
        Expectation(
            parameters: [
                ("n_clusters", .integer(5)), ("init", .text("random")),
                ("random_state", .integer(3)),
            ],
            inertia: 5633.80218045843,
            iterations: 9,
            sizes: [13, 21, 16, 22, 18]
        ),
        Expectation(
            parameters: [
                ("n_clusters", .integer(9)), ("n_init", .integer(6)),
                ("random_state", .integer(0)), ("algorithm", .text("elkan")),
            ],
            inertia: 3465.520166666667,
            iterations: 8,
            sizes: [10, 12, 10, 12, 12, 6, 10, 12, 6]
        ),
        Expectation(
            parameters: [("n_clusters", .integer(6)), ("random_state", .integer(2))],
            isWeighted: true,
            inertia: 8974.913894904115,
            iterations: 4,
            sizes: [11, 15, 23, 18, 12, 11]
        ),
        Expectation(
            parameters: [
                ("n_clusters", .integer(6)), ("init", .text("random")), ("n_init", .integer(1)),
                ("random_state", .integer(2)),
            ],
            isWeighted: true,
            inertia: 9055.342684586467,
            iterations: 6,
            sizes: [12, 15, 20, 13, 13, 17]
        ),
        Expectation(
            parameters: [
                ("n_clusters", .integer(12)), ("max_iter", .integer(2)),
                ("random_state", .integer(5)),
            ],
            inertia: 2916.8457191184802,
            iterations: 2,
            sizes: [9, 8, 12, 8, 7, 10, 7, 4, 6, 8, 6, 5]
        ),
        Expectation(
            parameters: [
                ("n_clusters", .integer(12)), ("tol", .real(0.05)), ("random_state", .integer(5)),
            ],
            inertia: 2682.1358996458084,
            iterations: 5,
            sizes: [8, 8, 10, 8, 7, 10, 8, 6, 6, 8, 6, 5]
        ),
        Expectation(
            parameters: [("n_clusters", .integer(30)), ("random_state", .integer(2))],
            inertia: 1097.8906666666667,
            iterations: 3,
            sizes: [
                4, 4, 4, 3, 4, 4, 3, 1, 4, 6, 5, 2, 2, 3, 4, 3, 1, 2, 2, 3, 4, 2, 2, 4, 3, 2, 2, 2,
                2, 3,
            ]
        ),
        Expectation(
            parameters: [("n_clusters", .integer(90))],
            inertia: 0,
            iterations: 1,
            sizes: [Int64](repeating: 1, count: 90)
        ),
        Expectation(
            parameters: [("n_clusters", .integer(1))],
            inertia: 21292.930333333334,
            iterations: 2,
            sizes: [90]
        ),
    ]

    @Test("Clusters, inertia and iterations are scikit-learn's", arguments: expectations)
    func sameAsLibrary(_ expected: Expectation) throws {
        let weights = expected.isWeighted ? (0..<90).map { Float($0 % 5) } : nil
        let model = try train(Self.rows, expected.parameters, weights: weights)
        #expect(sizes(model) == expected.sizes)
        #expect(number("iterations", model) == expected.iterations)
        #expect(abs(number("inertia", model) - expected.inertia) < 1e-9)
    }

    @Test("Empty clusters get the rows that are farthest away, as in scikit-learn")
    func emptyClusters() throws {
        let spread = (0..<10).map { [100 + Double($0 * $0 * 37 % 53) / 7] }
        let rows = [[Double]](repeating: [0], count: 20) + spread
        let expected: [(inertia: Double, sizes: [Int64])] = [
            (4.269387755102009, [20, 5, 1, 1, 1, 2]), (4.269387755102009, [20, 5, 1, 1, 1, 2]),
            (2.769387755102031, [20, 1, 1, 1, 2, 5]), (1.4965986394557893, [20, 3, 1, 1, 3, 2]),
            (1.3401360544217698, [2, 20, 1, 3, 2, 2]), (1.4965986394557893, [20, 3, 2, 1, 1, 3]),
            (2.2397959183674048, [4, 20, 2, 1, 2, 1]), (0.8809523809523581, [20, 2, 1, 3, 2, 2]),
        ]
        for (seed, expected) in expected.enumerated() {
            let model = try train(
                rows,
                [
                    ("n_clusters", .integer(6)), ("init", .text("random")), ("n_init", .integer(1)),
                    ("random_state", .integer(Int64(seed))),
                ]
            )
            #expect(abs(number("inertia", model) - expected.inertia) < 1e-9)
            #expect(sizes(model) == expected.sizes)
        }
    }

    @Test("Fewer different rows than clusters leave clusters empty")
    func duplicates() throws {
        let rows: [[Double]] = [[0, 0], [0, 0], [1, 1], [1, 1], [5, 5], [5, 5]]
        let model = try train(rows, [("n_clusters", .integer(5))])
        #expect(number("inertia", model) == 0)
        #expect(number("distinct_clusters", model) == 3)
        let answers = try answers(model, rows, .prediction)
        #expect(answers[0] == answers[1] && answers[2] == answers[3] && answers[4] == answers[5])
        #expect(Set(answers).count == 3)
        let same = try train([[Double]](repeating: [7, 0.1], count: 5))
        #expect(sizes(same) == [5, 0, 0, 0])
    }

    @Test("A row's answer is the cluster with the least distance, and distances are answered too")
    func graph() throws {
        let model = try train(Self.rows)
        #expect(model.graph.task == .clustering)
        #expect(model.graph.labels == nil)
        let numbers = try answers(model, Self.rows, .prediction)
        #expect(try numbers == answers(model, Self.rows, .value))
        let counted = (0..<4).map { cluster in Int64(numbers.count { $0 == Double(cluster) }) }
        #expect(counted == sizes(model))
        let output = try #require(model.graph.output(.other))
        #expect(output.columnNames == ["transform_0", "transform_1", "transform_2", "transform_3"])
        let distances = try answers(model, Self.rows, .other)
        var inertia = 0.0
        for row in numbers.indices {
            let mine = distances[row * 4..<row * 4 + 4]
            let least = try #require(mine.min())
            #expect(mine[row * 4 + Int(numbers[row])] == least)
            inertia += least * least
        }
        #expect(abs(inertia - number("inertia", model)) < 1e-9)
    }

    @Test("Rows far from zero and near each other are told apart")
    func offset() throws {
        let far = Self.rows.map { $0.map { $0 + 1_700_000_000 } }
        let model = try train(far)
        #expect(sizes(model) == [25, 23, 22, 20])
        let answers = try answers(model, far, .prediction)
        let counts = (0..<4).map { cluster in answers.count { $0 == Double(cluster) } }
        #expect(counts == [25, 23, 22, 20])
    }

    /// Rows of one cloud, so that there are no clear clusters and many passes.
    private static let cloud: [[Double]] = {
        var random = RandomNumbers(seed: 5, stream: 1)
        return (0..<6_000).map { _ in
            (0..<5).map { _ in (0..<4).reduce(0.0) { sum, _ in sum + random.nextUnit() } }
        }
    }()

    @Test("Threads change nothing, to the bit", arguments: [2, 3, 7])
    func threads(_ threads: Int) throws {
        let parameters: [(name: String, value: ParameterValue)] = [("n_clusters", .integer(23))]
        let weights = (0..<6_000).map { Float($0 % 7) / 3 }
        let one = try train(Self.cloud, parameters, weights: weights)
        let many = try train(
            Self.cloud,
            parameters,
            weights: weights,
            run: LearningRun(threads: threads)
        )
        #expect(fact("inertia", one) == fact("inertia", many))
        #expect(try answers(one, Self.cloud, .other) == answers(many, Self.cloud, .other))
    }

    @Test("Rows that are passed over would have stayed: every row is with its nearest center")
    func bounds() throws {
        for clusters in [2, 5, 64] {
            let model = try train(Self.cloud, [("n_clusters", .integer(Int64(clusters)))])
            #expect(fact("converged", model) == .bool(true))
            let numbers = try answers(model, Self.cloud, .prediction)
            let counts = (0..<clusters).map { cluster in
                Int64(numbers.count { $0 == Double(cluster) })
            }
            #expect(counts == sizes(model))
        }
    }

    @Test("Parameters are listed with their defaults, in the documented order")
    func parameters() throws {
        let learner = try LearnerClass.kmeans.learner([("N_CLUSTERS", .text("3"))])
        #expect(
            learner.parameters.map { "\($0.name)=\($0.value)" } == [
                "n_clusters=3", "init=k-means++", "n_init=auto", "max_iter=300", "tol=0.0001",
                "algorithm=lloyd", "random_state=1", "n_jobs=4",
            ]
        )
        #expect(learner.intake == Intake(label: .none))
        #expect(learner.threads == 4)
        #expect(learner.seed == 1)
        #expect(learner.memoryEstimate(rows: 1_000, features: 10, threads: 2) >= 1_000 * 10 * 16)
    }

    @Test(
        "Parameters out of range are refused by name",
        arguments: [
            ("n_clusters", ParameterValue.integer(0)), ("n_init", .integer(0)),
            ("n_init", .text("often")), ("max_iter", .integer(0)), ("tol", .real(-1)),
            ("algorithm", .text("fast")), ("init", .text("zero")), ("clusters", .integer(3)),
        ]
    )
    func badParameters(_ name: String, _ value: ParameterValue) throws {
        let error = #expect(throws: TrainingError.self) {
            try LearnerClass.kmeans.learner([(name, value)])
        }
        #expect(error.map { "\($0)".contains(name) } == true)
    }

    @Test("Rows that cannot be clustered are refused")
    func badRows() throws {
        let rows: [[Double]] = [[1, 2], [3, 4], [5, 6]]
        #expect(throws: TrainingError.tooFewRows(parameter: "n_clusters", value: "4", rows: 3)) {
            try train(rows)
        }
        #expect(throws: TrainingError.tooFewRows(parameter: "n_clusters", value: "2", rows: 1)) {
            try train(rows, [("n_clusters", .integer(2))], weights: [0, 3, 0])
        }
        let missing = TrainingError.valueMissing(column: "Column_1", row: 2, learner: "kmeans")
        #expect(throws: missing) { try train([[1, 2], [3, 4], [5, .nan], [1, 1]]) }
        let infinite = TrainingError.valueNotFinite(column: "Column_0", row: 1, value: .infinity)
        #expect(throws: infinite) { try train([[1, 2], [.infinity, 4], [5, 1], [1, 1]]) }
        #expect(throws: TrainingError.emptyTrainingSet) { try train([]) }
        #expect(throws: TrainingError.weightInvalid(row: 1, value: -1)) {
            try train(rows, [("n_clusters", .integer(1))], weights: [1, -1, 1])
        }
        #expect(throws: TrainingError.weightsAllZero) {
            try train(rows, [("n_clusters", .integer(1))], weights: [0, 0, 0])
        }
        #expect(throws: TrainingError.self) {
            try train([[1e200, 2], [-1e200, 4]], [("n_clusters", .integer(2))])
        }
    }

    @Test("One row, and columns of one value, are clusters too")
    func smallest() throws {
        let model = try train([[3, 4]], [("n_clusters", .integer(1))])
        #expect(number("inertia", model) == 0)
        #expect(try answers(model, [[9, 9]], .prediction) == [0])
        let flat = try train([[1, 7], [2, 7], [9, 7], [10, 7]], [("n_clusters", .integer(2))])
        #expect(sizes(flat) == [2, 2])
        #expect(number("inertia", flat) == 1)
    }

    @Test("Each iteration is reported; a wish to stop is heard")
    func progressAndCancellation() throws {
        let texts = Mutex<[String]>([])
        let flag = CancellationFlag()
        let run = LearningRun(cancellation: flag) { progress in
            texts.withLock { $0.append(progress.text) }
            if progress.done == 3 { flag.cancel() }
        }
        #expect(throws: TrainingError.cancelled) {
            try train(Self.cloud, [("n_clusters", .integer(8))], run: run)
        }
        let seen = texts.withLock(\.self)
        #expect(seen.count == 3)
        #expect(seen.first == "training iteration 1, rows that moved 6000.0")
        #expect(throws: TrainingError.cancelled) { try train(Self.cloud, run: run) }
    }
}
