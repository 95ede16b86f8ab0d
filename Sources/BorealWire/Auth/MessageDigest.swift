import COpenSSL

/// A SHA-1 or SHA-256 over bytes that come in parts. One object can make many digests, one after
/// another.
final class MessageDigest {
    /// The algorithm, by OpenSSL.
    enum Algorithm {
        case sha1
        case sha256

        /// Bytes of the digest.
        var byteCount: Int {
            switch self {
            case .sha1: 20
            case .sha256: 32
            }
        }
    }

    private let algorithm: Algorithm
    private let context: OpaquePointer

    /// - Throws: `cryptography` when OpenSSL has no memory or was built without the algorithm.
    init(_ algorithm: Algorithm) throws(WireError) {
        guard let context = EVP_MD_CTX_new() else {
            throw .cryptography(operation: "EVP_MD_CTX_new")
        }
        self.algorithm = algorithm
        self.context = context
        let type = algorithm == .sha1 ? EVP_sha1() : EVP_sha256()
        guard EVP_DigestInit_ex(context, type, nil) == 1 else {
            EVP_MD_CTX_free(context)
            throw .cryptography(operation: "EVP_DigestInit_ex")
        }
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Adds bytes.
    func update(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > 0 else { return }
        let status = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
        assert(status == 1, "a digest takes any bytes")
    }

    /// Adds bytes.
    func update(_ bytes: some Collection<UInt8>) {
        let isDone: Void? = bytes.withContiguousStorageIfAvailable {
            update(UnsafeRawBufferPointer($0))
        }
        if isDone == nil { Array(bytes).withUnsafeBytes { update($0) } }
    }

    /// The digest of all bytes so far; the object then begins anew.
    func finish() -> [UInt8] {
        let digest = [UInt8](unsafeUninitializedCapacity: algorithm.byteCount) { space, count in
            var written: UInt32 = 0
            EVP_DigestFinal_ex(context, space.baseAddress, &written)
            count = Int(written)
        }
        // Without a type the context keeps its own, which spares the search for it.
        EVP_DigestInit_ex(context, nil, nil)
        return digest
    }

    /// The digest of bytes at hand.
    static func digest(
        _ algorithm: Algorithm,
        _ parts: [UInt8]...
    ) throws(WireError) -> [UInt8] {
        let digest = try MessageDigest(algorithm)
        for part in parts { digest.update(part) }
        return digest.finish()
    }
}

/// Comparisons and marks that must not tell by their duration what they compare.
enum SecretBytes {
    /// True when both hold the same bytes. Takes equally long wherever they differ.
    static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return CRYPTO_memcmp(left, right, left.count) == 0
    }

    /// `left` with each byte XORed by the byte of `right` at the same place, `right` repeated as
    /// needed.
    static func xor(_ left: [UInt8], repeating right: [UInt8]) -> [UInt8] {
        guard !right.isEmpty else { return left }
        var result = left
        for i in result.indices { result[i] ^= right[i % right.count] }
        return result
    }
}
