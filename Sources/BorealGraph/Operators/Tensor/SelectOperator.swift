/// Takes each element from one of two operands, as a truth value tells.
public struct SelectOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "Select"
    /// Int64: what is not 0 takes the left.
    public let condition: TensorOperand
    /// Taken where the condition holds.
    public let left: TensorOperand
    /// Taken elsewhere, of the same element.
    public let right: TensorOperand
    /// `[width]` of the operands' element.
    public let output: TensorID
    /// Elements of a row of the answer.
    public let width: Int

    /// - Parameters: see the stored properties.
    public init(
        condition: TensorOperand,
        _ left: TensorOperand,
        _ right: TensorOperand,
        output: TensorID,
        width: Int
    ) {
        self.condition = condition
        self.left = left
        self.right = right
        self.output = output
        self.width = width
    }

    /// What it reads.
    public var inputs: [TensorID] { [condition, left, right].tensors }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the inputs and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        let operands = [condition, left, right]
        guard operands.fit(inputTypes), condition.element == .int64,
            left.element == right.element, operands.allSatisfy({ $0.covers(width) })
        else { throw .invalidGraph(reason: "selection of \(inputTypes)") }
        return [TensorType(left.element, [width])]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        switch left.element {
        case .double: select(rowCount, memory, Double.self)
        case .float: select(rowCount, memory, Float.self)
        case .int64: select(rowCount, memory, Int64.self)
        case .code: select(rowCount, memory, Int32.self)
        }
    }

    /// Element by element; all three may be constants or repeat theirs.
    private func select<Element>(_ rows: Int, _ memory: TensorMemory, _ type: Element.Type) {
        let flags = condition.base(memory, as: Int64.self)
        let a = left.base(memory, as: type)
        let b = right.base(memory, as: type)
        let target = memory.elements(output, as: type)
        for row in 0..<rows {
            let flag = flags + row * condition.rowStride
            let (x, y) = (a + row * left.rowStride, b + row * right.rowStride)
            for index in 0..<width {
                let place = condition.place(index)
                target[row * width + index] =
                    flag[place] != 0 ? x[left.place(index)] : y[right.place(index)]
            }
        }
    }
}

extension TensorOperand {
    /// Where in a row the element for an element of the answer stands.
    @inline(__always)
    func place(_ index: Int) -> Int { places.map { Int($0[index]) } ?? index * step }
}
