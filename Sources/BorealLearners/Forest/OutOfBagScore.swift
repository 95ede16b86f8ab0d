import BorealBase
import BorealBoost

/// How well a forest answers rows when each is answered by the trees that did not see it only: R2
/// of numbers, share of right answers of classes. Rows that every tree saw are left out.
struct OutOfBagScore {
    private let factory: TreeFactory
    private let ensemble: TreeEnsemble
    private let set: LearningSet
    private let table: ForestTable

    /// Rows of one piece of work.
    private static let chunkRows = 2_048

    init(
        _ factory: TreeFactory,
        _ ensemble: TreeEnsemble,
        _ set: LearningSet,
        _ table: ForestTable
    ) {
        self.factory = factory
        self.ensemble = ensemble
        self.set = set
        self.table = table
    }

    /// - Returns: null when there is nothing to judge by.
    /// - Throws: `.cancelled`.
    func value(pool: WorkerPool, _ run: LearningRun) throws(TrainingError) -> JSON {
        let seen = seenRows(pool)
        let kernel = EnsembleKernel(ensemble)
        let (rows, width) = (table.rowCount, ensemble.leafWidth)
        // The sums of the answers, and how many there were.
        let sums = AlignedBuffer<Double>(count: rows * width)
        let counts = AlignedBuffer<UInt32>(count: rows)
        let (sumsAt, countsAt) = (sums.pointer, counts.pointer)
        let chunks = (rows + Self.chunkRows - 1) / Self.chunkRows
        pool.run(chunks) { chunk in
            if run.cancellation.isCancelled { return }
            let range = chunk * Self.chunkRows..<min(rows, (chunk + 1) * Self.chunkRows)
            answer(range, kernel, seen, sumsAt, countsAt)
        }
        try run.checkCancellation()
        let judged = (0..<rows).filter { countsAt[$0] > 0 }
        guard !judged.isEmpty else { return .null }
        return .number(
            table.classCount > 0
                ? accuracy(judged, sumsAt, countsAt) : determination(judged, sumsAt, countsAt)
        )
    }

    /// `[trees]`: one bit a row, set where the tree saw it.
    private func seenRows(_ pool: WorkerPool) -> AlignedBuffer<UInt64> {
        let words = (table.rowCount + 63) / 64
        let seen = AlignedBuffer<UInt64>(count: words * ensemble.trees.count)
        let target = seen.pointer
        pool.run(ensemble.trees.count) { tree in
            factory.draw(tree).rows.mark(in: target + tree * words)
        }
        return seen
    }

    private func answer(
        _ range: Range<Int>,
        _ kernel: EnsembleKernel,
        _ seen: AlignedBuffer<UInt64>,
        _ sums: UnsafeMutablePointer<Double>,
        _ counts: UnsafeMutablePointer<UInt32>
    ) {
        let (features, trees, width) = (table.featureCount, kernel.treeCount, ensemble.leafWidth)
        let words = (table.rowCount + 63) / 64
        let block = AlignedBuffer<Double>(count: range.count * features, isZeroed: false)
        for (feature, column) in set.data.columns.enumerated() {
            column.write(range, to: block.pointer + feature, stride: features)
        }
        let leaves = AlignedBuffer<Int32>(count: range.count * trees, isZeroed: false)
        kernel.leafIndices(
            rows: block.pointer,
            count: range.count,
            stride: features,
            into: leaves.pointer
        )
        for tree in 0..<trees {
            let bits = seen.pointer + tree * words
            ensemble.trees[tree].leafValue.withUnsafeBufferPointer { values in
                for (place, row) in range.enumerated()
                where bits[row / 64] >> UInt64(row % 64) & 1 == 0 {
                    let leaf = Int(leaves.pointer[place * trees + tree]) * width
                    for k in 0..<width { sums[row * width + k] += values[leaf + k] }
                    counts[row] += 1
                }
            }
        }
    }

    private func determination(
        _ rows: [Int],
        _ sums: UnsafePointer<Double>,
        _ counts: UnsafePointer<UInt32>
    ) -> Double {
        let targets = table.targets.pointer
        let mean = rows.reduce(0.0) { $0 + targets[$1] } / Double(rows.count)
        var (rest, whole) = (0.0, 0.0)
        for row in rows {
            let error = targets[row] - sums[row] / Double(counts[row])
            rest += error * error
            whole += (targets[row] - mean) * (targets[row] - mean)
        }
        guard whole > 0 else { return rest > 0 ? 0 : 1 }
        return 1 - rest / whole
    }

    private func accuracy(
        _ rows: [Int],
        _ sums: UnsafePointer<Double>,
        _ counts: UnsafePointer<UInt32>
    ) -> Double {
        let width = ensemble.leafWidth
        let right = rows.count { row in
            let target = Int(table.targets.pointer[row])
            guard width > 1 else { return (sums[row] > 0.5 * Double(counts[row])) == (target == 1) }
            let shares = sums + row * width
            var best = 0
            for k in 1..<width where shares[k] > shares[best] { best = k }
            return best == target
        }
        return Double(right) / Double(rows.count)
    }
}
