import BorealBase
import BorealBoost
import CKernels

/// The loss of logistic regression over a training set:
/// `mean of the cross-entropy + l2/2 |w|^2`, where the mean is weighted and intercepts are free.
///
/// Coefficients belong to features that are centred (when there is an intercept, which takes up
/// what that changes) and divided by their units. A point is `[scores * (features + 1)]`: for each
/// score its coefficients, then its intercept.
struct LogisticProblem {
    let design: DesignMatrix
    /// Sample weights times those of the classes.
    let weights: RowWeights
    /// `[rowCount]`: class numbers.
    let label: FixedNumbers
    let classCount: Int
    /// 1 for two classes, else one a class.
    let scoreCount: Int
    /// `[features]`: zeros without an intercept.
    let shifts: [Double]
    /// `[features]`: what features are divided by.
    let units: [Double]
    /// Cost of squares beside the mean loss.
    let l2: Double
    /// Cost of absolute values beside the mean loss.
    let l1: Double
    let hasIntercept: Bool
    /// `[classCount]`: shares of the weight.
    let shares: [Double]
    let pool: WorkerPool
    let run: LearningRun

    /// - Throws: `TrainingError` for rows, labels or weights that cannot be learnt from.
    init(
        _ data: TrainingData,
        classCount: Int,
        _ options: LogisticParameters,
        _ run: LearningRun,
        _ pool: WorkerPool
    ) throws(TrainingError) {
        design = try DesignMatrix(data, learner: LogisticLearner.name, pool: pool)
        let given = try RowWeights(data)
        let counts = try Self.classWeights(data, classCount, given)
        var factors: [Double]?
        if options.classWeight == .balanced {
            let classes = Double(counts.count { $0 > 0 })
            let each = counts.map { $0 > 0 ? given.sum / (classes * $0) : 0 }
            factors = data.label.map { each[Int($0)] }
        }
        weights = try RowWeights(data, factors: factors)
        let held = try factors == nil ? counts : Self.classWeights(data, classCount, weights)
        let sum = weights.sum
        shares = held.map { $0 / sum }
        label = FixedNumbers(data.label)
        self.classCount = classCount
        scoreCount = classCount == 2 ? 1 : classCount
        let means = try design.means(weights, pool: pool)
        hasIntercept = options.hasIntercept
        shifts = hasIntercept ? means : means.map { _ in 0 }
        self.pool = pool
        self.run = run
        let deviations = try Self.deviations(design, means, weights, pool)
        if let column = deviations.firstIndex(where: { !$0.isFinite }) {
            throw design.tooLarge(column)
        }
        units = options.normalizes ? deviations.map { $0 > 0 ? $0 : 1 } : means.map { _ in 1 }
        // The library multiplies the sum of the losses by C, so beside the mean the cost shrinks.
        let cost = options.isPenalized ? 1 / (options.c * sum) : 0
        l2 = cost * (1 - options.l1Ratio)
        l1 = cost * options.l1Ratio
    }

    /// `[classCount]`: the weight of each class.
    private static func classWeights(
        _ data: TrainingData,
        _ classCount: Int,
        _ weights: RowWeights
    ) throws(TrainingError) -> [Double] {
        var sums = [Double](repeating: 0, count: classCount)
        for (row, label) in data.label.enumerated() {
            guard label.isFinite else { throw .labelNotFinite(row: row) }
            guard let number = Int(exactly: label), sums.indices.contains(number) else {
                throw .labelOutOfRange(row: row, value: label, classCount: classCount)
            }
            sums[number] += weights.values?.first[row] ?? 1
        }
        guard sums.count(where: { $0 > 0 }) > 1 else {
            throw .singleLabelValue(value: Double(sums.firstIndex { $0 > 0 } ?? 0))
        }
        return sums
    }

    /// `[features]`: standard deviations; 0 for constant features.
    private static func deviations(
        _ design: DesignMatrix,
        _ means: [Double],
        _ weights: RowWeights,
        _ pool: WorkerPool
    ) throws(TrainingError) -> [Double] {
        var deviations = [Double](repeating: 0, count: means.count)
        deviations.withUnsafeMutableBufferPointer { deviations in
            pool.run(means.count) { column in
                let square = boreal_square(
                    design.columns[column].first,
                    design.rowCount,
                    means[column],
                    weights.values?.first
                )
                let deviation = (square / weights.sum).squareRoot()
                let noise = 1e-13 * means[column].magnitude
                deviations[column] = deviation <= noise ? 0 : deviation
            }
        }
        return deviations
    }

