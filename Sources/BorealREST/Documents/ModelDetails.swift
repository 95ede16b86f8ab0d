import BorealBase
import BorealCatalog
import BorealEngine
import BorealRemote

/// What the contract keeps of a model beside the registry, and how a model is shown over REST,
/// whichever way it was made.
struct ModelDetails: Sendable {
    private let model: Model
    /// The members that a caller may set, as they were given, and times.
    private(set) var json: JSON

    init(_ model: Model) {
        self.model = model
        // Only JSON was stored; a model of SQL has none.
        json = (try? JSON.parse(model.contract.details)) ?? .object([])
    }

    /// What a caller may set at registration and later.
    static let names = [
        "name", "description", "model_group_id", "is_enabled", "rate_limiter", "interface",
        "deploy_setting",
    ]

    var group: String? { json["model_group_id"]?.string }
    var revision: Int64 { json["revision"]?.integer ?? 1 }

    mutating func set(_ name: String, _ value: JSON) { json = json.setting(name, value) }

    /// The details of a change at this moment.
    func changed(at now: Instant) -> JSON {
        json.setting("revision", .integer(revision + 1)).setting("last_updated_time", .time(now))
    }

    /// `REGISTERED`, `DEPLOYED`, ...
    var state: String {
        switch model.status {
        case .serving: "DEPLOYED"
        case .deploying: "DEPLOYING"
        case .saved where model.contract.isUndeployed: "UNDEPLOYED"
        case .saved: "REGISTERED"
        case .failed: "DEPLOY_FAILED"
        default: "REGISTERING"
        }
    }

    /// As GET shows it.
    ///
    /// - Parameter snapshot: where its connector is, when that was given with the model.
    func shown(_ snapshot: CatalogSnapshot) -> JSON {
        let version = model.defaultVersion
        let isDeployed = model.status == .serving
        let nodes: JSON = .array(isDeployed ? [.string(Node.id)] : [])
        let count: JSON = .integer(isDeployed ? 1 : 0)
        let members: [(key: String, value: JSON?)] = [
            ("name", json["name"] ?? .string(model.name)),
            ("model_group_id", json["model_group_id"]),
            ("algorithm", .string("REMOTE")),
            ("model_version", json["model_version"] ?? .string(String(version.number))),
            ("description", description), ("model_state", .string(state)),
            ("created_time", .time(model.created)),
            ("last_updated_time", json["last_updated_time"] ?? .time(version.changed)),
            ("last_deployed_time", json["last_deployed_time"]),
            ("last_undeployed_time", json["last_undeployed_time"]),
            ("model_id", .string(model.contractID)), ("is_hidden", .bool(false)),
            ("planning_worker_node_count", count), ("current_worker_node_count", count),
            ("planning_worker_nodes", nodes), ("deploy_to_all_nodes", .bool(true)),
        ]
        let further: [(key: String, value: JSON?)] = [
            ("is_enabled", json["is_enabled"] ?? .bool(true)),
            ("rate_limiter", json["rate_limiter"]), ("interface", json["interface"]),
            ("deploy_setting", json["deploy_setting"]),
        ]
        return .members(members + connector(snapshot) + further)
    }

    private var description: JSON? {
        if let given = json["description"] { return given }
        let comment = model.comment
        return comment.isEmpty ? nil : .string(comment)
    }

    private func connector(_ snapshot: CatalogSnapshot) -> [(key: String, value: JSON?)] {
        let definition = model.defaultVersion.definition
        guard let id = definition.connectorID else {
            return [("connector", Self.connector(model))]
        }
        guard let document = snapshot.document(.connector, id), document.model != nil else {
            return [("connector_id", .string(id))]
        }
        return [("connector", document.json)]
    }

    /// How a model that SQL describes would be written as a connector.
    private static func connector(_ model: Model) -> JSON? {
        // A definition that cannot be read is not shown.
        guard let json = try? JSON.parse(model.defaultVersion.definition.options),
            let record = try? RemoteModelRecord(json: json)
        else { return nil }
        let scheme = record.address.isSecure ? "https" : "http"
        let action = JSON.object([
            ("action_type", .string("PREDICT")), ("method", .string("POST")),
            ("url", .string("\(scheme)://\(record.address.shown)")),
        ])
        return .object([
            ("name", .string(model.name)), ("version", .string("1")),
            ("protocol", .string(Connector.protocolName)),
            ("parameters", .object([("model", .string(record.upstreamName))])),
            ("actions", .array([action])),
        ])
    }

    // MARK: - What a caller gives

    /// The members that a body sets, checked.
    ///
    /// - Throws: `ContractError`.
    static func given(_ body: JSON) throws(ContractError) -> [(key: String, value: JSON)] {
        guard body["guardrails"] == nil || body["guardrails"] == .null else {
            throw .illegalArgument("guardrails are not supported")
        }
        var members: [(key: String, value: JSON)] = []
        for name in names {
            guard let value = body[name], value != .null else { continue }
            switch name {
            case "is_enabled": members.append((name, .bool(try body.flag(name) ?? true)))
            case "rate_limiter": members.append((name, try rateLimiter(value)))
            case "interface", "deploy_setting":
                guard value.object != nil else {
                    throw .illegalArgument("\(name) must be an object")
                }
                if name == "interface" { _ = try CallInterface(value, of: "") }
                members.append((name, value))
            default:
                let text = try body.text(name) ?? ""
                guard text.utf8.count <= textBytesMax else {
                    throw .illegalArgument("\(name) is longer than \(textBytesMax) bytes")
                }
                members.append((name, .string(text)))
            }
        }
        return members
    }

    private static let textBytesMax = 16 << 10
    private static let units = [
        "NANOSECONDS", "MICROSECONDS", "MILLISECONDS", "SECONDS", "MINUTES", "HOURS", "DAYS",
    ]

    private static func rateLimiter(_ json: JSON) throws(ContractError) -> JSON {
        guard json.object != nil else { throw .parse("rate_limiter must be an object") }
        let limit = json["limit"].flatMap { $0.double ?? $0.string.flatMap { Double($0) } }
        guard let limit, limit > 0, limit.isFinite else {
            throw .parse("Limit field must be a positive number.")
        }
        guard let unit = json["unit"]?.string?.uppercased(), units.contains(unit) else {
            throw .parse("Unit field must be one of [\(units.joined(separator: ", "))].")
        }
        let text = json["limit"]?.string ?? json["limit"]?.description ?? ""
        return .object([("limit", .string(text)), ("unit", .string(unit))])
    }
}
