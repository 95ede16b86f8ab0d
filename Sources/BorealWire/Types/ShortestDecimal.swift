/// The shortest decimal number that reads back as a given binary one; of several, the nearest to
/// it.
///
/// The method is Raffaello Giulietti's "Schubfach" (The Schubfach way to render doubles, 2020):
/// scale the number and the two ends of its rounding interval by a power of ten, of which 128 bits
/// suffice, round "to odd" so that no comparison is lost, then look for a multiple of ten and of
/// one inside the interval.
struct ShortestDecimal: Equatable {
    /// The digits as a number, without trailing zeros; 0 for zero. At most 17 digits.
    let digits: UInt64
    /// The value is `digits` times ten to this power.
    let exponent: Int

    /// - Parameter value: finite and not negative.
    init(_ value: Double) {
        let fraction = value.bitPattern & 0xf_ffff_ffff_ffff
        let biased = Int(value.bitPattern >> 52)
        self.init(fraction: fraction, biasedExponent: biased, hiddenBit: 1 << 52, bias: 1_075)
    }

    /// - Parameter value: finite and not negative.
    init(_ value: Float) {
        let fraction = UInt64(value.bitPattern & 0x7f_ffff)
        let biased = Int(value.bitPattern >> 23)
        self.init(fraction: fraction, biasedExponent: biased, hiddenBit: 1 << 23, bias: 150)
    }

    private init(fraction: UInt64, biasedExponent: Int, hiddenBit: UInt64, bias: Int) {
        if fraction == 0 && biasedExponent == 0 {
            digits = 0
            exponent = 0
            return
        }
        let isNormal = biasedExponent != 0
        let significand = isNormal ? fraction | hiddenBit : fraction
        let binaryExponent = max(biasedExponent, 1) - bias
        // At a power of two the neighbour below is half as far as the one above.
        let isLowerCloser = fraction == 0 && biasedExponent > 1
        let (digits, exponent) = Self.search(significand, binaryExponent, isLowerCloser)
        (self.digits, self.exponent) = Self.withoutTrailingZeros(digits, exponent)
    }

    /// Sections 9.3 to 9.5 of the paper, in quarters of a unit of the last decimal place.
    private static func search(
        _ significand: UInt64,
        _ binaryExponent: Int,
        _ isLowerCloser: Bool
    ) -> (digits: UInt64, exponent: Int) {
        let oddMargin: UInt64 = significand & 1
        // floor(log10(2^q)), or floor(log10(3/4 * 2^q)) in the irregular case.
        let k = (binaryExponent * 1_262_611 - (isLowerCloser ? 524_031 : 0)) >> 22
        // The second term is floor(log2(10^-k)).
        let shift = UInt64(binaryExponent + ((-k * 1_741_647) >> 19) + 1)
        let power = PowersOfTen.scaled(-k)

        let lowest = (4 * significand - 2 + (isLowerCloser ? 1 : 0)) << shift
        let lower = roundToOdd(power, lowest) + oddMargin
        let middle = roundToOdd(power, (4 * significand) << shift)
        let upper = roundToOdd(power, (4 * significand + 2) << shift) - oddMargin

        let units = middle / 4
        if units >= 10 {
            let tens = units / 10
            let isTensInside = lower <= 40 * tens
            let isNextTensInside = 40 * tens + 40 <= upper
            if isTensInside != isNextTensInside {
                return (tens + (isNextTensInside ? 1 : 0), k + 1)
            }
        }
        let isUnitsInside = lower <= 4 * units
        let isNextUnitsInside = 4 * units + 4 <= upper
        if isUnitsInside != isNextUnitsInside {
            return (units + (isNextUnitsInside ? 1 : 0), k)
        }
        let half = 4 * units + 2
        let roundsUp = middle > half || (middle == half && units & 1 == 1)
        return (units + (roundsUp ? 1 : 0), k)
    }

    /// The upper 64 bits of a 192-bit product, with the lowest bit set when anything behind it is.
    @inline(__always)
    private static func roundToOdd(_ power: PowersOfTen.Scaled, _ factor: UInt64) -> UInt64 {
        let low = power.low.multipliedFullWidth(by: factor)
        let high = power.high.multipliedFullWidth(by: factor)
        let (middle, carry) = high.low.addingReportingOverflow(low.high)
        return (high.high &+ (carry ? 1 : 0)) | (middle > 1 ? 1 : 0)
    }

    /// Numbers with a few decimals come with a dozen zeros behind them, so larger steps come first.
    private static func withoutTrailingZeros(
        _ digits: UInt64,
        _ exponent: Int
    ) -> (UInt64, Int) {
        guard digits % 10 == 0 else { return (digits, exponent) }
        var digits = digits
        var exponent = exponent
        func strip(_ power: UInt64, _ count: Int) {
            let (quotient, remainder) = digits.quotientAndRemainder(dividingBy: power)
            guard remainder == 0 else { return }
            digits = quotient
            exponent += count
        }
        // At most 17 digits: sixteen zeros are two steps of eight, fifteen are one of each.
        strip(100_000_000, 8)
        strip(100_000_000, 8)
        strip(10_000, 4)
        strip(100, 2)
        strip(10, 1)
        return (digits, exponent)
    }
}
