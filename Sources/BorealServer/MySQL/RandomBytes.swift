import BorealBase

/// Random bytes from the system.
enum RandomBytes {
    /// 20 bytes without a zero: the challenge of a login.
    static func nonce() -> [UInt8] {
        var nonce: [UInt8] = []
        nonce.reserveCapacity(20)
        var random = SystemRandomNumberGenerator()
        while nonce.count < 20 {
            // Each call asks the system, for eight bytes. A byte that is zero is left out.
            withUnsafeBytes(of: random.next()) { bytes in
                for byte in bytes where byte != 0 && nonce.count < 20 { nonce.append(byte) }
            }
        }
        return nonce
    }

    /// A password of 24 letters and digits: 142 bits.
    static func password() -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        var random = SystemRandomNumberGenerator()
        return String((0..<24).map { _ in alphabet[Int.random(in: 0..<62, using: &random)] })
    }
}
