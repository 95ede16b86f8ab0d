import BorealGraph

extension ONNXBuilder {
    static let reductions: [String: Reduction] = [
        "ReduceSum": .sum, "ReduceMean": .mean, "ReduceProd": .product, "ReduceMin": .minimum,
        "ReduceMax": .maximum, "ReduceL1": .absoluteSum, "ReduceL2": .norm,
        "ReduceSumSquare": .squareSum, "ReduceLogSum": .logarithmOfSum,
        "ReduceLogSumExp": .logarithmOfExponentials,
    ]

    /// Operators that make few numbers of many, and what is scaled by them.
    mutating func reduction(_ node: ONNXNode) throws(FormatError) -> [ONNXValue]? {
        if let reduction = Self.reductions[node.operation] {
            return [try reduce(reduction, node)]
        }
        switch node.operation {
        case "CumSum": return [try runningSum(node)]
        case "BatchNormalization": return [try batchNormalization(node)]
        case "LayerNormalization": return [try layerNormalization(node)]
        case "InstanceNormalization": return [try groupNormalization(node, groups: nil)]
        case "GroupNormalization":
            guard let groups = try node.integer("num_groups") else {
                throw node.malformed("no number of groups")
            }
            return [try groupNormalization(node, groups: Int(groups))]
        case "LpNormalization":
            let value = try input(node, 0)
            let place = try node.integer("axis", default: -1)
            let axis = try innerAxis(place, of: value, node)
            let isFirst = try node.integer("p", default: 2) == 1
            let norm = try reduce(isFirst ? .absoluteSum : .norm, value, [axis], true, node)
            return [try pair(.divide, value, norm, node)]
        default: return nil
        }
    }

    /// Axes are an attribute in old versions and an input in new ones.
    private mutating func reduce(
        _ reduction: Reduction,
        _ node: ONNXNode
    ) throws(FormatError) -> ONNXValue {
        let value = try input(node, 0)
        let given = try axes(node, input: 1) ?? []
        if given.isEmpty, try node.flag("noop_with_empty_axes") { return value }
        var axes: Set<Int> = []
        for place in given.isEmpty ? Array(value.shape.indices) : given {
            axes.insert(try innerAxis(place, of: value, node))
        }
        let keepsAxes = try node.flag("keepdims", default: true)
        return try reduce(reduction, value, axes.sorted(), keepsAxes, node)
    }

    /// Makes one number of all along `axes`, which are in order and not that of the rows.
    mutating func reduce(
        _ reduction: Reduction,
        _ value: ONNXValue,
        _ axes: [Int],
        _ keepsAxes: Bool,
        _ node: ONNXNode
    ) throws(FormatError) -> ONNXValue {
        assert(axes == axes.sorted() && !axes.contains(value.rowAxis ?? -1), "inner axes in order")
        guard value.type != .string else { throw node.malformed("sums of text") }
        let kept = value.shape.indices.filter { !axes.contains($0) }
        // Reduced axes go to the end where they are not neighbours.
        let isRun = axes.isEmpty || axes[axes.count - 1] - axes[0] == axes.count - 1
        let source = isRun ? value : try transpose(value, kept + axes, node)
        let first = isRun ? axes.first ?? value.rank : kept.count
        let end = first + axes.count
        let block = TensorBlock(
            outer: source.shape[..<first].reduce(1, *),
            count: source.shape[first..<end].reduce(1, *),
            inner: source.shape[end...].reduce(1, *)
        )
        let from = try tensor(of: source, node)
        let output = nextTensor()
        try append(
            ReduceOperator(
                reduction,
                input: from,
                output: output,
                shape: block,
                element: value.element
            ),
            node
        )
        let shape =
            keepsAxes
            ? value.shape.indices.map { axes.contains($0) ? 1 : value.shape[$0] }
            : kept.map { value.shape[$0] }
        let rowAxis = keepsAxes ? value.rowAxis : value.rowAxis.flatMap { kept.firstIndex(of: $0) }
        return made(value.type, shape, rowAxis, at: output)
    }

    /// `CumSum`, whose axis is an input that has to be a constant.
    private mutating func runningSum(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        let value = try input(node, 0)
        guard let place = try integers(try input(node, 1), node).first, value.type != .string else {
            throw node.malformed("no axis")
        }
        let axis = try innerAxis(Int(place), of: value, node)
        let source = try tensor(of: value, node)
        let output = nextTensor()
        try append(
            RunningSumOperator(
                input: source,
                output: output,
                shape: TensorBlock(value.shape, along: axis),
                element: value.element,
                isExclusive: try node.flag("exclusive"),
                isReversed: try node.flag("reverse")
            ),
            node
        )
        return made(value.type, value.shape, value.rowAxis, at: output)
    }

