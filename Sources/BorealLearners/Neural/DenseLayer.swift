import BorealBoost
import BorealGraph
import CKernels

/// A dense layer: `y = x W + b`, with its gradients.
///
/// Both widths are filled up to multiples of sixteen with weights that are and stay zero. `W` is
/// kept a second time as its transpose, since both directions read it in panels of columns.
final class DenseLayer: Sendable {
    /// Numbers of a row that it reads.
    let inputWidth: Int
    /// Numbers of a row that it writes.
    let outputWidth: Int
    /// `inputWidth` filled up: from row to row of what it reads.
    let inputStride: Int
    /// `outputWidth` filled up: from row to row of what it writes.
    let outputStride: Int
    /// `[outputStride / 16][inputStride][16]`
    let weights: LearnedBlock
    /// `[outputStride]`; nil without.
    let bias: LearnedBlock?
    /// `[inputStride / 16][outputStride][16]`
    private let transposed: FloatBuffer

    /// Weights drawn as by Glorot and Bengio 2010 (uniform, equation 16), bias zero.
    ///
    /// - Parameter random: draws as many numbers as there are weights.
    init(
        inputWidth: Int,
        outputWidth: Int,
        hasBias: Bool = true,
        kind: OptimizerKind,
        random: inout RandomNumbers
    ) {
        self.inputWidth = inputWidth
        self.outputWidth = outputWidth
        inputStride = PackedMatrix.padded(inputWidth)
        outputStride = PackedMatrix.padded(outputWidth)
        weights = LearnedBlock(count: inputStride * outputStride, kind: kind)
        bias = hasBias ? LearnedBlock(count: outputStride, kind: kind) : nil
        transposed = FloatBuffer(count: inputStride * outputStride)
        let limit = (6 / Double(inputWidth + outputWidth)).squareRoot()
        for row in 0..<inputWidth {
            for column in 0..<outputWidth {
                let place = PackedMatrix.place(row: row, column: column, rows: inputStride)
                weights.weights.pointer[place] = Float((2 * random.nextUnit() - 1) * limit)
            }
        }
        weightsChanged()
    }

    /// Numbers that a layer of such widths takes in memory.
    static func numbers(inputWidth: Int, outputWidth: Int, kind: OptimizerKind) -> Int {
        let count = PackedMatrix.padded(inputWidth) * PackedMatrix.padded(outputWidth)
        return LearnedBlock.numbers(count + PackedMatrix.padded(outputWidth), kind: kind) + count
    }

    /// Brings the transpose up to date after `weights` were written from outside.
    func weightsChanged() {
        for panel in 0..<pieceCount { transpose(panel) }
    }

    private func transpose(_ panel: Int) {
        for block in 0..<inputStride / PackedMatrix.panelWidth {
            boreal_transpose_block(
                weights.weights.pointer,
                transposed.pointer,
                Int64(inputStride),
                Int64(outputStride),
                Int64(panel),
                Int64(block)
            )
        }
    }

    /// Computes some rows.
    ///
    /// - Parameters:
    ///   - input: `[rows][inputStride]`
    ///   - output: `[rows][outputStride]`
    func forward(
        _ input: UnsafePointer<Float>,
        rows: Int,
        into output: UnsafeMutablePointer<Float>,
        _ workshop: Workshop
    ) {
        var product = boreal_product()
        product.a = input
        product.a_row = inputStride
        product.a_depth = 1
        product.b = UnsafePointer(weights.weights.pointer)
        product.b_panel = inputStride * PackedMatrix.panelWidth
        product.b_depth = PackedMatrix.panelWidth
        product.c = output
        product.c_panel = PackedMatrix.panelWidth
        product.c_row = outputStride
        product.bias = bias.map { UnsafePointer($0.weights.pointer) }
        product.rows = Int64(rows)
        product.columns = Int64(outputStride)
        product.depth = Int64(inputWidth)
        workshop.multiply(product)
    }

    /// The deltas of what it read, of those of what it wrote.
    ///
    /// - Parameters:
    ///   - deltas: `[rows][outputStride]`
    ///   - result: `[rows][inputStride]`
    func inputDeltas(
        _ deltas: UnsafePointer<Float>,
        rows: Int,
        into result: UnsafeMutablePointer<Float>,
        _ workshop: Workshop
    ) {
        var product = boreal_product()
        product.a = deltas
        product.a_row = outputStride
        product.a_depth = 1
        product.b = UnsafePointer(transposed.pointer)
        product.b_panel = outputStride * PackedMatrix.panelWidth
        product.b_depth = PackedMatrix.panelWidth
        product.c = result
        product.c_panel = PackedMatrix.panelWidth
        product.c_row = inputStride
        product.rows = Int64(rows)
        product.columns = Int64(inputStride)
        product.depth = Int64(outputWidth)
        workshop.multiply(product)
    }

    /// Pieces that an update may be done in, side by side: panels of columns.
    var pieceCount: Int { outputStride / PackedMatrix.panelWidth }

    /// The gradient of one panel over a batch, row after row, and a step against it.
    ///
    /// - Parameters:
    ///   - input: `[rows][inputStride]`, what the batch gave the layer.
    ///   - deltas: `[rows][outputStride]`
    func update(
        _ panel: Int,
        input: UnsafePointer<Float>,
        deltas: UnsafePointer<Float>,
        rows: Int,
        _ step: OptimizerStep,
        _ workshop: Workshop
    ) {
        assert(panel >= 0 && panel < pieceCount, "a panel that is not there")
        let width = PackedMatrix.panelWidth
        let start = panel * inputStride * width
        let gradient = weights.gradients.pointer + start
        var product = boreal_product()
        product.a = input
        product.a_row = 1
        product.a_depth = inputStride
        product.b = deltas + panel * width
        product.b_panel = width
        product.b_depth = outputStride
        product.c = gradient
        product.c_panel = inputStride * width
        product.c_row = width
        product.rows = Int64(inputStride)
        product.columns = Int64(width)
        product.depth = Int64(rows)
        workshop.multiply(product)
        weights.apply(step, from: start, count: inputStride * width, gradient: gradient)
        transpose(panel)
        guard let bias else { return }
        let sums = bias.gradients.pointer + panel * width
        sums.update(repeating: 0, count: width)
        boreal_add_rows(deltas + panel * width, outputStride, Int64(rows), Int64(width), sums)
        bias.apply(step, from: panel * width, count: width, gradient: sums)
    }

    /// The weights as other layouts have them: `[outputWidth][inputWidth]`.
    var matrix: [Double] {
        var values: [Double] = []
        values.reserveCapacity(outputWidth * inputWidth)
        for column in 0..<outputWidth {
            for row in 0..<inputWidth {
                let place = PackedMatrix.place(row: row, column: column, rows: inputStride)
                values.append(Double(weights.weights.pointer[place]))
            }
        }
        return values
    }

    /// `[outputWidth]`, or empty.
    var biasValues: [Double] {
        bias.map { $0.weights.values.prefix(outputWidth).map(Double.init) } ?? []
    }
}
