import BorealBase
import BorealBoost
import BorealGraph
import CKernels

/// Linear regression: least squares, ridge, lasso, elastic net.
///
/// Penalties are scaled as scikit-learn scales them: `alpha` beside the sum of squares where
/// `l1_ratio` is 0 (Ridge), beside half of the mean square elsewhere (Lasso, ElasticNet).
struct LinearLearner: Learner {
    static let name = "linearreg"
    /// Above this width coordinate descent works on the rows, not on the normal equations.
    private static let equationsWidthMax = 4_096

    private let options: LinearParameters

    init(_ parameters: [(name: String, value: ParameterValue)]) throws(TrainingError) {
        options = try LinearParameters(parameters)
    }

    var intake: Intake { Intake(label: .number) }
    var parameters: [(name: String, value: ParameterValue)] { options.values }
    var threads: Int { max(0, options.threads) }
    var seed: Int64 { options.seed }

    private var isSparse: Bool { options.alpha > 0 && options.l1Ratio > 0 }

    private func worksOnRows(_ rows: Int, _ columns: Int) -> Bool {
        isSparse && (columns > rows || columns > Self.equationsWidthMax)
    }

    func memoryEstimate(rows: Int, features: Int, threads: Int) -> Int {
        let rowBytes = 8 * rows * 3
        if worksOnRows(rows, features) { return rowBytes + 8 * rows * features }
        let side = features + 1
        let triangle = TriangularFactor.bytes(side: side) + 3 * 8 * side * side
        let equations = CrossProducts.bytes(columns: side, threads: threads) + 4 * 8 * side * side
        let pass = FusedPass.bytes(columns: features, scores: 1, threads: threads)
        return rowBytes + max(triangle, equations) + pass
    }

    func train(_ set: LearningSet, _ run: LearningRun) throws(TrainingError) -> LearnedModel {
        let pool = WorkerPool(threads: run.threads, nice: 10)
        let problem = try LinearProblem(
            set.data,
            hasIntercept: options.hasIntercept,
            run,
            pool
        )
        let solution = try solve(problem)
        let term = problem.intercept(solution.coefficients)
        guard term.isFinite, solution.coefficients.allSatisfy(\.isFinite) else {
            throw .diverged(advice: "the coefficients are beyond a double; scale the features")
        }
        run.report(LearningProgress(unit: "epoch", done: solution.iterations))
        let model = LinearModel(
            factors: solution.coefficients,
            terms: [term],
            centers: options.hasIntercept ? problem.shifts : []
        )
        return LearnedModel(
            graph: try model.regression(set),
            facts: facts(problem, solution, intercept: term)
        )
    }

    private func solve(_ problem: LinearProblem) throws(TrainingError) -> LinearSolution {
        if worksOnRows(problem.rowCount, problem.columnCount) { return try descendOnRows(problem) }
        let isWide = problem.columnCount >= problem.rowCount
        if options.alpha == 0, !options.isPositive, isWide, !options.normalizes {
            let units = [Double](repeating: 1, count: problem.columnCount)
            return try LeastSquares(problem: problem, units: units).solveByQR()
        }
        let equations = try problem.normalEquations()
        let units =
            options.normalizes
            ? try problem.deviations(squares: equations.squares)
            : [Double](repeating: 1, count: problem.columnCount)
        if isSparse { return try descend(problem, equations, units) }
        if options.isPositive { return try nonnegative(problem, equations, units) }
        let direct = LeastSquares(problem: problem, units: units)
        if options.alpha > 0 { return try direct.ridge(equations, alpha: options.alpha) }
        return try direct.solve(equations)
    }

    private func nonnegative(
        _ problem: LinearProblem,
        _ equations: NormalEquations,
        _ units: [Double]
    ) throws(TrainingError) -> LinearSolution {
        let divided = equations.divided(by: units)
        let solver = NonnegativeLeastSquares(
            problem: problem,
            roundsMax: options.epochs ?? .max
        )
        let found = try solver.solve(divided, alpha: options.alpha)
        return LinearSolution(
            coefficients: zip(found.coefficients, units).map { $0 / $1 },
            residualSquare: divided.residualSquare(found.coefficients),
            solver: "block pivoting",
            iterations: found.rounds,
            hasConverged: found.hasConverged
        )
    }

