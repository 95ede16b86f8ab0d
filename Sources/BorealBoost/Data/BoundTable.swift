import CKernels

/// Ascending bounds in the form that `boreal_count_below` searches: levels of a tree with sixteen
/// branches.
///
/// Made once for a feature; any number of threads may search it.
// Unchecked: the memory is written before the initialiser returns and never again.
final class BoundTable: @unchecked Sendable {
    private let memory: AlignedBuffer<Double>
    private let starts: [Int]

    /// - Parameter bounds: ascending, at most 65,535, none NaN.
    init(_ bounds: some Collection<Double>) {
        // At least one infinity behind the bounds, which is then the last entry of every level.
        var levels = [Self.padded(Array(bounds) + [.infinity])]
        while levels[0].count > 16 {
            let coarse = stride(from: 15, to: levels[0].count, by: 16).map { levels[0][$0] }
            levels.insert(Self.padded(coarse), at: 0)
        }
        precondition(levels.count <= 4, "65,535 bounds take four levels")
        memory = AlignedBuffer(count: levels.reduce(0) { $0 + $1.count })
        var starts: [Int] = []
        var next = 0
        for level in levels {
            starts.append(next)
            for bound in level {
                memory.pointer[next] = bound
                next += 1
            }
        }
        self.starts = starts
    }

    /// A level, filled up with infinity to whole groups of sixteen.
    private static func padded(_ bounds: [Double]) -> [Double] {
        let size = (bounds.count + 15) / 16 * 16
        return bounds + [Double](repeating: .infinity, count: size - bounds.count)
    }

    /// The table for the C function.
    ///
    /// - Parameter column: which number of a row is asked.
    func search(column: Int = 0) -> boreal_bounds {
        func level(_ index: Int) -> UnsafePointer<Double>? {
            index < starts.count ? UnsafePointer(memory.pointer + starts[index]) : nil
        }
        return boreal_bounds(
            levels: (level(0), level(1), level(2), level(3)),
            level_count: Int32(starts.count),
            column: Int32(column)
        )
    }
}

// Unchecked: its pointers are into a `BoundTable`, which nobody writes to.
extension boreal_bounds: @unchecked @retroactive Sendable {}
