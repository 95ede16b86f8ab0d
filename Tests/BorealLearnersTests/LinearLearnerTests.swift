import BorealBase
import BorealBoost
import BorealGraph
import BorealLearners
import Testing

@Suite("Class linearreg")
struct LinearLearnerTests {
    /// Twelve rows; with `extra`, columns that make the table wider than long.
    private func table(extra: Bool = false) -> TrainingData {
        let rows = (0..<12).map { $0 }
        var columns = [
            rows.map { Double($0) }, rows.map { Double($0 * $0 % 7) },
            rows.map { Double($0 * 5 % 11) },
        ]
        if extra {
            columns += [
                rows.map { Double($0).squareRoot() }, rows.map { Double($0 * 7 % 13) },
                rows.map { Double($0 * $0 * $0 % 17) }, rows.map { Double($0 * $0 % 11) },
                rows.map { Double($0 * 11 % 5) }, rows.map { Double($0 * $0 % 13) },
                rows.map { Double($0 * 2 % 7) }, rows.map { Double($0 * $0 * $0 % 5) },
                rows.map { Double($0 * 9 % 8) }, rows.map { Double($0 * $0 % 5) },
                rows.map { Double($0 * 3 % 13) },
            ]
        }
        let label = rows.map { Double(2 * $0) - 0.5 * Double($0 * $0 % 7) + Double($0 * 3 % 5) }
        return TrainingData(columns: columns.map { .doubles($0) }, label: label)
    }

    private func train(
        _ data: TrainingData,
        _ parameters: [(name: String, value: ParameterValue)],
        run: LearningRun = LearningRun()
    ) throws -> LearnedModel {
        let learner = try LearnerClass.linearreg.learner(parameters)
        let inputs = data.names.map { GraphInput(name: $0) }
        return try learner.train(LearningSet(data: data, inputs: inputs), run)
    }

    private func fact(_ model: LearnedModel, _ key: String) -> JSON? {
        model.facts.first { $0.key == key }?.value
    }

    /// Intercept and coefficients.
    private func numbers(_ model: LearnedModel) -> [Double] {
        guard case .number(let intercept) = fact(model, "intercept"),
            case .object(let factors) = fact(model, "coefficients")
        else { return [] }
        return [intercept]
            + factors.map { if case .number(let value) = $0.value { value } else { .nan } }
    }

    private func differ(_ left: [Double], _ right: [Double]) -> Double {
        guard left.count == right.count else { return .infinity }
        return zip(left, right).map { abs($0 - $1) }.max() ?? 0
    }

    /// Parameters by name, whether rows weigh 1 + row % 3, intercept and coefficients, R2.
    typealias Expected = (
        parameters: [(name: String, value: ParameterValue)], isWeighted: Bool, numbers: [Double],
        r2: Double
    )

