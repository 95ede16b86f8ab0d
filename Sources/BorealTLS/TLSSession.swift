public import BorealBase
public import BorealNet
import COpenSSL

/// One connection's TLS: wire bytes in, plain bytes out, and back. No sockets.
///
/// First `handshake(_:)` until it has finished, on workers because it signs; then it is the
/// connection's filter. Between calls it holds neither bytes nor buffers.
///
/// Unchecked: one thread at a time uses it: the worker of a handshake, then the connection's loop.
public final class TLSSession: ConnectionFilter, @unchecked Sendable {
    /// How far bytes brought a handshake.
    public enum Progress: Equatable, Sendable {
        /// The peer's turn.
        case waiting
        /// The connection stands. `rest` are the bytes behind the handshake, not decoded yet.
        case finished(TLSPeer, rest: [UInt8])
        /// It is over; what was written tells the peer why.
        case failed(TLSError)
    }

    /// Bytes of a record's content, at most.
    private static let recordBytes = 16 << 10

    private let ssl: OpaquePointer
    /// What OpenSSL may read, during a call.
    fileprivate var input = UnsafeRawBufferPointer(start: nil, count: 0)
    /// What OpenSSL wrote, during a call.
    fileprivate var output = ByteBuffer()
    /// Times that the peer changed its keys since it last sent anything. OpenSSL does not count: a
    /// flood of such messages would keep a loop busy deriving keys.
    fileprivate var keyUpdates = 0

    fileprivate var changesKeysOnly: Bool { keyUpdates > Limits.keyUpdatesMax }

    /// The server's side of a new connection.
    ///
    /// - Throws: `cryptography`.
    public convenience init(_ context: TLSContext) throws(TLSError) {
        try self.init(pointer: context.pointer)
        SSL_set_accept_state(ssl)
    }

    /// The client's side of a new connection.
    ///
    /// - Parameter server: the name or address that was connected to: what the certificate must be
    ///   good for, when the context asks for that.
    /// - Throws: `cryptography`.
    package convenience init(_ context: TLSClientContext, server: String) throws(TLSError) {
        try self.init(pointer: context.pointer)
        SSL_set_connect_state(ssl)
        try context.expect(server, of: ssl)
    }

    /// One without a side.
    private init(pointer: OpaquePointer) throws(TLSError) {
        guard let ssl = SSL_new(pointer) else {
            throw .cryptography(operation: "SSL_new")
        }
        self.ssl = ssl
        guard let method = SessionBIO.method, let bio = BIO_new(method) else {
            throw .cryptography(operation: "BIO_new")
        }
        // The session outlives the BIO, which it frees with the SSL.
        BIO_set_data(bio, Unmanaged.passUnretained(self).toOpaque())
        SSL_set_bio(ssl, bio, bio)
        SSL_set_msg_callback(ssl) { isWritten, _, kind, bytes, count, ssl, _ in
            guard isWritten == 0, kind == SSL3_RT_HANDSHAKE, count > 0,
                bytes?.load(as: UInt8.self) == UInt8(SSL3_MT_KEY_UPDATE)
            else { return }
            SessionBIO.session(of: SSL_get_rbio(ssl))?.keyUpdates += 1
        }
    }

    deinit { SSL_free(ssl) }

    // MARK: - Handshake

    /// Goes on with the handshake. Signs and verifies: never on a loop.
    ///
    /// - Parameter wire: gets the answer, also that of a failure.
    public func handshake(_ bytes: [UInt8], wire: inout ByteBuffer) -> Progress {
        bytes.withUnsafeBytes { bytes in
            input = bytes
            swap(&output, &wire)
            defer {
                swap(&output, &wire)
                input = UnsafeRawBufferPointer(start: nil, count: 0)
            }
            OpenSSLErrors.clear()
            let status = SSL_do_handshake(ssl)
            if status == 1 { return .finished(peer, rest: Array(input)) }
            guard SSL_get_error(ssl, status) == SSL_ERROR_WANT_READ else {
                return .failed(.handshakeFailed(reason: failure))
            }
            return .waiting
        }
    }

    /// Why the handshake failed. A certificate that does not verify has a better reason than the
    /// queue.
    private var failure: String {
        let result = SSL_get_verify_result(ssl)
        let reason = OpenSSLErrors.takeReason()
        guard result != Int(X509_V_OK), let text = X509_verify_cert_error_string(result) else {
            return reason
        }
        return "\(reason) (\(String(cString: text)))"
    }

    /// What the finished handshake agreed on.
    private var peer: TLSPeer {
        let version = SSL_get_version(ssl).map { String(cString: $0) } ?? ""
        let cipher = SSL_CIPHER_get_name(SSL_get_current_cipher(ssl)).map { String(cString: $0) }
        return TLSPeer(
            version: version,
            cipher: cipher ?? "",
            isResumed: SSL_session_reused(ssl) == 1,
            certificate: certificate
        )
    }

