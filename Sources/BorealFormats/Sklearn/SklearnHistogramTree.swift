import BorealBoost

/// A tree of histogram gradient boosting, which has nodes, leaves and sets of categories in one
/// array of records.
struct SklearnHistogramTree {
    private let value: [Double]
    private let feature: [Double]
    private let threshold: [Double]
    private let missingGoesLeft: [Double]
    private let left: [Double]
    private let right: [Double]
    private let isLeaf: [Double]
    private let isCategorical: [Double]
    private let setIndex: [Double]
    private let counts: [Double]
    /// Eight words of 32 bits for each set.
    private let sets: [Double]

    /// - Throws: `FormatError.malformed`.
    init(_ o: SklearnObject) throws(FormatError) {
        let document = o.document
        guard let nodes = document.array(o["nodes"]), nodes.count > 0 else {
            throw o.damaged("no nodes")
        }
        func part(_ name: String) throws(FormatError) -> [Double] {
            guard let part = document.part(name, of: nodes) else {
                throw o.damaged("nodes without '\(name)'")
            }
            return part
        }
        value = try part("value")
        feature = try part("feature_idx")
        threshold = try part("num_threshold")
        missingGoesLeft = try part("missing_go_to_left")
        left = try part("left")
        right = try part("right")
        isLeaf = try part("is_leaf")
        isCategorical = try part("is_categorical")
        setIndex = try part("bitset_idx")
        counts = try part("count")
        sets = o.optionalArray("raw_left_cat_bitsets")?.values ?? []
    }

    /// The tree in our form.
    ///
    /// - Parameter known: for each feature the categories that training saw.
    /// - Throws: `FormatError.malformed` naming the node.
    func tree(
        known: [Int: Set<Int>],
        _ o: SklearnObject
    ) throws(FormatError) -> Tree {
        var tree = Tree()
        tree.leafValue = []
        tree.categoryBoundaries = [0]
        let places = try places(o)
        for node in value.indices {
            let count = Int64(exactly: counts[node]) ?? 0
            guard isLeaf[node] == 0 else {
                tree.leafValue.append(value[node])
                tree.leafCount.append(count)
                continue
            }
            guard let feature = Int32(exactly: feature[node]) else {
                throw o.damaged("node \(node): feature \(feature[node])")
            }
            tree.splitFeature.append(feature)
            tree.internalCount.append(count)
            let goesLeft = missingGoesLeft[node] != 0
            var children = (places[Int(left[node])], places[Int(right[node])])
            if isCategorical[node] == 0 {
                tree.threshold.append(threshold[node])
                tree.decisionType.append(Tree.Missing.nan.rawValue << 2 | (goesLeft ? 2 : 0))
            } else {
                var members = try categories(node, o)
                // Categories that training did not see go the way of missing ones, which is to the
                // right of our nodes.
                if goesLeft {
                    members = (known[Int(feature)] ?? []).subtracting(members)
                    children = (children.1, children.0)
                }
                tree.threshold.append(Double(tree.categoryBoundaries.count - 1))
                tree.decisionType.append(1 | Tree.Missing.nan.rawValue << 2)
                append(members, to: &tree)
            }
            tree.leftChild.append(children.0)
            tree.rightChild.append(children.1)
        }
        return tree
    }

    private func places(_ o: SklearnObject) throws(FormatError) -> [Int32] {
        var inner: Int32 = 0
        var leaves: Int32 = 0
        var places: [Int32] = []
        for node in value.indices {
            if isLeaf[node] != 0 {
                places.append(~leaves)
                leaves += 1
                continue
            }
            places.append(inner)
            inner += 1
            for child in [left[node], right[node]] {
                guard let child = Int(exactly: child), child > 0, child < value.count else {
                    throw o.damaged("node \(node): child \(child) does not exist")
                }
            }
        }
        return places
    }

    private func categories(_ node: Int, _ o: SklearnObject) throws(FormatError) -> Set<Int> {
        guard let set = Int(exactly: setIndex[node]), set >= 0, set < sets.count / 8 else {
            throw o.damaged("node \(node): set \(setIndex[node])")
        }
        return Self.members(sets[set * 8..<set * 8 + 8])
    }

    static func members(_ words: ArraySlice<Double>) -> Set<Int> {
        var members: Set<Int> = []
        for (word, bits) in words.enumerated() {
            let bits = UInt32(exactly: bits) ?? 0
            for bit in 0..<32 where bits >> UInt32(bit) & 1 == 1 { members.insert(word * 32 + bit) }
        }
        return members
    }

    private func append(_ members: Set<Int>, to tree: inout Tree) {
        let words = (members.max() ?? -1) / 32 + 1
        var bits = [UInt32](repeating: 0, count: max(1, words))
        for member in members { bits[member / 32] |= 1 << UInt32(member % 32) }
        tree.categoryBits += bits
        tree.categoryBoundaries.append(Int32(truncatingIfNeeded: tree.categoryBits.count))
    }
}
