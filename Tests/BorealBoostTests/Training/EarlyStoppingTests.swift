import Testing

@testable import BorealBoost

@Suite struct EarlyStoppingTests {
    /// Feeds rounds of an error (smaller is better) and an area (greater is better).
    private func run(
        _ rounds: [(error: Double, area: Double)],
        _ change: (inout TrainingParameters) -> Void = { _ in }
    ) -> (stoppedAfter: Int?, kept: Int) {
        var parameters = TrainingParameters()
        parameters.earlyStoppingRounds = 2
        change(&parameters)
        var stopping = EarlyStopping(parameters)
        for (index, values) in rounds.enumerated() {
            let metrics = [
                TrainedModel.MetricValue(metric: .binaryLogloss, value: values.error),
                TrainedModel.MetricValue(metric: .auc, value: values.area),
            ]
            if stopping.shouldStop(after: index + 1, metrics) {
                return (index + 1, stopping.keptRounds(of: index + 1))
            }
        }
        return (nil, stopping.keptRounds(of: rounds.count))
    }

    @Test("any metric ends training, and keeps its own best round")
    func anyMetric() {
        let (after, kept) = run([(0.9, 0.5), (0.8, 0.7), (0.7, 0.6), (0.6, 0.65), (0.5, 0.8)])
        #expect(after == 4 && kept == 2)
    }

    @Test("first_metric_only looks at the first one alone")
    func firstOnly() {
        let rounds = [(0.9, 0.5), (0.8, 0.7), (0.7, 0.6), (0.71, 0.65), (0.72, 0.8)]
        let (after, kept) = run(rounds) { $0.usesFirstMetricOnly = true }
        #expect(after == 5 && kept == 3)
    }

    @Test("a gain of at most early_stopping_min_delta is none")
    func minDelta() {
        let rounds = [(0.9, 0.5), (0.85, 0.6), (0.8, 0.7), (0.79, 0.8)]
        let (after, kept) = run(rounds) { $0.earlyStoppingMinDelta = 0.1 }
        #expect(after == 3 && kept == 1)
        #expect(run(rounds).stoppedAfter == nil)
    }

    @Test("without a stop the best round of the first metric is kept, and all without the rule")
    func noStop() {
        let rounds = [(0.9, 0.5), (0.8, 0.7), (0.85, 0.8)]
        let (after, kept) = run(rounds)
        #expect(after == nil && kept == 2)
        #expect(run(rounds) { $0.earlyStoppingRounds = 0 }.kept == 3)
    }
}
