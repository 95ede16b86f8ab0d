import BorealBase
import BorealBoost
import CKernels

/// Rows in the layout of the kernel loops, at positions that can be exchanged.
final class KernelRows {
    /// Rows.
    let count: Int
    /// Rows and what fills the last tile.
    let paddedCount: Int
    /// Numbers a row.
    let width: Int
    /// The kernel over the rows.
    let kernel: boreal_kernel
    private let tiles: AlignedBuffer<Double>
    private let pool: WorkerPool?
    private let cancellation: CancellationFlag

    /// Rows of one piece of parallel work.
    static let blockRows = 4_096
    /// Multiplications above which a row of kernel values is worth waking a thread.
    private static let parallelWork = 100_000

    /// - Parameters:
    ///   - rows: which of the table's, in this order.
    ///   - pool: nil to work on the caller's thread.
    init(_ table: MachineTable, _ rows: [Int], pool: WorkerPool?, cancellation: CancellationFlag) {
        count = rows.count
        width = table.width
        paddedCount = (rows.count + 7) / 8 * 8
        self.pool = pool
        self.cancellation = cancellation
        tiles = AlignedBuffer(count: paddedCount * table.width)
        let (target, width) = (tiles.pointer, table.width)
        for (position, row) in rows.enumerated() {
            let place = position / 8 * 8 * width + position % 8
            for feature in 0..<width {
                target[place + feature * 8] = table.values[row * width + feature]
            }
        }
        kernel = table.kernel.layout(tiles: tiles.pointer, width: width)
    }

    /// Exchanges two rows.
    func exchange(_ first: Int, _ second: Int) {
        let (a, b) = (place(first), place(second))
        for feature in 0..<width {
            let kept = tiles.pointer[a + feature * 8]
            tiles.pointer[a + feature * 8] = tiles.pointer[b + feature * 8]
            tiles.pointer[b + feature * 8] = kept
        }
    }

    private func place(_ position: Int) -> Int { position / 8 * 8 * width + position % 8 }

    /// Copies a row's numbers.
    func copy(_ position: Int, to row: UnsafeMutablePointer<Double>) {
        let place = place(position)
        for feature in 0..<width { row[feature] = tiles.pointer[place + feature * 8] }
    }

    /// Kernel values between a row and the rows at `range`, to the same places of `values`; whole
    /// tiles are written.
    func fill(
        _ values: UnsafeMutablePointer<Float>,
        _ range: Range<Int>,
        of row: UnsafePointer<Double>
    ) {
        guard !range.isEmpty else { return }
        let work = range.count * (width + 8)
        guard let pool, pool.threadCount > 1, work > Self.parallelWork else {
            fillHere(values, range, row)
            return
        }
        let first = range.lowerBound / 8 * 8
        // Two pieces a thread; what a value is does not depend on the piece.
        let wanted = (range.upperBound - first) / (2 * pool.threadCount) / 8 * 8
        let step = min(Self.blockRows, max(256, wanted))
        pool.run((range.upperBound - first + step - 1) / step) { piece in
            let start = first + piece * step
            fillHere(values, start..<min(range.upperBound, start + step), row)
        }
    }

    private func fillHere(
        _ values: UnsafeMutablePointer<Float>,
        _ range: Range<Int>,
        _ row: UnsafePointer<Double>
    ) {
        var kernel = kernel
        var first = range.lowerBound
        while first < range.upperBound, !cancellation.isCancelled {
            let end = min(range.upperBound, (first / 8 + 1_024) * 8)
            boreal_kernel_values(&kernel, row, Int32(first), Int32(end), values)
            first = end
        }
    }

    /// The kernel of a row with itself.
    func diagonal(_ position: Int) -> Double {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: width) { row in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: 8) { values in
                guard let row = row.baseAddress, let values = values.baseAddress else { return 0 }
                copy(position, to: row)
                var kernel = kernel
                let first = position / 8
                kernel.tiles += first * 8 * width
                boreal_kernel_values(&kernel, row, 0, 8, values)
                return Double(values[position % 8])
            }
        }
    }
}
