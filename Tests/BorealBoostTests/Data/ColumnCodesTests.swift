import BorealBase
import Testing

@testable import BorealBoost

@Suite("Codes of columns")
struct ColumnCodesTests {
    private func codes(_ columns: [FeatureColumn], threads: Int = 1) throws -> ColumnCodes {
        let data = TrainingData(
            columns: columns,
            label: [Double](repeating: 0, count: columns.first?.count ?? 0)
        )
        return try ColumnCodes(
            data,
            seed: 1,
            pool: WorkerPool(threads: threads, nice: 0),
            cancellation: CancellationFlag()
        )
    }

    private func column(_ codes: ColumnCodes, _ feature: Int) -> [Int] {
        (0..<codes.rowCount).map { Int(codes.column(feature)[$0]) }
    }

    @Test("Few values have a code each, in their order; bounds lie between them")
    func fewValues() throws {
        let found = try codes([.doubles([3, 1, 2, 1, 10]), .floats([0, 0, 0, 0, 0])])
        let own = column(found, 0)
        #expect(own[1] == own[3] && own[1] < own[2] && own[2] < own[0] && own[0] < own[4])
        let bounds = found.bounds[0]
        #expect(bounds.last == .infinity && own.allSatisfy { $0 < bounds.count })
        for (value, code) in zip([3.0, 1, 2, 1, 10], own) {
            #expect(value <= bounds[code] && (code == 0 || value > bounds[code - 1]))
        }
        #expect(Set(column(found, 1)).count == 1)
    }

    @Test("Many values share 4,095 codes, and every value lies within the bounds of its code")
    func manyValues() throws {
        let values = (0..<30_000).map { Double(($0 * 7_919) % 30_011) - 9_000.5 }
        for threads in [1, 3] {
            let found = try codes([.doubles(values)], threads: threads)
            let bounds = found.bounds[0]
            #expect(bounds.count <= ColumnCodes.missing && bounds.count > 3_000)
            let own = column(found, 0)
            let isInside = zip(values, own).allSatisfy { value, code in
                value <= bounds[code] && (code == 0 || value > bounds[code - 1])
            }
            #expect(isInside)
        }
    }

    @Test("Missing values have a code of their own, wherever they come from")
    func missing() throws {
        let sparse = SparseNumbers(rows: [1, 2], values: [.nan, 4], count: 3)
        let found = try codes([
            .doubles([.nan, 1, 2]), .floats([1, .nan, 2]), .sparse(sparse),
            .doubles([.nan, .nan, .nan]),
        ])
        #expect(column(found, 0)[0] == ColumnCodes.missing)
        #expect(column(found, 1)[1] == ColumnCodes.missing)
        let own = column(found, 2)
        #expect(own[1] == ColumnCodes.missing && own[0] < own[2] && own[2] < ColumnCodes.missing)
        #expect(column(found, 3).allSatisfy { $0 == ColumnCodes.missing })
    }

    @Test("What is no table of numbers is refused")
    func errors() throws {
        #expect(throws: TrainingError.emptyTrainingSet) { try codes([.doubles([])]) }
        #expect(throws: TrainingError.columnKindMismatch(name: "Column_0")) {
            try codes([.categories([0, 1], count: 2)])
        }
        #expect(throws: TrainingError.lengthMismatch(name: "Column_1", count: 1, expected: 2)) {
            try codes([.doubles([1, 2]), .doubles([1])])
        }
    }
}
