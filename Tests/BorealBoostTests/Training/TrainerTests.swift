import BorealBase
import Synchronization
import Testing

@testable import BorealBoost

@Suite struct TrainerTests {
    private func parameters(
        _ objective: TrainingParameters.Objective = .regression,
        _ change: (inout TrainingParameters) -> Void = { _ in }
    ) -> TrainingParameters {
        var parameters = TrainingParameters()
        parameters.objective = objective
        parameters.iterations = 12
        parameters.threads = 1
        change(&parameters)
        return parameters
    }

    /// A tree small enough to grow by hand: no limits, one round, rate 1.
    private func bare(_ objective: TrainingParameters.Objective) -> TrainingParameters {
        parameters(objective) {
            $0.iterations = 1
            $0.learningRate = 1
            $0.minDataInLeaf = 1
            $0.minDataInBin = 1
            $0.leaves = 3
        }
    }

    @Test("a tree of three leaves over four values is the one grown by hand")
    func regressionByHand() throws {
        let data = TrainingData(columns: [.doubles([1, 2, 3, 4])], label: [0, 0, 6, 10])
        let tree = try #require(try Trainer(bare(.regression)).train(data).ensemble.trees.first)
        // Mean 4. Cut at 2.5: (-8)^2 / 2 + 8^2 / 2 = 64; then 3 against 4 gains 4 + 36 - 32 = 8.
        #expect(tree.threshold == [(2.5).nextUp, (3.5).nextUp])
        #expect(tree.leftChild == [~0, ~1])
        #expect(tree.rightChild == [1, ~2])
        #expect(zip(tree.leafValue, [0, 6, 10]).allSatisfy { abs($0 - $1) < 1e-3 })
        #expect(abs(tree.splitGain[0] - 64) < 0.01 && abs(tree.splitGain[1] - 8) < 0.01)
        #expect(tree.leafCount == [2, 1, 1])
        #expect(tree.decisionType == [2, 2])
    }

    @Test("the median of each leaf is what mean absolute error asks for")
    func medianByHand() throws {
        let data = TrainingData(
            columns: [.doubles([1, 1, 1, 2, 2, 2])],
            label: [1, 2, 90, 10, 20, 60]
        )
        let tree = try #require(try Trainer(bare(.regressionL1)).train(data).ensemble.trees.first)
        #expect(tree.leafValue == [2, 20])
    }

    @Test("missing values go to the side where they gain more", arguments: [0.0, 10.0])
    func missingDirection(label: Double) throws {
        let data = TrainingData(
            columns: [.doubles([.nan, .nan, 1, 1, 2, 2])],
            label: [label, label, 0, 0, 10, 10]
        )
        let ensemble = try Trainer(bare(.regression)).train(data).ensemble
        let tree = ensemble.trees[0]
        #expect(tree.decisionType[0] >> 2 == Tree.Missing.nan.rawValue)
        #expect((tree.decisionType[0] & 2 != 0) == (label == 0))
        #expect(abs(ensemble.scores(data)[0] - label) < 1e-2)
    }

    @Test("missing values alone on one side can be a split")
    func missingAlone() throws {
        let data = TrainingData(
            columns: [.doubles([.nan, .nan, 1, 2, 3, 4])],
            label: [9, 9, 1, 1, 1, 1]
        )
        let scores = try Trainer(bare(.regression)).train(data).ensemble.scores(data)
        #expect(zip(scores, data.label).allSatisfy { abs($0 - $1) < 1e-2 })
    }

    @Test("few categories are split one against the rest, the missing ones on the right")
    func oneHot() throws {
        let codes: [Int32] = [0, 0, 1, 1, 2, 2, -1, -1]
        let data = TrainingData(
            columns: [.categories(codes, count: 3)],
            label: [0, 0, 8, 8, 0, 0, 0, 0]
        )
        let tree = try Trainer(bare(.regression)).train(data).ensemble.trees[0]
        #expect(tree.decisionType[0] & 1 == 1)
        #expect(tree.categories(of: 0) == [1])
        #expect(abs(tree.output([1]) - 8) < 1e-2)
        #expect(abs(tree.output([.nan])) < 1e-2 && abs(tree.output([55])) < 1e-2)
    }

