import BorealBase

/// A value between two layers.
struct LayerValue: Equatable {
    /// What nodes call it.
    var name: String
    /// Extents of a row as they lie in memory.
    var shape: [Int]
    /// The channels come first in memory although they are last to the layers, as convolutions here
    /// want them and Keras does not.
    var isTurned = false
}

/// Makes nodes of layers, one after the other.
struct LayerCompiler {
    /// What was made so far.
    var network: NetworkGraph
    /// How the framework lays out weights and pictures.
    let layout: NetworkWeights.Layout

    /// The layer `title` does not fit.
    private func malformed(_ title: String, _ reason: String) -> FormatError {
        .malformed(network.origin.format, offset: 0, reason: "layer '\(title)': \(reason)")
    }

    // MARK: - Layers

    /// What a layer makes of a value.
    ///
    /// - Parameters:
    ///   - module: its weights; nil for layers without.
    ///   - title: what errors call it.
    /// - Throws: `FormatError.malformed` when weights, shape and layer do not fit.
    mutating func apply(
        _ layer: NetworkLayer,
        to value: LayerValue,
        _ module: NetworkModule?,
        title: String
    ) throws(FormatError) -> LayerValue {
        switch layer {
        case .nothing: return value
        case .activation(let activation):
            let isSoftmax: Bool
            if case .softmax = activation { isSoftmax = true } else { isSoftmax = false }
            var source = isSoftmax ? straight(value, title) : value
            source.name = network.activation(activation, of: source.name, title: title)
            return source
        case .dense(let units): return try dense(value, units, module, title)
        case .convolution(let window, let filters, let groups):
            return try convolution(value, window, filters, groups, module, title)
        case .batchNormalization(let epsilon):
            return try batchNormalization(value, epsilon, module, title)
        case .layerNormalization(let epsilon):
            return try layerNormalization(value, epsilon, module, title)
        case .pool(let window, let isGreatest):
            return try pool(value, window, isGreatest, title)
        case .globalPool(let isGreatest, let keepsAxes):
            return try globalPool(value, isGreatest, keepsAxes, title)
        case .flatten: return flattened(value, title)
        case .reshape(let shape): return try reshaped(value, shape, title)
        }
    }

    /// Ends the network with a value as its answer.
    mutating func finish(_ value: LayerValue, as name: String = "out") {
        let last = flattened(value, name)
        network.output(last.name, as: name)
    }

    // MARK: - Shapes

    /// The channels first, for a picture or a sequence.
    private mutating func turned(_ value: LayerValue, _ title: String) -> LayerValue {
        guard layout == .keras, !value.isTurned, value.shape.count > 1 else { return value }
        let rank = value.shape.count
        let order = [0, rank] + Array(1..<rank)
        let name = network.node("Transpose", [value.name], ["perm": .integers(order)], title: title)
        let shape = [value.shape[rank - 1]] + value.shape.dropLast()
        return LayerValue(name: name, shape: shape, isTurned: true)
    }

    /// The axes in the order that the layers mean.
    mutating func straight(_ value: LayerValue, _ title: String) -> LayerValue {
        guard value.isTurned else { return value }
        let order = [0] + Array(2...value.shape.count) + [1]
        let name = network.node("Transpose", [value.name], ["perm": .integers(order)], title: title)
        return LayerValue(name: name, shape: Array(value.shape.dropFirst()) + [value.shape[0]])
    }

    /// One axis.
    private mutating func flattened(_ value: LayerValue, _ title: String) -> LayerValue {
        let source = straight(value, title)
        guard source.shape.count != 1 else { return source }
        let name = network.node("Flatten", [source.name], ["axis": .integer(1)], title: title)
        return LayerValue(name: name, shape: [source.shape.reduce(1, *)])
    }