    private var certificate: TLSPeer.Certificate? {
        guard let certificate = SSL_get0_peer_certificate(ssl),
            SSL_get_verify_result(ssl) == Int(X509_V_OK)
        else { return nil }
        return TLSPeer.Certificate(
            subject: Self.text(of: X509_get_subject_name(certificate)),
            issuer: Self.text(of: X509_get_issuer_name(certificate))
        )
    }

    private static func text(of name: OpaquePointer?) -> String {
        guard let line = X509_NAME_oneline(name, nil, 0) else { return "" }
        defer { CRYPTO_free(line, nil, 0) }
        return String(cString: line)
    }

    // MARK: - ConnectionFilter

    /// Decrypts; answers to the peer's requests for new keys go to `wire`.
    public func decode(
        _ bytes: UnsafeRawBufferPointer,
        plain: inout ByteBuffer,
        wire: inout ByteBuffer
    ) throws -> Bool {
        input = bytes
        swap(&output, &wire)
        defer {
            swap(&output, &wire)
            input = UnsafeRawBufferPointer(start: nil, count: 0)
        }
        OpenSSLErrors.clear()
        let piece = min(Self.recordBytes, max(bytes.count, 512))
        while true {
            var status: Int32 = 0
            plain.append(upTo: piece) { target in
                var count = 0
                status = SSL_read_ex(ssl, target, piece, &count)
                return status == 1 ? count : 0
            }
            if status == 1 {
                keyUpdates = 0
                continue
            }
            if changesKeysOnly {
                throw TLSError.broken(reason: "the peer changes keys and sends nothing")
            }
            switch SSL_get_error(ssl, status) {
            case SSL_ERROR_WANT_READ: return true
            case SSL_ERROR_ZERO_RETURN: return false
            default: throw TLSError.broken(reason: OpenSSLErrors.takeReason())
            }
        }
    }

    /// Encrypts.
    public func encode(_ bytes: UnsafeRawBufferPointer, wire: inout ByteBuffer) throws {
        guard !bytes.isEmpty else { return }
        swap(&output, &wire)
        defer { swap(&output, &wire) }
        OpenSSLErrors.clear()
        var written = 0
        // The BIO takes everything, so that one call writes all records.
        guard SSL_write_ex(ssl, bytes.baseAddress, bytes.count, &written) == 1,
            written == bytes.count
        else { throw TLSError.broken(reason: OpenSSLErrors.takeReason()) }
    }

    /// Says goodbye.
    public func encodeEnd(wire: inout ByteBuffer) {
        swap(&output, &wire)
        SSL_shutdown(ssl)
        OpenSSLErrors.clear()
        swap(&output, &wire)
    }
}

/// How OpenSSL reaches the bytes of a session: it reads from the caller's memory and writes into
/// the connection's buffer, without memory of its own in between.
private enum SessionBIO {
    /// A table of functions of OpenSSL's.
    // Unchecked: made once and never changed.
    private struct Method: @unchecked Sendable {
        let pointer: OpaquePointer?
    }

    /// Nil when there was no memory for it.
    static var method: OpaquePointer? { shared.pointer }

    private static let shared: Method = {
        let kind = BIO_get_new_index() | BIO_TYPE_SOURCE_SINK
        guard let method = BIO_meth_new(kind, "boreal session") else { return Method(pointer: nil) }
        BIO_meth_set_create(method) { bio in
            BIO_set_init(bio, 1)
            return 1
        }
        BIO_meth_set_read(method) { bio, target, count in
            guard let bio, let target, count > 0 else { return 0 }
            return SessionBIO.read(bio, target, Int(count))
        }
        BIO_meth_set_write(method) { bio, bytes, count in
            guard let bio, count > 0 else { return 0 }
            boreal_bio_clear_retry(bio)
            SessionBIO.session(of: bio)?.output.append(
                UnsafeRawBufferPointer(start: bytes, count: Int(count))
            )
            return count
        }
        BIO_meth_set_ctrl(method) { _, command, _, _ in command == BIO_CTRL_FLUSH ? 1 : 0 }
        return Method(pointer: method)
    }()

    static func session(of bio: OpaquePointer?) -> TLSSession? {
        bio.flatMap { BIO_get_data($0) }
            .map { Unmanaged<TLSSession>.fromOpaque($0).takeUnretainedValue() }
    }

    private static func read(
        _ bio: OpaquePointer,
        _ target: UnsafeMutableRawPointer,
        _ wanted: Int
    ) -> Int32 {
        boreal_bio_clear_retry(bio)
        guard let session = session(of: bio), !session.changesKeysOnly,
            let source = session.input.baseAddress, !session.input.isEmpty
        else {
            boreal_bio_wants_bytes(bio)
            return -1
        }
        let count = min(wanted, session.input.count)
        target.copyMemory(from: source, byteCount: count)
        session.input = UnsafeRawBufferPointer(rebasing: session.input[count...])
        return Int32(count)
    }
}
