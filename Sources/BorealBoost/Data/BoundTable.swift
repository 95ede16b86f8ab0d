import CKernels

/// Ascending bounds in the form that `boreal_count_below` searches: as they are, and rounded to
/// `Float` in levels of a tree with sixteen branches.
///
/// Made once for a feature; any number of threads may search it.
// Unchecked: the memory is written before the initialiser returns and never again.
final class BoundTable: @unchecked Sendable {
    /// At least one infinity behind the bounds.
    private let exact: AlignedBuffer<Double>
    private let rounded: AlignedBuffer<Float>
    /// Where each level begins in `rounded`; empty when the bounds are searched by halves.
    private let starts: [Int]
    private let count: Int
    private let middle: Double
    private let isExact: Bool

    /// Most bounds that may round to the same `Float`: the search tries one after the other.
    private static let equalsMax = 4

    /// - Parameter bounds: ascending, at most 65,535, none NaN.
    init(_ bounds: some Collection<Double>) {
        count = bounds.count
        exact = AlignedBuffer(count: bounds.count + 1)
        for (index, bound) in bounds.enumerated() { exact.pointer[index] = bound }
        exact.pointer[bounds.count] = .infinity
        // Moments, say: far from zero, and close to each other.
        let centre = bounds.dropFirst(bounds.count / 2).first ?? 0
        let middles = [0, centre].filter { $0.isFinite && Self.tellsApart(bounds, less: $0) }
        middle = middles.first ?? 0
        isExact = middle == 0 && bounds.allSatisfy { Double(Float($0)) == $0 }
        // The infinity behind the bounds is the last entry of every level.
        let middle = middle
        var levels = [Self.padded(bounds.map { Float($0 - middle) } + [.infinity])]
        while levels[0].count > 16 {
            let coarse = stride(from: 15, to: levels[0].count, by: 16).map { levels[0][$0] }
            levels.insert(Self.padded(coarse), at: 0)
        }
        precondition(levels.count <= 4, "65,535 bounds take four levels")
        rounded = AlignedBuffer(count: levels.reduce(0) { $0 + $1.count })
        var starts: [Int] = []
        var next = 0
        for level in levels {
            starts.append(next)
            for bound in level {
                rounded.pointer[next] = bound
                next += 1
            }
        }
        self.starts = middles.isEmpty ? [] : starts
    }

    /// Whether few bounds round to the same number when something is taken from them. Lists of
    /// which neither zero nor the middle bound makes one are searched by halves, slowly.
    private static func tellsApart(_ bounds: some Collection<Double>, less middle: Double) -> Bool {
        var last = Float.nan
        var equals = 0
        for bound in bounds {
            let rounded = Float(bound - middle)
            equals = rounded == last ? equals + 1 : 1
            if equals > equalsMax { return false }
            last = rounded
        }
        return true
    }

    /// A level, filled up with infinity to whole groups of sixteen.
    private static func padded(_ bounds: [Float]) -> [Float] {
        let size = (bounds.count + 15) / 16 * 16
        return bounds + [Float](repeating: .infinity, count: size - bounds.count)
    }

    /// The table for the C functions.
    ///
    /// - Parameter column: which number of a row is asked.
    func search(column: Int = 0) -> boreal_bounds {
        func level(_ index: Int) -> UnsafePointer<Float>? {
            index < starts.count ? UnsafePointer(rounded.pointer + starts[index]) : nil
        }
        return boreal_bounds(
            exact: UnsafePointer(exact.pointer),
            levels: (level(0), level(1), level(2), level(3)),
            level_count: Int32(starts.count),
            count: Int32(count),
            middle: middle,
            is_exact: isExact ? 1 : 0,
            column: Int32(column)
        )
    }
}

// Unchecked: its pointers are into a `BoundTable`, which nobody writes to.
extension boreal_bounds: @unchecked @retroactive Sendable {}
