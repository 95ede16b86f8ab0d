import BorealBase

extension ShapWalk {
    /// Adds the tree's share of every feature to the rows' contributions.
    ///
    /// - Parameters:
    ///   - target: where the first row's contribution of feature 0 is.
    ///   - stride: numbers from row to row.
    /// - Returns: false when it was cancelled.
    func addContributions(to target: UnsafeMutablePointer<Double>, stride: Int) -> Bool {
        begin()
        return tree.program.withUnsafeBufferPointer { program in
            tree.nodes.withUnsafeBufferPointer { nodes in
                tree.categoryBits.withUnsafeBufferPointer { bits in
                    run(program, nodes, bits.baseAddress, target, stride)
                }
            }
        }
    }

    @inline(__always)
    private func run(
        _ program: UnsafeBufferPointer<UInt32>,
        _ nodes: UnsafeBufferPointer<ShapNode>,
        _ bits: UnsafePointer<UInt32>?,
        _ target: UnsafeMutablePointer<Double>,
        _ stride: Int
    ) -> Bool {
        for index in 0..<program.count {
            if index % Self.stepsPerLook == 0, cancellation?.isCancelled == true { return false }
            let word = program[index]
            let node = nodes[Int(word >> 3)]
            let level = Int(node.level)
            let contributions = target + Int(node.feature)
            switch ShapStep(rawValue: word & 7) {
            case .enter:
                enter(node, bits)
                fuseLeaves(node, level)
                if node.leftIsLeaf || node.rightIsLeaf { leaves(level, contributions, stride) }
            case .descendLeft: descend(level: level, factor: 0)
            case .descendRight: descend(level: level, factor: node.leftIsLeaf ? 0 : 2)
            case .ascendLeft:
                // The first that writes the sum, unless the other child is a leaf.
                ascend(level, 0, isFirst: !node.rightIsLeaf, contributions, stride)
            case .ascendRight:
                ascend(level, node.leftIsLeaf ? 0 : 2, isFirst: false, contributions, stride)
            case nil: assertionFailure("a step that is none")
            }
        }
        return true
    }

    /// Makes the factors of leaves into what they add to G (and, by the bracket, to the
    /// contribution) for each unit of P: the third and fourth vector of each way. A child that is a
    /// split, beside a leaf, has the first two.
    @inline(__always)
    private func fuseLeaves(_ node: ShapNode, _ level: Int) {
        guard node.leftIsLeaf || node.rightIsLeaf else { return }
        let left = Vector(repeating: node.leftValue)
        let right = Vector(repeating: node.rightValue)
        var table = memory.tables + level &* ShapMemory<Vector>.tableLength
        for _ in 0..<3 {
            let (leftFactor, leftBracket) = (table[0], table[1])
            let (rightFactor, rightBracket) = (table[2], table[3])
            let (leftSum, rightSum) = (left * leftFactor, right * rightFactor)
            if node.leftIsLeaf && node.rightIsLeaf {
                table[2] = leftSum + rightSum
                table[3] = leftSum * leftBracket + rightSum * rightBracket
            } else if node.leftIsLeaf {
                table[0] = rightFactor
                table[1] = rightBracket
                table[2] = leftSum
                table[3] = leftSum * leftBracket
            } else {
                table[2] = rightSum
                table[3] = rightSum * rightBracket
            }
            table += 4
        }
    }

    /// The leaves right below a split.
    @inline(__always)
    private func leaves(
        _ level: Int,
        _ contributions: UnsafeMutablePointer<Double>,
        _ stride: Int
    ) {
        let products = UnsafePointer(memory.products + level &* block.capacity)
        let sums = memory.sums + level &* block.capacity
        let ways = UnsafePointer(memory.ways + level &* block.capacity)
        let table = UnsafePointer(memory.tables + level &* ShapMemory<Vector>.tableLength)
        var target = contributions
        for row in 0..<block.count {
            let entry = table + Int(ways[row]) &* 4
            let product = products[row]
            sums[row] = product * entry[2]
            target.pointee += (product * entry[3]).total
            target += stride
        }
    }

    /// Comes back from a child: its leaves count for the feature, and for all splits above.
    @inline(__always)
    private func ascend(
        _ level: Int,
        _ factor: Int,
        isFirst: Bool,
        _ contributions: UnsafeMutablePointer<Double>,
        _ stride: Int
    ) {
        let sums = memory.sums + level &* block.capacity
        let below = UnsafePointer(sums + block.capacity)
        let ways = UnsafePointer(memory.ways + level &* block.capacity)
        let length = ShapMemory<Vector>.tableLength
        let table = UnsafePointer(memory.tables + level &* length) + factor + 1
        var target = contributions
        for row in 0..<block.count {
            let sum = below[row]
            sums[row] = isFirst ? sum : sums[row] + sum
            target.pointee += (sum * table[Int(ways[row]) &* 4]).total
            target += stride
        }
    }
}
