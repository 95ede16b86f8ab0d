/// What a handshake agreed on and learned about the other side.
public struct TLSPeer: Equatable, Sendable {
    /// A certificate that the client sent and one of our authorities signed.
    public struct Certificate: Equatable, Sendable {
        /// Whose it is, as `/C=SE/O=Example/CN=anna`.
        public var subject: String
        /// Who signed it, in the same form.
        public var issuer: String

        /// - Parameters: see the stored properties.
        public init(subject: String, issuer: String) {
            self.subject = subject
            self.issuer = issuer
        }
    }

    /// `TLSv1.2` or `TLSv1.3`.
    public var version: String
    /// OpenSSL's name of the cipher suite.
    public var cipher: String
    /// True when a ticket of an earlier connection saved most of the handshake.
    public var isResumed: Bool
    /// Nil when the client sent none. One that does not verify ends the handshake.
    public var certificate: Certificate?
}