    @Test("many categories are split into two sets by their mean")
    func manyAgainstMany() throws {
        let codes = (0..<4_000).map { Int32($0 % 20) }
        let label = codes.map { $0 % 3 == 0 ? 5.0 : 1.0 }
        let data = TrainingData(columns: [.categories(codes, count: 20)], label: label)
        var wanted = bare(.regression)
        wanted.leaves = 2
        let tree = try Trainer(wanted).train(data).ensemble.trees[0]
        #expect(Set(tree.categories(of: 0)) == [0, 3, 6, 9, 12, 15, 18])
        // cat_l2 = 10 shrinks the leaf: mean 2.4, 1,400 rows 2.6 above it.
        let expected = 2.4 + 1_400 * 2.6 / 1_410
        #expect(abs(tree.output([3]) - expected) < 1e-2)
    }

    @Test("more categories than fit a byte are kept apart")
    func wideCategories() throws {
        let codes = (0..<30_000).map { Int32($0 % 600) }
        let label = codes.map { $0 >= 300 ? 1.0 : 0 }
        let data = TrainingData(columns: [.categories(codes, count: 600)], label: label)
        let wanted = parameters(.binary) {
            $0.maxBin = 1_000
            $0.iterations = 40
            $0.learningRate = 0.3
        }
        let scores = try Trainer(wanted).train(data).ensemble.scores(data)
        #expect(ClassificationMetrics.auc(label, scores: scores) > 0.999)
    }

    @Test("rows in another order give the same trees")
    func permutation() throws {
        let data = TestTables.mixed(rows: 3_000)
        let order = (0..<3_000).map { $0 * 1_009 % 3_000 }
        let wanted = parameters(.binary) { $0.iterations = 4 }
        let left = try Trainer(wanted).train(data).ensemble.scores(data)
        let right = try Trainer(wanted).train(data.rows(order)).ensemble.scores(data)
        // The start is a sum of Doubles in row order; everything else is exact.
        #expect(zip(left, right).allSatisfy { abs($0 - $1) < 1e-9 })
    }

    private static let growing: [TrainingParameters.Boosting] = [.gbdt, .rf, .dart, .goss]

    @Test("1, 2 and 8 threads give the same bits", arguments: growing)
    func threads(boosting: TrainingParameters.Boosting) throws {
        let data = TestTables.mixed(rows: 40_000)
        var models: [TreeEnsemble] = []
        for threads in [1, 2, 8] {
            let wanted = parameters(.binary) {
                $0.threads = threads
                $0.boosting = boosting
                $0.baggingFraction = boosting == .goss ? 1 : 0.7
                $0.baggingFrequency = 2
                $0.featureFraction = 0.8
                $0.skipDrop = 0
                $0.dropRate = 0.3
                $0.iterations = 14
                $0.seed = 5
            }
            models.append(try Trainer(wanted).train(data).ensemble)
        }
        let isSame = models[0] == models[1] && models[0] == models[2]
        #expect(isSame)
        try models[0].validate()
        let auc = ClassificationMetrics.auc(data.label, scores: models[0].scores(data))
        #expect(auc > 0.75)
    }

    @Test("another seed draws other rows")
    func seeds() throws {
        let data = TestTables.mixed(rows: 2_000)
        let models = try [1, 2].map { seed in
            let wanted = parameters(.binary) {
                $0.baggingFraction = 0.5
                $0.drawsRowsForEveryTree = true
                $0.seed = Int64(seed)
            }
            return try Trainer(wanted).train(data).ensemble
        }
        let isOther = models[0] != models[1]
        #expect(isOther)
        let rows = models[0].trees[0].leafCount.reduce(0, +)
        #expect(abs(rows - 1_000) < 100)
    }

