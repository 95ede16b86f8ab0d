import Testing

@testable import BorealStatistics

// Expectations of SciPy 1.17 (scipy.stats, scipy.special).
@Suite("Correlation and the Kolmogorov-Smirnov test")
struct AssociationTests {
    private func coefficient(
        _ left: [Double],
        _ right: [Double],
        _ kind: CorrelationKind = .pearson,
        _ nulls: NullStrategy = .mean
    ) throws -> Double? {
        let one = try UnitColumn(.numbers(left), name: "a", kind, nulls)
        return one.coefficient(with: try UnitColumn(.numbers(right), name: "b", kind, nulls))
    }

    private let z = Samples.grid(60, seed: 2, steps: 40)
    private let label = Samples.labels.isSecond.map { $0 ? 1.0 : 0 }

    @Test("pearsonr: coefficient and p value")
    func pearson() throws {
        let r = try #require(try coefficient(Samples.x, z))
        #expect(abs(r - 0.5033144815977204) < 1e-13)
        let p = try #require(UnitColumn.pValue(of: r, rowCount: 60))
        #expect(abs(p / 4.15021215930711e-05 - 1) < 1e-10)
        let other = try #require(try coefficient(Samples.x, label))
        #expect(abs(other - 0.25033643781373804) < 1e-13)
    }

    @Test("pearsonr of a strong relation: the p value keeps its digits far below rounding")
    func tinyPValue() throws {
        let one = Samples.uniform(1_000, seed: 7)
        let other = zip(one, Samples.uniform(1_000, seed: 8)).map { $0 * $0 + $1 * 0.5 }
        let r = try #require(try coefficient(one, other))
        #expect(abs(r - 0.8669229068365891) < 1e-13)
        let p = try #require(UnitColumn.pValue(of: r, rowCount: 1_000))
        #expect(abs(p / 4.827892150208568e-304 - 1) < 1e-8)
    }

    @Test("spearmanr: equal numbers share the mean of their ranks")
    func spearman() throws {
        let r = try #require(try coefficient(Samples.x, z, .spearman))
        #expect(abs(r - 0.49502359562541526) < 1e-13)
        let other = try #require(try coefficient(Samples.x, label, .spearman))
        #expect(abs(other - 0.21588923406033092) < 1e-13)
        let p = try #require(UnitColumn.pValue(of: other, rowCount: 60))
        #expect(abs(p - 0.09758146752311136) < 1e-12)
    }

    @Test("rankdata")
    func ranks() {
        let ranks = AverageRanks.ranks([3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5])
        #expect(ranks == [4.5, 1.5, 6, 1.5, 8, 11, 3, 10, 8, 4.5, 8])
        #expect(AverageRanks.ranks([]) == [])
    }

    @Test("Great numbers do not overflow, equal and opposite columns end at 1 and -1")
    func extreme() throws {
        let great = [1e308, -1e308, 5e307, 0]
        let r = try #require(try coefficient(great, great))
        #expect(abs(r - 1) < 1e-15)
        let opposite = try #require(try coefficient(great, great.map { -$0 }))
        #expect(opposite >= -1)
        #expect(abs(opposite + 1) < 1e-15)
        let tiny = try #require(try coefficient([1e-300, 0, 0], [1, 0, 0]))
        #expect(abs(tiny - 1) < 1e-15)
    }

    @Test("A column without variation has no coefficient")
    func constant() throws {
        #expect(try coefficient([0.1, 0.1, 0.1], [1, 2, 3]) == nil)
        #expect(try coefficient([.nan, .nan, .nan], [1, 2, 3]) == nil)
        #expect(UnitColumn.pValue(of: 0.5, rowCount: 2) == nil)
    }

    @Test("The mean or the median stands in for missing numbers")
    func nulls() {
        #expect(NullStrategy.mean.filled([1, .nan, 5, 9]) == [1, 5, 5, 9])
        #expect(NullStrategy.median.filled([1, .nan, 2, 90]) == [1, 2, 2, 90])
        #expect(NullStrategy.median.filled([1, .nan, 2, 90, 4]) == [1, 3, 2, 90, 4])
        #expect(NullStrategy.mean.filled([.nan]) == [0])
        #expect(NullStrategy.median.filled([7]) == [7])
    }

