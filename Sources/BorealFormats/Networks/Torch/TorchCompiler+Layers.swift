import BorealBase

extension TorchCompiler {
    /// Products, normalizations, and what moves elements between layers.
    mutating func layer(_ it: TorchArguments) throws(FormatError) -> TorchValue? {
        switch it.operation {
        case "linear": return try linear(it)
        case "addmm":
            // bias + input * weights
            guard try it.number(3, "beta", 1) == 1, try it.number(4, "alpha", 1) == 1 else {
                throw it.unsupported("factors")
            }
            let (bias, input) = (try name(it, 0, "self"), try name(it, 1, "mat1"))
            return try node("Gemm", [input, try name(it, 2, "mat2"), bias], [:], it)
        case "matmul", "mm", "bmm":
            let second = it.operation == "matmul" ? "other" : "mat2"
            return try node("MatMul", [try name(it, 0, "self"), try name(it, 1, second)], [:], it)
        case "batch_norm", "_native_batch_norm_legit_no_training":
            return try batchNormalization(it)
        case "layer_norm": return try layerNormalization(it)
        case "group_norm":
            let groups = try it.integer(1, "num_groups")
            let channels = try shape(it, 0, "input").dropFirst().first ?? 0
            var inputs = [try name(it, 0, "input")]
            for (place, name, fallback) in [(2, "weight", Float(1)), (3, "bias", Float(0))] {
                let values = Array(repeating: fallback, count: channels)
                let none = NetworkTensor(shape: [channels], values: values)
                inputs.append(network.constant(try it.optionalWeight(place, name) ?? none))
            }
            let epsilon = try it.number(4, "eps", 1e-5)
            return try node(
                "GroupNormalization",
                inputs,
                ["num_groups": .integer(groups), "epsilon": .number(epsilon)],
                it
            )
        case "dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout",
            "native_dropout", "contiguous", "clone", "detach", "alias", "to", "_to_copy",
            "lift_fresh_copy", "type_as", "Identity", "requires_grad", "_assert_tensor_metadata":
            return .tensor(try name(it, 0, "input"))
        default: return nil
        }
    }

    /// A product with the transpose of a weight, and a bias.
    private mutating func linear(_ it: TorchArguments) throws(FormatError) -> TorchValue {
        let weight = try it.weight(1, "weight")
        let bias = try it.optionalWeight(2, "bias")
        guard weight.shape.count == 2 else { throw it.unsupported("weights of \(weight.shape)") }
        let rank = try shape(it, 0, "input").count
        let input = try name(it, 0, "input")
        if rank == 2 {
            let inputs =
                [input, network.constant(weight)] + (bias.map { [network.constant($0)] } ?? [])
            return try node("Gemm", inputs, ["transB": .flag(true)], it)
        }
        let matrix = network.constant(weight)
        let turned = try network.node("Transpose", [matrix], title: it.title)
        let product = try network.node("MatMul", [input, turned], title: it.title)
        guard let bias else { return .tensor(product) }
        return try node("Add", [product, network.constant(bias)], [:], it)
    }

    /// With the statistics of training; `training` must be off.
    private mutating func batchNormalization(_ it: TorchArguments) throws(FormatError) -> TorchValue
    {
        let isFunctional = it.operation == "batch_norm"
        if isFunctional, try it.flag(5, "training", false) { throw it.unsupported("training") }
        let mean = try it.weight(3, "running_mean")
        let variance = try it.weight(4, "running_var")
        func or(_ place: Int, _ name: String, _ number: Float) throws(FormatError) -> NetworkTensor
        {
            try it.optionalWeight(place, name)
                ?? NetworkTensor(
                    shape: mean.shape,
                    values: Array(repeating: number, count: mean.values.count)
                )
        }
        let parts = [try or(1, "weight", 1), try or(2, "bias", 0), mean, variance]
        var inputs = [try name(it, 0, "input")]
        for part in parts { inputs.append(network.constant(part)) }
        let epsilon = try it.number(isFunctional ? 7 : 6, "eps", 1e-5)
        let answer = try node("BatchNormalization", inputs, ["epsilon": .number(epsilon)], it)
        return isFunctional ? answer : .list([answer, .none, .none])
    }

    /// Over the last axes, whose scale may be left out.
    private mutating func layerNormalization(_ it: TorchArguments) throws(FormatError) -> TorchValue
    {
        let shape = try it.integers(1, "normalized_shape")
        guard let count = NetworkNumber.count(shape) else { throw it.unsupported("\(shape)") }
        let ones = NetworkTensor(shape: shape, values: Array(repeating: 1, count: count))
        let scale = try it.optionalWeight(2, "weight") ?? ones
        var inputs = [try name(it, 0, "input"), network.constant(scale)]
        if let shift = try it.optionalWeight(3, "bias") { inputs.append(network.constant(shift)) }
        let epsilon = try it.number(4, "eps", 1e-5)
        return try node(
            "LayerNormalization",
            inputs,
            ["axis": .integer(-shape.count), "epsilon": .number(epsilon)],
            it
        )
    }

