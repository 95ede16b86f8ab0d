import BorealBase
import Testing

@testable import BorealStatistics

@Suite("Drift from a training distribution")
struct DriftTests {
    private func drift(
        _ expected: FeatureDistribution,
        _ values: [Double],
        unseen: Int = 0,
        bins: Int = 10
    ) throws -> FeatureDrift {
        var counter = DriftCounter(expected)
        for value in values { counter.add(value) }
        counter.addUnseen(unseen)
        return try counter.drift(binCount: bins)
    }

    @Test("The training rows themselves have not drifted")
    func same() throws {
        let rows = Samples.uniform(1_000, seed: 3)
        let found = try drift(FeatureDistribution(name: "x", numbers: rows), rows)
        #expect(found.stability == 0)
        #expect(found.gap == 0)
        #expect(found.pValue == 1)
        #expect(found.missingNow == 0)
        #expect(found.rowCount == 1_000)
    }

    @Test("A shifted feature shows in the index, the gap and its p value")
    func shifted() throws {
        let rows = Samples.uniform(1_000, seed: 3)
        let expected = FeatureDistribution(name: "x", numbers: rows)
        let moved = Samples.uniform(500, seed: 4).map { $0 + 0.3 }
        let found = try drift(expected, moved)
        #expect(found.stability > 0.25)
        let whole = try KolmogorovSmirnov(
            .numbers(rows + moved),
            name: "x",
            TwoGroups(firstCount: 1_000, secondCount: 500)
        )
        let gap = try #require(found.gap)
        #expect(gap <= whole.statistic)
        #expect(gap > whole.statistic - 1 / 64.0)
        #expect(try #require(found.pValue) < 1e-10)
    }

    @Test("Bins are joined to as many as asked for, of nearly equal training rows")
    func joined() throws {
        let expected = FeatureDistribution(name: "x", numbers: Samples.uniform(6_400, seed: 5))
        #expect(expected.counts.count == 64)
        // Rows of the lowest tenth only: its own bin is full, the other nine are empty.
        let low = [Double](repeating: 0, count: 100)
        let found = try drift(expected, low)
        let ten = Divergence(
            (0..<10).map { .category("\($0)") },
            first: [Int](repeating: 640, count: 10),
            second: [100] + [Int](repeating: 0, count: 9)
        )
        #expect(abs(found.stability / ten.total - 1) < 0.1)
    }

    @Test("The share of missing values is told on both sides")
    func missing() throws {
        let expected = FeatureDistribution(name: "x", numbers: [1, 2, 3, .nan])
        #expect(expected.missing == 1)
        let found = try drift(expected, [.nan, 2])
        #expect(found.missingBefore == 0.25)
        #expect(found.missingNow == 0.5)
    }

    @Test("Categories that training never saw are counted, and are no missing values")
    func unseen() throws {
        let expected = FeatureDistribution(name: "c", codes: [0, 0, 1, -1])
        let found = try drift(expected, [0, 1, 5, .nan], unseen: 2)
        // Code 5 is none of the training rows' either.
        #expect(found.unseen == 3)
        #expect(found.rowCount == 6)
        #expect(found.missingNow == 1 / 6.0)
        #expect(found.gap == nil)
        #expect(found.pValue == nil)
        #expect(found.stability > 0)
    }

    @Test("The most frequent categories have a bin, of equally frequent ones the lowest")
    func frequent() {
        let codes: [Int32] = [4, 4, 4, 2, 2, 9, 9, 1]
        let expected = FeatureDistribution(name: "c", codes: codes, binsMax: 2)
        #expect(expected.bins == .codes([4, 2]))
        #expect(expected.counts == [3, 2, 3])
        #expect(expected.rowCount == 8)
    }

    @Test("A category without a bin of its own counts among the others")
    func others() throws {
        let expected = FeatureDistribution(name: "c", codes: [0, 0, 1, 2], binsMax: 1)
        let found = try drift(expected, [2, 7])
        #expect(found.unseen == 0)
    }

    @Test("Counts are those of the bins that each number falls into")
    func counted() {
        let numbers = Samples.uniform(3_000, seed: 9).map { ($0 * 90).rounded() } + [.nan, -0.0]
        let found = FeatureDistribution(name: "x", numbers: numbers)
        guard case .ranges(let cuts) = found.bins else {
            Issue.record("numbers are cut into ranges")
            return
        }
        var counts = [Int](repeating: 0, count: cuts.binCount)
        for number in numbers where !number.isNaN { counts[cuts.index(of: number)] += 1 }
        #expect(found.counts == counts)
        #expect(found.missing == 1)
    }

