import BorealBoost

/// Turns a tree of conditions into one of `value <= threshold` and sets, which the fast kernel
/// walks. Not every tree can be: what asks two things at once, or would have to hold a subtree
/// twice, stays as it is.
struct PMMLTreeBuilder {
    /// What is turned.
    let tree: PMMLTree
    /// The numbers that a node adds to the scores; nil for a node without a score.
    let leaf: (PMMLTree.Node) throws(FormatError) -> [Double]?
    /// Numbers in a leaf.
    let width: Int
    /// The place of a slot among the features of the ensemble, given out as it is asked for.
    let feature: (Int32) -> Int32

    /// Codes beyond this are left to sets that are searched: bits of a set take an eighth as many
    /// bytes, of every set.
    private static let categoriesMax = 4_096.0

    /// What is done so far.
    private var result = Tree()

    /// Nothing is done yet.
    init(
        _ tree: PMMLTree,
        width: Int,
        feature: @escaping (Int32) -> Int32,
        leaf: @escaping (PMMLTree.Node) throws(FormatError) -> [Double]?
    ) {
        self.tree = tree
        self.width = width
        self.feature = feature
        self.leaf = leaf
        result.leafValue = []
    }

    /// Where the next node or leaf belongs.
    private enum Place {
        case root
        case left(Int)
        case right(Int)
    }

    /// A node that is still to be laid out.
    private struct Item {
        /// Its position in the document's tree.
        var node: Int
        /// Where it belongs in the new one.
        var place: Place
        /// Slots that are known not to be missing on the way here.
        var present: [Int32]
    }

    /// The tree, or nil when it cannot be one.
    mutating func build() throws(FormatError) -> Tree? {
        guard case .yes? = tree.nodes.first?.test else { return nil }
        var pending = [Item(node: 0, place: .root, present: [])]
        while let item = pending.popLast() {
            guard try visit(item, &pending) else { return nil }
            guard result.splitFeature.count < 1 << 20 else { return nil }
        }
        return result
    }

    /// Lays out one node and the tests of its children.
    private mutating func visit(
        _ item: Item,
        _ pending: inout [Item]
    ) throws(FormatError) -> Bool {
        let node = tree.nodes[item.node]
        guard node.firstChild >= 0 else { return try addLeaf(node, item.place) }
        var place = item.place
        var present = item.present
        var child = node.firstChild
        var former: PMMLTest?
        while child >= 0 {
            let next = tree.nodes[child]
            var test = next.test
            // The child of a pair whose condition is the other's opposite needs no question.
            if let former, next.next < 0, Self.areOpposite(former, test),
                tree.strategy == .defaultChild || Self.slot(of: test).map(present.contains) == true
            {
                test = .yes
            }
            switch test {
            case .yes:
                pending.append(Item(node: child, place: place, present: present))
                return true
            case .no: break
            case .compound: return false
            case .simple, .set:
                guard let slot = Self.slot(of: test) else { return false }
                var nanIsTrue = false
                if Self.asksMissing(test) || present.contains(slot) {
                    // Nothing is unknown here.
                } else {
                    switch tree.strategy {
                    case .none: break
                    case .nullPrediction, .lastPrediction:
                        guard try addGuard(slot, node, &place) else { return false }
                        present.append(slot)
                    case .defaultChild:
                        guard let isFirst = defaultGoesFirst(node, child) else { return false }
                        nanIsTrue = isFirst
                    case .weightedConfidence, .aggregateNodes: return false
                    }
                }
                guard let sides = addTest(test, slot, place, nanIsTrue) else { return false }
                pending.append(Item(node: child, place: sides.yes, present: present))
                place = sides.no
            }
            former = next.test
            child = next.next
        }
        return try addNoTrue(node, place)
    }

    /// Whether a missing value goes to `child`, the first of two, and not to the second; nil when
    /// that is not what the tree says.
    private func defaultGoesFirst(_ node: PMMLTree.Node, _ child: Int) -> Bool? {
        let second = tree.nodes[child].next
        guard child == node.firstChild, second >= 0, tree.nodes[second].next < 0 else { return nil }
        let isWhole: Bool
        switch tree.nodes[second].test {
        case .yes: isWhole = true
        default: isWhole = Self.areOpposite(tree.nodes[child].test, tree.nodes[second].test)
        }
        guard isWhole else { return nil }
        if node.defaultChild == child { return true }
        return node.defaultChild == second ? false : nil
    }

    // MARK: - Leaves

    /// Makes a node of the document the leaf at a place; without a score it is a missing answer.
    private mutating func addLeaf(
        _ node: PMMLTree.Node,
        _ place: Place
    ) throws(FormatError) -> Bool {
        add(try leaf(node) ?? [Double](repeating: .nan, count: width), place)
        return true
    }

    /// The leaf of rows that no child takes.
    private mutating func addNoTrue(
        _ node: PMMLTree.Node,
        _ place: Place
    ) throws(FormatError) -> Bool {
        if tree.returnsLast { return try addLeaf(node, place) }
        add([Double](repeating: .nan, count: width), place)
        return true
    }

    /// A leaf of these numbers at a place.
    private mutating func add(_ values: [Double], _ place: Place) {
        assert(values.count == width, "a leaf of another width")
        let leaf = result.leafValue.count / max(1, width)
        result.leafValue += values
        connect(place, Int32(truncatingIfNeeded: ~leaf))
    }