    // MARK: - Shapes

    /// What moves elements and changes none, and reductions.
    mutating func arrangement(_ it: TorchArguments) throws(FormatError) -> TorchValue? {
        switch it.operation {
        case "reshape", "view", "_unsafe_view", "_reshape_alias":
            let shape = try it.integers(1, it.operation == "view" ? "size" : "shape")
            return try node("Reshape", [try name(it, 0, "self"), network.list(shape)], [:], it)
        case "flatten": return try flatten(it)
        case "squeeze":
            let value = try name(it, 0, "self")
            guard !it.isNone(1, "dim") else { return try node("Squeeze", [value], [:], it) }
            let axes = network.list(try it.integers(1, "dim"))
            return try node("Squeeze", [value, axes], [:], it)
        case "unsqueeze":
            let axes = network.list([try it.integer(1, "dim")])
            return try node("Unsqueeze", [try name(it, 0, "self"), axes], [:], it)
        case "transpose", "t", "permute", "swapaxes": return try permute(it)
        case "cat", "concat", "concatenate":
            guard case .list(let parts)? = it.value(0, "tensors"), !parts.isEmpty else {
                throw it.unsupported("no tensors")
            }
            var names: [String] = []
            for part in parts {
                var one = it
                one.positional = [part]
                one.named = [:]
                names.append(try name(one, 0, "tensors"))
            }
            return try node("Concat", names, ["axis": .integer(try it.integer(1, "dim", 0))], it)
        case "slice":
            let ends = [
                try it.integer(2, "start", 0), try it.integer(3, "end", Int(Int32.max)),
                try it.integer(1, "dim", 0), try it.integer(4, "step", 1),
            ]
            let bounds = [network.list([ends[0]]), network.list([ends[1]])]
            let places = [network.list([ends[2]]), network.list([ends[3]])]
            return try node("Slice", [try name(it, 0, "self")] + bounds + places, [:], it)
        case "select":
            let axis = try it.integer(1, "dim")
            let place = ONNXConstant(
                type: .int64,
                numbers: .integers([Int64(try it.integer(2, "index"))])
            )
            let inputs = [try name(it, 0, "self"), network.add(place)]
            return try node("Gather", inputs, ["axis": .integer(axis)], it)
        case "mean", "sum", "amax", "amin": return try reduce(it)
        default: return nil
        }
    }

    /// Axes from one to another as one.
    private mutating func flatten(_ it: TorchArguments) throws(FormatError) -> TorchValue {
        let shape = try shape(it, 0, "self")
        let (first, last) = (try it.integer(1, "start_dim", 0), try it.integer(2, "end_dim", -1))
        let start = first < 0 ? first + shape.count : first
        let end = last < 0 ? last + shape.count : last
        guard start >= 0, end >= start, end < shape.count else {
            throw it.unsupported("axes \(first) to \(last) of \(shape.count)")
        }
        guard start > 0 else { throw it.unsupported("it mixes rows") }
        let kept = shape[1..<start] + [shape[start...end].reduce(1, *)] + shape[(end + 1)...]
        let target = network.list([-1] + kept)
        return try node("Reshape", [try name(it, 0, "self"), target], [:], it)
    }

    /// `permute`, `transpose` of two axes, `t` of a matrix.
    private mutating func permute(_ it: TorchArguments) throws(FormatError) -> TorchValue {
        let rank = try shape(it, 0, "self").count
        var order = Array(0..<rank)
        switch it.operation {
        case "permute":
            order = try it.integers(1, "dims").map { $0 < 0 ? $0 + rank : $0 }
        case "t": order.reverse()
        default:
            let axes = [try it.integer(1, "dim0"), try it.integer(2, "dim1")]
                .map { $0 < 0 ? $0 + rank : $0 }
            guard axes.allSatisfy(order.indices.contains) else { throw it.unsupported("\(axes)") }
            order.swapAt(axes[0], axes[1])
        }
        if case .constant(let tensor)? = it.value(0, "self"), order.sorted() == Array(0..<rank) {
            let strides = ONNXBuilder.strides(of: tensor.shape)
            let shape = order.map { tensor.shape[$0] }
            let places = ONNXBuilder.walk(shape, strides: order.map { strides[$0] })
            return .constant(
                NetworkTensor(shape: shape, values: places.map { tensor.values[$0] })
            )
        }
        let source = try name(it, 0, "self")
        return try node("Transpose", [source], ["perm": .integers(order)], it)
    }

