/// The random numbers of NumPy's `RandomState(seed)`, so that equal seeds start from the rows that
/// scikit-learn starts from.
///
/// MT19937 of Matsumoto and Nishimura, "Mersenne Twister" (1998), with the initialisation of their
/// 2002 version.
struct NumpyRandom {
    private var state: [UInt32]
    private var position = Self.length

    private static let length = 624
    private static let middle = 397

    /// - Parameter seed: what NumPy takes, 0 to 2^32 - 1; others are folded to 32 bits.
    init(seed: Int64) {
        let bits = UInt64(bitPattern: seed)
        var word = UInt32(truncatingIfNeeded: bits)
        if bits >> 32 != 0 { word ^= UInt32(truncatingIfNeeded: (bits >> 32) &* 0x9E37_79B1) }
        state = [UInt32](repeating: 0, count: Self.length)
        for index in 0..<Self.length {
            state[index] = word
            word = 1_812_433_253 &* (word ^ (word >> 30)) &+ UInt32(index + 1)
        }
    }

    private mutating func renew() {
        for index in 0..<Self.length {
            let next = state[(index + 1) % Self.length]
            let y = (state[index] & 0x8000_0000) | (next & 0x7FFF_FFFF)
            let odd: UInt32 = y & 1 == 1 ? 0x9908_B0DF : 0
            state[index] = state[(index + Self.middle) % Self.length] ^ (y >> 1) ^ odd
        }
        position = 0
    }

    private mutating func nextWord() -> UInt32 {
        if position == Self.length { renew() }
        var y = state[position]
        position += 1
        y ^= y >> 11
        y ^= (y << 7) & 0x9D2C_5680
        y ^= (y << 15) & 0xEFC6_0000
        return y ^ (y >> 18)
    }

    /// A number in 0 ..< 1 with 53 random bits: `random_sample()`.
    mutating func nextUnit() -> Double {
        let high = nextWord() >> 5
        let low = nextWord() >> 6
        return (Double(high) * 67_108_864 + Double(low)) / 9_007_199_254_740_992
    }

    /// One of the numbers below the count of `weights`, as probable as its weight says:
    /// `choice(n, p=weights / sum)`.
    mutating func choose(_ weights: [Double]) -> Int {
        choose(cumulated: Self.cumulated(Self.shares(weights)))
    }

    private mutating func choose(cumulated: [Double]) -> Int {
        let wanted = nextUnit()
        var (low, high) = (0, cumulated.count)
        while low < high {
            let middle = (low + high) / 2
            if cumulated[middle] <= wanted { low = middle + 1 } else { high = middle }
        }
        return min(low, cumulated.count - 1)
    }

    /// `count` different numbers, as probable as their weights say:
    /// `choice(n, size=count, replace=False, p=weights / sum)`.
    ///
    /// - Parameter weights: at least `count` of them are positive.
    mutating func choose(_ weights: [Double], count: Int) -> [Int] {
        assert(weights.lazy.filter { $0 > 0 }.count >= count, "too few rows to choose from")
        var shares = Self.shares(weights)
        var chosen: [Int] = []
        while chosen.count < count {
            for index in chosen { shares[index] = 0 }
            let cumulated = Self.cumulated(shares)
            var seen: Set<Int> = []
            for _ in chosen.count..<count {
                let index = choose(cumulated: cumulated)
                if shares[index] > 0, seen.insert(index).inserted { chosen.append(index) }
            }
        }
        return chosen
    }

    private static func shares(_ weights: [Double]) -> [Double] {
        let total = weights.reduce(0, +)
        return weights.map { $0 / total }
    }

    /// Running sums of shares, in NumPy's order of rounding.
    private static func cumulated(_ shares: [Double]) -> [Double] {
        var sum = 0.0
        var sums = shares.map { share in
            sum += share
            return sum
        }
        for index in sums.indices { sums[index] /= sum }
        return sums
    }
}
