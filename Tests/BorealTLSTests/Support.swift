import BorealBase
import BorealTLS
import COpenSSL
import Foundation
import Testing

/// A folder with a certificate of our own making, removed at the end.
final class Identity {
    let folder: String
    let configuration: TLSContext.Configuration

    init(names: [String] = ["localhost", "127.0.0.1"]) throws {
        folder = NSTemporaryDirectory() + "boreal-tls-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let made = try SelfSignedCertificate(names: names)
        configuration = TLSContext.Configuration(
            certificateFile: folder + "/cert.pem",
            keyFile: folder + "/key.pem"
        )
        try Data(made.certificatePEM).write(to: URL(fileURLWithPath: configuration.certificateFile))
        try Data(made.privateKeyPEM).write(to: URL(fileURLWithPath: configuration.keyFile))
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }
}

/// The client's side of TLS in OpenSSL's own memory: what the server is measured by.
final class TLSClient {
    struct Failure: Error {
        let reason: String
    }

    private let context: OpaquePointer
    private let ssl: OpaquePointer
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer

    /// - Parameters:
    ///   - version: the only one it speaks; 0 for any.
    ///   - authority: a file of certificates that vouch for the server; nil to believe anybody.
    ///   - identity: certificate and key of its own.
    ///   - session: of an earlier connection.
    init(
        version: Int32 = 0,
        authority: String? = nil,
        identity: TLSContext.Configuration? = nil,
        session: OpaquePointer? = nil
    ) throws {
        guard let context = SSL_CTX_new(TLS_client_method()) else { throw Failure(reason: "ctx") }
        self.context = context
        if version != 0 { _ = boreal_tls_versions(context, version, version) }
        if let authority {
            SSL_CTX_load_verify_locations(context, authority, nil)
            SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        }
        if let identity {
            SSL_CTX_use_certificate_chain_file(context, identity.certificateFile)
            SSL_CTX_use_PrivateKey_file(context, identity.keyFile, 1)
        }
        guard let ssl = SSL_new(context), let incoming = BIO_new(BIO_s_mem()),
            let outgoing = BIO_new(BIO_s_mem())
        else { throw Failure(reason: "ssl") }
        self.ssl = ssl
        self.incoming = incoming
        self.outgoing = outgoing
        SSL_set_bio(ssl, incoming, outgoing)
        SSL_set_connect_state(ssl)
        if let session { SSL_set_session(ssl, session) }
    }

    deinit {
        SSL_free(ssl)
        SSL_CTX_free(context)
    }

    /// What the client's side sends after getting `bytes`; empty when there is nothing to say.
    func handshake(_ bytes: [UInt8]) throws -> [UInt8] {
        give(bytes)
        ERR_clear_error()
        let status = SSL_do_handshake(ssl)
        if status != 1, SSL_get_error(ssl, status) != SSL_ERROR_WANT_READ {
            let text = ERR_reason_error_string(ERR_peek_last_error())
            throw Failure(reason: text.map { String(cString: $0) } ?? "unknown")
        }
        return taken()
    }

    var isConnected: Bool { SSL_in_init(ssl) == 0 }
    var isResumed: Bool { SSL_session_reused(ssl) == 1 }
    /// To be freed by whoever asks.
    var session: OpaquePointer? { SSL_get1_session(ssl) }

    func encrypt(_ bytes: [UInt8]) -> [UInt8] {
        var count = 0
        SSL_write_ex(ssl, bytes, bytes.count, &count)
        return taken()
    }

    func decrypt(_ bytes: [UInt8]) -> [UInt8] {
        give(bytes)
        var plain: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var count = 0
        while SSL_read_ex(ssl, &buffer, buffer.count, &count) == 1 { plain += buffer[..<count] }
        return plain
    }

    /// A message with new keys, sent by itself.
    func keyUpdate(asksForOne: Bool) -> [UInt8] {
        SSL_key_update(ssl, asksForOne ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED)
        SSL_do_handshake(ssl)
        return taken()
    }

    func goodbye() -> [UInt8] {
        SSL_shutdown(ssl)
        return taken()
    }

    private func give(_ bytes: [UInt8]) { BIO_write(incoming, bytes, Int32(bytes.count)) }

    private func taken() -> [UInt8] {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = BIO_read(outgoing, &buffer, Int32(buffer.count)), count > 0 {
            all += buffer[..<Int(count)]
        }
        return all
    }
}

extension TLSSession {
    /// As `handshake`, with the answer as an array.
    func answer(_ bytes: [UInt8]) -> (TLSSession.Progress, [UInt8]) {
        var wire = ByteBuffer()
        let progress = handshake(bytes, wire: &wire)
        return (progress, wire.bytes)
    }

    func decrypted(_ bytes: [UInt8]) throws -> [UInt8] {
        var plain = ByteBuffer()
        var wire = ByteBuffer()
        _ = try bytes.withUnsafeBytes { try decode($0, plain: &plain, wire: &wire) }
        return plain.bytes
    }

    func encrypted(_ bytes: [UInt8]) throws -> [UInt8] {
        var wire = ByteBuffer()
        try bytes.withUnsafeBytes { try encode($0, wire: &wire) }
        return wire.bytes
    }
}

/// Brings both sides together; the client's bytes arrive in pieces of `size`.
func connect(_ client: TLSClient, _ server: TLSSession, size: Int = 1 << 16) throws -> TLSPeer? {
    var bytes = try client.handshake([])
    while !bytes.isEmpty {
        var answer: [UInt8] = []
        while !bytes.isEmpty {
            let piece = Array(bytes.prefix(size))
            bytes.removeFirst(piece.count)
            let (progress, wire) = server.answer(piece)
            answer += wire
            switch progress {
            case .waiting: continue
            case .failed(let error): throw error
            case .finished(let peer, let rest):
                #expect(rest.isEmpty && bytes.isEmpty)
                _ = client.decrypt(answer)
                return peer
            }
        }
        bytes = try client.handshake(answer)
    }
    return nil
}
