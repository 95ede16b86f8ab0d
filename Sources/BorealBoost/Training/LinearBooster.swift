import BorealBase

/// One training of a linear model: `boosting=gblinear`.
///
/// Every round takes a Newton step in the bias and then, one after the other, in the factor of each
/// feature, with the gradients kept up to date in between (XGBoost's `coord_descent` updater with
/// its `cyclic` selector; Friedman, Hastie, Tibshirani 2010, section 2). Penalties count for each
/// row's weight, and missing values count as zero, as there.
///
/// With g and h a row's gradient and hessian, x its number and w the factor, a step is
/// `-(sum g x + l2 w) / (sum h x^2 + l2)` times the learning rate, moved towards zero by l1. After
/// it each gradient becomes `g + h x step`, which is exact for a squared error and a tangent for
/// every other loss; the next round computes gradients anew. Gradients are Floats, as there;
/// scores and sums are Doubles.
final class LinearBooster {
    private let parameters: TrainingParameters
    private let cancellation: CancellationFlag
    private let pool: WorkerPool
    private let objective: any ObjectiveFunction
    private let data: ObjectiveData
    /// `[featureCount]`: numbers only, none infinite.
    private let columns: [FeatureColumn]
    private let held: HeldRows?
    /// `[scoresPerRow * paddedRows]`, class after class.
    private let scores: AlignedBuffer<Double>
    private let gradients: AlignedBuffer<Float>
    private let hessians: AlignedBuffer<Float>
    /// `[scoresPerRow]`: where scores start.
    private let startScores: [Double]
    /// The parameters times the weight of all rows: they are held against sums over rows.
    private let penalty: (l1: Double, l2: Double)
    private var weights: LinearWeights

    /// Validation rows and their scores so far.
    private struct HeldRows {
        let columns: [FeatureColumn]
        let rowCount: Int
        /// `[scoresPerRow * rowCount]`, class after class.
        let scores: AlignedBuffer<Double>
        let evaluator: MetricEvaluator
    }

    /// - Parameters: a checked table and checked validation rows.
    init(
        _ parameters: TrainingParameters,
        _ table: TrainingData,
        validation: TrainingData?,
        cancellation: CancellationFlag
    ) {
        self.parameters = parameters
        self.cancellation = cancellation
        pool = WorkerPool(threads: Trainer(parameters).threadCount, nice: parameters.nice)
        let data = ObjectiveData(table, parameters)
        self.data = data
        columns = table.columns
        let objective = parameters.objectiveFunction(data)
        self.objective = objective
        let width = parameters.scoresPerRow
        scores = AlignedBuffer(count: width * data.paddedRows)
        gradients = AlignedBuffer(count: width * data.paddedRows)
        hessians = AlignedBuffer(count: width * data.paddedRows)
        let boosts = parameters.boostsFromAverage && table.initialScores == nil
        startScores = (0..<width).map { score in
            let isConstant = table.initialScores == nil && !objective.needsTraining(score)
            return boosts || isConstant ? objective.initialScore(score) : 0
        }
        let total = (0..<data.rowCount).reduce(0.0) { $0 + data.weight($1) }
        penalty = (parameters.lambdaL1 * total, parameters.lambdaL2 * total)
        weights = LinearWeights(features: table.columns.count, scores: width)
        held = validation.map { validation in
            HeldRows(
                columns: validation.columns,
                rowCount: validation.rowCount,
                scores: AlignedBuffer(count: width * validation.rowCount),
                evaluator: MetricEvaluator(validation, parameters)
            )
        }
        for score in 0..<width {
            for row in 0..<data.rowCount {
                scores.pointer[score * data.paddedRows + row] =
                    table.initialScores?[score * data.rowCount + row] ?? startScores[score]
            }
            for row in 0..<(held?.rowCount ?? 0) {
                let first = validation?.initialScores?[score * (held?.rowCount ?? 0) + row] ?? 0
                held?.scores.pointer[score * (held?.rowCount ?? 0) + row] =
                    first + startScores[score]
            }
        }
    }

