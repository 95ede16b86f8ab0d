import COpenSSL

/// The RSA keys under which passwords travel over plain TCP. Not the TLS identity.
///
/// OpenSSL counts references to a key atomically and never changes one that is only used; each
/// operation makes a context of its own.
public final class RSAKeyPair: @unchecked Sendable {
    /// The public key in PEM (`BEGIN PUBLIC KEY`), as clients receive it.
    public let publicKeyPEM: [UInt8]
    private let key: OpaquePointer

    /// Bits of a key made here.
    public static let bits: UInt32 = 2_048
    /// Bytes of a PEM text that is looked at.
    private static let pemBytesMax = 64 << 10

    private init(_ key: OpaquePointer) throws(WireError) {
        do throws(WireError) {
            publicKeyPEM = try Self.pem { PEM_write_bio_PUBKEY($0, key) }
        } catch {
            EVP_PKEY_free(key)
            throw error
        }
        self.key = key
    }

    deinit { EVP_PKEY_free(key) }

    /// Makes a new pair. Takes a few tenths of a second: never on a socket loop.
    ///
    /// - Throws: `cryptography`.
    public static func generate() throws(WireError) -> RSAKeyPair {
        guard let key = boreal_rsa_generate(bits) else {
            throw .cryptography(operation: "EVP_RSA_gen")
        }
        return try RSAKeyPair(key)
    }

    /// Reads a pair from the PEM text of its private key.
    ///
    /// - Throws: `malformedKey` when the text holds no private RSA key.
    public convenience init(privateKeyPEM pem: [UInt8]) throws(WireError) {
        guard pem.count <= Self.pemBytesMax, let key = Self.readPrivateKey(pem) else {
            throw .malformedKey("RSA private key")
        }
        guard EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA else {
            EVP_PKEY_free(key)
            throw .malformedKey("RSA private key")
        }
        try self.init(key)
    }

    private static func readPrivateKey(_ pem: [UInt8]) -> OpaquePointer? {
        // The BIO reads from the array's memory, which must stay until the key is read.
        pem.withUnsafeBytes { bytes in
            guard let bio = BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count)) else {
                return nil
            }
            defer { BIO_free(bio) }
            // A text that is refused leaves entries in the thread's error queue.
            defer { ERR_clear_error() }
            // Without a callback OpenSSL would ask for a passphrase at the terminal.
            return PEM_read_bio_PrivateKey(bio, nil, { _, _, _, _ in 0 }, nil)
        }
    }

    /// The private key in PEM (PKCS #8, not encrypted), to be kept in a file of mode 0600.
    public func privateKeyPEM() throws(WireError) -> [UInt8] {
        try Self.pem { PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil) }
    }

    /// RSA-OAEP with SHA-1 and MGF1-SHA-1, as MySQL clients encrypt. nil when the bytes are not a
    /// block made with the public key. Costs about 0.7 ms: never on a socket loop.
    func decrypt(_ block: [UInt8]) -> [UInt8]? {
        guard !block.isEmpty, block.count == Int(EVP_PKEY_get_size(key)),
            let context = EVP_PKEY_CTX_new(key, nil)
        else { return nil }
        defer { EVP_PKEY_CTX_free(context) }
        // A refused block leaves entries in the thread's error queue, which nobody reads.
        defer { ERR_clear_error() }
        guard EVP_PKEY_decrypt_init(context) > 0, boreal_rsa_oaep_padding(context) > 0 else {
            return nil
        }
        var length = block.count
        var plain = [UInt8](repeating: 0, count: length)
        guard EVP_PKEY_decrypt(context, &plain, &length, block, block.count) > 0 else { return nil }
        return Array(plain[..<length])
    }

    private static func pem(_ write: (OpaquePointer) -> Int32) throws(WireError) -> [UInt8] {
        guard let bio = BIO_new(BIO_s_mem()) else { throw .cryptography(operation: "BIO_new") }
        defer { BIO_free(bio) }
        guard write(bio) == 1 else { throw .cryptography(operation: "PEM_write_bio") }
        var start: UnsafeMutablePointer<CChar>?
        let count = boreal_bio_memory(bio, &start)
        return Array(UnsafeRawBufferPointer(start: start, count: count))
    }
}
