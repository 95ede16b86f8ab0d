import BorealBase
import BorealBoost

/// Explains sums of trees that have one leaf each: linear models. A feature contributes its factor
/// times its value, and nothing where it is missing; the bias is what all rows have.
///
/// These are the terms that XGBoost's `pred_contribs` gives for its linear booster, not Shapley
/// values against the mean of a data set, which the model does not know. They add up to the raw
/// score. Two features never act together, so there is nothing to interact.
struct LinearTreesExplainer: RowExplainer {
    private let ensemble: TreeEnsemble

    /// Nil when the ensemble has splits or no linear model at all, or a leaf whose value in rows
    /// with a missing number is no sum over features.
    init?(_ ensemble: TreeEnsemble) {
        let isLinear = ensemble.trees.allSatisfy { tree in
            guard tree.innerCount == 0, let linear = tree.linear else {
                return tree.innerCount == 0
            }
            return linear.features[0].count == 1 && linear.constants[0] == tree.leafValue[0]
        }
        guard isLinear, ensemble.leafWidth == 1,
            ensemble.trees.contains(where: { $0.linear != nil })
        else { return nil }
        self.ensemble = ensemble
    }

    var scoresPerRow: Int { ensemble.scoresPerRow }
    var featureCount: Int { ensemble.featureCount }

    /// Rows after which the cancellation flag is looked at.
    private static let blockRows = 256

    /// Calls `body` with the contributions to each score of each row.
    private func forEachRow(
        _ rows: UnsafePointer<Double>,
        _ count: Int,
        _ cancellation: CancellationFlag?,
        _ body: (_ row: Int, _ contributions: UnsafeMutablePointer<Double>) -> Void
    ) throws(GraphError) {
        let side = featureCount + 1
        var values = [Double](repeating: 0, count: scoresPerRow * side)
        for row in 0..<count {
            if row % Self.blockRows == 0, let cancellation, cancellation.isCancelled {
                throw .cancelled
            }
            values.withUnsafeMutableBufferPointer { values in
                guard let target = values.baseAddress else { return }
                explain(rows + row * featureCount, into: target)
                body(row, target)
            }
        }
    }

    /// The contributions of one row, `[scoresPerRow * (featureCount + 1)]`, the bias last.
    private func explain(_ row: UnsafePointer<Double>, into target: UnsafeMutablePointer<Double>) {
        let side = featureCount + 1
        target.update(repeating: 0, count: scoresPerRow * side)
        for (score, start) in ensemble.initialScores.enumerated() {
            target[score * side + featureCount] = start
        }
        for (index, tree) in ensemble.trees.enumerated() {
            let own = target + index % scoresPerRow * side
            own[featureCount] += tree.leafValue[0]
            guard let linear = tree.linear else { continue }
            let feature = Int(linear.features[0][0])
            let value = row[feature]
            if !value.isNaN { own[feature] += linear.coefficients[0][0] * value }
        }
    }

    /// Linear in rows x trees, so threads are left to others.
    func contributions(
        _ rows: UnsafePointer<Double>,
        count: Int,
        into target: UnsafeMutablePointer<Double>,
        threads: Int,
        cancellation: CancellationFlag?
    ) throws(GraphError) {
        let width = scoresPerRow * (featureCount + 1)
        try forEachRow(rows, count, cancellation) { row, values in
            (target + row * width).update(from: values, count: width)
        }
    }

    /// Features of a sum do not interact: what each contributes stands on the diagonal.
    func interactions(
        _ rows: UnsafePointer<Double>,
        count: Int,
        into target: UnsafeMutablePointer<Double>,
        threads: Int,
        cancellation: CancellationFlag?
    ) throws(GraphError) {
        let side = featureCount + 1
        target.update(repeating: 0, count: count * scoresPerRow * side * side)
        try forEachRow(rows, count, cancellation) { row, values in
            for score in 0..<scoresPerRow {
                let matrix = target + (row * scoresPerRow + score) * side * side
                for line in 0..<side { matrix[line * side + line] = values[score * side + line] }
            }
        }
    }

    /// Sums over all rows in their order, divided once.
    func meanAbsoluteContributions(
        _ rows: UnsafePointer<Double>,
        count: Int,
        threads: Int,
        cancellation: CancellationFlag?
    ) throws(GraphError) -> [Double] {
        let side = featureCount + 1
        var means = [Double](repeating: 0, count: scoresPerRow * featureCount)
        try forEachRow(rows, count, cancellation) { _, values in
            for score in 0..<scoresPerRow {
                for feature in 0..<featureCount {
                    means[score * featureCount + feature] += abs(values[score * side + feature])
                }
            }
        }
        return means.map { $0 / Double(max(1, count)) }
    }
}