    @Test("fewer histograms than leaves give the same trees")
    func smallHistogramPool() throws {
        let data = TestTables.mixed(rows: 8_000)
        let large = try Trainer(parameters(.binary)).train(data).ensemble
        let small = try Trainer(parameters(.binary) { $0.histogramBytesMax = 1 }).train(data)
            .ensemble
        let isSame = large.scores(data) == small.scores(data)
        #expect(isSame)
    }

    @Test("a weight of two is the row twice")
    func weights() throws {
        var data = TestTables.mixed(rows: 1_000)
        data.weights = (0..<1_000).map { $0 % 2 == 0 ? 2 : 1 }
        let order = (0..<1_000).flatMap { $0 % 2 == 0 ? [$0, $0] : [$0] }
        var repeated = data.rows(order)
        repeated.weights = nil
        let wanted = parameters(.regression) {
            $0.iterations = 1
            $0.leaves = 2
            $0.minDataInLeaf = 1
            $0.minDataInBin = 1
        }
        let left = try Trainer(wanted).train(data).ensemble
        let right = try Trainer(wanted).train(repeated).ensemble
        #expect(left.trees[0].splitFeature == right.trees[0].splitFeature)
        #expect(zip(left.scores(data), right.scores(data)).allSatisfy { abs($0 - $1) < 1e-3 })
    }

    @Test("validation scores in training are the model's own")
    func validationMetric() throws {
        let data = TestTables.mixed(rows: 3_000)
        let held = TestTables.mixed(rows: 1_000, seed: 8)
        for boosting in Self.growing {
            let wanted = parameters(.binary) {
                $0.metrics = [.auc, .binaryLogloss]
                $0.boosting = boosting
                $0.baggingFraction = 0.8
                $0.baggingFrequency = boosting == .goss ? 0 : 1
                $0.skipDrop = 0.2
            }
            let model = try Trainer(wanted).train(data, validation: held)
            let auc = ClassificationMetrics.auc(held.label, scores: model.ensemble.scores(held))
            let last = try #require(model.history.last)
            #expect(abs(last[0].value - auc) < 1e-9)
            #expect(model.history.count == 12)
        }
    }

    @Test("training stops when the metric stops improving, and keeps the best round")
    func earlyStopping() throws {
        let data = TestTables.mixed(rows: 600)
        let held = TestTables.mixed(rows: 400, seed: 8)
        let wanted = parameters(.binary) {
            $0.iterations = 400
            $0.earlyStoppingRounds = 5
            $0.learningRate = 0.3
        }
        let model = try Trainer(wanted).train(data, validation: held)
        #expect(model.stoppedEarly)
        #expect(model.history.count == model.rounds + 5)
        #expect(model.ensemble.trees.count == model.rounds)
        let losses = model.history.map { $0[0].value }
        #expect(losses.min() == losses[model.rounds - 1])
        #expect(throws: TrainingError.noValidationData) { try Trainer(wanted).train(data) }
    }

    @Test("constant features make a model of the average")
    func constantFeatures() throws {
        let data = TrainingData(
            columns: [.doubles([3, 3, 3, 3])],
            label: [1, 0, 1, 1]
        )
        let model = try Trainer(parameters(.binary)).train(data)
        #expect(model.ensemble.trees.count == 1)
        #expect(abs(model.ensemble.scores(data)[0] - 1.098_612_288_668) < 1e-9)
        let plain = parameters(.regression) { $0.boostsFromAverage = false }
        let mean = try Trainer(plain).train(data).ensemble.scores(data)[0]
        #expect(abs(mean - 0.75) < 1e-12)
    }

