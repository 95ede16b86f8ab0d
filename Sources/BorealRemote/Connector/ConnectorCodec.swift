import BorealBase

/// Rows of SQL for a connector: each becomes what a predict request would bring, and the answer's
/// tensors become values.
package struct ConnectorCodec: CallCodec {
    private let connector: Connector
    /// What the connector's rows are.
    package let kind: RemoteModelKind
    package let batchMax: Int
    /// The service's own form of answers, where its URL tells it and no function stands behind.
    private let answer: (any AnswerForm)?

    /// Texts of one request, where nothing says less.
    private static let textsMax = 256

    /// - Throws: `RemoteModelError` CONFIG for a connector that predicts nothing.
    package init(_ connector: Connector) throws(RemoteModelError) {
        guard let action = connector.action(.predict) else {
            throw RemoteModelError(.config, "no predict action found")
        }
        self.connector = connector
        let path: BuiltInCodec?
        do throws(ContractError) {
            path = BuiltInCodec(path: try connector.address(of: action).path)
        } catch {
            throw RemoteModelError(.config, error.reason)
        }
        let functions = [action.preProcess, action.postProcess].compactMap { $0 }
        kind =
            functions.contains { $0.contains("embedding") }
            ? .embedding
            : functions.contains { $0.hasSuffix("rerank") } ? .rerank : path?.rowKind ?? .chat
        let hasFunction = action.postProcess?.isEmpty == false
        answer = hasFunction ? nil : path?.answer(CodecParameters(model: ""))
        let isSingle = action.preProcess == "connector.pre_process.bedrock.embedding"
        let step = connector.parameter("input_docs_processed_step_size").flatMap { Int($0) }
        batchMax =
            kind == .chat || isSingle ? 1 : min(Self.textsMax, max(1, step ?? Self.textsMax))
    }

    /// The connector in the words of a model that SQL describes: its address and what its rows are.
    ///
    /// - Throws: `RemoteModelError` CONFIG for an address that is none.
    package func record(name: String) throws(RemoteModelError) -> RemoteModelRecord {
        guard let action = connector.action(.predict) else {
            throw RemoteModelError(.config, "no predict action found")
        }
        let address: RemoteAddress
        do throws(ContractError) { address = try connector.address(of: action) } catch {
            throw RemoteModelError(.config, error.reason)
        }
        let form: BuiltInCodec =
            switch kind {
            case .chat: .openAIChat
            case .embedding: .openAIEmbedding
            case .rerank: .openAIRerank
            }
        let client = connector.client ?? ClientConfiguration()
        return try RemoteModelRecord(
            upstreamName: connector.parameter("model") ?? name,
            address: address,
            inTransform: form.rawValue,
            config: .object([
                ("timeout_ms", .integer(Int64(client.readSeconds * 1_000))),
                ("max_concurrency", .integer(Int64(client.connectionsMax))),
                ("retries", .integer(Int64(min(client.retriesMax ?? 20, 20)))),
            ])
        )
    }

    package func canShareRequest(_ first: RemoteInput, _ second: RemoteInput) -> Bool {
        switch (first, second) {
        case (.text, .text): batchMax > 1
        case (.pair(let query, _), .pair(let other, _)): query == other
        default: false
        }
    }

    package func body(for inputs: [RemoteInput]) throws(RemoteModelError) -> [UInt8] {
        try call(inputs).requests[0].body
    }

    private func call(_ inputs: [RemoteInput]) throws(RemoteModelError) -> ConnectorCall {
        let input = try Self.input(inputs)
        do throws(ContractError) {
            return try ConnectorCall(connector, .predict, input)
        } catch {
            throw RemoteModelError(.config, error.reason)
        }
    }

    private static func input(_ inputs: [RemoteInput]) throws(RemoteModelError) -> PredictInput {
        switch inputs[0] {
        case .text:
            return .texts(
                try inputs.map { (input) throws(RemoteModelError) in
                    try input.singleText()
                }
            )
        case .pair(let query, _):
            return .pairs(
                query: query,
                documents: inputs.compactMap {
                    guard case .pair(_, let document) = $0 else { return nil }
                    return document
                }
            )
        case .prompt(let text): return .parameters(parameters(of: text))
        case .pictured, .written:
            throw RemoteModelError(.config, "the connector takes text, no pictures")
        }
    }

    /// What a prompt fills: the members of a JSON object, else every place that a text may have.
    private static func parameters(of prompt: String) -> [(name: String, value: JSON)] {
        // What is no object is a text.
        if let members = (try? JSON.parse(Array(prompt.utf8), keepsDigits: true))?.object {
            let inner = members.count == 1 ? members.first { $0.key == "parameters" } : nil
            return (inner?.value.object ?? members).map { ($0.key, $0.value) }
        }
        let text = JSON.string(prompt)
        let message = JSON.object([("role", .string("user")), ("content", text)])
        return ["prompt", "content", "text", "input", "inputs", "inputText", "question"].map {
            ($0, text)
        } + [("messages", .array([message]))]
    }

    /// - Throws: `RemoteModelError` BAD_RESPONSE for an answer without what its function looks for.
    package func read(
        _ body: [UInt8],
        for inputs: [RemoteInput]
    ) throws(RemoteModelError) -> CallReading {
        if let answer { return try answer.read(body, for: inputs) }
        let call = try call(inputs)
        let tensors: [JSON]
        do throws(ContractError) {
            tensors = try call.tensors(body, of: call.requests[0])
        } catch {
            throw RemoteModelError(.badResponse, error.reason)
        }
        // An answer that is no object tells nothing of tokens.
        let usage = (try? JSONText.tree(body))?["usage"]
        let answers = try values(tensors, inputs.count)
        return CallReading(answers: answers, usage: TokenCounts.usage(usage, inputs, answers))
    }

    private func values(
        _ tensors: [JSON],
        _ count: Int
    ) throws(RemoteModelError) -> [Result<RemoteAnswer, RemoteModelError>] {
        if kind == .chat {
            guard let map = tensors.first?["dataAsMap"] else {
                return [.success(RemoteAnswer(.json(.array(tensors))))]
            }
            let only = map.object?.count == 1 ? map["response"] : nil
            if let text = only?.string { return [.success(RemoteAnswer(.text(text)))] }
            return [.success(RemoteAnswer(.json(only ?? map)))]
        }
        guard tensors.count == count else {
            throw RemoteModelError(.badResponse, "\(tensors.count) tensors came for \(count) rows")
        }
        return tensors.map { tensor in
            let numbers = (tensor["data"]?.array ?? []).compactMap(\.double)
            if kind == .embedding, !numbers.isEmpty {
                return .success(RemoteAnswer(.vector(numbers)))
            }
            if kind == .rerank, let score = numbers.first {
                return .success(RemoteAnswer(.score(score)))
            }
            return .failure(RemoteModelError(.badResponse, "the answer leaves out the row"))
        }
    }
}

