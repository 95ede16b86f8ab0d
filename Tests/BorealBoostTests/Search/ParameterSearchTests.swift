import BorealBase
import Testing

@testable import BorealBoost

@Suite("Search of parameters")
struct ParameterSearchTests {
    private func base(_ rounds: Int = 20) -> TrainingParameters {
        var parameters = TrainingParameters()
        parameters.objective = .binary
        parameters.iterations = rounds
        parameters.threads = 1
        return parameters
    }

    private func candidates(_ rates: [Double]) -> [ParameterSearch.Candidate] {
        rates.map { rate in
            var parameters = base()
            parameters.learningRate = rate
            return ParameterSearch.Candidate(parameters: parameters, text: "\(rate)")
        }
    }

    @Test("every candidate gets its rounds, and the one that judges best wins")
    func exhaustive() throws {
        let (data, held) = (TestTables.mixed(rows: 900), TestTables.mixed(rows: 400, seed: 5))
        let search = ParameterSearch(candidates([0.000_1, 0.1, 0.05]), .exhaustive)
        let outcome = try search.run(data, validation: held)
        #expect(outcome.trials.map(\.candidate) == [0, 1, 2])
        #expect(outcome.trials.map(\.roundsMax) == [20, 20, 20])
        let best = outcome.trials[outcome.best]
        #expect(best.candidate != 0)
        #expect(best.metric.value == outcome.trials.map(\.metric.value).min())
        // A trial is what training by itself with early stopping would have been.
        var alone = search.candidates[best.candidate].parameters
        alone.earlyStoppingRounds = 10
        alone.filtersFeatures = false
        let model = try Trainer(alone).train(data, validation: held)
        #expect(model.rounds == best.rounds)
        #expect(model.history[model.rounds - 1].first == best.metric)
        #expect(try search.run(data, validation: held).trials == outcome.trials)
    }

    @Test("halving spends rounds on the better half")
    func halving() throws {
        let (data, held) = (TestTables.mixed(rows: 600), TestTables.mixed(rows: 300, seed: 5))
        let many = try SearchSpace.standard(fixed: []).sample(8, around: base(40))
        let outcome = try ParameterSearch(many, .halving).run(data, validation: held)
        #expect(
            outcome.trials.map(\.roundsMax) == [
                10, 10, 10, 10, 10, 10, 10, 10, 20, 20, 20, 20, 40, 40,
            ]
        )
        let first = Array(outcome.trials.prefix(8))
        let kept = ParameterSearch.ranked(first).prefix(4).map(\.candidate).sorted()
        #expect(outcome.trials[8..<12].map(\.candidate) == kept)
        #expect(outcome.best >= 12)
    }

    @Test("of equals the first wins, and what is no number is last, whichever way is better")
    func ranking() {
        func order(_ metric: TrainingMetric, _ values: [Double]) -> [Int] {
            ParameterSearch.ranked(
                values.enumerated().map { index, value in
                    ParameterSearch.Trial(
                        candidate: index,
                        roundsMax: 1,
                        rounds: 1,
                        metric: TrainedModel.MetricValue(metric: metric, value: value)
                    )
                }
            ).map(\.candidate)
        }
        #expect(order(.auc, [0.5, .nan, 0.9, 0.9]) == [2, 3, 0, 1])
        #expect(order(.binaryLogloss, [0.5, .nan, 0.9, 0.5]) == [0, 3, 2, 1])
    }

    @Test("a search ends when it is asked to")
    func cancelled() {
        let flag = CancellationFlag()
        flag.cancel()
        let error = #expect(throws: TrainingError.self) {
            try ParameterSearch(candidates([0.1]), .exhaustive).run(
                TestTables.mixed(rows: 200),
                validation: TestTables.mixed(rows: 200),
                cancellation: flag
            )
        }
        #expect(error == .cancelled)
    }

    @Test("shared bins change no model, and other bins are made where parameters ask for them")
    func sharedBins() throws {
        let data = TestTables.mixed(rows: 700)
        let binned = try Trainer(base()).bin(data)
        for bins in [255, 16] {
            var parameters = base()
            parameters.maxBin = bins
            let shared = try Trainer(parameters).train(data, binned: binned).ensemble
            #expect(try Trainer(parameters).train(data).ensemble == shared)
        }
    }

    @Test("a grid has every combination, a sample none twice, and both keep what is given")
    func spaces() throws {
        let space = SearchSpace([
            SearchSpace.Axis(name: "num_leaves", values: [.integer(4), .integer(8)]),
            SearchSpace.Axis(name: "lambda_l2", values: [.real(0), .real(1), .real(2)]),
        ])
        let grid = try space.grid(around: base()) {
            (parameters, axis, value) throws(TrainingError) in
            try parameters.set(axis.name, to: value)
        }
        #expect(grid.map(\.parameters.leaves) == [4, 4, 4, 8, 8, 8])
        #expect(grid.map(\.parameters.lambdaL2) == [0, 1, 2, 0, 1, 2])
        #expect(grid[5].text == "num_leaves=8, lambda_l2=2.0")
        let all = try space.sample(50, around: base())
        #expect(all.count == 7 && Set(all.map(\.text)).count == 7)
        let standard = SearchSpace.standard(fixed: ["learning_rate"])
        let drawn = try standard.sample(16, around: base())
        #expect(drawn.count == 16 && drawn[0].text == "as given")
        #expect(drawn.allSatisfy { $0.parameters.learningRate == base().learningRate })
        #expect(try standard.sample(16, around: base()).map(\.text) == drawn.map(\.text))
        let huge = SearchSpace(
            (0..<70).map { axis in
                SearchSpace.Axis(name: "a\(axis)", values: [.integer(1), .integer(2)])
            }
        )
        #expect(huge.count == Int.max)
    }
}
