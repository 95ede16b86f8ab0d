import BorealBase
import BorealBoost
import BorealGraph
import Testing

@testable import BorealLearners

@Suite("Parts of networks")
struct NeuralTests {
    @Test(
        "Steps are those of Keras 3's optimizers",
        // numpy 2.4 in double precision, the formulas of keras.optimizers: two steps of weight 1
        // with the gradients 0.5 and -0.25.
        arguments: [
            (OptimizerKind.adam, 0.001, [0.9990000063, 0.9987336708]),
            (.rmsprop, 0.001, [0.9968377286, 0.9983121457]),
            (.sgd, 0.01, [0.995, 0.9975]),
        ]
    )
    func optimizers(_ kind: OptimizerKind, _ rate: Double, _ expected: [Double]) {
        #expect(kind.defaultRate == rate)
        // Nineteen weights, so that both the wide loop and the rest take part.
        let block = LearnedBlock(count: 19, kind: kind)
        for i in 0..<19 { block.weights.pointer[i] = 1 }
        for (number, gradient) in [Float(0.5), -0.25].enumerated() {
            let gradients = [Float](repeating: gradient, count: 19)
            let step = Optimizer(kind: kind, rate: rate).step(number + 1)
            block.apply(step, from: 0, count: 19, gradient: gradients)
            for weight in block.weights.values {
                #expect(abs(Double(weight) - expected[number]) < 2e-7)
            }
        }
    }

    @Test("Losses and their derivatives hold at the ends of the range")
    func losses() {
        let cross = NetworkLoss.binaryCrossentropy
        #expect(abs(cross.value(0, 1).loss - 0.693_147_180_559_945) < 1e-15)
        #expect(cross.value(0, 1).delta == -0.5)
        #expect(cross.value(1_000, 0).loss == 1_000)
        #expect(cross.value(1_000, 0).delta == 1)
        #expect(cross.value(-1_000, 0) == (0, 0))
        #expect(NetworkLoss.meanSquaredError.value(3, 1) == (4, 4))
        #expect(NetworkMetric.accuracy.value(0.1, 1, cross) == 1)
        #expect(NetworkMetric.accuracy.value(0, 1, cross) == 0)
        #expect(NetworkMetric.mse.value(0, 1, cross) == 0.25)
        #expect(NetworkMetric.mse.suits(cross) && !NetworkMetric.accuracy.suits(.meanSquaredError))
    }

    @Test("Dropout leaves out its share, and the same numbers whoever asks")
    func dropout() {
        let dropout = Dropout(share: 0.25, seed: 3)
        let key = dropout.key(step: 5, layer: 1)
        var all = [Float](repeating: 1, count: 100 * 48)
        dropout.apply(&all, first: 0, count: 100, width: 47, stride: 48, key: key)
        let zeros = (0..<100).reduce(0) { sum, row in
            sum + all[row * 48..<row * 48 + 47].count { $0 == 0 }
        }
        #expect(abs(zeros - 1_175) < 100)
        #expect(Set(all) == [0, 1, 1 / 0.75])
        #expect((0..<100).allSatisfy { all[$0 * 48 + 47] == 1 })
        var part = [Float](repeating: 1, count: 10 * 48)
        dropout.apply(&part, first: 90, count: 10, width: 47, stride: 48, key: key)
        #expect(part == Array(all[90 * 48..<100 * 48]))
        #expect(dropout.key(step: 6, layer: 1) != key && dropout.key(step: 5, layer: 2) != key)
    }

