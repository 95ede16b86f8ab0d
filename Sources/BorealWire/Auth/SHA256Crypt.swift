/// Ulrich Drepper's SHA-256 crypt ("Unix crypt using SHA-256 and SHA-512", version 0.6), which
/// caching_sha2_password stores, with MySQL's salts of 20 bytes where the original has 16 at most.
enum SHA256Crypt {
    /// Characters of a digest.
    static let digestCharacters = 43

    /// The 43 characters that stand behind the salt. Steps are numbered as in the specification.
    ///
    /// - Parameters:
    ///   - password: at most `WireLimits.passwordBytesMax`; the cost grows with its length.
    ///   - rounds: each costs one SHA-256, some 0.3 microseconds.
    static func digest(
        password: [UInt8],
        salt: [UInt8],
        rounds: Int
    ) throws(WireError) -> [UInt8] {
        let hash = try MessageDigest(.sha256)
        // Steps 4 to 8: digest B.
        hash.update(password)
        hash.update(salt)
        hash.update(password)
        let second = hash.finish()
        // Steps 1 to 3 and 9 to 12: digest A.
        hash.update(password)
        hash.update(salt)
        hash.update(repeated(second, count: password.count))
        var bits = password.count
        while bits > 0 {
            hash.update(bits & 1 == 1 ? second : password)
            bits >>= 1
        }
        var result = hash.finish()
        // Steps 13 to 16: sequence P.
        for _ in password { hash.update(password) }
        let passwordBytes = repeated(hash.finish(), count: password.count)
        // Steps 17 to 20: sequence S.
        for _ in 0..<16 + Int(result[0]) { hash.update(salt) }
        let saltBytes = repeated(hash.finish(), count: salt.count)
        // Step 21.
        for round in 0..<rounds {
            hash.update(round & 1 == 1 ? passwordBytes : result)
            if round % 3 != 0 { hash.update(saltBytes) }
            if round % 7 != 0 { hash.update(passwordBytes) }
            hash.update(round & 1 == 1 ? result : passwordBytes)
            result = hash.finish()
        }
        return encode(result)
    }

    /// `bytes` again and again, cut to `count`.
    private static func repeated(_ bytes: [UInt8], count: Int) -> [UInt8] {
        (0..<count).map { bytes[$0 % bytes.count] }
    }

    /// Step 22: three bytes at a time, ten apart and rotating, as four characters, low bits first.
    private static func encode(_ digest: [UInt8]) -> [UInt8] {
        let alphabet = Array(
            "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8
        )
        var text: [UInt8] = []
        func append(_ high: UInt8, _ middle: UInt8, _ low: UInt8, _ characters: Int) {
            var bits = Int(high) << 16 | Int(middle) << 8 | Int(low)
            for _ in 0..<characters {
                text.append(alphabet[bits & 63])
                bits >>= 6
            }
        }
        var places = (0, 10, 20)
        for _ in 0..<10 {
            append(digest[places.0], digest[places.1], digest[places.2], 4)
            places = (places.2 + 1, places.0 + 1, places.1 + 1)
        }
        append(0, digest[31], digest[30], 3)
        return text
    }
}
