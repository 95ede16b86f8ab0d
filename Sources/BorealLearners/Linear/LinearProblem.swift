import BorealBase
import BorealBoost
import CKernels

/// A regression of a label on features, with everything that its solvers share: means taken away
/// when there is an intercept, features divided by their units, weights.
///
/// In all that follows x and y are these centred columns, X' W X and the like weighted sums over
/// the rows.
struct LinearProblem {
    let design: DesignMatrix
    let weights: RowWeights
    let label: FixedNumbers
    /// `[columnCount]`: zeros without an intercept.
    let shifts: [Double]
    /// Mean of the label; 0 without an intercept.
    let labelShift: Double
    /// `[rowCount]`: square roots of the weights; nil when all are 1.
    let scales: FixedNumbers?
    /// The weighted sum of squares of the label around its mean: what R2 compares with.
    let spread: Double
    let pool: WorkerPool
    let run: LearningRun

    /// - Throws: `TrainingError` for rows, labels or weights that cannot be learnt from.
    init(
        _ data: TrainingData,
        hasIntercept: Bool,
        _ run: LearningRun,
        _ pool: WorkerPool
    ) throws(TrainingError) {
        design = try DesignMatrix(data, learner: LinearLearner.name, pool: pool)
        if let row = data.label.firstIndex(where: { !$0.isFinite }) {
            throw .labelNotFinite(row: row)
        }
        weights = try RowWeights(data)
        label = FixedNumbers(data.label)
        let means = try design.means(weights, pool: pool)
        var total = 0.0
        for (row, value) in data.label.enumerated() {
            total += value * (weights.values?.first[row] ?? 1)
        }
        let labelMean = total / weights.sum
        var spread = 0.0
        for (row, value) in data.label.enumerated() {
            let difference = value - labelMean
            spread += difference * difference * (weights.values?.first[row] ?? 1)
        }
        guard spread.isFinite else { throw Self.labelTooLarge }
        self.spread = spread
        shifts = hasIntercept ? means : [Double](repeating: 0, count: means.count)
        labelShift = hasIntercept ? labelMean : 0
        scales = weights.values.map { FixedNumbers($0.values.map { $0.squareRoot() }) }
        self.pool = pool
        self.run = run
    }

    static let labelTooLarge = TrainingError.diverged(
        advice: "the labels are too large; scale them"
    )

    var rowCount: Int { design.rowCount }
    var columnCount: Int { design.columnCount }

    /// The columns with the label as the last one.
    var allColumns: [FixedNumbers] { design.columns + [label] }
    var allShifts: [Double] { shifts + [labelShift] }

    /// The normal equations.
    ///
    /// - Throws: `TrainingError.diverged` when squares are beyond a double; `.cancelled`.
    func normalEquations() throws(TrainingError) -> NormalEquations {
        let products = CrossProducts(
            columns: allColumns,
            shifts: allShifts,
            rowCount: rowCount,
            scales: scales
        )
        let sums = try products.sums(pool, run.cancellation)
        let width = columnCount
        for column in 0..<width where !sums[column, column].isFinite {
            throw design.tooLarge(column)
        }
        guard sums[width, width].isFinite else { throw Self.labelTooLarge }
        var gram = sums.minor(Array(0..<width))
        var moments = (0..<width).map { sums[$0, width] }
        for column in 0..<width where isConstant(column, square: gram[column, column]) {
            // What is left of a constant is noise of its mean.
            moments[column] = 0
            for other in 0..<width {
                gram[column, other] = 0
                gram[other, column] = 0
            }
        }
        return NormalEquations(
            gram: gram,
            moments: moments,
            labelSquare: sums[width, width],
            weightSum: weights.sum
        )
    }

    /// Whether what is left of a column without its mean is rounding only.
    func isConstant(_ column: Int, square: Double) -> Bool {
        let noise = 1e-13 * shifts[column].magnitude
        return square <= noise * noise * weights.sum
    }

    /// `[columnCount]`: the standard deviation of each feature, and 1 for constant ones.
    ///
    /// - Parameter squares: the diagonal of the normal equations.
    func deviations(squares: [Double]) throws(TrainingError) -> [Double] {
        let means = try design.means(weights, pool: pool)
        return (0..<columnCount).map { column in
            // Without an intercept the means are still in the squares.
            let offset = means[column] - shifts[column]
            let variance = squares[column] / weights.sum - offset * offset
            let isReal = variance > 1e-13 * 1e-13 * means[column] * means[column]
            return isReal ? variance.squareRoot() : 1
        }
    }

    /// The weighted sum of squares of what a fit leaves over, and its products with the columns.
    ///
    /// - Throws: `TrainingError.cancelled`.
    func residuals(
        _ coefficients: [Double]
    ) throws(TrainingError) -> (square: Double, moments: [Double]) {
        let pass = FusedPass(columns: design.columns, rowCount: rowCount, scoreCount: 1)
        let term = intercept(coefficients)
        let answer = try pass.run(
            factors: coefficients,
            terms: [term],
            pool,
            run.cancellation
        ) { rows, scores, _ in
            var sum = 0.0
            for (place, row) in rows.enumerated() {
                let weight = weights.values?.first[row] ?? 1
                let rest = label.first[row] - scores[place]
                sum += weight * rest * rest
                scores[place] = weight * rest
            }
            return sum
        }
        let moments = (0..<columnCount).map {
            answer.gradient[$0] - shifts[$0] * answer.slopes[0]
        }
        return (answer.loss, moments)
    }

    /// What is added to the sum of products: the mean label less that of the means.
    func intercept(_ coefficients: [Double]) -> Double {
        var term = labelShift
        for (factor, shift) in zip(coefficients, shifts) { term -= factor * shift }
        return term
    }
}

/// `X' W X b = X' W y`, and what else the loss of b is made of.
struct NormalEquations {
    /// `X' W X`
    var gram: SymmetricMatrix
    /// `X' W y`
    var moments: [Double]
    /// `y' W y`
    let labelSquare: Double
    /// The sum of the weights.
    let weightSum: Double

    /// `[side]`: the diagonal.
    var squares: [Double] { (0..<gram.side).map { gram[$0, $0] } }

    /// The same for features that are divided by their units; coefficients grow by as much.
    func divided(by units: [Double]) -> NormalEquations {
        let factors = units.map { 1 / $0 }
        var divided = self
        divided.gram = gram.scaled(factors)
        divided.moments = zip(moments, factors).map { $0 * $1 }
        return divided
    }

    /// The sum of squares that coefficients leave over.
    func residualSquare(_ coefficients: [Double]) -> Double {
        let products = gram.times(coefficients)
        var sum = labelSquare
        for (index, factor) in coefficients.enumerated() {
            sum += factor * (products[index] - 2 * moments[index])
        }
        return max(0, sum)
    }
}

/// What a solver found.
struct LinearSolution {
    /// `[columnCount]`
    var coefficients: [Double]
    /// What is left over, weighted and squared.
    var residualSquare: Double
    /// The rank of the matrix; nil where the solver does not ask.
    var rank: Int?
    /// Which solver it was.
    var solver: String
    /// Its rounds; 1 for direct ones.
    var iterations = 1
    /// Whether it came to its end before it ran out of rounds.
    var hasConverged = true
}