    /// Another shape of a row, of which one extent may be open.
    private mutating func reshaped(
        _ value: LayerValue,
        _ shape: [Int],
        _ title: String
    ) throws(FormatError) -> LayerValue {
        let source = straight(value, title)
        let width = source.shape.reduce(1, *)
        var shape = shape
        let known = NetworkNumber.count(shape.filter { $0 > 0 }) ?? 0
        let open = shape.indices.filter { shape[$0] < 0 }
        if open.count == 1, known > 0, width % known == 0 { shape[open[0]] = width / known }
        guard NetworkNumber.count(shape) == width else {
            throw malformed(title, "\(width) numbers in the shape \(shape)")
        }
        let target = network.list([-1] + shape)
        let name = network.node("Reshape", [source.name, target], title: title)
        return LayerValue(name: name, shape: shape)
    }

    // MARK: - Layers with weights

    /// The module of a layer that cannot do without, and its matrix or filters.
    private func weights(
        _ module: NetworkModule?,
        _ title: String
    ) throws(FormatError) -> (module: NetworkModule, weight: NetworkTensor) {
        guard let module, let weight = module.first("weight", "kernel") else {
            throw malformed(title, "no weights")
        }
        return (module, weight)
    }

    /// A product with a matrix over the last axis, and a bias.
    private mutating func dense(
        _ value: LayerValue,
        _ units: Int?,
        _ module: NetworkModule?,
        _ title: String
    ) throws(FormatError) -> LayerValue {
        let source = straight(value, title)
        let (module, weight) = try weights(module, title)
        let depth = source.shape.last ?? 1
        guard weight.shape.count == 2 else {
            throw malformed(title, "\(module.summary) is no matrix")
        }
        let (inputs, outputs) =
            layout == .torch
            ? (weight.shape[1], weight.shape[0]) : (weight.shape[0], weight.shape[1])
        guard inputs == depth, units == nil || units == outputs, outputs > 0 else {
            throw malformed(
                title,
                "\(module.summary) where \(depth) numbers become \(units ?? outputs)"
            )
        }
        let bias = try vector(module, ["bias"], outputs, title)
        let shape = source.shape.dropLast() + [outputs]
        var inputsOfNode = [source.name, network.constant(weight)]
        if source.shape.count == 1 {
            if let bias { inputsOfNode.append(network.constant(bias)) }
            let name = network.node(
                "Gemm",
                inputsOfNode,
                ["transB": .flag(layout == .torch)],
                title: title
            )
            return LayerValue(name: name, shape: Array(shape))
        }
        if layout == .torch {
            let turned = network.node("Transpose", [inputsOfNode[1]], title: title)
            inputsOfNode[1] = turned
        }
        var name = network.node("MatMul", inputsOfNode, title: title)
        if let bias { name = network.node("Add", [name, network.constant(bias)], title: title) }
        return LayerValue(name: name, shape: Array(shape))
    }

    /// One number for each of `count`; nil when the module has none of the names.
    private func vector(
        _ module: NetworkModule,
        _ names: [String],
        _ count: Int,
        _ title: String
    ) throws(FormatError) -> NetworkTensor? {
        for name in names {
            guard let tensor = module.tensors[name] else { continue }
            guard tensor.shape == [count] else {
                throw malformed(title, "\(module.summary) for \(count) channels")
            }
            return tensor
        }
        return nil
    }

