import BorealBase
import BorealCatalog
import BorealRemote
import BorealTables

/// What a statement's calls are bound to.
final class RemoteTarget: Sendable {
    let bound: BoundModel
    let runtime: RemoteModelRuntime
    let options: RemoteModelOptions
    /// How the model is described.
    let record: RemoteModelRecord
    /// Who pays and whose cache it is.
    let user: String
    /// The built-in name that the model answers for; nil when it was named itself.
    let builtIn: BuiltInModel?

    init(
        _ bound: BoundModel,
        _ runtime: RemoteModelRuntime,
        _ options: RemoteModelOptions,
        _ record: RemoteModelRecord,
        user: String,
        builtIn: BuiltInModel? = nil
    ) {
        self.record = record
        self.bound = bound
        self.runtime = runtime
        self.options = options
        self.user = user
        self.builtIn = builtIn
    }

    /// What the rows of a query ask, by the names of their columns. A task's text stands alone: the
    /// model's own words and columns are not those of the task.
    ///
    /// - Throws: `RemoteModelError` CONFIG for columns that are not those which the model reads.
    func rows(_ columns: [String]) throws(RemoteModelError) -> RemoteRows {
        guard builtIn == nil else {
            guard columns.count == 1 else {
                throw RemoteModelError(.config, "the task reads one column, not \(columns.count)")
            }
            return RemoteRows(texts: runtime.kind)
        }
        return try RemoteRows(
            record,
            inputs: InputColumns(stored: bound.version.definition.options),
            columns: columns
        )
    }

    /// What the arguments of a function's call ask.
    ///
    /// - Parameters:
    ///   - text: the column with the text or the query.
    ///   - document: the column with the document.
    /// - Throws: `RemoteModelError` CONFIG for a PROMPT of several columns.
    func callingRows(text: Int, document: Int) throws(RemoteModelError) -> RemoteRows {
        guard builtIn == nil else {
            return RemoteRows(texts: runtime.kind, text: text, document: document)
        }
        return try RemoteRows(
            calling: record,
            text: text,
            document: document
        )
    }

    /// As messages name the target: the model's own name.
    func error(_ failure: RemoteModelError) -> ServerError {
        ServerError(remote: failure, of: bound)
    }
}

/// Binds names to remote models: those of the registry, and the built-in ones by their routes.
struct RemoteBinder {
    let models: ModelStore
    let gateway: RemoteGateway
    let access: ModelAccess

    /// - Parameters:
    ///   - name: of a model, `m:v2` for a version of it, or a built-in one.
    ///   - what: what the error calls the use of a model that is not remote.
    ///   - config: the configuration of the calls; nil for none.
    /// - Throws: `ServerError`: no such model or route, none that is remote, no right to ask it, a
    ///   bad configuration.
    func target(
        _ name: String,
        as what: String,
        config: JSON? = nil
    ) throws(ServerError) -> RemoteTarget {
        if let builtIn = try BuiltInModel(reserved: name) {
            return try builtInModels.route(builtIn).target(gateway, user: access.owner, config)
        }
        let address = ModelAddress(name, models.catalog.snapshot)
        try access.checkUse(address.name, models.catalog.snapshot)
        let bound = try models.usable(address.name, version: address.version)
        guard bound.version.modelClass == ModelClass.remote else {
            throw .unsupported("\(what) on a model that is not remote")
        }
        return try gateway.target(of: bound, user: access.owner, config: config)
    }

    var builtInModels: BuiltInModels { BuiltInModels(models: models, access: access) }
}

extension RemoteGateway {
    /// - Parameter user: who pays and whose cache it is, `name@host`.
    /// - Throws: `ServerError` 9055 for a definition or a configuration that is none.
    func target(
        of bound: BoundModel,
        user: String,
        config: JSON? = nil
    ) throws(ServerError) -> RemoteTarget {
        do throws(RemoteModelError) {
            let (runtime, options) = try runtime(of: bound, config: config)
            return RemoteTarget(bound, runtime, options, try described(bound), user: user)
        } catch {
            throw ServerError(remote: error, of: bound)
        }
    }
}

extension CatalogSnapshot {
    /// A remote model is nothing but its row: tasks that ask it need that to their end.
    ///
    /// - Throws: 9054 that names a task which is not over.
    func checkUnused(_ versions: [ModelVersion]) throws(ServerError) {
        let remote = Set(versions.filter { $0.modelClass == ModelClass.remote }.map(\.id))
        guard !remote.isEmpty else { return }
        let task = tasks.first { task in
            !task.status.isFinal && task.versionID.map(remote.contains) == true
        }
        guard let task else { return }
        throw ServerError(
            .modelNotReady,
            "Model '\(task.modelName)' is asked by task '\(task.id)'; drop the task first"
        )
    }
}
