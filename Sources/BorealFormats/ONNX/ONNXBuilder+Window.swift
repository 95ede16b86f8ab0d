import BorealGraph

extension ONNXBuilder {
    /// Operators whose windows slide over pictures and sequences.
    mutating func windows(_ node: ONNXNode) throws(FormatError) -> [ONNXValue]? {
        switch node.operation {
        case "Conv": return [try convolution(node)]
        case "MaxPool": return [try pool(.maximum, node)]
        case "AveragePool":
            let counts = try node.flag("count_include_pad")
            return [try pool(counts ? .paddedMean : .mean, node)]
        case "GlobalAveragePool": return [try poolAll(.mean, node)]
        case "GlobalMaxPool": return [try poolAll(.maximum, node)]
        default: return nil
        }
    }

    /// A picture or a sequence of a row: the rows, channels, and one or two axes.
    private func picture(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        let value = try input(node, 0)
        guard value.type == .float else { throw node.unsupported("elements of \(value.type)") }
        guard value.rank == 3 || value.rank == 4 else {
            let axes = max(0, value.rank - 2)
            throw node.unsupported("windows over \(axes) axes; there are one and two")
        }
        guard value.shape[0] == 1, value.rowAxis == 0 || value.rowAxis == nil else {
            throw node.unsupported("rows on another axis than the first")
        }
        return value
    }

    /// `Conv`: filters of the model over one or two axes.
    private mutating func convolution(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        let value = try picture(node)
        let weights = try input(node, 1)
        guard let numbers = weights.constant, weights.type == .float, weights.rank == value.rank
        else { throw node.unsupported("filters that are no constants of the picture's rank") }
        let groups = try node.integer("group", default: 1)
        let channels = weights.shape[1]
        guard groups > 0, groups <= value.shape[1], weights.shape[0] % groups == 0,
            weights.shape[0] > 0, value.shape[1] % groups == 0,
            channels == value.shape[1] / groups
        else {
            throw node.malformed(
                "filters \(weights.shape) in \(groups) groups over \(value.shape[1]) channels"
            )
        }
        var bias: [Float] = []
        if let addend = try optionalInput(node, 2) {
            guard let constant = addend.constant, addend.type == .float,
                addend.width == weights.shape[0]
            else { throw node.malformed("a bias of other extents than \(weights.shape[0])") }
            bias = constant.doubles.map { Float($0) }
        }
        let window = Array(weights.shape[2...])
        if let declared = try extents("kernel_shape", of: node), declared != window {
            throw node.malformed("a kernel of \(declared) with filters of \(window)")
        }
        let axes = try windowAxes(node, window: window, over: value)
        let output = nextTensor()
        let step: ConvolutionOperator
        let source = try tensor(of: value, node)
        do throws(GraphError) {
            step = try ConvolutionOperator(
                input: source,
                output: nextTensor(),
                workspace: nextTensor(1),
                groups: groups,
                channels: channels,
                filters: weights.shape[0] / groups,
                vertical: axes.count == 2 ? axes[0] : .single,
                horizontal: axes[axes.count - 1],
                weights: numbers.doubles.map { Float($0) },
                bias: bias
            )
        } catch { throw node.malformed("\(error)") }
        assert(source.index < output.index || value.constant != nil, "constants come before")
        try append(step, node)
        let places = axes.map { $0.count ?? 0 }
        return made(.float, [1, weights.shape[0]] + places, value.rowAxis, at: step.output)
    }

    /// `MaxPool` and `AveragePool`.
    private mutating func pool(
        _ form: PoolOperator.Form,
        _ node: ONNXNode
    ) throws(FormatError) -> ONNXValue {
        let value = try picture(node)
        guard let window = try extents("kernel_shape", of: node), window.count == value.rank - 2
        else { throw node.malformed("no kernel of \(value.rank - 2) axes") }
        guard try node.integer("storage_order", default: 0) == 0 else {
            throw node.unsupported("columns before lines")
        }
        let axes = try windowAxes(node, window: window, over: value)
        let source = try tensor(of: value, node)
        let output = nextTensor()
        let step: PoolOperator
        do throws(GraphError) {
            step = try PoolOperator(
                form,
                input: source,
                output: output,
                channels: value.shape[1],
                vertical: axes.count == 2 ? axes[0] : .single,
                horizontal: axes[axes.count - 1]
            )
        } catch { throw node.malformed("\(error)") }
        try append(step, node)
        let shape = [1, value.shape[1]] + axes.map { $0.count ?? 0 }
        return made(.float, shape, value.rowAxis, at: output)
    }

