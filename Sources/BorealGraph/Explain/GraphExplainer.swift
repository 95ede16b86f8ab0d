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
    /// How contributions of columns become those of features; nil where they are the same.
    private let fold: ContributionFold?

    /// - Throws: `GraphError.notExplainable` unless the raw scores come from one additive operator
    ///   over the features, or over what columnwise operators make of them; `.invalidGraph`,
    ///   `.cancelled`.
    public init(_ graph: ModelGraph, cancellation: CancellationFlag? = nil) throws(GraphError) {
        let raw = graph.output(.raw)?.tensor
        let source = graph.operators.first { raw.map($0.outputs.contains) ?? false }
        guard let source = source as? any AdditiveOperator, source.inputs.count == 1,
            let input = source.inputs.first,
            let origins = Self.origins(of: input, in: graph)
        else { throw .notExplainable(reason: "its scores are no sum over features") }
        inputs = graph.inputs
        fold = origins.isEmpty ? nil : ContributionFold(origins, inputCount: graph.inputs.count)
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
        origins(of: tensor, in: graph)?.isEmpty == true
    }

    /// The features that each column of a tensor is made of; empty where there is one column for
    /// each feature, nil where that cannot be told.
    private static func origins(of tensor: TensorID, in graph: ModelGraph) -> [[Int]]? {
        var tensor = tensor
        var origins: [[Int]] = []
        while tensor != .features {
            guard let maker = graph.operators.first(where: { $0.outputs.contains(tensor) }),
                let input = maker.inputs.first,
                graph.tensorTypes[tensor.index].element == .double
            else { return nil }
            if let encoder = maker as? any EncodingOperator {
                guard origins.isEmpty else { return nil }
                origins = encoder.origins
            } else if !(maker is any ColumnwiseOperator) {
                return nil
            }
            tensor = input
        }
        return origins
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
            try folded(1, batch.rowCount, target) { target throws(GraphError) in
                try explainer.contributions(
                    rows,
                    count: batch.rowCount,
                    into: target,
                    threads: threads,
                    cancellation: cancellation
                )
            }
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
            try folded(2, batch.rowCount, target) { target throws(GraphError) in
                try explainer.interactions(
                    rows,
                    count: batch.rowCount,
                    into: target,
                    threads: threads,
                    cancellation: cancellation
                )
            }
        }
    }

    /// Fills `target` by `body`, which knows columns, and makes features of them.
    ///
    /// - Parameter power: 1 for contributions, 2 for interactions.
    private func folded(
        _ power: Int,
        _ rowCount: Int,
        _ target: UnsafeMutablePointer<Double>,
        _ body: (UnsafeMutablePointer<Double>) throws(GraphError) -> Void
    ) throws(GraphError) {
        guard let fold else { return try body(target) }
        let size = power == 1 ? fold.columnSide : fold.columnSide * fold.columnSide
        let limit = GraphLimits.explanationValuesMax
        let (count, overflow) = size.multipliedReportingOverflow(by: rowCount * scoresPerRow)
        guard !overflow, count <= limit else {
            throw .tooLarge(what: "numbers of an explanation", limit: limit)
        }
        var values = [Double](repeating: 0, count: count)
        try values.withUnsafeMutableBufferPointer { values throws(GraphError) in
            guard let base = values.baseAddress else { return }
            try body(base)
            for part in 0..<rowCount * scoresPerRow {
                fold.fold(power, base + part * size, target, part)
            }
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
        if fold != nil {
            return try additiveExplanation(batch, threads: threads, cancellation: cancellation)
                .meanMagnitudes
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

    /// `[scoresPerRow * featureCount]`: the mean of the absolute values over the rows.
    var meanMagnitudes: [Double] {
        var means = [Double](repeating: 0, count: scoresPerRow * featureCount)
        for part in 0..<rowCount * scoresPerRow {
            let first = part % scoresPerRow * featureCount
            for feature in 0..<featureCount {
                means[first + feature] += abs(values[part * (featureCount + 1) + feature])
            }
        }
        return means.map { $0 / Double(max(1, rowCount)) }
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
