import BorealBase
import BorealGraph

/// Makes a graph of an ONNX file.
struct ONNXImporter {
    /// What the file says.
    let model: ONNXModel

    /// Reads a file and makes a graph of it.
    ///
    /// - Throws: `FormatError`.
    static func read(_ bytes: [UInt8]) throws(FormatError) -> ImportedModel {
        try ONNXImporter(model: try ONNXReader(bytes: bytes).read()).imported()
    }

    /// Inputs, nodes in order, outputs: each step reads only what the one before has made.
    func imported() throws(FormatError) -> ImportedModel {
        guard model.graph.nodes.count <= FormatLimits.onnxNodesMax else {
            throw .tooLarge(.onnx, what: "nodes", limit: FormatLimits.onnxNodesMax)
        }
        let order = try ONNXOrder(model.graph).order()
        let inputs = try ONNXInputs(model.graph, order)
        var builder = ONNXBuilder(
            operatorSets: model.operatorSets,
            featureCount: inputs.features.count
        )
        builder.uses = model.graph.uses
        for tensor in model.graph.constants {
            let value = builder.constant(tensor)
            guard builder.values.updateValue(value, forKey: tensor.name) == nil else {
                throw .malformed(.onnx, offset: 0, reason: "'\(tensor.name)' stands twice")
            }
        }
        try inputs.bind(to: &builder)
        for index in order { try builder.add(model.graph.nodes[index]) }
        let outputs = try ONNXOutputs(model.graph, &builder)
        var metadata = ModelMetadata()
        metadata.objective = nil
        let graph: ModelGraph
        do throws(GraphError) {
            graph = try ModelGraph(
                inputs: inputs.features,
                operators: builder.operators,
                outputs: outputs.outputs,
                task: outputs.task,
                labels: outputs.labels,
                metadata: metadata
            )
        } catch { throw .invalidModel(error) }
        return ImportedModel(graph: graph, inspection: inspection(graph))
    }

    /// What the file says about itself, with the kinds of its nodes in place of an estimator.
    private func inspection(_ graph: ModelGraph) -> ModelInspection {
        let sets = model.operatorSets.sorted { $0.key < $1.key }
            .map { "\($0.key.isEmpty ? "ai.onnx" : $0.key) \($0.value)" }
        let kinds = Set(model.graph.nodes.map(\.operation)).sorted()
        return ModelInspection(
            format: .onnx,
            library: model.producer.isEmpty ? "ONNX" : model.producer,
            formatVersion: (["IR \(model.irVersion)"] + sets).joined(separator: ", "),
            estimator: kinds.joined(separator: ", "),
            objective: nil,
            graph: graph
        )
    }
}

/// The order in which nodes can be computed.
struct ONNXOrder {
    private let graph: ONNXFileGraph

    /// - Parameter graph: whose nodes are to be ordered.
    init(_ graph: ONNXFileGraph) { self.graph = graph }

    /// Positions of nodes, each behind those it reads from.
    ///
    /// - Throws: `FormatError.malformed` for circles and for inputs that nobody makes.
    func order() throws(FormatError) -> [Int] {
        var makers: [String: Int] = [:]
        for (index, node) in graph.nodes.enumerated() {
            for name in node.outputs where !name.isEmpty {
                guard makers.updateValue(index, forKey: name) == nil else {
                    throw node.malformed("'\(name)' is made twice")
                }
            }
        }
        let given = Set(graph.inputs.map(\.name) + graph.constants.map(\.name))
        var readers = Array(repeating: [Int](), count: graph.nodes.count)
        var waiting = Array(repeating: 0, count: graph.nodes.count)
        for (index, node) in graph.nodes.enumerated() {
            for name in node.inputs where !name.isEmpty && !given.contains(name) {
                guard let maker = makers[name] else {
                    throw node.malformed("nobody makes the input '\(name)'")
                }
                readers[maker].append(index)
                waiting[index] += 1
            }
        }
        var order = graph.nodes.indices.filter { waiting[$0] == 0 }
        var next = 0
        while next < order.count {
            for reader in readers[order[next]] {
                waiting[reader] -= 1
                if waiting[reader] == 0 { order.append(reader) }
            }
            next += 1
        }
        if let index = waiting.firstIndex(where: { $0 > 0 }) {
            throw graph.nodes[index].malformed("it waits for what waits for it")
        }
        return order
    }
}
