/// The conditions of a program: 1 for true, 0 for false, NaN for unknown.
struct RowPredicates: Sendable {
    /// What is asked, as the standard names it.
    enum Kind: UInt8 {
        case yes, no
        case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
        case isMissing, isNotMissing, isIn, isNotIn
        case and, or, xor
        /// The first that is not unknown.
        case surrogate
    }

    /// A condition; compound ones have others within.
    struct Node {
        /// What is asked.
        var kind: Kind
        /// What is asked; for the simple ones.
        var slot: Int32 = 0
        /// What it is compared with.
        var value = 0.0
        /// A run of `values`, or of `children`.
        var first: Int32 = 0
        /// Of members, or of conditions within.
        var count: Int32 = 0
    }

    /// Those within come before those around them.
    var nodes: [Node] = []
    /// Members of sets, each in ascending order.
    var values: [Double] = []
    /// Positions of conditions within, run by run.
    var children: [Int32] = []

    /// Asks a condition. Conditions nest no deeper than was read.
    func value(_ index: Int, _ slots: Slots) -> Double {
        assert(index >= 0 && index < nodes.count, "no such condition")
        let node = nodes[index]
        switch node.kind {
        case .yes: return 1
        case .no: return 0
        case .isMissing: return slots[Int(node.slot)].isNaN ? 1 : 0
        case .isNotMissing: return slots[Int(node.slot)].isNaN ? 0 : 1
        case .and, .or, .xor, .surrogate: return compound(node, slots)
        default: break
        }
        let x = slots[Int(node.slot)]
        if x.isNaN { return .nan }
        switch node.kind {
        case .equal: return x == node.value ? 1 : 0
        case .notEqual: return x != node.value ? 1 : 0
        case .less: return x < node.value ? 1 : 0
        case .lessOrEqual: return x <= node.value ? 1 : 0
        case .greater: return x > node.value ? 1 : 0
        case .greaterOrEqual: return x >= node.value ? 1 : 0
        case .isIn: return holds(node, x) ? 1 : 0
        default: return holds(node, x) ? 0 : 1
        }
    }

    /// Whether a number is among the members of a set, by halving.
    private func holds(_ node: Node, _ x: Double) -> Bool {
        var low = Int(node.first)
        var high = low + Int(node.count)
        while low < high {
            let middle = (low + high) / 2
            if values[middle] == x { return true }
            if values[middle] < x { low = middle + 1 } else { high = middle }
        }
        return false
    }

    /// Puts the conditions within together. Unknown ones follow the truth tables of the standard:
    /// `and` of false and unknown is false, `or` of true and unknown is true.
    private func compound(_ node: Node, _ slots: Slots) -> Double {
        var result = Double.nan
        for place in 0..<Int(node.count) {
            let next = value(Int(children[Int(node.first) + place]), slots)
            if node.kind == .surrogate {
                if !next.isNaN { return next }
                continue
            }
            guard place > 0 else {
                result = next
                continue
            }
            switch node.kind {
            case .and: result = RowOperator.and(result, next)
            case .or:
                let neither = RowOperator.and(RowOperator.not(result), RowOperator.not(next))
                result = RowOperator.not(neither)
            default: result = result.isNaN || next.isNaN ? .nan : (result != next ? 1 : 0)
            }
        }
        return result
    }

    /// Whether the answer of a surrogate comes from another than the first.
    func usesSurrogate(_ index: Int, _ slots: Slots) -> Bool {
        let node = nodes[index]
        guard node.kind == .surrogate, node.count > 1 else { return false }
        return value(Int(children[Int(node.first)]), slots).isNaN
            && !value(index, slots).isNaN
    }
}
