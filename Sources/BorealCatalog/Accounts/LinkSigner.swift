public import BorealBase
import COpenSSL

/// Signs the links that SHOW MODEL and SHOW TASK give, and checks them at the HTTP door.
///
/// `Signature` is base64url(HMAC-SHA256("GET\n" + path + "\n" + Expires)) without padding; HEAD
/// requests are checked as GET.
public struct LinkSigner: Sendable {
    /// What a link turned out to be.
    public enum Verdict: Equatable, Sendable {
        /// Unaltered and in time.
        case valid
        /// Unaltered, its time is over.
        case expired
        /// Altered, or never signed.
        case forged
    }

    private let key: [UInt8]

    /// - Parameter key: 32 random bytes that the catalog keeps.
    public init(key: [UInt8]) { self.key = key }

    /// The signature of a path until a moment.
    ///
    /// - Parameters:
    ///   - path: percent-encoded as in the request line, without the query.
    ///   - expires: seconds since 1970.
    public func signature(path: String, expires: Int64) -> String {
        Self.base64URL(code(path: path, expires: String(expires)))
    }

    /// The path with the three parameters that open it for `Limits.signedLinkSeconds`.
    public func signedPath(_ path: String, now: Instant = .now) -> String {
        let expires = now.seconds &+ Limits.signedLinkSeconds
        let signature = signature(path: path, expires: expires)
        return "\(path)?OSSAccessKeyId=boreal&Expires=\(expires)&Signature=\(signature)"
    }

    /// Checks what a request brought, in time that does not depend on the signature.
    ///
    /// - Parameters:
    ///   - expires: the text of the parameter, whatever it is.
    ///   - signature: the text of the parameter, whatever it is.
    public func verify(
        path: String,
        expires: String,
        signature: String,
        now: Instant = .now
    ) -> Verdict {
        // A key is always there; an empty one must open nothing.
        guard !key.isEmpty, expires.utf8.count <= 20 else { return .forged }
        let expected = Array(Self.base64URL(code(path: path, expires: expires)).utf8)
        let given = Array(signature.utf8)
        guard given.count == expected.count, CRYPTO_memcmp(given, expected, given.count) == 0,
            let deadline = Int64(expires), String(deadline) == expires
        else { return .forged }
        return now.seconds < deadline ? .valid : .expired
    }

    private func code(path: String, expires: String) -> [UInt8] {
        let text = Array("GET\n\(path)\n\(expires)".utf8)
        var digest = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 0
        let done = HMAC(
            EVP_sha256(),
            key,
            Int32(clamping: key.count),
            text,
            text.count,
            &digest,
            &length
        )
        assert(done != nil && length == 32, "HMAC-SHA256 gives 32 bytes")
        return digest
    }

    private static func base64URL(_ bytes: [UInt8]) -> String {
        let alphabet = Array(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8
        )
        var text: [UInt8] = []
        var bits: UInt32 = 0
        var count: UInt32 = 0
        for byte in bytes {
            bits = (bits << 8 | UInt32(byte)) & 0xFFFF
            count += 8
            while count >= 6 {
                count -= 6
                text.append(alphabet[Int(bits >> count & 63)])
            }
        }
        if count > 0 { text.append(alphabet[Int(bits << (6 - count) & 63)]) }
        return String(decoding: text, as: UTF8.self)
    }
}
