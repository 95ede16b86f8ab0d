import BorealStatistics

/// Numbers that Python makes by the same rule, so that expectations can be recorded there.
enum Samples {
    /// `s = s * 48271 % 2147483647`, divided by the modulus.
    static func uniform(_ count: Int, seed: Int) -> [Double] {
        var state = seed
        return (0..<count).map { _ in
            state = state * 48_271 % 2_147_483_647
            return Double(state) / 2_147_483_647
        }
    }

    /// Quarters below `steps / 4`: many rows share a value.
    static func grid(_ count: Int, seed: Int, steps: Double) -> [Double] {
        uniform(count, seed: seed).map { ($0 * steps).rounded(.down) / 4 }
    }

    /// Sixty rows and a label that grows with them.
    static let x = grid(60, seed: 1, steps: 40)
    static let labels = TwoGroups(
        isSecond: zip(uniform(60, seed: 3), x).map { $0 * 40 < ($1 * 4 + 10) / 1.6 }
    )

    /// One column of two samples, one after the other.
    static func pair(_ first: [Double], _ second: [Double]) -> (SampleColumn, TwoGroups) {
        (
            .numbers(first + second),
            TwoGroups(firstCount: first.count, secondCount: second.count)
        )
    }
}
