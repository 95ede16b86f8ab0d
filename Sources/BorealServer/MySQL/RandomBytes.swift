import BorealBase
import Glibc

/// Random bytes from the system.
enum RandomBytes {
    /// 20 bytes without a zero: the challenge of a login.
    static func nonce() -> [UInt8] {
        var nonce: [UInt8] = []
        nonce.reserveCapacity(20)
        while nonce.count < 20 {
            // More than needed, asked for at once: a byte that is zero is left out.
            withUnsafeTemporaryAllocation(byteCount: 32, alignment: 1) { bytes in
                fill(bytes)
                for byte in bytes where byte != 0 && nonce.count < 20 { nonce.append(byte) }
            }
        }
        return nonce
    }

    /// One call of the system where the generator would make one for each eight bytes.
    private static func fill(_ bytes: UnsafeMutableRawBufferPointer) {
        guard getentropy(bytes.baseAddress, bytes.count) != 0 else { return }
        // A kernel without that call; the generator has other ways.
        var random = SystemRandomNumberGenerator()
        for index in bytes.indices { bytes[index] = UInt8.random(in: 0...255, using: &random) }
    }

    /// A password of 24 letters and digits: 142 bits.
    static func password() -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        var random = SystemRandomNumberGenerator()
        return String((0..<24).map { _ in alphabet[Int.random(in: 0..<62, using: &random)] })
    }
}
