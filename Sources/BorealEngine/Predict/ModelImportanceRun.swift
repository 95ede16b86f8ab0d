import BorealBase
import BorealGraph

/// A feature's shares of a model's gains and splits.
struct FeatureShare {
    let name: String
    let gain: Double
    let split: Double
    /// How far it moves the scores of rows, in the mean; nil when no rows were looked at.
    var contribution: Double?

    /// In the model's order; nil for models without trees.
    static func all(of graph: ModelGraph) -> [FeatureShare]? {
        guard let features = graph.featureImportances else { return nil }
        let gains = features.reduce(0) { $0 + $1.gain }
        let splits = features.reduce(0) { $0 + $1.splits }
        return features.map { feature in
            FeatureShare(
                name: feature.name,
                gain: gains > 0 ? feature.gain / gains : 0,
                split: splits > 0 ? Double(feature.splits) / Double(splits) : 0
            )
        }
    }

    /// The answer of EXPLAIN MODEL, the most important first: by contribution where it is known,
    /// else by gain.
    static func table(_ shares: [FeatureShare]) -> FixedTable {
        let ordered = shares.enumerated().sorted { left, right in
            let (one, other) = (left.element, right.element)
            return (one.contribution ?? one.gain, right.offset)
                > (other.contribution ?? other.gain, left.offset)
        }
        return FixedTable(
            [("feature", .varchar()), ("gain", .double), ("split", .double), ("shap", .double)],
            ordered.map { _, share in
                [
                    .text(share.name), .text("\(share.gain)"), .text("\(share.split)"),
                    share.contribution.map { .text("\($0)") } ?? .null,
                ]
            }
        )
    }
}

/// EXPLAIN MODEL ... USING: averages the contributions of the rows of a query, some rows a step.
final class ModelImportanceRun: RunningStatement {
    private let source: any QuerySource
    private let scorer: ModelScorer
    private let explainer: GraphExplainer
    private var shares: [FeatureShare]
    private let cancellation: CancellationFlag
    /// One a feature: absolute contributions to all scores of all rows.
    private var sums: [Double]
    private var rowCount = 0
    private let batchRows: Int

    init(
        _ source: any QuerySource,
        scorer: ModelScorer,
        explainer: GraphExplainer,
        shares: [FeatureShare],
        cancellation: CancellationFlag
    ) {
        self.source = source
        self.scorer = scorer
        self.explainer = explainer
        self.shares = shares
        self.cancellation = cancellation
        batchRows = ModelQuestion(roles: [], explainer: explainer).batchRows
        sums = [Double](repeating: 0, count: shares.count)
    }

    func step(_ response: inout Response, budgetBytes: Int) throws(ServerError) -> StepOutcome {
        if let batch = try source.next(rowsMax: batchRows) {
            try add(batch)
            return .more
        }
        source.close()
        guard rowCount > 0 else {
            throw ServerError(
                .badRowValue,
                "The query returned no rows; there is nothing to explain"
            )
        }
        for index in shares.indices { shares[index].contribution = sums[index] / Double(rowCount) }
        response.write(FeatureShare.table(shares))
        return .finished
    }

    private func add(_ batch: RowBatch) throws(ServerError) {
        let features = try scorer.features(batch, firstRow: rowCount)
        do {
            let means = try explainer.meanAbsoluteContributions(
                features,
                cancellation: cancellation
            )
            for (place, mean) in means.enumerated() {
                sums[place % shares.count] += mean * Double(batch.rowCount)
            }
        } catch {
            throw ServerError(graph: error)
        }
        rowCount += batch.rowCount
    }

    func abandon() { source.close() }
}
