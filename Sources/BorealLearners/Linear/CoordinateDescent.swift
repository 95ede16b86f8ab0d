import BorealBoost
import CKernels

/// Lasso and elastic net: one coefficient at a time, the others held, until the duality gap is
/// small.
///
/// It minimises `1/2 |y - X b|^2 + l1 |b|_1 + l2/2 |b|^2`; each step is a soft threshold (Friedman,
/// Hastie, Tibshirani 2010, equation 5). It ends when the coefficients hardly move and the gap to
/// the dual (Kim et al. 2007, section 3) is below `tolerance |y|^2`, which is scikit-learn's rule.
struct CoordinateDescent {
    /// Cost of absolute values.
    let l1: Double
    /// Cost of squares.
    let l2: Double
    /// See above.
    let tolerance: Double
    /// Rounds at most.
    let roundsMax: Int
    /// Whether coefficients below 0 are ruled out.
    let isPositive: Bool
    let run: LearningRun

    /// What came out.
    struct Answer {
        var coefficients: [Double]
        var rounds = 0
        var gap = Double.infinity
        var hasConverged = false
    }

    /// The coefficient at which the loss of one of them is least.
    private func threshold(_ correlation: Double, _ square: Double) -> Double {
        let size = (correlation.magnitude - l1) / (square + l2)
        // Not -0, which would show.
        guard size > 0, !isPositive || correlation > 0 else { return 0 }
        return correlation < 0 ? -size : size
    }

    /// On the normal equations: a step costs as much as there are columns, however many rows.
    ///
    /// - Parameter start: where to begin, zeros when nil.
    /// - Throws: `TrainingError.cancelled`.
    func solve(
        _ equations: NormalEquations,
        from start: [Double]? = nil
    ) throws(TrainingError) -> Answer {
        let side = equations.gram.side
        let (squares, moments) = (equations.squares, equations.moments)
        var answer = Answer(coefficients: start ?? [Double](repeating: 0, count: side))
        var products = start.map { equations.gram.times($0) } ?? [Double](repeating: 0, count: side)
        let clock = RoundClock(run)
        while answer.rounds < roundsMax, !answer.hasConverged {
            var (largest, change) = (0.0, 0.0)
            for column in 0..<side where squares[column] > 0 {
                // A row of a wide matrix is far below 10 ms, a round is not.
                if column % 256 == 0 { try run.checkCancellation() }
                let old = answer.coefficients[column]
                let correlation = moments[column] - products[column] + old * squares[column]
                let new = threshold(correlation, squares[column])
                if new != old {
                    answer.coefficients[column] = new
                    products.withUnsafeMutableBufferPointer { products in
                        equations.gram.values.withUnsafeBufferPointer { gram in
                            guard let row = gram.baseAddress else { return }
                            boreal_add(products.baseAddress, row + column * side, new - old, side)
                        }
                    }
                }
                largest = max(largest, new.magnitude)
                change = max(change, (new - old).magnitude)
            }
            answer.rounds += 1
            guard change <= tolerance * largest || answer.rounds == roundsMax else {
                clock.tell(answer.rounds)
                continue
            }
            products = equations.gram.times(answer.coefficients)
            let rest = equations.residualSquare(answer.coefficients)
            let gradient = zip(moments, products).map { $0 - $1 }
            var product = equations.labelSquare
            for (factor, moment) in zip(answer.coefficients, moments) { product -= factor * moment }
            answer.gap = gap(answer.coefficients, gradient, rest: rest, product: product)
            answer.hasConverged = answer.gap <= tolerance * equations.labelSquare
            clock.tell(answer.rounds, gap: answer.gap)
        }
        return answer
    }

    /// On the residuals: for tables that are wider than long, whose normal equations would be
    /// greater than they are.
    ///
    /// - Parameter columns: `[columnCount][rowCount]`, centred and weighted.
    /// - Throws: `TrainingError.cancelled`.
    func solve(_ columns: [Double], _ label: [Double]) throws(TrainingError) -> Answer {
        let rowCount = label.count
        let count = columns.count / rowCount
        let labelSquare = dot(label, label)
        var residuals = label
        var answer = Answer(coefficients: [Double](repeating: 0, count: count))
        let squares = try products(columns, rowCount) { column, _ in
            boreal_dot(column, column, rowCount)
        }
        let clock = RoundClock(run)
        while answer.rounds < roundsMax, !answer.hasConverged {
            var (largest, change) = (0.0, 0.0)
            let old = answer.coefficients
            try residuals.withUnsafeMutableBufferPointer { residuals throws(TrainingError) in
                let rest = residuals.baseAddress
                _ = try products(columns, rowCount) { column, index in
                    guard squares[index] > 0 else { return 0 }
                    let product = boreal_dot(column, rest, rowCount)
                    let new = threshold(product + old[index] * squares[index], squares[index])
                    if new != old[index] { boreal_add(rest, column, old[index] - new, rowCount) }
                    answer.coefficients[index] = new
                    largest = max(largest, new.magnitude)
                    change = max(change, (new - old[index]).magnitude)
                    return 0
                }
            }
            answer.rounds += 1
            guard change <= tolerance * largest || answer.rounds == roundsMax else {
                clock.tell(answer.rounds)
                continue
            }
            let gradient = try products(columns, rowCount) { column, _ in
                boreal_dot(column, residuals, rowCount)
            }
            let rest = dot(residuals, residuals)
            let product = dot(residuals, label)
            answer.gap = gap(answer.coefficients, gradient, rest: rest, product: product)
            answer.hasConverged = answer.gap <= tolerance * labelSquare
            clock.tell(answer.rounds, gap: answer.gap)
        }
        return answer
    }

    private func dot(_ left: [Double], _ right: [Double]) -> Double {
        boreal_dot(left, right, left.count)
    }

    /// A number for each column.
    private func products(
        _ columns: [Double],
        _ rowCount: Int,
        _ body: (UnsafePointer<Double>, Int) -> Double
    ) throws(TrainingError) -> [Double] {
        let count = columns.count / rowCount
        var numbers = [Double](repeating: 0, count: count)
        try columns.withUnsafeBufferPointer { columns throws(TrainingError) in
            guard let base = columns.baseAddress else { return }
            for index in 0..<count {
                try run.checkCancellation()
                numbers[index] = body(base + index * rowCount, index)
            }
        }
        return numbers
    }

    /// How far the loss may be above the least: the loss less that of a feasible dual point, the
    /// residuals shortened until no column correlates with them by more than `l1`.
    ///
    /// - Parameters:
    ///   - gradient: columns times residuals.
    ///   - rest: residuals times residuals.
    ///   - product: residuals times label.
    private func gap(
        _ coefficients: [Double],
        _ gradient: [Double],
        rest: Double,
        product: Double
    ) -> Double {
        var (most, size, square) = (0.0, 0.0, 0.0)
        for (factor, slope) in zip(coefficients, gradient) {
            let reduced = slope - l2 * factor
            most = max(most, isPositive ? reduced : reduced.magnitude)
            size += factor.magnitude
            square += factor * factor
        }
        let share = most > l1 ? l1 / most : 1
        let loss = 0.5 * rest + l1 * size + 0.5 * l2 * square
        return loss - (share * product - 0.5 * share * share * (rest + l2 * square))
    }
}

/// Tells how far rounds are whose number nobody knows.
struct RoundClock {
    let run: LearningRun

    init(_ run: LearningRun) { self.run = run }

    /// After each round.
    func tell(_ rounds: Int, gap: Double? = nil) {
        run.report(
            LearningProgress(unit: "epoch", done: rounds, measure: gap.map { ("gap", $0) })
        )
    }
}
