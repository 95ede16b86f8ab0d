import BorealBase
import BorealBoost
import BorealTasks

/// The rows that a CREATE MODEL statement trains on.
struct TrainingRows {
    let request: CreateModelRequest
    let payload: JobPayload
    let opener: any JobQueryOpener

    /// All rows of the training query, column by column.
    ///
    /// - Returns: also how many and what reading them took, for DESC MODEL EXTENDED.
    func read(_ context: JobContext) throws -> (TrainingSetBuilder.Output, JSON) {
        let (began, used) = (MonotonicClock.nanoseconds, ThreadClock.nanoseconds)
        let held = try context.rows(request.query, payload, opener)
        defer { held.source.close() }
        var builder = TrainingSetBuilder(
            features: request.features,
            label: request.label,
            categorical: request.options.categoricalColumns,
            extras: request.options.extras
        )
        while let batch = try held.source.next(rowsMax: Limits.batchRows) {
            try context.checkCancellation()
            try builder.append(batch)
            context.report("loading data, \(builder.rowCount) rows")
        }
        let reading = JSON.object([
            ("rows", .integer(Int64(builder.rowCount))),
            ("ms", .integer(Int64((MonotonicClock.nanoseconds - began) / 1_000_000))),
            ("cpu_ms", .integer(Int64((ThreadClock.nanoseconds - used) / 1_000_000))),
        ])
        return (try builder.finish(request.options), reading)
    }
}
