import BorealBase
import Testing

@testable import BorealBoost

@Suite struct TreeExplainerTests {
    private static func contributions(
        _ explainer: TreeExplainer,
        _ rows: [Double],
        threads: Int = 1
    ) throws -> [Double] {
        let count = rows.count / explainer.featureCount
        var result = [Double](repeating: .nan, count: count * explainer.contributionsPerRow)
        try explainer.contributions(
            rows: rows,
            count: count,
            stride: explainer.featureCount,
            into: &result,
            threads: threads
        )
        return result
    }

    private static func distance(_ left: some Sequence<Double>, _ right: [Double]) -> Double {
        zip(left, right).reduce(0) { worst, pair in
            let difference = abs(pair.0 - pair.1)
            return difference.isNaN ? .infinity : max(worst, difference)
        }
    }

    @Test("contributions are the Shapley values of their definition", arguments: ExplainedModel.all)
    func definition(model: ExplainedModel) throws {
        for seed in 1...3 as ClosedRange<UInt64> {
            let ensemble = model.ensemble(seed: seed)
            try ensemble.validate()
            let explainer = try TreeExplainer(ensemble)
            let count = 9
            let rows = model.rows(count, seed: seed + 100)
            let found = try Self.contributions(explainer, rows)
            let width = explainer.contributionsPerRow
            for row in 0..<count {
                let features = Array(rows[row * model.features..<(row + 1) * model.features])
                let expected = BruteForceShapley(ensemble, row: features).contributions
                let distance = Self.distance(found[row * width..<(row + 1) * width], expected)
                #expect(distance < 1e-9, "seed \(seed), row \(row)")
            }
        }
    }

    @Test("contributions add up to the raw score", arguments: ExplainedModel.all)
    func additivity(model: ExplainedModel) throws {
        let ensemble = model.ensemble(seed: 9)
        let explainer = try TreeExplainer(ensemble)
        let count = 201
        let rows = model.rows(count, seed: 5)
        var scores = [Double](repeating: 0, count: count * model.scores)
        EnsembleKernel(ensemble)
            .scoreRaw(rows: rows, count: count, stride: model.features, into: &scores)
        let found = try Self.contributions(explainer, rows)
        let width = model.features + 1
        let sums = scores.indices.map { found[$0 * width..<($0 + 1) * width].reduce(0, +) }
        #expect(Self.distance(sums, scores) < 1e-9)
    }
}
