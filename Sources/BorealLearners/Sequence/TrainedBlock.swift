import BorealBoost
import BorealGraph
import CKernels

/// Gain and bias of a layer normalisation, which are learnt.
final class TrainedNorm: Sendable {
    /// `[stride]`, ones and then zeros at first.
    let gain: LearnedBlock
    /// `[stride]`
    let bias: LearnedBlock

    init(_ shape: AttentionShape, kind: OptimizerKind) {
        gain = LearnedBlock(count: shape.stride, kind: kind)
        bias = LearnedBlock(count: shape.stride, kind: kind)
        for i in 0..<shape.width { gain.weights.pointer[i] = 1 }
    }

    /// As the forward pass reads it.
    var pointers: AttentionBlock.Norm {
        AttentionBlock.Norm(gain: gain.weights.pointer, bias: bias.weights.pointer)
    }

    /// Gathers the gradient over some tokens of a batch, token after token, and takes a step behind
    /// the last of them.
    func update(
        _ form: boreal_layer_norm,
        normalized: UnsafePointer<Float>,
        deltas: UnsafePointer<Float>,
        _ part: BatchPart
    ) {
        var form = form
        let parts = [gain, bias]
        if part.isFirst {
            for block in parts {
                block.gradients.pointer.update(repeating: 0, count: block.gradients.count)
            }
        }
        boreal_normalize_gradient(
            &form,
            normalized,
            deltas,
            gain.gradients.pointer,
            bias.gradients.pointer
        )
        guard let step = part.step else { return }
        for block in parts {
            block.apply(
                step,
                from: 0,
                count: block.weights.count,
                gradient: block.gradients.pointer
            )
        }
    }
}

/// The numbers of all tokens of a part of a batch that one block makes on its way forward and back.
final class BlockTrace {
    let queries: FloatBuffer
    let attended: FloatBuffer
    let peaks: FloatBuffer
    let factors: FloatBuffer
    let middle: FloatBuffer
    let hidden: FloatBuffer
    let output: FloatBuffer
    /// By norm.
    let normalized: [FloatBuffer]
    let scales: [FloatBuffer]
    /// Deltas of queries, keys and values.
    let queryDeltas: FloatBuffer
    /// Deltas of what the first norm normalises.
    let joinedDeltas: FloatBuffer
    let middleDeltas: FloatBuffer
    let hiddenDeltas: FloatBuffer
    /// Deltas of what the second norm normalises.
    let contractedDeltas: FloatBuffer
    let outputDeltas: FloatBuffer

    init(_ shape: AttentionShape, tokens: Int) {
        func buffer(_ width: Int) -> FloatBuffer { FloatBuffer(count: tokens * width) }
        queries = buffer(shape.queryStride)
        attended = buffer(shape.joinedStride)
        peaks = buffer(shape.heads)
        factors = buffer(shape.heads)
        middle = buffer(shape.stride)
        hidden = buffer(shape.hiddenStride)
        output = buffer(shape.stride)
        normalized = [buffer(shape.stride), buffer(shape.stride)]
        scales = [buffer(1), buffer(1)]
        queryDeltas = buffer(shape.queryStride)
        joinedDeltas = buffer(shape.stride)
        middleDeltas = buffer(shape.stride)
        hiddenDeltas = buffer(shape.hiddenStride)
        contractedDeltas = buffer(shape.stride)
        outputDeltas = buffer(shape.stride)
    }

    /// Numbers that a token takes.
    static func numbers(_ shape: AttentionShape) -> Int {
        8 * shape.stride + 2 * shape.queryStride + shape.joinedStride + 2 * shape.heads
            + 2 * shape.hiddenStride + 2
    }

    /// Where the tokens of a sequence go that begins at a token.
    func places(_ shape: AttentionShape, at token: Int) -> AttentionBlock.Places {
        var places = AttentionBlock.Places(
            queries: queries.pointer + token * shape.queryStride,
            attended: attended.pointer + token * shape.joinedStride,
            peaks: peaks.pointer + token * shape.heads,
            factors: factors.pointer + token * shape.heads,
            middle: middle.pointer + token * shape.stride,
            hidden: hidden.pointer + token * shape.hiddenStride,
            output: output.pointer + token * shape.stride
        )
        places.firstTrace = AttentionBlock.NormTrace(
            normalized: normalized[0].pointer + token * shape.stride,
            scales: scales[0].pointer + token
        )
        places.secondTrace = AttentionBlock.NormTrace(
            normalized: normalized[1].pointer + token * shape.stride,
            scales: scales[1].pointer + token
        )
        return places
    }
}

