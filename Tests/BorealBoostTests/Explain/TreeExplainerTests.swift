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
        for seed in 1...2 as ClosedRange<UInt64> {
            let ensemble = model.ensemble(seed: seed)
            try ensemble.validate()
            let explainer = try TreeExplainer(ensemble)
            let count = 6
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

    @Test("interactions are those of their definition", arguments: ExplainedModel.all)
    func interactionDefinition(model: ExplainedModel) throws {
        let ensemble = model.ensemble(seed: 4)
        let explainer = try TreeExplainer(ensemble)
        let count = 4
        let rows = model.rows(count, seed: 8)
        var found = [Double](repeating: .nan, count: count * explainer.interactionsPerRow)
        try explainer.interactions(
            rows: rows,
            count: count,
            stride: model.features,
            into: &found
        )
        let size = explainer.interactionsPerRow
        for row in 0..<count {
            let features = Array(rows[row * model.features..<(row + 1) * model.features])
            let expected = BruteForceShapley(ensemble, row: features).interactions
            let distance = Self.distance(
                found[row * size..<(row + 1) * size],
                Array(expected.joined())
            )
            #expect(distance < 1e-9, "row \(row)")
        }
    }

    @Test("interactions are symmetric and their lines add up to the contributions")
    func interactionSums() throws {
        let model = ExplainedModel(name: "", features: 7, leaves: 60, trees: 12, scores: 2)
        let explainer = try TreeExplainer(model.ensemble(seed: 2))
        let count = 33
        let rows = model.rows(count, seed: 3)
        let contributions = try Self.contributions(explainer, rows)
        var found = [Double](repeating: .nan, count: count * explainer.interactionsPerRow)
        try explainer.interactions(rows: rows, count: count, stride: 7, into: &found)
        for matrix in 0..<count * 2 {
            let cells = Array(found[matrix * 64..<(matrix + 1) * 64])
            for line in 0..<8 {
                let sum = cells[line * 8..<line * 8 + 8].reduce(0, +)
                #expect(abs(sum - contributions[matrix * 8 + line]) < 1e-9)
                for column in 0..<8 {
                    #expect(cells[line * 8 + column] == cells[column * 8 + line])
                }
            }
        }
    }

    @Test("threads and neighbours do not change a row's explanation")
    func independence() throws {
        let model = ExplainedModel(name: "", features: 8, leaves: 70, trees: 20, scores: 2)
        let explainer = try TreeExplainer(model.ensemble(seed: 6))
        let count = 300
        let rows = model.rows(count, seed: 12)
        let one = try Self.contributions(explainer, rows)
        #expect(try Self.contributions(explainer, rows, threads: 3) == one)
        let width = explainer.contributionsPerRow
        for row in [0, 63, 64, 299] {
            let alone = try Self.contributions(explainer, Array(rows[row * 8..<row * 8 + 8]))
            #expect(alone == Array(one[row * width..<(row + 1) * width]))
        }
        let means = try explainer.meanAbsoluteContributions(
            rows: rows,
            count: count,
            stride: 8,
            threads: 3
        )
        for index in 0..<16 {
            let place = index / 8 * 9 + index % 8
            let sum = (0..<count).reduce(0) { $0 + abs(one[$1 * width + place]) }
            #expect(abs(means[index] - sum / Double(count)) < 1e-12)
        }
    }

    @Test("a path over more features than one portion of nodes integrates")
    func manyFeatures() throws {
        // A chain that asks 50 features once: its contributions are known in closed form only for
        // the score's sum, and by symmetry: equal covers and equal answers get equal shares.
        let count = 50
        var tree = Tree()
        tree.leafValue = [Double](repeating: 0, count: count) + [1]
        tree.leafCount = (0..<count).map { Int64(1) << Int64(count - 1 - $0) } + [1]
        tree.internalCount = (0..<count).map { Int64(1) << Int64(count - $0) }
        for node in 0..<count {
            tree.splitFeature.append(Int32(node))
            tree.threshold.append(0)
            tree.decisionType.append(0)
            tree.leftChild.append(~Int32(node))
            tree.rightChild.append(node + 1 < count ? Int32(node + 1) : ~Int32(count))
        }
        let ensemble = TreeEnsemble(trees: [tree], scoresPerRow: 1, featureCount: count)
        try ensemble.validate()
        let explainer = try TreeExplainer(ensemble)
        let found = try Self.contributions(explainer, [Double](repeating: 1, count: count))
        #expect(abs(found.reduce(0, +) - 1) < 1e-12)
        let share = (1 - explainer.expectedValues[0]) / Double(count)
        for feature in 0..<count { #expect(abs(found[feature] - share) < 1e-12) }
    }

    @Test("what cannot be explained is named")
    func refusals() throws {
        let model = ExplainedModel(name: "", trees: 3)
        let good = model.ensemble(seed: 3)
        func expect(_ error: ExplanationError, _ change: (inout TreeEnsemble) -> Void) {
            var ensemble = good
            change(&ensemble)
            #expect(throws: error) { try TreeExplainer(ensemble) }
        }
        let split = try #require(good.trees.firstIndex { $0.innerCount > 1 })
        expect(.coverMissing(tree: split)) { ensemble in
            for tree in split..<3 { ensemble.trees[tree].leafCount = [] }
        }
        expect(.coverMissing(tree: split)) { $0.trees[split].internalCount[0] = 0 }
        expect(.coverInvalid(tree: split, node: ~1)) { $0.trees[split].leafCount[1] = -4 }
        expect(.coverInvalid(tree: split, node: 1)) {
            $0.cover = .weight
            $0.trees[split].internalWeight[1] = .nan
        }
        expect(.linearLeaves(tree: split)) {
            let leaves = $0.trees[split].leafTotal
            $0.trees[split].linear = Tree.LinearLeaves(
                constants: [Double](repeating: 0, count: leaves),
                coefficients: [[Double]](repeating: [], count: leaves),
                features: [[Int32]](repeating: [], count: leaves)
            )
        }
        let deep = ExplainedModel(name: "", features: 2, leaves: 5_000, trees: 1, isChain: true)
        #expect(throws: ExplanationError.tooDeep(tree: 0, limit: 4_096)) {
            try TreeExplainer(deep.ensemble(seed: 1))
        }
    }

    @Test("a set flag ends the work")
    func cancellation() throws {
        let model = ExplainedModel(name: "")
        let explainer = try TreeExplainer(model.ensemble(seed: 3))
        let rows = model.rows(5, seed: 1)
        let flag = CancellationFlag()
        flag.cancel()
        var found = [Double](repeating: 0, count: 5 * explainer.interactionsPerRow)
        #expect(throws: ExplanationError.cancelled) {
            try explainer.contributions(
                rows: rows,
                count: 5,
                stride: 6,
                into: &found,
                cancellation: flag
            )
        }
        #expect(throws: ExplanationError.cancelled) {
            try explainer.interactions(
                rows: rows,
                count: 5,
                stride: 6,
                into: &found,
                cancellation: flag
            )
        }
    }
}
