import BorealBase

/// The layers of a Keras model, as its configuration tells them: one behind the other, or a graph.
struct KerasModel {
    /// One layer.
    struct Layer {
        var name: String
        /// The class.
        var type: String
        var config: JSON
        /// Names of the layers whose answers it takes.
        var sources: [String]

        /// What the layer calls its numbers, in the order in which it made them.
        var variables: [String] {
            func isOn(_ key: String) -> Bool { config[key]?.bool ?? true }
            switch type {
            case "Dense", "Conv1D", "Conv2D":
                return isOn("use_bias") ? ["kernel", "bias"] : ["kernel"]
            case "BatchNormalization", "LayerNormalization":
                var names = isOn("scale") ? ["gamma"] : []
                if isOn("center") { names.append("beta") }
                if type == "BatchNormalization" { names += ["moving_mean", "moving_variance"] }
                return names
            default: return []
            }
        }
    }

    /// Layers of one model.
    static let layersMax = 1_000

    /// Class and configuration of the model.
    private let json: JSON
    /// What errors and inspection call the file.
    private let origin: NetworkGraph.Origin
    /// Keras 3 has another hard sigmoid than Keras 2.
    private let isKeras3: Bool

    /// - Parameter json: `{"class_name": "Sequential", "config": {...}}`
    init(_ json: JSON, _ origin: NetworkGraph.Origin, isKeras3: Bool) {
        self.json = json
        self.origin = origin
        self.isKeras3 = isKeras3
    }

    /// The configuration contradicts itself.
    private func malformed(_ reason: String) -> FormatError {
        .malformed(origin.format, offset: 0, reason: reason)
    }

    /// The model asks for what is not here.
    private func unsupported(_ detail: String) -> FormatError {
        .unsupportedFormat(origin.format, detail: detail + "; " + NetworkAdvice.keras)
    }

    /// Layers one behind the other.
    private var isSequential: Bool { json["class_name"]?.string == "Sequential" }

    /// All layers.
    ///
    /// - Throws: `FormatError` for classes of models of one's own.
    func layers() throws(FormatError) -> [Layer] {
        let type = json["class_name"]?.string ?? ""
        guard ["Sequential", "Functional", "Model"].contains(type) else {
            throw unsupported("a model of class '\(type)'")
        }
        // Keras before 2.3 has the list of a sequential model in place of its configuration.
        guard let entries = json["config"]?["layers"]?.array ?? json["config"]?.array else {
            throw malformed("no layers")
        }
        guard entries.count <= Self.layersMax else {
            throw .tooLarge(origin.format, what: "layers", limit: Self.layersMax)
        }
        var layers: [Layer] = []
        var names: Set<String> = []
        for entry in entries {
            guard let type = entry["class_name"]?.string, let config = entry["config"],
                let name = entry["name"]?.string ?? config["name"]?.string
            else { throw malformed("a layer without class and name") }
            guard names.insert(name).inserted else { throw malformed("the layer '\(name)' twice") }
            var sources: [String] = []
            if !isSequential { sources = try self.sources(entry["inbound_nodes"], name) }
            layers.append(Layer(name: name, type: type, config: config, sources: sources))
        }
        return layers
    }

    /// Names in `[[["dense", 0, 0, {}], ...]]`, or in the tensors of `[{"args": [...]}]`.
    private func sources(_ nodes: JSON?, _ name: String) throws(FormatError) -> [String] {
        let nodes = nodes?.array ?? []
        guard nodes.count <= 1 else { throw unsupported("the layer '\(name)', used several times") }
        guard let node = nodes.first else { return [] }
        if let old = node.array {
            // One that is called with a single tensor may leave the inner list out.
            let entries = old.first?.string != nil ? [node] : old
            return try entries.map { entry throws(FormatError) in
                guard let source = entry.array?.first?.string else {
                    throw malformed("the inputs of '\(name)'")
                }
                return source
            }
        }
        var found: [String] = []
        for argument in node["args"]?.array ?? [] {
            for tensor in argument.array ?? [argument] {
                guard let source = tensor["config"]?["keras_history"]?.array?.first?.string else {
                    throw unsupported("arguments of the layer '\(name)'")
                }
                found.append(source)
            }
        }
        return found
    }

