/// Ends training when a metric has not become better for some rounds.
///
/// As in LightGBM any metric may end it, and its own best round is then the model's. When none
/// does, the best round of the first metric is kept.
struct EarlyStopping {
    private let rounds: Int
    private let minDelta: Double
    private let firstOnly: Bool
    private var best: [(value: Double, round: Int)] = []
    /// True once training has to end.
    private(set) var hasStopped = false
    /// The best round of the metric that ended training.
    private var bestRound = 0

    init(_ parameters: TrainingParameters) {
        rounds = parameters.earlyStoppingRounds
        minDelta = parameters.earlyStoppingMinDelta
        firstOnly = parameters.usesFirstMetricOnly
    }

    /// The rounds that are kept of those trained.
    func keptRounds(of rounds: Int) -> Int {
        if hasStopped { return bestRound }
        return self.rounds > 0 ? best.first?.round ?? rounds : rounds
    }

    /// The rounds that may be the model's in the end.
    var bestRounds: Set<Int> { Set(best.map(\.round)) }

    /// Looks at the metrics after a round, counted from 1.
    mutating func shouldStop(after round: Int, _ values: [TrainedModel.MetricValue]) -> Bool {
        guard rounds > 0 else { return false }
        for (index, value) in values.enumerated() where index == 0 || !firstOnly {
            if index >= best.count {
                best.append((value.value, round))
                continue
            }
            let gain =
                value.metric.greaterIsBetter
                ? value.value - best[index].value : best[index].value - value.value
            if gain > minDelta {
                best[index] = (value.value, round)
            } else if round - best[index].round >= rounds {
                hasStopped = true
                bestRound = best[index].round
                return true
            }
        }
        return false
    }
}
