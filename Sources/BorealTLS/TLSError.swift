/// What goes wrong with certificates and with TLS connections.
public enum TLSError: Error, Equatable, Sendable {
    /// A file of the configuration holds no usable certificate, key or list of authorities.
    case unusable(path: String, reason: String)
    /// The key does not belong to the certificate.
    case keyMismatch(certificate: String, key: String)
    /// A list of versions names one that there is not, or leaves a gap.
    case unknownVersions(String)
    /// The two sides did not agree, or what came was no TLS.
    case handshakeFailed(reason: String)
    /// Bytes of a connection that stood cannot be read.
    case broken(reason: String)
    /// OpenSSL refused an operation for want of memory or randomness.
    case cryptography(operation: String)

    /// One line for a log or for the person at the shell.
    public var message: String {
        switch self {
        case .unusable(let path, let reason): "'\(path)' cannot be used: \(reason)"
        case .keyMismatch(let certificate, let key):
            "the key in '\(key)' is not that of the certificate in '\(certificate)'"
        case .unknownVersions(let text):
            "tls_version takes TLSv1.2, TLSv1.3, both, or nothing, not '\(text)'"
        case .handshakeFailed(let reason), .broken(let reason): reason
        case .cryptography(let operation): "OpenSSL refuses \(operation)"
        }
    }
}
