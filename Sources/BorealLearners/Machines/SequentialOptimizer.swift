import BorealBase
import BorealBoost
import CKernels

/// Sequential minimal optimisation of the dual of a support vector machine.
///
/// Both classes are one problem: with a coefficient b for each row, maximise
///
///     sum of z b - epsilon |b| - 1/2 b' K b,    sum of b = 0,    low <= b <= high.
///
/// For regression z is the label, and low and high are -C and C. For two classes z is 1 or -1,
/// epsilon is 0, and a coefficient has the sign of its class. The error e = z - K b of each row is
/// kept up to date. A row can go up with the slope e - epsilon, or e + epsilon while b is negative;
/// it can go down with the slope e + epsilon, or e - epsilon while b is positive. At the optimum no
/// slope upward is above one downward.
///
/// Two rows move at a time: the one with the greatest slope upward, and the partner that gains most
/// by the second order (Fan, Chen and Lin, "Working Set Selection Using Second Order Information
/// for Training Support Vector Machines", 2005, WSS 2). Rows that seem to stay at a bound are left
/// out for a while (Chang and Lin, "LIBSVM", 2011, section 5.1).
final class SequentialOptimizer {
    /// What to optimise.
    struct Problem {
        /// Which rows of the table.
        var rows: [Int]
        /// `[rows]`
        var targets: [Double]
        /// `[rows]`: the least coefficient, not above 0.
        var low: [Double]
        /// `[rows]`: the greatest coefficient, not below 0.
        var high: [Double]
        var epsilon: Double
    }

    /// What an optimisation comes to.
    struct Solution {
        /// `[rows]`
        var coefficients: [Double]
        /// What is added to the sum of kernel values.
        var bias: Double
        /// Steps taken.
        var steps: Int
        /// Whether no slope upward is above one downward by more than the tolerance.
        var isConverged: Bool
    }

    /// Told of steps and of the violation that is left, now and then.
    typealias Watch = (_ steps: Int, _ violation: Double) -> Void

    let count: Int
    let kernelRows: KernelRows
    let cache: KernelCache
    let problem: Problem
    /// By position, padded to a multiple of eight.
    let errors: AlignedBuffer<Double>
    /// What an error lacks to the slope upward; minus infinity where a row cannot go up.
    let up: AlignedBuffer<Double>
    /// What an error lacks to the slope downward; infinity where a row cannot go down.
    let down: AlignedBuffer<Double>
    /// The kernel of each row with itself.
    let diagonal: AlignedBuffer<Double>
    /// `[count]`: by position, as all that follows.
    var coefficients: [Double]
    /// Which row of the problem stands at a position.
    var order: [Int]
    /// Positions that take part; the rows behind them are left out.
    var activeCount: Int
    /// Whether the rows left out were looked at again when the end came near.
    var hasLookedAgain = false
    let tolerance: Double
    private let stepsMax: Int
    private let isShrinking: Bool
    let surroundings: LearningRun
    let pool: WorkerPool?

    /// Rows of one piece of the loops over all rows, whoever works on it.
    static let pieceRows = 16_384

    /// - Parameter pool: nil to work on the caller's thread.
    init(
        _ table: MachineTable,
        _ problem: Problem,
        _ parameters: MachineParameters,
        cacheBytes: Int,
        pool: WorkerPool?,
        run: LearningRun
    ) {
        count = problem.rows.count
        self.problem = problem
        self.pool = pool
        surroundings = run
        tolerance = parameters.tolerance
        // LIBSVM's own limit where there is none.
        stepsMax = parameters.steps ?? max(10_000_000, 100 * count)
        isShrinking = parameters.isShrinking
        kernelRows = KernelRows(table, problem.rows, pool: pool, cancellation: run.cancellation)
        cache = KernelCache(rows: count, bytes: cacheBytes)
        let padded = kernelRows.paddedCount
        errors = AlignedBuffer(count: padded)
        up = AlignedBuffer(count: padded, isZeroed: false)
        down = AlignedBuffer(count: padded, isZeroed: false)
        diagonal = AlignedBuffer(count: padded)
        coefficients = [Double](repeating: 0, count: count)
        order = Array(0..<count)
        activeCount = count
        up.pointer.update(repeating: -.infinity, count: padded)
        down.pointer.update(repeating: .infinity, count: padded)
        for row in 0..<count {
            errors.pointer[row] = problem.targets[row]
            diagonal.pointer[row] = kernelRows.diagonal(row)
            setSlopes(row)
        }
    }

