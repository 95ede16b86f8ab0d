import BorealBase
import BorealBoost

/// What DESC MODEL EXTENDED tells of the metrics of the rounds.
enum TrainingHistory {
    /// Rounds at the end of the history that are listed.
    private static let lastRoundsMax = 10

    /// Nil for a model that was trained without validation rows.
    static func json(_ model: TrainedModel) -> JSON? {
        guard !model.history.isEmpty else { return nil }
        let count = model.history.count
        let last = (max(0, count - lastRoundsMax)..<count).map { index in
            JSON.object([("round", .integer(Int64(index + 1)))] + values(model.history[index]))
        }
        let best = min(model.rounds, count)
        return .object([
            ("best_round", .integer(Int64(best))), ("rounds", .integer(Int64(count))),
            ("stopped_early", .bool(model.stoppedEarly)),
            ("best", .object(values(model.history[best - 1]))), ("last", .array(last)),
        ])
    }

    static func values(_ metrics: [TrainedModel.MetricValue]) -> [(key: String, value: JSON)] {
        metrics.map { ($0.name, .number($0.value)) }
    }
}
