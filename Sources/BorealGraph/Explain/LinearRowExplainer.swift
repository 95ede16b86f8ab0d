import BorealBase
import BorealBoost

/// An operator whose scores are sums of one product a feature.
protocol LinearTerms: Sendable {
    /// Scores a row gets.
    var scoresPerRow: Int { get }
    /// Numbers of a row.
    var featureCount: Int { get }
    /// What a score begins with.
    func term(_ score: Int) -> Double
    /// What a feature of that value adds to a score.
    func product(_ value: Double, _ feature: Int, _ score: Int) -> Double
}

/// The products of a linear model.
struct LinearRowExplainer<Model: LinearTerms>: RowExplainer {
    let model: Model

    var scoresPerRow: Int { model.scoresPerRow }
    var featureCount: Int { model.featureCount }

    private func product(_ row: UnsafePointer<Double>, _ feature: Int, _ score: Int) -> Double {
        model.product(row[feature], feature, score)
    }

    func contributions(
        _ rows: UnsafePointer<Double>,
        count: Int,
        into target: UnsafeMutablePointer<Double>,
        threads: Int,
        cancellation: CancellationFlag?
    ) throws(GraphError) {
        for row in 0..<count {
            if cancellation?.isCancelled == true { throw .cancelled }
            for score in 0..<scoresPerRow {
                let start = target + (row * scoresPerRow + score) * (featureCount + 1)
                for feature in 0..<featureCount {
                    start[feature] = product(rows + row * featureCount, feature, score)
                }
                start[featureCount] = model.term(score)
            }
        }
    }

    /// Features do not act together: the diagonal holds all.
    func interactions(
        _ rows: UnsafePointer<Double>,
        count: Int,
        into target: UnsafeMutablePointer<Double>,
        threads: Int,
        cancellation: CancellationFlag?
    ) throws(GraphError) {
        let side = featureCount + 1
        for row in 0..<count {
            if cancellation?.isCancelled == true { throw .cancelled }
            for score in 0..<scoresPerRow {
                let start = target + (row * scoresPerRow + score) * side * side
                start.update(repeating: 0, count: side * side)
                for feature in 0..<featureCount {
                    start[feature * (side + 1)] = product(
                        rows + row * featureCount,
                        feature,
                        score
                    )
                }
                start[featureCount * (side + 1)] = model.term(score)
            }
        }
    }

    func meanAbsoluteContributions(
        _ rows: UnsafePointer<Double>,
        count: Int,
        threads: Int,
        cancellation: CancellationFlag?
    ) throws(GraphError) -> [Double] {
        var sums = [Double](repeating: 0, count: scoresPerRow * featureCount)
        for row in 0..<count {
            if cancellation?.isCancelled == true { throw .cancelled }
            for score in 0..<scoresPerRow {
                for feature in 0..<featureCount {
                    sums[score * featureCount + feature] +=
                        product(rows + row * featureCount, feature, score).magnitude
                }
            }
        }
        return sums.map { $0 / Double(max(1, count)) }
    }
}