extension BuiltInCodec {
    /// What its rows are, as far as repeating and remembering are concerned.
    var rowKind: RemoteModelKind {
        switch kind {
        case .text: .chat
        case .vector: .embedding
        case .score: .rerank
        }
    }
}

extension Connector {
    /// The headers of a prediction with its own parameters alone.
    ///
    /// - Parameter credential: the key of that name.
    /// - Throws: `ContractError` for a place that nothing fills.
    package func headers(
        _ credential: (String) -> String?
    ) throws(ContractError) -> [(name: String, value: String)] {
        guard let action = action(.predict) else { return [] }
        return try action.filledHeaders(ConnectorParameters(self, []), credential)
    }

    /// How a model that SQL describes would be written as a connector: its service's own request,
    /// with places for what a caller may say.
    ///
    /// - Returns: nil for a model with a template of its own.
    package init?(of record: RemoteModelRecord, name: String) {
        guard let builtIn = record.builtIn else { return nil }
        let (body, function): (String, String?) =
            switch builtIn {
            case .openAIChat:
                (#"{"model":"${parameters.model}","messages":${parameters.messages}}"#, nil)
            case .completions:
                (#"{"model":"${parameters.model}","prompt":"${parameters.prompt}"}"#, nil)
            case .openAIEmbedding:
                (
                    #"{"model":"${parameters.model}","input":${parameters.input}}"#,
                    "openai.embedding"
                )
            case .dashScopeEmbedding:
                (#"{"model":"${parameters.model}","input":{"texts":${parameters.input}}}"#, nil)
            case .openAIRerank, .cohereRerank:
                (
                    #"{"model":"${parameters.model}","query":"${parameters.query}","#
                        + #""documents":${parameters.documents}}"#, "cohere.rerank"
                )
            case .dashScopeRerank:
                (
                    #"{"model":"${parameters.model}","input":{"query":"${parameters.query}","#
                        + #""documents":${parameters.documents}}}"#, nil
                )
            }
        var action: [(key: String, value: JSON)] = [
            ("action_type", .string("PREDICT")), ("method", .string("POST")),
            ("url", .string(record.address.text)), ("request_body", .string(body)),
        ]
        if let function {
            action.append(("pre_process_function", .string("connector.pre_process." + function)))
            action.append(("post_process_function", .string("connector.post_process." + function)))
        }
        let json = JSON.object([
            ("name", .string(name)), ("version", .string("1")),
            ("protocol", .string(Self.protocolName)),
            ("parameters", .object([("model", .string(record.upstreamName))])),
            ("actions", .array([.object(action)])),
        ])
        // Made of parts that were checked; whatever is wrong with it, there is none.
        guard let made = try? Connector(json) else { return nil }
        self = made
    }
}
