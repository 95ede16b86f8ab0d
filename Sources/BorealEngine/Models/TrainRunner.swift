import BorealBase
import BorealBoost
import BorealCatalog
import BorealFormats
import BorealGraph
import BorealTasks

/// Trains a model and stores it: CREATE MODEL after its OK.
struct TrainRunner: ModelJobRunner {
    static let kind = "train"

    let catalog: Catalog
    let settings: Settings
    let opener: any JobQueryOpener
    let reader: any StatementReader

    func run(_ context: JobContext) throws {
        guard case .version(let id) = context.job.subject else { return }
        let payload = try JobPayload(json: context.job.payload)
        let request = try reader.create(payload)
        let (set, reading) = try readRows(request, payload, context)
        try catalog.update { (change) throws(CatalogError) in
            try change.setStatus(of: id, to: .training)
        }
        let trained = try BoostedTrainer(settings: settings).train(
            set,
            features: request.features,
            label: request.label,
            cancellation: context.cancellation
        ) { progress in
            context.report(progress.text, fraction: progress.fraction)
        }
        try catalog.update { (change) throws(CatalogError) in
            try change.setStatus(of: id, to: .trained)
        }
        try store(trained, reading, request, id, context)
    }

    /// `loading_data`: all rows of the training query, column by column.
    ///
    /// - Returns: also how many and what reading them took, for DESC MODEL EXTENDED.
    private func readRows(
        _ request: CreateModelRequest,
        _ payload: JobPayload,
        _ context: JobContext
    ) throws -> (TrainingSetBuilder.Output, JSON) {
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

    /// `trained` to `saved`: both files and the version's row in one transaction.
    private func store(
        _ trained: BoostedTrainer.Trained,
        _ reading: JSON,
        _ request: CreateModelRequest,
        _ id: ModelVersionID,
        _ context: JobContext
    ) throws {
        let text = try trained.artifactText()
        let writer = try catalog.makeArtifact(fileExtension: "txt")
        try writer.write(text)
        let artifact = try writer.finish()
        var second: PublishedArtifact?
        if request.options.fileKind == .pkl {
            let pickle = try catalog.makeArtifact(fileExtension: "pkl")
            try pickle.write(try trained.pickle())
            second = try pickle.finish()
        }
        let outcome = VersionOutcome(
            description: ModelFacts.json(trained.graph, reading: reading).description,
            importances: ModelDescription.importances(of: trained.graph)?.description ?? ""
        )
        let task = trained.graph.task.rawValue
        try context.checkCancellation()
        try catalog.update { (change) throws(CatalogError) in
            try change.amend(id) { $0.taskKind = task }
            try change.publish(id, artifact: artifact, second: second, outcome: outcome)
            try change.finishJob(context.job.id)
        }
    }
}
