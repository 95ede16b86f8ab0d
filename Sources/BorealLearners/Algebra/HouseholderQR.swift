import BorealBase
import BorealBoost
import CKernels

/// The triangular factor of the QR factorisation of a tall matrix, `A = Q R`, rows added block by
/// block: `R' R = A' A` without the loss of half of the digits that forming `A' A` costs.
///
/// Each block of rows is folded into the triangle above it by one Householder reflection a column
/// (Golub and Van Loan, Matrix Computations, 4th edition, 5.2.2); what the reflections do to the
/// right side, a last column, happens alongside, so Q is never kept.
struct TriangularFactor {
    /// Columns, the right side included.
    let side: Int
    /// `[side * side]`, row by row; zeros below the diagonal.
    private(set) var values: [Double]

    private static let blockRows = 256

    init(side: Int) {
        self.side = side
        values = [Double](repeating: 0, count: side * side)
    }

    /// Folds rows in.
    ///
    /// - Parameter block: `[side][rows]`, column by column; destroyed.
    mutating func fold(_ block: UnsafeMutablePointer<Double>, rows: Int) {
        let side = side
        var factors = [Double](repeating: 0, count: side)
        let columns = (0..<side).map { block + $0 * rows }
        let readable = columns.map { UnsafePointer($0) as UnsafePointer<Double>? }
        let writable = columns.map { $0 as UnsafeMutablePointer<Double>? }
        values.withUnsafeMutableBufferPointer { values in
            readable.withUnsafeBufferPointer { readable in
                writable.withUnsafeBufferPointer { writable in
                    for k in 0..<side {
                        Self.reflect(k, columns[k], rows, values, readable, writable, &factors)
                    }
                }
            }
        }
    }

    /// One reflection: it turns column `k` of the block to zeros, and changes those behind it.
    private static func reflect(
        _ k: Int,
        _ column: UnsafeMutablePointer<Double>,
        _ rows: Int,
        _ values: UnsafeMutableBufferPointer<Double>,
        _ readable: UnsafeBufferPointer<UnsafePointer<Double>?>,
        _ writable: UnsafeBufferPointer<UnsafeMutablePointer<Double>?>,
        _ factors: inout [Double]
    ) {
        let side = readable.count
        let square = boreal_dot(column, column, rows)
        guard square > 0, let line = values.baseAddress.map({ $0 + k * side }) else { return }
        let alpha = line[k]
        let beta = (alpha > 0 ? -1 : 1) * (alpha * alpha + square).squareRoot()
        let tau = (beta - alpha) / beta
        let scale = 1 / (alpha - beta)
        for row in 0..<rows { column[row] *= scale }
        line[k] = beta
        let count = side - k - 1
        guard count > 0, let read = readable.baseAddress, let write = writable.baseAddress
        else { return }
        factors.withUnsafeMutableBufferPointer { factors in
            guard let factors = factors.baseAddress else { return }
            factors.update(from: line + k + 1, count: count)
            boreal_dots(column, rows, read + k + 1, 0, count, factors)
            for j in 0..<count {
                let change = tau * factors[j]
                line[k + 1 + j] -= change
                factors[j] = -change
            }
            boreal_spread(column, rows, write + k + 1, count, factors)
        }
    }

    /// Folds the rows of another triangle in.
    mutating func fold(_ other: TriangularFactor) {
        precondition(other.side == side, "triangles of one width")
        foldRows(side) { row, column in other.values[row * other.side + column] }
    }

    /// Folds in a matrix with `diagonal` on its diagonal and zeros elsewhere.
    mutating func fold(diagonal: [Double]) {
        foldRows(diagonal.count) { row, column in row == column ? diagonal[row] : 0 }
    }

    private mutating func foldRows(_ count: Int, _ entry: (Int, Int) -> Double) {
        for first in stride(from: 0, to: count, by: Self.blockRows) {
            let rows = min(Self.blockRows, count - first)
            var block = [Double](repeating: 0, count: side * rows)
            for column in 0..<side {
                for row in 0..<rows { block[column * rows + row] = entry(first + row, column) }
            }
            block.withUnsafeMutableBufferPointer { block in
                if let base = block.baseAddress { fold(base, rows: rows) }
            }
        }
    }
}

extension TriangularFactor {
    /// Rows are shared out among as many triangles at most, which are folded together in order.
    private static let chainsMax = 8
    /// Above this width there is one triangle: copies would take too much memory.
    private static let chainedWidthMax = 512

    /// Bytes that `init(_:shifts:factors:...)` takes, about.
    static func bytes(side: Int) -> Int {
        let chains = side <= chainedWidthMax ? chainsMax : 1
        return 8 * side * (chains * (side + blockRows) + side)
    }

