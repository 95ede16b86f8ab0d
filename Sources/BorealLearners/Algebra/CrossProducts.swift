import BorealBase
import BorealBoost
import CKernels

/// A symmetric matrix, whole, row by row.
struct SymmetricMatrix: Equatable {
    /// Rows, and columns.
    let side: Int
    /// `[side * side]`
    var values: [Double]

    init(side: Int) {
        self.side = side
        values = [Double](repeating: 0, count: side * side)
    }

    subscript(row: Int, column: Int) -> Double {
        get { values[row * side + column] }
        set { values[row * side + column] = newValue }
    }

    /// The rows and columns named, in that order.
    func minor(_ places: [Int]) -> SymmetricMatrix {
        var minor = SymmetricMatrix(side: places.count)
        for (row, from) in places.enumerated() {
            for (column, place) in places.enumerated() { minor[row, column] = self[from, place] }
        }
        return minor
    }

    /// Both sides of every entry multiplied: `f_i f_j a_ij`.
    func scaled(_ factors: [Double]) -> SymmetricMatrix {
        precondition(factors.count == side, "one factor for each row")
        var scaled = self
        for row in 0..<side {
            for column in 0..<side { scaled[row, column] *= factors[row] * factors[column] }
        }
        return scaled
    }

    /// The product with a vector.
    func times(_ vector: [Double]) -> [Double] {
        precondition(vector.count == side, "a vector as long as the matrix is wide")
        return values.withUnsafeBufferPointer { values in
            (0..<side).map { row in
                guard let base = values.baseAddress else { return 0 }
                return boreal_dot(base + row * side, vector, side)
            }
        }
    }
}

/// Sums over rows of the products of columns: `X' X` for columns that are shifted and whose rows
/// are scaled on the way (a Gram matrix; weighted by the squares of the scales).
///
/// The matrix is cut into blocks of at most `blockColumns` columns and the rows into at most
/// `stripsMax` strips; a pair of blocks over a strip is one piece of work, which packs 256 rows of
/// its columns at a time into the second-level cache. How it is cut depends on the shape alone, and
/// strips are added up in their order, so the sums are equal to the bit at any number of threads.
struct CrossProducts {
    /// `[columnCount]`, each as long as there are rows.
    private let columns: [UnsafePointer<Double>]
    /// What columns and scales point into.
    private let owners: [FixedNumbers]
    /// `[columnCount]`: what is subtracted from each column.
    private let shifts: [Double]
    /// Rows.
    private let rowCount: Int
    private let scales: UnsafePointer<Double>?
    /// Of the blocks of 256 rows only every such one counts.
    var blockStep = 1

    private static let blockRows = 256
    /// So many columns of 256 rows, and their sums, fit into a second-level cache of 1 MiB. A pair
    /// of blocks packs its columns anew: of 200 features in one block, 12 ms are spared of 118.
    private static let blockColumns = 216
    private static let stripsMax = 8
    /// Above this width every strip's copy of the matrix would cost more than it speeds up.
    private static let stripedWidthMax = 512

    /// - Parameter scales: `[rowCount]`: multiplies each row; nil for 1.
    init(columns: [FixedNumbers], shifts: [Double], rowCount: Int, scales: FixedNumbers? = nil) {
        owners = columns + (scales.map { [$0] } ?? [])
        self.columns = columns.map(\.first)
        self.scales = scales?.first
        self.shifts = shifts
        self.rowCount = rowCount
    }

    private struct Piece {
        /// Blocks of rows.
        let rows: Range<Int>
        let strip: Int
        let left: Range<Int>
        let right: Range<Int>
    }

    private var rowBlocks: Int {
        ((rowCount + Self.blockRows - 1) / Self.blockRows + blockStep - 1) / blockStep
    }

    /// Rows that count.
    var countedRows: Int {
        (0..<rowBlocks).reduce(0) { $0 + rows(ofBlock: $1).count }
    }

    private func rows(ofBlock block: Int) -> Range<Int> {
        let first = block * blockStep * Self.blockRows
        return first..<min(rowCount, first + Self.blockRows)
    }

    /// Bytes that the sums take besides the answer, about.
    static func bytes(columns: Int, threads: Int) -> Int {
        let strips = columns <= stripedWidthMax ? stripsMax : 1
        let buffers = 8 * (2 * blockColumns * blockRows + blockColumns * blockColumns)
        return strips * columns * columns * 8 + threads * buffers
    }

