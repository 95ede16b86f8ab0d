import BorealBase
import BorealCatalog
import BorealFormats
import BorealGraph
import BorealSQL
import BorealTasks

/// Statements on models that need the registry only.
struct ModelExecutor {
    let engine: Engine
    /// Whose statements they are, and what it may do.
    let access: ModelAccess
    let links: ArtifactLinks

    private var owner: String { access.owner }
    private var catalog: Catalog { engine.catalog }

    /// SHOW [FULL] MODELS: those that the account may use, by creation time, then name.
    ///
    /// - Parameter isMaxCompute: in the form of that dialect.
    func showModels(isFull: Bool, isMaxCompute: Bool) -> FixedTable {
        let models = catalog.snapshot.models.filter(access.mayUse)
        if isFull || isMaxCompute { return ModelListing.models(models, isFull: isFull) }
        return FixedTable(
            text: ["model_name", "model_class", "model_status"],
            models.map { [$0.name, $0.modelClass, $0.status.rawValue] }
        )
    }

    /// SHOW MODEL: the status, and a fresh link once the model is stored.
    func showModel(_ statement: ShowModel) throws(ServerError) -> FixedTable {
        let bound = try resolve(statement.name.name, version: statement.version?.name)
        let version = bound.version
        let file = version.secondArtifact ?? version.artifact
        let path = version.status.isUsable ? links.link(to: file, name: bound.model.name) : ""
        return FixedTable(text: ["modelStatus", "modelPath"], [[version.status.rawValue, path]])
    }

    /// SHOW VERSIONS FOR MODEL.
    ///
    /// - Parameter isMaxCompute: in the form of that dialect.
    func showVersions(_ name: String, isMaxCompute: Bool) throws(ServerError) -> FixedTable {
        let model = try resolve(name).model
        if isMaxCompute { return ModelListing.versions(of: model) }
        let rows = model.versions.map { version in
            [
                version.name, version.modelClass, version.status.rawValue,
                version.id == model.defaultVersionID ? "yes" : "",
                version.created.text(in: .system),
                version.failure.map { "\($0.number) \($0.sentence)" } ?? "",
            ]
        }
        return FixedTable(
            text: [
                "version_name", "model_class", "version_status", "is_default", "created", "error",
            ],
            rows
        )
    }

    /// SHOW CATEGORIES FOR MODEL: what a feature's category may be, in the order of the codes.
    func showCategories(_ statement: ShowCategories) throws(ServerError) -> FixedTable {
        let bound = try usable(statement.name.name, version: statement.version?.name)
        let graph = try engine.models.graph(of: bound)
        let column = statement.column.name
        let folded = column.asciiLowercased
        guard let input = graph.inputs.first(where: { $0.name.asciiLowercased == folded }) else {
            throw .unknownColumn(column, in: "x_cols")
        }
        let texts: [String]
        switch input.kind {
        case .category(let dictionary):
            texts =
                switch dictionary.categories {
                case .text(let names): names
                case .number(let values): values.map(\.description)
                }
        case .number, .integerCategory, .hashedCategory, .list: texts = []
        }
        return FixedTable(
            text: ["category", "code"],
            texts.enumerated().map { [$1, String($0)] }
        )
    }

    /// DESCRIBE MODEL, and DESC MODEL EXTENDED as rows of field and value.
    ///
    /// - Parameter isMaxCompute: rows of field and value in any case, as that dialect has them.
    func describe(
        _ statement: DescribeModel,
        isMaxCompute: Bool
    ) throws(ServerError) -> FixedTable {
        let bound = try resolve(statement.name.name, version: statement.version?.name)
        guard statement.isExtended || isMaxCompute else {
            return FixedTable(
                text: ["model_name", "model_description"],
                [[bound.model.name, ModelDescription.text(bound)]]
            )
        }
        return FixedTable(text: ["Field", "Value"], extended(bound))
    }

