import BorealBase
import BorealGraph
import BorealWire

/// PREDICT that answers in the session: at most 1,000 rows, in the order of the inner query.
///
/// It reads one row more than it may answer before it decides, so that nothing is sent of a result
/// that is too long.
final class OnlinePredict: RunningStatement {
    private let source: any QuerySource
    private let scorer: ModelScorer
    private let projection: Projection
    private let added: PredictionColumns
    private let cancellation: CancellationFlag
    private var batches: [RowBatch] = []
    private var rowCount = 0
    private var isRead = false
    /// The next batch to answer.
    private var position = 0
    private var answeredRows = 0
    private var cell: [UInt8] = []

    init(
        _ source: any QuerySource,
        scorer: ModelScorer,
        projection: Projection,
        added: PredictionColumns,
        cancellation: CancellationFlag
    ) {
        self.source = source
        self.scorer = scorer
        self.projection = projection
        self.added = added
        self.cancellation = cancellation
    }

    func step(_ response: inout Response, budgetBytes: Int) throws(ServerError) -> StepOutcome {
        if !isRead {
            try read()
            let definitions = projection.definitions(inputs: source.columns)
            source.close()
            response.writer.columns(definitions, status: response.status, into: &response.output)
        }
        while position < batches.count {
            if response.output.count >= budgetBytes { return .more }
            try answer(batches[position], &response)
            position += 1
        }
        response.writer.endResult(status: response.status, into: &response.output)
        return .finished
    }

    /// Reads all rows, or finds that there are too many.
    private func read() throws(ServerError) {
        while rowCount <= Limits.onlineRowsMax,
            let batch = try source.next(rowsMax: Limits.onlineRowsMax + 1 - rowCount)
        {
            batches.append(batch)
            rowCount += batch.rowCount
        }
        guard rowCount <= Limits.onlineRowsMax else { throw .tooManyRowsOnline }
        isRead = true
    }

    private func answer(_ batch: RowBatch, _ response: inout Response) throws(ServerError) {
        let results = try scorer.score(
            batch,
            roles: added.roles,
            firstRow: answeredRows,
            cancellation: cancellation
        )
        for row in 0..<batch.rowCount {
            response.writer.beginRow(into: &response.output)
            for column in projection.columns {
                switch column.source {
                case .input(let index): CellText.write(batch.columns[index], row, to: &response)
                case .added(let index):
                    cell.removeAll(keepingCapacity: true)
                    added.append(results, row: row, column: index, to: &cell)
                    cell.withUnsafeBytes { response.writer.bytes($0, into: &response.output) }
                }
            }
            response.writer.endRow(into: &response.output)
        }
        answeredRows += batch.rowCount
    }

    func abandon() { source.close() }
}
