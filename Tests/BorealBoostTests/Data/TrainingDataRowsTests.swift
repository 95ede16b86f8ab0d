import BorealBase
import Testing

@testable import BorealBoost

@Suite("Rows of a training table")
struct TrainingDataRowsTests {
    private func table(_ count: Int) -> TrainingData {
        TrainingData(
            columns: [
                .doubles((0..<count).map(Double.init)), .floats((0..<count).map(Float.init)),
                .categories((0..<count).map { Int32($0 % 3) }, count: 3),
                .sparse(SparseNumbers(rows: [1, 4], values: [10, 40], count: count)),
            ],
            label: (0..<count).map { Double($0) * 2 },
            weights: (0..<count).map { Float($0) + 1 },
            initialScores: (0..<2 * count).map(Double.init)
        )
    }

    @Test("taken rows keep all that belongs to them, in the order asked")
    func taking() {
        let taken = table(6).taking([4, 0, 1])
        #expect(taken.columns[0] == .doubles([4, 0, 1]))
        #expect(taken.columns[1] == .floats([4, 0, 1]))
        #expect(taken.columns[2] == .categories([1, 0, 1], count: 3))
        #expect(
            taken.columns[3] == .sparse(SparseNumbers(rows: [0, 2], values: [40, 10], count: 3))
        )
        #expect(taken.label == [8, 0, 2])
        #expect(taken.weights == [5, 1, 2])
        #expect(taken.initialScores == [4, 0, 1, 10, 6, 7])
        var grouped = table(6)
        grouped.groups = [2, 1, 3]
        #expect(grouped.taking([0, 1, 3, 4, 5]).groups == [2, 3])
    }

    @Test("every row is on one side, about the share is drawn, and further rows change nothing")
    func drawing() {
        let (drawn, others) = table(4_000).drawnRows(share: 0.2, seed: 7)
        #expect((drawn + others).sorted() == Array(0..<4_000))
        #expect((700...900).contains(drawn.count))
        let fewer = table(1_000).drawnRows(share: 0.2, seed: 7).drawn
        #expect(fewer == drawn.filter { $0 < 1_000 })
        #expect(table(4_000).drawnRows(share: 0.2, seed: 8).drawn != drawn)
        // A greater share draws the same rows and more.
        let more = Set(table(4_000).drawnRows(share: 0.4, seed: 7).drawn)
        #expect(more.isSuperset(of: drawn))
    }

    @Test("groups are drawn whole")
    func groups() {
        var data = table(300)
        data.groups = [Int](repeating: 3, count: 100)
        let (drawn, others) = data.drawnRows(share: 0.5, seed: 1)
        #expect(!drawn.isEmpty && !others.isEmpty)
        for rows in [drawn, others] {
            #expect(Set(rows.map { $0 / 3 }).count * 3 == rows.count)
        }
    }
}
