import BorealBase
import BorealCatalog
import BorealGraph
import BorealTasks
import BorealWire

/// EVALUATE: scores all rows of the inner query, writes them to a CSV file and computes the
/// metrics.
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
        var file = ResultFile(try catalog.makeArtifact(fileExtension: "csv"))
        do {
            let results = try evaluate(held.source, graph, request, &file, context)
            let artifact = try file.finish()
            try catalog.update { (change) throws(CatalogError) in
                try change.finishTask(id, results: results.description, artifact: artifact)
                try change.finishJob(context.job.id)
            }
        } catch {
            file.cancel()
            throw error
        }
    }

    private func evaluate(
        _ source: any QuerySource,
        _ graph: ModelGraph,
        _ request: EvaluateRequest,
        _ file: inout ResultFile,
        _ context: JobContext
    ) throws -> JSON {
        let inputs = source.columns.map(\.name)
        let folded = inputs.map(\.asciiLowercased)
        guard let label = folded.firstIndex(of: request.label.asciiLowercased) else {
            throw ServerError.unknownColumn(request.label, in: "y_cols")
        }
        let scorer = try ModelScorer(graph, names: request.features, columns: inputs, threads: 2)
        let items =
            request.items
            + (request.carried + [request.label])
            .map { Projection.Item.column($0, alias: nil) }
        let projection = try Projection(items, inputs: inputs, added: ["predicted_results"])
            .withoutRepeats
        var scores = EvaluationScores(graph, label: inputs[label])
        file.header(projection.columns.map(\.name))
        var rows = 0
        var cell: [UInt8] = []
        while let batch = try source.next(rowsMax: Limits.batchRows) {
            try context.checkCancellation()
            let results = try scorer.score(
                batch,
                roles: scores.roles,
                firstRow: rows,
                cancellation: context.cancellation
            )
            try scores.append(results, labels: batch.columns[label], firstRow: rows)
            for row in 0..<batch.rowCount {
                for column in projection.columns {
                    switch column.source {
                    case .input(let index): file.cell(batch.columns[index], row, &cell)
                    case .added:
                        cell.removeAll(keepingCapacity: true)
                        results.appendText(0, row: row, to: &cell)
                        file.cell(cell)
                    }
                }
                file.endRow()
            }
            try file.flush()
            rows += batch.rowCount
            context.report("evaluating, \(rows) rows")
        }
        return try scores.results(request.metrics)
    }
}