    /// scikit-learn 1.9.1: `LinearRegression`, `Ridge`, `Lasso`, `ElasticNet` (tol=1e-12), those of
    /// `normalize` behind a `StandardScaler`.
    static let recorded: [Expected] = [
        (
            [], false,
            [1.4691433834817396, 2.080274653194517, -0.7471599631562788, 0.1046696625450076],
            0.963648691908172
        ),
        (
            [], true,
            [1.7011258600319668, 2.100807750870299, -0.9345333240669956, 0.10073983282684405],
            0.9702132396333828
        ),
        (
            [("fit_intercept", .boolean(false))], false,
            [0, 2.1848749201167257, -0.6189972050478528, 0.20188332037235238], 0.957846820666171
        ),
        (
            [("alpha", .real(2.5))], false,
            [1.6107959321219898, 2.0358381844887985, -0.6530945761991205, 0.08775097983373101],
            0.9630259193764577
        ),
        (
            [("alpha", .real(2.5))], true,
            [1.7899257627312597, 2.0792064324173007, -0.884872054897725, 0.08714943505054654],
            0.9700436692660324
        ),
        (
            [("alpha", .real(2.5)), ("fit_intercept", .boolean(false))], false,
            [0, 2.151872861746453, -0.5221926312308718, 0.1955223818839865], 0.9573481818920223
        ),
        (
            [("alpha", .real(0.7)), ("l1_ratio", .integer(1))], false,
            [1.6755317489209052, 1.974964896770502, -0.3023506162566954, 0], 0.9549200941780164
        ),
        (
            [("alpha", .real(0.7)), ("l1_ratio", .real(0.3))], false,
            [1.9089005129186791, 1.951916264741544, -0.4493966655435907, 0.03823352140095546],
            0.957938047445227
        ),
        (
            [("alpha", .real(0.7)), ("l1_ratio", .real(0.3))], true,
            [2.2697913104849565, 1.976855938330313, -0.6439658412717817, 0.008234779877831742],
            0.9644532021026284
        ),
        (
            [
                ("alpha", .real(0.7)), ("l1_ratio", .integer(1)),
                ("fit_intercept", .boolean(false)),
            ], false, [0, 2.0955359861470733, -0.14753728527869958, 0.10427754371773149],
            0.9488646265543803
        ),
        (
            [("alpha", .real(0.7)), ("l1_ratio", .integer(1)), ("positive", .boolean(true))],
            false, [1.194871794871796, 1.956993006993007, 0, 0], 0.9428528108670217
        ),
        (
            [("positive", .boolean(true))], false,
            [0.6187845303867459, 2.0243596182822694, 0, 0.04485183324962315], 0.9440711623894397
        ),
        (
            [("positive", .boolean(true)), ("alpha", .real(2.5))], false,
            [0.8562345368815372, 1.9880257298602633, 0, 0.03664522521171228], 0.9437766601881301
        ),
        (
            [("alpha", .real(2.5)), ("normalize", .boolean(true))], false,
            [3.5255647619498376, 1.692069551180127, -0.46836008124879797, 0.0052529881351990925],
            0.9308304690301811
        ),
        (
            [("alpha", .real(0.7)), ("l1_ratio", .integer(1)), ("normalize", .boolean(true))],
            false, [2.1533161689486082, 1.8191721776123944, -0.10457207607831805, 0],
            0.9390309526480478
        ),
    ]

    @Test("Coefficients and R2 are scikit-learn's", arguments: recorded.indices)
    func againstScikitLearn(_ index: Int) throws {
        let expected = Self.recorded[index]
        var data = table()
        if expected.isWeighted { data.weights = (0..<12).map { Float(1 + $0 % 3) } }
        let model = try train(data, expected.parameters + [("tol", .real(1e-12))])
        #expect(differ(numbers(model), expected.numbers) < 1e-7)
        guard case .number(let r2) = fact(model, "r2") else {
            Issue.record("no R2")
            return
        }
        #expect(abs(r2 - expected.r2) < 1e-7)
        #expect(fact(model, "converged") == .bool(true))
    }

    @Test("Of all solutions of a singular system the shortest is taken, and the rank is told")
    func rankDeficient() throws {
        var data = table()
        let columns = data.columns.map { column -> [Double] in
            if case .doubles(let values) = column { values } else { [] }
        }
        data.columns.append(.doubles(zip(columns[0], columns[1]).map { $0 - 2 * $1 }))
        data.columns.append(.doubles([Double](repeating: 3, count: 12)))
        data.names += ["d", "e"]
        let model = try train(data, [])
        // scikit-learn 1.9.1, LinearRegression.
        let expected = [
            1.4691433834817413, 1.4845088899433376, 0.4443715633460793, 0.10466966254500765,
            0.5957657632511787, 0,
        ]
        #expect(differ(numbers(model), expected) < 1e-10)
        #expect(fact(model, "rank") == .integer(3))
    }

