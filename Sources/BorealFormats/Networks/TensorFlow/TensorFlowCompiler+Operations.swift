extension TensorFlowCompiler {
    /// Operations that ONNX has under these names, with the same inputs.
    private static let plain = [
        "Relu": "Relu", "Tanh": "Tanh", "Sigmoid": "Sigmoid", "Softplus": "Softplus",
        "Softsign": "Softsign", "Selu": "Selu", "Exp": "Exp", "Log": "Log", "Sqrt": "Sqrt",
        "Neg": "Neg", "Abs": "Abs", "Erf": "Erf", "Floor": "Floor", "Ceil": "Ceil",
        "Round": "Round", "Sign": "Sign", "Sin": "Sin", "Cos": "Cos", "Reciprocal": "Reciprocal",
        "Inv": "Reciprocal", "Add": "Add", "AddV2": "Add", "Sub": "Sub", "Mul": "Mul",
        "RealDiv": "Div", "Div": "Div", "Maximum": "Max", "Minimum": "Min", "Pow": "Pow",
        "Greater": "Greater", "GreaterEqual": "GreaterOrEqual", "Less": "Less",
        "LessEqual": "LessOrEqual", "Equal": "Equal", "LogicalAnd": "And", "LogicalOr": "Or",
        "LogicalNot": "Not", "SelectV2": "Where", "Elu": "Elu", "AddN": "Sum", "Shape": "Shape",
    ]

    /// Operations that answer their first input.
    private static let unchanged = [
        "Identity", "StopGradient", "PreventGradient", "Snapshot", "EnsureShape", "CheckNumerics",
        "PlaceholderWithDefault",
    ]

    /// What an operation makes.
    ///
    /// - Throws: `FormatError` that names the node.
    mutating func compile(
        _ node: TensorFlowNode,
        _ inputs: [TensorFlowValue]
    ) throws(FormatError) -> TensorFlowValue {
        if let operation = Self.plain[node.operation] {
            var names: [String] = []
            for place in inputs.indices { names.append(try name(inputs, place, node)) }
            return try add(operation, names, [:], node)
        }
        if Self.unchanged.contains(node.operation), let first = inputs.first { return first }
        if node.operation == "IdentityN" { return .list(inputs) }
        if let made = try function(node, inputs) { return made }
        if let made = try product(node, inputs) { return made }
        if let made = try arrangement(node, inputs) { return made }
        if let made = try window(node, inputs) { return made }
        throw unsupported(node, "there is no such operation here")
    }

    // MARK: - Functions of elements

    /// Functions of elements that take more than one node.
    private mutating func function(
        _ node: TensorFlowNode,
        _ inputs: [TensorFlowValue]
    ) throws(FormatError) -> TensorFlowValue? {
        switch node.operation {
        case "Relu6":
            let bounds = [network.scalar(0), network.scalar(6)]
            return try add("Clip", [try name(inputs, 0, node)] + bounds, [:], node)
        case "LeakyRelu":
            let slope = Double(node.attributes["alpha"]?.number ?? 0.2)
            let source = try name(inputs, 0, node)
            return try add("LeakyRelu", [source], ["alpha": .number(slope)], node)
        case "Softmax", "LogSoftmax":
            let source = try name(inputs, 0, node)
            return try add(node.operation, [source], ["axis": .integer(-1)], node)
        case "Square":
            let source = try name(inputs, 0, node)
            return try add("Mul", [source, source], [:], node)
        case "SquaredDifference":
            let parts = [try name(inputs, 0, node), try name(inputs, 1, node)]
            let difference = try network.node("Sub", parts, title: node.name)
            return try add("Mul", [difference, difference], [:], node)
        case "Rsqrt":
            let root = try network.node("Sqrt", [try name(inputs, 0, node)], title: node.name)
            return try add("Reciprocal", [root], [:], node)
        case "Cast":
            guard let code = node.attributes["DstT"]?.type, let type = TensorFlowProto.type(code)
            else { throw unsupported(node, "a type that is not here") }
            let target = ONNXNodeAttribute.integer(Int(type.rawValue))
            return try add("Cast", [try name(inputs, 0, node)], ["to": target], node)
        case "BiasAdd":
            try checkOrder(node)
            return try add(
                "Add",
                [try name(inputs, 0, node), try name(inputs, 1, node)],
                [:],
                node
            )
        default: return nil
        }
    }

    /// Channels come last; another order is refused.
    private func checkOrder(_ node: TensorFlowNode) throws(FormatError) {
        let order = node.attributes["data_format"]?.text ?? "NHWC"
        guard order == "NHWC" else { throw unsupported(node, "data_format '\(order)'") }
    }

    // MARK: - Products

    /// Products of matrices.
    private mutating func product(
        _ node: TensorFlowNode,
        _ inputs: [TensorFlowValue]
    ) throws(FormatError) -> TensorFlowValue? {
        func isOn(_ name: String) -> Bool { node.attributes[name]?.flag ?? false }
        switch node.operation {
        case "MatMul":
            let parts = [try name(inputs, 0, node), try name(inputs, 1, node)]
            return try add(
                "Gemm",
                parts,
                ["transA": .flag(isOn("transpose_a")), "transB": .flag(isOn("transpose_b"))],
                node
            )
        case "BatchMatMulV2", "BatchMatMulV3", "BatchMatMul":
            guard !isOn("adj_x"), !isOn("adj_y") else { throw unsupported(node, "transposes") }
            let parts = [try name(inputs, 0, node), try name(inputs, 1, node)]
            return try add("MatMul", parts, [:], node)
        default: return nil
        }
    }

    // MARK: - Shapes

    /// What moves elements and changes none, and reductions.
    private mutating func arrangement(
        _ node: TensorFlowNode,
        _ inputs: [TensorFlowValue]
    ) throws(FormatError) -> TensorFlowValue? {
        switch node.operation {
        case "Reshape":
            let target = network.list(try integers(inputs, 1, node))
            return try add("Reshape", [try name(inputs, 0, node), target], [:], node)
        case "ExpandDims":
            let axes = network.list(try integers(inputs, 1, node))
            return try add("Unsqueeze", [try name(inputs, 0, node), axes], [:], node)
        case "Squeeze":
            let axes = node.attributes["squeeze_dims"]?.integers ?? []
            let source = try name(inputs, 0, node)
            if axes.isEmpty { return try add("Squeeze", [source], [:], node) }
            let list = network.list(axes.map { Int($0) })
            return try add("Squeeze", [source, list], [:], node)
        case "Transpose":
            let order = try integers(inputs, 1, node)
            let source = try name(inputs, 0, node)
            return try add("Transpose", [source], ["perm": .integers(order)], node)
        case "ConcatV2":
            guard inputs.count > 1, let axis = try integers(inputs, inputs.count - 1, node).first
            else { throw malformed(node.name, "nothing to join") }
            var names: [String] = []
            for place in inputs.indices.dropLast() { names.append(try name(inputs, place, node)) }
            return try add("Concat", names, ["axis": .integer(axis)], node)
        case "Pack":
            let axis = Int(node.attributes["axis"]?.integer ?? 0)
            let axes = network.list([axis])
            var names: [String] = []
            for place in inputs.indices {
                let source = try name(inputs, place, node)
                names.append(try network.node("Unsqueeze", [source, axes], title: node.name))
            }
            return try add("Concat", names, ["axis": .integer(axis)], node)
        case "GatherV2":
            guard let axis = try integers(inputs, 2, node).first else {
                throw malformed(node.name, "no axis")
            }
            let parts = [try name(inputs, 0, node), try name(inputs, 1, node)]
            return try add("Gather", parts, ["axis": .integer(axis)], node)
        case "StridedSlice": return try slice(node, inputs)
        case "Mean", "Sum", "Max", "Min", "Prod":
            let axes = try integers(inputs, 1, node)
            let keeps = ONNXNodeAttribute.flag(node.attributes["keep_dims"]?.flag ?? false)
            let source = try name(inputs, 0, node)
            if node.operation == "Sum" {
                let parts = [source, network.list(axes)]
                return try add("ReduceSum", parts, ["keepdims": keeps], node)
            }
            return try add(
                "Reduce\(node.operation)",
                [source],
                ["axes": .integers(axes), "keepdims": keeps],
                node
            )
        case "Pad", "PadV2":
            let ends = try integers(inputs, 1, node)
            let before = stride(from: 0, to: ends.count, by: 2).map { ends[$0] }
            let after = stride(from: 1, to: ends.count, by: 2).map { ends[$0] }
            var parts = [try name(inputs, 0, node), network.list(before + after)]
            if inputs.count > 2 { parts.append(try name(inputs, 2, node)) }
            return try add("Pad", parts, [:], node)
        default: return nil
        }
    }

    /// Parts of axes that are known; an axis that shrinks to one place is dropped.
    private mutating func slice(
        _ node: TensorFlowNode,
        _ inputs: [TensorFlowValue]
    ) throws(FormatError) -> TensorFlowValue {
        func mask(_ name: String) -> Int { Int(node.attributes[name]?.integer ?? 0) }
        guard mask("ellipsis_mask") == 0, mask("new_axis_mask") == 0 else {
            throw unsupported(node, "an ellipsis or a new axis")
        }
        let begin = try integers(inputs, 1, node)
        let end = try integers(inputs, 2, node)
        let steps = try integers(inputs, 3, node)
        let rank = try shape(inputs, 0, node).count
        guard begin.count == end.count, begin.count == steps.count, begin.count <= rank,
            steps.allSatisfy({ $0 != 0 })
        else { throw malformed(node.name, "\(begin.count) parts of \(rank) axes") }
        var (starts, ends) = (begin, end)
        var dropped: [Int] = []
        for axis in begin.indices {
            let isBackwards = steps[axis] < 0
            if mask("begin_mask") >> axis & 1 == 1 { starts[axis] = isBackwards ? -1 : 0 }
            if mask("end_mask") >> axis & 1 == 1 {
                ends[axis] = isBackwards ? Int(Int32.min) : Int(Int32.max)
            }
            if mask("shrink_axis_mask") >> axis & 1 == 1 {
                ends[axis] = starts[axis] == -1 ? Int(Int32.max) : starts[axis] + 1
                dropped.append(axis)
            }
        }
        let lists = [starts, ends, Array(begin.indices), steps].map { network.list($0) }
        let part = try network.node("Slice", [try name(inputs, 0, node)] + lists, title: node.name)
        guard !dropped.isEmpty else { return .tensor(part) }
        return try add("Squeeze", [part, network.list(dropped)], [:], node)
    }

    // MARK: - Windows

    /// Convolutions, pools and what works by channel.
    private mutating func window(
        _ node: TensorFlowNode,
        _ inputs: [TensorFlowValue]
    ) throws(FormatError) -> TensorFlowValue? {
        switch node.operation {
        case "Conv2D", "DepthwiseConv2dNative": return try convolution(node, inputs)
        case "MaxPool", "AvgPool":
            let size = (node.attributes["ksize"]?.integers ?? []).map { Int($0) }
            guard size.count == 4, size[0] == 1, size[3] == 1 else {
                throw unsupported(node, "windows of \(size)")
            }
            var attributes = try attributes(node)
            attributes["kernel_shape"] = .integers([size[1], size[2]])
            attributes["dilations"] = nil
            let operation = node.operation == "MaxPool" ? "MaxPool" : "AveragePool"
            return try channelsFirst(node, inputs) { (compiler, source) throws(FormatError) in
                try compiler.network.node(operation, [source], attributes, title: node.name)
            }
        case "FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3":
            guard node.attributes["is_training"]?.flag == false else {
                throw unsupported(node, "training")
            }
            var parts: [String] = []
            for place in 1..<5 { parts.append(try name(inputs, place, node)) }
            let epsilon = Double(node.attributes["epsilon"]?.number ?? 1e-4)
            return try channelsFirst(node, inputs) { (compiler, source) throws(FormatError) in
                try compiler.network.node(
                    "BatchNormalization",
                    [source] + parts,
                    ["epsilon": .number(epsilon)],
                    title: node.name
                )
            }
        default: return nil
        }
    }

    /// Strides, dilations and padding of two axes.
    private func attributes(
        _ node: TensorFlowNode
    ) throws(FormatError) -> [String: ONNXNodeAttribute] {
        func inner(_ name: String) throws(FormatError) -> [Int] {
            let all = (node.attributes[name]?.integers ?? []).map { Int($0) }
            if all.isEmpty { return [1, 1] }
            guard all.count == 4, all[0] == 1, all[3] == 1 else {
                throw unsupported(node, "\(name) of \(all)")
            }
            return [all[1], all[2]]
        }
        var attributes: [String: ONNXNodeAttribute] = [
            "strides": .integers(try inner("strides")),
            "dilations": .integers(try inner("dilations")),
        ]
        switch node.attributes["padding"]?.text {
        case "SAME": attributes["auto_pad"] = .text("SAME_UPPER")
        case "VALID": attributes["auto_pad"] = .text("VALID")
        default:
            let ends = (node.attributes["explicit_paddings"]?.integers ?? []).map { Int($0) }
            guard ends.count == 8 else { throw unsupported(node, "padding") }
            attributes["pads"] = .integers([ends[2], ends[4], ends[3], ends[5]])
        }
        return attributes
    }

    /// Turns the first input so that the channels come first, and the answer back.
    private mutating func channelsFirst(
        _ node: TensorFlowNode,
        _ inputs: [TensorFlowValue],
        _ body: (inout TensorFlowCompiler, String) throws(FormatError) -> String
    ) throws(FormatError) -> TensorFlowValue {
        try checkOrder(node)
        let source = try name(inputs, 0, node)
        guard try shape(inputs, 0, node).count == 4 else {
            throw unsupported(node, "windows over other than two axes")
        }
        let turned = try network.node(
            "Transpose",
            [source],
            ["perm": .integers([0, 3, 1, 2])],
            title: node.name
        )
        let made = try body(&self, turned)
        return try add("Transpose", [made], ["perm": .integers([0, 2, 3, 1])], node)
    }

    /// Filters `[height][width][in][out]`; of a depthwise one each channel has `out` of its own.
    private mutating func convolution(
        _ node: TensorFlowNode,
        _ inputs: [TensorFlowValue]
    ) throws(FormatError) -> TensorFlowValue {
        guard inputs.count > 1, case .constant(let filters) = inputs[1],
            case .floats(let values) = filters.numbers, filters.shape.count == 4
        else { throw unsupported(node, "filters that are no constants") }
        let isDepthwise = node.operation == "DepthwiseConv2dNative"
        let strides = ONNXBuilder.strides(of: filters.shape)
        let order = isDepthwise ? [2, 3, 0, 1] : [3, 2, 0, 1]
        let shape = order.map { filters.shape[$0] }
        let places = ONNXBuilder.walk(shape, strides: order.map { strides[$0] })
        var weight = NetworkTensor(shape: shape, values: places.map { values[$0] })
        var attributes = try attributes(node)
        let channels = try self.shape(inputs, 0, node).last ?? 0
        if isDepthwise {
            weight.shape = [shape[0] * shape[1], 1, shape[2], shape[3]]
            attributes["group"] = .integer(shape[0])
        } else if shape[1] > 0 {
            attributes["group"] = .integer(channels / shape[1])
        }
        let kernel = network.constant(weight)
        return try channelsFirst(node, inputs) { (compiler, source) throws(FormatError) in
            try compiler.network.node("Conv", [source, kernel], attributes, title: node.name)
        }
    }
}
