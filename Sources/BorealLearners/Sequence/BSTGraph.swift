import BorealBoost
import BorealGraph

/// Lays out a trained network as a graph: encoders, numbers, counts, dense layers, the answers.
struct BSTGraph {
    let network: SequenceNetwork
    let fields: SequenceFields
    /// What standardised numbers are turned back by; nil for classes.
    let target: BSTTarget?
    /// Classes; nil for numbers.
    let labels: Labels?
    /// Models that answer in the network's place, by what it makes of a row; empty for itself.
    let members: [BSTStack.Member]

    /// The graph over the features of a training set.
    ///
    /// - Throws: `GraphError` when the parts do not fit, which would be a bug.
    func build(_ set: LearningSet) throws(GraphError) -> ModelGraph {
        var builder = GraphBuilder(featureCount: set.inputs.count)
        var (score, hidden) = try addScore(&builder)
        var outputs: [GraphOutput] = []
        let classCount = max(2, network.form.outputs)
        let names = (0..<classCount).map { labels?.text(at: $0) ?? String($0) }
        if let target {
            outputs = try builder.numberOutputs(
                score,
                target.moments,
                isLogarithm: target.isLogarithm
            )
        } else {
            let isBinary = classCount == 2
            let columns = isBinary ? ["raw"] : names.map { "raw_\($0)" }
            outputs.append(GraphOutput(.raw, score, columns))
            score = try addShares(&builder, score, hidden)
            let label = try builder.greatest(score)
            outputs += [
                GraphOutput(.prediction, label, ["predicted_results"]),
                GraphOutput(.value, label, ["pred"]),
                GraphOutput(.label, label, ["label"]),
                GraphOutput(.probabilities, score, names.map { "proba_\($0)" }),
            ]
        }
        return try ModelGraph(
            inputs: set.inputs,
            operators: builder.operators,
            outputs: outputs,
            task: target != nil ? .regression : classCount == 2 ? .binary : .multiclass,
            labels: target == nil ? labels : nil,
            metadata: set.metadata
        )
    }

    // MARK: - The network

    /// The scores, and what the last layer reads.
    private func addScore(
        _ builder: inout GraphBuilder
    ) throws(GraphError) -> (score: TensorID, hidden: TensorID) {
        let count = builder.width(of: .features)
        var parts: [TensorID] = []
        var counts: [TensorID] = []
        for (feature, encoder) in zip(fields.sequences, network.encoders) {
            let source = try ListSource(feature: feature, of: count)
            parts.append(
                try builder.add { output throws(GraphError) in
                    try SequenceEncoderOperator(
                        source: source,
                        output: output,
                        shape: encoder.shape,
                        weights: encoder.weights
                    )
                }
            )
            guard network.form.countsIDs else { continue }
            counts.append(
                try builder.add {
                    IDCountsOperator(
                        source: source,
                        output: $0,
                        ids: encoder.shape.ids,
                        length: encoder.shape.length
                    )
                }
            )
        }
        if let numbers = try fields.add(to: &builder) { parts.append(numbers) }
        let input = try builder.join(parts + counts)
        let (score, hidden) = try builder.dense(network.stack.layers, over: input)
        return (score, hidden)
    }

    // MARK: - Answers

    /// One probability a class: the network's own, or the mean of those that are stacked.
    private func addShares(
        _ builder: inout GraphBuilder,
        _ score: TensorID,
        _ hidden: TensorID
    ) throws(GraphError) -> TensorID {
        guard members.isEmpty else { return try addMembers(&builder, score, hidden) }
        guard network.form.outputs == 1 else {
            let width = network.form.outputs
            return try builder.add {
                SoftmaxOperator(
                    .shares,
                    input: score,
                    output: $0,
                    shape: TensorBlock(outer: 1, count: width, inner: 1),
                    element: .float
                )
            }
        }
        return try builder.logistic(score).both
    }

    private func addMembers(
        _ builder: inout GraphBuilder,
        _ score: TensorID,
        _ hidden: TensorID
    ) throws(GraphError) -> TensorID {
        let features = try builder.widened(hidden)
        var shares: [TensorID] = []
        for member in members {
            switch member {
            case .network:
                let probability = try builder.map(builder.widened(score), .sigmoid)
                shares.append(try builder.columns([0], of: probability))
            case .graph(let graph):
                let tensors = try builder.add(graph, over: features)
                guard let output = graph.output(.probabilities) else {
                    throw .outputMissing(role: .probabilities)
                }
                shares.append(try builder.columns([1], of: tensors[output.tensor.index]))
            }
        }
        let all = try builder.join(shares)
        let mean = try builder.product(
            all,
            weights: shares.map { _ in 1 / Double(shares.count) },
            bias: [],
            width: 1
        )
        return try builder.bothClasses(mean)
    }
}

extension SequenceEncoder {
    /// The weights without their filling, as files keep them.
    fileprivate var weights: EncoderWeights {
        let width = shape.attention.width
        func lines(_ table: EmbeddingTable) -> [Float] {
            (0..<table.rowCount).flatMap { row in (0..<width).map { table.vector(row)[$0] } }
        }
        return EncoderWeights(
            table: lines(table),
            positions: lines(positions),
            blocks: blocks.map { block in
                func layer(_ layer: DenseLayer) -> [Float] {
                    (layer.matrix + layer.biasValues).map { Float($0) }
                }
                func norm(_ norm: TrainedNorm) -> [Float] {
                    [norm.gain, norm.bias].flatMap { $0.weights.values.prefix(width) }
                }
                let attention = layer(block.query) + layer(block.joined) + norm(block.firstNorm)
                return attention + layer(block.expanded) + layer(block.contracted)
                    + norm(block.secondNorm)
            }
        )
    }
}
