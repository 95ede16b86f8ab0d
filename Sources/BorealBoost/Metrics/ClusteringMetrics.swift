/// How well rows are grouped, without anybody knowing the right groups.
public enum ClusteringMetrics {
    /// The mean silhouette of the rows: `(b - a) / max(a, b)`, where `a` is a row's mean distance
    /// to the others of its group and `b` the least mean distance to another group; 0 for a row
    /// that is alone in its group (Rousseeuw 1987, section 2). Distances are Euclidean.
    ///
    /// Takes `rowCount` squared times `width` steps.
    ///
    /// - Parameters:
    ///   - points: `[rowCount * width]`, row after row; finite.
    ///   - clusters: `[rowCount]`: numbers of groups, any that are 0 or more.
    /// - Returns: -1 to 1; NaN with fewer than two groups, or as many as rows.
    public static func silhouette(_ points: [Double], width: Int, clusters: [Int]) -> Double {
        let count = clusters.count
        assert(points.count == count * width, "a point a row")
        // Rows of a group lie next to each other, number after number of a row apart, so that
        // distances to many rows are added lane by lane.
        let order = clusters.indices.sorted { (clusters[$0], $0) < (clusters[$1], $1) }
        let groups = Self.groups(order.map { clusters[$0] })
        guard groups.count > 1, groups.count < count else { return .nan }
        let stride = (count + 7) & ~7
        var columns = [Double](repeating: 0, count: stride * width)
        for (place, row) in order.enumerated() {
            for i in 0..<width { columns[i * stride + place] = points[row * width + i] }
        }
        var distances = [Double](repeating: 0, count: stride)
        var total = 0.0
        for (own, range) in groups.enumerated() where range.count > 1 {
            for place in range {
                fillDistances(from: place, columns, stride, width, &distances)
                var (inner, outer) = (0.0, Double.infinity)
                for (group, others) in groups.enumerated() {
                    let sum = distances[others].reduce(0, +)
                    if group == own {
                        inner = sum / Double(others.count - 1)
                    } else {
                        outer = min(outer, sum / Double(others.count))
                    }
                }
                let greater = max(inner, outer)
                // All rows of both groups are one point.
                if greater > 0 { total += (outer - inner) / greater }
            }
        }
        return total / Double(count)
    }

    /// Where each group lies among sorted numbers of groups.
    private static func groups(_ sorted: [Int]) -> [Range<Int>] {
        var groups: [Range<Int>] = []
        var start = 0
        for place in sorted.indices
        where place + 1 == sorted.count
            || sorted[place + 1] != sorted[place]
        {
            groups.append(start..<place + 1)
            start = place + 1
        }
        return groups
    }

    private static func fillDistances(
        from place: Int,
        _ columns: [Double],
        _ stride: Int,
        _ width: Int,
        _ distances: inout [Double]
    ) {
        columns.withUnsafeBytes { columns in
            distances.withUnsafeMutableBytes { distances in
                let size = MemoryLayout<Double>.stride
                for block in Swift.stride(from: 0, to: stride * size, by: 8 * size) {
                    var sums = SIMD8<Double>.zero
                    for i in 0..<width {
                        let column = i * stride * size
                        let own = columns.load(
                            fromByteOffset: column + place * size,
                            as: Double.self
                        )
                        let others = columns.loadUnaligned(
                            fromByteOffset: column + block,
                            as: SIMD8<Double>.self
                        )
                        let differences = others - own
                        sums += differences * differences
                    }
                    distances.storeBytes(
                        of: sums.squareRoot(),
                        toByteOffset: block,
                        as: SIMD8<Double>.self
                    )
                }
            }
        }
    }
}
