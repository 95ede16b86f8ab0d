import BorealGraph

extension ONNXBuilder {
    /// Stands for the number of rows in whole numbers that nodes compute shapes with, so that
    /// `Shape`, and what is gathered and multiplied of it, can be followed to a `Reshape`.
    static let rowCount: Int64 = 1_099_511_627_791

    /// Operators that move elements and change none.
    mutating func arrangement(_ node: ONNXNode) throws(FormatError) -> [ONNXValue]? {
        switch node.operation {
        case "Identity": return [try input(node, 0)]
        case "Dropout":
            guard node.outputs.dropFirst().allSatisfy(\.isEmpty) else {
                throw node.unsupported("its mask")
            }
            return [try input(node, 0)]
        case "Constant": return [try constantNode(node)]
        case "ConstantOfShape": return [try filled(node)]
        case "Shape": return [try shape(node)]
        case "Size":
            let value = try input(node, 0)
            let rows = value.rowAxis == nil ? 1 : Self.rowCount
            let count = Int64(value.width).multipliedReportingOverflow(by: rows)
            guard !count.overflow else { throw node.unsupported("\(value.width) elements a row") }
            return [wholes([count.partialValue], [])]
        case "Range": return [try range(node)]
        case "Reshape":
            let target = try integers(try shapeInput(node), node)
            let isLiteral = try node.flag("allowzero")
            return [try reshape(try input(node, 0), to: target, isLiteral, node)]
        case "Flatten": return [try flatten(node)]
        case "Squeeze": return [try squeeze(node)]
        case "Unsqueeze": return [try unsqueeze(node)]
        case "Transpose":
            let value = try input(node, 0)
            var order = node.integers("perm").map { Int($0) }
            if order.isEmpty { order = value.shape.indices.reversed() }
            return [try transpose(value, order, node)]
        case "Concat": return [try concatenate(node)]
        case "Expand": return [try expand(node)]
        case "Tile": return [try tile(node)]
        case "Pad": return [try pad(node)]
        default: return try slicing(node)
        }
    }

    /// Whole numbers as a constant.
    func wholes(_ numbers: [Int64], _ shape: [Int]) -> ONNXValue {
        ONNXValue(
            type: .int64,
            shape: shape,
            rowAxis: nil,
            source: .constant(TensorConstant(numbers))
        )
    }

    /// Before version 5 the shape is an attribute.
    private func shapeInput(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        let attribute = node.integers("shape")
        guard attribute.isEmpty else { return wholes(attribute, [attribute.count]) }
        return try input(node, 1)
    }

    /// Extents with the number of rows among them as shape and axis of one row.
    private func extents(
        _ numbers: [Int64],
        _ node: ONNXNode
    ) throws(FormatError) -> (shape: [Int], rowAxis: Int?) {
        var rowAxis: Int?
        var shape: [Int] = []
        for (axis, number) in numbers.enumerated() {
            if number == Self.rowCount, rowAxis == nil {
                rowAxis = axis
                shape.append(1)
            } else {
                shape.append(Int(number))
            }
        }
        _ = try elementCount(shape, node)
        return (shape, rowAxis)
    }

    /// `Constant`: exactly one attribute, whose name tells the type.
    private mutating func constantNode(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        for (name, attribute) in node.attributes {
            let tensor: ONNXConstant
            switch name {
            case "value":
                guard let value = attribute.tensor else { throw node.malformed("no tensor") }
                tensor = value
            case "value_float":
                let value = try node.float(name, default: 0)
                tensor = ONNXConstant(numbers: .floats([value]))
            case "value_floats":
                let count = attribute.floats.count
                tensor = ONNXConstant(shape: [count], numbers: .floats(attribute.floats))
            case "value_int":
                let value = try node.integer(name) ?? 0
                tensor = ONNXConstant(type: .int64, numbers: .integers([value]))
            case "value_ints":
                let values = attribute.integers
                tensor = ONNXConstant(
                    type: .int64,
                    shape: [values.count],
                    numbers: .integers(values)
                )
            case "value_string":
                let value = node.string(name)
                tensor = ONNXConstant(type: .string, numbers: .strings([value]))
            case "value_strings":
                let values = attribute.strings
                tensor = ONNXConstant(
                    type: .string,
                    shape: [values.count],
                    numbers: .strings(values)
                )
            default: throw node.unsupported("'\(name)'")
            }
            return constant(tensor)
        }
        throw node.malformed("a constant without value")
    }

