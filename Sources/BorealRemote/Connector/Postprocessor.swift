import BorealBase

/// Makes tensors of an answer: the built-in functions behind a connector's call.
struct Postprocessor: Sendable {
    /// What a function looks for.
    private enum Shape: Sendable {
        /// Vectors: a place in the answer, and the tensors' type.
        case vectors(String, type: String)
        /// One vector.
        case vector(String)
        /// OpenAI's list of objects, each with its index.
        case indexed
        /// Objects with an index and a score.
        case scores(String, score: String)
        /// The tensors of another server like this one.
        case tensors
    }

    private let shape: Shape?
    /// A path that the caller or the connector gives: it holds before the function.
    private let filter: String?

    /// Documents of an answer whose request nobody counted.
    private static let documentsMax = PredictInput.textsMax
    private static let prefix = "connector.post_process."

    init(_ name: String?, _ filter: String?) {
        self.filter = filter
        shape = name.flatMap { Self.shape($0) }
    }

    private static func shape(_ name: String) -> Shape? {
        guard name.hasPrefix(prefix) else { return nil }
        let cohere = "cohere_v2.embedding."
        let own = String(name.dropFirst(prefix.count))
        if own.hasPrefix(cohere) {
            let type = String(own.dropFirst(cohere.count))
            let shown = type == "float" ? "FLOAT32" : type.uppercased()
            return .vectors("$.embeddings.\(type)", type: shown)
        }
        return switch own {
        case "openai.embedding": .indexed
        case "default.embedding": .vectors("$[*]", type: "FLOAT32")
        case "cohere.embedding": .vectors("$.embeddings[*]", type: "FLOAT32")
        case "bedrock.embedding": .vector("$.embedding")
        case "bedrock_v2.embedding.float": .vector("$.embeddingsByType.float")
        case "bedrock_v2.embedding.binary": .vector("$.embeddingsByType.binary")
        case "cohere.rerank": .scores("$.results[*]", score: "relevance_score")
        case "default.rerank": .scores("$[*]", score: "relevance_score")
        case "bedrock.rerank": .scores("$.results[*]", score: "relevanceScore")
        case "mlcommons.passthrough": .tensors
        default: nil
        }
    }

    private static let noVectors = ContractError.status(
        502,
        "The embedding should be a non-empty List containing Float values."
    )
    private static let noScores = ContractError.status(
        502,
        "The rerank result should contain index and relevance_score."
    )

    /// - Parameters:
    ///   - body: of a 2xx answer, not empty.
    ///   - count: texts or documents that were sent; nil where nobody counted them.
    /// - Throws: `ContractError` 502 for an answer without what the function looks for.
    func tensors(_ body: [UInt8], count: Int?) throws(ContractError) -> [JSON] {
        // What is no JSON is a text.
        let json = try? JSON.parse(body, depthMax: AnswerScanner.depthMax, keepsDigits: true)
        if let filter { return try filtered(body, json, by: filter) }
        guard let shape else { return [Self.response(json, body)] }
        guard let json else {
            throw .status(502, "The answer of the remote service is no JSON")
        }
        switch shape {
        case .indexed: return try Self.indexed(json, count)
        case .vectors(let path, let type):
            let found = try Self.found(path.hasSuffix("[*]") ? path : path + "[*]", body)
            return try Self.vectors(found, type, count)
        case .vector(let path): return try Self.vectors(try Self.found(path, body), "FLOAT32", nil)
        case .scores(let path, let score):
            return try Self.scores(try Self.found(path, body), score, count)
        case .tensors: return try Self.passed(json)
        }
    }

    // MARK: - Without a function

    private func filtered(
        _ body: [UInt8],
        _ json: JSON?,
        by filter: String
    ) throws(ContractError) -> [JSON] {
        let path: JSONPath
        do { path = try JSONPath(filter) } catch { throw ContractError(error, "response_filter") }
        // A path that leads nowhere leaves the whole answer.
        guard json != nil, let found = try? Self.values(path, body), let first = found.first else {
            return [Self.response(json, body)]
        }
        let value = path.findsMany ? JSON.array(found) : first
        return [Self.response(value, body)]
    }

