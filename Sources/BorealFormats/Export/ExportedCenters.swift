import BorealBoost
import BorealGraph

/// A graph that answers which of several points is the nearest to a row: k-means.
struct ExportedCenters {
    /// `[clusters][features]`, less the means.
    let points: [[Double]]
    /// `[features]`, taken off before distances are measured, which keeps their digits; zeros
    /// otherwise.
    let means: [Double]
    let answer: ExportedAnswer

    /// nil for graphs that are something else.
    init?(_ graph: ModelGraph) {
        let measures = graph.operators.compactMap { $0 as? DistancesOperator }
        guard graph.task == .clustering, graph.inputs.allSatisfy({ $0.kind == .number }),
            graph.operators.allSatisfy(Self.isKnown), measures.count == 1,
            let measure = measures.first, measure.metric != .manhattan
        else { return nil }
        let width = graph.inputs.count
        guard measure.inputWidth == width, measure.outputWidth > 0 else { return nil }
        let scales = graph.operators.compactMap { $0 as? ScaleOperator }
        if measure.input == .features {
            guard scales.isEmpty else { return nil }
            means = [Double](repeating: 0, count: width)
        } else {
            guard scales.count == 1, let scale = scales.first, scale.output == measure.input,
                scale.input == .features, scale.form == .subtractMultiply, scale.factor.isEmpty,
                scale.shift.count == width
            else { return nil }
            means = scale.shift
        }
        points = (0..<measure.outputWidth).map { cluster in
            Array(measure.points[cluster * width..<(cluster + 1) * width])
        }
        answer = ExportedAnswer(graph, scores: measure.outputWidth, link: .identity)
    }

    private static func isKnown(_ step: any GraphOperator) -> Bool {
        step is ScaleOperator || step is DistancesOperator || step is MapOperator
            || step is ArgMaxOperator
    }
}

/// Writes clusters as PMML 4.4: a ClusteringModel by squared distances, whose answer is the number
/// of the nearest center.
struct PMMLClusterWriter: ModelWriter {
    let clusters: ExportedCenters

    func write(to sink: ExportSink) throws(ExportError) {
        let document = PMMLDocument(answer: clusters.answer)
        try document.write(to: sink) { (xml) throws(ExportError) in
            xml.open(
                "ClusteringModel",
                [
                    ("functionName", "clustering"), ("modelClass", "centerBased"),
                    ("numberOfClusters", "\(clusters.points.count)"),
                ]
            )
            document.writeSchema(xml, target: false)
            xml.open("Output", [])
            xml.empty(
                "OutputField",
                [
                    ("name", "cluster"), ("optype", "categorical"), ("dataType", "string"),
                    ("feature", "predictedValue"),
                ]
            )
            xml.close("Output")
            xml.open("ComparisonMeasure", [("kind", "distance")])
            xml.empty("squaredEuclidean", [])
            xml.close("ComparisonMeasure")
            for input in clusters.answer.inputs {
                xml.empty(
                    "ClusteringField",
                    [("field", input.name), ("compareFunction", "absDiff")]
                )
            }
            for (index, point) in clusters.points.enumerated() {
                let center = zip(point, clusters.means).map { $0 + $1 }
                xml.open("Cluster", [("id", "\(index)")])
                xml.array(center.map(\.description), type: "real")
                xml.close("Cluster")
                try xml.check()
            }
            xml.close("ClusteringModel")
        }
    }
}

/// Writes clusters as ONNX: a tensor `X` of DOUBLE, rows x features; the number of the nearest
/// center is `label`, the distances from all of them are `scores`.
struct ONNXClusterWriter: ModelWriter {
    let clusters: ExportedCenters

    /// Squares and products, as scikit-learn and the model itself measure distances.
    func write(to sink: ExportSink) throws(ExportError) {
        var graph = ONNXGraph()
        let (width, count) = (clusters.means.count, clusters.points.count)
        graph.addInput("X", type: .double, width: width)
        let means = graph.constant(.doubles(clusters.means), dimensions: [width])
        let centred = graph.node("Sub", ["X", means])
        let points = clusters.points
        let columns = (0..<width).flatMap { feature in points.map { $0[feature] } }
        let matrix = graph.constant(.doubles(columns), dimensions: [width, count])
        let squares = graph.constant(
            .doubles(points.map { $0.reduce(0) { $0 + $1 * $1 } }),
            dimensions: [count]
        )
        let products = graph.node("MatMul", [centred, matrix])
        let axes = ONNXAttribute.integers("axes", ProtobufNumbers([1]))
        let own = graph.node("ReduceSumSquare", [centred], [axes, .integer("keepdims", 1)])
        let crossed = graph.node("Add", [graph.node("Mul", [products, graph.scalar(-2)]), own])
        let distances = graph.node("Add", [crossed, squares])
        graph.node(
            "ArgMin",
            [distances],
            [.integer("axis", 1), .integer("keepdims", 0)],
            into: "label"
        )
        graph.addOutput("label", type: .integer, width: nil)
        let bounded = graph.node("Max", [distances, graph.scalar(0)])
        graph.node("Sqrt", [bounded], into: "scores")
        graph.addOutput("scores", type: .double, width: count)
        try graph.model().write(to: sink)
    }
}
