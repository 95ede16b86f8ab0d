import BorealBase
import BorealBoost
import CKernels

/// The triangular factor of a positive definite matrix: `A = L L'`.
struct Cholesky {
    /// Rows.
    let side: Int
    /// `[side * side]`, row by row: L in the lower triangle; above it is nothing to be read.
    private let values: [Double]
    /// The least square of a diagonal entry of L: of a matrix with ones on its diagonal, the part
    /// of a column that the columns before it do not tell.
    let leastPivot: Double

    private static let panel = 64
    private static let rowChunk = 32

    /// Nil when a pivot is not above `threshold`: the matrix is not positive definite enough.
    ///
    /// - Throws: `TrainingError.cancelled`.
    init?(
        _ matrix: SymmetricMatrix,
        above threshold: Double = 0,
        _ pool: WorkerPool,
        _ cancellation: CancellationFlag
    ) throws(TrainingError) {
        var (values, least) = (matrix.values, Double.infinity)
        for start in stride(from: 0, to: matrix.side, by: Self.panel) {
            if cancellation.isCancelled { throw .cancelled }
            let end = min(matrix.side, start + Self.panel)
            values.withUnsafeMutableBufferPointer { values in
                guard let base = values.baseAddress else { return }
                least = min(least, Self.factor(base, matrix.side, start..<end, threshold, pool))
            }
            guard least > threshold else { return nil }
        }
        side = matrix.side
        self.values = values
        leastPivot = least
    }

    /// Some columns, all rows below; the least pivot, or 0 when one is not above the threshold.
    ///
    /// Each entry is its own scalar product, so rows may be shared out among threads.
    private static func factor(
        _ base: UnsafeMutablePointer<Double>,
        _ side: Int,
        _ columns: Range<Int>,
        _ threshold: Double,
        _ pool: WorkerPool
    ) -> Double {
        let (start, end) = (columns.lowerBound, columns.upperBound)
        var least = Double.infinity
        let chunks = (side - start + rowChunk - 1) / rowChunk
        pool.run(chunks) { chunk in
            let first = start + chunk * rowChunk
            for i in first..<min(side, first + rowChunk) {
                let row = base + i * side
                for k in start..<min(end, i + 1) {
                    row[k] -= boreal_dot(row, base + k * side, start)
                }
            }
        }
        for i in start..<end {
            let row = base + i * side
            for k in start..<i {
                let other = base + k * side
                row[k] = (row[k] - boreal_dot(row + start, other + start, k - start)) / other[k]
            }
            let pivot = row[i] - boreal_dot(row + start, row + start, i - start)
            guard pivot > threshold, pivot.isFinite else { return 0 }
            least = min(least, pivot)
            row[i] = pivot.squareRoot()
        }
        pool.run(chunks) { chunk in
            let first = start + chunk * rowChunk
            for i in max(end, first)..<max(end, min(side, first + rowChunk)) {
                let row = base + i * side
                for k in start..<end {
                    let other = base + k * side
                    row[k] = (row[k] - boreal_dot(row + start, other + start, k - start)) / other[k]
                }
            }
        }
        return least
    }

    /// The solution of `A x = b`.
    func solve(_ right: [Double]) -> [Double] {
        precondition(right.count == side, "a right side as long as the matrix")
        var x = right
        values.withUnsafeBufferPointer { values in
            x.withUnsafeMutableBufferPointer { x in
                guard let base = values.baseAddress, let x = x.baseAddress else { return }
                for i in 0..<side {
                    x[i] = (x[i] - boreal_dot(base + i * side, x, i)) / base[i * side + i]
                }
                for i in (0..<side).reversed() {
                    x[i] /= base[i * side + i]
                    let factor = x[i]
                    for k in 0..<i { x[k] -= factor * base[i * side + k] }
                }
            }
        }
        return x
    }
}
