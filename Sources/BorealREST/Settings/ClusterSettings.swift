import BorealBase
import BorealCatalog
import BorealEngine
import BorealHTTP
import BorealRemote
import Synchronization

/// `GET` and `PUT /_cluster/settings`. What is persistent is what SET GLOBAL makes durable; what is
/// transient wins and is gone at the next start.
final class ClusterSettings: Sendable {
    private let engine: Engine
    /// Transient values of keys that are kept only.
    private let transients = Mutex<[String: JSON]>([:])

    init(_ engine: Engine) { self.engine = engine }

    var routes: [RESTRoute] {
        let parameters: Set<String> = [
            "flat_settings", "include_defaults", "timeout", "cluster_manager_timeout",
            "master_timeout", "local",
        ]
        return [
            RESTRoute(.get, "/_cluster/settings", parameters: parameters) {
                [self] (request) throws(RESTError) -> RESTAnswer in
                try show(request)
            },
            RESTRoute(.put, "/_cluster/settings", parameters: parameters) {
                [self] (request) throws(RESTError) -> RESTAnswer in
                try change(request)
            },
        ]
    }

    // MARK: - Reading

    /// True when connectors and models may name who may use them.
    var hasAccessControl: Bool { isOn("connector_access_control_enabled") }

    /// True when a call deploys a model that was never undeployed.
    var deploysAutomatically: Bool { isOn("model_auto_deploy.enable") }

    private func isOn(_ name: String) -> Bool {
        guard let setting = ClusterSetting.byKey[Engine.contractPrefix + name] else { return false }
        return value(setting) == .bool(true)
    }

    /// The value in force.
    private func value(_ setting: ClusterSetting) -> JSON {
        if let name = setting.setting {
            return setting.value(ofSetting: engine.settings.text(name))
        }
        return transients.withLock { $0[setting.key] } ?? persistent(setting)
            ?? setting.defaultValue
    }

    private func persistent(_ setting: ClusterSetting) -> JSON? {
        if let name = setting.setting {
            return engine.settings.text(name, source: .durable).map(setting.value(ofSetting:))
        }
        // Only JSON was stored.
        return engine.catalog.snapshot.settings[setting.key].flatMap { try? JSON.parse($0) }
    }

    private func transient(_ setting: ClusterSetting) -> JSON? {
        if let name = setting.setting {
            return engine.settings.text(name, source: .transient).map(setting.value(ofSetting:))
        }
        return transients.withLock { $0[setting.key] }
    }

    private func show(_ request: RESTRequest) throws(RESTError) -> RESTAnswer {
        guard request.access.isSystemAdministrator || request.access.isAdministrator else {
            throw .forbidden("SYSTEM_ADMIN or MODEL_ADMIN")
        }
        let isFlat = try request.flag("flat_settings")
        func all(_ value: (ClusterSetting) -> JSON?) -> JSON {
            Self.tree(
                ClusterSetting.all.compactMap { setting in
                    value(setting).map { (setting.key, $0) }
                },
                isFlat: isFlat
            )
        }
        var members: [(key: String, value: JSON?)] = [
            ("persistent", all(persistent)), ("transient", all(transient)),
        ]
        if try request.flag("include_defaults") {
            let defaults = all { setting in
                persistent(setting) == nil && transient(setting) == nil ? value(setting) : nil
            }
            members.append(("defaults", defaults))
        }
        return RESTAnswer(members)
    }

    /// Keys as nested objects, or flat.
    private static func tree(_ values: [(key: String, value: JSON)], isFlat: Bool) -> JSON {
        var tree = JSON.object([])
        for (key, value) in values {
            let names = isFlat ? [key] : key.split(separator: ".").map(String.init)
            tree = put(ClusterSetting.shown(value), names[...], into: tree)
        }
        return tree
    }

