/// A full caching_sha2_password check: an RSA decryption, if the channel is open to others, and
/// 5,000 rounds of SHA-256. About 2 to 3 ms of work for a worker thread; needs nothing but itself.
public struct PasswordCheck: Sendable {
    /// How it ended.
    public struct Outcome: Equatable, Sendable {
        /// `SHA256(SHA256(password))` when the password is right: worth remembering, so that the
        /// account's next login needs no check. nil when it is wrong.
        public let fastHash: [UInt8]?

        /// True when the password is right.
        public var isAccepted: Bool { fastHash != nil }
    }

    /// The client's packet.
    let answer: [UInt8]
    let nonce: [UInt8]
    /// The key under which the packet is encrypted; nil when it holds the password itself.
    let key: RSAKeyPair?
    let verifier: CachingSHA2.Verifier

    /// Does the work.
    ///
    /// - Throws: `cryptography` when OpenSSL cannot work at all. A wrong password or a packet that
    ///   is no ciphertext is an outcome, not an error.
    public func run() throws(WireError) -> Outcome {
        guard let password = clearPassword(), try verifier.check(password: password) else {
            return Outcome(fastHash: nil)
        }
        return Outcome(fastHash: try CachingSHA2.fastHash(password: password))
    }

    /// The password without the NUL that must end it.
    private func clearPassword() -> [UInt8]? {
        var bytes = answer
        if let key {
            guard let masked = key.decrypt(answer) else { return nil }
            bytes = SecretBytes.xor(masked, repeating: nonce)
        }
        guard bytes.last == 0 else { return nil }
        return Array(bytes.dropLast())
    }
}

extension PasswordCheck: Equatable {
    /// True for the same check of the same packet.
    public static func == (left: PasswordCheck, right: PasswordCheck) -> Bool {
        left.answer == right.answer && left.nonce == right.nonce && left.key === right.key
            && left.verifier == right.verifier
    }
}

extension PasswordCheck: CustomStringConvertible, CustomDebugStringConvertible {
    /// The name only: the packet may hold the password itself, and actions are printed.
    public var description: String { "PasswordCheck" }
    /// The name only, as `description`.
    public var debugDescription: String { description }
}

extension PasswordCheck.Outcome: CustomStringConvertible, CustomDebugStringConvertible {
    /// Whether the password is right, without its hash.
    public var description: String { isAccepted ? "accepted" : "refused" }
    /// The same as `description`.
    public var debugDescription: String { description }
}
