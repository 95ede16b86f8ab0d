import BorealBoost
import BorealGraph
import CKernels

/// A dense layer: `y = x W + b`, with its gradients.
///
/// Both widths are filled up to multiples of sixteen with weights that are and stay zero. `W` is
/// kept a second time as its transpose, since both directions read it in panels of columns.
final class DenseLayer: Sendable {
    /// Its extents, and how weights are packed.
    let form: DenseForm
    /// `[outputStride / 16][inputStride][16]`
    let weights: LearnedBlock
    /// `[outputStride]`; nil without.
    let bias: LearnedBlock?
    /// `[inputStride / 16][outputStride][16]`
    private let transposed: FloatBuffer

    /// Numbers of a row that it reads.
    var inputWidth: Int { form.inputPlaces.count }
    /// Numbers of a row that it writes.
    var outputWidth: Int { form.outputPlaces.count }
    /// `inputWidth` filled up: from row to row of what it reads.
    var inputStride: Int { form.inputStride }
    /// `outputWidth` filled up: from row to row of what it writes.
    var outputStride: Int { form.outputStride }

    /// Weights drawn as by Glorot and Bengio 2010 (uniform, equation 16), bias zero.
    ///
    /// - Parameter random: draws as many numbers as there are weights.
    init(
        form: DenseForm,
        hasBias: Bool = true,
        kind: OptimizerKind,
        random: inout RandomNumbers
    ) {
        self.form = form
        weights = LearnedBlock(count: form.weightCount, kind: kind)
        bias = hasBias ? LearnedBlock(count: form.outputStride, kind: kind) : nil
        transposed = FloatBuffer(count: form.weightCount)
        let (inputs, outputs) = (form.inputPlaces.count, form.outputPlaces.count)
        let limit = (6 / Double(inputs + outputs)).squareRoot()
        for input in 0..<inputs {
            for output in 0..<outputs {
                let number = Float((2 * random.nextUnit() - 1) * limit)
                weights.weights.pointer[form.place(input: input, output: output)] = number
            }
        }
        weightsChanged()
    }

    /// Numbers that a layer of such a form takes in memory.
    static func numbers(_ form: DenseForm, kind: OptimizerKind) -> Int {
        LearnedBlock.numbers(form.weightCount + form.outputStride, kind: kind) + form.weightCount
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
        workshop.multiply(
            form.product(
                input,
                rows: rows,
                weights: weights.weights.pointer,
                bias: bias.map { UnsafePointer($0.weights.pointer) },
                into: output
            )
        )
    }

    /// The deltas of what it read, of those of what it wrote.
    ///
    /// - Parameters:
    ///   - deltas: `[rows][outputStride]`
    ///   - result: `[rows][inputStride]`
    ///   - adds: whether they are added to what stands there.
    func inputDeltas(
        _ deltas: UnsafePointer<Float>,
        rows: Int,
        into result: UnsafeMutablePointer<Float>,
        adds: Bool = false,
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
        product.depth = Int64(form.width)
        product.adds = adds ? 1 : 0
        workshop.multiply(product)
    }

    /// Pieces that an update may be done in, side by side: panels of columns.
    var pieceCount: Int { outputStride / PackedMatrix.panelWidth }

    /// The gradient of one panel over some rows of a batch, row after row, and, behind the last of
    /// them, a step against it.
    ///
    /// - Parameters:
    ///   - input: `[rows][inputStride]`, what the rows gave the layer.
    ///   - deltas: `[rows][outputStride]`
    ///   - part: which rows of the batch these are.
    func update(
        _ panel: Int,
        input: UnsafePointer<Float>,
        deltas: UnsafePointer<Float>,
        rows: Int,
        _ part: BatchPart,
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
        product.adds = part.isFirst ? 0 : 1
        workshop.multiply(product)
        if let step = part.step {
            weights.apply(step, from: start, count: inputStride * width, gradient: gradient)
            transpose(panel)
        }
        guard let bias else { return }
        let sums = bias.gradients.pointer + panel * width
        if part.isFirst { sums.update(repeating: 0, count: width) }
        boreal_add_rows(deltas + panel * width, outputStride, Int64(rows), Int64(width), sums)
        if let step = part.step {
            bias.apply(step, from: panel * width, count: width, gradient: sums)
        }
    }

    /// The weights as other layouts have them: `[outputWidth][inputWidth]`.
    var matrix: [Double] {
        var values: [Double] = []
        values.reserveCapacity(outputWidth * inputWidth)
        for output in 0..<outputWidth {
            for input in 0..<inputWidth {
                let place = form.place(input: input, output: output)
                values.append(Double(weights.weights.pointer[place]))
            }
        }
        return values
    }

    /// `[outputWidth]`, or empty.
    var biasValues: [Double] {
        guard let bias else { return [] }
        return form.outputPlaces.map { Double(bias.weights.pointer[$0]) }
    }
}
