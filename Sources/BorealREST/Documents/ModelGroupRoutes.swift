import BorealBase
import BorealCatalog
import BorealEngine
import BorealHTTP
import BorealRemote

/// `/_plugins/_ml/model_groups/...`: names under which models count their versions.
enum ModelGroupRoutes {
    private static let base = "/_plugins/_ml/model_groups"

    static let routes: [RESTRoute] =
        [
            RESTRoute(.post, "\(base)/_register") { (request) throws(RESTError) -> RESTAnswer in
                try register(request)
            },
            RESTRoute(.get, "\(base)/{id}") { (request) throws(RESTError) -> RESTAnswer in
                RESTAnswer(shown(try find(request)))
            },
            RESTRoute(.put, "\(base)/{id}") { (request) throws(RESTError) -> RESTAnswer in
                try update(request)
            },
            RESTRoute(.delete, "\(base)/{id}") { (request) throws(RESTError) -> RESTAnswer in
                try delete(request)
            },
        ] + DocumentSearch.routes("\(base)/_search", hits)

    /// Bytes of a name.
    private static let nameBytesMax = 512
    private static let textBytesMax = 16 << 10

    static func shown(_ group: CatalogDocument) -> JSON {
        group.json.setting("created_time", .time(group.created))
            .setting("last_updated_time", .time(group.updated))
    }

    private static func checked(_ body: JSON) throws(RESTError) -> (name: String?, text: String?) {
        do {
            let (name, text) = (try body.text("name"), try body.text("description"))
            if let name, name.isEmpty || name.utf8.count > nameBytesMax {
                throw ContractError.illegalArgument(
                    "model group name has 1 to \(nameBytesMax) bytes"
                )
            }
            guard text?.utf8.count ?? 0 <= textBytesMax else {
                throw ContractError.illegalArgument("description is too long")
            }
            return (name, text)
        } catch {
            throw RESTError(error)
        }
    }

    private static func register(_ request: RESTRequest) throws(RESTError) -> RESTAnswer {
        try request.checkAdministrator()
        let body = try request.object(orElse: .parse("Model group request has empty body"))
        let (name, text) = try checked(body)
        guard let name else { throw .illegalArgument("model group name is null") }
        let id = try request.change { change in
            if let group = named(name, change.snapshot) {
                throw RESTError.illegalArgument(
                    "The name you provided is already being used by a model group with ID: "
                        + "\(group.id)."
                )
            }
            return try make(name, text, request, change)
        }
        return RESTAnswer([("model_group_id", .string(id)), ("status", .string("CREATED"))])
    }

    private static func make(
        _ name: String,
        _ text: String?,
        _ request: RESTRequest,
        _ change: CatalogTransaction
    ) throws(CatalogError) -> String {
        let id = DocumentID.random()
        let body = JSON.members([
            ("name", .string(name)), ("description", text.map { .string($0) }),
            ("latest_version", .integer(0)), ("access", .string("public")),
        ])
        try change.createDocument(
            .modelGroup,
            id,
            owner: request.access.owner,
            body: body.description
        )
        return id
    }

    private static func named(_ name: String, _ snapshot: CatalogSnapshot) -> CatalogDocument? {
        snapshot.documents(.modelGroup).first { $0.json["name"]?.string == name }
    }

    /// The group of a new model, which counts one version more: the one of that id, else the one of
    /// the model's name, which is made when there is none.
    ///
    /// - Returns: its id and the version's number.
    static func count(
        _ id: String?,
        name: String,
        _ request: RESTRequest,
        _ change: CatalogTransaction
    ) throws -> (id: String, version: Int64) {
        let found: String
        if let id {
            guard change.snapshot.document(.modelGroup, id) != nil else {
                throw RESTError.status(
                    404,
                    "Failed to find the model group with the provided "
                        + "model group id: \(id)"
                )
            }
            found = id
        } else if let group = named(name, change.snapshot) {
            found = group.id
        } else {
            found = try make(name, nil, request, change)
        }
        let body = change.snapshot.document(.modelGroup, found)?.json ?? .object([])
        let version = (body["latest_version"]?.integer ?? 0) + 1
        let counted = body.setting("latest_version", .integer(version))
        try change.updateDocument(.modelGroup, found, body: counted.description)
        return (found, version)
    }

    private static func find(_ request: RESTRequest) throws(RESTError) -> CatalogDocument {
        let id = request.place("id")
        guard let group = request.snapshot.document(.modelGroup, id), isVisible(group, request)
        else { throw missing(id) }
        return group
    }

    private static func missing(_ id: String) -> RESTError {
        .status(404, "Failed to find model group with the provided model group id: \(id)")
    }

    private static func isVisible(_ group: CatalogDocument, _ request: RESTRequest) -> Bool {
        request.access.isAdministrator || group.owner == request.access.owner
    }

    private static func update(_ request: RESTRequest) throws(RESTError) -> RESTAnswer {
        let group = try find(request)
        try request.checkAdministrator()
        let body = try request.object(orElse: .parse("Model group request has empty body"))
        let (name, text) = try checked(body)
        _ = try request.change { change in
            guard var json = change.snapshot.document(.modelGroup, group.id)?.json else {
                throw missing(group.id)
            }
            if let name {
                if let other = named(name, change.snapshot), other.id != group.id {
                    throw RESTError.illegalArgument(
                        "The name you provided is already being used by a model group with ID: "
                            + "\(other.id)."
                    )
                }
                json = json.setting("name", .string(name))
            }
            if let text { json = json.setting("description", .string(text)) }
            return try change.updateDocument(.modelGroup, group.id, body: json.description)
        }
        return RESTAnswer([("status", .string("Updated"))])
    }

    private static func delete(_ request: RESTRequest) throws(RESTError) -> RESTAnswer {
        let group = try find(request)
        try request.checkAdministrator()
        return try request.change { change in
            let isUsed = change.snapshot.models.contains { model in
                ModelDetails(model).group == group.id
            }
            guard !isUsed else {
                throw RESTError.status(
                    409,
                    "Cannot delete the model group when it has associated model versions"
                )
            }
            guard change.snapshot.document(.modelGroup, group.id) != nil else {
                throw missing(group.id)
            }
            let document = try change.dropDocument(.modelGroup, group.id)
            let sequence = change.snapshot.documentSequence
            return .deleted(DocumentIndex.modelGroup, document, sequence: sequence)
        }
    }

    private static func hits(_ request: RESTRequest) -> [SearchHit] {
        request.snapshot.documents(.modelGroup).filter { isVisible($0, request) }.map { group in
            SearchHit(DocumentIndex.modelGroup, group, shown(group))
        }
    }
}