    @Test("Categories and infinite numbers are refused by name")
    func refused() {
        #expect(throws: StatisticsError.notNumeric(column: "a")) {
            try UnitColumn(.categories([0], names: ["x"]), name: "a", .pearson, .mean)
        }
        #expect(throws: StatisticsError.valueNotFinite(column: "a", row: 0, value: .infinity)) {
            try UnitColumn(.numbers([.infinity]), name: "a", .pearson, .mean)
        }
        #expect(throws: StatisticsError.notNumeric(column: "a")) {
            try KolmogorovSmirnov(
                .categories([0, 0], names: ["x"]),
                name: "a",
                TwoGroups(firstCount: 1, secondCount: 1)
            )
        }
    }

    private func test(_ first: [Double], _ second: [Double]) throws -> KolmogorovSmirnov {
        let (column, groups) = Samples.pair(first, second)
        return try KolmogorovSmirnov(column, name: "x", groups)
    }

    @Test("ks_2samp(method='exact'), with ties and without")
    func exact() throws {
        let tied = try test(
            Samples.grid(30, seed: 5, steps: 40),
            Samples.grid(45, seed: 6, steps: 30)
        )
        #expect(tied.statistic == 1 / 3.0)
        #expect(abs(tied.pValue - 0.030566856379850134) < 1e-14)
        let equal = try test(
            Samples.uniform(50, seed: 5),
            Samples.uniform(50, seed: 6).map { $0 * $0.squareRoot() }
        )
        #expect(equal.statistic == 0.32)
        #expect(abs(equal.pValue - 0.011511738725894704) < 1e-14)
    }

    @Test("ks_2samp(method='exact') of samples far apart keeps its digits")
    func tinyTail() throws {
        let far = try test(
            Samples.uniform(300, seed: 5),
            Samples.uniform(200, seed: 6).map { $0 * $0 * $0 * $0 }
        )
        #expect(abs(far.statistic - 0.49666666666666665) < 1e-15)
        #expect(abs(far.pValue / 2.227339440947475e-27 - 1) < 1e-9)
    }

    @Test("ks_2samp(method='asymp') of large samples, to three digits")
    func asymptotic() {
        let p = KolmogorovSmirnov.asymptotic(0.033916666666666706, 4_000, 6_000)
        #expect(abs(p - 0.007812695656167074) < 1e-5)
    }

    @Test("scipy.special.kolmogorov")
    func survival() {
        let expected: [(Double, Double)] = [
            (0.2, 0.999999999999495), (0.5, 0.9639452436648751), (0.9, 0.3927307079406543),
            (1, 0.26999967167735456), (1.5, 0.022217962616525127), (3, 3.045995948942526e-08),
            (0, 1),
        ]
        for (x, value) in expected {
            #expect(abs(KolmogorovSmirnov.survival(x) - value) < 1e-12 * max(1e-4, value) + 1e-15)
        }
    }

    @Test("Equal samples cannot be told apart, separate ones always can")
    func ends() throws {
        let same = try test([1, 2, 3], [3, 2, 1])
        #expect(same.statistic == 0)
        #expect(same.pValue == 1)
        let apart = try test([1, 2, 3], [4, 5, 6])
        #expect(apart.statistic == 1)
        // Two of the twenty ways to interleave them.
        #expect(abs(apart.pValue - 0.1) < 1e-15)
    }

    @Test("A sample without any value is refused")
    func noValues() {
        #expect(throws: StatisticsError.emptyGroup(1)) { _ = try test([1, 2], [.nan]) }
        #expect(throws: StatisticsError.emptyGroup(0)) { _ = try test([], [1]) }
    }

    @Test("betainc")
    func beta() {
        let expected: [(Double, Double, Double, Double)] = [
            (0.3, 2.5, 0.5, 0.018927124071945658), (0.98, 49, 0.5, 0.16046836332687264),
            (0.1, 0.5, 0.5, 0.20483276469913345), (0.999, 5_000, 0.5, 0.0015615791602892836),
        ]
        for (x, a, b, value) in expected {
            #expect(abs(IncompleteBeta.regularised(x, a, b) / value - 1) < 1e-10)
        }
        #expect(IncompleteBeta.regularised(0, 1, 2) == 0)
        #expect(IncompleteBeta.regularised(1, 1, 2) == 1)
    }

    @Test("Sums over blocks see every number once")
    func blocks() {
        for count in [0, 1, 7, 8, 9, 1_023, 1_024, 1_025, 3_000] {
            let ones = [Double](repeating: 1, count: count)
            #expect(BlockSum.sum(ones) == Double(count))
            #expect(BlockSum.product(ones, ones) == Double(count))
        }
    }
}
