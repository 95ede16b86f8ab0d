import Testing

@testable import BorealStatistics

// Expectations of pandas 3.1 and scikit-learn 1.9, on the sixty rows of `Samples.x`.
@Suite("Binning")
struct BinningTests {
    private func cuts(_ method: BinningMethod, _ count: Int) -> [Double] {
        Binning(method, binCount: count).cuts(ValueCounts(Samples.x, Samples.labels)).bounds
    }

    private func isClose(_ left: [Double], _ right: [Double]) -> Bool {
        left.count == right.count && zip(left, right).allSatisfy { abs($0 - $1) < 1e-12 }
    }

    private func ungrouped(_ values: [Double]) -> ValueCounts {
        ValueCounts(values, TwoGroups(firstCount: values.count, secondCount: 0))
    }

    @Test("Quantiles of sorted numbers are those of counted ones")
    func sortedAlike() {
        for count in [0, 1, 2, 9, 10, 11, 300] {
            let values = Samples.uniform(count, seed: 21).map { ($0 * 40).rounded() / 4 }
            let bounds = QuantileCuts.bounds(values.sorted(), binCount: 10)
            #expect(bounds == QuantileCuts.bounds(ungrouped(values), binCount: 10))
        }
    }

    @Test("quantile cuts where pandas.qcut(x, 5, duplicates='drop') does")
    func quantile() {
        #expect(isClose(cuts(.quantile, 5), [2.7, 4.9, 6, 8.55]))
        #expect(counts(.quantile, 5) == [12, 12, 13, 11, 12])
    }

    @Test("step cuts where pandas.cut(x, 4) does")
    func step() {
        #expect(isClose(cuts(.step, 4), [2.4375, 4.875, 7.3125]))
        #expect(counts(.step, 4) == [11, 13, 18, 18])
    }

    @Test("dt cuts where DecisionTreeClassifier(max_leaf_nodes, min_samples_leaf=0.05) does")
    func tree() {
        #expect(cuts(.dt, 5) == [3.375, 4.5, 6.625, 8.875])
        // The tree has seven leaves: an eighth would be too small.
        #expect(cuts(.dt, 8) == [1.125, 3.375, 4.5, 6.625, 8.875, 9.125])
    }

    @Test("kmean cuts where KBinsDiscretizer(strategy='kmeans') does")
    func clusters() {
        let four = [2.3645104895104896, 4.793803418803419, 7.381944444444445]
        #expect(isClose(cuts(.kmean, 4), four))
        let five = [1.98125, 3.96875, 5.954545454545455, 7.962878787878788]
        #expect(isClose(cuts(.kmean, 5), five))
    }

    /// Rows in each bin.
    private func counts(_ method: BinningMethod, _ count: Int) -> [Int] {
        let cuts = Binning(method, binCount: count).cuts(ValueCounts(Samples.x, Samples.labels))
        var counts = [Int](repeating: 0, count: cuts.binCount)
        for value in Samples.x { counts[cuts.index(of: value)] += 1 }
        return counts
    }

    @Test("A quantile that is a row's value is that value, whatever rounding would make of it")
    func exactQuantile() {
        let values = (0...100).map { Double($0) / 10 }
        let bounds = Binning(.quantile, binCount: 10).cuts(ungrouped(values)).bounds
        #expect(bounds == [1, 2, 3, 4, 5, 6, 7, 8, 9])
    }

    @Test("quantile interpolates as numpy.quantile does")
    func interpolation() {
        let values = Samples.uniform(500, seed: 11)
        let bounds = Binning(.quantile, binCount: 10).cuts(ungrouped(values)).bounds
        let expected = [
            0.09189763385425212, 0.18702839463345167, 0.3005686709194298, 0.39872001716807487,
            0.48398874699323846, 0.587775347562402, 0.6866303778191238, 0.788290962664546,
            0.9106928930202002,
        ]
        #expect(isClose(bounds, expected))
    }

