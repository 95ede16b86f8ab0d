import BorealGraph

extension ONNXBuilder {
    /// Products of matrices.
    mutating func matrix(_ node: ONNXNode) throws(FormatError) -> [ONNXValue]? {
        switch node.operation {
        case "MatMul": return [try product(try input(node, 0), try input(node, 1), node)]
        case "Gemm": return [try generalProduct(node)]
        default: return nil
        }
    }

    /// `alpha * A B + beta * C`.
    private mutating func generalProduct(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        var (left, right) = (try input(node, 0), try input(node, 1))
        guard left.rank == 2, right.rank == 2 else { throw node.malformed("no matrices") }
        if try node.flag("transA") { left = try transpose(left, [1, 0], node) }
        let isTurned = try node.flag("transB")
        let alpha = try node.float("alpha", default: 1)
        let beta = try node.float("beta", default: 1)
        var addend = try optionalInput(node, 2)
        if let term = addend, beta != 1 {
            let factor = constant([Double(beta)], [], term.type)
            addend = beta == 0 ? nil : try pair(.multiply, term, factor, node)
        }
        if let weights = right.constant, left.rowAxis == 0 {
            let columns = right.shape[isTurned ? 0 : 1]
            var bias: [Double] = []
            if alpha == 1, let term = addend, term.width == columns,
                term.shape.last == columns, let numbers = term.constant
            {
                bias = numbers.doubles
                addend = nil
            }
            var result = try rowProduct(
                left,
                weights.doubles,
                depth: right.shape[isTurned ? 1 : 0],
                isTurned: isTurned,
                bias: bias,
                columns: columns,
                right.type,
                node
            )
            if alpha != 1 {
                result = try pair(
                    .multiply,
                    result,
                    constant([Double(alpha)], [], result.type),
                    node
                )
            }
            guard let addend else { return result }
            return try pair(.add, result, addend, node)
        }
        if isTurned { right = try transpose(right, [1, 0], node) }
        var result = try product(left, right, node)
        if alpha != 1 {
            result = try pair(.multiply, result, constant([Double(alpha)], [], result.type), node)
        }
        guard let addend else { return result }
        return try pair(.add, result, addend, node)
    }

    /// Rows of `depth` numbers times a constant matrix.
    ///
    /// - Parameter isTurned: the matrix is `[columns][depth]` already.
    mutating func rowProduct(
        _ value: ONNXValue,
        _ weights: [Double],
        depth: Int,
        isTurned: Bool,
        bias: [Double],
        columns: Int,
        _ type: ONNXType,
        _ node: ONNXNode
    ) throws(FormatError) -> ONNXValue {
        guard value.type.isFloating, value.type == type, value.shape.last == depth,
            value.width == depth, columns > 0, weights.count == columns * depth
        else {
            throw node.malformed("rows of \(value.width) \(value.type) for \(depth) factors")
        }
        assert(bias.isEmpty || bias.count == columns, "a shift for each column")
        var factors = weights
        if !isTurned {
            for column in 0..<columns {
                for k in 0..<depth { factors[column * depth + k] = weights[k * columns + column] }
            }
        }
        let source = try tensor(of: value, node)
        var step: MatrixProductOperator
        do throws(GraphError) {
            step = try MatrixProductOperator(
                input: source,
                output: nextTensor(),
                type: types[source.index],
                weights: factors,
                bias: bias,
                width: columns
            )
        } catch { throw node.malformed("\(error)") }
        if let other = unscaled(step, value, node) { step = other }
        try append(step, node)
        return made(
            value.type,
            value.shape.dropLast() + [columns],
            value.rowAxis,
            at: step.output
        )
    }

    /// The product of the last two axes, repeated over all before.
    private mutating func product(
        _ first: ONNXValue,
        _ second: ONNXValue,
        _ node: ONNXNode
    ) throws(FormatError) -> ONNXValue {
        guard first.type == second.type, first.type.isFloating else {
            throw node.unsupported("products of \(first.type) and \(second.type)")
        }
        guard first.rank > 0, second.rank > 0 else { throw node.malformed("no matrices") }
        let summed = second.rank == 1 ? 0 : second.rank - 2
        guard first.rowAxis != first.rank - 1, second.rowAxis != summed else {
            throw node.unsupported("it sums over rows")
        }
        if let weights = second.constant, second.rank == 2, first.rowAxis != nil,
            first.width == first.shape.last
        {
            return try rowProduct(
                first,
                weights.doubles,
                depth: second.shape[0],
                isTurned: false,
                bias: [],
                columns: second.shape[1],
                second.type,
                node
            )
        }
        let left = first.rank == 1 ? first.reshaped([1] + first.shape, rowAxis: nil) : first
        let right = second.rank == 1 ? second.reshaped(second.shape + [1], rowAxis: nil) : second
        var result = try pairs(left, right, node)
        var shape = result.shape
        var rowAxis = result.rowAxis
        if second.rank == 1 { shape.removeLast() }
        if first.rank == 1 {
            let place = shape.count - (second.rank == 1 ? 1 : 2)
            shape.remove(at: place)
            rowAxis = rowAxis.map { $0 > place ? $0 - 1 : $0 }
        }
        result = result.reshaped(shape, rowAxis: rowAxis)
        return result
    }

    /// The general product: the last two axes are matrices, all before are broadcast.
    private mutating func pairs(
        _ left: ONNXValue,
        _ right: ONNXValue,
        _ node: ONNXNode
    ) throws(FormatError) -> ONNXValue {
        let (height, depth) = (left.shape[left.rank - 2], left.shape[left.rank - 1])
        let width = right.shape[right.rank - 1]
        guard right.shape[right.rank - 2] == depth else {
            throw node.malformed("\(depth) columns for \(right.shape[right.rank - 2]) rows")
        }
        // The matrices themselves are what is repeated.
        let rank = max(left.rank, right.rank)
        func frame(_ value: ONNXValue) -> ONNXValue {
            var frame = wholes([], Array(value.shape.dropLast(2)))
            frame.rowAxis = value.rowAxis.flatMap { $0 < value.rank - 2 ? $0 : nil }
            return frame
        }
        let common = try broadcast([frame(left), frame(right)], node)
        let count = common.width
        func matrix(_ operand: Int, _ index: Int) -> Int32 {
            let places = common.operands[operand].places
            let isOne = common.operands[operand].width == 1
            return places.map { $0[index] } ?? (isOne ? 0 : Int32(index))
        }
        let rowAxes = [
            common.rowAxis, left.rowAxis == left.rank - 2 ? rank - 2 : nil,
            right.rowAxis == right.rank - 1 ? rank - 1 : nil,
        ].compactMap { $0 }
        guard rowAxes.count <= 1 else { throw node.unsupported("rows stand on different axes") }
        _ = try elementCount(common.shape + [height, width], node)
        try spend(count, node)
        let output = nextTensor()
        try append(
            MatrixPairOperator(
                operand(left),
                operand(right),
                output: output,
                height: height,
                depth: depth,
                width: width,
                pairs: (0..<count).map { (matrix(0, $0), matrix(1, $0)) }
            ),
            node
        )
        return made(left.type, common.shape + [height, width], rowAxes.first, at: output)
    }
}
