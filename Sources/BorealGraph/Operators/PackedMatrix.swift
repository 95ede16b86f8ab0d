import CKernels

/// A matrix of `Float` in the layout that products read it in: panels of sixteen columns, each row
/// by row, the last one filled up with zeros.
package struct PackedMatrix: Sendable {
    /// Columns of a panel.
    package static let panelWidth = Int(boreal_panel)

    /// The whole panels that so many columns take, in columns.
    package static func padded(_ columns: Int) -> Int {
        (columns + panelWidth - 1) / panelWidth * panelWidth
    }

    /// Where an element of a packed matrix lies.
    @inline(__always)
    package static func place(row: Int, column: Int, rows: Int) -> Int {
        (column / panelWidth * rows + row) * panelWidth + column % panelWidth
    }

    /// Rows: the depth of a product.
    package let rows: Int
    /// Columns: the answers of a product.
    package let columns: Int
    private let values: [Float]
    /// `[padded(columns)]`, or empty.
    private let bias: [Float]

    /// - Parameters:
    ///   - weights: `[columns][rows]`, rounded to 32 bits here.
    ///   - bias: `[columns]` or empty.
    package init(_ weights: [Double], bias: [Double], rows: Int, columns: Int) {
        precondition(weights.count == rows * columns, "a matrix of other extents")
        precondition(bias.isEmpty || bias.count == columns, "a bias of other extents")
        self.rows = rows
        self.columns = columns
        let width = Self.padded(columns)
        var values = [Float](repeating: 0, count: width * rows)
        for column in 0..<columns {
            for row in 0..<rows {
                let place = Self.place(row: row, column: column, rows: rows)
                values[place] = Float(weights[column * rows + row])
            }
        }
        self.values = values
        self.bias =
            bias.isEmpty
            ? [] : bias.map { Float($0) } + [Float](repeating: 0, count: width - columns)
    }

    /// Rows times the matrix, plus the bias.
    ///
    /// - Parameters:
    ///   - source: `[count][rows]`
    ///   - target: `[count][columns]`
    package func multiply(
        _ source: UnsafePointer<Float>,
        rows count: Int,
        into target: UnsafeMutablePointer<Float>
    ) {
        values.withUnsafeBufferPointer { values in
            bias.withUnsafeBufferPointer { bias in
                var product = boreal_product()
                product.a = source
                product.a_row = rows
                product.a_depth = 1
                product.b = values.baseAddress
                product.b_panel = rows * Self.panelWidth
                product.b_depth = Self.panelWidth
                product.c = target
                product.c_panel = Self.panelWidth
                product.c_row = columns
                product.bias = bias.isEmpty ? nil : bias.baseAddress
                product.rows = Int64(count)
                product.columns = Int64(columns)
                product.depth = Int64(rows)
                boreal_multiply(&product)
            }
        }
    }
}
