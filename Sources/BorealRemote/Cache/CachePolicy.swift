/// What may be remembered, and for how long.
enum CachePolicy {
    /// Seconds that embeddings and scores are kept when nothing else is said.
    static let defaultSeconds = 3_600

    /// How long a statement may need an answer of its own once more.
    static let statementLifetime = Microseconds.seconds(600)

    /// - Parameters:
    ///   - configured: CACHE_TTL in seconds; 0 switches the cache off.
    ///   - isDeterministic: a chat with temperature 0.
    /// - Returns: nil when answers of this model are not kept.
    static func lifetime(
        kind: RemoteModelKind,
        configured: Int?,
        isDeterministic: Bool
    ) -> Microseconds? {
        let seconds: Int? =
            switch kind {
            case .embedding, .rerank: configured ?? defaultSeconds
            case .chat: isDeterministic ? configured : nil
            }
        guard let seconds, seconds > 0 else { return nil }
        return .seconds(seconds)
    }

    /// A cut answer is a value for whoever waits for it, and none to remember.
    static func keeps(_ answer: RemoteAnswer) -> Bool { !answer.isTruncated }
}