    @Test("a set cancellation flag ends training with its error")
    func cancellation() {
        let flag = CancellationFlag()
        let data = TestTables.mixed(rows: 2_000)
        #expect(throws: TrainingError.cancelled) {
            try Trainer(parameters(.binary) { $0.iterations = 10_000 }).train(
                data,
                cancellation: flag
            ) { progress in
                if progress.round == 3 { flag.cancel() }
            }
        }
    }

    @Test("progress is told after every round")
    func progress() throws {
        let data = TestTables.mixed(rows: 500)
        let rounds = RoundLog()
        _ = try Trainer(parameters(.binary)).train(data) { rounds.add($0.round, of: $0.rounds) }
        #expect(rounds.all == (1...12).map { [$0, 12] })
    }

    @Test("several classes are told apart, one tree each a round")
    func multiclass() throws {
        var random = TestRandom(2)
        let x = (0..<3_000).map { _ in random.unit() * 3 }
        let data = TrainingData(columns: [.doubles(x)], label: x.map { $0.rounded(.down) })
        let wanted = parameters(.multiclass) { $0.classCount = 3 }
        let ensemble = try Trainer(wanted).train(data).ensemble
        #expect(ensemble.trees.count == 36 && ensemble.scoresPerRow == 3)
        let scores = ensemble.scores(data)
        let right = data.label.indices.filter { row in
            let own = scores[3 * row..<3 * row + 3]
            return own.firstIndex(of: own.max() ?? 0) == 3 * row + Int(data.label[row])
        }
        #expect(right.count > 2_980)
    }

    @Test("large labels and heavy tails lose nothing to quantising")
    func heavyTails() throws {
        var random = TestRandom(6)
        let x = (0..<4_000).map { _ in (random.normal() * 10).rounded() }
        let label = x.map { 1e9 + ($0 > 20 ? 1e9 : 0) + ($0 > 0 ? 1e6 : -1e6) }
        let data = TrainingData(columns: [.doubles(x)], label: label)
        let wanted = parameters(.regression) {
            $0.iterations = 60
            $0.learningRate = 0.3
        }
        let scores = try Trainer(wanted).train(data).ensemble.scores(data)
        #expect(RegressionMetrics.rSquared(label, scores) > 0.999)
    }

    @Test("outputs respect max_delta_step, and l1, l2 and smoothing make them smaller")
    func regularisation() throws {
        let data = TestTables.mixed(rows: 2_000)
        func largest(_ change: (inout TrainingParameters) -> Void) throws -> Double {
            let wanted = parameters(.binary) {
                $0.iterations = 1
                $0.learningRate = 1
                $0.boostsFromAverage = false
                change(&$0)
            }
            let tree = try Trainer(wanted).train(data).ensemble.trees[0]
            return tree.leafValue.map(abs).max() ?? 0
        }
        let plain = try largest { _ in }
        #expect(try largest { $0.maxDeltaStep = 0.25 } == 0.25)
        #expect(try largest { $0.lambdaL1 = 5 } < plain)
        #expect(try largest { $0.lambdaL2 = 20 } < plain)
        #expect(try largest { $0.pathSmooth = 50 } < plain)
        #expect(try largest { $0.minGainToSplit = 1e9 } == 0 || plain > 0)
    }

    @Test("limits on depth, leaves and rows hold")
    func limits() throws {
        let data = TestTables.mixed(rows: 3_000)
        let wanted = parameters(.regression) {
            $0.maxDepth = 3
            $0.minDataInLeaf = 50
        }
        let ensemble = try Trainer(wanted).train(data).ensemble
        for tree in ensemble.trees {
            #expect(tree.leafTotal <= 8)
            #expect(tree.leafCount.allSatisfy { $0 >= 50 })
            #expect(tree.leafCount.reduce(0, +) == 3_000)
        }
    }
}

/// Rounds as they were told, from any thread.
private final class RoundLog: Sendable {
    private let rounds = Mutex<[[Int]]>([])
    var all: [[Int]] { rounds.withLock { $0 } }
    func add(_ round: Int, of count: Int) { rounds.withLock { $0.append([round, count]) } }
}
