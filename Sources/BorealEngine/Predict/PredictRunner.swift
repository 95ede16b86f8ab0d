import BorealBase
import BorealCatalog
import BorealGraph
import BorealTables
import BorealTasks
import BorealWire

/// PREDICT with `mode='async'`: all rows of the inner query into a CSV file, and with INTO into a
/// table.
///
/// File and table are in two databases, so the task is done in three steps: the file is kept with
/// the task, the table is written together with the task's id in one transaction, the task is
/// finished. A job that runs again after a crash begins anew, unless its table is there: then all
/// that is left is the last step.
struct PredictRunner: OfflineTaskRunner {
    static let kind = "predict"

    let catalog: Catalog
    let models: ModelStore
    let tables: TableStore
    let opener: any JobQueryOpener
    let reader: any StatementReader

    func run(_ context: JobContext) throws {
        guard case .task(let id) = context.job.subject else { return }
        let payload = try JobPayload(json: context.job.payload)
        let request = try reader.predict(payload)
        if try isWritten(request.target, id, payload, opener) { return try finish(context, nil) }
        try catalog.update { (change) throws(CatalogError) in try change.startTask(id) }
        let graph = try models.graph(ofTask: id)
        let held = try context.rows(request.query, payload, opener)
        let writer = try catalog.makeArtifact(fileExtension: "csv")
        do {
            let (artifact, rows) = try write(held.source, graph, request, writer, context)
            guard let rows else { return try finish(context, artifact) }
            held.source.close()
            try catalog.update { (change) throws(CatalogError) in
                try change.keepResult(of: id, artifact)
            }
            try opener.fill(rows, payload, context)
            try finish(context, nil)
        } catch {
            writer.cancel()
            throw error
        }
    }

    func isDone(_ id: TaskID) -> Bool { tables.holdsTable(of: id.description) }

    /// - Returns: the file, and the rows for a table when there shall be one.
    private func write(
        _ source: any QuerySource,
        _ graph: ModelGraph,
        _ request: PredictRequest,
        _ writer: ArtifactWriter,
        _ context: JobContext
    ) throws -> (PublishedArtifact, TableRows?) {
        let added = try PredictionColumns(graph, request.answer)
        let rows = try rows(source, request, added, context)
        var file = try ScoredFile(
            writer,
            graph: graph,
            added: added,
            items: request.items,
            carried: request.carried,
            features: request.features,
            columns: source.columns.map(\.name),
            rows: rows
        )
        while let batch = try source.next(rowsMax: added.question.batchRows) {
            _ = try file.append(batch, context)
            models.meter.countPredicted(batch.rowCount)
            context.report("predicting, \(file.rowCount) rows")
        }
        try rows?.seal()
        return (try file.finish(), rows)
    }

    private func rows(
        _ source: any QuerySource,
        _ request: PredictRequest,
        _ added: PredictionColumns,
        _ context: JobContext
    ) throws -> TableRows? {
        guard let target = request.target, case .task(let id) = context.job.subject else {
            return nil
        }
        let projection = try Projection(
            request.items,
            carried: request.carried,
            inputs: source.columns.map(\.name),
            added: added.names
        )
        let table = try target.table(
            projection,
            inputs: source.resultColumns,
            added: added.storedTypes,
            writer: id.description
        )
        return TableRows(
            table,
            of: target.place,
            projection: projection,
            added: added.storedTypes,
            folder: catalog.artifactFolder
        )
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
