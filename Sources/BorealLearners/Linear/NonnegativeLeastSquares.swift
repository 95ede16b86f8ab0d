import BorealBoost

/// Least squares, with or without a ridge penalty, whose coefficients may not be negative.
///
/// Block principal pivoting (Kim and Park 2011, algorithm 1): all coefficients on the wrong side of
/// zero, and all zeros that would rather be positive, change sides at once; when that does not help
/// three times in a row, only the last one does, which cannot go round in circles.
struct NonnegativeLeastSquares {
    let problem: LinearProblem
    /// Rounds at most.
    let roundsMax: Int

    /// Below this, a number on the wrong side is rounding.
    private static let tolerance = 1e-12

    /// - Parameter alpha: cost of squares.
    /// - Throws: `TrainingError.cancelled`, `.diverged` when no ridge makes the matrix positive.
    func solve(
        _ equations: NormalEquations,
        alpha: Double
    ) throws(TrainingError) -> (coefficients: [Double], rounds: Int, hasConverged: Bool) {
        let active = equations.squares.indices.filter { equations.squares[$0] > 0 }
        var matrix = equations.gram.minor(active)
        for index in active.indices { matrix[index, index] += alpha }
        let factors = active.indices.map { 1 / matrix[$0, $0].squareRoot() }
        matrix = matrix.scaled(factors)
        let moments = active.enumerated().map { equations.moments[$1] * factors[$0] }
        let size = moments.reduce(0) { max($0, $1.magnitude) }
        let (scaled, rounds, hasConverged) = try pivot(matrix, moments, Self.tolerance * size)
        var coefficients = [Double](repeating: 0, count: equations.gram.side)
        for (place, index) in active.enumerated() {
            coefficients[index] = max(0, scaled[place]) * factors[place]
        }
        return (coefficients, rounds, hasConverged)
    }

    private func pivot(
        _ matrix: SymmetricMatrix,
        _ moments: [Double],
        _ slack: Double
    ) throws(TrainingError) -> (solution: [Double], rounds: Int, hasConverged: Bool) {
        var isFree = [Bool](repeating: false, count: matrix.side)
        var solution = [Double](repeating: 0, count: matrix.side)
        var slopes = moments.map { -$0 }
        var (fewest, chances, rounds) = (matrix.side + 1, 3, 0)
        let clock = RoundClock(problem.run)
        while true {
            let wrong = isFree.indices.filter {
                isFree[$0] ? solution[$0] < -slack : slopes[$0] < -slack
            }
            guard let last = wrong.last else { return (solution, rounds, true) }
            guard rounds < roundsMax else { return (solution, rounds, false) }
            if wrong.count < fewest {
                (fewest, chances) = (wrong.count, 3)
            } else {
                chances -= 1
            }
            for index in chances >= 0 ? wrong : [last] { isFree[index].toggle() }
            let free = isFree.indices.filter { isFree[$0] }
            solution = [Double](repeating: 0, count: matrix.side)
            let part = try solve(matrix.minor(free), free.map { moments[$0] })
            for (place, index) in free.enumerated() { solution[index] = part[place] }
            slopes = zip(matrix.times(solution), moments).map { $0 - $1 }
            for index in free { slopes[index] = 0 }
            rounds += 1
            clock.tell(rounds)
        }
    }

    /// Dependent columns share what they tell: a small ridge decides between them.
    private func solve(
        _ matrix: SymmetricMatrix,
        _ right: [Double]
    ) throws(TrainingError) -> [Double] {
        var matrix = matrix
        var ridge = 1e-12
        while ridge < 1 {
            let least = Double(matrix.side) * 1e-15
            if let cholesky = try Cholesky(
                matrix,
                above: least,
                problem.pool,
                problem.run.cancellation
            ) {
                return cholesky.solve(right)
            }
            for index in 0..<matrix.side { matrix[index, index] += ridge }
            ridge *= 10
        }
        throw .diverged(advice: "the features depend on each other; leave some out")
    }
}