    /// `ConstantOfShape`: one value, 0 of 32 bits unless another is given, as often as asked for.
    private mutating func filled(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        let extents = try extents(try integers(try input(node, 0), node), node)
        let one = node.tensor("value") ?? ONNXConstant(shape: [1], numbers: .floats([0]))
        guard one.count == 1 else { throw node.malformed("a value of \(one.count) elements") }
        let count = try elementCount(extents.shape, node)
        try spend(count, node)
        let places = Array(repeating: 0, count: count)
        return try rearrange(
            constant(one),
            places: places,
            shape: extents.shape,
            rowAxis: extents.rowAxis,
            node
        )
    }

    /// `Shape`: a constant, with a mark where the number of rows stands; from version 15 on part of
    /// it.
    private func shape(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        let value = try input(node, 0)
        var extents = value.shape.map { Int64($0) }
        if let axis = value.rowAxis { extents[axis] = Self.rowCount }
        let start = try node.integer("start", default: 0)
        let end = try node.integer("end", default: extents.count)
        let first = min(max(start < 0 ? start + extents.count : start, 0), extents.count)
        let last = min(max(end < 0 ? end + extents.count : end, first), extents.count)
        return wholes(Array(extents[first..<last]), [last - first])
    }

    /// `Range`: numbers from start to end, which are known when the file is read.
    private mutating func range(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        var ends: [Double] = []
        let type = try input(node, 0).type
        for position in 0..<3 {
            guard let value = try input(node, position).constant?.doubles.first else {
                throw node.unsupported("ends that depend on the values of rows")
            }
            ends.append(value)
        }
        let steps = ((ends[1] - ends[0]) / ends[2]).rounded(.up)
        guard steps.isFinite, steps <= Double(FormatLimits.onnxElementsMax) else {
            throw node.malformed("a range of \(steps) numbers")
        }
        let count = Int(max(0, steps))
        try spend(count, node)
        return constant((0..<count).map { ends[0] + Double($0) * ends[2] }, [count], type)
    }

    // MARK: - Shapes

    /// Another shape for the same elements in the same order; the rows stay an axis of their own.
    mutating func reshape(
        _ value: ONNXValue,
        to target: [Int64],
        _ isLiteral: Bool,
        _ node: ONNXNode
    ) throws(FormatError) -> ONNXValue {
        var shape: [Int] = []
        var rowAxis: Int?
        var open: Int?
        for (axis, extent) in target.enumerated() {
            let copiesRows = extent == 0 && !isLiteral && axis == value.rowAxis
            if copiesRows || extent == Self.rowCount, value.rowAxis != nil, rowAxis == nil {
                rowAxis = axis
                shape.append(1)
            } else if extent == 0, !isLiteral {
                guard axis < value.rank else { throw node.malformed("no extent to copy") }
                shape.append(value.shape[axis])
            } else if extent == -1, open == nil {
                open = axis
                shape.append(1)
            } else {
                guard extent >= 0, extent < 1 << 32 else {
                    throw node.malformed("the extent \(extent)")
                }
                shape.append(Int(extent))
            }
        }
        let known = try elementCount(shape, node)
        if value.rowAxis != nil, rowAxis == nil {
            rowAxis = try axisOfRows(value, shape, open, known, node)
            if open == rowAxis { open = nil }
        }
        if let open {
            guard known > 0, value.width % known == 0 else {
                throw node.malformed("\(value.width) elements in the shape \(target)")
            }
            shape[open] = value.width / known
        }
        guard shape.reduce(1, *) == value.width else {
            throw node.unsupported("the shape \(target) for rows of \(value.width) elements")
        }
        if let old = value.rowAxis, let rowAxis {
            guard value.shape[..<old].reduce(1, *) == shape[..<rowAxis].reduce(1, *) else {
                throw node.unsupported("a shape that mixes rows")
            }
        }
        var result = value.reshaped(shape, rowAxis: rowAxis)
        result.isMerged = false
        return result
    }

