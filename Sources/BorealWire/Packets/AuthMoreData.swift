public import BorealBase

/// What a plugin says to the client between challenge and OK (the manual's
/// `Protocol::AuthMoreData`).
public enum AuthMoreData: Equatable, Sendable {
    /// caching_sha2_password's `fast_auth_success`: the scramble was right, an OK packet follows.
    case fastAuthSuccess
    /// caching_sha2_password's `perform_full_authentication`: the password itself is needed.
    case performFullAuthentication
    /// The RSA public key in PEM, for a client that asked.
    case publicKey([UInt8])

    /// Appends the payload.
    public func encode(into output: inout ByteBuffer) {
        output.append(0x01)
        switch self {
        case .fastAuthSuccess: output.append(0x03)
        case .performFullAuthentication: output.append(0x04)
        case .publicKey(let pem): output.append(contentsOf: pem)
        }
    }
}
