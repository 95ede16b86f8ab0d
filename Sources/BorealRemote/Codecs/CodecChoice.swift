/// The codecs that have a name.
package enum BuiltInCodec: String, CaseIterable, Sendable {
    case openAIChat = "openai.chat"
    case completions
    case openAIEmbedding = "openai.embedding"
    case dashScopeEmbedding = "dashscope.embedding"
    case openAIRerank = "openai.rerank"
    case cohereRerank = "cohere.rerank"
    case dashScopeRerank = "dashscope.rerank"

    /// What the model turns a row into.
    package enum Kind: Sendable {
        case text
        case vector
        case score
    }

    package var kind: Kind {
        switch self {
        case .openAIChat, .completions: .text
        case .openAIEmbedding, .dashScopeEmbedding: .vector
        case .openAIRerank, .cohereRerank, .dashScopeRerank: .score
        }
    }

    /// The ends of paths by which a service is known; the first that fits holds.
    private static let endings: [(ending: String, codec: BuiltInCodec)] = [
        ("/chat/completions", .openAIChat), ("/completions", .completions),
        ("/embeddings", .openAIEmbedding),
        ("/embeddings/text-embedding/text-embedding", .dashScopeEmbedding),
        ("/rerank/text-rerank/text-rerank", .dashScopeRerank),
        ("/reranks", .openAIRerank), ("/rerank", .openAIRerank),
    ]

    /// The codec that a URL's path asks for.
    package init?(path: String) {
        let path = path.hasSuffix("/") ? String(path.dropLast()) : path
        guard let found = Self.endings.first(where: { path.hasSuffix($0.ending) }) else {
            return nil
        }
        self = found.codec
    }

    /// Their names, for an error that lists them.
    package static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

    func request(_ parameters: CodecParameters, provider: ProviderFamily) -> any RequestForm {
        switch self {
        case .openAIChat, .completions: Self.chat(parameters, isChat: self == .openAIChat)
        case .openAIEmbedding:
            EmbeddingRequest(parameters, isEnvelope: false, rowsMax: provider.embeddingRowsMax)
        case .dashScopeEmbedding:
            EmbeddingRequest(
                parameters,
                isEnvelope: true,
                rowsMax: ProviderFamily.dashScope.embeddingRowsMax
            )
        case .openAIRerank, .cohereRerank:
            RerankRequest(model: parameters.model, isEnvelope: false)
        case .dashScopeRerank: RerankRequest(model: parameters.model, isEnvelope: true)
        }
    }

    private static func chat(_ parameters: CodecParameters, isChat: Bool) -> any RequestForm {
        PackedChatRequest(
            inner: ChatRequest(parameters, isChat: isChat),
            rowsMax: parameters.rowsPerPrompt
        )
    }

    func answer(_ parameters: CodecParameters) -> any AnswerForm {
        switch self {
        case .openAIChat, .completions: PackedChatAnswer(rowsMax: parameters.rowsPerPrompt)
        case .openAIEmbedding, .dashScopeEmbedding:
            EmbeddingAnswer(
                isEnvelope: self == .dashScopeEmbedding,
                dimension: EmbeddingDimension(parameters.dimensions)
            )
        case .openAIRerank, .cohereRerank: RerankAnswer(isEnvelope: false)
        case .dashScopeRerank: RerankAnswer(isEnvelope: true)
        }
    }
}

/// Whose limits hold.
package enum ProviderFamily: Sendable {
    case openAI
    case dashScope

    /// - Parameter name: free text, nil for none.
    package init(_ name: String?) {
        switch name?.lowercased() {
        case "alibaba", "dashscope", "bailian": self = .dashScope
        default: self = .openAI
        }
    }

    /// Texts of one embedding request: DashScope's text-embedding-v3 and -v4 refuse eleven.
    package var embeddingRowsMax: Int { self == .dashScope ? 10 : 256 }
}

/// What a codec is chosen by.
package struct CodecChoice: Sendable {
    /// The name of a codec or a JSON template; nil or empty for what the URL says.
    package var input: String?
    /// The name of a codec or a path; nil or empty as above.
    package var output: String?
    /// The path of the model's URL.
    package var path: String
    /// Free text.
    package var provider: String?
    /// What the model is for, when the URL does not say.
    package var standIn: BuiltInCodec?

    package init(
        input: String? = nil,
        output: String? = nil,
        path: String,
        provider: String? = nil,
        standIn: BuiltInCodec? = nil
    ) {
        self.input = input
        self.output = output
        self.path = path
        self.provider = provider
        self.standIn = standIn
    }

    /// The codec of a model.
    ///
    /// - Throws: `RemoteModelError` CONFIG for an unknown name, a bad template or path, a URL that
    ///   says nothing.
    package func codec(
        _ parameters: CodecParameters
    ) throws(RemoteModelError) -> any CallCodec {
        PairedCodec(try request(parameters), try answer(parameters))
    }

    /// The built-in codec of the request; nil for a template.
    package var builtIn: BuiltInCodec? {
        guard let input, !input.isEmpty else { return BuiltInCodec(path: path) ?? standIn }
        return BuiltInCodec(rawValue: input.lowercased())
    }

    private func request(
        _ parameters: CodecParameters
    ) throws(RemoteModelError) -> any RequestForm {
        if let builtIn {
            return builtIn.request(parameters, provider: ProviderFamily(provider))
        }
        guard let input, !input.isEmpty else { throw unknownService }
        guard input.contains("{") else { throw unknown(input) }
        return try TemplateRequest(try JSONTemplate(input), parameters)
    }

    private func answer(_ parameters: CodecParameters) throws(RemoteModelError) -> any AnswerForm {
        guard let output, !output.isEmpty else {
            guard let builtIn = builtIn ?? BuiltInCodec(path: path) ?? standIn else {
                throw unknownService
            }
            return builtIn.answer(parameters)
        }
        if output.hasPrefix("$") { return PathAnswer(path: try JSONPath(output)) }
        guard let builtIn = BuiltInCodec(rawValue: output.lowercased()) else {
            throw unknown(output)
        }
        return builtIn.answer(parameters)
    }

    private var unknownService: RemoteModelError {
        RemoteModelError(
            .config,
            "the end of the URL names no known service; give transforms: \(BuiltInCodec.names), "
                + "or a JSON template and a path"
        )
    }

    private func unknown(_ name: String) -> RemoteModelError {
        let shown = UpstreamText.clean(name.utf8)
        return RemoteModelError(
            .config,
            "unknown transform '\(shown)'; there are \(BuiltInCodec.names), JSON templates and "
                + "paths"
        )
    }
}
