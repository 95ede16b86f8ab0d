import COpenSSL
import Glibc

/// What a server's TLS connections have in common: certificate, key, versions, ciphers, the
/// authorities whose client certificates count, and the keys of its tickets.
///
/// Immutable. After a reload new connections take the new one; those that stand keep theirs.
///
/// Unchecked: OpenSSL counts references to a context atomically, and one that is only used for new
/// connections may be shared between threads.
public final class TLSContext: @unchecked Sendable {
    /// Where things are and what is allowed.
    public struct Configuration: Equatable, Sendable {
        /// PEM: the certificate, then those that lead to its root.
        public var certificateFile: String
        /// PEM: the certificate's private key, not encrypted.
        public var keyFile: String
        /// PEM: who signs client certificates; empty when clients are not asked for any.
        public var authorityFile = ""
        /// The versions in force.
        public var versions = TLSVersions.all

        /// A configuration that asks for no client certificate.
        public init(certificateFile: String, keyFile: String) {
            self.certificateFile = certificateFile
            self.keyFile = keyFile
        }
    }

    /// Numbers since the context was made.
    public struct Counts: Equatable, Sendable {
        /// Handshakes begun.
        public var accepts: Int
        /// Handshakes that ended well.
        public var finishedAccepts: Int
    }

    /// What it was made from.
    public let configuration: Configuration
    /// The certificate's first and last moment, as `Nov 26 12:00:00 2026 GMT`.
    public let validity: (notBefore: String, notAfter: String)
    let pointer: OpaquePointer

    /// Ciphers of TLS 1.2: forward secrecy and authenticated encryption only. Those of 1.3 are
    /// OpenSSL's own.
    static let ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!eNULL"
    /// Whose tickets count: those of this program.
    private static let sessionContext = Array("boreal".utf8)

    /// Reads the files.
    ///
    /// - Throws: `unusable`, `keyMismatch`, `cryptography`.
    public init(_ configuration: Configuration) throws(TLSError) {
        guard let context = SSL_CTX_new(TLS_server_method()) else {
            throw .cryptography(operation: "SSL_CTX_new")
        }
        do throws(TLSError) {
            try Self.allow(configuration.versions, context)
            try Self.identify(configuration, context)
            if !configuration.authorityFile.isEmpty {
                try Self.trust(configuration.authorityFile, context)
            }
            validity = try Self.validity(of: configuration.certificateFile, context)
        } catch {
            SSL_CTX_free(context)
            throw error
        }
        pointer = context
        self.configuration = configuration
    }

    deinit { SSL_CTX_free(pointer) }

    /// Handshakes under this context.
    public var counts: Counts {
        Counts(
            accepts: boreal_tls_accepts(pointer),
            finishedAccepts: boreal_tls_finished_accepts(pointer)
        )
    }

    /// True when clients are asked for a certificate.
    public var asksForCertificates: Bool { !configuration.authorityFile.isEmpty }

    /// True when the certificate's time is over.
    public var isExpired: Bool {
        guard let certificate = SSL_CTX_get0_certificate(pointer),
            let end = X509_get0_notAfter(certificate)
        else { return true }
        return X509_cmp_current_time(end) < 0
    }

    // MARK: - Making one

    private static func allow(
        _ versions: TLSVersions,
        _ context: OpaquePointer
    ) throws(TLSError) {
        SSL_CTX_set_options(context, boreal_tls_options)
        // An idle connection keeps no record buffers.
        boreal_tls_release_buffers(context)
        // Clients keep their sessions themselves, as tickets.
        boreal_tls_no_session_cache(context)
        let bounds = versions.bounds
        guard boreal_tls_versions(context, bounds.lowest, bounds.highest) == 1,
            SSL_CTX_set_cipher_list(context, ciphers) == 1,
            SSL_CTX_set_session_id_context(
                context,
                sessionContext,
                UInt32(sessionContext.count)
            ) == 1
        else { throw .cryptography(operation: "SSL_CTX_set") }
    }

    private static func identify(
        _ configuration: Configuration,
        _ context: OpaquePointer
    ) throws(TLSError) {
        let (certificate, key) = (configuration.certificateFile, configuration.keyFile)
        try checkReadable(certificate)
        try checkReadable(key)
        OpenSSLErrors.clear()
        // Without a callback OpenSSL would ask for a passphrase at the terminal.
        SSL_CTX_set_default_passwd_cb(context) { _, _, _, _ in 0 }
        guard SSL_CTX_use_certificate_chain_file(context, certificate) == 1 else {
            throw .unusable(path: certificate, reason: OpenSSLErrors.takeReason())
        }
        guard SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1 else {
            let code = ERR_peek_last_error()
            if ERR_GET_LIB(code) == ERR_LIB_X509 {
                OpenSSLErrors.clear()
                throw .keyMismatch(certificate: certificate, key: key)
            }
            throw .unusable(path: key, reason: OpenSSLErrors.takeReason())
        }
        guard SSL_CTX_check_private_key(context) == 1 else {
            OpenSSLErrors.clear()
            throw .keyMismatch(certificate: certificate, key: key)
        }
    }

    /// Asks clients for a certificate of these authorities. A client may have none; one that does
    /// not verify ends the handshake.
    private static func trust(_ path: String, _ context: OpaquePointer) throws(TLSError) {
        try checkReadable(path)
        OpenSSLErrors.clear()
        guard SSL_CTX_load_verify_locations(context, path, nil) == 1,
            let names = SSL_load_client_CA_file(path)
        else { throw .unusable(path: path, reason: OpenSSLErrors.takeReason()) }
        SSL_CTX_set_client_CA_list(context, names)
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_CLIENT_ONCE, nil)
    }

    private static func checkReadable(_ path: String) throws(TLSError) {
        guard access(path, R_OK) == 0 else {
            throw .unusable(path: path, reason: String(cString: strerror(errno)))
        }
    }

    private static func validity(
        of path: String,
        _ context: OpaquePointer
    ) throws(TLSError) -> (notBefore: String, notAfter: String) {
        guard let certificate = SSL_CTX_get0_certificate(context),
            let start = text(of: X509_get0_notBefore(certificate)),
            let end = text(of: X509_get0_notAfter(certificate))
        else { throw .unusable(path: path, reason: "its dates cannot be read") }
        return (start, end)
    }

    private static func text(of time: UnsafePointer<ASN1_TIME>?) -> String? {
        guard let time else { return nil }
        return MemoryBIO.bytes { ASN1_TIME_print($0, time) }
            .map { String(decoding: $0, as: UTF8.self) }
    }
}