    @Test("A table wider than long is met exactly by the shortest solution")
    func wide() throws {
        let model = try train(table(extra: true), [])
        // scikit-learn 1.9.1, LinearRegression.
        let expected = [
            0, 2.6543583858471043, -0.38505082812731056, 0.0788484468652475, 0.729969673632003,
            -0.29203517472729734, -0.9206198570021294, 0.7969732895917129, 1.80393445137635,
            -0.8791967493067897, 1.6125499214149757, -1.0029070939694704, 1.189056310734458,
            -0.9538380625476327, -0.035925124764470566,
        ]
        #expect(differ(numbers(model), expected) < 1e-10)
        #expect(fact(model, "rank") == .integer(11))
        // Lasso(0.7, tol=1e-12): coordinate descent on the rows.
        let lasso = try train(
            table(extra: true),
            [("alpha", .real(0.7)), ("l1_ratio", .real(1)), ("tol", .real(1e-12))]
        )
        let sparse = [
            0.40930614231785434, 1.8885195750514991, -0.20358388669803834, 0, 0,
            0.07316791555599624, -0.00547149375892678, 0, 0, 0, 0, 0, -0.0005870937672598253, 0,
            0.20393085213884243,
        ]
        #expect(differ(numbers(lasso), sparse) < 1e-6)
    }

    @Test("Features far from zero lose no digits")
    func farFromZero() throws {
        let data = table()
        let moved = data.columns.map { column -> FeatureColumn in
            guard case .doubles(let values) = column else { return column }
            return .doubles(values.map { $0 + 1e9 })
        }
        let near = numbers(try train(data, []))
        let far = numbers(try train(TrainingData(columns: moved, label: data.label), []))
        #expect(differ(Array(near.dropFirst()), Array(far.dropFirst())) < 1e-6)
    }

    @Test("The graph answers what the coefficients say, and shares it out among the features")
    func graph() throws {
        let data = table()
        let model = try train(data, [])
        let factors = numbers(model)
        let batch = try GraphBatch(values: [4, 2, 9, -1, 0, 3], featureCount: 3)
        let output = try #require(model.graph.output(.prediction))
        let answers = try model.graph.run(batch, outputs: [output]).doubles(0)
        let first = factors[0] + 4 * factors[1] + 2 * factors[2] + 9 * factors[3]
        let second = factors[0] - factors[1] + 3 * factors[3]
        #expect(differ(answers, [first, second]) < 1e-12)
        let shares = try model.graph.additiveExplanation(batch)
        let mean = data.label.reduce(0, +) / 12
        #expect(abs(shares.bias(row: 0) - mean) < 1e-12)
        #expect(abs(shares[row: 0, score: 0].reduce(0, +) - first) < 1e-12)
        #expect(abs(Array(shares[row: 1, score: 0])[0] - factors[1] * (-1 - 5.5)) < 1e-12)
    }

    @Test(
        "Equal bits at any number of threads",
        arguments: [[], ["alpha"], ["alpha", "l1_ratio"]]
    )
    func threads(_ names: [String]) throws {
        var random = RandomNumbers(seed: 3, stream: 9)
        let columns = (0..<130).map { _ in (0..<3_001).map { _ in random.nextUnit() } }
        let label = (0..<3_001).map { columns[0][$0] - columns[7][$0] + random.nextUnit() }
        let data = TrainingData(columns: columns.map { .doubles($0) }, label: label)
        let parameters = names.map { (name: $0, value: ParameterValue.real(0.01)) }
        let one = numbers(try train(data, parameters))
        #expect(one.count == 131)
        for threads in [2, 3] {
            let run = LearningRun(threads: threads)
            #expect(numbers(try train(data, parameters, run: run)) == one)
        }
    }

    @Test("One row, equal rows and constant features give the mean of the labels")
    func degenerate() throws {
        let one = TrainingData(columns: [.doubles([5]), .floats([2])], label: [7])
        #expect(numbers(try train(one, [])) == [7, 0, 0])
        #expect(fact(try train(one, []), "r2") == .null)
        let constant = TrainingData(
            columns: [.doubles([0.1, 0.1, 0.1]), .doubles([1e9, 1e9, 1e9])],
            label: [1, 2, 6]
        )
        for parameters: [(name: String, value: ParameterValue)] in [
            [], [("alpha", .real(1))], [("alpha", .real(1)), ("l1_ratio", .real(0.5))],
            [("positive", .boolean(true))], [("normalize", .boolean(true))],
        ] {
            #expect(numbers(try train(constant, parameters)) == [3, 0, 0])
        }
    }

