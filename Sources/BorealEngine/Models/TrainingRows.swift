import BorealBase
import BorealBoost
import BorealCatalog
import BorealLearners
import BorealTasks

/// The rows that a CREATE MODEL statement trains on.
struct TrainingRows {
    let request: CreateModelRequest
    let payload: JobPayload
    let opener: any JobQueryOpener
    let models: ModelStore

    /// All rows of the training query, column by column.
    ///
    /// - Returns: also how many and what reading them took, for DESC MODEL EXTENDED.
    func read(_ context: JobContext) throws -> (TrainingSetBuilder.Output, JSON) {
        let (began, used) = (MonotonicClock.nanoseconds, ThreadClock.nanoseconds)
        let held = try context.rows(request.query, payload, opener)
        defer { held.source.close() }
        let initial = try held.initial ?? initialModel()
        var builder = TrainingSetBuilder(
            features: request.features,
            label: request.label,
            categorical: request.plan.categoricalColumns,
            takesNumbersOnly: !request.plan.intake.takesText,
            lists: request.plan.intake.columns?.lists ?? [:],
            extras: request.plan.extras,
            continuing: initial
        )
        while let batch = try held.source.next(rowsMax: Limits.batchRows) {
            try context.checkCancellation()
            try builder.append(batch)
            context.report("loading data, \(builder.rowCount) rows")
        }
        held.source.close()
        var set = try builder.finish(request.plan)
        try addValidation(to: &set, held, context)
        let reading = JSON.object([
            ("rows", .integer(Int64(builder.rowCount))),
            ("validation_rows", .integer(Int64(set.validation?.data.rowCount ?? 0))),
            ("ms", .integer(Int64((MonotonicClock.nanoseconds - began) / 1_000_000))),
            ("cpu_ms", .integer(Int64((ThreadClock.nanoseconds - used) / 1_000_000))),
        ])
        return (set, reading)
    }

    /// After a restart: the version of `init_model` that the statement bound.
    private func initialModel() throws(ServerError) -> ContinuedModel? {
        guard let name = request.plan.initialModel else { return nil }
        guard let version = payload.version, let bound = models.catalog.snapshot.bound(version)
        else { throw .modelMissing(name) }
        return try ContinuedModel(models.graph(of: bound), name: name)
    }

    /// The rows of `valid`, or those that `valid_fraction` takes away from the training rows.
    private func addValidation(
        to set: inout TrainingSetBuilder.Output,
        _ held: HeldQuery,
        _ context: JobContext
    ) throws {
        switch request.validation {
        case nil: return
        case .fraction(let share) where set.search != nil: set.drawnShare = share
        case .fraction(let share): try set.split(share)
        case .query(let text):
            // A job that runs again has no query at hand.
            let source =
                try held.further
                ?? opener.open(
                    text,
                    for: payload,
                    user: context.job.user,
                    cancellation: context.cancellation
                )
            defer { source.close() }
            var builder = ValidationSetBuilder(
                set,
                label: request.label ?? "",
                extras: request.plan.extras
            )
            while let batch = try source.next(rowsMax: Limits.batchRows) {
                try context.checkCancellation()
                try builder.append(batch)
                context.report("loading validation data, \(builder.rowCount) rows")
            }
            set.validation = try builder.finish()
        }
    }
}
