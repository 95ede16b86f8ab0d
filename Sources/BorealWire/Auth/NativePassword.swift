/// `mysql_native_password` (the manual's "Native Authentication").
///
/// The client sends `SHA1(password) XOR SHA1(nonce + SHA1(SHA1(password)))`; the server keeps
/// `SHA1(SHA1(password))` and recovers what it can hash once more.
public enum NativePassword {
    /// What the server stores: `SHA1(SHA1(password))`, 20 bytes.
    public struct Verifier: Equatable, Sendable {
        /// 20 bytes.
        public let bytes: [UInt8]

        /// - Throws: `malformedKey` unless there are 20 bytes.
        public init(bytes: [UInt8]) throws(WireError) {
            guard bytes.count == NativePassword.byteCount else {
                throw .malformedKey("mysql_native_password verifier")
            }
            self.bytes = bytes
        }

        /// The verifier of a password that is not empty.
        public init(password: String) throws(WireError) {
            let once = try MessageDigest.digest(.sha1, Array(password.utf8))
            bytes = try MessageDigest.digest(.sha1, once)
        }

        /// Reads MySQL's text form, `*` and 40 hexadecimal digits.
        public init(text: String) throws(WireError) {
            let digits = Array(text.utf8)
            guard digits.count == 41, digits[0] == UInt8(ascii: "*") else {
                throw .malformedKey("mysql_native_password verifier")
            }
            var bytes: [UInt8] = []
            for i in stride(from: 1, to: 41, by: 2) {
                guard let high = Hexadecimal.value(digits[i]),
                    let low = Hexadecimal.value(digits[i + 1])
                else { throw .malformedKey("mysql_native_password verifier") }
                bytes.append(high << 4 | low)
            }
            self.bytes = bytes
        }

        /// MySQL's text form, `*` and 40 upper-case hexadecimal digits.
        public var text: String { "*" + Hexadecimal.upperCase(bytes) }
    }

    /// Bytes of verifier and scramble.
    static let byteCount = 20

    /// True when `scramble` is the answer to `nonce` of someone who knows the password.
    public static func check(
        scramble: [UInt8],
        nonce: [UInt8],
        verifier: Verifier
    ) throws(WireError) -> Bool {
        guard scramble.count == byteCount else { return false }
        let mask = try MessageDigest.digest(.sha1, nonce, verifier.bytes)
        let once = SecretBytes.xor(scramble, repeating: mask)
        return SecretBytes.areEqual(try MessageDigest.digest(.sha1, once), verifier.bytes)
    }

    /// The answer to `nonce`, as a client computes it; empty for an empty password.
    public static func scramble(password: String, nonce: [UInt8]) throws(WireError) -> [UInt8] {
        guard !password.isEmpty else { return [] }
        let once = try MessageDigest.digest(.sha1, Array(password.utf8))
        let verifier = try MessageDigest.digest(.sha1, once)
        return SecretBytes.xor(once, repeating: try MessageDigest.digest(.sha1, nonce, verifier))
    }
}

/// Bytes as pairs of digits.
enum Hexadecimal {
    /// The value of one digit of either case.
    static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    /// Two upper-case digits a byte.
    static func upperCase(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        let text = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }
}
