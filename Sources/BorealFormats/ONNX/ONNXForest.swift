import BorealBase

/// The trees of a node of ONNX-ML, whatever version it is written in: nodes, leaves and roots.
struct ONNXForest {
    /// How a node tests a feature; raw values as version 5 has them.
    enum Mode: UInt8 {
        case lessOrEqual, less, greaterOrEqual, greater, equal, notEqual, member
    }

    /// An inner node; a child `c < 0` is leaf `~c`.
    struct Node {
        /// The feature asked, counted from 0.
        var feature: Int
        /// How it is tested.
        var mode: Mode
        /// What it is compared with; nothing for members.
        var value: Double
        /// What a feature may be one of, in ascending order.
        var members: [Double] = []
        /// True when members are numbers to be equal to, false when whole parts count too.
        var isExact = false
        /// The child of those that pass.
        var yes: Int
        /// The child of all others.
        var no: Int
        /// True when a missing feature takes the way of those that pass.
        var missingPasses: Bool
    }

    /// A number that a leaf adds to a target.
    struct Weight {
        /// The target or class, counted from 0.
        var target: Int
        /// What is added to its sum.
        var value: Double
        /// The next weight of the same leaf; -1 for none.
        var next: Int
    }

    /// Nodes; nil where a leaf stands in the file's list.
    var nodes: [Node?] = []
    /// First and last weight of each leaf; -1 for none.
    var leaves: [(first: Int, last: Int)] = []
    var weights: [Weight] = []
    /// The root of each tree, a child as above.
    var roots: [Int] = []
    /// Numbers that a row gets.
    var targetCount = 0

    /// Puts a weight behind those that a leaf has.
    mutating func add(_ value: Double, to target: Int, of leaf: Int) {
        assert(leaves.indices.contains(leaf) && target < targetCount, "checked by whoever reads")
        weights.append(Weight(target: target, value: value, next: -1))
        let place = weights.count - 1
        if leaves[leaf].last >= 0 {
            weights[leaves[leaf].last].next = place
        } else {
            leaves[leaf].first = place
        }
        leaves[leaf].last = place
    }

    /// Calls `body` for each weight of a leaf, in the order of the file.
    func forEachWeight(of leaf: Int, _ body: (Weight) -> Void) {
        var place = leaves[leaf].first
        while place >= 0 {
            body(weights[place])
            place = weights[place].next
        }
    }
}

extension ONNXForest {
    /// A target that is within range.
    private static func target(
        _ number: Int64,
        _ count: Int,
        _ node: ONNXNode
    ) throws(FormatError) -> Int {
        guard number >= 0, number < Int64(count) else {
            throw node.malformed("target \(number) of \(count)")
        }
        return Int(number)
    }

    /// Targets are counted before anything is made for each of them.
    private static func checkTargets(_ count: Int64, _ node: ONNXNode) throws(FormatError) -> Int {
        guard count > 0 else { throw node.malformed("\(count) targets") }
        guard count <= Int64(Limits.classesMax) else {
            throw node.tooLarge("targets", limit: Limits.classesMax)
        }
        return Int(count)
    }

    /// A feature by its position; whether rows have it is known later.
    private static func feature(_ number: Int64, _ node: ONNXNode) throws(FormatError) -> Int {
        guard number >= 0, number < Int64(Limits.modelFeaturesMax) else {
            throw node.malformed("feature \(number)")
        }
        return Int(number)
    }

    /// Numbers of an attribute, as a list or as a tensor of the same name and `_as_tensor`.
    static func numbers(_ name: String, _ node: ONNXNode) throws(FormatError) -> [Double] {
        let list = node.floats(name)
        guard let tensor = node.tensor("\(name)_as_tensor") else { return list.map { Double($0) } }
        guard list.isEmpty else { throw node.malformed("'\(name)' stands twice") }
        return try numbers(tensor, node)
    }