    /// One tensor with the whole answer.
    private static func response(_ json: JSON?, _ body: [UInt8]) -> JSON {
        let map: JSON =
            switch json {
            case .object(let members)?: .object(members)
            case let other?: .object([("response", other)])
            case nil:
                .object([("response", .string(String(decoding: body, as: UTF8.self)))])
            }
        return .object([("name", .string("response")), ("dataAsMap", map)])
    }

    // MARK: - Places

    private static func values(
        _ path: JSONPath,
        _ body: [UInt8]
    ) throws(RemoteModelError) -> [JSON] {
        let places = try AnswerScanner.whole(body) { (scanner) throws(RemoteModelError) in
            try path.spans(&scanner)
        }
        return try places.map { (place) throws(RemoteModelError) in
            do {
                return try JSON.parse(
                    body[place],
                    depthMax: AnswerScanner.depthMax,
                    keepsDigits: true
                )
            } catch {
                throw RemoteModelError(.badResponse, "a part of the answer is no JSON")
            }
        }
    }

    private static func found(_ path: String, _ body: [UInt8]) throws(ContractError) -> [JSON] {
        // The paths are ours and good; what they lead to may not be there.
        guard let path = try? JSONPath(path), let found = try? values(path, body) else { return [] }
        return found
    }

    // MARK: - Embeddings

    private static func indexed(_ json: JSON, _ count: Int?) throws(ContractError) -> [JSON] {
        guard let parts = json["data"]?.array, !parts.isEmpty else { throw noVectors }
        let order = parts.compactMap { $0["index"]?.integer }
        let isOrdered = Set(order) == Set(0..<Int64(parts.count))
        var vectors = parts.map { $0["embedding"] ?? .null }
        // Without indexes for all the order of the answer is all there is.
        if isOrdered {
            for (place, part) in zip(order, parts) {
                vectors[Int(place)] = part["embedding"] ?? .null
            }
        }
        return try self.vectors(vectors, "FLOAT32", count)
    }

    private static func vectors(
        _ vectors: [JSON],
        _ type: String,
        _ count: Int?
    ) throws(ContractError) -> [JSON] {
        guard !vectors.isEmpty else { throw noVectors }
        guard count == nil || vectors.count == count else {
            throw .status(502, "\(vectors.count) embeddings came for \(count ?? 0) texts")
        }
        return try vectors.map { (vector) throws(ContractError) in
            guard let numbers = vector.array, !numbers.isEmpty,
                numbers.allSatisfy({ $0.double?.isFinite == true })
            else { throw noVectors }
            return tensor("sentence_embedding", type, numbers)
        }
    }

    private static func tensor(_ name: String, _ type: String, _ data: [JSON]) -> JSON {
        .object([
            ("name", .string(name)), ("data_type", .string(type)),
            ("shape", .array([.integer(Int64(data.count))])), ("data", .array(data)),
        ])
    }

    // MARK: - Scores

    private static func scores(
        _ results: [JSON],
        _ member: String,
        _ count: Int?
    ) throws(ContractError) -> [JSON] {
        guard !results.isEmpty else { throw noScores }
        let pairs = results.compactMap { result -> (Int, JSON)? in
            guard let index = result["index"]?.integer, let score = result[member],
                score.double?.isFinite == true, (0..<Int64(documentsMax)).contains(index)
            else { return nil }
            return (Int(index), score)
        }
        let documents = count ?? (pairs.map(\.0).max() ?? -1) + 1
        guard pairs.count == results.count, Set(pairs.map(\.0)).count == pairs.count,
            pairs.allSatisfy({ $0.0 < documents })
        else { throw noScores }
        var data = [JSON](repeating: .null, count: documents)
        for (index, score) in pairs { data[index] = score }
        return data.map { tensor("similarity", "FLOAT32", [$0]) }
    }

    // MARK: - Another server's tensors

    private static func passed(_ json: JSON) throws(ContractError) -> [JSON] {
        let outputs = (json["inference_results"]?.array ?? []).flatMap {
            $0["output"]?.array ?? []
        }
        guard !outputs.isEmpty, outputs.allSatisfy({ $0.object != nil }) else {
            throw .status(502, "The answer of the remote service has no inference_results")
        }
        return outputs
    }
}
