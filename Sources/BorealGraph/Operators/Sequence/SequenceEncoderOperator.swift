import CKernels

/// The weights of an encoder as files keep them, without filling.
package struct EncoderWeights: Equatable, Sendable {
    /// `[tableRows][width]`
    package var table: [Float]
    /// `[positionRows][width]`
    package var positions: [Float]
    /// By block: the queries' weights `[3 width][width]` and bias, those of the joined heads
    /// `[width][width]`, gain and bias of the first norm, the wider layer's weights
    /// `[hidden][width]` and bias, the narrower one's `[width][hidden]` and bias, and gain and bias
    /// of the second norm.
    package var blocks: [[Float]]

    package init(table: [Float], positions: [Float], blocks: [[Float]]) {
        self.table = table
        self.positions = positions
        self.blocks = blocks
    }
}

/// Reads a feature of sequences: what `EncoderShape` describes, from the ids of a row to what all
/// tokens say together. Each sequence is worked on with the tokens it has; there is no padding.
public struct SequenceEncoderOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "SequenceEncoder"
    /// The feature that is read.
    public let source: ListSource
    /// Float: `[2 * width]`.
    public let output: TensorID
    let weights: EncoderWeights
    private let encoder: PackedEncoder

    /// - Throws: `GraphError.invalidGraph` when the weights are not as many as the shape needs.
    package init(
        source: ListSource,
        output: TensorID,
        shape: EncoderShape,
        weights: EncoderWeights
    ) throws(GraphError) {
        let width = shape.attention.width
        guard weights.table.count == shape.tableRows * width,
            weights.positions.count == shape.positionRows * width,
            weights.blocks.count == shape.blocks,
            weights.blocks.allSatisfy({ $0.count == shape.attention.weightCount })
        else { throw .invalidGraph(reason: "an encoder of \(shape) with other weights") }
        self.source = source
        self.output = output
        self.weights = weights
        encoder = PackedEncoder(shape, weights)
    }

    /// Its extents.
    package var shape: EncoderShape { encoder.shape }
    /// What it reads.
    public var inputs: [TensorID] { [source.input] }
    /// What it writes.
    public var outputs: [TensorID] { [output] }
    /// What the tokens of a row take while it is worked on.
    public var rowScratchBytes: Int { 4 * encoder.scratchCount(tokens: shape.tokensMax) }

    /// Checks the input and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        try source.check(inputTypes)
        return [TensorType(.float, [shape.pooledWidth])]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        let target = memory.elements(output, as: Float.self)
        let width = shape.pooledWidth
        source.forEach(memory, rowCount: rowCount) { row, list in
            encoder.run(list, into: target + row * width)
        }
    }
}

/// An encoder's weights as products read them.
private final class PackedEncoder: Sendable {
    let shape: EncoderShape
    private let table: FloatBuffer
    private let positions: FloatBuffer
    /// By block: weights and bias of its four layers, gain and bias of its two norms.
    private let blocks: [[FloatBuffer]]

    init(_ shape: EncoderShape, _ weights: EncoderWeights) {
        self.shape = shape
        table = Self.lines(weights.table, shape.attention)
        positions = Self.lines(weights.positions, shape.attention)
        blocks = weights.blocks.map { Self.block($0, shape.attention) }
    }

    /// Rows filled up to the stride of tokens.
    private static func lines(_ values: [Float], _ shape: AttentionShape) -> FloatBuffer {
        let buffer = FloatBuffer(count: values.count / shape.width * shape.stride)
        for (index, value) in values.enumerated() {
            buffer.pointer[index / shape.width * shape.stride + index % shape.width] = value
        }
        return buffer
    }

    private static func block(_ values: [Float], _ shape: AttentionShape) -> [FloatBuffer] {
        var rest = values[...]
        func layer(_ form: DenseForm) -> [FloatBuffer] {
            let weights = FloatBuffer(count: form.weightCount)
            let bias = FloatBuffer(count: form.outputStride)
            for output in form.outputPlaces.indices {
                for input in form.inputPlaces.indices {
                    weights.pointer[form.place(input: input, output: output)] = rest.removeFirst()
                }
            }
            for place in form.outputPlaces { bias.pointer[place] = rest.removeFirst() }
            return [weights, bias]
        }
        func norm() -> [FloatBuffer] {
            (0..<2).map { _ in
                let buffer = FloatBuffer(count: shape.stride)
                for i in 0..<shape.width { buffer.pointer[i] = rest.removeFirst() }
                return buffer
            }
        }
        let attention = layer(shape.queryForm) + layer(shape.joinedForm)
        let firstNorm = norm()
        let dense = layer(shape.expandedForm) + layer(shape.contractedForm)
        return attention + dense + firstNorm + norm()
    }

    /// As the forward pass reads a block; its buffers must outlive the answer.
    private func pointers(_ parts: [FloatBuffer]) -> AttentionBlock {
        let shape = shape.attention
        func layer(_ form: DenseForm, _ index: Int) -> AttentionBlock.Layer {
            AttentionBlock.Layer(
                form,
                weights: parts[index].pointer,
                bias: parts[index + 1].pointer
            )
        }
        func norm(_ index: Int) -> AttentionBlock.Norm {
            AttentionBlock.Norm(gain: parts[index].pointer, bias: parts[index + 1].pointer)
        }
        return AttentionBlock(
            shape: shape,
            query: layer(shape.queryForm, 0),
            joined: layer(shape.joinedForm, 2),
            expanded: layer(shape.expandedForm, 4),
            contracted: layer(shape.contractedForm, 6),
            firstNorm: norm(8),
            secondNorm: norm(10)
        )
    }

    /// Numbers that a sequence of so many tokens takes while it is worked on.
    func scratchCount(tokens: Int) -> Int {
        let shape = shape.attention
        let each =
            3 * shape.stride + shape.queryStride + shape.joinedStride + shape.hiddenStride
            + 2 * shape.heads
        return tokens * each + AttentionBlock.scratchCount(shape, tokens: tokens)
    }

    /// What all tokens of a sequence say together.
    ///
    /// - Parameter result: `[pooledWidth]`
    func run(_ list: UnsafeBufferPointer<Float>, into result: UnsafeMutablePointer<Float>) {
        let tokens = shape.tokens(of: list)
        let attention = shape.attention
        let scratch = FloatBuffer(count: scratchCount(tokens: tokens))
        var next = scratch.pointer
        func take(_ width: Int) -> UnsafeMutablePointer<Float> {
            defer { next += tokens * width }
            return next
        }
        let values = take(attention.stride)
        let places = AttentionBlock.Places(
            queries: take(attention.queryStride),
            attended: take(attention.joinedStride),
            peaks: take(attention.heads),
            factors: take(attention.heads),
            middle: take(attention.stride),
            hidden: take(attention.hiddenStride),
            output: take(attention.stride)
        )
        shape.embed(
            list,
            table: table.pointer,
            positions: positions.pointer,
            into: values
        )
        for parts in blocks where tokens > 0 {
            pointers(parts).forward(
                values,
                tokens: tokens,
                places,
                scratch: next
            ) { product in
                var product = product
                boreal_multiply(&product)
            }
            values.update(from: places.output, count: tokens * attention.stride)
        }
        shape.pool(values, tokens: tokens, into: result)
        withExtendedLifetime(scratch) {}
    }
}