    // MARK: - The model

    /// The graph that answers rows.
    ///
    /// - Parameter weights: the numbers of a layer; nil for one without.
    /// - Throws: `FormatError` that names the layer.
    func imported(
        _ weights: (Layer) throws(FormatError) -> NetworkModule?
    ) throws(FormatError) -> ImportedModel {
        var layers = try layers()
        var compiler = LayerCompiler(network: NetworkGraph(origin), layout: .keras)
        var values: [String: LayerValue] = [:]
        if isSequential {
            try chain(&layers, &compiler, &values)
        } else {
            let inputs = layers.filter { $0.sources.isEmpty }
            for layer in inputs {
                guard layer.type == "InputLayer" else {
                    throw malformed("the layer '\(layer.name)' has no input")
                }
                let name = inputs.count == 1 ? "x" : layer.name
                values[layer.name] = try declare(name, try inputShape(layer), &compiler)
            }
        }
        try compile(layers, weights, &compiler, &values)
        for (name, answer) in try answers(layers) {
            guard let value = values[answer] else { throw malformed("no layer '\(answer)'") }
            compiler.finish(value, as: name)
        }
        return try compiler.network.imported()
    }

    /// An input of the network, whose rows are not too wide.
    private func declare(
        _ name: String,
        _ shape: [Int],
        _ compiler: inout LayerCompiler
    ) throws(FormatError) -> LayerValue {
        guard !shape.isEmpty,
            NetworkNumber.count(shape).map({ $0 <= Limits.modelFeaturesMax }) == true
        else { throw malformed("an input of the shape \(shape)") }
        compiler.network.input(name, shape: shape)
        return LayerValue(name: name, shape: shape)
    }

    /// Extents of a row of an input.
    private func inputShape(_ layer: Layer) throws(FormatError) -> [Int] {
        let config = layer.config
        let list = config["batch_input_shape"]?.array ?? config["batch_shape"]?.array ?? []
        return try list.dropFirst().map { extent throws(FormatError) in
            guard let number = extent.integer, number > 0, number <= 1 << 24 else {
                throw unsupported("the input '\(layer.name)', which does not say how wide it is")
            }
            return Int(number)
        }
    }

    /// The layers of a sequential model, each with the one before as its source.
    private func chain(
        _ layers: inout [Layer],
        _ compiler: inout LayerCompiler,
        _ values: inout [String: LayerValue]
    ) throws(FormatError) {
        guard var first = layers.first else { throw malformed("no layers") }
        if first.config["batch_input_shape"] == nil, first.config["batch_shape"] == nil {
            guard
                let shape = json["build_input_shape"] ?? json["config"]?["build_input_shape"]
                    ?? json["build_config"]?["input_shape"]
            else { throw unsupported("a model that does not say what it takes") }
            first.config = .object([("batch_shape", shape)])
        }
        let shape = try inputShape(first)
        let start = first.type == "InputLayer" ? first.name : ""
        values[start] = try declare("x", shape, &compiler)
        if first.type == "InputLayer" { layers.removeFirst() }
        var last = start
        for index in layers.indices {
            layers[index].sources = [last]
            last = layers[index].name
        }
    }

    /// Names of answers, and the layers that make them.
    private func answers(_ layers: [Layer]) throws(FormatError) -> [(String, String)] {
        if isSequential {
            guard let last = layers.last else { throw malformed("no layers") }
            return [("out", last.name)]
        }
        let list = json["config"]?["output_layers"]?.array ?? []
        // A single output may stand without the outer list.
        let entries = list.first?.string != nil ? [JSON.array(list)] : list
        let names = entries.compactMap { $0.array?.first?.string }
        guard !names.isEmpty, names.count == entries.count, Set(names).count == names.count else {
            throw malformed("the answers of the model")
        }
        return names.count == 1 ? [("out", names[0])] : names.map { ($0, $0) }
    }

