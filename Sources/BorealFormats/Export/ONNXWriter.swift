import BorealBase
import BorealBoost
import BorealGraph

/// Writes a tree ensemble as ONNX: `ai.onnx.ml` 5's TreeEnsemble in 64-bit arithmetic, and the link
/// in operators of `ai.onnx` 17.
///
/// A model of numbers takes one tensor `X` of DOUBLE, rows x features. A model with dictionaries
/// takes one tensor a feature, rows x 1, DOUBLE or STRING, under the features' names. Regressions
/// answer `variable`, classifiers `label` and `probabilities`.
struct ONNXWriter {
    private let trees: ExportedTrees

    /// - Throws: `FormatError.notExportable`.
    init(_ graph: ModelGraph) throws(FormatError) {
        trees = try ExportedTrees(graph, format: .onnx)
        if trees.ensemble.trees.contains(where: { $0.linear != nil }) {
            throw .notExportable(.onnx, reason: "it has linear models in its leaves")
        }
    }

    func write() throws(FormatError) -> [UInt8] {
        var graph = ONNXGraph()
        let features = wholeCategories(addInputs(&graph), &graph)
        let raw = graph.node(
            "TreeEnsemble",
            domain: "ai.onnx.ml",
            [features],
            try ONNXTreeAttributes(trees.ensemble).attributes
        )
        var value = raw
        if trees.divisor != 1 { value = graph.node("Div", [raw, graph.scalar(trees.divisor)]) }
        value = linked(value, &graph)
        if trees.isClassifier {
            addClasses(value, &graph)
        } else {
            graph.node("Identity", [value], into: "variable")
            graph.addOutput("variable", type: .double, width: trees.scores)
        }
        return graph.model()
    }

    /// The matrix of features.
    private func addInputs(_ graph: inout ONNXGraph) -> String {
        let hasDictionary = trees.inputs.contains { input in
            if case .category = input.kind { true } else { false }
        }
        guard hasDictionary else {
            graph.addInput("X", type: .double, width: trees.inputs.count)
            return "X"
        }
        let columns = trees.inputs.map { input in
            guard case .category(let dictionary) = input.kind else {
                graph.addInput(input.name, type: .double, width: 1)
                return input.name
            }
            let codes = (0..<dictionary.count).map(Double.init)
            switch dictionary.categories {
            case .text(let names):
                graph.addInput(input.name, type: .string, width: 1)
                return graph.node(
                    "LabelEncoder",
                    domain: "ai.onnx.ml",
                    [input.name],
                    [
                        .tensor("keys_tensor", .strings(names)),
                        .tensor("values_tensor", .doubles(codes)),
                        .tensor("default_tensor", .doubles([.nan])),
                    ]
                )
            case .number(let values):
                graph.addInput(input.name, type: .double, width: 1)
                return graph.node(
                    "LabelEncoder",
                    domain: "ai.onnx.ml",
                    [input.name],
                    [
                        .tensor("keys_tensor", .doubles(values)),
                        .tensor("values_tensor", .doubles(codes)),
                        .tensor("default_tensor", .doubles([.nan])),
                    ]
                )
            }
        }
        return graph.node("Concat", columns, [.integer("axis", 1)])
    }

    /// Of numbers that name categories the whole part counts.
    private func wholeCategories(_ features: String, _ graph: inout ONNXGraph) -> String {
        let isCategory = trees.inputs.map { $0.kind == .integerCategory }
        guard isCategory.contains(true) else { return features }
        let size = graph.node("Floor", [graph.node("Abs", [features])])
        let whole = graph.node("Mul", [graph.node("Sign", [features]), size])
        let mask = graph.constant(.booleans(isCategory), dimensions: [1, isCategory.count])
        return graph.node("Where", [mask, whole, features])
    }

    private func linked(_ value: String, _ graph: inout ONNXGraph) -> String {
        switch trees.link {
        case .identity: return value
        case .sigmoid(let scale):
            let scaled = scale == 1 ? value : graph.node("Mul", [value, graph.scalar(scale)])
            return graph.node("Sigmoid", [scaled])
        case .softmax: return graph.node("Softmax", [value], [.integer("axis", 1)])
        case .exponential: return graph.node("Exp", [value])
        case .signedSquare:
            return graph.node("Mul", [value, graph.node("Abs", [value])])
        case .softplus:
            let power = graph.node("Add", [graph.node("Exp", [value]), graph.scalar(1)])
            return graph.node("Log", [power])
        }
    }

