import BorealBase
import BorealBoost

/// What an epoch loop trains: a network with its rows.
protocol BatchNetwork: AnyObject {
    /// Takes one step against the gradient of the mean loss of some training rows.
    ///
    /// - Parameter step: number of the batch, from 1 on over all epochs.
    /// - Returns: the sum of the rows' losses before the step.
    /// - Throws: `TrainingError.cancelled`.
    func learn(
        _ rows: UnsafeBufferPointer<Int32>,
        step: Int,
        _ workshop: Workshop
    ) throws(TrainingError) -> Double

    /// Mean loss and mean metric of the validation rows.
    ///
    /// - Throws: `TrainingError.cancelled`.
    func judge(_ workshop: Workshop) throws(TrainingError) -> (loss: Double, metric: Double)

    /// Remembers the weights as they are.
    func keep()

    /// Goes back to the weights remembered last.
    func restore()
}

/// What happened in the epochs of a training.
struct EpochHistory: Equatable, Sendable {
    /// Mean loss of the training rows while they were learnt, by epoch.
    var losses: [Double] = []
    /// Mean loss of the validation rows after each epoch; empty without.
    var validationLosses: [Double] = []
    /// Mean metric of the validation rows after each epoch; empty without.
    var metrics: [Double] = []
    /// The epoch that judged best, from 1 on; nil without validation rows.
    var bestEpoch: Int?
}

/// Trains by epochs: all rows once each, in batches, in an order drawn anew.
struct EpochLoop: Sendable {
    /// Epochs at most.
    var epochs: Int
    /// Rows of a batch; the last one of an epoch may have fewer.
    var batchSize: Int
    /// Epochs without a better one after which training ends; 0 for never.
    var patience: Int
    /// Whether the model is that of the best epoch rather than that of the last.
    var keepsBest: Bool
    /// Draws the orders.
    var seed: Int64
    /// The rows that are learnt from.
    var indexes: [Int32]
    /// Whether there are validation rows.
    var hasValidation: Bool
    /// What makes an epoch better than those before.
    var preference = Preference.leastLoss

    /// What makes an epoch better than those before.
    enum Preference: Sendable {
        case leastLoss, leastMetric, greatestMetric
    }

    /// Where the random numbers of orders begin.
    private static let stream: UInt64 = 0x6F72_6465_7200
    /// Nanoseconds between two reports within an epoch.
    private static let reportInterval: UInt64 = 250_000_000

    private var rowCount: Int { indexes.count }
    private var batchesPerEpoch: Int { (rowCount + batchSize - 1) / batchSize }

    /// Trains to the end.
    ///
    /// - Throws: `TrainingError.cancelled`; `.diverged` when a loss is no longer finite.
    func train(
        _ network: some BatchNetwork,
        _ workshop: Workshop,
        report: (LearningProgress) -> Void
    ) throws(TrainingError) -> EpochHistory {
        var history = EpochHistory()
        var clock = PaceClock(total: epochs * batchesPerEpoch)
        var order = indexes
        var stale = 0
        for epoch in 0..<epochs {
            try shuffle(&order, epoch, workshop)
            let loss = try learn(order, epoch, network, workshop, &clock, report)
            history.losses.append(loss)
            var measure = ("loss", loss)
            if hasValidation {
                let judgement = try network.judge(workshop)
                guard judgement.loss.isFinite else { throw Self.divergence }
                history.validationLosses.append(judgement.loss)
                history.metrics.append(judgement.metric)
                measure = ("val_loss", judgement.loss)
                if isBest(history) {
                    history.bestEpoch = epoch + 1
                    stale = 0
                    if keepsBest { network.keep() }
                } else {
                    stale += 1
                }
            }
            let isLast = epoch + 1 == epochs || (patience > 0 && stale >= patience)
            report(
                LearningProgress(
                    unit: "epoch",
                    done: epoch + 1,
                    total: epochs,
                    measure: measure,
                    secondsLeft: isLast ? 0 : clock.secondsLeft
                )
            )
            if isLast { break }
        }
        if keepsBest, let best = history.bestEpoch, best < history.losses.count {
            network.restore()
        }
        return history
    }

    /// Whether the last epoch judged better than the best before; the first one does.
    private func isBest(_ history: EpochHistory) -> Bool {
        let values = preference == .leastLoss ? history.validationLosses : history.metrics
        guard let best = history.bestEpoch, let last = values.last else { return true }
        // Anything is better than a metric that is no number.
        if values[best - 1].isNaN { return !last.isNaN }
        return preference == .greatestMetric ? last > values[best - 1] : last < values[best - 1]
    }

    private static let divergence = TrainingError.diverged(advice: "give a smaller learning_rate")

    /// One epoch; its mean loss.
    private func learn(
        _ order: [Int32],
        _ epoch: Int,
        _ network: some BatchNetwork,
        _ workshop: Workshop,
        _ clock: inout PaceClock,
        _ report: (LearningProgress) -> Void
    ) throws(TrainingError) -> Double {
        var total = 0.0
        for batch in 0..<batchesPerEpoch {
            let rows = batch * batchSize..<min(rowCount, (batch + 1) * batchSize)
            let step = epoch * batchesPerEpoch + batch + 1
            var outcome: Swift.Result<Double, TrainingError> = .failure(.cancelled)
            order.withUnsafeBufferPointer { order in
                let batch = UnsafeBufferPointer(rebasing: order[rows])
                do throws(TrainingError) {
                    outcome = .success(try network.learn(batch, step: step, workshop))
                } catch { outcome = .failure(error) }
            }
            let loss = try outcome.get()
            guard loss.isFinite else { throw Self.divergence }
            total += loss
            clock.done += 1
            if clock.isDue(after: Self.reportInterval) {
                report(
                    LearningProgress(
                        unit: "batch",
                        done: clock.done,
                        total: clock.total,
                        measure: ("loss", total / Double(rows.upperBound)),
                        secondsLeft: clock.secondsLeft
                    )
                )
            }
        }
        return total / Double(rowCount)
    }

    /// Fisher and Yates, by random numbers of the epoch.
    private func shuffle(
        _ order: inout [Int32],
        _ epoch: Int,
        _ workshop: Workshop
    ) throws(TrainingError) {
        var random = RandomNumbers(seed: seed, stream: Self.stream &+ UInt64(epoch))
        for place in stride(from: rowCount - 1, to: 0, by: -1) {
            if place & 0xFFFF == 0, workshop.cancellation.isCancelled { throw .cancelled }
            order.swapAt(place, random.next(below: place + 1))
        }
    }
}

/// How long the rest takes at the pace so far.
private struct PaceClock {
    let total: Int
    var done = 0
    private let start = MonotonicClock.nanoseconds
    private var lastReport = MonotonicClock.nanoseconds

    init(total: Int) { self.total = total }

    var secondsLeft: Double {
        let spent = Double(MonotonicClock.nanoseconds - start) * 1e-9
        return spent * Double(total - done) / Double(max(1, done))
    }

    /// Whether so much time went by since it last was.
    mutating func isDue(after interval: UInt64) -> Bool {
        let now = MonotonicClock.nanoseconds
        guard now - lastReport >= interval else { return false }
        lastReport = now
        return true
    }
}
