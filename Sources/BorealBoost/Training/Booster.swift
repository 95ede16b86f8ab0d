import BorealBase

/// One training: rounds of trees over a binned table.
final class Booster {
    let parameters: TrainingParameters
    let cancellation: CancellationFlag
    let pool: WorkerPool
    let dataset: BinnedDataset
    /// What became of categories; nil when they are bins of their own.
    let encoding: OrderedEncoding?
    var objective: any ObjectiveFunction
    let data: ObjectiveData
    /// The table's values.
    let columns: [FeatureColumn]
    let grower: TreeGrower
    let quantiser: GradientQuantiser
    var sampler: RowSampler
    /// `[scoresPerRow * paddedRows]`, class after class.
    let scores: AlignedBuffer<Double>
    let gradients: AlignedBuffer<Float>
    let hessians: AlignedBuffer<Float>
    let validation: ValidationSet?
    /// `[scoresPerRow]`: where scores start.
    let startScores: [Double]
    /// True when the caller said where scores start.
    let hasInitialScores: Bool
    /// In boosting order.
    var trees: [GrownTree] = []
    /// `[trees.count]`: learning rate and bias that are part of a tree's values.
    var factors: [(shrinkage: Double, bias: Double)] = []
    var dart: TreeDropper
    private let binNanoseconds: UInt64

    /// Bins the table and prepares the first round.
    ///
    /// - Throws: `cancelled`.
    init(
        _ given: TrainingParameters,
        _ table: TrainingData,
        validation held: TrainingData?,
        binned shared: BinnedTable? = nil,
        cancellation: CancellationFlag
    ) throws(TrainingError) {
        self.cancellation = cancellation
        pool = WorkerPool(threads: Trainer(given).threadCount, nice: given.nice)
        let binned: BinnedTable
        if let shared, shared.serves(given) {
            binned = shared
        } else {
            binned = try BinnedTable(table, held, given, pool, cancellation)
        }
        encoding = binned.encoding
        let parameters = binned.encoding?.adapted(given) ?? given
        self.parameters = parameters
        precondition(binned.dataset.rowCount == table.rowCount, "bins of another table")
        dataset = binned.dataset
        binNanoseconds = binned.nanoseconds
        data = ObjectiveData(table, parameters)
        columns = table.columns
        objective = parameters.objectiveFunction(data)
        let width = parameters.scoresPerRow
        scores = AlignedBuffer(count: width * data.paddedRows)
        gradients = AlignedBuffer(count: width * data.paddedRows)
        hessians = AlignedBuffer(count: width * data.paddedRows)
        hasInitialScores = table.initialScores != nil
        let boosts = parameters.boostsFromAverage && table.initialScores == nil
        let objective = objective
        startScores = (0..<width).map { boosts ? objective.initialScore($0) : 0 }
        sampler = RowSampler(data, parameters)
        quantiser = GradientQuantiser(
            pool: pool,
            cancellation: cancellation,
            hasConstantHessian: objective.hasConstantHessian && parameters.boosting != .goss
        )
        grower = TreeGrower(dataset, parameters, pool: pool, cancellation: cancellation)
        dart = TreeDropper(parameters)
        if let held, let bins = binned.validation {
            validation = ValidationSet(held, bins, parameters)
        } else {
            validation = nil
        }
        fillScores(table.initialScores)
    }

    private func fillScores(_ initial: [Double]?) {
        for score in 0..<parameters.scoresPerRow {
            let target = scores.pointer + score * data.paddedRows
            for row in 0..<data.rowCount {
                target[row] = initial?[score * data.rowCount + row] ?? startScores[score]
            }
        }
    }

    /// Grows the trees.
    ///
    /// - Throws: `cancelled`.
    func run(
        progress: (@Sendable (TrainingProgress) -> Void)?
    ) throws(TrainingError) -> TrainedModel {
        let begin = MonotonicClock.nanoseconds
        var stopping = EarlyStopping(parameters)
        var history: [[TrainedModel.MetricValue]] = []
        var round = 0
        while round < parameters.iterations {
            guard try boost(round) else { break }
            round += 1
            let values = validation?.metrics(parameters, rounds: round) ?? []
            if validation != nil { history.append(values) }
            report(progress, round, values, since: begin)
            let mayStop = parameters.boosting != .dart
            if mayStop && stopping.shouldStop(after: round, values) { break }
        }
        let kept = stopping.keptRounds(of: round)
        let ended = MonotonicClock.nanoseconds
        return TrainedModel(
            ensemble: ensemble(rounds: max(1, kept)),
            rounds: max(1, kept),
            stoppedEarly: stopping.hasStopped,
            history: history,
            binSeconds: Double(binNanoseconds) * 1e-9,
            trainSeconds: Double(ended - begin) * 1e-9,
            usedFeatures: usedColumns
        )
    }

    private func report(
        _ progress: (@Sendable (TrainingProgress) -> Void)?,
        _ round: Int,
        _ values: [TrainedModel.MetricValue],
        since begin: UInt64
    ) {
        guard let progress else { return }
        let seconds = Double(MonotonicClock.nanoseconds - begin) * 1e-9
        let left = seconds / Double(round) * Double(parameters.iterations - round)
        progress(
            TrainingProgress(
                round: round,
                rounds: parameters.iterations,
                metrics: values,
                secondsLeft: left
            )
        )
    }

    /// The table's columns that could split something, ascending.
    private var usedColumns: [Int] {
        let used = dataset.layout.features.map(\.column)
        guard let encoding else { return used }
        return Set(used.map { encoding.sources[$0].column }).sorted()
    }

    private func ensemble(rounds: Int) -> TreeEnsemble {
        let width = parameters.scoresPerRow
        let kept = min(trees.count, rounds * width)
        let layout = dataset.layout
        let categoryBins = encoding?.bins(layout) ?? []
        let written = (0..<kept).map { index in
            trees[index].tree(
                layout,
                encoding.map { ($0, categoryBins) },
                shrinkage: factors[index].shrinkage,
                bias: factors[index].bias
            )
        }
        return TreeEnsemble(
            trees: written,
            scoresPerRow: width,
            featureCount: columns.count,
            isAveraged: parameters.boosting == .rf
        )
    }
}
