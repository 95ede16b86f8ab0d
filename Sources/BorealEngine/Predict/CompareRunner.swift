import BorealBase
import BorealCatalog
import BorealGraph
import BorealTasks
import BorealWire

/// DIFF MODEL: asks two versions of a model about all rows of the inner query. The results tell how
/// far they lie apart; the file has the rows that they predict otherwise.
struct CompareRunner: OfflineTaskRunner {
    static let kind = "compare"

    let catalog: Catalog
    let models: ModelStore
    let opener: any JobQueryOpener
    let reader: any StatementReader

    func run(_ context: JobContext) throws {
        guard case .task(let id) = context.job.subject else { return }
        let payload = try JobPayload(json: context.job.payload)
        let request = try reader.compare(payload)
        try catalog.update { (change) throws(CatalogError) in try change.startTask(id) }
        guard let kept = catalog.snapshot.task(id)?.artifact else { throw ServerError.interrupted }
        let graphs = (from: try models.graph(ofTask: id), to: try models.graph(of: kept))
        let held = try context.rows(request.query, payload, opener)
        let writer = try catalog.makeArtifact(fileExtension: "csv")
        do {
            let (results, artifact) = try compare(held.source, graphs, request, writer, context)
            try catalog.update { (change) throws(CatalogError) in
                try change.finishTask(id, results: results.description, artifact: artifact)
                try change.finishJob(context.job.id)
            }
        } catch {
            writer.cancel()
            throw error
        }
    }

    private func compare(
        _ source: any QuerySource,
        _ graphs: (from: ModelGraph, to: ModelGraph),
        _ request: CompareRequest,
        _ writer: ArtifactWriter,
        _ context: JobContext
    ) throws -> (JSON, PublishedArtifact) {
        let columns = source.columns.map(\.name)
        var comparison = try VersionComparison(graphs, request, columns: columns)
        let carried = try Projection(
            request.carried == nil ? [.all] : [],
            carried: request.carried ?? [],
            inputs: columns,
            added: [request.from, request.to].map { "predicted_results_\($0)" }
        )
        var file = ResultFile(writer)
        file.header(carried.columns.map(\.name))
        var scratch: [UInt8] = []
        while let batch = try source.next(rowsMax: Limits.batchRows) {
            try context.checkCancellation()
            for change in try comparison.append(batch, cancellation: context.cancellation) {
                for column in carried.columns {
                    switch column.source {
                    case .input(let index):
                        file.cell(batch.columns[index], change.row, &scratch)
                    case .added(let index): file.cell(change.predictions[index] ?? [])
                    }
                }
                file.endRow()
            }
            try file.flush()
            context.report("comparing, \(comparison.rowCount) rows")
        }
        return (try comparison.results(request), try file.finish())
    }
}
