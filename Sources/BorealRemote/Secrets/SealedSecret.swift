import BorealHTTP
import COpenSSL

/// A secret as it is stored: AES-256-GCM (NIST SP 800-38D) under the master key, with a random
/// nonce of 96 bits. The model and the field that it belongs to are authenticated with it, so that
/// a secret which is moved to another model does not open.
package struct SealedSecret: Equatable, Sendable {
    /// Which key opens it.
    package let keyID: String
    /// Nonce (12), ciphertext, tag (16).
    private let bytes: [UInt8]

    private static let form = "boreal1"
    private static let nonceCount = 12
    private static let tagCount = 16

    /// Bytes of a secret.
    package static let secretBytesMax = 16 << 10

    /// `boreal1:<key id>:<base64>`
    package var text: String { "\(Self.form):\(keyID):\(Base64.encode(bytes))" }

    /// - Throws: `RemoteModelError` CONFIG for what is no stored secret.
    package init(text: String) throws(RemoteModelError) {
        var text = text
        let parts = text.withUTF8 { bytes -> (keyID: String, bytes: [UInt8])? in
            let colon = UInt8(ascii: ":")
            guard let first = bytes.firstIndex(of: colon),
                let second = bytes[(first + 1)...].firstIndex(of: colon),
                bytes[..<first].elementsEqual(Self.form.utf8),
                let sealed = Base64.decode(UnsafeBufferPointer(rebasing: bytes[(second + 1)...]))
            else { return nil }
            return (String(decoding: bytes[(first + 1)..<second], as: UTF8.self), sealed)
        }
        guard let parts, parts.bytes.count >= Self.nonceCount + Self.tagCount else {
            throw RemoteModelError(.config, "a stored secret is damaged")
        }
        (keyID, bytes) = parts
    }

    /// Seals a secret.
    ///
    /// - Parameters:
    ///   - model: the id of the model that it belongs to, which never changes.
    ///   - field: what the secret is of the model, such as `token`.
    /// - Throws: `RemoteModelError` CONFIG for a secret beyond `secretBytesMax`.
    package init(
        _ secret: SecretBytes,
        model: String,
        field: String,
        key: MasterKey
    ) throws(RemoteModelError) {
        guard secret.count <= Self.secretBytesMax else {
            throw RemoteModelError(.config, "a key is longer than \(Self.secretBytesMax) bytes")
        }
        var nonce = [UInt8](repeating: 0, count: Self.nonceCount)
        var tag = [UInt8](repeating: 0, count: Self.tagCount)
        var output = [UInt8](repeating: 0, count: secret.count)
        let isSealed = Self.withCipher(key, model, field) { cipher, key, label in
            guard RAND_bytes(&nonce, Int32(nonce.count)) == 1,
                EVP_EncryptInit_ex(cipher, EVP_aes_256_gcm(), nil, key, nonce) == 1
            else { return false }
            var count: Int32 = 0
            guard EVP_EncryptUpdate(cipher, nil, &count, label, Int32(label.count)) == 1 else {
                return false
            }
            let isWritten = secret.withBytes { bytes in
                EVP_EncryptUpdate(
                    cipher,
                    &output,
                    &count,
                    bytes.bindMemory(to: UInt8.self).baseAddress,
                    Int32(bytes.count)
                ) == 1
            }
            var last = [UInt8](repeating: 0, count: Self.tagCount)
            return isWritten && EVP_EncryptFinal_ex(cipher, &last, &count) == 1
                && EVP_CIPHER_CTX_ctrl(
                    cipher,
                    EVP_CTRL_AEAD_GET_TAG,
                    Int32(tag.count),
                    &tag
                ) == 1
        }
        guard isSealed else { throw RemoteModelError(.config, "OpenSSL refuses to encrypt") }
        keyID = key.id
        bytes = nonce + output + tag
    }

    /// The secret, where key, model and field are those that it was sealed with.
    ///
    /// - Returns: nil for another key or a changed byte.
    package func opened(model: String, field: String, key: MasterKey) -> SecretBytes? {
        guard key.id == keyID else { return nil }
        let nonce = Array(bytes[..<Self.nonceCount])
        let input = Array(bytes[Self.nonceCount..<bytes.count - Self.tagCount])
        var tag = Array(bytes[(bytes.count - Self.tagCount)...])
        var isWhole = false
        let secret = SecretBytes(count: input.count) { storage in
            isWhole = Self.withCipher(key, model, field) { cipher, key, label in
                var count: Int32 = 0
                var last = [UInt8](repeating: 0, count: Self.tagCount)
                return EVP_DecryptInit_ex(cipher, EVP_aes_256_gcm(), nil, key, nonce) == 1
                    && EVP_DecryptUpdate(cipher, nil, &count, label, Int32(label.count)) == 1
                    && EVP_DecryptUpdate(
                        cipher,
                        storage.bindMemory(to: UInt8.self).baseAddress,
                        &count,
                        input,
                        Int32(input.count)
                    ) == 1
                    && EVP_CIPHER_CTX_ctrl(
                        cipher,
                        EVP_CTRL_AEAD_SET_TAG,
                        Int32(tag.count),
                        &tag
                    ) == 1
                    && EVP_DecryptFinal_ex(cipher, &last, &count) == 1
            }
        }
        return isWhole ? secret : nil
    }

    /// Lends a cipher's state, the key and what is authenticated beside the secret.
    private static func withCipher(
        _ key: MasterKey,
        _ model: String,
        _ field: String,
        _ body: (OpaquePointer, UnsafePointer<UInt8>?, [UInt8]) -> Bool
    ) -> Bool {
        guard let cipher = EVP_CIPHER_CTX_new() else { return false }
        defer { EVP_CIPHER_CTX_free(cipher) }
        // No text holds a NUL: the two cannot be cut elsewhere.
        let label = Array(model.utf8) + [0] + Array(field.utf8)
        let isDone = key.bytes.withBytes {
            body(cipher, $0.bindMemory(to: UInt8.self).baseAddress, label)
        }
        if !isDone { ERR_clear_error() }
        return isDone
    }
}
