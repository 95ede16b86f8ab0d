import BorealBase

/// What a node of TensorFlow makes.
enum TensorFlowValue {
    /// A value of the network.
    case tensor(String)
    /// A constant of the file.
    case constant(ONNXConstant)
    /// A variable, by its name.
    case variable(String)
    /// Several answers, in order.
    case list([TensorFlowValue])
}

/// Nodes by their names, with what they made so far: the graph, or one call of a function.
struct TensorFlowScope {
    /// By their names.
    let nodes: [String: TensorFlowNode]
    /// Within functions an output has a name, `node:output:0`; outside it does not.
    let isFunction: Bool
    /// Arguments of a function, inputs of the graph.
    var placeholders: [String: TensorFlowValue] = [:]
    /// What nodes made so far.
    var made: [String: TensorFlowValue] = [:]

    init(_ nodes: [TensorFlowNode], isFunction: Bool) {
        self.nodes = Dictionary(nodes.map { ($0.name, $0) }) { first, _ in first }
        self.isFunction = isFunction
    }

    /// The node and the place of its output that an input names; nil for one that only orders.
    func target(_ input: String) -> (node: String, output: Int)? {
        guard !input.hasPrefix("^") else { return nil }
        let parts = input.split(separator: ":", omittingEmptySubsequences: false)
        let place = parts.count > 1 ? Int(parts[parts.count - 1]) ?? 0 : 0
        return (String(parts[0]), place)
    }
}

/// Follows TensorFlow's graph from an answer back to its inputs and makes nodes of it.
struct TensorFlowCompiler {
    /// What was made so far.
    var network: ShapedNetwork
    /// By their names.
    let functions: [String: TensorFlowFunction]
    /// The numbers of a variable; nil for an unknown one.
    var variables: (String) throws(FormatError) -> NetworkTensor? = { (_) throws(FormatError) in
        nil
    }
    /// Nodes that may still be followed, whatever calls whatever.
    private var nodesLeft = FormatLimits.onnxNodesMax

    /// Calls within calls.
    private static let depthMax = 32

    /// A compiler without variables.
    init(network: ShapedNetwork, functions: [String: TensorFlowFunction]) {
        self.network = network
        self.functions = functions
    }

    /// The graph contradicts itself at a node.
    func malformed(_ node: String, _ reason: String) -> FormatError {
        .malformed(network.format, offset: 0, reason: "node '\(node)': \(reason)")
    }

    /// The node asks for what is not here.
    func unsupported(_ node: TensorFlowNode, _ detail: String) -> FormatError {
        .unsupportedFormat(
            network.format,
            detail: "node '\(node.name)' (\(node.operation)): \(detail); "
                + NetworkAdvice.tensorflow
        )
    }

    // MARK: - Order

    /// What an input stands for, with all that it rests on made before; no call of itself, so that
    /// the depth of a graph does not matter.
    ///
    /// - Throws: `FormatError` that names the node.
    mutating func value(
        _ input: String,
        _ scope: inout TensorFlowScope,
        depth: Int
    ) throws(FormatError) -> TensorFlowValue {
        guard let target = scope.target(input) else { throw malformed(input, "it is no value") }
        var waiting = [target.node]
        var isOpen: Set<String> = []
        while let name = waiting.last {
            if scope.made[name] != nil || scope.placeholders[name] != nil {
                waiting.removeLast()
                continue
            }
            guard let node = scope.nodes[name] else { throw malformed(name, "nobody makes it") }
            let sources = node.inputs.compactMap { scope.target($0)?.node }
            let missing = sources.filter { scope.made[$0] == nil && scope.placeholders[$0] == nil }
            if missing.isEmpty {
                scope.made[name] = try make(node, &scope, depth: depth)
                waiting.removeLast()
                continue
            }
            guard isOpen.insert(name).inserted else {
                throw malformed(name, "it waits for what waits for it")
            }
            waiting += missing
        }
        return try output(target, scope)
    }

    /// One output of a node that was made.
    private func output(
        _ target: (node: String, output: Int),
        _ scope: TensorFlowScope
    ) throws(FormatError) -> TensorFlowValue {
        guard let value = scope.placeholders[target.node] ?? scope.made[target.node] else {
            throw malformed(target.node, "nobody makes it")
        }
        guard case .list(let values) = value else {
            // Statistics of a batch and the like are no answers here.
            guard target.output == 0 || scope.isFunction else {
                throw malformed(target.node, "its output \(target.output) is not read here")
            }
            return value
        }
        guard values.indices.contains(target.output) else {
            throw malformed(target.node, "it has no output \(target.output)")
        }
        return values[target.output]
    }

