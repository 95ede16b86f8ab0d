/// Random numbers that depend on a seed and a position only, never on who asks or in which order:
/// what makes sampling independent of the number of threads.
///
/// The mixing function is the finaliser of SplitMix64 (Steele, Lea, Flood 2014, figure 17).
package struct RandomNumbers: Sendable {
    @usableFromInline var state: UInt64

    /// - Parameters:
    ///   - seed: the user's.
    ///   - stream: tells different uses of one seed apart.
    @inlinable
    package init(seed: Int64, stream: UInt64) {
        state = Self.mix(UInt64(bitPattern: seed) &+ Self.mix(stream &+ 0x9E37_79B9_7F4A_7C15))
    }

    /// - Parameter key: the `key` of another stream.
    @inlinable
    package init(key: UInt64) { state = Self.mix(key) }

    /// The number at a position, 64 bits.
    @inlinable @inline(__always)
    package static func at(_ position: UInt64, key: UInt64) -> UInt64 {
        mix(key &+ position &* 0x9E37_79B9_7F4A_7C15)
    }

    /// The key for `at(_:key:)`.
    @inlinable
    package var key: UInt64 { state }

    /// The next number in order, 64 bits.
    @inlinable
    package mutating func next() -> UInt64 {
        state = state &+ 0x9E37_79B9_7F4A_7C15
        return Self.mix(state)
    }

    /// The next number in 0 ..< 1.
    @inlinable
    package mutating func nextUnit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// The next number below `bound`, which is positive. The bias is below 2^-32 for bounds below
    /// 2^32.
    @inlinable
    package mutating func next(below bound: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    @inlinable @inline(__always)
    static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z &>> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z &>> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z &>> 31)
    }
}

/// Where random streams of one seed begin, one for each use.
enum RandomStream {
    static let binSample: UInt64 = 1
    static let bagging: UInt64 = 2
    static let features: UInt64 = 3
    static let rounding: UInt64 = 4
    static let goss: UInt64 = 5
    static let dart: UInt64 = 6
    static let objective: UInt64 = 7
    static let nodes: UInt64 = 8
    static let thresholds: UInt64 = 9
    static let validation: UInt64 = 10
    static let search: UInt64 = 11
    static let order: UInt64 = 12
}