    /// Numbers of whatever type as Double.
    private static func numbers(_ tensor: ONNXConstant, _ node: ONNXNode) throws(FormatError)
        -> [Double]
    {
        switch tensor.numbers {
        case .floats(let values): return values.map { Double($0) }
        case .doubles(let values): return values
        case .integers(let values): return values.map { Double($0) }
        case .strings: throw node.malformed("text for numbers")
        }
    }

    // MARK: - Versions 1 to 3: nodes by tree and number

    private static let modes: [String: Mode] = [
        "BRANCH_LEQ": .lessOrEqual, "BRANCH_LT": .less, "BRANCH_GTE": .greaterOrEqual,
        "BRANCH_GT": .greater, "BRANCH_EQ": .equal, "BRANCH_NEQ": .notEqual,
    ]

    /// Nodes of a tree by their numbers.
    private struct Numbering {
        /// Where the tree begins, when its nodes are numbered from 0 without gaps.
        var start: Int
        var count = 0
        var places: [Int64: Int] = [:]

        func place(_ number: Int64) -> Int? {
            places.isEmpty
                ? (number >= 0 && number < Int64(count) ? start + Int(number) : nil)
                : places[number]
        }
    }

    /// Reads `TreeEnsembleRegressor` (prefix `target`) or `TreeEnsembleClassifier` (`class`).
    init(numbered node: ONNXNode, prefix: String, targetCount: Int64) throws(FormatError) {
        self.targetCount = try Self.checkTargets(targetCount, node)
        let numbering = try readNodes(node)
        let trees = node.integers("\(prefix)_treeids")
        let numbers = node.integers("\(prefix)_nodeids")
        let targets = node.integers("\(prefix)_ids")
        let values = try Self.numbers("\(prefix)_weights", node)
        guard trees.count == values.count, numbers.count == values.count,
            targets.count == values.count
        else { throw node.malformed("lists of weights of different lengths") }
        weights.reserveCapacity(values.count)
        for index in values.indices {
            guard let place = numbering[trees[index]]?.place(numbers[index]) else {
                throw node.malformed("weight of node \(numbers[index]) of tree \(trees[index])")
            }
            let target = try Self.target(targets[index], self.targetCount, node)
            // Weights of inner nodes mean nothing.
            if nodes[place] == nil { add(values[index], to: target, of: place) }
        }
    }

    /// Reads the nodes of all trees, and joins and checks them.
    ///
    /// - Returns: where the nodes of each tree are.
    private mutating func readNodes(_ node: ONNXNode) throws(FormatError) -> [Int64: Numbering] {
        let trees = node.integers("nodes_treeids")
        let numbers = node.integers("nodes_nodeids")
        let features = node.integers("nodes_featureids")
        let modes = node.strings("nodes_modes")
        let values = try Self.numbers("nodes_values", node)
        let yes = node.integers("nodes_truenodeids")
        let no = node.integers("nodes_falsenodeids")
        let missing = node.integers("nodes_missing_value_tracks_true")
        let count = trees.count
        guard
            [numbers.count, features.count, modes.count, values.count, yes.count, no.count]
                .allSatisfy({ $0 == count }), missing.isEmpty || missing.count == count, count > 0
        else { throw node.malformed("lists of nodes of different lengths") }
        let (order, numbering) = try Self.number(trees, numbers, node)
        leaves = Array(repeating: (-1, -1), count: count)
        nodes.reserveCapacity(count)
        for index in 0..<count {
            guard modes[index] != "LEAF" else {
                nodes.append(nil)
                continue
            }
            guard let mode = Self.modes[modes[index]] else {
                throw node.malformed("the mode '\(modes[index].prefix(40))'")
            }
            let tree = numbering[trees[index]]
            guard let passed = tree?.place(yes[index]), let failed = tree?.place(no[index]) else {
                throw node.malformed(
                    "node \(numbers[index]) of tree \(trees[index]) has a child that is not there"
                )
            }
            nodes.append(
                Node(
                    feature: try Self.feature(features[index], node),
                    mode: mode,
                    value: values[index],
                    yes: modes[passed] == "LEAF" ? ~passed : passed,
                    no: modes[failed] == "LEAF" ? ~failed : failed,
                    missingPasses: missing.isEmpty ? false : missing[index] != 0
                )
            )
        }
        let merged = mergeEqualities()
        try findRoots(trees, order, merged, node)
        return numbering
    }

