import BorealBoost
import BorealGraph

extension ONNXGraph {
    /// Adds the link and the outputs: `variable` of regressions, `label` and `probabilities` of
    /// classifiers.
    mutating func addAnswer(_ answer: ExportedAnswer, scores: String) {
        let value = linked(scores, answer.link)
        if answer.isClassifier {
            addClasses(answer, value)
        } else {
            node("Identity", [value], into: "variable")
            addOutput("variable", type: .double, width: answer.scores)
        }
    }

    private mutating func linked(_ value: String, _ link: ScoreLink) -> String {
        switch link {
        case .identity: return value
        case .sigmoid(let scale):
            let scaled = scale == 1 ? value : node("Mul", [value, scalar(scale)])
            return node("Sigmoid", [scaled])
        case .softmax: return node("Softmax", [value], [.integer("axis", 1)])
        case .exponential: return node("Exp", [value])
        case .signedSquare:
            return node("Mul", [value, node("Abs", [value])])
        case .softplus:
            let power = node("Add", [node("Exp", [value]), scalar(1)])
            return node("Log", [power])
        }
    }

    private mutating func addClasses(_ answer: ExportedAnswer, _ value: String) {
        var probabilities = value
        if answer.scores == 1 {
            let other = node("Sub", [scalar(1), value])
            probabilities = node("Concat", [other, value], [.integer("axis", 1)])
        }
        let place = node(
            "ArgMax",
            [probabilities],
            [.integer("axis", 1), .integer("keepdims", 0)]
        )
        switch answer.labels {
        case .integer(let values)?:
            let names = constant(.integers(values.map { Int($0) }), dimensions: [values.count])
            node("Gather", [names, place], into: "label")
            addOutput("label", type: .integer, width: nil)
        case let labels?:
            let texts = (0..<labels.count).map { labels.text(at: $0) }
            let names = constant(.strings(texts), dimensions: [texts.count])
            node("Gather", [names, place], into: "label")
            addOutput("label", type: .string, width: nil)
        case nil:
            node("Identity", [place], into: "label")
            addOutput("label", type: .integer, width: nil)
        }
        node("Identity", [probabilities], into: "probabilities")
        addOutput("probabilities", type: .double, width: answer.classCount)
    }
}

/// Writes a linear model as ONNX: one tensor `X` of DOUBLE, rows x features, times a matrix.
///
/// `ai.onnx.ml`'s LinearRegressor and LinearClassifier keep factors of 32 bits, so MatMul and Add
/// of `ai.onnx` do the work, in 64.
struct ONNXLinearWriter: ModelWriter {
    let linear: ExportedLinear

    func write(to sink: ExportSink) throws(ExportError) {
        var graph = ONNXGraph()
        let width = linear.answer.inputs.count
        let scores = linear.terms.count
        graph.addInput("X", type: .double, width: width)
        var values = "X"
        if linear.skipsMissing {
            let isMissing = graph.node("IsNaN", [values])
            values = graph.node("Where", [isMissing, graph.scalar(0), values])
        }
        let matrix = (0..<width).flatMap { feature in linear.factors.map { $0[feature] } }
        let factors = graph.constant(.doubles(matrix), dimensions: [width, scores])
        let terms = graph.constant(.doubles(linear.terms), dimensions: [scores])
        let sums = graph.node("Add", [graph.node("MatMul", [values, factors]), terms])
        graph.addAnswer(linear.answer, scores: sums)
        try graph.model().write(to: sink)
    }
}
