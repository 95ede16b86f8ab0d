public import BorealBase

/// How a model's answer moves with one feature while all others stay as the rows of a batch have
/// them (Friedman 2001, "Greedy function approximation", section 8.2).
public struct PartialDependence: Equatable, Sendable {
    /// Where a feature is looked at.
    public enum Grid: Equatable, Sendable {
        /// Quantiles of the batch's values: `count` of them, from the least to the greatest; all
        /// values when the batch has no more different ones.
        case quantiles(count: Int)
        /// The batch's most frequent values, at most `count`: categories.
        case categories(count: Int)
        /// These.
        case values([Double])
    }

    /// The feature, counted from 0.
    public let feature: Int
    /// Ascending but for `Grid.values`; NaN last when the batch has rows without the feature.
    public let points: [Double]
    /// `[points.count * answersPerRow]`: the mean answer at each point.
    public let means: [Double]

    /// Measures it: scores the whole batch once for each point.
    ///
    /// - Parameter rows: `[count * featureCount]`
    /// - Throws: `ExplanationError.lengthMismatch`, `.outOfRange`, `.cancelled`, and what the
    ///   scorer throws.
    public init(
        of scorer: BatchScorer,
        rows: [Double],
        feature: Int,
        grid: Grid,
        cancellation: CancellationFlag? = nil
    ) throws {
        try scorer.checkRows(rows)
        let known = 0...scorer.featureCount - 1
        guard known.contains(feature) else {
            throw ExplanationError.outOfRange(name: "feature", value: feature, allowed: known)
        }
        self.feature = feature
        points = try Self.points(rows, feature, scorer.featureCount, grid)
        let count = rows.count / scorer.featureCount
        let width = scorer.answersPerRow
        means = try points.flatMap { point in
            var sums = [Double](repeating: 0, count: width)
            try scorer.run(rows, cancellation: cancellation) { part, _, rowCount in
                for row in 0..<rowCount { part[row * scorer.featureCount + feature] = point }
            } take: { answers, _, rowCount in
                for index in 0..<rowCount * width { sums[index % width] += answers[index] }
            }
            return sums.map { $0 / Double(count) }
        }
    }

    private static func points(
        _ rows: [Double],
        _ feature: Int,
        _ featureCount: Int,
        _ grid: Grid
    ) throws -> [Double] {
        let most = 1...ExplanationLimits.gridPointsMax
        let asked =
            switch grid {
            case .quantiles(let count), .categories(let count): count
            case .values(let values): values.count
            }
        guard most.contains(asked) else {
            throw ExplanationError.outOfRange(name: "points", value: asked, allowed: most)
        }
        if case .values(let values) = grid { return values }
        let all = stride(from: feature, to: rows.count, by: featureCount).map { rows[$0] }
        // Zero and minus zero are one value.
        let values = all.filter { !$0.isNaN }.map { $0 == 0 ? 0 : $0 }.sorted()
        var distinct: [(value: Double, rows: Int)] = []
        for value in values {
            if distinct.last?.value == value {
                distinct[distinct.count - 1].rows += 1
            } else {
                distinct.append((value, 1))
            }
        }
        let missing = values.count < all.count ? [Double.nan] : []
        if distinct.count <= asked { return distinct.map(\.value) + missing }
        if case .categories = grid {
            let order = distinct.sorted { ($1.rows, $0.value) < ($0.rows, $1.value) }
            return order.prefix(asked).map(\.value).sorted() + missing
        }
        var points: [Double] = []
        for index in 0..<asked {
            let position =
                asked == 1 ? (values.count - 1) / 2 : (values.count - 1) * index / (asked - 1)
            if points.last != values[position] { points.append(values[position]) }
        }
        return points + missing
    }
}
