import BorealBase
import BorealCatalog
import BorealGraph
import BorealTasks
import BorealWire

/// EVALUATE: scores all rows of the inner query, writes them to a CSV file, computes the metrics.
struct EvaluateRunner: OfflineTaskRunner {
    static let kind = "evaluate"

    let catalog: Catalog
    let models: ModelStore
    let opener: any JobQueryOpener
    let reader: any StatementReader

    func run(_ context: JobContext) throws {
        guard case .task(let id) = context.job.subject else { return }
        let payload = try JobPayload(json: context.job.payload)
        let request = try reader.evaluate(payload)
        try catalog.update { (change) throws(CatalogError) in try change.startTask(id) }
        let graph = try models.graph(ofTask: id)
        let held = try context.rows(request.query, payload, opener)
        let writer = try catalog.makeArtifact(fileExtension: "csv")
        do {
            let (results, artifact) = try evaluate(held.source, graph, request, writer, context)
            try catalog.update { (change) throws(CatalogError) in
                try change.finishTask(id, results: results.description, artifact: artifact)
                try change.finishJob(context.job.id)
            }
        } catch {
            writer.cancel()
            throw error
        }
    }

    private func evaluate(
        _ source: any QuerySource,
        _ graph: ModelGraph,
        _ request: EvaluateRequest,
        _ writer: ArtifactWriter,
        _ context: JobContext
    ) throws -> (JSON, PublishedArtifact) {
        let columns = source.columns.map(\.name)
        let folded = columns.map(\.asciiLowercased)
        let labels = try request.labels.map { name in
            guard let index = folded.firstIndex(of: name.asciiLowercased) else {
                throw ServerError.unknownColumn(name, in: "y_cols")
            }
            return index
        }
        var file = try ScoredFile(
            writer,
            graph: graph,
            added: PredictionColumns(graph),
            items: request.items,
            carried: request.carried + request.labels,
            features: request.features,
            columns: columns
        )
        let subject = try EvaluationSubject(
            graph,
            labels: labels.count,
            metrics: request.metrics,
            model: request.model
        )
        var scores = EvaluationScores(graph, subject, labels: labels.map { columns[$0] })
        while let batch = try source.next(rowsMax: Limits.batchRows) {
            let firstRow = file.rowCount
            let answer = try file.append(
                batch,
                roles: scores.extraRoles,
                others: scores.extraOutputs,
                context
            )
            if labels.isEmpty {
                scores.append(clusters: answer, firstRow: firstRow)
            } else {
                try scores.append(
                    answer.results,
                    labels: labels.map { batch.columns[$0] },
                    firstRow: firstRow
                )
            }
            context.report("evaluating, \(file.rowCount) rows")
        }
        return (
            try scores.results(request.metrics, isByColumn: request.isByColumn), try file.finish()
        )
    }
}
