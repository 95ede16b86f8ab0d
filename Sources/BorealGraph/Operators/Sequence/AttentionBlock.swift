package import CKernels

/// A block of a transformer's encoder over the tokens of one sequence (Vaswani and others 2017, the
/// form of section 3.1): attention of several heads, then two dense layers with a rectifier between
/// them, each with what it read added and normalised.
///
/// It holds pointers: training and prediction compute with the same code, whoever owns the weights.
package struct AttentionBlock {
    /// Packed weights and bias of a dense layer.
    package struct Layer {
        package let form: DenseForm
        package let weights: UnsafePointer<Float>
        package let bias: UnsafePointer<Float>?

        package init(
            _ form: DenseForm,
            weights: UnsafePointer<Float>,
            bias: UnsafePointer<Float>?
        ) {
            self.form = form
            self.weights = weights
            self.bias = bias
        }
    }

    /// Gain and bias of a norm, `[stride]` each.
    package struct Norm {
        package let gain: UnsafePointer<Float>
        package let bias: UnsafePointer<Float>

        package init(gain: UnsafePointer<Float>, bias: UnsafePointer<Float>) {
            self.gain = gain
            self.bias = bias
        }
    }

    /// What the gradient of a norm needs.
    package struct NormTrace {
        /// `[tokens][stride]`
        package let normalized: UnsafeMutablePointer<Float>
        /// `[tokens]`
        package let scales: UnsafeMutablePointer<Float>

        package init(
            normalized: UnsafeMutablePointer<Float>,
            scales: UnsafeMutablePointer<Float>
        ) {
            self.normalized = normalized
            self.scales = scales
        }
    }

    /// Where the numbers of the tokens of one sequence go.
    package struct Places {
        /// `[tokens][queryStride]`
        package var queries: UnsafeMutablePointer<Float>
        /// `[tokens][joinedStride]`
        package var attended: UnsafeMutablePointer<Float>
        /// `[heads][tokens]`: see `boreal_attention_shares`.
        package var peaks: UnsafeMutablePointer<Float>
        /// `[heads][tokens]`
        package var factors: UnsafeMutablePointer<Float>
        /// `[tokens][stride]`: behind attention and norm.
        package var middle: UnsafeMutablePointer<Float>
        /// `[tokens][hiddenStride]`
        package var hidden: UnsafeMutablePointer<Float>
        /// `[tokens][stride]`
        package var output: UnsafeMutablePointer<Float>
        /// What the first norm leaves for its gradient; nil where none is wanted.
        package var firstTrace: NormTrace?
        /// The same of the second one.
        package var secondTrace: NormTrace?

        package init(
            queries: UnsafeMutablePointer<Float>,
            attended: UnsafeMutablePointer<Float>,
            peaks: UnsafeMutablePointer<Float>,
            factors: UnsafeMutablePointer<Float>,
            middle: UnsafeMutablePointer<Float>,
            hidden: UnsafeMutablePointer<Float>,
            output: UnsafeMutablePointer<Float>
        ) {
            self.queries = queries
            self.attended = attended
            self.peaks = peaks
            self.factors = factors
            self.middle = middle
            self.hidden = hidden
            self.output = output
        }
    }

    /// Queries that are looked at together: their scores stay in the nearest cache for sequences of
    /// some hundred tokens.
    package static let queryRows = 64

    package let shape: AttentionShape
    package let query: Layer
    package let joined: Layer
    package let expanded: Layer
    package let contracted: Layer
    package let firstNorm: Norm
    package let secondNorm: Norm

    /// - Parameters: see the stored properties.
    package init(
        shape: AttentionShape,
        query: Layer,
        joined: Layer,
        expanded: Layer,
        contracted: Layer,
        firstNorm: Norm,
        secondNorm: Norm
    ) {
        self.shape = shape
        self.query = query
        self.joined = joined
        self.expanded = expanded
        self.contracted = contracted
        self.firstNorm = firstNorm
        self.secondNorm = secondNorm
    }

    /// Numbers that `forward` works in for sequences of so many tokens.
    package static func scratchCount(_ shape: AttentionShape, tokens: Int) -> Int {
        PackedMatrix.padded(tokens) * (shape.headStride + queryRows)
    }

    /// Computes the output of all tokens of a sequence.
    ///
    /// - Parameters:
    ///   - input: `[tokens][stride]`
    ///   - scratch: `scratchCount` numbers.
    ///   - multiply: runs a product; whoever wants to stop leaves some out.
    package func forward(
        _ input: UnsafePointer<Float>,
        tokens: Int,
        _ places: Places,
        scratch: UnsafeMutablePointer<Float>,
        multiply: (boreal_product) -> Void
    ) {
        multiply(product(query, input, tokens, places.queries))
        for head in 0..<shape.heads {
            attend(head, tokens, places, scratch, multiply)
        }
        multiply(product(joined, places.attended, tokens, places.output))
        normalize(firstNorm, input, tokens, places, places.firstTrace, into: places.middle)
        multiply(product(expanded, places.middle, tokens, places.hidden))
        boreal_rectify(places.hidden, Int64(tokens * shape.hiddenStride))
        multiply(product(contracted, places.hidden, tokens, places.output))
        normalize(
            secondNorm,
            places.middle,
            tokens,
            places,
            places.secondTrace,
            into: places.output
        )
    }

    private func product(
        _ layer: Layer,
        _ input: UnsafePointer<Float>,
        _ tokens: Int,
        _ output: UnsafeMutablePointer<Float>
    ) -> boreal_product {
        layer.form.product(
            input,
            rows: tokens,
            weights: layer.weights,
            bias: layer.bias,
            into: output
        )
    }

    /// Adds `input` to what stands in the output, and normalises.
    private func normalize(
        _ norm: Norm,
        _ input: UnsafePointer<Float>,
        _ tokens: Int,
        _ places: Places,
        _ trace: NormTrace?,
        into result: UnsafeMutablePointer<Float>
    ) {
        var form = normForm(norm, tokens: tokens)
        boreal_normalize(
            &form,
            input,
            places.output,
            trace?.normalized,
            trace?.scales,
            result
        )
    }

    /// A norm over so many tokens, as the kernels take it.
    package func normForm(_ norm: Norm, tokens: Int) -> boreal_layer_norm {
        boreal_layer_norm(
            gain: norm.gain,
            bias: norm.bias,
            stride: shape.stride,
            rows: Int64(tokens),
            width: Int32(truncatingIfNeeded: shape.width)
        )
    }

    /// One head: shares of all tokens by softmax, and the sum of their values by these.
    private func attend(
        _ head: Int,
        _ tokens: Int,
        _ places: Places,
        _ scratch: UnsafeMutablePointer<Float>,
        _ multiply: (boreal_product) -> Void
    ) {
        let panels = scratch
        let scores = scratch + PackedMatrix.padded(tokens) * shape.headStride
        let start = head * shape.headStride
        let keys = places.queries + shape.joinedStride + start
        boreal_pack_rows(
            keys,
            shape.queryStride,
            Int64(tokens),
            Int32(truncatingIfNeeded: shape.headStride),
            panels
        )
        for first in Swift.stride(from: 0, to: tokens, by: Self.queryRows) {
            let rows = min(Self.queryRows, tokens - first)
            multiply(scoreProduct(head, first, rows, tokens, places, panels, scores))
            boreal_attention_shares(
                scores,
                PackedMatrix.padded(tokens),
                Int64(rows),
                Int64(tokens),
                shape.scoreScale,
                places.peaks + head * tokens + first,
                places.factors + head * tokens + first
            )
            var product = boreal_product()
            product.a = UnsafePointer(scores)
            product.a_row = PackedMatrix.padded(tokens)
            product.a_depth = 1
            product.b = UnsafePointer(places.queries + 2 * shape.joinedStride + start)
            product.b_panel = PackedMatrix.panelWidth
            product.b_depth = shape.queryStride
            product.c = places.attended + first * shape.joinedStride + start
            product.c_panel = PackedMatrix.panelWidth
            product.c_row = shape.joinedStride
            product.rows = Int64(rows)
            product.columns = Int64(shape.headStride)
            product.depth = Int64(tokens)
            multiply(product)
        }
    }

    /// Scores of some queries of a head with all keys, before the softmax.
    ///
    /// - Parameters:
    ///   - panels: the head's keys as `boreal_pack_rows` packs them.
    ///   - scores: `[rows][padded tokens]`
    package func scoreProduct(
        _ head: Int,
        _ first: Int,
        _ rows: Int,
        _ tokens: Int,
        _ places: Places,
        _ panels: UnsafePointer<Float>,
        _ scores: UnsafeMutablePointer<Float>
    ) -> boreal_product {
        var product = boreal_product()
        let queries = places.queries + first * shape.queryStride + head * shape.headStride
        product.a = UnsafePointer(queries)
        product.a_row = shape.queryStride
        product.a_depth = 1
        product.b = panels
        product.b_panel = shape.headStride * PackedMatrix.panelWidth
        product.b_depth = PackedMatrix.panelWidth
        product.c = scores
        product.c_panel = PackedMatrix.panelWidth
        product.c_row = PackedMatrix.padded(tokens)
        product.rows = Int64(rows)
        product.columns = Int64(PackedMatrix.padded(tokens))
        product.depth = Int64(shape.headWidth)
        return product
    }
}
