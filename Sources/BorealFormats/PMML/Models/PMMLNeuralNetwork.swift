import Glibc

/// A feed-forward network of any connections.
struct RowNetwork: RowKernel {
    /// The activation functions of the standard.
    enum Activation: String {
        case threshold, logistic, tanh, identity, exponential, reciprocal, square
        case gauss = "Gauss"
        case sine, cosine
        case elliott = "Elliott"
        case arctan, rectifier, radialBasis
    }

    /// How the outputs of a layer are normalised, as the standard names it.
    enum Normalization: String {
        case none, simplemax, softmax
    }

    /// Neurons that are computed together.
    struct Layer: Sendable {
        /// Of all its neurons.
        var activation: Activation
        /// Over all its neurons.
        var normalization: Normalization
        /// Of the activation `threshold`.
        var threshold: Double
        /// Of the activation `radialBasis`.
        var altitude: Double
        /// Neurons from `first` on.
        var first: Int
        /// How many there are.
        var count: Int
    }

    /// A neuron and its connections.
    struct Neuron: Sendable {
        /// Added to the weighed inputs.
        var bias: Double
        /// Of the activation `radialBasis`.
        var width: Double
        /// A run of `connections`.
        var first: Int
        /// How many there are.
        var count: Int
    }

    /// Slots of the inputs, numbers all.
    var inputs: [Int32] = []
    /// In the order in which they are computed.
    var layers: [Layer] = []
    /// By layer.
    var neurons: [Neuron] = []
    /// Positions among the inputs and the neurons behind them, and weights.
    var sources: [Int32] = []
    /// As many as `sources`.
    var weights: [Double] = []
    /// Positions of what is given out, and where to.
    var results: [(position: Int, to: Int32)] = []
    /// Whether every step is rounded to 32 bits, as the model asks for.
    var isFloat = false

    /// Runs for one row; see `RowKernel`.
    func run(_ slots: Slots, _ predicates: RowPredicates) {
        assert(sources.count == weights.count, "a connection without a weight")
        withUnsafeTemporaryAllocation(of: Double.self, capacity: inputs.count + neurons.count) {
            values in
            for (place, slot) in inputs.enumerated() {
                values[place] = slots[Int(slot)]
                if values[place].isNaN {
                    for result in results { slots[Int(result.to)] = .nan }
                    return
                }
                if isFloat { values[place] = Double(Float(values[place])) }
            }
            for layer in layers {
                for neuron in layer.first..<layer.first + layer.count {
                    values[inputs.count + neuron] = output(neurons[neuron], layer, values)
                }
                normalize(layer, values)
            }
            for result in results { slots[Int(result.to)] = values[result.position] }
        }
    }

    /// A number in the precision of the model.
    private func rounded(_ x: Double) -> Double { isFloat ? Double(Float(x)) : x }

    /// The output of a neuron, before its layer is normalised.
    private func output(
        _ neuron: Neuron,
        _ layer: Layer,
        _ values: UnsafeMutableBufferPointer<Double>
    ) -> Double {
        var sum = 0.0
        if layer.activation == .radialBasis {
            for place in neuron.first..<neuron.first + neuron.count {
                let difference = rounded(values[Int(sources[place])] - weights[place])
                sum = rounded(sum + rounded(difference * difference))
            }
            sum /= -2 * (neuron.width * neuron.width)
            if layer.altitude != 1 { sum += log(layer.altitude) * Double(neuron.count) }
            return rounded(exp(sum))
        }
        for place in neuron.first..<neuron.first + neuron.count {
            sum = rounded(sum + rounded(weights[place] * values[Int(sources[place])]))
        }
        return rounded(activated(rounded(sum + neuron.bias), layer))
    }

    /// The activation function.
    private func activated(_ x: Double, _ layer: Layer) -> Double {
        switch layer.activation {
        case .threshold: x > layer.threshold ? 1 : 0
        case .logistic: isFloat ? RowFunction.logit.floatValue(x) : 1 / (1 + exp(-x))
        case .tanh: Glibc.tanh(x)
        case .identity, .radialBasis: x
        case .exponential: exp(x)
        case .reciprocal: 1 / x
        case .square: x * x
        case .gauss: exp(-(x * x))
        case .sine: sin(x)
        case .cosine: cos(x)
        case .elliott: x / (1 + abs(x))
        case .arctan: 2 * atan(x) / Double.pi
        case .rectifier: max(0, x)
        }
    }

    /// Normalises the outputs of a layer.
    private func normalize(_ layer: Layer, _ values: UnsafeMutableBufferPointer<Double>) {
        guard layer.normalization != .none else { return }
        let places = inputs.count + layer.first..<inputs.count + layer.first + layer.count
        if layer.normalization == .softmax {
            let greatest = places.reduce(-Double.infinity) { max($0, values[$1]) }
            for place in places { values[place] = rounded(exp(rounded(values[place] - greatest))) }
        }
        var sum = 0.0
        for place in places { sum = rounded(sum + values[place]) }
        for place in places { values[place] = rounded(values[place] / sum) }
    }
}

/// The number whose norm a network answers.
private struct RowDenormalize: RowKernel {
    /// Slot of what is asked, or changed in place.
    let slot: Int32
    /// The points, in ascending order.
    let origins: [Double]
    /// What the points become.
    let norms: [Double]