    /// The factor of columns that are shifted and multiplied by factors, and whose rows are scaled.
    ///
    /// - Parameters:
    ///   - columns: `[side]`, each `[rowCount]`.
    ///   - scales: `[rowCount]`, or nil for 1.
    /// - Throws: `TrainingError.cancelled`.
    init(
        _ owners: [FixedNumbers],
        shifts: [Double],
        factors: [Double],
        rowCount: Int,
        scales: FixedNumbers?,
        _ pool: WorkerPool,
        _ cancellation: CancellationFlag
    ) throws(TrainingError) {
        defer { withExtendedLifetime((owners, scales)) {} }
        let (columns, scales) = (owners.map(\.first), scales?.first)
        let side = columns.count
        let blocks = (rowCount + Self.blockRows - 1) / Self.blockRows
        let chains = side <= Self.chainedWidthMax ? max(1, min(Self.chainsMax, blocks)) : 1
        var triangles = [TriangularFactor](repeating: TriangularFactor(side: side), count: chains)
        triangles.withUnsafeMutableBufferPointer { triangles in
            pool.run(chains) { chain in
                var block = [Double](repeating: 0, count: side * Self.blockRows)
                block.withUnsafeMutableBufferPointer { block in
                    guard let base = block.baseAddress else { return }
                    for index in blocks * chain / chains..<blocks * (chain + 1) / chains {
                        if cancellation.isCancelled { return }
                        let first = index * Self.blockRows
                        let rows = min(Self.blockRows, rowCount - first)
                        for column in 0..<side {
                            for row in 0..<rows {
                                let value = columns[column][first + row] - shifts[column]
                                base[column * rows + row] =
                                    value * factors[column] * (scales?[first + row] ?? 1)
                            }
                        }
                        triangles[chain].fold(base, rows: rows)
                    }
                }
            }
        }
        self = triangles[0]
        for chain in 1..<max(1, chains) {
            if cancellation.isCancelled { throw .cancelled }
            fold(triangles[chain])
        }
        if cancellation.isCancelled { throw .cancelled }
    }
}

/// A least-squares problem that is left when all rows are folded into a triangle.
struct TriangularProblem {
    /// Unknowns.
    let count: Int
    /// `[count][count]`, column by column; upper triangular.
    private var matrix: [Double]
    /// `[count]`
    private var right: [Double]

    /// - Parameter factor: of the matrix with the right side as its last column.
    init(_ factor: TriangularFactor) {
        let side = factor.side
        let count = side - 1
        self.count = count
        matrix = [Double](repeating: 0, count: count * count)
        right = (0..<count).map { factor.values[$0 * side + count] }
        for column in 0..<count {
            for row in 0...column {
                matrix[column * count + row] = factor.values[row * side + column]
            }
        }
    }

    /// The square of a column's length.
    func square(ofColumn column: Int) -> Double {
        matrix[column * count..<(column + 1) * count].reduce(0) { $0 + $1 * $1 }
    }

    /// Takes a column out of the problem: its unknown will be 0.
    mutating func drop(_ column: Int) {
        for index in column * count..<(column + 1) * count { matrix[index] = 0 }
    }

    /// The solution of least norm among all that fit best, and the rank.
    ///
    /// The rank is that of the columns brought to unit length, found by QR with column exchanges
    /// (Businger and Golub 1965): it does not depend on units. What the columns that are left out
    /// may take over is then shared by a second factorisation, in the columns' own lengths
    /// (complete orthogonal decomposition; Golub and Van Loan 5.5.2).
    ///
    /// - Parameter tolerance: a column counts when its part that is new is longer than this.
    /// - Throws: `TrainingError.cancelled`.
    func leastNorm(
        tolerance: Double,
        _ cancellation: CancellationFlag
    ) throws(TrainingError) -> (solution: [Double], rank: Int) {
        let lengths = (0..<count).map { column in
            matrix.withUnsafeBufferPointer { matrix in
                guard let base = matrix.baseAddress else { return 0.0 }
                return boreal_dot(base + column * count, base + column * count, count).squareRoot()
            }
        }
        let active = (0..<count).filter { lengths[$0] > 0 }
        var system = ReflectedMatrix(rows: count, columns: active.count)
        for (place, column) in active.enumerated() {
            for row in 0..<count {
                system.values[place * count + row] =
                    matrix[column * count + row] / lengths[column]
            }
        }
        var right = right
        let rank = try system.factorWithExchanges(&right, tolerance: tolerance, cancellation)
        let kept = system.order.map { active[$0] }
        var solution = [Double](repeating: 0, count: count)
        if rank == active.count {
            let z = system.backSubstitute(right, rank)
            for (place, column) in kept.enumerated() {
                solution[column] = z[place] / lengths[column]
            }
            return (solution, rank)
        }
        // M b = c with M = [R11 R12] in the columns' own lengths; M' = Q T, b = Q T'^-1 c.
        var transposed = ReflectedMatrix(rows: active.count, columns: rank)
        for row in 0..<rank {
            for place in row..<active.count {
                transposed.values[row * active.count + place] =
                    system.values[place * count + row] * lengths[kept[place]]
            }
        }
        try transposed.factor(cancellation)
        let shared = transposed.leastNormSolution(right, rank)
        for (place, column) in kept.enumerated() { solution[column] = shared[place] }
        return (solution, rank)
    }
}

