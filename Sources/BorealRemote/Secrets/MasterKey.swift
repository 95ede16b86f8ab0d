import BorealHTTP
import COpenSSL

/// The 32 bytes that open every stored secret.
package struct MasterKey: Sendable {
    let bytes: SecretBytes
    /// Sixteen hexadecimal digits that name the key without telling it.
    package let id: String

    static let byteCount = 32

    /// - Throws: `RemoteModelError` CONFIG for another number of bytes.
    package init(_ bytes: SecretBytes) throws(RemoteModelError) {
        guard bytes.count == Self.byteCount else {
            throw RemoteModelError(.config, "a master key is 32 bytes in base64")
        }
        self.bytes = bytes
        id = Self.name(bytes)
    }

    /// - Throws: `RemoteModelError` CONFIG for what is no 32 bytes in base64.
    package init(base64 text: String) throws(RemoteModelError) {
        let digits = text.filter { !$0.isWhitespace }
        guard var decoded = Base64.decode(digits) else {
            throw RemoteModelError(.config, "a master key is 32 bytes in base64")
        }
        let bytes = SecretBytes(decoded)
        OPENSSL_cleanse(&decoded, decoded.count)
        try self.init(bytes)
    }

    /// A new key from the operating system's generator: the standard library's asks getrandom(2).
    package static func random() throws(RemoteModelError) -> MasterKey {
        var generator = SystemRandomNumberGenerator()
        let bytes = SecretBytes(count: byteCount) { storage in
            for place in stride(from: 0, to: storage.count, by: 8) {
                storage.storeBytes(of: generator.next(), toByteOffset: place, as: UInt64.self)
            }
        }
        return try MasterKey(bytes)
    }

    /// As it stands in the file and in the environment.
    package var base64: String { bytes.withBytes { Base64.encode(Array($0)) } }

    /// The beginning of SHA-256 over a label and the key: the label keeps it apart from any other
    /// hash of the key.
    private static func name(_ key: SecretBytes) -> String {
        var text = Array("boreal master key id\n".utf8)
        key.withBytes { text.append(contentsOf: $0) }
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        SHA256(text, text.count, &digest)
        OPENSSL_cleanse(&text, text.count)
        let digits = Array("0123456789abcdef".utf8)
        let name = digest.prefix(8).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: name, as: UTF8.self)
    }
}
