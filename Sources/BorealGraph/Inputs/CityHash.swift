/// CityHash64 of version 1.0.0, whose lower half is what CatBoost calls a category.
///
/// It is kept here because later versions of the function answer otherwise. Up to 16, 32 and 64
/// bytes each have a way of their own; longer ones are taken 64 bytes at a time, the last of which
/// may overlap those before. Hashes are names, not secrets: whoever chooses texts can make two of
/// them the same category, in the library as here.
public enum CityHash {
    private static let k0: UInt64 = 0xC3A5_C85C_97CB_3127
    private static let k1: UInt64 = 0xB492_B66F_BE98_F273
    private static let k2: UInt64 = 0x9AE1_6A3B_2F90_404F
    private static let k3: UInt64 = 0xC949_D7C7_509E_6557

    /// CatBoost's hash of a category: the lower 32 bits.
    public static func category(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        UInt32(truncatingIfNeeded: hash64(bytes))
    }

    /// CatBoost's hash of a category given as text.
    public static func category(_ text: String) -> UInt32 {
        var text = text
        return text.withUTF8 { category(UnsafeRawBufferPointer($0)) }
    }

    /// The hash of bytes.
    public static func hash64(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        let s = Words(bytes: bytes)
        switch bytes.count {
        case 0...16: return upTo16(s)
        case 17...32: return upTo32(s)
        case 33...64: return upTo64(s)
        default: return long(s)
        }
    }

    /// Little-endian words at any offset.
    private struct Words {
        let bytes: UnsafeRawBufferPointer
        var count: Int { bytes.count }

        subscript(_ offset: Int) -> UInt64 {
            UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }

        func half(_ offset: Int) -> UInt64 {
            UInt64(
                UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            )
        }
    }

    private static func rotate(_ x: UInt64, _ shift: UInt64) -> UInt64 {
        x &>> shift | x &<< (64 &- shift)
    }

    private static func shiftMix(_ x: UInt64) -> UInt64 { x ^ x >> 47 }

    private static func mix(_ low: UInt64, _ high: UInt64) -> UInt64 {
        let factor: UInt64 = 0x9DDF_EA08_EB38_2D69
        let a = shiftMix((low ^ high) &* factor)
        return shiftMix((high ^ a) &* factor) &* factor
    }

    private static func upTo16(_ s: Words) -> UInt64 {
        let length = UInt64(s.count)
        if s.count > 8 {
            let a = s[0]
            let b = s[s.count - 8]
            return mix(a, rotate(b &+ length, length)) ^ b
        }
        if s.count >= 4 { return mix(length &+ s.half(0) << 3, s.half(s.count - 4)) }
        guard s.count > 0 else { return k2 }
        let y = UInt64(s.bytes[0]) + UInt64(s.bytes[s.count >> 1]) << 8
        let z = length + UInt64(s.bytes[s.count - 1]) << 2
        return shiftMix(y &* k2 ^ z &* k3) &* k2
    }

    private static func upTo32(_ s: Words) -> UInt64 {
        let a = s[0] &* k1
        let b = s[8]
        let c = s[s.count - 8] &* k2
        let d = s[s.count - 16] &* k0
        return mix(
            rotate(a &- b, 43) &+ rotate(c, 30) &+ d,
            a &+ rotate(b ^ k3, 20) &- c &+ UInt64(s.count)
        )
    }

    /// Two sums of 32 bytes at an offset, which a loop goes on with.
    private static func weak(
        _ s: Words,
        _ offset: Int,
        _ first: UInt64,
        _ second: UInt64
    ) -> (UInt64, UInt64) {
        let z = s[offset + 24]
        var a = first &+ s[offset]
        var b = rotate(second &+ a &+ z, 21)
        let c = a
        a = a &+ s[offset + 8] &+ s[offset + 16]
        b = b &+ rotate(a, 44)
        return (a &+ z, b &+ c)
    }

    private static func upTo64(_ s: Words) -> UInt64 {
        let n = s.count
        func half(_ start: Int, _ z: UInt64, _ a: UInt64, _ step: Int) -> (UInt64, UInt64) {
            var a = a
            let b = rotate(a &+ z, 52)
            var c = rotate(a, 37)
            a = a &+ s[start]
            c = c &+ rotate(a, 7)
            a = a &+ s[start + step]
            return (a &+ z, b &+ rotate(a, 31) &+ c)
        }
        let v = half(8, s[24], s[0] &+ (UInt64(n) &+ s[n - 16]) &* k0, 8)
        let w = half(n - 24, s[n - 8], s[16] &+ s[n - 32], 8)
        let r = shiftMix((v.0 &+ w.1) &* k2 &+ (w.0 &+ v.1) &* k0)
        return shiftMix(r &* k0 &+ v.1) &* k2
    }

    private static func long(_ s: Words) -> UInt64 {
        let n = s.count
        var x = s[0]
        var y = s[n - 16] ^ k1
        var z = s[n - 56] ^ k0
        var v = weak(s, n - 64, UInt64(n), y)
        var w = weak(s, n - 32, UInt64(n) &* k1, k0)
        z = z &+ shiftMix(v.1) &* k1
        x = rotate(z &+ x, 39) &* k1
        y = rotate(y, 33) &* k1
        for offset in stride(from: 0, to: (n - 1) & ~63, by: 64) {
            x = rotate(x &+ y &+ v.0 &+ s[offset + 16], 37) &* k1
            y = rotate(y &+ v.1 &+ s[offset + 48], 42) &* k1
            x ^= w.1
            y ^= v.0
            z = rotate(z ^ w.0, 33)
            v = weak(s, offset, v.1 &* k1, x &+ w.0)
            w = weak(s, offset + 32, z &+ w.1, y)
            swap(&z, &x)
        }
        return mix(
            mix(v.0, w.0) &+ shiftMix(y) &* k1 &+ z,
            mix(v.1, w.1) &+ x
        )
    }
}
