import BorealBase
import BorealBoost
import BorealGraph
import CKernels
import Synchronization

/// The behaviour sequence transformer (Chen and others 2019): an encoder for each column of
/// sequences, and dense layers over what they say, the numbers of the row and how often each id
/// occurs.
final class SequenceNetwork: BatchNetwork {
    /// What it is made of.
    struct Form: Equatable, Sendable {
        /// By column of sequences.
        var encoders: [EncoderShape]
        /// Numbers of a row beside its sequences.
        var numberWidth: Int
        /// Whether the dense layers see how often each id occurs.
        var countsIDs: Bool
        /// Units of each hidden dense layer.
        var hidden: [Int]
        /// Scores of a row.
        var outputs: Int
        var loss: OutputLoss
        /// Tokens in memory at once, of each column, but for a sequence that has more: what they
        /// leave for the gradients is some megabytes.
        var sliceTokens = 4_096

        /// Numbers that the dense layers read.
        var inputWidth: Int {
            encoders.reduce(numberWidth) { $0 + $1.pooledWidth + (countsIDs ? $1.ids : 0) }
        }

        /// Tokens that each column has room for.
        var capacity: Int { encoders.reduce(sliceTokens) { max($0, $1.tokensMax) } }
    }

    let form: Form
    let encoders: [SequenceEncoder]
    let stack: DenseStack
    private let optimizer: Optimizer
    private let training: SequenceRows
    private let judging: Judging?
    /// Where the numbers of a row begin among what the dense layers read.
    private let numbersStart: Int
    private let losses: UnsafeMutablePointer<Double>
    private var best: [FloatBuffer] = []

    /// Rows to judge by.
    struct Judging {
        /// Where they stand.
        var rows: SequenceRows
        /// Which of them.
        var indexes: [Int32]
        /// A metric of all scores, `[indexes.count * outputs]`.
        var metric: @Sendable ([Float]) -> Double
    }

    /// Rows that are in memory at once.
    static let sliceRows = 512

    /// - Parameters:
    ///   - indexes: the rows of `training` that are learnt from.
    ///   - lanes: rows that are worked on at once.
    init(
        _ form: Form,
        optimizer: Optimizer,
        training: SequenceRows,
        indexes: [Int32],
        judging: Judging?,
        lanes: Int,
        seed: Int64
    ) {
        self.form = form
        self.optimizer = optimizer
        self.training = training
        self.judging = judging
        var random = RandomNumbers(seed: seed, stream: 0x6273_7400)
        var encoders: [SequenceEncoder] = []
        for shape in form.encoders {
            encoders.append(
                SequenceEncoder(
                    shape,
                    capacity: form.capacity,
                    lanes: lanes,
                    kind: optimizer.kind,
                    random: &random
                )
            )
        }
        self.encoders = encoders
        numbersStart = form.encoders.reduce(0) { $0 + $1.pooledWidth }
        stack = DenseStack(
            widths: [form.inputWidth] + form.hidden + [form.outputs],
            rowsMax: Self.sliceRows,
            endsInBias: true,
            dropout: Dropout(share: 0, seed: seed),
            kind: optimizer.kind,
            random: &random
        )
        losses = .allocate(capacity: Self.sliceRows)
        losses.initialize(repeating: 0, count: Self.sliceRows)
        for (column, encoder) in encoders.enumerated() {
            for row in indexes {
                let handle = Int(training.handles[column][Int(row)])
                training.lists[column].withList(handle) { encoder.count($0) }
            }
        }
    }

    deinit { losses.deallocate() }

    /// Numbers of 32 bits that a network takes in memory, without its rows.
    static func numbers(_ form: Form, lanes: Int, kind: OptimizerKind) -> Int {
        let encoders = form.encoders.reduce(0) {
            $0
                + SequenceEncoder.numbers(
                    $1,
                    capacity: form.capacity,
                    lanes: lanes,
                    kind: kind
                )
        }
        return encoders
            + DenseStack.numbers(
                widths: [form.inputWidth] + form.hidden + [form.outputs],
                rowsMax: sliceRows,
                kind: kind
            )
    }

    // MARK: - Slices

    private func slices(
        _ indexes: UnsafeBufferPointer<Int32>,
        of data: SequenceRows
    ) -> [RowSlice] {
        RowSlice.slices(
            indexes,
            of: data,
            shapes: form.encoders,
            rowsMax: Self.sliceRows,
            capacity: form.capacity
        )
    }

