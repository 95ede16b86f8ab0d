import BorealBase
import BorealBoost
import BorealGraph
import BorealLearners
import Testing

@Suite("Class logisticreg")
struct LogisticLearnerTests {
    /// Thirty rows of two or of three classes.
    private func table(classes: Int = 2) -> TrainingData {
        let rows = 0..<30
        let columns = [
            rows.map { Double($0 % 7) }, rows.map { Double($0 * $0 % 5) },
            rows.map { Double($0 * 5 % 11) },
        ]
        let label = rows.map { row -> Double in
            guard classes == 2 else { return Double((row * 3 % 7 + row * row % 4) % 3) }
            let isSecond = row * 3 % 7 + row * row % 5 > 5
            return isSecond != (row == 4) ? 1 : 0
        }
        return TrainingData(columns: columns.map { .doubles($0) }, label: label)
    }

    private func train(
        _ data: TrainingData,
        _ parameters: [(name: String, value: ParameterValue)],
        labels: Labels? = nil,
        run: LearningRun = LearningRun()
    ) throws -> LearnedModel {
        let learner = try LearnerClass.logisticreg.learner(parameters)
        let inputs = data.names.map { GraphInput(name: $0) }
        return try learner.train(LearningSet(data: data, inputs: inputs, labels: labels), run)
    }

    private func fact(_ model: LearnedModel, _ key: String) -> JSON? {
        model.facts.first { $0.key == key }?.value
    }

    private func list(_ json: JSON?) -> [Double] {
        switch json {
        case .number(let value): [value]
        case .object(let members): members.flatMap { list($0.value) }
        default: []
        }
    }

    /// For each score its intercept and coefficients.
    private func numbers(_ model: LearnedModel) -> [[Double]] {
        let terms = list(fact(model, "intercept"))
        let factors = list(fact(model, "coefficients"))
        let width = factors.count / max(1, terms.count)
        return terms.indices.map { [terms[$0]] + factors[$0 * width..<($0 + 1) * width] }
    }

    private func differ(_ left: [[Double]], _ right: [[Double]]) -> Double {
        guard left.map(\.count) == right.map(\.count) else { return .infinity }
        return zip(left.joined(), right.joined()).map { abs($0 - $1) }.max() ?? 0
    }

    /// Parameters, classes, whether rows weigh 1 + row % 3, intercept and coefficients.
    typealias Expected = (
        parameters: [(name: String, value: ParameterValue)], classes: Int, isWeighted: Bool,
        numbers: [[Double]]
    )