    private func extended(_ bound: BoundModel) -> [[String]] {
        let version = bound.version
        var rows = [
            ["model_name", bound.model.name], ["model_class", version.modelClass],
            ["version", version.name], ["status", version.status.rawValue],
            ["owner", version.owner], ["created", version.created.text(in: .system)],
            ["saved", version.saved?.text(in: .system) ?? ""],
        ]
        let isRemote = version.modelClass == ModelClass.remote
        let details = RemoteModelDetails(gateway: engine.remote, bound: bound)
        if isRemote { rows += details.version }
        rows += [
            ["options", version.definition.shownOptions],
            ["statement", version.definition.statement],
            ["location", version.definition.location], ["restarted", String(version.restarted)],
        ]
        let (comment, own) = (bound.model.comment, version.definition.comment)
        if !comment.isEmpty { rows.append(["comment", comment]) }
        if !own.isEmpty, own != comment { rows.append(["version_comment", own]) }
        rows += ModelFacts.rows(version.outcome.description)
        if !version.outcome.fingerprint.isEmpty {
            rows.append(["fingerprint", version.outcome.fingerprint])
        }
        if let artifact = version.artifact {
            rows.append(["artifact", "\(artifact.hash) (\(artifact.bytes) bytes)"])
        }
        if let job = engine.scheduler.jobs.first(where: { $0.job.subject == .version(version.id) })
        {
            rows.append(["progress", job.text])
        }
        if let failure = version.failure {
            rows.append(["error", "\(failure.number) \(failure.sentence)"])
        }
        return isRemote ? rows + details.versions : rows
    }

    /// DROP MODEL in any state; a training run under way is cancelled.
    func drop(_ statement: DropModel) throws(ServerError) {
        let name = statement.name.name
        if try BuiltInModel(reserved: name) != nil { throw Self.reserved(name) }
        try access.checkChange("DROP", name, catalog.snapshot)
        if let model = catalog.snapshot.model(named: name) {
            try catalog.snapshot.checkUnused(model.versions)
        }
        do {
            let model = try catalog.update { (change) throws(CatalogError) in
                try change.dropModel(name)
            }
            engine.scheduler.cancel(
                model.versions.map { JobSubject.version($0.id) },
                reason: .dropped
            )
        } catch CatalogError.modelNotFound where statement.ifExists {
            return
        } catch {
            throw ServerError(error)
        }
    }

    private static func reserved(_ name: String) -> ServerError {
        ServerError(CatalogError.reservedName(name))
    }

    /// DEPLOY MODEL: OK at once, `serving` when the model is loaded.
    func deploy(_ statement: DeployModel) throws(ServerError) {
        let reader = try OptionReader(statement.options, known: ["mode"])
        if let mode = try reader.text("mode"), !mode.isEmpty {
            throw .unsupported("mode \(mode)")
        }
        try access.checkChange("DEPLOY", statement.name.name, catalog.snapshot)
        let bound = try resolve(statement.name.name, version: statement.version?.name)
        let id = bound.version.id
        switch bound.version.status {
        case .serving, .deploying: return
        case .saved where bound.version.modelClass == ModelClass.remote: return try serve(id)
        case .saved: break
        default:
            throw .modelNotReady(bound.model.name, status: bound.version.status.rawValue)
        }
        do {
            let job = try catalog.update { (change) throws(CatalogError) in
                try change.setStatus(of: id, to: .deploying)
                return try change.addJob(
                    NewJob(
                        kind: DeployRunner.kind,
                        payload: "{}",
                        subject: .version(id),
                        user: owner
                    )
                )
            }
            engine.scheduler.submit(job)
        } catch {
            throw ServerError(error)
        }
    }

    /// A remote model needs no loading.
    private func serve(_ id: ModelVersionID) throws(ServerError) {
        do {
            try catalog.update { (change) throws(CatalogError) in
                try change.setStatus(of: id, to: .serving)
            }
        } catch {
            throw ServerError(error)
        }
    }

