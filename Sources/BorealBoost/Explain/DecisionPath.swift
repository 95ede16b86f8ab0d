/// The way of one row through one tree: every condition it passed, and the leaf it ended in.
public struct DecisionPath: Equatable, Sendable {
    /// One split on the way.
    public struct Step: Equatable, Sendable {
        /// The feature asked, counted from 0.
        public var feature: Int
        /// The row's number there; NaN where missing.
        public var value: Double
        /// What the split asks.
        public var question: Question
        /// True when the answer was yes: the row went left.
        public var isYes: Bool
        /// True when the split takes the row's value for missing, so that its default decided.
        public var isMissing: Bool
        /// Whether rows without a value go to the yes side.
        public var missingIsYes: Bool
    }

    /// What a split asks.
    public enum Question: Equatable, Sendable {
        /// Whether the value is at most this.
        case atMost(Double)
        /// Whether the value is one of `total` categories, the first of which are listed.
        case oneOf([Int32], total: Int)
    }

    /// The tree, counted from 0.
    public var tree: Int
    /// The raw score it adds to; 0 when it adds to all of them.
    public var score: Int
    /// From the root on; of very long ways the first `ExplanationLimits.depthMax` splits.
    public var steps: [Step]
    /// Splits behind those listed.
    public var omittedSteps: Int
    /// The leaf.
    public var leaf: Int
    /// What the tree adds to the score of the row, or to each of them.
    public var values: [Double]

    /// Categories that a step lists.
    public static let listedCategoriesMax = 20
}

extension TreeEnsemble {
    /// The way of a row `[featureCount]` through a tree.
    public func decisionPath(of row: UnsafePointer<Double>, tree number: Int) -> DecisionPath {
        precondition(trees.indices.contains(number), "no such tree")
        let tree = trees[number]
        var path = DecisionPath(
            tree: number,
            score: leafWidth == 1 ? number % scoresPerRow : 0,
            steps: [],
            omittedSteps: 0,
            leaf: 0,
            values: []
        )
        var child: Int32 = tree.innerCount > 0 ? 0 : ~0
        while child >= 0 {
            let node = Int(child)
            let step = tree.step(at: node, row)
            if path.steps.count < ExplanationLimits.depthMax {
                path.steps.append(step)
            } else {
                path.omittedSteps += 1
            }
            child = step.isYes ? tree.leftChild[node] : tree.rightChild[node]
        }
        path.leaf = Int(~child)
        path.values =
            leafWidth == 1
            ? [tree.output(row)]
            : Array(tree.leafValue[path.leaf * leafWidth..<(path.leaf + 1) * leafWidth])
        return path
    }
}

extension Tree {
    fileprivate func step(at node: Int, _ row: UnsafePointer<Double>) -> DecisionPath.Step {
        let feature = Int(splitFeature[node])
        let value = row[feature]
        let type = decisionType[node]
        if type & 1 == 1 {
            let members = categories(of: node)
            let listed = Array(members.prefix(DecisionPath.listedCategoriesMax))
            return DecisionPath.Step(
                feature: feature,
                value: value,
                question: .oneOf(listed, total: members.count),
                isYes: categoryGoesLeft(node, value),
                isMissing: value.isNaN,
                missingIsYes: type & 2 != 0
            )
        }
        let bound = threshold[node]
        let missing = Missing(rawValue: type >> 2)
        // Where NaN is read as zero, its default is what zero answers.
        let missingIsYes = missing == Missing.none ? 0 <= bound : type & 2 != 0
        let isZero = missing == .zero && value.magnitude <= Self.zeroThreshold
        let isMissing = value.isNaN || isZero
        return DecisionPath.Step(
            feature: feature,
            value: value,
            question: .atMost(bound),
            isYes: isMissing ? missingIsYes : value <= bound,
            isMissing: isMissing,
            missingIsYes: missingIsYes
        )
    }
}
