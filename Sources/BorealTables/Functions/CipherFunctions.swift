import BorealBase
import BorealSQLite
import COpenSSL
import CZlib

/// Encryption, random bytes and compression.
extension FunctionRegistry {
    /// Registers them. The mode of AES is that of the session when the statement runs.
    func addCiphers() throws(SQLiteError) {
        let context = context
        for (name, isEncryption) in [("aes_encrypt", true), ("aes_decrypt", false)] {
            try add("b_\(name)") { call in
                guard let cipher = BlockCipher(context.blockMode) else {
                    return context.fail(call, .wrongArguments(name))
                }
                var vector: [UInt8] = []
                if cipher.needsVector {
                    guard call.count > 2 else {
                        return context.fail(call, .wrongParameterCount(name))
                    }
                    vector = Array(call.bytes(2))
                    guard vector.count >= BlockCipher.blockBytes else {
                        return context.fail(call, .vectorTooShort(name))
                    }
                }
                let text = Array(call.bytes(0))
                let key = cipher.folded(Array(call.bytes(1)))
                let answer =
                    isEncryption
                    ? cipher.encrypt(text, key: key, vector: vector)
                    : cipher.decrypt(text, key: key, vector: vector)
                guard let answer else { return call.resultNull() }
                call.result(answer)
            }
        }
        try add("b_random_bytes", 1, isDeterministic: false) { call in
            let count = call.int(0)
            guard (1...1_024).contains(count) else {
                let error = TableError.valueOutOfRange(type: "length", expression: "random_bytes")
                return context.fail(call, error)
            }
            call.result((0..<count).map { _ in UInt8.random(in: 0...255) })
        }
        try addCompression()
    }

    /// COMPRESS and its opposites. What is no stream is NULL with a warning, never an error.
    private func addCompression() throws(SQLiteError) {
        let context = context
        try add("b_compress", 1) { call in
            let bytes = call.bytes(0)
            guard !bytes.isEmpty else { return call.result([UInt8]()) }
            guard let packed = Compression.pack(bytes) else { return call.resultNull() }
            call.result(packed)
        }
        try add("b_uncompress", 1) { call in
            let bytes = call.bytes(0)
            guard !bytes.isEmpty else { return call.result([UInt8]()) }
            guard bytes.count > 4 else {
                context.warn(.compressedDataCorrupt)
                return call.resultNull()
            }
            guard Compression.length(bytes) <= TableLimits.textBytesMax else {
                context.warn(.uncompressedTooLarge(TableLimits.textBytesMax))
                return call.resultNull()
            }
            guard let plain = Compression.unpack(bytes) else {
                context.warn(.compressedDataCorrupt)
                return call.resultNull()
            }
            call.result(plain)
        }
        try add("b_uncompressed_length", 1) { call in
            let bytes = call.bytes(0)
            guard !bytes.isEmpty else { return call.result(Int64(0)) }
            guard bytes.count > 4 else { return call.resultNull() }
            call.result(Int64(Compression.length(bytes)))
        }
    }
}

/// What COMPRESS makes: four bytes of length, least significant first, then zlib's stream
/// (RFC 1950), and a point when that would end in a blank.
private enum Compression {
    /// Length and stream of some bytes, which are not empty.
    static func pack(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
        var size = compressBound(UInt(bytes.count))
        var packed = [UInt8](repeating: 0, count: Int(size))
        let source = bytes.assumingMemoryBound(to: UInt8.self).baseAddress
        guard compress(&packed, &size, source, UInt(bytes.count)) == Z_OK else { return nil }
        let head = [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: bytes.count >> $0) }
        let body = packed[..<Int(size)]
        return head + body + (body.last == 0x20 ? [0x2E] : [])
    }

    /// What the first four bytes say about the length of the original.
    static func length(_ bytes: UnsafeRawBufferPointer) -> Int {
        // The two highest bits are flags.
        (0..<4).reduce(0) { $0 | Int(bytes[$1]) << ($1 * 8) } & 0x3FFF_FFFF
    }

    /// The original; nil when the stream is broken or does not give what its length promises.
    static func unpack(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
        var size = UInt(length(bytes))
        var plain = [UInt8](repeating: 0, count: Int(size))
        let body = UnsafeRawBufferPointer(rebasing: bytes[4...])
        let source = body.assumingMemoryBound(to: UInt8.self).baseAddress
        guard uncompress(&plain, &size, source, UInt(body.count)) == Z_OK else { return nil }
        return Array(plain[..<Int(size)])
    }
}

/// AES as `block_encryption_mode` names it: `aes-128-ecb` and its like.
struct BlockCipher {
    /// Bytes of a block, and of an initialisation vector.
    static let blockBytes = 16

    /// The name in OpenSSL.
    private let name: String
    /// Bytes of a key: 16, 24 or 32.
    private let keyBytes: Int
    /// True for every mode but ECB.
    let needsVector: Bool

    /// OpenSSL's names by MySQL's.
    private static let modes = [
        "ecb": "ECB", "cbc": "CBC", "cfb1": "CFB1", "cfb8": "CFB8", "cfb128": "CFB", "ofb": "OFB",
    ]

    /// Nil for a mode that MySQL does not have.
    init?(_ mode: String) {
        let parts = mode.lowercased().split(separator: "-")
        guard parts.count == 3, parts[0] == "aes", let bits = Int(parts[1]),
            [128, 192, 256].contains(bits), let word = Self.modes[String(parts[2])]
        else { return nil }
        name = "AES-\(bits)-\(word)"
        keyBytes = bits / 8
        needsVector = word != "ECB"
    }

    /// A key of any length, folded to the cipher's by exclusive or, as MySQL does.
    func folded(_ key: [UInt8]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: keyBytes)
        for (index, byte) in key.enumerated() { result[index % keyBytes] ^= byte }
        return result
    }

    /// Padded by PKCS 7 where the mode works in blocks.
    func encrypt(_ text: [UInt8], key: [UInt8], vector: [UInt8]) -> [UInt8]? {
        run(text, key, vector, isEncryption: true)
    }

    /// Nil for what this key did not encrypt.
    func decrypt(_ text: [UInt8], key: [UInt8], vector: [UInt8]) -> [UInt8]? {
        run(text, key, vector, isEncryption: false)
    }

    /// Both directions: OpenSSL takes the same calls for either.
    private func run(
        _ text: [UInt8],
        _ key: [UInt8],
        _ vector: [UInt8],
        isEncryption: Bool
    ) -> [UInt8]? {
        guard let cipher = EVP_CIPHER_fetch(nil, name, nil) else { return nil }
        defer { EVP_CIPHER_free(cipher) }
        guard let context = EVP_CIPHER_CTX_new() else { return nil }
        defer { EVP_CIPHER_CTX_free(context) }
        let iv = needsVector ? Array(vector.prefix(Self.blockBytes)) : nil
        guard EVP_CipherInit_ex(context, cipher, nil, key, iv, isEncryption ? 1 : 0) == 1 else {
            return nil
        }
        var result = [UInt8](repeating: 0, count: text.count + Self.blockBytes)
        var count: Int32 = 0
        var tail: Int32 = 0
        let isDone = result.withUnsafeMutableBufferPointer { out in
            guard let start = out.baseAddress,
                EVP_CipherUpdate(context, start, &count, text, Int32(clamping: text.count)) == 1
            else { return false }
            return EVP_CipherFinal_ex(context, start + Int(count), &tail) == 1
        }
        // Of no interest: the answer is NULL, whatever OpenSSL's reason.
        guard isDone else {
            ERR_clear_error()
            return nil
        }
        return Array(result[..<Int(count + tail)])
    }
}
