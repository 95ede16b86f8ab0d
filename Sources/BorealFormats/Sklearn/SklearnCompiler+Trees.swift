import BorealBoost
import BorealGraph
import Glibc

/// Single trees, forests and isolation forests.
extension SklearnCompiler {
    /// The answer of an estimator of trees; nil for all others.
    mutating func trees(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer? {
        switch o.name {
        case "DecisionTreeClassifier", "ExtraTreeClassifier":
            return try treeClassifier(o, [o], flow)
        case "DecisionTreeRegressor", "ExtraTreeRegressor": return try treeRegressor(o, [o], flow)
        case "RandomForestClassifier", "ExtraTreesClassifier":
            return try treeClassifier(o, try members(o), flow)
        case "RandomForestRegressor", "ExtraTreesRegressor":
            return try treeRegressor(o, try members(o), flow)
        case "IsolationForest": return try isolationForest(o, flow)
        case "GradientBoostingClassifier", "GradientBoostingRegressor":
            return try gradientBoosting(o, flow)
        case "HistGradientBoostingClassifier", "HistGradientBoostingRegressor":
            return try histogramBoosting(o, flow)
        default: return nil
        }
    }

    /// The trees of a forest.
    func members(_ o: SklearnObject) throws(FormatError) -> [SklearnObject] {
        var members: [SklearnObject] = []
        for ref in try o.elements("estimators_") {
            members.append(try o.record(ref, "estimators_"))
        }
        guard !members.isEmpty else { throw o.damaged("no trees") }
        return members
    }

    func tree(of o: SklearnObject) throws(FormatError) -> SklearnTree {
        try SklearnTree(try o.record("tree_"))
    }

    /// Sums of trees over rows rounded to 32 bits, and the numbers of their leaves.
    mutating func sums(
        of ensemble: TreeEnsemble,
        leafNodes: [[Int32]],
        _ flow: SklearnFlow
    ) throws(FormatError) -> (sums: TensorID, leaves: TensorID) {
        try build { builder throws(GraphError) in
            let rounded = try builder.roundedToFloat(flow.tensor)
            let (sums, step) = try builder.trees(ensemble, over: rounded)
            let leaves = try builder.add { TreeLeafOperator(step, output: $0) }
            let numbers = try builder.add {
                LeafNumberOperator(input: leaves, output: $0, numbers: leafNodes)
            }
            return (sums, numbers)
        }
    }

    /// For each class of each answer a number in every leaf.
    private mutating func treeClassifier(
        _ o: SklearnObject,
        _ members: [SklearnObject],
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let classes = try o.classes()
        let width = classes.reduce(0) { $0 + $1.count }
        var ensemble = TreeEnsemble(
            trees: [],
            scoresPerRow: width,
            leafWidth: width,
            featureCount: flow.width
        )
        var leafNodes: [[Int32]] = []
        for member in members {
            let tree = try tree(of: member)
            let shape = tree.values.shape
            guard shape[1] == classes.count, classes.allSatisfy({ $0.count <= shape[2] }) else {
                throw member.damaged("values of shape \(shape) for \(width) classes")
            }
            ensemble.trees.append(tree.tree { probabilities(of: $0, in: tree, classes, into: &$1) })
            leafNodes.append(tree.leafNodes)
        }
        let (sums, leaves) = try sums(of: ensemble, leafNodes: leafNodes, flow)
        var answer = SklearnAnswer(.classifier)
        answer.classes = classes
        answer.leaves = leaves
        let divisor = o.has("estimators_") ? Double(members.count) : nil
        let shares =
            divisor == nil
            ? sums
            : try build { builder throws(GraphError) in
                try builder.link(sums, .identity, divisor: divisor)
            }
        answer.probabilities = shares
        answer.codes = try greatest(shares, of: classes)
        return answer
    }

    /// Shares of the classes in a node. Versions up to 1.3 divide by their sum when they predict,
    /// later ones have shares in the file.
    func probabilities(
        of node: Int,
        in tree: SklearnTree,
        _ classes: [Labels],
        into shares: inout [Double]
    ) {
        for (index, labels) in classes.enumerated() {
            let values = tree.value(node: node, answer: index).prefix(labels.count)
            var sum = values.reduce(0, +)
            let areShares = version >= SklearnVersion(1, 4) && abs(sum - 1) < 1e-6
            if sum == 0 || areShares { sum = 1 }
            for value in values { shares.append(value / sum) }
        }
    }

    /// The greatest class of each answer, whose classes lie side by side.
    mutating func greatest(
        _ scores: TensorID,
        of classes: [Labels]
    ) throws(FormatError) -> TensorID {
        var codes: [TensorID] = []
        var start = 0
        for labels in classes {
            let columns = Array(start..<start + labels.count)
            codes.append(
                try build { builder throws(GraphError) in
                    try builder.greatest(try builder.columns(columns, of: scores))
                }
            )
            start += labels.count
        }
        return try build { builder throws(GraphError) in try builder.join(codes) }
    }

    private mutating func treeRegressor(
        _ o: SklearnObject,
        _ members: [SklearnObject],
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        var ensemble = TreeEnsemble(trees: [], scoresPerRow: 1, featureCount: flow.width)
        var leafNodes: [[Int32]] = []
        for member in members {
            let tree = try tree(of: member)
            let width = tree.values.shape[1]
            guard width > 0, tree.values.shape[2] > 0,
                ensemble.trees.isEmpty || width == ensemble.leafWidth
            else { throw member.damaged("values of shape \(tree.values.shape)") }
            ensemble.leafWidth = width
            ensemble.scoresPerRow = width
            ensemble.trees.append(
                tree.tree { node, values in
                    for answer in 0..<width {
                        values.append(tree.value(node: node, answer: answer).first ?? 0)
                    }
                }
            )
            leafNodes.append(tree.leafNodes)
        }
        let (sums, leaves) = try sums(of: ensemble, leafNodes: leafNodes, flow)
        var answer = SklearnAnswer(numbers: sums)
        answer.leaves = leaves
        guard o.has("estimators_") else { return answer }
        let count = Double(members.count)
        answer.numbers = try build { builder throws(GraphError) in
            try builder.link(sums, .identity, divisor: count)
        }
        return answer
    }

    // MARK: - Isolation forests

    /// Depths, with what a leaf's rows would still have been split, as numbers of the leaves.
    private mutating func isolationForest(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let members = try members(o)
        let subsets = try o.elements("estimators_features_")
        guard subsets.count == members.count else { throw o.damaged("features of trees") }
        var ensemble = TreeEnsemble(trees: [], scoresPerRow: 1, featureCount: flow.width)
        for (member, subset) in zip(members, subsets) {
            let tree = try tree(of: member)
            let depths = tree.depths()
            let features = try columns(subset, of: flow, o)
            ensemble.trees.append(
                tree.tree(features: features.map { Int32(truncatingIfNeeded: $0) }) { node, leaf in
                    leaf.append(Double(depths[node]) + Self.pathLength(tree.counts[node]) - 1)
                }
            )
        }
        let trained = try o.number(o.has("_max_samples") ? "_max_samples" : "max_samples_")
        let divisor = Double(members.count) * Self.pathLength(trained)
        let offset = try o.number("offset_")
        let tensor = flow.tensor
        let scores = try build { builder throws(GraphError) in
            let rounded = try builder.roundedToFloat(tensor)
            let (sums, _) = try builder.trees(ensemble, over: rounded)
            return try builder.add {
                IsolationScoreOperator(input: sums, output: $0, divisor: divisor)
            }
        }
        let decision = try build { builder throws(GraphError) in
            try builder.scale(scores, shift: [offset], .subtractMultiply)
        }
        var answer = try outlierDetector(sign: decision, includesThreshold: true)
        answer.scores = scores
        return answer
    }

    /// Positions in a row that an inner estimator looks at.
    func columns(
        _ ref: PickleRef,
        of flow: SklearnFlow,
        _ o: SklearnObject
    ) throws(FormatError) -> [Int] {
        guard let numbers = document.numbers(ref)?.values else { throw o.damaged("columns") }
        var columns: [Int] = []
        for number in numbers {
            guard let column = Int(exactly: number), column >= 0, column < flow.width else {
                throw o.damaged("column \(number)")
            }
            columns.append(column)
        }
        return columns
    }

    /// The mean depth of a search that fails among so many rows.
    private static func pathLength(_ rows: Double) -> Double {
        if rows <= 1 { return 0 }
        if rows == 2 { return 1 }
        let euler = 0.5772156649015329
        return 2 * (Glibc.log(rows - 1) + euler) - 2 * (rows - 1) / rows
    }
}
