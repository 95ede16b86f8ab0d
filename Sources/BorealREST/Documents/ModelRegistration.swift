import BorealBase
import BorealCatalog
import BorealEngine
import BorealRemote

/// `POST /models/_register`: an ordinary model of the registry whose definition names a connector.
/// In SQL it has its name, or its id where the name is taken or no identifier.
struct ModelRegistration {
    private let request: RESTRequest
    private let connectors: ConnectorRoutes

    init(_ request: RESTRequest, _ connectors: ConnectorRoutes) {
        self.request = request
        self.connectors = connectors
    }

    /// A connector that is registered with the model.
    private typealias Own = (id: String, connector: Connector, secrets: String)

    func answer() throws(RESTError) -> RESTAnswer {
        try request.checkAdministrator()
        try request.checkRemoteInference()
        let deploys = try request.flag("deploy")
        let body = try request.object(orElse: .parse("Register model request has empty body"))
        do {
            guard let name = try body.text("name") else {
                throw RESTError.illegalArgument("model name is null")
            }
            try checkFunction(body)
            let members = try ModelDetails.given(body)
            let given = try body.text("model_id")
            if let given { try DocumentID.check(given, "model id") }
            let id = given ?? DocumentID.random()
            let (connectorID, own) = try connector(body)
            let task = try request.change { change in
                try register(
                    name: name,
                    id: id,
                    members: members,
                    connector: connectorID,
                    own: own,
                    change
                )
                if deploys, let model = change.snapshot.model(contractID: id) {
                    try ModelRoutes.deploy(model, change)
                }
                return try TaskRoutes.note("REGISTER_MODEL", of: id, request, change)
            }
            return RESTAnswer([
                ("task_id", .string(task)), ("status", .string("CREATED")),
                ("model_id", .string(id)),
            ])
        } catch {
            throw RESTError(error)
        }
    }

    private func checkFunction(_ body: JSON) throws {
        guard let function = try body.text("function_name") else { return }
        guard function.asciiLowercased == ModelClass.remote else {
            throw RESTError.illegalArgument("Wrong function name")
        }
    }

    private func connector(_ body: JSON) throws -> (id: String, own: Own?) {
        let id = try body.text("connector_id")
        let inline = body["connector"].flatMap { $0 == .null ? nil : $0 }
        switch (id, inline) {
        case (nil, nil):
            throw RESTError.illegalArgument(
                "You must provide connector content when creating a remote model without "
                    + "connector id!"
            )
        case (_?, _?):
            throw RESTError.illegalArgument("Give connector_id or connector, not both")
        case (let id?, nil): return (id, nil)
        case (nil, let inline?):
            let id = DocumentID.random()
            let (connector, secrets) = try connectors.checked(inline, id, request.engine)
            return (id, (id, connector, secrets ?? ""))
        }
    }

    private func register(
        name: String,
        id: String,
        members: [(key: String, value: JSON)],
        connector: String,
        own: Own?,
        _ change: CatalogTransaction
    ) throws {
        guard change.snapshot.model(contractID: id) == nil else { throw RESTError.conflict(id) }
        let known = try own?.connector ?? Self.connector(connector, request, change.snapshot)
        let group = members.first { $0.key == "model_group_id" }?.value.string
        let (groupID, version) = try ModelGroupRoutes.count(group, name: name, request, change)
        var details = JSON.object(members).setting("model_group_id", .string(groupID))
        details = details.setting("model_version", .string(String(version)))
        details = details.setting("revision", .integer(1))
            .setting("last_updated_time", .time(change.now))
        let bound = try change.createModel(
            try registryName(name, id, change.snapshot),
            owner: request.access.owner,
            definition: Self.definition(connector, known),
            status: .saved
        )
        try change.setContract(
            of: bound.model.key,
            to: ModelContract(id: id, details: details.description)
        )
        if let own {
            try change.createDocument(
                .connector,
                own.id,
                owner: request.access.owner,
                body: own.connector.json.description,
                secrets: own.secrets,
                model: bound.model.id
            )
        }
    }

    private func registryName(
        _ name: String,
        _ id: String,
        _ snapshot: CatalogSnapshot
    ) throws -> ModelName {
        // Whatever is wrong with the name, the id stands in for it.
        if let created = try? ModelName.created(name), snapshot.model(named: name) == nil {
            return created
        }
        guard snapshot.model(named: id) == nil else { throw RESTError.conflict(id) }
        do { return try ModelName(id) } catch {
            throw RESTError.illegalArgument("model id is longer than the name of a model may be")
        }
    }

    // MARK: - Also for updates

