import BorealBase
import BorealCatalog
import BorealRemote
import BorealSQL

/// Statements that describe models which live elsewhere. Nothing is called: a model is `saved` as
/// soon as its row is.
struct RemoteModelExecutor {
    let engine: Engine
    let access: ModelAccess
    /// The statement, for DESC MODEL EXTENDED.
    let text: [UInt8]

    private var catalog: Catalog { engine.catalog }

    /// CREATE MODEL ... WITH VERSION.
    func define(_ statement: DefineModel) throws(ServerError) {
        let name = statement.name.name
        try access.checkCreate(name, isReplacement: false, catalog.snapshot)
        if statement.ifNotExists, catalog.snapshot.model(named: name) != nil { return }
        do {
            let model = try ModelName.created(name)
            let version = try VersionName.key(try statement.version.name.name)
            let pairs = try statement.version.pairs
            let definition = try definition(statement.version, of: model, pairs)
            try catalog.update { (change) throws(CatalogError) in
                try change.createModel(
                    model,
                    owner: access.owner,
                    definition: definition,
                    version: version,
                    status: .saved
                )
            }
        } catch CatalogError.modelExists where statement.ifNotExists {
            // Somebody else was quicker.
            return
        } catch let error as CatalogError {
            throw ServerError(error)
        } catch let error as ServerError {
            throw error
        } catch {
            throw .internalError("\(error)")
        }
    }

    /// ALTER MODEL ... ADD VERSION: what its options leave out is as in the default version. The
    /// default stays.
    func addVersion(_ version: DefinedVersion, to name: String) throws(ServerError) {
        let base = try engine.models.resolve(name)
        guard base.version.modelClass == ModelClass.remote else {
            throw .unsupported("ADD VERSION to a model that is not remote")
        }
        let given = try version.pairs
        do {
            let model = try ModelName(base.model.name)
            let key = try VersionName.key(try version.name.name)
            let definition = try definition(version, of: model, merged(given, over: base))
            try catalog.update { (change) throws(CatalogError) in
                try change.addVersion(
                    to: base.model.key,
                    owner: access.owner,
                    definition: definition,
                    version: key,
                    promotes: false,
                    status: .saved
                )
            }
        } catch let error as CatalogError {
            throw ServerError(error)
        } catch let error as ServerError {
            throw error
        } catch {
            throw .internalError("\(error)")
        }
    }

    private typealias Pairs = [(name: String, value: String)]

    /// The options of a further version over those of the default one, its key among them.
    private func merged(_ given: Pairs, over base: BoundModel) throws(ServerError) -> Pairs {
        do throws(RemoteModelError) {
            var pairs = try RemoteGateway.record(of: base).optionPairs
            if let key = try engine.remote.vault.key(of: base) {
                pairs.append(("apikey", key.text))
            }
            for fixed in ["model_source_type", "model_type"] {
                guard let new = given.first(where: { $0.name.asciiLowercased == fixed }),
                    let old = pairs.first(where: { $0.name == fixed }),
                    new.value.asciiLowercased != old.value.asciiLowercased
                else { continue }
                throw RemoteModelError(
                    .config,
                    "\(fixed.uppercased()) is '\(old.value)' and cannot change"
                )
            }
            let names = Set(given.map { $0.name.asciiLowercased })
            return pairs.filter { !names.contains($0.name) } + given
        } catch {
            throw ServerError(remote: error, of: base)
        }
    }

    private func definition(
        _ version: DefinedVersion,
        of model: ModelName,
        _ pairs: Pairs
    ) throws(ServerError) -> VersionDefinition {
        let inputs = try InputColumns(version.inputs ?? [])
        let comment = try version.comment?.name ?? ""
        do throws(RemoteModelError) {
            let definition = try RemoteDefinition(pairs)
            let record = try RemoteModelRecord(definition, written: pairs)
            for member in record.options.pool { try engine.remote.check(member.address) }
            if record.options.pool.isEmpty { try engine.remote.check(record.address) }
            return VersionDefinition(
                modelClass: ModelClass.remote,
                taskKind: definition.task.rawValue,
                statement: SecretText.shown(text, limit: text.count, mode: []),
                options: record.json.adding("inputs", inputs.json).description,
                comment: comment,
                location: record.address.shown,
                sealedKey: try engine.remote.vault.seal(
                    definition.apiKey,
                    model: model.key,
                    field: SecretVault.keyField
                )
            )
        } catch {
            throw ServerError(remote: error, name: model.display)
        }
    }
}

extension JSON {
    /// An object with one member more.
    func adding(_ key: String, _ value: JSON) -> JSON {
        guard case .object(let members) = self else { return self }
        return .object(members + [(key, value)])
    }
}

extension VersionDefinition {
    /// The options as those may read them who may use the model.
    var shownOptions: String {
        // A definition that cannot be read holds nothing that may be shown.
        guard modelClass == ModelClass.remote, connectorID == nil else { return options }
        guard let json = try? JSON.parse(options), let record = try? RemoteModelRecord(json: json)
        else { return "{}" }
        return record.shown.adding("inputs", json["inputs"] ?? .array([])).description
    }
}
