import BorealBoost
import BorealGraph

/// A table of vectors of which a batch reads and changes only the rows it names.
///
/// Running means of rows that a batch does not name stay as they are, which is Adam's sparse form;
/// a dense one would touch every row at each step.
final class EmbeddingTable {
    /// Rows.
    let rowCount: Int
    /// Numbers of a row.
    let width: Int
    /// `[rowCount * width]`; gradients are those of the rows a batch names, in the order in which
    /// it names them first.
    let block: LearnedBlock
    /// `[rowCount]`: training rows that name each row.
    var counts: [Int]
    /// `[rowCount]`: where the gradient of a row is gathered; -1 for rows not named yet.
    private let slots: UnsafeMutablePointer<Int32>
    /// `[namedMax]`: the rows named.
    private let named: UnsafeMutablePointer<Int32>
    private var namedCount = 0

    /// - Parameter namesMax: rows that a batch may name, repeated ones counted again.
    init(rowCount: Int, width: Int, namesMax: Int, kind: OptimizerKind) {
        assert(rowCount > 0 && width > 0, "an empty table")
        self.rowCount = rowCount
        self.width = width
        let namedMax = min(rowCount, namesMax)
        block = LearnedBlock(count: rowCount * width, gradients: namedMax * width, kind: kind)
        counts = [Int](repeating: 0, count: rowCount)
        slots = .allocate(capacity: rowCount)
        slots.initialize(repeating: -1, count: rowCount)
        named = .allocate(capacity: max(1, namedMax))
    }

    deinit {
        slots.deallocate()
        named.deallocate()
    }

    /// The vector of a row.
    @inline(__always)
    func vector(_ row: Int) -> UnsafeMutablePointer<Float> { block.weights.pointer + row * width }

    /// Where the gradient of a row is added up; zero when the batch names it first.
    @inline(__always)
    func gradient(_ row: Int) -> UnsafeMutablePointer<Float> {
        var slot = Int(slots[row])
        if slot < 0 {
            slot = namedCount
            slots[row] = Int32(truncatingIfNeeded: slot)
            named[slot] = Int32(truncatingIfNeeded: row)
            namedCount += 1
            (block.gradients.pointer + slot * width).update(repeating: 0, count: width)
        }
        return block.gradients.pointer + slot * width
    }

    /// Takes a step with the rows that the batch named, and forgets them.
    ///
    /// - Parameter penalty: what the squares of their weights cost.
    func apply(_ step: OptimizerStep, penalty: Float) {
        for slot in 0..<namedCount {
            let row = Int(named[slot])
            let gradient = block.gradients.pointer + slot * width
            if penalty > 0 {
                let weights = vector(row)
                for i in 0..<width { gradient[i] += 2 * penalty * weights[i] }
            }
            block.apply(step, from: row * width, count: width, gradient: gradient)
            slots[row] = -1
        }
        namedCount = 0
    }

    /// Gives the rows of a range that no training row names the mean of those that some do, each
    /// counted as often as it is named.
    func fillUnnamed(_ rows: Range<Int>) {
        let total = rows.reduce(0) { $0 + counts[$1] }
        guard total > 0, rows.contains(where: { counts[$0] == 0 }) else { return }
        var sums = [Double](repeating: 0, count: width)
        for row in rows where counts[row] > 0 {
            let (vector, count) = (vector(row), Double(counts[row]))
            for i in 0..<width { sums[i] += count * Double(vector[i]) }
        }
        let mean = sums.map { Float($0 / Double(total)) }
        for row in rows where counts[row] == 0 {
            let vector = vector(row)
            for i in 0..<width { vector[i] = mean[i] }
        }
    }
}
