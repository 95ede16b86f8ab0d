/// A whole model as one step of another.
///
/// Every tensor that the inner model makes is an output of this operator, so that they lie in the
/// memory of the caller and a run does not allocate.
public struct SubgraphOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "Model"
    /// Double: the inner model's features.
    public let input: TensorID
    /// All tensors that the inner model makes, in its order.
    public let outputs: [TensorID]
    /// The inner model.
    public let graph: ModelGraph

    /// - Parameters: see the stored properties.
    public init(_ graph: ModelGraph, input: TensorID, outputs: [TensorID]) {
        self.graph = graph
        self.input = input
        self.outputs = outputs
    }

    /// Tensors that it makes.
    public static func outputCount(_ graph: ModelGraph) -> Int { graph.tensorTypes.count - 1 }

    /// Where an output of the inner model is.
    public func tensor(_ role: GraphOutput.Role) -> TensorID? {
        graph.output(role).map { $0.tensor.index == 0 ? input : outputs[$0.tensor.index - 1] }
    }

    /// What it reads.
    public var inputs: [TensorID] { [input] }

    /// Checks the input and answers the types of the outputs.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard let type = inputTypes.first, type.element == .double,
            type.width == graph.inputs.count, outputs.count == Self.outputCount(graph)
        else { throw .invalidGraph(reason: "a model over \(inputTypes)") }
        return Array(graph.tensorTypes.dropFirst())
    }

    /// Computes the outputs for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        withUnsafeTemporaryAllocation(
            of: UnsafeMutableRawPointer?.self,
            capacity: graph.tensorTypes.count
        ) { pointers in
            guard let base = pointers.baseAddress else { return }
            pointers[0] = memory.pointers[input.index]
            for (index, tensor) in outputs.enumerated() {
                pointers[index + 1] = memory.pointers[tensor.index]
            }
            let inner = TensorMemory(pointers: base)
            for step in graph.operators { step.run(rowCount: rowCount, memory: inner) }
        }
    }
}