    /// UPLOAD MODEL: the form is checked now, everything else happens in the background.
    func upload(_ statement: UploadModel, text: String) throws(ServerError) {
        let reader = try OptionReader(
            statement.options,
            known: ["model_location", "req_location", "architecture"]
        )
        let location = try reader.requiredText("model_location")
        let architecture = try ArchitectureOption.read(reader.text("architecture"))?.text
        let requirements = try reader.text("req_location")
        let policy = FetchPolicy.policy(engine.settings)
        let source = try UploadSource(location, ownURL: links.publicURL, policy: policy)
        let stored = try requirements.map { (text) throws(ServerError) in
            try UploadSource(text, ownURL: links.publicURL, policy: policy).redacted
        }
        let definition = VersionDefinition(
            modelClass: ModelClass.external,
            statement: "UPLOAD MODEL \(statement.name.name)",
            options: JSON.object(
                [("model_location", .string(source.redacted))]
                    + (stored.map { [("req_location", .string($0))] } ?? [])
                    + (architecture.map { [("architecture", .string($0))] } ?? [])
            ).description,
            location: source.redacted
        )
        let payload = UploadRunner.Payload(
            location: location,
            requirements: requirements,
            architecture: architecture,
            owner: owner
        ).json
        try begin(statement.name.name, definition, kind: UploadRunner.kind, payload: payload)
    }

    /// Makes the model's row and its job in one transaction, then hands the job to the scheduler.
    ///
    /// - Parameter isReplacement: adds a version to an existing model, which becomes the default
    ///   once it is stored.
    /// - Returns: what was made.
    @discardableResult
    func begin(
        _ name: String,
        _ definition: VersionDefinition,
        kind: String,
        payload: String,
        isReplacement: Bool = false,
        held: HeldQuery? = nil
    ) throws(ServerError) -> BoundModel {
        try begin(name, kind: kind, payload: payload, held: held) {
            (change, name) throws(CatalogError) in
            try isReplacement
                ? replace(name, definition, change)
                : change.createModel(name, owner: owner, definition: definition)
        }
    }

    /// The same for whatever makes the version.
    @discardableResult
    func begin(
        _ name: String,
        kind: String,
        payload: String,
        held: HeldQuery? = nil,
        make: (CatalogTransaction, ModelName) throws(CatalogError) -> BoundModel
    ) throws(ServerError) -> BoundModel {
        do {
            let checked = try ModelName.created(name)
            try engine.scheduler.checkRoom()
            let (bound, job) = try catalog.update { (change) throws(CatalogError) in
                let bound = try make(change, checked)
                let job = try change.addJob(
                    NewJob(
                        kind: kind,
                        payload: payload,
                        subject: .version(bound.version.id),
                        user: owner
                    )
                )
                return (bound, job)
            }
            engine.scheduler.submit(
                job,
                resource: held,
                cancellation: held?.cancellation ?? CancellationFlag()
            )
            return bound
        } catch let error as CatalogError {
            throw ServerError(error)
        } catch {
            throw ServerError(.tooManyConnections, "Too many background jobs wait; try again later")
        }
    }

    /// CREATE OR REPLACE: a further version, or the first one of a new name.
    private func replace(
        _ name: ModelName,
        _ definition: VersionDefinition,
        _ change: CatalogTransaction
    ) throws(CatalogError) -> BoundModel {
        do throws(CatalogError) {
            return try change.addVersion(
                to: name.key,
                owner: owner,
                definition: definition,
                promotes: true
            )
        } catch .modelNotFound {
            return try change.createModel(name, owner: owner, definition: definition)
        }
    }

    /// - Throws: 1227 unless the account may make a model of that name.
    func checkCreate(_ name: String, isReplacement: Bool) throws(ServerError) {
        try access.checkCreate(name, isReplacement: isReplacement, catalog.snapshot)
    }

    /// Binds a name to what it stands for now, for who may use it.
    func resolve(_ name: String, version: String? = nil) throws(ServerError) -> BoundModel {
        try access.checkUse(name, catalog.snapshot)
        return try engine.models.resolve(name, version: version)
    }

    /// A model that EVALUATE and PREDICT may use.
    func usable(_ name: String, version: String? = nil) throws(ServerError) -> BoundModel {
        try access.checkUse(name, catalog.snapshot)
        return try engine.models.usable(name, version: version)
    }
}