    /// Bytes beside the cache.
    static func bytes(rows: Int, width: Int) -> Int { rows * (width * 8 + 120) }

    /// Moves rows until the optimum is reached.
    ///
    /// - Throws: `TrainingError.cancelled`.
    func optimize(_ watch: Watch) throws(TrainingError) -> Solution {
        var steps = 0
        var untilShrinking = min(count, 1_000)
        var isConverged = false
        var leader = findLeader()
        while steps < stepsMax {
            try surroundings.checkCancellation()
            if isShrinking {
                untilShrinking -= 1
                if untilShrinking == 0 {
                    untilShrinking = min(count, 1_000)
                    shrink(leader)
                    leader = findLeader()
                }
            }
            guard let pair = choosePair(leader) else {
                guard activeCount < count else {
                    isConverged = true
                    break
                }
                lookAtAll()
                leader = findLeader()
                untilShrinking = 1
                // The rows that were left out may still disagree.
                if choosePair(leader) != nil { continue }
                isConverged = true
                break
            }
            leader = step(pair)
            steps += 1
            if steps % 1_000 == 0 { watch(steps, pair.violation) }
        }
        if activeCount < count { lookAtAll() }
        try surroundings.checkCancellation()
        return solution(steps, isConverged)
    }

    private func solution(_ steps: Int, _ isConverged: Bool) -> Solution {
        var byRow = [Double](repeating: 0, count: count)
        for position in 0..<count { byRow[order[position]] = coefficients[position] }
        return Solution(coefficients: byRow, bias: bias(), steps: steps, isConverged: isConverged)
    }

    /// The mean slope of the rows that are free to move, else the middle between those that cannot
    /// go up and those that cannot go down.
    private func bias() -> Double {
        var (sum, free) = (0.0, 0)
        var (greatest, least) = (-Double.infinity, Double.infinity)
        for position in 0..<count {
            let upward = errors.pointer[position] + up.pointer[position]
            let downward = errors.pointer[position] + down.pointer[position]
            greatest = max(greatest, upward)
            least = min(least, downward)
            if coefficients[position] != 0, upward == downward {
                sum += upward
                free += 1
            }
        }
        if free > 0 { return sum / Double(free) }
        if !greatest.isFinite { return least.isFinite ? least : 0 }
        return least.isFinite ? (greatest + least) / 2 : greatest
    }

    // MARK: - One step

    /// Two rows to move, by position, and the values of the first.
    struct Pair {
        var first: Int
        var second: Int
        var slope: Double
        var violation: Double
        var values: UnsafeMutablePointer<Float>
    }

    /// The row with the greatest slope upward.
    struct Leader {
        var position: Int
        var slope: Double
    }

    /// Says how far a row may go from where it is.
    func setSlopes(_ position: Int) {
        let value = coefficients[position]
        let row = order[position]
        let epsilon = problem.epsilon
        up.pointer[position] =
            value < problem.high[row] ? (value >= 0 ? -epsilon : epsilon) : -.infinity
        down.pointer[position] =
            value > problem.low[row] ? (value > 0 ? -epsilon : epsilon) : .infinity
    }

    /// Kernel values of the row at a position with all that take part.
    private func values(_ position: Int) -> UnsafeMutablePointer<Float> {
        let (values, length) = cache.row(order[position])
        guard length < activeCount else { return values }
        withUnsafeTemporaryAllocation(of: Double.self, capacity: kernelRows.width) { row in
            guard let base = row.baseAddress else { return }
            kernelRows.copy(position, to: base)
            kernelRows.fill(values, length..<activeCount, of: base)
        }
        cache.fill(order[position], to: activeCount)
        return values
    }

