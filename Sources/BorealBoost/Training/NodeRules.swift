/// What restricts the splits of single leaves: features drawn for each node, features that may not
/// meet on a path, directions that outputs must keep.
struct NodeRules: Sendable {
    /// `[featureCount]` of the layout: 1 or -1 when outputs may only rise or fall with a feature.
    private let directions: [Int8]
    /// Groups of layout features that may meet on a path, ascending; nil when all may.
    private let groups: [[Int]]?
    private let fraction: Double
    private let penalty: Double
    /// `[featureCount]` of the layout: what gains are multiplied by.
    private let contributions: [Double]

    /// True when gains depend on more than sums, so that the fast scan does not serve.
    let isGeneral: Bool
    /// True when leaves have bounds.
    let isMonotone: Bool

    init(_ parameters: TrainingParameters, _ layout: BinLayout) {
        func value<Value>(_ list: [Value], _ column: Int, else standard: Value) -> Value {
            column < list.count ? list[column] : standard
        }
        directions = layout.features.map {
            // Categories have no order.
            $0.mapper.isCategorical ? 0 : value(parameters.monotoneConstraints, $0.column, else: 0)
        }
        contributions = layout.features.map {
            value(parameters.featureContribution, $0.column, else: 1)
        }
        isMonotone = directions.contains { $0 != 0 }
        isGeneral =
            isMonotone || parameters.usesExtraTrees || contributions.contains { $0 != 1 }
        fraction = parameters.featureFractionByNode
        penalty = parameters.monotonePenalty
        guard !parameters.interactionConstraints.isEmpty else {
            groups = nil
            return
        }
        var place: [Int: Int] = [:]
        for (index, feature) in layout.features.enumerated() { place[feature.column] = index }
        groups = parameters.interactionConstraints.map { columns in
            columns.compactMap { place[$0] }.sorted()
        }
    }

    /// The direction of a feature.
    func direction(_ feature: Int) -> Int8 { directions[feature] }

    /// What the gain of a feature's split is multiplied by, at a depth.
    ///
    /// LightGBM's `ComputeMonotoneSplitGainPenalty`: the first `monotone_penalty` levels hardly
    /// split on constrained features, and the levels below more and more freely.
    func factor(_ feature: Int, depth: Int) -> Double {
        guard directions[feature] != 0, penalty > 0 else { return contributions[feature] }
        let level = Double(depth)
        let epsilon = 1e-10
        let factor =
            if penalty >= level + 1 {
                epsilon
            } else if penalty <= 1 {
                1 - penalty * ExactMath.powerOfTwo(-level) + epsilon
            } else {
                1 - ExactMath.powerOfTwo(penalty - 1 - level) + epsilon
            }
        return contributions[feature] * factor
    }

    /// `[featureCount]`: what a leaf may split on; nil for all that its tree may.
    ///
    /// - Parameters:
    ///   - features: what the tree may split on.
    ///   - key: of the tree's random stream for nodes.
    func allowed(_ leaf: OpenLeaf, features: [Bool], key: UInt64) -> [Bool]? {
        guard groups != nil || fraction < 1 else { return nil }
        var allowed = features
        if let groups, !leaf.branch.isEmpty {
            allowed = [Bool](repeating: false, count: features.count)
            for group in groups where Set(leaf.branch).isSubset(of: group) {
                for feature in group { allowed[feature] = features[feature] }
            }
        } else if let groups {
            allowed = [Bool](repeating: false, count: features.count)
            for feature in groups.joined() { allowed[feature] = features[feature] }
        }
        guard fraction < 1 else { return allowed }
        var order = allowed.indices.filter { allowed[$0] }
        let wanted = max(1, Int((Double(order.count) * fraction).rounded()))
        guard wanted < order.count else { return allowed }
        var random = RandomNumbers(key: key ^ leaf.path)
        allowed = [Bool](repeating: false, count: features.count)
        for position in 0..<wanted {
            order.swapAt(position, position + random.next(below: order.count - position))
            allowed[order[position]] = true
        }
        return allowed
    }

    /// Gives the children of a split what they inherit: their place in the tree, the features above
    /// them, and their bounds (LightGBM's `basic` method: neither side may cross the middle of
    /// their outputs).
    func inherit(_ leaf: OpenLeaf, _ left: inout OpenLeaf, _ right: inout OpenLeaf) {
        left.path = RandomNumbers.at(1, key: leaf.path)
        right.path = RandomNumbers.at(2, key: leaf.path)
        if groups != nil {
            left.branch = leaf.branch + [leaf.split.feature]
            right.branch = left.branch
        }
        guard isMonotone else { return }
        (left.bounds, right.bounds) = (leaf.bounds, leaf.bounds)
        left.output = leaf.bounds.clamp(left.output)
        right.output = leaf.bounds.clamp(right.output)
        let direction = directions[leaf.split.feature]
        guard direction != 0 else { return }
        let middle = (left.output + right.output) / 2
        if direction > 0 {
            left.bounds.upper = min(left.bounds.upper, middle)
            right.bounds.lower = max(right.bounds.lower, middle)
        } else {
            left.bounds.lower = max(left.bounds.lower, middle)
            right.bounds.upper = min(right.bounds.upper, middle)
        }
    }
}

/// What the outputs below a node must lie between.
struct OutputBounds: Sendable {
    var lower = -Double.infinity
    var upper = Double.infinity

    func clamp(_ output: Double) -> Double { min(max(output, lower), upper) }
}
