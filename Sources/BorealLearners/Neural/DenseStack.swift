import BorealBoost
import BorealGraph
import CKernels

/// Dense layers one behind the other, a rectifier and dropout between them, none behind the last;
/// with room for the outputs and deltas of a batch.
final class DenseStack {
    /// From the input on.
    let layers: [DenseLayer]
    /// `[rowsMax][inputStride]`: what the first layer reads.
    let input: FloatBuffer
    /// `[rowsMax][inputStride]`: its deltas.
    let inputDeltas: FloatBuffer
    /// By layer `[rowsMax][outputStride]`.
    private let outputs: [FloatBuffer]
    private let deltas: [FloatBuffer]
    private let dropout: Dropout
    /// Panels before each layer, and in all.
    private let pieceStarts: [Int]

    /// - Parameters:
    ///   - widths: of the input and of each layer's output.
    ///   - rowsMax: rows that it has room for.
    ///   - endsInBias: whether the last layer has a bias; without, the model has one of its own.
    init(
        widths: [Int],
        rowsMax: Int,
        endsInBias: Bool = false,
        dropout: Dropout,
        kind: OptimizerKind,
        random: inout RandomNumbers
    ) {
        precondition(widths.count > 1, "a stack without a layer")
        var layers: [DenseLayer] = []
        for (inputWidth, outputWidth) in zip(widths, widths.dropFirst()) {
            layers.append(
                DenseLayer(
                    form: DenseForm(inputWidth: inputWidth, outputWidth: outputWidth),
                    hasBias: endsInBias || layers.count < widths.count - 2,
                    kind: kind,
                    random: &random
                )
            )
        }
        self.layers = layers
        self.dropout = dropout
        input = FloatBuffer(count: rowsMax * layers[0].inputStride)
        inputDeltas = FloatBuffer(count: rowsMax * layers[0].inputStride)
        outputs = layers.map { FloatBuffer(count: rowsMax * $0.outputStride) }
        deltas = layers.map { FloatBuffer(count: rowsMax * $0.outputStride) }
        pieceStarts = layers.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.pieceCount) }
    }

    /// Numbers that a stack takes in memory.
    static func numbers(widths: [Int], rowsMax: Int, kind: OptimizerKind) -> Int {
        let layers = zip(widths, widths.dropFirst()).reduce(0) {
            let form = DenseForm(inputWidth: $1.0, outputWidth: $1.1)
            return $0 + DenseLayer.numbers(form, kind: kind)
        }
        return layers + 2 * rowsMax * widths.reduce(0) { $0 + PackedMatrix.padded($1) }
    }

    /// `[rowsMax][outputStride]`: what the last layer wrote.
    var output: FloatBuffer { outputs[layers.count - 1] }
    /// `[rowsMax][padded width]`: what the last layer reads, for a stack of two layers or more.
    var lastHidden: (values: FloatBuffer, width: Int, stride: Int)? {
        guard layers.count > 1 else { return nil }
        let layer = layers[layers.count - 2]
        return (outputs[layers.count - 2], layer.outputWidth, layer.outputStride)
    }
    /// `[rowsMax][outputStride]`: the deltas of what the last layer wrote.
    var outputDeltas: FloatBuffer { deltas[layers.count - 1] }
    /// From row to row of the last layer.
    var outputStride: Int { layers[layers.count - 1].outputStride }
    /// From row to row of the input.
    var inputStride: Int { layers[0].inputStride }

    /// Computes some rows of the batch whose input is there.
    ///
    /// - Parameter step: number of the batch, for dropout; nil for none.
    func forward(_ rows: Range<Int>, step: Int?, _ workshop: Workshop) {
        var source = input.pointer
        for (index, layer) in layers.enumerated() {
            let target = outputs[index].pointer + rows.lowerBound * layer.outputStride
            layer.forward(
                source + rows.lowerBound * layer.inputStride,
                rows: rows.count,
                into: target,
                workshop
            )
            if index < layers.count - 1 {
                boreal_rectify(target, Int64(rows.count * layer.outputStride))
                if let step, dropout.isOn {
                    dropout.apply(
                        target,
                        first: rows.lowerBound,
                        count: rows.count,
                        width: layer.outputWidth,
                        stride: layer.outputStride,
                        key: dropout.key(step: step, layer: index)
                    )
                }
            }
            source = outputs[index].pointer
        }
    }

    /// Carries the deltas of the last layer's output back to the input, for some rows.
    func backward(_ rows: Range<Int>, _ workshop: Workshop) {
        for (index, layer) in layers.enumerated().reversed() {
            let target = index > 0 ? deltas[index - 1] : inputDeltas
            let start = target.pointer + rows.lowerBound * layer.inputStride
            layer.inputDeltas(
                deltas[index].pointer + rows.lowerBound * layer.outputStride,
                rows: rows.count,
                into: start,
                workshop
            )
            guard index > 0 else { break }
            // What dropout or the rectifier set to zero passes nothing on.
            boreal_rectify_deltas(
                start,
                outputs[index - 1].pointer + rows.lowerBound * layer.inputStride,
                dropout.scale,
                Int64(rows.count * layer.inputStride)
            )
        }
    }

    /// Pieces of an update, which may run side by side once all rows went back.
    var pieceCount: Int { pieceStarts[layers.count] }

    /// Does one piece of the update of a batch, for its first `rows` in memory.
    func update(_ piece: Int, rows: Int, _ part: BatchPart, _ workshop: Workshop) {
        assert(piece < pieceCount, "a piece that is not there")
        let index = (pieceStarts.firstIndex { $0 > piece } ?? layers.count) - 1
        layers[index].update(
            piece - pieceStarts[index],
            input: index > 0 ? outputs[index - 1].pointer : input.pointer,
            deltas: deltas[index].pointer,
            rows: rows,
            part,
            workshop
        )
    }

    /// Everything that is learnt.
    var blocks: [LearnedBlock] { layers.flatMap { [$0.weights, $0.bias].compactMap { $0 } } }

    /// Brings what is derived up to date after blocks were written from outside.
    func weightsChanged() {
        for layer in layers { layer.weightsChanged() }
    }
}
