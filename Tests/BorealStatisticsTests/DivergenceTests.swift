import Foundation
import Testing

@testable import BorealStatistics

@Suite("Information value and population stability")
struct DivergenceTests {
    private let quarters = Binning(.quantile, binCount: 4)

    // numpy 2.4, on the quartiles of the sixty rows.
    @Test("The weights of evidence and their sum are those of the formula")
    func informationValue() throws {
        let value = try Divergence(.numbers(Samples.x), name: "x", Samples.labels, quarters)
        #expect(abs(value.total - 1.0376755988855384) < 1e-12)
        #expect(value.rows.map(\.first) == [15, 11, 4, 8])
        #expect(value.rows.map(\.second) == [1, 7, 7, 7])
        let weights = [
            -2.16150649473414, 0.09455858262501257, 1.1061594943034927, 0.41301231374354735,
        ]
        for (row, weight) in zip(value.rows, weights) {
            #expect(abs(row.logRatio - weight) < 1e-12)
        }
    }

    @Test("A bin of one group only counts half a row more on both sides in its logarithm")
    func emptyBin() {
        let value = Divergence(
            [.category("a"), .category("b"), .missing],
            first: [4, 6, 0],
            second: [5, 0, 0]
        )
        #expect(value.rows.count == 2)
        #expect(abs(value.rows[0].logRatio - log(1 / 0.4)) < 1e-15)
        #expect(abs(value.rows[1].logRatio - log((0.5 / 5) / (6.5 / 10))) < 1e-15)
        #expect(value.rows[1].contribution == (0 - 0.6) * value.rows[1].logRatio)
    }

    @Test("Missing values have a bin of their own, where there are any")
    func missing() throws {
        let column = SampleColumn.numbers([1, 2, .nan, .nan])
        let groups = TwoGroups(isSecond: [false, true, false, true])
        let value = try Divergence(column, name: "x", groups, quarters)
        #expect(value.rows.last?.bin == .missing)
        #expect(value.rows.last?.first == 1)
        #expect(value.rows.last?.second == 1)
        #expect(column.missingCount == 2)
    }

    @Test("Categories have a bin each, by value")
    func categories() throws {
        let column = SampleColumn.categories([0, 1, 1, -1, 0, 1], names: ["no", "yes"])
        let groups = TwoGroups(firstCount: 3, secondCount: 3)
        let value = try Divergence(column, name: "c", groups, quarters)
        #expect(value.rows.map(\.bin) == [.category("no"), .category("yes"), .missing])
        #expect(value.rows.map(\.first) == [1, 2, 0])
        #expect(value.rows.map(\.second) == [1, 1, 1])
        #expect(column.missingCount == 1)
    }

    @Test("Two samples of one distribution have a stability of nothing")
    func same() throws {
        let (column, groups) = Samples.pair(Samples.x, Samples.x)
        let value = try Divergence(column, name: "x", groups, quarters, expectedOnly: true)
        #expect(value.total == 0)
    }

    @Test("The expected sample alone decides where quantile, step and kmean cut")
    func expectedOnly() throws {
        let (column, groups) = Samples.pair([1, 2, 3, 4], [100, 200, 300, 400])
        for method in [BinningMethod.quantile, .step, .kmean] {
            let value = try Divergence(
                column,
                name: "x",
                groups,
                Binning(method, binCount: 2),
                expectedOnly: true
            )
            #expect(value.rows.map(\.first) == [2, 2], "\(method)")
            #expect(value.rows.map(\.second) == [0, 4], "\(method)")
        }
        // These tell the samples apart, so they see both.
        for method in [BinningMethod.chi, .dt] {
            let value = try Divergence(
                column,
                name: "x",
                groups,
                Binning(method, binCount: 2),
                expectedOnly: true
            )
            #expect(value.rows.map(\.second) == [0, 4], "\(method)")
            #expect(value.rows.map(\.first) == [4, 0], "\(method)")
        }
    }

    @Test("The index does not depend on which sample is called the expected one")
    func symmetric() throws {
        let other = Samples.grid(45, seed: 6, steps: 30)
        let cuts = ColumnBins(Cuts(bounds: [2, 4, 6]))
        func total(_ first: [Double], _ second: [Double]) -> Double {
            let (column, groups) = Samples.pair(first, second)
            let counts = cuts.counts(column, groups)
            return Divergence(cuts.bins, first: counts.first, second: counts.second).total
        }
        #expect(abs(total(Samples.x, other) - total(other, Samples.x)) < 1e-15)
        #expect(total(Samples.x, other) > 0)
    }

    @Test("Infinite numbers and empty groups are refused by name")
    func refused() {
        let groups = TwoGroups(isSecond: [false, true])
        #expect(throws: StatisticsError.valueNotFinite(column: "x", row: 1, value: -.infinity)) {
            try Divergence(.numbers([1, -.infinity]), name: "x", groups, quarters)
        }
        let lonely = TwoGroups(isSecond: [false, false])
        #expect(throws: StatisticsError.emptyGroup(1)) {
            try Divergence(.numbers([1, 2]), name: "x", lonely, quarters)
        }
        #expect(throws: StatisticsError.emptyGroup(0)) {
            try Divergence(
                .numbers([1, 2]),
                name: "x",
                TwoGroups(isSecond: [true, true]),
                quarters
            )
        }
    }

    @Test("A column without any value says nothing")
    func allMissing() throws {
        let value = try Divergence(
            .numbers([.nan, .nan]),
            name: "x",
            TwoGroups(isSecond: [false, true]),
            quarters
        )
        #expect(value.total == 0)
    }
}
