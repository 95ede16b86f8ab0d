import BorealBoost
import BorealGraph

/// The rows that a model of clusters is judged by: all of them while they are few, else some that
/// their position alone chooses.
///
/// A silhouette takes the square of the rows. Of more than `rowsMax` rows those are kept whose
/// hashed position is below a threshold, which is halved whenever there are too many.
struct ClusterSample {
    static let rowsMax = 10_000

    /// Rows given, kept or not.
    private(set) var rowCount = 0
    private var width = 0
    private var threshold = UInt64.max
    private var hashes: [UInt64] = []
    private var points: [Double] = []
    private var clusters: [Int] = []

    /// - Parameters:
    ///   - features: the rows as the model sees them.
    ///   - numbers: `[rowCount]`: the cluster of each.
    mutating func append(_ features: GraphBatch, clusters numbers: [Double], firstRow: Int) {
        width = features.featureCount
        rowCount += numbers.count
        for (row, number) in numbers.enumerated() {
            let hash = RandomNumbers.at(UInt64(firstRow + row), key: 0)
            guard hash <= threshold, let cluster = Int(exactly: number) else { continue }
            hashes.append(hash)
            clusters.append(cluster)
            points += features.values[row * width..<(row + 1) * width]
            if clusters.count > Self.rowsMax { thin() }
        }
    }

    private mutating func thin() {
        threshold /= 2
        let kept = hashes.indices.filter { hashes[$0] <= threshold }
        points = kept.flatMap { points[$0 * width..<($0 + 1) * width] }
        clusters = kept.map { clusters[$0] }
        hashes = kept.map { hashes[$0] }
    }

    /// The mean silhouette of the rows kept; NaN with fewer than two clusters.
    var silhouette: Double {
        ClusteringMetrics.silhouette(points, width: width, clusters: clusters)
    }
}
