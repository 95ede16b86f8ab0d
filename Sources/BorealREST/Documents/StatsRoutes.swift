import BorealBase
import BorealCatalog
import BorealEngine
import BorealHTTP
import BorealRemote

/// `/_plugins/_ml/stats` and `/_plugins/_ml/profile`: what there is and what is deployed.
enum StatsRoutes {
    private static let base = "/_plugins/_ml"

    static let routes: [RESTRoute] =
        ["stats", "stats/{stat}", "{node}/stats", "{node}/stats/{stat}"].map { path in
            RESTRoute(.get, "\(base)/\(path)") { (request) throws(RESTError) -> RESTAnswer in
                try stats(request)
            }
        }
        + [
            "profile", "profile/models", "profile/models/{id}", "profile/tasks",
            "profile/tasks/{id}",
        ]
        .map { path in
            RESTRoute(.get, "\(base)/\(path)") { (request) throws(RESTError) -> RESTAnswer in
                profile(request)
            }
        }

    /// Of the whole cluster.
    private static func clusterStats(_ request: RESTRequest) -> [(key: String, value: JSON)] {
        let snapshot = request.snapshot
        let models = snapshot.models.count { ModelRoutes.isVisible($0, request) }
        let connectors = snapshot.documents(.connector).count { $0.model == nil }
        let status = JSON.string("green")
        return [
            ("ml_model_count", .integer(Int64(models))),
            ("ml_connector_count", .integer(Int64(connectors))), ("ml_model_index_status", status),
            ("ml_connector_index_status", status), ("ml_task_index_status", status),
            ("ml_config_index_status", status), ("ml_controller_index_status", status),
        ]
    }

    /// Of the one node.
    private static func nodeStats(_ request: RESTRequest) -> [(key: String, value: JSON)] {
        let deployed = request.snapshot.models.count {
            ModelRoutes.isVisible($0, request) && $0.status == .serving
        }
        return [("ml_deployed_model_count", .integer(Int64(deployed)))]
    }

    private static func stats(_ request: RESTRequest) throws(RESTError) -> RESTAnswer {
        try request.checkAdministrator()
        let node = request.place("node")
        guard node.isEmpty || node == "_all" || node == "_local" || node == Node.id else {
            return RESTAnswer(.object([]))
        }
        let (cluster, own) = (clusterStats(request), nodeStats(request))
        let wanted = request.place("stat")
        let known = (cluster + own).map(\.key)
        guard wanted.isEmpty || wanted == "_all" || known.contains(wanted) else {
            throw .illegalArgument(
                "request [\(request.http.path)] contains unrecognized stat: "
                    + "[\(UpstreamText.clean(wanted.utf8))]"
            )
        }
        func isWanted(_ member: (key: String, value: JSON)) -> Bool {
            wanted.isEmpty || wanted == "_all" || member.key == wanted
        }
        var members = node.isEmpty ? cluster.filter(isWanted) : []
        let shown = own.filter(isWanted)
        if !shown.isEmpty { members.append(("nodes", .object([(Node.id, .object(shown))]))) }
        return RESTAnswer(.object(members))
    }

    private static func profile(_ request: RESTRequest) -> RESTAnswer {
        let wanted = request.place("id")
        // Tasks are over when they are noted: none runs.
        guard !request.http.path.contains("/profile/tasks") else { return RESTAnswer(.object([])) }
        let models = request.snapshot.models.filter { model in
            ModelRoutes.isVisible(model, request) && model.status == .serving
                && (wanted.isEmpty || wanted == model.contractID)
        }
        guard !models.isEmpty else { return RESTAnswer(.object([])) }
        let shown = models.map { model in
            (
                key: model.contractID,
                value: JSON.object([
                    ("model_state", .string(ModelDetails(model).state)),
                    ("worker_nodes", .array([.string(Node.id)])),
                ])
            )
        }
        let node = JSON.object([("models", .object(shown))])
        return RESTAnswer(.object([("nodes", .object([(Node.id, node)]))]))
    }
}
