import COpenSSL

/// Names what was asked: 256 bits of SHA-256 over the model, its version, the provider's name of it
/// and the request as it would be sent for this row alone, without secrets.
struct CacheKey: Hashable, Sendable {
    private let words: (UInt64, UInt64, UInt64, UInt64)

    /// Fetched once: `EVP_sha256()` makes the library look for it at each digest.
    nonisolated(unsafe) private static let algorithm = EVP_MD_fetch(nil, "SHA256", nil)

    /// - Parameter parts: hashed with their lengths, so that no two lists of parts are one text.
    /// - Returns: nil when the library cannot hash.
    init?(_ parts: [[UInt8]]) {
        var message: [UInt8] = []
        message.reserveCapacity(parts.reduce(0) { $0 + $1.count + 8 })
        for part in parts {
            withUnsafeBytes(of: UInt64(part.count).littleEndian) { message.append(contentsOf: $0) }
            message.append(contentsOf: part)
        }
        var digest = [UInt8](repeating: 0, count: 32)
        guard EVP_Digest(message, message.count, &digest, nil, Self.algorithm, nil) == 1 else {
            return nil
        }
        words = digest.withUnsafeBytes {
            $0.loadUnaligned(as: (UInt64, UInt64, UInt64, UInt64).self)
        }
    }

    private init(_ words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

    /// The same request as one statement asks it: nobody else has this name for it.
    func within(statement: UInt64) -> CacheKey {
        let word = SplitMix.mixed(statement &+ 1)
        return CacheKey((words.0 ^ word, words.1, words.2, words.3))
    }

    static func == (left: CacheKey, right: CacheKey) -> Bool { left.words == right.words }

    /// The digest is as good as random: its first word is hash enough.
    func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}
