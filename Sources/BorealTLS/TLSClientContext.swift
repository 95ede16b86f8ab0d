import COpenSSL
import Glibc

/// What TLS connections to one other server have in common: whom to believe, and how much must be
/// right.
///
/// Unchecked: OpenSSL counts references to a context atomically, and one that is only used for new
/// connections may be shared between threads.
package final class TLSClientContext: @unchecked Sendable {
    /// What of the server's certificate must be right.
    package enum Verification: Equatable, Sendable {
        /// Nothing: nobody can listen in, but anybody could be the server.
        case none
        /// Somebody who is trusted must have signed it.
        case authority
        /// And it must be good for the name that was connected to.
        case identity
    }

    /// What is checked.
    package let verification: Verification
    let pointer: OpaquePointer

    /// - Parameters:
    ///   - authorityFile: PEM: who is trusted; empty for those that the system trusts.
    /// - Throws: `unusable` for a file that holds no certificates, `cryptography`.
    package init(
        verification: Verification,
        authorityFile: String = "",
        versions: TLSVersions = .all
    ) throws(TLSError) {
        guard let context = SSL_CTX_new(TLS_client_method()) else {
            throw .cryptography(operation: "SSL_CTX_new")
        }
        do throws(TLSError) {
            boreal_tls_release_buffers(context)
            boreal_tls_no_session_cache(context)
            let bounds = versions.bounds
            guard boreal_tls_versions(context, bounds.lowest, bounds.highest) == 1,
                SSL_CTX_set_cipher_list(context, TLSContext.ciphers) == 1
            else { throw .cryptography(operation: "SSL_CTX_set") }
            try Self.trust(authorityFile, verification, context)
        } catch {
            SSL_CTX_free(context)
            throw error
        }
        pointer = context
        self.verification = verification
    }

    deinit { SSL_CTX_free(pointer) }

    private static func trust(
        _ path: String,
        _ verification: Verification,
        _ context: OpaquePointer
    ) throws(TLSError) {
        guard verification != .none else { return }
        OpenSSLErrors.clear()
        if path.isEmpty {
            // A system without authorities trusts nobody, and every handshake says so.
            SSL_CTX_set_default_verify_paths(context)
        } else {
            guard access(path, R_OK) == 0 else {
                throw .unusable(path: path, reason: String(cString: strerror(errno)))
            }
            guard SSL_CTX_load_verify_locations(context, path, nil) == 1 else {
                throw .unusable(path: path, reason: OpenSSLErrors.takeReason())
            }
        }
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
    }

    /// Tells a session which name or address it was made for.
    func expect(_ server: String, of ssl: OpaquePointer) throws(TLSError) {
        var address = in6_addr()
        let isAddress =
            inet_pton(AF_INET, server, &address) == 1 || inet_pton(AF_INET6, server, &address) == 1
        // Addresses are never asked for by name.
        if !isAddress { _ = boreal_tls_server_name(ssl, server) }
        guard verification == .identity else { return }
        let isSet =
            isAddress
            ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), server)
            : SSL_set1_host(ssl, server)
        guard isSet == 1 else { throw .cryptography(operation: "SSL_set1_host") }
    }
}
