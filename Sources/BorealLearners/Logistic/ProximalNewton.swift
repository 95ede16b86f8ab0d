import BorealBoost
import CKernels

/// Minimises the loss of logistic regression with a cost of absolute values: Newton's method on the
/// smooth part, each step a lasso on its quadratic model (Lee, Sun, Saunders 2014, algorithm 1;
/// Friedman, Hastie, Tibshirani 2010, section 3).
///
/// The second derivatives come from a part of the rows, score by score; the slopes, the loss and
/// the end from all of them.
struct ProximalNewton {
    let problem: LogisticProblem
    let tolerance: Double
    let iterationsMax: Int

    /// Above this width the second derivatives are kept for some iterations.
    private static let renewedWidthMax = 512
    private static let renewedEvery = 5
    private static let sufficient = 1e-4
    /// Rounds of coordinate descent for a step.
    private static let roundsMax = 200

    /// - Throws: `TrainingError.diverged`, `.cancelled`.
    func solve() throws(TrainingError) -> LogisticSolution {
        var point = problem.start
        var (loss, slopes) = try problem.evaluate(point)
        loss += cost(point)
        guard loss.isFinite else { throw .diverged(advice: "scale the features") }
        var models: [SymmetricMatrix] = []
        var iterations = 0
        var hasConverged = violation(point, slopes) <= tolerance
        var clock = LossClock(problem.run, total: iterationsMax)
        while iterations < iterationsMax, !hasConverged {
            let isWide = problem.featureCount > Self.renewedWidthMax
            if !isWide || iterations % Self.renewedEvery == 0 { models = try self.models(point) }
            let next = try step(point, slopes, models)
            let direction = zip(next, point).map { $0 - $1 }
            let promise =
                zip(direction, slopes).reduce(0) { $0 + $1.0 * $1.1 } + cost(next) - cost(point)
            guard promise < 0 else { break }
            var length = 1.0
            var found: (point: [Double], loss: Double, slopes: [Double])?
            while found == nil, length > 1e-12 {
                let tried = zip(point, direction).map { $0 + length * $1 }
                let (value, slopes) = try problem.evaluate(tried)
                let total = value + cost(tried)
                if total <= loss + Self.sufficient * length * promise + 4 * loss.ulp {
                    found = (tried, total, slopes)
                }
                length *= value.isFinite ? 0.5 : 0.1
            }
            guard let found else { break }
            (point, loss, slopes) = found
            iterations += 1
            hasConverged = violation(point, slopes) <= tolerance
            clock.tell(iterations, loss: loss)
        }
        return LogisticSolution(
            point: problem.centred(point),
            loss: loss,
            solver: "proximal newton",
            iterations: iterations,
            hasConverged: hasConverged
        )
    }

    private var side: Int { problem.featureCount + 1 }

    private func isIntercept(_ index: Int) -> Bool { index % side == problem.featureCount }

    /// What absolute values cost.
    private func cost(_ point: [Double]) -> Double {
        var sum = 0.0
        for (index, value) in point.enumerated() where !isIntercept(index) {
            sum += value.magnitude
        }
        return problem.l1 * sum
    }

    /// How far slopes are from what a minimum has: the greatest part that the cost does not hold.
    private func violation(_ point: [Double], _ slopes: [Double]) -> Double {
        var most = 0.0
        for (index, slope) in slopes.enumerated() {
            let value = point[index]
            let rest: Double
            if isIntercept(index) {
                rest = slope.magnitude
            } else if value == 0 {
                rest = slope.magnitude - problem.l1
            } else {
                rest = (slope + (value > 0 ? problem.l1 : -problem.l1)).magnitude
            }
            most = max(most, rest)
        }
        return most
    }

    /// For each score the second derivatives, the intercept last.
    private func models(_ point: [Double]) throws(TrainingError) -> [SymmetricMatrix] {
        let rows = max(QuasiNewton.sampleRows, 10 * problem.featureCount)
        var models: [SymmetricMatrix] = []
        for curvatures in try problem.curvatures(at: point) {
            var model = try problem.secondDerivatives(
                curvatures,
                withIntercept: true,
                blockStep: problem.blockStep(rowsMax: rows)
            )
            for index in 0..<side {
                // A little more, so that columns that depend on each other have one minimum.
                let ridge = index < side - 1 ? problem.l2 : 0
                model[index, index] += ridge + 1e-9 * model[index, index]
            }
            models.append(model)
        }
        return models
    }

    /// The minimum of the quadratic model with the cost, by coordinate descent.
    private func step(
        _ point: [Double],
        _ slopes: [Double],
        _ models: [SymmetricMatrix]
    ) throws(TrainingError) -> [Double] {
        var next = point
        for (score, model) in models.enumerated() {
            // The slopes of the model at `next`, kept up to date.
            var now = Array(slopes[score * side..<(score + 1) * side])
            for _ in 0..<Self.roundsMax {
                try problem.run.checkCancellation()
                let change = round(model, &now, &next, score * side)
                if change <= 0.01 * tolerance { break }
            }
        }
        return next
    }

    /// One round over the coordinates of a score; the greatest change, as a slope.
    private func round(
        _ model: SymmetricMatrix,
        _ slopes: inout [Double],
        _ point: inout [Double],
        _ start: Int
    ) -> Double {
        let side = side
        var most = 0.0
        slopes.withUnsafeMutableBufferPointer { slopes in
            model.values.withUnsafeBufferPointer { values in
                guard let matrix = values.baseAddress else { return }
                for index in 0..<side {
                    let curvature = matrix[index * side + index]
                    let isIntercept = index == side - 1
                    guard curvature > 0, !isIntercept || problem.hasIntercept else { continue }
                    let old = point[start + index]
                    let target = old - slopes[index] / curvature
                    let hold = isIntercept ? 0 : problem.l1 / curvature
                    let size = target.magnitude - hold
                    let new = size > 0 ? (target < 0 ? -size : size) : 0
                    guard new != old else { continue }
                    point[start + index] = new
                    boreal_add(slopes.baseAddress, matrix + index * side, new - old, side)
                    most = max(most, (new - old).magnitude * curvature)
                }
            }
        }
        return most
    }
}
