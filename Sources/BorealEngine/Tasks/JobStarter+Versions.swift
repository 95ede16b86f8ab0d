import BorealBase
import BorealCatalog
import BorealGraph
import BorealSQL
import BorealTables
import BorealTasks

extension JobStarter {
    /// ALTER MODEL: for who may change the model.
    func alter(_ statement: AlterModel) throws(ServerError) {
        let name = statement.name.name
        let catalog = session.engine.catalog
        try models.access.checkChange("ALTER", name, catalog.snapshot)
        do {
            switch statement.action {
            case .retrain: try retrain(name)
            case .setDefaultVersion(let version):
                let version = try version.name
                try catalog.update { (change) throws(CatalogError) in
                    try change.setDefaultVersion(of: name, to: version)
                }
            case .addVersion(let version):
                let executor = RemoteModelExecutor(
                    engine: session.engine,
                    access: models.access,
                    text: text
                )
                try addVersion(version, to: name, executor)
            case .dropVersion(let version):
                let version = try version.name
                let bound = try models.resolve(name, version: version)
                try session.engine.catalog.snapshot.checkUnused([bound.version])
                let dropped = try catalog.update { (change) throws(CatalogError) in
                    try change.dropVersion(of: name, version)
                }
                session.engine.scheduler.cancel([.version(dropped.id)], reason: .dropped)
            case .setComment(let text):
                let (version, text) = (try statement.version?.name, try text.name)
                try catalog.update { (change) throws(CatalogError) in
                    try change.setComment(of: name, version: version, to: text)
                }
            }
        } catch let error as CatalogError {
            throw ServerError(error)
        } catch let error as ServerError {
            throw error
        } catch {
            throw .internalError("\(error)")
        }
    }

    /// A further version by the statement that made the default one, with its database, `sql_mode`
    /// and `time_zone`, on the rows as they are now. It becomes the default once it is saved.
    private func retrain(_ name: String) throws(ServerError) {
        let bound = try session.engine.models.resolve(name)
        let untrained = [ModelClass.external, ModelClass.remote]
        guard !untrained.contains(bound.version.modelClass) else {
            throw .unsupported("RETRAIN of a model that was not trained here")
        }
        let payload = stored(bound.version)
        var request = try StoredStatements().create(payload)
        request.model = bound.model.name
        let tables = try JobRowOpener(engine: session.engine)
            .session(for: payload, user: models.access.owner)
        try train(request, on: tables, payload, isFurther: true)
    }

    /// DIFF MODEL: a task that asks two versions about the same rows; for who may use the model.
    func diff(_ statement: DiffModel) throws(ServerError) -> FixedTable {
        let request = try RequestReader.compare(statement)
        let from = try models.usable(request.model, version: request.from)
        let to = try models.usable(request.model, version: request.to)
        guard from.version.id != to.version.id else {
            throw .invalidOption("VERSION", "'\(from.version.name)' is compared with itself")
        }
        let query = try InnerQueryRun(session, request.query, job: payload(to.version.id))
        let columns = try query.describe()
        for bound in [from, to] {
            let graph = try graph(of: bound)
            let features = request.features(of: graph)
            try Self.check(features, in: columns, "x_cols")
            _ = try ModelScorer(graph, names: features, columns: columns.map(\.name))
            guard request.label != nil else { continue }
            _ = try EvaluationSubject(
                graph,
                labels: 1,
                metrics: request.metrics,
                model: bound.label
            )
        }
        if let label = request.label { try Self.check([label], in: columns, "y_cols") }
        try Self.check(request.carried ?? [], in: columns, "s_cols")
        try commit()
        return try tasks.begin(
            .comparison,
            model: from,
            other: to,
            statement: String(decoding: text, as: UTF8.self),
            kind: CompareRunner.kind,
            payload: payload(to.version.id).json,
            held: try query.hold()
        )
    }
}