    /// scikit-learn 1.9.1: `LogisticRegression(tol=1e-10, max_iter=100000)`, with saga where there
    /// is an l1 part, that of `normalize` behind a `StandardScaler`.
    static let recorded: [Expected] = [
        (
            [], 2, false,
            [[-1.8545199281455624, 0.20388647099504228, 0.9524215814826618, -0.2396589204553104]]
        ),
        (
            [("C", .real(0.1))], 2, false,
            [[-1.151245675536768, 0.09905339265009058, 0.5507608829266938, -0.14109213891677544]]
        ),
        (
            [], 2, true,
            [[-2.602860545597285, 0.31309758193535453, 1.2190742197098172, -0.23905795588013962]]
        ),
        (
            [("class_weight", .text("balanced"))], 2, false,
            [[-1.4447486592801215, 0.19968668093743158, 1.00748395040994, -0.2662407997540426]]
        ),
        (
            [("class_weight", .text("balanced"))], 2, true,
            [[-2.2112903039446987, 0.3023040786609259, 1.2737273583251787, -0.2703964305044936]]
        ),
        (
            [("penalty", .text("none"))], 2, false,
            [[-2.0693202104220965, 0.24324613828044422, 1.0778392639221164, -0.27549677593786137]]
        ),
        (
            [("fit_intercept", .boolean(false))], 2, false,
            [[0, -0.015785160741266187, 0.7663522335046854, -0.3420427742555212]]
        ),
        (
            [("normalize", .boolean(true))], 2, false,
            [[-1.6639990931388642, 0.1477929222453332, 0.7937693665709665, -0.1744068448929853]]
        ),
        (
            [("penalty", .text("l1")), ("C", .real(0.5))], 2, false,
            [[-1.515612745740598, 0.07786315813848216, 0.7938542991684894, -0.16483125726914266]]
        ),
        (
            [("penalty", .text("elasticnet")), ("l1_ratio", .real(0.5)), ("C", .real(0.5))], 2,
            false,
            [[-1.6136703082682193, 0.12972994433057455, 0.8308548949889214, -0.1910982086075272]]
        ),
        (
            [], 3, false,
            [
                [
                    1.1760386784493606, -0.3370242389793788, 0.17974064496835093,
                    -0.08593926321463477,
                ],
                [
                    0.999536447725741, -0.1068524816446634, -0.12183085730616908,
                    -0.02519826922682174,
                ],
                [
                    -2.1755751261750964, 0.4438767206240412, -0.05790978766218376,
                    0.1111375324414547,
                ],
            ]
        ),
        (
            [("penalty", .text("none"))], 3, false,
            [
                [
                    1.2370180609915753, -0.3567943408667814, 0.1883649016609288,
                    -0.08911914958383071,
                ],
                [
                    1.055377925844711, -0.11468638682448935, -0.12566047241851747,
                    -0.026094031247019724,
                ],
                [
                    -2.2923959868362864, 0.47148072769127364, -0.06270442924240621,
                    0.11521318083084957,
                ],
            ]
        ),
        (
            [("l1_ratio", .real(0.4)), ("C", .real(0.5))], 3, false,
            [
                [
                    1.0539633923187963, -0.20743539168165204, 0.18897688239212154,
                    -0.04630040897802275,
                ],
                [0.8566555031688954, 0, -0.05122564053217438, 0],
                [-1.9106188954876688, 0.4816549508578632, 0, 0.11808338388934085],
            ]
        ),
        (
            [("fit_intercept", .boolean(false))], 3, false,
            [
                [0, -0.208397415596184, 0.275093407344855, -0.011274660959879413],
                [0, 0.024166013336030745, -0.07233024789630907, 0.03151414179618247],
                [0, 0.18423140226015364, -0.20276315944854548, -0.02023948083630244],
            ]
        ),
    ]

    @Test("Coefficients are scikit-learn's", arguments: recorded.indices)
    func againstScikitLearn(_ index: Int) throws {
        let expected = Self.recorded[index]
        var data = table(classes: expected.classes)
        if expected.isWeighted { data.weights = (0..<30).map { Float(1 + $0 % 3) } }
        let model = try train(
            data,
            expected.parameters + [("tol", .real(1e-9)), ("max_iter", .integer(1_000))]
        )
        #expect(differ(numbers(model), expected.numbers) < 1e-5)
        #expect(fact(model, "converged") == .bool(true))
    }

    @Test("The graph of two classes answers label, probabilities and score")
    func twoClasses() throws {
        let model = try train(table(), [], labels: .text(["no", "yes"]))
        let factors = numbers(model)[0]
        let batch = try GraphBatch(values: [6, 4, 1, 0, 0, 9], featureCount: 3)
        let roles: [GraphOutput.Role] = [.raw, .probabilities]
        let results = try model.graph.run(batch, roles: roles)
        let scores = [
            factors[0] + 6 * factors[1] + 4 * factors[2] + factors[3],
            factors[0] + 9 * factors[3],
        ]
        for row in 0..<2 {
            #expect(abs(results.doubles(0)[row] - scores[row]) < 1e-12)
            let probability = results.doubles(1)[2 * row + 1]
            #expect(abs(probability - 1 / (1 + ExactMath.exp(-scores[row]))) < 1e-12)
        }
        #expect(scores[0] > 0 && scores[1] < 0)
        let prediction = try #require(model.graph.output(.prediction))
        let session = GraphSession(model.graph, outputs: [prediction], rowsMax: 1)
        var classes: [Double] = []
        for row in [[6.0, 4, 1], [0, 0, 9]] {
            row.withUnsafeBufferPointer { if let first = $0.baseAddress { session.runOne(first) } }
            classes.append(session.double(output: 0, column: 0))
        }
        #expect(classes == [1, 0])
        #expect(model.graph.output(.probabilities)?.columnNames == ["proba_no", "proba_yes"])
        #expect(model.graph.answersLabel)
    }