    @Test("chi keeps apart what the groups tell apart and merges what they do not")
    func merge() {
        // Below 10 one in ten is an event, up to 20 nine in ten, above again one in ten.
        let values = (0..<300).map { Double($0 / 10) }
        let events = (0..<300).map { row in
            (100..<200).contains(row) ? row % 10 != 0 : row % 10 == 0
        }
        let counts = ValueCounts(values, TwoGroups(isSecond: events))
        #expect(Binning(.chi, binCount: 3).cuts(counts).bounds == [9.5, 19.5])
        #expect(Binning(.chi, binCount: 2).cuts(counts).bounds.count == 1)
    }

    @Test("chi begins with 256 intervals where there are more values")
    func manyValues() {
        let values = Samples.uniform(5_000, seed: 9)
        let groups = TwoGroups(isSecond: values.map { $0 > 0.5 })
        let bounds = Binning(.chi, binCount: 2).cuts(ValueCounts(values, groups)).bounds
        #expect(bounds.count == 1)
        #expect(abs(bounds[0] - 0.5) < 1 / 200)
    }

    @Test("The chi-square of two intervals is that of scipy.stats.chi2_contingency")
    func chiSquare() {
        let value = ChiMerge.chiSquare((10, 20), (30, 5))
        #expect(abs(value - 18.726190476190474) < 1e-12)
        #expect(ChiMerge.chiSquare((10, 0), (30, 0)) == 0)
    }

    @Test("A column without variation has one bin", arguments: BinningMethod.allCases)
    func constant(_ method: BinningMethod) {
        let groups = TwoGroups(isSecond: [false, true, false])
        let counts = ValueCounts([7, 7, 7], groups)
        #expect(Binning(method, binCount: 4).cuts(counts).bounds == [])
        let none = ValueCounts([.nan, .nan, .nan], groups)
        #expect(Binning(method, binCount: 4).cuts(none).bounds == [])
    }

    @Test(
        "Numbers at the ends of the range are cut without overflow",
        arguments: BinningMethod.allCases
    )
    func extreme(_ method: BinningMethod) {
        let most = Double.greatestFiniteMagnitude
        let values = [-most, -most, 0, 1e-300, most, most, most]
        let groups = TwoGroups(isSecond: [false, false, true, false, true, true, true])
        let cuts = Binning(method, binCount: 3).cuts(ValueCounts(values, groups))
        #expect(cuts.bounds.allSatisfy { $0.isFinite })
        #expect((2...3).contains(cuts.binCount))
        #expect(cuts.index(of: -most) == 0)
        #expect(cuts.index(of: most) == cuts.binCount - 1)
    }

    @Test("There are never more bins than asked for, and never one without a value")
    func filled() {
        for method in BinningMethod.allCases where method != .step {
            for count in 2...12 {
                let filled = counts(method, count)
                #expect(filled.count <= count)
                #expect(filled.allSatisfy { $0 > 0 }, "\(method) \(count)")
            }
        }
    }

    @Test("A bin holds its upper bound and not its lower one")
    func sides() {
        let cuts = Cuts(bounds: [1, 1, 2])
        #expect(cuts.bounds == [1, 2])
        #expect([0.5, 1, 1.5, 2, 2.5].map { cuts.index(of: $0) } == [0, 0, 1, 1, 2])
        #expect(cuts.range(0) == (-.infinity, 1))
        #expect(cuts.range(2) == (2, .infinity))
    }

    @Test("Neighbouring numbers are told apart though none lies between")
    func neighbours() {
        let counts = ungrouped([1, Double(1).nextUp, 0, -0.0])
        #expect(counts.values == [0, 1, Double(1).nextUp])
        #expect(counts.bound(after: 1) == 1)
        #expect(counts.bound(after: 0) == 0.5)
    }

    @Test("The centres of kmean never lose all their values")
    func emptyCentre() {
        // Equal widths leave the middle of the range empty.
        let counts = ungrouped([0, 1, 2, 3, 1_000])
        let cuts = ClusterCuts(counts, centreCount: 4).bounds
        #expect(cuts.count == 3)
        #expect(zip(cuts, cuts.dropFirst()).allSatisfy { $0 < $1 })
    }
}