/// A matrix that Householder reflections turn upper triangular, column by column.
private struct ReflectedMatrix {
    let rows: Int
    let columns: Int
    /// `[columns][rows]`, column by column: R, and below it the reflections without their leading
    /// 1.
    var values: [Double]
    /// `[columns]`: which column stands where.
    var order: [Int]
    private var taus: [Double]

    init(rows: Int, columns: Int) {
        self.rows = rows
        self.columns = columns
        values = [Double](repeating: 0, count: rows * columns)
        order = Array(0..<columns)
        taus = [Double](repeating: 0, count: columns)
    }

    /// Makes the reflection of column `k` and applies it to the columns behind.
    private mutating func reflect(_ k: Int) {
        let (rows, columns) = (rows, columns)
        taus[k] = values.withUnsafeMutableBufferPointer { values in
            guard let base = values.baseAddress else { return 0 }
            let v = base + k * rows + k
            let below = rows - k - 1
            let square = boreal_dot(v + 1, v + 1, below)
            guard square > 0 else { return 0 }
            let alpha = v[0]
            let beta = (alpha > 0 ? -1 : 1) * (alpha * alpha + square).squareRoot()
            let tau = (beta - alpha) / beta
            for row in 1...below { v[row] /= alpha - beta }
            v[0] = beta
            for column in k + 1..<max(k + 1, columns) {
                Self.apply(tau, v + 1, base + column * rows + k, below)
            }
            return tau
        }
    }

    /// `x -= tau (1, v) (1, v)' x`
    private static func apply(
        _ tau: Double,
        _ v: UnsafePointer<Double>,
        _ x: UnsafeMutablePointer<Double>,
        _ below: Int
    ) {
        let change = tau * (x[0] + boreal_dot(v, x + 1, below))
        x[0] -= change
        for row in 0..<below { x[row + 1] -= change * v[row] }
    }

    /// Factors a matrix whose columns are independent.
    mutating func factor(_ cancellation: CancellationFlag) throws(TrainingError) {
        for k in 0..<min(rows, columns) {
            if cancellation.isCancelled { throw .cancelled }
            reflect(k)
        }
    }

    /// Factors with the longest column first; the rank. `right` is reflected alongside.
    mutating func factorWithExchanges(
        _ right: inout [Double],
        tolerance: Double,
        _ cancellation: CancellationFlag
    ) throws(TrainingError) -> Int {
        for k in 0..<columns {
            if cancellation.isCancelled { throw .cancelled }
            // Computed anew each time: as much work again as the reflections, and no cancellation.
            var best = (column: k, square: -1.0)
            values.withUnsafeBufferPointer { values in
                guard let base = values.baseAddress else { return }
                for column in k..<columns {
                    let part = base + column * rows + k
                    let square = boreal_dot(part, part, rows - k)
                    if square > best.square { best = (column, square) }
                }
            }
            guard best.square > tolerance * tolerance else { return k }
            exchange(k, best.column)
            reflect(k)
            right.withUnsafeMutableBufferPointer { right in
                values.withUnsafeBufferPointer { values in
                    guard let x = right.baseAddress, let base = values.baseAddress else { return }
                    Self.apply(taus[k], base + k * rows + k + 1, x + k, rows - k - 1)
                }
            }
        }
        return columns
    }

    private mutating func exchange(_ first: Int, _ second: Int) {
        guard first != second else { return }
        order.swapAt(first, second)
        for row in 0..<rows { values.swapAt(first * rows + row, second * rows + row) }
    }

    /// Solves `R x = right` for the leading `rank` columns.
    func backSubstitute(_ right: [Double], _ rank: Int) -> [Double] {
        var x = Array(right.prefix(rank))
        for i in (0..<rank).reversed() {
            x[i] /= values[i * rows + i]
            for row in 0..<i { x[row] -= x[i] * values[i * rows + row] }
        }
        return x
    }

    /// `Q (R'^-1 right, 0)`: the shortest x with `R' Q' x = right`.
    func leastNormSolution(_ right: [Double], _ rank: Int) -> [Double] {
        var x = [Double](repeating: 0, count: rows)
        for i in 0..<rank {
            var sum = right[i]
            for row in 0..<i { sum -= values[i * rows + row] * x[row] }
            x[i] = sum / values[i * rows + i]
        }
        x.withUnsafeMutableBufferPointer { x in
            values.withUnsafeBufferPointer { values in
                guard let x = x.baseAddress, let base = values.baseAddress else { return }
                for k in (0..<rank).reversed() {
                    Self.apply(taus[k], base + k * rows + k + 1, x + k, rows - k - 1)
                }
            }
        }
        return x
    }
}
