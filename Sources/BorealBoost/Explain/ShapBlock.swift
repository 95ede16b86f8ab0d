/// Rows that walk through a tree together, and what they know: the values of the features that the
/// ensemble asks, feature by feature.
struct ShapBlock {
    /// `[columns in use * blockRows]`: column `c` of row `r` is at `c * blockRows + r`.
    let values: UnsafeMutablePointer<Double>
    /// Rows that `values` has room for.
    let capacity: Int
    /// Rows in use.
    var count = 0

    /// Takes rows in.
    ///
    /// - Parameters:
    ///   - features: `[columns in use]`: the feature of each column.
    ///   - stride: numbers from row to row.
    mutating func load(_ rows: UnsafePointer<Double>, count: Int, stride: Int, features: [Int32]) {
        self.count = count
        for (column, feature) in features.enumerated() {
            let source = rows + Int(feature)
            let target = values + column &* capacity
            for row in 0..<count { target[row] = source[row &* stride] }
        }
    }

    /// Which way each row takes at a split, as far as it matters.
    ///
    /// - Parameters:
    ///   - ways: `[count]`, overwritten: 0 left, 1 right; 2 when the path has left the row's own
    ///     way at an earlier split of the same feature, so that the row has no say.
    ///   - ancestor: `[count]`: the ways at that split, when there is one.
    @inline(__always)
    func choose(
        _ node: ShapNode,
        _ bits: UnsafePointer<UInt32>?,
        ancestor: UnsafePointer<UInt8>?,
        into ways: UnsafeMutablePointer<UInt8>
    ) {
        let column = UnsafePointer(values + Int(node.column) &* capacity)
        switch node.question {
        case .number: compare(node, column, ways, zero: -1)
        case .numberOrZero: compare(node, column, ways, zero: Tree.zeroThreshold)
        case .category:
            // A tree without sets has no such split.
            guard let set = bits?.advanced(by: Int(node.firstWord)) else { return }
            for row in 0..<count {
                let value = column[row]
                let isLeft =
                    value.isNaN ? node.nanGoesLeft : Self.holds(set, node.wordCount, value)
                ways[row] = isLeft ? 0 : 1
            }
        }
        guard let ancestor else { return }
        let side = node.ancestorSide
        // Without branches: whether a row is off the path cannot be foreseen.
        for row in 0..<count {
            let keep: UInt8 = ancestor[row] == side ? 255 : 0
            ways[row] = ways[row] & keep | 2 & ~keep
        }
    }

    /// - Parameter zero: numbers up to this far from zero are missing; negative for none.
    @inline(__always)
    private func compare(
        _ node: ShapNode,
        _ column: UnsafePointer<Double>,
        _ ways: UnsafeMutablePointer<UInt8>,
        zero: Double
    ) {
        let threshold = node.threshold
        let missing: UInt8 = node.nanGoesLeft ? 0 : 1
        for row in 0..<count {
            let value = column[row]
            let way: UInt8 = value <= threshold ? 0 : 1
            let isMissing = value.isNaN || value.magnitude <= zero
            ways[row] = isMissing ? missing : way
        }
    }

    private static func holds(
        _ set: UnsafePointer<UInt32>,
        _ words: Int32,
        _ value: Double
    ) -> Bool {
        guard value > -1, value < 2_147_483_648 else { return false }
        let category = Int(value)
        guard category / 32 < Int(words) else { return false }
        return set[category / 32] >> UInt32(category % 32) & 1 == 1
    }
}
