import BorealBase
import BorealBoost
import BorealGraph

/// Writes a model as JSON that a person or a program of a page can read: its features, its link,
/// and every tree as nested nodes.
struct GraphJSONWriter: ModelWriter {
    private let trees: ExportedTrees

    /// - Throws: `FormatError.notExportable`.
    init(_ graph: ModelGraph) throws(FormatError) {
        trees = try ExportedTrees(graph, format: .json)
    }

    func write(to text: ExportSink) throws(ExportError) {
        let ensemble = trees.ensemble
        var members: [(key: String, value: JSON)] = [
            ("format", .string("boreal-trees")), ("version", .integer(1)),
            ("task", .string(trees.answer.task.rawValue)),
            ("features", .array(trees.inputs.map(Self.feature))),
            ("scores", .integer(Int64(trees.scores))), ("divisor", .number(trees.divisor)),
            ("link", .string(Self.word(trees.link))),
        ]
        if case .sigmoid(let scale) = trees.link { members.append(("scale", .number(scale))) }
        if trees.isClassifier {
            let names = (0..<trees.answer.classCount).map {
                JSON.string(trees.answer.className($0))
            }
            members.append(("classes", .array(names)))
        }
        let head = JSON.object(members).description
        text.append(String(head.dropLast()))
        text.append(", \"trees\": [")
        for (index, tree) in ensemble.trees.enumerated() {
            if index > 0 { text.append(", ") }
            write(tree, score: index % trees.scores, into: text)
            try text.check()
        }
        text.append("]}\n")
    }

    private static func word(_ link: ScoreLink) -> String {
        switch link {
        case .identity: "identity"
        case .sigmoid: "sigmoid"
        case .softmax: "softmax"
        case .exponential: "exp"
        case .signedSquare: "signed_square"
        case .softplus: "softplus"
        }
    }

    private static func feature(_ input: GraphInput) -> JSON {
        var members: [(key: String, value: JSON)] = [
            ("name", .string(input.name)), ("kind", .string(input.kind.name.rawValue)),
        ]
        if case .category(let dictionary) = input.kind {
            let names = (0..<dictionary.count).map {
                JSON.string(input.text(ofCategory: $0) ?? "")
            }
            members.append(("categories", .array(names)))
        }
        return .object(members)
    }

    /// `{"score": 0, "nodes": [{"feature": 1, "at_most": 0.5, "missing": "left", "left": 1,
    /// "right": -1}, ...], "leaves": [...]}`: a child below zero is leaf `-1 - child`.
    private func write(_ tree: Tree, score: Int, into text: ExportSink) {
        text.append("{\"score\": \(score), \"nodes\": [")
        for node in 0..<tree.innerCount {
            if node > 0 { text.append(", ") }
            text.append("{\"feature\": \(tree.splitFeature[node]), ")
            if tree.decisionType[node] & 1 == 1 {
                text.append("\"in\": ")
                text.list(tree.categories(of: node))
            } else {
                text.append("\"at_most\": \(JSON.number(tree.threshold[node]))")
            }
            text.append(", \"missing\": \"\(missing(tree, node))\"")
            text.append(", \"left\": \(tree.leftChild[node])")
            text.append(", \"right\": \(tree.rightChild[node])}")
        }
        text.append("], \"leaves\": ")
        text.list(tree.leafValue)
        if let linear = tree.linear {
            text.append(", \"constants\": ")
            text.list(linear.constants)
            text.append(", \"coefficients\": [")
            text.append(linear.coefficients.map { "\($0)" }.joined(separator: ", "))
            text.append("], \"coefficient_features\": [")
            text.append(linear.features.map { "\($0)" }.joined(separator: ", "))
            text.append("]")
        }
        text.append("}")
    }

    /// Where a missing value goes; `zero_left` and `zero_right` take zero with it.
    private func missing(_ tree: Tree, _ node: Int) -> String {
        guard let rule = MissingRule(tree, node) else {
            return tree.decisionType[node] & 2 != 0 ? "zero_left" : "zero_right"
        }
        return rule.goesLeft ? "left" : "right"
    }
}
