import BorealBase
import BorealCatalog
import BorealRemote
import BorealTables
import BorealTasks
import BorealWire

/// PREDICT on a remote model with `mode='async'`: all rows of the inner query into a CSV file, and
/// with INTO into a table.
///
/// A job that runs again after a restart runs its query again; rows with an answer from before are
/// not asked. One that ends before its last row leaves the file with those that were answered.
struct RemotePredictRunner: OfflineTaskRunner {
    static let kind = "remote_predict"

    let catalog: Catalog
    let models: ModelStore
    let tables: TableStore
    let opener: any JobQueryOpener
    let reader: any StatementReader
    let gateway: RemoteGateway
    /// Where the answers of unfinished tasks lie.
    let folder: String

    var keepsResultOfFailure: Bool { true }

    func run(_ context: JobContext) throws {
        guard case .task(let id) = context.job.subject else { return }
        do {
            try run(context, id)
        } catch {
            // A dropped task left nothing but its answers.
            if catalog.snapshot.task(id) == nil { removeAnswers(id) }
            throw error
        }
    }

    func isDone(_ id: TaskID) -> Bool { tables.holdsTable(of: id.description) }

    /// The task is over, one way or another.
    func ended(_ id: TaskID) { removeAnswers(id) }

    private func removeAnswers(_ id: TaskID) {
        RemoteAnswerStore.remove(folder: folder, task: id.description)
    }

    private func run(_ context: JobContext, _ id: TaskID) throws {
        let payload = try JobPayload(json: context.job.payload)
        var (name, request) = try reader.remotePredict(payload)
        request.onError = request.onError ?? payload.onError.flatMap { .init(session: $0) }
        if try isWritten(request.target, id, payload, opener) { return try finish(context, nil) }
        try catalog.update { (change) throws(CatalogError) in try change.startTask(id) }
        let target = try target(name, payload, context)
        let held = try context.rows(request.query, payload, opener)
        let store = try RemoteAnswerStore(folder: folder, task: id.description)
        let file = try RemoteResult(self, request, held.source, target, id)
        do {
            let run = try RemoteTaskRun(
                context,
                request,
                held.source,
                target,
                gateway,
                store,
                write: file.append
            )
            try run.run()
            held.source.close()
            try file.seal()
        } catch {
            // The task's own error says more than one that came of keeping its rows.
            try? keep(file, context, id)
            throw error
        }
        guard let rows = file.rows else { return try finish(context, try file.finish()) }
        let artifact = try file.finish()
        try catalog.update { (change) throws(CatalogError) in
            try change.keepResult(of: id, artifact)
        }
        try opener.fill(rows, payload, context)
        try finish(context, nil)
    }

    /// The version that was bound when the statement was accepted, as it is now.
    private func target(
        _ name: String,
        _ payload: JobPayload,
        _ context: JobContext
    ) throws(ServerError) -> RemoteTarget {
        guard let version = payload.version, let bound = catalog.snapshot.bound(version) else {
            throw .modelMissing(name)
        }
        if let builtIn = try BuiltInModel(reserved: name) {
            let route = BuiltInRoute(builtIn: builtIn, bound: bound)
            return try route.target(gateway, user: context.job.user)
        }
        return try gateway.target(of: bound, user: context.job.user)
    }

    /// Keeps the rows of a task that ends before its last one, unless it goes on later or is gone.
    private func keep(_ file: RemoteResult, _ context: JobContext, _ id: TaskID) throws {
        switch context.cancellationReason {
        case .shutdown, .dropped: return file.cancel()
        default: break
        }
        guard file.rowCount > 0 else { return file.cancel() }
        let artifact = try file.finish()
        try catalog.update { (change) throws(CatalogError) in
            try change.keepResult(of: id, artifact)
        }
    }
}

/// The result of a task as it grows: the file, and the rows of a table.
private final class RemoteResult {
    private let columns: RemoteColumns
    private let writer: ArtifactWriter
    private var file: ResultFile
    private var cell: [UInt8] = []
    /// The same rows for a table; nil without INTO.
    let rows: TableRows?
    private(set) var rowCount = 0

    /// - Throws: what is wrong with the names of columns.
    init(
        _ runner: RemotePredictRunner,
        _ request: RemotePredictRequest,
        _ source: any QuerySource,
        _ target: RemoteTarget,
        _ id: TaskID
    ) throws {
        columns = try RemoteColumns(
            request,
            inputs: source.columns.map(\.name),
            kind: target.runtime.kind
        )
        let (projection, types) = (columns.projection, columns.storedTypes)
        rows = try request.target.map { into in
            TableRows(
                try into.table(
                    projection,
                    inputs: source.resultColumns,
                    added: types,
                    writer: id.description
                ),
                of: into.place,
                projection: projection,
                added: types,
                folder: runner.catalog.artifactFolder
            )
        }
        writer = try runner.catalog.makeArtifact(fileExtension: "csv")
        file = ResultFile(writer)
        file.header(projection.columns.map(\.name))
    }

    func append(_ batch: RowBatch, _ cells: [RemoteCell]) throws {
        for (row, answer) in cells.enumerated() {
            for column in columns.projection.columns {
                switch column.source {
                case .input(let index): file.cell(batch.columns[index], row, &cell)
                case .added(let index):
                    cell.removeAll(keepingCapacity: true)
                    // NULL is nothing between two commas, as of any column.
                    _ = columns.append(answer, column: index, to: &cell)
                    file.cell(cell)
                }
            }
            file.endRow()
            try rows?.append(batch, row: row) { column, cell in
                columns.append(answer, column: column, to: &cell)
            }
        }
        rowCount += cells.count
        try file.flush()
    }

    func seal() throws(ServerError) { try rows?.seal() }

    func finish() throws(CatalogError) -> PublishedArtifact { try file.finish() }

    func cancel() { writer.cancel() }
}