    /// A connector that models may name.
    ///
    /// - Throws: `RESTError` 404.
    static func connector(
        _ id: String,
        _ request: RESTRequest,
        _ snapshot: CatalogSnapshot
    ) throws -> Connector {
        guard let document = snapshot.document(.connector, id), document.model == nil,
            request.access.isAdministrator || document.owner == request.access.owner
        else { throw RESTError.status(404, "Failed to find connector:\(id)") }
        return try Connector(document.json, hasAccessControl: true)
    }

    /// What the registry keeps of a model with a connector: where it is, not how it is called.
    static func definition(_ id: String, _ connector: Connector) -> VersionDefinition {
        let action = connector.action(.predict) ?? connector.actions.first
        // A connector was checked when it was made.
        let address = action.flatMap { try? connector.address(of: $0) }
        return VersionDefinition(
            modelClass: ModelClass.remote,
            statement: "POST /_plugins/_ml/models/_register",
            options: JSON.object([("connector_id", .string(id))]).description,
            location: address?.shown ?? ""
        )
    }
}

/// `PUT /models/{id}`: some of the members.
struct ModelUpdate {
    private let request: RESTRequest
    private let connectors: ConnectorRoutes

    init(_ request: RESTRequest, _ connectors: ConnectorRoutes) {
        self.request = request
        self.connectors = connectors
    }

    func answer() throws(RESTError) -> RESTAnswer {
        let id = request.place("id")
        let missing = RESTError.status(
            404,
            "Failed to find model to update with the provided model id: \(id)"
        )
        let found = try ModelRoutes.find(request, orElse: missing)
        guard request.access.mayChange(found) else { throw .forbidden("MODEL_ADMIN") }
        guard found.status != .deploying else {
            throw .status(
                409,
                "Model is deploying. Please wait for the model to complete deployment. "
                    + "model ID \(id)"
            )
        }
        let body = try request.object(orElse: .parse("Update model request has empty body"))
        do {
            let members = try ModelDetails.given(body)
            let own = try ownConnector(body, of: found)
            let revision = try request.change { change in
                guard let model = change.snapshot.model(contractID: found.contractID) else {
                    throw missing
                }
                try setConnector(body, of: model, change)
                if let own { try write(own, change) }
                return try write(members, model, change)
            }
            return .written(
                DocumentIndex.model,
                found.contractID,
                result: "updated",
                version: revision,
                sequence: revision
            )
        } catch {
            throw RESTError(error)
        }
    }

    private func write(
        _ members: [(key: String, value: JSON)],
        _ model: Model,
        _ change: CatalogTransaction
    ) throws -> Int64 {
        var details = ModelDetails(model)
        for (name, value) in members {
            if name == "model_group_id", let group = value.string, group != details.group {
                let name = details.json["name"]?.string ?? model.name
                let (_, version) = try ModelGroupRoutes.count(group, name: name, request, change)
                details.set("model_version", .string(String(version)))
            }
            details.set(name, value)
        }
        let json = details.changed(at: change.now)
        var contract = model.contract
        contract.details = json.description
        try change.setContract(of: model.key, to: contract)
        return json["revision"]?.integer ?? 1
    }

    // MARK: - Connectors

    private func setConnector(_ body: JSON, of model: Model, _ change: CatalogTransaction) throws {
        guard let id = try body.text("connector_id") else { return }
        let version = model.defaultVersion
        let old = version.definition.connectorID
        guard let old, change.snapshot.document(.connector, old)?.model == nil else {
            throw RESTError.illegalArgument(
                "This remote does not have a connector_id field, maybe it uses an internal "
                    + "connector."
            )
        }
        let connector = try ModelRegistration.connector(id, request, change.snapshot)
        let new = ModelRegistration.definition(id, connector)
        try change.amend(version.id) { definition in
            definition.options = new.options
            definition.location = new.location
        }
    }

    /// A change of the connector inside a model.
    private typealias Own = (document: CatalogDocument, body: String, secrets: String?)

    private func ownConnector(_ body: JSON, of model: Model) throws -> Own? {
        guard let given = body["connector"], given != .null else { return nil }
        guard let id = model.defaultVersion.definition.connectorID,
            let document = request.snapshot.document(.connector, id), document.model != nil
        else {
            throw RESTError.illegalArgument(
                "Cannot update connector settings for this model. The model was created with a "
                    + "connector_id and does not have an inline connector."
            )
        }
        let old = try Connector(document.json, hasAccessControl: true)
        let new = try connectors.updated(old, by: given, id, request.engine)
        return (document, new.connector.json.description, new.secrets)
    }

    private func write(_ own: Own, _ change: CatalogTransaction) throws {
        let id = own.document.id
        guard change.snapshot.document(.connector, id)?.revision == own.document.revision else {
            throw RESTError.conflict(id)
        }
        try change.updateDocument(.connector, id, body: own.body, secrets: own.secrets)
    }
}
