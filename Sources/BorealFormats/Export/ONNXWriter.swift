import BorealBase
import BorealBoost
import BorealGraph

/// Writes a tree ensemble as ONNX: `ai.onnx.ml` 5's TreeEnsemble in 64-bit arithmetic, and the link
/// in operators of `ai.onnx` 17.
///
/// A model of numbers takes one tensor `X` of DOUBLE, rows x features. A model with dictionaries
/// takes one tensor a feature, rows x 1, DOUBLE or STRING, under the features' names. Regressions
/// answer `variable`, classifiers `label` and `probabilities`.
struct ONNXWriter: ModelWriter {
    private let trees: ExportedTrees

    /// - Throws: `FormatError.notExportable`.
    init(_ graph: ModelGraph) throws(FormatError) {
        trees = try ExportedTrees(graph, format: .onnx)
        try trees.requireSimpleNodes(.onnx)
    }

    func write(to sink: ExportSink) throws(ExportError) {
        var graph = ONNXGraph()
        let features = wholeCategories(addInputs(&graph), &graph)
        let raw = graph.node(
            "TreeEnsemble",
            domain: "ai.onnx.ml",
            [features],
            ONNXTreeAttributes(trees.ensemble).attributes
        )
        var value = raw
        if trees.divisor != 1 { value = graph.node("Div", [raw, graph.scalar(trees.divisor)]) }
        graph.addAnswer(trees.answer, scores: value)
        try graph.model().write(to: sink)
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
}
