package import BorealBase

/// A predict request bound to a connector's action: the requests that it takes, and how their
/// answers become tensors.
package struct ConnectorCall: Sendable {
    /// One request to the service.
    package struct Request: Sendable {
        package let address: RemoteAddress
        package let body: [UInt8]
        /// Texts or documents in it; nil where nobody counted them.
        let count: Int?
        fileprivate let parameters: ConnectorParameters
    }

    /// In the order of the texts; one, unless texts go in steps.
    package let requests: [Request]
    package let method: String
    private let action: ConnectorAction

    /// Requests of one call.
    private static let requestsMax = 1_000

    /// - Throws: `ContractError` with the contract's sentences: no action, a function that does not
    ///   fit the input, places that nothing fills.
    package init(
        _ connector: Connector,
        _ kind: ConnectorAction.Kind = .predict,
        _ input: PredictInput
    ) throws(ContractError) {
        guard let action = connector.action(kind) else {
            throw .illegalArgument("no \(kind.rawValue.lowercased()) action found")
        }
        self.action = action
        method = action.method
        let parts = try Preprocessor(action.preProcess, connector).parts(of: input)
        guard parts.count <= Self.requestsMax else {
            throw .illegalArgument("the texts take more than \(Self.requestsMax) requests")
        }
        requests = try parts.map { (part) throws(ContractError) in
            let parameters = ConnectorParameters(connector, part.parameters)
            return Request(
                address: try action.url.filled(own: connector.parameter, given: parameters.given),
                body: try Self.body(action, parameters),
                count: part.count ?? parameters.count,
                parameters: parameters
            )
        }
    }

    private static func body(
        _ action: ConnectorAction,
        _ parameters: ConnectorParameters
    ) throws(ContractError) -> [UInt8] {
        guard action.method == "POST" || action.method == "PUT" else { return [] }
        guard let template = action.body else {
            throw .illegalArgument("Content length is 0. Aborting request to remote model")
        }
        let isLenient = parameters.text("skip_validating_missing_parameters") == "true"
        do throws(RemoteModelError) {
            return try template.filled { hole in
                let name = String(hole.dropFirst("parameters.".count))
                if let value = parameters.value(name) { return value }
                let isLeft = isLenient && !template.hasStandIn(hole)
                return isLeft ? .string("${\(hole)}") : nil
            }
        } catch {
            // The contract names parameters without what stands before them.
            let isMissing = error.text.hasPrefix("Some parameter placeholder")
            throw .illegalArgument(
                isMissing ? error.text.replacing("parameters.", with: "") : error.text
            )
        }
    }

    /// The headers of a request.
    ///
    /// - Parameter credential: the key of that name.
    /// - Throws: `ContractError` for a place that nothing fills.
    package func headers(
        of request: Request,
        _ credential: (String) -> String?
    ) throws(ContractError) -> [(name: String, value: String)] {
        try action.filledHeaders(request.parameters, credential)
    }

    /// The tensors of an answer, as `inference_results[i].output` shows them.
    ///
    /// - Throws: `ContractError` 502 for an answer without what the function looks for.
    package func tensors(
        _ body: [UInt8],
        of request: Request
    ) throws(ContractError) -> [JSON] {
        guard !body.isEmpty else {
            throw .status(502, "Remote service returned empty response body")
        }
        let filter = request.parameters.text("response_filter")
        return try Postprocessor(action.postProcess, filter).tensors(body, count: request.count)
    }
}

/// The values of a connector's places: the caller's before the connector's own.
struct ConnectorParameters: Sendable {
    private let connector: Connector
    private let named: [String: JSON]

    init(_ connector: Connector, _ given: [(name: String, value: JSON)]) {
        self.connector = connector
        // Of a member that is given twice the last one holds.
        named = Dictionary(given.map { ($0.name, $0.value) }) { $1 }
    }

    /// What the caller says.
    func given(_ name: String) -> JSON? {
        named[name].flatMap { $0 == .null ? nil : $0 }
    }

    func value(_ name: String) -> JSON? {
        given(name) ?? connector.parameter(name).map { .string($0) }
    }

    func text(_ name: String) -> String? {
        value(name).map { $0.string ?? $0.compact }
    }

