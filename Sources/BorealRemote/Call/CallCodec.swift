/// Writes the request of a batch of rows and reads its answer: one for each kind of service
/// (OpenAI chat, DashScope rerank, a template of the user's ...). Pure: bytes in, bytes out.
package protocol CallCodec: Sendable {
    /// Rows that one request may hold, by the service's own documentation.
    var batchMax: Int { get }

    /// What is made of the answer beyond what the request asks for: rows with equal requests share
    /// an answer only when this is equal too. Empty for nothing.
    var reading: String { get }

    /// Whether two rows may stand in one request (a rerank request has one query).
    func canShareRequest(_ first: RemoteInput, _ second: RemoteInput) -> Bool

    /// The body for these rows, at least one.
    ///
    /// - Throws: `RemoteModelError` CONFIG for rows that the service has no form for.
    func body(for inputs: [RemoteInput]) throws(RemoteModelError) -> [UInt8]

    /// Reads the body of a 2xx answer.
    ///
    /// - Returns: an answer or a failure for each row, in the order of `inputs`, whatever the order
    ///   of the answer was.
    /// - Throws: `RemoteModelError` BAD_RESPONSE when nothing of it can be used.
    func read(_ body: [UInt8], for inputs: [RemoteInput]) throws(RemoteModelError) -> CallReading
}

extension CallCodec {
    package var reading: String { "" }
}

/// What an answer said.
package struct CallReading: Equatable, Sendable {
    /// One for each row.
    package var answers: [Result<RemoteAnswer, RemoteModelError>]
    package var usage: TokenUsage

    package init(answers: [Result<RemoteAnswer, RemoteModelError>], usage: TokenUsage) {
        self.answers = answers
        self.usage = usage
    }
}