    /// The axis that must be that of the rows, where a shape does not name it.
    private func axisOfRows(
        _ value: ONNXValue,
        _ shape: [Int],
        _ open: Int?,
        _ known: Int,
        _ node: ONNXNode
    ) throws(FormatError) -> Int {
        if let open, known == value.width { return open }
        let before = value.shape[..<(value.rowAxis ?? 0)].reduce(1, *)
        // A file that was made for a single row says 1 where the rows are.
        var product = 1
        for axis in shape.indices {
            if shape[axis] == 1, product == before, axis != open { return axis }
            product *= shape[axis]
        }
        throw node.unsupported("a shape that mixes rows")
    }

    /// `Flatten`: two axes, all before `axis` and all from it on. Rows stay apart where the axes
    /// that
    /// go together with them have extent 1.
    private mutating func flatten(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        let value = try input(node, 0)
        let place = try node.integer("axis", default: 1)
        let axis = place < 0 ? place + value.rank : place
        guard axis >= 0, axis <= value.rank else { throw node.malformed("axis \(place)") }
        let before = value.shape[..<axis].reduce(1, *)
        let after = value.shape[axis...].reduce(1, *)
        guard let rowAxis = value.rowAxis else {
            return value.reshaped([before, after], rowAxis: nil)
        }
        let isFirst = rowAxis < axis
        guard (isFirst ? before : after) == 1 else {
            throw node.unsupported("a shape that mixes rows")
        }
        return value.reshaped([before, after], rowAxis: isFirst ? 0 : 1)
    }

    /// Axes are an attribute before version 13 and an input from then on.
    func axes(_ node: ONNXNode, input position: Int) throws(FormatError) -> [Int]? {
        if node.attributes["axes"] != nil { return node.integers("axes").map { Int($0) } }
        guard let value = try optionalInput(node, position) else { return nil }
        return try integers(value, node).map { Int($0) }
    }

    /// `Squeeze`: drops axes of extent 1, all of them when none is named; the rows always stay.
    private mutating func squeeze(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        let value = try input(node, 0)
        var dropped: Set<Int> = []
        if let axes = try axes(node, input: 1) {
            for place in axes {
                let axis = try innerAxis(place, of: value, node)
                guard value.shape[axis] == 1 else {
                    throw node.malformed("axis \(place) has the extent \(value.shape[axis])")
                }
                dropped.insert(axis)
            }
        } else {
            dropped = Set(
                value.shape.indices.filter { value.shape[$0] == 1 && $0 != value.rowAxis }
            )
        }
        let kept = value.shape.indices.filter { !dropped.contains($0) }
        return value.reshaped(
            kept.map { value.shape[$0] },
            rowAxis: value.rowAxis.flatMap { kept.firstIndex(of: $0) }
        )
    }

    /// `Unsqueeze`: adds axes of extent 1, counted in the shape that comes out.
    private mutating func unsqueeze(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        let value = try input(node, 0)
        guard let axes = try axes(node, input: 1) else { throw node.malformed("no axes") }
        let rank = value.rank + axes.count
        var added: Set<Int> = []
        for place in axes { added.insert(try axis(place, rank: rank, node)) }
        guard added.count == axes.count else { throw node.malformed("an axis stands twice") }
        var shape: [Int] = []
        var rowAxis: Int?
        var next = 0
        for axis in 0..<rank {
            if added.contains(axis) {
                shape.append(1)
                continue
            }
            if next == value.rowAxis { rowAxis = axis }
            shape.append(value.shape[next])
            next += 1
        }
        return value.reshaped(shape, rowAxis: rowAxis)
    }

    /// The axes of a value in another order.
    mutating func transpose(
        _ value: ONNXValue,
        _ order: [Int],
        _ node: ONNXNode
    ) throws(FormatError) -> ONNXValue {
        guard order.sorted() == Array(value.shape.indices) else {
            throw node.malformed("the order \(order) of \(value.rank) axes")
        }
        let strides = Self.strides(of: value.shape)
        let shape = order.map { value.shape[$0] }
        let rowAxis = value.rowAxis.flatMap { order.firstIndex(of: $0) }
        try spend(value.width, node)
        let places = Self.walk(shape, strides: order.map { strides[$0] })
        if places == Array(0..<value.width) { return value.reshaped(shape, rowAxis: rowAxis) }
        return try rearrange(value, places: places, shape: shape, rowAxis: rowAxis, node)
    }

