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
    /// Sent beside the key; `${token}` stands for it.
    package var headers: [(name: String, value: String)]
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
        self.headers = try Self.headers(headers)
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
            ("headers", .object(headers.map { ($0.name, .string($0.value)) })),
            ("config", config),
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
    package func headers(key: SecretBytes?) -> [(name: String, value: String)] {
        var all: [(name: String, value: String)] = [("content-type", "application/json")]
        let token = key?.text
        all += headers.map { ($0.name, $0.value.replacing(Self.token, with: token ?? "")) }
        // A model that says where its key stands has it there alone.
        if let token, !headers.contains(where: { $0.value.contains(Self.token) }) {
            all.append(("authorization", "Bearer " + token))
        }
        return all
    }

    private static let token = "${token}"

    /// Header names that are the client's own business.
    private static let guarded: Set<String> = [
        "host", "content-length", "transfer-encoding", "connection", "te", "upgrade", "expect",
        "proxy-authorization", "content-type", "accept-encoding",
    ]

    /// Headers of one model.
    private static let headersMax = 32

    private static func headers(
        _ json: JSON
    ) throws(RemoteModelError) -> [(name: String, value: String)] {
        guard json != .null else { return [] }
        guard let members = json.object, members.count <= headersMax else {
            throw RemoteModelError(
                .config,
                "headers are a JSON object of at most \(headersMax) strings"
            )
        }
        var headers: [(name: String, value: String)] = []
        for (name, value) in members {
            let isName =
                !name.isEmpty
                && name.utf8.allSatisfy { byte in
                    Character(Unicode.Scalar(byte)).isLetter || (0x30...0x39).contains(byte)
                        || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                }
            guard isName, !guarded.contains(name.asciiLowercased) else {
                throw RemoteModelError(
                    .config,
                    "'\(UpstreamText.clean(name.utf8))' is no header that a model may set"
                )
            }
            guard let text = value.string, text.utf8.count <= Credential.bytesMax,
                text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
            else {
                throw RemoteModelError(.config, "header '\(name)' is no line of text")
            }
            guard !SecretMask.isSecret(name) || text.contains(token) else {
                throw RemoteModelError(
                    .config,
                    "header '\(name)' holds a secret: give it as the key and write ${token} here"
                )
            }
            headers.append((name, text))
        }
        return headers
    }
}
