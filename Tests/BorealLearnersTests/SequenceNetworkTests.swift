import BorealBase
import BorealBoost
import BorealGraph
import Testing

@testable import BorealLearners

@Suite("A network over sequences")
struct SequenceNetworkTests {
    private func number(_ index: Int, _ key: UInt64) -> Double {
        Double(RandomNumbers.at(UInt64(index), key: key) >> 11) * 0x1p-53
    }

    /// Lists of ids, the first of them empty.
    private func lists(_ rows: Int, ids: Int, longest: Int, key: UInt64) -> NumberLists {
        var lists = NumberLists()
        for row in 0..<rows {
            let count = row == 0 ? 0 : 1 + Int(number(row, key) * Double(longest))
            lists.append(
                (0..<count).map { Float(Int(number(row * 100 + $0, key + 1) * Double(ids))) }
            )
        }
        return lists
    }

    private func shape(
        width: Int,
        heads: Int,
        blocks: Int = 1,
        ids: Int,
        length: Int,
        target: Int? = nil
    ) -> EncoderShape {
        EncoderShape(
            attention: AttentionShape(width: width, heads: heads, hidden: width + 1),
            blocks: blocks,
            ids: ids,
            length: length,
            target: target
        )
    }

    private func form(
        _ encoders: [EncoderShape],
        _ loss: OutputLoss,
        sliceTokens: Int = 4_096
    ) -> SequenceNetwork.Form {
        SequenceNetwork.Form(
            encoders: encoders,
            numberWidth: 2,
            countsIDs: true,
            hidden: [5],
            outputs: loss == .softmax ? 3 : 1,
            loss: loss,
            sliceTokens: sliceTokens
        )
    }

    private func rows(_ count: Int, _ form: SequenceNetwork.Form, longest: Int) -> SequenceRows {
        SequenceRows(
            rowCount: count,
            lists: form.encoders.enumerated().map {
                lists(count, ids: $1.ids, longest: longest, key: UInt64(10 * $0))
            },
            handles: form.encoders.map { _ in (0..<count).map { Int32($0) } },
            numberWidth: 2,
            numbers: (0..<2 * count).map { Float(number($0, 5) - 0.5) },
            labels: (0..<count).map {
                form.loss == .softmax
                    ? Float($0 % 3)
                    : form.loss == .logistic ? Float($0 % 2) : Float(number($0, 6))
            },
            weights: (0..<count).map { Float(0.5 + number($0, 7)) }
        )
    }

    private func network(
        _ form: SequenceNetwork.Form,
        _ rows: SequenceRows,
        rate: Double = 1,
        kind: OptimizerKind = .sgd,
        threads: Int = 1
    ) -> SequenceNetwork {
        SequenceNetwork(
            form,
            optimizer: Optimizer(kind: kind, rate: rate),
            training: rows,
            indexes: (0..<rows.rowCount).map { Int32($0) },
            judging: nil,
            lanes: threads,
            seed: 3
        )
    }

    private func learn(
        _ network: SequenceNetwork,
        _ rows: SequenceRows,
        steps: Int = 1,
        threads: Int = 1
    ) throws -> Double {
        let workshop = Workshop(LearningRun(threads: threads))
        let order = (0..<rows.rowCount).map { Int32($0) }
        var loss = 0.0
        try order.withUnsafeBufferPointer { order in
            for step in 1...steps { loss = try network.learn(order, step: step, workshop) }
        }
        return loss / Double(rows.rowCount)
    }

