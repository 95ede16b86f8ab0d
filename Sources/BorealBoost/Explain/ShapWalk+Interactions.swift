import BorealBase

/// A split that the path has come through: what it asks, and the side taken.
private struct PathEntry {
    var feature: Int
    /// Where the taken side's bracket is in a way's four vectors: 1 or 3.
    var bracket: Int
}

extension ShapWalk {
    /// Adds the tree's share of twice the interaction of every two features to the rows' matrices,
    /// above the diagonal only.
    ///
    /// The SHAP interaction value (Lundberg, Erion, Lee 2018, section 4) of features i and j is, by
    /// the same integral as the contribution, half the sum over leaves of `v (o_i - z_i)(o_j - z_j)
    /// * integral of prod_{k != i, j} f_k(t) dt`: for each edge and each edge above it, the sum
    /// over t of `G * b * b_above`.
    ///
    /// - Parameters:
    ///   - target: the first row's matrix, `width` numbers a line.
    ///   - stride: numbers from row to row.
    /// - Returns: false when it was cancelled.
    func addInteractions(
        to target: UnsafeMutablePointer<Double>,
        width: Int,
        stride: Int
    ) -> Bool {
        begin()
        let empty = PathEntry(feature: 0, bracket: 1)
        var path = [PathEntry](repeating: empty, count: tree.depth)
        let bits = tree.categoryBits
        for (index, word) in tree.program.enumerated() {
            // A step looks at the whole path.
            if index % 16 == 0, cancellation?.isCancelled == true { return false }
            let node = tree.nodes[Int(word >> 3)]
            let level = Int(node.level)
            let pairs = PairTarget(target: target, width: width, stride: stride)
            func take(_ side: Int) {
                path[level] = PathEntry(feature: Int(node.feature), bracket: 2 * side + 1)
            }
            switch ShapStep(rawValue: word & 7) {
            case .enter:
                bits.withUnsafeBufferPointer { enter(node, $0.baseAddress) }
                let sums = memory.sums + level * block.capacity
                sums.update(repeating: Vector(repeating: 0), count: block.count)
                for side in 0..<2 where side == 0 ? node.leftIsLeaf : node.rightIsLeaf {
                    take(side)
                    leaf(level, side, side == 0 ? node.leftValue : node.rightValue)
                    pair(level, path, pairs)
                }
            case .descendLeft:
                take(0)
                descend(level: level, factor: 0)
            case .descendRight:
                take(1)
                descend(level: level, factor: 2)
            case .ascendLeft, .ascendRight:
                comeBack(level, path[level].bracket)
                pair(level, path, pairs)
            case nil: assertionFailure("a step that is none")
            }
        }
        return true
    }

    /// Where interactions of two features go.
    private struct PairTarget {
        let target: UnsafeMutablePointer<Double>
        let width: Int
        let stride: Int
    }

    /// Adds a leaf to the sums of its split, and leaves G times the bracket of its edge in the free
    /// storey below.
    @inline(__always)
    private func leaf(_ level: Int, _ side: Int, _ value: Double) {
        let products = memory.products + level * block.capacity
        let sums = memory.sums + level * block.capacity
        let weighted = products + block.capacity
        let ways = memory.ways + level * block.capacity
        let table = memory.tables + level * ShapMemory<Vector>.tableLength + 2 * side
        for row in 0..<block.count {
            let entry = table + Int(ways[row]) * 4
            let sum = Vector(repeating: value) * products[row] * entry[0]
            sums[row] = sums[row] + sum
            weighted[row] = sum * entry[1]
        }
    }

    /// The same for a child that is a split, whose sums are complete.
    @inline(__always)
    private func comeBack(_ level: Int, _ bracket: Int) {
        let sums = memory.sums + level * block.capacity
        let below = sums + block.capacity
        let weighted = memory.products + (level + 1) * block.capacity
        let ways = memory.ways + level * block.capacity
        let table = memory.tables + level * ShapMemory<Vector>.tableLength + bracket
        for row in 0..<block.count {
            sums[row] = sums[row] + below[row]
            weighted[row] = below[row] * table[Int(ways[row]) * 4]
        }
    }

    /// Pairs the edge taken at a level with every edge above it of another feature.
    @inline(__always)
    private func pair(_ level: Int, _ path: [PathEntry], _ pairs: PairTarget) {
        let weighted = UnsafePointer(memory.products + (level + 1) * block.capacity)
        let feature = path[level].feature
        for above in 0..<level where path[above].feature != feature {
            let other = path[above].feature
            let cell = min(feature, other) * pairs.width + max(feature, other)
            let ways = UnsafePointer(memory.ways + above * block.capacity)
            let start = above * ShapMemory<Vector>.tableLength + path[above].bracket
            let table = UnsafePointer(memory.tables + start)
            var target = pairs.target + cell
            for row in 0..<block.count {
                target.pointee += (weighted[row] * table[Int(ways[row]) &* 4]).total
                target += pairs.stride
            }
        }
    }
}