    /// Filters over one or two axes, in PyTorch's order or in Keras'.
    private mutating func convolution(
        _ value: LayerValue,
        _ window: NetworkWindow,
        _ filters: Int?,
        _ groups: Int,
        _ module: NetworkModule?,
        _ title: String
    ) throws(FormatError) -> LayerValue {
        let source = turned(value, title)
        var (module, weight) = try weights(module, title)
        let axes = source.shape.count - 1
        guard axes == 1 || axes == 2, weight.shape.count == axes + 2 else {
            throw malformed(title, "\(module.summary) over rows of the shape \(source.shape)")
        }
        if layout == .keras { weight = Self.channelsFirst(weight) }
        let extents = Array(weight.shape[2...])
        guard window.extents.isEmpty || Self.each(window.extents, axes) == extents,
            filters == nil || filters == weight.shape[0]
        else { throw malformed(title, "\(module.summary) is of other extents than the layer") }
        var inputs = [source.name, network.constant(weight)]
        if let bias = try vector(module, ["bias"], weight.shape[0], title) {
            inputs.append(network.constant(bias))
        }
        var attributes = try attributes(window, extents, axes, title)
        attributes["group"] = .integer(groups)
        let name = network.node("Conv", inputs, attributes, title: title)
        let places = try places(source.shape, window, extents, title)
        return LayerValue(name: name, shape: [weight.shape[0]] + places, isTurned: source.isTurned)
    }

    /// `[window][window][in][out]` as `[out][in][window][window]`.
    private static func channelsFirst(_ weight: NetworkTensor) -> NetworkTensor {
        let rank = weight.shape.count
        let order = [rank - 1, rank - 2] + Array(0..<rank - 2)
        let strides = ONNXBuilder.strides(of: weight.shape)
        let shape = order.map { weight.shape[$0] }
        let places = ONNXBuilder.walk(shape, strides: order.map { strides[$0] })
        return NetworkTensor(shape: shape, values: places.map { weight.values[$0] })
    }

    /// One number for each axis.
    private static func each(_ numbers: [Int], _ axes: Int) -> [Int] {
        numbers.count == 1 ? Array(repeating: numbers[0], count: axes) : numbers
    }

    /// Strides, dilations and paddings as ONNX has them.
    private func attributes(
        _ window: NetworkWindow,
        _ extents: [Int],
        _ axes: Int,
        _ title: String
    ) throws(FormatError) -> [String: ONNXNodeAttribute] {
        var attributes: [String: ONNXNodeAttribute] = ["kernel_shape": .integers(extents)]
        func add(_ name: String, _ numbers: [Int]) throws(FormatError) {
            guard !numbers.isEmpty else { return }
            let each = Self.each(numbers, axes)
            guard each.count == axes else { throw malformed(title, "\(numbers) for \(axes) axes") }
            attributes[name] = .integers(name == "pads" ? each + each : each)
        }
        try add("strides", window.strides)
        try add("dilations", window.dilations)
        switch window.padding {
        case .same: attributes["auto_pad"] = .text("SAME_UPPER")
        case .both(let numbers): try add("pads", numbers)
        }
        return attributes
    }

    /// Places of the window along each axis.
    private func places(
        _ shape: [Int],
        _ window: NetworkWindow,
        _ extents: [Int],
        _ title: String
    ) throws(FormatError) -> [Int] {
        let axes = extents.count
        func number(_ numbers: [Int], _ axis: Int, _ fallback: Int) -> Int {
            numbers.isEmpty ? fallback : Self.each(numbers, axes)[axis]
        }
        var places: [Int] = []
        for axis in 0..<axes {
            let (extent, stride) = (shape[axis + 1], number(window.strides, axis, 1))
            var padding = 0
            if case .both(let numbers) = window.padding { padding = number(numbers, axis, 0) }
            let reach = (extents[axis] - 1) * number(window.dilations, axis, 1) + 1
            var room = extent + 2 * padding - reach
            if window.roundsUp { room += stride - 1 }
            if window.padding == .same {
                places.append((extent + stride - 1) / stride)
            } else {
                guard room >= 0 else {
                    throw malformed(title, "no place for a window of \(reach) on \(extent)")
                }
                var count = room / stride + 1
                if window.roundsUp, (count - 1) * stride >= extent + padding { count -= 1 }
                places.append(count)
            }
        }
        return places
    }

