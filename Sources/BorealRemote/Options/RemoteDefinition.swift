package import BorealBase

/// What `CREATE MODEL ... OPTIONS(MODEL_SOURCE_TYPE='REMOTE', ...)` says of one version.
package struct RemoteDefinition: Sendable {
    /// What the model reads.
    package enum ModelType: String, CaseIterable, Sendable {
        case language = "LLM"
        /// Pictures beside text.
        case multimodal = "MLLM"
    }

    package let modelType: ModelType
    package let task: RemoteTask
    /// The service's own name of the model.
    package let modelName: String
    package let serviceName: String
    /// With the path that the task asks for.
    package let address: RemoteAddress
    /// The API key, to be sealed and forgotten.
    package let apiKey: SecretBytes
    package let options: RemoteModelOptions

    /// The options that every remote model must have, in the order of the documentation.
    private static let required = [
        "model_source_type", "model_type", "tasks", "pai_eas_model_name", "pai_eas_service_name",
        "endpoint", "apikey", "pai_eas_sync_mode",
    ]
    static let timeout = "pai_eas_sync_request_timeout"

    /// Reads options as they were written, names in any case.
    ///
    /// - Throws: `RemoteModelError` CONFIG for a missing, unknown or repeated option and a value
    ///   out of its range; CONFIG or POLICY for the endpoint.
    package init(_ pairs: [(name: String, value: String)]) throws(RemoteModelError) {
        var named: [String: String] = [:]
        var options = RemoteModelOptions()
        for (written, value) in pairs {
            let name = written.asciiLowercased
            guard named.updateValue(value, forKey: name) == nil else {
                throw RemoteModelError(.config, "option '\(written)' is given twice")
            }
            if name == Self.timeout {
                let option = OptionValue(name: written, value: .string(value))
                options.timeoutMilliseconds = try option.integer(5_000...1_800_000)
            } else if let option = RemoteOption.find(name) {
                try option.set(&options, Self.json(name, value))
            } else if !Self.required.contains(name) {
                let names = Self.required + [Self.timeout] + RemoteOption.names()
                throw RemoteOption.unknown(written, among: names.map { $0.uppercased() })
            }
        }
        func text(_ name: String) throws(RemoteModelError) -> String {
            guard let value = named[name], !value.isEmpty else {
                throw RemoteModelError(.config, "option '\(name.uppercased())' is missing")
            }
            guard value.utf8.count <= 4_096 else {
                throw RemoteModelError(.config, "option '\(name.uppercased())' is too long")
            }
            return value
        }
        func choice(_ name: String, _ words: [String]) throws(RemoteModelError) -> String {
            let value = try text(name)
            guard let word = words.first(where: { $0.asciiLowercased == value.asciiLowercased })
            else {
                let option = OptionValue(name: name.uppercased(), value: .null)
                throw option.problem("one of " + words.map { "'\($0)'" }.joined(separator: ", "))
            }
            return word
        }
        for name in Self.required { _ = try text(name) }
        _ = try choice("model_source_type", ["REMOTE"])
        _ = try choice("pai_eas_sync_mode", ["true"])
        let type = try choice("model_type", ModelType.allCases.map(\.rawValue))
        let task = try choice("tasks", RemoteTask.allCases.map(\.rawValue))
        modelType = ModelType(rawValue: type) ?? .language
        self.task = RemoteTask(rawValue: task) ?? .chat
        modelName = try text("pai_eas_model_name")
        serviceName = try text("pai_eas_service_name")
        address = try RemoteAddress(try text("endpoint")).completed(for: self.task)
        apiKey = try Credential.checked(try text("apikey"))
        self.options = options
    }

    /// Structures stand in SQL as the text of their JSON.
    static func json(_ name: String, _ value: String) -> JSON {
        guard ["pool", "parameters"].contains(name.asciiLowercased),
            value.first == "[" || value.first == "{"
        else { return .string(value) }
        // What is no JSON is refused as the text that it is.
        return (try? JSON.parse(value)) ?? .string(value)
    }
}

/// What the `model_config` of `AI_CreateModel` says.
package struct RemoteConfiguration: Sendable {
    /// The API key; nil when there is none.
    package let token: SecretBytes?
    package let options: RemoteModelOptions

    /// Reads an object such as `{"author_type":"token","token":"...","max_batch":64}`.
    ///
    /// - Throws: `RemoteModelError` CONFIG for another way to log in, an unknown member, a value
    ///   out of its range.
    package init(_ config: JSON) throws(RemoteModelError) {
        guard let members = config.object else {
            throw RemoteModelError(.config, "model_config is a JSON object")
        }
        var options = RemoteModelOptions()
        var token: SecretBytes?
        var author: String?
        for (name, value) in members {
            switch name.asciiLowercased {
            case "author_type": author = value.string
            case "token":
                guard let text = value.string else {
                    throw RemoteModelError(.config, "'token' of model_config is a string")
                }
                token = try Credential.checked(text)
            default:
                guard let option = RemoteOption.find(name) else {
                    throw RemoteOption.unknown(
                        name,
                        among: ["author_type", "token"] + RemoteOption.names()
                    )
                }
                try option.set(&options, value)
            }
        }
        guard author == "token" else {
            throw RemoteModelError(.config, "'author_type' of model_config must be \"token\"")
        }
        self.token = token
        self.options = options
    }
}

/// Keys as they may stand in a header.
package enum Credential {
    /// Bytes of a key.
    package static let bytesMax = 8_192

    /// - Throws: `RemoteModelError` CONFIG for a key that could end its header: the key itself is
    ///   not in the message.
    package static func checked(_ text: String) throws(RemoteModelError) -> SecretBytes {
        let bytes = text.utf8
        guard (1...bytesMax).contains(bytes.count), bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else {
            throw RemoteModelError(
                .config,
                "a key has 1 to \(bytesMax) printable ASCII characters and no blanks"
            )
        }
        return SecretBytes(bytes)
    }
}
