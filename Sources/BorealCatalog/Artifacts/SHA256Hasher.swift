import COpenSSL

/// SHA-256 over a stream.
public struct SHA256Hasher: ~Copyable {
    private let context: OpaquePointer

    /// - Throws: `CatalogError.cryptography` when the library has no memory.
    public init() throws(CatalogError) {
        guard let context = EVP_MD_CTX_new() else { throw .cryptography }
        guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            EVP_MD_CTX_free(context)
            throw .cryptography
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Goes on with more bytes.
    public func update(_ bytes: UnsafeRawBufferPointer) throws(CatalogError) {
        guard EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1 else {
            throw .cryptography
        }
    }

    /// 64 lower-case hexadecimal digits. The hasher cannot be used afterwards.
    public func finish() throws(CatalogError) -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        guard EVP_DigestFinal_ex(context, &digest, nil) == 1 else { throw .cryptography }
        return digest.hexadecimal
    }
}

extension [UInt8] {
    /// Two lower-case digits a byte.
    var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(count * 2)
        for byte in self {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// From the operating system's generator, for keys.
    static func random(_ count: Int) throws(CatalogError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        guard RAND_bytes(&bytes, Int32(clamping: count)) == 1 else { throw .cryptography }
        return bytes
    }
}
