import BorealBase
import BorealBoost

/// What is wrong with the text of a tree.
struct TreeTextError: Error {
    let reason: String
}

/// Makes a `Tree` of the lines of one `Tree=` block. Shape and indices are checked later, on the
/// ensemble.
struct LightGBMTreeReader {
    let cursor: TextCursor
    let fields: [String: Range<Int>]

    func read() throws(TreeTextError) -> Tree {
        guard let leaves = try integer("num_leaves"), (1...Limits.leavesMax).contains(leaves) else {
            throw TreeTextError(
                reason: "'num_leaves' is missing or outside 1...\(Limits.leavesMax)"
            )
        }
        var tree = Tree()
        tree.leafValue = try doubles("leaf_value", leaves)
        if let range = fields["shrinkage"] {
            tree.shrinkage = try one(range, "shrinkage") { cursor.double($0) }
        }
        if leaves > 1 {
            try readNodes(&tree, inner: leaves - 1)
            try readStatistics(&tree, inner: leaves - 1)
        }
        tree.leafWeight = try optionalDoubles("leaf_weight", leaves)
        tree.leafCount = try optionalIntegers("leaf_count", leaves)
        if try integer("is_linear") ?? 0 != 0 { tree.linear = try linear(leaves) }
        return tree
    }

    private func readNodes(_ tree: inout Tree, inner: Int) throws(TreeTextError) {
        tree.splitFeature = try int32s("split_feature", inner)
        tree.threshold = try doubles("threshold", inner)
        tree.leftChild = try int32s("left_child", inner)
        tree.rightChild = try int32s("right_child", inner)
        if fields["decision_type"] != nil {
            tree.decisionType = try list("decision_type", inner) { word in
                cursor.integer(word).flatMap { UInt8(exactly: $0) }
                    // LightGBM sends what is missing to the right of categorical nodes always.
                    .map { $0 & 1 == 1 ? $0 & ~2 : $0 }
            }
        } else {
            tree.decisionType = [UInt8](repeating: 0, count: inner)
        }
        guard let sets = try integer("num_cat"), sets > 0 else { return }
        guard sets <= inner else { throw TreeTextError(reason: "'num_cat' is \(sets)") }
        tree.categoryBoundaries = try int32s("cat_boundaries", sets + 1)
        guard let words = tree.categoryBoundaries.last, words >= 0 else {
            throw TreeTextError(reason: "'cat_boundaries' is negative")
        }
        tree.categoryBits = try list("cat_threshold", Int(words)) { word in
            cursor.integer(word).flatMap { UInt32(exactly: $0) }
        }
    }

    /// Version 2 has fewer of them; a file without is as good for predictions.
    private func readStatistics(_ tree: inout Tree, inner: Int) throws(TreeTextError) {
        tree.splitGain = try optionalDoubles("split_gain", inner)
        tree.internalValue = try optionalDoubles("internal_value", inner)
        tree.internalWeight = try optionalDoubles("internal_weight", inner)
        tree.internalCount = try optionalIntegers("internal_count", inner)
    }

    private func linear(_ leaves: Int) throws(TreeTextError) -> Tree.LinearLeaves {
        let constants = try doubles("leaf_const", leaves)
        let counts = try list("num_features", leaves) { word in
            cursor.integer(word).flatMap { Int(exactly: $0) }
        }
        var total = 0
        for count in counts {
            guard count >= 0, count <= Limits.modelFeaturesMax, total <= cursor.bytes.count else {
                throw TreeTextError(reason: "'num_features' is \(count)")
            }
            total += count
        }
        let features = try int32s("leaf_features", total)
        let coefficients = try doubles("leaf_coeff", total)
        var linear = Tree.LinearLeaves(constants: constants, coefficients: [], features: [])
        var start = 0
        for count in counts {
            linear.features.append(Array(features[start..<start + count]))
            linear.coefficients.append(Array(coefficients[start..<start + count]))
            start += count
        }
        return linear
    }

    // MARK: - Fields

    private func integer(_ key: String) throws(TreeTextError) -> Int? {
        guard let range = fields[key] else { return nil }
        return try one(range, key) { word in cursor.integer(word).flatMap { Int(exactly: $0) } }
    }

    private func one<Element>(
        _ range: Range<Int>,
        _ key: String,
        _ read: (Range<Int>) -> Element?
    ) throws(TreeTextError) -> Element {
        guard let value = cursor.list(range, count: 1, read)?.first else {
            throw TreeTextError(reason: "'\(key)' is no number")
        }
        return value
    }

    private func list<Element>(
        _ key: String,
        _ count: Int,
        _ read: (Range<Int>) -> Element?
    ) throws(TreeTextError) -> [Element] {
        guard let range = fields[key] else { throw TreeTextError(reason: "'\(key)' is missing") }
        guard let values = cursor.list(range, count: count, read) else {
            throw TreeTextError(reason: "'\(key)' does not hold \(count) numbers")
        }
        return values
    }

    private func doubles(_ key: String, _ count: Int) throws(TreeTextError) -> [Double] {
        try list(key, count) { cursor.double($0) }
    }

    private func int32s(_ key: String, _ count: Int) throws(TreeTextError) -> [Int32] {
        try list(key, count) { word in cursor.integer(word).flatMap { Int32(exactly: $0) } }
    }

    private func optionalDoubles(_ key: String, _ count: Int) throws(TreeTextError) -> [Double] {
        fields[key]?.isEmpty ?? true ? [] : try doubles(key, count)
    }

    private func optionalIntegers(_ key: String, _ count: Int) throws(TreeTextError) -> [Int64] {
        fields[key]?.isEmpty ?? true ? [] : try list(key, count) { cursor.integer($0) }
    }
}