    @Test("A table changes the rows that a batch names, and no other")
    func sparseRows() {
        let table = EmbeddingTable(rowCount: 4, width: 2, namesMax: 3, kind: .sgd)
        for i in 0..<8 { table.block.weights.pointer[i] = Float(i) }
        for row in [2, 0, 2] {
            table.gradient(row)[0] += 1
            table.gradient(row)[1] -= 1
        }
        table.apply(OptimizerStep(kind: .sgd, rate: 0.5), penalty: 0)
        #expect(table.block.weights.values == [-0.5, 1.5, 2, 3, 3, 6, 6, 7])
        table.gradient(1)[0] += 0
        table.apply(OptimizerStep(kind: .sgd, rate: 0.5), penalty: 0.25)
        #expect(table.block.weights.values == [-0.5, 1.5, 1.5, 2.25, 3, 6, 6, 7])
        table.counts = [3, 0, 1, 0]
        table.fillUnnamed(0..<4)
        #expect(
            table.block.weights.values == [-0.5, 1.5, 0.375, 2.625, 3, 6, 0.375, 2.625]
        )
    }

    /// Remembers what an epoch loop asks for.
    private final class ScriptedNetwork: BatchNetwork {
        var validationLosses: [Double]
        var batches: [[Int32]] = []
        var steps: [Int] = []
        var kept = 0
        var restored = 0
        var loss = 1.0

        init(_ losses: [Double]) { validationLosses = losses.reversed() }

        func learn(_ rows: UnsafeBufferPointer<Int32>, step: Int, _: Workshop) -> Double {
            batches.append(Array(rows))
            steps.append(step)
            return loss * Double(rows.count)
        }

        func judge(_: Workshop) -> (loss: Double, metric: Double) {
            (validationLosses.popLast() ?? 9, 0.5)
        }

        func keep() { kept += 1 }
        func restore() { restored += 1 }
    }

    private func loop(epochs: Int, patience: Int = 0) -> EpochLoop {
        EpochLoop(
            epochs: epochs,
            batchSize: 4,
            patience: patience,
            keepsBest: true,
            seed: 1,
            indexes: (10..<20).map { $0 },
            hasValidation: true
        )
    }

    @Test("Every epoch sees every row once, in an order of its own")
    func epochs() throws {
        let network = ScriptedNetwork([3, 2, 1])
        var told: [String] = []
        let history = try loop(epochs: 3).train(network, Workshop(LearningRun())) {
            told.append($0.text)
        }
        #expect(network.batches.map(\.count) == [4, 4, 2, 4, 4, 2, 4, 4, 2])
        #expect(network.steps == Array(1...9))
        let orders = (0..<3).map { Array(network.batches[$0 * 3..<$0 * 3 + 3].joined()) }
        for order in orders { #expect(order.sorted() == (10..<20).map { $0 }) }
        #expect(orders[0] != orders[1] && orders[1] != orders[2])
        #expect(history.losses == [1, 1, 1] && history.validationLosses == [3, 2, 1])
        #expect(history.bestEpoch == 3 && network.kept == 3 && network.restored == 0)
        #expect(told.last == "training epoch 3/3, val_loss 1.0, 0 s left")
    }

    @Test("Training ends when nothing gets better, with the weights that were best")
    func earlyStopping() throws {
        let network = ScriptedNetwork([3, 1, 2, 1, 0])
        let history = try loop(epochs: 9, patience: 2).train(network, Workshop(LearningRun())) {
            _ in
        }
        #expect(history.validationLosses == [3, 1, 2, 1])
        #expect(history.bestEpoch == 2 && network.kept == 2 && network.restored == 1)
    }

    @Test("A loss that is no number ends training, and so does the wish to stop")
    func endings() {
        let network = ScriptedNetwork([1])
        network.loss = .infinity
        let diverged = TrainingError.diverged(advice: "give a smaller learning_rate")
        #expect(throws: diverged) {
            try loop(epochs: 1).train(network, Workshop(LearningRun())) { _ in }
        }
        let flag = CancellationFlag()
        flag.cancel()
        let workshop = Workshop(LearningRun(threads: 2, cancellation: flag))
        #expect(throws: TrainingError.cancelled) {
            try workshop.run(3) { _ in Issue.record("a piece after the end") }
        }
    }
}
