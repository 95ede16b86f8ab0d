import BorealBoost
import BorealGraph
import CKernels

/// DeepFM (Guo, Tang, Ye, Li and He 2017): a factorization machine and a network of dense layers
/// over the same vectors; its score is the sum of both (equation 1).
final class DeepFMNetwork: BatchNetwork {
    /// One for each feature; a row holds the vector and, behind it, the linear weight.
    let tables: [EmbeddingTable]
    /// The deep part.
    let stack: DenseStack
    /// The score of nothing.
    private(set) var bias: Float
    /// Numbers of a vector.
    let width: Int

    private let columns: [EmbeddingColumn]
    private let training: EncodedRows
    private let validation: Validation?
    private let loss: NetworkLoss
    private let metric: NetworkMetric
    private let optimizer: Optimizer
    private let penalty: Float
    /// Rows that buffers have room for.
    private let rowsMax: Int
    /// `[rowsMax][fieldCount]`: linear terms.
    private let linear: FloatBuffer
    /// `[rowsMax][width]`: sums of vectors.
    private let sums: FloatBuffer
    /// `[rowsMax]`
    private let scores: FloatBuffer
    /// `[rowsMax]`: derivatives of the batch's loss by the scores.
    private let deltas: FloatBuffer
    private let losses: UnsafeMutablePointer<Double>
    private let biasMoments = LearnedBlock(count: 1, kind: .adam)
    private var best: [FloatBuffer] = []

    /// Rows to judge by.
    struct Validation {
        /// Where they stand.
        var rows: EncodedRows
        /// Which of them.
        var indexes: [Int32]
    }

    /// Rows that are computed at once outside of training.
    static let judgedRows = 512

    /// - Parameters:
    ///   - indexes: the rows of `training` that are learnt from.
    ///   - bias: where the score starts.
    init(
        _ parameters: DeepFMParameters,
        columns: [EmbeddingColumn],
        training: EncodedRows,
        indexes: [Int32],
        validation: Validation?,
        bias: Float
    ) {
        self.columns = columns
        self.training = training
        self.validation = validation
        self.bias = bias
        width = parameters.embeddingWidth
        loss = parameters.loss
        metric = parameters.metric
        optimizer = parameters.optimizer
        penalty = Float(parameters.penalty)
        let batch = min(parameters.batchSize, indexes.count)
        let rows = max(batch, Self.judgedRows)
        rowsMax = rows
        var random = RandomNumbers(seed: parameters.seed, stream: 0x6465_6570)
        let (width, kind) = (width, parameters.optimizer.kind)
        tables = columns.map {
            let table = EmbeddingTable(
                rowCount: $0.rowCount,
                width: width + 1,
                namesMax: batch,
                kind: kind
            )
            Self.draw(table, $0, &random)
            return table
        }
        stack = DenseStack(
            widths: [columns.count * width] + parameters.hiddenUnits + [1],
            rowsMax: rows,
            dropout: Dropout(share: parameters.dropout, seed: parameters.seed),
            kind: kind,
            random: &random
        )
        linear = FloatBuffer(count: rows * columns.count)
        sums = FloatBuffer(count: rows * width)
        scores = FloatBuffer(count: rows)
        deltas = FloatBuffer(count: rows)
        losses = .allocate(capacity: rows)
        losses.initialize(repeating: 0, count: rows)
        for row in indexes {
            for field in tables.indices {
                let place = Int(row) * columns.count + field
                tables[field].counts[Int(training.places[place])] += 1
            }
        }
    }

    deinit { losses.deallocate() }

    /// Vectors as Keras draws them, uniform to 0.05; linear weights are zero, and so is all of the
    /// row of missing numbers, whose mean is zero.
    private static func draw(
        _ table: EmbeddingTable,
        _ column: EmbeddingColumn,
        _ random: inout RandomNumbers
    ) {
        var rows = table.rowCount
        if case .number = column { rows = 1 }
        for row in 0..<rows {
            let vector = table.vector(row)
            for i in 0..<table.width - 1 {
                vector[i] = Float((2 * random.nextUnit() - 1) * 0.05)
            }
        }
    }

    /// Numbers of 32 bits that a network takes in memory, without its rows.
    static func numbers(_ parameters: DeepFMParameters, tableRows: Int, fields: Int) -> Int {
        let width = parameters.embeddingWidth
        let rows = max(parameters.batchSize, judgedRows)
        let kind = parameters.optimizer.kind
        let table = LearnedBlock.numbers(tableRows, kind: kind) * (width + 1)
        return table + rows * (fields + width + 4)
            + DenseStack.numbers(
                widths: [fields * width] + parameters.hiddenUnits + [1],
                rowsMax: rows,
                kind: kind
            )
    }