    private static func put(_ value: JSON, _ names: ArraySlice<String>, into tree: JSON) -> JSON {
        guard let name = names.first else { return value }
        let rest = names.dropFirst()
        return tree.setting(name, put(value, rest, into: tree[name] ?? .object([])))
    }

    // MARK: - Changing

    /// One key of a call; nil goes back to the default.
    private typealias Change = (setting: ClusterSetting, value: JSON?)

    private func change(_ request: RESTRequest) throws(RESTError) -> RESTAnswer {
        guard request.access.isSystemAdministrator else { throw .forbidden("SYSTEM_ADMIN") }
        let body = try request.object(orElse: .parse("request body is required"))
        let persistent = try changes(body["persistent"], "persistent")
        let transient = try changes(body["transient"], "transient")
        guard !persistent.isEmpty || !transient.isEmpty else {
            throw RESTError(
                type: "action_request_validation_exception",
                "Validation Failed: 1: no settings to update;",
                status: 400
            )
        }
        let isFlat = try request.flag("flat_settings")
        try store(persistent, request)
        for (setting, value) in transient { applyTransient(setting, value) }
        func shown(_ changes: [Change]) -> JSON {
            Self.tree(
                changes.compactMap { change in change.value.map { (change.setting.key, $0) } },
                isFlat: isFlat
            )
        }
        return RESTAnswer([
            ("acknowledged", .bool(true)), ("persistent", shown(persistent)),
            ("transient", shown(transient)),
        ])
    }

    /// What a call wants, checked: nothing of it is applied when one key is wrong.
    private func changes(_ json: JSON?, _ scope: String) throws(RESTError) -> [Change] {
        guard let json, json != .null else { return [] }
        guard json.object != nil else { throw .parse("[\(scope)] must be an object") }
        var flat: [(key: String, value: JSON)] = []
        Self.flatten(json, "", into: &flat)
        var changes: [Change] = []
        for (key, value) in flat {
            guard let setting = ClusterSetting.byKey[key] else {
                throw RESTError(
                    type: "settings_exception",
                    "\(scope) setting [\(UpstreamText.clean(key.utf8))], not recognized",
                    status: 400
                )
            }
            guard !setting.isFinal else {
                throw RESTError(
                    type: "settings_exception",
                    "final \(scope) setting [\(key)], not updateable",
                    status: 400
                )
            }
            let checked = try value == .null ? nil : setting.checked(value)
            changes.removeAll { $0.setting.key == key }
            changes.append((setting, checked))
        }
        return changes
    }

    private static func flatten(
        _ json: JSON,
        _ prefix: String,
        into flat: inout [(key: String, value: JSON)]
    ) {
        for (key, value) in json.object ?? [] {
            let name = prefix.isEmpty ? key : "\(prefix).\(key)"
            if value.object == nil {
                flat.append((name, value))
            } else {
                flatten(value, name, into: &flat)
            }
        }
    }

    private func store(_ changes: [Change], _ request: RESTRequest) throws(RESTError) {
        guard !changes.isEmpty else { return }
        try request.change { change in
            for (setting, value) in changes {
                let text = value.map { value in
                    setting.setting == nil ? value.description : ClusterSetting.settingText(value)
                }
                try change.setSetting(setting.setting ?? setting.key, to: text)
            }
        }
        for (setting, value) in changes { apply(setting, value, .durable) }
    }

    private func applyTransient(_ setting: ClusterSetting, _ value: JSON?) {
        guard setting.setting == nil else { return apply(setting, value, .transient) }
        transients.withLock { $0[setting.key] = value }
    }

    private func apply(_ setting: ClusterSetting, _ value: JSON?, _ source: Settings.Source) {
        guard let name = setting.setting else { return }
        if let value {
            let text = ClusterSetting.settingText(value)
            // It was checked before, by narrower rules.
            _ = try? engine.settings.set(name, to: text, isRunning: true, source: source)
        } else {
            engine.settings.reset(name, source: source)
        }
        engine.settingChanged(name)
    }
}
