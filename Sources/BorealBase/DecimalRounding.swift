/// Rounds `digits x 10^power` to the nearest Double by one or two products of 64-bit numbers
/// (D. Lemire, "Number parsing at a gigabyte per second", 2021; after M. Eisel).
///
/// Digits of LightGBM's and XGBoost's files are seventeen mostly, beyond what one exact operation
/// can do: with `strtod` they took a fifth of the time a model takes to load. So it is with the
/// embeddings of services that print a float as a double.
package enum DecimalRounding {
    /// The powers that are tabled; files of models hold few others.
    private static let powers = -55...55

    /// `5^power` for each of `powers`: its first 128 bits, the highest one set; for negative ones
    /// of at most 27 the next greater number, as the method wants it.
    private static let fives: [UInt128] = powers.map { power in
        var five: UInt128 = 1
        for _ in 0..<abs(power) { five *= 5 }
        guard power < 0 else { return five << UInt128(five.leadingZeroBitCount) }
        let bits = 128 - five.leadingZeroBitCount
        let quotient = five.dividingFullWidth((UInt128(1) << UInt128(bits - 1), 0)).quotient
        return power >= -27 ? quotient + 1 : quotient
    }

    /// The Double nearest to `digits x 10^power`, ties to even.
    ///
    /// - Returns: nil where the method does not decide, or not within the normal numbers.
    package static func double(_ digits: UInt64, power: Int) -> Double? {
        guard digits != 0 else { return 0 }
        guard powers.contains(power) else { return nil }
        let five = fives[power - powers.lowerBound]
        let shift = digits.leadingZeroBitCount
        let whole = digits << UInt64(shift)
        var (high, low) = whole.multipliedFullWidth(by: UInt64(truncatingIfNeeded: five >> 64))
        if high & 0x1FF == 0x1FF {
            let rest = whole.multipliedFullWidth(by: UInt64(truncatingIfNeeded: five)).high
            let (sum, carries) = low.addingReportingOverflow(rest)
            low = sum
            if carries { high &+= 1 }
        }
        if low == .max, power < -27 { return nil }
        let top = Int(high >> 63)
        let drop = UInt64(top + 9)
        var mantissa = high >> drop
        // 217,706 / 2^16 is the logarithm of 10 to base 2.
        var exponent = (217_706 * power) >> 16 + 63 + top - shift + 1_023
        guard exponent > 0 else { return nil }
        // A tie: the product is exact, and the mantissa odd behind the point.
        if low <= 1, (-4...23).contains(power), mantissa & 3 == 1, mantissa << drop == high {
            mantissa &= ~1
        }
        mantissa = (mantissa + (mantissa & 1)) >> 1
        if mantissa >= 1 << 53 {
            mantissa = 1 << 52
            exponent += 1
        }
        guard exponent < 2_047 else { return nil }
        return Double(bitPattern: mantissa & ~(1 << 52) | UInt64(exponent) << 52)
    }
}
