/// Exponential and logarithm in plain arithmetic: the C library's differ in their last bits between
/// machines (they choose code by the processor), and one bit in a gradient can grow another tree.
package enum ExactMath {
    private static let log2e = 1.442_695_040_888_963_4
    /// ln 2 in two parts, the first with zeros at its end so that multiples of it are exact.
    private static let ln2High = 6.931_471_803_691_238_2e-1
    private static let ln2Low = 1.908_214_929_270_587_7e-10

    /// e to the power of `x`, to about one unit in the last place; 0 below -745, infinity above
    /// 709.7.
    ///
    /// Reduction to |r| <= ln 2 / 2 and the Taylor series to the 13th power.
    package static func exp(_ x: Double) -> Double {
        guard x > -745.2 else { return x.isNaN ? x : 0 }
        guard x < 709.8 else { return .infinity }
        let n = (x * log2e).rounded(.toNearestOrEven)
        let r = (x - n * ln2High) - n * ln2Low
        var sum = 1.0 / 6_227_020_800.0
        sum = sum * r + 1.0 / 479_001_600.0
        sum = sum * r + 1.0 / 39_916_800.0
        sum = sum * r + 1.0 / 3_628_800.0
        sum = sum * r + 1.0 / 362_880.0
        sum = sum * r + 1.0 / 40_320.0
        sum = sum * r + 1.0 / 5_040.0
        sum = sum * r + 1.0 / 720.0
        sum = sum * r + 1.0 / 120.0
        sum = sum * r + 1.0 / 24.0
        sum = sum * r + 1.0 / 6.0
        sum = sum * r + 0.5
        sum = sum * r + 1.0
        sum = sum * r + 1.0
        // Two factors, because 2^n alone may not be a normal number.
        let half = Int(n) >> 1
        return sum * powerOfTwo(half) * powerOfTwo(Int(n) - half)
    }

    /// 2 to the power of a number.
    static func powerOfTwo(_ x: Double) -> Double { exp(x * 0.693_147_180_559_945_3) }

    /// 2 to the power of `n`, for -1022 ... 1023.
    static func powerOfTwo(_ n: Int) -> Double {
        Double(bitPattern: UInt64(truncatingIfNeeded: n &+ 1_023) &<< 52)
    }

    /// e to the power of `x`, minus 1, without loss for small `x` (Kahan's correction of the
    /// rounded power).
    package static func expm1(_ x: Double) -> Double {
        let power = exp(x)
        let difference = power - 1
        if power == 1 { return x }
        guard difference != -1, power.isFinite else { return difference }
        return difference * x / log(power)
    }

    /// The logarithm of 1 + `x`, without loss for small `x`.
    package static func log1p(_ x: Double) -> Double {
        let sum = 1 + x
        if sum == 1 { return x }
        guard sum.isFinite, sum > 0, sum - 1 != x else { return log(sum) }
        return log(sum) * x / (sum - 1)
    }

    /// The natural logarithm of a positive number, to about one unit in the last place.
    ///
    /// x = 2^k m with m in [sqrt(1/2), sqrt(2)); log m = 2 artanh(s), s = (m - 1) / (m + 1), by its
    /// series.
    package static func log(_ x: Double) -> Double {
        guard x > 0 else { return x == 0 ? -.infinity : .nan }
        guard x.isFinite else { return x }
        var exponent = Double(x.exponent)
        var m = x.significand
        if m > 1.414_213_562_373_095_1 {
            m *= 0.5
            exponent += 1
        }
        let s = (m - 1) / (m + 1)
        let z = s * s
        var sum = 1.0 / 23.0
        sum = sum * z + 1.0 / 21.0
        sum = sum * z + 1.0 / 19.0
        sum = sum * z + 1.0 / 17.0
        sum = sum * z + 1.0 / 15.0
        sum = sum * z + 1.0 / 13.0
        sum = sum * z + 1.0 / 11.0
        sum = sum * z + 1.0 / 9.0
        sum = sum * z + 1.0 / 7.0
        sum = sum * z + 1.0 / 5.0
        sum = sum * z + 1.0 / 3.0
        let tail = 2 * s * z * sum
        return exponent * ln2High + (2 * s + (tail + exponent * ln2Low))
    }

    /// e to the power of eight numbers, to about two units in the last place of a Float; arguments
    /// are cut at +-87 so that the result is always a normal number.
    @inline(__always)
    static func exp(_ argument: SIMD8<Float>) -> SIMD8<Float> {
        typealias V = SIMD8<Float>
        let upper = V(repeating: 87)
        let lower = V(repeating: -87)
        var x = argument
        x.replace(with: upper, where: x .> upper)
        x.replace(with: lower, where: x .< lower)
        // Adding and taking away 1.5 * 2^23 rounds to the nearest integer, which then also stands
        // in the low bits of the sum: no conversion instruction is needed.
        let magic = V(repeating: 12_582_912)
        let shifted = x * V(repeating: 1.442_695_04) + magic
        let n = shifted - magic
        let r = (x - n * V(repeating: 0.693_359_375)) - n * V(repeating: -2.121_944_4e-4)
        var sum = V(repeating: 1.0 / 5_040)
        sum = sum * r + V(repeating: 1.0 / 720)
        sum = sum * r + V(repeating: 1.0 / 120)
        sum = sum * r + V(repeating: 1.0 / 24)
        sum = sum * r + V(repeating: 1.0 / 6)
        sum = sum * r + V(repeating: 0.5)
        sum = sum * r + V(repeating: 1)
        sum = sum * r + V(repeating: 1)
        // As many lanes of the same width.
        let bits = unsafeBitCast(shifted, to: SIMD8<UInt32>.self)
        let offset = SIMD8<UInt32>(repeating: 127 &- 0x4B40_0000)
        // As many lanes of the same width.
        let scale = unsafeBitCast((bits &+ offset) &<< SIMD8(repeating: 23), to: V.self)
        return sum * scale
    }
}
