public import BorealBase

/// Explains the raw scores of a model: what each feature contributes to them.
public struct GraphExplainer: Sendable {
    /// The model's features, in its order.
    public let inputs: [GraphInput]
    /// Raw scores a row gets.
    public let scoresPerRow: Int
    private let explainer: any RowExplainer
    /// What the explainer is asked about instead of the features; nil for these.
    private let prelude: GraphOutput?
    private let graph: ModelGraph

    /// - Throws: `GraphError.notExplainable` unless the raw scores come from one additive operator
    ///   over the features, or over what columnwise operators make of them; `.invalidGraph`,
    ///   `.cancelled`.
    public init(_ graph: ModelGraph, cancellation: CancellationFlag? = nil) throws(GraphError) {
        let raw = graph.output(.raw)?.tensor
        let source = graph.operators.first { raw.map($0.outputs.contains) ?? false }
        guard let source = source as? any AdditiveOperator, source.inputs.count == 1,
            let input = source.inputs.first, Self.isColumnwise(input, in: graph)
        else { throw .notExplainable(reason: "its scores are no sum over features") }
        inputs = graph.inputs
        self.graph = graph
        prelude =
            input == .features
            ? nil
            : GraphOutput(name: "features", role: .other, tensor: input, columnNames: [])
        explainer = try source.rowExplainer(cancellation: cancellation)
        scoresPerRow = explainer.scoresPerRow
    }

    /// Whether a tensor has one column for each feature, made of that feature alone.
    static func isColumnwise(_ tensor: TensorID, in graph: ModelGraph) -> Bool {
        var tensor = tensor
        while tensor != .features {
            guard let maker = graph.operators.first(where: { $0.outputs.contains(tensor) }),
                maker is any ColumnwiseOperator, let input = maker.inputs.first,
                graph.tensorTypes[tensor.index].element == .double
            else { return false }
            tensor = input
        }
        return true
    }

    /// What the explainer is asked about: the batch's features, or what is made of them.
    private func withFeatures(
        _ batch: GraphBatch,
        _ body: (UnsafePointer<Double>) throws(GraphError) -> Void
    ) throws(GraphError) {
        let values =
            try prelude.map { output throws(GraphError) in
                try graph.run(batch, outputs: [output]).doubles(0)
            } ?? batch.values
        try values.withUnsafeBufferPointer { rows throws(GraphError) in
            if let base = rows.baseAddress { try body(base) }
        }
    }

    /// What each feature contributes to the raw scores of each row.
    ///
    /// - Throws: `GraphError.featureCountMismatch`, `.tooLarge`, `.cancelled`.
    public func additiveExplanation(
        _ batch: GraphBatch,
        threads: Int = 1,
        cancellation: CancellationFlag? = nil
    ) throws(GraphError) -> AdditiveExplanation {
        let values = try fill(batch, perRow: scoresPerRow * (inputs.count + 1)) {
            rows,
            target throws(GraphError) in
            try explainer.contributions(
                rows,
                count: batch.rowCount,
                into: target,
                threads: threads,
                cancellation: cancellation
            )
        }
        return AdditiveExplanation(
            values: values,
            rowCount: batch.rowCount,
            scoresPerRow: scoresPerRow,
            featureCount: inputs.count
        )
    }

    /// SHAP interaction values: for each row and score a symmetric matrix of `inputs.count + 1`
    /// lines that add up to the contributions.
    ///
    /// - Throws: `GraphError.featureCountMismatch`, `.tooLarge`, `.cancelled`.
    public func interactions(
        _ batch: GraphBatch,
        threads: Int = 1,
        cancellation: CancellationFlag? = nil
    ) throws(GraphError) -> [Double] {
        let side = inputs.count + 1
        return try fill(batch, perRow: scoresPerRow * side * side) {
            rows,
            target throws(GraphError) in
            try explainer.interactions(
                rows,
                count: batch.rowCount,
                into: target,
                threads: threads,
                cancellation: cancellation
            )
        }
    }

    /// `[scoresPerRow * inputs.count]`: how far each feature moves the scores of the batch, in the
    /// mean.
    ///
    /// - Throws: `GraphError.featureCountMismatch`, `.tooLarge`, `.cancelled`.
    public func meanAbsoluteContributions(
        _ batch: GraphBatch,
        threads: Int = 1,
        cancellation: CancellationFlag? = nil
    ) throws(GraphError) -> [Double] {
        try check(batch)
        guard batch.rowCount > 0 else {
            return [Double](repeating: 0, count: scoresPerRow * inputs.count)
        }
        var means: [Double] = []
        try withFeatures(batch) { rows throws(GraphError) in
            means = try explainer.meanAbsoluteContributions(
                rows,
                count: batch.rowCount,
                threads: threads,
                cancellation: cancellation
            )
        }
        return means
    }

    private func check(_ batch: GraphBatch) throws(GraphError) {
        guard batch.featureCount == inputs.count else {
            throw .featureCountMismatch(expected: inputs.count, given: batch.featureCount)
        }
    }

    /// Room for the answers of a batch, filled by `body`.
    private func fill(
        _ batch: GraphBatch,
        perRow: Int,
        _ body: (UnsafePointer<Double>, UnsafeMutablePointer<Double>) throws(GraphError) -> Void
    ) throws(GraphError) -> [Double] {
        try check(batch)
        let limit = GraphLimits.explanationValuesMax
        let (count, overflow) = batch.rowCount.multipliedReportingOverflow(by: perRow)
        guard !overflow, count <= limit else {
            throw .tooLarge(what: "numbers of an explanation", limit: limit)
        }
        var values = [Double](repeating: 0, count: count)
        try values.withUnsafeMutableBufferPointer { target throws(GraphError) in
            guard let target = target.baseAddress, batch.rowCount > 0 else { return }
            try withFeatures(batch) { rows throws(GraphError) in try body(rows, target) }
        }
        return values
    }
}

/// What each feature contributes to the raw scores of the rows of a batch.
public struct AdditiveExplanation: Equatable, Sendable {
    /// `[rowCount * scoresPerRow * (featureCount + 1)]`, the bias last.
    public let values: [Double]
    /// Rows explained.
    public let rowCount: Int
    /// Raw scores a row has.
    public let scoresPerRow: Int
    /// Features a row has.
    public let featureCount: Int

    /// `[featureCount + 1]`: the contributions to one score of one row; they add up to it.
    public subscript(row row: Int, score score: Int) -> ArraySlice<Double> {
        precondition((0..<rowCount).contains(row) && (0..<scoresPerRow).contains(score))
        let start = (row * scoresPerRow + score) * (featureCount + 1)
        return values[start..<start + featureCount + 1]
    }

    /// What is expected of a row of which nothing is known.
    public func bias(row: Int, score: Int = 0) -> Double {
        self[row: row, score: score].last ?? 0
    }

    /// The features that move a score most, up or down, strongest first; those that do not move it
    /// are left out.
    public func strongest(
        _ count: Int,
        row: Int,
        score: Int = 0
    ) -> [(feature: Int, contribution: Double)] {
        let all = self[row: row, score: score].dropLast()
        let moving = all.indices.filter { all[$0] != 0 }
        // Of equal ones the first: the order is the same on every run.
        let order = moving.sorted { (abs(all[$1]), $0) < (abs(all[$0]), $1) }
        return order.prefix(max(0, count)).map { ($0 - all.startIndex, all[$0]) }
    }
}
