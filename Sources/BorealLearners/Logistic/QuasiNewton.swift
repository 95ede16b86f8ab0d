import BorealBase
import BorealBoost

/// Minimises the smooth loss of logistic regression: L-BFGS (Nocedal and Wright, Numerical
/// Optimization, 2nd edition, algorithm 7.4) that begins with the loss's second derivatives at the
/// start, from a part of the rows, instead of with a multiple of the identity.
///
/// With them the first step is Newton's and some ten walks over the rows are enough, where the bare
/// method takes as many as the features' correlation demands. For wide tables only the diagonal of
/// the derivatives is kept.
struct QuasiNewton {
    let problem: LogisticProblem
    let tolerance: Double
    let iterationsMax: Int

    /// Above this width, the diagonal alone.
    static let wholeWidthMax = 1_024
    private static let memory = 10
    static let sampleRows = 20_000
    /// Share of the decrease that the slope promises which a step must bring (Armijo).
    private static let sufficient = 1e-4

    /// - Throws: `TrainingError.diverged`, `.cancelled`.
    func solve() throws(TrainingError) -> LogisticSolution {
        let metric = try Metric(problem, sampleRows: Self.sampleRows)
        var point = problem.start
        var (loss, slopes) = try problem.evaluate(point)
        guard loss.isFinite else { throw .diverged(advice: "scale the features") }
        var steps: [Step] = []
        var iterations = 0
        var hasConverged = greatest(slopes) <= tolerance
        var clock = LossClock(problem.run, total: iterationsMax)
        while iterations < iterationsMax, !hasConverged {
            var direction = self.direction(slopes, steps, metric)
            var promise = dot(direction, slopes)
            if !(promise < 0) {
                steps = []
                direction = metric.solve(slopes).map { -$0 }
                promise = dot(direction, slopes)
            }
            guard promise < 0 else { break }
            var length = 1.0
            var found: (point: [Double], loss: Double, slopes: [Double])?
            while found == nil, length > 1e-12 {
                let next = zip(point, direction).map { $0 + length * $1 }
                let (value, slopes) = try problem.evaluate(next)
                // Near the end losses differ by their rounding only.
                let rounding = 4 * loss.ulp
                if value <= loss + Self.sufficient * length * promise + rounding {
                    found = (next, value, slopes)
                }
                length *= value.isFinite ? 0.5 : 0.1
            }
            guard let found else { break }
            let step = Step(
                move: zip(found.point, point).map { $0 - $1 },
                turn: zip(found.slopes, slopes).map { $0 - $1 }
            )
            if step.product > 0 {
                steps.append(step)
                if steps.count > Self.memory { steps.removeFirst() }
            }
            (point, loss, slopes) = found
            iterations += 1
            hasConverged = greatest(slopes) <= tolerance
            clock.tell(iterations, loss: loss)
        }
        return LogisticSolution(
            point: problem.centred(point),
            loss: loss,
            solver: "quasi-newton",
            iterations: iterations,
            hasConverged: hasConverged
        )
    }

    /// A step and what it did to the slopes.
    private struct Step {
        let move: [Double]
        let turn: [Double]
        let product: Double

        init(move: [Double], turn: [Double]) {
            self.move = move
            self.turn = turn
            product = zip(move, turn).reduce(0) { $0 + $1.0 * $1.1 }
        }
    }

    /// The two-loop recursion.
    private func direction(_ slopes: [Double], _ steps: [Step], _ metric: Metric) -> [Double] {
        var q = slopes
        var shares: [Double] = []
        for step in steps.reversed() {
            let share = dot(step.move, q) / step.product
            shares.append(share)
            for index in q.indices { q[index] -= share * step.turn[index] }
        }
        q = metric.solve(q)
        if let last = steps.last {
            let scale = last.product / dot(last.turn, metric.solve(last.turn))
            if scale.isFinite, scale > 0 { for index in q.indices { q[index] *= scale } }
        }
        for (step, share) in zip(steps, shares.reversed()) {
            let factor = share - dot(step.turn, q) / step.product
            for index in q.indices { q[index] += factor * step.move[index] }
        }
        return q.map { -$0 }
    }

