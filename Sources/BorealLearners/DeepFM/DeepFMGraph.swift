import BorealBoost
import BorealGraph

/// Lays out a trained network as a graph: vectors, machine, layers, their sum, the answers.
struct DeepFMGraph {
    let network: DeepFMNetwork
    let columns: [EmbeddingColumn]
    /// What standardised numbers are turned back by; nil for a probability.
    let target: Moments?

    /// The graph over the features of a training set.
    ///
    /// - Throws: `GraphError` when the parts do not fit, which would be a bug.
    func build(_ set: LearningSet) throws(GraphError) -> ModelGraph {
        var builder = GraphBuilder(featureCount: columns.count)
        let score = try addScore(&builder)
        let outputs: [GraphOutput]
        if let target {
            outputs = try builder.numberOutputs(score, target)
        } else {
            outputs = try addProbability(&builder, score, set)
        }
        return try ModelGraph(
            inputs: set.inputs.map { input in
                // An unseen category has a vector of its own, other than a missing one.
                var input = input
                if input.kind.isCategorical { input.unseen = .marked }
                return input
            },
            operators: builder.operators,
            outputs: outputs,
            task: target == nil ? .binary : .regression,
            labels: target == nil ? set.labels : nil,
            metadata: set.metadata
        )
    }

    /// The features' columns with all tables one behind the other.
    private var placed: [EmbeddingColumn] {
        var first = 0
        return columns.map { column in
            defer { first += column.rowCount }
            return switch column {
            case .category(_, let count): .category(first: first, count: count)
            case .number(_, let mean, let deviation):
                .number(first: first, mean: mean, deviation: deviation)
            }
        }
    }

    private func addScore(_ builder: inout GraphBuilder) throws(GraphError) -> TensorID {
        let (columns, width) = (placed, network.width)
        var (vectors, weights) = ([Float](), [Float]())
        for table in network.tables {
            for row in 0..<table.rowCount {
                let vector = table.vector(row)
                vectors += (0..<width).map { vector[$0] }
                weights.append(vector[width])
            }
        }
        let linear = try builder.add { output throws(GraphError) in
            try EmbeddingOperator(
                input: .features,
                output: output,
                columns: columns,
                table: TensorConstant(weights),
                width: 1
            )
        }
        let embedded = try builder.add { output throws(GraphError) in
            try EmbeddingOperator(
                input: .features,
                output: output,
                columns: columns,
                table: TensorConstant(vectors),
                width: width
            )
        }
        let machine = try builder.add { output throws(GraphError) in
            try FactorizationOperator(
                linear: linear,
                vectors: embedded,
                output: output,
                fields: columns.count,
                width: width,
                bias: network.bias
            )
        }
        let deep = try builder.dense(network.stack.layers, over: embedded).answer
        let sides = try builder.join([machine, deep])
        return try builder.product(sides, weights: [1, 1], bias: [], width: 1)
    }

    private func addProbability(
        _ builder: inout GraphBuilder,
        _ score: TensorID,
        _ set: LearningSet
    ) throws(GraphError) -> [GraphOutput] {
        let (probability, both) = try builder.logistic(score)
        let label = try builder.greatest(both)
        let names = (0..<2).map { set.labels?.text(at: $0) ?? String($0) }
        return [
            GraphOutput(.prediction, probability, ["predicted_results"]),
            GraphOutput(.value, probability, ["pred"]),
            GraphOutput(.label, label, ["label"]),
            GraphOutput(.probabilities, both, names.map { "proba_\($0)" }),
            GraphOutput(.raw, score, ["raw"]),
        ]
    }
}
