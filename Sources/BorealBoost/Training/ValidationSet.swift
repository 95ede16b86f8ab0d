import BorealBase

/// Validation data in the bins of the training data, and its scores so far.
final class ValidationSet {
    private let dataset: BinnedDataset
    private let columns: [FeatureColumn]
    private let scoresPerRow: Int
    private let labels: [Double]
    private let weights: [Double]?
    /// `[scoresPerRow * rowCount]`, class after class.
    private let scores: AlignedBuffer<Double>
    private let metrics: [TrainingMetric]

    init(
        _ data: TrainingData,
        _ mappers: [BinMapper],
        _ parameters: TrainingParameters,
        _ pool: WorkerPool,
        _ cancellation: CancellationFlag
    ) throws(TrainingError) {
        let bundler = FeatureBundler(
            data: data,
            mappers: mappers,
            pool: pool,
            cancellation: cancellation
        )
        dataset = try BinnedDataset(
            data,
            bundler.planWithoutBundles(),
            pool: pool,
            cancellation: cancellation
        )
        columns = data.columns
        scoresPerRow = parameters.scoresPerRow
        labels = data.label
        weights = data.weights.map { $0.map { Double($0) } }
        scores = AlignedBuffer(count: data.rowCount * parameters.scoresPerRow)
        if let initial = data.initialScores {
            for index in initial.indices { scores.pointer[index] = initial[index] }
        }
        metrics =
            parameters.metrics.isEmpty
            ? [TrainingMetric.standard(for: parameters.objective)] : parameters.metrics
    }

    /// Adds a tree to the scores.
    func add(
        _ tree: GrownTree,
        score: Int,
        pool: WorkerPool,
        factor: Double = 1
    ) {
        let walk = BinnedWalk(tree, dataset, columns)
        let target = scores.pointer + score * dataset.rowCount
        let chunk = GradientQuantiser.chunkRows
        let count = dataset.rowCount
        pool.run((count + chunk - 1) / chunk) { piece in
            let range = piece * chunk..<min(count, (piece + 1) * chunk)
            walk.add(to: target, rows: nil, range: range, factor: factor)
        }
    }

    /// The metrics of the scores so far.
    func metrics(_ parameters: TrainingParameters, rounds: Int) -> [TrainedModel.MetricValue] {
        let divisor = parameters.boosting == .rf ? Double(rounds) : 1
        let count = labels.count
        let raw = (0..<scoresPerRow * count).map { scores.pointer[$0] / divisor }
        return metrics.map { metric in
            TrainedModel.MetricValue(
                metric: metric,
                value: value(of: metric, raw, parameters.sigmoid)
            )
        }
    }

    private func value(of metric: TrainingMetric, _ raw: [Double], _ sigmoid: Double) -> Double {
        switch metric {
        case .auc: return ClassificationMetrics.auc(labels, scores: raw, weights: weights)
        case .binaryLogloss:
            let probabilities = raw.map { 1 / (1 + ExactMath.exp(-sigmoid * $0)) }
            return ClassificationMetrics.logloss(labels, probabilities, weights: weights)
        case .binaryError:
            let classes = raw.map { $0 > 0 ? 1.0 : 0.0 }
            return 1
                - ClassificationMetrics.accuracy(labels, predictions: classes, weights: weights)
        case .multiLogloss:
            return ClassificationMetrics.multiLogloss(
                labels,
                probabilities: Scores.softmax(raw, classes: scoresPerRow, rows: labels.count),
                classCount: scoresPerRow,
                weights: weights
            )
        case .multiError:
            let classes = Scores.greatest(raw, classes: scoresPerRow, rows: labels.count)
            return 1
                - ClassificationMetrics.accuracy(labels, predictions: classes, weights: weights)
        case .l2: return RegressionMetrics.meanSquaredError(labels, raw, weights: weights)
        case .rmse: return RegressionMetrics.rootMeanSquaredError(labels, raw, weights: weights)
        case .l1: return RegressionMetrics.meanAbsoluteError(labels, raw, weights: weights)
        }
    }
}

/// Raw scores, class after class, as classes and probabilities.
private enum Scores {
    /// `[rows * classes]`, row after row.
    static func softmax(_ raw: [Double], classes: Int, rows: Int) -> [Double] {
        var result = [Double](repeating: 0, count: raw.count)
        for row in 0..<rows {
            var greatest = -Double.infinity
            for score in 0..<classes { greatest = max(greatest, raw[score * rows + row]) }
            var sum = 0.0
            for score in 0..<classes {
                let e = ExactMath.exp(raw[score * rows + row] - greatest)
                result[row * classes + score] = e
                sum += e
            }
            for score in 0..<classes { result[row * classes + score] /= sum }
        }
        return result
    }

    /// `[rows]`: the class with the greatest score, the first of equals.
    static func greatest(_ raw: [Double], classes: Int, rows: Int) -> [Double] {
        (0..<rows).map { row in
            var best = 0
            for score in 1..<max(1, classes) where raw[score * rows + row] > raw[best * rows + row]
            {
                best = score
            }
            return Double(best)
        }
    }
}