    /// Calls `body` for all rows of a slice, some neighbours at a time, on all threads: each thread
    /// is a lane with room of its own and takes the next rows when it is done.
    private func run(
        _ slice: RowSlice,
        _ workshop: Workshop,
        _ body: (_ rows: Range<Int>, _ lane: Int) -> Void
    ) throws(TrainingError) {
        let count = slice.rows.count
        let size = max(1, min(8, count / (2 * workshop.threads)))
        let next = RowCounter()
        try workshop.run(workshop.threads) { lane in
            while !workshop.cancellation.isCancelled {
                let start = next.take(size)
                guard start < count else { return }
                body(start..<min(count, start + size), lane)
            }
        }
    }

    /// Computes the scores of some rows of a slice.
    ///
    /// - Parameter rows: positions in the slice, which are those in the dense layers' memory.
    private func forward(
        _ rows: Range<Int>,
        of slice: RowSlice,
        _ indexes: UnsafeBufferPointer<Int32>,
        _ data: SequenceRows,
        lane: Int,
        _ workshop: Workshop
    ) {
        for row in rows {
            let line = stack.input.pointer + row * stack.inputStride
            var pooled = line
            var counts = line + numbersStart + form.numberWidth
            for (encoder, lists) in zip(encoders, slice.lists) {
                lists.withList(row) { list in
                    encoder.forward(
                        list,
                        at: lists.starts[row],
                        lane: lane,
                        into: pooled,
                        workshop
                    )
                    guard form.countsIDs else { return }
                    IDCounts.fill(
                        list,
                        ids: encoder.shape.ids,
                        length: encoder.shape.length,
                        into: counts
                    )
                    counts += encoder.shape.ids
                }
                pooled += encoder.shape.pooledWidth
            }
            let start = Int(indexes[slice.rows.lowerBound + row]) * form.numberWidth
            for i in 0..<form.numberWidth { pooled[i] = data.numbers[start + i] }
        }
        stack.forward(rows, step: nil, workshop)
    }

    // MARK: - Learning

    /// Sequences go forward and back one by one, on whatever thread; then the weights of each
    /// layer's panels and of each table: no sum depends on which thread takes which.
    func learn(
        _ rows: UnsafeBufferPointer<Int32>,
        step number: Int,
        _ workshop: Workshop
    ) throws(TrainingError) -> Double {
        let slices = slices(rows, of: training)
        var total = 0.0
        for (index, slice) in slices.enumerated() {
            try run(slice, workshop) { range, lane in
                forward(range, of: slice, rows, training, lane: lane, workshop)
                judge(range, of: slice, rows)
                stack.backward(range, workshop)
                for row in range { backward(row, of: slice, lane: lane, workshop) }
            }
            let isLast = index == slices.count - 1
            let part = BatchPart(
                isFirst: index == 0,
                step: isLast ? optimizer.step(number) : nil
            )
            try update(slice, part, workshop)
            for row in 0..<slice.rows.count { total += losses[row] }
        }
        return total
    }

    /// Losses of some rows, and what the batch's mean loss changes with their scores.
    private func judge(
        _ rows: Range<Int>,
        of slice: RowSlice,
        _ indexes: UnsafeBufferPointer<Int32>
    ) {
        for row in rows {
            let index = Int(indexes[slice.rows.lowerBound + row])
            let weight = Double(training.weights?[index] ?? 1)
            losses[row] =
                weight
                * form.loss.value(
                    stack.output.pointer + row * stack.outputStride,
                    count: form.outputs,
                    label: training.labels[index],
                    factor: weight / Double(indexes.count),
                    into: stack.outputDeltas.pointer + row * stack.outputStride
                )
        }
    }

    private func backward(_ row: Int, of slice: RowSlice, lane: Int, _ workshop: Workshop) {
        var pooled = stack.inputDeltas.pointer + row * stack.inputStride
        for (encoder, lists) in zip(encoders, slice.lists) {
            encoder.backward(
                pooled,
                at: lists.starts[row],
                tokens: lists.withList(row, encoder.shape.tokens),
                lane: lane,
                workshop
            )
            pooled += encoder.shape.pooledWidth
        }
    }