    /// Runs for one row; see `RowKernel`.
    func run(_ slots: Slots, _ predicates: RowPredicates) {
        let x = slots[Int(slot)]
        var start = 0
        while start < norms.count - 2, x >= norms[start + 1] { start += 1 }
        let range = norms[start + 1] - norms[start]
        let share = (x - norms[start]) / range
        slots[Int(slot)] = share * (origins[start + 1] - origins[start]) + origins[start]
    }
}

extension PMMLModelCompiler {
    /// A <NeuralNetwork>: inputs by any expressions, one number or classes.
    func neuralNetwork() throws(FormatError) -> PMMLResult {
        var network = RowNetwork()
        network.isFloat = isFloat
        var positions: [String: Int] = [:]
        for input in try element.require("NeuralInputs").children("NeuralInput") {
            let derived = try input.require("DerivedField")
            let value = try compiler.derived(derived, scope)
            guard value.type != .string else { throw input.fail("an input that is text") }
            positions[try input.require(string: "id")] = network.inputs.count
            network.inputs.append(value.slot)
        }
        for layer in element.children("NeuralLayer") { try add(layer, &network, &positions) }
        guard !network.layers.isEmpty, !network.inputs.isEmpty else {
            throw element.fail("no layer, or no input")
        }
        let outputs = try element.require("NeuralOutputs").children("NeuralOutput")
        guard try function() == .classification else {
            guard outputs.count == 1 else {
                throw element.unsupported("a network of \(outputs.count) numbers")
            }
            return try networkNumber(outputs[0], network, positions)
        }
        var classes: [String] = []
        let first = try compiler.newSlot(outputs.count)
        for (place, output) in outputs.enumerated() {
            let expression = try outputExpression(output)
            guard expression.name == "NormDiscrete" else {
                throw output.unsupported("an output of a class by <\(expression.name)>")
            }
            classes.append(try expression.require(string: "value"))
            let position = try neuron(output, positions)
            network.results.append((position, first + Int32(truncatingIfNeeded: place)))
        }
        try compiler.emit(kernel: network)
        guard !classes.isEmpty else { throw element.fail("no output") }
        let label = try compiler.newSlot()
        try compiler.emit(kernel: RowWinner(first: first, count: classes.count, label: label))
        return try aligned(classes, first, label)
    }

    /// A network of one number, and the number that it is the norm of.
    private func networkNumber(
        _ output: XMLElement,
        _ network: RowNetwork,
        _ positions: [String: Int]
    ) throws(FormatError) -> PMMLResult {
        var network = network
        let slot = try compiler.newSlot()
        network.results.append((try neuron(output, positions), slot))
        try compiler.emit(kernel: network)
        let expression = try outputExpression(output)
        switch expression.name {
        case "FieldRef": break
        case "NormContinuous":
            let (origins, norms) = try compiler.linearNorms(expression)
            try compiler.emit(kernel: RowDenormalize(slot: slot, origins: origins, norms: norms))
        default: throw output.unsupported("an output by <\(expression.name)>")
        }
        return try regression(from: slot)
    }

    /// The position of the neuron that an output names.
    private func neuron(
        _ output: XMLElement,
        _ positions: [String: Int]
    ) throws(FormatError) -> Int {
        let id = try output.require(string: "outputNeuron")
        guard let position = positions[id] else { throw output.fail("no neuron '\(id)'") }
        return position
    }

    /// The expression of an output; a reference to a derived field stands for that field's.
    private func outputExpression(_ output: XMLElement) throws(FormatError) -> XMLElement {
        let expression = try compiler.expressionChild(of: try output.require("DerivedField"))
        guard expression.name == "FieldRef", let name = expression.string("field"),
            let derived = scope.pending[name] ?? scope.parent?.pending[name]
        else { return expression }
        return try compiler.expressionChild(of: derived)
    }

    /// Reads a layer; what it does not say itself the network says.
    private func add(
        _ element: XMLElement,
        _ network: inout RowNetwork,
        _ positions: inout [String: Int]
    ) throws(FormatError) {
        let model = self.element
        let activation: RowNetwork.Activation =
            try element.string("activationFunction") == nil
            ? model.choice("activationFunction") : element.choice("activationFunction")
        let normalization: RowNetwork.Normalization =
            try element.string("normalizationMethod") == nil
            ? model.choice("normalizationMethod", default: RowNetwork.Normalization.none)
            : element.choice("normalizationMethod")
        let width = try element.number("width", or: model) ?? .nan
        var layer = RowNetwork.Layer(
            activation: activation,
            normalization: normalization,
            threshold: try element.number("threshold", or: model) ?? 0,
            altitude: try element.number("altitude", or: model) ?? 1,
            first: network.neurons.count,
            count: 0
        )
        var made: [(id: String, position: Int)] = []
        for child in element.children("Neuron") {
            let first = network.sources.count
            for connection in child.children("Con") {
                let id = try connection.require(string: "from")
                guard let source = positions[id] else { throw connection.fail("no neuron '\(id)'") }
                network.sources.append(Int32(truncatingIfNeeded: source))
                network.weights.append(try connection.require(number: "weight"))
            }
            let position = network.inputs.count + network.neurons.count
            made.append((try child.require(string: "id"), position))
            network.neurons.append(
                .init(
                    bias: try child.number("bias") ?? 0,
                    width: try child.number("width") ?? width,
                    first: first,
                    count: network.sources.count - first
                )
            )
        }
        // Only what is behind a layer may ask its neurons.
        for (id, position) in made { positions[id] = position }
        layer.count = made.count
        network.layers.append(layer)
    }
}
