import BorealBase
import Testing

@testable import BorealBoost

/// Losses of scikit-learn's gradient boosting that LightGBM does not have.
@Suite("Losses of gradient boosting")
struct BoostingLossTests {
    private func table(_ labels: [Double], weights: [Float]? = nil) -> TrainingData {
        TrainingData(
            columns: [.doubles(labels.indices.map(Double.init))],
            label: labels,
            weights: weights
        )
    }

    private func filled(
        _ objective: any ObjectiveFunction,
        _ scores: [Double]
    ) -> (gradients: [Float], hessians: [Float]) {
        let rows = (scores.count + 7) / 8 * 8
        let padded = AlignedBuffer<Double>(count: rows)
        for row in scores.indices { padded.pointer[row] = scores[row] }
        let gradients = AlignedBuffer<Float>(count: rows)
        let hessians = AlignedBuffer<Float>(count: rows)
        objective.fill(
            gradients.pointer,
            hessians.pointer,
            scores: padded.pointer,
            range: 0..<rows
        )
        return (
            scores.indices.map { gradients.pointer[$0] },
            scores.indices.map { hessians.pointer[$0] }
        )
    }

    @Test("Exponential loss starts from half the log-odds; slope and curvature are exp(-y f)")
    func exponential() {
        let data = ObjectiveData(table([0, 1, 1, 1]), TrainingParameters())
        let loss = ExponentialLoss(data, TrainingParameters())
        #expect(abs(loss.initialScore(0) - 0.5 * ExactMath.log(3)) < 1e-15)
        let (g, h) = filled(loss, [0, 0, 1, -2])
        let expected: [Float] = [1, -1, -0.367_879_44, -7.389_056]
        for row in 0..<4 {
            #expect(abs(g[row] - expected[row]) < 1e-5 && h[row] == abs(g[row]))
        }
    }

    @Test("Rows that weigh more count more in exponential loss, at the start and in each round")
    func weights() {
        let data = ObjectiveData(table([0, 1], weights: [1, 3]), TrainingParameters())
        let loss = ExponentialLoss(data, TrainingParameters())
        #expect(abs(loss.initialScore(0) - 0.5 * ExactMath.log(3)) < 1e-15)
        #expect(filled(loss, [0, 0]).gradients == [1, -3])
    }

    @Test("The border of Huber's loss is a percentile of the errors of the round")
    func border() {
        let data = ObjectiveData(table([1, 2, 3, 4, 100]), TrainingParameters())
        var loss = AdaptiveHuber(data, share: 0.75)
        #expect(loss.initialScore(0) == 3)
        // Errors 2, 1, 0, 1, 97: three quarters of the way is 2.
        loss.begin([3, 3, 3, 3, 3])
        #expect(filled(loss, [3, 3, 3, 3, 3]).gradients == [2, 1, 0, -1, -2])
        #expect(loss.hasConstantHessian)
    }

    @Test("A leaf takes the median and the mean of what is off it, cut at the border")
    func step() {
        let renewal = LeafRenewal(share: 0.5, weights: nil, border: 2)
        // Median 1; off it -1, 0, 2 (of 9), so a third more.
        #expect(abs(renewal.value([0, 1, 10], rows: [0, 1, 2]) - 4.0 / 3) < 1e-15)
        #expect(LeafRenewal(share: 0.5, weights: nil).value([0, 1, 10], rows: [0, 1, 2]) == 1)
    }

    @Test("A tree of any size is the same with one thread and with two, and keeps its rules")
    func largeTrees() throws {
        let count = 20_000
        let x = (0..<count).map { Double(($0 * 7_919) % 9_973) }
        let y = x.indices.map { Double(($0 * 31) % 977) + x[$0] }
        let data = TrainingData(columns: [.doubles(x), .doubles(y.reversed())], label: y)
        var parameters = TrainingParameters()
        parameters.iterations = 2
        parameters.leaves = Limits.leavesMax
        parameters.minDataInLeaf = 1
        parameters.minSumHessianInLeaf = 0
        parameters.minDataToSplit = 4
        let models = try [1, 2].map { threads in
            var wanted = parameters
            wanted.threads = threads
            return try Trainer(wanted).train(data).ensemble
        }
        let isEqual = models[0].trees == models[1].trees
        #expect(isEqual)
        let tree = models[0].trees[0]
        #expect(tree.leafTotal > 4_096 && tree.leafCount.reduce(0, +) == Int64(count))
        #expect(tree.internalCount.allSatisfy { $0 >= 4 })
    }
}
