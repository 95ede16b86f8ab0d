package import BorealBase

/// How a service is spoken to: its URL, headers and bodies as templates, with the parameters that
/// stand in them unless a caller says otherwise. Its keys are not part of it: they are sealed apart
/// (`credentials(of:)`).
package struct Connector: Sendable {
    package let name: String
    package let version: String
    package let description: String?
    /// In order; structures and numbers are the text of their JSON.
    package let parameters: [(name: String, value: String)]
    package let actions: [ConnectorAction]
    /// Nil where it says nothing; the defaults hold.
    package let client: ClientConfiguration?
    /// `access_mode`, `backend_roles` and `add_all_backend_roles` as they were given.
    private let access: [(key: String, value: JSON)]

    /// The one protocol that is spoken.
    package static let protocolName = "http"
    private static let accessNames = ["access_mode", "backend_roles", "add_all_backend_roles"]

    private static let nameBytesMax = 512
    private static let textBytesMax = 16 << 10
    private static let parametersMax = 256
    private static let actionsMax = 16
    private static let credentialsMax = 32

    /// Reads what creates a connector, and what `json` wrote. Members that it does not know are
    /// skipped.
    ///
    /// - Parameters:
    ///   - body: numbers in it are best read with their digits kept.
    ///   - hasAccessControl: `access_mode` and its like may be given.
    /// - Throws: `ContractError` with the contract's sentences.
    package init(_ body: JSON, hasAccessControl: Bool = false) throws(ContractError) {
        guard body.object != nil else { throw .parse("a connector is a JSON object") }
        guard let name = try Self.label(body, "name") else {
            throw .illegalArgument("Connector name is null")
        }
        guard let version = try Self.label(body, "version") else {
            throw .illegalArgument("Connector version is null")
        }
        guard let spoken = try body.text("protocol") else {
            throw .illegalArgument("Connector protocol is null")
        }
        guard spoken.asciiLowercased == Self.protocolName else {
            throw .illegalArgument(
                "Unsupported connector protocol. Please use one of [\(Self.protocolName)]"
            )
        }
        self.name = name
        self.version = version
        description = try body.text("description")
        guard description?.utf8.count ?? 0 <= Self.textBytesMax else {
            throw .illegalArgument("description is longer than \(Self.textBytesMax) bytes")
        }
        parameters = try Self.parameters(body["parameters"] ?? .null)
        actions = try Self.actions(body["actions"] ?? .null)
        client = try body["client_config"].flatMap { (json) throws(ContractError) in
            json == .null ? nil : try ClientConfiguration(json)
        }
        access = try Self.access(body, hasAccessControl)
    }

    /// A short text, which may be given as a number.
    private static func label(_ body: JSON, _ name: String) throws(ContractError) -> String? {
        guard let value = body[name], value != .null else { return nil }
        let text = value.string ?? (value.double == nil ? nil : value.description)
        guard let text, text.utf8.count <= nameBytesMax else {
            throw .illegalArgument("Connector \(name) must be a string of at most 512 bytes")
        }
        return text
    }

    private static func access(
        _ body: JSON,
        _ isKnown: Bool
    ) throws(ContractError) -> [(key: String, value: JSON)] {
        var members: [(key: String, value: JSON)] = []
        for name in accessNames {
            if let value = body[name], value != .null { members.append((name, value)) }
        }
        guard isKnown || members.isEmpty else {
            throw .illegalArgument(
                "You cannot specify connector access control parameters because the Security "
                    + "plugin or connector access control is disabled on your cluster."
            )
        }
        return members
    }

    private static func parameters(
        _ json: JSON
    ) throws(ContractError) -> [(name: String, value: String)] {
        if json == .null { return [] }
        guard let members = json.object, members.count <= parametersMax else {
            throw .illegalArgument(
                "parameters must be an object of at most \(parametersMax) members"
            )
        }
        var parameters: [(name: String, value: String)] = []
        for (name, value) in members where value != .null {
            let text = value.string ?? value.compact
            // Of a member that is given twice the last one holds.
            parameters.removeAll { $0.name == name }
            parameters.append((name, text))
        }
        return parameters
    }

    private static func actions(_ json: JSON) throws(ContractError) -> [ConnectorAction] {
        guard json != .null else {
            throw .illegalArgument("No actions configured for this connector")
        }
        guard let elements = json.array, elements.count <= actionsMax else {
            throw .illegalArgument("actions must be an array of at most \(actionsMax) objects")
        }
        guard !elements.isEmpty else {
            throw .illegalArgument("No actions configured for this connector")
        }
        return try elements.map { (element) throws(ContractError) in try ConnectorAction(element) }
    }

    // MARK: - Keys

    /// The keys of a body, to be sealed and forgotten; nil where it says nothing of them.
    ///
    /// - Throws: `ContractError` for what is no object of printable strings; no key is in it.
    package static func credentials(
        of body: JSON
    ) throws(ContractError) -> [(name: String, value: SecretBytes)]? {
        guard let json = body["credential"], json != .null else { return nil }
        guard let members = json.object, members.count <= credentialsMax else {
            throw .illegalArgument(
                "credential must be an object of at most \(credentialsMax) strings"
            )
        }
        var keys: [(name: String, value: SecretBytes)] = []
        for (name, value) in members {
            let isName =
                (1...128).contains(name.utf8.count)
                && name.utf8.allSatisfy { DocumentID.isLetter($0) || $0 == UInt8(ascii: ".") }
            guard isName else {
                throw .illegalArgument("names in credential have letters, digits, '_', '-' and '.'")
            }
            guard let text = value.string, (1...Credential.bytesMax).contains(text.utf8.count),
                text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) })
            else {
                throw .illegalArgument(
                    "credential '\(name)' must be a string of 1 to \(Credential.bytesMax) "
                        + "printable characters"
                )
            }
            keys.removeAll { $0.name == name }
            keys.append((name, SecretBytes(text.utf8)))
        }
        return keys
    }

    /// What a key is called where it is sealed.
    package static func sealedField(_ name: String) -> String { "credential.\(name)" }

    // MARK: - What it means

    /// The first action of a kind.
    package func action(_ kind: ConnectorAction.Kind) -> ConnectorAction? {
        actions.first { $0.kind == kind }
    }

    /// The value of one of its parameters.
    package func parameter(_ name: String) -> String? {
        parameters.first { $0.name == name }?.value
    }

    /// The URL of an action with its own parameters alone.
    ///
    /// - Throws: `ContractError` for what is no URL.
    package func address(of action: ConnectorAction) throws(ContractError) -> RemoteAddress {
        try action.url.filled(own: parameter, given: nil)
    }

    /// Every URL must be covered by the trusted list.
    ///
    /// - Throws: `ContractError` with the contract's sentences.
    package func check(_ trusted: TrustedList) throws(ContractError) {
        for action in actions { try trusted.checkConnector(try address(of: action)) }
    }

    // MARK: - As text

    /// As it is stored, and as GET shows it: everything but the keys.
    package var json: JSON {
        var members: [(key: String, value: JSON)] = [
            ("name", .string(name)), ("version", .string(version)),
        ]
        if let description { members.append(("description", .string(description))) }
        members.append(("protocol", .string(Self.protocolName)))
        members.append(
            ("parameters", .object(parameters.map { (key: $0.name, value: .string($0.value)) }))
        )
        members.append(("actions", .array(actions.map(\.json))))
        if let client { members.append(("client_config", client.json)) }
        return .object(members + access)
    }

    /// The connector with the members of an update: parameters go in one by one, actions and
    /// `client_config` as a whole, and what is empty changes nothing.
    ///
    /// - Throws: as `init`.
    package func updated(
        by body: JSON,
        hasAccessControl: Bool = false
    ) throws(ContractError) -> Connector {
        guard let members = body.object else { throw .parse("a connector is a JSON object") }
        var merged = json
        for (name, value) in members where value != .null {
            switch name {
            case "parameters":
                var own = merged[name] ?? .object([])
                for (key, value) in Self.named(try Self.parameters(value)) {
                    own = own.setting(key, value)
                }
                merged = merged.setting(name, own)
            case "client_config" where value.object?.isEmpty == true: break
            case "actions" where value.array?.isEmpty == true: break
            case "name", "version", "description", "protocol", "actions", "client_config":
                merged = merged.setting(name, value)
            case _ where Self.accessNames.contains(name): merged = merged.setting(name, value)
            default: break
            }
        }
        let isKept = !Self.accessNames.contains { body[$0] != nil && body[$0] != .null }
        return try Connector(merged, hasAccessControl: hasAccessControl || isKept)
    }

    private static func named(
        _ parameters: [(name: String, value: String)]
    ) -> [(String, JSON)] {
        parameters.map { ($0.name, .string($0.value)) }
    }
}
