/// Puts elements of one or several operands into a new order: whatever slices, joins, repeats,
/// turns or spreads tensors without changing a number.
public struct RearrangeOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "Rearrange"

    /// A run of elements of the answer and where they come from.
    struct Piece: Equatable, Sendable {
        var operand: Int
        /// First element in a row of the operand.
        var from: Int
        /// First element in a row of the answer.
        var to: Int
        /// Elements.
        var count: Int
    }

    /// All of one kind of element; their `places` tell nothing here.
    public let operands: [TensorOperand]
    /// `[width]` of that kind.
    public let output: TensorID
    private let pieces: [Piece]
    private let width: Int

    /// - Parameters:
    ///   - sources: for each element of the answer an operand and a position in its row.
    public init(
        operands: [TensorOperand],
        output: TensorID,
        sources: [(operand: Int, place: Int)]
    ) {
        self.operands = operands
        self.output = output
        width = sources.count
        var pieces: [Piece] = []
        for (index, source) in sources.enumerated() {
            if let last = pieces.last, last.operand == source.operand,
                last.from + last.count == source.place
            {
                pieces[pieces.count - 1].count += 1
            } else {
                pieces.append(
                    Piece(operand: source.operand, from: source.place, to: index, count: 1)
                )
            }
        }
        self.pieces = pieces
    }

    /// What it reads.
    public var inputs: [TensorID] { operands.tensors }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the inputs and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard let element = operands.first?.element, operands.fit(inputTypes),
            operands.allSatisfy({ $0.element == element }),
            pieces.allSatisfy({ piece in
                operands.indices.contains(piece.operand) && piece.from >= 0
                    && piece.from + piece.count <= operands[piece.operand].width
            })
        else { throw .invalidGraph(reason: "rearrangement of \(inputTypes)") }
        return [TensorType(element, [width])]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        switch operands.first?.element {
        case .double: move(rowCount, memory, Double.self)
        case .float: move(rowCount, memory, Float.self)
        case .int64: move(rowCount, memory, Int64.self)
        case .code: move(rowCount, memory, Int32.self)
        case nil: break
        }
    }

    /// Piece by piece, as pieces are long where axes are joined or sliced.
    private func move<Element>(_ rows: Int, _ memory: TensorMemory, _ type: Element.Type) {
        let target = memory.elements(output, as: type)
        for piece in pieces {
            let operand = operands[piece.operand]
            let source = operand.base(memory, as: type) + piece.from
            let stride = operand.rowStride
            for row in 0..<rows {
                let (from, to) = (source + row * stride, target + row * width + piece.to)
                for index in 0..<piece.count { to[index] = from[index] }
            }
        }
    }
}
