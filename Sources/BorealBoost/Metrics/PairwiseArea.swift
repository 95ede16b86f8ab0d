/// `auc_mu`: the mean, over pairs of classes, of the area under the curve of the distance from the
/// plane between the two (Kleiman and Page, "AUC mu", 2019).
struct PairwiseArea {
    private let classCount: Int
    /// `[classCount * classCount]`: what it costs to take the first class for the second.
    private let costs: [Double]

    init(_ parameters: TrainingParameters) {
        let count = parameters.classCount
        classCount = count
        if parameters.aucMuWeights.isEmpty {
            costs = (0..<count * count).map { $0 / count == $0 % count ? 0 : 1 }
        } else {
            costs = parameters.aucMuWeights
        }
    }

    /// - Parameter raw: `[classCount * rows]`, score by score.
    func value(_ labels: [Double], _ raw: [Double], _ weights: [Double]?) -> Double {
        var rowsOf = [[Int]](repeating: [], count: classCount)
        for row in labels.indices { rowsOf[Int(labels[row])].append(row) }
        var sum = 0.0
        for first in 0..<classCount {
            for second in (first + 1)..<max(first + 1, classCount) {
                let rows = rowsOf[first] + rowsOf[second]
                let distances = Self.joined(distances(rows, first, second, raw, labels.count))
                let area = ClassificationMetrics.auc(
                    rows.map { labels[$0] == Double(first) ? 1 : 0 },
                    scores: distances,
                    weights: weights.map { weights in rows.map { weights[$0] } }
                )
                sum += area
            }
        }
        return 2 * sum / Double(classCount) / Double(classCount - 1)
    }

    /// Distances that differ by less than LightGBM's 1e-15 become the same.
    private static func joined(_ distances: [Double]) -> [Double] {
        var joined = distances
        var start = -Double.infinity
        for place in distances.indices.sorted(by: { distances[$0] < distances[$1] }) {
            if distances[place] - start >= 1e-15 { start = distances[place] }
            joined[place] = start
        }
        return joined
    }

    private func distances(
        _ rows: [Int],
        _ first: Int,
        _ second: Int,
        _ raw: [Double],
        _ rowCount: Int
    ) -> [Double] {
        let normal = (0..<classCount).map {
            costs[first * classCount + $0] - costs[second * classCount + $0]
        }
        let side = normal[first] - normal[second]
        return rows.map { row in
            var product = 0.0
            for score in 0..<classCount { product += normal[score] * raw[score * rowCount + row] }
            return side * product
        }
    }
}
