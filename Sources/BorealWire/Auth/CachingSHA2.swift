import COpenSSL

/// `caching_sha2_password` (the manual's "Caching SHA-2 Pluggable Authentication").
public enum CachingSHA2 {
    /// What the server stores: `$A$005$`, 20 bytes of salt, 43 characters of SHA-256 crypt.
    public struct Verifier: Equatable, Sendable {
        /// Thousands of rounds of SHA-crypt; 5 unless the account came from elsewhere.
        public let thousandRounds: Int
        /// 20 bytes, none of them 0 or `$`.
        public let salt: [UInt8]
        /// 43 characters.
        public let digest: [UInt8]

        /// The verifier of a password that is not empty, with a random salt. Costs about 2 ms.
        ///
        /// - Throws: `malformedKey` for a password of more than 256 bytes, `cryptography` without
        ///   randomness.
        public init(password: String) throws(WireError) {
            var random = [UInt8](repeating: 0, count: CachingSHA2.saltBytes)
            guard RAND_bytes(&random, Int32(random.count)) == 1 else {
                throw .cryptography(operation: "RAND_bytes")
            }
            // 64 printable characters: verifiers pass through SQL and files as text.
            let alphabet = Array(
                "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8
            )
            try self.init(password: password, salt: random.map { alphabet[Int($0 & 63)] })
        }

        /// The verifier of a password that is not empty.
        ///
        /// - Parameter salt: 20 bytes, none of them 0 or `$`.
        public init(password: String, salt: [UInt8]) throws(WireError) {
            guard password.utf8.count <= WireLimits.passwordBytesMax,
                salt.count == CachingSHA2.saltBytes, !salt.contains(0),
                !salt.contains(UInt8(ascii: "$"))
            else { throw .malformedKey("caching_sha2_password password or salt") }
            thousandRounds = CachingSHA2.thousandRoundsDefault
            self.salt = salt
            digest = try SHA256Crypt.digest(
                password: Array(password.utf8),
                salt: salt,
                rounds: thousandRounds * 1_000
            )
        }

        /// Reads the stored form. The rounds are three hexadecimal digits.
        ///
        /// - Throws: `malformedKey`.
        public init(stored: [UInt8]) throws(WireError) {
            let prefix = Array("$A$".utf8)
            guard stored.count == CachingSHA2.storedBytes, stored.starts(with: prefix),
                stored[6] == UInt8(ascii: "$"),
                let rounds = Int(String(decoding: stored[3..<6], as: UTF8.self), radix: 16),
                rounds > 0
            else { throw .malformedKey("caching_sha2_password verifier") }
            thousandRounds = rounds
            salt = Array(stored[7..<27])
            digest = Array(stored[27...])
        }

        /// The stored form, 70 bytes. Bytes, because a salt from elsewhere need not be text.
        public var stored: [UInt8] {
            let rounds = String(thousandRounds, radix: 16, uppercase: true)
            let padded = String(repeating: "0", count: max(0, 3 - rounds.count)) + rounds
            return Array("$A$\(padded)$".utf8) + salt + digest
        }

        /// True when `password` made this verifier. Costs as much as making it: never on a socket
        /// loop.
        public func check(password: [UInt8]) throws(WireError) -> Bool {
            guard password.count <= WireLimits.passwordBytesMax else { return false }
            let candidate = try SHA256Crypt.digest(
                password: password,
                salt: salt,
                rounds: thousandRounds * 1_000
            )
            return SecretBytes.areEqual(candidate, digest)
        }
    }

    /// Bytes of a salt.
    public static let saltBytes = 20
    /// Thousands of rounds that new verifiers get, as in MySQL.
    static let thousandRoundsDefault = 5
    /// Bytes of a stored verifier.
    static let storedBytes = 7 + saltBytes + SHA256Crypt.digestCharacters
    /// Bytes of the client's scramble and of the fast hash.
    static let scrambleBytes = 32

    /// `SHA256(SHA256(password))`: what the server remembers in memory after a full authentication,
    /// so that the next one is a challenge and response.
    public static func fastHash(password: [UInt8]) throws(WireError) -> [UInt8] {
        try MessageDigest.digest(.sha256, try MessageDigest.digest(.sha256, password))
    }

    /// True when `scramble` is the answer to `nonce` of someone who knows the password.
    public static func check(
        scramble: [UInt8],
        nonce: [UInt8],
        fastHash: [UInt8]
    ) throws(WireError) -> Bool {
        guard scramble.count == scrambleBytes, fastHash.count == scrambleBytes else { return false }
        let mask = try MessageDigest.digest(.sha256, fastHash, nonce)
        let once = SecretBytes.xor(scramble, repeating: mask)
        return SecretBytes.areEqual(try MessageDigest.digest(.sha256, once), fastHash)
    }

    /// The answer to `nonce`, as a client computes it; empty for an empty password.
    public static func scramble(password: String, nonce: [UInt8]) throws(WireError) -> [UInt8] {
        guard !password.isEmpty else { return [] }
        let once = try MessageDigest.digest(.sha256, Array(password.utf8))
        let fastHash = try MessageDigest.digest(.sha256, once)
        return SecretBytes.xor(once, repeating: try MessageDigest.digest(.sha256, fastHash, nonce))
    }
}
