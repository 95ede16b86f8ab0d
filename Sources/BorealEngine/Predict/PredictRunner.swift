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
        var file = ResultFile(writer)
        do {
            try write(held.source, graph, request, &file, context)
            let artifact = try file.finish()
            try catalog.update { (change) throws(CatalogError) in
                try change.finishTask(id, results: "", artifact: artifact)
                try change.finishJob(context.job.id)
            }
        } catch {
            file.cancel()
            throw error
        }
    }

    private func write(
        _ source: any QuerySource,
        _ graph: ModelGraph,
        _ request: PredictRequest,
        _ file: inout ResultFile,
        _ context: JobContext
    ) throws {
        let inputs = source.columns.map(\.name)
        let added = try PredictionColumns(graph, request.output)
        let carried = request.carried.map { Projection.Item.column($0, alias: nil) }
        let projection = try Projection(
            request.items + carried,
            inputs: inputs,
            added: added.names
        ).withoutRepeats
        let scorer = try ModelScorer(graph, names: request.features, columns: inputs, threads: 2)
        file.header(projection.columns.map(\.name))
        var rows = 0
        var cell: [UInt8] = []
        while let batch = try source.next(rowsMax: Limits.batchRows) {
            try context.checkCancellation()
            let results = try scorer.score(
                batch,
                roles: added.roles,
                firstRow: rows,
                cancellation: context.cancellation
            )
            for row in 0..<batch.rowCount {
                for column in projection.columns {
                    switch column.source {
                    case .input(let index): file.cell(batch.columns[index], row, &cell)
                    case .added(let index):
                        cell.removeAll(keepingCapacity: true)
                        added.append(results, row: row, column: index, to: &cell)
                        file.cell(cell)
                    }
                }
                file.endRow()
            }
            try file.flush()
            rows += batch.rowCount
            context.report("predicting, \(rows) rows")
        }
    }
}

extension Projection {
    /// The same columns, each source once.
    var withoutRepeats: Projection {
        var seen: [Source] = []
        return Projection(
            columns: columns.filter { column in
                if seen.contains(column.source) { return false }
                seen.append(column.source)
                return true
            }
        )
    }

    private init(columns: [(name: String, source: Source)]) { self.columns = columns }
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