    /// `GlobalAveragePool` and `GlobalMaxPool`: one window as great as the picture.
    private mutating func poolAll(
        _ reduction: Reduction,
        _ node: ONNXNode
    ) throws(FormatError) -> ONNXValue {
        let value = try input(node, 0)
        guard value.rank > 2, value.type.isFloating, (value.rowAxis ?? 0) < 2 else {
            throw node.unsupported("windows over \(value.rank - 2) axes")
        }
        return try reduce(reduction, value, Array(2..<value.rank), true, node)
    }

    /// Positive extents of an attribute; nil when it is not there.
    private func extents(_ name: String, of node: ONNXNode) throws(FormatError) -> [Int]? {
        guard node.attributes[name] != nil else { return nil }
        return try node.integers(name).map { number throws(FormatError) in
            guard number > 0, number <= FormatLimits.onnxElementsMax else {
                throw node.malformed("\(number) in '\(name)'")
            }
            return Int(number)
        }
    }

    /// How the window slides along each axis behind the channels.
    private func windowAxes(
        _ node: ONNXNode,
        window: [Int],
        over value: ONNXValue
    ) throws(FormatError) -> [WindowAxis] {
        let count = value.rank - 2
        let ones = Array(repeating: 1, count: count)
        let strides = try extents("strides", of: node) ?? ones
        let dilations = try extents("dilations", of: node) ?? ones
        let pads = node.integers("pads")
        guard window.count == count, strides.count == count, dilations.count == count,
            pads.isEmpty || pads.count == 2 * count,
            pads.allSatisfy({ $0 >= 0 && $0 <= FormatLimits.onnxElementsMax })
        else { throw node.malformed("windows of \(window.count) axes over \(count)") }
        let automatic = node.string("auto_pad", default: "NOTSET")
        var axes: [WindowAxis] = []
        for index in 0..<count {
            var axis = WindowAxis(
                extent: value.shape[index + 2],
                window: window[index],
                stride: strides[index],
                dilation: dilations[index],
                roundsUp: try node.flag("ceil_mode")
            )
            switch automatic {
            case "NOTSET", "":
                if !pads.isEmpty { axis.padding = (Int(pads[index]), Int(pads[count + index])) }
            case "VALID": break
            case "SAME_UPPER", "SAME_LOWER":
                let places = (axis.extent + axis.stride - 1) / axis.stride
                let all = max(0, (places - 1) * axis.stride + axis.reach - axis.extent)
                let less = all / 2
                axis.padding = automatic == "SAME_UPPER" ? (less, all - less) : (all - less, less)
            default: throw node.malformed("auto_pad '\(automatic)'")
            }
            guard let places = axis.count, places > 0 else {
                throw node.malformed("no place for a window of \(axis.reach) on \(axis.extent)")
            }
            axes.append(axis)
        }
        return axes
    }

    /// Makes the rectifier part of the convolution that it follows, when nobody else reads that.
    ///
    /// - Returns: nil when it stands behind something else.
    mutating func rectifiedConvolution(_ node: ONNXNode) throws(FormatError) -> ONNXValue? {
        guard isReadOnce(0, of: node), let value = values[node.inputs[0]],
            case .tensor(let id) = value.source,
            let step = operators.last as? ConvolutionOperator, step.output == id
        else { return nil }
        do throws(GraphError) {
            replace(operators.count - 1, by: try step.rectified())
        } catch { throw node.malformed("\(error)") }
        return value
    }
}