    // MARK: - Joining and repeating

    /// `Concat`, whose axis has no default since version 4.
    private mutating func concatenate(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        var parts: [ONNXValue] = []
        for position in node.inputs.indices { parts.append(try input(node, position)) }
        guard let place = try node.integer("axis") else { throw node.malformed("no axis") }
        return try concatenate(parts, along: Int(place), node)
    }

    /// Values one behind the other along an axis.
    mutating func concatenate(
        _ parts: [ONNXValue],
        along place: Int,
        _ node: ONNXNode
    ) throws(FormatError) -> ONNXValue {
        guard var result = parts.first(where: { $0.rowAxis != nil }) ?? parts.first else {
            throw node.malformed("nothing to join")
        }
        let along = try innerAxis(place, of: result, node)
        var extent = 0
        for part in parts {
            guard part.type == result.type, part.rank == result.rank,
                part.rowAxis == nil || part.rowAxis == result.rowAxis,
                part.shape.indices.allSatisfy({
                    $0 == along || part.shape[$0] == result.shape[$0]
                })
            else { throw node.malformed("shapes or types do not fit") }
            extent += part.shape[along]
        }
        let outer = result.shape[..<along].reduce(1, *)
        let inner = result.shape[(along + 1)...].reduce(1, *)
        try spend(outer * extent * inner, node)
        var sources: [(operand: Int, place: Int)] = []
        for block in 0..<outer {
            for (operand, part) in parts.enumerated() {
                let count = part.shape[along] * inner
                sources += (0..<count).map { (operand, block * count + $0) }
            }
        }
        result.shape[along] = extent
        let output = nextTensor()
        try append(
            RearrangeOperator(
                operands: parts.map { operand($0) },
                output: output,
                sources: sources
            ),
            node
        )
        return made(result.type, result.shape, result.rowAxis, at: output)
    }

    /// `Expand`: a shape that is broadcast with that of the value, and so may be smaller.
    private mutating func expand(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        let value = try input(node, 0)
        let target = try extents(try integers(try input(node, 1), node), node)
        var frame = wholes([], target.shape)
        frame.rowAxis = target.rowAxis
        let common = try broadcast([value, frame], node)
        if common.shape == value.shape, common.rowAxis == value.rowAxis { return value }
        let places = common.operands[0].places?.map { Int($0) }
        let count = common.width
        let plain = value.width == 1 ? Array(repeating: 0, count: count) : Array(0..<count)
        return try rearrange(
            value,
            places: places ?? plain,
            shape: common.shape,
            rowAxis: common.rowAxis,
            node
        )
    }

    /// `Tile`: each axis so many times; a constant of one row may be repeated for all rows.
    private mutating func tile(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        let value = try input(node, 0)
        let repeats = try integers(try input(node, 1), node)
        guard repeats.count == value.rank else { throw node.malformed("\(repeats.count) repeats") }
        var shape: [Int] = []
        var rowAxis = value.rowAxis
        for (axis, count) in repeats.enumerated() {
            if count == Self.rowCount, rowAxis == nil, value.shape[axis] == 1 {
                rowAxis = axis
                shape.append(1)
                continue
            }
            guard axis != value.rowAxis || count == 1 else {
                throw node.unsupported("it repeats rows")
            }
            guard count >= 0, count <= FormatLimits.onnxElementsMax else {
                throw node.malformed("\(count) repeats")
            }
            shape.append(value.shape[axis] * Int(count))
        }
        try spend(try elementCount(shape, node), node)
        let strides = Self.strides(of: value.shape)
        var places = [0]
        for axis in shape.indices {
            places = places.flatMap { start in
                (0..<shape[axis]).map { start + $0 % max(1, value.shape[axis]) * strides[axis] }
            }
        }
        return try rearrange(value, places: places, shape: shape, rowAxis: rowAxis, node)
    }
}
