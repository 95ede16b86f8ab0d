import BorealBase
import BorealBoost

/// Every model, wherever it comes from: typed inputs, a list of operators over tensors, named
/// outputs.
///
/// Importers and learners build one; prediction, evaluation, explanation and export read it. It is
/// checked when it is built, never changes, and may be used by any number of threads at once.
public struct ModelGraph: Sendable {
    /// Features in the order of a row.
    public let inputs: [GraphInput]
    /// In an order in which each reads only what is already there.
    public let operators: [any GraphOperator]
    /// What can be asked for.
    public let outputs: [GraphOutput]
    /// Type of every tensor; the first is the matrix of features.
    public let tensorTypes: [TensorType]
    /// What question it answers.
    public let task: GraphTask
    /// Classes in class order; nil when it is no classifier, or its file does not tell.
    public let labels: Labels?
    /// What it knows about itself.
    public let metadata: ModelMetadata

    /// Checks that operators and outputs fit together.
    ///
    /// - Throws: `GraphError.invalidGraph`, `GraphError.tooLarge`.
    public init(
        inputs: [GraphInput],
        operators: [any GraphOperator],
        outputs: [GraphOutput],
        task: GraphTask,
        labels: Labels? = nil,
        metadata: ModelMetadata = ModelMetadata()
    ) throws(GraphError) {
        guard inputs.count <= Limits.modelFeaturesMax else {
            throw .tooLarge(what: "features", limit: Limits.modelFeaturesMax)
        }
        self.inputs = inputs
        self.operators = operators
        self.outputs = outputs
        self.task = task
        self.labels = labels
        self.metadata = metadata
        tensorTypes = try Self.inferTypes(inputs: inputs, operators: operators)
        try Self.check(outputs, against: tensorTypes)
    }

    private static func inferTypes(
        inputs: [GraphInput],
        operators: [any GraphOperator]
    ) throws(GraphError) -> [TensorType] {
        var types = [TensorType(.double, [inputs.count])]
        for step in operators {
            var inputTypes: [TensorType] = []
            for tensor in step.inputs {
                guard types.indices.contains(tensor.index) else {
                    throw .invalidGraph(reason: "\(type(of: step).kind) reads what nobody made")
                }
                inputTypes.append(types[tensor.index])
            }
            let made = try step.outputTypes(for: inputTypes)
            guard made.count == step.outputs.count else {
                throw .invalidGraph(reason: "\(type(of: step).kind) makes \(made.count) tensors")
            }
            for (tensor, type) in zip(step.outputs, made) {
                guard tensor.index == types.count, let width = type.width,
                    width <= Limits.treesMax
                else { throw .invalidGraph(reason: "tensor \(tensor.index) of type \(type)") }
                types.append(type)
            }
        }
        return types
    }

    private static func check(
        _ outputs: [GraphOutput],
        against types: [TensorType]
    ) throws(GraphError) {
        var names: [Set<String>] = [[], []]
        for output in outputs {
            guard types.indices.contains(output.tensor.index),
                types[output.tensor.index].width == output.columnNames.count,
                names[output.isNative ? 1 : 0].insert(output.name).inserted
            else { throw .invalidGraph(reason: "output \(output.name)") }
        }
    }

    /// The first output of a role.
    public func output(_ role: GraphOutput.Role) -> GraphOutput? {
        outputs.first { $0.role == role }
    }

    /// All that the model answers: the outputs that its file declares, else the library's answer,
    /// probabilities, raw scores, leaves, and what is known by its name only.
    public var allOutputs: [GraphOutput] {
        let native = outputs.filter(\.isNative)
        guard native.isEmpty else { return native }
        let known: [GraphOutput.Role] = [.value, .probabilities, .raw, .leaf]
        return known.compactMap { output($0) } + outputs.filter { $0.role == .other }
    }

    /// True when `predicted_results` is a class label.
    public var answersLabel: Bool {
        guard labels != nil, let tensor = output(.prediction)?.tensor else { return false }
        return tensorTypes[tensor.index].element == .code
    }

    /// The tree ensemble in the graph, if there is one.
    public var treeEnsemble: TreeEnsembleOperator? {
        operators.lazy.compactMap { $0 as? TreeEnsembleOperator }.first
    }

    /// Gain and splits of every feature in the model's order; nil for models without trees, and
    /// where the trees ask something else than the features one by one.
    public var featureImportances: [FeatureImportance]? {
        guard let trees = treeEnsemble, GraphExplainer.isColumnwise(trees.input, in: self),
            trees.ensemble.featureCount == inputs.count
        else { return nil }
        let ensemble = trees.ensemble
        var gains = [Double](repeating: 0, count: inputs.count)
        var splits = [Int](repeating: 0, count: inputs.count)
        for tree in ensemble.trees {
            for (node, feature) in tree.splitFeature.enumerated() {
                let gain = node < tree.splitGain.count ? tree.splitGain[node] : 0
                guard gain > 0 else { continue }
                gains[Int(feature)] += gain
                splits[Int(feature)] += 1
            }
        }
        return inputs.indices.map {
            FeatureImportance(name: inputs[$0].name, gain: gains[$0], splits: splits[$0])
        }
    }
}