    /// Compiles layers as soon as their sources are there.
    private func compile(
        _ layers: [Layer],
        _ weights: (Layer) throws(FormatError) -> NetworkModule?,
        _ compiler: inout LayerCompiler,
        _ values: inout [String: LayerValue]
    ) throws(FormatError) {
        var waiting = layers.filter { values[$0.name] == nil }
        while !waiting.isEmpty {
            var later: [Layer] = []
            for layer in waiting {
                let sources = layer.sources.compactMap { values[$0] }
                guard sources.count == layer.sources.count else {
                    later.append(layer)
                    continue
                }
                values[layer.name] = try apply(layer, sources, try weights(layer), &compiler)
            }
            guard later.count < waiting.count else {
                throw malformed("the layer '\(later[0].name)' waits for what waits for it")
            }
            waiting = later
        }
    }

    /// Layers of several inputs, and what they are in ONNX.
    private static let merges = [
        "Add": "Sum", "Subtract": "Sub", "Multiply": "Mul", "Average": "Mean", "Maximum": "Max",
        "Minimum": "Min",
    ]

    /// What a layer makes of its sources.
    private func apply(
        _ layer: Layer,
        _ sources: [LayerValue],
        _ module: NetworkModule?,
        _ compiler: inout LayerCompiler
    ) throws(FormatError) -> LayerValue {
        if layer.type == "Concatenate" || Self.merges[layer.type] != nil {
            return try merge(layer, sources, &compiler)
        }
        guard var value = sources.first, sources.count == 1 else {
            throw unsupported("the layer '\(layer.name)' (\(layer.type)) of several inputs")
        }
        let steps: [NetworkLayer]
        do throws(NetworkLayerError) {
            steps = try NetworkLayer.layers(of: layer.type, config(layer), isKeras3: isKeras3)
        } catch { throw unsupported("the layer '\(layer.name)': \(error.reason)") }
        if let axis = normalizedAxis(layer), axis != -1, axis != value.shape.count {
            throw unsupported("the layer '\(layer.name)' along axis \(axis)")
        }
        for (place, step) in steps.enumerated() {
            value = try compiler.apply(
                step,
                to: value,
                place == 0 ? module : nil,
                title: layer.name
            )
        }
        return value
    }

    /// The slope of Keras 2's leaky rectifier has another default than PyTorch's.
    private func config(_ layer: Layer) -> JSON {
        guard layer.type == "LeakyReLU", layer.config["alpha"] == nil,
            layer.config["negative_slope"] == nil, case .object(let members) = layer.config
        else { return layer.config }
        return .object(members + [("negative_slope", .number(0.3))])
    }

    /// The axis of a normalization or a softmax; nil for other layers.
    private func normalizedAxis(_ layer: Layer) -> Int? {
        guard ["BatchNormalization", "LayerNormalization", "Softmax"].contains(layer.type) else {
            return nil
        }
        let axis = layer.config["axis"]
        return (axis?.array?.first ?? axis)?.integer.map { Int($0) }
    }

    /// Several values as one: element by element, or one behind the other along an axis.
    private func merge(
        _ layer: Layer,
        _ sources: [LayerValue],
        _ compiler: inout LayerCompiler
    ) throws(FormatError) -> LayerValue {
        guard let first = sources.first, sources.count > 1 else {
            throw malformed("the layer '\(layer.name)' has nothing to join")
        }
        let values = sources.map { compiler.straight($0, layer.name) }
        var result = values[0]
        let names = values.map(\.name)
        if let operation = Self.merges[layer.type] {
            guard values.allSatisfy({ $0.shape == result.shape }) else {
                throw malformed("the layer '\(layer.name)' of different shapes")
            }
            result.name = compiler.network.node(operation, names, title: layer.name)
            return result
        }
        let rank = first.shape.count + 1
        let told = Int(layer.config["axis"]?.integer ?? -1)
        let axis = told < 0 ? told + rank : told
        guard axis > 0, axis < rank, values.allSatisfy({ $0.shape.count == rank - 1 }) else {
            throw malformed("the layer '\(layer.name)' along axis \(told)")
        }
        result.shape[axis - 1] = values.reduce(0) { $0 + $1.shape[axis - 1] }
        result.name = compiler.network.node(
            "Concat",
            names,
            ["axis": .integer(axis)],
            title: layer.name
        )
        return result
    }
}
