/// MD5 (RFC 1321), SHA-1 and SHA-2 (FIPS 180-4), for the SQL functions of these names. Not used for
/// anything that must be secret.
enum Digest {
    static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes of an even number of hexadecimal digits; nil when they are none.
    static func bytes(hex digits: ArraySlice<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        var rest = digits
        while let first = rest.popFirst() {
            guard let second = rest.popFirst(), let high = hexDigit(first),
                let low = hexDigit(second)
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }

    /// The message, a 1 bit, zeros, and its length in bits in `lengthBytes` bytes.
    private static func padded(
        _ message: UnsafeRawBufferPointer,
        block: Int,
        lengthBytes: Int,
        isBigEndian: Bool
    ) -> [UInt8] {
        var bytes = Array(message)
        bytes.append(0x80)
        while bytes.count % block != block - lengthBytes { bytes.append(0) }
        let bits = UInt64(message.count) * 8
        for index in 0..<lengthBytes {
            let place = isBigEndian ? lengthBytes - 1 - index : index
            bytes.append(place < 8 ? UInt8(truncatingIfNeeded: bits >> UInt64(place * 8)) : 0)
        }
        return bytes
    }

    // MARK: - MD5

    private static let md5Shifts: [UInt32] = [
        7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21,
    ]

    /// `floor(2^32 * |sin(i + 1)|)`.
    private static let md5Sines: [UInt32] = [
        0xD76A_A478, 0xE8C7_B756, 0x2420_70DB, 0xC1BD_CEEE, 0xF57C_0FAF, 0x4787_C62A, 0xA830_4613,
        0xFD46_9501, 0x6980_98D8, 0x8B44_F7AF, 0xFFFF_5BB1, 0x895C_D7BE, 0x6B90_1122, 0xFD98_7193,
        0xA679_438E, 0x49B4_0821, 0xF61E_2562, 0xC040_B340, 0x265E_5A51, 0xE9B6_C7AA, 0xD62F_105D,
        0x0244_1453, 0xD8A1_E681, 0xE7D3_FBC8, 0x21E1_CDE6, 0xC337_07D6, 0xF4D5_0D87, 0x455A_14ED,
        0xA9E3_E905, 0xFCEF_A3F8, 0x676F_02D9, 0x8D2A_4C8A, 0xFFFA_3942, 0x8771_F681, 0x6D9D_6122,
        0xFDE5_380C, 0xA4BE_EA44, 0x4BDE_CFA9, 0xF6BB_4B60, 0xBEBF_BC70, 0x289B_7EC6, 0xEAA1_27FA,
        0xD4EF_3085, 0x0488_1D05, 0xD9D4_D039, 0xE6DB_99E5, 0x1FA2_7CF8, 0xC4AC_5665, 0xF429_2244,
        0x432A_FF97, 0xAB94_23A7, 0xFC93_A039, 0x655B_59C3, 0x8F0C_CC92, 0xFFEF_F47D, 0x8584_5DD1,
        0x6FA8_7E4F, 0xFE2C_E6E0, 0xA301_4314, 0x4E08_11A1, 0xF753_7E82, 0xBD3A_F235, 0x2AD7_D2BB,
        0xEB86_D391,
    ]

    static func md5(_ message: UnsafeRawBufferPointer) -> [UInt8] {
        let bytes = padded(message, block: 64, lengthBytes: 8, isBigEndian: false)
        var state: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476]
        for start in stride(from: 0, to: bytes.count, by: 64) {
            let words = (0..<16).map { index in
                (0..<4).reduce(UInt32(0)) {
                    $0 | UInt32(bytes[start + index * 4 + $1]) << UInt32($1 * 8)
                }
            }
            md5Block(&state, words)
        }
        return state.flatMap { word in
            (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32($0 * 8)) }
        }
    }

    private static func md5Block(_ state: inout [UInt32], _ words: [UInt32]) {
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        for i in 0..<64 {
            let mixed: UInt32
            let index: Int
            switch i / 16 {
            case 0: (mixed, index) = ((b & c) | (~b & d), i)
            case 1: (mixed, index) = ((d & b) | (~d & c), (5 * i + 1) % 16)
            case 2: (mixed, index) = (b ^ c ^ d, (3 * i + 5) % 16)
            default: (mixed, index) = (c ^ (b | ~d), 7 * i % 16)
            }
            let sum = a &+ mixed &+ md5Sines[i] &+ words[index]
            let shift = md5Shifts[i / 16 * 4 + i % 4]
            (a, d, c) = (d, c, b)
            b = b &+ (sum << shift | sum >> (32 - shift))
        }
        state = [state[0] &+ a, state[1] &+ b, state[2] &+ c, state[3] &+ d]
    }

    // MARK: - SHA

    static func sha1(_ message: UnsafeRawBufferPointer) -> [UInt8] {
        let bytes = padded(message, block: 64, lengthBytes: 8, isBigEndian: true)
        var state: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0]
        for start in stride(from: 0, to: bytes.count, by: 64) {
            var words = words32(bytes, start)
            for i in 16..<80 {
                let mixed = words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16]
                words.append(mixed << 1 | mixed >> 31)
            }
            var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
            for i in 0..<80 {
                let (f, k): (UInt32, UInt32) =
                    switch i / 20 {
                    case 0: ((b & c) | (~b & d), 0x5A82_7999)
                    case 1: (b ^ c ^ d, 0x6ED9_EBA1)
                    case 2: ((b & c) | (b & d) | (c & d), 0x8F1B_BCDC)
                    default: (b ^ c ^ d, 0xCA62_C1D6)
                    }
                let next = (a << 5 | a >> 27) &+ f &+ e &+ k &+ words[i]
                (e, d, c, b, a) = (d, c, b << 30 | b >> 2, a, next)
            }
            for (i, value) in [a, b, c, d, e].enumerated() { state[i] = state[i] &+ value }
        }
        return bigEndian(state)
    }

    private static func words32(_ bytes: [UInt8], _ start: Int) -> [UInt32] {
        (0..<16).map { index in
            (0..<4).reduce(UInt32(0)) { $0 << 8 | UInt32(bytes[start + index * 4 + $1]) }
        }
    }

    private static func bigEndian<Word: FixedWidthInteger>(_ words: [Word]) -> [UInt8] {
        words.flatMap { word in
            stride(from: Word.bitWidth - 8, through: 0, by: -8).map {
                UInt8(truncatingIfNeeded: word >> Word($0))
            }
        }
    }

    /// SHA-2 of 224, 256, 384 or 512 bits; nil for another length.
    static func sha2(_ message: UnsafeRawBufferPointer, bits: Int) -> [UInt8]? {
        switch bits {
        case 0, 256: sha256(message, SHA2Constants.initial256)
        case 224: Array(sha256(message, SHA2Constants.initial224).prefix(28))
        case 512: sha512(message, SHA2Constants.initial512)
        case 384: Array(sha512(message, SHA2Constants.initial384).prefix(48))
        default: nil
        }
    }

    private static func rotate<Word: FixedWidthInteger>(_ word: Word, _ count: Int) -> Word {
        word >> Word(count) | word << Word(Word.bitWidth - count)
    }

    private static func sha256(_ message: UnsafeRawBufferPointer, _ initial: [UInt32]) -> [UInt8] {
        let bytes = padded(message, block: 64, lengthBytes: 8, isBigEndian: true)
        let constants = SHA2Constants.rounds.prefix(64).map { UInt32(truncatingIfNeeded: $0 >> 32) }
        var state = initial
        for start in stride(from: 0, to: bytes.count, by: 64) {
            compress(&state, words32(bytes, start), constants, (2, 13, 22), (6, 11, 25)) {
                words,
                i in
                let x = words[i - 15]
                let y = words[i - 2]
                let low = rotate(x, 7) ^ rotate(x, 18) ^ (x >> 3)
                let high = rotate(y, 17) ^ rotate(y, 19) ^ (y >> 10)
                return words[i - 16] &+ low &+ words[i - 7] &+ high
            }
        }
        return bigEndian(state)
    }

    private static func sha512(_ message: UnsafeRawBufferPointer, _ initial: [UInt64]) -> [UInt8] {
        let bytes = padded(message, block: 128, lengthBytes: 16, isBigEndian: true)
        var state = initial
        for start in stride(from: 0, to: bytes.count, by: 128) {
            let words = (0..<16).map { index in
                (0..<8).reduce(UInt64(0)) { $0 << 8 | UInt64(bytes[start + index * 8 + $1]) }
            }
            compress(&state, words, SHA2Constants.rounds, (28, 34, 39), (14, 18, 41)) { words, i in
                let x = words[i - 15]
                let y = words[i - 2]
                let low = rotate(x, 1) ^ rotate(x, 8) ^ (x >> 7)
                let high = rotate(y, 19) ^ rotate(y, 61) ^ (y >> 6)
                return words[i - 16] &+ low &+ words[i - 7] &+ high
            }
        }
        return bigEndian(state)
    }

    private static func compress<Word: FixedWidthInteger>(
        _ state: inout [Word],
        _ block: [Word],
        _ constants: [Word],
        _ upper: (Int, Int, Int),
        _ lower: (Int, Int, Int),
        _ schedule: ([Word], Int) -> Word
    ) {
        var words = block
        for i in 16..<constants.count { words.append(schedule(words, i)) }
        var v = state
        for i in 0..<constants.count {
            let s1 = rotate(v[4], lower.0) ^ rotate(v[4], lower.1) ^ rotate(v[4], lower.2)
            let choice = (v[4] & v[5]) ^ (~v[4] & v[6])
            let first = v[7] &+ s1 &+ choice &+ constants[i] &+ words[i]
            let s0 = rotate(v[0], upper.0) ^ rotate(v[0], upper.1) ^ rotate(v[0], upper.2)
            let majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2])
            v = [first &+ s0 &+ majority, v[0], v[1], v[2], v[3] &+ first, v[4], v[5], v[6]]
        }
        for i in 0..<8 { state[i] = state[i] &+ v[i] }
    }

    // MARK: - CRC

    /// CRC-32 as zlib has it (polynomial 0xEDB88320, reflected).
    static func crc32(_ message: UnsafeRawBufferPointer) -> UInt32 {
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in message {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        return ~crc
    }
}
