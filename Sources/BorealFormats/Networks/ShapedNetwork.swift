import BorealGraph

/// A network whose values have known shapes while it is written down, for formats that say shapes
/// nowhere and need them to say what an operation means.
struct ShapedNetwork {
    private(set) var network: NetworkGraph
    /// Compiles every node at once; what it makes is thrown away but for the shapes.
    private var shadow = ONNXBuilder(
        operatorSets: ["": NetworkGraph.operatorSet],
        featureCount: 0
    )
    /// Constants that the shadow knows.
    private var constantsSeen = 0

    /// A network without nodes.
    init(_ origin: NetworkGraph.Origin) { network = NetworkGraph(origin) }

    /// What errors call the file.
    var format: ModelFormat { network.origin.format }

    /// Declares an input: rows of numbers in this shape. It comes before all nodes.
    ///
    /// - Throws: `FormatError.tooLarge`.
    mutating func input(_ name: String, shape: [Int]) throws(FormatError) {
        network.input(name, shape: shape)
        do throws(FormatError) {
            let inputs = try ONNXInputs(network.graph, [])
            shadow = ONNXBuilder(
                operatorSets: ["": NetworkGraph.operatorSet],
                featureCount: inputs.features.count
            )
            constantsSeen = 0
            try inputs.bind(to: &shadow)
        } catch { throw error.told(of: format) }
    }

    /// Adds a node of one output, whose name it answers.
    ///
    /// - Throws: `FormatError` of the file's own format when inputs and operation do not fit.
    mutating func node(
        _ operation: String,
        _ inputs: [String],
        _ attributes: [String: ONNXNodeAttribute] = [:],
        title: String
    ) throws(FormatError) -> String {
        let name = network.node(operation, inputs, attributes, title: title)
        do throws(FormatError) {
            for constant in network.graph.constants[constantsSeen...] {
                shadow.values[constant.name] = shadow.constant(constant)
            }
            constantsSeen = network.graph.constants.count
            if let last = network.graph.nodes.last { try shadow.add(last) }
        } catch { throw error.told(of: format) }
        return name
    }

    /// An activation; see `NetworkGraph.activation`.
    mutating func activation(
        _ activation: NetworkActivation,
        of value: String,
        axis: Int = -1,
        title: String
    ) throws(FormatError) -> String {
        switch activation {
        case .identity: return value
        case .operation(let name): return try node(name, [value], title: title)
        case .parameterized(let name, let numbers):
            return try node(name, [value], numbers.mapValues { .number($0) }, title: title)
        case .clip(let low, let high):
            let bounds = [network.scalar(Float(low)), network.scalar(Float(high))]
            return try node("Clip", [value] + bounds, title: title)
        case .swish:
            let gate = try node("Sigmoid", [value], title: title)
            return try node("Mul", [value, gate], title: title)
        case .geluTanh:
            return try node("Gelu", [value], ["approximate": .text("tanh")], title: title)
        case .softmax(let isLogarithm):
            let name = isLogarithm ? "LogSoftmax" : "Softmax"
            return try node(name, [value], ["axis": .integer(axis)], title: title)
        }
    }

    /// A constant; the name that nodes read it by.
    mutating func constant(_ tensor: NetworkTensor) -> String { network.constant(tensor) }
    /// One number.
    mutating func scalar(_ value: Float) -> String { network.scalar(value) }
    /// Whole numbers in a row.
    mutating func list(_ values: [Int]) -> String { network.list(values) }
    /// Any constant.
    mutating func add(_ constant: ONNXConstant) -> String { network.add(constant) }

    /// Extents of a value, its axis of the rows counted as 1; nil for what nobody made.
    func shape(of name: String) -> [Int]? {
        if let value = shadow.values[name] { return value.shape }
        return network.graph.constants.first { $0.name == name }?.shape
    }

    /// Whole numbers that are the same for all rows; nil for everything else.
    func integers(of name: String) -> [Int64]? {
        guard let value = shadow.values[name], value.type.isWhole else { return nil }
        return value.constant?.integers
    }

    /// The axis of the rows; nil for constants.
    func rowAxis(of name: String) -> Int? { shadow.values[name]?.rowAxis }

    /// Ends the network with a value as its answer, as one axis.
    mutating func finish(_ value: String, as name: String) throws(FormatError) {
        var last = value
        if let shape = shape(of: value), shape.count > 2 {
            last = try node("Flatten", [value], ["axis": .integer(1)], title: name)
        }
        network.output(last, as: name)
    }

    /// The graph that answers rows.
    func imported() throws(FormatError) -> ImportedModel { try network.imported() }
}
