import BorealBase
import BorealCatalog
import BorealRemote
import BorealSQL
import BorealTables
import BorealWire

/// PREDICT on models that run elsewhere.
extension JobStarter {
    /// What a PREDICT statement asks; nil for a model that runs here, or that there is not.
    ///
    /// - Throws: `ServerError`: no right to ask it, no route for a built-in name, a version that is
    ///   not there.
    func remoteTarget(
        _ name: String,
        version: String?
    ) throws(ServerError) -> RemoteTarget? {
        let engine = session.engine
        let binder = RemoteBinder(
            models: engine.models,
            gateway: engine.remote,
            access: models.access
        )
        if let builtIn = try BuiltInModel(reserved: name) {
            guard version == nil else { throw .unsupported("a version of a built-in model") }
            guard builtIn != .sql, builtIn != .chart else {
                _ = try binder.builtInModels.route(builtIn)
                throw .unsupported("PREDICT on \(builtIn.rawValue)")
            }
            return try binder.target(name, as: "PREDICT")
        }
        guard let model = engine.catalog.snapshot.model(named: name),
            model.versions.contains(where: { $0.modelClass == ModelClass.remote })
        else { return nil }
        let bound = try models.usable(name, version: version)
        guard bound.version.modelClass == ModelClass.remote else { return nil }
        return try engine.remote.target(of: bound, user: models.access.owner)
    }

    /// PREDICT that runs inside the session and sees its own changes.
    func predictOnline(
        _ request: RemotePredictRequest,
        _ target: RemoteTarget
    ) throws(ServerError) -> any RunningStatement {
        let source = try InnerQueryRun(session, request.query).run(cancellation: cancellation)
        return try RemotePredict(
            request,
            source,
            target,
            session.engine.remote,
            tables: session.tables,
            cancellation: cancellation
        )
    }

    /// The columns of either form; nothing runs.
    func columns(
        of request: RemotePredictRequest,
        _ target: RemoteTarget
    ) throws(ServerError) -> [ColumnDefinition41] {
        if request.mode == .async { return [ColumnDefinition41(name: "task_id", type: .varchar())] }
        let inputs = try InnerQueryRun(session, request.query).describe()
        let columns = try RemoteColumns(
            request,
            inputs: inputs.map(\.name),
            kind: target.runtime.kind
        )
        return columns.projection.definitions(
            inputs: inputs.map(\.definition),
            added: columns.definitions
        )
    }
}

extension JobStarter {
    /// PREDICT in the background.
    func predict(
        _ request: RemotePredictRequest,
        _ target: RemoteTarget
    ) throws(ServerError) -> FixedTable {
        let (query, _, _) = try checked(request, target, job: payload(target.bound.version.id))
        _ = try session.engine.remote.dispatcher(for: target)
        try commit()
        var payload = payload(target.bound.version.id)
        payload.onError = session.tables.variable("ai_on_error")
        return try tasks.begin(
            .prediction,
            model: target.bound,
            statement: String(decoding: text, as: UTF8.self),
            kind: RemotePredictRunner.kind,
            payload: payload.json,
            held: try query.hold()
        )
    }

    /// EXPLAIN SELECT ... FROM PREDICT: everything is checked, nothing is sent.
    func explain(
        _ request: RemotePredictRequest,
        _ target: RemoteTarget
    ) throws(ServerError) -> FixedTable {
        let (_, features, columns) = try checked(request, target)
        return target.plan(request, features: features, columns)
    }

    /// Checks all that can be known of a statement before it runs.
    ///
    /// - Returns: the inner query, the names of its columns that are read, the answer's columns.
    private func checked(
        _ request: RemotePredictRequest,
        _ target: RemoteTarget,
        job: JobPayload? = nil
    ) throws(ServerError) -> (InnerQueryRun, [String], RemoteColumns) {
        let query = try InnerQueryRun(session, request.query, job: job)
        let inputs = try query.describe()
        let names = inputs.map(\.name)
        let features = try RemoteFeatures(request.features, columns: names, target)
        try Self.check(request.key, among: names, "primary_key")
        let columns = try RemoteColumns(request, inputs: names, kind: target.runtime.kind)
        if let into = request.target {
            try check(into, columns.projection, inputs, columns.storedTypes)
        }
        return (query, features.names(in: names), columns)
    }
}

extension RemoteTarget {
    /// How PREDICT would ask it: rows of `step`, `name`, `detail`.
    fileprivate func plan(
        _ request: RemotePredictRequest,
        features: [String],
        _ columns: RemoteColumns
    ) -> FixedTable {
        let rows =
            switch request.mode {
            case .unset: ["online", "at most \(Limits.remoteRowsMax)"]
            case .sync: ["online", "any number"]
            case .async: ["async", "all, into a file; answered ones are not asked again"]
            }
        var steps = [["rows"] + rows]
        if let into = request.target {
            steps.append(["into", into.shown, into.manner])
        }
        let version = bound.version
        steps.append([
            "model", bound.model.name,
            "version \(version.name), \(version.modelClass), \(version.status.rawValue), "
                + runtime.kind.rawValue,
        ])
        if let builtIn { steps.append(["task", builtIn.rawValue, "by its route"]) }
        for provider in runtime.providers {
            steps.append([
                "provider", provider.name,
                "tier \(provider.tier), \(runtime.rowsMax) rows a request",
            ])
        }
        for name in features { steps.append(["feature", name, "as text"]) }
        for definition in columns.definitions {
            steps.append(["column", definition.name, "added"])
        }
        return FixedTable(text: ["step", "name", "detail"], steps)
    }
}