    /// What a node makes of inputs that are there.
    private mutating func make(
        _ node: TensorFlowNode,
        _ scope: inout TensorFlowScope,
        depth: Int
    ) throws(FormatError) -> TensorFlowValue {
        guard nodesLeft > 0 else {
            throw .tooLarge(network.format, what: "nodes", limit: FormatLimits.onnxNodesMax)
        }
        nodesLeft -= 1
        var inputs: [TensorFlowValue] = []
        for input in node.inputs {
            guard let target = scope.target(input) else { continue }
            inputs.append(try output(target, scope))
        }
        switch node.operation {
        case "PartitionedCall", "StatefulPartitionedCall":
            return try call(node, inputs, depth: depth)
        case "Const":
            guard let tensor = node.attributes["value"]?.tensor else {
                throw unsupported(node, "a constant of text")
            }
            return .constant(tensor)
        case "VarHandleOp":
            let name = node.attributes["shared_name"]?.text ?? ""
            return .variable(name.isEmpty ? node.name : name)
        case "ReadVariableOp":
            guard case .variable(let name)? = inputs.first else {
                throw unsupported(node, "it reads no variable")
            }
            guard let tensor = try variables(name) else {
                throw malformed(node.name, "the checkpoint has no '\(name)'")
            }
            return .constant(
                ONNXConstant(shape: tensor.shape, numbers: .floats(tensor.values))
            )
        default: return try compile(node, inputs)
        }
    }

    /// A function with its arguments in their places.
    private mutating func call(
        _ node: TensorFlowNode,
        _ inputs: [TensorFlowValue],
        depth: Int
    ) throws(FormatError) -> TensorFlowValue {
        guard depth < Self.depthMax else { throw unsupported(node, "calls of calls without end") }
        guard let name = node.attributes["f"]?.function, let function = functions[name] else {
            throw malformed(node.name, "there is no function of that name")
        }
        guard function.arguments.count == inputs.count else {
            throw malformed(node.name, "\(inputs.count) arguments of '\(name)'")
        }
        var scope = TensorFlowScope(function.nodes, isFunction: true)
        for (argument, input) in zip(function.arguments, inputs) {
            scope.placeholders[argument] = input
        }
        var answers: [TensorFlowValue] = []
        for answer in function.answers {
            guard let maker = function.makers[answer] else {
                throw malformed(node.name, "nobody makes '\(answer)'")
            }
            answers.append(try value(maker, &scope, depth: depth + 1))
        }
        return .list(answers)
    }

    // MARK: - Values

    /// What nodes read an input by.
    mutating func name(
        _ inputs: [TensorFlowValue],
        _ place: Int,
        _ node: TensorFlowNode
    ) throws(FormatError) -> String {
        guard inputs.indices.contains(place) else {
            throw malformed(node.name, "input \(place + 1) is missing")
        }
        switch inputs[place] {
        case .tensor(let name): return name
        case .constant(let constant): return network.add(constant)
        case .variable, .list: throw unsupported(node, "input \(place + 1) is no tensor")
        }
    }

    /// A constant that has to be known; what is computed of shapes counts too.
    func integers(
        _ inputs: [TensorFlowValue],
        _ place: Int,
        _ node: TensorFlowNode
    ) throws(FormatError) -> [Int] {
        guard inputs.indices.contains(place) else {
            throw malformed(node.name, "input \(place + 1) is missing")
        }
        var found: [Int64]?
        switch inputs[place] {
        case .constant(let constant):
            if case .integers(let values) = constant.numbers { found = values }
        case .tensor(let name): found = network.integers(of: name)
        case .variable, .list: break
        }
        guard let found else {
            throw unsupported(node, "input \(place + 1) depends on the values of rows")
        }
        return found.map { Int($0) }
    }

    /// Extents of an input, the rows counted as 1.
    func shape(
        _ inputs: [TensorFlowValue],
        _ place: Int,
        _ node: TensorFlowNode
    ) throws(FormatError) -> [Int] {
        guard inputs.indices.contains(place) else {
            throw malformed(node.name, "input \(place + 1) is missing")
        }
        switch inputs[place] {
        case .constant(let constant): return constant.shape
        case .tensor(let name):
            if let shape = network.shape(of: name) { return shape }
        case .variable, .list: break
        }
        throw unsupported(node, "input \(place + 1) has no shape")
    }

    /// Adds a node named after TensorFlow's.
    mutating func add(
        _ operation: String,
        _ inputs: [String],
        _ attributes: [String: ONNXNodeAttribute] = [:],
        _ node: TensorFlowNode
    ) throws(FormatError) -> TensorFlowValue {
        .tensor(try network.node(operation, inputs, attributes, title: node.name))
    }
}