    /// Texts or documents that the caller counted out.
    var count: Int? {
        ["input", "texts", "documents"].lazy.compactMap { given($0)?.array?.count }.first
    }
}

extension ConnectorAction {
    /// Its headers with the values of their places.
    func filledHeaders(
        _ parameters: ConnectorParameters,
        _ credential: (String) -> String?
    ) throws(ContractError) -> [(name: String, value: String)] {
        do throws(RemoteModelError) {
            return try headers.filled { hole in
                if hole.hasPrefix("credential.") {
                    return credential(String(hole.dropFirst("credential.".count)))
                }
                return hole.hasPrefix("parameters.")
                    ? parameters.text(String(hole.dropFirst("parameters.".count))) : nil
            }
        } catch {
            throw .illegalArgument(error.text)
        }
    }
}

/// Makes parameters of texts.
private struct Preprocessor {
    typealias Part = (parameters: [(name: String, value: JSON)], count: Int?)

    private let name: String?
    private let connector: Connector
    private static let stepName = "input_docs_processed_step_size"

    init(_ name: String?, _ connector: Connector) {
        self.name = name.flatMap { $0.isEmpty ? nil : $0 }
        self.connector = connector
    }

    /// The parameters of each request.
    func parts(of input: PredictInput) throws(ContractError) -> [Part] {
        switch input {
        case .parameters(let given):
            return [(given, nil)]
        case .texts(let texts):
            guard name?.hasSuffix("rerank") != true else {
                throw .illegalArgument(
                    "This pre_process_function can only support TextSimilarityInputDataSet which "
                        + "including a query with key 'query_text' and a list of string with key "
                        + "'text_docs'"
                )
            }
            return try steps(texts).map { ([embedding($0)], $0.count) }
        case .pairs(let query, let documents):
            guard name?.hasSuffix("embedding") != true else {
                throw .illegalArgument(
                    "This pre_process_function can only support TextDocsInputDataSet which "
                        + "including a list of string with key 'text_docs'"
                )
            }
            return [(rerank(query, documents), documents.count)]
        }
    }

    private func steps(_ texts: [String]) throws(ContractError) -> [[String]] {
        if name == "connector.pre_process.bedrock.embedding" { return texts.map { [$0] } }
        guard let text = connector.parameter(Self.stepName) else { return [texts] }
        guard let step = Int(text), step > 0 else {
            throw .illegalArgument(
                "Invalid parameter: \(Self.stepName). It must be positive integer."
            )
        }
        return stride(from: 0, to: texts.count, by: step).map { start in
            Array(texts[start..<min(start + step, texts.count)])
        }
    }

    private func embedding(_ texts: [String]) -> (name: String, value: JSON) {
        let all = JSON.array(texts.map { .string($0) })
        return switch name {
        case "connector.pre_process.cohere.embedding": ("texts", all)
        case "connector.pre_process.bedrock.embedding": ("inputText", .string(texts[0]))
        default: ("input", all)
        }
    }

    private func rerank(_ query: String, _ documents: [String]) -> [(name: String, value: JSON)] {
        let count = JSON.integer(Int64(documents.count))
        guard name == "connector.pre_process.bedrock.rerank" else {
            return [
                ("query", .string(query)), ("documents", .array(documents.map { .string($0) })),
                ("top_n", count),
            ]
        }
        let text: (String) -> JSON = { .object([("text", .string($0))]) }
        return [
            (
                "queries",
                .array([.object([("textQuery", text(query)), ("type", .string("TEXT"))])])
            ),
            (
                "sources",
                .array(
                    documents.map { document in
                        .object([
                            (
                                "inlineDocumentSource",
                                .object([
                                    ("textDocument", text(document)), ("type", .string("TEXT")),
                                ])
                            ), ("type", .string("INLINE")),
                        ])
                    }
                )
            ), ("numberOfResults", count),
        ]
    }
}

extension JSONTemplate {
    /// Whether a name has a default wherever it stands.
    fileprivate func hasStandIn(_ name: String) -> Bool {
        parts.allSatisfy {
            guard case .hole(let hole) = $0, hole.name == name else { return true }
            return hole.standIn != nil
        }
    }
}
