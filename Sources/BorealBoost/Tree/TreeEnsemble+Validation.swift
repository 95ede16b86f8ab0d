import BorealBase

/// What is wrong with an ensemble that came from elsewhere.
public enum EnsembleDefect: Error, Equatable, Sendable {
    /// `scoresPerRow` or `featureCount` is outside of the limits.
    case shape(name: String, value: Int)
    /// The number of trees is not a multiple of `scoresPerRow`, or too large.
    case treeCount(Int)
    /// A tree has too many leaves or none.
    case leafCount(tree: Int, count: Int)
    /// An array of a tree has not the length that the number of its splits or leaves asks for.
    case length(tree: Int, array: String, count: Int, expected: Int)
    /// A child is neither an inner node nor a leaf of its tree.
    case childOutOfRange(tree: Int, node: Int, child: Int)
    /// A node or leaf has two parents, or nodes form a circle: not every node is reached exactly
    /// once.
    case notATree(tree: Int)
    /// A node asks a feature that rows do not have.
    case featureOutOfRange(tree: Int, node: Int, feature: Int)
    /// A threshold is NaN.
    case thresholdNotANumber(tree: Int, node: Int)
    /// A decision type has bits that mean nothing.
    case decisionType(tree: Int, node: Int, value: UInt8)
    /// A categorical node names no category set, or the boundaries of the sets are not in order.
    case categorySet(tree: Int, node: Int)
}

extension TreeEnsemble {
    /// Checks everything that scoring relies on. Whoever fills an ensemble from a file calls this
    /// before anything else touches it: walks and kernels do not check again.
    ///
    /// - Throws: the first defect found, in tree order.
    public func validate() throws(EnsembleDefect) {
        guard (1...Limits.classesMax).contains(scoresPerRow) else {
            throw .shape(name: "scoresPerRow", value: scoresPerRow)
        }
        guard (0...Limits.modelFeaturesMax).contains(featureCount) else {
            throw .shape(name: "featureCount", value: featureCount)
        }
        guard leafWidth == 1 || leafWidth == scoresPerRow else {
            throw .shape(name: "leafWidth", value: leafWidth)
        }
        guard initialScores.isEmpty || initialScores.count == scoresPerRow else {
            throw .shape(name: "initialScores", value: initialScores.count)
        }
        guard
            featureGroups.isEmpty
                || featureGroups.count == featureCount
                    && featureGroups.allSatisfy({ $0 >= 0 && $0 < featureCount })
        else { throw .shape(name: "featureGroups", value: featureGroups.count) }
        let isWhole = leafWidth > 1 || trees.count % scoresPerRow == 0
        guard trees.count <= Limits.treesMax, isWhole else { throw .treeCount(trees.count) }
        for (index, tree) in trees.enumerated() {
            try tree.validate(index: index, self)
        }
    }
}

extension Tree {
    fileprivate func validate(index: Int, _ ensemble: TreeEnsemble) throws(EnsembleDefect) {
        let isVector = ensemble.leafWidth > 1
        let values = leafTotal.multipliedReportingOverflow(by: ensemble.leafWidth)
        guard leafTotal <= Limits.leavesMax, !values.overflow,
            leafValue.count == values.partialValue, !isVector || linear == nil
        else { throw .leafCount(tree: index, count: leafValue.count) }
        try checkLengths(index)
        try checkShape(index)
        try checkDecisions(index, ensemble.featureCount)
        if let linear { try check(linear, index, ensemble.featureCount) }
    }

    /// Statistics may be absent (empty) in files of other libraries; what decides may not.
    private func checkLengths(_ index: Int) throws(EnsembleDefect) {
        let required = [
            ("threshold", threshold.count, innerCount),
            ("decisionType", decisionType.count, innerCount),
            ("leftChild", leftChild.count, innerCount),
            ("rightChild", rightChild.count, innerCount),
        ]
        let optional = [
            ("splitGain", splitGain.count, innerCount),
            ("internalValue", internalValue.count, innerCount),
            ("internalWeight", internalWeight.count, innerCount),
            ("internalCount", internalCount.count, innerCount),
            ("leafWeight", leafWeight.count, leafTotal), ("leafCount", leafCount.count, leafTotal),
        ]
        for (array, count, expected) in required where count != expected {
            throw .length(tree: index, array: array, count: count, expected: expected)
        }
        for (array, count, expected) in optional where count != expected && count != 0 {
            throw .length(tree: index, array: array, count: count, expected: expected)
        }
    }

    /// Every node but the root, and every leaf, has exactly one parent and is reached from the
    /// root.
    private func checkShape(_ index: Int) throws(EnsembleDefect) {
        guard innerCount > 0 else { return }
        var seenNodes = [Bool](repeating: false, count: innerCount)
        var seenLeaves = [Bool](repeating: false, count: leafTotal)
        var stack = [0]
        var reached = 0
        seenNodes[0] = true
        while let node = stack.popLast() {
            for child in [Int(leftChild[node]), Int(rightChild[node])] {
                guard child < innerCount, child >= -leafTotal else {
                    throw .childOutOfRange(tree: index, node: node, child: child)
                }
                let seen = child >= 0 ? seenNodes[child] : seenLeaves[~child]
                guard !seen else { throw .notATree(tree: index) }
                reached += 1
                if child >= 0 {
                    seenNodes[child] = true
                    stack.append(child)
                } else {
                    seenLeaves[~child] = true
                }
            }
        }
        guard reached == innerCount - 1 + leafTotal else { throw .notATree(tree: index) }
    }

    private func checkDecisions(_ index: Int, _ featureCount: Int) throws(EnsembleDefect) {
        let setCount = max(0, categoryBoundaries.count - 1)
        if let first = categoryBoundaries.first, first < 0 {
            throw .categorySet(tree: index, node: 0)
        }
        for set in 0..<setCount where categoryBoundaries[set] > categoryBoundaries[set + 1] {
            throw .categorySet(tree: index, node: 0)
        }
        if let last = categoryBoundaries.last, Int(last) > categoryBits.count {
            throw .categorySet(tree: index, node: 0)
        }
        for node in 0..<innerCount {
            let feature = Int(splitFeature[node])
            guard feature >= 0, feature < featureCount else {
                throw .featureOutOfRange(tree: index, node: node, feature: feature)
            }
            guard !threshold[node].isNaN else {
                throw .thresholdNotANumber(tree: index, node: node)
            }
            let type = decisionType[node]
            guard type < 16, Tree.Missing(rawValue: type >> 2) != nil else {
                throw .decisionType(tree: index, node: node, value: type)
            }
            guard type & 1 == 1 else { continue }
            guard let set = Int(exactly: threshold[node]), set >= 0, set < setCount else {
                throw .categorySet(tree: index, node: node)
            }
        }
    }

    private func check(
        _ linear: LinearLeaves,
        _ index: Int,
        _ featureCount: Int
    ) throws(EnsembleDefect) {
        let lengths = [
            ("constants", linear.constants.count), ("coefficients", linear.coefficients.count),
            ("features", linear.features.count),
        ]
        for (array, count) in lengths where count != leafTotal {
            throw .length(tree: index, array: array, count: count, expected: leafTotal)
        }
        for leaf in 0..<leafTotal {
            let features = linear.features[leaf]
            guard features.count == linear.coefficients[leaf].count else {
                throw .length(
                    tree: index,
                    array: "coefficients",
                    count: linear.coefficients[leaf].count,
                    expected: features.count
                )
            }
            for feature in features where feature < 0 || Int(feature) >= featureCount {
                throw .featureOutOfRange(tree: index, node: ~leaf, feature: Int(feature))
            }
        }
    }
}
