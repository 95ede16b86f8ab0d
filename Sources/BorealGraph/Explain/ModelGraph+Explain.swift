public import BorealBase
public import BorealBoost

extension ModelGraph {
    /// What each feature contributes to the raw scores of a batch. Whoever has many batches keeps a
    /// `GraphExplainer` instead.
    ///
    /// - Throws: as `GraphExplainer.init` and `GraphExplainer.additiveExplanation`.
    public func additiveExplanation(
        _ batch: GraphBatch,
        threads: Int = 1,
        cancellation: CancellationFlag? = nil
    ) throws(GraphError) -> AdditiveExplanation {
        let explainer = try GraphExplainer(self, cancellation: cancellation)
        return try explainer.additiveExplanation(
            batch,
            threads: threads,
            cancellation: cancellation
        )
    }

    /// Writes the ways of rows through the trees, with the model's names and categories.
    ///
    /// - Throws: `GraphError.notExplainable` for models that are no trees over the features, or
    ///   over what columnwise operators make of them.
    public func decisionPathWriter(
        _ format: DecisionPathWriter.Format,
        bytesMax: Int = GraphLimits.decisionPathBytesMax
    ) throws(GraphError) -> DecisionPathWriter {
        guard let trees = treeEnsemble, GraphExplainer.isColumnwise(trees.input, in: self) else {
            throw .notExplainable(reason: "it has no trees over its features")
        }
        let inputs = inputs
        return DecisionPathWriter(
            trees.ensemble,
            names: inputs.map(\.name),
            format: format,
            bytesMax: bytesMax,
            categoryText: { feature, category in
                inputs.indices.contains(feature) ? inputs[feature].text(ofCategory: category) : nil
            },
            prepare: preparation(of: trees.input)
        )
    }

    /// What makes of a row of features the row that trees see; nil where that is the same.
    private func preparation(of input: TensorID) -> DecisionPathWriter.Preparation? {
        guard input != .features else { return nil }
        let output = GraphOutput(name: "features", role: .other, tensor: input, columnNames: [])
        let width = tensorTypes[input.index].width ?? 0
        return { row in
            let session = GraphSession(self, outputs: [output], rowsMax: 1)
            session.runOne(row)
            return (0..<width).map { session.double(output: 0, column: $0) }
        }
    }

    /// The model as permutation importance and partial dependence ask it: the answers of a role as
    /// numbers.
    ///
    /// - Throws: `GraphError.outputMissing`; `.notExplainable` for features that are lists.
    public func batchScorer(_ role: GraphOutput.Role) throws(GraphError) -> BatchScorer {
        guard let output = output(role) else { throw .outputMissing(role: role) }
        guard !inputs.contains(where: \.kind.isList) else {
            throw .notExplainable(reason: "some of its features are lists")
        }
        let width = tensorTypes[output.tensor.index].width ?? 0
        let inputCount = inputs.count
        return BatchScorer(featureCount: inputCount, answersPerRow: width) { rows, count, answers in
            let session = GraphSession(self, outputs: [output])
            var first = 0
            while first < count {
                let part = min(session.rowsMax, count - first)
                session.runChunk(rows + first * inputCount, rowCount: part)
                for index in 0..<part * width {
                    answers[first * width + index] = session.double(
                        output: 0,
                        row: index / width,
                        column: index % width
                    )
                }
                first += part
            }
        }
    }
}

extension GraphInput {
    /// The text of a category by its code; nil for numbers and codes without one.
    public func text(ofCategory code: Int) -> String? {
        guard case .category(let dictionary) = kind else { return nil }
        switch dictionary.categories {
        case .text(let names): return names.indices.contains(code) ? names[code] : nil
        case .number(let values): return values.indices.contains(code) ? "\(values[code])" : nil
        }
    }
}