    /// Mean and variance of training, a scale and a shift for each channel.
    private mutating func batchNormalization(
        _ value: LayerValue,
        _ epsilon: Double,
        _ module: NetworkModule?,
        _ title: String
    ) throws(FormatError) -> LayerValue {
        let source = turned(value, title)
        guard let module, let channels = source.shape.first,
            let mean = try vector(module, ["running_mean", "moving_mean"], channels, title),
            let variance = try vector(module, ["running_var", "moving_variance"], channels, title)
        else { throw malformed(title, "no mean and variance") }
        func or(_ names: [String], _ number: Float) throws(FormatError) -> NetworkTensor {
            try vector(module, names, channels, title)
                ?? NetworkTensor(
                    shape: [channels],
                    values: Array(repeating: number, count: channels)
                )
        }
        let parts = [try or(["weight", "gamma"], 1), try or(["bias", "beta"], 0), mean, variance]
        var inputs = [source.name]
        for part in parts { inputs.append(network.constant(part)) }
        var result = source
        result.name = network.node(
            "BatchNormalization",
            inputs,
            ["epsilon": .number(epsilon)],
            title: title
        )
        return result
    }

    /// Mean 0 and deviation 1 over the last axes, then their scale and shift.
    private mutating func layerNormalization(
        _ value: LayerValue,
        _ epsilon: Double,
        _ module: NetworkModule?,
        _ title: String
    ) throws(FormatError) -> LayerValue {
        var result = straight(value, title)
        guard let module, let scale = module.first("weight", "gamma"),
            scale.shape.count <= result.shape.count,
            Array(result.shape.suffix(scale.shape.count)) == scale.shape
        else { throw malformed(title, "no scale of the last axes") }
        var inputs = [result.name, network.constant(scale)]
        if let shift = module.first("bias", "beta") {
            guard shift.shape == scale.shape else {
                throw malformed(title, "\(module.summary) does not fit")
            }
            inputs.append(network.constant(shift))
        }
        result.name = network.node(
            "LayerNormalization",
            inputs,
            ["axis": .integer(-scale.shape.count), "epsilon": .number(epsilon)],
            title: title
        )
        return result
    }

    // MARK: - Windows without weights

    /// The greatest or the mean of windows.
    private mutating func pool(
        _ value: LayerValue,
        _ window: NetworkWindow,
        _ isGreatest: Bool,
        _ title: String
    ) throws(FormatError) -> LayerValue {
        let source = turned(value, title)
        let axes = source.shape.count - 1
        let extents = Self.each(window.extents, max(axes, 1))
        guard axes == 1 || axes == 2, extents.count == axes else {
            throw malformed(title, "a window \(window.extents) over rows of \(source.shape)")
        }
        var window = window
        if window.strides.isEmpty { window.strides = extents }
        var attributes = try attributes(window, extents, axes, title)
        attributes["ceil_mode"] = .flag(window.roundsUp)
        if !isGreatest { attributes["count_include_pad"] = .flag(window.countsPadding) }
        let operation = isGreatest ? "MaxPool" : "AveragePool"
        let name = network.node(operation, [source.name], attributes, title: title)
        let places = try places(source.shape, window, extents, title)
        return LayerValue(
            name: name,
            shape: [source.shape[0]] + places,
            isTurned: source.isTurned
        )
    }

    /// The greatest or the mean of a whole picture, by channel.
    private mutating func globalPool(
        _ value: LayerValue,
        _ isGreatest: Bool,
        _ keepsAxes: Bool,
        _ title: String
    ) throws(FormatError) -> LayerValue {
        let source = turned(value, title)
        guard source.shape.count > 1 else { throw malformed(title, "no picture to pool") }
        let operation = isGreatest ? "GlobalMaxPool" : "GlobalAveragePool"
        var result = source
        result.name = network.node(operation, [source.name], title: title)
        result.shape = [source.shape[0]] + source.shape.dropFirst().map { _ in 1 }
        guard !keepsAxes else { return result }
        let name = network.node("Flatten", [result.name], ["axis": .integer(1)], title: title)
        return LayerValue(name: name, shape: [source.shape[0]])
    }
}
