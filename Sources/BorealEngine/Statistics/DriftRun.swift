import BorealBase
import BorealGraph
import BorealStatistics
import BorealWire

/// DRIFT: counts new rows by the bins that the model's training rows were counted by. It holds
/// counts only, so that any number of rows may come.
final class DriftRun: RunningStatement {
    private let question: StatisticQuestion
    private let source: any QuerySource
    private let scorer: ModelScorer
    private var counters: [DriftCounter]
    private let binCount: Int
    private let cancellation: CancellationFlag
    private var rowCount = 0

    /// Names and types of the answer's columns.
    static let columns: [(name: String, type: ColumnType)] = [
        ("feature", .varchar()), ("psi", .double), ("ks", .double), ("p_value", .double),
        ("missing_before", .double), ("missing_now", .double), ("missing_change", .double),
        ("unseen_rows", .longLong), ("unseen_share", .double),
    ]

    /// - Parameters:
    ///   - scorer: turns the rows into features as training did.
    ///   - expected: one a feature, in the order of the model.
    init(
        _ question: StatisticQuestion,
        _ source: any QuerySource,
        scorer: ModelScorer,
        expected: SampleDistribution,
        binCount: Int,
        cancellation: CancellationFlag
    ) {
        precondition(expected.features.count == scorer.graph.inputs.count, "other features")
        self.question = question
        self.source = source
        self.scorer = scorer
        counters = expected.features.map { DriftCounter($0) }
        self.binCount = binCount
        self.cancellation = cancellation
    }

    func step(_ response: inout Response, budgetBytes: Int) throws(ServerError) -> StepOutcome {
        if cancellation.isCancelled { throw .interrupted }
        if let batch = try source.next(rowsMax: Limits.batchRows) {
            try add(batch)
            return .more
        }
        source.close()
        guard rowCount > 0 else {
            throw ServerError(.badRowValue, "The query returned no rows; there is nothing to say")
        }
        question.begin(&response)
        for counter in counters { question.write(try cells(counter), to: &response) }
        response.writer.endResult(status: response.status, warnings: 0, into: &response.output)
        return .finished
    }

    private func add(_ batch: RowBatch) throws(ServerError) {
        let features = try scorer.features(batch, firstRow: rowCount)
        let count = features.featureCount
        for feature in 0..<count {
            let unseen = features.unseenByFeature[feature]
            // The binder wrote NaN, or -1, where it found no code; those are no missing values.
            var skipped = 0
            let marked = scorer.graph.inputs[feature].unseen == .marked
            for row in 0..<features.rowCount {
                let value = features.values[row * count + feature]
                if skipped < unseen, marked ? value == -1 : value.isNaN {
                    skipped += 1
                } else {
                    counters[feature].add(value)
                }
            }
            counters[feature].addUnseen(skipped)
        }
        rowCount += batch.rowCount
    }

    private func cells(_ counter: DriftCounter) throws(ServerError) -> [FixedTable.Cell] {
        let drift: FeatureDrift
        do {
            drift = try counter.drift(binCount: binCount)
        } catch {
            throw ServerError(statistics: error, column: "")
        }
        return [
            .text(drift.name), .real(drift.stability), drift.gap.map { .real($0) } ?? .null,
            drift.pValue.map { .real($0) } ?? .null, .real(drift.missingBefore),
            .real(drift.missingNow), .real(drift.missingNow - drift.missingBefore),
            .integer(Int64(drift.unseen)), .real(Double(drift.unseen) / Double(drift.rowCount)),
        ]
    }

    func abandon() { source.close() }
}