    private func update(
        _ slice: RowSlice,
        _ part: BatchPart,
        _ workshop: Workshop
    ) throws(TrainingError) {
        let pieces = encoders.reduce(stack.pieceCount) { $0 + $1.pieceCount }
        try workshop.run(pieces) { piece in
            var rest = piece
            for (encoder, lists) in zip(encoders, slice.lists) {
                // The tables take longest, so they come first.
                if rest < encoder.pieceCount {
                    encoder.update(encoder.pieceCount - 1 - rest, lists, part, workshop)
                    return
                }
                rest -= encoder.pieceCount
            }
            stack.update(rest, rows: slice.rows.count, part, workshop)
        }
    }

    // MARK: - Judging

    /// Mean loss and metric of the validation rows.
    func judge(_ workshop: Workshop) throws(TrainingError) -> (loss: Double, metric: Double) {
        guard let judging else { return (0, 0) }
        fillUnnamed()
        let scores = try scores(judging.rows, judging.indexes, workshop)
        let width = form.outputs
        var (total, weights) = (0.0, 0.0)
        var unused = [Float](repeating: 0, count: width)
        scores.withUnsafeBufferPointer { scores in
            // There is at least one row, and a row has at least one score.
            guard let base = scores.baseAddress else { return }
            for (position, index) in judging.indexes.enumerated() {
                let weight = Double(judging.rows.weights?[Int(index)] ?? 1)
                weights += weight
                total +=
                    weight
                    * form.loss.value(
                        base + position * width,
                        count: width,
                        label: judging.rows.labels[Int(index)],
                        factor: 1,
                        into: &unused
                    )
            }
        }
        return (total / weights, judging.metric(scores))
    }

    /// Scores of rows, in their order.
    ///
    /// - Returns: `[indexes.count * outputs]`
    func scores(
        _ data: SequenceRows,
        _ indexes: [Int32],
        _ workshop: Workshop
    ) throws(TrainingError) -> [Float] {
        try answers(data, indexes, workshop, (stack.output, form.outputs, stack.outputStride))
    }

    /// What the last layer reads of rows, in their order: what the network makes of them.
    ///
    /// - Returns: `[indexes.count * width]`, and the width.
    func lastHidden(
        _ data: SequenceRows,
        _ indexes: [Int32],
        _ workshop: Workshop
    ) throws(TrainingError) -> (values: [Float], width: Int) {
        guard let hidden = stack.lastHidden else { return ([], 0) }
        return (try answers(data, indexes, workshop, hidden), hidden.width)
    }

    private func answers(
        _ data: SequenceRows,
        _ indexes: [Int32],
        _ workshop: Workshop,
        _ source: (values: FloatBuffer, width: Int, stride: Int)
    ) throws(TrainingError) -> [Float] {
        var answers: [Float] = []
        answers.reserveCapacity(indexes.count * source.width)
        var outcome = Swift.Result<Void, TrainingError>.success(())
        indexes.withUnsafeBufferPointer { indexes in
            do throws(TrainingError) {
                for slice in slices(indexes, of: data) {
                    try run(slice, workshop) { rows, lane in
                        forward(rows, of: slice, indexes, data, lane: lane, workshop)
                    }
                    for row in 0..<slice.rows.count {
                        let line = source.values.pointer + row * source.stride
                        for i in 0..<source.width { answers.append(line[i]) }
                    }
                }
            } catch { outcome = .failure(error) }
        }
        try outcome.get()
        return answers
    }

    /// Gives ids that no training row has the mean of those that some do.
    func fillUnnamed() {
        for encoder in encoders { encoder.fillUnnamed() }
    }

    // MARK: - Best weights

    private var learned: [LearnedBlock] { encoders.flatMap(\.learned) + stack.blocks }

    /// Remembers the weights.
    func keep() {
        let blocks = learned
        if best.isEmpty { best = blocks.map { FloatBuffer(count: $0.weights.count) } }
        for (copy, block) in zip(best, blocks) { copy.copy(block.weights) }
    }

    /// Goes back to the weights remembered.
    func restore() {
        guard !best.isEmpty else { return }
        for (copy, block) in zip(best, learned) { block.weights.copy(copy) }
        stack.weightsChanged()
        for encoder in encoders { encoder.weightsChanged() }
    }

    /// Weights that are learnt.
    var weightCount: Int {
        let layers = stack.layers.reduce(0) {
            $0 + $1.inputWidth * $1.outputWidth + $1.outputWidth
        }
        return form.encoders.reduce(layers) { $0 + $1.weightCount }
    }
}

/// Hands out rows to threads.
private final class RowCounter: Sendable {
    private let next = Atomic<Int>(0)

    /// The first of the next rows.
    func take(_ count: Int) -> Int { next.add(count, ordering: .relaxed).oldValue }
}
