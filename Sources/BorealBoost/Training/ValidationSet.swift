import BorealBase

/// Validation data in the bins of the training data, and its scores so far.
final class ValidationSet {
    private let dataset: BinnedDataset
    private let columns: [FeatureColumn]
    private let scoresPerRow: Int
    /// `[scoresPerRow * rowCount]`, class after class.
    private let scores: AlignedBuffer<Double>
    private let evaluator: MetricEvaluator

    /// - Parameter bins: the data in the bins of the training data.
    init(_ data: TrainingData, _ bins: BinnedDataset, _ parameters: TrainingParameters) {
        precondition(bins.rowCount == data.rowCount, "bins of other rows")
        dataset = bins
        columns = data.columns
        scoresPerRow = parameters.scoresPerRow
        scores = AlignedBuffer(count: data.rowCount * parameters.scoresPerRow)
        if let initial = data.initialScores {
            for index in initial.indices { scores.pointer[index] = initial[index] }
        }
        evaluator = MetricEvaluator(data, parameters)
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
        let raw = (0..<scores.count).map { scores.pointer[$0] / divisor }
        return evaluator.values(raw)
    }
}
