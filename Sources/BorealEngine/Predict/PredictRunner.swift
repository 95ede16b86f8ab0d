import BorealBase
import BorealCatalog
import BorealGraph
import BorealTasks
import BorealWire

/// PREDICT with `mode='async'`: all rows of the inner query into a CSV file.
struct PredictRunner: OfflineTaskRunner {
    static let kind = "predict"

    let catalog: Catalog
    let models: ModelStore
    let opener: any JobQueryOpener
    let reader: any StatementReader

    func run(_ context: JobContext) throws {
        guard case .task(let id) = context.job.subject else { return }
        let payload = try JobPayload(json: context.job.payload)
        let request = try reader.predict(payload)
        try catalog.update { (change) throws(CatalogError) in try change.startTask(id) }
        let graph = try models.graph(ofTask: id)
        let held = try context.rows(request.query, payload, opener)
        let writer = try catalog.makeArtifact(fileExtension: "csv")
        do {
            let artifact = try write(held.source, graph, request, writer, context)
            try catalog.update { (change) throws(CatalogError) in
                try change.finishTask(id, results: "", artifact: artifact)
                try change.finishJob(context.job.id)
            }
        } catch {
            writer.cancel()
            throw error
        }
    }

    private func write(
        _ source: any QuerySource,
        _ graph: ModelGraph,
        _ request: PredictRequest,
        _ writer: ArtifactWriter,
        _ context: JobContext
    ) throws -> PublishedArtifact {
        let added = try PredictionColumns(graph, request.answer)
        var file = try ScoredFile(
            writer,
            graph: graph,
            added: added,
            items: request.items,
            carried: request.carried,
            features: request.features,
            columns: source.columns.map(\.name)
        )
        while let batch = try source.next(rowsMax: added.question.batchRows) {
            _ = try file.append(batch, context)
            context.report("predicting, \(file.rowCount) rows")
        }
        return try file.finish()
    }
}

extension ModelStore {
    /// The model that a task bound when its statement was accepted, even if it was dropped since.
    func graph(ofTask id: TaskID) throws(ServerError) -> ModelGraph {
        guard let artifact = catalog.snapshot.task(id)?.modelArtifact else {
            throw .internalError("a task lost its model")
        }
        return try graph(of: artifact)
    }
}