    /// Makes one node of a chain of nodes that each ask whether a feature equals a number and, if
    /// so, lead to the same place: so converters write a set of categories.
    ///
    /// - Returns: nodes that have become part of another.
    private mutating func mergeEqualities() -> [Bool] {
        var merged = Array(repeating: false, count: nodes.count)
        for inner in nodes {
            if let inner, let next = continuation(of: inner) { merged[next] = true }
        }
        // A node continues one other at most; where a file says otherwise, the second chain that
        // comes
        // by breaks off here and is refused for its two parents.
        var steps = nodes.count
        for index in nodes.indices where !merged[index] {
            guard var inner = nodes[index], continuation(of: inner) != nil else { continue }
            var members = [inner.value]
            while steps > 0, let next = continuation(of: inner), let other = nodes[next] {
                members.append(other.value)
                inner.no = other.no
                steps -= 1
            }
            inner.mode = .member
            inner.isExact = true
            inner.members = members.filter { !$0.isNaN }.sorted()
            nodes[index] = inner
        }
        return merged
    }

    /// The node that asks on where `inner` fails, with the same feature and the same way out.
    private func continuation(of inner: Node) -> Int? {
        guard inner.mode == .equal, inner.no >= 0, let other = nodes[inner.no],
            other.mode == .equal, other.feature == inner.feature, other.yes == inner.yes,
            other.missingPasses == inner.missingPasses
        else { return nil }
        return inner.no
    }

    /// Finds the one node of each tree that has no parent; all others have one and are reached.
    private mutating func findRoots(
        _ trees: [Int64],
        _ order: [Int64],
        _ merged: [Bool],
        _ node: ONNXNode
    ) throws(FormatError) {
        var isChild = merged
        for (index, inner) in nodes.enumerated() where !merged[index] {
            guard let inner else { continue }
            for child in [inner.yes, inner.no] {
                let place = child < 0 ? ~child : child
                guard !isChild[place] else {
                    throw node.malformed("a node of tree \(trees[index]) has two parents")
                }
                isChild[place] = true
            }
        }
        var rootOf: [Int64: Int] = [:]
        for index in nodes.indices where !isChild[index] {
            guard rootOf.updateValue(index, forKey: trees[index]) == nil else {
                throw node.malformed("tree \(trees[index]) has two roots")
            }
        }
        for tree in order {
            guard let root = rootOf[tree] else {
                throw node.malformed("tree \(tree) goes round in a circle")
            }
            roots.append(nodes[root] == nil ? ~root : root)
        }
        let wanted = merged.reduce(0) { $0 + ($1 ? 0 : 1) }
        guard reachedCount() == wanted else { throw node.malformed("nodes beside their trees") }
    }

    /// Nodes and leaves that are reached from the roots; each has one parent at most.
    private func reachedCount() -> Int {
        var stack = roots
        var count = 0
        while let place = stack.popLast() {
            count += 1
            if place >= 0, let inner = nodes[place] { stack += [inner.yes, inner.no] }
        }
        return count
    }

    /// The trees in the order in which they appear, and where their nodes are.
    private static func number(
        _ trees: [Int64],
        _ numbers: [Int64],
        _ node: ONNXNode
    ) throws(FormatError) -> (order: [Int64], numbering: [Int64: Numbering]) {
        var order: [Int64] = []
        var numbering: [Int64: Numbering] = [:]
        var index = 0
        while index < trees.count {
            let tree = trees[index]
            let start = index
            while index < trees.count, trees[index] == tree { index += 1 }
            let isPlain = (start..<index).allSatisfy { numbers[$0] == Int64($0 - start) }
            var known = numbering[tree]
            if known == nil { order.append(tree) }
            if isPlain, known == nil {
                numbering[tree] = Numbering(start: start, count: index - start)
                continue
            }
            if let plain = known, plain.places.isEmpty {
                for place in 0..<plain.count { known?.places[Int64(place)] = plain.start + place }
            }
            var all = known ?? Numbering(start: start)
            for place in start..<index {
                guard all.places.updateValue(place, forKey: numbers[place]) == nil else {
                    throw node.malformed("node \(numbers[place]) of tree \(tree) stands twice")
                }
            }
            numbering[tree] = all
        }
        return (order, numbering)
    }