    var featureCount: Int { design.columnCount }
    /// Numbers of a point.
    var pointCount: Int { scoreCount * (featureCount + 1) }

    /// Where training begins: no coefficients, and intercepts that give every class its share.
    var start: [Double] {
        var point = [Double](repeating: 0, count: pointCount)
        guard hasIntercept else { return point }
        let side = featureCount + 1
        if scoreCount == 1 {
            point[featureCount] = ExactMath.log(shares[1] / shares[0])
            return point
        }
        // A class that no row has begins as if a thousandth of a row had it.
        let logs = shares.map { ExactMath.log(max($0, 1e-3 / weights.sum)) }
        let mean = logs.reduce(0, +) / Double(scoreCount)
        for score in 0..<scoreCount { point[score * side + featureCount] = logs[score] - mean }
        return point
    }

    /// The smooth part of the loss and its slopes.
    ///
    /// - Throws: `TrainingError.cancelled`.
    func evaluate(_ point: [Double]) throws(TrainingError) -> (loss: Double, slopes: [Double]) {
        let (width, side) = (featureCount, featureCount + 1)
        let model = model(at: point)
        let pass = FusedPass(columns: design.columns, rowCount: rowCount, scoreCount: scoreCount)
        let answer = try pass.run(
            factors: model.factors,
            terms: model.terms,
            pool,
            run.cancellation,
            slopes: slopes
        )
        var loss = answer.loss / weights.sum
        var slopes = [Double](repeating: 0, count: pointCount)
        for score in 0..<scoreCount {
            let sum = answer.slopes[score]
            for feature in 0..<width {
                let product = answer.gradient[score * width + feature] - shifts[feature] * sum
                let index = score * side + feature
                slopes[index] = product / (units[feature] * weights.sum) + l2 * point[index]
                loss += 0.5 * l2 * point[index] * point[index]
            }
            slopes[score * side + width] = hasIntercept ? sum / weights.sum : 0
        }
        return (loss, slopes)
    }

    var rowCount: Int { design.rowCount }

    private func slopes(
        _ rows: Range<Int>,
        _ scores: UnsafeMutablePointer<Double>,
        _ stride: Int
    ) -> Double {
        let own = weights.values.map { $0.first + rows.lowerBound }
        let labels = label.first + rows.lowerBound
        if scoreCount == 1 { return boreal_logistic(scores, labels, own, rows.count) }
        return withUnsafeTemporaryAllocation(of: Double.self, capacity: rows.count) { room in
            boreal_softmax(
                scores,
                stride,
                Int32(scoreCount),
                labels,
                own,
                rows.count,
                room.baseAddress
            )
        }
    }

    /// `[features]`: the mean square of each feature, as centred and divided.
    func squares() throws(TrainingError) -> [Double] {
        var squares = [Double](repeating: 0, count: featureCount)
        squares.withUnsafeMutableBufferPointer { squares in
            pool.run(featureCount) { column in
                squares[column] =
                    boreal_square(
                        design.columns[column].first,
                        rowCount,
                        shifts[column],
                        weights.values?.first
                    ) / (weights.sum * units[column] * units[column])
            }
        }
        try run.checkCancellation()
        return squares
    }

    /// Second derivatives of the mean loss by the coefficients of one score, without the penalty:
    /// from every n-th block of rows, as if they were all.
    ///
    /// - Parameters:
    ///   - curvatures: `[rowCount]`: square roots of what rows weigh; nil for their weights.
    ///   - withIntercept: whether the intercept is a last row and column.
    ///   - blockStep: n.
    /// - Throws: `TrainingError.cancelled`.
    func secondDerivatives(
        _ curvatures: FixedNumbers?,
        withIntercept: Bool,
        blockStep: Int
    ) throws(TrainingError) -> SymmetricMatrix {
        let roots =
            curvatures ?? weights.values.map { FixedNumbers($0.values.map { $0.squareRoot() }) }
        let ones = withIntercept ? FixedNumbers([Double](repeating: 1, count: rowCount)) : nil
        var products = CrossProducts(
            columns: design.columns + (ones.map { [$0] } ?? []),
            shifts: shifts + (ones == nil ? [] : [0]),
            rowCount: rowCount,
            scales: roots
        )
        products.blockStep = blockStep
        let total = weights.sum * Double(products.countedRows) / Double(rowCount)
        let factors = units.map { 1 / $0 } + (ones == nil ? [] : [1])
        var sums = try products.sums(pool, run.cancellation).scaled(factors)
        for index in sums.values.indices { sums.values[index] /= total }
        return sums
    }

