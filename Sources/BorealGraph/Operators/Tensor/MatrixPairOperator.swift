/// Products of pairs of matrices, of which any may be the same for every row.
///
/// `MatrixProductOperator` is for rows times one matrix of the model; this is for all else.
public struct MatrixPairOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "MatrixPair"
    /// Double or Float: matrices `[height][depth]`, one behind the other.
    public let left: TensorOperand
    /// Same element: matrices `[depth][width]`, one behind the other.
    public let right: TensorOperand
    /// `[pairs.count * height * width]`.
    public let output: TensorID
    /// Rows of the matrices on the left.
    public let height: Int
    /// Columns of the matrices on the left.
    public let depth: Int
    /// Columns of the matrices on the right.
    public let width: Int
    /// For each matrix of the answer the matrices it is the product of.
    private let pairs: [(left: Int32, right: Int32)]

    /// - Parameters: see the stored properties.
    public init(
        _ left: TensorOperand,
        _ right: TensorOperand,
        output: TensorID,
        height: Int,
        depth: Int,
        width: Int,
        pairs: [(left: Int32, right: Int32)]
    ) {
        self.left = left
        self.right = right
        self.output = output
        self.height = height
        self.depth = depth
        self.width = width
        self.pairs = pairs
    }

    /// What it reads.
    public var inputs: [TensorID] { [left, right].tensors }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the inputs and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard [left, right].fit(inputTypes), left.element == right.element,
            left.element == .double || left.element == .float,
            pairs.allSatisfy({ pair in
                pair.left >= 0 && pair.right >= 0
                    && (Int(pair.left) + 1) * height * depth <= left.width
                    && (Int(pair.right) + 1) * depth * width <= right.width
            })
        else { throw .invalidGraph(reason: "matrix product of \(inputTypes)") }
        return [TensorType(left.element, [pairs.count * height * width])]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        if left.element == .float {
            multiply(rowCount, memory, Float.self)
        } else {
            multiply(rowCount, memory, Double.self)
        }
    }

    /// Column by column of the left, so that the inner loop runs along a row of the right.
    private func multiply<Number: GraphNumber>(
        _ rows: Int,
        _ memory: TensorMemory,
        _ type: Number.Type
    ) {
        let first = left.base(memory, as: type)
        let second = right.base(memory, as: type)
        let target = memory.elements(output, as: type)
        for row in 0..<rows {
            for (index, pair) in pairs.enumerated() {
                let a = first + row * left.rowStride + Int(pair.left) * height * depth
                let b = second + row * right.rowStride + Int(pair.right) * depth * width
                let c = target + (row * pairs.count + index) * height * width
                for i in 0..<height {
                    for j in 0..<width { c[i * width + j] = 0 }
                    for k in 0..<depth {
                        let factor = a[i * depth + k]
                        for j in 0..<width { c[i * width + j] += factor * b[k * width + j] }
                    }
                }
            }
        }
    }
}
