import BorealBase
import BorealCatalog
import BorealEngine
import BorealHTTP
import BorealRemote

/// `/_plugins/_ml/models/...`, but for predictions.
struct ModelRoutes: Sendable {
    private let connectors: ConnectorRoutes

    private static let base = "/_plugins/_ml/models"

    init(_ settings: ClusterSettings) { connectors = ConnectorRoutes(settings) }

    var routes: [RESTRoute] {
        let register: [RESTRoute] = ["_register", "_upload"].map { name in
            RESTRoute(.post, "\(Self.base)/\(name)", parameters: ["deploy"]) {
                (request) throws(RESTError) -> RESTAnswer in
                try ModelRegistration(request, connectors).answer()
            }
        }
        let deploy: [RESTRoute] = ["_deploy", "_load"].map { name in
            RESTRoute(.post, "\(Self.base)/{id}/\(name)") {
                (request) throws(RESTError) -> RESTAnswer in try Self.deploy(request)
            }
        }
        let undeploy: [RESTRoute] = ["_undeploy", "_unload"].flatMap { name in
            [
                RESTRoute(.post, "\(Self.base)/{id}/\(name)") {
                    (request) throws(RESTError) -> RESTAnswer in
                    let model = try Self.find(request, orElse: Self.missing)
                    return try Self.undeploy([model.contractID], request)
                },
                RESTRoute(.post, "\(Self.base)/\(name)") {
                    (request) throws(RESTError) -> RESTAnswer in try Self.undeployAll(request)
                },
            ]
        }
        let single: [RESTRoute] = [
            RESTRoute(.get, "\(Self.base)/{id}", parameters: ["return_content"]) {
                (request) throws(RESTError) -> RESTAnswer in try Self.show(request)
            },
            RESTRoute(.put, "\(Self.base)/{id}") { (request) throws(RESTError) -> RESTAnswer in
                try ModelUpdate(request, connectors).answer()
            },
            RESTRoute(.delete, "\(Self.base)/{id}") { (request) throws(RESTError) -> RESTAnswer in
                try Self.delete(request)
            },
        ]
        return register + deploy + undeploy + single
            + DocumentSearch.routes("\(Self.base)/_search", Self.hits)
    }

    // MARK: - Finding

    /// True for models that are shown over REST to an account: remote ones that it may use.
    static func isVisible(_ model: Model, _ request: RESTRequest) -> Bool {
        model.modelClass == ModelClass.remote && request.access.mayUse(model)
    }

    private static let missing = RESTError.status(404, "Failed to find model")

    /// The model of the path.
    ///
    /// - Throws: `missing` for one that is not there, or that the account may not use.
    static func find(_ request: RESTRequest, orElse missing: RESTError) throws(RESTError) -> Model {
        guard let model = request.snapshot.model(contractID: request.place("id")),
            isVisible(model, request)
        else { throw missing }
        return model
    }

    private static func checkChange(
        _ model: Model,
        _ request: RESTRequest
    ) throws(RESTError) {
        guard request.access.mayChange(model) else { throw .forbidden("MODEL_ADMIN") }
    }

    private static func show(_ request: RESTRequest) throws(RESTError) -> RESTAnswer {
        let id = request.place("id")
        let model = try find(
            request,
            orElse: .status(404, "Failed to find model with the provided model id: \(id)")
        )
        return RESTAnswer(ModelDetails(model).shown(request.snapshot))
    }

    private static func hits(_ request: RESTRequest) -> [SearchHit] {
        let snapshot = request.snapshot
        return snapshot.models.filter { isVisible($0, request) }.map { model in
            let details = ModelDetails(model)
            return SearchHit(
                index: DocumentIndex.model,
                id: model.contractID,
                version: details.revision,
                sequence: details.revision,
                source: details.shown(snapshot)
            )
        }
    }

    // MARK: - Life

    /// Makes a model serve inside a change.
    static func deploy(_ model: Model, _ change: CatalogTransaction) throws {
        let version = model.defaultVersion
        switch version.status {
        case .serving: break
        case .saved: try change.setStatus(of: version.id, to: .serving)
        default: throw RESTError.status(409, "Model is not ready to be deployed")
        }
        var details = ModelDetails(model)
        details.set("last_deployed_time", .time(change.now))
        try change.setContract(
            of: model.key,
            to: ModelContract(
                id: model.contract.id,
                details: details.changed(at: change.now).description
            )
        )
    }

    private static func deploy(_ request: RESTRequest) throws(RESTError) -> RESTAnswer {
        let found = try find(request, orElse: missing)
        try checkChange(found, request)
        try request.checkRemoteInference()
        let task = try request.change { change in
            guard let model = change.snapshot.model(contractID: found.contractID) else {
                throw missing
            }
            try deploy(model, change)
            return try TaskRoutes.note("DEPLOY_MODEL", of: model.contractID, request, change)
        }
        return RESTAnswer([
            ("task_id", .string(task)), ("task_type", .string("DEPLOY_MODEL")),
            ("status", .string("COMPLETED")),
        ])
    }

    /// Models of one call.
    private static let idsMax = 1_000

    private static func undeployAll(_ request: RESTRequest) throws(RESTError) -> RESTAnswer {
        let missing = RESTError.illegalArgument("Must set specific model ids to undeploy")
        let body = try request.object(orElse: missing)
        let ids = body["model_ids"]?.array?.compactMap(\.string) ?? []
        guard !ids.isEmpty else { throw missing }
        guard ids.count <= idsMax else {
            throw .illegalArgument("model_ids has more than \(idsMax) members")
        }
        return try undeploy(ids, request)
    }

    /// Stops models; one that is not there or does not serve is `not_found`, and marked as
    /// undeployed all the same.
    private static func undeploy(
        _ ids: [String],
        _ request: RESTRequest
    ) throws(RESTError) -> RESTAnswer {
        let stats = try request.change { change in
            var stats: [(key: String, value: JSON)] = []
            for id in ids where !stats.contains(where: { $0.key == id }) {
                guard let model = change.snapshot.model(contractID: id), isVisible(model, request)
                else {
                    stats.append((id, .string("not_found")))
                    continue
                }
                try checkChange(model, request)
                let isServing = model.status == .serving
                if isServing { try change.setStatus(of: model.defaultVersion.id, to: .saved) }
                var details = ModelDetails(model)
                if isServing { details.set("last_undeployed_time", .time(change.now)) }
                try change.setContract(
                    of: model.key,
                    to: ModelContract(
                        id: model.contract.id,
                        isUndeployed: true,
                        details: details.changed(at: change.now).description
                    )
                )
                stats.append((id, .string(isServing ? "undeployed" : "not_found")))
            }
            return stats
        }
        return RESTAnswer(.object([(Node.id, .object([("stats", .object(stats))]))]))
    }

    private static func delete(_ request: RESTRequest) throws(RESTError) -> RESTAnswer {
        let found = try find(request, orElse: missing)
        try checkChange(found, request)
        return try request.change { change in
            guard let model = change.snapshot.model(contractID: found.contractID) else {
                throw missing
            }
            guard model.status != .serving, model.status != .deploying else {
                throw RESTError.status(
                    400,
                    "Model cannot be deleted in deploying or deployed state. "
                        + "Try undeploy model first then delete"
                )
            }
            try change.dropModel(model.key)
            let revision = ModelDetails(model).revision + 1
            return .written(
                DocumentIndex.model,
                model.contractID,
                result: "deleted",
                version: revision,
                sequence: revision
            )
        }
    }
}