    /// The step between blocks of 256 rows that leaves about so many rows.
    func blockStep(rowsMax: Int) -> Int { max(1, (rowCount + rowsMax - 1) / rowsMax) }

    /// For each score, square roots of the second derivatives of the rows' losses by it,
    /// `weight p (1 - p)`.
    ///
    /// - Throws: `TrainingError.cancelled`.
    func curvatures(at point: [Double]) throws(TrainingError) -> [FixedNumbers] {
        let model = model(at: point)
        let count = rowCount
        var roots = [Double](repeating: 0, count: scoreCount * count)
        let pass = FusedPass(columns: design.columns, rowCount: count, scoreCount: scoreCount)
        _ = try roots.withUnsafeMutableBufferPointer { roots throws(TrainingError) in
            try pass.run(
                factors: model.factors,
                terms: model.terms,
                pool,
                run.cancellation
            ) { rows, scores, stride in
                probabilities(scores, stride, rows.count)
                for score in 0..<scoreCount {
                    for (place, row) in rows.enumerated() {
                        let p = scores[score * stride + place]
                        let weight = weights.values?.first[row] ?? 1
                        roots[score * count + row] = max(0, weight * p * (1 - p)).squareRoot()
                    }
                }
                return 0
            }
        }
        return (0..<scoreCount).map { FixedNumbers(Array(roots[$0 * count..<($0 + 1) * count])) }
    }

    /// Turns scores into probabilities: what a row of weight 1 and of no class has as slopes.
    private func probabilities(
        _ scores: UnsafeMutablePointer<Double>,
        _ stride: Int,
        _ count: Int
    ) {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * count) { room in
            guard let labels = room.baseAddress else { return }
            if scoreCount == 1 {
                labels.update(repeating: 0, count: count)
                _ = boreal_logistic(scores, labels, nil, count)
            } else {
                labels.update(repeating: -1, count: count)
                let classes = Int32(scoreCount)
                _ = boreal_softmax(scores, stride, classes, labels, nil, count, labels + count)
            }
        }
    }

    /// Coefficients and intercepts of the features as they came.
    func model(at point: [Double]) -> LinearModel {
        let (width, side) = (featureCount, featureCount + 1)
        var factors = [Double](repeating: 0, count: scoreCount * width)
        var terms = [Double](repeating: 0, count: scoreCount)
        for score in 0..<scoreCount {
            terms[score] = point[score * side + width]
            for feature in 0..<width {
                let factor = point[score * side + feature] / units[feature]
                factors[score * width + feature] = factor
                terms[score] -= factor * shifts[feature]
            }
        }
        if scoreCount > 1, hasIntercept {
            // No probability depends on what all scores have in common.
            let mean = terms.reduce(0, +) / Double(scoreCount)
            terms = terms.map { $0 - mean }
        }
        return LinearModel(
            factors: factors,
            terms: terms,
            centers: hasIntercept ? shifts : []
        )
    }

    /// Takes away what the coefficients of all scores have in common, which no probability depends
    /// on and which costs something or nothing at all.
    func centred(_ point: [Double]) -> [Double] {
        guard scoreCount > 1, l1 == 0 else { return point }
        let side = featureCount + 1
        var point = point
        for index in 0..<side {
            var mean = 0.0
            for score in 0..<scoreCount { mean += point[score * side + index] }
            mean /= Double(scoreCount)
            for score in 0..<scoreCount { point[score * side + index] -= mean }
        }
        return point
    }
}

/// Where a solver ended.
struct LogisticSolution {
    /// See `LogisticProblem`.
    var point: [Double]
    /// The loss there, penalties included.
    var loss: Double
    /// The solver.
    var solver: String
    /// Iterations that it took.
    var iterations: Int
    /// Whether it came to its end before it ran out of them.
    var hasConverged: Bool
}