    private func addClasses(_ value: String, _ graph: inout ONNXGraph) {
        var probabilities = value
        if trees.scores == 1 {
            let other = graph.node("Sub", [graph.scalar(1), value])
            probabilities = graph.node("Concat", [other, value], [.integer("axis", 1)])
        }
        let place = graph.node(
            "ArgMax",
            [probabilities],
            [.integer("axis", 1), .integer("keepdims", 0)]
        )
        switch trees.labels {
        case .integer(let values)?:
            let names = graph.constant(
                .integers(values.map { Int($0) }),
                dimensions: [values.count]
            )
            graph.node("Gather", [names, place], into: "label")
            graph.addOutput("label", type: .integer, width: nil)
        case let labels?:
            let texts = (0..<labels.count).map { labels.text(at: $0) }
            let names = graph.constant(.strings(texts), dimensions: [texts.count])
            graph.node("Gather", [names, place], into: "label")
            graph.addOutput("label", type: .string, width: nil)
        case nil:
            graph.node("Identity", [place], into: "label")
            graph.addOutput("label", type: .integer, width: nil)
        }
        graph.node("Identity", [probabilities], into: "probabilities")
        graph.addOutput("probabilities", type: .double, width: trees.classCount)
    }
}

/// The attributes of a TreeEnsemble node.
private struct ONNXTreeAttributes {
    private enum Mode {
        static let atMost = 0
        static let member = 6
    }

    private var features: [Int] = []
    private var splits: [Double] = []
    private var modes: [Int] = []
    private var missingIsTrue: [Int] = []
    private var trueIDs: [Int] = []
    private var trueIsLeaf: [Int] = []
    private var falseIDs: [Int] = []
    private var falseIsLeaf: [Int] = []
    private var members: [Double] = []
    private var targets: [Int] = []
    private var weights: [Double] = []
    private var roots: [Int] = []
    private let scores: Int

    init(_ ensemble: TreeEnsemble) throws(FormatError) {
        scores = ensemble.scoresPerRow
        for (index, tree) in ensemble.trees.enumerated() {
            try add(tree, score: index % scores)
        }
    }

    private mutating func add(_ tree: Tree, score: Int) throws(FormatError) {
        let (firstNode, firstLeaf) = (features.count, weights.count)
        roots.append(firstNode)
        weights += tree.leafValue
        targets += [Int](repeating: score, count: tree.leafTotal)
        guard tree.innerCount > 0 else {
            // A tree of one leaf is a node with that leaf on either side.
            append(feature: 0, split: 0, mode: Mode.atMost, missing: true)
            trueIDs.append(firstLeaf)
            trueIsLeaf.append(1)
            falseIDs.append(firstLeaf)
            falseIsLeaf.append(1)
            return
        }
        for node in 0..<tree.innerCount {
            guard let missing = MissingRule(tree, node) else {
                throw .notExportable(.onnx, reason: "zero counts as missing in its trees")
            }
            let isSet = tree.decisionType[node] & 1 == 1
            if isSet {
                members += tree.categories(of: node).map(Double.init) + [.nan]
            }
            append(
                feature: Int(tree.splitFeature[node]),
                split: isSet ? 0 : tree.threshold[node],
                mode: isSet ? Mode.member : Mode.atMost,
                missing: missing.goesLeft
            )
            let (left, right) = (tree.leftChild[node], tree.rightChild[node])
            trueIDs.append(left < 0 ? firstLeaf + Int(~left) : firstNode + Int(left))
            trueIsLeaf.append(left < 0 ? 1 : 0)
            falseIDs.append(right < 0 ? firstLeaf + Int(~right) : firstNode + Int(right))
            falseIsLeaf.append(right < 0 ? 1 : 0)
        }
    }

    private mutating func append(feature: Int, split: Double, mode: Int, missing: Bool) {
        features.append(feature)
        splits.append(split)
        modes.append(mode)
        missingIsTrue.append(missing ? 1 : 0)
    }

    var attributes: [ONNXAttribute] {
        var all: [ONNXAttribute] = [
            .integer("aggregate_function", 1), .integer("n_targets", scores),
            .integer("post_transform", 0), .integers("tree_roots", roots),
            .integers("nodes_featureids", features), .tensor("nodes_splits", .doubles(splits)),
            .tensor("nodes_modes", .bytes(modes.map { UInt8($0) })),
            .integers("nodes_missing_value_tracks_true", missingIsTrue),
            .integers("nodes_truenodeids", trueIDs), .integers("nodes_trueleafs", trueIsLeaf),
            .integers("nodes_falsenodeids", falseIDs), .integers("nodes_falseleafs", falseIsLeaf),
            .integers("leaf_targetids", targets), .tensor("leaf_weights", .doubles(weights)),
        ]
        if !members.isEmpty { all.append(.tensor("membership_values", .doubles(members))) }
        return all
    }
}
