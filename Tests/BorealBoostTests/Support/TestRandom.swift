/// A small generator with a fixed start, so that every run tests the same inputs.
struct TestRandom {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func bits() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
    mutating func unit() -> Double { Double(bits() >> 11) * 0x1p-53 }
    mutating func below(_ bound: Int) -> Int { Int(bits() >> 16) % bound }
    /// About normal: the sum of twelve uniform numbers.
    mutating func normal() -> Double { (0..<12).reduce(-6.0) { sum, _ in sum + unit() } }
}