    @Test("Features of any scale and offset are learnt from without being scaled first")
    func scales() throws {
        let data = table()
        let factors = [1e-6, 1, 1e6], offsets = [0, 1e4, -3e8]
        let columns = data.columns.enumerated().map { index, column -> FeatureColumn in
            guard case .doubles(let values) = column else { return column }
            return .doubles(values.map { $0 * factors[index] + offsets[index] })
        }
        let none: [(name: String, value: ParameterValue)] = [
            ("penalty", .text("none")), ("tol", .real(1e-7)), ("normalize", .boolean(true)),
        ]
        let near = numbers(try train(data, none))[0]
        let far = numbers(try train(TrainingData(columns: columns, label: data.label), none))[0]
        for index in 0..<3 {
            #expect(abs(far[index + 1] * factors[index] - near[index + 1]) < 1e-4)
        }
    }

    @Test("Classes that one feature parts end training with finite coefficients")
    func separable() throws {
        let data = TrainingData(columns: [.doubles([1, 2, 3, 4])], label: [0, 0, 1, 1])
        let model = try train(data, [("penalty", .text("none"))])
        let factors = numbers(model)[0]
        #expect(factors[1] > 5 && factors[1].isFinite)
        #expect(factors[0] + 2 * factors[1] < 0 && factors[0] + 3 * factors[1] > 0)
    }

    @Test("Constant features get nothing, features that depend on each other share")
    func degenerate() throws {
        var data = table()
        data.columns += [data.columns[1], .doubles([Double](repeating: 1e8, count: 30))]
        data.names += ["twin", "constant"]
        for penalty in ["l2", "none", "l1"] {
            let model = try train(data, [("penalty", .text(penalty))])
            let factors = numbers(model)[0]
            #expect(factors.allSatisfy { $0.isFinite })
            #expect(abs(factors[5]) < 1e-6)
            #expect(fact(model, "converged") == .bool(true))
        }
        let shared = numbers(try train(data, [("tol", .real(1e-9))]))[0]
        #expect(abs(shared[2] - shared[4]) < 1e-6)
    }

    @Test(
        "Equal bits at any number of threads",
        arguments: [("l2", 2), ("l1", 2), ("l2", 4), ("elasticnet", 3)]
    )
    func threads(_ penalty: String, _ classes: Int) throws {
        var random = RandomNumbers(seed: 3, stream: 9)
        let columns = (0..<20).map { _ in (0..<2_001).map { _ in random.nextUnit() } }
        let label = (0..<2_001).map { row -> Double in
            let score = columns[0][row] + columns[7][row] + 0.5 * random.nextUnit()
            return Double(min(classes - 1, Int(score / 2.5 * Double(classes))))
        }
        let data = TrainingData(columns: columns.map { .doubles($0) }, label: label)
        var parameters: [(name: String, value: ParameterValue)] = [("penalty", .text(penalty))]
        if penalty == "elasticnet" { parameters.append(("l1_ratio", .real(0.5))) }
        let one = numbers(try train(data, parameters))
        #expect(one.count == (classes == 2 ? 1 : classes))
        for threads in [2, 3] {
            let run = LearningRun(threads: threads)
            #expect(numbers(try train(data, parameters, run: run)) == one)
        }
    }

