import COpenSSL

/// A server's RSA key, under which a client's password travels over plain TCP.
enum RSAPublicKey {
    /// Bytes of a PEM text that is looked at.
    private static let pemBytesMax = 16 << 10

    /// The password with its NUL, masked by the challenge and encrypted: RSA-OAEP with SHA-1, as
    /// `caching_sha2_password` has it. Takes some tens of microseconds.
    ///
    /// - Parameter pem: the key as the server sent it.
    /// - Throws: `malformedKey` for what is no RSA key of a usual size, `cryptography`.
    static func encrypted(
        password: String,
        nonce: [UInt8],
        pem: [UInt8]
    ) throws(WireError) -> [UInt8] {
        guard pem.count <= pemBytesMax, let key = read(pem) else {
            throw .malformedKey("the server's RSA key cannot be read")
        }
        defer { EVP_PKEY_free(key) }
        guard EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA,
            EVP_PKEY_get_bits(key) <= WireLimits.rsaBitsMax
        else { throw .malformedKey("the server's key is no RSA key of up to 4,096 bits") }
        let plain = SecretBytes.xor(Array(password.utf8) + [0], repeating: nonce)
        guard let context = EVP_PKEY_CTX_new(key, nil) else {
            throw .cryptography(operation: "EVP_PKEY_CTX_new")
        }
        defer { EVP_PKEY_CTX_free(context) }
        // What is refused leaves entries in the thread's error queue, which nobody reads.
        defer { ERR_clear_error() }
        var length = Int(EVP_PKEY_get_size(key))
        var block = [UInt8](repeating: 0, count: length)
        guard EVP_PKEY_encrypt_init(context) > 0, boreal_rsa_oaep_padding(context) > 0,
            EVP_PKEY_encrypt(context, &block, &length, plain, plain.count) > 0
        else { throw .malformedKey("the server's RSA key is too short for the password") }
        return Array(block[..<length])
    }

    private static func read(_ pem: [UInt8]) -> OpaquePointer? {
        // The BIO reads from the array's memory, which must stay until the key is read.
        pem.withUnsafeBytes { bytes in
            guard let bio = BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count)) else {
                return nil
            }
            defer { BIO_free(bio) }
            defer { ERR_clear_error() }
            return PEM_read_bio_PUBKEY(bio, nil, { _, _, _, _ in 0 }, nil)
        }
    }
}
