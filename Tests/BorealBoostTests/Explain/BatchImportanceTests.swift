import BorealBase
import Testing

@testable import BorealBoost

@Suite struct BatchImportanceTests {
    /// Answers 3a + b and -a; c has no say.
    private static let scorer = BatchScorer(featureCount: 3, answersPerRow: 2) {
        rows,
        count,
        answers in
        for row in 0..<count {
            let (a, b) = (rows[row * 3], rows[row * 3 + 1])
            answers[row * 2] = 3 * (a.isNaN ? 100 : a) + b
            answers[row * 2 + 1] = -a
        }
    }

    private static let rows: [Double] = {
        var random = TestRandom(5)
        return (0..<3 * 3_000).map { _ in random.normal() }
    }()

    private static let labels: [Double] = (0..<3_000).map { (row: Int) -> Double in
        3 * rows[row * 3] + rows[row * 3 + 1]
    }

    private static func squaredError(_ answers: [Double], _ labels: [Double]) -> Double {
        let sum = labels.indices.reduce(0) { sum, row in
            let difference = answers[row * 2] - labels[row]
            return sum + difference * difference
        }
        return sum / Double(labels.count)
    }

    private static func importance(
        _ options: PermutationImportance.Options
    ) throws -> PermutationImportance {
        try PermutationImportance(
            of: scorer,
            rows: rows,
            labels: labels,
            options: options,
            metric: squaredError
        )
    }

    @Test("a shuffled column costs twice its variance, a silent one nothing")
    func permutation() throws {
        var options = PermutationImportance.Options()
        options.isGreaterBetter = false
        let importance = try Self.importance(options)
        #expect(importance.baseline == 0)
        #expect(importance.losses.map(\.feature) == [0, 1, 2])
        // Var(3a) is 9: the loss of a shuffle is the variance of a difference of two.
        #expect(abs(importance.losses[0].mean - 18) < 1)
        #expect(abs(importance.losses[1].mean - 2) < 0.2)
        #expect(importance.losses[0].standardDeviation > 0)
        #expect(importance.losses[2].mean == 0 && importance.losses[2].standardDeviation == 0)
    }

    @Test("the seed decides, not what else is asked")
    func determinism() throws {
        var options = PermutationImportance.Options()
        let all = try Self.importance(options)
        options.features = [1]
        let one = try Self.importance(options)
        #expect(one.losses == [all.losses[1]])
        // Greater is better by default, so a growing loss counts as a gain.
        #expect(one.losses[0].mean < 0)
        options.seed = 1
        #expect(try Self.importance(options).losses != one.losses)
    }

    @Test("a dependence follows the answers at quantiles, and where the feature is missing")
    func dependence() throws {
        var rows = Self.rows
        rows[0] = .nan
        let result = try PartialDependence(
            of: Self.scorer,
            rows: rows,
            feature: 0,
            grid: .quantiles(count: 5)
        )
        #expect(result.points.count == 6 && result.points[5].isNaN)
        let values = Set(stride(from: 3, to: rows.count, by: 3).map { rows[$0] }).sorted()
        #expect(result.points[0] == values[0] && result.points[4] == values[values.count - 1])
        let b = stride(from: 1, to: rows.count, by: 3).reduce(0) { $0 + rows[$1] } / 3_000
        for (index, point) in result.points.dropLast().enumerated() {
            #expect(abs(result.means[index * 2] - (3 * point + b)) < 1e-9)
            #expect(abs(result.means[index * 2 + 1] + point) < 1e-9)
        }
        #expect(abs(result.means[10] - (300 + b)) < 1e-9)
    }

    @Test("few values and categories are grids of themselves")
    func grids() throws {
        let rows: [Double] = [3, 0, 0, 1, 0, 0, 3, 0, 0, 2, 0, 0, 2, 0, 0, 0, 0, 0, -0.0, 0, 0]
        func points(_ grid: PartialDependence.Grid) throws -> [Double] {
            try PartialDependence(of: Self.scorer, rows: rows, feature: 0, grid: grid).points
        }
        #expect(try points(.quantiles(count: 9)) == [0, 1, 2, 3])
        #expect(try points(.quantiles(count: 2)) == [0, 3])
        #expect(try points(.quantiles(count: 1)) == [2])
        #expect(try points(.categories(count: 3)) == [0, 2, 3])
        #expect(try points(.values([7, -1])) == [7, -1])
    }

    @Test("what is asked is checked first, and a set flag ends the work")
    func refusals() throws {
        typealias Failure = ExplanationError
        var options = PermutationImportance.Options()
        options.repeats = 0
        #expect(throws: Failure.outOfRange(name: "repeats", value: 0, allowed: 1...1_000)) {
            try Self.importance(options)
        }
        options.repeats = 1
        options.features = [3]
        #expect(throws: Failure.outOfRange(name: "feature", value: 3, allowed: 0...2)) {
            try Self.importance(options)
        }
        func dependence(_ rows: [Double], points: Int, flag: CancellationFlag? = nil) throws {
            _ = try PartialDependence(
                of: Self.scorer,
                rows: rows,
                feature: 0,
                grid: .quantiles(count: points),
                cancellation: flag
            )
        }
        #expect(throws: Failure.lengthMismatch(name: "rows", count: 4, expected: 3)) {
            try dependence([1, 2, 3, 4], points: 2)
        }
        #expect(throws: Failure.outOfRange(name: "points", value: 10_001, allowed: 1...10_000)) {
            try dependence(Self.rows, points: 10_001)
        }
        let flag = CancellationFlag()
        flag.cancel()
        #expect(throws: Failure.cancelled) { try dependence(Self.rows, points: 2, flag: flag) }
    }
}