    /// The solver for a penalty beside half of the mean square, on sums of squares.
    private func descent(_ problem: LinearProblem) -> CoordinateDescent {
        let total = options.alpha * problem.weights.sum
        return CoordinateDescent(
            l1: total * options.l1Ratio,
            l2: total * (1 - options.l1Ratio),
            tolerance: options.tolerance,
            roundsMax: options.epochs ?? 1_000_000,
            isPositive: options.isPositive,
            run: problem.run
        )
    }

    private func descend(
        _ problem: LinearProblem,
        _ equations: NormalEquations,
        _ units: [Double]
    ) throws(TrainingError) -> LinearSolution {
        let divided = equations.divided(by: units)
        let found = try descent(problem).solve(divided)
        return LinearSolution(
            coefficients: zip(found.coefficients, units).map { $0 / $1 },
            residualSquare: divided.residualSquare(found.coefficients),
            solver: "coordinate descent",
            iterations: found.rounds,
            hasConverged: found.hasConverged
        )
    }

    private func descendOnRows(_ problem: LinearProblem) throws(TrainingError) -> LinearSolution {
        let (rows, columns) = (problem.rowCount, problem.columnCount)
        var packed = [Double](repeating: 0, count: (columns + 1) * rows)
        let (all, shifts) = (problem.allColumns, problem.allShifts)
        let scales = problem.scales?.first
        let padded = (rows + 3) / 4 * 4
        packed.withUnsafeMutableBufferPointer { packed in
            guard let base = packed.baseAddress else { return }
            var room = [Double](repeating: 0, count: padded)
            for column in 0...columns {
                boreal_pack(all[column].first, rows, shifts[column], 1, scales, &room)
                for row in 0..<rows { base[column * rows + row] = room[row] }
            }
        }
        let label = Array(packed[(columns * rows)...])
        packed.removeLast(rows)
        var squares = [Double](repeating: 0, count: columns)
        for column in 0..<columns {
            try problem.run.checkCancellation()
            let range = column * rows..<(column + 1) * rows
            squares[column] = packed[range].reduce(0) { $0 + $1 * $1 }
            guard squares[column].isFinite else { throw problem.design.tooLarge(column) }
            if problem.isConstant(column, square: squares[column]) {
                for index in range { packed[index] = 0 }
            }
        }
        var units = [Double](repeating: 1, count: columns)
        if options.normalizes {
            units = try problem.deviations(squares: squares)
            for index in packed.indices { packed[index] /= units[index / rows] }
        }
        let found = try descent(problem).solve(packed, label)
        let coefficients = zip(found.coefficients, units).map { $0 / $1 }
        return LinearSolution(
            coefficients: coefficients,
            residualSquare: try problem.residuals(coefficients).square,
            solver: "coordinate descent",
            iterations: found.rounds,
            hasConverged: found.hasConverged
        )
    }

    private func facts(
        _ problem: LinearProblem,
        _ solution: LinearSolution,
        intercept: Double
    ) -> [(key: String, value: JSON)] {
        let named = zip(problem.design.names, solution.coefficients)
        var facts: [(key: String, value: JSON)] = [
            ("solver", .string(solution.solver)),
            ("iterations", .integer(Int64(solution.iterations))),
            ("converged", .bool(solution.hasConverged)),
        ]
        if let rank = solution.rank { facts.append(("rank", .integer(Int64(rank)))) }
        facts += [
            ("r2", r2(problem, solution)),
            ("intercept", .number(intercept)),
            ("coefficients", .object(named.map { ($0, .number($1)) })),
        ]
        return facts
    }

    /// 1 - SSE / SST on the training rows; as scikit-learn has it, nothing for a single row, and
    /// for labels without spread 1 when they are met and 0 when not.
    private func r2(_ problem: LinearProblem, _ solution: LinearSolution) -> JSON {
        guard problem.rowCount > 1 else { return .null }
        guard problem.spread > 0 else { return .number(solution.residualSquare == 0 ? 1 : 0) }
        return .number(1 - solution.residualSquare / problem.spread)
    }
}