    /// Works on pieces, on all threads there are.
    func run(_ pieces: Int, _ work: (Int) -> Void) {
        if let pool { return pool.run(pieces, work) }
        for piece in 0..<pieces { work(piece) }
    }

    /// Pieces of the rows that take part.
    private var pieces: Int { (activeCount + Self.pieceRows - 1) / Self.pieceRows }

    /// Works on all pieces and keeps the greatest find, the first of equals, whoever works.
    private func search(
        _ body: (_ first: Int, _ count: Int32) -> boreal_found
    ) -> boreal_found {
        let active = activeCount
        guard pieces > 1 else { return body(0, Int32(active)) }
        var found = [boreal_found](
            repeating: boreal_found(value: -.infinity, index: -1, least: .infinity),
            count: pieces
        )
        found.withUnsafeMutableBufferPointer { buffer in
            guard let target = buffer.baseAddress else { return }
            let work = { (piece: Int) in
                let first = piece * Self.pieceRows
                target[piece] = body(first, Int32(min(Self.pieceRows, active - first)))
                if target[piece].index >= 0 { target[piece].index += Int32(first) }
            }
            run(pieces, work)
        }
        var best = found[0]
        for other in found.dropFirst() {
            let least = min(best.least, other.least)
            if other.index >= 0, best.index < 0 || other.value > best.value { best = other }
            best.least = least
        }
        return best
    }

    /// The row with the greatest slope upward of those that take part; nil when none can go up.
    func findLeader() -> Leader? {
        var leader = Leader(position: -1, slope: -.infinity)
        for position in 0..<activeCount {
            let slope = errors.pointer[position] + up.pointer[position]
            if slope > leader.slope { leader = Leader(position: position, slope: slope) }
        }
        return leader.position < 0 ? nil : leader
    }

    private func leader(
        moving left: UnsafePointer<Float>,
        _ right: UnsafePointer<Float>,
        by step: Double
    ) -> Leader? {
        let found = search { first, count in
            boreal_move_errors(
                errors.pointer + first,
                up.pointer + first,
                left + first,
                right + first,
                step,
                count
            )
        }
        guard found.index >= 0, found.value > -.infinity else { return nil }
        return Leader(position: Int(found.index), slope: found.value)
    }

    private func choosePair(_ leader: Leader?) -> Pair? {
        guard let leader else { return nil }
        let values = values(leader.position)
        let own = diagonal.pointer[leader.position]
        let found = search { first, count in
            boreal_choose_partner(
                errors.pointer + first,
                down.pointer + first,
                values + first,
                diagonal.pointer + first,
                leader.slope,
                own,
                count
            )
        }
        let violation = leader.slope - found.least
        guard found.index >= 0, violation >= tolerance else { return nil }
        return Pair(
            first: leader.position,
            second: Int(found.index),
            slope: leader.slope,
            violation: violation,
            values: values
        )
    }

    /// Moves two rows by the same, one up and one down, as far as it pays or a bound allows; the
    /// next leader.
    private func step(_ pair: Pair) -> Leader? {
        let (i, j) = (pair.first, pair.second)
        let other = values(j)
        var curve = diagonal.pointer[i] + diagonal.pointer[j] - 2 * Double(pair.values[j])
        if !(curve > 0) { curve = 1e-12 }
        let wanted = (pair.slope - (errors.pointer[j] + down.pointer[j])) / curve
        // At zero the slope of |b| changes, so no step goes beyond it.
        let ceiling = coefficients[i] < 0 ? 0 : problem.high[order[i]]
        let floor = coefficients[j] > 0 ? 0 : problem.low[order[j]]
        let (above, below) = (ceiling - coefficients[i], coefficients[j] - floor)
        let step = min(wanted, above, below)
        coefficients[i] = step == above ? ceiling : coefficients[i] + step
        coefficients[j] = step == below ? floor : coefficients[j] - step
        setSlopes(i)
        setSlopes(j)
        return leader(moving: pair.values, other, by: step)
    }
}