    // MARK: - Forward

    /// Rows of a piece: enough to use a weight several times, few enough for all threads to have
    /// some.
    private func pieceRows(_ count: Int, _ threads: Int) -> Int {
        let share = (count + threads - 1) / threads
        return min(64, max(8, (share + 7) / 8 * 8))
    }

    /// Computes the scores of some rows of a batch.
    private func forward(
        _ indexes: UnsafePointer<Int32>,
        of data: EncodedRows,
        _ rows: Range<Int>,
        step: Int?,
        _ workshop: Workshop
    ) {
        gather(indexes, of: data, rows)
        var machine = boreal_factorization()
        machine.vectors = UnsafePointer(stack.input.pointer + rows.lowerBound * stack.inputStride)
        machine.vector_stride = stack.inputStride
        machine.linear = UnsafePointer(linear.pointer + rows.lowerBound * columns.count)
        machine.linear_stride = columns.count
        machine.sums = sums.pointer + rows.lowerBound * width
        machine.sum_stride = width
        machine.out = scores.pointer + rows.lowerBound
        machine.out_stride = 1
        machine.rows = Int64(rows.count)
        machine.fields = Int32(truncatingIfNeeded: columns.count)
        machine.width = Int32(truncatingIfNeeded: width)
        machine.bias = bias
        boreal_factorize(&machine)
        stack.forward(rows, step: step, workshop)
        let deep = stack.output.pointer
        for row in rows { scores.pointer[row] += deep[row * stack.outputStride] }
    }

    /// Looks up the vectors and linear terms of some rows.
    private func gather(
        _ indexes: UnsafePointer<Int32>,
        of data: EncodedRows,
        _ rows: Range<Int>
    ) {
        let fields = columns.count
        data.places.withUnsafeBufferPointer { places in
            data.factors.withUnsafeBufferPointer { factors in
                for field in 0..<fields {
                    let table = tables[field]
                    for row in rows {
                        let place = Int(indexes[row]) * fields + field
                        let vector = table.vector(Int(places[place]))
                        let factor = factors[place]
                        let target = stack.input.pointer + row * stack.inputStride + field * width
                        for i in 0..<width { target[i] = factor * vector[i] }
                        linear.pointer[row * fields + field] = factor * vector[width]
                    }
                }
            }
        }
    }

    // MARK: - Learning

    /// Rows go forward and back in pieces, then the weights of each layer's panels and of each
    /// feature's table: no sum depends on which thread takes which.
    func learn(
        _ rows: UnsafeBufferPointer<Int32>,
        step number: Int,
        _ workshop: Workshop
    ) throws(TrainingError) -> Double {
        guard let indexes = rows.baseAddress else { return 0 }
        let size = pieceRows(rows.count, workshop.threads)
        try workshop.run((rows.count + size - 1) / size) { piece in
            let range = piece * size..<min(rows.count, (piece + 1) * size)
            forward(indexes, of: training, range, step: number, workshop)
            judge(indexes, range, batch: rows.count)
            stack.backward(range, workshop)
            addFactorization(range)
        }
        let step = optimizer.step(number)
        try workshop.run(stack.pieceCount + tables.count) { piece in
            if piece < stack.pieceCount {
                stack.update(piece, rows: rows.count, BatchPart(whole: step), workshop)
            } else {
                update(piece - stack.pieceCount, indexes, rows: rows.count, step)
            }
        }
        return finish(rows.count, step)
    }

    /// Losses of some rows, and what the batch's mean loss changes with their scores.
    private func judge(_ indexes: UnsafePointer<Int32>, _ rows: Range<Int>, batch: Int) {
        for row in rows {
            let index = Int(indexes[row])
            let (value, delta) = loss.value(scores.pointer[row], training.labels[index])
            let weight = Double(training.weights?[index] ?? 1)
            losses[row] = value * weight
            deltas.pointer[row] = Float(delta * weight / Double(batch))
            stack.outputDeltas.pointer[row * stack.outputStride] = deltas.pointer[row]
        }
    }

    /// Adds to the deltas of the vectors what the factorization machine makes of the score's: the
    /// sum of the other vectors.
    private func addFactorization(_ rows: Range<Int>) {
        for row in rows {
            let vectors = stack.input.pointer + row * stack.inputStride
            let target = stack.inputDeltas.pointer + row * stack.inputStride
            let (sum, delta) = (sums.pointer + row * width, deltas.pointer[row])
            for field in 0..<columns.count {
                let start = field * width
                for i in 0..<width {
                    target[start + i] += delta * (sum[i] - vectors[start + i])
                }
            }
        }
    }

