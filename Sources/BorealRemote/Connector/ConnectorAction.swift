package import BorealBase

/// One thing that a connector can do: a request with places for parameters. Its templates are
/// compiled when the connector is made, so that a bad one is refused then.
package struct ConnectorAction: Sendable {
    /// What an action is for.
    package enum Kind: String, CaseIterable, Sendable {
        case predict = "PREDICT"
        case batchPredict = "BATCH_PREDICT"
        case batchPredictStatus = "BATCH_PREDICT_STATUS"
        case cancelBatchPredict = "CANCEL_BATCH_PREDICT"
        case execute = "EXECUTE"
    }

    package let kind: Kind
    /// `POST`, `GET`, `PUT`, `DELETE`
    package let method: String
    package let url: URLTemplate
    package let headers: HeaderTemplate
    /// Nil for a request without a body.
    package let body: JSONTemplate?
    /// One of `ProcessFunction.before`; nil for none.
    package let preProcess: String?
    /// One of `ProcessFunction.behind`; nil for none.
    package let postProcess: String?
    /// What else the action is called by; nil for nothing.
    package let name: String?
    /// As it is stored and shown: the type in capitals, texts as they were written.
    package let json: JSON

    private static let methods = ["POST", "GET", "PUT", "DELETE"]
    private static let nameBytesMax = 64

    /// - Throws: `ContractError` for what is missing, and for a template, a header or a function
    ///   that may not be.
    package init(_ action: JSON) throws(ContractError) {
        guard action.object != nil else { throw .illegalArgument("actions must be objects") }
        guard let type = try action.text("action_type") else {
            throw .illegalArgument("action type can't be null")
        }
        guard let kind = Kind(rawValue: type.uppercased()) else {
            throw .illegalArgument("unknown action type: \(UpstreamText.clean(type.utf8))")
        }
        guard let url = try action.text("url") else { throw .illegalArgument("url can't be null") }
        guard let method = try action.text("method") else {
            throw .illegalArgument("method can't be null")
        }
        guard Self.methods.contains(method.uppercased()) else {
            throw .illegalArgument("unsupported method \(UpstreamText.clean(method.utf8))")
        }
        self.kind = kind
        self.method = method.uppercased()
        self.url = try URLTemplate(url)
        let headers = action["headers"] ?? .null
        self.headers = try Self.headers(headers == .null ? .object([]) : headers)
        body = try action.text("request_body").map { (text) throws(ContractError) in
            try Self.template(text)
        }
        preProcess = try action.text("pre_process_function")
        try ProcessFunction.check(
            preProcess,
            among: ProcessFunction.before,
            "pre_process_function"
        )
        postProcess = try action.text("post_process_function")
        try ProcessFunction.check(
            postProcess,
            among: ProcessFunction.behind,
            "post_process_function"
        )
        name = try Self.checked(name: try action.text("name"))
        json = Self.kept(action, kind, self.method)
    }

    /// Keys belong into `credential`, which nobody is shown; headers are shown with their places.
    private static func headers(_ json: JSON) throws(ContractError) -> HeaderTemplate {
        for (name, value) in json.object ?? [] {
            guard let text = value.string, SecretMask.isSecret(name), !text.contains("${") else {
                continue
            }
            throw .illegalArgument(
                "Header '\(UpstreamText.clean(name.utf8))' holds a secret: give it in credential "
                    + "and write ${credential.NAME} here"
            )
        }
        do { return try HeaderTemplate(json) } catch { throw ContractError(error, "headers") }
    }

    private static func template(_ text: String) throws(ContractError) -> JSONTemplate {
        let template: JSONTemplate
        do { template = try JSONTemplate(text, allowsLines: true) } catch {
            throw ContractError(error, "request_body")
        }
        for name in template.names where !name.hasPrefix("parameters.") {
            throw .illegalArgument("request_body has no ${\(name)}; there is ${parameters.NAME}")
        }
        return template
    }

    private static func checked(name: String?) throws(ContractError) -> String? {
        guard let name else { return nil }
        let isName =
            (1...nameBytesMax).contains(name.utf8.count)
            && name.utf8.allSatisfy(DocumentID.isLetter)
            && Kind(rawValue: name.uppercased()) == nil
        guard isName else {
            throw .illegalArgument(
                "action name has 1 to \(nameBytesMax) letters, digits, '_' and '-' and is no "
                    + "action type"
            )
        }
        return name
    }

    private static func kept(_ action: JSON, _ kind: Kind, _ method: String) -> JSON {
        let names = [
            "headers", "url", "request_body", "pre_process_function", "post_process_function",
            "name", "supports_structured_output",
        ]
        var members: [(key: String, value: JSON)] = [
            ("action_type", .string(kind.rawValue)), ("method", .string(method)),
        ]
        for name in names {
            if let value = action[name], value != .null { members.append((name, value)) }
        }
        return .object(members)
    }
}

/// Ids of connectors, models and what else the contract keeps.
package enum DocumentID {
    /// Characters of an id that is made here.
    package static let charactersCount = 20
    /// Bytes of an id that a caller gives.
    package static let bytesMax = 512

    /// A letter or digit, `_` or `-`.
    package static func isLetter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// - Parameter what: `connector id` or `model id`, for the message.
    /// - Throws: `ContractError` for an id that a caller may not give.
    package static func check(_ id: String, _ what: String) throws(ContractError) {
        if id.allSatisfy(\.isWhitespace) { throw .illegalArgument("\(what) is invalid") }
        if let first = id.first, first == "_" || first == "-" {
            throw .illegalArgument("\(what) must not start with '\(first)'")
        }
        guard id.utf8.count <= bytesMax else {
            throw .illegalArgument("\(what) is longer than \(bytesMax) bytes")
        }
        guard id.utf8.allSatisfy(isLetter) else {
            throw .illegalArgument("\(what) has letters, digits, '_' and '-' only")
        }
    }

    /// 120 random bits in letters, digits, `_` and `-`; the first is a letter or digit.
    package static func random() -> String {
        var generator = SystemRandomNumberGenerator()
        let letters = Array(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-".utf8
        )
        let id = (0..<charactersCount).map { place in
            letters[Int.random(in: 0..<(place == 0 ? 62 : 64), using: &generator)]
        }
        return String(decoding: id, as: UTF8.self)
    }
}

extension JSON {
    /// The text of a member; nil where it is not there or null.
    ///
    /// - Throws: `ContractError` for a member that is no string.
    package func text(_ name: String) throws(ContractError) -> String? {
        guard let value = self[name], value != .null else { return nil }
        guard let text = value.string else { throw .illegalArgument("\(name) must be a string") }
        return text
    }

    /// The truth value of a member, which may stand as a string; nil where it is not there.
    ///
    /// - Throws: `ContractError` for anything else.
    package func flag(_ name: String) throws(ContractError) -> Bool? {
        guard let value = self[name], value != .null else { return nil }
        if let flag = value.bool { return flag }
        switch value.string?.asciiLowercased {
        case "true": return true
        case "false": return false
        default: throw .illegalArgument("\(name) must be true or false")
        }
    }

    /// An object with a member set, in its old place or at the end.
    package func setting(_ name: String, _ value: JSON) -> JSON {
        var members = object ?? []
        if let place = members.firstIndex(where: { $0.key == name }) {
            members[place].value = value
        } else {
            members.append((name, value))
        }
        return .object(members)
    }
}