    /// Makes a node or leaf the child that a place is for.
    private mutating func connect(_ place: Place, _ child: Int32) {
        switch place {
        case .root: break
        case .left(let node): result.leftChild[node] = child
        case .right(let node): result.rightChild[node] = child
        }
    }

    // MARK: - Nodes

    /// Sends missing values of a slot to a leaf of their own.
    private mutating func addGuard(
        _ slot: Int32,
        _ node: PMMLTree.Node,
        _ place: inout Place
    ) throws(FormatError) -> Bool {
        let inner = addNode(slot, threshold: .infinity, nanGoesLeft: false, place)
        if tree.strategy == .lastPrediction {
            guard try addLeaf(node, .right(inner)) else { return false }
        } else {
            add([Double](repeating: .nan, count: width), .right(inner))
        }
        place = .left(inner)
        return true
    }

    /// A new inner node at a place.
    private mutating func addNode(
        _ slot: Int32,
        threshold: Double,
        nanGoesLeft: Bool,
        isSet: Bool = false,
        _ place: Place
    ) -> Int {
        let node = result.splitFeature.count
        result.splitFeature.append(feature(slot))
        result.threshold.append(threshold)
        result.decisionType.append(8 | (nanGoesLeft ? 2 : 0) | (isSet ? 1 : 0))
        result.leftChild.append(0)
        result.rightChild.append(0)
        connect(place, Int32(truncatingIfNeeded: node))
        return node
    }

    /// Where true and false go on.
    private mutating func addTest(
        _ test: PMMLTest,
        _ slot: Int32,
        _ place: Place,
        _ nanIsTrue: Bool
    ) -> (yes: Place, no: Place)? {
        switch test {
        case .simple(_, let kind, let value):
            var threshold = value
            var goesLeft = true
            var nanGoesLeft = nanIsTrue
            switch kind {
            case .lessOrEqual: break
            case .less: threshold = value.nextDown
            case .greater, .greaterOrEqual:
                if kind == .greaterOrEqual { threshold = value.nextDown }
                goesLeft = false
                nanGoesLeft = !nanIsTrue
            case .isMissing, .isNotMissing:
                threshold = .infinity
                goesLeft = kind == .isNotMissing
                nanGoesLeft = false
            case .equal, .notEqual:
                return addSet([value], slot, isIn: kind == .equal, place, nanIsTrue)
            default: return nil
            }
            guard !threshold.isNaN else { return nil }
            let node = addNode(slot, threshold: threshold, nanGoesLeft: nanGoesLeft, place)
            return goesLeft ? (.left(node), .right(node)) : (.right(node), .left(node))
        case .set(_, let values, let isIn):
            return addSet(values, slot, isIn: isIn, place, nanIsTrue)
        default: return nil
        }
    }

    /// A node whose members go left. Sets compare whole parts, so slots of whole numbers only.
    private mutating func addSet(
        _ values: [Double],
        _ slot: Int32,
        isIn: Bool,
        _ place: Place,
        _ nanIsTrue: Bool
    ) -> (yes: Place, no: Place)? {
        guard isWhole(slot),
            values.allSatisfy({ $0 >= 0 && $0 < Self.categoriesMax && $0 == $0.rounded() })
        else { return nil }
        if result.categoryBoundaries.isEmpty { result.categoryBoundaries = [0] }
        let set = result.categoryBoundaries.count - 1
        let words = values.map { Int($0) / 32 + 1 }.max() ?? 0
        var bits = [UInt32](repeating: 0, count: words)
        for value in values { bits[Int(value) / 32] |= 1 << UInt32(Int(value) % 32) }
        result.categoryBits += bits
        result.categoryBoundaries.append(Int32(truncatingIfNeeded: result.categoryBits.count))
        let node = addNode(
            slot,
            threshold: Double(set),
            nanGoesLeft: isIn == nanIsTrue,
            isSet: true,
            place
        )
        return isIn ? (.left(node), .right(node)) : (.right(node), .left(node))
    }

    /// Tells whether a slot holds whole numbers only.
    var isWhole: (Int32) -> Bool = { _ in false }

    // MARK: - Conditions

    /// The slot that a simple condition asks.
    private static func slot(of test: PMMLTest) -> Int32? {
        switch test {
        case .simple(let slot, _, _), .set(let slot, _, _): slot
        default: nil
        }
    }

    /// Whether a condition has an answer for missing values.
    private static func asksMissing(_ test: PMMLTest) -> Bool {
        if case .simple(_, let kind, _) = test {
            return kind == .isMissing || kind == .isNotMissing
        }
        return false
    }

    /// Whether two conditions are each true where the other is false.
    static func areOpposite(_ left: PMMLTest, _ right: PMMLTest) -> Bool {
        switch (left, right) {
        case (.simple(let a, let kind, let x), .simple(let b, let other, let y)):
            guard a == b, x == y else { return false }
            switch (kind, other) {
            case (.less, .greaterOrEqual), (.greaterOrEqual, .less), (.lessOrEqual, .greater),
                (.greater, .lessOrEqual), (.equal, .notEqual), (.notEqual, .equal),
                (.isMissing, .isNotMissing), (.isNotMissing, .isMissing):
                return true
            default: return false
            }
        case (.set(let a, let values, let isIn), .set(let b, let others, let isOtherIn)):
            return a == b && values == others && isIn != isOtherIn
        default: return false
        }
    }
}
