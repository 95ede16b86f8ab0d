import BorealBase
import BorealTLS
import Glibc
import Logging
import Synchronization

/// The certificate that this server shows, from files of the configuration or made by itself, and
/// the context that new connections take.
final class ServerTLS: Sendable {
    /// The file in `DIR/tls` that holds a certificate of the server's own making.
    static let certificateName = "server-cert.pem"

    /// Where a server that was given no certificate keeps its own.
    private struct Own {
        let folder: String
        let names: [String]

        var certificate: String { folder + "/" + ServerTLS.certificateName }
        var key: String { folder + "/server-key.pem" }
    }

    /// True when nobody but the server itself vouches for the certificate.
    let isSelfSigned: Bool
    private let configuration: TLSContext.Configuration?
    private let current: Mutex<TLSContext?>
    private let logger: Logger

    /// Reads the files; makes key and certificate when none are configured and none were made
    /// earlier. The settings then name them.
    ///
    /// - Parameter folder: `DIR/tls`.
    /// - Throws: `ServerStartError` naming the file that cannot be used.
    init(_ settings: Settings, folder: String, logger: Logger) throws(ServerStartError) {
        self.logger = logger
        do throws(TLSError) {
            let versions = try TLSVersions(list: settings.text("tls_version"))
            guard !versions.isEmpty else {
                isSelfSigned = false
                configuration = nil
                current = Mutex(nil)
                return
            }
            var (certificate, key) = (
                settings.text("tls_certificate_file"), settings.text("tls_key_file")
            )
            isSelfSigned = certificate.isEmpty && key.isEmpty
            if isSelfSigned {
                let own = Own(folder: folder, names: Self.names(settings.text("host")))
                try Self.makeIfNeeded(own)
                (certificate, key) = (own.certificate, own.key)
            }
            var configuration = TLSContext.Configuration(certificateFile: certificate, keyFile: key)
            configuration.authorityFile = settings.text("tls_ca_file")
            configuration.versions = versions
            self.configuration = configuration
            current = Mutex(try TLSContext(configuration))
            Self.note(certificate, key, settings)
        } catch {
            throw .settings(error.message)
        }
    }

    /// What new connections take; nil when the server speaks no TLS.
    var context: TLSContext? { current.withLock { $0 } }

    /// The file that clients verify the server against when it signed its certificate itself.
    var authorityFile: String? { isSelfSigned ? configuration?.certificateFile : nil }

    /// Reads the files again.
    ///
    /// - Parameter keepsOld: when they cannot be used, new connections get what they got before;
    ///   false has the server speak no TLS to them until it reads better ones.
    /// - Returns: why the files cannot be used, which the log tells as well.
    @discardableResult
    func reload(keepsOld: Bool = true) -> String? {
        guard let configuration else { return nil }
        do throws(TLSError) {
            let fresh = try TLSContext(configuration)
            current.withLock { $0 = fresh }
            logger.notice(
                "certificate reloaded",
                metadata: ["valid until": "\(fresh.validity.notAfter)"]
            )
            return nil
        } catch {
            if !keepsOld { current.withLock { $0 = nil } }
            logger.error(
                "the certificate is not reloaded",
                metadata: ["error": "\(error.message)"]
            )
            return error.message
        }
    }

    /// The server's rows of SHOW STATUS.
    var status: [(name: String, value: String)] {
        let context = context
        let counts = context?.counts
        return [
            ("Ssl_accepts", "\(counts?.accepts ?? 0)"),
            ("Ssl_finished_accepts", "\(counts?.finishedAccepts ?? 0)"),
            ("Ssl_client_connects", "0"),
            ("Ssl_server_not_before", context?.validity.notBefore ?? ""),
            ("Ssl_server_not_after", context?.validity.notAfter ?? ""),
            ("Ssl_session_cache_mode", context == nil ? "NONE" : "OFF"),
            // SSL_VERIFY_PEER and SSL_VERIFY_CLIENT_ONCE.
            ("Ssl_verify_mode", context?.asksForCertificates == true ? "5" : "0"),
            ("Ssl_ctx_verify_mode", context?.asksForCertificates == true ? "5" : "0"),
        ]
    }

    // MARK: - Our own certificate

    /// What clients may call this machine.
    private static func names(_ hosts: String) -> [String] {
        var names = ["localhost", "127.0.0.1", "::1"]
        for host in hosts.split(separator: ",") {
            let name = String(host.filter { !$0.isWhitespace })
            if name != "0.0.0.0", name != "::" { names.append(name) }
        }
        var buffer = [CChar](repeating: 0, count: 256)
        if gethostname(&buffer, buffer.count - 1) == 0 {
            names.append(
                String(
                    decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) },
                    as: UTF8.self
                )
            )
        }
        return names
    }

    private static func makeIfNeeded(_ own: Own) throws(TLSError) {
        let configuration = TLSContext.Configuration(
            certificateFile: own.certificate,
            keyFile: own.key
        )
        // Files that are missing, broken or out of date are replaced: nobody else made them.
        if let context = try? TLSContext(configuration), !context.isExpired { return }
        let made = try SelfSignedCertificate(names: own.names)
        for (path, pem) in [(own.key, made.privateKeyPEM), (own.certificate, made.certificatePEM)] {
            let code = PrivateFile.write(pem, to: path)
            guard code == 0 else {
                throw .unusable(path: path, reason: String(cString: strerror(code)))
            }
        }
    }

    /// Has `@@ssl_cert` and its like show what is in use.
    private static func note(_ certificate: String, _ key: String, _ settings: Settings) {
        // Settings of text take every value.
        _ = try? settings.set("tls_certificate_file", to: certificate)
        // As above.
        _ = try? settings.set("tls_key_file", to: key)
    }
}
