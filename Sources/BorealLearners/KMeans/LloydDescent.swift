import BorealBoost
import CKernels

/// Lloyd's algorithm from given centers: each row goes to its nearest center, each center to the
/// mean of its rows, until nothing moves.
///
/// Rows that cannot have a nearer center than theirs are passed over by the bounds of Hamerly,
/// "Making k-means even faster" (2010). The bounds allow for the rounding of the distances, so the
/// clusters are the same, to the bit, as if every row were compared with every center.
final class LloydDescent {
    /// What a descent comes to.
    struct Outcome {
        /// `[clusters * width]`, less the rows' means.
        var centers: [Double]
        /// `[rows]`
        var labels: [Int32]
        /// The weighted sum of squared distances to the nearest centers.
        var inertia: Double
        /// Passes over the rows.
        var iterations: Int
        /// Whether it ended before the last iteration allowed.
        var isConverged: Bool
    }

    let rows: ClusterRows
    let clusters: Int
    let pool: WorkerPool
    let run: LearningRun
    let labels: AlignedBuffer<Int32>
    let upper: AlignedBuffer<Double>
    let lower: AlignedBuffer<Double>
    let points: PackedPoints
    let sums: ClusterSums
    var centers: [Double]
    /// How far each center went in the last iteration, a little more than that.
    var shifts: [Double]
    /// Distance from each center to the nearest other one, a little less than that.
    var gaps: [Double]
    /// The greatest sum of squares of a center.
    var greatestSquare = 0.0

    /// - Parameter centers: `[clusters * width]`
    init(
        _ rows: ClusterRows,
        clusters: Int,
        centers: [Double],
        pool: WorkerPool,
        run: LearningRun
    ) {
        self.rows = rows
        self.clusters = clusters
        self.centers = centers
        self.pool = pool
        self.run = run
        labels = AlignedBuffer(count: rows.count, isZeroed: false)
        upper = AlignedBuffer(count: rows.count, isZeroed: false)
        lower = AlignedBuffer(count: rows.count, isZeroed: false)
        labels.pointer.update(repeating: -1, count: rows.count)
        points = PackedPoints(count: clusters, width: rows.width)
        sums = ClusterSums(rows, clusters: clusters)
        shifts = [Double](repeating: 0, count: clusters)
        gaps = [Double](repeating: 0, count: clusters)
    }

    /// Bytes beside the rows.
    static func bytes(rows: Int, width: Int, clusters: Int) -> Int {
        rows * 24 + 4 * PackedPoints.bytes(count: clusters, width: width)
            + ClusterSums.bytes(rows: rows, width: width, clusters: clusters)
    }

    /// Moves rows and centers until no row changes, or the centers move less than the tolerance.
    ///
    /// - Parameters:
    ///   - tolerance: of the sum of the squared ways of all centers.
    ///   - watch: told the number of an iteration and how many rows it moved.
    /// - Throws: `TrainingError.cancelled`.
    func descend(
        iterations: Int,
        tolerance: Double,
        watch: (Int, Int) -> Void
    ) throws(TrainingError) -> Outcome {
        var moved = rows.count
        var done = 0
        var isConverged = false
        while done < iterations, !isConverged {
            // Few changes are cheaper to follow than all rows to add up.
            let isWhole = done == 0 || moved > rows.count / 8 || sums.isRelocated
            prepareBounds(isFirst: done == 0)
            moved = assign(isFirst: done == 0, isWhole: isWhole)
            try run.checkCancellation()
            done += 1
            watch(done, moved)
            let way = moved == 0 ? settle() : move(isWhole: isWhole)
            isConverged = moved == 0 || way <= tolerance
        }
        if moved > 0 {
            // The labels shall be those of the last centers.
            prepareBounds(isFirst: false)
            _ = assign(isFirst: false, isWhole: true)
        }
        try run.checkCancellation()
        return Outcome(
            centers: centers,
            labels: (0..<rows.count).map { labels.pointer[$0] },
            inertia: inertia(),
            iterations: done,
            isConverged: isConverged
        )
    }

    /// Centers as the exact means of their rows, free of what following changes has rounded.
    private func settle() -> Double {
        addAll()
        return move(isWhole: true)
    }

    /// New centers; the sum of their squared ways.
    private func move(isWhole: Bool) -> Double {
        sums.combine(isWhole: isWhole, pool)
        if sums.hasEmpty { sums.relocate(labels.pointer, centers) }
        let old = centers
        sums.writeMeans(&centers)
        var total = 0.0
        for cluster in 0..<clusters {
            var square = 0.0
            for place in cluster * rows.width..<(cluster + 1) * rows.width {
                square += (centers[place] - old[place]) * (centers[place] - old[place])
            }
            total += square
            shifts[cluster] = square.squareRoot() * (1 + 1e-12)
        }
        return total
    }

    /// Adds up all rows by their labels.
    private func addAll() {
        pool.run(sums.partCount) { part in
            sums.clear(part)
            for block in sums.blocks(part) {
                sums.add(block, labels.pointer, to: part)
            }
        }
    }

    /// The weighted sum of squared differences between rows and their centers.
    private func inertia() -> Double {
        var parts = [Double](repeating: 0, count: sums.partCount)
        parts.withUnsafeMutableBufferPointer { parts in
            centers.withUnsafeBufferPointer { centers in
                guard let target = parts.baseAddress, let center = centers.baseAddress else {
                    return
                }
                let (width, weights) = (rows.width, rows.weights)
                pool.run(sums.partCount) { part in
                    var sum = 0.0
                    for row in sums.rows(part) {
                        let mine = center + Int(labels.pointer[row]) * width
                        let values = rows.values + row * width
                        var square = 0.0
                        for feature in 0..<width {
                            let difference = values[feature] - mine[feature]
                            square += difference * difference
                        }
                        sum += square * (weights?[row] ?? 1)
                    }
                    target[part] = sum
                }
            }
        }
        return parts.reduce(0, +)
    }
}