    /// The derivatives by some weights, from a step of gradient descent and from differences of the
    /// plain network's losses, must be the same.
    private func expectGradients(
        _ form: SequenceNetwork.Form,
        _ rows: SequenceRows,
        every distance: Int
    ) throws {
        let network = network(form, rows)
        var plain = PlainTransformer(network)
        let before = plain.weights
        let loss = try learn(network, rows)
        #expect(abs(loss - plain.loss(rows)) < 1e-5)
        let after = PlainTransformer(network).weights
        // Each array takes part, whatever the distance.
        var places = Set(stride(from: 0, to: before.count, by: distance))
        places.formUnion(plain.arrayStarts.filter { $0 < before.count })
        for place in places {
            let step = 1e-4
            plain.weights[place] = before[place] + step
            let above = plain.loss(rows)
            plain.weights[place] = before[place] - step
            let below = plain.loss(rows)
            plain.weights[place] = before[place]
            let (expected, found) = ((above - below) / (2 * step), before[place] - after[place])
            #expect(
                abs(expected - found) < 2e-4 * max(1, abs(expected)),
                "weight \(place): \(found) instead of \(expected)"
            )
        }
    }

    @Test(
        "Gradients are the differences of the loss, of two columns, blocks, heads and a target",
        arguments: [OutputLoss.logistic, .softmax, .squared, .absolute]
    )
    func gradients(_ loss: OutputLoss) throws {
        let encoders = [
            shape(width: 6, heads: 2, blocks: 2, ids: 7, length: 4, target: 7),
            shape(width: 4, heads: 1, ids: 3, length: 5),
        ]
        let form = form(encoders, loss)
        try expectGradients(form, rows(6, form, longest: 7), every: loss == .logistic ? 5 : 19)
    }

    @Test("Gradients hold for more tokens than queries are looked at together")
    func longSequences() throws {
        let form = form([shape(width: 4, heads: 2, ids: 5, length: 90)], .logistic)
        try expectGradients(form, rows(2, form, longest: 89), every: 83)
    }

    @Test("A batch in several parts has the gradient of the whole")
    func parts() throws {
        let encoders = [shape(width: 6, heads: 2, ids: 7, length: 8, target: 2)]
        let whole = form(encoders, .logistic)
        let cut = form(encoders, .logistic, sliceTokens: 20)
        let rows = rows(20, whole, longest: 8)
        let networks = [network(whole, rows), network(cut, rows)]
        let losses = try networks.map { try learn($0, rows) }
        #expect(abs(losses[0] - losses[1]) < 1e-12)
        let weights = networks.map { PlainTransformer($0).weights }
        #expect(zip(weights[0], weights[1]).allSatisfy { abs($0 - $1) < 1e-6 })
        #expect(weights[0] != PlainTransformer(network(whole, rows)).weights)
    }

    @Test("Any number of threads learns the same weights to the bit")
    func threads() throws {
        let form = form(
            [shape(width: 6, heads: 3, ids: 7, length: 9, target: 7)],
            .softmax,
            sliceTokens: 64
        )
        let rows = rows(40, form, longest: 12)
        let weights = try [1, 2, 3].map { threads in
            let network = network(form, rows, rate: 0.01, kind: .adam, threads: threads)
            _ = try learn(network, rows, steps: 3, threads: threads)
            return PlainTransformer(network).weights
        }
        #expect(weights[0] == weights[1] && weights[1] == weights[2])
        #expect(weights[0].allSatisfy { $0.isFinite })
    }

    @Test("Scores are those of the plain network; the best weights come back")
    func scores() throws {
        let form = form([shape(width: 6, heads: 2, ids: 7, length: 9)], .softmax)
        let rows = rows(12, form, longest: 12)
        let network = network(form, rows, rate: 0.01, kind: .adam)
        let workshop = Workshop(LearningRun())
        func answers() throws -> [Float] {
            try network.scores(rows, [3, 0, 11], workshop)
        }
        let first = try answers()
        let plain = PlainTransformer(network)
        let expected = [3, 0, 11].flatMap { plain.scores(rows, $0) }
        #expect(zip(first, expected).allSatisfy { abs(Double($0) - $1) < 1e-5 })
        network.keep()
        _ = try learn(network, rows)
        let changed = try answers()
        #expect(changed != first)
        network.restore()
        let restored = try answers()
        #expect(restored == first)
        let again = try learn(network, rows)
        #expect(again.isFinite)
    }

    @Test("The wish to stop ends a batch in its middle")
    func cancellation() {
        let form = form([shape(width: 6, heads: 2, ids: 7, length: 9)], .logistic)
        let rows = rows(12, form, longest: 12)
        let network = network(form, rows)
        let flag = CancellationFlag()
        flag.cancel()
        let order: [Int32] = [0, 1, 2]
        #expect(throws: TrainingError.cancelled) {
            let workshop = Workshop(LearningRun(cancellation: flag))
            try order.withUnsafeBufferPointer { order in
                _ = try network.learn(order, step: 1, workshop)
            }
        }
    }
}
