package import BorealBase

/// What one row asks of a remote model.
package enum RemoteInput: Hashable, Sendable {
    /// A prompt for a chat or completion model.
    case prompt(String)
    /// A text to turn into numbers.
    case text(String)
    /// A document to be scored against a query.
    case pair(query: String, document: String)
    /// A prompt about pictures, for a chat model that sees.
    case pictured(prompt: String, pictures: [Picture])
    /// The body of a request that a client wrote itself.
    case written([UInt8])

    /// What is counted as its size: bytes of UTF-8 and of pictures.
    package var byteCount: Int {
        switch self {
        case .prompt(let text), .text(let text): text.utf8.count
        case .pair(let query, let document): query.utf8.count + document.utf8.count
        case .pictured(let prompt, let pictures):
            pictures.reduce(prompt.utf8.count) { $0 + $1.bytes.count }
        case .written(let body): body.count
        }
    }

    /// Bytes of text that are taken for as many tokens: a picture counts as a page, whatever its
    /// file is.
    var tokenByteCount: Int {
        guard case .pictured(let prompt, let pictures) = self else { return byteCount }
        return prompt.utf8.count + pictures.count * Picture.tokenBytes
    }
}

/// What a provider said to one row.
package struct RemoteAnswer: Equatable, Sendable {
    package enum Value: Equatable, Sendable {
        case text(String)
        /// Finite numbers.
        case vector([Double])
        case score(Double)
        /// What a path into the answer found, its numbers as they were sent.
        case json(JSON)
        /// The body of an answer, for whoever wrote the request; empty when it was streamed.
        case written([UInt8])
    }

    package let value: Value
    /// The provider stopped at a limit of length: the value is kept, is no error, is not cached.
    package var isTruncated = false

    package init(_ value: Value, isTruncated: Bool = false) {
        self.value = value
        self.isTruncated = isTruncated
    }
}

/// Tokens of a call, as the provider counts them.
package struct TokenUsage: Equatable, Sendable {
    package var input: Int
    package var output: Int
    /// The provider named none: bytes / 4.
    package var isEstimated: Bool

    package init(input: Int, output: Int, isEstimated: Bool) {
        self.input = input
        self.output = output
        self.isEstimated = isEstimated
    }
}