    /// Gathers the gradient of a feature's table, row after row, and takes a step.
    private func update(
        _ field: Int,
        _ indexes: UnsafePointer<Int32>,
        rows: Int,
        _ step: OptimizerStep
    ) {
        let table = tables[field]
        training.places.withUnsafeBufferPointer { places in
            training.factors.withUnsafeBufferPointer { factors in
                for row in 0..<rows {
                    let place = Int(indexes[row]) * columns.count + field
                    let gradient = table.gradient(Int(places[place]))
                    let factor = factors[place]
                    let source =
                        stack.inputDeltas.pointer + row * stack.inputStride + field * width
                    for i in 0..<width { gradient[i] += factor * source[i] }
                    gradient[width] += factor * deltas.pointer[row]
                }
            }
        }
        table.apply(step, penalty: penalty)
    }

    /// Moves the bias; the sum of the losses.
    private func finish(_ count: Int, _ step: OptimizerStep) -> Double {
        var (total, gradient) = (0.0, Float(0))
        for row in 0..<count {
            total += losses[row]
            gradient += deltas.pointer[row]
        }
        step.apply(
            weights: &bias,
            gradients: &gradient,
            first: biasMoments.first.pointer,
            second: biasMoments.second.pointer,
            count: 1
        )
        return total
    }

    // MARK: - Judging

    /// Mean loss and metric of the validation rows.
    func judge(_ workshop: Workshop) throws(TrainingError) -> (loss: Double, metric: Double) {
        guard let validation else { return (0, 0) }
        fillUnnamed()
        var (lossSum, metricSum, weightSum) = (0.0, 0.0, 0.0)
        let data = validation.rows
        try score(data, validation.indexes, workshop) { position, score in
            let index = Int(validation.indexes[position])
            let weight = Double(data.weights?[index] ?? 1)
            lossSum += weight * loss.value(score, data.labels[index]).loss
            metricSum += weight * metric.value(score, data.labels[index], loss)
            weightSum += weight
        }
        return (lossSum / weightSum, metricSum / weightSum)
    }

    /// Hands out the scores of rows in their order.
    func score(
        _ data: EncodedRows,
        _ indexes: [Int32],
        _ workshop: Workshop,
        _ take: (_ position: Int, _ score: Float) -> Void
    ) throws(TrainingError) {
        for start in stride(from: 0, to: indexes.count, by: rowsMax) {
            let count = min(rowsMax, indexes.count - start)
            let size = pieceRows(count, workshop.threads)
            var outcome = Swift.Result<Void, TrainingError>.success(())
            indexes.withUnsafeBufferPointer { indexes in
                // There is at least one row.
                guard let base = indexes.baseAddress else { return }
                do throws(TrainingError) {
                    try workshop.run((count + size - 1) / size) { piece in
                        let range = piece * size..<min(count, (piece + 1) * size)
                        forward(base + start, of: data, range, step: nil, workshop)
                    }
                } catch { outcome = .failure(error) }
            }
            try outcome.get()
            for row in 0..<count { take(start + row, scores.pointer[row]) }
        }
    }

    /// Gives vectors that no training row uses the mean of those that are used: unseen and missing
    /// categories, and those of validation rows only.
    func fillUnnamed() {
        for (table, column) in zip(tables, columns) {
            if case .category = column { table.fillUnnamed(0..<table.rowCount) }
        }
    }

    // MARK: - Best weights

    private var blocks: [LearnedBlock] { tables.map(\.block) + stack.blocks }

    /// Remembers the weights.
    func keep() {
        let blocks = blocks
        if best.isEmpty {
            best = blocks.map { FloatBuffer(count: $0.weights.count) } + [FloatBuffer(count: 1)]
        }
        for (copy, block) in zip(best, blocks) { copy.copy(block.weights) }
        best[blocks.count].pointer[0] = bias
    }

    /// Goes back to the weights remembered.
    func restore() {
        let blocks = blocks
        guard best.count == blocks.count + 1 else { return }
        for (copy, block) in zip(best, blocks) { block.weights.copy(copy) }
        bias = best[blocks.count].pointer[0]
        stack.weightsChanged()
    }

    /// Weights that are learnt.
    var weightCount: Int {
        let layers = stack.layers.reduce(0) {
            $0 + $1.inputWidth * $1.outputWidth + ($1.bias == nil ? 0 : $1.outputWidth)
        }
        return tables.reduce(1 + layers) { $0 + $1.rowCount * (width + 1) }
    }
}