    private func dot(_ left: [Double], _ right: [Double]) -> Double {
        zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
    }

    private func greatest(_ slopes: [Double]) -> Double {
        slopes.reduce(0) { max($0, $1.magnitude) }
    }
}

/// The second derivatives of the loss where training begins, score by score: with all classes at
/// their share p, `p (1 - p) X'X + l2`.
private struct Metric {
    /// One for each score; nil where the diagonal has to do.
    private var factors: [Cholesky]?
    /// `[scores][features + 1]`
    private var diagonal: [Double]
    private let side: Int

    init(_ problem: LogisticProblem, sampleRows: Int) throws(TrainingError) {
        let width = problem.featureCount
        side = width + 1
        // At the start all classes are alike when no intercept says otherwise.
        let even = 1 / Double(problem.classCount)
        let curvatures = (0..<problem.scoreCount).map { score -> Double in
            let share = problem.scoreCount == 1 ? problem.shares[1] : problem.shares[score]
            let p = problem.hasIntercept ? max(share, 1e-6) : even
            return p * (1 - min(p, 1 - 1e-6))
        }
        let isWhole = width <= QuasiNewton.wholeWidthMax
        let step = problem.blockStep(rowsMax: max(sampleRows, 20 * width))
        let products =
            isWhole
            ? try problem.secondDerivatives(nil, withIntercept: false, blockStep: step) : nil
        let squares: [Double]
        if let products {
            squares = (0..<width).map { products[$0, $0] }
        } else {
            squares = try problem.squares()
        }
        diagonal = []
        for curvature in curvatures {
            diagonal += squares.map { square in
                let value = curvature * square + problem.l2
                return value > 0 ? value : 1
            }
            diagonal.append(curvature)
        }
        guard let products else { return }
        var factors: [Cholesky] = []
        for curvature in curvatures {
            // Brought to ones on the diagonal; a little more there for columns that depend on
            // each other.
            var matrix = products
            let start = factors.count * side
            for row in 0..<width {
                for column in 0..<width {
                    let size = (diagonal[start + row] * diagonal[start + column]).squareRoot()
                    matrix[row, column] *= curvature / size
                }
                matrix[row, row] = 1 + 1e-6
            }
            guard let factor = try Cholesky(matrix, problem.pool, problem.run.cancellation)
            else { return }
            factors.append(factor)
        }
        self.factors = factors
    }

    /// The inverse times a vector.
    func solve(_ vector: [Double]) -> [Double] {
        guard let factors else { return zip(vector, diagonal).map { $0 / $1 } }
        var answer = vector
        for (score, factor) in factors.enumerated() {
            let range = score * side..<(score + 1) * side - 1
            let scaled = range.map { vector[$0] / diagonal[$0].squareRoot() }
            for (index, value) in zip(range, factor.solve(scaled)) {
                answer[index] = value / diagonal[index].squareRoot()
            }
            answer[range.upperBound] = vector[range.upperBound] / diagonal[range.upperBound]
        }
        return answer
    }
}

/// Tells how far iterations are, and when they will end if all are needed.
struct LossClock {
    private let run: LearningRun
    private let total: Int
    private let start = MonotonicClock.nanoseconds

    init(_ run: LearningRun, total: Int) {
        self.run = run
        self.total = total
    }

    /// After each iteration.
    mutating func tell(_ done: Int, loss: Double) {
        let seconds = Double(MonotonicClock.nanoseconds - start) * 1e-9
        run.report(
            LearningProgress(
                unit: "iteration",
                done: done,
                total: total,
                measure: ("loss", loss),
                secondsLeft: seconds / Double(done) * Double(total - done)
            )
        )
    }
}