    @Test(
        "What cannot be learnt from is refused with its place",
        arguments: [
            (
                [.doubles([1, 2, .nan]), .doubles([1, .nan, 3])], [1, 2, 3],
                TrainingError.valueMissing(column: "Column_1", row: 1, learner: "linearreg")
            ),
            (
                [.doubles([1, 2, -.infinity])], [1, 2, 3],
                .valueNotFinite(column: "Column_0", row: 2, value: -.infinity)
            ),
            ([.doubles([1, 2, 3])], [1, .nan, 3], .labelNotFinite(row: 1)),
            ([.doubles([])], [], .emptyTrainingSet),
            ([], [1, 2], .noFeatures),
            (
                [.doubles([1e200, -1e200, 3])], [1, 2, 3],
                .diverged(advice: "the values of 'Column_0' are too large; scale them")
            ),
            (
                [.doubles([1.7e308, 1.7e308, 3])], [1, 2, 3],
                .diverged(advice: "the values of 'Column_0' are too large; scale them")
            ),
            (
                [.doubles([1, 2, 3])], [1e200, -1e200, 3],
                .diverged(advice: "the labels are too large; scale them")
            ),
        ] as [([FeatureColumn], [Double], TrainingError)]
    )
    func badRows(_ columns: [FeatureColumn], _ label: [Double], _ expected: TrainingError) {
        let error = #expect(throws: TrainingError.self) {
            try train(TrainingData(columns: columns, label: label), [])
        }
        #expect(error == expected)
    }

    @Test("Weights below zero and weights that are all zero are refused")
    func badWeights() throws {
        var data = table()
        data.weights = [Float](repeating: 0, count: 12)
        #expect(throws: TrainingError.weightsAllZero) { try train(data, []) }
        data.weights?[3] = -1
        #expect(throws: TrainingError.weightInvalid(row: 3, value: -1)) { try train(data, []) }
    }

    @Test("Parameters are shown in the documented order, and checked")
    func parameters() throws {
        let learner = try LearnerClass.linearreg.learner([("loss", .text("mse"))])
        let shown = learner.parameters.map { "\($0.name)=\($0.value)" }
        let expected = [
            "epoch=-1", "normalize=False", "fit_intercept=True", "alpha=0.0", "l1_ratio=0.0",
            "tol=0.0001", "positive=False", "objective=squared_error", "n_jobs=4",
            "random_state=1",
        ]
        #expect(shown == expected)
        for (name, value) in [("epoch", ParameterValue.integer(0)), ("alpha", .real(-1))] {
            #expect(throws: TrainingError.self) {
                _ = try LearnerClass.linearreg.learner([(name, value)])
            }
        }
        #expect(throws: TrainingError.unknownParameter(name: "alpah", nearest: "alpha")) {
            _ = try LearnerClass.linearreg.learner([("alpah", .real(1))])
        }
    }

    @Test("epoch is the most rounds there are")
    func epoch() throws {
        let parameters: [(name: String, value: ParameterValue)] = [
            ("epoch", .integer(2)), ("alpha", .real(1e-6)), ("l1_ratio", .real(1)),
            ("tol", .real(0)),
        ]
        let model = try train(table(extra: true), parameters)
        #expect(fact(model, "iterations") == .integer(2))
        #expect(fact(model, "converged") == .bool(false))
    }

    @Test("Training ends when somebody asks for it")
    func cancellation() throws {
        let flag = CancellationFlag()
        flag.cancel()
        #expect(throws: TrainingError.cancelled) {
            try train(table(), [], run: LearningRun(cancellation: flag))
        }
    }
}
