package import BorealBase

/// What the registry keeps of a remote model, whatever statement made it: everything but the key.
package struct RemoteModelRecord: Equatable, Sendable {
    /// `LLM`, `MLLM`, or the free text of `AI_CreateModel`.
    package var modelType: String
    /// What it is for; nil where the URL or a transform says so.
    package var task: RemoteTask?
    /// The service's own name of the model.
    package var upstreamName: String
    package var serviceName: String
    /// Free text.
    package var provider: String
    package var address: RemoteAddress
    /// The name of a codec or a template; empty for what the URL says.
    package var inTransform: String
    /// The name of a codec or a path; empty as above.
    package var outTransform: String
    /// An object with templates of headers; null for what services expect whose users say nothing.
    package var headers: JSON
    /// How it is called, as it was written: an object with the members of `model_config`.
    package var config: JSON
    /// What `config` says.
    package let options: RemoteModelOptions

    package static func == (left: RemoteModelRecord, right: RemoteModelRecord) -> Bool {
        left.json == right.json
    }

    /// - Parameter config: an object; login and key are not looked at.
    /// - Throws: `RemoteModelError` CONFIG for what no codec, option or header may be.
    package init(
        modelType: String = "",
        task: RemoteTask? = nil,
        upstreamName: String,
        serviceName: String = "",
        provider: String = "",
        address: RemoteAddress,
        inTransform: String = "",
        outTransform: String = "",
        headers: JSON = .null,
        config: JSON = .object([])
    ) throws(RemoteModelError) {
        self.modelType = modelType
        self.task = task
        self.upstreamName = upstreamName
        self.serviceName = serviceName
        self.provider = provider
        self.address = address
        self.inTransform = inTransform
        self.outTransform = outTransform
        self.headers = headers
        try Self.checkHeaders(headers)
        let kept = (config.object ?? []).filter { !Self.logins.contains($0.key.asciiLowercased) }
        self.config = .object(kept)
        let login: [(key: String, value: JSON)] = [("author_type", .string("token"))]
        options = try RemoteConfiguration(.object(login + kept)).options
        _ = try codec()
    }

    private static let logins = ["author_type", "token"]

    // MARK: - As text

    package var json: JSON {
        .object([
            ("model_type", .string(modelType)),
            ("task", task.map { .string($0.rawValue) } ?? .null),
            ("model", .string(upstreamName)), ("service", .string(serviceName)),
            ("provider", .string(provider)), ("url", .string(address.shortText)),
            ("in", .string(inTransform)), ("out", .string(outTransform)),
            ("headers", headers), ("config", config),
        ])
    }

    /// Reads what `json` wrote.
    ///
    /// - Throws: `RemoteModelError` CONFIG for anything else.
    package init(json: JSON) throws(RemoteModelError) {
        func text(_ name: String) throws(RemoteModelError) -> String {
            guard let text = json[name]?.string else {
                throw RemoteModelError(.config, "the stored definition has no '\(name)'")
            }
            return text
        }
        try self.init(
            modelType: try text("model_type"),
            task: json["task"]?.string.flatMap { RemoteTask(rawValue: $0) },
            upstreamName: try text("model"),
            serviceName: try text("service"),
            provider: try text("provider"),
            address: try RemoteAddress(try text("url")),
            inTransform: try text("in"),
            outTransform: try text("out"),
            headers: json["headers"] ?? .null,
            config: json["config"] ?? .object([])
        )
    }

    // MARK: - What it means

    private var choice: CodecChoice {
        CodecChoice(
            input: inTransform,
            output: outTransform,
            path: address.path,
            provider: provider,
            standIn: task?.codec
        )
    }

    /// The built-in codec; nil for a template of the user's.
    package var builtIn: BuiltInCodec? { choice.builtIn }

    /// Writes requests and reads answers.
    ///
    /// - Parameter options: those of a call; nil for the model's own.
    /// - Throws: `RemoteModelError` CONFIG.
    package func codec(
        _ options: RemoteModelOptions? = nil
    ) throws(RemoteModelError) -> any CallCodec {
        try choice.codec((options ?? self.options).codecParameters(model: upstreamName))
    }

    /// The headers of a call.
    ///
    /// - Parameter key: nil for a service that asks for none.
    /// - Throws: `RemoteModelError` CONFIG when the headers want a key and there is none.
    package func headers(
        key: SecretBytes?
    ) throws(RemoteModelError) -> [(name: String, value: String)] {
        let type = (name: "Content-Type", value: "application/json")
        // Only the model's own words can ask for a key that it has not.
        if key == nil, headers == .null { return [type] }
        let token = key?.text
        let filled = try HeaderTemplate(headers).filled { $0 == "token" ? token : nil }
        return [type] + filled
    }

    /// What is stored with a model is read by who may use it: no key stands in it by itself.
    private static func checkHeaders(_ headers: JSON) throws(RemoteModelError) {
        _ = try HeaderTemplate(headers)
        for (name, value) in headers.object ?? [] {
            let isOpen = SecretMask.isSecret(name) && value.string?.contains("${") != true
            guard !isOpen, name.asciiLowercased != "content-type" else {
                throw RemoteModelError(
                    .config,
                    isOpen
                        ? "header '\(name)' holds a secret: give it as the key, write ${token} here"
                        : "header '\(name)' is always application/json"
                )
            }
        }
    }
}

