import BorealBase
import BorealCatalog
import BorealSQL

/// Models that are imported: the form is checked now, everything else happens in the background.
extension JobStarter {
    /// CREATE MODEL ... WITH VERSION: a model that runs elsewhere, or one that is imported.
    func define(
        _ statement: DefineModel,
        _ remote: RemoteModelExecutor
    ) throws(ServerError) {
        let pairs = try statement.version.pairs
        guard ImportPlan.isMeant(pairs) else { return try remote.define(statement) }
        let name = statement.name.name
        let snapshot = session.engine.catalog.snapshot
        try models.access.checkCreate(name, isReplacement: false, snapshot)
        if statement.ifNotExists, snapshot.model(named: name) != nil { return }
        let plan = try plan(statement.version, pairs)
        let version = try key(statement.version)
        let definition = plan.definition(
            statement: shownText,
            comment: try statement.version.comment?.name ?? ""
        )
        try commit()
        do throws(ServerError) {
            try models.begin(
                name,
                kind: ImportRunner.kind,
                payload: ImportRunner.payload(plan.location)
            ) { [owner = models.access.owner] (change, name) throws(CatalogError) in
                try change.createModel(
                    name,
                    owner: owner,
                    definition: definition,
                    version: version
                )
            }
        } catch  where error.code == .modelExists && statement.ifNotExists {
            // Somebody else was quicker.
            return
        }
    }

    /// ALTER MODEL ... ADD VERSION of an imported model: what its options leave out is as in the
    /// default version, which stays the default.
    func addVersion(
        _ given: DefinedVersion,
        to name: String,
        _ remote: RemoteModelExecutor
    ) throws(ServerError) {
        let base = try session.engine.models.resolve(name)
        guard let old = ImportPlan(stored: base.version.definition) else {
            return try remote.addVersion(given, to: name)
        }
        let plan = try plan(given, try given.pairs, over: old)
        let version = try key(given)
        let definition = plan.definition(
            statement: shownText,
            comment: try given.comment?.name ?? ""
        )
        try commit()
        try models.begin(
            base.model.name,
            kind: ImportRunner.kind,
            payload: ImportRunner.payload(plan.location)
        ) { [owner = models.access.owner] (change, name) throws(CatalogError) in
            try change.addVersion(
                to: name.key,
                owner: owner,
                definition: definition,
                version: version,
                promotes: false
            )
        }
    }

    private func plan(
        _ version: DefinedVersion,
        _ pairs: [(name: String, value: String)],
        over base: ImportPlan? = nil
    ) throws(ServerError) -> ImportPlan {
        let settings = session.engine.settings
        let inputs = try InputColumns(version.inputs ?? [])
        let plan = try ImportPlan(pairs, inputs: inputs, over: base)
        _ = try ImportLocation(
            plan.location,
            folder: settings.text("import_dir"),
            policy: FetchPolicy.policy(settings)
        )
        return plan
    }

    private func key(_ version: DefinedVersion) throws(ServerError) -> String {
        let name = try version.name.name
        do {
            return try VersionName.key(name)
        } catch {
            throw ServerError(error)
        }
    }

    private var shownText: String { SecretText.shown(text, limit: text.count, mode: []) }
}

extension DefinedVersion {
    /// Options as texts: all values of this dialect are strings.
    var pairs: [(name: String, value: String)] {
        get throws(ServerError) {
            var pairs: [(name: String, value: String)] = []
            for option in options.options {
                let value: String
                switch option.value.kind {
                case .string(let text), .word(let text), .decimal(let text): value = text
                case .integer(let number): value = String(number)
                case .boolean(let flag): value = flag ? "true" : "false"
                case .list, .query, .placeholder, .none:
                    throw .invalidOption(option.name.name, "a text in quotes is expected")
                }
                pairs.append((option.name.name, value))
            }
            return pairs
        }
    }
}
