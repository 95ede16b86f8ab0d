import Testing

@testable import BorealBoost

/// Objectives beside LightGBM's, on a table of 240 rows.
@Suite struct ObjectiveTests {
    /// LightGBM has no exponential loss.
    static let names = TrainingParameters.Objective.allCases.filter { $0 != .exponential }
        .map(\.rawValue)

    /// The cases of one objective.
    private func cases(
        of name: String
    ) throws -> (ObjectiveExpectations, [ObjectiveExpectations.Case]) {
        let all = try ObjectiveExpectations.shared.get()
        let own = all.cases.filter { $0.parameters.hasPrefix("objective=\(name) ") }
        #expect(own.count >= 2)
        return (all, own)
    }

    /// Gradients and hessians of all rows, class after class.
    private func filled(
        _ objective: any ObjectiveFunction,
        _ data: ObjectiveData,
        _ scores: [Double],
        width: Int
    ) -> (gradients: [Float], hessians: [Float]) {
        let padded = AlignedBuffer<Double>(count: width * data.paddedRows)
        for score in 0..<width {
            for row in 0..<data.rowCount {
                padded.pointer[score * data.paddedRows + row] = scores[score * data.rowCount + row]
            }
        }
        let gradients = AlignedBuffer<Float>(count: padded.count)
        let hessians = AlignedBuffer<Float>(count: padded.count)
        for range in objective.blocks ?? [0..<data.paddedRows] {
            objective.fill(
                gradients.pointer,
                hessians.pointer,
                scores: padded.pointer,
                range: range
            )
        }
        func unpadded(_ buffer: AlignedBuffer<Float>) -> [Float] {
            (0..<width).flatMap { score in
                (0..<data.rowCount).map { buffer.pointer[score * data.paddedRows + $0] }
            }
        }
        return (unpadded(gradients), unpadded(hessians))
    }

    @Test("gradients and hessians are LightGBM's", arguments: names)
    func gradients(name: String) throws {
        let (all, examples) = try cases(of: name)
        for example in examples {
            let parameters = try all.parameters(example)
            let data = ObjectiveData(all.table(example), parameters)
            let objective = parameters.objectiveFunction(data)
            let width = parameters.scoresPerRow
            let (g, h) = filled(objective, data, all.scores, width: width)
            for (score, tree) in example.trees.enumerated() {
                var sums = [(g: Double, h: Double, size: Double)](
                    repeating: (0, 0, 0),
                    count: tree.value.count
                )
                for row in 0..<data.rowCount {
                    let (leaf, at) = (tree.leaf[row], score * data.rowCount + row)
                    sums[leaf].g += Double(g[at])
                    sums[leaf].h += Double(h[at])
                    sums[leaf].size += abs(Double(g[at]))
                }
                // LightGBM takes the first row's hessian for all rows of a weighted mape.
                if name == "mape" && example.weighted { continue }
                for (leaf, sum) in sums.enumerated() {
                    let expected = tree.weight[leaf]
                    #expect(abs(sum.h - expected) < 2e-6 * expected + 1e-6)
                    guard objective.renewal == nil else { continue }
                    #expect(abs(-tree.value[leaf] * expected - sum.g) < 3e-6 * sum.size + 1e-6)
                }
            }
        }
    }

    @Test("boosting starts from LightGBM's constant", arguments: names)
    func initialScores(name: String) throws {
        let (all, examples) = try cases(of: name)
        for example in examples {
            let parameters = try all.parameters(example)
            let data = ObjectiveData(all.table(example), parameters)
            let objective = parameters.objectiveFunction(data)
            for (score, expected) in example.initial.enumerated() {
                #expect(abs(objective.initialScore(score) - expected) < 1e-6)
            }
        }
    }

    @Test(
        "leaves are renewed to LightGBM's percentiles",
        arguments: ["regression_l1", "quantile", "mape"]
    )
    func renewal(name: String) throws {
        let (all, examples) = try cases(of: name)
        for example in examples {
            let parameters = try all.parameters(example)
            let data = ObjectiveData(all.table(example), parameters)
            let renewal = try #require(parameters.objectiveFunction(data).renewal)
            for (leaf, expected) in example.trees[0].value.enumerated() {
                let rows = (0..<data.rowCount).filter { example.trees[0].leaf[$0] == leaf }
                let residuals = rows.map { Double(data.labels.pointer[$0]) - all.scores[$0] }
                #expect(abs(renewal.value(residuals, rows: rows) - expected) < 1e-9)
            }
        }
    }

    @Test("metrics are LightGBM's, to nine digits", arguments: names)
    func metrics(name: String) throws {
        let (all, examples) = try cases(of: name)
        for example in examples {
            let parameters = try all.parameters(example)
            let table = all.table(example)
            let raw = Array(all.scores.prefix(parameters.scoresPerRow * table.rowCount))
            let values = MetricEvaluator(table, parameters).values(raw)
            #expect(values.map(\.name) == example.metrics.map(\.name))
            for (value, expected) in zip(values, example.metrics) {
                // LightGBM adds up the weights of these two in Float.
                let isNarrow = value.metric == .crossEntropy || value.metric == .kullbackLeibler
                let bound = (isNarrow ? 1e-7 : 1e-9) * max(1, abs(expected.value))
                #expect(abs(value.value - expected.value) < bound, "\(value.name)")
            }
        }
    }

    @Test("rows that weigh two are as two rows", arguments: names)
    func duplicates(name: String) throws {
        let (all, examples) = try cases(of: name)
        let example = try #require(examples.first { !$0.weighted })
        let parameters = try all.parameters(example)
        // Groups and their discounts do not grow with weights, nor do trials that weigh.
        guard !parameters.objective.isRanking, name != "cross_entropy_lambda" else { return }
        var once = all.table(example)
        let scores = Array(all.scores.prefix(parameters.scoresPerRow * once.rowCount))
        let twice = once.rows(once.label.indices.flatMap { [$0, $0] })
        once.weights = [Float](repeating: 2, count: once.rowCount)
        let repeated = (0..<parameters.scoresPerRow).flatMap { score in
            (0..<twice.rowCount).map { scores[score * once.rowCount + $0 / 2] }
        }
        func sums(_ table: TrainingData, _ scores: [Double]) -> (g: Float, h: Float, start: Double)
        {
            let data = ObjectiveData(table, parameters)
            let objective = parameters.objectiveFunction(data)
            let (g, h) = filled(objective, data, scores, width: parameters.scoresPerRow)
            return (g.reduce(0, +), h.reduce(0, +), objective.initialScore(0))
        }
        let (a, b) = (sums(once, scores), sums(twice, repeated))
        #expect(abs(a.g - b.g) < 1e-3 && abs(a.h - b.h) < 1e-3)
        // A percentile between two rows depends on how many there are.
        guard !parameters.objective.renewsLeaves else { return }
        #expect(abs(a.start - b.start) < 1e-9)
    }
}