    /// Takes the steps.
    ///
    /// - Throws: `cancelled`.
    func run(
        progress: (@Sendable (TrainingProgress) -> Void)?
    ) throws(TrainingError) -> TrainedModel {
        let begin = MonotonicClock.nanoseconds
        var stopping = EarlyStopping(parameters)
        var history: [[TrainedModel.MetricValue]] = []
        var snapshots: [Int: LinearWeights] = [:]
        var round = 0
        while round < parameters.iterations {
            try step()
            round += 1
            let values = held.map { rows in
                rows.evaluator.values((0..<rows.scores.count).map { rows.scores.pointer[$0] })
            }
            if let values { history.append(values) }
            let seconds = Double(MonotonicClock.nanoseconds - begin) * 1e-9
            progress?(
                TrainingProgress(
                    round: round,
                    rounds: parameters.iterations,
                    metrics: values ?? [],
                    secondsLeft: seconds / Double(round) * Double(parameters.iterations - round)
                )
            )
            if stopping.shouldStop(after: round, values ?? []) { break }
            // A metric's best round may turn out to be the model's; other weights are forgotten.
            if parameters.earlyStoppingRounds > 0 {
                let wanted = stopping.bestRounds
                snapshots = snapshots.filter { wanted.contains($0.key) }
                if wanted.contains(round) { snapshots[round] = weights }
            }
        }
        let kept = stopping.keptRounds(of: round)
        let final = snapshots[kept] ?? weights
        return TrainedModel(
            ensemble: final.ensemble(startingAt: startScores, rows: data.rowCount),
            rounds: kept,
            stoppedEarly: stopping.hasStopped,
            history: history,
            binSeconds: 0,
            trainSeconds: Double(MonotonicClock.nanoseconds - begin) * 1e-9,
            usedFeatures: final.usedFeatures
        )
    }

    // MARK: Steps

    /// One round: a step in every bias and factor.
    private func step() throws(TrainingError) {
        objective.fill(
            gradients.pointer,
            hessians.pointer,
            scores: UnsafePointer(scores.pointer),
            rows: data.paddedRows,
            pool: pool,
            cancellation: cancellation
        )
        for score in 0..<parameters.scoresPerRow where objective.needsTraining(score) {
            let sums = sums(nil, score)
            if cancellation.isCancelled { throw .cancelled }
            if sums.hessian > 0 {
                let delta = -sums.gradient / sums.hessian * parameters.learningRate
                weights.biases[score] += delta
                move(nil, score, by: delta)
            }
            for feature in columns.indices {
                let sums = self.sums(columns[feature], score)
                if cancellation.isCancelled { throw .cancelled }
                let delta =
                    change(of: weights[feature, score], sums.gradient, sums.hessian)
                    * parameters.learningRate
                guard delta != 0 else { continue }
                weights[feature, score] += delta
                move(feature, score, by: delta)
            }
        }
    }

    /// The Newton step of a factor with both penalties; it stops at zero when it would cross it.
    private func change(of weight: Double, _ gradient: Double, _ hessian: Double) -> Double {
        guard hessian >= 1e-5 else { return 0 }
        let slope = gradient + penalty.l2 * weight
        let curve = hessian + penalty.l2
        return weight - slope / curve >= 0
            ? max(-(slope + penalty.l1) / curve, -weight)
            : min(-(slope - penalty.l1) / curve, -weight)
    }

    /// Sums of g x and h x^2 over all rows, of fixed stretches and these in order, so that threads
    /// change nothing; of a bias x is 1.
    private func sums(
        _ column: FeatureColumn?,
        _ score: Int
    ) -> (gradient: Double, hessian: Double) {
        let chunk = GradientQuantiser.chunkRows
        let count = data.rowCount
        let pieces = (count + chunk - 1) / chunk
        let parts = AlignedBuffer<Double>(count: 2 * pieces)
        let target = parts.pointer
        let cancellation = cancellation
        let g = UnsafePointer(gradients.pointer) + score * data.paddedRows
        let h = UnsafePointer(hessians.pointer) + score * data.paddedRows
        pool.run(pieces) { piece in
            if cancellation.isCancelled { return }
            let range = piece * chunk..<min(count, (piece + 1) * chunk)
            var (gradient, hessian) = (0.0, 0.0)
            Self.forEach(column, range) { row, x in
                gradient += Double(g[row]) * x
                hessian += Double(h[row]) * x * x
            }
            target[2 * piece] = gradient
            target[2 * piece + 1] = hessian
        }
        var sums = (gradient: 0.0, hessian: 0.0)
        for piece in 0..<pieces {
            sums.gradient += target[2 * piece]
            sums.hessian += target[2 * piece + 1]
        }
        return sums
    }

    /// Brings gradients and scores up to a change of a feature's factor; of the bias when nil.
    ///
    /// Rows are independent of each other, so stretches of them may go to any thread. Validation
    /// rows follow at once: their scores are then those of the weights after every round.
    private func move(_ feature: Int?, _ score: Int, by delta: Double) {
        let chunk = GradientQuantiser.chunkRows
        let count = data.rowCount
        let column = feature.map { columns[$0] }
        let g = gradients.pointer + score * data.paddedRows
        let h = UnsafePointer(hessians.pointer) + score * data.paddedRows
        let s = scores.pointer + score * data.paddedRows
        pool.run((count + chunk - 1) / chunk) { piece in
            let range = piece * chunk..<min(count, (piece + 1) * chunk)
            Self.forEach(column, range) { row, x in
                g[row] += h[row] * Float(x * delta)
                s[row] += x * delta
            }
        }
        guard let held else { return }
        let target = held.scores.pointer + score * held.rowCount
        Self.forEach(feature.map { held.columns[$0] }, 0..<held.rowCount) { row, x in
            target[row] += x * delta
        }
    }

