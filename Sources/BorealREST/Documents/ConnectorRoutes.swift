import BorealBase
import BorealCatalog
import BorealEngine
import BorealHTTP
import BorealRemote

/// `/_plugins/_ml/connectors/...`
struct ConnectorRoutes: Sendable {
    let settings: ClusterSettings

    private static let base = "/_plugins/_ml/connectors"

    init(_ settings: ClusterSettings) { self.settings = settings }

    var routes: [RESTRoute] {
        [
            RESTRoute(.post, "\(Self.base)/_create") {
                (request) throws(RESTError) -> RESTAnswer in try create(request)
            },
            RESTRoute(.get, "\(Self.base)/{id}") {
                (request) throws(RESTError) -> RESTAnswer in
                RESTAnswer(Self.shown(try Self.find(request)))
            },
            RESTRoute(.put, "\(Self.base)/{id}") {
                (request) throws(RESTError) -> RESTAnswer in try update(request)
            },
            RESTRoute(.delete, "\(Self.base)/{id}") {
                (request) throws(RESTError) -> RESTAnswer in try Self.delete(request)
            },
        ] + DocumentSearch.routes("\(Self.base)/_search", Self.hits)
    }

    // MARK: - Making

    private func create(_ request: RESTRequest) throws(RESTError) -> RESTAnswer {
        try request.checkAdministrator()
        try request.checkRemoteInference()
        let body = try request.object(orElse: .parse("Create Connector request has empty body"))
        do {
            let given = try body.text("connector_id")
            if let given { try DocumentID.check(given, "connector id") }
            let id = given ?? DocumentID.random()
            let (connector, secrets) = try checked(body, id, request.engine)
            _ = try request.change { change in
                try change.createDocument(
                    .connector,
                    id,
                    owner: request.access.owner,
                    body: connector.json.description,
                    secrets: secrets ?? ""
                )
            }
            return RESTAnswer([("connector_id", .string(id))])
        } catch {
            throw RESTError(error)
        }
    }

    /// A connector that may be made now, and its keys sealed under its id; nil where it says
    /// nothing of keys.
    func checked(
        _ body: JSON,
        _ id: String,
        _ engine: Engine
    ) throws -> (connector: Connector, secrets: String?) {
        let connector = try Connector(body, hasAccessControl: settings.hasAccessControl)
        try connector.check(try engine.trustedEndpoints())
        return (connector, try Self.sealed(body, id, engine))
    }

    private static func sealed(_ body: JSON, _ id: String, _ engine: Engine) throws -> String? {
        guard let keys = try Connector.credentials(of: body) else { return nil }
        var secrets: [(key: String, value: JSON)] = []
        for (name, key) in keys {
            let field = Connector.sealedField(name)
            secrets.append((name, .string(try engine.vault.seal(key, model: id, field: field))))
        }
        return secrets.isEmpty ? "" : JSON.object(secrets).description
    }

    // MARK: - Reading

    /// A connector as those read it who may.
    static func shown(_ document: CatalogDocument) -> JSON {
        document.json.setting("created_time", .time(document.created))
            .setting("last_updated_time", .time(document.updated))
    }

    /// True for connectors that an account sees: its own, and all for those who manage models.
    /// Connectors inside models are the models' own.
    private static func isVisible(_ document: CatalogDocument, _ request: RESTRequest) -> Bool {
        document.model == nil
            && (request.access.isAdministrator || document.owner == request.access.owner)
    }

    private static func find(_ request: RESTRequest) throws(RESTError) -> CatalogDocument {
        let id = request.place("id")
        let snapshot = request.snapshot
        if let found = snapshot.document(.connector, id), isVisible(found, request) {
            return found
        }
        throw missing(id, snapshot)
    }

    private static func missing(_ id: String, _ snapshot: CatalogSnapshot) -> RESTError {
        .status(
            404,
            snapshot.documentSequence == 0
                ? "Failed to find connector"
                : "Failed to find connector with the provided connector id: \(id)"
        )
    }

    private static func hits(_ request: RESTRequest) -> [SearchHit] {
        request.snapshot.documents(.connector).filter { isVisible($0, request) }.map { document in
            SearchHit(DocumentIndex.connector, document, shown(document))
        }
    }

    // MARK: - Changing

    private func update(_ request: RESTRequest) throws(RESTError) -> RESTAnswer {
        let old = try Self.find(request)
        try Self.checkChange(old, request)
        let body = try request.object(orElse: .parse("Update Connector request has empty body"))
        do {
            try Self.checkNotDeployed(old.id, request.snapshot)
            let standing = try Connector(old.json, hasAccessControl: true)
            let (connector, secrets) = try updated(standing, by: body, old.id, request.engine)
            let document = try request.change { change in
                guard change.snapshot.document(.connector, old.id)?.revision == old.revision else {
                    throw RESTError.conflict(old.id)
                }
                try Self.checkNotDeployed(old.id, change.snapshot)
                return try change.updateDocument(
                    .connector,
                    old.id,
                    body: connector.json.description,
                    secrets: secrets
                )
            }
            return .written(DocumentIndex.connector, document, "updated")
        } catch {
            throw RESTError(error)
        }
    }

    /// A connector with the members of an update, which may be made now, and its keys where some
    /// are given.
    func updated(
        _ connector: Connector,
        by body: JSON,
        _ id: String,
        _ engine: Engine
    ) throws -> (connector: Connector, secrets: String?) {
        let new = try connector.updated(by: body, hasAccessControl: settings.hasAccessControl)
        try new.check(try engine.trustedEndpoints())
        // An empty object changes nothing.
        let secrets = try Self.sealed(body, id, engine)
        return (new, secrets?.isEmpty == true ? nil : secrets)
    }

    private static func checkChange(
        _ document: CatalogDocument,
        _ request: RESTRequest
    ) throws(RESTError) {
        guard document.owner == request.access.owner else {
            return try request.checkAdministrator()
        }
    }

    private static func checkNotDeployed(
        _ id: String,
        _ snapshot: CatalogSnapshot
    ) throws(RESTError) {
        let ids = users(of: id, snapshot).filter { $0.status == .serving }.map(\.contractID)
        guard !ids.isEmpty else { return }
        throw .status(
            400,
            "\(ids.count) models are still using this connector, please undeploy the models first: "
                + listed(ids)
        )
    }

    /// At most ten of the ids.
    private static func listed(_ ids: [String]) -> String {
        "[\(ids.prefix(10).joined(separator: ", "))]"
    }

    /// The models that any version of which uses a connector, the oldest first.
    private static func users(of id: String, _ snapshot: CatalogSnapshot) -> [Model] {
        snapshot.models.filter { model in
            model.versions.contains { $0.definition.connectorID == id }
        }
    }

    private static func delete(_ request: RESTRequest) throws(RESTError) -> RESTAnswer {
        let old = try find(request)
        try checkChange(old, request)
        return try request.change { change in
            let ids = users(of: old.id, change.snapshot).map(\.contractID)
            guard ids.isEmpty else {
                throw RESTError.status(
                    409,
                    "\(ids.count) models are still using this connector, please delete or update "
                        + "the models first: \(listed(ids))"
                )
            }
            guard change.snapshot.document(.connector, old.id) != nil else {
                throw missing(old.id, change.snapshot)
            }
            let document = try change.dropDocument(.connector, old.id)
            let sequence = change.snapshot.documentSequence
            return .deleted(DocumentIndex.connector, document, sequence: sequence)
        }
    }
}

extension Model {
    /// What REST calls it by.
    var contractID: String { contract.id.isEmpty ? name : contract.id }
}