    // MARK: - Version 5: nodes by position

    /// Reads `TreeEnsemble`.
    init(positioned node: ONNXNode) throws(FormatError) {
        targetCount = try Self.checkTargets(try node.integer("n_targets") ?? 0, node)
        guard let splits = node.tensor("nodes_splits"), let modes = node.tensor("nodes_modes"),
            let leafWeights = node.tensor("leaf_weights"), case .integers(let kinds) = modes.numbers
        else { throw node.malformed("splits, modes or weights are missing") }
        let values = try Self.numbers(splits, node)
        let features = node.integers("nodes_featureids")
        let yes = (node.integers("nodes_truenodeids"), node.integers("nodes_trueleafs"))
        let no = (node.integers("nodes_falsenodeids"), node.integers("nodes_falseleafs"))
        let missing = node.integers("nodes_missing_value_tracks_true")
        let count = features.count
        guard
            [values.count, kinds.count, yes.0.count, yes.1.count, no.0.count, no.1.count]
                .allSatisfy({ $0 == count }), missing.isEmpty || missing.count == count
        else { throw node.malformed("lists of nodes of different lengths") }
        let numbers = try Self.numbers(leafWeights, node)
        let targets = node.integers("leaf_targetids")
        guard numbers.count == targets.count else {
            throw node.malformed("lists of leaves of different lengths")
        }
        leaves = Array(repeating: (-1, -1), count: numbers.count)
        for leaf in numbers.indices {
            add(numbers[leaf], to: try Self.target(targets[leaf], targetCount, node), of: leaf)
        }
        var sets = try Self.memberSets(node)[...]
        for index in 0..<count {
            guard let mode = UInt8(exactly: kinds[index]).flatMap(Mode.init(rawValue:)) else {
                throw node.malformed("the mode \(kinds[index])")
            }
            let members = mode == .member ? sets.popFirst() : []
            guard let members else { throw node.malformed("too few sets of members") }
            nodes.append(
                Node(
                    feature: try Self.feature(features[index], node),
                    mode: mode,
                    value: values[index],
                    members: members,
                    yes: try child(yes.0[index], yes.1[index] != 0, count, node),
                    no: try child(no.0[index], no.1[index] != 0, count, node),
                    missingPasses: missing.isEmpty ? false : missing[index] != 0
                )
            )
        }
        for root in node.integers("tree_roots") {
            let place = try child(root, false, count, node)
            // A tree that is one leaf is written as a node with that leaf on both sides.
            if let only = nodes[place], only.yes < 0, only.yes == only.no {
                roots.append(only.yes)
            } else {
                roots.append(place)
            }
        }
        guard !roots.isEmpty else { throw node.malformed("no trees") }
    }

    /// A child by its number among nodes or leaves.
    private func child(
        _ number: Int64,
        _ isLeaf: Bool,
        _ count: Int,
        _ node: ONNXNode
    ) throws(FormatError) -> Int {
        guard number >= 0, number < Int64(isLeaf ? leaves.count : count) else {
            throw node.malformed("\(isLeaf ? "leaf" : "node") \(number) is not there")
        }
        return isLeaf ? ~Int(number) : Int(number)
    }

    /// The sets of all nodes that ask for members, NaN between them.
    private static func memberSets(_ node: ONNXNode) throws(FormatError) -> [[Double]] {
        guard let tensor = node.tensor("membership_values") else { return [] }
        var sets: [[Double]] = [[]]
        for number in try numbers(tensor, node) {
            if number.isNaN {
                sets.append([])
            } else {
                sets[sets.count - 1].append(number)
            }
        }
        return sets.map { $0.sorted() }
    }
}