// MARK: - Statements

extension RemoteModelRecord {
    /// The model of `CREATE MODEL ... OPTIONS(MODEL_SOURCE_TYPE='REMOTE', ...)`.
    ///
    /// - Parameter written: the options as they were written, which `definition` was read from.
    /// - Throws: `RemoteModelError` CONFIG.
    package init(
        _ definition: RemoteDefinition,
        written: [(name: String, value: String)]
    ) throws(RemoteModelError) {
        var config: [(key: String, value: JSON)] = []
        for (name, value) in written {
            if name.asciiLowercased == RemoteDefinition.timeout {
                config.append(("timeout_ms", .string(value)))
            } else if RemoteOption.find(name) != nil {
                config.append((name.asciiLowercased, RemoteDefinition.json(name, value)))
            }
        }
        try self.init(
            modelType: definition.modelType.rawValue,
            task: definition.task,
            upstreamName: definition.modelName,
            serviceName: definition.serviceName,
            address: definition.address,
            config: .object(config)
        )
    }

    /// The options that make this model, without the key: what a further version begins with.
    package var optionPairs: [(name: String, value: String)] {
        var pairs = [
            ("model_source_type", "REMOTE"), ("model_type", modelType),
            ("pai_eas_model_name", upstreamName), ("pai_eas_service_name", serviceName),
            ("endpoint", address.shortText), ("pai_eas_sync_mode", "true"),
        ]
        if let task { pairs.append(("tasks", task.rawValue)) }
        for (name, value) in config.object ?? [] {
            let option = name == "timeout_ms" ? RemoteDefinition.timeout : name
            pairs.append((option, value.string ?? value.description))
        }
        return pairs
    }

    /// The definition as anybody may read it who may use the model: no query string, where keys
    /// are.
    package var shown: JSON {
        guard case .object(let members) = json else { return json }
        return .object(
            members.map { key, value in
                switch key {
                case "url": (key, .string(address.shown))
                case "config": (key, shownConfig)
                case "headers": (key, shownHeaders)
                default: (key, value)
                }
            }
        )
    }

    /// `headers` in the same way.
    package var shownHeaders: JSON { SecretMask.redacted(headers) }

    /// `config` in the same way, the members of a pool as `POOL` writes them.
    package var shownConfig: JSON {
        let members = (config.object ?? []).map { name, value -> (key: String, value: JSON) in
            guard name.asciiLowercased == "pool" else { return (name, value) }
            return (name, .string(options.pool.map(\.shown).joined(separator: ", ")))
        }
        return SecretMask.redacted(.object(members))
    }
}
