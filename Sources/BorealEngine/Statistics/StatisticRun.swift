import BorealBase
import BorealTables
import BorealWire

/// A statistic that answers in the session: reads a batch a step, then computes a part a step, so
/// that no worker is kept for long.
final class StatisticRun: RunningStatement {
    private let question: StatisticQuestion
    private let request: StatisticRequest
    /// Queries that were not begun yet.
    private var waiting: [InnerQueryRun]
    private var source: (any QuerySource)?
    private var collector: SampleCollector
    private var work: StatisticWork?
    private var part = 0
    private var answer: [[FixedTable.Cell]]?
    private var answeredRows = 0
    private let cancellation: CancellationFlag

    /// - Throws: what is wrong with the first query or its columns.
    init(
        _ question: StatisticQuestion,
        _ request: StatisticRequest,
        _ queries: [InnerQueryRun],
        cancellation: CancellationFlag
    ) throws(ServerError) {
        self.question = question
        self.request = request
        self.cancellation = cancellation
        waiting = queries
        collector = SampleCollector(request, bytesMax: Limits.statisticBytesMax)
        try openNext()
    }

    /// Begins the next query.
    private func openNext() throws(ServerError) {
        guard !waiting.isEmpty else { return }
        let next = try waiting.removeFirst().run(cancellation: cancellation)
        let names = next.columns.map(\.name)
        try JobStarter.check(request.columns, among: names, "x_cols")
        if let label = request.label { try JobStarter.check([label], among: names, "y_cols") }
        source = next
    }

    func step(_ response: inout Response, budgetBytes: Int) throws(ServerError) -> StepOutcome {
        if cancellation.isCancelled { throw .interrupted }
        if let source {
            try read(source)
            return .more
        }
        if let work, part < work.partCount {
            try work.perform(part)
            part += 1
            return .more
        }
        return try write(&response, budgetBytes)
    }

    private func read(_ source: any QuerySource) throws(ServerError) {
        if let batch = try source.next(rowsMax: Limits.batchRows) {
            try collector.append(batch)
            guard collector.rowCount <= Limits.statisticRowsMax else {
                throw ServerError(
                    .memoryLimit,
                    "More than \(Limits.statisticRowsMax) rows; CREATE FEATURE reads them all"
                )
            }
            return
        }
        source.close()
        self.source = nil
        if waiting.isEmpty {
            work = StatisticWork(request, try collector.finish())
        } else {
            collector.beginSecond()
            try openNext()
        }
    }

    private func write(
        _ response: inout Response,
        _ budgetBytes: Int
    ) throws(ServerError) -> StepOutcome {
        let rows = answer ?? (question.showsBins ? work?.detail : work?.summary) ?? []
        if answer == nil {
            answer = rows
            question.begin(&response)
        }
        while answeredRows < rows.count {
            if response.output.count >= budgetBytes { return .more }
            question.write(rows[answeredRows], to: &response)
            answeredRows += 1
        }
        response.writer.endResult(status: response.status, warnings: 0, into: &response.output)
        return .finished
    }

    func abandon() { source?.close() }
}