    @Test("Of a sample, missing values of all rows count by their share")
    func sampled() throws {
        let numbers = Samples.uniform(999, seed: 3)
        let whole = (rowCount: 100_000, missing: 20_000)
        let expected = FeatureDistribution(name: "x", numbers: numbers + [.nan], whole: whole)
        #expect(expected.rowCount == 100_000)
        // 999 of the 80,000 rows with a value stand for them all.
        #expect(expected.missingBeside == 250)
        let found = try drift(expected, numbers + [Double](repeating: .nan, count: 250))
        #expect(found.missingBefore == 0.2)
        #expect(found.stability < 1e-6)
        let rare = (rowCount: 100_000, missing: 1)
        let one = FeatureDistribution(name: "x", numbers: numbers, whole: rare)
        #expect(one.missingBeside == 1)
    }

    @Test("Codes far above the number of rows are counted as any")
    func sparseCodes() {
        let codes: [Int32] = [.max, 7, .max, -1, 7, .max]
        let found = FeatureDistribution(name: "c", codes: codes)
        #expect(found.bins == .codes([Int(Int32.max), 7]))
        #expect(found.counts == [3, 2, 0])
        #expect(found.missing == 1)
    }

    @Test("The stored form of an older release names no rows")
    func olderForm() throws {
        let text = #"{"name": "x", "bounds": [1], "counts": [3, 4], "missing": 2}"#
        #expect(FeatureDistribution(json: try JSON.parse(text))?.rowCount == 9)
    }

    @Test("The stored form is read back as it was")
    func json() throws {
        let whole = SampleDistribution(features: [
            FeatureDistribution(name: "x", numbers: Samples.uniform(500, seed: 8) + [.nan]),
            FeatureDistribution(name: "c", codes: [3, 3, -1, 0]),
            FeatureDistribution(name: "none", numbers: [.nan]),
            FeatureDistribution(name: "part", numbers: [1, 2], whole: (rowCount: 9, missing: 3)),
        ])
        let text = whole.json.description
        #expect(SampleDistribution(json: try JSON.parse(text)) == whole)
    }

    @Test(
        "A stored form that is not whole is refused",
        arguments: [
            #"{"features": [{"name": "x"}]}"#,
            #"{"features": [{"name": "x", "bounds": [1], "counts": [1], "missing": 0}]}"#,
            #"{"features": [{"name": "x", "bounds": [2, 1], "counts": [1, 1, 1], "missing": 0}]}"#,
            #"{"features": [{"name": "x", "bounds": [1], "counts": [1, -1], "missing": 0}]}"#,
            #"{"features": [{"name": "x", "bounds": [1], "counts": [1, 1], "missing": -1}]}"#,
            #"{"features": [{"name": "c", "codes": [1, 1], "counts": [1, 1, 0], "missing": 0}]}"#,
            #"{"features": [{"name": "c", "codes": [-1], "counts": [1, 0], "missing": 0}]}"#,
            #"{"features": [{"name": "c", "counts": [1, 0], "missing": 0}]}"#,
            #"{"features": [{"name": "c", "codes": [1], "counts": [9e18, 1], "missing": 0}]}"#,
            #"{"features": [{"name":"c","codes":[1],"counts":[2,0],"missing":1,"rows":2}]}"#,
            #"{"features": [{"name":"c","codes":[],"counts":[1],"missing":0,"rows":"9"}]}"#,
            #"{"features": [{"name":"c","codes":[],"counts":[1],"missing":0,"rows":9e18}]}"#,
            #"{"rows": 1}"#, "[]",
        ]
    )
    func damaged(_ text: String) throws {
        #expect(SampleDistribution(json: try JSON.parse(text)) == nil)
    }

    @Test("Nothing is said of no rows")
    func empty() {
        let expected = FeatureDistribution(name: "x", numbers: [1])
        #expect(throws: StatisticsError.emptyGroup(1)) { try drift(expected, []) }
        let nothing = FeatureDistribution(name: "x", numbers: [])
        #expect(throws: StatisticsError.emptyGroup(0)) { try drift(nothing, [1]) }
    }

    @Test("Infinite numbers fall into the outer bins")
    func infinite() throws {
        let expected = FeatureDistribution(name: "x", numbers: [-.infinity, 1, 2, 3, .infinity])
        guard case .ranges(let cuts) = expected.bins else {
            Issue.record("numbers are cut into ranges")
            return
        }
        #expect(cuts.bounds.allSatisfy { $0.isFinite })
        #expect(try drift(expected, [.infinity, -.infinity]).rowCount == 2)
    }
}
