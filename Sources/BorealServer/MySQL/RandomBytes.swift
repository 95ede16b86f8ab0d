import BorealBase

/// Random bytes from the system.
enum RandomBytes {
    /// 20 bytes without a zero: the challenge of a login.
    static func nonce() -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        return (0..<20).map { _ in UInt8.random(in: 1...255, using: &random) }
    }

    /// A password of 24 letters and digits: 142 bits.
    static func password() -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        var random = SystemRandomNumberGenerator()
        return String((0..<24).map { _ in alphabet[Int.random(in: 0..<62, using: &random)] })
    }
}
