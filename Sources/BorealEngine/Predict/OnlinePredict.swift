import BorealBase
import BorealGraph
import BorealTables
import BorealWire

/// What is settled of a PREDICT before its first row.
struct PredictionFrame {
    let projection: Projection
    let added: PredictionColumns
    /// Of the answer's columns.
    let definitions: [ColumnDefinition41]

    /// - Parameters:
    ///   - items: the select list.
    ///   - inputs: columns of the inner query.
    init(
        _ items: [Projection.Item],
        inputs: [ColumnDefinition41],
        added: PredictionColumns
    ) throws(ServerError) {
        projection = try Projection(items, inputs: inputs.map(\.name), added: added.names)
        definitions = projection.definitions(inputs: inputs, added: added.definitions)
        self.added = added
    }
}

/// PREDICT that answers in the session: at most 1,000 rows, in the order of the inner query.
///
/// It reads one row more than it may answer before it decides, so that nothing is sent of a result
/// that is too long.
final class OnlinePredict: RunningStatement {
    private let source: any QuerySource
    private let scorer: ModelScorer
    private let projection: Projection
    private let added: PredictionColumns
    private let definitions: [ColumnDefinition41]
    private let tables: TableSession
    /// Told at the end how long the model took over one row; not called for another number of rows.
    var onOneRow: ((_ nanoseconds: UInt64) -> Void)?
    private let cancellation: CancellationFlag
    private var batches: [RowBatch] = []
    private var rowCount = 0
    private var isRead = false
    /// The next batch to answer.
    private var position = 0
    private var answeredRows = 0
    private var cell: [UInt8] = []
    /// One a feature: cells with a category that training never saw.
    private var unseen: [Int] = []

    init(
        _ source: any QuerySource,
        _ frame: PredictionFrame,
        scorer: ModelScorer,
        tables: TableSession,
        cancellation: CancellationFlag
    ) {
        self.source = source
        self.scorer = scorer
        projection = frame.projection
        added = frame.added
        definitions = frame.definitions
        self.tables = tables
        self.cancellation = cancellation
    }

    func step(_ response: inout Response, budgetBytes: Int) throws(ServerError) -> StepOutcome {
        if !isRead {
            try read()
            source.close()
            response.writer.columns(definitions, status: response.status, into: &response.output)
        }
        let started = MonotonicClock.nanoseconds
        while position < batches.count {
            if response.output.count >= budgetBytes { return .more }
            try answer(batches[position], &response)
            position += 1
            // Explanations take long: others have their turn between two batches.
            if added.question.explainer != nil, position < batches.count { return .more }
        }
        if rowCount == 1 { onOneRow?(MonotonicClock.nanoseconds - started) }
        warnOfUnseen()
        response.writer.endResult(
            status: response.status,
            warnings: UInt16(clamping: tables.warnings.count),
            into: &response.output
        )
        return .finished
    }

    /// Reads all rows, or finds that there are too many.
    private func read() throws(ServerError) {
        while rowCount <= Limits.onlineRowsMax,
            let batch = try source.next(
                rowsMax: min(added.question.batchRows, Limits.onlineRowsMax + 1 - rowCount)
            )
        {
            batches.append(batch)
            rowCount += batch.rowCount
        }
        guard rowCount <= Limits.onlineRowsMax else { throw .tooManyRowsOnline }
        isRead = true
    }

    private func answer(_ batch: RowBatch, _ response: inout Response) throws(ServerError) {
        let answer = try scorer.answer(
            added.question,
            batch,
            firstRow: answeredRows,
            cancellation: cancellation
        )
        let counts = answer.features.unseenByFeature
        if unseen.isEmpty { unseen = [Int](repeating: 0, count: counts.count) }
        for (feature, count) in counts.enumerated() { unseen[feature] += count }
        for row in 0..<batch.rowCount {
            for line in 0..<added.linesPerRow { write(answer, row, line, &response) }
        }
        answeredRows += batch.rowCount
    }

    private func write(
        _ answer: ScoredBatch,
        _ row: Int,
        _ line: Int,
        _ response: inout Response
    ) {
        response.writer.beginRow(into: &response.output)
        for column in projection.columns {
            switch column.source {
            case .input(let index): CellText.write(answer.batch.columns[index], row, to: &response)
            case .added(let index):
                cell.removeAll(keepingCapacity: true)
                if added.append(answer, row: row, line: line, column: index, to: &cell) {
                    cell.withUnsafeBytes { response.writer.bytes($0, into: &response.output) }
                } else {
                    response.writer.null(into: &response.output)
                }
            }
        }
        response.writer.endRow(into: &response.output)
    }

    /// One warning for the whole statement.
    private func warnOfUnseen() {
        let counts = zip(scorer.graph.inputs, unseen).filter { $1 > 0 }
        guard !counts.isEmpty else { return }
        let error = ServerError.unseenCategories(counts.map { ($0.name, $1) })
        tables.warn(TableWarning(.warning, error.code, error.message))
    }

    func abandon() { source.close() }
}
