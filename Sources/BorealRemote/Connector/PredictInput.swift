package import BorealBase

/// What a predict request brings.
package enum PredictInput: Sendable {
    /// Values for the connector's places.
    case parameters([(name: String, value: JSON)])
    /// Texts, of which the action's pre-process function makes parameters.
    case texts([String])
    /// A query and what is scored against it.
    case pairs(query: String, documents: [String])

    /// Texts or documents of one request.
    package static let textsMax = 10_000

    /// - Parameters:
    ///   - body: an object.
    ///   - isAboutTexts: the path names an algorithm of texts, so that `text_docs` must be there.
    /// - Throws: `ContractError`.
    package init(_ body: JSON, isAboutTexts: Bool = false) throws(ContractError) {
        guard body.object != nil else { throw .parse("the body must be a JSON object") }
        let documents = try Self.texts(body["text_docs"])
        let query = try body.text("query_text")
        switch (query, documents) {
        case (let query?, let documents?): self = .pairs(query: query, documents: documents)
        case (_?, nil): throw .illegalArgument("text_docs must stand beside query_text")
        case (nil, let documents?): self = .texts(documents)
        case (nil, nil):
            guard !isAboutTexts else { throw .illegalArgument("text_docs is null or empty") }
            let given = body["parameters"] ?? .null
            guard given == .null || given.object != nil else {
                throw .illegalArgument("parameters must be an object")
            }
            let members = given.object ?? []
            guard members.count <= Self.parametersMax else {
                throw .illegalArgument("parameters has more than \(Self.parametersMax) members")
            }
            self = .parameters(members.map { ($0.key, $0.value) })
        }
    }

    private static let parametersMax = 256

    private static func texts(_ json: JSON?) throws(ContractError) -> [String]? {
        guard let json, json != .null else { return nil }
        let texts = json.array?.compactMap(\.string)
        guard let texts, texts.count == json.array?.count, (1...textsMax).contains(texts.count)
        else {
            throw .illegalArgument("text_docs must be an array of 1 to \(textsMax) strings")
        }
        return texts
    }
}