    /// `x * scale + shift`, both made of what training kept of each channel.
    private mutating func batchNormalization(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        let value = try input(node, 0)
        guard value.rank >= 2, value.rowAxis != 1, value.type.isFloating,
            try !node.flag("training_mode")
        else { throw node.unsupported("training, or rows on axis 1") }
        var parts: [[Double]] = []
        for position in 1...4 {
            let part = try input(node, position)
            guard let numbers = part.constant?.doubles, numbers.count == value.shape[1] else {
                throw node.malformed("input \(position + 1) is not one number a channel")
            }
            parts.append(numbers)
        }
        let epsilon = Double(try node.float("epsilon", default: 1e-5))
        let isFloat = value.type == .float
        func round(_ number: Double) -> Double { isFloat ? Double(Float(number)) : number }
        let scale = parts[0].indices.map {
            round(parts[0][$0] / round(round(parts[3][$0] + epsilon).squareRoot()))
        }
        let shift = scale.indices.map {
            round(parts[1][$0] - round(parts[2][$0] * scale[$0]))
        }
        if let value = folded(value, by: scale, shift: shift, node) { return value }
        return try scaled(value, by: scale, shift: shift, node)
    }

    /// A scale and a shift for each channel, which stand on axis 1 behind the rows.
    private mutating func scaled(
        _ value: ONNXValue,
        by scale: [Double],
        shift: [Double],
        _ node: ONNXNode
    ) throws(FormatError) -> ONNXValue {
        guard value.shape[0] == 1 else {
            let shape = [scale.count] + Array(repeating: 1, count: value.rank - 2)
            let product = try pair(.multiply, value, constant(scale, shape, value.type), node)
            return try pair(.add, product, constant(shift, shape, value.type), node)
        }
        let source = try tensor(of: value, node)
        let output = nextTensor()
        let step: ChannelScaleOperator
        do throws(GraphError) {
            step = try ChannelScaleOperator(
                input: source,
                output: output,
                type: types[source.index],
                scale: scale,
                shift: shift
            )
        } catch { throw node.malformed("\(error)") }
        try append(step, node)
        return made(value.type, value.shape, value.rowAxis, at: output)
    }

    /// Runs of `count` neighbouring numbers with mean 0 and deviation 1.
    private mutating func normalized(
        _ value: ONNXValue,
        count: Int,
        _ node: ONNXNode
    ) throws(FormatError) -> ONNXValue {
        let epsilon = try node.float("epsilon", default: 1e-5)
        let source = try tensor(of: value, node)
        let output = nextTensor()
        let step: NormalizationOperator
        do throws(GraphError) {
            step = try NormalizationOperator(
                input: source,
                output: output,
                type: types[source.index],
                count: count,
                epsilon: Double(epsilon)
            )
        } catch { throw node.malformed("\(error)") }
        try append(step, node)
        return made(value.type, value.shape, value.rowAxis, at: output)
    }

    /// `InstanceNormalization` and `GroupNormalization`: the channels of each group get mean 0 and
    /// deviation 1, then a scale and a shift for each channel, before version 21 for each group.
    private mutating func groupNormalization(
        _ node: ONNXNode,
        groups: Int?
    ) throws(FormatError) -> ONNXValue {
        let value = try input(node, 0)
        guard value.rank >= 2, value.shape[0] == 1, value.type.isFloating,
            (value.rowAxis ?? 0) == 0
        else { throw node.unsupported("rows on another axis than the first") }
        let channels = value.shape[1]
        let groups = groups ?? channels
        guard groups > 0, channels > 0, channels % groups == 0 else {
            throw node.malformed("\(groups) groups of \(channels) channels")
        }
        var parts: [[Double]] = []
        for position in 1...2 {
            let part = try input(node, position)
            guard let numbers = part.constant?.doubles,
                numbers.count == channels || numbers.count == groups
            else { throw node.malformed("input \(position + 1) is not one number a channel") }
            let each = channels / numbers.count
            parts.append(numbers.flatMap { Array(repeating: $0, count: each) })
        }
        let plain = try normalized(value, count: value.width / groups, node)
        return try scaled(plain, by: parts[0], shift: parts[1], node)
    }

    /// `LayerNormalization`: what comes from `axis` on gets mean 0 and deviation 1, then a scale
    /// and a
    /// shift.
    private mutating func layerNormalization(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        let value = try input(node, 0)
        let first = try innerAxis(try node.integer("axis", default: -1), of: value, node)
        guard (value.rowAxis ?? -1) < first else { throw node.unsupported("it works across rows") }
        guard value.type.isFloating else { throw node.unsupported("elements of \(value.type)") }
        let count = value.shape[first...].reduce(1, *)
        guard count > 0 else { throw node.malformed("nothing to normalize") }
        var result = try normalized(value, count: count, node)
        result = try pair(.multiply, result, try input(node, 1), node)
        if let shift = try optionalInput(node, 2) {
            result = try pair(.add, result, shift, node)
        }
        return result
    }
}
