import BorealBoost

/// Least squares without a penalty, and ridge regression: direct solutions.
struct LeastSquares {
    let problem: LinearProblem
    /// `[columnCount]`: what each feature is divided by.
    let units: [Double]

    /// Least part of a column, squared, that the columns before it do not tell, for the normal
    /// equations to be used: below, they lose more than half of the digits.
    private static let leastPivot = 1e-8
    /// A correction greater than this share of the solution tells that the equations were too bad.
    private static let largestCorrection = 1e-6

    /// The least-squares solution; the one of least norm when the columns depend on each other.
    ///
    /// Normal equations first, corrected once by the residuals of their solution, which makes up
    /// for what their forming lost (corrected seminormal equations; Björck 1987). Where the columns
    /// are nearly dependent, QR decides about the rank.
    ///
    /// - Throws: `TrainingError.diverged`, `.cancelled`.
    func solve(_ equations: NormalEquations) throws(TrainingError) -> LinearSolution {
        if let solution = try solveByCholesky(equations) { return solution }
        return try solveByQR()
    }

    private func solveByCholesky(
        _ equations: NormalEquations
    ) throws(TrainingError) -> LinearSolution? {
        let squares = equations.squares
        let active = squares.indices.filter { squares[$0] > 0 }
        guard !active.isEmpty else { return constant(equations) }
        guard active.count < problem.rowCount else { return nil }
        let factors = active.map { 1 / squares[$0].squareRoot() }
        let unit = equations.gram.minor(active).scaled(factors)
        let (pool, cancellation) = (problem.pool, problem.run.cancellation)
        guard let cholesky = try Cholesky(unit, above: Self.leastPivot, pool, cancellation)
        else { return nil }
        func solution(of moments: [Double]) -> [Double] {
            let right = active.enumerated().map { moments[$1] * factors[$0] }
            var answer = [Double](repeating: 0, count: squares.count)
            for (place, z) in cholesky.solve(right).enumerated() {
                answer[active[place]] = z * factors[place]
            }
            return answer
        }
        var coefficients = solution(of: equations.moments)
        let (square, moments) = try problem.residuals(coefficients)
        let correction = solution(of: moments)
        var residualSquare = square
        var (length, change) = (0.0, 0.0)
        for index in active {
            let scale = squares[index]
            length += coefficients[index] * coefficients[index] * scale
            change += correction[index] * correction[index] * scale
            residualSquare -= correction[index] * moments[index]
            coefficients[index] += correction[index]
        }
        let limit = Self.largestCorrection * Self.largestCorrection
        guard change <= limit * max(length, equations.labelSquare) else { return nil }
        return LinearSolution(
            coefficients: coefficients,
            residualSquare: max(0, residualSquare),
            rank: active.count,
            solver: "cholesky"
        )
    }

    /// All features are constant: nothing but the intercept.
    private func constant(_ equations: NormalEquations) -> LinearSolution {
        LinearSolution(
            coefficients: [Double](repeating: 0, count: equations.gram.side),
            residualSquare: equations.labelSquare,
            rank: 0,
            solver: "cholesky"
        )
    }

    /// - Parameter penalty: what is added to the diagonal of the normal equations.
    /// - Throws: `TrainingError.diverged`, `.cancelled`.
    func solveByQR(penalty: Double = 0) throws(TrainingError) -> LinearSolution {
        var factor = try TriangularFactor(
            problem.allColumns,
            shifts: problem.allShifts,
            factors: units.map { 1 / $0 } + [1],
            rowCount: problem.rowCount,
            scales: problem.scales,
            problem.pool,
            problem.run.cancellation
        )
        let width = problem.columnCount
        if penalty > 0 {
            factor.fold(diagonal: [Double](repeating: penalty.squareRoot(), count: width))
        }
        guard factor.values.allSatisfy(\.isFinite) else {
            throw .diverged(advice: "the values are too large; scale them")
        }
        var reduced = TriangularProblem(factor)
        for column in 0..<width {
            let unit = units[column]
            let square = reduced.square(ofColumn: column) * unit * unit
            if problem.isConstant(column, square: square) { reduced.drop(column) }
        }
        let greatest = Double(max(problem.rowCount, width, 100))
        let (scaled, rank) = try reduced.leastNorm(
            tolerance: greatest * Double.ulpOfOne,
            problem.run.cancellation
        )
        let coefficients = zip(scaled, units).map { $0 / $1 }
        return LinearSolution(
            coefficients: coefficients,
            residualSquare: try problem.residuals(coefficients).square,
            rank: rank,
            solver: "qr"
        )
    }

    /// Ridge regression: `|y - X b|^2 + alpha |b|^2`, b in units of the divided features.
    ///
    /// - Throws: `TrainingError.diverged`, `.cancelled`.
    func ridge(
        _ equations: NormalEquations,
        alpha: Double
    ) throws(TrainingError) -> LinearSolution {
        let divided = equations.divided(by: units)
        var matrix = divided.gram
        for index in units.indices { matrix[index, index] += alpha }
        // Brought to ones on the diagonal, which makes its pivots comparable.
        let factors = (0..<matrix.side).map { 1 / matrix[$0, $0].squareRoot() }
        let (pool, cancellation) = (problem.pool, problem.run.cancellation)
        let least = Double(matrix.side) * 1e-13
        guard
            let cholesky = try Cholesky(matrix.scaled(factors), above: least, pool, cancellation)
        else {
            var solution = try solveByQR(penalty: alpha)
            solution.rank = nil
            return solution
        }
        let right = zip(divided.moments, factors).map { $0 * $1 }
        let scaled = zip(cholesky.solve(right), factors).map { $0 * $1 }
        return LinearSolution(
            coefficients: zip(scaled, units).map { $0 / $1 },
            residualSquare: divided.residualSquare(scaled),
            rank: nil,
            solver: "cholesky"
        )
    }
}
