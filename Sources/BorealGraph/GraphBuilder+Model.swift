extension GraphBuilder {
    /// Adds a whole model whose features are the numbers of a tensor: the steps that its
    /// probabilities need.
    ///
    /// - Parameters:
    ///   - graph: a model whose operators files can hold.
    ///   - tensor: Double, as many numbers a row as the model has features.
    /// - Returns: `[tensorTypes.count]` of the model: where each of its tensors is; `.features`
    ///   for those that were left out.
    /// - Throws: `GraphError.invalidGraph`; `.outputMissing` for a model without probabilities.
    package mutating func add(
        _ graph: ModelGraph,
        over tensor: TensorID
    ) throws(GraphError) -> [TensorID] {
        guard let wanted = graph.output(.probabilities) else {
            throw .outputMissing(role: .probabilities)
        }
        guard type(of: tensor) == graph.tensorTypes[0] else {
            throw .invalidGraph(reason: "a model over \(type(of: tensor))")
        }
        var places = [TensorID](repeating: .features, count: graph.tensorTypes.count)
        places[0] = tensor
        for record in try StoredOperators.records(of: graph, for: [wanted.tensor]) {
            let made = (0..<record.outputs.count).map { TensorID(types.count + $0) }
            let moved = record.moved(
                inputs: record.inputs.map { places[$0.index] },
                outputs: made
            )
            for (old, new) in zip(record.outputs, made) { places[old.index] = new }
            let step = try StoredOperators.restore(moved, types: types, earlier: operators)
            _ = try add(count: made.count) { _ in step }
        }
        return places
    }
}
