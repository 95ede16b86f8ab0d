/// How a client's bytes travel: what accounts may require, and what SHOW STATUS tells the client.
package struct ClientTransport: Sendable {
    /// What a TLS handshake agreed on. A class, because most connections have none and each holds
    /// two of this.
    package final class TLS: Equatable, Sendable {
        /// `TLSv1.2` or `TLSv1.3`.
        package let version: String
        /// OpenSSL's name of the cipher suite.
        package let cipher: String
        /// True when a ticket of an earlier connection saved most of the handshake.
        package let isResumed: Bool
        /// Subject and issuer of the client's certificate, as `/C=SE/CN=anna`; nil when it sent
        /// none. One that does not verify never gets here.
        package let certificate: (subject: String, issuer: String)?

        /// - Parameters: see the stored properties.
        package init(
            version: String,
            cipher: String,
            isResumed: Bool,
            certificate: (subject: String, issuer: String)?
        ) {
            self.version = version
            self.cipher = cipher
            self.isResumed = isResumed
            self.certificate = certificate
        }

        package static func == (one: TLS, other: TLS) -> Bool {
            (one.version, one.cipher, one.isResumed)
                == (other.version, other.cipher, other.isResumed)
                && one.certificate?.subject == other.certificate?.subject
                && one.certificate?.issuer == other.certificate?.issuer
        }
    }

    /// True for a socket of this machine's file system.
    package var isUnixSocket: Bool
    /// Nil without TLS.
    package var tls: TLS?
    /// Name and level of what packets are compressed with; nil when they are not.
    package var compression: (algorithm: String, level: Int)?

    /// A connection before any handshake.
    package init(isUnixSocket: Bool) { self.isUnixSocket = isUnixSocket }

    /// True without TLS and compression: SHOW STATUS then has nothing of its own to tell.
    var isPlain: Bool { tls == nil && compression == nil }

    /// True where nobody else can listen.
    package var isSecure: Bool { isUnixSocket || tls != nil }

    /// The session's rows of SHOW STATUS.
    package var status: [(name: String, value: String)] {
        [
            ("Ssl_cipher", tls?.cipher ?? ""), ("Ssl_version", tls?.version ?? ""),
            ("Ssl_sessions_reused", tls?.isResumed == true ? "1" : "0"),
            ("Compression", compression == nil ? "OFF" : "ON"),
            ("Compression_algorithm", compression?.algorithm ?? ""),
            ("Compression_level", "\(compression?.level ?? 0)"),
        ]
    }
}
