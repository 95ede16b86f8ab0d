import Glibc

/// The two-sample Kolmogorov-Smirnov test: how far the empirical distributions of one number differ
/// in two groups of rows. Missing values are left out.
public struct KolmogorovSmirnov: Equatable, Sendable {
    /// The greatest gap between the two distribution functions, 0 to 1.
    public let statistic: Double
    /// How likely a gap of that size or more is when both groups are drawn alike.
    public let pValue: Double

    /// Product of the two sample sizes up to which the p value is exact.
    private static let exactMax = 10_000_000

    /// - Parameter name: of the column, for errors.
    /// - Throws: `notNumeric`, `valueNotFinite`; `emptyGroup` for one without any value.
    public init(
        _ column: SampleColumn,
        name: String,
        _ groups: TwoGroups
    ) throws(StatisticsError) {
        guard case .numbers(let values) = column else { throw .notNumeric(column: name) }
        try column.checkFinite(name)
        let counts = ValueCounts(values, groups)
        let first = counts.first.reduce(0, +)
        let second = counts.second.reduce(0, +)
        if first == 0 { throw .emptyGroup(0) }
        if second == 0 { throw .emptyGroup(1) }
        let gap = Self.gap(first: counts.first, second: counts.second)
        statistic = Double(gap) / (Double(first) * Double(second))
        pValue =
            first.multipliedReportingOverflow(by: second).partialValue <= Self.exactMax
            ? Self.exact(gap, first, second) : Self.asymptotic(statistic, first, second)
    }

    /// `max |F1 - F2|` times both sample sizes, a whole number, over bins or values in order.
    ///
    /// - Parameters: `[bins]`: rows of either group.
    static func gap(first: [Int], second: [Int]) -> Int {
        let firstTotal = first.reduce(0, +)
        let secondTotal = second.reduce(0, +)
        var (firstSum, secondSum, most) = (0, 0, 0)
        for (one, other) in zip(first, second) {
            firstSum += one
            secondSum += other
            most = max(most, abs(firstSum * secondTotal - secondSum * firstTotal))
        }
        return most
    }

    /// The share of all ways to interleave the samples whose gap reaches `gap`.
    ///
    /// A path to (x, y), x values of the first and y of the second sample, comes from (x - 1, y)
    /// with probability x / (x + y), else from (x, y - 1). The chance that it has touched the
    /// border by then is a mean of positive numbers and loses no digits (Viehmann 2021,
    /// arXiv:2102.08037).
    static func exact(_ gap: Int, _ first: Int, _ second: Int) -> Double {
        guard gap > 0 else { return 1 }
        let (m, n) = (min(first, second), max(first, second))
        // [n + 1]: chances at the x before; 1 wherever the border was passed.
        var chance = [Double](repeating: 1, count: n + 1)
        for x in 0...m {
            // Inside: |x n - y m| < gap.
            let low = max(0, floorDivide(x * n - gap, m) + 1)
            let high = min(n, floorDivide(x * n + gap - 1, m))
            guard low <= high else { return 1 }
            for y in low...high {
                if x == 0, y == 0 {
                    chance[0] = 0
                    continue
                }
                let left = y > low ? chance[y - 1] : 1
                let sum = Double(x + y)
                let fromFirst = x > 0 ? chance[y] : 1
                chance[y] =
                    x == 0
                    ? left
                    : y == 0 ? fromFirst : Double(x) / sum * fromFirst + Double(y) / sum * left
            }
        }
        return min(1, chance[n])
    }

    private static func floorDivide(_ value: Int, _ divisor: Int) -> Int {
        let (quotient, rest) = value.quotientAndRemainder(dividingBy: divisor)
        return rest < 0 ? quotient - 1 : quotient
    }

    /// Smirnov's limit with Vrbik's correction for finite samples (Vrbik 2018, "Small-sample
    /// corrections to Kolmogorov-Smirnov test statistic"), on `first second / (first + second)`
    /// rows.
    static func asymptotic(_ statistic: Double, _ first: Int, _ second: Int) -> Double {
        let rows = Double(first) / Double(first + second) * Double(second)
        let root = rows.squareRoot()
        let plain = statistic * root
        return survival(plain + 1 / (6 * root) + (plain - 1) / (4 * rows))
    }

    /// Kolmogorov's limit: `2 sum (-1)^(k-1) exp(-2 k^2 x^2)`, and for small x, where that hardly
    /// converges, `1 - sqrt(2 pi) / x sum exp(-(2k-1)^2 pi^2 / (8 x^2))`.
    static func survival(_ x: Double) -> Double {
        guard x > 0.04 else { return 1 }
        if x < 1 {
            let step = Double.pi * Double.pi / (8 * x * x)
            let sum = [1.0, 3, 5, 7].reduce(0) { $0 + exp(-$1 * $1 * step) }
            return max(0, 1 - (2 * Double.pi).squareRoot() / x * sum)
        }
        var sum = 0.0
        for k in 1...10 {
            let square = Double(k * k)
            sum += (k % 2 == 1 ? 2 : -2) * exp(-2 * square * x * x)
        }
        return min(1, max(0, sum))
    }
}
