/// The powers of ten that a Double's range needs, with 128 bits each.
enum PowersOfTen {
    /// `10^k` is nearly `(high * 2^64 + low) * 2^e` with the highest bit set, rounded up.
    struct Scaled {
        var high: UInt64
        var low: UInt64
    }

    /// The exponents for which Schubfach asks, over Double and Float.
    private static let exponents = -292...324

    /// The 128 leading bits of `10^exponent`.
    @inline(__always)
    static func scaled(_ exponent: Int) -> Scaled { table[exponent - exponents.lowerBound] }

    /// Computed at first use (some 30 microseconds) rather than listed: 617 entries of 128 bits are
    /// no source.
    private static let table: [Scaled] = {
        var negative: [Scaled] = []
        // floor(2^1216 / 10^n), exact because nested floors are. Some 240 bits are left at the last
        // n.
        var quotient = [UInt64](repeating: 0, count: 20)
        quotient[19] = 1
        for _ in 1...(-exponents.lowerBound) {
            var remainder: UInt64 = 0
            for i in quotient.indices.reversed() {
                let parts = UInt64(10).dividingFullWidth((remainder, quotient[i]))
                quotient[i] = parts.quotient
                remainder = parts.remainder
            }
            negative.append(leadingBits(of: quotient, isExact: false))
        }
        var positive: [Scaled] = []
        var power = [UInt64](repeating: 0, count: 18)
        power[0] = 1
        for _ in 0...exponents.upperBound {
            positive.append(leadingBits(of: power, isExact: true))
            var carry: UInt64 = 0
            for i in power.indices {
                let product = power[i].multipliedFullWidth(by: 10)
                let (sum, overflow) = product.low.addingReportingOverflow(carry)
                power[i] = sum
                carry = product.high + (overflow ? 1 : 0)
            }
        }
        return negative.reversed() + positive
    }()

    /// The 128 leading bits of a number of little-endian words, rounded up unless nothing is cut
    /// off.
    private static func leadingBits(of words: [UInt64], isExact: Bool) -> Scaled {
        let top = words.lastIndex { $0 != 0 } ?? 0
        func word(_ i: Int) -> UInt64 { i >= 0 ? words[i] : 0 }
        let shift = UInt64(words[top].leadingZeroBitCount)
        func shifted(_ i: Int) -> UInt64 {
            shift == 0 ? word(i) : word(i) << shift | word(i - 1) >> (64 - shift)
        }
        var scaled = Scaled(high: shifted(top), low: shifted(top - 1))
        let isCut = shifted(top - 2) != 0 || words.prefix(max(top - 2, 0)).contains { $0 != 0 }
        if isCut || !isExact {
            let (low, overflow) = scaled.low.addingReportingOverflow(1)
            scaled.low = low
            if overflow { scaled.high += 1 }
        }
        return scaled
    }
}