    /// Sums, means and extremes along axes.
    private mutating func reduce(_ it: TorchArguments) throws(FormatError) -> TorchValue {
        let operation = ["mean": "Mean", "sum": "Sum", "amax": "Max", "amin": "Min"][it.operation]
        let axes = try it.integers(1, "dim")
        let keeps = try it.flag(2, "keepdim", false)
        let value = try name(it, 0, "self")
        var inputs = [value]
        var attributes: [String: ONNXNodeAttribute] = ["keepdims": .flag(keeps)]
        if it.operation == "sum" {
            inputs.append(network.list(axes))
        } else {
            attributes["axes"] = .integers(axes)
        }
        return try node("Reduce\(operation ?? "")", inputs, attributes, it)
    }

    // MARK: - Windows

    /// Convolutions and pools.
    mutating func window(_ it: TorchArguments) throws(FormatError) -> TorchValue? {
        switch it.operation {
        case "conv1d", "conv2d", "_convolution", "convolution": return try convolution(it)
        case "max_pool1d", "max_pool2d":
            return try pool("MaxPool", it, dilation: 4, ceiling: 5, counts: nil)
        case "avg_pool1d", "avg_pool2d":
            return try pool("AveragePool", it, dilation: nil, ceiling: 4, counts: 5)
        case "adaptive_avg_pool1d", "adaptive_avg_pool2d", "_adaptive_avg_pool2d":
            let sizes = try it.integers(1, "output_size")
            guard sizes.allSatisfy({ $0 == 1 }) else {
                throw it.unsupported("adaptive windows for answers of \(sizes)")
            }
            return try node("GlobalAveragePool", [try name(it, 0, "self")], [:], it)
        case "adaptive_max_pool1d", "adaptive_max_pool2d":
            guard try it.integers(1, "output_size").allSatisfy({ $0 == 1 }) else {
                throw it.unsupported("adaptive windows")
            }
            return .list([try node("GlobalMaxPool", [try name(it, 0, "self")], [:], it), .none])
        default: return nil
        }
    }

    /// `conv1d`, `conv2d`, and the general form that traces have.
    private mutating func convolution(_ it: TorchArguments) throws(FormatError) -> TorchValue {
        let weight = try it.weight(1, "weight")
        let axes = weight.shape.count - 2
        let isGeneral = it.operation.hasSuffix("convolution")
        if isGeneral, try it.flag(6, "transposed", false) {
            throw it.unsupported("transposed convolutions")
        }
        guard axes == 1 || axes == 2 else { throw it.unsupported("filters of \(weight.shape)") }
        var inputs = [try name(it, 0, "input"), network.constant(weight)]
        if let bias = try it.optionalWeight(2, "bias") { inputs.append(network.constant(bias)) }
        func each(_ numbers: [Int]) -> [Int] {
            numbers.count == 1 ? Array(repeating: numbers[0], count: axes) : numbers
        }
        var attributes: [String: ONNXNodeAttribute] = [
            "strides": .integers(each(try it.integers(3, "stride", [1]))),
            "dilations": .integers(each(try it.integers(5, "dilation", [1]))),
            "group": .integer(try it.integer(isGeneral ? 8 : 6, "groups", 1)),
        ]
        if case .text(let word)? = it.value(4, "padding") {
            guard word == "same" || word == "valid" else { throw it.unsupported("'\(word)'") }
            attributes["auto_pad"] = .text(word == "same" ? "SAME_UPPER" : "VALID")
        } else {
            let pads = each(try it.integers(4, "padding", [0]))
            attributes["pads"] = .integers(pads + pads)
        }
        return try node("Conv", inputs, attributes, it)
    }

    /// - Parameters:
    ///   - dilation: place of that argument, nil without; the same for the others.
    private mutating func pool(
        _ operation: String,
        _ it: TorchArguments,
        dilation: Int?,
        ceiling: Int,
        counts: Int?
    ) throws(FormatError) -> TorchValue {
        let axes = try shape(it, 0, "self").count - 2
        func each(_ numbers: [Int]) -> [Int] {
            numbers.count == 1 ? Array(repeating: numbers[0], count: max(1, axes)) : numbers
        }
        let window = each(try it.integers(1, "kernel_size"))
        let strides = each(try it.integers(2, "stride", []))
        let pads = each(try it.integers(3, "padding", [0]))
        var attributes: [String: ONNXNodeAttribute] = [
            "kernel_shape": .integers(window),
            "strides": .integers(strides.isEmpty ? window : strides),
            "pads": .integers(pads + pads),
            "ceil_mode": .flag(try it.flag(ceiling, "ceil_mode", false)),
        ]
        if let dilation {
            attributes["dilations"] = .integers(each(try it.integers(dilation, "dilation", [1])))
        }
        if let counts {
            let isOn = try it.flag(counts, "count_include_pad", true)
            attributes["count_include_pad"] = .flag(isOn)
            guard it.isNone(6, "divisor_override") else { throw it.unsupported("a divisor") }
        }
        return try node(operation, [try name(it, 0, "self")], attributes, it)
    }
}