    /// Calls `body` for the rows of a range whose number is not missing; with 1 without a column.
    @inline(__always)
    private static func forEach(
        _ column: FeatureColumn?,
        _ range: Range<Int>,
        _ body: (_ row: Int, _ x: Double) -> Void
    ) {
        switch column {
        case nil:
            for row in range { body(row, 1) }
        case .doubles(let values):
            values.withUnsafeBufferPointer { values in
                for row in range where !values[row].isNaN { body(row, values[row]) }
            }
        case .floats(let values):
            values.withUnsafeBufferPointer { values in
                for row in range where !values[row].isNaN { body(row, Double(values[row])) }
            }
        case .sparse(let numbers):
            var index = numbers.rows.partitioningIndex { Int($0) >= range.lowerBound }
            while index < numbers.rows.count, Int(numbers.rows[index]) < range.upperBound {
                let x = numbers.values[index]
                if !x.isNaN { body(Int(numbers.rows[index]), x) }
                index += 1
            }
        case .categories: preconditionFailure("categories have no factor")
        }
    }
}

/// Biases and factors of a linear model.
struct LinearWeights: Sendable {
    /// `[scores]`
    var biases: [Double]
    /// `[features * scores]`
    private var factors: [Double]

    init(features: Int, scores: Int) {
        biases = [Double](repeating: 0, count: scores)
        factors = [Double](repeating: 0, count: features * scores)
    }

    subscript(feature: Int, score: Int) -> Double {
        get { factors[feature * biases.count + score] }
        set { factors[feature * biases.count + score] = newValue }
    }

    /// Features with a factor other than zero, for any score: with l1 there may be few.
    var usedFeatures: [Int] {
        let width = biases.count
        return (0..<factors.count / width).filter { feature in
            (0..<width).contains { self[feature, $0] != 0 }
        }
    }

    /// The model as trees of one leaf: the biases, and for each feature a leaf with a linear model
    /// of that feature alone, which is the leaf's value, 0, where the feature is missing.
    func ensemble(startingAt scores: [Double], rows: Int) -> TreeEnsemble {
        var trees = biases.indices.map { score in
            var tree = Tree()
            tree.leafValue = [biases[score] + scores[score]]
            tree.leafCount = [Int64(rows)]
            return tree
        }
        for feature in usedFeatures {
            for score in biases.indices {
                var tree = Tree()
                tree.leafCount = [Int64(rows)]
                tree.linear = Tree.LinearLeaves(
                    constants: [0],
                    coefficients: [[self[feature, score]]],
                    features: [[Int32(feature)]]
                )
                trees.append(tree)
            }
        }
        return TreeEnsemble(
            trees: trees,
            scoresPerRow: biases.count,
            featureCount: factors.count / biases.count
        )
    }
}

extension Trainer {
    /// Refuses what a linear model has no place for.
    func checkLinear() throws(TrainingError) {
        guard parameters.boosting == .gblinear else { return }
        let contradicting: [(name: String, isSet: Bool)] = [
            ("linear_tree", parameters.usesLinearTrees),
            ("extra_trees", parameters.usesExtraTrees),
            ("bagging_fraction", parameters.drawsRows),
            ("feature_fraction", parameters.featureFraction < 1),
            ("feature_fraction_bynode", parameters.featureFractionByNode < 1),
            ("monotone_constraints", parameters.monotoneConstraints.contains { $0 != 0 }),
            ("interaction_constraints", !parameters.interactionConstraints.isEmpty),
            ("feature_contri", parameters.featureContribution.contains { $0 != 1 }),
            ("zero_as_missing", parameters.zeroIsMissing),
        ]
        if let first = contradicting.first(where: \.isSet) {
            throw .conflict(
                parameter: first.name,
                with: "boosting",
                reason: "gblinear fits a linear model, which has no trees"
            )
        }
    }

    /// Refuses columns that have no factor.
    func checkLinear(_ data: TrainingData) throws(TrainingError) {
        guard parameters.boosting == .gblinear else { return }
        for (column, name) in zip(data.columns, data.names) {
            let reason: String? =
                switch column {
                case .categories: "gblinear takes numbers, not categories"
                case .doubles(let values): values.contains(where: \.isInfinite) ? infinite : nil
                case .floats(let values): values.contains(where: \.isInfinite) ? infinite : nil
                case .sparse(let numbers):
                    numbers.values.contains(where: \.isInfinite) ? infinite : nil
                }
            if let reason { throw .conflict(parameter: "boosting", with: name, reason: reason) }
        }
    }

    private var infinite: String { "gblinear cannot take infinite numbers" }
}