    @Test(
        "What cannot be learnt from is refused with its place",
        arguments: [
            (
                [.doubles([1, .nan, 3])], [0, 1, 0],
                TrainingError.valueMissing(column: "Column_0", row: 1, learner: "logisticreg")
            ),
            (
                [.doubles([1, 2, .infinity])], [0, 1, 0],
                .valueNotFinite(column: "Column_0", row: 2, value: .infinity)
            ),
            ([.doubles([1, 2, 3])], [0, .nan, 1], .labelNotFinite(row: 1)),
            (
                [.doubles([1, 2, 3])], [0, 0.5, 1],
                .labelOutOfRange(row: 1, value: 0.5, classCount: 2)
            ),
            (
                [.doubles([1, 2, 3])], [0, -1, 1],
                .labelOutOfRange(row: 1, value: -1, classCount: 2)
            ),
            ([.doubles([1, 2, 3])], [1, 1, 1], .singleLabelValue(value: 1)),
            ([.doubles([1, 2, 3])], [0, 0, 0], .singleLabelValue(value: 0)),
            ([.doubles([])], [], .emptyTrainingSet),
            ([], [0, 1], .noFeatures),
            (
                [.doubles([1e200, -1e200, 3])], [0, 1, 0],
                .diverged(advice: "the values of 'Column_0' are too large; scale them")
            ),
        ] as [([FeatureColumn], [Double], TrainingError)]
    )
    func badRows(_ columns: [FeatureColumn], _ label: [Double], _ expected: TrainingError) {
        let error = #expect(throws: TrainingError.self) {
            try train(TrainingData(columns: columns, label: label), [])
        }
        #expect(error == expected)
    }

    @Test("Parameters are shown in the documented order, and checked together")
    func parameters() throws {
        let learner = try LearnerClass.logisticreg.learner([("c", .real(2)), ("loss", .none)])
        let shown = learner.parameters.map { "\($0.name)=\($0.value)" }
        let expected = [
            "penalty=l2", "C=2.0", "l1_ratio=0.0", "fit_intercept=True", "class_weight=None",
            "max_iter=100", "tol=0.0001", "normalize=False", "objective=log_loss", "n_jobs=4",
            "random_state=1",
        ]
        #expect(shown == expected)
        #expect(learner.intake == Intake(label: .classes(2...1_000)))
        for pairs: [(name: String, value: ParameterValue)] in [
            [("C", .integer(0))], [("penalty", .text("l3"))], [("max_iter", .integer(0))],
            [("penalty", .text("l2")), ("l1_ratio", .real(0.5))],
            [("penalty", .text("l1")), ("l1_ratio", .real(0.5))],
            [("class_weight", .text("{0: 1}"))],
        ] {
            #expect(throws: TrainingError.self) { _ = try LearnerClass.logisticreg.learner(pairs) }
        }
    }

    @Test("max_iter ends training; progress tells the loss; a wish to stop is heard")
    func iterations() throws {
        let told = Told()
        let run = LearningRun(report: { told.add($0) })
        let model = try train(
            table(),
            [("max_iter", .integer(2)), ("tol", .real(1e-12))],
            run: run
        )
        #expect(fact(model, "iterations") == .integer(2))
        #expect(fact(model, "converged") == .bool(false))
        #expect(told.all.map(\.done) == [1, 2])
        #expect(told.all.allSatisfy { $0.total == 2 && $0.measure?.name == "loss" })
        let flag = CancellationFlag()
        flag.cancel()
        #expect(throws: TrainingError.cancelled) {
            try train(table(), [], run: LearningRun(cancellation: flag))
        }
    }
}

/// Collects progress; training reports from the thread that it was called on.
private final class Told: @unchecked Sendable {
    // Unchecked: written and read by one thread, see above.
    var all: [LearningProgress] = []
    func add(_ progress: LearningProgress) { all.append(progress) }
}