    /// The sums.
    ///
    /// - Throws: `TrainingError.cancelled`.
    func sums(
        _ pool: WorkerPool,
        _ cancellation: CancellationFlag
    ) throws(TrainingError) -> SymmetricMatrix {
        defer { withExtendedLifetime(owners) {} }
        let side = columns.count
        var sums = SymmetricMatrix(side: side)
        let (pieces, strips) = pieces()
        var partial = [Double](repeating: 0, count: strips * side * side)
        partial.withUnsafeMutableBufferPointer { partial in
            guard let base = partial.baseAddress else { return }
            pool.run(pieces.count) { index in
                let piece = pieces[index]
                add(piece, to: base + piece.strip * side * side, cancellation)
            }
        }
        if cancellation.isCancelled { throw .cancelled }
        for strip in 0..<strips {
            for index in sums.values.indices {
                sums.values[index] += partial[strip * side * side + index]
            }
        }
        for row in 0..<side {
            for column in row..<side { sums[column, row] = sums[row, column] }
        }
        return sums
    }

    private func pieces() -> (pieces: [Piece], strips: Int) {
        let side = columns.count
        let parts = (side + Self.blockColumns - 1) / Self.blockColumns
        // Whole tiles of twelve columns, alike as far as that goes.
        let width = max(12, ((side + parts - 1) / max(1, parts) + 11) / 12 * 12)
        let blocks = stride(from: 0, to: side, by: width).map { $0..<min(side, $0 + width) }
        let strips = side <= Self.stripedWidthMax ? min(Self.stripsMax, rowBlocks) : 1
        var pieces: [Piece] = []
        for strip in 0..<strips {
            let rows = rowBlocks * strip / strips..<rowBlocks * (strip + 1) / strips
            for (index, left) in blocks.enumerated() {
                for right in blocks[index...] {
                    pieces.append(Piece(rows: rows, strip: strip, left: left, right: right))
                }
            }
        }
        return (pieces, strips)
    }

    /// Adds the products of a piece to its part of the upper triangle of a matrix.
    private func add(
        _ piece: Piece,
        to target: UnsafeMutablePointer<Double>,
        _ cancellation: CancellationFlag
    ) {
        let isDiagonal = piece.left == piece.right
        let padded = (piece.left.count + 11) / 12 * 12
        let width = (piece.right.count + 11) / 12 * 12
        let size = (padded + (isDiagonal ? 0 : width)) * Self.blockRows
        // Columns behind the last stay zero.
        let packed = Self.zeros(size)
        let sums = Self.zeros(padded * width)
        defer {
            packed.deallocate()
            sums.deallocate()
        }
        let right = isDiagonal ? packed : packed + padded * Self.blockRows
        for block in piece.rows {
            if cancellation.isCancelled { return }
            let rows = rows(ofBlock: block)
            let count = (rows.count + 3) / 4 * 4
            pack(piece.left, rows, packed, count)
            if !isDiagonal { pack(piece.right, rows, right, count) }
            boreal_gram_tiles(
                packed,
                Int32(piece.left.count),
                right,
                Int32(piece.right.count),
                count,
                isDiagonal ? 1 : 0,
                sums,
                width
            )
        }
        for (row, i) in piece.left.enumerated() {
            for (column, j) in piece.right.enumerated() where j >= i {
                target[i * columns.count + j] = sums[row * width + column]
            }
        }
    }

    private func pack(
        _ range: Range<Int>,
        _ rows: Range<Int>,
        _ target: UnsafeMutablePointer<Double>,
        _ count: Int
    ) {
        for (place, column) in range.enumerated() {
            boreal_pack(
                columns[column] + rows.lowerBound,
                rows.count,
                shifts[column],
                1,
                scales.map { $0 + rows.lowerBound },
                target + place * count
            )
        }
        // A shorter last block: what its predecessor left behind the columns is no zero.
        let end = min((range.count + 11) / 12 * 12, range.count + 3)
        (target + range.count * count).update(repeating: 0, count: (end - range.count) * count)
    }

    private static func zeros(_ count: Int) -> UnsafeMutablePointer<Double> {
        let numbers = UnsafeMutablePointer<Double>.allocate(capacity: count)
        numbers.initialize(repeating: 0, count: count)
        return numbers
    }
}
