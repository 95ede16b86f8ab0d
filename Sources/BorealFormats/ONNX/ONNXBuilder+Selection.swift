import BorealGraph

extension ONNXBuilder {
    /// Operators that find the greatest, and shares of all.
    mutating func selection(_ node: ONNXNode) throws(FormatError) -> [ONNXValue]? {
        switch node.operation {
        case "ArgMax": return [try extremePlace(node, isGreatest: true)]
        case "ArgMin": return [try extremePlace(node, isGreatest: false)]
        case "TopK": return try top(node)
        case "OneHot": return [try oneHot(node)]
        case "Softmax": return [try softmax(.shares, node)]
        case "LogSoftmax": return [try softmax(.logarithms, node)]
        case "Hardmax": return [try softmax(.hard, node)]
        default: return nil
        }
    }

    /// `ArgMax` and `ArgMin`. The place of the greatest score is a class, that of the least
    /// distance a
    /// group, which is what outputs are judged by.
    private mutating func extremePlace(
        _ node: ONNXNode,
        isGreatest: Bool
    ) throws(FormatError) -> ONNXValue {
        let value = try input(node, 0)
        let axis = try innerAxis(try node.integer("axis", default: 0), of: value, node)
        guard value.type != .string, value.shape[axis] > 0 else {
            throw node.malformed("nothing to compare")
        }
        let source = try tensor(of: value, node)
        let output = nextTensor()
        try append(
            ExtremePlaceOperator(
                input: source,
                output: output,
                shape: TensorBlock(value.shape, along: axis),
                element: value.element,
                isGreatest: isGreatest,
                takesLast: try node.flag("select_last_index")
            ),
            node
        )
        var shape = value.shape
        shape[axis] = 1
        var result = made(.int64, shape, value.rowAxis, at: output)
        if try !node.flag("keepdims", default: true) {
            shape.remove(at: axis)
            result = result.reshaped(
                shape,
                rowAxis: value.rowAxis.map { $0 > axis ? $0 - 1 : $0 }
            )
        }
        if isGreatest, result.width == 1 {
            result.labels = .integer((0..<Int64(value.shape[axis])).map { $0 })
        }
        result.isNearest = !isGreatest
        return result
    }

    /// `TopK`: how many is an attribute before version 10 and a constant input from then on.
    private mutating func top(_ node: ONNXNode) throws(FormatError) -> [ONNXValue] {
        let value = try input(node, 0)
        let axis = try innerAxis(try node.integer("axis", default: -1), of: value, node)
        var kept = try node.integer("k", default: 0)
        if let count = try optionalInput(node, 1) {
            kept = Int(try integers(count, node).first ?? 0)
        }
        guard kept >= 0, kept <= value.shape[axis], value.type != .string else {
            throw node.malformed("\(kept) of \(value.shape[axis]) numbers")
        }
        let source = try tensor(of: value, node)
        let (values, places) = (nextTensor(), nextTensor(1))
        try append(
            TopOperator(
                input: source,
                values: values,
                places: places,
                shape: TensorBlock(value.shape, along: axis),
                element: value.element,
                kept: kept,
                isGreatest: try node.flag("largest", default: true)
            ),
            node
        )
        var shape = value.shape
        shape[axis] = kept
        return [
            made(value.type, shape, value.rowAxis, at: values),
            made(.int64, shape, value.rowAxis, at: places),
        ]
    }

    /// Positions compared with all that there may be.
    private mutating func oneHot(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        let index = try convert(try input(node, 0), to: .int64, node)
        let (depth, choices) = (try input(node, 1), try input(node, 2))
        guard let count = depth.constant?.doubles.first, count >= 1,
            count <= Double(FormatLimits.onnxElementsMax), choices.width == 2,
            choices.rowAxis == nil
        else { throw node.malformed("no depth") }
        let rank = index.rank + 1
        let place = try axis(try node.integer("axis", default: -1), rank: rank, node)
        var shape = index.shape
        shape.insert(1, at: place)
        let rowAxis = index.rowAxis.map { $0 >= place ? $0 + 1 : $0 }
        let wide = index.reshaped(shape, rowAxis: rowAxis)
        try spend(2 * Int(count), node)
        var frame = Array(repeating: 1, count: rank)
        frame[place] = Int(count)
        let all = wholes((0..<Int64(count)).map { $0 }, frame)
        let fromEnd = wholes((0..<Int64(count)).map { $0 - Int64(count) }, frame)
        let isFront = try pair(.equal, wide, all, node)
        let isHit = try pair(.or, isFront, try pair(.equal, wide, fromEnd, node), node)
        let off = try take([0], of: choices.reshaped([2], rowAxis: nil), along: 0, node)
        let on = try take([1], of: choices.reshaped([2], rowAxis: nil), along: 0, node)
        return try choose(isHit, on, off, node)
    }

    /// Before version 13 all axes from `axis` on are one; from then on it is that axis alone.
    private mutating func softmax(
        _ form: SoftmaxOperator.Form,
        _ node: ONNXNode
    ) throws(FormatError) -> ONNXValue {
        let value = try input(node, 0)
        let isOld = operatorSet < 13
        let place = try node.integer("axis", default: isOld ? 1 : -1)
        let axis = try axis(place, rank: value.rank, node)
        guard value.rowAxis.map({ isOld ? $0 < axis : $0 != axis }) ?? true,
            value.type.isFloating
        else { throw node.unsupported("it works across rows") }
        var block = TensorBlock(value.shape, along: axis)
        if isOld {
            block = TensorBlock(outer: block.outer, count: block.count * block.inner, inner: 1)
        }
        let source = try tensor(of: value, node)
        let output = nextTensor()
        try append(
            SoftmaxOperator(
                form,
                input: source,
                output: output,
                shape: block,
                element: value.element
            ),
            node
        )
        return made(value.type, value.shape, value.rowAxis, at: output)
    }
}
