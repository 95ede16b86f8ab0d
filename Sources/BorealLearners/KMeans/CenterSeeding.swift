import BorealBase
import BorealBoost
import CKernels
import Glibc

/// Where clusters start.
struct CenterSeeding {
    let rows: ClusterRows
    let pool: WorkerPool
    let run: LearningRun
    private let closest: AlignedBuffer<Double>
    private let left: AlignedBuffer<Double>
    private let blockCount: Int

    init(_ rows: ClusterRows, clusters: Int, pool: WorkerPool, run: LearningRun) {
        self.rows = rows
        self.pool = pool
        self.run = run
        closest = AlignedBuffer(count: rows.count, isZeroed: false)
        left = AlignedBuffer(count: rows.count * Self.lanes(clusters), isZeroed: false)
        blockCount = (rows.count + ClusterRows.blockRows - 1) / ClusterRows.blockRows
    }

    /// Rows that are tried for each center, of which the best is taken.
    private static func trials(_ clusters: Int) -> Int { 2 + Int(Glibc.log(Double(clusters))) }

    private static func lanes(_ clusters: Int) -> Int { trials(clusters) <= 4 ? 4 : 8 }

    /// Bytes beside the rows.
    static func bytes(rows: Int, clusters: Int) -> Int { rows * 8 * (1 + lanes(clusters)) }

    /// Rows drawn at random, no row twice: `init='random'`.
    ///
    /// - Returns: `[clusters * width]`
    func random(_ clusters: Int, _ random: inout NumpyRandom) -> [Double] {
        random.choose(rowWeights, count: clusters).flatMap { row in
            (0..<rows.width).map { rows.values[row * rows.width + $0] }
        }
    }

    /// Greedy k-means++ (Arthur and Vassilvitskii 2007): each center is the best of a few rows that
    /// are drawn with a probability that grows with the squared distance to the centers so far.
    ///
    /// - Returns: `[clusters * width]`
    /// - Throws: `TrainingError.cancelled`.
    func greedy(
        _ clusters: Int,
        _ random: inout NumpyRandom
    ) throws(TrainingError) -> [Double] {
        let width = rows.width
        let trials = Self.trials(clusters)
        var centers: [Double] = []
        centers.reserveCapacity(clusters * width)
        let points = PackedPoints(count: min(trials, 8), width: width)
        closest.pointer.update(repeating: .infinity, count: rows.count)
        let first = random.choose(rowWeights)
        append(first, to: &centers)
        _ = tryRows([first], points)
        var sums = choose(0, points.lanes)
        while centers.count < clusters * width {
            try run.checkCancellation()
            let potential = sums.reduce(0, +)
            let wanted = (0..<trials).map { _ in random.nextUnit() * potential }
            let candidates = wanted.map { row(atSum: $0, sums) }
            var best = (index: 0, left: Double.infinity)
            for start in stride(from: 0, to: trials, by: 8) {
                let group = Array(candidates[start..<min(trials, start + 8)])
                for (index, sum) in tryRows(group, points).enumerated() where sum < best.left {
                    best = (start + index, sum)
                }
            }
            try run.checkCancellation()
            if trials > 8 { _ = tryRows([candidates[best.index]], points) }
            append(candidates[best.index], to: &centers)
            sums = choose(trials > 8 ? 0 : best.index, points.lanes)
        }
        return centers
    }

    private var rowWeights: [Double] {
        guard let weights = rows.weights else { return [Double](repeating: 1, count: rows.count) }
        return (0..<rows.count).map { weights[$0] }
    }

    private func append(_ row: Int, to centers: inout [Double]) {
        for feature in 0..<rows.width {
            centers.append(rows.values[row * rows.width + feature])
        }
    }

    /// What would be left of all squared distances with each of some rows as one more center.
    private func tryRows(_ candidates: [Int], _ points: PackedPoints) -> [Double] {
        var numbers: [Double] = []
        for row in candidates { append(row, to: &numbers) }
        points.pack(numbers, used: candidates.count)
        let lanes = points.lanes
        var sums = [Double](repeating: 0, count: blockCount * lanes)
        var layout = points.layout
        sums.withUnsafeMutableBufferPointer { sums in
            guard let base = sums.baseAddress else { return }
            withUnsafePointer(to: &layout) { layout in
                let target = base
                pool.run(blockCount) { block in
                    guard !run.cancellation.isCancelled else { return }
                    let first = block * ClusterRows.blockRows
                    boreal_try_points(
                        rows.values + first * rows.width,
                        Int32(min(ClusterRows.blockRows, rows.count - first)),
                        layout,
                        rows.squares + first,
                        closest.pointer + first,
                        rows.weights.map { $0 + first },
                        left.pointer + first * lanes,
                        target + block * lanes
                    )
                }
            }
        }
        return candidates.indices.map { candidate in
            (0..<blockCount).reduce(0) { $0 + sums[$1 * lanes + candidate] }
        }
    }

    /// Takes a tried row for a center; what is left of the squared distances, block by block.
    private func choose(_ lane: Int, _ lanes: Int) -> [Double] {
        var sums = [Double](repeating: 0, count: blockCount)
        sums.withUnsafeMutableBufferPointer { sums in
            guard let target = sums.baseAddress else { return }
            pool.run(blockCount) { block in
                let first = block * ClusterRows.blockRows
                var sum = 0.0
                for row in first..<min(rows.count, first + ClusterRows.blockRows) {
                    let distance = left.pointer[row * lanes + lane]
                    closest.pointer[row] = distance
                    sum += distance * (rows.weights?[row] ?? 1)
                }
                target[block] = sum
            }
        }
        return sums
    }

    /// The first row up to which squared distances add up to so much.
    private func row(atSum wanted: Double, _ sums: [Double]) -> Int {
        var sum = 0.0
        for block in 0..<blockCount {
            if block < blockCount - 1, sum + sums[block] < wanted {
                sum += sums[block]
                continue
            }
            let first = block * ClusterRows.blockRows
            for row in first..<min(rows.count, first + ClusterRows.blockRows) {
                sum += closest.pointer[row] * (rows.weights?[row] ?? 1)
                if sum >= wanted { return row }
            }
        }
        return rows.count - 1
    }
}
