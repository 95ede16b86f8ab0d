import BorealBase
import BorealBoost
import BorealGraph
import CKernels

/// The threads of one training and the wish to stop.
final class Workshop {
    private let pool: WorkerPool
    /// Looked at before each piece of work and within long ones.
    let cancellation: CancellationFlag

    init(_ run: LearningRun) {
        pool = WorkerPool(threads: run.threads, nice: 10)
        cancellation = run.cancellation
    }

    /// Threads that work, the caller's among them.
    var threads: Int { pool.threadCount }

    /// Calls `body` once for each number below `count`, on whatever threads are free. What a piece
    /// computes must not depend on where the pieces are cut.
    ///
    /// - Throws: `TrainingError.cancelled`; then some pieces were left out.
    func run(_ count: Int, _ body: (Int) -> Void) throws(TrainingError) {
        pool.run(count) { piece in
            if !cancellation.isCancelled { body(piece) }
        }
        if cancellation.isCancelled { throw .cancelled }
    }

    /// Multiplies in pieces short enough to look for the end in between.
    ///
    /// The bits do not depend on the pieces: each element is a sum of its own.
    func multiply(_ product: boreal_product) {
        let panelWork = max(1, Int(product.rows) * Int(product.depth) * PackedMatrix.panelWidth)
        let panels = max(1, Self.workMax / panelWork)
        let rows = max(8, Int(product.rows) * Self.workMax / panelWork)
        var column = 0
        while column < Int(product.columns) {
            let width = min(panels * PackedMatrix.panelWidth, Int(product.columns) - column)
            var row = 0
            while row < Int(product.rows) {
                if cancellation.isCancelled { return }
                var piece = product
                let panel = column / PackedMatrix.panelWidth
                piece.a += row * product.a_row
                piece.b += panel * product.b_panel
                piece.c += panel * product.c_panel + row * product.c_row
                if piece.bias != nil { piece.bias += column }
                piece.rows = Int64(min(rows, Int(product.rows) - row))
                piece.columns = Int64(width)
                boreal_multiply(&piece)
                row += Int(piece.rows)
            }
            column += width
        }
    }

    /// Multiplications of one piece: about a millisecond.
    private static let workMax = 1 << 25
}