/// A block of attention and feed-forward layers with its gradients.
final class TrainedBlock {
    let shape: AttentionShape
    let query: DenseLayer
    let joined: DenseLayer
    let expanded: DenseLayer
    let contracted: DenseLayer
    let firstNorm: TrainedNorm
    let secondNorm: TrainedNorm
    let trace: BlockTrace
    /// Panels before each of the four layers, and in all.
    private let pieceStarts: [Int]

    /// - Parameter tokens: that it has room for.
    init(
        _ shape: AttentionShape,
        tokens: Int,
        kind: OptimizerKind,
        random: inout RandomNumbers
    ) {
        self.shape = shape
        query = DenseLayer(form: shape.queryForm, kind: kind, random: &random)
        joined = DenseLayer(form: shape.joinedForm, kind: kind, random: &random)
        expanded = DenseLayer(form: shape.expandedForm, kind: kind, random: &random)
        contracted = DenseLayer(form: shape.contractedForm, kind: kind, random: &random)
        firstNorm = TrainedNorm(shape, kind: kind)
        secondNorm = TrainedNorm(shape, kind: kind)
        trace = BlockTrace(shape, tokens: tokens)
        let layers = [query, joined, expanded, contracted]
        pieceStarts = layers.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.pieceCount) }
    }

    /// Numbers of 32 bits that a block takes.
    static func numbers(_ shape: AttentionShape, tokens: Int, kind: OptimizerKind) -> Int {
        let forms = [
            shape.queryForm, shape.joinedForm, shape.expandedForm, shape.contractedForm,
        ]
        return forms.reduce(0) { $0 + DenseLayer.numbers($1, kind: kind) }
            + 4 * LearnedBlock.numbers(shape.stride, kind: kind)
            + tokens * BlockTrace.numbers(shape)
    }

    private var layers: [DenseLayer] { [query, joined, expanded, contracted] }

    /// As the forward pass reads it.
    var pointers: AttentionBlock {
        func layer(_ layer: DenseLayer) -> AttentionBlock.Layer {
            AttentionBlock.Layer(
                layer.form,
                weights: layer.weights.weights.pointer,
                bias: layer.bias.map { UnsafePointer($0.weights.pointer) }
            )
        }
        return AttentionBlock(
            shape: shape,
            query: layer(query),
            joined: layer(joined),
            expanded: layer(expanded),
            contracted: layer(contracted),
            firstNorm: firstNorm.pointers,
            secondNorm: secondNorm.pointers
        )
    }

    /// Everything that is learnt, in the order in which graphs keep it.
    var blocks: [LearnedBlock] {
        func parts(_ layer: DenseLayer) -> [LearnedBlock] {
            [layer.weights, layer.bias].compactMap { $0 }
        }
        func parts(_ norm: TrainedNorm) -> [LearnedBlock] { [norm.gain, norm.bias] }
        return parts(query) + parts(joined) + parts(firstNorm) + parts(expanded)
            + parts(contracted) + parts(secondNorm)
    }

    /// Brings what is derived up to date after blocks were written from outside.
    func weightsChanged() {
        for layer in layers { layer.weightsChanged() }
    }

    // MARK: - Updates

    /// Pieces of an update, which may run side by side once all tokens went back.
    var pieceCount: Int { (pieceStarts.last ?? 0) + 2 }

    /// Does one piece of the update by the first `tokens` in memory.
    ///
    /// - Parameter input: `[tokens][stride]`: what they gave the block.
    func update(
        _ piece: Int,
        input: UnsafePointer<Float>,
        tokens: Int,
        _ part: BatchPart,
        _ workshop: Workshop
    ) {
        let panels = pieceStarts.last ?? 0
        guard piece < panels else {
            updateNorm(piece - panels, tokens, part)
            return
        }
        let index = (pieceStarts.firstIndex { $0 > piece } ?? 1) - 1
        let inputs: [UnsafePointer<Float>] = [
            input, UnsafePointer(trace.attended.pointer), UnsafePointer(trace.middle.pointer),
            UnsafePointer(trace.hidden.pointer),
        ]
        let deltas = [
            trace.queryDeltas, trace.joinedDeltas, trace.hiddenDeltas, trace.contractedDeltas,
        ]
        layers[index].update(
            piece - pieceStarts[index],
            input: inputs[index],
            deltas: deltas[index].pointer,
            rows: tokens,
            part,
            workshop
        )
    }

    private func updateNorm(_ index: Int, _ tokens: Int, _ part: BatchPart) {
        let norm = index == 0 ? firstNorm : secondNorm
        norm.update(
            pointers.normForm(norm.pointers, tokens: tokens),
            normalized: trace.normalized[index].pointer,
            deltas: index == 0 ? trace.middleDeltas.pointer : trace.outputDeltas.pointer,
            part
        )
    }
}
