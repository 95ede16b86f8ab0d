package import CKernels

/// The extents of a dense layer `y = x W + b` and how its weights are packed: panels of sixteen
/// outputs, each input after input, filled up with zeros.
package struct DenseForm: Equatable, Sendable {
    /// Where each number of a row stands that the layer reads; ascending.
    package let inputPlaces: [Int]
    /// Where each number of a row stands that it writes; ascending.
    package let outputPlaces: [Int]
    /// From row to row of what it reads.
    package let inputStride: Int
    /// From row to row of what it writes.
    package let outputStride: Int

    /// Numbers that stand one behind the other.
    package init(inputWidth: Int, outputWidth: Int) {
        self.init(inputPlaces: Array(0..<inputWidth), outputPlaces: Array(0..<outputWidth))
    }

    /// Numbers with gaps between them, which are and stay zero.
    package init(inputPlaces: [Int], outputPlaces: [Int]) {
        precondition(!inputPlaces.isEmpty && !outputPlaces.isEmpty, "a layer without numbers")
        self.inputPlaces = inputPlaces
        self.outputPlaces = outputPlaces
        inputStride = PackedMatrix.padded((inputPlaces.last ?? 0) + 1)
        outputStride = PackedMatrix.padded((outputPlaces.last ?? 0) + 1)
    }

    /// Numbers of a row from the first to the last that it reads.
    package var depth: Int { (inputPlaces.last ?? 0) + 1 }
    /// Numbers of a row from the first to the last that it writes.
    package var width: Int { (outputPlaces.last ?? 0) + 1 }
    /// Numbers of the packed weights.
    package var weightCount: Int { inputStride * outputStride }

    /// Where the factor of an input in an output lies among the packed weights.
    @inline(__always)
    package func place(input: Int, output: Int) -> Int {
        PackedMatrix.place(
            row: inputPlaces[input],
            column: outputPlaces[output],
            rows: inputStride
        )
    }

    /// The product that computes some rows.
    ///
    /// - Parameters:
    ///   - weights: `[outputStride / 16][inputStride][16]`
    ///   - bias: `[outputStride]`; nil for zeros.
    ///   - input: `[rows][inputStride]`
    ///   - output: `[rows][outputStride]`
    package func product(
        _ input: UnsafePointer<Float>,
        rows: Int,
        weights: UnsafePointer<Float>,
        bias: UnsafePointer<Float>?,
        into output: UnsafeMutablePointer<Float>
    ) -> boreal_product {
        var product = boreal_product()
        product.a = input
        product.a_row = inputStride
        product.a_depth = 1
        product.b = weights
        product.b_panel = inputStride * PackedMatrix.panelWidth
        product.b_depth = PackedMatrix.panelWidth
        product.c = output
        product.c_panel = PackedMatrix.panelWidth
        product.c_row = outputStride
        product.bias = bias
        product.rows = Int64(rows)
        product.columns = Int64(outputStride)
        product.depth = Int64(depth)
        return product
    }
}
