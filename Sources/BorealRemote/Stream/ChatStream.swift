package import BorealBase

/// Folds the events of a chat into its whole text.
package struct ChatStream {
    private var events: EventStream
    private let bytesMax: Int
    private var text = ""
    private var reason: String?
    private var isDone = false
    private var hasChoices = false
    /// The service's own count of tokens, when it sent one.
    package private(set) var usage: JSON?

    /// - Parameter bytesMax: of the whole text.
    package init(bytesMax: Int = 8 << 20) {
        self.bytesMax = bytesMax
        events = EventStream(bytesMax: bytesMax)
    }

    /// Takes the next bytes of the answer.
    ///
    /// - Returns: the text that they bring.
    /// - Throws: `RemoteModelError` BAD_RESPONSE for an error event and for what is no event.
    @discardableResult
    package mutating func receive(
        _ bytes: some Collection<UInt8>
    ) throws(RemoteModelError) -> String {
        let known = text.utf8.count
        for event in try events.receive(bytes) { try take(event) }
        return String(decoding: text.utf8.dropFirst(known), as: UTF8.self)
    }

    /// The end of the answer's bytes.
    ///
    /// - Returns: the whole text, or FILTERED.
    /// - Throws: `RemoteModelError` BAD_RESPONSE for a stream that was cut.
    package mutating func finish() throws(RemoteModelError) -> Result<
        RemoteAnswer, RemoteModelError
    > {
        if let event = try events.finish() { try take(event) }
        guard isDone || reason != nil else {
            throw RemoteModelError(.badResponse, "the stream ends without [DONE]")
        }
        guard hasChoices else {
            throw RemoteModelError(.badResponse, "the stream has no choices[0]")
        }
        guard reason != "content_filter" else { return .failure(.filtered) }
        return .success(RemoteAnswer(.text(text), isTruncated: reason == "length"))
    }

    private mutating func take(_ event: EventStream.Event) throws(RemoteModelError) {
        // Nothing that follows the end counts.
        guard !isDone else { return }
        if event.data.elementsEqual("[DONE]".utf8) {
            isDone = true
            return
        }
        if event.name == "error" {
            // The words of an error may be JSON or not.
            let body = try? JSON.parse(event.data, depthMax: AnswerScanner.depthMax)
            let words = body.flatMap(UpstreamText.sentence).map { Array($0.utf8) } ?? event.data
            throw RemoteModelError(
                .badResponse,
                "the stream holds an error: " + UpstreamText.clean(words)
            )
        }
        let chunk = try JSONText.tree(event.data)
        if let failure = UpstreamText.failure(chunk["error"]) { throw failure }
        if let told = chunk["usage"], told != .null { usage = told }
        guard let choice = chunk["choices"]?.array?.first else { return }
        try take(choice)
    }

    private mutating func take(_ choice: JSON) throws(RemoteModelError) {
        hasChoices = true
        if let told = choice["finish_reason"]?.string { reason = told }
        if let part = (choice["text"] ?? choice["delta"]?["content"]).flatMap(ChatAnswer.text) {
            text += part
        }
        guard text.utf8.count <= bytesMax else {
            throw RemoteModelError(.badResponse, "the text is longer than \(bytesMax) bytes")
        }
    }
}
