import BorealBoost

/// Sums of the rows of each cluster, added up by parts of the rows and always in the same order, so
/// that no bit depends on the threads.
final class ClusterSums {
    /// Runs of rows that are added up on their own.
    let partCount: Int
    /// Whether a center was moved to a row that is not its own yet.
    private(set) var isRelocated = false
    private let rows: ClusterRows
    private let clusters: Int
    private let parts: AlignedBuffer<Double>
    private let partCounts: AlignedBuffer<Int>
    private var total: [Double]
    /// `[clusters]`: rows that count something.
    private var counts: [Int]

    /// Numbers of a cluster: the sums, then the weight.
    private var stride: Int { rows.width + 1 }

    init(_ rows: ClusterRows, clusters: Int) {
        self.rows = rows
        self.clusters = clusters
        partCount = Self.parts(rows: rows.count, width: rows.width, clusters: clusters)
        parts = AlignedBuffer(count: partCount * clusters * (rows.width + 1))
        partCounts = AlignedBuffer(count: partCount * clusters)
        total = [Double](repeating: 0, count: clusters * (rows.width + 1))
        counts = [Int](repeating: 0, count: clusters)
    }

    /// As many parts as there are blocks, up to 64; fewer where their sums would take much memory.
    private static func parts(rows: Int, width: Int, clusters: Int) -> Int {
        let blocks = (rows + ClusterRows.blockRows - 1) / ClusterRows.blockRows
        let fitting = max(4, (4 << 20) / (clusters * (width + 1)))
        return max(1, min(blocks, 64, fitting))
    }

    /// Bytes of sums.
    static func bytes(rows: Int, width: Int, clusters: Int) -> Int {
        (parts(rows: rows, width: width, clusters: clusters) + 1) * clusters * (width + 2) * 8
    }

    /// The rows of a part.
    func rows(_ part: Int) -> Range<Int> {
        let blocks = (rows.count + ClusterRows.blockRows - 1) / ClusterRows.blockRows
        let first = part * blocks / partCount * ClusterRows.blockRows
        let end = (part + 1) * blocks / partCount * ClusterRows.blockRows
        return first..<min(rows.count, end)
    }

    /// The rows of a part, block by block.
    func blocks(_ part: Int) -> [Range<Int>] {
        let all = rows(part)
        return Swift.stride(from: all.lowerBound, to: all.upperBound, by: ClusterRows.blockRows)
            .map { $0..<min(all.upperBound, $0 + ClusterRows.blockRows) }
    }

    /// Makes a part's sums zero.
    func clear(_ part: Int) {
        let size = clusters * stride
        (parts.pointer + part * size).update(repeating: 0, count: size)
        (partCounts.pointer + part * clusters).update(repeating: 0, count: clusters)
    }

    /// Adds a block of rows to their clusters.
    func add(_ block: Range<Int>, _ labels: UnsafePointer<Int32>, to part: Int) {
        let (width, step) = (rows.width, stride)
        let base = parts.pointer + part * clusters * step
        let counts = partCounts.pointer + part * clusters
        for row in block {
            let label = Int(labels[row])
            let sum = base + label * step
            let values = rows.values + row * width
            guard let weights = rows.weights else {
                for feature in 0..<width { sum[feature] += values[feature] }
                sum[width] += 1
                counts[label] += 1
                continue
            }
            let weight = weights[row]
            for feature in 0..<width { sum[feature] += values[feature] * weight }
            sum[width] += weight
            counts[label] += weight > 0 ? 1 : 0
        }
    }

    /// Takes a row from one cluster and gives it to another.
    func change(_ row: Int, from old: Int, to new: Int, in part: Int) {
        let (width, step) = (rows.width, stride)
        let base = parts.pointer + part * clusters * step
        let weight = rows.weights?[row] ?? 1
        let (from, to) = (base + old * step, base + new * step)
        let values = rows.values + row * width
        for feature in 0..<width {
            let value = values[feature] * weight
            from[feature] -= value
            to[feature] += value
        }
        from[width] -= weight
        to[width] += weight
        guard weight > 0 else { return }
        partCounts.pointer[part * clusters + old] -= 1
        partCounts.pointer[part * clusters + new] += 1
    }

    /// The sums of all parts, or the last ones and what changed.
    func combine(isWhole: Bool, _ pool: WorkerPool) {
        let size = clusters * stride
        if isWhole {
            for index in total.indices { total[index] = 0 }
            for index in counts.indices { counts[index] = 0 }
        }
        total.withUnsafeMutableBufferPointer { total in
            guard let target = total.baseAddress else { return }
            let pieces = (size + 4_095) / 4_096
            pool.run(pieces) { piece in
                for part in 0..<partCount {
                    let source = parts.pointer + part * size
                    for index in piece * 4_096..<min(size, (piece + 1) * 4_096) {
                        target[index] += source[index]
                    }
                }
            }
        }
        for part in 0..<partCount {
            for cluster in 0..<clusters {
                counts[cluster] += partCounts.pointer[part * clusters + cluster]
            }
        }
        // What rounding left of a cluster that lost its rows is nobody's.
        for cluster in 0..<clusters where counts[cluster] == 0 {
            for place in cluster * stride..<(cluster + 1) * stride { total[place] = 0 }
        }
        isRelocated = false
    }

    /// Whether a cluster has no row.
    var hasEmpty: Bool { counts.contains(0) }

    /// Gives each empty cluster one of the rows that are farthest from their centers, as
    /// scikit-learn does. Does nothing when all rows lie on their centers.
    func relocate(_ labels: UnsafePointer<Int32>, _ centers: [Double]) {
        let width = rows.width
        let empty = counts.indices.filter { counts[$0] == 0 }
        let distances = centers.withUnsafeBufferPointer { centers in
            (0..<rows.count).map { row in
                let place = Int(labels[row]) * width
                return (0..<width).reduce(0.0) { sum, feature in
                    let difference = rows.values[row * width + feature] - centers[place + feature]
                    return sum + difference * difference
                }
            }
        }
        guard distances.contains(where: { $0 > 0 }) else { return }
        let weights = rows.weights
        let counting = distances.indices.filter { row in weights.map { $0[row] > 0 } ?? true }
        let far = counting.sorted {
            distances[$0] != distances[$1] ? distances[$0] > distances[$1] : $0 < $1
        }
        for (cluster, row) in zip(empty, far) {
            let old = Int(labels[row])
            let weight = rows.weights?[row] ?? 1
            for feature in 0..<width {
                let value = rows.values[row * width + feature] * weight
                total[old * stride + feature] -= value
                total[cluster * stride + feature] = value
            }
            total[old * stride + width] -= weight
            total[cluster * stride + width] = weight
            counts[old] -= 1
            counts[cluster] = 1
        }
        isRelocated = true
    }

    /// The mean of each cluster; an empty one keeps its place.
    func writeMeans(_ centers: inout [Double]) {
        for cluster in 0..<clusters {
            let weight = total[cluster * stride + rows.width]
            guard counts[cluster] > 0, weight > 0 else { continue }
            let share = 1 / weight
            for feature in 0..<rows.width {
                centers[cluster * rows.width + feature] = total[cluster * stride + feature] * share
            }
        }
    }
}
