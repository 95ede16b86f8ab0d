import BorealBase
import BorealBoost
import BorealGraph

/// Logistic regression for two or more classes, the latter by one softmax over all of them; loss
/// and penalties are scaled as scikit-learn's LogisticRegression scales them.
struct LogisticLearner: Learner {
    static let name = "logisticreg"

    private let options: LogisticParameters

    init(_ parameters: [(name: String, value: ParameterValue)]) throws(TrainingError) {
        options = try LogisticParameters(parameters)
    }

    var intake: Intake { Intake(label: .classes(2...1_000)) }
    var parameters: [(name: String, value: ParameterValue)] { options.values }
    var threads: Int { max(0, options.threads) }
    var seed: Int64 { options.seed }

    private var isSparse: Bool { options.isPenalized && options.l1Ratio > 0 }

    /// For two classes; each further one has scores, points and steps of its own.
    func memoryEstimate(rows: Int, features: Int, threads: Int) -> Int {
        let side = features + 1
        let isWhole = isSparse || features <= QuasiNewton.wholeWidthMax
        let matrices = isWhole ? 4 * 8 * side * side : 0
        let sums = isWhole ? CrossProducts.bytes(columns: side, threads: threads) : 0
        let steps = 8 * 32 * side
        let pass = FusedPass.bytes(columns: features, scores: 1, threads: threads)
        return 8 * rows * (isSparse ? 6 : 4) + matrices + sums + steps + pass
    }

    func train(_ set: LearningSet, _ run: LearningRun) throws(TrainingError) -> LearnedModel {
        guard set.rowCount > 0 else { throw .emptyTrainingSet }
        let pool = WorkerPool(threads: run.threads, nice: 10)
        let problem = try LogisticProblem(
            set.data,
            classCount: try classCount(set),
            options,
            run,
            pool
        )
        let solution =
            isSparse
            ? try ProximalNewton(
                problem: problem,
                tolerance: options.tolerance,
                iterationsMax: options.iterationsMax
            ).solve()
            : try QuasiNewton(
                problem: problem,
                tolerance: options.tolerance,
                iterationsMax: options.iterationsMax
            ).solve()
        let model = problem.model(at: solution.point)
        guard model.terms.allSatisfy(\.isFinite), model.factors.allSatisfy(\.isFinite) else {
            throw .diverged(advice: "the coefficients are beyond a double; scale the features")
        }
        return LearnedModel(
            graph: try model.classification(set),
            facts: facts(problem, solution, model, set.labels)
        )
    }

    /// The classes of the set, or without names those that the labels have.
    private func classCount(_ set: LearningSet) throws(TrainingError) -> Int {
        if let labels = set.labels {
            guard labels.count > 1 else { throw .singleLabelValue(value: 0) }
            return labels.count
        }
        if let row = set.data.label.firstIndex(where: { !$0.isFinite }) {
            throw .labelNotFinite(row: row)
        }
        let greatest = set.data.label.max() ?? 0
        guard greatest >= 1 else { throw .singleLabelValue(value: greatest) }
        return Int(min(greatest, 999)) + 1
    }

    private func facts(
        _ problem: LogisticProblem,
        _ solution: LogisticSolution,
        _ model: LinearModel,
        _ labels: Labels?
    ) -> [(key: String, value: JSON)] {
        var facts: [(key: String, value: JSON)] = [
            ("solver", .string(solution.solver)),
            ("iterations", .integer(Int64(solution.iterations))),
            ("converged", .bool(solution.hasConverged)),
            ("loss", .number(solution.loss)),
        ]
        let width = problem.featureCount
        func named(_ score: Int) -> JSON {
            let factors = model.factors[score * width..<(score + 1) * width]
            return .object(zip(problem.design.names, factors).map { ($0, .number($1)) })
        }
        if problem.scoreCount == 1 {
            facts += [("intercept", .number(model.terms[0])), ("coefficients", named(0))]
            return facts
        }
        let names = model.terms.indices.map { labels?.text(at: $0) ?? String($0) }
        facts += [
            ("intercept", .object(zip(names, model.terms).map { ($0, .number($1)) })),
            ("coefficients", .object(names.indices.map { (names[$0], named($0)) })),
        ]
        return facts
    }
}
