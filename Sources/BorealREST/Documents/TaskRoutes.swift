import BorealBase
import BorealCatalog
import BorealEngine
import BorealHTTP
import BorealRemote

/// `/_plugins/_ml/tasks/...`: what registering and deploying left behind.
enum TaskRoutes {
    private static let base = "/_plugins/_ml/tasks"

    static let routes: [RESTRoute] =
        [
            RESTRoute(.get, "\(base)/{id}") { (request) throws(RESTError) -> RESTAnswer in
                RESTAnswer(try find(request).json)
            },
            RESTRoute(.delete, "\(base)/{id}") { (request) throws(RESTError) -> RESTAnswer in
                try delete(request)
            },
            RESTRoute(.post, "\(base)/{id}/_cancel") { (request) throws(RESTError) -> RESTAnswer in
                _ = try find(request)
                throw .status(
                    400,
                    "The task ID you provided does not have any associated batch job"
                )
            },
        ] + DocumentSearch.routes("\(base)/_search", hits)

    private static let isFinal: Set<String> = [
        "COMPLETED", "FAILED", "CANCELLED", "COMPLETED_WITH_ERROR", "EXPIRED", "UNREACHABLE",
    ]

    /// Notes a task that is over already.
    ///
    /// - Returns: its id.
    static func note(
        _ type: String,
        of model: String,
        _ request: RESTRequest,
        _ change: CatalogTransaction
    ) throws(CatalogError) -> String {
        let id = DocumentID.random()
        let task = JSON.object([
            ("model_id", .string(model)), ("task_type", .string(type)),
            ("function_name", .string("REMOTE")), ("state", .string("COMPLETED")),
            ("worker_node", .array([.string(Node.id)])), ("create_time", .time(change.now)),
            ("last_update_time", .time(change.now)), ("is_async", .bool(false)),
        ])
        try change.createDocument(
            .task,
            id,
            owner: request.access.owner,
            body: task.description
        )
        return id
    }

    private static func isVisible(_ task: CatalogDocument, _ request: RESTRequest) -> Bool {
        request.access.isAdministrator || task.owner == request.access.owner
    }

    private static func find(_ request: RESTRequest) throws(RESTError) -> CatalogDocument {
        guard let task = request.snapshot.document(.task, request.place("id")),
            isVisible(task, request)
        else { throw .status(404, "Failed to find task") }
        return task
    }

    private static func delete(_ request: RESTRequest) throws(RESTError) -> RESTAnswer {
        let task = try find(request)
        guard let state = task.json["state"]?.string, isFinal.contains(state) else {
            throw .status(409, "Task cannot be deleted in running state. Try after some time.")
        }
        return try request.change { change in
            guard change.snapshot.document(.task, task.id) != nil else {
                throw RESTError.status(404, "Failed to find task")
            }
            let document = try change.dropDocument(.task, task.id)
            let sequence = change.snapshot.documentSequence
            return .deleted(DocumentIndex.task, document, sequence: sequence)
        }
    }

    private static func hits(_ request: RESTRequest) -> [SearchHit] {
        request.snapshot.documents(.task).filter { isVisible($0, request) }.map { task in
            SearchHit(DocumentIndex.task, task, task.json.setting("task_id", .string(task.id)))
        }
    }
}

/// This server among the nodes of a cluster, of which it is the only one.
enum Node {
    /// As long as the ids of the original.
    static let id = "boreal-node-00000001"
}
